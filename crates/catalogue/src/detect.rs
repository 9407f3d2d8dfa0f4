//! Which kind of feed this is, from its beginning.

use serde::Serialize;

use crate::problem::Problem;

/// A kind of feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Shopify product CSV with `Handle`, `Body (HTML)`, `Variant Price`.
    ShopifyOld,
    /// Shopify product CSV with `URL handle`, `Description`, `Price`.
    ShopifyNew,
    /// Google Merchant feed as a table.
    MerchantTable,
    /// Google Merchant feed as XML: RSS 2.0 or Atom.
    MerchantXml,
    /// schema.org products as JSON-LD.
    JsonLd,
    /// The same inside an HTML page.
    JsonLdPage,
}

impl Format {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::ShopifyOld => "Shopify product CSV (Handle, Variant Price)",
            Format::ShopifyNew => "Shopify product CSV (URL handle, Price)",
            Format::MerchantTable => "Google Merchant feed (table)",
            Format::MerchantXml => "Google Merchant feed (XML)",
            Format::JsonLd => "schema.org products (JSON-LD)",
            Format::JsonLdPage => "schema.org products in a page (JSON-LD in HTML)",
        }
    }
}

const KNOWN: &str = "Known are: Shopify product CSV, Google Merchant feeds (table or XML), schema.org products (JSON-LD, or a \
                     page that holds it)";

/// Finds out what a feed is, or says why it is none.
pub(crate) fn detect(head: &[u8]) -> Result<Format, Problem> {
    check_encoding(head)?;
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start();
    match text.as_bytes().first() {
        None => Err(Problem::file("the file is empty", "Export the products again")),
        Some(b'{' | b'[') => Ok(Format::JsonLd),
        Some(b'<') => markup(text),
        Some(_) => table(text),
    }
}

fn check_encoding(head: &[u8]) -> Result<(), Problem> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(Problem::file(
            "the file is a spreadsheet or an archive, not a feed",
            "Save the sheet as CSV UTF-8, or unpack the archive",
        ));
    }
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let zeros = head.iter().take(1000).filter(|byte| **byte == 0).count();
    if utf16 || zeros * 4 > head.len().min(1000) && zeros > 0 {
        return Err(Problem::file(
            "the file is in UTF-16, not in UTF-8",
            "Save it again as CSV UTF-8 (or as UTF-8 text)",
        ));
    }
    Ok(())
}

fn markup(text: &str) -> Result<Format, Problem> {
    let lower: String = text.chars().take(20_000).collect::<String>().to_ascii_lowercase();
    let before = |a: &str, b: &str| lower.find(a).is_some_and(|at| lower.find(b).is_none_or(|other| at < other));
    if lower.contains("<rss") && before("<rss", "<html") || lower.contains("<feed") && before("<feed", "<html") {
        return Ok(Format::MerchantXml);
    }
    if lower.contains("<html") || lower.contains("<!doctype html") || lower.contains("application/ld+json") {
        return Ok(Format::JsonLdPage);
    }
    Err(Problem::file("the file is XML of a kind that is not known here: neither <rss> nor <feed>", KNOWN))
}

/// The columns of a table's first row and what parts them.
pub(crate) fn header(text: &str) -> (u8, Vec<String>) {
    let line = text.lines().next().unwrap_or_default();
    let count = |delimiter: char| line.matches(delimiter).count();
    let delimiter = ['\t', ',', ';'].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(',');
    let columns = line.split(delimiter).map(|name| name.trim().trim_matches('"').to_ascii_lowercase());
    (u8::try_from(delimiter).unwrap_or(b','), columns.collect())
}

fn table(text: &str) -> Result<Format, Problem> {
    let (_, columns) = header(text);
    let has = |name: &str| columns.iter().any(|column| column == name);
    if has("handle") && (has("title") || has("variant price")) {
        return Ok(Format::ShopifyOld);
    }
    if has("title") && (has("url handle") || has("price") && (has("option1 name") || has("body (html)"))) {
        return Ok(Format::ShopifyNew);
    }
    if has("id") && (has("title") || has("price")) {
        return Ok(Format::MerchantTable);
    }
    // Shopify asks for nothing but a title.
    if has("title") && (has("vendor") || has("sku") || has("published on online store")) {
        return Ok(Format::ShopifyNew);
    }
    let seen: Vec<&str> = columns.iter().map(String::as_str).filter(|name| !name.is_empty()).take(8).collect();
    let what = format!("the first row has none of the columns that tell a feed: it has {}", seen.join(", "));
    Err(Problem::file(
        what,
        format!(
            "The first row must name the columns (Handle and Title; URL handle and Title; id, title and price). {KNOWN}"
        ),
    ))
}
