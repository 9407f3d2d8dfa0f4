//! Each kind of feed on catalogues of three shops: the same wares come out whichever feed they came in.

use crate::support;

use semper_catalogue::{Format, Settings};
use semper_commerce::process::product::{Product, ProductKind};
use support::{good, good_with, named};

#[test]
fn paper_and_ink_sells_files() {
    let settings = Settings { kind: ProductKind::File, publish: true, ..Settings::default() };
    let (csv, format) = good_with(include_bytes!("../fixtures/paper-ink.shopify.csv"), &settings);
    assert_eq!(format, Format::ShopifyNew);
    let (tsv, format) = good(include_bytes!("../fixtures/paper-ink.merchant.tsv"));
    assert_eq!(format, Format::MerchantTable);
    let (json, format) = good(include_bytes!("../fixtures/paper-ink.jsonld"));
    assert_eq!(format, Format::JsonLd);
    for feed in [&csv, &tsv, &json] {
        assert_eq!(feed.len(), 12);
        assert!(feed.iter().all(|product| product.kind == ProductKind::File && product.stock.is_none()));
        let nib = named(feed, "ink-and-nib");
        assert_eq!(nib.title, "Ink & Nib: a first course in lettering");
        assert_eq!(nib.price.to_string(), "12.00 EUR");
        assert_eq!(nib.category.as_deref(), Some("Courses > Lettering"));
        assert!(nib.description.starts_with("Ninety pages"), "{}", nib.description);
        assert_eq!(nib.images, ["https://paper-ink.example/covers/ink-and-nib.jpg"]);
    }
    assert!(csv.iter().all(|product| product.published) && tsv.iter().all(|product| !product.published));
}

#[test]
fn mail_order_sells_variants() {
    let (csv, format) = good(include_bytes!("../fixtures/mail-order.shopify.csv"));
    assert_eq!(format, Format::ShopifyOld);
    let (xml, format) = good(include_bytes!("../fixtures/mail-order.merchant.xml"));
    assert_eq!(format, Format::MerchantXml);
    let (json, _) = good(include_bytes!("../fixtures/mail-order.jsonld"));
    for feed in [&csv, &xml, &json] {
        assert_eq!(feed.len(), 40);
        assert!(feed.iter().all(|product| product.kind == ProductKind::Parcel && product.gtin.is_some()));
        let of_group = |group: &str| feed.iter().filter(|one| one.group.as_deref() == Some(group)).collect::<Vec<_>>();
        let jackets = of_group("loden-jacket");
        assert_eq!(jackets.len(), 4);
        assert_eq!(jackets[1].options[0].1, "M");
        assert_eq!(jackets[3].stock, Some(6));
        assert_eq!(of_group("kite").iter().map(|kite| kite.stock).collect::<Vec<_>>(), [Some(9), Some(0)]);
        assert_eq!(of_group("oil-lamp").len(), 0, "a product without variants has no group");
    }
    let jacket = named(&csv, "loden-jacket-m");
    assert_eq!(jacket.sku.as_deref(), Some("WM-0002"));
    assert_eq!(jacket.options, [("Size".to_owned(), "M".to_owned())]);
    assert_eq!(jacket.weight_g, Some(1400));
    assert_eq!(jacket.images.len(), 2, "each variant has the pictures of all rows");
    assert_eq!(
        jacket.description,
        "Dense wool, horn buttons, two pockets that hold a book each.\n\n- Sent within three days"
    );
    assert_eq!(jacket.brand.as_deref(), Some("Waterside Mail Order"));
    assert_eq!(named(&xml, "wm-0005").weight_g, Some(320));
}

#[test]
fn regional_food_in_german() {
    let (csv, format) = good(include_bytes!("../fixtures/hofladen.shopify.csv"));
    assert_eq!(format, Format::ShopifyNew);
    let (tsv, _) = good(include_bytes!("../fixtures/hofladen.merchant.tsv"));
    let (page, format) = good(include_bytes!("../fixtures/hofladen.html"));
    assert_eq!(format, Format::JsonLdPage);
    for feed in [&csv, &tsv, &page] {
        assert_eq!(feed.len(), 20);
        let cheese = named(feed, "bergkaese-300");
        assert_eq!(cheese.title, "Bergkäse, 300 g");
        assert_eq!(cheese.price.to_string(), "9.80 EUR");
        assert_eq!(cheese.language.as_deref(), Some("de"));
    }
    assert_eq!(named(&csv, "bergkaese-300").weight_g, Some(320));
    assert_eq!(named(&tsv, "bergkaese-300").weight_g, Some(320));
    assert_eq!(named(&csv, "bergkaese-300").stock, Some(9));
}

#[test]
fn atom_is_read_too() {
    let feed = br#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
        <title>Shop</title><entry><g:id>A 1</g:id><title>Tea &amp; cake</title><link href="https://x.example/a?b=1&amp;c=2"/>
        <summary>no</summary><g:description><![CDATA[<p>Two &amp; <b>three</b></p>]]></g:description>
        <g:price>4.50 EUR</g:price></entry></feed>"#;
    let (products, _) = good(feed);
    let tea: &Product = &products[0];
    assert_eq!((tea.id.as_str(), tea.sku.as_deref()), ("a-1", Some("A 1")));
    assert_eq!((tea.title.as_str(), tea.description.as_str()), ("Tea & cake", "Two & three"));
    assert_eq!(tea.link.as_deref(), Some("https://x.example/a?b=1&c=2"));
}

#[test]
fn columns_are_mapped_for_a_preview() {
    let (report, _) = support::import(include_bytes!("../fixtures/paper-ink.shopify.csv"), &Settings::default());
    let of = |column: &str| report.mapping.iter().find(|one| one.column == column).unwrap().field;
    assert_eq!(of("Title"), Some("title"));
    assert_eq!(of("URL handle"), Some("group"));
    assert_eq!(of("Tags"), None);
    assert_eq!(report.rows, 12);
}

#[test]
fn a_draft_is_not_published() {
    let feed = "Handle,Title,Variant Price,Status,Published\na,A,1.00,draft,TRUE\nb,B,1.00,active,FALSE\nc,C,1.00,active,TRUE\n";
    let settings = Settings { publish: true, ..Settings::default() };
    let (products, _) = good_with(feed.as_bytes(), &settings);
    assert_eq!(products.iter().map(|product| product.published).collect::<Vec<_>>(), [false, false, true]);
}
