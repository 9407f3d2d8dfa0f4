//! The theatre's pages: a performance in the address, without JavaScript, in both languages.

use crate::common;

use axum::http::StatusCode;
use common::{Browser, is_sound, party};
use semper_theatre::{Play, Stage, act};
use semper_web::Role;
use semper_web::texts::Language;
use semper_web::texts::theatre::Words;
use serde_json::json;

fn browser(language: &str) -> Browser {
    let (party, _) = party(|_| Ok(json!({})));
    Browser::new(Role::Notary, party).speaking(language)
}

#[tokio::test]
async fn every_play_to_its_end() {
    for language in ["en", "de"] {
        let mut browser = browser(language);
        is_sound(&browser.get("/theatre").await);
        for play in Play::ALL {
            let path = format!("/theatre/{}", play.word());
            let first = browser.get(&path).await;
            is_sound(&first);
            assert!(first.body.len() < 60_000, "{} bytes", first.body.len());
            let went = browser.get(&format!("{path}?act=on")).await;
            assert_eq!(went.status, StatusCode::SEE_OTHER);
            let last = browser.follow(&format!("{path}?act=on")).await;
            is_sound(&last);
            last.lacks("{}");
            last.lacks("<script");
            assert!(last.body.len() < 60_000, "{} bytes", last.body.len());
            last.says(if language == "en" { "All is over" } else { "Alles ist vorbei" });
        }
    }
}

/// Where there is only the theatre there is nobody to command and nothing to sign in to.
#[tokio::test]
async fn the_theatre_alone() {
    let (party, _) = party(|_| Ok(json!({})));
    let mut browser = Browser::new(Role::Theatre, party).speaking("en");
    let page = browser.follow("/").await;
    is_sound(&page);
    page.says("A contract of three in rounds");
    browser.follow("/theatre/currency-change?act=on").await.says("43.20 USD");
    for path in ["/docs", "/enter?key=x", "/metrics", "/desk"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_lie_and_what_the_judge_says() {
    let mut browser = browser("en");
    let page = browser.follow("/theatre/dg-p?acts=&act=x-seller-sends-another-file").await;
    page.says("encrypts another file than it offered");
    page.says("The lie is told");
    page.says("value=\"x-seller-sends-another-file\"");
    let page = browser.follow("/theatre/dg-p?acts=x-seller-sends-another-file&act=on").await;
    is_sound(&page);
    page.says("Seller: delivered another file than was agreed");
    page.says("40.00 EUR with the buyer");
    page.says("back to here");
    page.says("“Hold 40.00 EUR");
    // Whoever has the money has given the receipt.
    let page = browser.follow("/theatre/payment?act=on").await;
    for said in ["40.00 EUR with the payee", "done: has paid, and has the receipt for it", "5 proven"] {
        page.says(said);
    }
    let denied = "/theatre/payment?acts=d0.d1.s0.d2.s1.s2.d3.a.x-seller-denies-receipt&act=on";
    browser.follow(denied).await.says("Payee: signed two different receipts for one payment");
}

/// What is refused, and what statements are called, is said in the page's language.
#[tokio::test]
async fn refusals_speak_the_readers_language() {
    let played = "s0.x-a-forges-sender.d0.d1";
    for (language, said, title) in [
        ("en", "refuses it: the signature does not verify", "Everything arrives"),
        ("de", "weist es ab: die Unterschrift stimmt nicht", "Alles kommt an"),
    ] {
        let mut browser = browser(language);
        let page = browser.get(&format!("/theatre/transfer?acts={played}")).await;
        page.says(said);
        browser.get("/theatre/transfer?acts=s0.x-a-forges-sender.a").await.says(title);
    }
    let mut browser = browser("de");
    let page = browser.follow("/theatre/csn-c?act=on").await;
    page.says("Zusage einer Runde (Anna)");
    page.lacks(">pledge");
    let wrong = browser.get("/theatre/csn-c?acts=q7").await;
    wrong.says("keine spielbare Aufführung");
    wrong.lacks("a field has a value");
}

#[tokio::test]
async fn what_is_no_performance_is_refused() {
    let mut browser = browser("en");
    assert_eq!(browser.get("/theatre/hamlet").await.status, StatusCode::NOT_FOUND);
    for query in ["acts=q7", "act=q7", "acts=%3Cscript%3E"] {
        let page = browser.get(&format!("/theatre/cs2?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        page.lacks("<script>");
    }
    let long = "t.".repeat(act::ACTS_MAX + 1);
    assert_eq!(browser.get(&format!("/theatre/cs2?acts={long}")).await.status, StatusCode::BAD_REQUEST);
    // What does not fit is an act without effect.
    browser.get("/theatre/cs2?acts=d99").await.says("Nothing comes of it.");
    let full = format!("/theatre/cs2?acts={}", "t.".repeat(act::ACTS_MAX));
    browser.get(&full).await.says("The stage is full");
}

/// The stage after each lie, told as soon as it can be.
fn stages(play: Play) -> Vec<Stage> {
    let lied = |name: &str| {
        let mut stage = Stage::open(play).unwrap();
        for _ in 0..40 {
            let told = stage.lies.iter().any(|lie| lie.name == name);
            if !told && stage.cheats().iter().any(|(cheat, can)| cheat.name == name && *can) {
                stage.act(&act::Act::Cheat(name.to_owned())).unwrap();
            }
            let Some(next) = stage.next() else { break };
            stage.act(&next).unwrap();
        }
        stage
    };
    Stage::open(play).unwrap().cheats().iter().map(|(cheat, _)| lied(cheat.name)).collect()
}

/// Nothing on stage is without a word in either language.
#[test]
fn everything_has_its_words() {
    for play in Play::ALL {
        for stage in stages(play) {
            for language in [Language::En, Language::De] {
                has_words(&stage, Words { language, play });
            }
        }
    }
}

fn has_words(stage: &Stage, words: Words) {
    let known = |what: &str, text: &str| assert!(!text.is_empty(), "{words:?} {what}");
    stage.cheats().iter().for_each(|(cheat, _)| known(cheat.name, words.cheat(cheat.name)));
    stage.letters.iter().for_each(|letter| known(letter.word, words.said(letter.from, letter.word)));
    stage.rows.iter().for_each(|row| known(row.kind.word(), words.said(row.who, row.kind.word())));
    for kind in (0..99).filter_map(|number| stage.asked(number)).map(|(_, kind)| kind.word()) {
        known(kind, words.question(kind));
    }
    for who in stage.cast() {
        known(who.word(), words.name(who));
        known(stage.state(who), words.state(who, stage.state(who)));
        stage.has(who).into_iter().for_each(|thing| known(thing, words.thing(thing)));
        let ruling = stage.ruling(Some(who)).unwrap();
        ruling.standings.iter().for_each(|(_, word)| known(word, words.standing(word)));
        ruling.convictions.iter().for_each(|(_, word)| known(word, words.misdeed(word)));
        ruling.proven.iter().for_each(|claim| known(&claim.word, words.claim(&claim.word)));
    }
}

const PLACE: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";

fn register(role: Role) -> Browser {
    let (party, _) = party(|request| {
        Ok(match request["command"].as_str().unwrap() {
            "log" => json!({
                "key": "notary.log+1a2b3c4d+AQ", "size": 300, "sealed": 299,
                "checkpoint": "notary.log\n299\nROOTHASH=\n\n— notary.log AAAA\n— witness.one BBBB\n",
                "witnesses": [{ "key": "witness.one+0+BA", "name": "witness.one", "size": 299 },
                    { "key": "k", "name": "late", "size": 2 }],
            }),
            "log-entries" => {
                let end = request["before"].as_u64().unwrap_or(300).min(300);
                json!({ "size": 300, "entries": [{ "index": end - 1, "place": PLACE, "seal": PLACE }], "next": end - 1 })
            }
            "log-of" => json!({ "entries": [{ "index": 7, "slot": "decision", "value": "captured" }] }),
            "log-proof" if request["index"] == 299 => {
                return Err(semper_base::Misuse::new(semper_base::Code::NotFound, "").into());
            }
            "log-proof" => json!({ "index": 7, "proof": "entry\npath\nROOTHASH=" }),
            _ => json!({}),
        })
    });
    Browser::new(role, party)
}

#[tokio::test]
async fn the_log_of_a_register() {
    for role in [Role::Notary, Role::Bank] {
        let mut browser = register(role);
        let page = browser.get("/log").await;
        is_sound(&page);
        for said in ["ROOTHASH=", "witness.one", "not yet", PLACE, "semper notary audit", "/log/checkpoint"] {
            page.says(said);
        }
        page.says("/log/tile/0/001.p/43");
        page.says("/log/tile/entries/001.p/43");
        // Whoever knows an exchange's id learns where it stands, not what was decided.
        let found = browser.get(&format!("/log?q={PLACE}")).await;
        is_sound(&found);
        found.says("/log/entry/7");
        found.lacks("captured");
        let wrong = browser.get("/log?q=%3Cb%3E").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        wrong.says("aria-invalid");
        wrong.lacks("<b>");
        assert_eq!(browser.get("/log?q=7").await.location(), "/log/entry/7");
        let entry = browser.get("/log/entry/7").await;
        is_sound(&entry);
        entry.says("ROOTHASH=");
        browser.get("/log/entry/299").await.says("No checkpoint has this entry yet");
        assert_eq!(browser.get("/log/entry/300").await.status, StatusCode::NOT_FOUND);
        assert!(
            browser.get("/log/entry/7/proof").await.headers["content-type"].to_str().unwrap().contains("text/plain")
        );
    }
}
