//! Where a contract stands, in plain words: who must act, until when, and what happens otherwise.

use std::collections::BTreeMap;

use semper_base::{Error, KeyId, Timestamp, Xid};
use semper_blocks::statement::{Compact, Kind};
use semper_exchange::fair::frame::{Protocol, Terms};
use semper_exchange::fair::party::{Party, Standing};
use serde_json::{Value, json};

use super::file::Paper;
use super::run::Run;
use super::{Record, deal};
use crate::common::{Desk, bills, board, exchange};

/// The words for one state.
struct Words {
    word: &'static str,
    sentence: &'static str,
    due: &'static str,
    otherwise: &'static str,
}

/// A contract that is here and that nobody was asked about.
const DRAFT: Words = Words {
    word: "draft",
    sentence: "Nothing is signed here yet; you are not bound.",
    due: "you: read it and sign it, or drop it",
    otherwise: "nobody is bound by it",
};

fn words(standing: Standing, protocol: Protocol) -> Words {
    let (through, deal) = (protocol.collects(), protocol == Protocol::Deal);
    match standing {
        Standing::Asked => Words {
            word: "draft",
            sentence: "The trusted screen asks you to agree. Nothing is signed yet; you are not bound.",
            due: "you: answer at the trusted screen",
            otherwise: "nobody is bound by it",
        },
        Standing::Promised => Words {
            word: "agreed",
            sentence: "You have promised to sign. You are bound once both have, and not before.",
            due: "the other side: answer the promise",
            otherwise: "the notary is asked: it ends the contract for both, or completes it for both",
        },
        Standing::Signed if deal => Words {
            word: "agreed",
            sentence: "You have signed. The notary keeps what you give to itself until everybody has given theirs.",
            due: "the others: sign",
            otherwise: "the notary ends the deal, and nobody has anything of anybody",
        },
        Standing::Complete if deal => Words {
            word: "signed",
            sentence: "The deal is done: everybody is bound, and the letters for you can be read.",
            due: "nobody, for the exchange; what the terms say is due under them",
            otherwise: "",
        },
        Standing::Signed if through => Words {
            word: "agreed",
            sentence: "You have signed. The notary keeps your signature to itself until everybody has signed.",
            due: "the others: sign",
            otherwise: "the notary ends the contract, and nobody has anybody's signature",
        },
        Standing::Signed => Words {
            word: "agreed",
            sentence: "You have signed and hold the other side's promise.",
            due: "the other side: give its signature",
            otherwise: "the notary completes the contract on both promises",
        },
        Standing::Asking => Words {
            word: "agreed",
            sentence: "The notary is asked. Its answer is final for everybody.",
            due: "the notary: answer",
            otherwise: "it is asked again, for ever; nobody can be bound alone",
        },
        Standing::Complete => Words {
            word: "signed",
            sentence: "The contract stands: everybody is bound, and you hold the proof.",
            due: "nobody, for the signing; what the contract says is due under it",
            otherwise: "",
        },
        Standing::Aborted => Words {
            word: "withdrawn",
            sentence: "The notary has ended it: nobody is bound, and nobody can be by it.",
            due: "nobody",
            otherwise: "",
        },
        Standing::Declined => Words {
            word: "withdrawn",
            sentence: "You have declined; nothing was signed and you are not bound.",
            due: "nobody",
            otherwise: "",
        },
    }
}

/// What is different in rounds.
fn in_rounds(standing: Standing) -> Option<Words> {
    Some(match standing {
        Standing::Promised => Words {
            word: "agreed",
            sentence: "You have promised to sign, in rounds with the others. You are bound once all have, and not before.",
            due: "the others: answer in this round",
            otherwise: "the notary is asked: it completes the contract for all, or ends it for you",
        },
        Standing::Signed => Words {
            word: "agreed",
            sentence: "You have signed and hold the promises of all the others.",
            due: "the others: give their signatures",
            otherwise: "the notary completes the contract on these promises",
        },
        _ => return None,
    })
}

/// Tells the owner what happened, by the machine's word for it.
pub(super) fn tell(word: &'static str, xid: Xid, desk: &mut Desk<'_, '_>) {
    let text = match word {
        "pledge" | "promise" => "Promises to sign.",
        "asking" => "Stops, and asks the notary what comes of it.",
        "signature" => "Signs.",
        "abort" => "Asks the notary to end the contract.",
        "resolve" => "Asks the notary to complete the contract.",
        "complete" | "resolved" => "Everybody has signed: the contract stands.",
        "aborted" => "The notary has ended the contract: nobody is bound.",
        "declined" => "Says no at the trusted screen.",
        "agreement" | "agreed" => "Agrees to the terms on the trusted screen.",
        "status" => "Asks the notary what it has.",
        _ => "",
    };
    desk.tell(&format!("contract-{word}"), xid, text);
}

/// One contract with everything that is known about it.
pub(super) fn one(record: &Record, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let read = record.read()?;
    let (core, contract) = (&read.x.core, &read.terms.contract);
    let run = Run::<Party>::load(desk.tx, read.x.xid)?;
    let standing = run.as_ref().map(|run| run.machine.standing());
    let now = standing.map_or(DRAFT, |standing| {
        let special = in_rounds(standing).filter(|_| core.protocol == Protocol::CsnC);
        special.unwrap_or_else(|| words(standing, core.protocol))
    });
    let over = standing.is_some_and(Standing::is_final);
    let lapsed = standing.is_none() && core.deadlines.expires <= desk.cx.now;
    let subject = format!("xid:{}", read.x.xid);
    let (timeline, documents) = board::documents(desk.tx, &[subject])?;
    Ok(json!({
        "contract": read.x.xid,
        "title": contract.title,
        "protocol": core.protocol,
        "grade": core.grade,
        "grade_text": "strong: whoever stops half-way gains nothing",
        "word": if lapsed { "withdrawn" } else { now.word },
        "sentence": if lapsed { "Nobody can sign it any more; you are not bound." } else { now.sentence },
        "due": if lapsed { "nobody" } else { now.due },
        "otherwise": if lapsed { "" } else { now.otherwise },
        "until": until(standing, core.deadlines.expires),
        "stage": standing.map(Standing::word),
        "over": over,
        "opened": core.opened,
        "expires": core.deadlines.expires,
        "notary": contract.notary.name,
        "fee": fee(&read, desk)?,
        "parties": parties(&read, record.place, standing, desk)?,
        "text": contract.text,
        "document": document(&read.terms),
        "language": contract.language,
        "place": record.place,
        "parts": deal::shown(&read, record.place, standing, desk)?,
        "can": can(standing, core.protocol, record.place, lapsed),
        "timeline": timeline,
        "documents": documents,
    }))
}

/// What the notary is paid and by whom; what it takes, if it does not take part for less.
pub(super) fn fee(read: &Paper, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let stated = read.terms.contract.fee.as_ref();
    let takes = bills::refused(read.x.xid, desk)?;
    Ok(json!({
        "amount": stated.map(|fee| fee.amount.to_string()), "payer": stated.map(|fee| &fee.payer),
        "takes": takes.map(|takes| takes.to_string()),
    }))
}

/// Until when somebody other than the notary may act.
fn until(standing: Option<Standing>, expires: Timestamp) -> Option<Timestamp> {
    match standing {
        None | Some(Standing::Asked | Standing::Promised | Standing::Signed) => Some(expires),
        Some(Standing::Aborted | Standing::Asking | Standing::Complete | Standing::Declined) => None,
    }
}

fn document(terms: &Terms) -> Option<Value> {
    let file = terms.contract.file.as_ref()?;
    Some(json!({ "name": file.name, "length": file.bytes, "hash": file.hash, "media_type": file.media }))
}

/// What each of the parties has signed, as far as it can be known here.
fn parties(read: &Paper, place: u8, standing: Option<Standing>, desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let signed = signed(&format!("xid:{}", read.x.xid), desk)?;
    let state = |key: &KeyId, you: bool| match (standing, signed.get(key)) {
        (Some(Standing::Complete), _) => ("bound", "bound"),
        (Some(Standing::Aborted), _) => ("free", "not bound"),
        (_, Some(Kind::Signature)) => ("signed", "has signed"),
        (_, Some(_)) => ("promised", "has promised to sign"),
        (_, None) if you => ("open", "has not signed"),
        (_, None) => ("unknown", "not known: nobody is told before all have signed"),
    };
    let party = |(at, party): (usize, &semper_exchange::fair::frame::Named)| {
        let you = at == usize::from(place);
        let (state, text) = state(&party.key.id(), you);
        json!({
            "place": at, "name": party.name, "key": party.key.id(), "certificate": party.certificate, "you": you,
            "state": state, "state_text": text,
        })
    };
    Ok(read.terms.contract.parties.iter().enumerate().map(party).collect())
}

/// The furthest that each key has gone in what was kept.
fn signed(subject: &str, desk: &Desk<'_, '_>) -> Result<BTreeMap<KeyId, Kind>, Error> {
    let mut signed = BTreeMap::new();
    for text in exchange::kept(desk.tx, subject)? {
        let compact = Compact::parse(&text)?;
        match compact.kind() {
            Kind::Signature => drop(signed.insert(compact.key(), Kind::Signature)),
            Kind::Pledge | Kind::Promise => drop(signed.entry(compact.key()).or_insert(Kind::Promise)),
            _ => {}
        }
    }
    Ok(signed)
}

/// The commands that make sense now.
fn can(standing: Option<Standing>, protocol: Protocol, place: u8, lapsed: bool) -> Vec<&'static str> {
    // Of two over their own link only the one who began may abort, and only before it has signed.
    let may_abort = match standing {
        Some(Standing::Promised) => place == 0 || protocol == Protocol::CsnC,
        Some(Standing::Signed) => protocol.collects(),
        Some(Standing::Asked) | None => true,
        Some(_) => false,
    };
    let may_resolve = match standing {
        Some(Standing::Promised) => place == 1 || protocol == Protocol::CsnC,
        Some(Standing::Signed) => true,
        _ => false,
    };
    let sent = standing.is_some_and(|standing| !matches!(standing, Standing::Asked | Standing::Declined));
    let all = [
        ("sign", standing.is_none() && !lapsed),
        ("abort", may_abort),
        ("resolve", may_resolve),
        ("resume", sent && !standing.is_some_and(Standing::is_final)),
        ("read", protocol == Protocol::Deal && standing == Some(Standing::Complete)),
        ("file", true),
        ("export", sent),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect()
}
