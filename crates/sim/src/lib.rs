//! The simulated market: the same driver and services under virtual time and faulty disks.

pub mod disk;
