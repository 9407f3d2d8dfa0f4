//! Cards as people give them to each other: a certificate, and those of the notaries that they take.

use semper_base::{Millis, Role, Timestamp};
use semper_blocks::certificate::{Claims, Issuer, Kind, Root, RootRequest, Serial, Validity, pem};
use semper_support::crypto::{Crypto as _, KeyPair, Seeded};

/// An authority, and what it has certified.
pub(crate) struct Authority {
    crypto: Seeded,
    pair: KeyPair,
    root: Root,
    serial: u8,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let crypto = Seeded::new([5; 32]);
        let pair = crypto.generate().unwrap();
        let request = RootRequest { name: "Root".to_owned(), organisation: None };
        let root = Root::issue(request, &pair, Serial::draw(&crypto), year(), &crypto).unwrap();
        Authority { crypto, pair, root, serial: 1 }
    }

    /// The certificate of somebody new, as PEM, and the key's name.
    pub(crate) fn certify(&mut self, role: Role, name: &str) -> (String, String) {
        let key = self.crypto.generate().unwrap().public;
        let claims = Claims {
            kind: Kind::Statement,
            role,
            name: name.to_owned(),
            organisation: None,
            dns: Vec::new(),
            key: key.clone(),
            limit: None,
            warranty: None,
            liability_terms: None,
        };
        self.serial += 1;
        let issuer = Issuer { root: &self.root, key: &self.pair.secret, status_uri: None };
        let der = issuer.issue(claims, Serial::new([self.serial; 16]), year(), &self.crypto).unwrap();
        (pem::to_pem(pem::Label::Certificate, &der).unwrap(), key.id().0.hex())
    }
}

fn year() -> Validity {
    let now = Timestamp::from_millis(1_790_000_000_000);
    Validity::new(now, now.plus(Millis::days(365))).unwrap()
}
