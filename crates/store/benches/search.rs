//! Search over 100,000 products: the goal is 50 ms for 19 of 20 queries.
//!
//! `cargo bench -p semper-store --bench search`. The index is made in a temporary folder; words are drawn
//! from a list by a fixed generator, so that common words are as common as in a shop.

#![expect(clippy::print_stdout, reason = "a measure prints")]
#![expect(clippy::cast_possible_truncation, reason = "a remainder is small")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measure fails by panicking")]

use std::time::Instant;

use semper_store::search::{Document, Index, Query};

const DOCUMENTS: u64 = 100_000;
const QUERIES: usize = 400;
const WORDS: usize = 4000;

/// `SplitMix64`: the same numbers at every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A word's number: low ones are much more common (Zipf's law, roughly).
    fn word(&mut self) -> usize {
        let (a, b) = (self.next() as usize % WORDS, self.next() as usize % WORDS);
        a * b / WORDS
    }
}

fn word(number: usize) -> String {
    const PARTS: [&str; 16] =
        ["ta", "ri", "mo", "ne", "ku", "la", "si", "ve", "po", "da", "he", "zu", "gra", "sto", "ben", "fil"];
    let mut number = number + 16;
    let mut word = String::new();
    while number > 0 {
        word.push_str(PARTS[number % 16]);
        number /= 16;
    }
    word
}

fn text(dice: &mut Dice, count: usize) -> String {
    (0..count).map(|_| word(dice.word())).collect::<Vec<_>>().join(" ")
}

fn document(number: u64) -> Document {
    let mut dice = Dice(number);
    Document {
        id: format!("p-{number:08}"),
        title: text(&mut dice, 5),
        brand: word(dice.word() % 200),
        category: text(&mut dice, 2),
        options: text(&mut dice, 1),
        numbers: format!("{:013}", dice.next() % 10_000_000_000_000),
        description: text(&mut dice, 60),
        published: !number.is_multiple_of(10),
        kind: if number.is_multiple_of(5) { "file" } else { "parcel" }.to_owned(),
        changed: 1,
    }
}

fn main() {
    let folder = std::env::temp_dir().join(format!("semper-search-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut index = Index::open(&folder).unwrap();
    let begun = Instant::now();
    let mut next = 0;
    let mut source = |_: Option<&str>| {
        let page: Vec<Document> = (next..DOCUMENTS.min(next + 1000)).map(document).collect();
        next += page.len() as u64;
        Ok(page)
    };
    let changes = index.update(1, &mut source).unwrap();
    let took = begun.elapsed();
    let bytes = std::fs::metadata(folder.join("search.db")).unwrap().len();
    println!("made: {} documents in {:.1} s, {} MB", changes.written, took.as_secs_f64(), bytes >> 20);
    let begun = Instant::now();
    let mut next = 0;
    let mut source = |_: Option<&str>| {
        let page: Vec<Document> = (next..DOCUMENTS.min(next + 1000)).map(document).collect();
        next += page.len() as u64;
        Ok(page)
    };
    let again = index.update(2, &mut source).unwrap();
    println!("compared again: {} written in {:.1} s", again.written, begun.elapsed().as_secs_f64());
    let reader = Index::open_read_only(&folder).unwrap().unwrap();
    let mut dice = Dice(99);
    for (name, words, prefix) in
        [("one word", 1, false), ("two words", 2, false), ("three words", 3, false), ("three letters", 1, true)]
    {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..QUERIES {
            let mut text = text(&mut dice, words);
            if prefix {
                text.truncate(3);
            }
            let query = Query { text, published: Some(true), limit: 20, ..Query::default() };
            let begun = Instant::now();
            found += reader.query(&query).unwrap().hits.len();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| times[(QUERIES * percent / 100).min(QUERIES - 1)].as_secs_f64() * 1e3;
        println!(
            "{name:14} p50 {:6.2} ms  p95 {:6.2} ms  p99 {:6.2} ms  ({found} hits); goal p95 50 ms: {}",
            at(50),
            at(95),
            at(99),
            if at(95) <= 50.0 { "met" } else { "NOT met" },
        );
    }
    let _ = std::fs::remove_dir_all(&folder);
}
