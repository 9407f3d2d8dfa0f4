//! A form with files in it.

use axum::extract::{FromRequest, Multipart, Request};
use axum::response::Response;

use crate::door::Visit;
use crate::forms::TOKEN;
use crate::oops::Oops;

/// Largest form with its file, in bytes: a mail file with the longest letter, twice encoded.
pub(crate) const UPLOAD_BYTES_MAX: usize = 1 << 20;
/// Most parts: as many files as a container has goods, and their fields.
const PARTS_MAX: usize = semper_base::limits::TRANSFER_GOODS_MAX + 36;

/// A file that was chosen.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// As the browser names it; of a folder with the way to it.
    pub(crate) name: String,
    pub(crate) media: String,
    pub(crate) content: Vec<u8>,
}

/// What came, with the token of this visit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    fields: Vec<(String, String)>,
    /// In the form's order; none if no file was chosen.
    pub(crate) files: Vec<Chosen>,
}

impl Upload {
    /// What was typed, without blanks around it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field that may come several times.
    pub(crate) fn all<'u>(&'u self, name: &'u str) -> impl Iterator<Item = &'u str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The file that was chosen, or else the text of this field.
    pub(crate) fn content(&self, field: &str) -> Vec<u8> {
        let typed = || self.get(field).as_bytes().to_vec();
        self.files.first().map_or_else(typed, |file| file.content.clone())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let Some(visit) = request.extensions().get::<Visit>().cloned() else { return Err(Oops::nobody()) };
        let parts = Multipart::from_request(request, state).await;
        let upload = match parts {
            Ok(parts) => read(parts).await,
            Err(_) => None,
        };
        match upload {
            Some(upload) if upload.get(TOKEN) == visit.token => Ok(upload),
            _ => Err(Oops::form_old(&visit)),
        }
    }
}

/// None if it breaks off, as it does when it is too large.
async fn read(mut parts: Multipart) -> Option<Upload> {
    let mut upload = Upload::default();
    for _ in 0..PARTS_MAX {
        let Some(part) = parts.next_field().await.ok()? else { return Some(upload) };
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let media = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let content = part.bytes().await.ok()?.to_vec();
        match file {
            // A file that was not chosen has no name; one of nothing is as good as none.
            Some(name) if !content.is_empty() => upload.files.push(Chosen { name, media, content }),
            Some(_) => {}
            None => upload.fields.push((name, String::from_utf8_lossy(&content).into_owned())),
        }
    }
    None
}
