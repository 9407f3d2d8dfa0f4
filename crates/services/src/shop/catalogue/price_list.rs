//! The price list: made in small steps over the whole catalogue, signed by the owner at once.
//!
//! ```text
//! price-list/job       Job: a list that is being made (also a timer, with price-list/job-on)
//! price-list/asked     Asked: the list that the trusted screen shows
//! price-list/current   Current: the newest signed one
//! ```
//!
//! A list covers every product whose price-relevant members last changed in or before the version of
//! the catalogue that the list was made from. So nothing has to be written to the products themselves,
//! and whatever changes later is not for sale until the next list.

use semper_base::code::Code;
use semper_base::limits::PRICE_CHANGES_SHOWN_MAX;
use semper_base::tx::Question;
use semper_base::{Amount, Error, Hash, Key, KeyId, Millis, Misuse, Role, Timestamp, Tx, Write};
use semper_blocks::delivery::tree::RootBuilder;
use semper_blocks::statement::{About, Author, Kind, Statement, danger_typed_unverified, payload};
use semper_commerce::process::price_list::{Change, Entry, PriceList, check};
use semper_driver::service::Answer;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Eye, PRICE_LIST_WORK, Stored, go_on, rows, state};
use crate::common::standing::language;
use crate::common::{Desk, exchange, keys};
use crate::wallet::deal::keep_transcript;

/// Products that one step adds to a list.
const ADDED_PER_STEP: usize = 1000;
/// How long a list is good for unless the owner says otherwise, in days.
const DAYS: u64 = 90;
/// The longest.
const DAYS_MAX: u64 = 366;
/// Who asks, as far as the trusted screen is concerned.
const ASKER: &str = "price-list/asked";

/// A list that is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    version: u64,
    days: u64,
    after: Option<String>,
    root: RootBuilder,
    count: u64,
    total: Option<Amount>,
    changed: u64,
    changes: Vec<Change>,
}

/// A list that waits for the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    question: String,
    version: u64,
    count: u64,
}

/// The newest signed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Current {
    /// Of the statement.
    pub(super) hash: Hash,
    /// The version of the catalogue that it covers.
    pub(super) version: u64,
    /// How many prices are on it.
    count: u64,
    issued: Timestamp,
    /// Nothing is offered after it.
    pub(super) expires: Timestamp,
}

fn job_key() -> Key {
    Key::new("price-list", "job")
}

fn asked_key() -> Key {
    Key::new("price-list", "asked")
}

fn current_key() -> Key {
    Key::new("price-list", "current")
}

/// The newest signed list.
pub(super) fn current(tx: &Tx<'_>) -> Result<Option<Current>, semper_base::Fault> {
    rows::get(tx, &current_key())
}

/// A list that was signed once.
pub(in crate::shop) fn text(list: Hash, desk: &Desk<'_, '_>) -> Result<Option<String>, Error> {
    let row = desk.tx.get(&Key::new("price-list-text", list))?;
    Ok(row.and_then(|row| String::from_utf8(row).ok()))
}

/// What the overview says of price lists.
pub(super) fn standing(version: u64, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let current = current(desk.tx)?;
    let asked: Option<Asked> = rows::get(desk.tx, &asked_key())?;
    Ok(json!({
        "unsigned": current.as_ref().is_none_or(|list| list.version < version),
        "asked": asked.map(|asked| json!({ "question": asked.question, "version": asked.version, "count": asked.count })),
        "making": desk.tx.get(&job_key())?.is_some(),
        "price_list": current.map(|list| json!({
            "hash": list.hash, "version": list.version, "count": list.count, "issued": list.issued,
            "expires": list.expires, "expired": list.expires < desk.cx.now,
        })),
    }))
}

/// `{"command":"price-list","days"?}`: makes a list of everything that is published, then asks the owner
/// to sign it. One that waits already is withdrawn.
pub(super) fn begin(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let days = match request.get("days") {
        None => DAYS,
        Some(days) => days
            .as_u64()
            .filter(|days| (1..=DAYS_MAX).contains(days))
            .ok_or_else(|| Misuse::new(Code::FieldWrong, format!("days: 1 to {DAYS_MAX}")))?,
    };
    if let Some(asked) = rows::get::<Asked>(desk.tx, &asked_key())? {
        desk.tx.push(Write::Unask(asked.question));
        desk.tx.delete(asked_key());
    }
    let version = state(desk.tx)?.version;
    start(version, days, desk)?;
    Ok(json!({ "version": version }))
}

fn start(version: u64, days: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let root = RootBuilder::default();
    let job = Job { version, days, after: None, root, count: 0, total: None, changed: 0, changes: Vec::new() };
    rows::put(desk.tx, job_key(), &job)?;
    desk.tx.push(Write::Timer(job_key(), Some(desk.cx.now)));
    Ok(())
}

/// Adds the next products; after the last one, asks. A catalogue that changed meanwhile is begun anew.
pub(in crate::shop) fn job(timer: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let state = state(desk.tx)?;
    let Some(mut job) = rows::get::<Job>(desk.tx, &job_key())? else {
        go_on(PRICE_LIST_WORK, timer, None, desk);
        return Ok(());
    };
    if job.version != state.version {
        go_on(PRICE_LIST_WORK, timer, None, desk);
        return start(state.version, job.days, desk);
    }
    let eye = Eye::new(&state, desk.tx)?;
    let page = eye.page(desk.tx, job.after.as_deref(), ADDED_PER_STEP)?;
    let is_last = page.len() < ADDED_PER_STEP;
    for stored in &page {
        add(&mut job, stored, eye.signed)?;
    }
    job.after = page.last().map(|stored| stored.product.id.clone());
    if !is_last {
        rows::put(desk.tx, job_key(), &job)?;
        go_on(PRICE_LIST_WORK, timer, Some(desk.cx.now), desk);
        return Ok(());
    }
    desk.tx.delete(job_key());
    go_on(PRICE_LIST_WORK, timer, None, desk);
    ask(job, desk)
}

fn add(job: &mut Job, stored: &Stored, signed: u64) -> Result<(), Error> {
    let product = &stored.product;
    if !product.published {
        return Ok(());
    }
    job.root.push(Entry::of(product).leaf()?);
    job.count += 1;
    job.total = Some(match job.total {
        None => product.price,
        Some(total) => total.plus(product.price)?,
    });
    if stored.priced > signed {
        job.changed += 1;
        if job.changes.len() < PRICE_CHANGES_SHOWN_MAX {
            let (id, title) = (product.id.clone(), product.full_title());
            job.changes.push(Change { id, price: product.price, title, was: stored.was });
        }
    }
    Ok(())
}

fn ask(job: Job, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(total) = job.total else {
        desk.tell("price-list", job.version, "Nothing is published, so there is nothing to sign.");
        return Ok(());
    };
    let author = keys::author(Role::Seller, desk.tx, desk.cx)?;
    let author = Author { language: language(desk)?, ..author };
    let meta = author.meta::<PriceList>(desk.cx, About::default(), Millis::days(job.days));
    let body = PriceList {
        catalogue: job.version,
        changed: job.changed,
        changes: job.changes,
        count: job.count,
        root: job.root.root(),
        total,
        valid_until: meta.expires,
    };
    let key: KeyId = author.public.id();
    let text = String::from_utf8(payload(&meta, &body)?).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    let question = format!("price-list/{}/{}", job.version, semper_base::hash::hex(&meta.nonce.0));
    let asked = Asked { question: question.clone(), version: job.version, count: job.count };
    rows::put(desk.tx, asked_key(), &asked)?;
    desk.tx.push(Write::Ask(Question {
        id: question,
        asker: ASKER.to_owned(),
        payload: text,
        kind: Kind::PriceList.word().to_owned(),
        key,
        follows: None,
    }));
    desk.tell("price-list", job.version, format!("The list of {} prices waits at the trusted screen.", job.count));
    Ok(())
}

/// The owner has signed the list, or not.
pub(in crate::shop) fn answer(answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let asked: Option<Asked> = rows::get(desk.tx, &asked_key())?;
    let Some(asked) = asked.filter(|asked| asked.question == answer.question.id) else { return Ok(()) };
    match &answer.outcome {
        Outcome::CouldNotAsk => return Ok(()),
        Outcome::Declined { transcript } => {
            keep_transcript(ASKER, transcript, desk);
            desk.tell("price-list-declined", asked.version, "The price list was not signed.");
        }
        Outcome::Signed { statement, transcript, .. } => {
            let list: Statement<PriceList> = danger_typed_unverified(statement)?;
            check(&list)?;
            if list.body.catalogue != asked.version {
                return Err(Misuse::new(Code::StateWrong, "another price list").into());
            }
            exchange::keep_as("price-list".to_owned(), statement, desk)?;
            keep_transcript(ASKER, transcript, desk);
            let current = Current {
                hash: list.hash,
                version: asked.version,
                count: list.body.count,
                issued: list.meta.issued,
                expires: list.meta.expires,
            };
            rows::put(desk.tx, current_key(), &current)?;
            desk.tx.put(Key::new("price-list-text", list.hash), statement.as_bytes().to_vec());
            desk.tell("price-list-signed", asked.version, format!("{} prices are signed.", list.body.count));
        }
    }
    desk.tx.delete(asked_key());
    Ok(())
}
