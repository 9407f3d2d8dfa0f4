//! placeholder
#[derive(Debug)]
pub struct Keyring;
