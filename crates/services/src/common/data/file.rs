//! The file that a seller of data gives away: the sealed letter, half of its key, the signed offer, and the certificate
//! that says who signed it. Whoever finds it on its way learns what is on sale and reads nothing of it.

use semper_base::code::Code;
use semper_base::limits::DATA_FILE_BYTES_MAX;
use semper_base::{Blob64, Error, Fault, Hash, Millis, Role, Violation, json};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::delivery::ShareOpening;
use semper_blocks::statement::{Compact, Statement, danger_typed_unverified, verify};
use semper_exchange::fair::lock::sale;
use semper_exchange::fair::lock::statements::DataOffer;
use serde::{Deserialize, Serialize};

use crate::common::{Desk, keys};

/// The version of this form.
const VERSION: u64 = 1;
/// Tolerated difference of clocks in an offer.
const SKEW: Millis = Millis::seconds(120);
/// Who may sell.
const SELLERS: &[Role] = &[Role::Buyer, Role::Seller];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataFile {
    /// Of the key that signs the offer (DER).
    certificate: Blob64,
    letter: Blob64,
    /// The signed [`DataOffer`].
    offer: String,
    semper_data: u64,
    share: ShareOpening,
}

/// A file that was read: everything in it fits together.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    pub(super) certificate: Vec<u8>,
    pub(super) offer: Statement<DataOffer>,
    pub(super) share: ShareOpening,
}

/// Writes the file of an offer.
pub(super) fn write(offer: &str, letter: &Blob64, share: &ShareOpening, certificate: Blob64) -> Result<Vec<u8>, Error> {
    let (letter, share, offer) = (letter.clone(), share.clone(), offer.to_owned());
    Ok(json::canonical(&DataFile { certificate, letter, offer, semper_data: VERSION, share })?)
}

/// The name of an offer on both sides: the hash of what is signed, which is known before it is.
pub(super) fn id(payload: &[u8]) -> Hash {
    Hash::of(payload)
}

impl Paper {
    /// The name of its offer.
    pub(super) fn id(&self) -> Result<Hash, Violation> {
        Ok(id(Compact::parse(&self.offer.text)?.payload()))
    }

    /// Reads a file and the certificate in it: form, signature, who signed, that letter and share are those of the
    /// offer.
    pub(super) fn read(bytes: &[u8], desk: &Desk<'_, '_>) -> Result<(Self, Valid), Violation> {
        if bytes.len() > DATA_FILE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "data file"));
        }
        let value: serde_json::Value = json::read(bytes)?;
        let version = value.get("semper_data").and_then(serde_json::Value::as_u64);
        if version.is_some_and(|version| version != VERSION) {
            return Err(Violation::new(Code::VersionUnknown, "data file"));
        }
        let file: DataFile = json::read(bytes)?;
        let trust = keys::trust_now(desk);
        let trust = trust.ok().flatten().ok_or_else(|| Violation::new(Code::StatusMissing, "no root yet"))?;
        let valid = trust.validate(&file.certificate.0, desk.cx.now, desk.cx.crypto)?;
        valid.require(CertificateKind::Statement, SELLERS)?;
        if Compact::parse(&file.offer)?.certificate() != Some(valid.certificate_hash) {
            return Err(Violation::new(Code::KeyWrong, "another certificate"));
        }
        let offer: Statement<DataOffer> = verify(desk.cx.crypto, &valid.key, &file.offer)?;
        offer.meta.check_time(desk.cx.now, SKEW)?;
        if offer.meta.signer.role != valid.role {
            return Err(Violation::new(Code::RoleWrong, offer.meta.signer.role.word()));
        }
        sale::check_parcel(&offer.body, &file.letter.0, &file.share)?;
        Ok((Paper { certificate: file.certificate.0, offer, share: file.share }, valid))
    }
}

/// What lies in a file that was read before.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) letter: Vec<u8>,
    pub(super) offer: Statement<DataOffer>,
    pub(super) share: ShareOpening,
}

/// Reads a file that passed [`Paper::read`] when it came: what was good then need not be good for ever.
pub(super) fn parts(bytes: &[u8]) -> Result<Parts, Error> {
    let damaged = |e: Violation| Fault::new(Code::DatabaseCorrupt, e.to_string());
    let file: DataFile = json::read(bytes).map_err(damaged)?;
    let offer = danger_typed_unverified(&file.offer).map_err(damaged)?;
    Ok(Parts { letter: file.letter.0, offer, share: file.share })
}

/// The offer in a payload that the owner has not signed yet.
pub(super) fn asked(payload: &str) -> Result<DataOffer, Error> {
    let damaged = |e: &dyn std::fmt::Display| Fault::new(Code::DatabaseCorrupt, e.to_string());
    let mut value: serde_json::Value = json::read(payload.as_bytes()).map_err(|e| damaged(&e))?;
    if let serde_json::Value::Object(members) = &mut value {
        members.remove("semper");
    }
    Ok(serde_json::from_value(value).map_err(|e| damaged(&e))?)
}
