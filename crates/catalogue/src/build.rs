//! From what a feed says of one thing to a product: the same rules for every kind of feed.

use semper_base::limits::{
    INTEGER_MAX, OFFER_TITLE_CHARS_MAX, PRODUCT_IMAGES_MAX, PRODUCT_OPTIONS_MAX, PRODUCT_TEXT_CHARS_MAX,
    PRODUCT_URL_BYTES_MAX,
};
use semper_base::{Amount, Error};
use semper_commerce::process::product::{Product, ProductKind, is_gtin};

use crate::money;
use crate::problem::{Place, Problem};
use crate::report::Out;
use crate::text::{line, running, slug};

/// A value with its place in the feed.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) place: Place,
    pub(crate) column: String,
    pub(crate) value: String,
}

impl Cell {
    pub(crate) fn new(place: Place, column: &str, value: &str) -> Self {
        Cell { place, column: column.to_owned(), value: value.to_owned() }
    }

    fn problem(&self, what: impl Into<String>, fix: impl Into<String>) -> Problem {
        Problem::new(self.place, &self.column, &self.value, what, fix)
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.value.trim().is_empty()
    }
}

/// How many there are, as far as the feed says.
#[derive(Clone, Debug, Default)]
pub(crate) enum Stock {
    /// It says nothing, or that they are not counted.
    #[default]
    Unsaid,
    /// So many.
    Count(Cell),
    /// A word for whether there are any.
    Word(Cell),
}

/// What a feed says of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    /// The feed's id; what the product's id is made from.
    pub(crate) id: Cell,
    pub(crate) sku: Option<Cell>,
    pub(crate) group: Option<Cell>,
    pub(crate) options: Vec<(Cell, Cell)>,
    pub(crate) title: Cell,
    pub(crate) description: Option<Cell>,
    pub(crate) price: Cell,
    pub(crate) stock: Stock,
    pub(crate) images: Vec<Cell>,
    pub(crate) link: Option<Cell>,
    pub(crate) brand: Option<Cell>,
    /// The second says whether it can be nothing but a GTIN.
    pub(crate) gtin: Option<(Cell, bool)>,
    pub(crate) weight_g: Option<u64>,
    pub(crate) category: Option<Cell>,
    pub(crate) language: Option<Cell>,
    /// Whether it is delivered as a file.
    pub(crate) digital: Option<bool>,
    /// The feed keeps it back.
    pub(crate) held_back: bool,
}

impl Raw {
    pub(crate) fn new(id: Cell, title: Cell, price: Cell) -> Self {
        Raw {
            id,
            sku: None,
            group: None,
            options: Vec::new(),
            title,
            description: None,
            price,
            stock: Stock::Unsaid,
            images: Vec::new(),
            link: None,
            brand: None,
            gtin: None,
            weight_g: None,
            category: None,
            language: None,
            digital: None,
            held_back: false,
        }
    }

    /// Checks everything and gives the product, or every problem there is.
    pub(crate) fn finish(self, out: &mut Out<'_>) -> Result<(), Error> {
        let title = self.title(out);
        let id = self.id(out);
        let price = self.price(out);
        let optional = |cell: &Option<Cell>, out: &mut Out<'_>| {
            cell.as_ref().filter(|cell| !cell.is_blank()).and_then(|cell| text(cell, PRODUCT_TEXT_CHARS_MAX, out))
        };
        let sku = optional(&self.sku, out);
        let group = self.group.as_ref().filter(|cell| !cell.is_blank()).map(|cell| slug(&cell.value));
        let brand = optional(&self.brand, out);
        let category = optional(&self.category, out);
        let language = optional(&self.language, out);
        let options = self.options(out);
        let stock = self.stock(out);
        let gtin = self.gtin(out);
        let images: Vec<String> =
            self.images.iter().filter(|cell| !cell.is_blank()).filter_map(|cell| address(cell, out)).collect();
        let link = self.link.as_ref().filter(|cell| !cell.is_blank()).and_then(|cell| address(cell, out));
        let (Some(id), Some(title), Some(price)) = (id, title, price) else { return Ok(()) };
        let kind = match self.digital {
            Some(true) => ProductKind::File,
            Some(false) => ProductKind::Parcel,
            None => out.settings.kind,
        };
        let product = Product {
            sku: sku.filter(|sku| *sku != id),
            group,
            options,
            description: self.description.as_ref().map(|cell| running(&cell.value)).unwrap_or_default(),
            vat: out.settings.vat,
            kind,
            stock,
            images: unique(images),
            link,
            brand,
            gtin,
            weight_g: self.weight_g.filter(|grams| (1..=INTEGER_MAX).contains(grams)),
            category,
            language,
            published: out.settings.publish && !self.held_back,
            ..Product::new(&id, &title, price)
        };
        // Nothing is left to be wrong; if it is, the shop would refuse it later and say less.
        if let Err(wrong) = product.check() {
            out.problem(self.id.problem(format!("the product cannot be taken: {wrong}"), "Correct this row"));
            return Ok(());
        }
        out.product(product, self.id.place, &self.id.column)
    }

    fn id(&self, out: &mut Out<'_>) -> Option<String> {
        if self.id.is_blank() {
            out.problem(self.id.problem("there is no id", "Give each product an id that stays the same"));
            return None;
        }
        let id = slug(&self.id.value);
        let is_file = self.digital.unwrap_or(out.settings.kind == ProductKind::File);
        if is_file && id.len() > 40 {
            out.problem(self.id.problem("the id of a file may have 40 letters", "Shorten it"));
            return None;
        }
        Some(id)
    }

    fn title(&self, out: &mut Out<'_>) -> Option<String> {
        if self.title.is_blank() {
            out.problem(self.title.problem("there is no title", "Give each product a name"));
            return None;
        }
        text(&self.title, OFFER_TITLE_CHARS_MAX, out)
    }

    fn price(&self, out: &mut Out<'_>) -> Option<Amount> {
        match money::price(&self.price.value, out.settings.currency) {
            Ok(price) => Some(price),
            Err(wrong) => {
                out.problem(self.price.problem(wrong.what, wrong.fix));
                None
            }
        }
    }

    fn options(&self, out: &mut Out<'_>) -> Vec<(String, String)> {
        if let Some((name, _)) = self.options.get(PRODUCT_OPTIONS_MAX) {
            out.problem(name.problem(format!("there are more than {PRODUCT_OPTIONS_MAX} options"), "Leave some out"));
        }
        let read = |(name, value): &(Cell, Cell)| {
            let name = text(name, PRODUCT_TEXT_CHARS_MAX, out)?;
            Some((name, text(value, PRODUCT_TEXT_CHARS_MAX, out)?))
        };
        self.options.iter().filter_map(read).take(PRODUCT_OPTIONS_MAX).collect()
    }

    fn stock(&self, out: &mut Out<'_>) -> Option<u64> {
        match &self.stock {
            Stock::Unsaid => None,
            Stock::Count(cell) if cell.is_blank() => None,
            Stock::Count(cell) => {
                let text = cell.value.trim();
                // Sold more than there were: there are none.
                if text.strip_prefix('-').is_some_and(|rest| rest.parse::<u64>().is_ok()) {
                    return Some(0);
                }
                let count = text.parse::<u64>().ok().filter(|count| *count <= INTEGER_MAX);
                if count.is_none() {
                    out.problem(cell.problem("this is not a whole number", "Write how many there are, such as 12"));
                }
                count
            }
            Stock::Word(cell) => Self::availability(cell, out),
        }
    }

    fn availability(cell: &Cell, out: &mut Out<'_>) -> Option<u64> {
        let word = cell.value.trim().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let word: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        match word.as_str() {
            "instock" | "limitedavailability" | "onlineonly" | "" => None,
            "outofstock" | "soldout" | "discontinued" | "preorder" | "presale" | "backorder" | "instoreonly"
            | "reserved" | "madetoorder" => Some(0),
            _ => {
                out.problem(cell.problem("this word for availability is not known", "Write in_stock or out_of_stock"));
                None
            }
        }
    }

    fn gtin(&self, out: &mut Out<'_>) -> Option<String> {
        let (cell, is_strict) = self.gtin.as_ref().filter(|(cell, _)| !cell.is_blank())?;
        let digits: String = cell.value.chars().filter(|c| !matches!(c, ' ' | '-' | '\'')).collect();
        let looks = matches!(digits.len(), 8 | 12 | 13 | 14) && digits.bytes().all(|b| b.is_ascii_digit());
        match (is_gtin(&digits), looks, is_strict) {
            (true, ..) => Some(digits),
            (false, true, _) => {
                let fix = "Compare it with the bar code; one digit is wrong or two are exchanged. Or leave it empty";
                out.problem(cell.problem("the last digit does not fit the others (GTIN check digit)", fix));
                None
            }
            // A code of the shop's own.
            (false, false, false) => None,
            (false, false, true) => {
                let e = if digits.contains(['e', 'E']) && digits.contains(['+', '.', ',']) {
                    "Your spreadsheet has rounded it: format the column as text and enter it again"
                } else {
                    "Write 8, 12, 13 or 14 digits, or leave it empty"
                };
                out.problem(cell.problem("this is not a GTIN", e));
                None
            }
        }
    }
}

/// One line of text, bounded, with nothing unseen.
pub(crate) fn text(cell: &Cell, chars_max: usize, out: &mut Out<'_>) -> Option<String> {
    match line(&cell.value) {
        Err(hidden) => {
            let what = format!("it contains a character that cannot be seen (U+{:04X})", u32::from(hidden));
            out.problem(cell.problem(what, "Delete the cell and type the text again"));
            None
        }
        Ok(text) if text.chars().count() > chars_max => {
            out.problem(cell.problem(format!("it is longer than {chars_max} characters"), "Shorten it"));
            None
        }
        Ok(text) => Some(text),
    }
}

fn address(cell: &Cell, out: &mut Out<'_>) -> Option<String> {
    let url = cell.value.trim();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = rest.is_some_and(|rest| !rest.is_empty()) && line(url).is_ok_and(|line| line == *url);
    if is_plain && url.len() <= PRODUCT_URL_BYTES_MAX && !url.contains(' ') {
        return Some(url.to_owned());
    }
    out.problem(cell.problem(
        "this is not an address on the web",
        format!(
            "Write one that begins with https:// and has at most {PRODUCT_URL_BYTES_MAX} letters, or leave it empty"
        ),
    ));
    None
}

fn unique(all: Vec<String>) -> Vec<String> {
    let mut unique = Vec::new();
    for one in all {
        if unique.len() < PRODUCT_IMAGES_MAX && !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}
