//! The bundled modules: one file for each, one list for each block. Pure: no I/O, no clock, no dice.

pub mod certificate;
pub mod payment;
