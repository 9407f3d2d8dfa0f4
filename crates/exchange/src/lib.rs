//! Transfers and fair exchanges, and the judge who decides what evidence about them is worth.

pub mod fair;
pub mod judge;
pub mod log;
pub mod transfer;
