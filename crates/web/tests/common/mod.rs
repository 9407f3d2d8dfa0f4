//! What tests of pages share: a browser that keeps cookies and follows forms, and a party of one's own.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use semper_base::Error;
use semper_crypto_aws_lc::AwsLc;
use semper_web::session::Who;
use semper_web::{Party, Role, Site};
use serde_json::Value;
use tower::ServiceExt as _;

/// The commands that a party was given.
pub(crate) type Log = Arc<Mutex<Vec<Value>>>;

/// A party that answers by this function and notes what it was asked.
pub(crate) fn party(answer: impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static) -> (Party, Log) {
    let log = Log::default();
    let noted = Arc::clone(&log);
    let party = Party::new(move |request: Value| {
        noted.lock().unwrap().push(request.clone());
        let answer = answer(&request);
        async move { answer }
    });
    (party, log)
}

/// The commands with this word, in order.
pub(crate) fn asked(log: &Log, word: &str) -> Vec<Value> {
    log.lock().unwrap().iter().filter(|request| request["command"] == word).cloned().collect()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |location| location.to_str().unwrap())
    }

    /// Whether the page says this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.body.contains(text), "{text:?} is not in\n{}", self.body);
    }

    /// Whether the page does not say this.
    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) {
        assert!(!self.body.contains(text), "{text:?} is in\n{}", self.body);
    }
}

/// A browser without JavaScript.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) site: Arc<Site>,
    pub(crate) cookies: BTreeMap<String, String>,
    router: Router,
}

impl Browser {
    /// In front of the pages of such a party.
    pub(crate) fn new(role: Role, party: Party) -> Self {
        Browser::of(Site::new("Test", role, role.word(), "/data", party, Arc::new(AwsLc::new())))
    }

    /// In front of this site.
    pub(crate) fn of(site: Site) -> Self {
        let site = Arc::new(site);
        Browser { router: semper_web::serve::router(Arc::clone(&site)), site, cookies: BTreeMap::new() }
    }

    /// In this language from now on.
    pub(crate) fn speaking(mut self, language: &str) -> Self {
        self.cookies.insert("language".to_owned(), language.to_owned());
        self
    }

    /// Signs in through a one-time link.
    pub(crate) async fn enter(&mut self, who: Who) {
        let key = self.site.sessions.link(who);
        let answer = self.get(&format!("/enter?key={key}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }

    /// Opens a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Opens a page and where it leads.
    pub(crate) async fn follow(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            if answer.status != StatusCode::SEE_OTHER {
                break;
            }
            let next = answer.location().split('#').next().unwrap_or("/").to_owned();
            answer = self.get(&next).await;
        }
        answer
    }

    /// Sends a form of this site, with the token of this visit.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        if !self.cookies.contains_key("visit") {
            self.get("/").await;
        }
        let token = self.site.sessions.token(&self.cookies["visit"]);
        let fields: Vec<(&str, &str)> = [("token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post_from(path, &fields, &format!("http://{}", self.site.host())).await
    }

    /// Sends fields as they are, from a page of this origin.
    pub(crate) async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = Request::post(path)
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.join("&"))).await
    }

    /// Sends a form with a file: parts as `multipart/form-data`, the part `file` as a file.
    pub(crate) async fn upload(&mut self, path: &str, parts: &[(&str, &str)]) -> Answer {
        if !self.cookies.contains_key("visit") {
            self.get("/").await;
        }
        let token = self.site.sessions.token(&self.cookies["visit"]);
        let parts = [("token", token.as_str())].into_iter().chain(parts.iter().copied()).map(|(name, value)| {
            let file = if name == "file" { "; filename=\"feed\"" } else { "" };
            format!("--between\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
        });
        let body = format!("{}--between--\r\n", parts.collect::<String>());
        let request = Request::post(path)
            .header(header::ORIGIN, format!("http://{}", self.site.host()))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=between");
        self.send(request, Body::from(body)).await
    }

    /// Sends a form and goes where it leads.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let next = answer.location().split('#').next().unwrap_or("/").to_owned();
        self.follow(&next).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::HOST, self.site.host()).header(header::COOKIE, cookies.join("; "));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        assert!(rest.contains("HttpOnly") && rest.contains("SameSite=") && !rest.contains("Domain"), "{cookie}");
        if rest.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// For addresses and forms.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// Checks what holds for every page: one heading, a language, nothing loaded from elsewhere, no script, every
/// field labelled.
#[track_caller]
pub(crate) fn is_sound(page: &Answer) {
    let body = &page.body;
    assert_eq!(body.matches("<h1").count(), 1, "one h1: {body}");
    assert!(body.contains("<html lang=\"en\">") || body.contains("<html lang=\"de\">"));
    assert!(!body.contains("<script") && !body.contains("onclick") && !body.contains("style=\""), "{body}");
    assert!(body.len() <= 60 << 10, "{} bytes", body.len());
    for address in ["src=\"http", "src='http", "src=\"//", "url(", "<iframe", "<object", "<embed"] {
        assert!(!body.contains(address), "{address} in {body}");
    }
    let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    for field in body.split('<').filter(|tag| ["input ", "select ", "textarea "].iter().any(|t| tag.starts_with(t))) {
        let named = field.contains("aria-label") || field.contains("type=\"hidden\"") || {
            let id = field.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("?");
            body.contains(&format!("for=\"{id}\""))
                || field.contains("type=\"checkbox\"")
                || field.contains("type=\"radio\"")
        };
        assert!(named, "a field without a label: {field}");
    }
    let levels: Vec<u32> =
        body.match_indices("<h").filter_map(|(at, _)| body[at + 2..].chars().next()?.to_digit(10)).collect();
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "headings out of order: {levels:?}");
}

/// The addresses that a page leads to on other hosts.
pub(crate) fn foreign_links(page: &Answer) -> Vec<String> {
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.contains("//")).map(str::to_owned).collect()
}
