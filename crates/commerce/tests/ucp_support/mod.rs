//! An offer as a shop signs it, taken apart and signed again by whoever wants to.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use semper_base::{Currency, Error, Hash, Role, Timestamp, Violation};
use semper_blocks::statement::{About, Author, Compact, Statement, make, sign_payload, verify};
use semper_commerce::process::offer::{File, Item, Link, LinkType, Offer, Terms, Times, Withdrawal, check, checkout};
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::Third;
use semper_support::Context;
use semper_support::crypto::{Crypto as _, Keyring, Seeded};
use serde_json::{Value, json};

pub(crate) struct Shop {
    pub(crate) crypto: Seeded,
    pub(crate) author: Author,
    keyring: Keyring,
}

/// A price in EUR, its VAT, and what it is for.
pub(crate) struct Goods<'a> {
    pub(crate) title: &'a str,
    pub(crate) price: u64,
    pub(crate) vat: VatRate,
}

/// Something with letters that sort and escape differently from implementation to implementation.
pub(crate) const POEM: Goods<'_> =
    Goods { title: "Gedicht „Müßiggang“ \u{1f426}\u{20ac} \"é\"/\\", price: 18_490, vat: VatRate::STANDARD };

impl Shop {
    pub(crate) fn new() -> Self {
        let crypto = Seeded::new([7; 32]);
        let pair = crypto.generate().unwrap();
        let certificate = Some(Hash::of(b"certificate"));
        let author = Author { certificate, ..Author::uncertified(Role::Seller, &pair) };
        Shop { crypto, author, keyring: Keyring::for_simulation([1; 32]) }
    }

    /// The checkout, signed, as the shop's service does it.
    pub(crate) fn offer(&self, goods: &Goods<'_>) -> Statement<Offer> {
        let now = Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap();
        let cx = Context { now, crypto: &self.crypto, keyring: &self.keyring };
        let meta = self.author.meta::<Offer>(&cx, About::default(), semper_base::Millis::hours(1));
        let third = || Third { key: self.author.public.clone(), certificate: Hash::of(b"third") };
        let terms = Terms {
            bank: third(),
            file: File {
                chunk: 65_536,
                length: 1 << 20,
                media_type: "text/plain".into(),
                name: "Müßiggang.txt".into(),
                plain_root: Hash::of(b"root"),
            },
            notary: third(),
            notary_seal: self.author.public.clone(),
            seal_key: self.author.public.clone(),
            times: Times::standard(),
            vat: goods.vat,
            withdrawal: Withdrawal::EndsWithDelivery,
        };
        let item = Item { id: "poem-1".into(), price: goods.price, title: goods.title.into() };
        let body = checkout(&meta, item, Currency::EUR, terms);
        // A shop may name documents; the models know what they are.
        let link = Link { r#type: LinkType::TermsOfService, url: "https://shop.example/terms?lang=de".into() };
        make(&self.crypto, &self.author.secret, meta, Offer { links: vec![link], ..body }).unwrap()
    }

    /// Signs another payload with the shop's key and reads it as a buyer does.
    pub(crate) fn read_signed(&self, payload: &Value) -> Result<Statement<Offer>, Violation> {
        let bytes = serde_json::to_vec(payload).unwrap();
        let text = sign_payload(&self.crypto, &self.author.secret, &bytes);
        let text = text.map_err(|error| match error {
            Error::Violation(violation) => violation,
            other => Violation::new(other.code(), other.to_string()),
        })?;
        let offer = verify::<Offer>(&self.crypto, &self.author.public, &text)?;
        check(&offer).map(|_| offer)
    }
}

/// The payload that a statement's signature covers.
pub(crate) fn payload(offer: &Statement<Offer>) -> Value {
    serde_json::from_slice(Compact::parse(&offer.text).unwrap().payload()).unwrap()
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers")
}

/// Whether the foreign programs are there. They must be where every change is tested.
pub(crate) fn is_set_up() -> bool {
    let needed = [".venv/bin/python", "jose/node_modules/jose/package.json"].map(|path| peers().join(path));
    let Some(missing) = needed.iter().find(|path| !path.exists()) else { return true };
    assert!(std::env::var("CI").is_err(), "{} is missing: cargo xtask setup", missing.display());
    eprintln!("skipped: {} is missing; `cargo xtask setup` brings it", missing.display());
    false
}

pub(crate) fn run(program: &Path, words: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(words).current_dir(peers()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn python(words: &[&str], input: &Value) -> Vec<u8> {
    let words = [&["ucp/checkout.py"], words].concat();
    run(&peers().join(".venv/bin/python"), &words, input.to_string().as_bytes())
}

/// Why the official models refuse each of these; null if they do not.
pub(crate) fn refusals(checkouts: &[Value]) -> Vec<Option<String>> {
    serde_json::from_slice(&python(&["validate"], &json!(checkouts))).unwrap()
}
