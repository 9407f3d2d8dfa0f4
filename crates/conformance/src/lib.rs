//! The suites that everything behind an interface must pass: whoever writes a provider, a store or
//! a module runs the suite of its kind from a test and knows that the rest of Semper can rely on it.

pub mod crypto;
pub mod payment;
pub mod store;
