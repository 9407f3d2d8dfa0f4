//! Who is in the play market.

use std::net::SocketAddr;
use std::path::Path;

use crate::serve::Role;

/// The limit in the certificates of the play market.
pub(super) const LIMIT: &str = "1000.00 EUR";
/// Play money on a new account.
const PLAY_DEPOSIT: &str = "500.00 EUR";

/// A party of the market.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) role: Role,
    /// Its directory, and the label of its pages' address.
    pub(super) label: &'static str,
    /// As people know it.
    pub(super) name: &'static str,
    /// What to open it for.
    pub(super) what: &'static str,
    /// The host name in its TLS certificate.
    pub(super) host: &'static str,
    /// The catalogue that it begins with, if it is a shop.
    pub(super) shelf: Option<Shelf>,
}

/// What a shop has on its shelves at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Files to download.
    Files,
    /// Things that come by post.
    Parcels,
    /// Food from a region.
    Food,
}

impl Shelf {
    /// What the shop says of itself in the directory.
    pub(super) fn about(self) -> &'static str {
        match self {
            Shelf::Files => "Guides and templates as files, delivered at once.",
            Shelf::Parcels => "Household goods and clothing by parcel.",
            Shelf::Food => "Food from farms and workshops of one valley, by parcel.",
        }
    }
}

/// All of them, in the order in which they are told. The first is where a newcomer begins.
pub(super) const PARTIES: &[Party] = &[
    party(Role::Wallet, "wallet", "Bea Buyer", "your wallet: deals, purse, trusted screen", None),
    party(Role::Shop, "paper-ink", "Paper & Ink", "a shop for files: books and templates", Some(Shelf::Files)),
    party(Role::Shop, "mail-order", "Waterside Mail Order", "a shop that sends parcels", Some(Shelf::Parcels)),
    party(
        Role::Shop,
        "valley-food",
        "Hofladen Talaue",
        "food from one valley, by parcel; in German",
        Some(Shelf::Food),
    ),
    party(Role::Broker, "broker", "Play Directory", "search over all shops", None),
    party(Role::Bank, "bank", "First Play Bank", "accounts, play money, holds", None),
    party(Role::Notary, "notary", "Play Notary", "escrow and complaints; idle when all are honest", None),
    party(Role::Witness, "witness", "Play Witness", "cosigns the logs of bank and notary", None),
    party(Role::Ca, "authority", "Semper play market", "certificates and the market's root", None),
];

/// Another notary, which takes a fee, for whoever wants to see lists and fees.
pub(super) const SECOND_NOTARY: &Party = &Party {
    role: Role::Notary,
    label: "notary-2",
    name: "Second Play Notary",
    what: "another notary; takes a small fee for contracts and mail",
    host: "notary-2.semper.test",
    shelf: None,
};

const fn party(role: Role, label: &'static str, name: &'static str, what: &'static str, shelf: Option<Shelf>) -> Party {
    let host = match role {
        Role::Ca => "ca.semper.test",
        Role::Bank => "bank.semper.test",
        Role::Broker => "broker.semper.test",
        Role::Notary => "notary.semper.test",
        Role::Wallet => "wallet.semper.test",
        Role::Witness => "witness.semper.test",
        Role::Shop => match shelf {
            Some(Shelf::Files) | None => "paper-ink.semper.test",
            Some(Shelf::Parcels) => "mail-order.semper.test",
            Some(Shelf::Food) => "valley-food.semper.test",
        },
    };
    Party { role, label, name, what, host, shelf }
}

impl Party {
    /// The arguments of `semper serve` for it, registration apart.
    pub(super) fn arguments(&self, market: &Path, pages: SocketAddr, first: bool) -> Vec<String> {
        let path = |path: std::path::PathBuf| path.display().to_string();
        let mut arguments = vec!["--data-dir".to_owned(), path(market.join(self.label))];
        arguments.extend(["--passphrase-file".to_owned(), path(market.join("secrets/passphrase"))]);
        arguments.extend(["--pages".to_owned(), pages.to_string(), "--pages-label".to_owned(), self.label.to_owned()]);
        arguments.extend(["--host".to_owned(), self.host.to_owned()]);
        // A peer that is not up yet is no news in a market that starts.
        arguments.extend(["--log-level".to_owned(), "error".to_owned()]);
        let consent = if first { "setup" } else { "page" };
        match self.role {
            Role::Bank => arguments.extend(["--play-deposit".to_owned(), PLAY_DEPOSIT.to_owned()]),
            Role::Wallet => arguments.extend(["--consent".to_owned(), "page".to_owned()]),
            Role::Shop => arguments.extend(["--consent".to_owned(), consent.to_owned()]),
            Role::Broker | Role::Ca | Role::Notary | Role::Witness => {}
        }
        arguments
    }

    /// The argument that tells a shop where its visitors' wallet is.
    pub(super) fn wallet_at(&self, wallet: Option<&str>) -> Vec<String> {
        let wallet = wallet.filter(|_| self.role == Role::Shop);
        wallet.map_or_else(Vec::new, |wallet| vec!["--wallet-at".to_owned(), wallet.trim_end_matches('/').to_owned()])
    }
}
