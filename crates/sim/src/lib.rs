//! The simulated market: the same driver and services as in production, under virtual time, a faulty
//! network, faulty disks, scripted users and liars.
//!
//! ```text
//!            one queue of happenings, ordered by (virtual time, number)
//!                 |
//!   World --------+--> Seat: host (check, step, commit) --> Mounted disk (ModelStore)
//!     |                   |
//!     |                   +--> outputs: wake a peer, ask the user, tell --> new happenings
//!     +--> oracles after every commit        trace: one line per happening
//! ```
//!
//! Nothing here reads a clock or draws dice of its own: a seed gives the same trace, byte for byte.

pub mod bounds;
pub mod containers;
pub mod counting;
pub mod dice;
pub mod disk;
pub mod fate;
pub mod forge;
pub mod host;
pub mod judging;
pub mod lies;
pub mod market;
pub mod memory;
pub mod minimise;
pub mod mount;
pub mod oracle;
pub mod papers;
pub mod parcels;
pub mod play;
pub mod run;
pub mod screen;
pub mod script;
pub mod secrecy;
pub mod trace;
pub mod trades;
pub mod trouble;
pub mod twist;
pub mod weather;
pub mod world;

pub use run::{Report, run};
