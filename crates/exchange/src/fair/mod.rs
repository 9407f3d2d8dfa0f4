//! Fair exchanges: nobody who stops half-way wins. One folder per protocol, one file per role.

pub mod choice;
pub mod cs2;
pub mod csn_a;
pub mod csn_c;
pub mod deal;
pub mod dgp;
pub mod frame;
pub mod lock;
pub mod mail;
pub mod party;
pub mod receipt;
pub mod register;
