//! What the shops of the play market have on their shelves at first: a few files of our own, and two
//! feeds that go through the same import as anybody's.

use semper_base::limits::PRODUCTS_PER_COMMAND_MAX;
use semper_base::{Code, Error, Misuse};
use semper_catalogue::Settings;
use semper_commerce::process::vat::VatRate;
use serde_json::{Value, json};

use super::parties::Shelf;
use super::run::Running;

/// What comes by post.
const MAIL_ORDER: &[u8] = include_bytes!("../../../catalogue/fixtures/mail-order.shopify.csv");
/// What is grown and made nearby.
const FOOD: &[u8] = include_bytes!("../../../catalogue/fixtures/hofladen.merchant.tsv");

/// A file on sale.
struct File {
    id: &'static str,
    title: &'static str,
    price: &'static str,
    name: &'static str,
    media_type: &'static str,
    category: &'static str,
    language: &'static str,
    description: &'static str,
    content: &'static [u8],
}

const FILES: &[File] = &[
    File {
        id: "reading-a-contract",
        title: "Reading a contract in ten minutes",
        price: "4.90 EUR",
        name: "reading-a-contract.txt",
        media_type: "text/plain",
        category: "Guides",
        language: "en",
        description: "Ten steps for people who are not lawyers. One page of plain text.",
        content: include_bytes!("files/reading-a-contract.txt"),
    },
    File {
        id: "vertraege-lesen",
        title: "Verträge lesen in zehn Minuten",
        price: "4.90 EUR",
        name: "vertraege-lesen.txt",
        media_type: "text/plain",
        category: "Guides",
        language: "de",
        description: "Zehn Schritte für Menschen, die keine Juristen sind. Eine Seite Text.",
        content: include_bytes!("files/vertraege-lesen.txt"),
    },
    File {
        id: "letters-to-the-editor",
        title: "Letters to the editor: a small kit",
        price: "2.50 EUR",
        name: "letters-to-the-editor.txt",
        media_type: "text/plain",
        category: "Guides",
        language: "en",
        description: "How to say one thing on one page, so that it is printed.",
        content: include_bytes!("files/letters-to-the-editor.txt"),
    },
    File {
        id: "tea-through-the-year",
        title: "Tea through the year",
        price: "1.20 EUR",
        name: "tea-through-the-year.txt",
        media_type: "text/plain",
        category: "Kitchen",
        language: "en",
        description: "Twelve months, twelve pots.",
        content: include_bytes!("files/tea-through-the-year.txt"),
    },
    File {
        id: "bookplate",
        title: "Bookplate to print",
        price: "0.90 EUR",
        name: "bookplate.svg",
        media_type: "image/svg+xml",
        category: "Templates",
        language: "en",
        description: "A drawing that says whose book it is. SVG, scales to any size.",
        content: include_bytes!("files/bookplate.svg"),
    },
    File {
        id: "packing-list",
        title: "Packing list for a family",
        price: "0.50 EUR",
        name: "packing-list.csv",
        media_type: "text/csv",
        category: "Templates",
        language: "en",
        description: "A table to tick off, for any spreadsheet.",
        content: include_bytes!("files/packing-list.csv"),
    },
];

/// Fills a shop's shelves and has its price list signed.
pub(super) fn stock(shop: &Running, shelf: Shelf) -> Result<(), Error> {
    match shelf {
        Shelf::Files => FILES.iter().try_for_each(|file| put_file(shop, file))?,
        Shelf::Parcels => feed(shop, MAIL_ORDER, VatRate::STANDARD)?,
        Shelf::Food => feed(shop, FOOD, VatRate::parse("7")?)?,
    }
    shop.call(&json!({ "command": "price-list" }))?;
    let signed = |catalogue: &Value| catalogue.get("unsigned").and_then(Value::as_bool) == Some(false);
    shop.until(&json!({ "command": "catalogue" }), signed)?;
    Ok(())
}

/// Imports a feed, all of it or nothing, as `semper catalogue import` does.
fn feed(shop: &Running, feed: &[u8], vat: VatRate) -> Result<(), Error> {
    let settings = Settings { vat, publish: true, ..Settings::default() };
    let mut products = Vec::new();
    let report = semper_catalogue::read(feed, &settings, &mut |product| {
        products.push(product);
        Ok(())
    })?;
    if let Some(problem) = report.problems.first() {
        return Err(Misuse::new(Code::FileWrong, problem.to_string()).into());
    }
    let import = |step: &str| json!({ "command": "catalogue-import", "step": step });
    let session = shop.call(&import("begin"))?.get("session").cloned().unwrap_or_default();
    for some in products.chunks(PRODUCTS_PER_COMMAND_MAX) {
        shop.call(&json!({ "command": "catalogue-import", "step": "put", "session": session, "products": some }))?;
    }
    shop.call(&json!({ "command": "catalogue-import", "step": "commit", "session": session }))?;
    let settled = |catalogue: &Value| catalogue.pointer("/import/state").is_none();
    shop.until(&json!({ "command": "catalogue" }), settled)?;
    Ok(())
}

/// Small files: one chunk each.
fn put_file(shop: &Running, file: &File) -> Result<(), Error> {
    let data = [semper_base::Blob64(file.content.to_vec())];
    shop.call(&json!({
        "command": "goods-begin", "id": file.id, "title": file.title, "price": file.price, "file_name": file.name,
        "media_type": file.media_type, "length": file.content.len(),
    }))?;
    shop.call(&json!({ "command": "goods-chunk", "id": file.id, "index": 0, "data": data }))?;
    shop.call(&json!({ "command": "goods-end", "id": file.id }))?;
    let product = json!({
        "id": file.id, "title": file.title, "description": file.description, "price": file.price, "vat": "19",
        "kind": "file", "category": file.category, "language": file.language, "published": true,
    });
    shop.call(&json!({ "command": "product-put", "product": product }))?;
    Ok(())
}
