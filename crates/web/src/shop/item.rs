//! A product as visitors see it: read from what the party tells, made harmless.

use semper_base::{Amount, Currency};
use semper_support::tinguin::neutral::{Caution, neutralise};
use serde_json::Value;

use crate::texts::shop::Shop;
use crate::texts::{Language, money};

/// Most lines of a description that are shown; the shop's own bound allows no more in practice.
const DESCRIPTION_LINES_MAX: usize = 400;
/// From how many on the number in stock is not told.
const FEW: u64 = 5;

/// A text that somebody wrote, safe to show, with what is odd about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) cautions: Vec<Caution>,
}

impl Said {
    pub(super) fn new(text: &str) -> Self {
        let neutral = neutralise(text);
        Said { text: neutral.text, cautions: neutral.cautions.into_iter().collect() }
    }

    /// What is odd about it, in words.
    pub(super) fn warnings(&self, t: &'static Shop) -> Vec<&'static str> {
        self.cautions.iter().map(|caution| caution_text(*caution, t)).collect()
    }
}

/// The sentence for a caution.
pub(super) fn caution_text(caution: Caution, t: &'static Shop) -> &'static str {
    match caution {
        Caution::Cut => t.caution_cut,
        Caution::Hidden => t.caution_hidden,
        Caution::LookAlike => t.caution_look_alike,
        Caution::RightToLeft => t.caution_right_to_left,
    }
}

/// Whether it can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stock {
    /// A file, which is never used up.
    AtOnce,
    /// Enough, or not counted.
    Enough,
    /// So few that it is said how many.
    Few(u64),
    /// None left.
    SoldOut,
    /// Not for sale for another reason.
    NotNow,
}

impl Stock {
    /// In words.
    pub(super) fn word(self, t: &Shop) -> String {
        match self {
            Stock::AtOnce => t.at_once.to_owned(),
            Stock::Enough => t.in_stock.to_owned(),
            Stock::Few(count) => t.few.replace("{n}", &count.to_string()),
            Stock::SoldOut => t.sold_out.to_owned(),
            Stock::NotNow => t.not_now.to_owned(),
        }
    }

    /// The style of the word.
    pub(super) fn class(self) -> &'static str {
        match self {
            Stock::AtOnce | Stock::Enough => "good",
            Stock::Few(_) => "warn",
            Stock::SoldOut | Stock::NotNow => "bad",
        }
    }

    /// Whether it can be bought at all.
    pub(super) fn is_there(self) -> bool {
        !matches!(self, Stock::SoldOut | Stock::NotNow)
    }

    /// How many can be had, if that is known.
    pub(super) fn most(self, counted: Option<u64>) -> Option<u64> {
        match self {
            Stock::AtOnce => Some(1),
            Stock::SoldOut | Stock::NotNow => Some(0),
            Stock::Enough | Stock::Few(_) => counted,
        }
    }
}

/// A product.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) title: Said,
    /// Raw: what variants share; never shown.
    pub(super) group: Option<String>,
    /// What distinguishes a variant, as `name: value`.
    pub(super) options: Vec<(Said, Said)>,
    pub(super) description: Vec<Said>,
    pub(super) price: Amount,
    /// The rate in percent, as `19`.
    pub(super) vat: String,
    pub(super) is_file: bool,
    pub(super) stock: Stock,
    pub(super) counted: Option<u64>,
    /// Raw, for filters.
    pub(super) category: Option<String>,
    pub(super) brand: Option<Said>,
    pub(super) sku: Option<Said>,
    pub(super) gtin: Option<Said>,
    pub(super) weight_g: Option<u64>,
}

impl Item {
    /// Reads what the party tells of a product; none if visitors must not see it, or it makes no sense.
    pub(super) fn read(value: &Value) -> Option<Self> {
        if value.get("published").and_then(Value::as_bool) != Some(true) {
            return None;
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let said = |name: &str| text(name).map(Said::new);
        let is_file = text("kind") == Some("file");
        let counted = value.get("stock").and_then(Value::as_u64);
        let id = text("id").filter(|id| is_id(id))?.to_owned();
        Some(Item {
            title: said("title").unwrap_or_else(|| Said::new(&id)),
            id,
            group: text("group").map(str::to_owned),
            options: options(value.get("options")),
            description: text("description").map(lines).unwrap_or_default(),
            price: amount(text("price")?)?,
            vat: text("vat").filter(|vat| is_number(vat)).unwrap_or("19").to_owned(),
            is_file,
            stock: stock(is_file, counted, value),
            counted,
            category: text("category").map(str::to_owned),
            brand: said("brand"),
            sku: said("sku"),
            gtin: said("gtin"),
            weight_g: value.get("weight_g").and_then(Value::as_u64),
        })
    }

    /// The category for eyes.
    pub(super) fn category_shown(&self) -> Option<Said> {
        self.category.as_deref().map(Said::new)
    }

    /// What tells this variant from its sisters.
    pub(super) fn variant(&self) -> String {
        let values: Vec<&str> = self.options.iter().map(|(_, value)| value.text.as_str()).collect();
        if values.is_empty() { self.title.text.clone() } else { values.join(", ") }
    }

    /// The title with what tells the variant.
    pub(super) fn full_title(&self) -> String {
        if self.options.is_empty() {
            return self.title.text.clone();
        }
        format!("{} ({})", self.title.text, self.variant())
    }

    /// All that is odd about what is shown of it, each once.
    pub(super) fn warnings(&self, t: &'static Shop) -> Vec<&'static str> {
        let others = [&self.brand, &self.sku, &self.gtin].into_iter().flatten();
        let options = self.options.iter().flat_map(|(name, value)| [name, value]);
        let category = self.category_shown();
        let all = std::iter::once(&self.title).chain(others).chain(options).chain(&self.description).chain(&category);
        let cautions: std::collections::BTreeSet<Caution> =
            all.flat_map(|said| said.cautions.iter().copied()).collect();
        cautions.into_iter().map(|caution| caution_text(caution, t)).collect()
    }

    /// The sentence about VAT.
    pub(super) fn vat_text(&self, language: Language) -> String {
        Shop::of(language).vat.replace("{rate}", &money(language, &self.vat))
    }

    /// The kind in a word.
    pub(super) fn kind_word(&self, t: &'static Shop) -> &'static str {
        if self.is_file { t.file } else { t.parcel }
    }
}

/// What the shop's rules allow as id of a product.
pub(super) fn is_id(id: &str) -> bool {
    (1..=50).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Reads `4.90 EUR`.
pub(super) fn amount(text: &str) -> Option<Amount> {
    let (number, currency) = text.split_once(' ')?;
    Amount::parse(number, Currency::parse(currency).ok()?).ok()
}

fn is_number(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn options(value: Option<&Value>) -> Vec<(Said, Said)> {
    let pairs = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pair = |pair: &Value| Some((Said::new(pair.get(0)?.as_str()?), Said::new(pair.get(1)?.as_str()?)));
    pairs.iter().filter_map(pair).collect()
}

fn lines(text: &str) -> Vec<Said> {
    text.lines().take(DESCRIPTION_LINES_MAX).map(|line| Said::new(line.trim_end())).collect()
}

fn stock(is_file: bool, counted: Option<u64>, value: &Value) -> Stock {
    let for_sale = value.get("for_sale").and_then(Value::as_bool).unwrap_or(true);
    let why_not = value.get("why_not").and_then(Value::as_str);
    match (is_file, counted) {
        (false, Some(0)) => Stock::SoldOut,
        _ if why_not == Some("sold-out") => Stock::SoldOut,
        _ if !for_sale => Stock::NotNow,
        (true, _) => Stock::AtOnce,
        (false, Some(count)) if count <= FEW => Stock::Few(count),
        (false, _) => Stock::Enough,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(more: &Value) -> Value {
        let mut value = json!({"id": "a", "title": "A", "price": "4.90 EUR", "published": true});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    }

    #[test]
    fn what_is_not_published_is_not_there() {
        assert!(Item::read(&with(&json!({}))).is_some());
        assert!(Item::read(&with(&json!({"published": false}))).is_none());
        assert!(Item::read(&with(&json!({"price": "x"}))).is_none());
        assert!(Item::read(&with(&json!({"id": "../a"}))).is_none());
    }

    #[test]
    fn stock_has_a_word() {
        let stock = |more: Value| Item::read(&with(&more)).unwrap().stock;
        assert_eq!(stock(json!({})), Stock::Enough);
        assert_eq!(stock(json!({"stock": 3})), Stock::Few(3));
        assert_eq!(stock(json!({"stock": 0})), Stock::SoldOut);
        assert_eq!(stock(json!({"for_sale": false, "why_not": "unsigned"})), Stock::NotNow);
        assert_eq!(stock(json!({"kind": "file"})), Stock::AtOnce);
        assert_eq!(stock(json!({"kind": "file", "for_sale": false, "why_not": "no-file"})), Stock::NotNow);
    }
}
