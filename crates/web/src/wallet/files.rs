//! Downloads: the evidence of a deal, and the file that was bought.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use semper_base::{Code, Error, Fault, bytes};
use serde_json::{Value, json};

use super::actions::refused;
use super::deal::fetch;
use super::view;
use crate::door::Inside;
use crate::party::Party;

/// Longest file name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Most chunks of a file: more than any layout has.
const CHUNKS_MAX: u64 = 1 << 24;

/// `/deal/ID/evidence`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    let id = view::text(&deal, "/deal");
    let answer = visit.site.party.call(json!({ "command": "export", "deal": id })).await;
    let pack = answer.and_then(|answer| decode(view::text(&answer, "/pack")));
    match pack {
        Ok(pack) => attachment(&format!("evidence-{}.zip", safe(id, "deal")), Body::from(pack)),
        Err(error) => refused(&visit, &deal, &error),
    }
}

fn decode(text: &str) -> Result<Vec<u8>, Error> {
    bytes::decode(text).map_err(|error| Fault::new(Code::DatabaseCorrupt, error.to_string()).into())
}

/// `/deal/ID/file`: chunk after chunk, as fast as the browser takes them. What cannot be opened breaks the
/// download off instead of ending it.
pub(super) async fn file(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    let id = view::text(&deal, "/deal").to_owned();
    let (first, chunks) = match chunk(&visit.site.party, &id, 0).await {
        Ok(first) => first,
        Err(error) => return refused(&visit, &deal, &error),
    };
    let name = view::some(&deal, "/file/name").or_else(|| view::some(&deal, "/title")).unwrap_or_default();
    let party = visit.site.party.clone();
    stream(&safe(&name, "file"), first, chunks, move |index| {
        let (party, id) = (party.clone(), id.clone());
        async move { chunk(&party, &id, index).await.map(|(data, _)| data) }
    })
}

/// A download of which the first chunk is here, and others are fetched by their numbers.
pub(super) fn stream<F, A>(name: &str, first: Vec<u8>, chunks: u64, fetch: F) -> Response
where
    F: Fn(u64) -> A + Send + 'static,
    A: Future<Output = Result<Vec<u8>, Error>> + Send,
{
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, Error>>(2);
    tokio::spawn(async move {
        let mut next = Ok(first);
        for index in 1..=chunks.clamp(1, CHUNKS_MAX) {
            let failed = next.is_err();
            if sender.send(next).await.is_err() || failed || index >= chunks {
                return;
            }
            next = fetch(index).await;
        }
    });
    attachment(name, Body::new(Chunks(receiver)))
}

async fn chunk(party: &Party, id: &str, index: u64) -> Result<(Vec<u8>, u64), Error> {
    let answer = party.call(json!({ "command": "goods-read", "deal": id, "index": index })).await?;
    let chunks = answer.get("chunks").and_then(Value::as_u64).unwrap_or_default();
    Ok((decode(view::text(&answer, "/data"))?, chunks))
}

/// A body of chunks that somebody else fetches.
#[derive(Debug)]
struct Chunks(tokio::sync::mpsc::Receiver<Result<Vec<u8>, Error>>);

impl axum::body::HttpBody for Chunks {
    type Data = axum::body::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Error>>> {
        let next = self.0.poll_recv(cx);
        next.map(|next| next.map(|chunk| chunk.map(|data| http_body::Frame::data(data.into()))))
    }
}

/// A download under this name, which no browser opens as a page.
pub(super) fn attachment(name: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    response
}

/// A name that no file system and no header takes for anything else: letters, digits, dashes and inner dots.
pub(super) fn safe(name: &str, instead: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '.';
    let kept: String = name.chars().take(NAME_CHARS_MAX).map(|c| if fits(c) { c } else { '-' }).collect();
    let kept = kept.trim_matches(['-', '.']);
    let mut name = kept.to_owned();
    while name.contains("--") || name.contains("..") {
        name = name.replace("--", "-").replace("..", ".");
    }
    if name.is_empty() { instead.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(safe("Field recordings, vol. 1.flac", "file"), "Field-recordings-vol.-1.flac");
        assert_eq!(safe("../../etc/passwd", "file"), "etc-passwd");
        assert_eq!(safe("a\"; filename=b.exe\r\n", "file"), "a-filename-b.exe");
        assert_eq!(safe("\u{202e}..", "file"), "file");
    }
}
