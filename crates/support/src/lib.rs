//! Supporting services: what every block above needs and no business logic at all.
//!
//! Each service is an interface and a manager: [`crypto`] (signatures, sealed boxes, the key
//! store), [`comm`] (what travels between parties), [`archive`], [`tinguin`] (the trusted screen),
//! [`preferences`] and [`access`] control.

pub mod access;
pub mod archive;
pub mod comm;
pub mod context;
pub mod crypto;
pub mod preferences;
pub mod tinguin;

pub use context::Context;
