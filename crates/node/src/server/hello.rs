//! `POST /v1/hello`: a connection becomes a peer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use semper_base::limits::HELLO_BYTES_MAX;
use semper_base::{Code, Error, Hash, PeerId, Violation};
use semper_driver::service::{Input, Reply, Service};

use super::Server;
use super::peers::Connection;
use super::reply::{failure, json};

/// Lets the service judge the hello and binds the connection to the peer that it names.
pub(super) async fn hello<S: Service>(
    State(server): State<Arc<Server<S>>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request<Body>,
) -> Response {
    match accept(&server, &connection, request).await {
        Ok(reply) => json(&reply),
        Err(error) => failure(&error),
    }
}

async fn accept<S: Service>(
    server: &Server<S>,
    connection: &Connection,
    request: Request<Body>,
) -> Result<Reply, Error> {
    let body = server.read(request, HELLO_BYTES_MAX).await?;
    let statement = std::str::from_utf8(&body.bytes).map_err(|_| Violation::new(Code::JsonMalformed, ""))?.to_owned();
    let reply = server.handle.local(Input::Hello { tls: connection.tls, statement }).await?;
    let peer = reply.get("peer").and_then(Reply::as_str).and_then(Hash::from_hex);
    let peer = PeerId(peer.ok_or_else(|| Violation::new(Code::HelloWrong, ""))?);
    connection.bind(peer)?;
    // Polls that another key of this peer still holds look again, and end; what we could not deliver is tried now.
    server.hub.greet(&peer);
    Ok(reply)
}
