//! Who works at the desk, and the way from these pages to the party. It lies in here alone: a page cannot
//! give a command without saying who gives it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use semper_base::{Error, Fault, code::Code};
use serde_json::{Value, json};

use crate::door::{Inside, Visit};
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::Page;
use crate::session::Who;
use crate::texts::shop_desk::Orders;
use crate::texts::{self, Language, codes, fill};

/// Somebody at the desk.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    visit: Visit,
    who: Who,
}

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Inside { visit, who } = Inside::from_request_parts(parts, state).await?;
        Ok(Operator { visit, who })
    }
}

impl Operator {
    /// Gives the party a command in this person's name.
    pub(super) async fn call(&self, mut request: Value) -> Result<Value, Error> {
        if let (Who::Staff(name), Some(members)) = (&self.who, request.as_object_mut()) {
            members.insert("by".to_owned(), json!(name));
        }
        self.visit.site.party.call(request).await
    }

    /// The rights as the party has them: nothing is offered that it would refuse.
    pub(super) async fn rights(&self) -> Rights {
        let me = self.call(json!({ "command": "staff-me" })).await.unwrap_or_default();
        let may = |right: &str| self.is_owner() || me.pointer(&format!("/may/{right}")) == Some(&Value::Bool(true));
        let limit = me.pointer("/may/refund_up_to").and_then(Value::as_str).map(str::to_owned);
        Rights {
            ship: may("ship"),
            cancel: may("cancel"),
            prices: may("prices"),
            refund: if self.is_owner() { Limit::All } else { limit.map_or(Limit::Nothing, Limit::UpTo) },
        }
    }

    pub(super) fn is_owner(&self) -> bool {
        self.who == Who::Owner
    }

    pub(super) fn language(&self) -> Language {
        self.visit.language
    }

    /// The frame of a page; it says in whose name one acts.
    pub(super) fn page(&self, title: impl Into<String>) -> Page {
        Page::new(&self.visit, title)
    }

    /// In whose name, if not the owner's.
    pub(super) fn acting(&self) -> Option<String> {
        match &self.who {
            Who::Owner => None,
            Who::Staff(name) => Some(fill(Orders::of(self.language()).signed_in_as, &[name])),
        }
    }

    pub(super) fn money(&self, amount: &str) -> String {
        texts::money(self.language(), amount)
    }

    /// The sentence for a failure, to be shown above a form that stays as it was typed.
    pub(super) fn sentence(&self, error: &Error) -> String {
        codes::why(self.language(), error)
    }

    pub(super) fn oops(&self, error: &Error) -> Response {
        Oops::error(&self.visit, error)
    }

    pub(super) fn not_found(&self) -> Response {
        Oops::not_found(&self.visit)
    }

    /// The purse as the bank has it, if this one may see it.
    pub(super) async fn purse(&self) -> Result<Value, Error> {
        self.call(serde_json::json!({ "command": "purse" })).await?;
        self.visit.site.party.purse().await
    }

    /// The form has not this visit's token.
    pub(super) fn form_old(&self) -> Response {
        Oops::form_old(&self.visit)
    }

    /// Refuses what is the owner's alone. The party refuses it too.
    pub(super) fn for_owner(&self) -> Response {
        let refusal = semper_base::Refusal::new(Code::AccessDenied, Orders::of(self.language()).owner_only);
        self.oops(&refusal.into())
    }

    /// Whether the trusted screen shows something.
    pub(super) fn is_asked(&self) -> bool {
        self.visit.site.display.as_ref().is_some_and(|display| display.current().is_some())
    }

    /// A fresh id for a form that must not work twice.
    pub(super) fn draw(&self) -> String {
        self.visit.site.sessions.draw()
    }

    /// What a form must bring back.
    pub(super) fn token(&self) -> &str {
        &self.visit.token
    }

    /// A one-time link for somebody of the staff.
    pub(super) fn link(&self, name: &str) -> String {
        self.visit.site.link(Who::Staff(name.to_owned()))
    }

    /// Ends this person's sessions and links.
    pub(super) fn shut_out(&self, name: &str) {
        self.visit.site.sessions.shut_out(name);
    }

    /// The same somebody as the shared pages know them.
    pub(super) fn into_inside(self) -> Inside {
        Inside { visit: self.visit, who: self.who }
    }
}

/// How much may be sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    All,
    Nothing,
    UpTo(String),
}

/// What this person may do.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    pub(super) ship: bool,
    pub(super) cancel: bool,
    pub(super) prices: bool,
    pub(super) refund: Limit,
}

/// The party answered something else than it says it does.
pub(super) fn strange(what: &str) -> Error {
    Fault::new(Code::DatabaseCorrupt, what).into()
}

/// Fields of an address, as a form has them.
pub(super) fn field<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// The fields that a form brought.
pub(super) fn pairs(form: &Form) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
