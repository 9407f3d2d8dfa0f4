//! The identified party: an X.509 certificate in the market's profile.

use semper_base::{Timestamp, Violation};
use semper_blocks::certificate::{CertificateModule, Trust, Valid};
use semper_support::crypto::Crypto;

/// DER of the profile: a SEQUENCE whose length takes two bytes.
const HEAD: [u8; 2] = [0x30, 0x82];

/// X.509 as `blocks::certificate` defines it.
#[derive(Clone, Copy, Debug)]
pub(super) struct X509;

impl CertificateModule for X509 {
    fn word(&self) -> &'static str {
        "x509"
    }

    fn reads(&self, credential: &[u8]) -> bool {
        credential.starts_with(&HEAD)
    }

    fn validate(
        &self,
        credential: &[u8],
        trust: &Trust,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Valid, Violation> {
        trust.validate(credential, at, crypto)
    }
}

#[cfg(test)]
mod tests {
    use semper_base::{Code, Role};
    use semper_blocks::certificate::{Claims, Issuer, Kind, Manager, Root, RootRequest, Serial, StatusList, Validity};
    use semper_support::crypto::seeded::Seeded;

    use super::*;

    #[test]
    fn the_manager_finds_the_module() {
        let crypto = Seeded::new([1; 32]);
        let pair = crypto.generate().unwrap();
        let at = Timestamp::from_millis(1_800_000_000_000);
        let validity = Validity::new(at, at.plus(semper_base::Millis::days(1))).unwrap();
        let request = RootRequest { name: "Root".to_owned(), organisation: None };
        let root = Root::issue(request, &pair, Serial::draw(&crypto), validity, &crypto).unwrap();
        let claims = Claims {
            kind: Kind::Seal,
            role: Role::Notary,
            name: "Notary".to_owned(),
            organisation: None,
            dns: Vec::new(),
            key: crypto.generate().unwrap().public,
            limit: None,
            warranty: None,
            liability_terms: None,
        };
        let issuer = Issuer { root: &root, key: &pair.secret, status_uri: None };
        let leaf = issuer.issue(claims, Serial::draw(&crypto), validity, &crypto).unwrap();
        let (this_update, next_update) = (validity.not_before, validity.not_after);
        let list = StatusList { number: 1, this_update, next_update, revoked: std::collections::BTreeMap::new() };
        let list = issuer.issue_list(&list, &crypto).unwrap();
        let trust = Trust::new(root).with_status(&list, &crypto).unwrap();
        let manager = Manager::new(crate::certificate::ALL);
        let valid = manager.validate(&leaf, &trust, at, &crypto).unwrap();
        assert_eq!((valid.kind, valid.role), (Kind::Seal, Role::Notary));
        let unread = manager.validate(b"eyJ0eXAi", &trust, at, &crypto).unwrap_err();
        assert_eq!(unread.code(), Code::CertificateMalformed);
        let mut words: Vec<&str> = crate::certificate::ALL.iter().map(|module| module.word()).collect();
        words.dedup();
        assert_eq!(words.len(), crate::certificate::ALL.len());
    }
}
