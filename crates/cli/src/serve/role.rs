//! The parties that `semper serve` can run.

/// Which party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Certification authority.
    Ca,
    /// Bank.
    Bank,
    /// Directory and search.
    Broker,
    /// Notary.
    Notary,
    /// Shop.
    Shop,
    /// Buyer's wallet.
    Wallet,
    /// Cosigns the logs of bank and notary.
    Witness,
}

impl Role {
    /// The word that names it everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Ca => "ca",
            Role::Bank => "bank",
            Role::Broker => "broker",
            Role::Notary => "notary",
            Role::Shop => "shop",
            Role::Wallet => "wallet",
            Role::Witness => "witness",
        }
    }

    /// The word that certificates have for it.
    pub(crate) fn market_word(self) -> &'static str {
        match self {
            Role::Ca => "authority",
            Role::Bank => "bank",
            Role::Broker => "broker",
            Role::Notary => "notary",
            Role::Shop => "seller",
            Role::Wallet => "buyer",
            Role::Witness => "witness",
        }
    }

    /// Its role in the market.
    pub(crate) fn in_market(self) -> semper_base::Role {
        match self {
            Role::Ca => semper_base::Role::Authority,
            Role::Bank => semper_base::Role::Bank,
            Role::Broker => semper_base::Role::Broker,
            Role::Notary => semper_base::Role::Notary,
            Role::Shop => semper_base::Role::Seller,
            Role::Wallet => semper_base::Role::Buyer,
            Role::Witness => semper_base::Role::Witness,
        }
    }

    /// The certificates that this party needs.
    pub(crate) fn certificates(self) -> &'static [&'static str] {
        match self {
            Role::Ca => &[],
            Role::Bank | Role::Broker | Role::Witness => &["statement", "tls"],
            Role::Notary => &["statement", "seal", "stamp", "tls"],
            Role::Shop => &["statement", "seal", "tls"],
            Role::Wallet => &["statement"],
        }
    }

    /// Whether its owner signs something: orders, price lists.
    pub(super) fn signs(self) -> bool {
        matches!(self, Role::Shop | Role::Wallet)
    }

    /// The name under which others reach it.
    pub(crate) fn host(self) -> String {
        format!("{}.semper.test", self.word())
    }
}
