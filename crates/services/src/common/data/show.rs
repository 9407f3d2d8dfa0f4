//! Where a sale of data stands, in plain words: who must act, until when, and what happens otherwise.

use semper_base::{Error, Hash, Timestamp, Xid};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_exchange::fair::lock::statements::DataOffer;
use semper_exchange::fair::lock::{Lock, Standing};
use serde_json::{Value, json};

use super::{Buying, Offered, Record, Selling, Side, file};
use crate::common::{Desk, board, locks};

/// The words for one state.
struct Words {
    word: &'static str,
    sentence: &'static str,
    otherwise: &'static str,
}

const fn words(word: &'static str, sentence: &'static str, otherwise: &'static str) -> Words {
    Words { word, sentence, otherwise }
}

/// One sale with everything that is known about it.
pub(super) fn one(id: &Hash, record: &Record, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    match &record.side {
        Side::Buying(buying) => bought(id, buying, desk),
        Side::Selling(selling) => sold(id, selling, desk),
    }
}

fn bought(id: &Hash, buying: &Buying, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let parts = file::parts(&buying.file.0)?;
    let lock = Lock::new(&buying.lock)?;
    let standing = standing(lock.xid, desk)?;
    let until = lock.core.condition.ends();
    let now = match buying.good {
        Some(false) => words(
            "disputed",
            "The key is here, and what it opens is not what the seller signed. The evidence pack convicts the seller.",
            "",
        ),
        _ => of_buyer(standing),
    };
    let [bank, seller] = &buying.names;
    let can = [
        ("abort", matches!(standing, None | Some(Standing::Waiting | Standing::Ordered))),
        ("resume", standing.is_some_and(|standing| !standing.is_final())),
        ("read", buying.good == Some(true)),
        ("export", buying.agreed.is_some() && standing != Some(Standing::Declined)),
    ];
    let mut shown = common(id, &parts.offer.body, until, &now, &[lock.xid], desk)?;
    if let Value::Object(members) = &mut shown {
        let over = standing.is_some_and(Standing::is_final);
        board::extend(
            members,
            json!({
                "sold": false, "seller": seller, "buyer": "you", "bank": bank, "stage": standing.map(Standing::word),
                "over": over, "readable": buying.good == Some(true), "good": buying.good, "can": able(&can),
            }),
        );
    }
    Ok(shown)
}

fn of_buyer(standing: Option<Standing>) -> Words {
    match standing {
        None => {
            words("draft", "The trusted screen asks whether to buy it. Nothing is ordered yet.", "nothing is bought")
        }
        Some(Standing::Waiting) => words("draft", "The order to the bank is being signed.", "nothing is bought"),
        Some(Standing::Ordered) => words(
            "agreed",
            "The bank is ordered to lock the price.",
            "the bank is asked again; what is not locked in time never leaves your account",
        ),
        Some(Standing::Locked | Standing::Claiming) => words(
            "due",
            "The price is locked. The seller gets it by showing the bank the key, which you then have.",
            "the money comes back to you by itself when the time is over",
        ),
        Some(Standing::Claimed) => words("received", "The key is here: the file can be read. It is paid.", ""),
        Some(Standing::Returned) => words("withdrawn", "The money is back, and nobody has given you the key.", ""),
        Some(Standing::Lapsed) => words("withdrawn", "Nothing was locked in time; the money never left.", ""),
        Some(Standing::Declined | Standing::Divided) => {
            words("withdrawn", "Nothing was ordered, and nothing is paid.", "")
        }
    }
}

fn sold(id: &Hash, selling: &Selling, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let offer = offer(selling)?;
    let mut counts = [0_u64; 4];
    let [paid, back, open, unused] = &mut counts;
    for lock in &selling.locks {
        let count = match standing(*lock, desk)? {
            Some(Standing::Claimed) => &mut *paid,
            Some(Standing::Returned) => &mut *back,
            Some(Standing::Locked | Standing::Claiming | Standing::Waiting) => &mut *open,
            _ => &mut *unused,
        };
        *count = count.saturating_add(1);
    }
    let (paid, back, open) = (*paid, *back, *open);
    let ended = offer.until <= desk.cx.now;
    let now = of_seller(selling, open, paid, ended);
    let asked = matches!(selling.offer, Offered::Asked(_));
    let can = [
        ("file", !asked),
        ("abort", (asked || !ended) && !selling.withdrawn),
        ("resume", !asked),
        ("export", !selling.locks.is_empty()),
    ];
    let until = (!asked).then_some(offer.until);
    let mut shown = common(id, &offer, until, &now, &selling.locks, desk)?;
    if let Value::Object(members) = &mut shown {
        let over = open == 0 && (selling.withdrawn || ended || paid > 0);
        board::extend(
            members,
            json!({
                "sold": true, "seller": "you", "buyer": "whoever has the file", "bank": selling.name, "over": over,
                "stage": now.word, "paid": paid, "returned": back, "open": open, "can": able(&can),
            }),
        );
    }
    Ok(shown)
}

fn of_seller(selling: &Selling, open: u64, paid: u64, ended: bool) -> Words {
    match selling.offer {
        Offered::Asked(_) => {
            words("draft", "The trusted screen asks whether to offer it. Nobody can buy it yet.", "nothing is offered")
        }
        Offered::Signed(_) if open > 0 => words(
            "due",
            "A buyer's money is locked; the bank is shown the key.",
            "the bank is asked again; if it was not shown in time, the money goes back and the key stays here",
        ),
        Offered::Signed(_) if paid > 0 => words("paid", "Paid; the buyer has the key.", ""),
        Offered::Signed(_) if selling.withdrawn => {
            words("withdrawn", "It is not sold any more; what is locked for it is given back.", "")
        }
        Offered::Signed(_) if ended => words("withdrawn", "The offer has run out.", ""),
        Offered::Signed(_) => words("offered", "On sale to whoever has the file.", "nothing is sold"),
    }
}

/// What stands in the offer, signed or not.
fn offer(selling: &Selling) -> Result<DataOffer, Error> {
    match &selling.offer {
        Offered::Signed(text) => {
            let offer: Statement<DataOffer> = danger_typed_unverified(text)?;
            Ok(offer.body)
        }
        Offered::Asked(payload) => Ok(file::asked(payload)?),
    }
}

fn common(
    id: &Hash,
    offer: &DataOffer,
    until: Option<Timestamp>,
    now: &Words,
    held: &[Xid],
    desk: &Desk<'_, '_>,
) -> Result<Value, Error> {
    let subjects: Vec<String> = held.iter().map(|lock| format!("xid:{lock}")).collect();
    let (timeline, documents) = board::documents(desk.tx, &subjects)?;
    Ok(json!({
        "data": id, "title": offer.description, "name": offer.name, "length": offer.bytes, "cipher": offer.cipher,
        "price": offer.amount.to_string(), "until": until, "word": now.word, "sentence": now.sentence,
        "otherwise": now.otherwise, "locks": held, "grade": "strong",
        "grade_text": "money and key change hands in one row at the bank; that the key opens what was promised shows afterwards, with proof",
        "timeline": timeline, "documents": documents,
    }))
}

fn standing(lock: Xid, desk: &Desk<'_, '_>) -> Result<Option<Standing>, Error> {
    Ok(locks::side(lock, desk)?.map(|side| side.standing()))
}

fn able(all: &[(&'static str, bool)]) -> Vec<&'static str> {
    all.iter().filter(|(_, may)| *may).map(|(word, _)| *word).collect()
}
