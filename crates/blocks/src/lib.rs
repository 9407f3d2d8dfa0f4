//! Service blocks: statements, certificates, payments, delivery. Each is a manager with one generic
//! interface; modules plug in.

pub mod certificate;
pub mod delivery;
pub mod item;
pub mod payment;
pub mod stamp;
pub mod statement;
