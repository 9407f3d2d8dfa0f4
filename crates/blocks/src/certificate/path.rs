//! RFC 5280 section 6 path validation by `certval`, kept on a short lead: it gets our time, and
//! instead of a signature algorithm it gets the one signature that the crypto manager verified
//! before. It reads no clock (the time of interest is always set), no store and no network.

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, PDVCertificate, PDVTrustAnchorChoice,
    PathValidationStatus, PkiEnvironment, TimeOfInterest, enforce_trust_anchor_constraints, validate_path_rfc5280,
};
use der::Encode;
use der::asn1::BitString;
use semper_base::{Code, Hash, Timestamp, Violation};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::asn1::malformed;

/// A leaf whose signature by the root's key was verified.
pub(super) struct SignedLeaf<'a> {
    pub(super) der: &'a [u8],
    pub(super) tbs: &'a [u8],
    /// The content of the signature's bit string.
    pub(super) signature: &'a [u8],
    /// The root's key that verified it (DER `SubjectPublicKeyInfo`).
    pub(super) spki: &'a [u8],
    /// The certificate policy that must hold along the path.
    pub(super) policy: String,
}

/// Validates the path root -> leaf at `at`.
pub(super) fn validate(root: &[u8], leaf: &SignedLeaf<'_>, at: Timestamp) -> Result<(), Violation> {
    let anchor = PDVTrustAnchorChoice::try_from(root).map_err(|_| malformed("root"))?;
    let target = PDVCertificate::try_from(leaf.der).map_err(|_| malformed("certificate"))?;
    let settings = settings(leaf, at)?;
    let settings = enforce_trust_anchor_constraints(&settings, &anchor).map_err(refused)?;
    let path = CertificationPath::new(anchor, Vec::new(), target);
    let mut results = CertificationPathResults::new();
    validate_path_rfc5280(&environment(leaf), &settings, &path, &mut results).map_err(refused)?;
    match results.get_validation_status() {
        Some(PathValidationStatus::Valid) => Ok(()),
        _ => Err(Violation::new(Code::CertificatePath, "undecided")),
    }
}

/// Explicit policy required, no anyPolicy, no mapping: the leaf's own kind and nothing else.
fn settings(leaf: &SignedLeaf<'_>, at: Timestamp) -> Result<CertificationPathSettings, Violation> {
    let time = TimeOfInterest::from_unix_secs(at.seconds()).map_err(|_| malformed("time"))?;
    if time.is_disabled() {
        // certval takes the first second of 1970 as "do not check the time".
        return Err(Violation::new(Code::CertificateExpired, "1970"));
    }
    let mut settings = CertificationPathSettings::new();
    settings.set_time_of_interest(time);
    settings.set_require_ta_store(false);
    settings.set_enforce_trust_anchor_constraints(true);
    settings.set_enforce_trust_anchor_validity(true);
    settings.set_initial_explicit_policy_indicator(true);
    settings.set_initial_policy_mapping_inhibit_indicator(true);
    settings.set_initial_inhibit_any_policy_indicator(true);
    settings.set_initial_policy_set(vec![leaf.policy.clone()]);
    Ok(settings)
}

/// An environment that can do nothing but recognise the verified signature.
fn environment(leaf: &SignedLeaf<'_>) -> PkiEnvironment {
    let verified = fact(leaf.tbs, leaf.signature, leaf.spki);
    let mut environment = PkiEnvironment::new();
    let recognise = move |_: &PkiEnvironment,
                          message: &[u8],
                          signature: &BitString,
                          _: &AlgorithmIdentifierOwned,
                          spki: &SubjectPublicKeyInfoOwned| {
        let asked = fact(message, signature.raw_bytes(), &spki.to_der()?);
        if asked == verified {
            return Ok(());
        }
        Err(certval::Error::PathValidation(PathValidationStatus::SignatureVerificationFailure))
    };
    environment.add_verify_signature_message_callback(recognise);
    environment
}

/// "This key made this signature over this message", as a value that can be compared.
fn fact(message: &[u8], signature: &[u8], spki: &[u8]) -> Hash {
    Hash::tagged_parts("semper-path-signature/1", &[message, signature, spki])
}

fn refused(error: certval::Error) -> Violation {
    use PathValidationStatus::{InvalidNotAfterDate, InvalidNotBeforeDate};
    let code = match &error {
        certval::Error::PathValidation(InvalidNotAfterDate | InvalidNotBeforeDate) => Code::CertificateExpired,
        _ => Code::CertificatePath,
    };
    Violation::new(code, error.to_string())
}
