//! The theatre: an exchange message by message, with every lie as a button. A performance is the list of its acts
//! in the address, so nothing is kept here, and no party is asked anything.

mod view;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use semper_base::{Code, Error, Misuse};
use semper_theatre::act::{self, Act};
use semper_theatre::{Play, Stage};
use serde::Deserialize;

use crate::door::Visit;
use crate::oops::Oops;
use crate::page::{Entry, Page, go, show};
use crate::texts::theatre::{Theatre, Words};

/// Longest text of acts that is read, in bytes: [`act::ACTS_MAX`] long ones.
const ACTS_BYTES_MAX: usize = 12_000;
/// The act of the button that plays to the end.
const ON: &str = "on";

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/theatre", get(list)).route("/theatre/{play}", get(stage))
}

/// The menu, where there is nothing else.
pub(crate) const MENU: &[Entry] = &[Entry { path: "/theatre", names: ("The plays", "Die Stücke"), inside: false }];

/// The pages, where there is nothing else.
pub(crate) fn alone() -> Router {
    pages().route("/", get(async || go("/theatre")))
}

#[derive(Template)]
#[template(path = "theatre/list.html")]
struct ListPage {
    page: Page,
    t: &'static Theatre,
    /// Word, title, what it is about.
    plays: Vec<(&'static str, &'static str, &'static str)>,
}

async fn list(visit: Visit) -> Response {
    let t = Theatre::of(visit.language);
    let one = |play: Play| {
        let words = Words { language: visit.language, play };
        (play.word(), words.play(), words.about())
    };
    show(&ListPage { page: Page::new(&visit, t.title), t, plays: Play::ALL.into_iter().map(one).collect() })
}

/// `?acts=…&act=…` or `?acts=…&keep=…`
#[derive(Debug, Default, Deserialize)]
struct Performed {
    /// What was done so far.
    #[serde(default)]
    acts: String,
    /// What is done now.
    #[serde(default)]
    act: String,
    /// How many of the acts are left, for whoever goes back.
    #[serde(default)]
    keep: Option<u8>,
}

async fn stage(visit: Visit, Path(play): Path<String>, Query(performed): Query<Performed>) -> Response {
    let Some(play) = Play::of(&play) else { return Oops::not_found(&visit) };
    match perform(play, &performed) {
        // One address per performance: what was done now joins what was done before.
        Ok(stage) if !performed.act.is_empty() || performed.keep.is_some() => go(&address(play, &stage.acts())),
        Ok(stage) => match view::StagePage::new(&visit, &stage) {
            Ok(page) => show(&page),
            Err(error) => Oops::error(&visit, &error),
        },
        Err(_) => {
            let t = Theatre::of(visit.language);
            Oops::wrong_address(&visit, t.wrong, t.wrong_next)
        }
    }
}

fn perform(play: Play, performed: &Performed) -> Result<Stage, Error> {
    if performed.acts.len() > ACTS_BYTES_MAX {
        return Err(Misuse::new(Code::TooLarge, "acts").into());
    }
    let mut acts = act::read(&performed.acts)?;
    acts.truncate(performed.keep.map_or(act::ACTS_MAX, usize::from));
    let mut stage = Stage::replay(play, &acts)?;
    match performed.act.as_str() {
        "" => {}
        ON => stage.play_on()?,
        one => {
            let act = Act::read(one).ok_or_else(|| Misuse::new(Code::FieldWrong, "act"))?;
            stage.act(&act)?;
        }
    }
    Ok(stage)
}

fn address(play: Play, acts: &[Act]) -> String {
    format!("/theatre/{}?acts={}#now", play.word(), act::write(acts))
}
