//! From a shop's page to the trusted screen.
//!
//! ```text
//!  link or code --> what it asks, and "Continue"        needs no cookie, changes nothing
//!        --> address (parcels; a new one is typed on the trusted screen) --> the shop is linked
//!        --> buy --> waiting --> trusted screen
//! ```

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Code, Error};
use serde_json::{Value, json};

use super::actions::in_line;
use super::deal::asks;
use super::memory::{Memory, Shared};
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::handover::{Goods, Handover};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::screen::{Guide, Topic};
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
        Goods::Cart(_) if home(&visit).await.is_some() => go(&format!("/handover/address?code={}", handover.code())),
        Goods::Cart(_) => ask_address(&visit, &memory, &handover, None).await,
        Goods::Item(id) => order(&visit, &memory, &handover, json!({ "item": id })).await,
    }
}

#[derive(Template)]
#[template(path = "wallet/address.html")]
struct AddressPage {
    page: Page,
    t: &'static Handing,
    code: String,
    /// The lines of the address that is known.
    known: Vec<Theirs>,
    /// Whether another can be given at the trusted screen.
    can_change: bool,
}

/// `/handover/address?code=…`: where parcels go, before the shop is asked for an offer. Where the shop was asked
/// meanwhile, on to its answer.
pub(super) async fn address(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    Query(members): Query<Vec<(String, String)>>,
) -> Response {
    let code = members.into_iter().find(|(name, _)| name == "code").map(|(_, code)| code).unwrap_or_default();
    let Ok(handover) = Handover::from_code(&code) else { return Oops::not_found(&visit) };
    if let Some(deal) = same(&visit, &memory, &handover).await {
        return go(&format!("/waiting/{deal}"));
    }
    let t = Handing::of(visit.language);
    let known = home(&visit).await.as_ref().map(lines).unwrap_or_default();
    let can_change = visit.site.display.is_some();
    show(&AddressPage { page: Page::new(&visit, t.address_title), t, code, known, can_change })
}

/// The address that is known.
async fn home(visit: &Visit) -> Option<Value> {
    let said = visit.site.party.call(json!({ "command": "address-book" })).await.unwrap_or_default();
    said.get("address").filter(|address| address.is_object()).cloned()
}

fn lines(address: &Value) -> Vec<Theirs> {
    let of = |name: &str| view::text(address, &format!("/{name}")).to_owned();
    let place = format!("{} {}", of("postcode"), of("city"));
    [of("name"), of("street"), place, of("country")].iter().map(|line| view::theirs(line)).collect()
}

/// "Get the offer for this address", or "Another address": that is typed on the trusted screen.
pub(super) async fn address_given(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    form: Form,
) -> Response {
    let Some(handover) = read(&form) else { return Oops::form_old(&visit) };
    let Goods::Cart(cart) = &handover.goods else { return Oops::form_old(&visit) };
    let known = home(&visit).await;
    if known.is_none() || form.get("address") == "other" {
        return ask_address(&visit, &memory, &handover, known).await;
    }
    order(&visit, &memory, &handover, json!({ "cart": cart })).await
}

/// Has the trusted screen ask for the address, and goes on by itself once it is there.
async fn ask_address(visit: &Visit, memory: &Shared, handover: &Handover, known: Option<Value>) -> Response {
    let t = Handing::of(visit.language);
    let Some(display) = visit.site.display.clone() else {
        let (page, code) = (Page::new(visit, t.address_title), handover.code());
        return show_as(StatusCode::CONFLICT, &AddressPage { page, t, code, known: Vec::new(), can_change: false });
    };
    let guide = Guide::new(visit.site.party.clone(), display);
    let topic = Topic::address(&format!("handover/{}", memory.note_code(&handover.code())));
    let (visit_then, memory_then, handover_then, asked) =
        (visit.clone(), Arc::clone(memory), handover.clone(), topic.clone());
    tokio::spawn(async move {
        let given = guide.address(&asked, &known.unwrap_or_default()).await;
        if let (Some(_), Goods::Cart(cart)) = (given, &handover_then.goods) {
            order(&visit_then, &memory_then, &handover_then, json!({ "cart": cart })).await;
        }
    });
    go(&in_line(visit, &topic, format!("/handover/address?code={}", handover.code())).await)
}

/// Where to go once the address was given or left: on to the deal, as soon as there is one.
pub(super) async fn after_address(memory: &Memory, name: &str) -> String {
    let Some(code) = memory.code_of(name) else { return "/".to_owned() };
    let query = Handover::from_code(&code).map(|handover| handover.query()).unwrap_or_default();
    let started = tokio::time::Instant::now();
    while started.elapsed() < OFFERED_WITHIN {
        if let Some(deal) = memory.deal_of(&query) {
            return format!("/waiting/{deal}");
        }
        tokio::time::sleep(LOOK).await;
    }
    format!("/handover/address?code={code}")
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
