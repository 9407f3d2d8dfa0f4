//! A site: the pages of one party behind the door, on a port of their own.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use semper_base::{Code, Fault};
use semper_support::crypto::Crypto;
use serde_json::json;
use tokio::net::TcpListener;

use crate::door::{self, Visit};
use crate::forms::FORM_BYTES_MAX;
use crate::party::Party;
use crate::screen::Display;
use crate::session::Sessions;
use crate::{Role, desk, gauge};

/// The style of all pages.
const STYLE: &str = include_str!("../static/style.css");

/// What the pages of one party have in common.
#[derive(Debug)]
pub struct Site {
    /// The party's name, as people know it.
    pub name: String,
    /// Whose pages.
    pub role: Role,
    /// The label before `.localhost`: one host a party, because ports do not keep cookies apart.
    pub label: String,
    /// Where the party keeps its data, for hints.
    pub data_dir: String,
    /// The way to the party.
    pub party: Party,
    /// The trusted screen's display, if this party's owner signs in the browser.
    pub display: Option<Arc<Display>>,
    /// Where a shop supposes its visitors' wallet, such as `http://wallet.localhost:8080`, until they say
    /// otherwise.
    pub wallet: Option<String>,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What happened at the door.
    pub meter: Meter,
    /// Since when there are pages, in seconds since 1970.
    started: u64,
    port: AtomicU16,
}

impl Site {
    /// A site that nobody can reach yet.
    pub fn new(name: &str, role: Role, label: &str, data_dir: &str, party: Party, crypto: Arc<dyn Crypto>) -> Self {
        Site {
            name: name.to_owned(),
            role,
            label: label.to_owned(),
            data_dir: data_dir.to_owned(),
            party,
            display: None,
            wallet: None,
            sessions: Sessions::new(crypto),
            meter: Meter::default(),
            started: gauge::now(),
            port: AtomicU16::new(0),
        }
    }

    /// With a trusted screen.
    #[must_use]
    pub fn with_display(mut self, display: Option<Arc<Display>>) -> Self {
        self.display = display;
        self
    }

    /// With the address that a shop proposes for its visitors' wallet.
    #[must_use]
    pub fn with_wallet(mut self, wallet: Option<String>) -> Self {
        self.wallet = wallet;
        self
    }

    /// The port, once there is one.
    pub fn port(&self) -> u16 {
        self.port.load(Ordering::Relaxed)
    }

    /// Host and port as a browser names them.
    pub fn host(&self) -> String {
        format!("{}.localhost:{}", self.label, self.port())
    }

    /// The address of the start page.
    pub fn address(&self) -> String {
        format!("http://{}/", self.host())
    }

    /// A new address that signs its owner in, once.
    pub fn link(&self, who: crate::session::Who) -> String {
        format!("{}enter?key={}", self.address(), self.sessions.link(who))
    }
}

/// Counts what passes the door.
#[derive(Debug, Default)]
pub struct Meter {
    answers: [AtomicU64; 5],
    micros: AtomicU64,
}

impl Meter {
    /// One answer.
    pub fn count(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.answers.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// In Prometheus' text format.
    fn text(&self) -> String {
        let mut text = String::from(
            "# HELP semper_page_answers_total Answers of the pages by class of status.\n\
             # TYPE semper_page_answers_total counter\n",
        );
        for (class, count) in (1..).zip(&self.answers) {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(text, "semper_page_answers_total{{class=\"{class}xx\"}} {count}");
        }
        let micros = self.micros.load(Ordering::Relaxed);
        let _ = write!(
            text,
            "# HELP semper_page_seconds_total Time spent making pages.\n\
             # TYPE semper_page_seconds_total counter\n\
             semper_page_seconds_total {}.{:06}\n",
            micros / 1_000_000,
            micros % 1_000_000,
        );
        text
    }
}

/// Serves the site until the task is dropped. The bound address comes back, and what to run.
///
/// # Errors
/// [`Code::PortTaken`], [`Code::Network`].
pub async fn start(
    site: Arc<Site>,
    address: SocketAddr,
) -> Result<(SocketAddr, impl Future<Output = ()> + Send + 'static), Fault> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Fault::new(Code::PortTaken, format!("{address}: choose another with --pages")),
        _ => Fault::new(Code::Network, format!("{address}: {error}")),
    })?;
    let bound = listener.local_addr().map_err(|error| Fault::new(Code::Network, error.to_string()))?;
    site.port.store(bound.port(), Ordering::Relaxed);
    let router = router(site);
    let serving = async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the pages are gone");
        }
    };
    Ok((bound, serving))
}

/// The role's pages with what every site has, behind the door.
pub fn router(site: Arc<Site>) -> Router {
    let pages = site.role.pages();
    // Where no party is behind the pages there is nobody to sign in and nothing to command.
    let pages = if site.role == Role::Theatre {
        pages
    } else {
        pages
            .route("/enter", get(desk::enter))
            .route("/leave", post(desk::leave))
            .route("/docs", get(crate::docs::page))
            .route("/docs/openapi.json", get(crate::docs::json))
            .route("/healthz", get(health))
            .route("/metrics", get(metrics))
    };
    pages
        .route("/language", get(desk::choose_language))
        .route("/style.css", get(style))
        .fallback(door::nowhere)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(site, door::pass))
}

async fn style() -> Response {
    let kept = "public, max-age=3600";
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, kept)], STYLE).into_response()
}

/// Whether the party takes commands: its writer answered.
async fn health(visit: Visit) -> Response {
    match visit.site.party.call(json!({ "command": "who" })).await {
        Ok(_) => axum::Json(json!({ "ok": true, "role": visit.site.role.word() })).into_response(),
        Err(error) => {
            let body = json!({ "ok": false, "role": visit.site.role.word(), "code": error.code().number() });
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
        }
    }
}

/// Counters of the door, the process, and the party's pulse if it answers. Nothing personal.
async fn metrics(visit: Visit) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let site = &visit.site;
    let mut text = site.meter.text();
    text.push_str(&gauge::of_process(site.role.word(), site.started));
    if let Ok(pulse) = site.party.call(json!({ "command": "pulse" })).await {
        text.push_str(&gauge::of_party(&pulse));
    }
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
