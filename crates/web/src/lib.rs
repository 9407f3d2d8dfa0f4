//! The pages of each party: what people see in a browser.
//!
//! A page acts through its own party's *commands*, the same that the control socket and `semper call`
//! take, so a page can do nothing that the command line cannot. It sees no database, no key and no other
//! party. Everything is plain HTML from templates that the compiler checks, works without JavaScript,
//! and speaks English and German.
//!
//! ```text
//!  browser --> door      host, origin, session, token, size; headers of every answer
//!                |
//!                v
//!              pages     /         public     /desk   operator     (one folder a role)
//!                |
//!                v
//!              Party     commands of this party: JSON in, JSON out
//! ```

pub mod cookies;
pub mod desk;
pub mod door;
pub mod forms;
pub mod oops;
pub mod page;
pub mod party;
pub mod serve;
pub mod session;
pub mod texts;

pub use page::Page;
pub use party::Party;
pub use serve::{Site, start};
