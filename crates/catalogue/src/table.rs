//! Tables: records one by one, each with the row that a spreadsheet shows.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use semper_base::Error;

use crate::build::Cell;
use crate::input::{self, Input, PIECE_BYTES_MAX, Tap};
use crate::problem::{Place, Problem};
use crate::report::Out;
use crate::{Format, detect, merchant, shopify};

/// Most columns of a table.
const COLUMNS_MAX: usize = 2000;

/// One row, by column.
pub(crate) struct Row<'a> {
    pub(crate) place: Place,
    columns: &'a [String],
    values: Vec<&'a str>,
}

impl Row<'_> {
    /// The cell of a column, by its number.
    pub(crate) fn cell(&self, column: Option<usize>) -> Option<Cell> {
        let column = column?;
        let value = self.values.get(column).copied().unwrap_or_default();
        Some(Cell::new(self.place, self.columns.get(column)?, value))
    }

    /// The value of a column, trimmed; empty if there is none.
    pub(crate) fn value(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.values.get(column)).map(|value| value.trim()).unwrap_or_default()
    }
}

/// What is done with the rows of a table.
enum Rows {
    Merchant(merchant::Table),
    Shopify(Box<shopify::Products>),
}

pub(crate) fn read<R: Read>(mut input: Input<R>, out: &mut Out<'_>) -> Result<(), Error> {
    let delimiter = detect::header(&String::from_utf8_lossy(input.peek())).0;
    let budget = input.budget();
    budget.renew();
    let (tap, rows) = Tap::new(input, delimiter);
    let mut table = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(16 << 10)
        .from_reader(tap);
    let mut record = ByteRecord::new();
    let Some(columns) = header(&mut table, &mut record, out) else { return Ok(()) };
    rows.borrow_mut().next();
    let mut sink = match out.format() {
        Some(Format::MerchantTable) => Rows::Merchant(merchant::Table::new(&columns, out)),
        format => Rows::Shopify(Box::new(shopify::Products::new(&columns, format == Some(Format::ShopifyNew), out))),
    };
    loop {
        budget.renew();
        match table.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(_) if budget.is_spent() => {
                let open = rows.borrow().open();
                let row = open.unwrap_or_else(|| rows.borrow_mut().next());
                out.problem(too_large(row));
                return Ok(());
            }
            Err(error) => return Err(input::fault(&std::io::Error::other(error.to_string())).into()),
        }
        if let Some(row) = rows.borrow().unclosed() {
            let what = "a quotation mark is opened here and never closed";
            let fix = "Close it; within a field write quotation marks twice";
            out.problem(Problem::new(Place::Row(row), "", "", what, fix));
            break;
        }
        let number = rows.borrow_mut().next();
        let place = Place::Row(number);
        if let Some(stray) = rows.borrow_mut().stray(number) {
            let what = "there is text right after a closing quotation mark";
            out.problem(Problem::new(Place::Row(stray), "", "", what, "Write quotation marks within a field twice"));
            continue;
        }
        if record.iter().all(|value| value.trim_ascii().is_empty()) {
            continue;
        }
        out.row();
        let Some(row) = row(place, &columns, &record, out) else { continue };
        match &mut sink {
            Rows::Merchant(table) => table.row(&row, out)?,
            Rows::Shopify(products) => products.row(&row, out)?,
        }
    }
    if let Rows::Shopify(products) = &mut sink {
        products.end(out)?;
    }
    Ok(())
}

fn too_large(row: u64) -> Problem {
    let what = format!("the row is larger than {PIECE_BYTES_MAX} bytes");
    Problem::new(Place::Row(row), "", "", what, "A quotation mark may be open: close it. Otherwise shorten the texts")
}

/// Reads the names of the columns.
fn header<R: Read>(table: &mut csv::Reader<R>, record: &mut ByteRecord, out: &mut Out<'_>) -> Option<Vec<String>> {
    let place = Place::Row(1);
    match table.read_byte_record(record) {
        Ok(true) => {}
        Ok(false) | Err(_) => {
            out.problem(Problem::new(place, "", "", "the first row cannot be read", "It must name the columns"));
            return None;
        }
    }
    if record.len() > COLUMNS_MAX {
        out.problem(Problem::new(
            place,
            "",
            "",
            format!("there are more than {COLUMNS_MAX} columns"),
            "Leave some out",
        ));
        return None;
    }
    let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    for (at, name) in names.iter().enumerate() {
        if !name.is_empty() && names.iter().take(at).any(|before| before.eq_ignore_ascii_case(name)) {
            let fix = "Rename or delete one of the two columns";
            out.problem(Problem::new(place, name, name, "this column comes a second time", fix));
            return None;
        }
    }
    Some(names)
}

/// The values of a record as text, if they fit the header.
fn row<'a>(place: Place, columns: &'a [String], record: &'a ByteRecord, out: &mut Out<'_>) -> Option<Row<'a>> {
    // Spreadsheets leave out empty cells at the end; more than there are columns means a delimiter too many.
    let is_empty = |value: &[u8]| value.trim_ascii().is_empty();
    if let Some(extra) = record.iter().skip(columns.len()).find(|value| !is_empty(value)) {
        let what = format!("the row has {} fields, the header {}", record.len(), columns.len());
        let fix = "Put a text that contains the separator into quotation marks";
        out.problem(Problem::new(place, "", &String::from_utf8_lossy(extra), what, fix));
        return None;
    }
    let mut values = Vec::with_capacity(record.len());
    for (value, column) in record.iter().zip(columns) {
        match std::str::from_utf8(value) {
            Ok(text) => values.push(text),
            Err(_) => {
                let fix = "Save the file as CSV UTF-8; it seems to be in Latin-1 or Windows-1252";
                out.problem(Problem::new(place, column, &String::from_utf8_lossy(value), "this is not UTF-8", fix));
                return None;
            }
        }
    }
    Some(Row { place, columns, values })
}

/// The number of the first of these columns that there is, whatever its case.
pub(crate) fn find(columns: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
}
