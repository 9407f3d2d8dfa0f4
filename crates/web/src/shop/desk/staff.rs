//! Staff: who may do what, one-time links, and what was done. For the owner alone; the party refuses these
//! commands in anybody else's name.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::Operator;
use super::view::{amount, flag, list as members, some, text};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show as finish, show_as};
use crate::texts::shop_desk::{House, Orders};
use crate::texts::{When, fill};

/// `?saved=NAME`, `?removed=NAME`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    saved: String,
    #[serde(default)]
    removed: String,
}

/// Somebody, or the form for somebody new.
#[expect(clippy::struct_excessive_bools, reason = "four independent rights, as they are ticked")]
#[derive(Clone, Debug, Default)]
struct Person {
    name: String,
    see: bool,
    ship: bool,
    cancel: bool,
    prices: bool,
    refund: String,
    since: Option<When>,
}

impl Person {
    fn read(member: &Value, operator: &Operator) -> Self {
        Person {
            name: text(member, "/name").to_owned(),
            see: flag(member, "/may/see"),
            ship: flag(member, "/may/ship"),
            cancel: flag(member, "/may/cancel"),
            prices: flag(member, "/may/prices"),
            refund: some(member, "/may/refund_up_to").map(|limit| operator.money(&limit)).unwrap_or_default(),
            since: some(member, "/since").map(|iso| When::new(operator.language(), &iso)),
        }
    }

    fn typed(form: &Form) -> Self {
        Person {
            name: form.get("name").to_owned(),
            see: form.has("see"),
            ship: form.has("ship"),
            cancel: form.has("cancel"),
            prices: form.has("prices"),
            refund: form.get("refund").to_owned(),
            since: None,
        }
    }

    /// The rights in one line.
    fn rights(&self, t: &'static House) -> String {
        let words = [(self.see, t.see), (self.ship, t.ship), (self.cancel, t.cancel), (self.prices, t.prices)];
        let mut rights: Vec<String> =
            words.iter().filter(|(has, _)| *has).map(|(_, word)| (*word).to_owned()).collect();
        if !self.refund.is_empty() {
            rights.push(fill(t.refund_up_to, &[&self.refund]));
        }
        if rights.is_empty() { t.no_rights.to_owned() } else { rights.join(", ") }
    }
}

struct Act {
    at: When,
    name: String,
    command: String,
    subject: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "shop/desk/staff.html")]
struct Staff {
    page: Page,
    t: &'static House,
    o: &'static Orders,
    people: Vec<Person>,
    acts: Vec<Act>,
    form: Person,
    wrong: Wrong,
    failed: Option<String>,
}

#[derive(Template)]
#[template(path = "shop/desk/staff_link.html")]
struct LinkPage {
    page: Page,
    t: &'static House,
    address: String,
}

#[derive(Template)]
#[template(path = "shop/desk/staff_remove.html")]
struct Removing {
    page: Page,
    t: &'static House,
    name: String,
}

async fn page(
    operator: &Operator,
    form: Person,
    wrong: Wrong,
    failed: Option<String>,
    notice: Option<String>,
) -> Response {
    let staff = match operator.call(json!({ "command": "staff-list" })).await {
        Ok(staff) => staff,
        Err(error) => return operator.oops(&error),
    };
    let act = |act: &Value| Act {
        at: When::new(operator.language(), text(act, "/at")),
        name: text(act, "/name").to_owned(),
        command: text(act, "/command").to_owned(),
        subject: text(act, "/subject").to_owned(),
        amount: operator.money(text(act, "/amount")),
    };
    let t = House::of(operator.language());
    let status = if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &Staff {
            page: operator.page(t.staff_title).noting(notice),
            t,
            o: Orders::of(operator.language()),
            people: members(&staff, "/staff").iter().map(|member| Person::read(member, operator)).collect(),
            acts: members(&staff, "/acts").iter().map(act).collect(),
            form,
            wrong,
            failed,
        },
    )
}

pub(super) async fn list(operator: Operator, Query(told): Query<Told>) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let t = House::of(operator.language());
    let notice = match (is_name(&told.saved), is_name(&told.removed)) {
        (true, _) => Some(fill(t.saved, &[&told.saved])),
        (_, true) => Some(fill(t.removed, &[&told.removed])),
        _ => None,
    };
    let form = Person { see: true, ..Person::default() };
    page(&operator, form, Wrong::default(), None, notice).await
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(fits)
}

/// Adds somebody, or sets all rights of somebody anew.
pub(super) async fn put(operator: Operator, form: Form) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let (t, typed) = (House::of(operator.language()), Person::typed(&form));
    let mut wrong = Wrong::default();
    if !is_name(&typed.name) {
        wrong.note("name", t.wrong_name);
    }
    let limit = Some(typed.refund.replace(',', ".")).filter(|limit| !limit.is_empty());
    if limit.as_ref().is_some_and(|limit| amount(limit).is_none()) {
        wrong.note("refund", t.wrong_limit);
    }
    if !wrong.is_empty() {
        return page(&operator, typed, wrong, None, None).await;
    }
    let Person { see, ship, cancel, prices, .. } = typed;
    let may = json!({ "see": see, "ship": ship, "cancel": cancel, "prices": prices, "refund_up_to": limit });
    match operator.call(json!({ "command": "staff-put", "name": typed.name, "may": may })).await {
        Ok(_) => go(&format!("/desk/staff?saved={}", typed.name)),
        Err(error) => page(&operator, typed, Wrong::default(), Some(operator.sentence(&error)), None).await,
    }
}

/// Whether the party knows this person.
async fn known(operator: &Operator, name: &str) -> Result<bool, Error> {
    let staff = operator.call(json!({ "command": "staff-list" })).await?;
    Ok(members(&staff, "/staff").iter().any(|member| text(member, "/name") == name))
}

/// Makes and shows a link. It is the answer itself, because it is shown only once; sent again, the form
/// makes another one.
pub(super) async fn link(operator: Operator, Path(name): Path<String>, _form: Form) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    match known(&operator, &name).await {
        Ok(true) => {
            let t = House::of(operator.language());
            let address = operator.link(&name);
            finish(&LinkPage { page: operator.page(fill(t.link_title, &[&name])), t, address })
        }
        Ok(false) => operator.not_found(),
        Err(error) => operator.oops(&error),
    }
}

pub(super) async fn removing(operator: Operator, Path(name): Path<String>) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let t = House::of(operator.language());
    match known(&operator, &name).await {
        Ok(true) => finish(&Removing { page: operator.page(fill(t.remove_title, &[&name])), t, name }),
        Ok(false) => operator.not_found(),
        Err(error) => operator.oops(&error),
    }
}

pub(super) async fn remove(operator: Operator, Path(name): Path<String>, _form: Form) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let removed = operator.call(json!({ "command": "staff-remove", "name": name })).await;
    // Whatever the party said: nobody goes on under a name that was to go.
    operator.shut_out(&name);
    match removed {
        Ok(_) => go(&format!("/desk/staff?removed={name}")),
        Err(error) if error.code() == semper_base::Code::NotFound => go("/desk/staff"),
        Err(error) => operator.oops(&error),
    }
}
