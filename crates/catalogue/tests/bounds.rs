//! Large and hostile feeds: memory stays bounded, and whatever the bytes are, reading ends.

use crate::support;

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Read;

use proptest::prelude::*;
use semper_base::{Amount, Currency};
use semper_catalogue::{Settings, read};
use semper_commerce::process::product::Product;
use support::{good, import, problems};

/// A feed that is made while it is read, and counts what was taken of it.
struct Made<'a> {
    next: u64,
    count: u64,
    line: fn(u64) -> String,
    waiting: Vec<u8>,
    given: &'a Cell<u64>,
}

impl Read for Made<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.waiting.is_empty() && self.next < self.count {
            self.waiting = (self.line)(self.next).into_bytes();
            self.next += 1;
        }
        let count = self.waiting.len().min(to.len());
        to[..count].copy_from_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        self.given.set(self.given.get() + count as u64);
        Ok(count)
    }
}

/// At most so much is read ahead of the product that is given: the head and the readers' buffers.
const AHEAD_MAX: u64 = 160 << 10;

fn streams(count: u64, line: fn(u64) -> String) {
    let given = Cell::new(0);
    let (mut products, mut taken) = (0_u64, 0_u64);
    let mut sink = |_: Product| {
        products += 1;
        // What was read for the products before this one.
        taken += line(products).len() as u64;
        assert!(given.get() <= taken + AHEAD_MAX, "{} read for {products} products", given.get());
        Ok(())
    };
    let made = Made { next: 0, count: count + 2, line, waiting: Vec::new(), given: &given };
    let report = read(made, &Settings::default(), &mut sink).unwrap();
    assert_eq!((report.problems.first(), report.products), (None, count));
    assert_eq!(products, count);
}

#[test]
fn ten_thousand_rows_pass_through() {
    streams(10_000, |at| match at {
        0 => "Handle,Title,Body (HTML),Variant Price\n".to_owned(),
        10_001 => String::new(),
        at => format!("item-{at},Item {at},\"<p>Text,\n{}</p>\",{}.50\n", "word ".repeat(20), at % 90 + 1),
    });
    streams(10_000, |at| match at {
        0 => "<rss><channel>".to_owned(),
        10_001 => "</channel></rss>".to_owned(),
        at => {
            format!("<item><g:id>{at}</g:id><title>T</title><price>1.00 EUR</price><x>{}</x></item>\n", "y".repeat(100))
        }
    });
    streams(10_000, |at| match at {
        0 => "{\"@context\":\"https://schema.org\",\"@graph\":[null".to_owned(),
        10_001 => "]}".to_owned(),
        at => format!(
            ",{{\"@type\":\"Product\",\"sku\":\"{at}\",\"name\":\"N\",\"offers\":{{\"price\":\"2\",\"priceCurrency\":\"EUR\"}}}}"
        ),
    });
}

#[test]
fn no_piece_is_larger_than_its_bound() {
    let endless = |start: &'static str, byte: u8| std::io::Cursor::new(start).chain(std::io::repeat(byte));
    let told = |feed: &mut dyn Read| {
        let report = read(feed, &Settings::default(), &mut |_| Ok(())).unwrap();
        report.problems[0].to_string()
    };
    assert!(
        told(&mut endless("Handle,Title,Variant Price\na,\"A", b'x'))
            .starts_with("row 2: the row is larger than 1048576")
    );
    assert!(told(&mut endless("id\ttitle\tprice\n1\tA", b'x')).starts_with("row 2: the row is larger"));
    assert!(told(&mut endless("<rss><channel><item><title>", b'x')).contains("the item is too large"));
    assert!(told(&mut endless("<rss ", b'x')).contains("the item is too large"));
    assert!(told(&mut endless("[{\"@type\":\"", b'x')).contains("the item is too large"));
    assert!(told(&mut endless("[", b'[')).contains("this is not JSON"));
    assert!(told(&mut endless("<html>", b'<')).contains("the page is larger than"));
    assert!(told(&mut endless("", b'x')).contains("the first row has none"));
}

#[test]
fn many_mistakes_are_counted_and_some_told() {
    let mut feed = "Handle,Title,Variant Price\n".to_owned();
    for at in 0..500 {
        writeln!(feed, "h{at},T,x").unwrap();
    }
    let (report, products) = import(feed.as_bytes(), &Settings::default());
    assert_eq!((report.problems.len(), report.problems_total, products.len()), (100, 500, 0));
}

fn words() -> impl Strategy<Value = String> {
    "[A-Za-zäöüßé0-9 ,.;:!?'\"&<>()/-]{1,40}".prop_filter("not blank", |text| !text.trim().is_empty())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        items in prop::collection::vec((words(), words(), 1_u64..10_000_000, prop::option::of(0_u64..1000)), 1..20),
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut feed = format!("Handle,Title,Vendor,Variant Price,Variant Inventory Qty{end}");
        for (at, (title, vendor, minor, stock)) in items.iter().enumerate() {
            let price = Amount::new(*minor, Currency::EUR).unwrap().decimal();
            let stock = stock.map(|stock| stock.to_string()).unwrap_or_default();
            write!(feed, "id-{at},{},{},{price},{stock}{end}", quoted(title), quoted(vendor)).unwrap();
        }
        let (products, _) = good(feed.as_bytes());
        prop_assert_eq!(products.len(), items.len());
        for (at, (product, (title, vendor, minor, stock))) in products.iter().zip(&items).enumerate() {
            prop_assert_eq!(&product.id, &format!("id-{at}"));
            prop_assert_eq!(&product.title, &tidy(title));
            prop_assert_eq!(product.brand.as_ref(), Some(&tidy(vendor)));
            prop_assert_eq!(product.price.minor(), *minor);
            prop_assert_eq!(product.stock, *stock);
        }
    }

    #[test]
    fn any_bytes_end(start in 0_usize..8, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let heads: [&[u8]; 8] = [
            b"", b"Handle,Title,Variant Price\n", b"id\ttitle\tprice\n", b"<rss><channel><item>", b"{\"@graph\":[",
            b"<html><script type=application/ld+json>", b"<feed><entry><title>", b"Title,URL handle,Price\n\"",
        ];
        let _ = problems(&[heads[start], &bytes].concat());
    }

    #[test]
    fn any_text_ends(start in 0_usize..4, text in "[<>&\"',;\\n\\t{}\\[\\]:a-f0-9/!-]{0,300}") {
        let heads = ["", "Handle,Title,Body (HTML),Variant Price\n", "<rss><item>", "{\"@type\":\"Product\","];
        let _ = problems(format!("{}{text}", heads[start]).as_bytes());
    }
}
