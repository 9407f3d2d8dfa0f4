//! Business processes: each is a short list of steps, transfers and exchanges between them.

pub mod mail_order;
pub mod offer;
pub mod price_list;
pub mod product;
pub mod profile;
pub mod purchase;
pub mod vat;
