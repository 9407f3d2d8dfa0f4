//! A deal as the pages show it, made from what the party's commands say. Members that are not there are
//! left out of the page; nothing is guessed.

use semper_blocks::statement::{Kind, wording};
use semper_support::tinguin::neutral::neutralise;
use serde_json::{Value, json};

use crate::party::Party;
use crate::texts::wallet::{Acts, Deals, Otherwises, Who, Words};
use crate::texts::{self, Language, When, codes, fill};

/// The text of a member; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// The text of a member that is there and says something.
pub(super) fn some(value: &Value, path: &str) -> Option<String> {
    Some(text(value, path)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A member's list; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member that is a time.
pub(super) fn when(language: Language, value: &Value, path: &str) -> Option<When> {
    some(value, path).map(|iso| When::new(language, &iso))
}

/// An amount as it is read here.
pub(super) fn money(language: Language, value: &Value, path: &str) -> Option<String> {
    some(value, path).map(|amount| texts::money(language, &amount))
}

/// A text that others wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Theirs {
    /// Harmless.
    pub(super) text: String,
    /// Whether something about it is odd.
    pub(super) odd: bool,
}

/// Makes a text of others harmless.
pub(super) fn theirs(text: &str) -> Theirs {
    let neutral = neutralise(text);
    Theirs { text: neutral.text, odd: !neutral.cautions.is_empty() }
}

/// Who must do what until when, and what happens otherwise.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub(super) you: bool,
    pub(super) who: &'static str,
    pub(super) act: &'static str,
    pub(super) until: Option<When>,
    pub(super) otherwise: Option<&'static str>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Done,
    Theirs,
    Yours,
}

/// What lists and pages show of a deal.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) id: String,
    pub(super) title: Option<Theirs>,
    pub(super) shop: Theirs,
    /// The word itself, as the command line says it.
    pub(super) word: String,
    pub(super) sentence: String,
    pub(super) next: Option<Next>,
    pub(super) turn: Turn,
    pub(super) risk: Option<String>,
    pub(super) total: Option<String>,
    pub(super) opened: Option<When>,
    pub(super) refused: Option<String>,
}

impl Summary {
    pub(super) fn new(language: Language, deal: &Value) -> Self {
        let word = text(deal, "/word").to_owned();
        let next = next(language, deal);
        let over = matches!(word.as_str(), "closed" | "withdrawn" | "decided");
        // A deal that was left is not done while the other side still owes money.
        let turn = match &next {
            Some(next) if next.you => Turn::Yours,
            None if over => Turn::Done,
            Some(_) | None => Turn::Theirs,
        };
        Summary {
            id: text(deal, "/deal").to_owned(),
            title: some(deal, "/title").or_else(|| some(deal, "/item")).map(|title| theirs(&title)),
            shop: theirs(text(deal, "/shop")),
            sentence: sentence(language, &word),
            word,
            next,
            turn,
            risk: risk(language, deal).filter(|_| turn != Turn::Done),
            total: money(language, deal, "/total").or_else(|| money(language, deal, "/amount")),
            opened: when(language, deal, "/opened"),
            refused: deal.get("refused").and_then(|refused| codes::refused(language, refused)),
        }
    }
}

fn sentence(language: Language, word: &str) -> String {
    let w = Words::of(language);
    let known = match word {
        "draft" => w.draft,
        "asked" => w.asked,
        "offered" => w.offered,
        "countered" => w.countered,
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
        "frozen" => w.frozen,
        "decided" => w.decided,
        other => return fill(w.other, &[other]),
    };
    known.to_owned()
}

/// Reads a member `next`, of a deal or of a parcel.
pub(super) fn next(language: Language, deal: &Value) -> Option<Next> {
    let next = deal.get("next")?.as_object()?;
    let of = |name: &str| next.get(name).and_then(Value::as_str).unwrap_or_default();
    let you = next.get("you").and_then(Value::as_bool).unwrap_or(false);
    Some(Next {
        you,
        who: if you { Who::of(language).you } else { who(language, of("who")) },
        act: act(language, of("act")).filter(|_| of("who") != "nobody")?,
        until: Some(of("until")).filter(|iso| !iso.is_empty()).map(|iso| When::new(language, iso)),
        otherwise: otherwise(language, of("otherwise")),
    })
}

/// A role's name.
pub(super) fn who(language: Language, word: &str) -> &'static str {
    let w = Who::of(language);
    match word {
        "buyer" => w.buyer,
        "seller" => w.seller,
        "bank" => w.bank,
        "notary" => w.notary,
        "arbiter" => w.arbiter,
        "carrier" => w.carrier,
        _ => w.nobody,
    }
}

fn act(language: Language, word: &str) -> Option<&'static str> {
    let a = Acts::of(language);
    Some(match word {
        "send-request" => a.send_request,
        "make-offer" => a.make_offer,
        "order" => a.order,
        "accept" => a.accept,
        "pay" => a.pay,
        "hold" => a.hold,
        "deliver" => a.deliver,
        "look" => a.look,
        "ship" => a.ship,
        "confirm" => a.confirm,
        "refund" => a.refund,
        "settle" => a.settle,
        "answer" => a.answer,
        "book" => a.book,
        "take-back" => a.take_back,
        "lock" => a.lock,
        "rule" => a.rule,
        "acknowledge" => a.acknowledge,
        "none" => a.none,
        _ => return None,
    })
}

fn otherwise(language: Language, word: &str) -> Option<&'static str> {
    let o = Otherwises::of(language);
    Some(match word {
        "lapses" => o.lapses,
        "lapses-unbound" => o.lapses_unbound,
        "you-may-step-out" => o.you_may_step_out,
        "claim-stands" => o.claim_stands,
        "hold-returns" => o.hold_returns,
        "counts-as-received" => o.counts_as_received,
        "settles" => o.settles,
        "refunded-by-rule" => o.refunded_by_rule,
        "proof-stays" => o.proof_stays,
        "goes-back" => o.goes_back,
        "paid" => o.is_paid,
        _ => return None,
    })
}

/// What the owner can lose if the other side stops now.
pub(super) fn risk(language: Language, deal: &Value) -> Option<String> {
    let t = Deals::of(language);
    let amount = some(deal, "/at_risk")?;
    let nothing = !amount.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    let amount = texts::money(language, &amount);
    Some(match (nothing, text(deal, "/grade")) {
        (true, _) => t.risk_none.to_owned(),
        (false, "escrow") => fill(t.risk_kept, &[&amount]),
        (false, "weak") => fill(t.risk_proof, &[&amount]),
        (false, _) => fill(t.risk_some, &[&amount]),
    })
}

/// What a kind of statement is called.
pub(super) fn title(language: Language, word: &str) -> Option<String> {
    let kind = Kind::from_word(word)?;
    wording::find(&wording::current(kind, language.into())).map(|wording| wording.title().to_owned())
}

/// The commands that make sense now. A party that does not say so is asked for what never harms.
pub(super) fn can(deal: &Value) -> Vec<String> {
    if deal.get("can").is_some() {
        return list(deal, "/can").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let bound = !text(deal, "/xid").is_empty();
    let words: &[&str] = if bound { &["resume", "export"] } else { &["resume"] };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The deal that a row or subject belongs to: `deal/ID` and `deal:ID` of files, `parcel/ID` and `parcel:ID` of
/// parcels.
pub(super) fn deal_of(row: &str) -> Option<&str> {
    let id = row.strip_prefix("deal").or_else(|| row.strip_prefix("parcel"))?;
    let id = id.strip_prefix(['/', ':'])?;
    Some(id.split(['/', ':']).next().unwrap_or(id)).filter(|id| !id.is_empty())
}

/// The page of the deal that a question came from.
pub(super) async fn deal_path(party: &Party, asker: &str) -> Option<String> {
    if let Some(id) = deal_of(asker) {
        return Some(format!("/deal/{id}"));
    }
    let xid = asker.strip_prefix("dgp/")?;
    let deals = party.call(json!({ "command": "deals" })).await.ok()?;
    let found = list(&deals, "/deals").iter().find(|deal| text(deal, "/xid") == xid)?;
    Some(format!("/deal/{}", text(found, "/deal")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_shape_is_shown_as_far_as_it_goes() {
        let deal = json!({ "deal": "d1", "word": "asked", "next": "2026-11-22T04:06:00.000Z", "item": "x" });
        let summary = Summary::new(Language::En, &deal);
        assert!(summary.next.is_none() && summary.turn == Turn::Theirs && summary.risk.is_none());
    }

    #[test]
    fn rows_lead_to_their_deal() {
        for row in ["deal/d1", "deal:d1", "parcel/d1", "parcel:d1", "parcel/d1/2"] {
            assert_eq!(deal_of(row), Some("d1"), "{row}");
        }
        for row in ["dgp/x", "deals/d1", "deal/", "pay-out/x"] {
            assert_eq!(deal_of(row), None, "{row}");
        }
    }

    #[test]
    fn nothing_at_risk_is_said() {
        let of = |risk: &str, grade: &str| risk_of(risk, grade);
        assert_eq!(of("0.00 EUR", "strong"), "If they stop now, you lose nothing.");
        assert_eq!(of("4.90 EUR", "weak"), "If they stop now, you may lose 4.90 EUR. You hold proof for it.");
    }

    #[test]
    fn money_that_is_owed_keeps_a_deal_open_and_an_end_asks_nothing() {
        let of = |word: &str, who: &str, act: &str| {
            let next = json!({ "who": who, "act": act, "you": false });
            Summary::new(Language::En, &json!({ "word": word, "next": next, "at_risk": "0.00 EUR", "grade": "weak" }))
        };
        assert_eq!(of("withdrawn", "seller", "refund").turn, Turn::Theirs);
        let over = of("closed", "nobody", "none");
        assert_eq!((over.turn, over.next.is_none(), over.risk), (Turn::Done, true, None));
    }

    fn risk_of(amount: &str, grade: &str) -> String {
        risk(Language::En, &json!({ "at_risk": amount, "grade": grade })).unwrap()
    }
}
