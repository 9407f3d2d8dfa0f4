//! Every wording of every kind, and what a hostile payload can do.

mod catalogue;
mod hostile;
mod sample;
mod snapshot;
