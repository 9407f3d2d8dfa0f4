//! Deals in one sentence, for the trusted screen.

use serde_json::Value;

use super::view::{self, Summary, Turn};
use crate::texts::wallet::Telling;
use crate::texts::{Language, fill};

/// Deals that are named, of those that are under way.
const NAMED_MAX: usize = 3;

/// The deal that a notice is about, by its own id or that of its exchange: its id, and where it stands.
pub(crate) fn deal(language: Language, deals: &Value, subject: &str) -> Option<(String, String)> {
    let t = Telling::of(language);
    let is_it = |deal: &&Value| ["/deal", "/xid"].iter().any(|path| view::text(deal, path) == subject);
    let deal = view::list(deals, "/deals").iter().find(is_it)?;
    let summary = Summary::new(language, deal);
    let mut said = vec![fill(t.about, &[&title(t, &summary), &summary.shop.text, &summary.sentence])];
    said.extend(summary.refused.as_ref().map(|why| fill(t.reason, &[why.trim_end_matches('.')])));
    said.extend(summary.risk.clone());
    Some((summary.id, said.join(" ")))
}

fn title(t: &'static Telling, summary: &Summary) -> String {
    summary.title.as_ref().map_or_else(|| t.unnamed.to_owned(), |title| title.text.clone())
}

/// Which deals somebody has still to do something for, and who.
pub(crate) fn under_way(language: Language, deals: &Value) -> String {
    let t = Telling::of(language);
    let all = view::list(deals, "/deals").iter().rev().map(|deal| Summary::new(language, deal));
    let open: Vec<Summary> = all.filter(|deal| deal.turn != Turn::Done).collect();
    if open.is_empty() {
        return t.nothing.to_owned();
    }
    let one = |deal: &Summary| match &deal.next {
        Some(next) => fill(t.one, &[&title(t, deal), next.who, next.act]),
        None => format!("{}: {}", title(t, deal), deal.sentence),
    };
    let mut said: Vec<String> = open.iter().take(NAMED_MAX).map(one).collect();
    let more = open.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        said.push(fill(t.more, &[&more.to_string()]));
    }
    fill(t.under_way, &[&said.join("; ")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_deal_is_told_by_its_goods_and_never_by_hostile_signs() {
        let deals = json!({ "deals": [
            { "deal": "d1", "xid": "x1", "word": "withdrawn", "title": "Mug \u{202e}gpj", "shop": "shop",
              "refused": { "text": "revoked" }, "at_risk": "0.00 EUR" },
            { "deal": "d2", "word": "due", "title": "Film", "shop": "shop",
              "next": { "who": "seller", "you": false, "act": "ship" } },
        ] });
        let (id, said) = deal(Language::En, &deals, "x1").unwrap();
        assert_eq!(id, "d1");
        assert!(said.contains("Mug") && said.contains("revoked") && !said.contains('\u{202e}'), "{said}");
        assert!(deal(Language::En, &deals, "x9").is_none());
        let open = under_way(Language::De, &deals);
        assert!(open.contains("Film") && !open.contains("Mug"), "{open}");
        assert_eq!(under_way(Language::En, &json!({})), "Nothing is under way.");
    }
}
