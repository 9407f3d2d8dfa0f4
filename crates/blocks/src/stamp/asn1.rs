//! The ASN.1 of requests, replies and tokens, in the part that is used.

use const_oid::ObjectIdentifier;
use der::asn1::{BitString, GeneralizedTime, Int, OctetString, SetOfVec};
use der::{Any, Sequence, ValueOrd};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::RdnSequence;

/// `id-sha256` (RFC 5754 section 2)
pub(super) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// `id-signedData` (RFC 5652 section 5.1)
pub(super) const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `id-ct-TSTInfo` (RFC 3161 section 2.4.2)
pub(super) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-contentType` (RFC 5652 section 11.1)
pub(super) const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
/// `id-messageDigest` (RFC 5652 section 11.2)
pub(super) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// `id-aa-signingCertificateV2` (RFC 5035 section 3)
pub(super) const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// `MessageImprint`
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct ImprintValue {
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) hash: OctetString,
}

/// `TimeStampReq` (RFC 3161 section 2.4.1)
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct RequestValue {
    pub(super) version: u8,
    pub(super) imprint: ImprintValue,
    #[asn1(optional = "true")]
    pub(super) policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    pub(super) nonce: Option<Int>,
    #[asn1(default = "no")]
    pub(super) certificate: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

fn no() -> bool {
    false
}

/// `TimeStampResp` (RFC 3161 section 2.4.2)
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct ReplyValue {
    pub(super) status: StatusValue,
    #[asn1(optional = "true")]
    pub(super) token: Option<Any>,
}

/// `PKIStatusInfo`
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct StatusValue {
    pub(super) status: u8,
    #[asn1(optional = "true")]
    pub(super) texts: Option<Vec<String>>,
    #[asn1(optional = "true")]
    pub(super) failure: Option<BitString>,
}

/// `TSTInfo` (RFC 3161 section 2.4.2) without what a token of ours never has: ordering, extensions.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct InfoValue {
    pub(super) version: u8,
    pub(super) policy: ObjectIdentifier,
    pub(super) imprint: ImprintValue,
    pub(super) serial: Int,
    pub(super) time: GeneralizedTime,
    pub(super) accuracy: AccuracyValue,
    #[asn1(optional = "true")]
    pub(super) nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) authority: GeneralName,
}

/// `Accuracy`, whole seconds only.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct AccuracyValue {
    pub(super) seconds: u32,
}

/// `ContentInfo` (RFC 5652 section 3)
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct ContentInfo {
    pub(super) kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: SignedData,
}

/// `SignedData` (RFC 5652 section 5.1)
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct SignedData {
    pub(super) version: u8,
    pub(super) digests: SetOfVec<AlgorithmIdentifierOwned>,
    pub(super) content: Encapsulated,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) certificates: Option<SetOfVec<Any>>,
    pub(super) signers: SetOfVec<SignerInfo>,
}

/// `EncapsulatedContentInfo` (RFC 5652 section 5.2)
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct Encapsulated {
    pub(super) kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: OctetString,
}

/// `SignerInfo` (RFC 5652 section 5.3) that names its signer by issuer and serial number.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
pub(super) struct SignerInfo {
    pub(super) version: u8,
    pub(super) signer: SignerId,
    pub(super) digest: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub(super) attributes: SetOfVec<Attribute>,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: OctetString,
}

/// `IssuerAndSerialNumber` (RFC 5652 section 10.2.4)
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
pub(super) struct SignerId {
    pub(super) issuer: RdnSequence,
    pub(super) serial: Int,
}

/// `SigningCertificateV2` (RFC 5035 section 3): SHA-256 is the default and stays unsaid.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct SigningCertificate {
    pub(super) certificates: Vec<CertificateId>,
}

/// `ESSCertIDv2` (RFC 5035 section 4) by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct CertificateId {
    pub(super) hash: OctetString,
}

/// SHA-256 without parameters (RFC 5754 section 2).
pub(super) fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SHA256, parameters: None }
}
