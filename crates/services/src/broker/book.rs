//! The shops of the directory.
//!
//! ```text
//! broker/state        State
//! shop/NUMBER         Shop; numbers are given in the order of arrival and never again
//! shop-of/PEERID      NUMBER
//! ping/NUMBER         timer: look after this shop
//! ```
//!
//! The signed profiles are kept in the archive under `shop:NUMBER`.

use semper_base::code::Code;
use semper_base::limits::BROKER_SHOPS_MAX;
use semper_base::tx::{Need, Record};
use semper_base::{Error, Fault, Hash, Key, Misuse, PeerId, Refusal, Timestamp, Tx, Violation, Write};
use semper_blocks::certificate::{Serial, Trust, Valid};
use semper_blocks::statement::Statement;
use semper_commerce::process::profile::Profile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::words::{Ping, Taken, kinds};
use super::{PING_PAUSE, SILENCE, listing};
use crate::common::{Desk, hello, keys, rows, text};

/// Most shops of one answer.
const PAGE_MAX: u64 = 100;
/// Longest reason for which a shop is dropped, in characters.
const REASON_CHARS_MAX: usize = 200;

/// The directory as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The last number that was given.
    pub(super) numbers: u64,
    /// Products in all shops.
    pub(super) listings: u64,
    /// Goes up when listings have changed, at the end of each run.
    pub(super) version: u64,
}

/// A shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shop {
    pub(super) number: u64,
    pub(super) peer: PeerId,
    certificate: Hash,
    /// Of the certificate.
    serial: String,
    /// When the certificate ends.
    not_after: Timestamp,
    profile: Profile,
    /// Hash of the profile's statement, and when it was signed.
    statement: (Hash, Timestamp),
    joined: Timestamp,
    /// Its last word of any kind.
    pub(super) seen: Timestamp,
    /// Pings that were sent, and the last one that was answered.
    sent: u64,
    answered: u64,
    /// What was last noted of it, and since when that holds.
    noted: (Standing, Timestamp),
    /// Why the operator dropped it.
    dropped: Option<String>,
    pub(super) stock: listing::Stock,
}

/// How a shop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is found.
    Listed,
    /// It has not said a word for a while.
    Silent,
    /// Its profile or its certificate has ended.
    Expired,
    /// Its certificate was revoked.
    Revoked,
    /// The operator has dropped it.
    Dropped,
}

impl Shop {
    /// How it stands now.
    pub(super) fn standing(&self, trust: Option<&Trust>, now: Timestamp) -> Standing {
        let list = trust.and_then(Trust::status);
        let is_revoked = Serial::parse(&self.serial)
            .is_some_and(|serial| list.is_some_and(|list| list.revoked.contains_key(&serial)));
        if self.dropped.is_some() {
            Standing::Dropped
        } else if is_revoked {
            Standing::Revoked
        } else if self.not_after < now || self.profile.valid_until < now {
            Standing::Expired
        } else if now > self.seen.plus(SILENCE) {
            Standing::Silent
        } else {
            Standing::Listed
        }
    }

    /// The name in its certificate.
    pub(super) fn name(&self) -> &str {
        &self.profile.name
    }

    /// What it says it sells.
    pub(super) fn about(&self) -> &str {
        &self.profile.about
    }

    pub(super) fn pages(&self) -> Option<&str> {
        self.profile.pages.as_deref()
    }

    /// Notes that it has said something.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.seen = now;
        if self.noted.0 == Standing::Silent {
            self.noted = (Standing::Listed, now);
        }
    }
}

pub(super) fn state(tx: &Tx<'_>) -> Result<State, Fault> {
    Ok(rows::get(tx, &Key::new("broker", "state"))?.unwrap_or_default())
}

pub(super) fn set_state(state: &State, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
    rows::put(desk.tx, Key::new("broker", "state"), state)
}

pub(super) fn shop_key(number: u64) -> Key {
    Key::new("shop", format_args!("{number:06}"))
}

fn timer(number: u64) -> Key {
    Key::new("ping", format_args!("{number:06}"))
}

pub(super) fn load(number: u64, tx: &Tx<'_>) -> Result<Option<Shop>, Fault> {
    rows::get(tx, &shop_key(number))
}

pub(super) fn store(shop: &Shop, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
    rows::put(desk.tx, shop_key(shop.number), shop)
}

/// The shop that is this peer.
pub(super) fn of_peer(peer: PeerId, tx: &Tx<'_>) -> Result<Option<Shop>, Fault> {
    match rows::get::<u64>(tx, &Key::new("shop-of", peer))? {
        Some(number) => load(number, tx),
        None => Ok(None),
    }
}

/// All shops.
pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<Shop>, Fault> {
    let rows = tx.scan("shop/", usize::try_from(BROKER_SHOPS_MAX).unwrap_or(usize::MAX))?;
    rows.iter().map(|(key, row)| rows::parse(key, row)).collect()
}

/// Takes a profile: a new shop, or news of one. Whoever says hello with the certified key is the shop.
pub(super) fn register(
    from: PeerId,
    profile: &Statement<Profile>,
    valid: &Valid,
    der: &[u8],
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if from.0 != valid.key.id().0 {
        return Err(Violation::new(Code::PeerWrong, "another shop's profile").into());
    }
    let known = of_peer(from, desk.tx)?;
    if let Some(known) = &known {
        if known.dropped.is_some() {
            return answer(from, Some(Code::AccessDenied), desk);
        }
        if profile.meta.issued < known.statement.1 {
            return Err(Violation::new(Code::OutOfTurn, "there is a newer profile").into());
        }
    }
    let now = desk.cx.now;
    let mut shop = match known {
        Some(known) => known,
        None => match new(from, profile, valid, desk)? {
            Some(new) => new,
            None => return answer(from, Some(Code::TooManyOpen), desk),
        },
    };
    if !shop.stock.count_message(now) {
        return Err(Violation::new(Code::TooMany, "messages of one day").into());
    }
    keys::keep_certificate(der, desk);
    shop.certificate = valid.certificate_hash;
    shop.serial = valid.serial.to_string();
    shop.not_after = valid.not_after;
    if shop.statement.0 != profile.hash {
        let (subject, kind) = (format!("shop:{}", shop.number), "profile".to_owned());
        let bytes = profile.text.as_bytes().to_vec();
        let expires = profile.meta.expires.plus(semper_base::Millis::days(365));
        desk.tx.push(Write::Archive(Record { subject, kind, bytes, need: Need::Evidence, expires }));
    }
    shop.statement = (profile.hash, profile.meta.issued);
    shop.profile = profile.body.clone();
    shop.heard(now);
    shop.noted = (Standing::Listed, if shop.noted.0 == Standing::Listed { shop.noted.1 } else { now });
    store(&shop, desk)?;
    desk.tx.push(Write::Timer(timer(shop.number), Some(now.plus(PING_PAUSE))));
    answer(from, None, desk)
}

/// A shop that nobody knew; none if there are too many.
fn new(
    from: PeerId,
    profile: &Statement<Profile>,
    valid: &Valid,
    desk: &mut Desk<'_, '_>,
) -> Result<Option<Shop>, Error> {
    let mut state = state(desk.tx)?;
    if state.numbers >= BROKER_SHOPS_MAX {
        return Ok(None);
    }
    state.numbers += 1;
    set_state(&state, desk)?;
    let now = desk.cx.now;
    rows::put(desk.tx, Key::new("shop-of", from), &state.numbers)?;
    desk.tell("shop", state.numbers, format!("{} has joined the directory.", valid.name));
    Ok(Some(Shop {
        number: state.numbers,
        peer: from,
        certificate: valid.certificate_hash,
        serial: valid.serial.to_string(),
        not_after: valid.not_after,
        profile: profile.body.clone(),
        // Not this one yet: it is kept as any other.
        statement: (Hash([0; 32]), profile.meta.issued),
        joined: now,
        seen: now,
        sent: 0,
        answered: 0,
        noted: (Standing::Listed, now),
        dropped: None,
        stock: listing::Stock::default(),
    }))
}

fn answer(to: PeerId, code: Option<Code>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.send(to, kinds::TAKEN, &Taken { again: false, batch: 0, code: code.map(Code::number), run: 0 })
}

/// The shop is there. An answer to a ping that was not sent counts for nothing but the word.
pub(super) fn pong(from: PeerId, ping: Ping, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let shop = of_peer(from, desk.tx)?;
    let mut shop = shop.ok_or_else(|| Violation::new(Code::PeerWrong, "not in the directory"))?;
    if ping.number > shop.sent {
        return Err(Violation::new(Code::OutOfTurn, "a ping that was not sent").into());
    }
    shop.answered = shop.answered.max(ping.number);
    shop.heard(desk.cx.now);
    Ok(store(&shop, desk)?)
}

/// Looks after a shop: is it there, is it still certified?
pub(super) fn look_after(number: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let now = desk.cx.now;
    let Some(mut shop) = load(number, desk.tx)? else {
        desk.tx.push(Write::Timer(timer(number), None));
        return Ok(());
    };
    let trust = keys::trust_now(desk)?;
    let standing = shop.standing(trust.as_deref(), now);
    if standing != shop.noted.0 {
        let text = format!("Shop {number} is {} now.", word(standing));
        desk.tell("standing", number, text);
        shop.noted = (standing, now);
    }
    let is_over = matches!(standing, Standing::Revoked | Standing::Dropped);
    if is_over {
        listing::clear(&mut shop, desk);
    }
    // The next answer is awaited, not piled up: a shop that is away finds one ping when it is back.
    if !is_over && shop.answered == shop.sent {
        shop.sent += 1;
        desk.send(shop.peer, kinds::PING, &Ping { number: shop.sent })?;
    }
    store(&shop, desk)?;
    desk.tx.push(Write::Timer(timer(number), (!is_over).then(|| now.plus(PING_PAUSE))));
    Ok(())
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Listed => "listed",
        Standing::Silent => "silent",
        Standing::Expired => "expired",
        Standing::Revoked => "revoked",
        Standing::Dropped => "dropped",
    }
}

/// The shop that a command names.
fn named(request: &Value, desk: &Desk<'_, '_>) -> Result<Shop, Error> {
    let number = request.get("shop").and_then(Value::as_u64);
    let number = number.ok_or_else(|| Misuse::new(Code::FieldWrong, "shop: its number"))?;
    Ok(load(number, desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, format!("shop {number}")))?)
}

/// `{"command":"drop-shop","shop","reason"}`: it is found no more, and its products go.
pub(super) fn drop_shop(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let reason = text(request, "reason")?.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(Misuse::new(Code::FieldWrong, "reason").into());
    }
    let mut shop = named(request, desk)?;
    if shop.dropped.is_some() {
        return Err(Refusal::new(Code::AlreadyDecided, "dropped").into());
    }
    shop.dropped = Some(reason);
    shop.noted = (Standing::Dropped, desk.cx.now);
    listing::clear(&mut shop, desk);
    store(&shop, desk)?;
    desk.tell("standing", shop.number, format!("Shop {} was dropped.", shop.number));
    Ok(json!({ "shop": shop.number, "standing": Standing::Dropped }))
}

/// `{"command":"admit-shop","shop"}`: a dropped shop may come back; it is found again once it has said who
/// it is and what it sells.
pub(super) fn admit(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut shop = named(request, desk)?;
    if shop.dropped.take().is_none() {
        return Err(Misuse::new(Code::StateWrong, "it is not dropped").into());
    }
    let now = desk.cx.now;
    shop.stock.forget_runs();
    shop.noted = (Standing::Silent, now);
    store(&shop, desk)?;
    desk.tx.push(Write::Timer(timer(shop.number), Some(now)));
    Ok(json!({ "shop": shop.number, "standing": Standing::Silent }))
}

/// `{"command":"shops","after"?,"limit"?}`: the directory, by number.
pub(super) fn page(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let number = |member: &str| request.get(member).and_then(Value::as_u64);
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX));
    let limit = usize::try_from(limit).unwrap_or(1);
    let trust = keys::trust_now(desk)?;
    let found = desk.tx.scan_after("shop/", Some(&shop_key(after)), limit.saturating_add(1))?;
    let shops: Vec<Shop> = found.iter().map(|(key, row)| rows::parse(key, row)).collect::<Result<_, _>>()?;
    let shown: Vec<Value> = shops.iter().take(limit).map(|shop| short(shop, trust.as_deref(), desk.cx.now)).collect();
    let next = shops.get(..limit).filter(|_| shops.len() > limit).and_then(|page| page.last());
    let state = state(desk.tx)?;
    Ok(json!({
        "shops": shown, "next": next.map(|shop| shop.number), "count": state.numbers, "products": state.listings,
    }))
}

fn short(shop: &Shop, trust: Option<&Trust>, now: Timestamp) -> Value {
    let standing = shop.standing(trust, now);
    let since = if standing == shop.noted.0 { shop.noted.1 } else { shop.turned(standing, now) };
    json!({
        "shop": shop.number, "name": shop.name(), "about": shop.about(), "pages": shop.pages(),
        "languages": shop.profile.languages, "countries": shop.profile.countries,
        "standing": standing, "since": since, "seen": shop.seen, "products": shop.stock.count, "reason": shop.dropped,
    })
}

impl Shop {
    /// When it came to stand as it does, if that was not noted yet.
    fn turned(&self, standing: Standing, now: Timestamp) -> Timestamp {
        match standing {
            Standing::Silent => self.seen.plus(SILENCE),
            Standing::Expired => self.not_after.min(self.profile.valid_until),
            Standing::Listed | Standing::Revoked | Standing::Dropped => now,
        }
    }
}

/// `{"command":"shop","shop":NUMBER}`: all that is known of one.
pub(super) fn one(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let shop = named(request, desk)?;
    let trust = keys::trust_now(desk)?;
    let der = keys::certificate(desk.tx, &shop.certificate)?;
    let valid = der.zip(trust.as_ref()).and_then(|(der, trust)| trust.validate(&der, desk.cx.now, desk.cx.crypto).ok());
    let described: Option<Vec<(&str, String)>> = valid.map(|valid| valid.describe());
    let mut shown = short(&shop, trust.as_deref(), desk.cx.now);
    let profile = &shop.profile;
    let long = json!({
        "peer": shop.peer, "joined": shop.joined, "address": profile.address,
        "withdraw_days": profile.withdraw_days, "return_costs": profile.return_costs,
        "valid_until": profile.valid_until, "profile": shop.statement.0, "profile_issued": shop.statement.1,
        "certificate": { "hash": shop.certificate, "serial": shop.serial, "not_after": shop.not_after, "says": described },
        "pings": shop.sent, "answered": shop.answered,
        "run": shop.stock.complete, "price_list": shop.stock.price_list,
    });
    if let (Some(shown), Value::Object(long)) = (shown.as_object_mut(), long) {
        shown.extend(long);
    }
    Ok(shown)
}

/// `{"command":"health"}`: who answers, and since when.
pub(super) fn health(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let trust = keys::trust_now(desk)?;
    let list = trust.as_deref().and_then(Trust::status);
    let list = list.map(|list| json!({ "number": list.number, "from": list.this_update, "until": list.next_update }));
    let shops = all(desk.tx)?;
    let shops: Vec<Value> = shops.iter().map(|shop| short(shop, trust.as_deref(), desk.cx.now)).collect();
    let mut links = Vec::new();
    for (key, row) in desk.tx.scan("met/", semper_base::limits::LINKS_MAX)? {
        let met: hello::Met = rows::parse(&key, &row)?;
        links.push(json!({ "role": met.role, "name": met.name }));
    }
    Ok(json!({ "time": desk.cx.now, "shops": shops, "links": links, "revocations": list }))
}
