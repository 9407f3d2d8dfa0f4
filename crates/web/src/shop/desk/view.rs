//! Orders as these pages show them, read from what the party's commands say. Members that are not there
//! are left out; nothing is guessed.

use semper_base::{Amount, Currency};
use semper_support::tinguin::neutral::neutralise;
use serde_json::Value;

use super::operator::Operator;
use crate::texts::shop_desk::{Orders, Words};
use crate::texts::{Language, When};

/// The text of a member; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// The text of a member that says something.
pub(super) fn some(value: &Value, path: &str) -> Option<String> {
    Some(text(value, path)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A member's list; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

pub(super) fn flag(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or(false)
}

/// `184.90 EUR`.
pub(super) fn amount(text: &str) -> Option<Amount> {
    let (number, currency) = text.split_once(' ')?;
    Amount::parse(number, Currency::parse(currency).ok()?).ok()
}

/// What somebody typed as money: `4.90`, `4,90`, `4,90 EUR`; above zero. The currency is the one asked for.
pub(super) fn typed_amount(typed: &str, currency: &str) -> Option<Amount> {
    let number = typed.strip_suffix(currency).unwrap_or(typed).trim().replace(',', ".");
    let currency = Currency::parse(currency).ok()?;
    Amount::parse(&number, currency).ok().filter(|amount| amount.minor() > 0)
}

/// A text that others wrote, made harmless.
#[derive(Clone, Debug, Default)]
pub(super) struct Theirs {
    pub(super) text: String,
    /// Whether something about it is odd.
    pub(super) odd: bool,
}

pub(super) fn theirs(text: &str) -> Theirs {
    let neutral = neutralise(text);
    Theirs { text: neutral.text, odd: !neutral.cautions.is_empty() }
}

fn some_theirs(value: &Value, path: &str) -> Option<Theirs> {
    some(value, path).map(|text| theirs(&text))
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Mine,
    Theirs,
    Over,
}

/// Who must do what until when, and what happens otherwise.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub(super) turn: Turn,
    pub(super) sentence: String,
    /// For sorting.
    pub(super) due: String,
    pub(super) until: Option<When>,
    pub(super) otherwise: Option<&'static str>,
}

impl Next {
    fn read(value: &Value, word: &str, language: Language) -> Self {
        let (w, orders) = (Words::of(language), Orders::of(language));
        let next = value.pointer("/next").cloned().unwrap_or_default();
        let (who, act) = (text(&next, "/who"), text(&next, "/act"));
        let ended = matches!(word, "closed" | "withdrawn") || who == "nobody";
        let turn = match (flag(&next, "/you"), ended) {
            (true, _) => Turn::Mine,
            (false, true) => Turn::Over,
            (false, false) => Turn::Theirs,
        };
        let sentence = if turn == Turn::Mine {
            format!(
                "{}: {}",
                orders.you,
                mine(act, w).map_or_else(|| text(&next, "/act_text").to_owned(), str::to_owned)
            )
        } else {
            let who = match who {
                "buyer" => w.who_buyer,
                "bank" => w.who_bank,
                "notary" => w.who_notary,
                "arbiter" => w.who_arbiter,
                "carrier" => w.who_carrier,
                _ => w.who_nobody,
            };
            other(act, w).map_or_else(|| who.to_owned(), |act| format!("{who} {act}"))
        };
        let until = some(&next, "/until");
        Next {
            turn,
            sentence,
            until: until.as_deref().map(|iso| When::new(language, iso)),
            due: until.unwrap_or_else(|| "9".to_owned()),
            otherwise: otherwise(text(&next, "/otherwise"), w),
        }
    }
}

fn mine(act: &str, w: &'static Words) -> Option<&'static str> {
    Some(match act {
        "make-offer" => w.you_make_offer,
        "accept" => w.you_accept,
        "deliver" => w.you_deliver,
        "ship" => w.you_ship,
        "refund" => w.you_refund,
        "answer" => w.you_answer,
        "take-back" => w.you_take_back,
        _ => return None,
    })
}

fn other(act: &str, w: &'static Words) -> Option<&'static str> {
    Some(match act {
        "send-request" => w.send_request,
        "make-offer" => w.make_offer,
        "order" => w.order,
        "accept" => w.accept,
        "pay" => w.pay,
        "hold" => w.hold,
        "deliver" => w.deliver,
        "look" => w.look,
        "ship" => w.ship,
        "confirm" => w.confirm,
        "refund" => w.refund,
        "settle" => w.settle,
        "answer" => w.answer,
        "book" => w.book,
        "take-back" => w.take_back,
        "lock" => w.lock,
        "rule" => w.rule,
        _ => return None,
    })
}

fn otherwise(word: &str, w: &'static Words) -> Option<&'static str> {
    Some(match word {
        "lapses" => w.lapses,
        "lapses-unbound" => w.lapses_unbound,
        "you-may-step-out" => w.you_may_step_out,
        "claim-stands" => w.claim_stands,
        "hold-returns" => w.hold_returns,
        "counts-as-received" => w.counts_as_received,
        "settles" => w.settles,
        "refunded-by-rule" => w.refunded_by_rule,
        "proof-stays" => w.proof_stays,
        "goes-back" => w.goes_back,
        "paid" => w.is_paid,
        _ => return None,
    })
}

/// A word of a deal as people read it; one that this page does not know, as it came.
pub(super) fn word(word: &str, language: Language) -> String {
    let w = Words::of(language);
    let known = match word {
        "asked" => w.asked,
        "offered" => w.offered,
        "agreed" => w.agreed,
        "signed" => w.signed,
        "due" => w.due,
        "paid" => w.paid,
        "shipped" => w.shipped,
        "received" => w.received,
        "closed" => w.closed,
        "withdrawn" => w.withdrawn,
        "refunding" => w.refunding,
        "disputed" => w.disputed,
        other => other,
    };
    known.to_owned()
}

/// An order on the board.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) id: String,
    pub(super) buyer: Option<Theirs>,
    pub(super) title: Theirs,
    pub(super) total: String,
    pub(super) word: String,
    pub(super) opened: Option<When>,
    pub(super) next: Next,
}

/// The number under which the shop's commands know an order.
pub(super) fn id(sale: &Value) -> &str {
    let order = text(sale, "/order");
    if order.is_empty() { text(sale, "/deal") } else { order }
}

impl Summary {
    pub(super) fn read(sale: &Value, operator: &Operator) -> Self {
        let language = operator.language();
        let title = ["/title", "/item", "/goods"].iter().find_map(|path| some(sale, path)).unwrap_or_default();
        let total = some(sale, "/total").unwrap_or_else(|| text(sale, "/amount").to_owned());
        Summary {
            id: id(sale).to_owned(),
            buyer: some_theirs(sale, "/buyer"),
            title: theirs(&title),
            total: operator.money(&total),
            word: word(text(sale, "/word"), language),
            opened: some(sale, "/opened").map(|iso| When::new(language, &iso)),
            next: Next::read(sale, text(sale, "/word"), language),
        }
    }

    /// The name of the buyer, or that there is none.
    pub(super) fn buyer_name(&self, t: &'static Orders) -> String {
        self.buyer.as_ref().map_or_else(|| t.unknown_buyer.to_owned(), |buyer| buyer.text.clone())
    }

    /// The beginning of the number: enough to tell orders apart.
    pub(super) fn short(&self) -> String {
        self.id.chars().take(8).collect()
    }
}

/// One line of an order.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) title: Theirs,
    pub(super) quantity: u64,
    pub(super) shipped: u64,
    pub(super) cancelled: u64,
    pub(super) left: u64,
    pub(super) price: String,
    pub(super) total: String,
    pub(super) vat: String,
}

/// The lines of an order.
pub(super) fn lines(sale: &Value, operator: &Operator) -> Vec<Line> {
    let line = |line: &Value| {
        let (quantity, shipped) = (number(line, "/quantity"), number(line, "/shipped"));
        let cancelled = number(line, "/cancelled");
        Line {
            id: text(line, "/id").to_owned(),
            title: theirs(text(line, "/title")),
            quantity,
            shipped,
            cancelled,
            left: quantity.saturating_sub(shipped).saturating_sub(cancelled),
            price: operator.money(text(line, "/price")),
            total: operator.money(text(line, "/total")),
            vat: text(line, "/vat").to_owned(),
        }
    };
    list(sale, "/lines").iter().map(line).collect()
}

/// What may still be sent back: paid less refunded.
pub(super) fn kept(sale: &Value) -> Option<Amount> {
    let paid = amount(text(sale, "/paid"))?;
    let refunded = amount(text(sale, "/refunded")).unwrap_or(Amount::zero(paid.currency()));
    paid.minus(refunded).ok()
}
