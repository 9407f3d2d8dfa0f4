//! A product of a shop's catalogue: what is known of it before anybody asks for an offer.
//!
//! The shape is the same in the shop's rows, in its commands and in what importers of feeds produce.
//! All of it is plain text; addresses of pictures are data that no page of ours follows.

use semper_base::code::Code;
use semper_base::limits::{
    OFFER_TITLE_CHARS_MAX, PRODUCT_DESCRIPTION_BYTES_MAX, PRODUCT_ID_CHARS_MAX, PRODUCT_IMAGES_MAX,
    PRODUCT_OPTIONS_MAX, PRODUCT_TEXT_CHARS_MAX, PRODUCT_URL_BYTES_MAX,
};
use semper_base::{Amount, Currency, Violation};
use serde::{Deserialize, Serialize};

use super::vat::VatRate;

/// How a product reaches the buyer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductKind {
    /// As a file; the product's id is that of the file on sale.
    File,
    /// By post.
    #[default]
    Parcel,
}

/// One thing that can be bought: a variant has a product of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The shop's id: 1 to 50 small letters, digits and dashes.
    pub id: String,
    /// The id that the shop's own books or its feed have for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// What variants of one product share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// What distinguishes a variant: name and value.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<(String, String)>,
    /// Its name.
    pub title: String,
    /// Plain text; lines end with a line feed.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub description: String,
    /// Price of one, VAT included.
    #[serde(with = "price")]
    pub price: Amount,
    /// The rate of the VAT that the price includes.
    #[serde(default = "standard")]
    pub vat: VatRate,
    /// How it reaches the buyer.
    #[serde(default)]
    pub kind: ProductKind,
    /// How many there are; none if they are not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stock: Option<u64>,
    /// Addresses of pictures, or `sha256:…` of pictures that the shop keeps.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub images: Vec<String>,
    /// The address of a page about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// Who makes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brand: Option<String>,
    /// Its number in world trade (GTIN-8, 12, 13 or 14).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gtin: Option<String>,
    /// Weight in grams.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_g: Option<u64>,
    /// Where it stands in the shop, such as `Tea > Black`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    /// Language of the texts (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Whether it is shown to buyers.
    #[serde(default)]
    pub published: bool,
}

fn standard() -> VatRate {
    VatRate::STANDARD
}

impl Product {
    /// A product with the three things that each must have.
    #[must_use]
    pub fn new(id: &str, title: &str, price: Amount) -> Self {
        Product {
            id: id.to_owned(),
            sku: None,
            group: None,
            options: Vec::new(),
            title: title.to_owned(),
            description: String::new(),
            price,
            vat: VatRate::STANDARD,
            kind: ProductKind::Parcel,
            stock: None,
            images: Vec::new(),
            link: None,
            brand: None,
            gtin: None,
            weight_g: None,
            category: None,
            language: None,
            published: false,
        }
    }

    /// Its name with what tells it from its sister variants, as offers and price lists have it: whoever
    /// orders "Bag (Left)" must not sign "Bag". Cut where an offer's title ends.
    #[must_use]
    pub fn full_title(&self) -> String {
        if self.options.is_empty() {
            return self.title.clone();
        }
        let values: Vec<&str> = self.options.iter().map(|(_, value)| value.as_str()).collect();
        format!("{} ({})", self.title, values.join(", ")).chars().take(OFFER_TITLE_CHARS_MAX).collect()
    }

    /// Checks every bound. The detail names the member.
    pub fn check(&self) -> Result<(), Violation> {
        let wrong = |member: &str| Err(Violation::new(Code::FieldWrong, member));
        if !is_product_id(&self.id) || (self.kind == ProductKind::File && self.id.len() > 40) {
            return wrong("id: small letters, digits and dashes, at most 50 (a file's: 40)");
        }
        if !is_line(&self.title, OFFER_TITLE_CHARS_MAX) {
            return wrong("title");
        }
        if self.description.len() > PRODUCT_DESCRIPTION_BYTES_MAX || !self.description.chars().all(is_plain_or_break) {
            return wrong("description");
        }
        if self.price.minor() == 0 {
            return wrong("price");
        }
        let texts = [
            ("sku", &self.sku),
            ("group", &self.group),
            ("brand", &self.brand),
            ("category", &self.category),
            ("language", &self.language),
        ];
        for (member, text) in texts {
            if text.as_ref().is_some_and(|text| !is_line(text, PRODUCT_TEXT_CHARS_MAX)) {
                return wrong(member);
            }
        }
        let in_line = |text: &str| is_line(text, PRODUCT_TEXT_CHARS_MAX);
        if self.options.len() > PRODUCT_OPTIONS_MAX
            || !self.options.iter().all(|(name, value)| in_line(name) && in_line(value))
        {
            return wrong("options");
        }
        let is_short = |url: &String| url.len() <= PRODUCT_URL_BYTES_MAX && is_line(url, PRODUCT_URL_BYTES_MAX);
        if self.images.len() > PRODUCT_IMAGES_MAX || !self.images.iter().all(is_short) {
            return wrong("images");
        }
        if !self.link.iter().all(is_short) {
            return wrong("link");
        }
        if self.gtin.as_ref().is_some_and(|gtin| !is_gtin(gtin)) {
            return wrong("gtin");
        }
        let counts = [("stock", self.stock), ("weight_g", self.weight_g)];
        for (member, count) in counts {
            if count.is_some_and(|count| count > semper_base::limits::INTEGER_MAX) {
                return wrong(member);
            }
        }
        Ok(())
    }
}

/// 1 to 50 small letters, digits and dashes.
#[must_use]
pub fn is_product_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= PRODUCT_ID_CHARS_MAX
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether these digits are a GTIN with its check digit (GS1 General Specifications, section 7.9).
#[must_use]
pub fn is_gtin(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && text.bytes().all(|b| b.is_ascii_digit()) && {
        let weighed = text.bytes().rev().zip([1_u32, 3].into_iter().cycle());
        weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum::<u32>().is_multiple_of(10)
    }
}

/// Whether a character may stand in a text of a product: nothing that cannot be seen or that turns the
/// direction of what follows.
#[must_use]
pub fn is_plain(c: char) -> bool {
    !c.is_control() && !is_unseen(c)
}

/// Characters that are not seen themselves and change how others are: directions, joins, marks of order.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_plain_or_break(c: char) -> bool {
    c == '\n' || is_plain(c)
}

fn is_line(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && text.chars().all(is_plain)
}

/// Reads a price as people write it, such as `4.90 EUR`.
pub fn read_price(text: &str) -> Result<Amount, Violation> {
    let (number, currency) = text.split_once(' ').ok_or_else(|| Violation::new(Code::AmountMalformed, text))?;
    Amount::parse(number, Currency::parse(currency)?)
}

/// An amount as text, such as `4.90 EUR`.
mod price {
    use semper_base::Amount;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(price: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(price)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        super::read_price(&text).map_err(|_| de::Error::custom("price: a number and a currency, such as 4.90 EUR"))
    }
}
