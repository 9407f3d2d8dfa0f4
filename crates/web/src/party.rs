//! The way from a page to its party.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use semper_base::Error;
use serde_json::{Value, json};

/// How often it is looked whether the bank has answered, and how long between.
const LOOKS: u32 = 12;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// An answer under way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// How commands reach the party. Cheap to clone.
#[derive(Clone)]
pub struct Party(Arc<dyn Fn(Value) -> Answering + Send + Sync>);

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party")
    }
}

impl Party {
    /// A party that is reached by this function: it takes a command and answers after the commit.
    pub fn new<F, A>(call: F) -> Self
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        Party(Arc::new(move |request| Box::pin(call(request))))
    }

    /// The purse, after the bank had a moment to say what is on it now; what it said last, if it is away.
    ///
    /// # Errors
    /// What the party says.
    pub async fn purse(&self) -> Result<Value, Error> {
        let before = self.call(json!({ "command": "purse" })).await?;
        let currency = before.get("balance").and_then(Value::as_str).and_then(|balance| balance.rsplit(' ').next());
        let Some(currency) = currency else { return Ok(before) };
        self.call(json!({ "command": "open-account", "currency": currency })).await?;
        let mut now = before.clone();
        for _ in 0..LOOKS {
            tokio::time::sleep(PAUSE).await;
            now = self.call(json!({ "command": "purse" })).await?;
            if now.get("as_of") != before.get("as_of") {
                break;
            }
        }
        Ok(now)
    }

    /// Gives the party a command: an object with a member `command`.
    ///
    /// # Errors
    /// What the party says.
    pub async fn call(&self, request: Value) -> Result<Value, Error> {
        (self.0)(request).await
    }
}
