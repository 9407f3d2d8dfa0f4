//! The broker: a directory of shops and a search over what they sell. It binds nobody: it repeats what
//! shops say, each under its own signature or certificate, and what counts is the offer that a shop makes
//! to a buyer itself.
//!
//! ```text
//!  shop --profile (signed)-------> [listed] --silent for half an hour--> [silent] --says anything--> [listed]
//!       --products, in runs------->    |
//!       <-taken, ping--------------    +--profile or certificate ends--> [expired] --new profile--> [listed]
//!       --pong-------------------->    +--revoked, or dropped by the operator--> products go
//! ```
//!
//! Only a listed shop is found. Rows: see [`book`].

mod book;
mod find;
mod listing;
mod words;

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::{Error, Fault, Key, Millis, PeerId, Role, View, Violation, Write, json};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::Statement;
use semper_commerce::process::profile::{self, Profile};
use semper_driver::service::Answer;
use serde_json::Value;

use crate::common::{Desk, Logic, Look, unknown_command};
use crate::shop::{Certified, check_certified};

pub use book::Standing;
pub use listing::Listing;
pub use words::{Last, Ping, Products, Taken, kinds, listed};

/// How often each shop is asked whether it is there.
pub const PING_PAUSE: Millis = Millis::seconds(600);
/// After how long without a word a shop is found no more.
pub const SILENCE: Millis = Millis::seconds(1800);

/// The broker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Broker;

/// A checked message of a shop.
#[derive(Clone, Debug)]
pub enum Message {
    /// It is there.
    Pong(Ping),
    /// What it sells.
    Products(Box<Products>),
    /// Who it is.
    Profile(Box<(Statement<Profile>, Valid, Vec<u8>)>),
}

impl Logic for Broker {
    type Message = Message;

    fn role(&self) -> Role {
        Role::Broker
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
        match kind {
            kinds::PROFILE => {
                let certified: Certified = json::read(body)?;
                let (statement, valid): (Statement<Profile>, _) = check_certified(&certified, Role::Seller, look)?;
                profile::check(&statement)?;
                if statement.body.name != valid.name {
                    return Err(Violation::new(Code::TermsWrong, "name"));
                }
                Ok(Message::Profile(Box::new((statement, valid, certified.certificate.0))))
            }
            kinds::PRODUCTS => {
                let products: Products = json::read(body)?;
                products.check()?;
                Ok(Message::Products(Box::new(products)))
            }
            kinds::PONG => Ok(Message::Pong(json::read(body)?)),
            other => Err(Violation::new(Code::KindUnknown, other)),
        }
    }

    fn message(&self, from: PeerId, message: Message, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        match message {
            Message::Pong(ping) => book::pong(from, ping, desk),
            Message::Products(products) => listing::take(from, &products, desk),
            Message::Profile(profile) => {
                let (statement, valid, der) = *profile;
                book::register(from, &statement, &valid, &der, desk)
            }
        }
    }

    fn valids<'m>(&self, message: &'m Message) -> Vec<&'m Valid> {
        match message {
            Message::Profile(profile) => vec![&profile.1],
            Message::Pong(_) | Message::Products(_) => Vec::new(),
        }
    }

    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "admit-shop" => book::admit(request, desk),
            "drop-shop" => book::drop_shop(request, desk),
            "find" => find::find(request, desk),
            "health" => book::health(desk),
            "shop" => book::one(request, desk),
            "shops" => book::page(request, desk),
            other => Err(unknown_command(other)),
        }
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if let Some(number) = key.0.strip_prefix("ping/").and_then(|number| number.parse().ok()) {
            return book::look_after(number, desk);
        }
        if let Some(number) = key.0.strip_prefix("sweep/").and_then(|number| number.parse().ok()) {
            return listing::sweep(number, desk);
        }
        desk.tx.push(Write::Timer(key.clone(), None));
        Ok(())
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn met(&self, _link: &str, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Changes when what is listed has changed: for an index beside the database.
pub fn version(view: &dyn View) -> Result<u64, Fault> {
    Ok(book::state(&semper_base::Tx::new(view))?.version)
}

/// At most `limit` listings after the one called `after`, by name (`SHOP/PRODUCT`), for such an index.
pub fn page(view: &dyn View, after: Option<&str>, limit: usize) -> Result<BTreeMap<String, Listing>, Fault> {
    listing::page(view, after, limit)
}
