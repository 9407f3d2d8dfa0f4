//! A new contract: who, what, until when, under which protocol.

use semper_base::code::Code;
use semper_base::limits::NOTARIES_NAMED_MAX;
use semper_base::{Blob64, Error, Hash, KeyId, Millis, Misuse, Nonce, Role};
use semper_blocks::certificate::{Kind as CertificateKind, Trust};
use semper_blocks::item::Grade;
use semper_exchange::fair::choice::Unfit;
use semper_exchange::fair::deal::Deal;
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::terms::NamedFee;
use semper_exchange::fair::frame::{
    Attached, Contract, Core, Deadlines, Descriptor, Fee, Named, Protocol, Terms, Third,
};
use semper_exchange::fair::mail::{self, Sending};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::random_secret;
use serde_json::{Value, json};

use super::deal;
use super::file::{Paper, blob, signer};
use crate::common::standing::language;
use crate::common::{Desk, hello, keys, notaries, text};

/// How long a contract can be signed if nobody says otherwise.
const EXPIRES: Millis = Millis::days(7);

/// Makes a contract as the command wishes it: ourselves first, then the others in their order.
pub(super) fn make(request: &Value, desk: &Desk<'_, '_>) -> Result<Paper, Error> {
    let trust = keys::trust_now(desk)?.ok_or_else(|| Misuse::new(Code::KeyMissing, "no root yet"))?;
    let mut certificates = vec![own_certificate(desk)?];
    let others = request.get("with").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for other in others {
        certificates.push(certificate(other, desk)?);
    }
    let parts = deal::parts(request)?;
    for card in parts.iter().flat_map(deal::Part::cards) {
        if !certificates.contains(&card.0) {
            certificates.push(card.0.clone());
        }
    }
    let parties = certificates.iter().map(|der| named(der, &trust, desk)).collect::<Result<Vec<Named>, Error>>()?;
    let optimistic = request.get("optimistic").and_then(Value::as_bool).unwrap_or(false);
    if optimistic && !parts.is_empty() {
        return Err(Misuse::new(Code::Usage, "letters are exchanged through the notary; leave optimistic out").into());
    }
    if optimistic && parties.len() != 2 {
        return Err(
            Misuse::new(Code::Usage, "only two parties can sign over their own link; leave optimistic out").into()
        );
    }
    let asynchronous = request.get("asynchronous").and_then(Value::as_bool).unwrap_or(false);
    let rounds = 3..=Protocol::CsnC.parties_max();
    if asynchronous && (optimistic || !parts.is_empty() || !rounds.contains(&parties.len())) {
        return Err(Misuse::new(Code::Usage, Unfit::Asynchronous.text()).into());
    }
    let protocol = match (optimistic, asynchronous, parts.is_empty()) {
        (true, ..) => Protocol::Cs2,
        (_, true, _) => Protocol::CsnC,
        (.., true) => Protocol::CsnA,
        (.., false) => Protocol::Deal,
    };
    let expires_ms = request.get("expires_ms").and_then(Value::as_u64).map_or(EXPIRES, Millis);
    let notary = notary(request, &others.iter().collect::<Vec<_>>(), &trust, desk)?;
    let times = Deadlines { expires: desk.cx.now.plus(expires_ms), ..Deadlines::standard(desk.cx.now) };
    let fee = fee(request, protocol, parties.len(), &notary)?;
    let mut contract = Contract {
        expires: times.expires,
        fee: named_fee(fee, &parties),
        file: request.get("document").map(attached).transpose()?,
        grade: Grade::Strong,
        legs: vec![],
        language: language(desk)?,
        notary: Named { certificate: Some(notary.certificate), key: notary.key.clone(), name: notary.name.clone() },
        parties,
        protocol,
        text: request.get("text").and_then(Value::as_str).map(str::to_owned),
        title: text(request, "title")?.to_owned(),
    };
    let deal = match protocol {
        Protocol::Deal => Some(legs(&certificates, &parts, &mut contract)?),
        _ => None,
    };
    let terms = Terms { contract, salt: random_secret(desk.cx.crypto) };
    let core = Core { fee, ..core(&terms, times, &notary, desk)? };
    let items = deal.as_ref().map_or(core.items, |deal| deal.items(core.terms));
    let x = Descriptor::new(&Core { deal, items, ..core }, None)?;
    let der = keys::certificate(desk.tx, &notary.certificate)?;
    certificates.push(der.ok_or_else(|| Misuse::new(Code::NotFound, "the notary's certificate"))?);
    for card in parts.iter().filter_map(deal::Part::holder) {
        if !certificates.contains(&card.0) {
            certificates.push(card.0.clone());
        }
    }
    Paper::make(&x, terms, None, deal::parcels(parts), certificates)
}

/// What is given in a deal of these parties, in X and in the terms.
fn legs(cards: &[Vec<u8>], parts: &[deal::Part], contract: &mut Contract) -> Result<Deal, Misuse> {
    let parties = u8::try_from(cards.len()).unwrap_or(u8::MAX);
    let place = |card: &[u8]| cards.iter().position(|known| known == card).and_then(|at| u8::try_from(at).ok());
    let deal = deal::legs(parts, parties, place)?;
    contract.legs = deal::named(&deal, parts, contract);
    Ok(deal)
}

/// Seals and addresses a mail: from us to one other.
pub(super) fn letter(request: &Value, content: &[u8], desk: &Desk<'_, '_>) -> Result<(Paper, Sending), Error> {
    let trust = keys::trust_now(desk)?.ok_or_else(|| Misuse::new(Code::KeyMissing, "no root yet"))?;
    let to = request.get("to").ok_or_else(|| Misuse::new(Code::FieldMissing, "to"))?;
    let mut certificates = vec![own_certificate(desk)?, certificate(to, desk)?];
    let parties = certificates.iter().map(|der| named(der, &trust, desk)).collect::<Result<Vec<Named>, Error>>()?;
    let optimistic = request.get("optimistic").and_then(Value::as_bool).unwrap_or(false);
    let expires_ms = request.get("expires_ms").and_then(Value::as_u64).map_or(EXPIRES, Millis);
    let protocol = if optimistic { Protocol::Cm } else { Protocol::CmOnline };
    let notary = notary(request, &[to], &trust, desk)?;
    let fee = fee(request, protocol, parties.len(), &notary)?;
    let times = Deadlines { expires: desk.cx.now.plus(expires_ms), ..Deadlines::standard(desk.cx.now) };
    let sealed = mail::seal(content, desk.cx.crypto)?;
    let file = Attached {
        bytes: sealed.length(),
        hash: sealed.name(),
        media: "application/vnd.semper.letter".to_owned(),
        name: "letter".to_owned(),
    };
    let contract = Contract {
        expires: times.expires,
        fee: named_fee(fee, &parties),
        file: Some(file),
        grade: Grade::Strong,
        legs: vec![],
        language: language(desk)?,
        notary: Named { certificate: Some(notary.certificate), key: notary.key.clone(), name: notary.name.clone() },
        parties,
        protocol,
        text: None,
        title: text(request, "title")?.to_owned(),
    };
    let terms = Terms { contract, salt: random_secret(desk.cx.crypto) };
    let missing = || Misuse::new(Code::KeyMissing, "the notary has no sealing key");
    let notary_seal = optimistic.then(|| notary.seal.clone().ok_or_else(missing)).transpose()?;
    let core = Core { fee, notary_seal, ..core(&terms, times, &notary, desk)? };
    let (x, sending) = sealed.address(core, desk.cx.crypto)?;
    let der = keys::certificate(desk.tx, &notary.certificate)?;
    certificates.push(der.ok_or_else(|| Misuse::new(Code::NotFound, "the notary's certificate"))?);
    Ok((Paper::make(&x, terms, Some(sending.parcel.clone()), vec![], certificates)?, sending))
}

/// What the notary takes, and who pays it: who makes the exchange, or the party with the place that the command names.
fn fee(request: &Value, protocol: Protocol, parties: usize, notary: &hello::Met) -> Result<Option<Fee>, Error> {
    let payer = request.get("fee_payer").map_or(Some(0), Value::as_u64);
    let payer = payer.filter(|payer| usize::try_from(*payer).is_ok_and(|payer| payer < parties));
    let payer = payer.and_then(|payer| u8::try_from(payer).ok());
    let payer = payer.ok_or_else(|| Misuse::new(Code::FieldWrong, "fee_payer: the place of a party, from 0"))?;
    Ok(notary.fees.of(protocol).map(|amount| Fee { amount, payer }))
}

fn named_fee(fee: Option<Fee>, parties: &[Named]) -> Option<NamedFee> {
    let fee = fee?;
    let payer = parties.get(usize::from(fee.payer))?;
    Some(NamedFee { amount: fee.amount, payer: payer.name.clone() })
}

fn core(terms: &Terms, deadlines: Deadlines, notary: &hello::Met, desk: &Desk<'_, '_>) -> Result<Core, Error> {
    let mut nonce = [0_u8; 16];
    desk.cx.crypto.random(&mut nonce);
    let (commitment, contract) = (terms.commitment()?, &terms.contract);
    let parties: Vec<_> = contract.parties.iter().map(|party| party.key.clone()).collect();
    let many = u8::try_from(parties.len()).unwrap_or(u8::MAX);
    Ok(Core {
        deal: None,
        deadlines,
        fee: None,
        grade: contract.grade,
        items: signatures(many, commitment),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce(nonce),
        notary: Third { key: notary.key.clone(), certificate: notary.certificate },
        notary_seal: None,
        opened: desk.cx.now,
        parties,
        protocol: contract.protocol,
        terms: commitment,
    })
}

/// The notary for an exchange with these others: the one that the command names by its link, or the first of our list
/// that is on everybody's whose card says which ones they take.
fn notary(request: &Value, others: &[&Value], trust: &Trust, desk: &Desk<'_, '_>) -> Result<hello::Met, Error> {
    let lists = others.iter().filter_map(|other| other.get("notaries")).map(|list| theirs(list, trust, desk));
    let lists = lists.collect::<Result<Vec<Vec<(KeyId, String)>>, Error>>()?;
    let Some((first, more)) = lists.split_first() else {
        return match request.get("notary").and_then(Value::as_str) {
            Some(link) => notaries::at(link, desk),
            None => notaries::choose(None, &[], desk),
        };
    };
    let everybodys = |key: &KeyId| more.iter().all(|list| list.iter().any(|(other, _)| other == key));
    let mut common: Vec<KeyId> = first.iter().map(|(key, _)| *key).filter(everybodys).collect();
    if let Some(link) = request.get("notary").and_then(Value::as_str) {
        let wished = notaries::at(link, desk)?.key.id();
        common.retain(|key| *key == wished);
    }
    let mut names: Vec<String> = lists.iter().flatten().map(|(_, name)| name.clone()).collect();
    names.sort();
    names.dedup();
    notaries::choose(Some(&common), &names, desk)
}

/// The notaries beside somebody's card, as far as their certificates are good.
fn theirs(list: &Value, trust: &Trust, desk: &Desk<'_, '_>) -> Result<Vec<(KeyId, String)>, Error> {
    let cards: Vec<Blob64> =
        serde_json::from_value(list.clone()).map_err(|_| Misuse::new(Code::FieldWrong, "notaries: certificates"))?;
    let valid = |card: &Blob64| trust.validate(&card.0, desk.cx.now, desk.cx.crypto).ok();
    let valid = cards.iter().take(NOTARIES_NAMED_MAX).filter_map(valid);
    Ok(valid.filter(|valid| valid.role == Role::Notary).map(|valid| (valid.key.id(), valid.name)).collect())
}

/// Our card: the certificate of our signing key and those of the notaries that we take, best first.
pub(super) fn card(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let mut notaries = Vec::new();
    for known in notaries::listed(desk)?.iter().take(NOTARIES_NAMED_MAX) {
        notaries.extend(keys::certificate(desk.tx, &known.met.certificate)?.map(Blob64));
    }
    Ok(json!({ "certificate": Blob64(own_certificate(desk)?), "notaries": notaries }))
}

/// The certificate of our signing key.
pub(super) fn own_certificate(desk: &Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let identity = keys::identity(desk.tx, CertificateKind::Statement)?;
    let identity = identity.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    let der = keys::certificate(desk.tx, &identity.certificate)?;
    Ok(der.ok_or_else(|| Misuse::new(Code::NotFound, "own certificate"))?)
}

/// The certificate of another party: as given, or of whoever is met at a link.
pub(super) fn certificate(other: &Value, desk: &Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    match other.get("link").and_then(Value::as_str) {
        Some(link) => {
            let met = hello::met_at(link, desk)?;
            let der = keys::certificate(desk.tx, &met.certificate)?;
            Ok(der.ok_or_else(|| Misuse::new(Code::NotFound, format!("the certificate of {link}")))?)
        }
        None => Ok(blob(other.get("certificate"), "with: a link or a certificate")?),
    }
}

fn named(der: &[u8], trust: &Trust, desk: &Desk<'_, '_>) -> Result<Named, Error> {
    let valid = signer(der, trust, desk).map_err(|why| Misuse::new(why.code(), format!("a card: {why}")))?;
    Ok(Named { certificate: Some(valid.certificate_hash), key: valid.key, name: valid.name })
}

/// A document that stays outside: `{"hash","length","media_type","name"}`.
pub(super) fn attached(document: &Value) -> Result<Attached, Misuse> {
    let wrong = || Misuse::new(Code::FieldWrong, "document");
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    Ok(Attached {
        bytes: document.get("length").and_then(Value::as_u64).ok_or_else(wrong)?,
        hash: text("hash").and_then(Hash::from_hex).ok_or_else(wrong)?,
        media: text("media_type").ok_or_else(wrong)?.to_owned(),
        name: text("name").ok_or_else(wrong)?.to_owned(),
    })
}
