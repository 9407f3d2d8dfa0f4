//! What is asked for once more.
//!
//! Renewal: the same key under the same terms, asked for by its holder before the certificate ends. The
//! certificate itself is the code: who is named in it and signs with its key needs no operator.
//!
//! Repetition: who was cut off before its certificate came asks again with the code that is used up by now,
//! and for the same key gets the same certificate.
//!
//! ```text
//! renew/CODE          Renewable, by the code that follows from the certificate
//! given/CODE+KIND     Given, by the code of the invitation and the kind of certificate
//! ```

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Error, Hash, Key, KeyId, Misuse, PeerId, Role, Timestamp};
use semper_blocks::certificate::{Claims, Validity};
use semper_blocks::statement::Statement;
use serde::{Deserialize, Serialize};

use super::{ListRow, claims, issue, list, list_row, with_terms};
use crate::common::enrol::{CertificateRefused, CertificateReply, Registration, kind_of, kinds, renewal_code};
use crate::common::{Desk, keys, rows};

/// What stands in a certificate, for its successor.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Renewable {
    dns: Vec<String>,
    key: KeyId,
    kind: String,
    limit: Option<Amount>,
    name: String,
    not_after: Timestamp,
    /// Not before half of its life: else one certificate would be many at will.
    not_before: Timestamp,
    /// Its successor, once there is one.
    renewed: Option<Hash>,
    role: Role,
    serial: String,
    warranty: Option<Amount>,
}

/// What a code was used for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    certificate: Hash,
    key: KeyId,
}

fn given_row(registration: &Registration) -> Key {
    let text = format!("{}/{}", registration.code, registration.certificate);
    Key::new("given", Hash::tagged("semper-given/1", text.as_bytes()))
}

/// Notes what was given for an invitation's code.
pub(super) fn give(registration: &Registration, der: &[u8], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let given = Given { certificate: keys::keep_certificate(der, desk), key: registration.key.id() };
    Ok(rows::put(desk.tx, given_row(registration), &given)?)
}

/// The certificate that was given for this code and this key already. Whether it is still good, its list says.
pub(super) fn given(registration: &Registration, desk: &Desk<'_, '_>) -> Result<Option<Vec<u8>>, Error> {
    let given: Option<Given> = rows::get(desk.tx, &given_row(registration))?;
    match given.filter(|given| given.key == registration.key.id()) {
        Some(given) => Ok(keys::certificate(desk.tx, &given.certificate)?),
        None => Ok(None),
    }
}

/// Notes what a certificate may be renewed to.
pub(super) fn note(
    claims: &Claims,
    serial: &str,
    validity: Validity,
    der: &[u8],
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let half = validity.not_after.since(validity.not_before).0 / 2;
    let renewable = Renewable {
        dns: claims.dns.clone(),
        key: claims.key.id(),
        kind: claims.kind.word().to_owned(),
        limit: claims.limit,
        name: claims.name.clone(),
        not_after: validity.not_after,
        not_before: validity.not_before.plus(semper_base::Millis(half)),
        renewed: None,
        role: claims.role,
        serial: serial.to_owned(),
        warranty: claims.warranty,
    };
    Ok(rows::put(desk.tx, Key::new("renew", renewal_code(&Hash::of(der))), &renewable)?)
}

/// The certificate that a registration's code stands for, if it stands for one.
pub(super) fn of_code(code: &Hash, desk: &Desk<'_, '_>) -> Result<Option<Renewable>, Error> {
    Ok(rows::get(desk.tx, &Key::new("renew", code))?)
}

/// From when a certificate may be renewed, and when it ends.
pub(super) fn life(certificate: &Hash, desk: &Desk<'_, '_>) -> Result<Option<(Timestamp, Timestamp)>, Error> {
    let known = of_code(&renewal_code(certificate), desk)?;
    Ok(known.map(|known| (known.not_before, known.not_after)))
}

/// Certifies a key once more. Asked again, sends the same certificate again.
pub(super) fn renew(
    from: PeerId,
    mut known: Renewable,
    registration: &Statement<Registration>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let body = &registration.body;
    let revoked: ListRow = rows::get(desk.tx, &list_row())?.unwrap_or_default();
    let same = known.key == body.key.id()
        && (known.role, &known.name, &known.kind) == (body.role, &body.name, &body.certificate);
    let in_time = known.not_before <= desk.cx.now && desk.cx.now <= known.not_after;
    if !same || !in_time || revoked.revoked.contains_key(&known.serial) {
        let refused = CertificateRefused { certificate: body.certificate.clone(), code: Code::EnrolmentCode.number() };
        return desk.send(from, kinds::REFUSED, &refused);
    }
    let der = match known.renewed {
        Some(successor) => keys::certificate(desk.tx, &successor)?
            .ok_or_else(|| Misuse::new(Code::NotFound, "the certificate that was renewed"))?,
        None => {
            let kind = kind_of(&known.kind)?;
            let old = claims(kind, known.role, &known.name, known.dns.clone(), body.key.clone());
            let der = issue(&with_terms(old, known.limit, known.warranty), desk)?;
            known.renewed = Some(keys::keep_certificate(&der, desk));
            rows::put(desk.tx, Key::new("renew", body.code), &known)?;
            desk.tell("renewed", body.role, format!("Renewed a {} certificate of {}.", known.kind, known.name));
            der
        }
    };
    let status = Blob64(list(desk)?);
    desk.send(from, kinds::REPLY, &CertificateReply { certificate: Blob64(der), status })
}
