//! Certificates as they were: each at the moments when it was used, by the lists of that time.

use semper_base::{Code, Hash, Timestamp, Violation};
use semper_blocks::certificate::{Root, STATUS_SKEW, StatusList, Trust, Valid, read_list};
use semper_support::crypto::Crypto;

use super::super::pack::{Certified, Sorted};

/// What is known of a certificate at a moment.
#[derive(Clone, Debug)]
pub(super) enum Status {
    /// Good, by the list of that time.
    AsItWas(Valid),
    /// Good, by a list made later; such a list still names what was revoked earlier.
    Later(Valid),
    /// The root signed it and it was in its period, but no list here says whether it was revoked. So
    /// nothing that it says is relied on.
    NotShown,
}

impl Status {
    pub(super) fn valid(&self) -> Option<&Valid> {
        match self {
            Status::AsItWas(valid) | Status::Later(valid) => Some(valid),
            Status::NotShown => None,
        }
    }
}

/// The pack's certificates and lists under the root that the reader gave.
pub(super) struct Certificates<'a> {
    certified: &'a [Certified],
    root: &'a Root,
    /// By time.
    lists: Vec<(StatusList, Trust)>,
    crypto: &'a dyn Crypto,
}

impl<'a> Certificates<'a> {
    /// Also gives the lists that the root did not sign.
    pub(super) fn new(sorted: &'a Sorted, root: &'a Root, crypto: &'a dyn Crypto) -> (Self, Vec<(String, Violation)>) {
        let (mut lists, mut bad) = (Vec::new(), Vec::new());
        for (stem, der) in &sorted.lists {
            let read = read_list(root, der, crypto).and_then(|list| {
                let trust = Trust::new(root.clone()).with_status(der, crypto)?;
                Ok((list, trust))
            });
            match read {
                Ok(both) => lists.push(both),
                Err(why) => bad.push((format!("{stem}.der"), why)),
            }
        }
        lists.sort_by_key(|(list, _)| (list.this_update, list.number));
        (Certificates { certified: &sorted.certificates, root, lists, crypto }, bad)
    }

    pub(super) fn find(&self, hash: &Hash) -> Option<&'a Certified> {
        self.certified.iter().find(|certified| certified.hash == *hash)
    }

    /// # Errors
    /// The root did not sign it, it breaks the profile, it was out of its period, or it was revoked.
    pub(super) fn at(&self, certified: &Certified, at: Timestamp) -> Result<Status, Violation> {
        let validate = |trust: &Trust, at| trust.validate(&certified.der, at, self.crypto);
        let covers =
            |list: &StatusList| list.this_update.minus(STATUS_SKEW) <= at && at.whole_seconds() <= list.next_update;
        if let Some((_, trust)) = self.lists.iter().rev().find(|(list, _)| covers(list)) {
            return validate(trust, at).map(Status::AsItWas);
        }
        // Without a list everything else is checked before the status is found missing.
        match validate(&Trust::new(self.root.clone()), at) {
            Err(why) if why.code() == Code::StatusMissing => {}
            Err(why) => return Err(why),
            Ok(_) => return Ok(Status::NotShown),
        }
        let Some((list, trust)) = self.lists.iter().find(|(list, _)| list.this_update > at) else {
            return Ok(Status::NotShown);
        };
        match validate(trust, list.this_update) {
            Ok(valid) => Ok(Status::Later(valid)),
            Err(why) if why.code() == Code::CertificateExpired => Ok(Status::NotShown),
            Err(why) => Err(why),
        }
    }
}
