//! The one access check: whoever signs, pays, reveals or exports asks here first. Nothing is allowed
//! that no rule allows; a new party's rules allow its owner everything and nobody else anything.
//!
//! ```text
//! access/rules    Rules, if the owner has set other than the first ones
//! ```

use semper_base::{Error, Fault, Key, Tx, View};
use semper_support::access::{Action, Permit, Request, Rules, Subject, SubjectKind, check};

use super::Desk;

/// The owner, as the control socket or the trusted screen authenticates it: by the file mode of the
/// data directory and the pass phrase.
#[must_use]
pub fn owner() -> Subject {
    Subject { kind: SubjectKind::Owner, handle: "owner".to_owned() }
}

fn rules_row() -> Key {
    Key::new("access", "rules")
}

/// Permits the owner an action, if the rules do.
pub fn permit_owner(action: Action, desk: &Desk<'_, '_>) -> Result<Permit, Error> {
    let rules = rules_in(desk.tx)?;
    Ok(check(&rules, &Request { subject: owner(), action })?)
}

fn rules_in(tx: &Tx<'_>) -> Result<Rules, Error> {
    parse(tx.get(&rules_row())?)
}

/// The rules as they stand in a store, for the trusted screen.
pub fn rules(view: &dyn View) -> Result<Rules, Error> {
    let row: Result<_, Fault> = view.get(&rules_row());
    parse(row?)
}

fn parse(row: Option<Vec<u8>>) -> Result<Rules, Error> {
    match row {
        Some(row) => Ok(Rules::read(&row)?),
        None => Ok(Rules::owner_only()),
    }
}
