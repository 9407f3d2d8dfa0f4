//! What the wallet's pages remember while the party runs: which hand-over became which deal, what its buyer saw, and
//! files of parts on their way into a joint deal. Losing it loses a warning, or a file that has to be made again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use semper_base::{Amount, Currency, Hash};
use serde_json::Value;

use super::view;
use crate::handover::{Line, lines_hash};

/// Most hand-overs that are remembered.
const KEPT_MAX: usize = 256;
/// Most files of parts that are remembered.
const PARTS_MAX: usize = 32;
/// For how long the same hand-over means the same deal.
const SAME_WITHIN: Duration = Duration::from_mins(10);

/// Shared by the pages.
pub(crate) type Shared = Arc<Memory>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    handed: Mutex<BTreeMap<String, Handed>>,
    /// Hand-overs whose address is asked for, by a short name.
    codes: Mutex<VecDeque<(String, String)>>,
    /// Files of parts by a short name, the newest last. There is no secret in them.
    parts: Mutex<VecDeque<Arc<Part>>>,
    /// One hand-over at a time, so that a double click finds the first one's deal.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// The file of a part.
#[derive(Debug)]
pub(super) struct Part {
    /// Its short name.
    pub(super) name: String,
    pub(super) file: Vec<u8>,
    /// What our party said of it when it made it; null if somebody else did.
    pub(super) told: Value,
}

#[derive(Debug)]
struct Handed {
    deal: String,
    since: Instant,
    seen: Hash,
}

impl Memory {
    fn handed(&self) -> MutexGuard<'_, BTreeMap<String, Handed>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The deal that this hand-over became a short while ago.
    pub(super) fn deal_of(&self, query: &str) -> Option<String> {
        let handed = self.handed();
        handed.get(query).filter(|handed| handed.since.elapsed() < SAME_WITHIN).map(|handed| handed.deal.clone())
    }

    /// Notes what a hand-over became, and the hash of what its buyer saw.
    pub(super) fn note(&self, query: &str, deal: &str, seen: Hash) {
        let mut handed = self.handed();
        if handed.len() >= KEPT_MAX {
            let oldest = handed.iter().min_by_key(|(_, handed)| handed.since).map(|(query, _)| query.clone());
            oldest.map(|query| handed.remove(&query));
        }
        handed.insert(query.to_owned(), Handed { deal: deal.to_owned(), since: Instant::now(), seen });
    }

    /// Notes a hand-over's code; the short name by which it is found again.
    pub(super) fn note_code(&self, code: &str) -> String {
        let name = crate::screen::short(code);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|(known, _)| *known != name);
        codes.push_back((name.clone(), code.to_owned()));
        if codes.len() > KEPT_MAX {
            codes.pop_front();
        }
        name
    }

    /// The code of a hand-over with this short name.
    pub(super) fn code_of(&self, name: &str) -> Option<String> {
        let codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.iter().find(|(known, _)| known == name).map(|(_, code)| code.clone())
    }

    /// Notes the file of a part, and what our party said of it; the short name by which it is found again.
    pub(super) fn note_part(&self, file: Vec<u8>, told: Value) -> String {
        let name: String = Hash::of(&file).hex().chars().take(16).collect();
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = parts.iter().position(|known| known.name == name).and_then(|at| parts.remove(at));
        let told = before.map(|known| known.told.clone()).filter(|_| told.is_null()).unwrap_or(told);
        parts.push_back(Arc::new(Part { name: name.clone(), file, told }));
        if parts.len() > PARTS_MAX {
            parts.pop_front();
        }
        name
    }

    /// The files of parts, the newest last.
    pub(super) fn parts(&self) -> Vec<Arc<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Whether the shop offered something else than its page showed.
    pub(super) fn differs(&self, id: &str, deal: &Value) -> bool {
        let seen = self.handed().values().find(|handed| handed.deal == id).map(|handed| handed.seen);
        let offered = offered(deal);
        seen.is_some_and(|seen| offered.is_some_and(|offered| offered != seen))
    }
}

/// The hash of a deal's lines; none before there is an offer.
fn offered(deal: &Value) -> Option<Hash> {
    let lines: Option<Vec<Line>> = view::list(deal, "/lines").iter().map(line).collect();
    lines.filter(|lines| !lines.is_empty()).and_then(|lines| lines_hash(&lines).ok())
}

fn line(line: &Value) -> Option<Line> {
    let (number, currency) = view::text(line, "/price").split_once(' ')?;
    let price = Amount::parse(number, Currency::parse(currency).ok()?).ok()?;
    let quantity = line.get("quantity").and_then(Value::as_u64)?;
    Some(Line { item: view::some(line, "/item").or_else(|| view::some(line, "/id"))?, quantity, price })
}
