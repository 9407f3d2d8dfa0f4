//! The terminal as a front of the trusted screen's display: it shows what the display shows, in the text form
//! that the pages say as well, and gives it what is typed. The display itself is exclusive, so pages, terminal
//! and askers share one line.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use semper_base::Error;
use semper_support::tinguin::{Dialog, Field, FieldKind, Language, Reply, dialog_to_text};
use semper_web::Display;
use semper_web::screen::Shown;
use semper_web::texts::wallet::Trusted;

/// A line that comes sooner was typed for something else.
const READ_FIRST: Duration = Duration::from_millis(500);
/// The terminal's width.
const WIDTH: usize = 80;
/// What leaves a form or a choice without an answer.
const LEAVE: &str = "no";

/// What stands around a dialog at the terminal.
struct Words {
    agree: &'static str,
    seen: &'static str,
    choose: &'static str,
    begin: &'static str,
    too_soon: &'static str,
    over: &'static str,
    wrong: &'static str,
}

const EN: Words = Words {
    agree: "Type yes to agree, no to refuse: ",
    seen: "Press Enter when you have read this: ",
    choose: "Type a number, or no to leave: ",
    begin: "Press Enter to fill this in, or type no to leave: ",
    too_soon: "That came before you could have read this. ",
    over: "This is not open any more.",
    wrong: "This does not fit: ",
};

const DE: Words = Words {
    agree: "Geben Sie yes ein, um zuzustimmen, no, um abzulehnen: ",
    seen: "Eingabetaste, wenn Sie das gelesen haben: ",
    choose: "Geben Sie eine Nummer ein, oder no, um es zu verlassen: ",
    begin: "Eingabetaste, um das auszufüllen, oder no, um es zu verlassen: ",
    too_soon: "Das kam, bevor Sie dies gelesen haben können. ",
    over: "Das ist nicht mehr offen.",
    wrong: "Das passt nicht: ",
};

impl Words {
    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &EN,
            Language::De => &DE,
        }
    }
}

/// What is on the terminal.
#[derive(Debug)]
struct Drawn {
    shown: Arc<Shown>,
    at: Instant,
    /// The fields that are filled so far, once a form is begun.
    filling: Option<BTreeMap<String, String>>,
}

/// The terminal's side of the display, without the terminal.
#[derive(Debug)]
struct Twin {
    display: Arc<Display>,
    drawn: Option<Drawn>,
    status: Option<String>,
}

impl Twin {
    fn new(display: Arc<Display>) -> Self {
        Twin { display, drawn: None, status: None }
    }

    /// What is to be printed because the display has changed.
    fn draw(&mut self, now: Instant) -> Option<String> {
        let current = self.display.current();
        let same = |drawn: &Drawn, shown: &Shown| drawn.shown.id == shown.id && drawn.shown.mark() == shown.mark();
        match (current, &self.drawn) {
            (Some(shown), Some(drawn)) if same(drawn, &shown) => None,
            (Some(shown), _) => {
                let text = format!("\n{}{}\n{}", lead(&shown), text(&shown), hint(&shown));
                self.drawn = Some(Drawn { shown, at: now, filling: None });
                Some(text)
            }
            (None, Some(drawn)) => {
                let over = Words::of(drawn.shown.language).over;
                let answered = self.display.answered(&drawn.shown.id, drawn.shown.mark()).is_some();
                self.drawn = None;
                (!answered).then(|| format!("\n{over}\n"))
            }
            (None, None) => {
                let status = self.display.status();
                let news = (status != self.status).then(|| status.clone()).flatten();
                self.status = status;
                news.map(|text| {
                    format!("{}\n", dialog_to_text(&Dialog::Status { text }, Language::En, WIDTH).trim_end())
                })
            }
        }
    }

    /// The field that is to be typed now, if a form is being filled.
    fn field(&self) -> Option<&Field> {
        let drawn = self.drawn.as_ref()?;
        let filled = drawn.filling.as_ref()?.len();
        match &drawn.shown.dialog {
            Dialog::Form { fields, .. } => fields.get(filled),
            _ => None,
        }
    }

    /// Takes a line; what is to be printed then.
    fn feed(&mut self, line: &str, now: Instant) -> String {
        let moved = self.draw(now);
        let Some(drawn) = &mut self.drawn else { return moved.unwrap_or_default() };
        let words = Words::of(drawn.shown.language);
        if let Some(moved) = moved {
            return moved;
        }
        if now.duration_since(drawn.at) < READ_FIRST && drawn.filling.is_none() {
            return format!("{}{}", words.too_soon, hint(&drawn.shown));
        }
        if let Dialog::Form { fields, .. } = &drawn.shown.dialog {
            match (&mut drawn.filling, line) {
                (_, LEAVE) => return self.answer(Reply::Cancelled),
                (None, "") => drawn.filling = Some(BTreeMap::new()),
                (None, _) => return hint(&drawn.shown),
                (Some(filled), line) => {
                    if let Some(field) = fields.get(filled.len()) {
                        let value = if line.is_empty() { &field.value } else { line };
                        filled.insert(field.name.clone(), value.to_owned());
                    }
                    if filled.len() == fields.len() {
                        let filled = std::mem::take(filled);
                        return self.answer(Reply::Filled(filled));
                    }
                }
            }
            return self.field().map(prompt).unwrap_or_default();
        }
        match typed(&drawn.shown.dialog, line) {
            Some(reply) => self.answer(reply),
            None => hint(&drawn.shown),
        }
    }

    fn answer(&mut self, reply: Reply) -> String {
        let Some(drawn) = &mut self.drawn else { return String::new() };
        let words = Words::of(drawn.shown.language);
        match self.display.answer(&drawn.shown.id, drawn.shown.mark(), reply) {
            Ok(()) => String::new(),
            Err(Error::Violation(why)) => {
                drawn.filling = None;
                format!("{}{}\n{}", words.wrong, field_label(&drawn.shown, why.detail()), hint(&drawn.shown))
            }
            Err(_) => {
                self.drawn = None;
                format!("{}\n", words.over)
            }
        }
    }
}

fn field_label(shown: &Shown, name: &str) -> String {
    match &shown.dialog {
        Dialog::Form { fields, .. } => fields.iter().find(|field| field.name == name).map(label),
        _ => None,
    }
    .unwrap_or_default()
}

fn label(field: &Field) -> String {
    semper_support::tinguin::neutral::neutralise(&field.label).text
}

fn prompt(field: &Field) -> String {
    let value = semper_support::tinguin::neutral::neutralise(&field.value).text;
    let known = if value.is_empty() { String::new() } else { format!(" [{value}]") };
    format!("{}{known}: ", label(field))
}

/// What only this wallet can say, above the dialog: the owner's own phrase, and who the receivers are by their
/// certificates.
fn lead(shown: &Shown) -> String {
    let mut lines = String::new();
    if let Some(phrase) = &shown.phrase {
        lines = format!("{}: {phrase}\n", Trusted::of(shown.language).phrase);
    }
    for receiver in &shown.receivers {
        lines = format!("{lines}{}: {receiver}\n", Trusted::of(shown.language).to);
    }
    format!("{lines}\n")
}

/// The text form that the page says as well.
pub(super) fn text(shown: &Shown) -> String {
    dialog_to_text(&shown.dialog, shown.language, WIDTH)
}

fn hint(shown: &Shown) -> String {
    let words = Words::of(shown.language);
    match shown.dialog {
        Dialog::Confirm(_) | Dialog::YesNo { .. } => words.agree,
        Dialog::Choose { .. } => words.choose,
        Dialog::Form { .. } => words.begin,
        Dialog::Message { .. } | Dialog::Show(_) => words.seen,
        Dialog::Status { .. } => "",
    }
    .to_owned()
}

/// What a line means to this dialog; nothing if it means nothing. Only "yes" agrees; refusing is as easy.
fn typed(dialog: &Dialog, line: &str) -> Option<Reply> {
    match (dialog, line) {
        (Dialog::Confirm(_), "yes") => Some(Reply::Confirmed),
        (Dialog::YesNo { .. }, "yes") => Some(Reply::Yes),
        (Dialog::Confirm(_) | Dialog::YesNo { .. }, "no") => Some(Reply::Refused),
        (Dialog::Message { .. } | Dialog::Show(_), "") => Some(Reply::Seen),
        (Dialog::Choose { .. }, LEAVE) => Some(Reply::Cancelled),
        (Dialog::Choose { choices, .. }, number) => {
            let at = number.parse::<usize>().ok()?.checked_sub(1)?;
            Some(Reply::Chosen(choices.get(at)?.name.clone()))
        }
        _ => None,
    }
}

fn print(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{text}");
    let _ = out.flush();
}

/// Draws and reads for as long as the process runs.
pub(crate) fn start(display: Arc<Display>) {
    let twin = Arc::new(Mutex::new(Twin::new(Arc::clone(&display))));
    let drawing = Arc::clone(&twin);
    std::thread::spawn(move || {
        let mut seen = 0;
        loop {
            let news = drawing.lock().unwrap_or_else(PoisonError::into_inner).draw(Instant::now());
            news.as_deref().map(print);
            seen = display.next_change(seen);
        }
    });
    std::thread::spawn(move || {
        let secret = || {
            let twin = twin.lock().unwrap_or_else(PoisonError::into_inner);
            twin.field().is_some_and(|field| field.kind == FieldKind::Secret)
        };
        loop {
            let mut line = String::new();
            let read = if secret() {
                rpassword::prompt_password("").map(|typed| line = typed).map(|()| 1)
            } else {
                std::io::stdin().lock().read_line(&mut line)
            };
            // A terminal that was closed asks nobody any more.
            if !read.is_ok_and(|bytes| bytes > 0) {
                return;
            }
            let line = line.trim_end_matches(['\n', '\r']);
            let line = if secret() { line } else { line.trim() };
            let said = twin.lock().unwrap_or_else(PoisonError::into_inner).feed(line, Instant::now());
            print(&said);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use semper_base::Timestamp;
    use semper_support::tinguin::{Choice, Severity};

    fn shown(id: &str, dialog: Dialog) -> Shown {
        Shown {
            id: id.to_owned(),
            asker: "wallet".to_owned(),
            dialog,
            language: Language::En,
            phrase: Some("blue heron".to_owned()),
            receivers: Vec::new(),
            since: Timestamp::from_millis(0),
        }
    }

    fn yes_no(question: &str) -> Dialog {
        Dialog::YesNo { question: question.into(), yes: "Show".into(), no: "Hide".into() }
    }

    /// Asks, types these lines, and says what was printed and replied.
    fn play(dialog: Dialog, lines: &[&str]) -> (String, Option<Reply>) {
        let display = Arc::new(Display::default());
        let asker = Arc::clone(&display);
        let text = dialog_to_text(&dialog, Language::En, WIDTH);
        let thread = std::thread::spawn(move || asker.ask(shown("q", dialog), &|| false));
        while display.current().is_none() {
            std::thread::yield_now();
        }
        let (mut twin, start) = (Twin::new(display), Instant::now());
        let mut said = twin.draw(start).unwrap();
        // What the page says, see the tests of the pages.
        assert!(said.contains(&text), "{said}");
        let later = start + READ_FIRST;
        for line in lines {
            said.push_str(&twin.feed(line, later));
        }
        (said, thread.join().unwrap())
    }

    #[test]
    fn only_yes_agrees() {
        let (said, reply) = play(yes_no("Show \u{202e}it?"), &["", "y", "YES", "yes please", "1", "yes"]);
        assert_eq!(reply, Some(Reply::Yes));
        assert!(said.contains("Your phrase: blue heron") && said.contains("Show \\u{202E}it?"), "{said}");
        assert_eq!(said.matches("Type yes to agree").count(), 6);
        assert_eq!(play(yes_no("Sure?"), &["no"]).1, Some(Reply::Refused));
        let note = Dialog::Message { severity: Severity::Info, text: "Good to know.".into() };
        assert_eq!(play(note, &["yes", ""]).1, Some(Reply::Seen));
    }

    #[test]
    fn a_choice_is_made_by_its_number() {
        let choices = ["a", "b"].map(|name| Choice { name: name.into(), label: format!("Take {name}") }).to_vec();
        let dialog = Dialog::Choose { question: "Which?".into(), choices };
        let (said, reply) = play(dialog.clone(), &["", "0", "3", "x", "2"]);
        assert_eq!(reply, Some(Reply::Chosen("b".into())));
        assert!(said.contains(&dialog_to_text(&dialog, Language::En, WIDTH)) && said.contains("2. Take b"));
        assert_eq!(play(dialog, &["no"]).1, Some(Reply::Cancelled));
    }

    #[test]
    fn a_form_is_filled_line_by_line() {
        let field = |name: &str, chars_max, value: &str| Field {
            name: name.into(),
            label: format!("Your {name}"),
            kind: FieldKind::Text { chars_max },
            optional: false,
            value: value.into(),
        };
        let form = Dialog::Form { question: "Who?".into(), fields: vec![field("name", 9, ""), field("land", 2, "DE")] };
        let filled = |name: &str, land: &str| {
            Some(Reply::Filled([("name", name), ("land", land)].map(|(n, v)| (n.into(), v.into())).into()))
        };
        let (said, reply) = play(form.clone(), &["", "Anna", ""]);
        assert_eq!(reply, filled("Anna", "DE"));
        assert!(said.ends_with("Your name: Your land [DE]: "), "{said}");
        // What does not fit is asked again, from the start.
        let (said, reply) = play(form.clone(), &["", "Anna", "Germany", "", "Anna", "AT"]);
        assert_eq!(reply, filled("Anna", "AT"));
        assert!(said.contains("This does not fit: Your land"), "{said}");
        assert_eq!(play(form.clone(), &["no"]).1, Some(Reply::Cancelled));
        assert_eq!(play(form, &["", "Anna", "no"]).1, Some(Reply::Cancelled));
    }

    #[test]
    fn a_line_answers_only_what_could_be_read() {
        let display = Arc::new(Display::default());
        let ask = |id: &'static str| {
            let asker = Arc::clone(&display);
            std::thread::spawn(move || asker.ask(shown(id, yes_no(id)), &|| false))
        };
        let first = ask("first");
        while display.current().is_none() {
            std::thread::yield_now();
        }
        let (mut twin, start) = (Twin::new(Arc::clone(&display)), Instant::now());
        twin.draw(start);
        assert!(twin.feed("yes", start).contains("before you could have read"));
        let second = ask("second");
        while display.line().len() < 2 {
            std::thread::yield_now();
        }
        // The page answers the first; what is typed for it meanwhile does not answer the second.
        let mark = display.current().unwrap().mark();
        display.answer("first", mark, Reply::Refused).unwrap();
        assert_eq!(first.join().unwrap(), Some(Reply::Refused));
        let later = start + READ_FIRST;
        assert!(twin.feed("yes", later).contains("second"));
        assert!(twin.feed("yes", later).contains("before you could have read"));
        assert!(twin.feed("no", later + READ_FIRST).is_empty());
        assert_eq!(second.join().unwrap(), Some(Reply::Refused));
    }
}
