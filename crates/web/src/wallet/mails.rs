//! Certified mail: letters that were sent and that came, a new one, one that was given to us. The receipt is signed
//! on the trusted screen; these pages only have it asked.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::LETTER_BYTES_MAX;
use semper_base::{Blob64, Code, Error, Fault, bytes};
use serde_json::{Value, json};

use super::contracts::{Done, after, fee};
use super::files::{attachment, safe};
use super::pick::{Pick, What, cards, linked};
use super::upload::{Chosen, Upload};
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::{Mails, Notaries};
use crate::texts::{When, codes, fill};

/// A letter as a list shows it.
struct Line {
    id: String,
    title: Theirs,
    between: String,
    sentence: &'static str,
}

#[derive(Template)]
#[template(path = "wallet/mails.html")]
struct ListPage {
    page: Page,
    t: &'static Mails,
    mails: Vec<Line>,
    wrong: Wrong,
}

/// One line of the delivery record.
struct Recorded {
    at: When,
    by: &'static str,
    event: &'static str,
    token: String,
}

#[derive(Template)]
#[template(path = "wallet/mail.html")]
struct OnePage {
    page: Page,
    t: &'static Mails,
    id: String,
    title: Theirs,
    word: String,
    sentence: &'static str,
    otherwise: Option<&'static str>,
    from: Theirs,
    to: Theirs,
    notary: Theirs,
    fee: (String, Option<String>),
    n: &'static Notaries,
    how: &'static str,
    until: Option<When>,
    acts: Vec<(&'static str, &'static str)>,
    /// The letter, if it is open here; whether it can be read.
    letter: Option<(bool, Vec<Theirs>)>,
    /// The names of what is attached.
    files: Vec<Theirs>,
    records: Vec<Recorded>,
    file: bool,
    evidence: bool,
}

#[derive(Template)]
#[template(path = "wallet/mail_new.html")]
struct NewPage {
    page: Page,
    t: &'static Mails,
    links: Vec<(String, String)>,
    title: String,
    text: String,
    card: String,
    link: String,
    optimistic: bool,
    days: String,
    pick: Pick,
    wrong: Wrong,
}

fn sentence(t: &'static Mails, mail: &Value) -> &'static str {
    let sent = mail.get("sent").and_then(Value::as_bool).unwrap_or(false);
    match (view::text(mail, "/stage"), sent) {
        ("asked", true) => t.s_asked_sender,
        ("asked", false) => t.s_asked_receiver,
        ("promised" | "signed", true) => t.s_way,
        ("promised" | "signed", false) => t.s_signed,
        ("asking", _) => t.s_asking,
        ("complete", true) => t.s_delivered,
        ("complete", false) => t.s_received,
        ("aborted", true) => t.s_not_delivered,
        ("aborted", false) => t.s_nothing,
        ("declined", _) => t.s_declined,
        _ if view::text(mail, "/word") == "withdrawn" => t.s_lapsed,
        _ => t.s_here,
    }
}

/// What happens if the other side stops, while it matters.
fn otherwise(t: &'static Mails, mail: &Value) -> Option<&'static str> {
    let online = view::text(mail, "/protocol") == "semper-cm-online/1";
    let sent = mail.get("sent").and_then(Value::as_bool).unwrap_or(false);
    match view::text(mail, "/stage") {
        "promised" | "signed" if sent && online => Some(t.o_notary_ends),
        "promised" | "signed" if sent => Some(t.o_you_end),
        "promised" | "signed" => Some(t.o_key),
        "asking" => Some(t.o_again),
        _ => None,
    }
}

fn line(t: &'static Mails, mail: &Value) -> Line {
    let name = |path: &str| view::theirs(view::text(mail, path)).text;
    Line {
        id: view::text(mail, "/mail").to_owned(),
        title: view::theirs(view::text(mail, "/title")),
        between: fill(t.from_to, &[&name("/from"), &name("/to")]),
        sentence: sentence(t, mail),
    }
}

/// `/mails`
pub(super) async fn list(Inside { visit, .. }: Inside) -> Response {
    all(&visit, StatusCode::OK, Wrong::default()).await
}

async fn all(visit: &Visit, status: StatusCode, wrong: Wrong) -> Response {
    let t = Mails::of(visit.language);
    match visit.site.party.call(json!({ "command": "mails" })).await {
        Ok(answer) => {
            // The newest first.
            let mails = view::list(&answer, "/mails").iter().rev().map(|mail| line(t, mail)).collect();
            show_as(status, &ListPage { page: Page::new(visit, t.title), t, mails, wrong })
        }
        Err(error) => Oops::error(visit, &error),
    }
}

/// Takes a mail file that somebody gave us: the owner is asked for the receipt.
pub(super) async fn given(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let file = Blob64(upload.content("text"));
    take(&visit, &file).await
}

async fn take(visit: &Visit, file: &Blob64) -> Response {
    let t = Mails::of(visit.language);
    match visit.site.party.call(json!({ "command": "mail-take", "file": file })).await {
        Ok(mail) => go(&after(visit, "mail", view::text(&mail, "/mail"), "reception").await),
        Err(Error::Fault(fault)) => Oops::error(visit, &fault.into()),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.note("file", format!("{}: {}", t.given_wrong, codes::text(visit.language, error.code())));
            all(visit, StatusCode::UNPROCESSABLE_ENTITY, wrong).await
        }
    }
}

/// `/mail/ID`
pub(super) async fn one(Inside { visit, .. }: Inside, Path(id): Path<String>, Query(done): Query<Done>) -> Response {
    let mail = match visit.site.party.call(json!({ "command": "mail", "mail": id })).await {
        Ok(mail) => mail,
        Err(error) => return Oops::error(&visit, &error),
    };
    let readable = mail.get("readable").and_then(Value::as_bool).unwrap_or(false);
    let letter = if readable { read(&visit, &mail).await.ok() } else { None };
    show(&shown(&visit, &mail, letter.as_ref(), done.is_done()))
}

async fn read(visit: &Visit, mail: &Value) -> Result<Value, Error> {
    visit.site.party.call(json!({ "command": "mail-read", "mail": view::text(mail, "/mail") })).await
}

fn shown(visit: &Visit, mail: &Value, letter: Option<&Value>, done: bool) -> OnePage {
    let (t, language) = (Mails::of(visit.language), visit.language);
    let title = view::theirs(view::text(mail, "/title"));
    let can = |act: &str| view::list(mail, "/can").iter().any(|word| word.as_str() == Some(act));
    let acts = [("take", t.take), ("resolve", t.resolve), ("resume", t.resume), ("abort", t.abort)];
    let over = mail.get("over").and_then(Value::as_bool).unwrap_or(false);
    let online = view::text(mail, "/protocol") == "semper-cm-online/1";
    let opened = |letter: &Value| {
        let readable = letter.get("readable").and_then(Value::as_bool).unwrap_or(false);
        (readable, view::text(letter, "/text").lines().map(view::theirs).collect())
    };
    let file = |file: &Value| view::theirs(view::text(file, "/name"));
    let record = |one: &Value| Recorded {
        at: view::when(language, one, "/at").unwrap_or_default(),
        by: by(t, one),
        event: event(t, view::text(one, "/event")),
        token: view::text(one, "/token").to_owned(),
    };
    OnePage {
        page: Page::new(visit, title.text.clone()).noting(done.then_some(t.done)),
        t,
        id: view::text(mail, "/mail").to_owned(),
        word: view::text(mail, "/word").to_owned(),
        sentence: sentence(t, mail),
        otherwise: otherwise(t, mail),
        from: view::theirs(view::text(mail, "/from")),
        to: view::theirs(view::text(mail, "/to")),
        notary: view::theirs(view::text(mail, "/notary")),
        fee: fee(language, mail),
        n: Notaries::of(language),
        how: if online { t.how_notary } else { t.how_pair },
        until: view::when(language, mail, "/expires").filter(|_| !over),
        acts: acts.into_iter().filter(|(act, _)| can(act)).collect(),
        letter: letter.map(opened),
        files: letter.map(|letter| view::list(letter, "/files").iter().map(file).collect()).unwrap_or_default(),
        records: view::list(mail, "/records").iter().map(record).collect(),
        file: can("file"),
        evidence: can("export"),
        title,
    }
}

fn by(t: &'static Mails, record: &Value) -> &'static str {
    match record.pointer("/by/party").and_then(Value::as_u64) {
        Some(0) => t.by_sender,
        Some(_) => t.by_receiver,
        None => t.by_notary,
    }
}

/// An event of ETSI EN 319 522 in words.
fn event(t: &'static Mails, event: &str) -> &'static str {
    match event {
        "SubmissionAcceptance" => t.e_submitted,
        "ConsignmentAcceptance" => t.e_accepted,
        "ConsignmentRejection" => t.e_rejected,
        "AcceptanceRejectionExpiry" => t.e_expired,
        "ContentHandover" => t.e_handed,
        _ => t.e_failed,
    }
}

/// Has something done about a mail.
pub(super) async fn act(
    Inside { visit, .. }: Inside,
    Path((id, act)): Path<(String, String)>,
    _form: Form,
) -> Response {
    let word = match act.as_str() {
        "abort" => "mail-abort",
        "resolve" => "mail-resolve",
        "resume" => "mail-resume",
        "take" => return take_known(&visit, &id).await,
        _ => return Oops::not_found(&visit),
    };
    match visit.site.party.call(json!({ "command": word, "mail": id })).await {
        Ok(mail) if mail.get("title").is_none() => go("/mails"),
        Ok(mail) => go(&format!("/mail/{}?done=1", view::text(&mail, "/mail"))),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// A mail whose file is here already.
async fn take_known(visit: &Visit, id: &str) -> Response {
    let answer = visit.site.party.call(json!({ "command": "mail-file", "mail": id })).await;
    match answer.and_then(|answer| decode(view::text(&answer, "/file"))) {
        Ok(file) => take(visit, &Blob64(file)).await,
        Err(error) => Oops::error(visit, &error),
    }
}

fn decode(text: &str) -> Result<Vec<u8>, Error> {
    bytes::decode(text).map_err(|error| Fault::new(Code::DatabaseCorrupt, error.to_string()).into())
}

/// `/mail/ID/file`
pub(super) async fn file(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    download(&visit, "mail-file", "/file", &id, &format!("{}.semper-mail", safe(&id, "mail"))).await
}

/// `/mail/ID/evidence`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    download(&visit, "mail-export", "/pack", &id, &format!("evidence-{}.zip", safe(&id, "mail"))).await
}

/// `/mail/ID/enclosed/N`: what is attached.
pub(super) async fn enclosed(Inside { visit, .. }: Inside, Path((id, number)): Path<(String, usize)>) -> Response {
    let answer = visit.site.party.call(json!({ "command": "mail-read", "mail": id })).await;
    let letter = match answer {
        Ok(letter) => letter,
        Err(error) => return Oops::error(&visit, &error),
    };
    let Some(file) = view::list(&letter, "/files").get(number) else { return Oops::not_found(&visit) };
    match decode(view::text(file, "/data")) {
        Ok(content) => attachment(&safe(view::text(file, "/name"), "file"), Body::from(content)),
        Err(error) => Oops::error(&visit, &error),
    }
}

async fn download(visit: &Visit, word: &str, member: &str, id: &str, name: &str) -> Response {
    let answer = visit.site.party.call(json!({ "command": word, "mail": id })).await;
    match answer.and_then(|answer| decode(view::text(&answer, member))) {
        Ok(content) => attachment(name, Body::from(content)),
        Err(error) => Oops::error(visit, &error),
    }
}

/// `/mails/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit, &[]).await)
}

async fn blank(visit: &Visit, to: &[Value]) -> NewPage {
    let t = Mails::of(visit.language);
    NewPage {
        page: Page::new(visit, t.new),
        t,
        links: linked(visit).await,
        title: String::new(),
        text: String::new(),
        card: String::new(),
        link: String::new(),
        optimistic: false,
        days: "7".to_owned(),
        pick: Pick::new(visit, What::Mail, to).await,
        wrong: Wrong::default(),
    }
}

/// Seals a letter and has the owner asked to send it.
pub(super) async fn make(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let t = Mails::of(visit.language);
    let card = cards(upload.get("card")).into_iter().next().filter(|_| upload.get("link").is_empty());
    let mut page = blank(&visit, card.as_slice()).await;
    page.pick.take(upload.get("notary"), upload.get("payer"), &mut page.wrong);
    page.title = upload.get("title").to_owned();
    page.text = upload.get("text").replace("\r\n", "\n");
    page.card = upload.get("card").to_owned();
    page.link = upload.get("link").to_owned();
    page.days = upload.get("days").to_owned();
    page.optimistic = !upload.get("optimistic").is_empty();
    if !upload.get("look").is_empty() {
        return show(&page);
    }
    let to = if page.link.is_empty() { card } else { Some(json!({ "link": page.link })) };
    let to = to.filter(|to| !to.is_null());
    if page.pick.payer.parse::<u8>().is_ok_and(|payer| payer > 1) {
        page.wrong.note("payer", page.pick.t.wrong_payer);
    }
    let days = page.days.parse::<u64>().ok().filter(|days| (1..=365).contains(days));
    let attached: usize = upload.files.iter().map(|file| file.content.len()).sum();
    if page.title.is_empty() {
        page.wrong.note("title", t.wrong_title);
    }
    if (page.text.is_empty() && attached == 0) || page.text.len() + attached > LETTER_BYTES_MAX {
        page.wrong.note("text", t.wrong_text);
    }
    if days.is_none() {
        page.wrong.note("days", t.wrong_days);
    }
    if to.is_none() {
        page.wrong.note("card", t.wrong_to);
    }
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let enclosed = |file: Chosen| json!({ "name": file.name, "media_type": file.media, "data": Blob64(file.content) });
    let files: Vec<Value> = upload.files.into_iter().map(enclosed).collect();
    let mut command = json!({
        "command": "mail-send", "title": page.title, "text": page.text, "files": files, "to": to,
        "optimistic": page.optimistic, "expires_ms": days.unwrap_or(7).saturating_mul(86_400_000),
    });
    if let Some(members) = command.as_object_mut() {
        page.pick.tell(members);
    }
    match visit.site.party.call(command).await {
        Ok(mail) => go(&after(&visit, "mail", view::text(&mail, "/mail"), "dispatch").await),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("card", fill(t.wrong_made, &[codes::text(visit.language, error.code())]));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
