//! From a shop's page to the trusted screen.
//!
//! ```text
//!  link or code --> what it asks, and "Continue"        needs no cookie, changes nothing
//!        --> the shop is linked --> address (parcels) --> buy --> waiting --> trusted screen
//! ```

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Code, Error};
use serde_json::{Value, json};

use super::deal::asks;
use super::memory::Shared;
use super::view;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::handover::{Goods, Handover};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::fill;
use crate::texts::wallet::Handing;

/// How long a shop may take to answer the first time.
const MET_WITHIN: Duration = Duration::from_secs(5);
/// How long to wait for the offer before the waiting page is shown.
const OFFERED_WITHIN: Duration = Duration::from_millis(1500);
/// How often to look.
const LOOK: Duration = Duration::from_millis(25);

#[derive(Template)]
#[template(path = "wallet/handover.html")]
struct HandoverPage {
    page: Page,
    t: &'static Handing,
    handover: Option<Handover>,
    wrong: Wrong,
    code: String,
}

impl HandoverPage {
    fn goods(&self, handover: &Handover) -> String {
        match &handover.goods {
            Goods::Cart(id) => fill(self.t.cart, &[id]),
            Goods::Item(id) => fill(self.t.item, &[id]),
        }
    }
}

/// `/handover`: says what the link or code asks.
pub(super) async fn show_it(visit: Visit, Query(members): Query<Vec<(String, String)>>) -> Response {
    let t = Handing::of(visit.language);
    let code = members.iter().find(|(name, _)| name == "code").map(|(_, code)| code.clone());
    let mut wrong = Wrong::default();
    let handover = match &code {
        Some(code) => Handover::from_code(code).map_err(|_| wrong.note("code", t.code_wrong)).ok(),
        None if members.is_empty() => None,
        None => Handover::from_members(&members).map_err(|_| wrong.note("code", t.link_wrong)).ok(),
    };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let code = code.unwrap_or_default();
    show_as(status, &HandoverPage { page: Page::new(&visit, t.title), t, handover, wrong, code })
}

fn read(form: &Form) -> Option<Handover> {
    Handover::from_code(form.get("handover")).ok()
}

/// "Continue".
pub(super) async fn go_on(Inside { visit, .. }: Inside, Extension(memory): Extension<Shared>, form: Form) -> Response {
    let Some(handover) = read(&form) else { return Oops::form_old(&visit) };
    if let Some(deal) = same(&visit, &memory, &handover).await {
        return go(&format!("/waiting/{deal}"));
    }
    match &handover.goods {
        Goods::Cart(_) => go(&format!("/handover/address?code={}", handover.code())),
        Goods::Item(id) => order(&visit, &memory, &handover, json!({ "item": id })).await,
    }
}

/// The fields of an address and how long each may be.
const FIELDS: [(&str, usize); 5] = [("name", 100), ("street", 100), ("postcode", 20), ("city", 100), ("country", 2)];

struct AddressField {
    name: &'static str,
    label: &'static str,
    auto: &'static str,
    value: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/address.html")]
struct AddressPage {
    page: Page,
    t: &'static Handing,
    code: String,
    fields: Vec<AddressField>,
    wrong: Wrong,
}

fn label(t: &'static Handing, name: &str) -> (&'static str, &'static str) {
    match name {
        "street" => (t.street, "street-address"),
        "postcode" => (t.postcode, "postal-code"),
        "city" => (t.city, "address-level2"),
        "country" => (t.country, "country"),
        _ => (t.name, "name"),
    }
}

fn address_page(visit: &Visit, code: &str, wrong: Wrong, value: impl Fn(&str) -> String) -> AddressPage {
    let t = Handing::of(visit.language);
    let field = |(name, _): (&'static str, usize)| {
        let (label, auto) = label(t, name);
        let problem = wrong.of(name).map(str::to_owned);
        AddressField { name, label, auto, value: value(name), problem }
    };
    let fields = FIELDS.into_iter().map(field).collect();
    AddressPage { page: Page::new(visit, t.address_title), t, code: code.to_owned(), fields, wrong }
}

/// `/handover/address?code=…`: where parcels go, as it was remembered.
pub(super) async fn address(Inside { visit, .. }: Inside, Query(members): Query<Vec<(String, String)>>) -> Response {
    let code = members.into_iter().find(|(name, _)| name == "code").map(|(_, code)| code).unwrap_or_default();
    if Handover::from_code(&code).is_err() {
        return Oops::not_found(&visit);
    }
    let known = visit.site.party.call(json!({ "command": "address-book" })).await.unwrap_or_default();
    let known = known.get("address").cloned().unwrap_or_default();
    let value = |name: &str| match (known.get(name).and_then(Value::as_str), name) {
        (Some(known), _) => known.to_owned(),
        (None, "country") => "DE".to_owned(),
        (None, _) => String::new(),
    };
    show(&address_page(&visit, &code, Wrong::default(), value))
}

/// The address is there: asks the shop for the offer.
pub(super) async fn address_given(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    form: Form,
) -> Response {
    let Some(handover) = read(&form) else { return Oops::form_old(&visit) };
    let Goods::Cart(cart) = &handover.goods else { return Oops::form_old(&visit) };
    let wrong = check_address(Handing::of(visit.language), &form);
    if !wrong.is_empty() {
        let value = |name: &str| form.raw(name).to_owned();
        let page = address_page(&visit, form.get("handover"), wrong, value);
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let mut address = serde_json::Map::new();
    for (name, _) in FIELDS {
        let value = if name == "country" { form.get(name).to_ascii_uppercase() } else { form.get(name).to_owned() };
        address.insert(name.to_owned(), json!(value));
    }
    order(&visit, &memory, &handover, json!({ "cart": cart, "address": address })).await
}

fn check_address(t: &'static Handing, form: &Form) -> Wrong {
    let mut wrong = Wrong::default();
    for (name, chars_max) in FIELDS {
        let (label, value) = (label(t, name).0, form.get(name));
        if value.is_empty() {
            wrong.note(name, fill(t.missing, &[label]));
        } else if name == "country" && !(value.len() == 2 && value.bytes().all(|b| b.is_ascii_alphabetic())) {
            wrong.note(name, t.country_wrong);
        } else if value.chars().count() > chars_max || value.contains(char::is_control) {
            wrong.note(name, fill(t.long, &[label, &chars_max.to_string()]));
        }
    }
    wrong
}

/// The deal that this hand-over became a short while ago. One that was left is no reason not to ask again.
async fn same(visit: &Visit, memory: &Shared, handover: &Handover) -> Option<String> {
    let id = memory.deal_of(&handover.query())?;
    match visit.site.party.call(json!({ "command": "deal", "deal": id })).await {
        Ok(deal) if view::text(&deal, "/word") == "withdrawn" => None,
        _ => Some(id),
    }
}

/// Links the shop, asks it for an offer, and waits a moment for it.
async fn order(visit: &Visit, memory: &Shared, handover: &Handover, wanted: Value) -> Response {
    let id = {
        // A second click waits here and finds the first one's deal.
        let _turn = memory.turn.lock().await;
        if let Some(deal) = same(visit, memory, handover).await {
            return go(&format!("/waiting/{deal}"));
        }
        let link = match link(visit, handover).await {
            Ok(Some(link)) => link,
            Ok(None) => return away(visit, handover),
            Err(error) => return Oops::error(visit, &error),
        };
        match buy(visit, &link, wanted).await {
            Ok(id) => {
                memory.note(&handover.query(), &id, handover.hash);
                id
            }
            Err(error) => return cannot(visit, &error),
        }
    };
    let started = tokio::time::Instant::now();
    while started.elapsed() < OFFERED_WITHIN && !asks(visit, &id) && visit.site.display.is_some() {
        tokio::time::sleep(LOOK).await;
    }
    go(&format!("/waiting/{id}"))
}

async fn buy(visit: &Visit, link: &str, wanted: Value) -> Result<String, Error> {
    let mut command = json!({ "command": "buy", "shop": link });
    if let (Some(members), Value::Object(wanted)) = (command.as_object_mut(), wanted) {
        members.extend(wanted);
    }
    Ok(view::text(&visit.site.party.call(command).await?, "/deal").to_owned())
}

/// Our link to the shop, once it has answered; none if it does not.
async fn link(visit: &Visit, handover: &Handover) -> Result<Option<String>, Error> {
    let party = &visit.site.party;
    let contacts = party.call(json!({ "command": "contacts" })).await?;
    let contacts = view::list(&contacts, "/contacts");
    let is_it = |contact: &Value| {
        view::text(contact, "/socket") == handover.socket && view::text(contact, "/server_name") == handover.server_name
    };
    let known = contacts.iter().find(|contact| is_it(contact)).map(|contact| view::text(contact, "/link").to_owned());
    let name = known.unwrap_or_else(|| unused(contacts, &handover.server_name));
    party
        .call(json!({
            "command": "link", "name": name, "socket": handover.socket, "server_name": handover.server_name,
            "as": "nobody",
        }))
        .await?;
    let started = tokio::time::Instant::now();
    loop {
        let contacts = party.call(json!({ "command": "contacts" })).await?;
        let met = view::list(&contacts, "/contacts").iter().any(|contact| {
            view::text(contact, "/link") == name && contact.get("met").and_then(Value::as_bool) == Some(true)
        });
        if met {
            return Ok(Some(name));
        }
        if started.elapsed() > MET_WITHIN {
            return Ok(None);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A short name that no link has: the host's first label, perhaps with a number.
fn unused(contacts: &[Value], server_name: &str) -> String {
    let label: String = server_name.split('.').next().unwrap_or_default().chars().take(20).collect();
    let taken = |name: &str| contacts.iter().any(|contact| view::text(contact, "/link") == name);
    // These names mean our own bank, notary and authority.
    let reserved = |name: &str| matches!(name, "" | "bank" | "notary" | "ca");
    let mut numbered = (2_u32..).map(|number| format!("{label}-{number}"));
    let plain = Some(label.clone()).filter(|name| !reserved(name) && !taken(name));
    plain.or_else(|| numbered.find(|name| !taken(name))).unwrap_or(label)
}

#[derive(Template)]
#[template(path = "wallet/away.html")]
struct Away {
    page: Page,
    t: &'static Handing,
    text: String,
    again: String,
}

fn away(visit: &Visit, handover: &Handover) -> Response {
    let t = Handing::of(visit.language);
    let text = fill(t.away_text, &[&format!("{} ({})", handover.server_name, handover.socket)]);
    let again = format!("/handover?{}", handover.query());
    show_as(StatusCode::SERVICE_UNAVAILABLE, &Away { page: Page::new(visit, t.away), t, text, again })
}

/// Why nothing can be bought: without an account, the first run is the way on.
fn cannot(visit: &Visit, error: &Error) -> Response {
    match error {
        Error::Misuse(why) if why.code() == Code::AccountUnknown => go("/welcome"),
        _ => Oops::error(visit, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_link_takes_no_name_that_means_something() {
        let contacts = [json!({ "link": "shop-a" }), json!({ "link": "shop-a-2" })];
        assert_eq!(unused(&contacts, "shop-a.semper.test"), "shop-a-3");
        assert_eq!(unused(&contacts, "shop-b.semper.test"), "shop-b");
        assert_eq!(unused(&contacts, "bank.semper.test"), "bank-2");
    }
}
