//! The notices that each role gives.

use crate::Role;

/// The notices that a party of this role gives, and when.
#[must_use]
pub fn notices(role: Role) -> &'static [(&'static str, &'static str)] {
    match role {
        Role::Authority => &[
            ("certified", "a key was certified"),
            ("renewed", "a certificate was renewed"),
            ("host-refused", "somebody asked for a host name of another role"),
        ],
        Role::Bank => &[("account", "an account was opened")],
        Role::Broker => {
            &[("shop", "a shop joined"), ("standing", "a shop is listed, silent, expired, revoked or dropped")]
        }
        Role::Notary => {
            &[("fee", "a fee is due, or paid"), ("link", "a relationship was opened"), ("peer", "a peer said hello")]
        }
        Role::Shop => &[
            ("offered", "an offer was made"),
            ("ordered", "an order came"),
            ("accepted", "an order was accepted"),
            ("refused", "a request or order was refused"),
            ("shipped", "a part was shipped"),
            ("withdrawn", "a buyer withdrew"),
            ("disputed", "a buyer complained"),
            ("cancelled", "something was cancelled"),
            ("imported", "an import is in force"),
            ("price-list", "a price list waits on the trusted screen"),
            ("price-list-signed", "the price list is signed"),
            ("price-list-declined", "it was not signed"),
            ("directory", "a broker refused something"),
            ("on-sale", "a file is on sale"),
            ("transfer-announced", "a peer wants to send goods"),
            ("transfer", "a transfer has gone on"),
            ("transfer-taken", "all goods of a transfer are here"),
            ("transfer-wrong", "something in a transfer is not what was announced"),
            ("transfer-declined", "the owner does not want to send goods"),
            ("staff", "somebody's rights changed"),
        ],
        Role::Wallet => &[
            ("contract-complete", "everybody has signed a contract"),
            ("contract-aborted", "the notary has ended a contract"),
            ("contract-promised", "somebody has promised to sign a contract that nobody here has seen"),
            ("bill", "a notary asks for its fee"),
            ("fee-refused", "a notary takes more than an exchange states, and no part in it"),
            ("notaries", "the list of notaries was changed"),
            ("offered", "an offer came"),
            ("ordered", "an order was sent"),
            ("accepted", "the contract is here"),
            ("received", "goods are here"),
            ("refunded", "money came back"),
            ("refused", "something was refused"),
            ("declined", "a question was answered with no"),
            ("ended", "a deal is over"),
            ("purse", "the account has a new balance"),
            ("data-offered", "an offer of data is signed"),
            ("data-locked", "the price of data is locked"),
            ("data-paid", "data was paid"),
            ("data-received", "the key of bought data is here"),
            ("data-returned", "the money for data went back"),
            ("data-wrong", "bought data is not what was offered"),
            ("transfer-announced", "a peer wants to send goods"),
            ("transfer", "a transfer has gone on"),
            ("transfer-taken", "all goods of a transfer are here"),
            ("transfer-wrong", "something in a transfer is not what was announced"),
            ("transfer-declined", "the owner does not want to send goods"),
        ],
        Role::Theatre => &[],
        Role::Witness => &[("fork", "a log shows two histories"), ("link", "a relationship was opened")],
    }
}
