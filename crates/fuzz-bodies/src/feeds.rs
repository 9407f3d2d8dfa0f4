//! Product feeds, by any bytes: what is reported is there, what is taken is sound, and it is taken again.

use std::collections::BTreeSet;
use std::io::Read;

use semper_base::Currency;
use semper_base::limits::PRODUCTS_MAX;
use semper_catalogue::{Format, PROBLEMS_MAX, Place, Problem, Report, Settings, read};
use semper_commerce::process::product::{Product, ProductKind};

use crate::again;

/// Columns that a problem may name although the feed does not have them: that is the problem.
const WANTED: [&str; 14] = [
    "id",
    "title",
    "price",
    "Handle",
    "Title",
    "Price",
    "sku",
    "name",
    "offers",
    "offers.price",
    "offers.availability",
    "offers.inventoryLevel",
    "image",
    "productGroupID",
];
/// Columns of a table that are listed.
const MAPPING_MAX: usize = 500;
/// Longest column or value in a problem: 60 characters, each perhaps written as `[U+10FFFF]`, and a mark.
const SHOWN_CHARS_MAX: usize = 60 * 10 + 1;

/// A Shopify CSV.
///
/// # Panics
/// When something that must always hold does not.
pub fn shopify(input: &[u8]) {
    feed(input, &[Format::ShopifyOld, Format::ShopifyNew]);
}

/// A Google Merchant feed, a table or XML.
///
/// # Panics
/// When something that must always hold does not.
pub fn merchant(input: &[u8]) {
    feed(input, &[Format::MerchantTable, Format::MerchantXml]);
}

/// JSON-LD, alone or in a page.
///
/// # Panics
/// When something that must always hold does not.
pub fn jsonld(input: &[u8]) {
    feed(input, &[Format::JsonLd, Format::JsonLdPage]);
}

/// The first byte says with which settings and in pieces of which size; the rest is the feed.
fn feed(input: &[u8], formats: &[Format]) {
    let Some((choice, feed)) = input.split_first() else { return };
    let settings = Settings {
        currency: if choice & 1 == 0 { Currency::EUR } else { Currency::parse("JPY").expect("it is a currency") },
        kind: if choice & 2 == 0 { ProductKind::Parcel } else { ProductKind::File },
        publish: choice & 4 != 0,
        ..Settings::default()
    };
    let (report, products) = import(feed, &settings);
    if report.format.is_some_and(|format| !formats.contains(&format)) {
        // Another target's.
        return;
    }
    told(&report, feed);
    taken(&report, &products, &settings);
    let pieces = Pieces { rest: feed, most: usize::from(choice >> 3) + 1 };
    assert_eq!(import(pieces, &settings), (report.clone(), products.clone()), "the same in pieces");
    let (Some(format), 0) = (report.format, report.problems_total) else { return };
    again::spreadsheet(format, feed, &settings, &products);
    again::written(format, &settings, &products);
}

/// What is read from a feed: the report, and the products that came before the first problem.
pub(crate) fn import(feed: impl Read, settings: &Settings) -> (Report, Vec<Product>) {
    let mut products = Vec::new();
    let mut sink = |product| {
        products.push(product);
        Ok(())
    };
    let report = read(feed, settings, &mut sink).expect("neither reading nor the sink fails");
    (report, products)
}

/// Every place and column that is reported is one that there is, and nothing grows with the feed.
fn told(report: &Report, feed: &[u8]) {
    let text = String::from_utf8_lossy(feed);
    assert!(report.problems.len() <= PROBLEMS_MAX && report.problems.len() as u64 <= report.problems_total);
    assert_eq!(report.problems.is_empty(), report.problems_total == 0);
    assert!(report.mapping.len() <= MAPPING_MAX);
    for problem in &report.problems {
        match problem.place {
            Place::File => {}
            Place::Row(row) => assert!(row >= 1 && row <= lines(feed), "no row {row}: {problem}"),
            Place::Item(item) => assert!(item >= 1 && item <= report.rows, "no item {item}: {problem}"),
        }
        assert!(has_column(problem, &text), "no column {}: {problem}", problem.column);
        assert!(!problem.what.is_empty() && !problem.fix.is_empty());
        for shown in [&problem.column, &problem.value] {
            assert!(shown.chars().count() <= SHOWN_CHARS_MAX && !shown.contains(char::is_control));
        }
    }
}

/// Rows as a spreadsheet would show them at most: line breaks within quotes begin no new one there.
fn lines(feed: &[u8]) -> u64 {
    let breaks = feed.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => at.checked_sub(1).is_none_or(|before| feed[before] != b'\r'),
        byte => **byte == b'\r',
    });
    breaks.count() as u64 + 1
}

fn has_column(problem: &Problem, text: &str) -> bool {
    // What cannot be shown is written as a number, what is long is cut.
    let begin = problem.column.split(['…', '[']).next().unwrap_or_default();
    // Within JSON a name may be written with escapes.
    WANTED.contains(&problem.column.as_str()) || text.contains(begin) || text.contains('\\')
}

/// What is taken is within every bound, and each product is told from the others.
fn taken(report: &Report, products: &[Product], settings: &Settings) {
    if report.problems_total == 0 {
        assert!(report.format.is_some());
        assert_eq!(report.products, products.len() as u64);
    }
    assert!(report.products >= products.len() as u64 && products.len() as u64 <= PRODUCTS_MAX);
    let ids: BTreeSet<&str> = products.iter().map(|product| product.id.as_str()).collect();
    assert_eq!(ids.len(), products.len(), "two products with one id");
    for product in products {
        product.check().expect("what is taken can be taken");
        assert!(settings.publish || !product.published);
        assert_eq!(product.price.currency(), products[0].price.currency());
        let json = serde_json::to_vec(product).expect("a product is JSON");
        let strict: Product = semper_base::json::read(&json).expect("and strict JSON");
        assert_eq!(&strict, product);
    }
}

/// Gives a few bytes at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.len().min(self.most).min(to.len());
        let (now, rest) = self.rest.split_at(count);
        to[..count].copy_from_slice(now);
        self.rest = rest;
        Ok(count)
    }
}
