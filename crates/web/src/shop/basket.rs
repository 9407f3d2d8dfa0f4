//! The basket: one cookie of this host with ids, quantities and the prices that were seen. It is the
//! visitor's own and nobody relies on it: every page looks each product up anew.
//!
//! ```text
//! basket=tea-assam-250.2.490_song.1.99        id . quantity . price seen in minor units, _ between lines
//! ```

use axum::http::HeaderMap;
use axum::response::Response;
use semper_base::{Amount, Error};

use super::item::{Item, Stock, is_id};
use super::shelf;
use crate::desk::with_cookie;
use crate::{Party, cookies};

/// Most lines.
pub(super) const LINES_MAX: usize = 40;
/// Most of one product.
pub(super) const QUANTITY_MAX: u64 = 99;
/// The cookie.
const COOKIE: &str = "basket";
/// Longest cookie that is read: what [`LINES_MAX`] longest lines need.
const COOKIE_BYTES_MAX: usize = LINES_MAX * (50 + 1 + 2 + 1 + 16 + 1);
/// How long it is kept, in seconds: 30 days.
const LIFE: u32 = 30 * 24 * 3600;

/// A line of the basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) quantity: u64,
    /// The price that was shown when it was put in, in minor units.
    pub(super) seen: u64,
}

/// The basket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Basket {
    pub(super) lines: Vec<Line>,
    /// Whether something of the cookie could not be read.
    pub(super) was_damaged: bool,
}

/// Reads a number as it is written, without signs, zeros in front or blanks.
fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

fn read_line(text: &str) -> Option<Line> {
    let mut parts = text.split('.');
    let (id, quantity, seen) = (parts.next()?, number(parts.next()?)?, number(parts.next()?)?);
    let fits = is_id(id) && (1..=QUANTITY_MAX).contains(&quantity) && parts.next().is_none();
    (fits && seen <= semper_base::limits::INTEGER_MAX).then(|| Line { id: id.to_owned(), quantity, seen })
}

impl Basket {
    /// What the browser sent. Lines that make no sense are left out.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        match cookies::get(headers, COOKIE) {
            None | Some("") => Basket::default(),
            Some(text) if text.len() > COOKIE_BYTES_MAX => Basket { lines: Vec::new(), was_damaged: true },
            Some(text) => Basket::parse(text),
        }
    }

    fn parse(text: &str) -> Self {
        let mut basket = Basket::default();
        for part in text.split('_') {
            match read_line(part) {
                Some(line) if basket.line(&line.id).is_none() && basket.lines.len() < LINES_MAX => {
                    basket.lines.push(line);
                }
                _ => basket.was_damaged = true,
            }
        }
        basket
    }

    fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| format!("{}.{}.{}", line.id, line.quantity, line.seen));
        lines.collect::<Vec<_>>().join("_")
    }

    /// The line of this product.
    pub(super) fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// How many pieces.
    pub(super) fn count(&self) -> u64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Puts so many more of a product in. False: there is no room for another line.
    pub(super) fn add(&mut self, item: &Item, quantity: u64) -> bool {
        let seen = item.price.minor();
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == item.id) {
            let most = if item.is_file { 1 } else { QUANTITY_MAX };
            line.quantity = line.quantity.saturating_add(quantity).min(most);
            line.seen = seen;
            return true;
        }
        if self.lines.len() == LINES_MAX {
            return false;
        }
        let quantity = if item.is_file { 1 } else { quantity.clamp(1, QUANTITY_MAX) };
        self.lines.push(Line { id: item.id.clone(), quantity, seen });
        true
    }

    /// The answer, with the basket for the browser to keep.
    pub(super) fn keep(&self, response: Response) -> Response {
        let life = if self.lines.is_empty() { 0 } else { LIFE };
        with_cookie(response, COOKIE, &self.text(), Some(life))
    }

    /// The basket with its products; lines whose product visitors cannot see fall out.
    pub(super) async fn look_up(&self, party: &Party) -> Result<Filled, Error> {
        let ids: Vec<String> = self.lines.iter().map(|line| line.id.clone()).collect();
        let items = shelf::get_all(party, &ids).await?;
        let mut filled = Filled { rows: Vec::new(), has_lost: self.was_damaged };
        for (line, item) in self.lines.iter().zip(items) {
            match item {
                Some(item) => filled.rows.push(Row::new(line.clone(), item)),
                None => filled.has_lost = true,
            }
        }
        Ok(filled)
    }
}

/// A basket with its products.
#[derive(Clone, Debug)]
pub(super) struct Filled {
    pub(super) rows: Vec<Row>,
    /// Whether something fell out.
    pub(super) has_lost: bool,
}

impl Filled {
    /// The basket that is left.
    pub(super) fn basket(&self) -> Basket {
        Basket { lines: self.rows.iter().map(|row| row.line.clone()).collect(), was_damaged: false }
    }

    /// The rows of one kind.
    pub(super) fn of_kind(&self, is_file: bool) -> Vec<Row> {
        self.rows.iter().filter(|row| row.item.is_file == is_file).cloned().collect()
    }

    /// Whether everything in it can be bought as it stands.
    pub(super) fn is_ready(&self) -> bool {
        self.rows.iter().all(|row| row.too_many().is_none())
    }
}

/// A line with its product.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: Line,
    pub(super) item: Item,
}

impl Row {
    fn new(mut line: Line, item: Item) -> Self {
        if item.is_file {
            line.quantity = 1;
        }
        Row { line, item }
    }

    /// The price of all of it; none beyond what money can count.
    pub(super) fn sum(&self) -> Option<Amount> {
        self.item.price.times(self.line.quantity).ok()
    }

    /// The price that was seen, if it is another one now.
    pub(super) fn was(&self) -> Option<Amount> {
        let was = Amount::new(self.line.seen, self.item.price.currency()).ok()?;
        (was != self.item.price).then_some(was)
    }

    /// How many there are, if more are in the basket; zero if it cannot be had.
    pub(super) fn too_many(&self) -> Option<u64> {
        let most = self.item.stock.most(self.item.counted)?;
        (self.line.quantity > most).then_some(most)
    }

    /// Whether none is left, rather than none for sale.
    pub(super) fn is_sold_out(&self) -> bool {
        self.item.stock == Stock::SoldOut
    }
}

/// The sum of rows.
pub(super) fn sum(rows: &[Row]) -> Option<Amount> {
    let (first, rest) = rows.split_first()?;
    rest.iter().try_fold(first.sum()?, |sum, row| sum.plus(row.sum()?).ok())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn read(cookie: &str) -> Basket {
        let value = HeaderValue::from_str(&format!("basket={cookie}")).unwrap();
        Basket::read(&HeaderMap::from_iter([(header::COOKIE, value)]))
    }

    #[test]
    fn there_and_back() {
        let basket = read("tea.2.490_song.1.99");
        assert_eq!(basket.lines.len(), 2);
        assert!(!basket.was_damaged);
        assert_eq!(read(&basket.text()), basket);
        assert_eq!(read(""), Basket::default());
    }

    #[test]
    fn tampering_drops_the_line_and_no_more() {
        for bad in [
            "tea.0.490",
            "tea.100.490",
            "tea.-1.490",
            "tea.+1.490",
            "tea.01.490",
            "tea.2",
            "tea.2.490.1",
            "../x.1.1",
            "TEA.1.1",
            "tea.1.99999999999999999",
            "tea.1.9007199254740992",
            ".1.1",
            "x",
            "<b>.1.1",
        ] {
            let basket = read(&format!("{bad}_song.1.99"));
            assert_eq!(basket.text(), "song.1.99", "{bad}");
            assert!(basket.was_damaged, "{bad}");
        }
        let twice = read("tea.2.490_tea.3.490");
        assert_eq!((twice.text().as_str(), twice.was_damaged), ("tea.2.490", true));
    }

    #[test]
    fn it_has_an_end() {
        let many: Vec<String> = (0..LINES_MAX + 5).map(|n| format!("p{n}.1.1")).collect();
        let basket = read(&many.join("_"));
        assert_eq!(basket.lines.len(), LINES_MAX);
        assert!(basket.was_damaged);
        assert_eq!(read(&"a".repeat(COOKIE_BYTES_MAX + 1)), Basket { lines: Vec::new(), was_damaged: true });
        let longest = Line { id: "a".repeat(50), quantity: QUANTITY_MAX, seen: semper_base::limits::INTEGER_MAX };
        let lines = (10..10 + LINES_MAX).map(|n| Line { id: format!("{n}{}", "a".repeat(48)), ..longest.clone() });
        let full = Basket { lines: lines.collect(), was_damaged: false };
        assert!(full.text().len() < 4000, "browsers keep 4096 bytes a cookie");
        assert_eq!(read(&full.text()), full);
    }
}
