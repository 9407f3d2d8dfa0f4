//! The object identifiers of the profile.

use const_oid::ObjectIdentifier;
use semper_base::Role;

use super::claims::Kind;

/// The arc under which everything private to this profile lies: **a demonstration arc**, reserved
/// for examples (RFC 5612). Whoever runs a real market replaces this one constant by an arc under an
/// enterprise number of his own; certificates issued before are then refused.
///
/// - `.1.<kind>.<role>`: the certificate policies, one for each kind and role
/// - `.2.1`: the extension `liabilityTerms`
/// - `.3.1`: the policy under which time stamps are made
const DEMO_ARC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.4059");

/// `liabilityTerms ::= SEQUENCE { hash OCTET STRING (SIZE (32)), uri IA5String }`
pub(super) fn liability_terms() -> ObjectIdentifier {
    DEMO_ARC.push_arc(2).and_then(|arc| arc.push_arc(1)).unwrap_or(DEMO_ARC)
}

/// The policy of time stamps: ECDSA P-256 with SHA-256, the clock of the notary, no promise beyond it.
pub(crate) fn stamp_policy() -> ObjectIdentifier {
    DEMO_ARC.push_arc(3).and_then(|arc| arc.push_arc(1)).unwrap_or(DEMO_ARC)
}

/// `ecdsa-with-SHA256` (RFC 5758 section 3.2)
pub(crate) const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// `id-at-commonName`
pub(super) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `id-at-organizationIdentifier` (ETSI EN 319 412-1 section 5.1.4)
pub(super) const ORGANISATION_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");
/// `id-kp-serverAuth`
pub(super) const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
/// `id-kp-timeStamping` (RFC 3161 section 2.3)
pub(super) const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// `id-pe-qcStatements` (RFC 3739 section 3.2.6)
pub(super) const QC_STATEMENTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.3");
/// `id-etsi-qcs-QcLimitValue` (ETSI EN 319 412-5 section 4.3.2)
pub(super) const QC_LIMIT_VALUE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.2");
/// `id-pe-warranty-extn` (RFC 4059)
pub(super) const WARRANTY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.16");

/// `id-ce-*` (RFC 5280 section 4.2.1 and 5.2, 5.3)
pub(super) mod ce {
    use const_oid::ObjectIdentifier;

    pub(in super::super) const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
    pub(in super::super) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
    pub(in super::super) const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
    pub(in super::super) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    pub(in super::super) const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
    pub(in super::super) const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
    pub(in super::super) const CRL_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
    pub(in super::super) const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
    pub(in super::super) const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
    pub(in super::super) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
}

const KINDS: [(Kind, u32); 4] = [(Kind::Statement, 1), (Kind::Seal, 2), (Kind::Tls, 3), (Kind::Stamp, 4)];
const ROLES: [(Role, u32); 9] = [
    (Role::Authority, 1),
    (Role::Bank, 2),
    (Role::Broker, 3),
    (Role::Buyer, 4),
    (Role::Notary, 5),
    (Role::Seller, 6),
    (Role::Witness, 7),
    (Role::Arbiter, 8),
    (Role::Carrier, 9),
];

/// The policy that says "a key of this kind, of a party in this role".
pub(super) fn policy(kind: Kind, role: Role) -> Option<ObjectIdentifier> {
    let (_, kind) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let (_, role) = ROLES.iter().find(|(known, _)| *known == role)?;
    DEMO_ARC.push_arc(1).and_then(|arc| arc.push_arc(*kind)).and_then(|arc| arc.push_arc(*role)).ok()
}

/// The inverse of [`policy`].
pub(super) fn kind_and_role(oid: &ObjectIdentifier) -> Option<(Kind, Role)> {
    let all = KINDS.iter().flat_map(|(kind, _)| ROLES.iter().map(|(role, _)| (*kind, *role)));
    all.into_iter().find(|(kind, role)| policy(*kind, *role).as_ref() == Some(oid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_distinct_and_read_back() {
        for (kind, _) in KINDS {
            for (role, _) in ROLES {
                let oid = policy(kind, role).unwrap();
                assert_eq!(kind_and_role(&oid), Some((kind, role)));
            }
        }
        assert_eq!(kind_and_role(&DEMO_ARC), None);
        assert_eq!(liability_terms(), ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.4059.2.1"));
    }
}
