//! The bundled payment systems.

use semper_blocks::payment::PaymentModule;

mod account;
mod transfer;

/// Every bundled system: one file and one entry here for each.
pub const ALL: &[&dyn PaymentModule] = &[&account::Account, &transfer::Transfer];
