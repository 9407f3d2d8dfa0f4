//! The first start of a party: it meets the authority and asks for its certificates until all are there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use semper_base::{Blob64, Code, Error, Fault, Misuse, Refusal};
use semper_driver::service::{Input, Service};
use semper_node::screen::NoScreen;
use semper_node::serve::Running;
use semper_store::{Mode, SqliteStore};
use serde_json::{Value, json};

use super::{Role, Start, read_root};
use crate::{party, settings};

impl<S: Service> Start<'_, S> {
    /// Runs without a port until all certificates are here. The store is opened anew afterwards, so
    /// that the party that serves reads everything from disk.
    pub(super) async fn enrolled(&self, store: SqliteStore) -> Result<SqliteStore, Error> {
        let directory = &self.options.data_dir;
        if self.missing()?.is_empty() && (self.options.role != Role::Ca || self.has_root()?) {
            return Ok(store);
        }
        let running = self.begin(store, None, Arc::new(NoScreen), None).await?;
        let result = match self.options.role {
            Role::Ca => Ok(()),
            Role::Wallet => match self.enrol(&running).await {
                Ok(()) => self.speak(&running).await,
                refused => refused,
            },
            _ => self.enrol(&running).await,
        };
        running.stop();
        running.wait().await?;
        result?;
        Ok(SqliteStore::open(directory, &party::head_of(directory), Mode::Open)?)
    }

    /// The language of the settings becomes that of a new wallet; from then on its preferences have the word.
    async fn speak(&self, running: &Running<S>) -> Result<(), Error> {
        let Some(language) = settings::about(&self.options.data_dir)?.remove("language") else { return Ok(()) };
        let command = |request: Value| running.handle().local(Input::Command(request.to_string().into_bytes()));
        let wrong = |e: serde_json::Error| Fault::new(Code::DatabaseCorrupt, e.to_string());
        let mut set = serde_json::to_value(command(json!({ "command": "preferences" })).await?).map_err(wrong)?;
        if let Some(place) = set.pointer_mut("/screen/language") {
            *place = language.into();
        }
        command(json!({ "command": "preferences", "set": set })).await?;
        Ok(())
    }

    async fn enrol(&self, running: &Running<S>) -> Result<(), Error> {
        let options = self.options;
        let need = |what: &str| Misuse::new(Code::Usage, format!("the first start needs {what}"));
        let root = options.root.as_ref().ok_or_else(|| need("--root ROOT.pem, the market's root certificate"))?;
        let ca = options.ca.ok_or_else(|| need("--ca ADDRESS, the authority's address"))?;
        let code = options.code.as_ref().ok_or_else(|| need("--code CODE, a registration code"))?;
        let name = options.name.as_ref().ok_or_else(|| need("--name NAME"))?;
        let root = read_root(root)?;
        let handle = running.handle();
        let command = |request: Value| handle.local(Input::Command(request.to_string().into_bytes()));
        command(json!({ "command": "trust", "root": Blob64(root) })).await?;
        command(json!({
            "command": "link", "name": "ca", "socket": ca.to_string(), "server_name": Role::Ca.host(), "as": "nobody",
        }))
        .await?;
        let started = Instant::now();
        let mut asked = false;
        while !self.missing()?.is_empty() {
            if !asked {
                let request = json!({
                    "command": "enrol", "name": name, "code": code, "dns": [self.host()?],
                    "certificates": options.role.certificates(),
                });
                // Until the authority has answered our hello there is nobody to ask.
                asked = command(request).await.is_ok();
            }
            if let Some(why) = self.hopeless(running, ca)? {
                return Err(why);
            }
            if started.elapsed() > Duration::from_secs(options.wait) {
                return Err(self.late(running, ca)?.into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Why registration cannot succeed, however long one waits.
    fn hopeless(&self, running: &Running<S>, ca: SocketAddr) -> Result<Option<Error>, Error> {
        if let Some(Error::Violation(why)) = running.trouble("ca").filter(|e| e.code() == Code::CertificatePath) {
            return Ok(Some(why.into()));
        }
        for kind in self.options.role.certificates() {
            if let Some(code) = self.row("refused", kind)? {
                let code = std::str::from_utf8(&code).ok().and_then(|text| text.parse().ok());
                let code = code.and_then(Code::from_number).unwrap_or(Code::AccessDenied);
                let text = format!("the authority at {ca} refused a {kind} certificate");
                return Ok(Some(Refusal::new(code, text).into()));
            }
        }
        Ok(None)
    }

    fn late(&self, running: &Running<S>, ca: SocketAddr) -> Result<Fault, Error> {
        let why = running.trouble("ca").map_or_else(String::new, |error| format!(" ({error})"));
        let text = format!(
            "no {} certificate from {ca} in {} s{why}; see that the authority runs (`semper serve ca`) and that --ca is its \
             address; --wait SECONDS waits longer",
            self.missing()?.join(", "),
            self.options.wait,
        );
        Ok(Fault::new(Code::Network, text))
    }

    fn has_root(&self) -> Result<bool, Error> {
        Ok(self.row("trust", "root")?.is_some())
    }

    /// Certificates that are not here yet.
    pub(super) fn missing(&self) -> Result<Vec<&'static str>, Error> {
        let mut missing = Vec::new();
        for kind in self.options.role.certificates() {
            if self.row("identity", kind)?.is_none() {
                missing.push(*kind);
            }
        }
        Ok(missing)
    }
}
