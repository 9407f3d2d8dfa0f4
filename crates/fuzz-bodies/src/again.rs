//! What a feed gave, written as a feed again: reading that gives the same products.

use std::fmt::Write as _;

use semper_catalogue::{Format, Settings};
use semper_commerce::process::product::{Product, ProductKind};
use serde_json::{Value, json};

use crate::feeds::import;

/// A table as a spreadsheet saves it: every field in quotes, lines that end in CR LF, a mark of byte order.
pub(crate) fn spreadsheet(format: Format, feed: &[u8], settings: &Settings, products: &[Product]) {
    if !matches!(format, Format::ShopifyOld | Format::ShopifyNew | Format::MerchantTable) {
        return;
    }
    let feed = feed.strip_prefix(b"\xef\xbb\xbf").unwrap_or(feed);
    let header = feed.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let count = |delimiter: u8| header.split(|byte| *byte == delimiter).count() - 1;
    let [tabs, commas, semicolons] = [count(b'\t'), count(b','), count(b';')];
    // A header that can be read in two ways is read in one of them; which one is not the question here.
    let Some(delimiter) = [(tabs, b'\t'), (commas, b','), (semicolons, b';')]
        .into_iter()
        .find_map(|(own, delimiter)| (own > 0 && own == tabs + commas + semicolons).then_some(delimiter))
    else {
        return;
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(feed);
    let mut saved = b"\xef\xbb\xbf".to_vec();
    for record in reader.byte_records() {
        let record = record.expect("it was read before");
        for (at, field) in record.iter().enumerate() {
            saved.extend((at > 0).then_some(delimiter));
            saved.push(b'"');
            saved.extend(field.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 })));
            saved.push(b'"');
        }
        saved.extend(b"\r\n");
    }
    same(&saved, settings, products);
}

/// The products written in the feed's own form, as far as that form has words for them.
pub(crate) fn written(format: Format, settings: &Settings, products: &[Product]) {
    let feed = match format {
        // From a handle and its options an id is made; which handle it was cannot be seen from the id.
        Format::ShopifyOld | Format::ShopifyNew => return,
        Format::MerchantTable => table(products),
        Format::MerchantXml => xml(products),
        Format::JsonLd => list(products).to_string(),
        Format::JsonLdPage => format!("<html><script type=\"application/ld+json\">{}</script>", script(products)),
    };
    let is_json = matches!(format, Format::JsonLd | Format::JsonLdPage);
    let expected: Vec<Product> =
        products.iter().map(|product| if is_json { of_json(product) } else { of_merchant(product) }).collect();
    let publish = products.iter().all(|product| product.published);
    same(feed.as_bytes(), &Settings { publish, ..settings.clone() }, &expected);
}

fn same(feed: &[u8], settings: &Settings, expected: &[Product]) {
    let (report, products) = import(feed, settings);
    let shown = || String::from_utf8_lossy(feed).into_owned();
    assert!(report.problems.is_empty(), "{}\n{}", report.problems[0], shown());
    assert_eq!(products, expected, "{}", shown());
}

/// What a Merchant feed can say of a product.
fn of_merchant(product: &Product) -> Product {
    let known = |name: &str| ["color", "size", "material", "pattern"].iter().position(|known| *known == name);
    let mut options: Vec<(String, String)> =
        product.options.iter().filter(|(name, _)| known(name).is_some()).cloned().collect();
    options.sort_by_key(|(name, _)| known(name));
    Product { options, images: plain_images(product), ..product.clone() }
}

/// Addresses that can stand in a list with commas.
fn plain_images(product: &Product) -> Vec<String> {
    product.images.iter().filter(|image| !image.contains(',')).cloned().collect()
}

fn attributes(product: &Product) -> Vec<(&'static str, String)> {
    let kind = if product.kind == ProductKind::File { "yes" } else { "no" };
    let optional = [
        ("quantity", product.stock.map(|count| count.to_string())),
        ("link", product.link.clone()),
        ("brand", product.brand.clone()),
        ("gtin", product.gtin.clone()),
        ("item_group_id", product.group.clone()),
        ("product_type", product.category.clone()),
        ("content_language", product.language.clone()),
        ("shipping_weight", product.weight_g.map(|grams| format!("{grams} g"))),
    ];
    let mut all = vec![
        ("id", id(product)),
        ("title", product.title.clone()),
        ("description", escaped(&product.description)),
        ("price", product.price.to_string()),
        ("is_digital", kind.to_owned()),
        ("image_link", plain_images(product).join(",")),
    ];
    all.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    for name in ["color", "size", "material", "pattern"] {
        let value = product.options.iter().find(|(known, _)| known == name);
        all.extend(value.map(|(_, value)| (name, value.clone())));
    }
    all
}

fn id(product: &Product) -> String {
    product.sku.clone().unwrap_or_else(|| product.id.clone())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn table(products: &[Product]) -> String {
    const COLUMNS: [&str; 18] = [
        "id",
        "title",
        "description",
        "price",
        "is_digital",
        "image_link",
        "quantity",
        "link",
        "brand",
        "gtin",
        "item_group_id",
        "product_type",
        "content_language",
        "shipping_weight",
        "color",
        "size",
        "material",
        "pattern",
    ];
    let mut feed = COLUMNS.join("\t");
    for product in products {
        let all = attributes(product);
        let value = |name: &&str| all.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let row: Vec<String> = COLUMNS.iter().map(|name| format!("\"{}\"", value(name).replace('"', "\"\""))).collect();
        feed.push('\n');
        feed.push_str(&row.join("\t"));
    }
    feed
}

fn xml(products: &[Product]) -> String {
    let mut feed = "<rss xmlns:g=\"http://base.google.com/ns/1.0\"><channel>".to_owned();
    for product in products {
        feed.push_str("<item>");
        for (name, value) in attributes(product) {
            write!(feed, "<g:{name}>{}</g:{name}>", escaped(&value)).expect("a text takes what is written");
        }
        feed.push_str("</item>");
    }
    feed + "</channel></rss>"
}

/// What JSON-LD can say of a product outside of a group.
fn of_json(product: &Product) -> Product {
    Product { group: None, options: Vec::new(), weight_g: None, ..product.clone() }
}

fn thing(product: &Product) -> Value {
    let kind = if product.kind == ProductKind::File { "EBook" } else { "Product" };
    let mut offer = json!({
        "@type": "Offer", "price": product.price.decimal(), "priceCurrency": product.price.currency().as_str(),
    });
    if let Some(count) = product.stock {
        offer["inventoryLevel"] = json!({ "@type": "QuantitativeValue", "value": count });
    }
    json!({
        "@type": kind, "sku": id(product), "name": product.title, "description": escaped(&product.description),
        "image": product.images, "url": product.link, "brand": { "@type": "Brand", "name": product.brand },
        "gtin": product.gtin, "category": product.category, "inLanguage": product.language, "offers": offer,
    })
}

fn list(products: &[Product]) -> Value {
    json!({ "@context": "https://schema.org", "@graph": products.iter().map(thing).collect::<Vec<_>>() })
}

/// Within a page no text may close the script.
fn script(products: &[Product]) -> String {
    list(products).to_string().replace('<', "\\u003c")
}
