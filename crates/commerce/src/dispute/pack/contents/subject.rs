//! What a pack is of: its descriptor, by what stands in it.

use semper_base::{Violation, json};
use semper_exchange::fair::dgp::Descriptor;
use semper_exchange::fair::frame;
use semper_exchange::fair::lock::Lock;

/// A descriptor.
#[derive(Clone)]
pub(crate) enum Subject {
    /// Of an exchange whose register is a notary.
    Frame(Box<frame::Descriptor>),
    /// Of a lock.
    Lock(Box<Lock>),
    /// Of a sale whose register is a bank.
    Sale(Box<Descriptor>),
}

/// Which of them, as far as it can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Frame,
    Lock,
    Sale,
}

impl Subject {
    /// Reads exact bytes; each sort's own reader says what is wrong with them.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Violation> {
        Ok(match Sort::of(bytes) {
            Sort::Frame => Subject::Frame(Box::new(frame::Descriptor::read(bytes)?)),
            Sort::Lock => Subject::Lock(Box::new(Lock::read(bytes)?)),
            Sort::Sale => Subject::Sale(Box::new(Descriptor::read(bytes)?)),
        })
    }
}

impl Sort {
    pub(super) fn of(bytes: &[u8]) -> Sort {
        let x = json::read_value(bytes).ok();
        let protocol = |core: Option<&json::Value>| core?.get("protocol")?.as_str().map(str::to_owned);
        if protocol(x.as_ref()).is_some() {
            return Sort::Lock;
        }
        match protocol(x.as_ref().and_then(|x| x.get("core"))) {
            Some(protocol) if protocol != semper_exchange::fair::dgp::descriptor::PROTOCOL => Sort::Frame,
            _ => Sort::Sale,
        }
    }
}
