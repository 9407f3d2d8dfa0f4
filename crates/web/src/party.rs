//! The way from a page to its party.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use semper_base::Error;
use serde_json::Value;

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

    /// Gives the party a command: an object with a member `command`.
    ///
    /// # Errors
    /// What the party says.
    pub async fn call(&self, request: Value) -> Result<Value, Error> {
        (self.0)(request).await
    }
}
