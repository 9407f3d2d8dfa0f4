//! Which notary an exchange names and who pays its fee, chosen before anything is written: from our own list and those
//! on the cards of all others. What the party itself would choose stands first.

use std::collections::BTreeSet;

use semper_base::{Blob64, Role, bytes};
use semper_blocks::certificate::{Claimed, pem};
use serde_json::{Map, Value, json};

use super::view;
use crate::door::Visit;
use crate::forms::Wrong;
use crate::texts::wallet::Notaries;
use crate::texts::{Language, fill};

/// The end of a card's certificate.
const CARD_END: &str = "-----END CERTIFICATE-----";
/// Others who can be named as payer of the fee.
const PAYERS: usize = 4;

/// What is written, which decides the fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Contract,
    Deal,
    Mail,
}

impl What {
    fn is(self, protocol: &str) -> bool {
        self == match protocol {
            "semper-deal/1" => What::Deal,
            mail if mail.starts_with("semper-cm") => What::Mail,
            _ => What::Contract,
        }
    }
}

/// A notary of our list.
pub(super) struct Offered {
    pub(super) link: String,
    pub(super) label: String,
    /// Whether everybody takes it, as far as their cards say.
    pub(super) fits: bool,
}

/// The fields of a form.
pub(super) struct Pick {
    pub(super) t: &'static Notaries,
    pub(super) offered: Vec<Offered>,
    pub(super) chosen: String,
    pub(super) payer: String,
    /// Who can pay the fee: values and names; none where nobody takes one.
    pub(super) payers: Vec<(String, &'static str)>,
    /// What happens if nothing is chosen.
    pub(super) first: String,
    /// Whether the cards were looked at.
    pub(super) compared: bool,
}

impl Pick {
    /// Our list beside those of the others, as `with` names them.
    pub(super) async fn new(visit: &Visit, what: What, with: &[Value]) -> Self {
        let t = Notaries::of(visit.language);
        let known = visit.site.party.call(json!({ "command": "notaries" })).await.unwrap_or_default();
        let listed = |one: &&Value| one.get("listed").and_then(Value::as_bool).unwrap_or(false);
        let lists: Vec<BTreeSet<String>> = with.iter().filter_map(taken).collect();
        let ours: Vec<&Value> = view::list(&known, "/notaries").iter().filter(listed).collect();
        let offered: Vec<Offered> = ours.iter().map(|one| offered(t, visit.language, what, &lists, one)).collect();
        let charges = ours.iter().any(|one| !fees(visit.language, what, one).is_empty());
        let names = [t.payer_you, t.payer_1, t.payer_2, t.payer_3, t.payer_4];
        let payers = (0..=PAYERS).map(|place| place.to_string()).zip(names);
        let first = ours.iter().zip(&offered).find(|(_, offered)| offered.fits);
        Pick {
            t,
            first: match first {
                Some((one, _)) => fill(t.pick_first, &[&view::theirs(view::text(one, "/name")).text]),
                None => t.pick_none.to_owned(),
            },
            offered,
            chosen: String::new(),
            payer: "0".to_owned(),
            payers: if charges { payers.collect() } else { Vec::new() },
            compared: !lists.is_empty(),
        }
    }

    /// What was chosen; what cannot be is noted.
    pub(super) fn take(&mut self, notary: &str, payer: &str, wrong: &mut Wrong) {
        notary.clone_into(&mut self.chosen);
        if self.payers.iter().any(|(value, _)| value == payer) {
            payer.clone_into(&mut self.payer);
        }
        let fits = |one: &Offered| one.fits && (notary.is_empty() || one.link == notary);
        if !self.offered.is_empty() && !self.offered.iter().any(fits) {
            wrong.note("notary", self.t.wrong_notary);
        }
    }

    /// Says it to the party.
    pub(super) fn tell(&self, members: &mut Map<String, Value>) {
        if !self.chosen.is_empty() {
            members.insert("notary".to_owned(), json!(self.chosen));
        }
        if let Some(payer) = self.payer.parse::<u64>().ok().filter(|payer| *payer > 0) {
            members.insert("fee_payer".to_owned(), json!(payer));
        }
    }
}

fn offered(t: &'static Notaries, language: Language, what: What, lists: &[BTreeSet<String>], one: &Value) -> Offered {
    let fits = lists.iter().all(|list| list.contains(view::text(one, "/key")));
    let fees = fees(language, what, one);
    let fee = if fees.is_empty() { t.pick_free.to_owned() } else { fees.join(" / ") };
    let name = view::theirs(view::text(one, "/name")).text;
    let label = fill(if fits { t.pick_fits } else { t.pick_unfit }, &[&name, &fee]);
    Offered { link: view::text(one, "/link").to_owned(), label, fits }
}

/// What a notary takes for this, each amount once.
pub(super) fn fees(language: Language, what: What, notary: &Value) -> Vec<String> {
    let fees = notary.get("fees").and_then(Value::as_object);
    let fees = fees.into_iter().flatten().filter(|(protocol, _)| what.is(protocol));
    let amounts = fees.filter_map(|(_, amount)| Some(crate::texts::money(language, amount.as_str()?)));
    let amounts: BTreeSet<String> = amounts.collect();
    amounts.into_iter().collect()
}

/// The notaries that a card names, by key; none if it says nothing of any, as cards of before do.
fn taken(card: &Value) -> Option<BTreeSet<String>> {
    let key = |der: &Value| {
        let der = bytes::decode(der.as_str()?).ok()?;
        Some(Claimed::read(&der).ok()?.key.0.hex())
    };
    Some(card.get("notaries")?.as_array()?.iter().filter_map(key).collect())
}

/// The cards in a text, one after the other; null for what is none. A notary's certificate belongs to the card before it.
pub(super) fn cards(text: &str) -> Vec<Value> {
    let text = text.replace("\r\n", "\n");
    let mut cards: Vec<Value> = Vec::new();
    for piece in text.split_inclusive(CARD_END).map(str::trim).filter(|piece| !piece.is_empty()) {
        let Ok(der) = pem::from_pem(pem::Label::Certificate, &format!("{piece}\n")) else {
            cards.push(Value::Null);
            continue;
        };
        let is_notary = Claimed::read(&der).is_ok_and(|claimed| claimed.role == Role::Notary);
        match cards.last_mut().and_then(Value::as_object_mut).filter(|_| is_notary) {
            Some(card) => {
                if let Some(list) = card.entry("notaries").or_insert_with(|| json!([])).as_array_mut() {
                    list.push(json!(Blob64(der)));
                }
            }
            None => cards.push(json!({ "certificate": Blob64(der) })),
        }
    }
    cards
}

/// Whom we are connected with and could deal with: link and name.
pub(super) async fn linked(visit: &Visit) -> Vec<(String, String)> {
    let contacts = visit.site.party.call(json!({ "command": "contacts" })).await.unwrap_or_default();
    let sellers = view::list(&contacts, "/contacts").iter().filter(|one| view::text(one, "/role") == "seller");
    let link = |one: &Value| (view::text(one, "/link").to_owned(), view::theirs(view::text(one, "/name")).text);
    sellers.map(link).collect()
}
