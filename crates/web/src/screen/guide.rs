//! Dialogs that sign nothing: what this wallet itself wants to know of its owner, or tells. The same at the
//! pages and at the terminal; each reply leaves a record.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use semper_base::{Amount, Error, Hash, KeyId, Timestamp};
use semper_support::preferences::Preferences;
use semper_support::tinguin::{Choice, Dialog, DialogRecord, Field, FieldKind, Reply, Severity};
use serde_json::{Value, json};

use super::{Display, Shown};
use crate::party::Party;
use crate::texts::fill;
use crate::texts::wallet::{Asking, Telling};
use crate::wallet::in_words;

/// For how long such a dialog waits for somebody.
const PATIENCE: Duration = Duration::from_hours(12);
/// Messages that wait at the same time; the deals' pages say the same.
const MESSAGES_MAX: usize = 8;
/// Asks who is asked about no deal.
const WALLET: &str = "wallet";
/// Longest text that the owner adds to a complaint, in characters.
const WORDS_CHARS_MAX: usize = 400;
/// The fields of an address, and how long each may be.
const ADDRESS: [(&str, usize); 5] = [("name", 100), ("street", 100), ("postcode", 20), ("city", 100), ("country", 2)];

/// What a dialog is about, and how it is known in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Who asks: the row of a deal, or another name.
    pub asker: String,
    /// The dialog's id.
    pub id: String,
}

impl Topic {
    fn new(asker: &str, what: &str) -> Self {
        let asker = if asker.is_empty() { WALLET } else { asker };
        Topic { asker: asker.to_owned(), id: format!("{asker}/{what}") }
    }

    /// Where the goods of this asker go.
    #[must_use]
    pub fn address(asker: &str) -> Self {
        Topic::new(asker, "address")
    }

    /// Why the owner complains about this deal.
    #[must_use]
    pub fn complaint(deal: &str) -> Self {
        Topic::new(&format!("deal/{deal}"), "complaint")
    }
}

/// Asks and tells on the trusted screen. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guide {
    party: Party,
    display: Arc<Display>,
}

/// Now, by the system clock.
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Guide {
    /// For this party, on this display.
    #[must_use]
    pub fn new(party: Party, display: Arc<Display>) -> Self {
        Guide { party, display }
    }

    async fn preferences(&self) -> Preferences {
        let said = self.party.call(json!({ "command": "preferences" })).await.unwrap_or_default();
        serde_json::from_value(said).unwrap_or_default()
    }

    /// Puts a dialog in line and waits. A dialog of this id that waits already is not asked again.
    async fn ask(&self, topic: &Topic, dialog: Dialog) -> Option<Reply> {
        dialog.check().ok().filter(|()| !self.display.holds(&topic.id))?;
        let preferences = self.preferences().await;
        let (language, asked) = (preferences.screen.language, wall());
        let shown = Shown {
            id: topic.id.clone(),
            asker: topic.asker.clone(),
            dialog: dialog.clone(),
            language,
            phrase: preferences.screen.phrase,
            receivers: Vec::new(),
            since: asked,
        };
        let (display, began) = (Arc::clone(&self.display), Instant::now());
        // A thread of its own, which nobody waits for when the party stops.
        let (said, reply) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || said.send(display.ask(shown, &|| began.elapsed() > PATIENCE)));
        let reply = reply.await.ok().flatten()?;
        let record = DialogRecord::new(&dialog, &topic.asker, language, &reply, (asked, wall()));
        if let Err(error) = self.party.call(json!({ "command": "note-dialog", "record": record })).await {
            tracing::warn!(%error, "what a dialog showed could not be kept");
        }
        Some(reply)
    }

    /// Asks where goods go, and keeps the answer as the address that orders are sent to; none if the owner
    /// leaves it. `known` stands in the form.
    pub async fn address(&self, topic: &Topic, known: &Value) -> Option<Value> {
        let t = Asking::of(self.preferences().await.screen.language);
        let (mut problem, mut typed) = (None, start(known));
        loop {
            let question = problem.map_or_else(|| t.address.to_owned(), |problem| format!("{problem} {}", t.address));
            let fields = ADDRESS.map(|(name, chars_max)| Field {
                name: name.to_owned(),
                label: label(t, name).to_owned(),
                kind: FieldKind::Text { chars_max },
                optional: false,
                value: typed.get(name).cloned().unwrap_or_default(),
            });
            let Reply::Filled(filled) = self.ask(topic, Dialog::Form { question, fields: fields.to_vec() }).await?
            else {
                return None;
            };
            typed = filled;
            typed.entry("country".to_owned()).and_modify(|country| *country = country.to_ascii_uppercase());
            match self.party.call(json!({ "command": "address-book", "set": typed })).await {
                Ok(kept) => return kept.get("address").cloned(),
                Err(Error::Misuse(_) | Error::Violation(_)) => problem = Some(t.address_wrong),
                Err(_) => return None,
            }
        }
    }

    /// Asks for what is bought an address if none is known, then the shop for an offer.
    pub async fn buy(&self, mut request: Value) -> Option<Value> {
        let known = self.party.call(json!({ "command": "address-book" })).await.ok()?;
        if known.get("address").is_none_or(Value::is_null) {
            self.address(&Topic::address(WALLET), &Value::Null).await?;
        }
        if let Some(members) = request.as_object_mut() {
            members.insert("command".to_owned(), json!("buy"));
        }
        self.party.call(request).await.ok()
    }

    /// Asks why the owner complains, then goes on with the complaint: the statement is asked for by itself.
    pub async fn complaint(&self, deal: &str, part: Option<u64>) -> Option<Value> {
        let t = Asking::of(self.preferences().await.screen.language);
        let topic = Topic::complaint(deal);
        let reasons = [t.not_here, t.damaged, t.not_as_offered, t.incomplete, t.other];
        let choices = reasons.iter().map(|reason| Choice { name: (*reason).to_owned(), label: (*reason).to_owned() });
        let choose = Dialog::Choose { question: t.complaint.to_owned(), choices: choices.collect() };
        let Reply::Chosen(mut reason) = self.ask(&topic, choose).await? else { return None };
        if reason == t.other {
            let kind = FieldKind::Text { chars_max: WORDS_CHARS_MAX };
            let (name, label) = ("words".to_owned(), t.words_label.to_owned());
            let field = Field { name, label, kind, optional: false, value: String::new() };
            let form = Dialog::Form { question: t.words.to_owned(), fields: vec![field] };
            let Reply::Filled(filled) = self.ask(&topic, form).await? else { return None };
            reason = filled.into_values().next()?;
        }
        let request = json!({ "command": "complain", "deal": deal, "part": part, "reason": reason });
        let done = self.party.call(without_null(request)).await;
        if let Err(error) = &done {
            let text = fill(t.complaint_late, &[&error.to_string()]);
            self.message(&topic.asker, "complaint-late", Severity::Warning, text).await;
        }
        done.ok()
    }

    /// Asks whether these shops are to be known, so that orders up to this amount are signed by the owner's rule.
    pub async fn remember(&self, asker: &str, shops: &[KeyId], names: &[String], up_to: Amount) {
        let t = Asking::of(self.preferences().await.screen.language);
        let question = fill(t.remember, &[&up_to.to_string(), &names.join("; ")]);
        let ask = Dialog::YesNo { question, yes: t.remember_yes.to_owned(), no: t.remember_no.to_owned() };
        if self.ask(&Topic::new(asker, "remember"), ask).await != Some(Reply::Yes) {
            return;
        }
        for shop in shops {
            if let Err(error) = self.party.call(json!({ "command": "known", "key": shop, "set": true })).await {
                tracing::warn!(%error, "a shop could not be noted as known");
            }
        }
    }

    /// Tells the owner what became of a deal, if it is news that they should not miss.
    pub async fn told(&self, event: &str, subject: &str) {
        self.refresh().await;
        let language = self.preferences().await.screen.language;
        let t = Telling::of(language);
        let (severity, words) = match event {
            "lapsed" => (Severity::Warning, t.lapsed),
            "ended" => (Severity::Warning, t.ended),
            "refused" => (Severity::Warning, t.refused),
            "wrong" => (Severity::Error, t.wrong),
            "checked" => (Severity::Info, t.checked),
            "refunded" => (Severity::Info, t.refunded),
            "shipped" => (Severity::Info, t.shipped),
            _ => return,
        };
        let deals = self.party.call(json!({ "command": "deals" })).await.unwrap_or_default();
        let Some((id, about)) = in_words::deal(language, &deals, subject) else { return };
        self.message(&format!("deal/{id}"), event, severity, format!("{words} {about}")).await;
    }

    async fn message(&self, asker: &str, what: &str, severity: Severity, text: String) {
        let open = self.display.line().iter().filter(|one| one.shown.dialog.gives_way()).count();
        if open < MESSAGES_MAX {
            self.ask(&Topic::new(asker, what), Dialog::Message { severity, text }).await;
        }
    }

    /// Says on the empty display what is under way.
    pub async fn refresh(&self) {
        let language = self.preferences().await.screen.language;
        let deals = self.party.call(json!({ "command": "deals" })).await.unwrap_or_default();
        self.display.set_status(Some(in_words::under_way(language, &deals)));
    }
}

fn start(known: &Value) -> BTreeMap<String, String> {
    let of = |name: &str| known.get(name).and_then(Value::as_str).map(str::to_owned);
    let first = |name: &str| if name == "country" { "DE".to_owned() } else { String::new() };
    ADDRESS.iter().map(|(name, _)| ((*name).to_owned(), of(name).unwrap_or_else(|| first(name)))).collect()
}

fn label(t: &'static Asking, name: &str) -> &'static str {
    match name {
        "street" => t.street,
        "postcode" => t.postcode,
        "city" => t.city,
        "country" => t.country,
        _ => t.name,
    }
}

fn without_null(mut request: Value) -> Value {
    if let Some(members) = request.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    request
}

/// The keys that a payload is for.
#[must_use]
pub fn addressed(payload: &str) -> Vec<KeyId> {
    let payload: Value = semper_base::json::read(payload.as_bytes()).unwrap_or_default();
    let keys = payload.pointer("/semper/to").and_then(Value::as_array).cloned().unwrap_or_default();
    keys.iter().filter_map(Value::as_str).filter_map(Hash::from_hex).map(KeyId).collect()
}
