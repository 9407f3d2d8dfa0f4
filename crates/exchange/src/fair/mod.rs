//! Fair exchanges: nobody who stops half-way wins. One folder per protocol, one file per role.

pub mod dgp;
pub mod frame;
pub mod receipt;
