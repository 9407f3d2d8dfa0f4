//! The `OpenAPI` document of a party's pages. Commands do not come over HTTP: they stand in it as schemas,
//! named in the extension `x-semper-commands`, for whoever writes a client of the control socket.

use serde_json::{Map, Value, json};

use super::{commands, kind, notices};
use crate::Role;

/// What is asked of programs, under every party.
const COMMON: [(&str, &str); 4] = [
    ("/healthz", "Whether the party takes commands: 200 and {\"ok\":true}, or 503 with the code of what is wrong."),
    ("/metrics", "Counters and gauges in Prometheus' text format; no personal data."),
    ("/docs", "The interfaces for people."),
    ("/docs/openapi.json", "This document."),
];

const AUTHORITY: [(&str, &str); 6] = [
    COMMON[0],
    COMMON[1],
    COMMON[2],
    COMMON[3],
    ("/root.pem", "The market's root certificate, PEM. Compare it over another way."),
    ("/status.crl", "The revocation list that is good now, DER (RFC 5280)."),
];

/// The paths for programs, with what each says.
pub(super) fn paths(role: Role) -> &'static [(&'static str, &'static str)] {
    if role == Role::Authority { &AUTHORITY } else { &COMMON }
}

fn media(path: &str) -> &'static str {
    match path {
        "/healthz" => "application/json",
        "/metrics" => "text/plain",
        "/docs" => "text/html",
        "/root.pem" => "application/x-pem-file",
        "/status.crl" => "application/pkix-crl",
        _ => "application/vnd.oai.openapi+json",
    }
}

fn path(path: &str, does: &str) -> Value {
    let ok = json!({ "description": "OK", "content": { media(path): {} } });
    let mut responses = json!({ "200": ok });
    if path == "/healthz" {
        let schema = json!({
            "type": "object", "required": ["ok", "role"],
            "properties": { "ok": { "type": "boolean" }, "role": { "type": "string" }, "code": { "type": "integer" } },
        });
        let content = json!({ "application/json": { "schema": schema } });
        responses = json!({
            "200": { "description": "It takes commands", "content": content },
            "503": { "description": "It does not", "content": content },
        });
    }
    let name = path.trim_matches('/').replace(['/', '.'], "-");
    json!({ "get": { "operationId": name, "summary": does, "responses": responses } })
}

/// The document (`OpenAPI` Specification 3.1.1).
#[must_use]
pub fn document(role: Role, name: &str) -> Value {
    let paths: Map<String, Value> = paths(role).iter().map(|(at, does)| ((*at).to_owned(), path(at, does))).collect();
    let mut schemas = Map::new();
    let mut named = Vec::new();
    for command in commands(role) {
        let example = command.request();
        let members = example.as_object().into_iter().flatten();
        let mut properties = Map::new();
        let mut required = vec!["command".to_owned()];
        for (member, value) in members.filter(|(member, _)| *member != "command") {
            properties.insert(member.clone(), json!({ "type": kind(value) }));
            if !command.may_lack(member) {
                required.push(member.clone());
            }
        }
        properties.insert("command".to_owned(), json!({ "const": command.word }));
        let schema = json!({
            "type": "object", "description": command.does, "properties": properties, "required": required,
            "examples": [example],
        });
        schemas.insert(command.word.to_owned(), schema);
        named.push(json!({ "$ref": format!("#/components/schemas/{}", command.word) }));
    }
    let notices: Map<String, Value> =
        notices(role).iter().map(|(word, text)| ((*word).to_owned(), json!(text))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{name}: a {} of a Semper market", role.word()), "version": env!("CARGO_PKG_VERSION"),
            "description": "Pages for people are left out. Commands go over the party's control socket (`semper call`), not over HTTP.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
        "x-semper-commands": named,
        "x-semper-notices": notices,
    })
}
