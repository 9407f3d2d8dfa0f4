//! What is done with an order: a form, a page to check it, and only then the command. The command carries
//! an id that was drawn for the check: sent twice, it is done once.
//!
//! ```text
//! GET /desk/order/ID/ship            the form
//! GET /desk/order/ID/ship?check=1&…  the same with what is wrong, or the page to check
//! POST /desk/order/ID/ship           does it
//! ```

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::REASON_CHARS_MAX;
use serde_json::{Value, json};

use super::operator::{Limit, Operator, Rights, field, pairs};
use super::order::{load, name};
use super::parts::Ready;
use super::view::{self, Line, Summary, Theirs, list, text};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show as finish, show_as};
use crate::texts::shop_desk::{Acts, Orders};
use crate::texts::{Language, fill};

/// How long the page waits for what becomes of an act, and how often it looks.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_millis(1500);
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);

/// An act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Accept,
    Cancel,
    Dispute,
    Refund,
    Release,
    Ship,
}

impl Act {
    pub(super) const ALL: [Act; 6] = [Act::Accept, Act::Ship, Act::Refund, Act::Dispute, Act::Cancel, Act::Release];

    /// Its word in addresses, which is also the command.
    pub(super) fn word(self) -> &'static str {
        match self {
            Act::Accept => "accept",
            Act::Cancel => "cancel",
            Act::Dispute => "dispute",
            Act::Refund => "refund",
            Act::Release => "release",
            Act::Ship => "ship",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Act::ALL.into_iter().find(|act| act.word() == word)
    }

    pub(super) fn name(self, language: Language) -> &'static str {
        name(self, Acts::of(language))
    }

    /// What is said once it was done.
    pub(super) fn done(self, language: Language) -> &'static str {
        let t = Acts::of(language);
        match self {
            Act::Accept => t.accepted,
            Act::Cancel => t.cancelled,
            Act::Dispute => t.disputed,
            Act::Refund => t.refunded,
            Act::Release => t.released,
            Act::Ship => t.shipped,
        }
    }

    /// Whether the order is such and the person may.
    pub(super) fn can(self, sale: &Value, rights: &Rights) -> bool {
        let may = match self {
            Act::Accept | Act::Ship => rights.ship,
            Act::Cancel | Act::Release => rights.cancel,
            Act::Dispute => rights.refund == Limit::All,
            Act::Refund => rights.refund != Limit::Nothing,
        };
        may && list(sale, "/can").iter().any(|can| can == self.word())
    }

    fn title(self, t: &'static Acts) -> &'static str {
        match self {
            Act::Accept => t.accept_title,
            Act::Cancel => t.cancel_title,
            Act::Dispute => t.dispute_title,
            Act::Refund => t.refund_title,
            Act::Release => t.release_title,
            Act::Ship => t.ship_title,
        }
    }

    /// What it means, on the form and on the page to check.
    fn meaning(self, t: &'static Acts, checking: bool, is_locked: bool) -> &'static str {
        match self {
            Act::Accept if checking => t.accept_check,
            Act::Accept => t.accept_text,
            Act::Ship if is_locked && checking => t.ship_kept_check,
            Act::Ship if is_locked => t.ship_kept,
            Act::Cancel => t.cancel_text,
            Act::Dispute => t.dispute_text,
            Act::Refund if is_locked => t.refund_kept,
            Act::Refund => t.refund_text,
            Act::Release => t.release_text,
            Act::Ship if checking => t.ship_check,
            Act::Ship => t.ship_text,
        }
    }
}

#[derive(Template)]
#[template(path = "shop/desk/act.html")]
struct ActPage {
    page: Page,
    t: &'static Acts,
    o: &'static Orders,
    act: &'static str,
    meaning: &'static str,
    summary: Summary,
    lines: Vec<(Line, String, Option<String>)>,
    /// Of an order whose money is locked: what can be shipped.
    ready: Option<Vec<Ready>>,
    /// Of an order that is to be accepted: the shipments that a line can go into.
    shipments: Vec<(String, String)>,
    carrier: String,
    tracking: String,
    reason: String,
    parts: Vec<(u64, String)>,
    part: u64,
    amount: String,
    amount_hint: String,
    wrong: Wrong,
    failed: Option<String>,
}

#[derive(Template)]
#[template(path = "shop/desk/check.html")]
struct CheckPage {
    page: Page,
    t: &'static Acts,
    o: &'static Orders,
    act: &'static str,
    meaning: &'static str,
    summary: Summary,
    facts: Vec<(&'static str, Theirs)>,
    hidden: Vec<(String, String)>,
    button: String,
    change: String,
}

/// An order with the act that is wanted.
pub(super) struct Case {
    pub(super) operator: Operator,
    pub(super) act: Act,
    pub(super) sale: Value,
    pub(super) rights: Rights,
}

impl Case {
    async fn open(operator: Operator, order: &str, act: &str) -> Result<Self, Response> {
        let Some(act) = Act::of(act) else { return Err(operator.not_found()) };
        let sale = load(&operator, order).await?;
        let rights = operator.rights().await;
        Ok(Case { operator, act, sale, rights })
    }

    /// Waits a moment for what was done to show in the order; false if somebody's word is still missing. Most acts
    /// need one of the bank or the buyer, who mostly answer at once.
    async fn has_settled(&self) -> bool {
        let members = ["/word", "/can", "/parts", "/lines", "/refunded", "/cancelled"];
        let state = |sale: &Value| members.map(|path| sale.pointer(path).cloned());
        let (before, started) = (state(&self.sale), tokio::time::Instant::now());
        loop {
            let Ok(now) = load(&self.operator, view::id(&self.sale)).await else { return true };
            let waits = now.get("pending").is_some_and(|pending| !pending.is_null());
            // What was done by an earlier click changes nothing any more.
            if (state(&now) != before && !waits) || started.elapsed() > ANSWERED_WITHIN {
                return !waits;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub(super) fn t(&self) -> &'static Acts {
        Acts::of(self.operator.language())
    }

    fn frame(&self) -> (Page, Summary) {
        let summary = Summary::read(&self.sale, &self.operator);
        let buyer = summary.buyer_name(Orders::of(self.operator.language()));
        (self.operator.page(fill(self.act.title(self.t()), &[&buyer])), summary)
    }

    /// The form with what was typed, what is wrong with it, and why the party did not do it.
    fn form(&self, typed: &[(String, String)], wrong: Wrong, failed: Option<String>) -> Response {
        let (page, summary) = self.frame();
        let begun = typed.is_empty();
        let lines = view::lines(&self.sale, &self.operator).into_iter().filter(|line| line.left > 0);
        let lines = lines.map(|line| {
            let typed = field(typed, &format!("line-{}", line.id));
            let first = if self.act == Act::Accept { 1 } else { line.left };
            let value = if begun { first.to_string() } else { typed.to_owned() };
            let problem = (!begun && self.act == Act::Ship && quantity(&value, line.left).is_none())
                .then(|| fill(self.t().wrong_quantity, &[&line.left.to_string()]));
            (line, value, problem)
        });
        let part = self.chosen(typed).map_or(0, |owed| owed.number);
        let max = self.refund_max(typed);
        let hint = max.map_or_else(String::new, |max| self.operator.money(&max.to_string()));
        let decimal = max.map_or_else(String::new, |max| self.operator.money(&max.decimal()));
        let status =
            if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        show_as(
            status,
            &ActPage {
                page,
                t: self.t(),
                o: Orders::of(self.operator.language()),
                act: self.act.word(),
                meaning: self.act.meaning(self.t(), false, self.is_locked(typed)),
                summary,
                lines: lines.collect(),
                ready: self.ready(typed),
                shipments: self.shipments(),
                carrier: field(typed, "carrier").to_owned(),
                tracking: field(typed, "tracking").to_owned(),
                reason: field(typed, "reason").to_owned(),
                parts: self.parts(),
                part,
                amount: if begun { decimal } else { field(typed, "amount").to_owned() },
                amount_hint: fill(self.t().refund_amount_hint, &[&hint]),
                wrong,
                failed,
            },
        )
    }

    /// What the party would be told, or what is wrong with the form. `checking`: against what is left now. What
    /// is sent from the page to check is not compared again, because a second click must give the same
    /// command as the first, which has changed what is left; the party decides.
    fn request(&self, typed: &[(String, String)], checking: bool) -> Result<Value, Wrong> {
        let mut wrong = Wrong::default();
        let order = view::id(&self.sale);
        let request = match self.act {
            Act::Accept => self.accepting(order, typed, &mut wrong),
            Act::Cancel => self.cancelling(order, typed, &mut wrong),
            Act::Dispute => self.disputing(order, typed, checking, &mut wrong),
            Act::Refund => self.refunding(order, typed, checking, &mut wrong),
            Act::Release => json!({ "command": "release", "xid": self.sale.get("xid") }),
            Act::Ship => self.shipping(order, typed, checking, &mut wrong),
        };
        if wrong.is_empty() { Ok(request) } else { Err(wrong) }
    }

    fn cancelling(&self, order: &str, typed: &[(String, String)], wrong: &mut Wrong) -> Value {
        let reason = field(typed, "reason").replace("\r\n", " ");
        if reason.chars().count() > REASON_CHARS_MAX {
            wrong.note("reason", self.t().wrong_reason);
        }
        match reason.as_str() {
            "" => json!({ "command": "cancel", "order": order }),
            reason => json!({ "command": "cancel", "order": order, "reason": reason }),
        }
    }

    /// The page on which it is checked. Its form does it.
    fn check(&self, typed: &[(String, String)], request: &Value) -> Response {
        let (page, summary) = self.frame();
        let (t, o) = (self.t(), Orders::of(self.operator.language()));
        let mut facts = vec![(o.what, summary.title.clone())];
        facts.extend(self.as_accepted(request));
        for line in view::lines(&self.sale, &self.operator).iter().filter(|_| self.act == Act::Ship) {
            let chosen = list(request, "/lines").iter().find(|chosen| text(chosen, "/id") == line.id);
            let Some(quantity) = chosen.map(|chosen| view::number(chosen, "/quantity")) else { continue };
            facts.push((
                t.in_parcel,
                Theirs { text: format!("{quantity} × {}", line.title.text), ..line.title.clone() },
            ));
        }
        for (path, label) in [("/carrier", t.carrier), ("/tracking", t.tracking), ("/reason", t.reason)] {
            facts.extend(view::some(request, path).map(|value| (label, view::theirs(&value))));
        }
        let amount = view::some(request, "/amount").map(|amount| self.operator.money(&amount)).unwrap_or_default();
        if let (Act::Dispute | Act::Refund, Some(part)) = (self.act, request.get("part").and_then(Value::as_u64)) {
            facts.push((t.refund_part, Theirs { text: fill(o.part, &[&part.to_string()]), odd: false }));
        }
        if self.act == Act::Refund {
            facts.push((t.refund_amount, Theirs { text: amount.clone(), odd: false }));
        }
        let fields = typed.iter().filter(|(name, _)| !matches!(name.as_str(), "check" | "token" | "once" | "part"));
        let mut hidden: Vec<(String, String)> = fields.cloned().collect();
        hidden.extend(request.get("part").map(|part| ("part".to_owned(), part.to_string())));
        let again: Vec<String> = hidden.iter().map(|(k, v)| format!("{k}={}", super::board::encoded(v))).collect();
        hidden.push(("once".to_owned(), self.operator.draw()));
        let button = match self.act {
            Act::Accept => t.accept_do.to_owned(),
            Act::Cancel => t.cancel_do.to_owned(),
            Act::Dispute => t.dispute_do.to_owned(),
            Act::Refund => fill(t.refund_do, &[&amount]),
            Act::Release => t.release_do.to_owned(),
            Act::Ship => t.ship_do.to_owned(),
        };
        let change = format!("/desk/order/{}/{}?{}", summary.id, self.act.word(), again.join("&"));
        let (act, meaning) = (self.act.word(), self.act.meaning(t, true, self.is_locked(typed)));
        finish(&CheckPage { page, t, o, act, meaning, summary, facts, hidden, button, change })
    }
}

/// A whole number up to what is left.
pub(super) fn quantity(typed: &str, left: u64) -> Option<u64> {
    let typed = if typed.is_empty() { "0" } else { typed };
    typed.parse().ok().filter(|quantity| *quantity <= left)
}

/// The form, or the page to check.
pub(super) async fn form(
    operator: Operator,
    Path((order, act)): Path<(String, String)>,
    Query(typed): Query<Vec<(String, String)>>,
) -> Response {
    let case = match Case::open(operator, &order, &act).await {
        Ok(case) => case,
        Err(response) => return response,
    };
    if !case.act.can(&case.sale, &case.rights) {
        return go(&format!("/desk/order/{}", view::id(&case.sale)));
    }
    if field(&typed, "check").is_empty() {
        return case.form(&typed, Wrong::default(), None);
    }
    match case.request(&typed, true) {
        Ok(request) => case.check(&typed, &request),
        Err(wrong) => case.form(&typed, wrong, None),
    }
}

/// Does it.
pub(super) async fn act(operator: Operator, Path((order, act)): Path<(String, String)>, form: Form) -> Response {
    let case = match Case::open(operator, &order, &act).await {
        Ok(case) => case,
        Err(response) => return response,
    };
    let typed = pairs(&form);
    let once = form.get("once").to_owned();
    let there = format!("/desk/order/{}?done={}", view::id(&case.sale), case.act.word());
    let mut request = match case.request(&typed, false) {
        Ok(request) => request,
        Err(wrong) => return case.form(&typed, wrong, None),
    };
    if let Some(members) = request.as_object_mut() {
        members.insert("once".to_owned(), json!(once));
    }
    match case.operator.call(request).await {
        Ok(_) => {
            let there = if case.has_settled().await { there } else { format!("{there}&waits=1") };
            go(&there)
        }
        Err(error) => case.form(&typed, Wrong::default(), Some(case.operator.sentence(&error))),
    }
}
