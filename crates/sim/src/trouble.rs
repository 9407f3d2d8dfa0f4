//! Why a simulation stops: an oracle found something, or the simulator was misused.

use semper_base::{Error, Fault, Misuse, Violation};

/// One sentence for whoever reads the failed test.
#[derive(Clone, PartialEq, Eq)]
pub struct Trouble(pub String);

impl Trouble {
    /// Says what is wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Trouble(what.into())
    }
}

impl std::fmt::Debug for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

macro_rules! from {
    ($($error:ty)*) => {
        $(impl From<$error> for Trouble {
            fn from(error: $error) -> Self {
                Trouble(format!("{error} [{}] {}", error.code().number(), error.code().name()))
            }
        })*
    };
}

from! { Error Fault Misuse Violation }
