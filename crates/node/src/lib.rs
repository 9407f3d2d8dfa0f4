//! Binds a party to threads, sockets and files: the only layer that knows a runtime.
//!
//! ```text
//!  peers ---TLS---> server --+                                     +--> long polls, pushes (client)
//!  our links <----> client --+--> check (workers) --> writer ------+--> trusted screen
//!  CLI --control.sock------- +     many threads       one thread   +--> notices
//!  clock ---------> timers --+                        per party
//! ```
//!
//! Everything that decides lies below, in driver and services; here are only queues, connections
//! and patience. Nothing leaves the process before the writer's commit returned.

pub mod control;
pub mod screen;
pub mod serve;
pub mod tls;
pub mod writer;

mod client;
mod clock;
mod delivery;
mod hub;
mod server;
mod stall;
mod timers;

pub use screen::{NoScreen, Screen};
pub use serve::{Listen, Running, ServeOptions, runtime, serve};
pub use tls::Identity;
pub use writer::Handle;
