//! Shopify product CSV, both generations. Rows with the same handle are one product: the first has its
//! texts, each row with a price is a variant, a row with nothing but a picture adds a picture.
//!
//! Sources: help.shopify.com, "Using CSV files to import and export products", as of 2026; the older
//! headers are those of exports before 2025.

use semper_base::Error;

use crate::build::{Cell, Raw, Stock};
use crate::problem::Problem;
use crate::report::Out;
use crate::table::{Row, find};
use crate::text::slug;

/// Most variants of one product, as Shopify has it.
const VARIANTS_MAX: usize = 2048;
/// Most pictures of one product that are looked at.
const IMAGES_MAX: usize = 250;

/// A column under its names of both generations, and what becomes of it.
struct Column {
    names: &'static [&'static str],
    field: &'static str,
}

const fn column(names: &'static [&'static str], field: &'static str) -> Column {
    Column { names, field }
}

const COLUMNS: [Column; 26] = [
    column(&["URL handle", "Handle"], "group"),
    column(&["Title"], "title"),
    column(&["Description", "Body (HTML)"], "description"),
    column(&["Vendor"], "brand"),
    column(&["Type"], "category"),
    column(&["Product category", "Product Category", "Standardized Product Type"], "category"),
    column(&["Published on online store", "Published"], "published"),
    column(&["Status"], "published"),
    column(&["Option1 name"], "options"),
    column(&["Option1 value"], "options"),
    column(&["Option2 name"], "options"),
    column(&["Option2 value"], "options"),
    column(&["Option3 name"], "options"),
    column(&["Option3 value"], "options"),
    column(&["SKU", "Variant SKU"], "sku"),
    column(&["Barcode", "Variant Barcode"], "gtin"),
    column(&["Price", "Variant Price"], "price"),
    column(&["Inventory quantity", "Variant Inventory Qty"], "stock"),
    column(&["Inventory tracker", "Variant Inventory Tracker"], "stock"),
    column(&["Continue selling when out of stock", "Variant Inventory Policy"], "stock"),
    column(&["Weight value (grams)", "Variant Grams"], "weight_g"),
    column(&["Requires shipping", "Variant Requires Shipping"], "kind"),
    column(&["Product image URL", "Image Src"], "images"),
    column(&["Variant image URL", "Variant Image"], "images"),
    column(&["Gift card", "Gift Card"], "kind"),
    column(&["Language"], "language"),
];

/// The numbers of the columns in this table, in the order of [`COLUMNS`].
#[derive(Debug)]
struct Places {
    at: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum At {
    Handle = 0,
    Title,
    Description,
    Vendor,
    Type,
    Category,
    Published,
    Status,
    Name1,
    Value1,
    Sku = 14,
    Barcode,
    Price,
    Quantity,
    Tracker,
    Policy,
    Grams,
    Shipping,
    Image,
    VariantImage,
    GiftCard,
    Language,
}

impl Places {
    fn of(&self, at: At) -> Option<usize> {
        self.at.get(at as usize).copied().flatten()
    }

    /// Name and value of option 0, 1 or 2.
    fn option(&self, number: usize) -> [Option<usize>; 2] {
        [At::Name1 as usize, At::Value1 as usize].map(|at| self.at.get(at + 2 * number).copied().flatten())
    }
}

/// Products that are being put together from rows.
#[derive(Debug)]
pub(crate) struct Products {
    places: Places,
    /// Whether a row without handle may stand for itself.
    handle_from_title: bool,
    group: Option<Group>,
    /// Handles that are complete: their rows stand together.
    done: std::collections::BTreeSet<u128>,
}

/// The rows of one handle.
#[derive(Debug)]
struct Group {
    handle: Cell,
    title: Option<Cell>,
    description: Option<Cell>,
    vendor: Option<Cell>,
    category: Option<Cell>,
    language: Option<Cell>,
    held_back: bool,
    names: Vec<Option<Cell>>,
    variants: Vec<Variant>,
    images: Vec<Cell>,
}

#[derive(Debug)]
struct Variant {
    values: Vec<Option<Cell>>,
    sku: Option<Cell>,
    barcode: Option<Cell>,
    price: Cell,
    stock: Stock,
    grams: Option<u64>,
    digital: Option<bool>,
    image: Option<Cell>,
}

impl Products {
    pub(crate) fn new(columns: &[String], is_new: bool, out: &mut Out<'_>) -> Self {
        let at: Vec<Option<usize>> = COLUMNS.iter().map(|column| find(columns, column.names)).collect();
        for (number, name) in columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let known = at.iter().zip(&COLUMNS).find(|(at, _)| **at == Some(number));
            out.map(name, known.map(|(_, column)| column.field));
        }
        Products {
            places: Places { at },
            handle_from_title: is_new,
            group: None,
            done: std::collections::BTreeSet::new(),
        }
    }

    pub(crate) fn row(&mut self, row: &Row<'_>, out: &mut Out<'_>) -> Result<(), Error> {
        let Some(handle) = self.handle(row, out) else { return Ok(()) };
        if self.group.as_ref().is_none_or(|group| group.handle.value != handle.value) {
            self.end(out)?;
            if !self.done.insert(half(&handle.value)) {
                let what = "rows with this handle came before, with others between them";
                out.problem(Problem::new(
                    row.place,
                    &handle.column,
                    &handle.value,
                    what,
                    "Put all rows of a product together, or give this one another handle",
                ));
            }
            self.group = Some(self.begin(handle, row));
        }
        let variant = self.variant(row);
        let image = filled(row.cell(self.places.of(At::Image)));
        let Some(group) = &mut self.group else { return Ok(()) };
        if group.images.len() < IMAGES_MAX {
            group.images.extend(image);
        }
        match variant {
            Some(_) if group.variants.len() == VARIANTS_MAX => {
                let what = format!("the product has more than {VARIANTS_MAX} variants");
                out.problem(Problem::new(row.place, "", "", what, "Make several products of it"));
            }
            Some(variant) => group.variants.push(variant),
            None => {}
        }
        Ok(())
    }

    fn handle(&self, row: &Row<'_>, out: &mut Out<'_>) -> Option<Cell> {
        let handle = filled(row.cell(self.places.of(At::Handle)));
        if handle.is_some() {
            return handle;
        }
        let title = filled(row.cell(self.places.of(At::Title)));
        match (title, &self.group) {
            // Shopify makes a handle from the title of a new product.
            (Some(title), _) if self.handle_from_title => Some(Cell { value: slug(&title.value), ..title }),
            (None, Some(group)) if self.handle_from_title => Some(group.handle.clone()),
            _ => {
                let column = self.places.of(At::Handle).and_then(|at| row.cell(Some(at)));
                let column = column.map_or("Handle".to_owned(), |cell| cell.column);
                let fix = "Give each row the handle of its product, such as assam-tea";
                out.problem(Problem::new(row.place, &column, "", "the row has no handle", fix));
                None
            }
        }
    }

    fn begin(&self, handle: Cell, row: &Row<'_>) -> Group {
        let cell = |at| filled(row.cell(self.places.of(at)));
        let no = |at| matches!(row.value(self.places.of(at)).to_ascii_lowercase().as_str(), "false" | "no" | "0");
        let status = row.value(self.places.of(At::Status)).to_ascii_lowercase();
        Group {
            handle,
            title: cell(At::Title),
            description: cell(At::Description),
            vendor: cell(At::Vendor),
            category: cell(At::Type).or_else(|| cell(At::Category)),
            language: cell(At::Language),
            held_back: no(At::Published) || matches!(status.as_str(), "draft" | "archived" | "unlisted"),
            names: (0..3).map(|number| filled(row.cell(self.places.option(number)[0]))).collect(),
            variants: Vec::new(),
            images: Vec::new(),
        }
    }

    /// The variant that a row describes, if it describes one.
    fn variant(&self, row: &Row<'_>) -> Option<Variant> {
        let cell = |at| filled(row.cell(self.places.of(at)));
        let is_first = self.group.as_ref().is_some_and(|group| group.variants.is_empty());
        let has_values = (0..3).any(|number| !row.value(self.places.option(number)[1]).is_empty());
        let price = row.cell(self.places.of(At::Price));
        let has_price = price.as_ref().is_some_and(|price| !price.is_blank());
        let has_title = !row.value(self.places.of(At::Title)).is_empty();
        if !(has_price || has_values || is_first && has_title) {
            return None;
        }
        let yes = |at| match row.value(self.places.of(at)).to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        };
        Some(Variant {
            values: (0..3).map(|number| filled(row.cell(self.places.option(number)[1]))).collect(),
            sku: cell(At::Sku),
            barcode: cell(At::Barcode),
            price: price.unwrap_or_else(|| Cell::new(row.place, "Price", "")),
            stock: self.stock(row),
            grams: row.value(self.places.of(At::Grams)).split(['.', ',']).next().and_then(|grams| grams.parse().ok()),
            digital: yes(At::Shipping).map(|ships| !ships).or(yes(At::GiftCard).filter(|gift| *gift)),
            image: cell(At::VariantImage),
        })
    }

    fn stock(&self, row: &Row<'_>) -> Stock {
        let has_tracker = self.places.of(At::Tracker).is_some();
        let is_counted = !has_tracker || !row.value(self.places.of(At::Tracker)).is_empty();
        let goes_on =
            matches!(row.value(self.places.of(At::Policy)).to_ascii_lowercase().as_str(), "continue" | "true" | "yes");
        match row.cell(self.places.of(At::Quantity)) {
            Some(count) if is_counted && !goes_on => Stock::Count(count),
            _ => Stock::Unsaid,
        }
    }

    /// The rows of a handle are complete.
    pub(crate) fn end(&mut self, out: &mut Out<'_>) -> Result<(), Error> {
        match self.group.take() {
            Some(group) => group.finish(out),
            None => Ok(()),
        }
    }
}

impl Group {
    fn finish(mut self, out: &mut Out<'_>) -> Result<(), Error> {
        let variants = std::mem::take(&mut self.variants);
        if variants.is_empty() {
            let what = "the product has no row with a price";
            let fix = "Add a price, or delete the rows of this handle";
            let handle = &self.handle;
            out.problem(Problem::new(handle.place, &handle.column, &handle.value, what, fix));
            return Ok(());
        }
        let is_single = variants.len() == 1;
        variants.into_iter().try_for_each(|variant| self.product(variant, is_single, out))
    }

    fn product(&self, variant: Variant, is_single: bool, out: &mut Out<'_>) -> Result<(), Error> {
        let place = variant.price.place;
        let options = self.options(&variant);
        let mut id = Cell { place, ..self.handle.clone() };
        for (_, value) in &options {
            id.value = format!("{} {}", id.value, value.value);
        }
        let title = self.title.clone().unwrap_or_else(|| Cell::new(self.handle.place, "Title", ""));
        let has_options = !options.is_empty();
        let raw = Raw::new(id, title, variant.price);
        let raw = Raw {
            sku: variant.sku,
            group: (has_options || !is_single).then(|| self.handle.clone()),
            options,
            description: self.description.clone(),
            stock: variant.stock,
            images: variant.image.into_iter().chain(self.images.iter().cloned()).collect(),
            brand: self.vendor.clone(),
            gtin: variant.barcode.map(|barcode| (barcode, false)),
            weight_g: variant.grams,
            category: self.category.clone(),
            language: self.language.clone(),
            digital: variant.digital,
            held_back: self.held_back,
            ..raw
        };
        raw.finish(out)
    }

    /// Names and values; what Shopify writes for a product without variants is none.
    fn options(&self, variant: &Variant) -> Vec<(Cell, Cell)> {
        let pairs = self.names.iter().zip(&variant.values);
        let pairs = pairs.filter_map(|(name, value)| {
            let value = value.clone()?;
            let name = name.clone().unwrap_or_else(|| Cell { value: "Option".to_owned(), ..value.clone() });
            Some((name, value))
        });
        pairs.filter(|(name, value)| !(name.value.trim() == "Title" && value.value.trim() == "Default Title")).collect()
    }
}

fn filled(cell: Option<Cell>) -> Option<Cell> {
    cell.filter(|cell| !cell.is_blank())
}

fn half(text: &str) -> u128 {
    let hash = semper_base::Hash::of(text.as_bytes());
    hash.bytes().iter().take(16).fold(0, |half, byte| half << 8 | u128::from(*byte))
}
