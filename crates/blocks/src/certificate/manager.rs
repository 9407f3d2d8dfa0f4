//! The manager: one question for every form of certificate, modules that answer it.

use semper_base::{Code, Timestamp, Violation};
use semper_support::crypto::Crypto;

use super::claims::Valid;
use super::trust::Trust;

/// A form of certificate (X.509; later pseudonyms, blind-signed keys).
pub trait CertificateModule: std::fmt::Debug + Send + Sync {
    /// The form's word, for output.
    fn word(&self) -> &'static str;

    /// Whether `credential` is meant for this module, by its first bytes. Says nothing about validity;
    /// at most one module says yes to the same bytes.
    fn reads(&self, credential: &[u8]) -> bool;

    /// Validates `credential` as of `at` against a snapshot.
    fn validate(
        &self,
        credential: &[u8],
        trust: &Trust,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Valid, Violation>;
}

/// Finds the module for a credential.
#[derive(Clone, Copy, Debug)]
pub struct Manager {
    modules: &'static [&'static dyn CertificateModule],
}

impl Manager {
    /// A manager of these modules, asked in order.
    #[must_use]
    pub fn new(modules: &'static [&'static dyn CertificateModule]) -> Self {
        Manager { modules }
    }

    /// Validates a credential of whatever form; a form that no module reads is malformed.
    pub fn validate(
        &self,
        credential: &[u8],
        trust: &Trust,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Valid, Violation> {
        let module = self.modules.iter().find(|module| module.reads(credential));
        let module = module.ok_or_else(|| Violation::new(Code::CertificateMalformed, "form"))?;
        module.validate(credential, trust, at, crypto)
    }
}
