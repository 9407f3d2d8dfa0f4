//! Google Merchant feeds: the attributes, whether they come as a table or as XML.
//!
//! Source: support.google.com/merchants, "Product data specification", as of 2026.

use std::collections::BTreeMap;

use semper_base::Error;

use crate::build::{Cell, Raw, Stock};
use crate::problem::{Place, Problem};
use crate::report::Out;
use crate::table::Row;

/// Attributes that are read, and what becomes of them.
const FIELDS: [(&str, &str); 22] = [
    ("id", "id"),
    ("title", "title"),
    ("description", "description"),
    ("link", "link"),
    ("image_link", "images"),
    ("additional_image_link", "images"),
    ("availability", "stock"),
    ("quantity", "stock"),
    ("price", "price"),
    ("brand", "brand"),
    ("gtin", "gtin"),
    ("item_group_id", "group"),
    ("color", "options"),
    ("size", "options"),
    ("material", "options"),
    ("pattern", "options"),
    ("product_type", "category"),
    ("google_product_category", "category"),
    ("shipping_weight", "weight_g"),
    ("product_weight", "weight_g"),
    ("content_language", "language"),
    ("is_digital", "kind"),
];

/// Attributes that distinguish variants.
const OPTIONS: [&str; 4] = ["color", "size", "material", "pattern"];

/// An attribute's name, however the feed writes it: `g:image_link`, `image link`, `image_link(url)`.
pub(crate) fn attribute(column: &str) -> String {
    let name = column.trim().to_ascii_lowercase();
    let name = name.rsplit(':').next().unwrap_or_default();
    name.split('(').next().unwrap_or_default().trim().replace([' ', '-'], "_")
}

/// What a product's member becomes of an attribute.
pub(crate) fn field(attribute: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(name, _)| *name == attribute).map(|(_, field)| *field)
}

/// One item's attributes, each with all the values that it has.
pub(crate) type Item = BTreeMap<String, Vec<Cell>>;

/// Checks one item and gives its product.
pub(crate) fn item(mut item: Item, place: Place, out: &mut Out<'_>) -> Result<(), Error> {
    let mut all = |name: &str| item.remove(name).unwrap_or_default();
    let missing = |name: &str| Cell::new(place, name, "");
    let mut first = |name: &str| all(name).into_iter().find(|cell| !cell.is_blank());
    let id = first("id").unwrap_or_else(|| missing("id"));
    let title = first("title").unwrap_or_else(|| missing("title"));
    let price = first("price").unwrap_or_else(|| missing("price"));
    let options = OPTIONS
        .iter()
        .filter_map(|name| first(name).map(|value| (Cell { value: (*name).to_owned(), ..value.clone() }, value)));
    let options: Vec<(Cell, Cell)> = options.collect();
    let availability = first("availability");
    let quantity = first("quantity");
    let is_out = availability.as_ref().is_some_and(|cell| cell.value.to_ascii_lowercase().contains("out"));
    let stock = match (quantity, availability) {
        (Some(count), _) if !is_out => Stock::Count(count),
        (_, Some(word)) => Stock::Word(word),
        _ => Stock::Unsaid,
    };
    let weight_g = match first("shipping_weight").or_else(|| first("product_weight")) {
        None => None,
        Some(cell) => weight(&cell, out),
    };
    let group = first("item_group_id");
    let digital =
        first("is_digital").map(|cell| matches!(cell.value.trim().to_ascii_lowercase().as_str(), "yes" | "true" | "1"));
    let raw = Raw {
        sku: Some(id.clone()),
        options,
        group,
        description: first("description"),
        stock,
        link: first("link"),
        brand: first("brand"),
        gtin: first("gtin").map(|cell| (cell, true)),
        weight_g,
        category: first("product_type").or_else(|| first("google_product_category")),
        language: first("content_language"),
        digital,
        ..Raw::new(id, title, price)
    };
    let images = [all("image_link"), all("additional_image_link")].concat();
    // A table has several addresses in one cell.
    let images = images.iter().flat_map(|cell| {
        let addresses: Vec<Cell> =
            cell.value.split(',').map(|url| Cell { value: url.trim().to_owned(), ..cell.clone() }).collect();
        addresses
    });
    Raw { images: images.collect(), ..raw }.finish(out)
}

/// `1.5 kg` as grams.
fn weight(cell: &Cell, out: &mut Out<'_>) -> Option<u64> {
    let text = cell.value.trim().to_ascii_lowercase();
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let milligrams_per_unit: u64 = match unit {
        "" | "g" => 1_000,
        "kg" => 1_000_000,
        "lb" | "lbs" => 453_592,
        "oz" => 28_350,
        _ => 0,
    };
    let number = number.trim().replace(',', ".");
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    let part = part.get(..part.len().min(4)).unwrap_or_default();
    let scale = 10_u64.pow(u32::try_from(part.len()).unwrap_or(0));
    let whole = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(scale));
    let part = if part.is_empty() { Some(0) } else { part.parse::<u64>().ok() };
    let milligrams =
        whole.zip(part).and_then(|(whole, part)| whole.checked_add(part)?.checked_mul(milligrams_per_unit));
    match milligrams {
        Some(milligrams) if milligrams_per_unit > 0 => Some((milligrams / scale + 500) / 1_000),
        _ => {
            let fix = "Write a number and a unit, such as 1.5 kg or 250 g";
            out.problem(Problem::new(cell.place, &cell.column, &cell.value, "this is not a weight", fix));
            None
        }
    }
}

/// A table of attributes.
pub(crate) struct Table {
    attributes: Vec<(usize, String)>,
}

impl Table {
    pub(crate) fn new(columns: &[String], out: &mut Out<'_>) -> Self {
        let mut attributes = Vec::new();
        for (at, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_empty()) {
            let attribute = attribute(column);
            let field = field(&attribute);
            out.map(column, field);
            if field.is_some() {
                attributes.push((at, attribute));
            }
        }
        Table { attributes }
    }

    pub(crate) fn row(&mut self, row: &Row<'_>, out: &mut Out<'_>) -> Result<(), Error> {
        let mut found = Item::new();
        for (at, attribute) in &self.attributes {
            found.entry(attribute.clone()).or_default().extend(row.cell(Some(*at)));
        }
        item(found, row.place, out)
    }
}
