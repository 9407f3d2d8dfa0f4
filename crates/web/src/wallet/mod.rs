//! The pages of the wallet. Who is not signed in sees none of them but the hand-over.

mod actions;
mod bills;
mod bring;
mod contract_new;
mod contracts;
mod data;
mod deal;
mod deals;
mod files;
mod goods;
mod handover;
pub(crate) mod in_words;
mod joint;
mod legs;
mod locked;
mod mails;
mod memory;
mod notaries;
mod payments;
mod pick;
mod preferences;
mod purse;
mod records;
pub(crate) mod screen;
mod sessions;
mod strength;
mod transfers;
pub(crate) mod upload;
mod view;
mod welcome;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::page::Entry;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("Deals", "Geschäfte"), inside: true },
    Entry { path: "/contracts", names: ("Contracts", "Verträge"), inside: true },
    Entry { path: "/mails", names: ("Certified mail", "Einschreiben"), inside: true },
    Entry { path: "/data", names: ("Data for money", "Daten gegen Geld"), inside: true },
    Entry { path: "/transfers", names: ("Containers", "Container"), inside: true },
    Entry { path: "/payments", names: ("Paid for a receipt", "Zahlen gegen Quittung"), inside: true },
    Entry { path: "/screen", names: ("Trusted screen", "Vertrauenswürdiger Schirm"), inside: true },
    Entry { path: "/purse", names: ("Purse", "Geldbeutel"), inside: true },
    Entry { path: "/contacts", names: ("Contacts", "Kontakte"), inside: true },
    Entry { path: "/preferences", names: ("Preferences", "Einstellungen"), inside: true },
    Entry { path: "/handover", names: ("Code from a shop", "Code aus einem Shop"), inside: true },
    Entry { path: "/theatre", names: ("Theatre", "Theater"), inside: true },
];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new()
        .route("/", get(deals::list))
        .route("/deal/{id}", get(deal::one))
        .route("/deal/{id}/evidence", get(files::evidence))
        .route("/deal/{id}/file", get(files::file))
        .route("/deal/{id}/bring", get(bring::form).post(bring::bring).layer(uploads()))
        .route("/deal/{id}/{act}", get(actions::ask).post(actions::act))
        .route("/contracts", get(contracts::list).post(contracts::given).layer(uploads()))
        .route("/contracts/new", get(contract_new::form).post(contract_new::make))
        .route("/contract/{id}", get(contracts::one))
        .route("/contract/{id}/evidence", get(contracts::evidence))
        .route("/contract/{id}/file", get(contracts::file))
        .route("/contract/{id}/letter/{number}", get(legs::letter))
        .route("/contract/{id}/part/{number}/evidence", get(legs::evidence))
        .route("/contract/{id}/part/{number}/{act}", get(legs::ask).post(legs::settle))
        .route("/contract/{id}/{act}", post(contracts::act))
        .route("/mails", get(mails::list).post(mails::given).layer(uploads()))
        .route("/mails/new", get(mails::form).post(mails::make).layer(uploads()))
        .route("/mail/{id}", get(mails::one))
        .route("/mail/{id}/evidence", get(mails::evidence))
        .route("/mail/{id}/file", get(mails::file))
        .route("/mail/{id}/enclosed/{number}", get(mails::enclosed))
        .route("/mail/{id}/{act}", post(mails::act))
        .route("/payments", get(payments::list).post(payments::accept).layer(uploads()))
        .route("/payments/new", get(payments::form).post(payments::ask))
        .route("/payments/bill", post(payments::bill))
        .route("/payment/{purpose}", get(payments::one))
        .route("/payment/{purpose}/evidence", get(payments::evidence))
        .route("/payment/{purpose}/request", get(payments::request))
        .merge(prepared())
        .route("/waiting/{id}", get(deal::waiting))
        .route("/handover", get(handover::show_it).post(handover::go_on))
        .route("/handover/address", get(handover::address))
        .route("/handover/address", post(handover::address_given))
        .route("/purse", get(purse::purse).post(purse::ask))
        .route("/preferences", get(preferences::form).post(preferences::save))
        .route("/transcripts", get(records::transcripts))
        .route("/transcripts/{*id}", get(records::transcript))
        .route("/contacts", get(records::contacts))
        .route("/notaries", get(notaries::list).post(notaries::change))
        .route("/welcome", get(welcome::overview))
        .route("/welcome/{step}", get(welcome::step).post(welcome::take))
        .route("/screen", get(screen::show).post(screen::answer))
        .route("/screen/sessions", get(sessions::list))
        .route("/screen/sessions/{name}", get(sessions::one).post(sessions::act))
        .layer(Extension(memory::Shared::default()))
}

/// Joint deals before there is one, data for money, containers.
fn prepared() -> Router {
    Router::new()
        .route("/joint", get(joint::hub))
        .route("/joint/letter", get(joint::letter).post(joint::seal).layer(uploads()))
        .route("/joint/bill", get(bills::bill).post(bills::ask))
        .route("/joint/pay", get(bills::pay).post(bills::take).layer(uploads()))
        .route("/joint/part/{id}", get(joint::part))
        .route("/joint/part/{id}/file", get(joint::file))
        .route("/joint/new", get(joint::form).post(joint::make).layer(uploads()))
        .route("/data", get(data::list).post(data::buy).layer(uploads()))
        .route("/data/new", get(data::form).post(data::sell).layer(uploads()))
        .route("/data/{id}", get(data::one))
        .route("/data/{id}/file", get(data::file))
        .route("/data/{id}/goods", get(data::goods))
        .route("/data/{id}/evidence/{lock}", get(data::evidence))
        .route("/data/{id}/{act}", post(data::act))
        .route("/transfers", get(transfers::list))
        .route("/transfers/new", get(transfers::form).post(transfers::make).layer(containers()))
        .route("/transfer/{id}", get(transfers::one))
        .route("/transfer/{id}/evidence", get(transfers::evidence))
        .route("/transfer/{id}/good/{number}", get(transfers::good))
        .route("/transfer/{id}/{act}", post(transfers::act))
}

/// A form with all that a container may hold.
fn containers() -> DefaultBodyLimit {
    let contents = usize::try_from(semper_base::limits::TRANSFER_BYTES_MAX).unwrap_or(usize::MAX);
    DefaultBodyLimit::max(contents.saturating_add(upload::UPLOAD_BYTES_MAX))
}

/// A form with a file may be larger than others.
fn uploads() -> DefaultBodyLimit {
    DefaultBodyLimit::max(upload::UPLOAD_BYTES_MAX)
}
