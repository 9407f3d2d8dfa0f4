//! A contract or certified mail on its way to whoever shall sign it: a file with everything that there is to be looked at. It
//! holds no secret but the terms, and no authority: whoever changes it has made another contract.

use semper_base::code::Code;
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, EXCHANGE_ITEMS_MAX, EXCHANGE_PARTIES_MAX};
use semper_base::{Blob64, Error, Hash, Misuse, Role, Violation, json};
use semper_blocks::certificate::{Kind as CertificateKind, Trust, Valid};
use semper_exchange::fair::deal::Parcel;
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::{Descriptor, Named, Terms};
use semper_exchange::fair::mail::Parcelled;
use serde::{Deserialize, Serialize};

use crate::common::Desk;

/// Who may sign a contract.
const SIGNERS: &[Role] = &[Role::Buyer, Role::Seller];
/// Version of the form.
const VERSION: u64 = 1;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContractFile {
    /// Certificates (DER) of all parties, of the notary, and of whoever holds money in it.
    certificates: Vec<Blob64>,
    /// The exact bytes of X.
    descriptor: Blob64,
    /// Of a mail: the sealed letter.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    parcel: Option<Parcelled>,
    /// Of a deal: its sealed letters, in the order of the legs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    parcels: Vec<Parcel>,
    /// [`VERSION`] of this form, so that another one is told from a damaged file.
    semper_contract: u64,
    /// What only the parties know.
    terms: Terms,
}

/// A file that holds together. Whose the certificates are is another question.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    pub(super) x: Descriptor,
    pub(super) terms: Terms,
    /// Of a mail.
    pub(super) parcel: Option<Parcelled>,
    /// Of a deal.
    pub(super) parcels: Vec<Parcel>,
    pub(super) certificates: Vec<Vec<u8>>,
    /// The exact bytes of the file.
    pub(super) bytes: Vec<u8>,
}

impl Paper {
    /// Writes a new one, and reads it like anybody else's.
    pub(super) fn make(
        x: &Descriptor,
        terms: Terms,
        parcel: Option<Parcelled>,
        parcels: Vec<Parcel>,
        certificates: Vec<Vec<u8>>,
    ) -> Result<Self, Error> {
        let certificates = certificates.into_iter().map(Blob64).collect();
        let descriptor = Blob64(x.bytes().to_vec());
        let file = ContractFile { certificates, descriptor, parcel, parcels, semper_contract: VERSION, terms };
        Ok(Paper::read(&json::canonical(&file)?)?)
    }

    /// Reads a file: form, X, the commitment to the terms, that terms and X say the same.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Violation> {
        if bytes.len() > CONTRACT_FILE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "contract file"));
        }
        let value: serde_json::Value = json::read(bytes)?;
        let version = value.get("semper_contract").and_then(serde_json::Value::as_u64);
        if version.is_some_and(|version| version != VERSION) {
            return Err(Violation::new(Code::VersionUnknown, "contract file"));
        }
        let file: ContractFile = json::read(bytes)?;
        if file.certificates.len() > EXCHANGE_PARTIES_MAX + EXCHANGE_ITEMS_MAX + 1 {
            return Err(Violation::new(Code::TooMany, "certificates"));
        }
        let x = Descriptor::read(&file.descriptor.0)?;
        file.terms.check(&x.core)?;
        super::deal::check_parcels(&x, &file.parcels)?;
        match (&x.core.mail, &file.parcel) {
            (None, None) if x.core.deal.is_some() => {}
            (None, None) if x.core.items == signatures(x.parties(), x.core.terms) => {}
            (None, None) => return Err(Violation::new(Code::DescriptorWrong, "items")),
            (Some(mail), Some(parcel)) => {
                parcel.check(&x)?;
                if file.terms.contract.file.as_ref().is_none_or(|file| file.hash != mail.cipher) {
                    return Err(Violation::new(Code::TermsWrong, "another letter"));
                }
            }
            _ => return Err(Violation::new(Code::DescriptorWrong, "a mail has a letter, and nothing else has one")),
        }
        let certificates = file.certificates.into_iter().map(|der| der.0).collect();
        let ContractFile { terms, parcel, parcels, .. } = file;
        Ok(Paper { x, terms, parcel, parcels, certificates, bytes: bytes.to_vec() })
    }

    /// Whether everybody is who the terms say, by certificates that are good now.
    pub(super) fn check_names(&self, trust: &Trust, desk: &Desk<'_, '_>) -> Result<(), Violation> {
        let contract = &self.terms.contract;
        contract.parties.iter().try_for_each(|party| self.check_name(party, SIGNERS, trust, desk))?;
        for (holder, name) in super::payments::holders(self) {
            let (certificate, key) = (Some(holder.certificate), holder.key.clone());
            self.check_name(&Named { certificate, key, name: name.to_owned() }, &[Role::Bank], trust, desk)?;
        }
        self.check_name(&contract.notary, &[Role::Notary], trust, desk)
    }

    fn check_name(&self, party: &Named, roles: &[Role], trust: &Trust, desk: &Desk<'_, '_>) -> Result<(), Violation> {
        let missing = || Violation::new(Code::RefMissing, format!("the certificate of {}", party.name));
        let named = party.certificate.ok_or_else(missing)?;
        let der = self.certificates.iter().find(|der| Hash::of(der) == named).ok_or_else(missing)?;
        let valid = trust.validate(der, desk.cx.now, desk.cx.crypto)?;
        valid.require(CertificateKind::Statement, roles)?;
        if valid.key != party.key || valid.name != party.name {
            return Err(Violation::new(Code::KeyWrong, party.name.clone()));
        }
        Ok(())
    }
}

/// X in a file that was read before and then stored; whatever else is in it is passed over.
pub(super) fn descriptor(stored: &[u8]) -> Result<Vec<u8>, Violation> {
    #[derive(Deserialize)]
    struct Described {
        descriptor: Blob64,
    }
    Ok(json::read_own::<Described>(stored)?.descriptor.0)
}

/// Checks a certificate of somebody who may sign a contract.
pub(super) fn signer(der: &[u8], trust: &Trust, desk: &Desk<'_, '_>) -> Result<Valid, Violation> {
    let valid = trust.validate(der, desk.cx.now, desk.cx.crypto)?;
    valid.require(CertificateKind::Statement, SIGNERS)?;
    Ok(valid)
}

/// The bytes in a member of a command.
pub(super) fn blob(value: Option<&serde_json::Value>, name: &str) -> Result<Vec<u8>, Misuse> {
    let blob = serde_json::from_value(value.cloned().unwrap_or_default());
    blob.map(|Blob64(bytes)| bytes).map_err(|_| Misuse::new(Code::FieldWrong, name))
}
