//! Each kind of mistake is told with its row as a spreadsheet shows it, its column and its value.

use crate::support;

use support::problems;

const HEAD: &str =
    "Handle,Title,Variant Price,Variant Inventory Qty,Variant Barcode,Image Src,Option1 Name,Option1 Value\n";

/// The problems of the old Shopify table with these rows.
fn of(rows: &str) -> Vec<String> {
    problems(format!("{HEAD}{rows}").as_bytes())
}

#[test]
fn values() {
    assert_eq!(of("a,A,free,,,,,\n"), ["row 2 | Variant Price | free | this is not a price"]);
    assert_eq!(of("a,A,-1.00,,,,,\n"), ["row 2 | Variant Price | -1.00 | the price is negative"]);
    assert_eq!(of("a,A,0.00,,,,,\n"), ["row 2 | Variant Price | 0.00 | the price is zero"]);
    assert_eq!(of("a,A,,,,,,\n"), ["row 2 | Variant Price |  | there is no price"]);
    assert_eq!(
        of("a,A,\"1,299\",,,,,\n"),
        ["row 2 | Variant Price | 1,299 | this can be read as thousands or as decimals"]
    );
    assert_eq!(of("a,A,1.999,,,,,\nb,B,1.99 ABC,,,,,\n").len(), 2);
    assert_eq!(of("a,,1.00,,,,,\n"), ["row 2 | Title |  | there is no title"]);
    assert_eq!(of("a,A,1.00,many,,,,\n"), ["row 2 | Variant Inventory Qty | many | this is not a whole number"]);
    assert_eq!(
        of("a,A,1.00,,4006381333932,,,\n"),
        ["row 2 | Variant Barcode | 4006381333932 | the last digit does not fit the others (GTIN check digit)"]
    );
    assert_eq!(of("a,A,1.00,,SHELF-7,,,\n"), [""; 0], "a code of the shop's own is no mistake");
    assert_eq!(
        of("a,A,1.00,,,file:///etc/passwd,,\n"),
        ["row 2 | Image Src | file:///etc/passwd | this is not an address on the web"]
    );
    assert_eq!(
        of("a,A\u{202e}B,1.00,,,,,\n"),
        ["row 2 | Title | A[U+202E]B | it contains a character that cannot be seen (U+202E)"]
    );
    assert_eq!(
        of("a,A\u{0}B,1.00,,,,,\n"),
        ["row 2 | Title | A[U+0000]B | it contains a character that cannot be seen (U+0000)"]
    );
    let long = "x".repeat(301);
    assert_eq!(of(&format!("a,{long},1.00,,,,,\n"))[0].split(" | ").last(), Some("it is longer than 300 characters"));
}

#[test]
fn rows_are_those_of_a_spreadsheet() {
    // A line break within quotes begins no row, an empty line is one.
    let feed = "a,\"A\nwith\r\nbreaks\",1.00,,,,,\n\nb,B,x,,,,,\n";
    assert_eq!(of(feed), ["row 4 | Variant Price | x | this is not a price"]);
    let feed = format!("{HEAD}a,\"A\n\n\",1.00,,,,,\r\n\r\n\r\nb,B,?,,,,,").replace("\r\n", "\n").replace('\n', "\r\n");
    assert_eq!(problems(feed.as_bytes()), ["row 5 | Variant Price | ? | this is not a price"]);
    let feed = format!("{HEAD}a,A,1.00,,,,,\rb,B,?,,,,,\r").replace('\n', "\r");
    assert_eq!(problems(feed.as_bytes()), ["row 3 | Variant Price | ? | this is not a price"]);
    let feed = format!("\u{feff}{HEAD}a,A,?,,,,,\n");
    assert_eq!(problems(feed.as_bytes()), ["row 2 | Variant Price | ? | this is not a price"]);
}

#[test]
fn quotation_marks() {
    assert_eq!(
        of("a,A,1.00,,,,,\nb,\"B,1.00,,,,,\nc,C,1.00,,,,,\n"),
        ["row 3 |  |  | a quotation mark is opened here and never closed"]
    );
    assert_eq!(of("a,\"A\"x,1.00,,,,,\n"), ["row 2 |  |  | there is text right after a closing quotation mark"]);
    assert_eq!(of("a,27\" screen,1.00,,,,,\n"), [""; 0], "an inch mark within a field is text");
}

#[test]
fn rows_that_do_not_fit() {
    assert_eq!(of("a,A,1.00,,,,,,1,2\n"), ["row 2 |  | 1 | the row has 10 fields, the header 8"]);
    assert_eq!(of("a,A,1.00\n"), [""; 0], "empty cells at the end may be left out");
    let twice = "Handle,Title,Title,Variant Price\na,A,B,1.00\n";
    assert_eq!(problems(twice.as_bytes()), ["row 1 | Title | Title | this column comes a second time"]);
    let mut latin = format!("{HEAD}a,Gr").into_bytes();
    latin.extend_from_slice(b"\xfc\xdfe,1.00,,,,,\n");
    assert_eq!(problems(&latin), ["row 2 | Title | Gr\u{fffd}\u{fffd}e | this is not UTF-8"]);
}

#[test]
fn products_that_do_not_fit_together() {
    assert_eq!(of("a,A,1.00,,,,Size,S\na,,1.00,,,,,S\n"), ["row 3 | Handle | a-s | the id a-s comes a second time"]);
    assert_eq!(
        of("a,A,1.00,,,,,\nb,B,1.00,,,,,\na,A,1.00,,,,Size,M\n"),
        ["row 4 | Handle | a | rows with this handle came before, with others between them"]
    );
    assert_eq!(of("a,A,1.00 EUR,,,,,\nb,B,$2,,,,,\n"), ["row 3 | price | 2.00 USD | the first prices are in EUR"]);
    assert_eq!(of(",A,1.00,,,,,\n"), ["row 2 | Handle |  | the row has no handle"]);
    assert_eq!(of("a,,,,,https://x.example/1.jpg,,\n"), ["row 2 | Handle | a | the product has no row with a price"]);
}

#[test]
fn whole_files() {
    assert_eq!(problems(b""), ["file |  |  | the file is empty"]);
    assert_eq!(problems(b"Handle,Title\n"), ["file |  |  | there is no product in it"]);
    assert_eq!(
        problems(b"name;cost\nA;1\n"),
        ["file |  |  | the first row has none of the columns that tell a feed: it has name, cost"]
    );
    assert_eq!(problems(b"PK\x03\x04\x00\x00"), ["file |  |  | the file is a spreadsheet or an archive, not a feed"]);
    let utf16: Vec<u8> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(problems(&utf16), ["file |  |  | the file is in UTF-16, not in UTF-8"]);
    assert_eq!(
        problems(&[b"\xff\xfe".as_slice(), &utf16].concat()),
        ["file |  |  | the file is in UTF-16, not in UTF-8"]
    );
    assert_eq!(
        problems(b"<svg></svg>"),
        ["file |  |  | the file is XML of a kind that is not known here: neither <rss> nor <feed>"]
    );
    assert_eq!(
        problems(b"<html><body>hello</body></html>"),
        ["file |  |  | the page has no <script type=\"application/ld+json\">"]
    );
}

#[test]
fn merchant_tables() {
    let head = "id\ttitle\tprice\tgtin\tavailability\tshipping_weight\n";
    let of = |rows: &str| problems(format!("{head}{rows}").as_bytes());
    assert_eq!(of("1\tA\t1.00 EUR\t4.00638E+12\tin stock\t\n"), ["row 2 | gtin | 4.00638E+12 | this is not a GTIN"]);
    assert_eq!(
        of("1\tA\t1.00 EUR\t\tperhaps\t\n"),
        ["row 2 | availability | perhaps | this word for availability is not known"]
    );
    assert_eq!(of("1\tA\t1.00 EUR\t\t\theavy\n"), ["row 2 | shipping_weight | heavy | this is not a weight"]);
    let much = "1844674407370955161.9 g";
    let told = format!("row 2 | shipping_weight | {much} | this is not a weight");
    assert_eq!(of(&format!("1\tA\t1.00 EUR\t\t\t{much}\n")), [told]);
    assert_eq!(of("1\tA\t1.00 EUR\t\t\t\n1\tB\t1.00 EUR\t\t\t\n"), ["row 3 | id | 1 | the id 1 comes a second time"]);
    assert_eq!(of("\tA\t1.00 EUR\t\t\t\n"), ["row 2 | id |  | there is no id"]);
}

#[test]
fn xml() {
    let of = |items: &str| problems(format!("<rss><channel>{items}</channel></rss>").as_bytes());
    assert_eq!(
        of("<item><id>1</id><title>A</title><price>1.00 EUR</price></item><item><id>2</id><title>B</title></item>"),
        ["item 2 | price |  | there is no price"]
    );
    assert_eq!(of("<item><id>1</id><title>A</titel></item>")[0].split(" | ").next(), Some("item 1"));
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><rss><channel><item><id>&b;</id></item></channel></rss>";
    assert_eq!(problems(bomb.as_bytes()), ["file |  |  | the file declares a document type"]);
    assert_eq!(
        of("<item><id>1</id><title>&unknown;</title></item>"),
        ["item 1 | title |  | this is not UTF-8, or names an entity that is not known"]
    );
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    assert!(of(&deep)[0].ends_with("elements are nested more than 16 deep"));
    assert_eq!(problems(b"<rss><channel><item>"), ["item 1 | item |  | the file ends in the middle"]);
}

#[test]
fn json() {
    let of = |things: &str| problems(format!("{{\"@graph\":[{things}]}}").as_bytes());
    let product = |rest: &str| format!("{{\"@type\":\"Product\",\"name\":\"A\",\"sku\":\"1\"{rest}}}");
    assert_eq!(of(&product("")), ["item 1 | offers | A | the product has no offer"]);
    assert_eq!(
        of(&product(",\"offers\":[{\"price\":1},{\"price\":2}]")),
        ["item 1 | offers | A | the product has more than one offer"]
    );
    assert_eq!(
        of(&product(",\"offers\":{\"@type\":\"AggregateOffer\",\"lowPrice\":1}")),
        ["item 1 | offers | A | this is a range of prices, not an offer"]
    );
    assert_eq!(
        of(&product(",\"offers\":{\"price\":\"1.00\",\"priceCurrency\":\"BTC\"}")),
        ["item 1 | offers.price | 1.00 BTC | BTC is no currency that is known here"]
    );
    assert_eq!(of("{\"@type\":\"Person\"}"), ["file |  |  | there is no product in it"]);
    assert!(problems(b"{\"@graph\":[")[0].contains("this is not JSON"));
}
