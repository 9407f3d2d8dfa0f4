//! Importing a feed beside the bare reader of its format: the goal is 20,000 rows a second and core.
//!
//! `cargo bench -p semper-catalogue`.

#![expect(clippy::print_stdout, reason = "a measure prints")]
#![expect(clippy::unwrap_used, reason = "a measure fails by panicking")]
#![expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]

use std::fmt::Write as _;
use std::time::Instant;

use semper_catalogue::{Settings, read};

const ROWS: u64 = 100_000;

fn feed() -> String {
    let mut feed =
        "Handle,Title,Body (HTML),Vendor,Type,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,\
                    Variant Barcode,Image Src\n"
            .to_owned();
    let text = "<p>Woven in one piece, washed twice, and sewn by hand.</p>".repeat(4);
    for at in 0..ROWS {
        let _ = writeln!(
            feed,
            "item-{at},\"Item {at}, blue\",\"{text}\",Maker,\"Things > Blue\",SKU-{at},{},{},{}.90,4006381333931,https://x.example/{at}.jpg",
            at % 900 + 1,
            at % 50,
            at % 200 + 1,
        );
    }
    feed
}

fn main() {
    let feed = feed();
    let mut best = [f64::MAX; 2];
    for _ in 0..5 {
        let begun = Instant::now();
        let mut bare = csv::ReaderBuilder::new().from_reader(feed.as_bytes());
        let (mut record, mut bytes) = (csv::ByteRecord::new(), 0);
        while bare.read_byte_record(&mut record).unwrap() {
            bytes += record.as_slice().len();
        }
        assert!(bytes > 0);
        best[0] = best[0].min(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let mut count = 0_u64;
        let report = read(feed.as_bytes(), &Settings::default(), &mut |_| {
            count += 1;
            Ok(())
        });
        assert_eq!((report.unwrap().problems_total, count), (0, ROWS));
        best[1] = best[1].min(begun.elapsed().as_secs_f64());
    }
    let [bare, import] = best.map(|seconds| ROWS as f64 / seconds);
    println!("{ROWS} rows, {} MB", feed.len() >> 20);
    println!("bare csv reader {bare:>10.0} rows/s");
    println!("import          {import:>10.0} rows/s; {:.0} % of the floor", import / bare * 100.0);
    println!("goal 20000 rows/s: {}", if import >= 20_000.0 { "met" } else { "NOT met" });
}
