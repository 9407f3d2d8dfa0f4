//! Letters in a contract: a deal. Each giver seals its letter first and gives what is sealed to whoever writes the
//! deal down; the keys stay here until the notary has all of them. See [`semper_exchange::fair::deal`].
//!
//! ```text
//!  contract-seal          contract-new, with parts          contract-sign           everybody has
//! [part file] ----------> [deal file, with all parts] ----> [joint deal asked] ----> letters open
//!
//! sealed/COM_K    Own: the key of a letter that we sealed
//! ```

use semper_base::code::Code;
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTERS_SEALED_MAX};
use semper_base::{Blob64, Error, Fault, Hash, Key, Misuse, Violation, Xid, json};
use semper_blocks::delivery::KeyOpening;
use semper_exchange::fair::deal::{Content, Deal, Leg, Parcel, Stock, judge_letter, open};
use semper_exchange::fair::frame::{Contract, Descriptor, NamedLeg, Receiver};
use semper_exchange::fair::party::{Party, Standing};
use semper_support::access::{Action, Revealed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::{Paper, blob};
use super::payments::{self, Bill};
use super::run::Run;
use super::{make, one_of};
use crate::common::access::permit_owner;
use crate::common::{Desk, board, rows, text};

/// Version of the form of a part file.
const VERSION: u64 = 1;

/// A letter on its way to whoever writes the deal down. There is no secret in it: nobody reads the letter without the
/// giver's half of its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    /// How long the content is.
    bytes: u64,
    com_k: Hash,
    /// The giver's card, DER.
    giver: Blob64,
    /// SHA-256 of the content, if the giver stands for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hash: Option<Hash>,
    media: String,
    name: String,
    parcel: Parcel,
    /// [`VERSION`] of this form.
    semper_part: u64,
    /// The card of the one who shall read it; all others in the deal if there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    to: Option<Blob64>,
}

/// What a new contract shall have in it beside signatures.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Letter(Box<Sealed>),
    Payment(Box<Bill>),
}

impl Part {
    /// Cards of those who have to be in the contract.
    pub(super) fn cards(&self) -> impl Iterator<Item = &Blob64> {
        let (giver, receiver) = match self {
            Part::Letter(sealed) => (Some(&sealed.giver), sealed.to.as_ref()),
            Part::Payment(bill) => (bill.giver.as_ref(), Some(&bill.receiver)),
        };
        giver.into_iter().chain(receiver)
    }

    /// Who holds the money.
    pub(super) fn holder(&self) -> Option<&Blob64> {
        match self {
            Part::Letter(_) => None,
            Part::Payment(bill) => Some(&bill.holder_card),
        }
    }
}

fn own_key(com_k: &Hash) -> Key {
    Key::new("sealed", com_k)
}

/// `{"command":"contract-seal","name","media_type","data","to"?:{"link"}|{"certificate"},"unnamed"?}`: seals a letter
/// for a deal. With `unnamed` the terms do not tell the hash of its content.
pub(super) fn seal(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let data = blob(request.get("data"), "data")?;
    let content = Content::seal(&data, desk.cx.crypto)?;
    if desk.tx.scan("sealed/", LETTERS_SEALED_MAX)?.len() >= LETTERS_SEALED_MAX {
        return Err(Misuse::new(Code::TooMany, "sealed letters").into());
    }
    let unnamed = request.get("unnamed").and_then(Value::as_bool).unwrap_or(false);
    let com_k = content.key.commitment();
    let part = Sealed {
        bytes: data.len() as u64,
        com_k,
        giver: Blob64(make::own_certificate(desk)?),
        hash: (!unnamed).then(|| Hash::of(&data)),
        media: text(request, "media_type")?.to_owned(),
        name: text(request, "name")?.to_owned(),
        parcel: content.parcel,
        semper_part: VERSION,
        to: request.get("to").map(|to| make::certificate(to, desk).map(Blob64)).transpose()?,
    };
    rows::put(desk.tx, own_key(&com_k), &content.key)?;
    Ok(json!({ "file": Blob64(json::canonical(&part)?), "letter": com_k, "name": part.name, "hash": part.hash }))
}

/// The parts that a new contract shall have.
pub(super) fn parts(request: &Value) -> Result<Vec<Part>, Error> {
    let given = request.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    given.iter().map(|part| read_part(&blob(Some(part), "parts")?).map_err(Error::from)).collect()
}

fn read_part(bytes: &[u8]) -> Result<Part, Misuse> {
    let wrong = |why: Violation| Misuse::new(Code::FileWrong, format!("part file: {why}"));
    if bytes.len() > CONTRACT_FILE_BYTES_MAX {
        return Err(wrong(Violation::new(Code::TooLarge, "part")));
    }
    if payments::is_bill(&json::read(bytes).map_err(wrong)?) {
        return Ok(Part::Payment(Box::new(payments::read(bytes)?)));
    }
    let part: Sealed = json::read(bytes).map_err(wrong)?;
    if part.semper_part != VERSION {
        return Err(wrong(Violation::new(Code::VersionUnknown, "part")));
    }
    Ok(Part::Letter(Box::new(part)))
}

/// The legs of a deal with these parts: every letter, and the signature of whoever gives none. `place` finds a card
/// among the parties.
pub(super) fn legs(parts: &[Part], parties: u8, place: impl Fn(&[u8]) -> Option<u8>) -> Result<Deal, Misuse> {
    let find = |card: Option<&Blob64>| {
        let found = card.and_then(|card| place(&card.0));
        found.ok_or_else(|| Misuse::new(Code::NotFound, "a part is for somebody who is not in the deal"))
    };
    let mut legs = Vec::new();
    for part in parts {
        legs.push(match part {
            Part::Letter(sealed) => Leg::Letter {
                cipher: semper_blocks::delivery::letter_hash(&sealed.parcel.letter.0),
                com_k: sealed.com_k,
                giver: find(Some(&sealed.giver))?,
                receiver: match &sealed.to {
                    Some(card) => Receiver::Party(find(Some(card))?),
                    None => Receiver::All,
                },
            },
            Part::Payment(bill) => {
                let giver = find(bill.giver.as_ref().or(Some(&bill.receiver)))?;
                Leg::Payment(payments::payment(bill, giver, find(Some(&bill.receiver))?)?)
            }
        });
    }
    let gives = |place: u8| legs.iter().any(|leg| leg.giver() == place);
    let signatures: Vec<Leg> =
        (0..parties).filter(|place| !gives(*place)).map(|giver| Leg::Signature { giver }).collect();
    legs.extend(signatures);
    Ok(Deal { legs })
}

/// The legs as everybody is shown them.
pub(super) fn named(deal: &Deal, parts: &[Part], contract: &Contract) -> Vec<NamedLeg> {
    let one = |(at, leg): (usize, &Leg)| {
        let giver = contract.numbered(leg.giver()).unwrap_or_default();
        match parts.get(at) {
            Some(Part::Letter(sealed)) => NamedLeg::Letter {
                bytes: sealed.bytes,
                giver,
                hash: sealed.hash,
                media: sealed.media.clone(),
                name: sealed.name.clone(),
                receiver: contract.receivers(leg),
            },
            Some(Part::Payment(bill)) => payments::named(bill, giver, contract.receivers(leg)),
            None => NamedLeg::Signature { giver },
        }
    };
    deal.legs.iter().enumerate().map(one).collect()
}

/// The sealed letters, in the order of the legs.
pub(super) fn parcels(parts: Vec<Part>) -> Vec<Parcel> {
    let letter = |part| match part {
        Part::Letter(sealed) => Some(sealed.parcel),
        Part::Payment(_) => None,
    };
    parts.into_iter().filter_map(letter).collect()
}

/// Whether these are the letters of a deal, all of them, and of nothing else.
pub(super) fn check_parcels(x: &Descriptor, parcels: &[Parcel]) -> Result<(), Violation> {
    let ciphers: Vec<Hash> = letters(x).map(|(_, _, cipher)| cipher).collect();
    if ciphers.len() != parcels.len() {
        return Err(Violation::new(Code::FieldMissing, "a sealed letter"));
    }
    ciphers.iter().zip(parcels).try_for_each(|(cipher, parcel)| parcel.check(cipher))
}

/// The letters of a deal: number of the leg, the leg, the name of the sealed letter.
fn letters(x: &Descriptor) -> impl Iterator<Item = (u8, &Leg, Hash)> {
    let legs = x.core.deal.iter().flat_map(Deal::numbered);
    legs.filter_map(|(number, leg)| match leg {
        Leg::Letter { cipher, .. } => Some((number, leg, *cipher)),
        Leg::Payment(_) | Leg::Signature { .. } => None,
    })
}

/// What we bring: the keys of what we give, the letters that we get. Refused if the terms, which somebody else may have
/// written down, say something of a letter of ours that is not so: we would answer for it.
pub(super) fn stock(read: &Paper, place: u8, desk: &Desk<'_, '_>) -> Result<Stock, Error> {
    let mut stock = Stock::default();
    for ((number, leg, _), parcel) in letters(&read.x).zip(&read.parcels) {
        match leg {
            Leg::Letter { com_k, giver, .. } if *giver == place => {
                let missing = || Misuse::new(Code::KeyMissing, "a letter of yours in this deal was not sealed here");
                let key: KeyOpening = rows::get(desk.tx, &own_key(com_k))?.ok_or_else(missing)?;
                if judge_letter(&read.x, &read.terms, number, parcel, &key) != Ok(true) {
                    let text = "the deal says of a letter of yours what it is not: another length or another SHA-256";
                    return Err(Misuse::new(Code::TermsWrong, text).into());
                }
                stock.keys.push(key);
            }
            leg if leg.is_for(place) => stock.parcels.push(parcel.clone()),
            _ => {}
        }
    }
    Ok(stock)
}

/// `{"command":"contract-read","contract"}`: the letters of a deal that are for us, and our own.
pub(super) fn read(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let (xid, record) = one_of(request, desk)?;
    let read = record.read()?;
    if read.x.core.deal.is_none() {
        return Err(Misuse::new(Code::RoleUnfit, "this contract has no letters in it").into());
    }
    let keys = keys(xid, desk)?;
    if keys.is_empty() {
        return Err(Misuse::new(Code::StateWrong, "the letters are still sealed: they open all at once").into());
    }
    let mut shown = Vec::new();
    for (((leg, given, _), parcel), key) in letters(&read.x).zip(&read.parcels).zip(&keys) {
        if given.giver() == record.place || given.is_for(record.place) {
            shown.push(letter(&read, leg, parcel, key)?);
        }
    }
    Ok(json!({ "contract": xid, "letters": shown }))
}

/// The keys of all letters, in the order of the legs; none while they are sealed.
fn keys(xid: Xid, desk: &Desk<'_, '_>) -> Result<Vec<KeyOpening>, Error> {
    Ok(match Run::<Party>::load(desk.tx, xid)?.map(|run| run.machine) {
        Some(Party::Dealer(dealer)) => dealer.keys().to_vec(),
        _ => Vec::new(),
    })
}

/// The letters for us that are not what was agreed, as pieces of evidence. Who gets them can read them: so they are
/// shown only then.
pub(super) fn wrong(read: &Paper, place: u8, desk: &Desk<'_, '_>) -> Result<Vec<Vec<u8>>, Error> {
    let mut wrong = Vec::new();
    for (((leg, given, _), parcel), key) in letters(&read.x).zip(&read.parcels).zip(&keys(read.x.xid, desk)?) {
        if given.is_for(place) && judge_letter(&read.x, &read.terms, leg, parcel, key) == Ok(false) {
            wrong.push(json::canonical(parcel)?);
        }
    }
    Ok(wrong)
}

fn letter(read: &Paper, leg: u8, parcel: &Parcel, key: &KeyOpening) -> Result<Value, Error> {
    let contract = &read.terms.contract;
    let Some(NamedLeg::Letter { giver, hash, media, name, .. }) = contract.legs.get(usize::from(leg)) else {
        return Err(Fault::new(Code::DatabaseCorrupt, "legs").into());
    };
    let agreed = judge_letter(&read.x, &read.terms, leg, parcel, key);
    let agreed = agreed.map_err(|why| Fault::new(Code::DatabaseCorrupt, why.to_string()))?;
    let data = open(parcel, key).ok().map(Blob64);
    Ok(json!({
        "part": leg + 1, "from": giver, "name": name, "media_type": media, "hash": hash, "as_agreed": agreed,
        "data": data,
    }))
}

/// The parts as a list for people: what each is, whether it goes out from us or comes to us, and of our payments where
/// the money is.
pub(super) fn shown(
    read: &Paper,
    place: u8,
    standing: Option<Standing>,
    desk: &Desk<'_, '_>,
) -> Result<Vec<Value>, Error> {
    let legs = read.x.core.deal.iter().flat_map(Deal::numbered).zip(&read.terms.contract.legs);
    let mut parts = Vec::new();
    for ((number, leg), told) in legs {
        let mut part = described(told);
        if let Value::Object(members) = &mut part {
            let ours = json!({ "out": leg.giver() == place, "in": leg.is_for(place) });
            board::extend(members, ours);
            if let Leg::Payment(payment) = leg {
                board::extend(members, payments::standing((number, payment), &read.x, place, standing, desk)?);
            }
        }
        parts.push(part);
    }
    Ok(parts)
}

fn described(leg: &NamedLeg) -> Value {
    match leg {
        NamedLeg::Letter { bytes, giver, hash, media, name, receiver } => json!({
            "what": "letter", "from": giver, "to": receiver, "name": name, "length": bytes, "media_type": media,
            "hash": hash,
        }),
        NamedLeg::Payment { amount, giver, holder, receiver } => json!({
            "what": "payment", "from": giver, "to": receiver, "amount": amount.to_string(), "holder": holder,
        }),
        NamedLeg::Compensation { amount, due, giver, holder, receiver, until, what } => json!({
            "what": "compensation", "from": giver, "to": receiver, "amount": amount.to_string(), "holder": holder,
            "text": what, "due": due, "until": until,
        }),
        NamedLeg::Signature { giver } => json!({ "what": "signature", "from": giver }),
    }
}
