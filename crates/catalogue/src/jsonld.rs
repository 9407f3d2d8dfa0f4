//! schema.org products in JSON-LD: a file of it, or the scripts of an HTML page.
//!
//! A list is read element by element, wherever it stands: the file itself, `@graph`, `itemListElement`.

use std::fmt;
use std::io::Read;

use semper_base::Error;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::build::{Cell, Raw, Stock};
use crate::input::{self, Budget, Input};
use crate::problem::{Place, Problem};
use crate::report::Out;

/// Largest HTML page.
const PAGE_BYTES_MAX: u64 = 8 << 20;
/// Most variants of one product.
const VARIANTS_MAX: usize = 2048;

pub(crate) fn read<R: Read>(input: Input<R>, out: &mut Out<'_>) -> Result<(), Error> {
    let budget = input.budget();
    budget.renew();
    let mut things = Things { out, number: 0, failed: None, budget: Some(budget.clone()) };
    let mut reader = serde_json::Deserializer::from_reader(input::buffered(input));
    let result = List(&mut things).deserialize(&mut reader).and_then(|()| reader.end());
    things.finish(result, budget.is_spent())
}

/// Reads every script of a page that says that it is JSON-LD.
pub(crate) fn read_page<R: Read>(input: Input<R>, out: &mut Out<'_>) -> Result<(), Error> {
    let budget = input.budget();
    let mut page = Vec::new();
    let mut input = input;
    let mut buffer = vec![0; 64 << 10];
    loop {
        budget.renew();
        let count = input.read(&mut buffer).map_err(|e| input::fault(&e))?;
        if count == 0 {
            break;
        }
        page.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if page.len() as u64 > PAGE_BYTES_MAX {
            out.problem(Problem::file(
                format!("the page is larger than {PAGE_BYTES_MAX} bytes"),
                "Save its JSON-LD alone",
            ));
            return Ok(());
        }
    }
    let Ok(page) = String::from_utf8(page) else {
        out.problem(Problem::file("the page is not in UTF-8", "Save it as UTF-8"));
        return Ok(());
    };
    let mut number = 0;
    let mut any = false;
    for script in scripts(&page) {
        any = true;
        let mut things = Things { out, number, failed: None, budget: None };
        let mut reader = serde_json::Deserializer::from_str(script);
        let result = List(&mut things).deserialize(&mut reader).and_then(|()| reader.end());
        number = things.number;
        things.finish(result, false)?;
    }
    if !any {
        let what = "the page has no <script type=\"application/ld+json\">";
        out.problem(Problem::file(what, "Give the address's page as it is saved by the browser, or a file of JSON-LD"));
    }
    Ok(())
}

/// The texts of the page's scripts of JSON-LD.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    let mut rest = page;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            rest = rest.get(at + 1..)?;
            let is_script = rest.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("script"));
            if !is_script {
                continue;
            }
            let (tag, after) = rest.split_once('>')?;
            rest = after;
            if tag.to_ascii_lowercase().contains("application/ld+json") {
                // A script ends at the first closing tag, whatever stands in it.
                let close = rest.match_indices("</").map(|(at, _)| at);
                let is_close =
                    |at: &usize| rest.get(at + 2..at + 8).is_some_and(|name| name.eq_ignore_ascii_case("script"));
                let end = close.into_iter().find(is_close).unwrap_or(rest.len());
                let (script, after) = rest.split_at(end);
                rest = after;
                return Some(script);
            }
        }
    })
}

/// Things as they are met.
struct Things<'a, 'b> {
    out: &'a mut Out<'b>,
    number: u64,
    failed: Option<Error>,
    /// None where the whole text is in memory already.
    budget: Option<Budget>,
}

impl Things<'_, '_> {
    fn finish(self, result: Result<(), serde_json::Error>, is_spent: bool) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Err(error) = result {
            let place = if self.number == 0 { Place::File } else { Place::Item(self.number) };
            let what = if is_spent { "the item is too large".to_owned() } else { format!("this is not JSON: {error}") };
            self.out.problem(Problem::new(place, "", "", what, "Export it again, as JSON in UTF-8"));
        }
        Ok(())
    }

    /// Takes a thing; false to stop.
    fn thing(&mut self, thing: &Value) -> bool {
        if let Some(budget) = &self.budget {
            budget.renew();
        }
        let result = self.any(thing, 0);
        self.failed = result.err();
        self.failed.is_none()
    }

    fn any(&mut self, thing: &Value, depth: usize) -> Result<(), Error> {
        let inner = thing.get("item").filter(|_| is_a(thing, &["ListItem", "DataFeedItem"]));
        let inner = inner.or_else(|| thing.get("mainEntity"));
        match inner {
            Some(inner) if depth < 4 => return self.any(inner, depth + 1),
            _ => {}
        }
        if is_a(thing, &["ProductGroup"]) {
            let variants = list(thing.get("hasVariant"));
            if variants.len() > VARIANTS_MAX {
                let what = format!("there are more than {VARIANTS_MAX} variants");
                self.number += 1;
                self.out.row();
                self.out.problem(Problem::new(Place::Item(self.number), "hasVariant", "", what, "Split the product"));
                return Ok(());
            }
            return variants.into_iter().try_for_each(|variant| self.product(variant, Some(thing)));
        }
        if is_a(thing, &["Product", "IndividualProduct", "ProductModel", "Book", "EBook"]) {
            return self.product(thing, None);
        }
        Ok(())
    }

    fn product(&mut self, product: &Value, group: Option<&Value>) -> Result<(), Error> {
        self.number += 1;
        self.out.row();
        let place = Place::Item(self.number);
        let of_group = |name: &str| group.and_then(|group| text(group, name));
        let cell =
            |name: &str| text(product, name).or_else(|| of_group(name)).map(|value| Cell::new(place, name, &value));
        let name = cell("name").unwrap_or_else(|| Cell::new(place, "name", ""));
        let offers = product.get("offers").or_else(|| group.and_then(|group| group.get("offers")));
        let Some(offer) = self.offer(offers, place, &name) else { return Ok(()) };
        let id = ["sku", "productID", "@id", "url"]
            .iter()
            .find_map(|name| text(product, name).map(|id| Cell::new(place, name, &id)));
        let id = id.unwrap_or_else(|| Cell { column: "sku".to_owned(), ..name.clone() });
        let gtin = ["gtin", "gtin13", "gtin14", "gtin12", "gtin8"].iter().find_map(|name| cell(name));
        let digital =
            is_a(product, &["EBook"]) || text(product, "bookFormat").is_some_and(|format| format.ends_with("EBook"));
        for name in
            ["name", "description", "sku", "gtin", "image", "brand", "category", "url", "offers.price", "inLanguage"]
        {
            self.out.map(name, FIELDS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to));
        }
        let raw = Raw {
            sku: cell("sku"),
            group: group
                .and_then(|group| text(group, "productGroupID").or_else(|| text(group, "name")))
                .map(|id| Cell::new(place, "productGroupID", &id)),
            options: options(product, group, place),
            description: cell("description"),
            stock: offer.stock,
            images: images(product.get("image").or_else(|| group.and_then(|group| group.get("image"))), place),
            link: cell("url").filter(|url| url.value.contains("://")),
            brand: cell("brand"),
            gtin: gtin.map(|gtin| (gtin, true)),
            category: cell("category"),
            language: cell("inLanguage"),
            digital: digital.then_some(true),
            ..Raw::new(id, name, offer.price)
        };
        raw.finish(self.out)
    }

    /// The one offer of a product.
    fn offer(&mut self, offers: Option<&Value>, place: Place, name: &Cell) -> Option<Offer> {
        let all = list(offers);
        let mut problem = |what: &str, fix: &str| {
            self.out.problem(Problem::new(place, "offers", &name.value, what, fix));
            None
        };
        let [offer] = all.as_slice() else {
            return if all.is_empty() {
                problem("the product has no offer", "Add an Offer with price and priceCurrency")
            } else {
                problem("the product has more than one offer", "Make a product of each, with a sku of its own")
            };
        };
        if is_a(offer, &["AggregateOffer"]) {
            return problem("this is a range of prices, not an offer", "Make a product of each variant, with an Offer");
        }
        let within = list(offer.get("priceSpecification")).into_iter().next();
        let of = |name: &str| text(offer, name).or_else(|| within.and_then(|within| text(within, name)));
        let price = of("price").unwrap_or_default();
        let currency = of("priceCurrency").unwrap_or_default();
        let price = Cell::new(place, "offers.price", format!("{price} {currency}").trim());
        let count = offer.get("inventoryLevel").and_then(|level| text(level, "value"));
        let stock = match (count, text(offer, "availability")) {
            (Some(count), _) => Stock::Count(Cell::new(place, "offers.inventoryLevel", &count)),
            (None, Some(word)) => Stock::Word(Cell::new(place, "offers.availability", &word)),
            (None, None) => Stock::Unsaid,
        };
        Some(Offer { price, stock })
    }
}

/// What is read from where, for the preview.
const FIELDS: [(&str, &str); 10] = [
    ("name", "title"),
    ("description", "description"),
    ("sku", "id"),
    ("gtin", "gtin"),
    ("image", "images"),
    ("brand", "brand"),
    ("category", "category"),
    ("url", "link"),
    ("offers.price", "price"),
    ("inLanguage", "language"),
];

struct Offer {
    price: Cell,
    stock: Stock,
}

/// Whether a thing has one of these types.
fn is_a(thing: &Value, types: &[&str]) -> bool {
    list(thing.get("@type")).into_iter().filter_map(Value::as_str).any(|found| {
        let found = found.rsplit(['/', ':', '#']).next().unwrap_or_default();
        types.contains(&found)
    })
}

/// One or many.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    }
}

/// A member as text: a text, a number, or the name, value or address of a thing.
fn text(thing: &Value, name: &str) -> Option<String> {
    let value = list(thing.get(name)).into_iter().next()?;
    let value = match value {
        Value::Object(inner) => {
            ["name", "@value", "value", "url", "@id"].iter().find_map(|name| inner.get(*name)).unwrap_or(value)
        }
        value => value,
    };
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        // As it was written: no arithmetic is done with it.
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn images(value: Option<&Value>, place: Place) -> Vec<Cell> {
    let address = |image: &Value| match image {
        Value::String(address) => Some(address.clone()),
        image => text(image, "url").or_else(|| text(image, "contentUrl")),
    };
    list(value).into_iter().take(20).filter_map(address).map(|url| Cell::new(place, "image", &url)).collect()
}

/// What distinguishes the variants of a group.
fn options(product: &Value, group: Option<&Value>, place: Place) -> Vec<(Cell, Cell)> {
    let Some(group) = group else { return Vec::new() };
    let mut names: Vec<String> = list(group.get("variesBy"))
        .into_iter()
        .filter_map(Value::as_str)
        .filter_map(|name| name.rsplit('/').next().map(str::to_owned))
        .collect();
    if names.is_empty() {
        names = ["color", "size", "material", "pattern"].map(str::to_owned).to_vec();
    }
    let pair =
        |name: &String| text(product, name).map(|value| (Cell::new(place, name, name), Cell::new(place, name, &value)));
    names.iter().filter_map(pair).collect()
}

/// Reads a list of things, a thing, or a thing that holds a list.
struct List<'t, 'a, 'b>(&'t mut Things<'a, 'b>);

impl<'de> DeserializeSeed<'de> for List<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn stopped<E: serde::de::Error>() -> E {
    E::custom("stopped")
}

impl<'de> Visitor<'de> for List<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of things or a thing")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(thing) = list.next_element::<Value>()? {
            if !self.0.thing(&thing) {
                return Err(stopped());
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut thing = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if matches!(name.as_str(), "@graph" | "itemListElement" | "dataFeedElement") {
                map.next_value_seed(List(&mut *self.0))?;
            } else {
                thing.insert(name, map.next_value()?);
            }
        }
        if self.0.thing(&Value::Object(thing)) { Ok(()) } else { Err(stopped()) }
    }
}
