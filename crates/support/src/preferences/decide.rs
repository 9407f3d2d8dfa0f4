//! Whether a question goes to the user: a pure function of the preferences and a few facts.

use semper_base::{Amount, Code, Refusal};

use super::{OrderRule, Preferences, Rule};
use crate::tinguin::KindWord;

/// What is known of a question without showing it. Whoever fills this in has checked each fact; none
/// of them comes from the peer.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The statement's kind.
    pub kind: &'a KindWord,
    /// What it can cost, if it can cost anything.
    pub amount: Option<Amount>,
    /// Whether it belongs to an exchange that carries out an order which this user approved, with the
    /// same amount, payee and material terms.
    pub follows_approved: bool,
    /// Whether the user dealt with this peer before, under the same certificate.
    pub known_peer: bool,
}

/// By which rule a question is answered without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It carries out an approved order.
    Follows,
    /// It uses a right from an approved order that would lapse otherwise.
    Right,
    /// A new order within the amount that the user set.
    UpTo,
}

/// What to do with a question.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Show it to the user.
    Ask,
    /// Say no without asking.
    Refuse(Refusal),
    /// Sign by this rule; the transcript says so.
    Sign(Basis),
}

/// Decides. What no rule names is asked.
pub fn decide(preferences: &Preferences, facts: &Facts<'_>) -> Decision {
    let consent = &preferences.consent;
    if let (Some(amount), Some(limit)) = (facts.amount, consent.never_above) {
        match compare(amount, limit) {
            Compared::Above => return Decision::Refuse(Refusal::new(Code::RiskTooHigh, amount.to_string())),
            Compared::Within => {}
            Compared::NotComparable => return Decision::Ask,
        }
    }
    let (rule, basis) = match facts.kind.as_str() {
        "order" | "parcel-order" => return decide_order(consent.orders, facts),
        // What carries out an order whose money is locked, and what its owner said of the goods before.
        "approval" | "dispute" | "give-back" | "lock" | "lock-debit" => (consent.follow, Basis::Follows),
        // The last three carry out an agreement to a contract; an abort asks for nothing but that nobody is bound.
        "hold" | "debit-order" | "mandate" | "receipt" | "status" | "transfer" | "promise" | "signature" | "abort" => {
            (consent.follow, Basis::Follows)
        }
        "release" => (consent.release, Basis::Right),
        "contest" => (consent.contest, Basis::Right),
        "complaint" => (consent.complaint, Basis::Right),
        "escrow-request" => (consent.escrow_request, Basis::Right),
        _ => (Rule::Ask, Basis::Follows),
    };
    match rule {
        Rule::Sign if facts.follows_approved => Decision::Sign(basis),
        Rule::Ask | Rule::Sign => Decision::Ask,
    }
}

fn decide_order(rule: OrderRule, facts: &Facts<'_>) -> Decision {
    match (rule, facts.amount) {
        (OrderRule::UpTo(limit), Some(amount)) if facts.known_peer && compare(amount, limit) == Compared::Within => {
            Decision::Sign(Basis::UpTo)
        }
        _ => Decision::Ask,
    }
}

#[derive(PartialEq, Eq)]
enum Compared {
    Above,
    NotComparable,
    Within,
}

fn compare(amount: Amount, limit: Amount) -> Compared {
    match (amount.currency() == limit.currency(), amount.minor() <= limit.minor()) {
        (false, _) => Compared::NotComparable,
        (true, true) => Compared::Within,
        (true, false) => Compared::Above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use semper_base::Currency;

    fn amount(text: &str) -> Option<Amount> {
        let (number, currency) = text.split_once(' ')?;
        Some(Amount::parse(number, Currency::parse(currency).unwrap()).unwrap())
    }

    fn answer(preferences: &Preferences, kind: &str, money: &str, follows: bool, known: bool) -> Decision {
        let kind = KindWord::new(kind).unwrap();
        let facts = Facts { kind: &kind, amount: amount(money), follows_approved: follows, known_peer: known };
        decide(preferences, &facts)
    }

    const ASK: Decision = Decision::Ask;
    const FOLLOWS: Decision = Decision::Sign(Basis::Follows);
    const RIGHT: Decision = Decision::Sign(Basis::Right);
    const UP_TO: Decision = Decision::Sign(Basis::UpTo);

    #[test]
    fn by_default() {
        let table = [
            ("order", "5.00 EUR", true, true, ASK),
            ("order", "", true, true, ASK),
            ("parcel-order", "5.00 EUR", true, true, ASK),
            ("withdrawal", "5.00 EUR", true, true, ASK),
            ("hold", "5.00 EUR", true, false, FOLLOWS),
            ("hold", "5.00 EUR", false, true, ASK),
            ("debit-order", "5.00 EUR", true, false, FOLLOWS),
            ("debit-order", "5.00 EUR", false, true, ASK),
            ("mandate", "5.00 EUR", true, false, FOLLOWS),
            ("mandate", "5.00 EUR", false, false, ASK),
            ("receipt", "5.00 EUR", true, false, FOLLOWS),
            ("receipt", "5.00 EUR", false, true, ASK),
            ("status", "", true, false, FOLLOWS),
            ("transfer", "5.00 EUR", true, false, FOLLOWS),
            ("transfer", "5.00 EUR", false, true, ASK),
            ("agreement", "", true, true, ASK),
            ("promise", "", true, false, FOLLOWS),
            ("promise", "", false, true, ASK),
            ("signature", "", true, false, FOLLOWS),
            ("signature", "", false, true, ASK),
            ("abort", "", true, false, FOLLOWS),
            ("lock", "5.00 EUR", true, false, FOLLOWS),
            ("lock", "5.00 EUR", false, true, ASK),
            ("lock-debit", "5.00 EUR", true, false, FOLLOWS),
            ("lock-debit", "5.00 EUR", false, true, ASK),
            ("approval", "5.00 EUR", true, false, FOLLOWS),
            ("approval", "5.00 EUR", false, true, ASK),
            ("dispute", "", true, false, FOLLOWS),
            ("dispute", "", false, true, ASK),
            ("give-back", "5.00 EUR", true, false, FOLLOWS),
            ("release", "5.00 EUR", true, true, ASK),
            ("contest", "", true, false, RIGHT),
            ("contest", "", false, true, ASK),
            ("complaint", "", true, true, ASK),
            ("escrow-request", "", true, false, RIGHT),
            ("escrow-request", "", false, true, ASK),
            ("acceptance", "5.00 EUR", true, true, ASK),
            ("account-opening", "", true, true, ASK),
            ("registration", "", true, true, ASK),
            ("offer", "5.00 EUR", true, true, ASK),
            ("anything-else", "", true, true, ASK),
        ];
        for (kind, money, follows, known, expected) in table {
            let found = answer(&Preferences::default(), kind, money, follows, known);
            assert_eq!(found, expected, "{kind} {money} {follows} {known}");
        }
    }

    #[test]
    fn up_to_an_amount() {
        let mut preferences = Preferences::default();
        preferences.consent.orders = OrderRule::UpTo(amount("20.00 EUR").unwrap());
        let order = |money, follows, known| answer(&preferences, "order", money, follows, known);
        assert_eq!(order("20.00 EUR", false, true), UP_TO);
        assert_eq!(order("20.01 EUR", false, true), ASK);
        assert_eq!(order("20.00 USD", false, true), ASK);
        assert_eq!(order("20.00 EUR", false, false), ASK);
        assert_eq!(order("20.00 EUR", true, false), ASK);
        assert_eq!(order("", false, true), ASK);
        assert_eq!(answer(&preferences, "acceptance", "1.00 EUR", false, true), ASK);
    }

    #[test]
    fn never_above() {
        let mut preferences = Preferences::default();
        preferences.consent.orders = OrderRule::UpTo(amount("900.00 EUR").unwrap());
        preferences.consent.never_above = amount("100.00 EUR");
        for kind in ["order", "hold", "mandate", "offer", "contest"] {
            let found = answer(&preferences, kind, "100.01 EUR", true, true);
            assert!(matches!(&found, Decision::Refuse(no) if no.code() == Code::RiskTooHigh), "{kind} {found:?}");
            assert_eq!(answer(&preferences, kind, "1.00 USD", true, true), ASK, "{kind}");
        }
        assert_eq!(answer(&preferences, "order", "100.00 EUR", false, true), UP_TO);
        assert_eq!(answer(&preferences, "hold", "100.00 EUR", true, true), FOLLOWS);
    }

    #[test]
    fn rules_turned_round() {
        let mut preferences = Preferences::default();
        preferences.consent.follow = Rule::Ask;
        preferences.consent.release = Rule::Sign;
        preferences.consent.complaint = Rule::Sign;
        preferences.consent.contest = Rule::Ask;
        preferences.consent.escrow_request = Rule::Ask;
        for (kind, expected) in
            [("hold", ASK), ("release", RIGHT), ("complaint", RIGHT), ("contest", ASK), ("escrow-request", ASK)]
        {
            assert_eq!(answer(&preferences, kind, "", true, false), expected, "{kind}");
            assert_eq!(answer(&preferences, kind, "", false, true), ASK, "{kind}");
        }
    }

    proptest! {
        /// Outside of an approved order nothing is signed but an order within the user's amount.
        #[test]
        fn nothing_else_is_signed_unasked(kind in "[a-z-]{1,20}", minor in 0_u64..5000, known: bool) {
            let mut preferences = Preferences::default();
            preferences.consent.orders = OrderRule::UpTo(amount("20.00 EUR").unwrap());
            let money = Amount::new(minor, Currency::EUR).unwrap().to_string();
            let found = answer(&preferences, &kind, &money, false, known);
            prop_assert_eq!(found == UP_TO, kind == "order" && known && minor <= 2000);
            prop_assert!(matches!(found, Decision::Ask | Decision::Sign(Basis::UpTo)));
        }
    }
}
