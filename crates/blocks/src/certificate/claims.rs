//! What a certificate says, apart from how X.509 spells it.

use semper_base::limits::CERTIFICATE_DNS_MAX;
use semper_base::{Amount, Code, Hash, Role, Timestamp, Violation};
use semper_support::crypto::{Crypto, PublicKey};

use super::text;

/// What the certified key is for. One key never serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opens sealed boxes (HPKE; key usage keyAgreement).
    Seal,
    /// Makes time stamps (digitalSignature; timeStamping as the only and critical extended key usage, RFC
    /// 3161 section 2.3).
    Stamp,
    /// Signs statements (key usage digitalSignature and contentCommitment).
    Statement,
    /// Serves TLS under the certified host names (digitalSignature, serverAuth).
    Tls,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Kind; 4] = [Kind::Statement, Kind::Seal, Kind::Stamp, Kind::Tls];

    /// The word in output and file names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Statement => "statement",
            Kind::Seal => "seal",
            Kind::Stamp => "stamp",
            Kind::Tls => "tls",
        }
    }
}

/// The document that says who is liable for what: its hash and where it is published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LiabilityTerms {
    /// SHA-256 of the document's bytes.
    pub hash: Hash,
    /// An `http` or `https` address, at most `URI_BYTES_MAX` bytes. The hash decides, not the address.
    pub uri: String,
}

/// A certificate's serial number: 16 bytes, positive, 126 of the bits random (RFC 5280 section
/// 4.1.2.2 wants it positive and at most 20 bytes; fixed length keeps one spelling).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 16]);

impl Serial {
    /// From 16 random bytes; the two highest bits become 01.
    #[must_use]
    pub fn new(mut random: [u8; 16]) -> Self {
        if let Some(first) = random.first_mut() {
            *first = *first & 0x3f | 0x40;
        }
        Serial(random)
    }

    /// Draws one.
    pub fn draw(crypto: &dyn Crypto) -> Self {
        let mut random = [0; 16];
        crypto.random(&mut random);
        Serial::new(random)
    }

    /// Reads the content of a DER INTEGER that was made by [`Serial::new`].
    pub(super) fn from_integer(bytes: &[u8]) -> Option<Self> {
        let serial = Serial(bytes.try_into().ok()?);
        (serial == Serial::new(serial.0)).then_some(serial)
    }

    /// Reads the 32 hexadecimal digits that `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let whole = Hash::from_hex(&format!("{text}{text}")).filter(|_| text.len() == 32)?;
        Serial::from_integer(whole.0.first_chunk::<16>()?)
    }

    /// The 16 bytes, big endian.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&semper_base::hash::hex(&self.0))
    }
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Serial({self})")
    }
}

/// From when to when, whole seconds, both ends included (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
}

impl Validity {
    /// Both moments cut to whole seconds; refuses an empty period.
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, Violation> {
        let validity = Validity { not_before: not_before.whole_seconds(), not_after: not_after.whole_seconds() };
        if validity.not_before >= validity.not_after {
            return Err(Violation::new(Code::FieldWrong, "validity"));
        }
        Ok(validity)
    }

    /// Whether `at`, cut to its second, lies inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&at.whole_seconds())
    }
}

/// What the authority vouches for: the request of the holder, after the authority checked it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claims {
    /// What the key is for.
    pub kind: Kind,
    /// In which role the holder acts.
    pub role: Role,
    /// The name people see; see `check` for what it may hold.
    pub name: String,
    /// A registered identifier of the organisation (`VATDE-...`, `LEIXG-...`), if it has one.
    pub organisation: Option<String>,
    /// Host names, for [`Kind::Tls`] only and there at least one.
    pub dns: Vec<String>,
    /// The holder's public key.
    pub key: PublicKey,
    /// The largest transaction the certificate may be relied on for ([`Kind::Statement`] only).
    /// None means that the authority set no limit, not that it covers everything.
    pub limit: Option<Amount>,
    /// What the authority itself warrants per transaction ([`Kind::Statement`] only).
    pub warranty: Option<Amount>,
    /// Who is liable for what ([`Kind::Statement`] only).
    pub liability_terms: Option<LiabilityTerms>,
}

impl Claims {
    /// Whether the profile can hold these claims. Used before issuing and on every certificate read.
    pub(super) fn check(&self) -> Result<(), Violation> {
        text::check_name(&self.name)?;
        self.organisation.as_deref().map_or(Ok(()), text::check_organisation)?;
        self.check_dns()?;
        let backed = self.limit.is_some() || self.warranty.is_some() || self.liability_terms.is_some();
        if backed && self.kind != Kind::Statement {
            return Err(Violation::new(Code::FieldWrong, "limit"));
        }
        self.liability_terms.as_ref().map_or(Ok(()), |terms| text::check_uri(&terms.uri, "liability_terms"))
    }

    fn check_dns(&self) -> Result<(), Violation> {
        if self.dns.is_empty() == (self.kind == Kind::Tls)
            || self.dns.windows(2).any(|pair| pair.first() >= pair.last())
        {
            return Err(Violation::new(Code::FieldWrong, "dns"));
        }
        if self.dns.len() > CERTIFICATE_DNS_MAX {
            return Err(Violation::new(Code::TooMany, "dns"));
        }
        self.dns.iter().try_for_each(|name| text::check_dns(name))
    }
}

/// A certificate that was valid at the moment asked about: made by `validate` only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Valid {
    /// What the key is for.
    pub kind: Kind,
    /// In which role the holder acts.
    pub role: Role,
    /// The name people see.
    pub name: String,
    /// The organisation's registered identifier.
    pub organisation: Option<String>,
    /// Host names of a server's key.
    pub dns: Vec<String>,
    /// The holder's public key.
    pub key: PublicKey,
    /// SHA-256 of the certificate's DER: what statements name as `x5t#S256`.
    pub certificate_hash: Hash,
    /// The first second of validity.
    pub not_before: Timestamp,
    /// The last second of validity.
    pub not_after: Timestamp,
    /// The largest transaction that it may be relied on for.
    pub limit: Option<Amount>,
    /// What the authority warrants per transaction.
    pub warranty: Option<Amount>,
    /// Who is liable for what.
    pub liability_terms: Option<LiabilityTerms>,
    /// The serial number, unique per issuer.
    pub serial: Serial,
    /// The issuer's name.
    pub issuer: String,
    /// SHA-256 of the root's DER.
    pub root_hash: Hash,
}

impl Valid {
    /// Demands a kind and one of some roles.
    pub fn require(&self, kind: Kind, roles: &[Role]) -> Result<(), Violation> {
        if self.kind == kind && roles.contains(&self.role) {
            return Ok(());
        }
        Err(Violation::new(Code::CertificateKind, format!("{} {}", self.role.word(), self.kind.word())))
    }

    /// Refuses an amount above the limit, or in another currency than the limit's: no silent
    /// exchange. Without a limit every amount passes.
    pub fn covers(&self, amount: Amount) -> Result<(), Violation> {
        let within = |limit: Amount| limit.minus(amount).is_ok();
        if self.limit.is_none_or(within) {
            return Ok(());
        }
        Err(Violation::new(Code::LimitExceeded, amount.to_string()))
    }

    /// The facts a person should see, each with the word that the wording translates, in order:
    /// `name kind role organisation host limit warranty terms valid-from valid-until issuer serial`.
    /// Facts that the certificate does not state are left out.
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("name", self.name.clone()),
            ("kind", self.kind.word().to_owned()),
            ("role", self.role.word().to_owned()),
        ];
        lines.extend(self.organisation.iter().map(|id| ("organisation", id.clone())));
        lines.extend(self.dns.iter().map(|host| ("host", host.clone())));
        lines.extend(self.limit.iter().map(|limit| ("limit", limit.to_string())));
        lines.extend(self.warranty.iter().map(|warranty| ("warranty", warranty.to_string())));
        lines.extend(self.liability_terms.iter().map(|terms| ("terms", terms.uri.clone())));
        lines.push(("valid-from", self.not_before.to_string()));
        lines.push(("valid-until", self.not_after.to_string()));
        lines.push(("issuer", self.issuer.clone()));
        lines.push(("serial", self.serial.to_string()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn serials_are_positive_and_read_back(random in any::<[u8; 16]>()) {
            let serial = Serial::new(random);
            prop_assert!((0x40..0x80).contains(&serial.bytes()[0]));
            prop_assert_eq!(Serial::parse(&serial.to_string()), Some(serial));
            prop_assert_eq!(Serial::from_integer(serial.bytes()), Some(serial));
        }
    }

    #[test]
    fn foreign_serials_are_refused() {
        assert_eq!(Serial::from_integer(&[0x40; 15]), None);
        assert_eq!(Serial::from_integer(&[0x3f; 16]), None);
        assert_eq!(Serial::parse("zz"), None);
    }
}
