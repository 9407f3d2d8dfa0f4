//! Commerce: deals and the business processes that they follow.

pub mod deal;
pub mod dispute;
pub mod process;
