//! Business processes: each is a short list of steps, transfers and exchanges between them.

pub mod offer;
pub mod purchase;
pub mod vat;
