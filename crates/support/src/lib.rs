//! Supporting services: what every block above needs and no business logic at all.
//!
//! Each service is an interface and a manager: [`crypto`] (signatures, sealed boxes, the key
//! store), [`comm`] (what travels between parties), [`archive`], [`tinguin`] (the trusted screen),
//! [`preferences`], [`access`] control and the transparency [`log`].

pub mod access;
pub mod archive;
pub mod comm;
pub mod context;
pub mod crypto;
pub mod log;
pub mod preferences;
pub mod tinguin;

pub use context::Context;
