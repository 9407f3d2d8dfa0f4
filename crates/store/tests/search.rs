//! The full-text index: what is found, in which order, and that nothing that is typed breaks it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use semper_store::search::{Changes, Document, Field, Hits, Index, Query};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("semper-search-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn document(id: &str, title: &str, description: &str) -> Document {
    Document {
        id: id.to_owned(),
        title: title.to_owned(),
        brand: String::new(),
        category: String::new(),
        options: String::new(),
        numbers: String::new(),
        description: description.to_owned(),
        published: true,
        kind: "parcel".to_owned(),
        changed: 1,
    }
}

/// Brings an index up to these documents, two at a time.
fn update(index: &mut Index, mark: u64, documents: &[Document]) -> Changes {
    let mut source = |after: Option<&str>| {
        let rest = documents.iter().filter(|document| after.is_none_or(|after| document.id.as_str() > after));
        Ok(rest.take(2).cloned().collect())
    };
    index.update(mark, &mut source).unwrap()
}

fn query(index: &Index, text: &str) -> Hits {
    index.query(&Query { text: text.to_owned(), limit: 20, ..Query::default() }).unwrap()
}

fn ids(index: &Index, text: &str) -> Vec<String> {
    query(index, text).hits.into_iter().map(|hit| hit.id).collect()
}

fn shelf() -> Vec<Document> {
    vec![
        Document { brand: "Käthe".to_owned(), ..document("a-cups", "Blue cups", "For tea and for coffee.") },
        Document { category: "Tea > Black".to_owned(), ..document("b-assam", "Assam, strong", "A malty leaf.") },
        Document { numbers: "TEA/7 4006381333931".to_owned(), ..document("c-green", "Green leaf tea", "") },
        Document { kind: "file".to_owned(), ..document("d-book", "Grüße aus Süßen", "A book on the valley.") },
        Document { published: false, options: "XL".to_owned(), ..document("e-shirt", "Linen shirt", "Not yet.") },
    ]
}

#[test]
fn found_and_ranked_with_the_reason() {
    let folder = Folder::new("ranked");
    let mut index = Index::open(&folder.0).unwrap();
    assert_eq!(update(&mut index, 7, &shelf()), Changes { written: 5, removed: 0 });
    assert_eq!(index.mark().unwrap(), 7);
    let tea = query(&index, "tea").hits;
    let reasons: Vec<_> = tea.iter().map(|hit| (hit.id.as_str(), hit.field.unwrap())).collect();
    assert_eq!(reasons, [("c-green", Field::Title), ("b-assam", Field::Category)], "three letters: short texts alone");
    assert!(tea.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert_eq!(query(&index, "coffee").hits[0].field, Some(Field::Description));
    assert_eq!(query(&index, "4006381333931").hits[0].field, Some(Field::Numbers));
    assert_eq!(ids(&index, "gruss suss"), ["d-book"], "accents and sharp s are folded, ends may be missing");
    assert_eq!(ids(&index, "GRÜSSE"), ["d-book"]);
    assert_eq!(ids(&index, "kathe"), ["a-cups"]);
    assert_eq!(ids(&index, "green tea"), ["c-green"], "every word must be there");
    assert_eq!(ids(&index, "green coffee"), [""; 0]);
    assert_eq!(ids(&index, "xl"), ["e-shirt"]);
    assert_eq!(ids(&index, "b-assam").first().map(String::as_str), Some("b-assam"));
    assert_eq!(ids(&index, "").len(), 5, "no word: everything, by id");
}

#[test]
fn filters_and_pages() {
    let folder = Folder::new("filters");
    let mut index = Index::open(&folder.0).unwrap();
    update(&mut index, 1, &shelf());
    let ask = |query: Query| {
        let hits = index.query(&Query { limit: query.limit.max(1), ..query }).unwrap();
        (hits.hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>(), hits.more)
    };
    let none = Query { limit: 10, ..Query::default() };
    assert_eq!(ask(Query { published: Some(false), ..none.clone() }).0, ["e-shirt"]);
    assert_eq!(ask(Query { text: "linen".to_owned(), published: Some(true), ..none.clone() }).0, [""; 0]);
    assert_eq!(ask(Query { kind: Some("file".to_owned()), published: Some(true), ..none.clone() }).0, ["d-book"]);
    assert_eq!(ask(Query { text: "published".to_owned(), ..none.clone() }).0, [""; 0], "flags are no words");
    assert_eq!(ask(Query { limit: 2, ..none.clone() }), (vec!["a-cups".to_owned(), "b-assam".to_owned()], true));
    assert_eq!(ask(Query { limit: 2, offset: 4, ..none.clone() }), (vec!["e-shirt".to_owned()], false));
    assert_eq!(ask(Query { limit: usize::MAX, offset: usize::MAX, ..none }).0, [""; 0]);
}

#[test]
fn a_few_letters_find_what_begins_with_them() {
    let folder = Folder::new("letters");
    let mut index = Index::open(&folder.0).unwrap();
    update(&mut index, 1, &shelf());
    assert_eq!(ids(&index, "ass"), ["b-assam"]);
    assert_eq!(ids(&index, "gr"), ["c-green", "d-book"], "with and without accents");
    assert_eq!(ids(&index, "k"), ["a-cups"]);
    assert_eq!(query(&index, "k").hits[0].field, Some(Field::Brand));
    assert_eq!(ids(&index, "gre lea"), ["c-green"], "each word may be short");
    assert_eq!(ids(&index, "gree le te"), ["c-green"], "and stand beside longer ones");
    assert_eq!(ids(&index, "mal"), [""; 0], "running text is not looked at for so little");
    assert_eq!(ids(&index, "ssa"), [""; 0], "the middle of a word is no beginning");
    assert_eq!(ids(&index, "\u{e000}ass"), ["b-assam"], "the index's own mark is no letter");
}

#[test]
fn what_is_published_later_is_found_as_such() {
    let folder = Folder::new("published");
    let mut index = Index::open(&folder.0).unwrap();
    let mut shelf = shelf();
    update(&mut index, 1, &shelf);
    for (published, text) in [(true, "linen"), (false, "linen"), (true, "lin"), (false, "")] {
        shelf[4] = Document { published, changed: shelf[4].changed + 1, ..shelf[4].clone() };
        update(&mut index, shelf[4].changed, &shelf);
        for asked in [true, false] {
            let query = Query { text: text.to_owned(), published: Some(asked), limit: 10, ..Query::default() };
            let found = index.query(&query).unwrap().hits.iter().any(|hit| hit.id == "e-shirt");
            assert_eq!(found, asked == published, "{text}");
        }
    }
}

#[test]
fn only_what_changed_is_written() {
    let folder = Folder::new("changes");
    let mut index = Index::open(&folder.0).unwrap();
    let mut shelf = shelf();
    update(&mut index, 1, &shelf);
    assert_eq!(update(&mut index, 2, &shelf), Changes::default());
    shelf[1] = Document { changed: 2, ..document("b-assam", "Darjeeling", "") };
    shelf.remove(3);
    shelf.insert(0, document("A-first", "First", ""));
    assert_eq!(update(&mut index, 3, &shelf), Changes { written: 2, removed: 1 });
    assert_eq!((ids(&index, "assam"), ids(&index, "suessen")), (vec!["b-assam".to_owned()], vec![]));
    assert_eq!(query(&index, "assam").hits[0].field, Some(Field::Description), "it is in the id alone");
    assert_eq!((ids(&index, "malty"), ids(&index, "darjeel")), (vec![], vec!["b-assam".to_owned()]));
    assert_eq!(update(&mut index, 4, &[]), Changes { written: 0, removed: 5 });
    assert_eq!(ids(&index, ""), [""; 0]);
}

#[test]
fn nothing_that_is_typed_is_a_command() {
    let folder = Folder::new("typed");
    let mut index = Index::open(&folder.0).unwrap();
    update(&mut index, 1, &shelf());
    for text in [
        "\"",
        "tea OR coffee",
        "tea*",
        "title:tea",
        "^tea",
        "NEAR(tea leaf)",
        "-tea",
        "{title}: tea",
        "tea AND NOT leaf",
        "'; DROP",
        "\u{0}",
        "((((",
        "a\"b\"c",
        "\u{202e}aet",
        "* : ^ ( )",
        "🍵",
        "e\u{301}",
    ] {
        let _ = query(&index, text);
    }
    assert_eq!(ids(&index, "tea* \"leaf\""), ["c-green", "b-assam"]);
    assert_eq!(ids(&index, "tea OR coffee"), [""; 0], "OR is a word like any other");
    let _ = query(&index, &"long ".repeat(10_000));
    let _ = query(&index, &"x".repeat(100_000));
}

#[test]
fn a_damaged_index_is_made_anew() {
    let folder = Folder::new("damaged");
    assert!(Index::open_read_only(&folder.0).unwrap().is_none());
    let mut index = Index::open(&folder.0).unwrap();
    update(&mut index, 5, &shelf());
    drop(index);
    assert_eq!(Index::open(&folder.0).unwrap().mark().unwrap(), 5);
    std::fs::write(folder.0.join("search.db"), b"not a database at all, but long enough to be looked at").unwrap();
    let index = Index::open(&folder.0).unwrap();
    assert_eq!(index.mark().unwrap(), 0);
    assert_eq!(ids(&index, "tea"), [""; 0]);
}
