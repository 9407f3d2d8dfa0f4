//! What asks and tells by itself on the trusted screen of a running wallet: the address that an order needs, the
//! reason of a complaint, what became of a deal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use semper_base::tx::Notice;
use semper_base::{Code, Error, Misuse};
use semper_web::Display;
use semper_web::screen::Guide;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Guiding;

/// The word of the control socket that buys, and asks for an address if none is known.
pub(crate) const BUY: &str = "guided-buy";
/// The word that complains, and asks why.
pub(crate) const COMPLAIN: &str = "guided-complain";

/// Tells the owner what becomes of deals, for as long as the party runs.
pub(crate) fn tell(guide: &Guide, mut notices: Receiver<Notice>, begun: Option<Arc<AtomicBool>>) {
    let guide = guide.clone();
    tokio::spawn(async move {
        loop {
            match notices.recv().await {
                // Nobody sits there while a play market is set up.
                Ok(_) if begun.as_ref().is_some_and(|begun| !begun.load(Ordering::Acquire)) => {}
                Ok(notice) => {
                    let guide = guide.clone();
                    tokio::spawn(async move { guide.told(&notice.event, &notice.subject).await });
                }
                Err(RecvError::Lagged(_)) => guide.refresh().await,
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Answers the words of the control socket that ask the owner first; none if it is another word.
pub(crate) fn own_words(guiding: &Guiding, word: &str, request: &Value) -> Option<Result<Value, Error>> {
    if ![BUY, COMPLAIN].contains(&word) {
        return None;
    }
    let Some((guide, runtime)) = guiding.get() else {
        let text = "nobody can be asked here; give the address or the reason with the command";
        return Some(Err(Misuse::new(Code::CouldNotAsk, text).into()));
    };
    Some(begin(guide.clone(), runtime, word, request.clone()))
}

fn begin(guide: Guide, runtime: &Handle, word: &str, mut request: Value) -> Result<Value, Error> {
    if word == BUY {
        if let Some(members) = request.as_object_mut() {
            members.remove("command");
        }
        runtime.spawn(async move { guide.buy(request).await });
        return Ok(json!({ "asked": "address" }));
    }
    let deal = request.get("deal").and_then(Value::as_str).ok_or_else(|| Misuse::new(Code::FieldMissing, "deal"))?;
    let (deal, part) = (deal.to_owned(), request.get("part").and_then(Value::as_u64));
    runtime.spawn(async move { guide.complaint(&deal, part).await });
    Ok(json!({ "asked": "reason" }))
}

/// The guide of a wallet whose owner is asked by people's means.
pub(crate) fn of(party: semper_web::Party, display: &Arc<Display>) -> (Guide, Handle) {
    (Guide::new(party, Arc::clone(display)), Handle::current())
}
