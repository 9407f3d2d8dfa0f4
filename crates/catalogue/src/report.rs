//! What came of reading a feed.

use std::collections::BTreeSet;

use semper_base::{Currency, Error, Hash};
use semper_commerce::process::product::Product;
use serde::Serialize;

use crate::problem::{PROBLEMS_MAX, Place, Problem};
use crate::{Format, Settings, Sink};

/// Products in one feed; more than a catalogue holds are not read on.
const PRODUCTS_MAX: u64 = semper_base::limits::PRODUCTS_MAX;

/// Which column of the feed becomes what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mapping {
    /// The column as the feed calls it.
    pub column: String,
    /// The product's member; none if the column is not read.
    pub field: Option<&'static str>,
}

/// What came of reading a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What kind of feed it is; none if that could not be found out.
    pub format: Option<Format>,
    /// What was read from where.
    pub mapping: Vec<Mapping>,
    /// Rows or items that were read, the header not counted.
    pub rows: u64,
    /// Products in them.
    pub products: u64,
    /// The first [`PROBLEMS_MAX`] mistakes, in the order in which they were met.
    pub problems: Vec<Problem>,
    /// All mistakes.
    pub problems_total: u64,
}

impl Report {
    pub(crate) fn refused(problem: Problem) -> Self {
        Report { format: None, mapping: Vec::new(), rows: 0, products: 0, problems: vec![problem], problems_total: 1 }
    }
}

/// Where products and problems go.
pub(crate) struct Out<'a> {
    pub(crate) settings: &'a Settings,
    report: Report,
    sink: Sink<'a>,
    /// Of the first price.
    currency: Option<Currency>,
    /// Ids that came before, as halves of their hashes.
    ids: BTreeSet<u128>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(format: Format, settings: &'a Settings, sink: Sink<'a>) -> Self {
        let report = Report {
            format: Some(format),
            mapping: Vec::new(),
            rows: 0,
            products: 0,
            problems: Vec::new(),
            problems_total: 0,
        };
        Out { settings, report, sink, currency: None, ids: BTreeSet::new() }
    }

    pub(crate) fn format(&self) -> Option<Format> {
        self.report.format
    }

    pub(crate) fn map(&mut self, column: &str, field: Option<&'static str>) {
        let mapping = Mapping { column: column.chars().take(100).collect(), field };
        if self.report.mapping.len() < 500 && !self.report.mapping.contains(&mapping) {
            self.report.mapping.push(mapping);
        }
    }

    pub(crate) fn row(&mut self) {
        self.report.rows += 1;
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.report.problems_total += 1;
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(problem);
        }
    }

    /// Takes a product. Ids come once, prices are in one currency.
    pub(crate) fn product(&mut self, product: Product, place: Place, id_column: &str) -> Result<(), Error> {
        if self.report.products == PRODUCTS_MAX {
            self.problem(Problem::new(
                place,
                "",
                "",
                format!("a catalogue holds at most {PRODUCTS_MAX} products"),
                "Split the feed into several shops",
            ));
        }
        self.report.products += 1;
        if self.report.products > PRODUCTS_MAX {
            return Ok(());
        }
        let hash = Hash::of(product.id.as_bytes());
        let mut half = [0_u8; 16];
        half.iter_mut().zip(hash.bytes()).for_each(|(to, from)| *to = *from);
        if !self.ids.insert(u128::from_be_bytes(half)) {
            let what = format!("the id {} comes a second time", product.id);
            let value = product.sku.as_deref().unwrap_or(&product.id);
            self.problem(Problem::new(
                place,
                id_column,
                value,
                what,
                "Give each product and each variant an id of its own",
            ));
        }
        let currency = product.price.currency();
        if let Some(first) = self.currency.filter(|first| *first != currency) {
            let what = format!("the first prices are in {first}");
            let price = product.price.to_string();
            self.problem(Problem::new(place, "price", &price, what, "Put products of one currency into one feed"));
        }
        self.currency = self.currency.or(Some(currency));
        if self.report.problems_total == 0 { (self.sink)(product) } else { Ok(()) }
    }

    pub(crate) fn into_report(mut self) -> Report {
        if self.report.products == 0 && self.report.problems_total == 0 {
            self.problem(Problem::file("there is no product in it", "Export the products again, with at least one"));
        }
        self.report
    }
}
