//! Writes the beginnings of the corpus: `cargo xtask fuzz --seeds`. What machines say to each other comes
//! from a simulated market, so that the fuzzer starts deep; the fixtures beside it are of the same market.
#![expect(clippy::print_stdout, reason = "a command for people speaks on standard output")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use semper_base::{Blob64, Hash, Key};
use semper_fuzz_bodies::clear::clear;
use semper_fuzz_bodies::messages::{HELLO, KINDS, MET, PARTIES};
use semper_fuzz_bodies::{contracts, jws, locks, machines, x509};
use semper_sim::lies::{Lie, Withhold};
use semper_sim::market::{Market, Plan};
use semper_sim::screen::Decision;
use semper_support::comm::Envelope;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SECOND: u64 = 1_000;
const DAY: u64 = 86_400 * SECOND;
/// So many messages of one party and kind.
const PER_KIND: usize = 1;

/// Hears everything.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Vec<(String, Envelope)>>>);

impl Lie for Ear {
    fn instead(&mut self, _: &str, to: &str, message: &Envelope) -> Option<(String, String)> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push((to.to_owned(), message.clone()));
        None
    }
}

/// One market in which one thing does not go well.
struct Way {
    withheld: &'static str,
    declined: &'static str,
    lie: semper_services::shop::Lie,
    bad_escrow: bool,
}

fn main() -> Outcome<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("../../fuzz/corpus");
    let mut seeds: BTreeMap<&str, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let mut taken = BTreeMap::new();
    for (at, way) in ways().iter().enumerate() {
        let heard = Ear::default();
        let mut market = play(way, &heard)?;
        if at == 0 {
            fixtures(&mut market, &here.join("fixtures"))?;
            hellos(&mut market, seeds.entry("messages").or_default());
        }
        let heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (to, message) in heard {
            message_seeds(&to, &message, &mut taken, &mut seeds);
        }
    }
    seeds.insert("contracts", contracts::seeds().into_iter().collect());
    seeds.insert("locks", locks::seeds().into_iter().collect());
    seeds.insert("machines", machines::seeds().into_iter().collect());
    seeds.insert("stamp", x509::Authority::new().stamp_seeds().into_iter().collect());
    seeds.insert("x509", x509::Authority::new().seeds().into_iter().collect());
    small(&mut seeds);
    feeds(&here.join("../catalogue/fixtures"), &mut seeds)?;
    for (target, seeds) in seeds {
        write(&corpus.join(target), &seeds)?;
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn ways() -> Vec<Way> {
    use semper_services::shop::Lie as Shop;
    let good = || Way { withheld: "", declined: "", lie: Shop::None, bad_escrow: false };
    vec![
        good(),
        Way { withheld: r#"{"content":{"key":"#, ..good() },
        Way { lie: Shop::WithholdKey, ..good() },
        Way { lie: Shop::WrongFile, ..good() },
        Way { bad_escrow: true, withheld: r#"{"content":{"key":"#, ..good() },
        Way { declined: "mandate", ..good() },
        Way { declined: "receipt", ..good() },
    ]
}

fn play(way: &Way, ear: &Ear) -> Outcome<Market> {
    let plan = Plan { length: 100, lie: way.lie, bad_escrow: way.bad_escrow, ..Plan::small(1) };
    let mut market = Market::open(plan)?;
    market.world.lies.push(Box::new(ear.clone()));
    if !way.withheld.is_empty() {
        let lie = Withhold { from: "shop-0".to_owned(), to: None, word: way.withheld.to_owned() };
        market.world.lies.push(Box::new(lie));
    }
    let (wallet, shop) = (market.wallet(), market.shop());
    if !way.declined.is_empty() {
        market.world.seat(wallet)?.script.set(way.declined, Decision::Decline);
    }
    let deal = market.buy(wallet, shop)?;
    market.world.run_for(40 * SECOND)?;
    if way.withheld.is_empty() && way.declined.is_empty() {
        return Ok(market);
    }
    for command in ["contest", "escrow", "status"] {
        // Not every stage allows every wish.
        let _ = market.world.command(wallet, &json!({ "command": command, "deal": deal.id }));
    }
    market.world.run_for(2 * DAY)?;
    Ok(market)
}

/// Root, list, moment and pack of the market in which all went well.
fn fixtures(market: &mut Market, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    let (wallet, now) = (market.wallet(), market.now());
    for (name, row) in [("root.der", "root"), ("list.der", "status")] {
        let row = market.world.look(wallet, |transaction| transaction.get(&Key::new("trust", row)))?;
        std::fs::write(folder.join(name), row.ok_or(name)?)?;
    }
    std::fs::write(folder.join("now.txt"), format!("{}\n", now.millis()))?;
    let rows = market.world.look(wallet, |transaction| transaction.scan("deal/", None, 1))?;
    let id = rows.first().ok_or("no deal")?.0.0.trim_start_matches("deal/").to_owned();
    let pack = market.world.command(wallet, &json!({ "command": "export", "deal": id }))?;
    let pack: Blob64 = serde_json::from_value(pack.get("pack").cloned().unwrap_or_default())?;
    std::fs::write(folder.join("pack.zip"), pack.0)?;
    Ok(())
}

/// A hello of each party to each other kind of party.
fn hellos(market: &mut Market, seeds: &mut BTreeSet<Vec<u8>>) {
    let tls = Hash::of(b"tls");
    let wallet = market.wallet();
    for (who, to, link) in [(market.bank, 3, ""), (market.shop(), 1, ""), (wallet, 3, "shop-0")] {
        let hello = market.world.command(who, &json!({ "command": "hello", "tls": tls, "link": link }));
        let Ok(hello) = hello else { continue };
        for kind in [HELLO, MET] {
            seeds.insert([&[to, kind][..], &clear(hello.to_string().as_bytes())].concat());
        }
    }
}

fn message_seeds(
    to: &str,
    message: &Envelope,
    taken: &mut BTreeMap<String, usize>,
    seeds: &mut BTreeMap<&'static str, BTreeSet<Vec<u8>>>,
) {
    let party = PARTIES.iter().position(|party| to.starts_with(party));
    let kind = KINDS.iter().position(|kind| *kind == message.kind);
    let (Some(party), Some(kind)) = (party, kind) else { return };
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    let content = body.pointer("/content").and_then(Value::as_object);
    let word = content.and_then(|content| content.keys().next()).cloned().unwrap_or_default();
    let said = body.pointer("/content/answer/statement").and_then(Value::as_str).map(kind_of).unwrap_or_default();
    let count = taken.entry(format!("{party} {kind} {word} {said}")).or_insert(0);
    *count += 1;
    if *count > PER_KIND {
        return;
    }
    let cleared = clear(message.body.as_bytes());
    let numbers = [u8::try_from(party).unwrap_or(0), u8::try_from(kind).unwrap_or(0)];
    seeds.entry("messages").or_default().insert([&numbers[..], &cleared].concat());
    if message.body.len() < 3_000 {
        seeds.entry("json").or_default().insert(message.body.clone().into_bytes());
    }
    if let Some(statement) = body.pointer("/content/answer/statement").or_else(|| body.get("statement")) {
        let quoted = clear(statement.to_string().as_bytes());
        let key = jws::signer_id();
        // Our key instead of the market's, so that the target can sign.
        let text = String::from_utf8_lossy(&quoted).trim_matches('"').to_owned();
        let old = text.split(r#""kid":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("-").to_owned();
        let text = text.replace(&old, &key);
        seeds.entry("jws").or_default().insert([&[1, 0, 200, 1][..], text.as_bytes()].concat());
    }
}

/// The kind in a compact statement's header.
fn kind_of(statement: &str) -> String {
    let header = statement.split('.').next().and_then(|header| semper_base::bytes::decode(header).ok());
    let header: Option<Value> = header.and_then(|header| serde_json::from_slice(&header).ok());
    header.and_then(|header| header.get("typ")?.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Feeds: the first lines of each fixture, and small ones with what fixtures lack.
fn feeds(fixtures: &Path, seeds: &mut BTreeMap<&'static str, BTreeSet<Vec<u8>>>) -> Outcome<()> {
    for entry in std::fs::read_dir(fixtures)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let target = ["shopify", "merchant"].into_iter().find(|kind| name.contains(kind)).unwrap_or("jsonld");
        let feed = std::fs::read(&path)?;
        // What is longer is of the same kind.
        if feed.len() < 8_000 {
            seeds.entry(target).or_default().insert([&b"\x04"[..], &feed].concat());
        }
    }
    let small = [
        (
            "shopify",
            "URL handle;Title;Price;Option1 name;Option1 value;Product image URL\r\na;A;1,50;Size;L;\r\na;;2;;M;https://x/y\r\n",
        ),
        ("shopify", "Handle,Title,Variant Price,Variant Inventory Qty\na,\"A \"\"b\"\"\nc\",x,-3\n,,,\nb,\"open"),
        (
            "merchant",
            "id\ttitle\tprice\tshipping weight\tcolor\tgtin\n1\tA\t5 EUR\t1.5 kg\tred\t4006381333931\n2\tB\tx\ty\tz\t1\n",
        ),
        (
            "merchant",
            "<feed xmlns:g=\"g\"><entry><g:id>1</g:id><title>T &amp; &#8364;</title><link href=\"https://x/\"/>\
         <g:price>5 EUR</g:price><g:image_link><![CDATA[https://x/y]]></g:image_link></entry></feed>",
        ),
        (
            "jsonld",
            "{\"@type\":\"ProductGroup\",\"productGroupID\":\"g\",\"variesBy\":[\"color\"],\"hasVariant\":[{\"@type\":\"Product\",\
         \"sku\":\"1\",\"name\":\"N\",\"color\":\"red\",\"offers\":{\"price\":2.5,\"priceCurrency\":\"EUR\",\"availability\":\"InStock\"}}]}",
        ),
        (
            "jsonld",
            "<html><script type=\"application/ld+json\">[{\"@type\":\"EBook\",\"name\":\"N\",\"image\":[\"https://x/y\"],\
         \"offers\":[{\"price\":\"2\",\"inventoryLevel\":{\"value\":3}}]}]</script>",
        ),
    ];
    for (target, feed) in small {
        seeds.entry(target).or_default().insert([&b"\x1c"[..], feed.as_bytes()].concat());
    }
    Ok(())
}

/// What needs no market.
fn small(seeds: &mut BTreeMap<&'static str, BTreeSet<Vec<u8>>>) {
    let words: [(u8, &str); 12] = [
        (0, "EUR184.90"),
        (0, "JPY500"),
        (1, "2026-11-22T12:00:00.000Z"),
        (1, "2024-02-29T23:59:59.999Z"),
        (2, "019abc00-0000-7000-8000-000000000001"),
        (3, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (4, "AAECAwQ"),
        (5, "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"),
        (7, "escrow-request"),
        (7, "key-compromise"),
        (8, r#"{"leaves":12,"have":"AAA"}"#),
        (9, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ];
    let words = words.map(|(which, text)| [&[which], text.as_bytes()].concat());
    seeds.entry("words").or_default().extend(words);
    let json = [
        r#"{"a":[1,-2,9007199254740991,null,true,false],"é":"\u20ac\ud83d\ude02\n","o":{"o":{}}}"#,
        r#"{"a":1,"a":2}"#,
        "[1.0]",
        "9007199254740992",
        "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
        "\"e\u{301}\"",
        r#""\ud800""#,
    ];
    seeds.entry("json").or_default().extend(json.map(|text| text.as_bytes().to_vec()));
    let path = format!(r#"["{}","{}"]"#, "ab".repeat(32), "cd".repeat(32));
    for which in 0_u8..6 {
        for (length, chunk) in [(0, 3), (10, 3), (40, 0)] {
            let head = [length, chunk, 1, which];
            seeds.entry("delivery").or_default().insert([&head[..], &[1, 2, 3, 4], path.as_bytes()].concat());
        }
    }
    for edit in [vec![], vec![3, 0], vec![30, 1, 0, 200, 1], vec![9, 2, 0, 3, b'{', b'}', b'\n']] {
        seeds.entry("pack").or_default().insert([&[1], edit.as_slice()].concat());
    }
    // Send, push, take, acknowledge; with a death, a bad commit, a loss, a repetition.
    let calm = [0, 5, 1, 2, 0, 0, 2, 0, 0];
    for storm in
        [vec![], vec![5, 6, 8, 0, 2, 6], vec![1, 3, 0, 1, 4, 0], vec![137, 1, 1, 2, 0, 0, 137, 0], vec![7, 2, 0, 0]]
    {
        seeds.entry("driver").or_default().insert([&calm[..], &storm, &calm, &[128, 3, 129, 2, 0, 0]].concat());
    }
}

fn write(folder: &PathBuf, seeds: &BTreeSet<Vec<u8>>) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-")) {
            std::fs::remove_file(path)?;
        }
    }
    for seed in seeds {
        std::fs::write(folder.join(format!("seed-{}", Hash::of(seed).short())), seed)?;
    }
    Ok(())
}
