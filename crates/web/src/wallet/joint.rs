//! Joint deals, before there is one: a sealed letter, a bill, a bill that we take upon us, and the deal of such parts
//! written down. Each part is a file that goes to whoever writes the deal; nothing is bound, locked or opened by it.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::{CONTRACT_FILE_BYTES_MAX, LETTER_BYTES_MAX};
use semper_base::{Amount, Blob64, Error};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::contract_new::{DAY_MS, TEXT_CHARS_MAX, days};
use super::contracts::decode;
use super::files::{attachment, safe};
use super::memory::{Part, Shared};
use super::pick::{Pick, What, cards, linked};
use super::upload::Upload;
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::Wrong;
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::codes::why;
use crate::texts::wallet::{Contracts, Joint};
use crate::texts::{self, Language, When, fill};

/// What a typed letter is called.
const TYPED: &str = "letter.txt";

/// A part that is at hand, as its file says of itself; the party looks at it when the deal is written.
pub(super) struct Piece {
    id: String,
    title: Theirs,
    /// Whether nobody has taken this bill upon himself yet: it is no part as it is.
    is_open: bool,
    /// What our party said of it.
    facts: Vec<(&'static str, String)>,
    times: Vec<(&'static str, When)>,
    next: &'static str,
}

fn piece(language: Language, part: &Part) -> Option<Piece> {
    let j = Joint::of(language);
    let file: Value = serde_json::from_slice(&part.file).ok()?;
    let is_bill = file.get("semper_bill").is_some();
    let is_open = is_bill && file.get("payer").is_none();
    if !is_bill && file.get("semper_part").is_none() {
        return None;
    }
    let (title, next) = match (is_bill, is_open) {
        (false, _) => (j.piece_letter, j.next_part),
        (true, true) => (j.piece_bill, j.next_bill),
        (true, false) => (j.piece_payment, j.next_payment),
    };
    let about = match (is_bill, view::some(&file, "/unless/what")) {
        (true, Some(what)) => fill(j.piece_unless, &[&amount(language, &file), &what]),
        (true, None) => amount(language, &file),
        (false, _) => view::text(&file, "/name").to_owned(),
    };
    let theirs = view::theirs(&about);
    let told = [(j.to, "/payee"), (j.holder, "/holder"), (j.hash, "/hash")];
    let told = told.into_iter().filter_map(|(name, path)| Some((name, view::some(&part.told, path)?)));
    let times = [(j.due, "/unless/due"), (j.claim_until, "/unless/until")];
    let times = times.into_iter().filter_map(|(name, path)| Some((name, view::when(language, &part.told, path)?)));
    Some(Piece {
        id: part.name.clone(),
        title: Theirs { text: fill(title, &[&theirs.text]), odd: theirs.odd },
        is_open,
        facts: told.map(|(name, value)| (name, view::theirs(&value).text)).collect(),
        times: times.collect(),
        next,
    })
}

fn amount(language: Language, bill: &Value) -> String {
    let amount = bill.get("amount").cloned().and_then(|amount| serde_json::from_value::<Amount>(amount).ok());
    amount.map(|amount| texts::money(language, &amount.to_string())).unwrap_or_default()
}

fn pieces(visit: &Visit, memory: &Shared) -> Vec<Piece> {
    memory.parts().iter().rev().filter_map(|part| piece(visit.language, part)).collect()
}

#[derive(Template)]
#[template(path = "wallet/joint.html")]
struct HubPage {
    page: Page,
    j: &'static Joint,
    pieces: Vec<Piece>,
}

/// `/joint`
pub(super) async fn hub(Inside { visit, .. }: Inside, Extension(memory): Extension<Shared>) -> Response {
    let j = Joint::of(visit.language);
    show(&HubPage { page: Page::new(&visit, j.title), j, pieces: pieces(&visit, &memory) })
}

#[derive(Template)]
#[template(path = "wallet/joint_part.html")]
struct PartPage {
    page: Page,
    j: &'static Joint,
    piece: Piece,
}

fn found(memory: &Shared, id: &str) -> Option<Arc<Part>> {
    memory.parts().into_iter().find(|part| part.name == id)
}

/// `/joint/part/ID`
pub(super) async fn part(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    Path(id): Path<String>,
) -> Response {
    let j = Joint::of(visit.language);
    match found(&memory, &id).and_then(|part| piece(visit.language, &part)) {
        Some(piece) => show(&PartPage { page: Page::new(&visit, piece.title.text.clone()), j, piece }),
        None => Oops::not_found(&visit),
    }
}

/// `/joint/part/ID/file`
pub(super) async fn file(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    Path(id): Path<String>,
) -> Response {
    let Some(part) = found(&memory, &id) else { return Oops::not_found(&visit) };
    let is_open = piece(visit.language, &part).is_some_and(|piece| piece.is_open);
    let ending = if is_open { "bill" } else { "part" };
    attachment(&format!("{}.semper-{ending}", safe(&id, "part")), Body::from(part.file.clone()))
}

/// What the party made is noted; on to its page.
pub(super) fn made(memory: &Shared, mut told: Value) -> Result<Response, Error> {
    let file = decode(view::text(&told, "/file"))?;
    told.as_object_mut().map(|members| members.remove("file"));
    Ok(go(&format!("/joint/part/{}", memory.note_part(file, told))))
}

#[derive(Template)]
#[template(path = "wallet/joint_letter.html")]
struct LetterPage {
    page: Page,
    j: &'static Joint,
    t: &'static Contracts,
    links: Vec<(String, String)>,
    text: String,
    card: String,
    link: String,
    unnamed: bool,
    wrong: Wrong,
}

async fn letter_page(visit: &Visit) -> LetterPage {
    let j = Joint::of(visit.language);
    LetterPage {
        page: Page::new(visit, j.seal),
        j,
        t: Contracts::of(visit.language),
        links: linked(visit).await,
        text: String::new(),
        card: String::new(),
        link: String::new(),
        unnamed: false,
        wrong: Wrong::default(),
    }
}

/// `/joint/letter`
pub(super) async fn letter(Inside { visit, .. }: Inside) -> Response {
    show(&letter_page(&visit).await)
}

/// Seals a letter.
pub(super) async fn seal(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    upload: Upload,
) -> Response {
    let mut page = letter_page(&visit).await;
    page.text = upload.get("text").replace("\r\n", "\n");
    page.card = upload.get("card").to_owned();
    page.link = upload.get("link").to_owned();
    page.unnamed = !upload.get("unnamed").is_empty();
    let to = match (page.link.as_str(), cards(&page.card).into_iter().next()) {
        ("", None) => None,
        ("", Some(card)) => Some(card),
        (link, _) => Some(json!({ "link": link })),
    };
    let (name, media, content) = match upload.files.into_iter().next() {
        Some(file) => (file.name, file.media, file.content),
        None => (TYPED.to_owned(), "text/plain".to_owned(), page.text.clone().into_bytes()),
    };
    if content.is_empty() || content.len() > LETTER_BYTES_MAX {
        page.wrong.note("file", page.j.wrong_letter);
    }
    if to.as_ref().is_some_and(Value::is_null) {
        page.wrong.note("card", page.j.wrong_card);
    }
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let mut command = json!({
        "command": "contract-seal", "name": name, "media_type": media, "data": Blob64(content), "unnamed": page.unnamed,
    });
    if let (Some(to), Some(members)) = (to, command.as_object_mut()) {
        members.insert("to".to_owned(), to);
    }
    match visit.site.party.call(command).await.and_then(|told| made(&memory, told)) {
        Ok(response) => response,
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("file", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// `?part=ID`: begin with this one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    part: String,
}

#[derive(Template)]
#[template(path = "wallet/joint_new.html")]
struct NewPage {
    page: Page,
    j: &'static Joint,
    t: &'static Contracts,
    links: Vec<(String, String)>,
    title: String,
    text: String,
    with: String,
    link: String,
    days: String,
    /// Texts that are no parts.
    pasted: String,
    /// What is at hand, and whether it is taken.
    pieces: Vec<(Piece, bool)>,
    pick: Pick,
    wrong: Wrong,
}

async fn new_page(visit: &Visit, memory: &Shared, chosen: &[String], with: &[Value]) -> NewPage {
    let j = Joint::of(visit.language);
    let taken = |piece: Piece| {
        let is_taken = chosen.contains(&piece.id);
        (piece, is_taken)
    };
    NewPage {
        page: Page::new(visit, j.write),
        j,
        t: Contracts::of(visit.language),
        links: linked(visit).await,
        title: String::new(),
        text: String::new(),
        with: String::new(),
        link: String::new(),
        days: "7".to_owned(),
        pasted: String::new(),
        pieces: pieces(visit, memory).into_iter().filter(|piece| !piece.is_open).map(taken).collect(),
        pick: Pick::new(visit, What::Deal, with).await,
        wrong: Wrong::default(),
    }
}

/// `/joint/new`
pub(super) async fn form(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    Query(begin): Query<Begin>,
) -> Response {
    show(&new_page(&visit, &memory, &[begin.part], &[]).await)
}

/// Notes the parts that came with the form: files, and one in each line of a text. Their names, with those that were
/// ticked before; none for what is no part.
fn brought(memory: &Shared, upload: &mut Upload) -> Vec<Option<String>> {
    let mut files: Vec<Vec<u8>> = upload.files.drain(..).map(|file| file.content).collect();
    let lines = upload.get("pasted").lines().map(str::trim).filter(|line| !line.is_empty());
    files.extend(lines.map(|line| line.as_bytes().to_vec()));
    let mut names: Vec<Option<String>> = upload.all("part").map(|name| Some(name.to_owned())).collect();
    for file in files {
        let part = Part { name: String::new(), file, told: Value::Null };
        let is_part = part.file.len() <= CONTRACT_FILE_BYTES_MAX
            && piece(Language::En, &part).is_some_and(|piece| !piece.is_open);
        names.push(is_part.then(|| memory.note_part(part.file, Value::Null)));
    }
    names
}

/// Writes the deal down; nobody signs anything. Or only compares the lists of notaries.
pub(super) async fn make(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    mut upload: Upload,
) -> Response {
    let names = brought(&memory, &mut upload);
    let is_bad = names.iter().any(Option::is_none);
    let mut chosen: Vec<String> = Vec::new();
    for name in names.into_iter().flatten().filter(|name| found(&memory, name).is_some()) {
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    let mut with: Vec<Value> = cards(upload.get("with"));
    let mut page = new_page(&visit, &memory, &chosen, &with).await;
    page.title = upload.get("title").to_owned();
    page.text = upload.get("text").replace("\r\n", "\n");
    page.with = upload.get("with").to_owned();
    page.link = upload.get("link").to_owned();
    page.days = upload.get("days").to_owned();
    page.pick.take(upload.get("notary"), upload.get("payer"), &mut page.wrong);
    if is_bad {
        page.pasted = upload.get("pasted").to_owned();
        page.wrong.note("file", page.j.wrong_part);
    }
    if !upload.get("look").is_empty() {
        return show(&page);
    }
    if !page.link.is_empty() {
        with.push(json!({ "link": page.link }));
    }
    let days = days(&page.days);
    check(&mut page, &chosen, &with, days);
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let parts = chosen.iter().filter_map(|name| found(&memory, name)).map(|part| json!(Blob64(part.file.clone())));
    let parts: Vec<Value> = parts.collect();
    let mut command = Map::new();
    page.pick.tell(&mut command);
    command.insert("command".to_owned(), json!("contract-new"));
    command.insert("title".to_owned(), json!(page.title));
    command.insert("text".to_owned(), json!(page.text));
    command.insert("with".to_owned(), json!(with));
    command.insert("parts".to_owned(), json!(parts));
    command.insert("expires_ms".to_owned(), json!(days.unwrap_or(7).saturating_mul(DAY_MS)));
    match visit.site.party.call(Value::Object(command)).await {
        Ok(contract) => go(&format!("/contract/{}", view::text(&contract, "/contract"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("file", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn check(page: &mut NewPage, chosen: &[String], with: &[Value], days: Option<u64>) {
    let t = page.t;
    if page.title.is_empty() {
        page.wrong.note("title", t.wrong_title);
    }
    if page.text.is_empty() || page.text.chars().count() > TEXT_CHARS_MAX {
        page.wrong.note("text", t.wrong_text);
    }
    if chosen.is_empty() {
        page.wrong.note("file", page.j.wrong_no_part);
    }
    if with.iter().any(Value::is_null) {
        page.wrong.note("with", t.wrong_with);
    }
    if days.is_none() {
        page.wrong.note("days", t.wrong_days);
    }
}
