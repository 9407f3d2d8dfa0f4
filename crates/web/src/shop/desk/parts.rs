//! What the parts of an order come to in the forms of its acts: which lines are shipped, what goes back, what is disputed.

use semper_base::Amount;
use semper_base::limits::{ADDRESS_CHARS_MAX, ESCROW_PARTS_MAX, REASON_CHARS_MAX};
use serde_json::{Value, json};

use super::acts::{Act, Case, quantity};
use super::operator::{Limit, field};
use super::view::{self, Theirs, list, text};
use crate::forms::Wrong;
use crate::texts::fill;
use crate::texts::shop_desk::Orders;

/// A part whose money is locked, on the form for shipping.
pub(super) struct Ready {
    /// Its field.
    pub(super) field: String,
    pub(super) lines: String,
    pub(super) amount: String,
    /// Whether the money is there.
    pub(super) is_locked: bool,
    pub(super) is_chosen: bool,
}

/// A shipment of which money can go back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    pub(super) number: u64,
    /// How much.
    left: Amount,
    /// The bank keeps it: it goes back whole, or not.
    is_locked: bool,
}

impl Case {
    fn is_kept(&self) -> bool {
        text(&self.sale, "/grade") == "escrow"
    }

    /// Whether the act is about money that the bank keeps.
    pub(super) fn is_locked(&self, typed: &[(String, String)]) -> bool {
        match self.act {
            Act::Refund => self.chosen(typed).is_some_and(|owed| owed.is_locked),
            _ => self.is_kept(),
        }
    }

    /// Shipments of which something can go back, and how much; what the buyer asked for comes first. In a dispute,
    /// those about which the seller can have the arbiter decide.
    fn owed(&self) -> Vec<Owed> {
        let of = |part: &Value| {
            let (money, amount) = (text(part, "/money"), view::amount(text(part, "/amount"))?);
            let is_locked = !money.is_empty() && !matches!(money, "divided" | "returned");
            let refunded = view::amount(text(part, "/refunded"))?;
            let left = if is_locked { amount } else { amount.minus(refunded).ok()? };
            let fits = match self.act {
                Act::Dispute => money == "consigned",
                _ => left.minor() > 0 && (is_locked || view::flag(part, "/paid")),
            };
            let asked = ["/withdrawn", "/objected"].iter().any(|path| view::some(part, path).is_some());
            fits.then(|| (!asked, Owed { number: view::number(part, "/part"), left, is_locked }))
        };
        let mut owed: Vec<(bool, Owed)> = list(&self.sale, "/parts").iter().filter_map(of).collect();
        owed.sort_by_key(|(later, owed)| (*later, owed.number));
        owed.into_iter().map(|(_, owed)| owed).collect()
    }

    /// The shipment that was chosen, or the first.
    pub(super) fn chosen(&self, typed: &[(String, String)]) -> Option<Owed> {
        let owed = self.owed();
        let named = field(typed, "part").parse::<u64>().ok();
        owed.iter().find(|one| Some(one.number) == named).or(owed.first()).copied()
    }

    /// The shipments to choose from, with how much each is about.
    pub(super) fn parts(&self) -> Vec<(u64, String)> {
        let name = |owed: Owed| {
            let name = fill(Orders::of(self.operator.language()).part, &[&owed.number.to_string()]);
            (owed.number, format!("{name}: {}", self.operator.money(&owed.left.to_string())))
        };
        self.owed().into_iter().map(name).collect()
    }

    /// The most that this person may send back.
    pub(super) fn refund_max(&self, typed: &[(String, String)]) -> Option<Amount> {
        let kept = match self.chosen(typed) {
            Some(owed) => owed.left,
            None => view::kept(&self.sale)?,
        };
        match &self.rights.refund {
            Limit::UpTo(limit) => view::amount(limit).filter(|limit| limit.minor() < kept.minor()).or(Some(kept)),
            Limit::All | Limit::Nothing => Some(kept),
        }
    }

    pub(super) fn refunding(
        &self,
        order: &str,
        typed: &[(String, String)],
        checking: bool,
        wrong: &mut Wrong,
    ) -> Value {
        let max = self.refund_max(typed);
        let currency = max.map(|max| max.currency().to_string()).unwrap_or_default();
        let amount = view::typed_amount(field(typed, "amount"), &currency);
        let whole = self.chosen(typed).filter(|owed| checking && owed.is_locked).map(|owed| owed.left);
        match (amount, max) {
            (Some(amount), Some(max)) if checking && amount.minor() > max.minor() => {
                wrong.note("amount", fill(self.t().wrong_amount_max, &[&self.operator.money(&max.to_string())]));
            }
            (Some(amount), Some(_)) if whole.is_some_and(|whole| whole != amount) => {
                let whole = whole.map(|whole| self.operator.money(&whole.to_string())).unwrap_or_default();
                wrong.note("amount", fill(self.t().wrong_amount_whole, &[&whole]));
            }
            (Some(_), Some(_)) => {}
            _ => wrong.note("amount", self.t().wrong_amount),
        }
        let amount = amount.map(|amount| amount.to_string());
        match self.part(typed, checking) {
            Some(part) => json!({ "command": "refund", "order": order, "part": part, "amount": amount }),
            None => json!({ "command": "refund", "order": order, "amount": amount }),
        }
    }

    /// The shipment that an act is about. What comes from the page to check names it already.
    fn part(&self, typed: &[(String, String)], checking: bool) -> Option<u64> {
        let named = field(typed, "part").parse().ok();
        if checking { self.chosen(typed).map(|owed| owed.number) } else { named }
    }

    pub(super) fn disputing(
        &self,
        order: &str,
        typed: &[(String, String)],
        checking: bool,
        wrong: &mut Wrong,
    ) -> Value {
        let reason = field(typed, "reason").replace("\r\n", " ");
        if !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
            wrong.note("reason", self.t().wrong_reason_missing);
        }
        let part = self.part(typed, checking);
        json!({ "command": "dispute", "order": order, "part": part, "reason": reason })
    }

    /// The shipments that a line can go into.
    pub(super) fn shipments(&self) -> Vec<(String, String)> {
        let most = if self.act == Act::Accept { list(&self.sale, "/lines").len().min(ESCROW_PARTS_MAX) } else { 0 };
        let name = |number: usize| fill(Orders::of(self.operator.language()).part, &[&number.to_string()]);
        (1..=most).map(|number| (number.to_string(), name(number))).collect()
    }

    pub(super) fn accepting(&self, order: &str, typed: &[(String, String)], wrong: &mut Wrong) -> Value {
        let most = self.shipments().len();
        let mut parts: Vec<Vec<&str>> = vec![Vec::new(); most];
        for line in list(&self.sale, "/lines") {
            let id = text(line, "/id");
            let chosen = field(typed, &format!("line-{id}")).parse::<usize>().ok();
            let part = chosen.and_then(|chosen| parts.get_mut(chosen.checked_sub(1)?));
            match part {
                Some(part) => part.push(id),
                None => wrong.note("lines", self.t().wrong_shipment),
            }
        }
        parts.retain(|part| !part.is_empty());
        json!({ "command": "accept", "order": order, "parts": parts })
    }

    /// What goes into each shipment, on the page to check.
    pub(super) fn as_accepted(&self, request: &Value) -> Vec<(&'static str, Theirs)> {
        if self.act != Act::Accept {
            return Vec::new();
        }
        let parts = (1_u64..).zip(list(request, "/parts"));
        let fact = |(number, part): (u64, &Value)| {
            let ids = part.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
            let lines: Vec<String> = ids.map(|id| self.line(id, None)).collect();
            let name = fill(Orders::of(self.operator.language()).part, &[&number.to_string()]);
            (self.t().goes_into, Theirs { text: format!("{name}: {}", lines.join(", ")), odd: false })
        };
        parts.map(fact).collect()
    }

    /// `2 × Mug`.
    fn line(&self, id: &str, quantity: Option<u64>) -> String {
        let line = list(&self.sale, "/lines").iter().find(|line| text(line, "/id") == id);
        let title = view::theirs(line.map_or(id, |line| text(line, "/title"))).text;
        let quantity = quantity.or_else(|| line.map(|line| view::number(line, "/quantity"))).unwrap_or_default();
        format!("{quantity} × {title}")
    }

    /// The parts whose money is locked or is to be, and for which nothing was shipped, with their lines.
    fn idle(&self) -> impl Iterator<Item = (String, &Value)> {
        let locks = list(&self.sale, "/locks").iter().enumerate();
        locks.map(|(at, lock)| (format!("lock-{at}"), lock))
    }

    /// What can be shipped of an order whose money is locked.
    pub(super) fn ready(&self, typed: &[(String, String)]) -> Option<Vec<Ready>> {
        if self.act != Act::Ship || !self.is_kept() {
            return None;
        }
        let open = self.idle().filter(|(_, lock)| {
            let is_shipped = lock.get("part").is_some_and(|part| !part.is_null());
            !is_shipped && matches!(text(lock, "/state"), "agreed" | "locked")
        });
        let ready = |(name, lock): (String, &Value)| {
            let line = |line: &Value| self.line(text(line, "/id"), Some(view::number(line, "/quantity")));
            let is_locked = text(lock, "/state") == "locked";
            Ready {
                lines: list(lock, "/lines").iter().map(line).collect::<Vec<_>>().join(", "),
                amount: self.operator.money(text(lock, "/amount")),
                is_locked,
                is_chosen: is_locked && (typed.is_empty() || !field(typed, &name).is_empty()),
                field: name,
            }
        };
        Some(open.map(ready).collect())
    }

    pub(super) fn shipping(&self, order: &str, typed: &[(String, String)], checking: bool, wrong: &mut Wrong) -> Value {
        let fits = |text: &str| (1..=ADDRESS_CHARS_MAX).contains(&text.chars().count());
        let (carrier, tracking) = (field(typed, "carrier"), field(typed, "tracking"));
        if !fits(carrier) {
            wrong.note("carrier", self.t().wrong_carrier);
        }
        if !fits(tracking) {
            wrong.note("tracking", self.t().wrong_tracking);
        }
        let lines = if self.is_kept() { self.locked_lines(typed) } else { self.loose_lines(typed, checking, wrong) };
        if lines.is_empty() {
            wrong.note("lines", self.t().wrong_nothing);
        }
        json!({ "command": "ship", "order": order, "lines": lines, "carrier": carrier, "tracking": tracking })
    }

    /// The lines of the parts that were chosen.
    fn locked_lines(&self, typed: &[(String, String)]) -> Vec<Value> {
        let chosen = self.idle().filter(|(name, _)| !field(typed, name).is_empty());
        chosen.flat_map(|(_, lock)| list(lock, "/lines").to_vec()).collect()
    }

    /// As many of each line as was typed.
    fn loose_lines(&self, typed: &[(String, String)], checking: bool, wrong: &mut Wrong) -> Vec<Value> {
        let mut lines = Vec::new();
        for line in &view::lines(&self.sale, &self.operator) {
            let most = if checking { line.left } else { line.quantity };
            match quantity(field(typed, &format!("line-{}", line.id)), most) {
                Some(0) => {}
                Some(quantity) => lines.push(json!({ "id": line.id, "quantity": quantity })),
                None => wrong.note("lines", fill(self.t().wrong_quantity, &[&most.to_string()])),
            }
        }
        lines
    }
}
