//! Google Merchant feeds as XML: the items of an RSS channel or the entries of an Atom feed.
//!
//! There is no document type here: a feed that declares one is refused, so that no entity grows.

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use semper_base::Error;

use crate::build::Cell;
use crate::input::{self, Input};
use crate::merchant::{self, Item};
use crate::problem::{Place, Problem};
use crate::report::Out;
use crate::text::reference;

/// Deepest nesting.
const DEPTH_MAX: usize = 16;
/// Most attributes of one item.
const VALUES_MAX: usize = 500;

/// An item that is being read.
#[derive(Default)]
struct Reading {
    /// Names from the root down.
    path: Vec<String>,
    /// How deep the item's own element is; none outside of items.
    item: Option<usize>,
    values: Item,
    count: usize,
    text: String,
    /// The item that is being read, from 1.
    number: u64,
}

pub(crate) fn read<R: Read>(input: Input<R>, out: &mut Out<'_>) -> Result<(), Error> {
    let budget = input.budget();
    budget.renew();
    let mut reader = Reader::from_reader(input::buffered(input));
    reader.config_mut().expand_empty_elements = true;
    let (mut buffer, mut reading) = (Vec::new(), Reading::default());
    loop {
        buffer.clear();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => {
                let what = if budget.is_spent() { "the item is too large".to_owned() } else { error.to_string() };
                out.problem(reading.problem("", what, "The file must be well-formed XML; export it again"));
                return Ok(());
            }
        };
        let done = match event {
            Event::Start(start) => reading.start(&start, out),
            Event::End(_) => {
                if reading.item == Some(reading.path.len()) {
                    budget.renew();
                }
                reading.end(out)?
            }
            Event::Text(text) => reading.text(text.decode().ok().as_deref(), out),
            Event::CData(text) => reading.text(text.decode().ok().as_deref(), out),
            Event::GeneralRef(name) => {
                let text = name.decode().ok().and_then(|name| reference(&name));
                reading.text(text.as_deref(), out)
            }
            Event::DocType(_) => {
                out.problem(reading.problem("", "the file declares a document type", "Take the <!DOCTYPE …> out"));
                false
            }
            Event::Eof => {
                if !reading.path.is_empty() {
                    out.problem(reading.problem("", "the file ends in the middle", "Export it again"));
                }
                false
            }
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {
                if reading.item.is_none() {
                    budget.renew();
                }
                true
            }
        };
        if !done {
            return Ok(());
        }
    }
}

impl Reading {
    fn place(&self) -> Place {
        if self.number == 0 { Place::File } else { Place::Item(self.number) }
    }

    fn problem(&self, value: &str, what: impl Into<String>, fix: &str) -> Problem {
        let column = self.path.last().map(String::as_str).unwrap_or_default();
        Problem::new(self.place(), column, value, what, fix)
    }

    /// Whether to go on.
    fn start(&mut self, start: &BytesStart<'_>, out: &mut Out<'_>) -> bool {
        let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        if self.path.len() == DEPTH_MAX {
            out.problem(self.problem("", format!("elements are nested more than {DEPTH_MAX} deep"), "Export it again"));
            return false;
        }
        let is_item = self.item.is_none() && matches!(name.as_str(), "item" | "entry");
        self.path.push(name);
        self.text.clear();
        if is_item {
            self.item = Some(self.path.len());
            self.number += 1;
            out.row();
        } else if self.item.is_some() && merchant::attribute(self.path.last().map_or("", |name| name)) == "link" {
            // Atom has the address in an attribute.
            let address = start.try_get_attribute("href").ok().flatten();
            let address = address.and_then(|a| String::from_utf8(a.value.into_owned()).ok());
            self.text = address.map(|address| address.replace("&amp;", "&")).unwrap_or_default();
        }
        true
    }

    fn text(&mut self, text: Option<&str>, out: &mut Out<'_>) -> bool {
        match text {
            Some(text) if self.item.is_some() => self.text.push_str(text),
            Some(_) => {}
            None => {
                out.problem(self.problem(
                    "",
                    "this is not UTF-8, or names an entity that is not known",
                    "Save the file as UTF-8",
                ));
                return false;
            }
        }
        true
    }

    fn end(&mut self, out: &mut Out<'_>) -> Result<bool, Error> {
        let depth = self.path.len();
        let name = self.path.pop().unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        match self.item {
            Some(item) if item == depth => {
                self.item = None;
                self.count = 0;
                merchant::item(std::mem::take(&mut self.values), self.place(), out)?;
            }
            Some(item) if item + 1 == depth => {
                let attribute = merchant::attribute(&name);
                let field = merchant::field(&attribute);
                out.map(&name, field);
                self.count += 1;
                if field.is_some() && self.count <= VALUES_MAX {
                    let cell = Cell::new(self.place(), &name, &text);
                    self.values.entry(attribute).or_default().push(cell);
                }
            }
            _ => {}
        }
        Ok(true)
    }
}
