//! Reads feeds for tests.

#![allow(dead_code, reason = "each test file uses a part of it")]

use semper_catalogue::{Format, Report, Settings, read};
use semper_commerce::process::product::Product;

/// The report and the products that came before the first problem.
pub(crate) fn import(feed: &[u8], settings: &Settings) -> (Report, Vec<Product>) {
    let mut products = Vec::new();
    let mut sink = |product: Product| {
        product.check().unwrap();
        products.push(product);
        Ok(())
    };
    let report = read(feed, settings, &mut sink).unwrap();
    (report, products)
}

/// A feed without problems.
pub(crate) fn good_with(feed: &[u8], settings: &Settings) -> (Vec<Product>, Format) {
    let (report, products) = import(feed, settings);
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(report.products, products.len() as u64);
    (products, report.format.unwrap())
}

/// A feed without problems, with the usual settings.
pub(crate) fn good(feed: &[u8]) -> (Vec<Product>, Format) {
    good_with(feed, &Settings::default())
}

/// The product with this id.
pub(crate) fn named<'a>(products: &'a [Product], id: &str) -> &'a Product {
    let ids = || products.iter().map(|product| product.id.as_str()).collect::<Vec<_>>().join(" ");
    products.iter().find(|product| product.id == id).unwrap_or_else(|| panic!("no {id} among {}", ids()))
}

/// The problems of a feed, each as `place | column | value | what`.
pub(crate) fn problems(feed: &[u8]) -> Vec<String> {
    let (report, _) = import(feed, &Settings::default());
    assert!(report.problems.iter().all(|problem| !problem.fix.is_empty()));
    assert_eq!(report.problems.len() as u64, report.problems_total.min(100));
    report.problems.iter().map(|p| format!("{} | {} | {} | {}", p.place, p.column, p.value, p.what)).collect()
}
