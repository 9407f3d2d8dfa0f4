//! Commerce: deals and the business processes that they follow.

pub mod deal;
pub mod process;
