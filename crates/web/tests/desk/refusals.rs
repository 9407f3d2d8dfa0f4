//! What the shop refuses at its desk is said in the reader's language.

use axum::http::StatusCode;
use semper_base::Code;
use semper_web::session::Who;
use semper_web::texts::{Language, codes};

use super::{at, desk};

/// What a form has.
type Fields = &'static [(&'static str, &'static str)];

/// Command, where it is given, with what.
const ACTS: &[(&str, &str, Fields)] = &[
    ("ship", "/ship", &[("line-1", "1"), ("line-2", "0"), ("carrier", "Post"), ("tracking", "R1"), ("once", "ab")]),
    ("cancel", "/cancel", &[("reason", ""), ("once", "ab")]),
    ("product-put", "/desk/product", &[("id", "bowl"), ("title", "Bowl"), ("price", "8"), ("vat", "7")]),
    ("price-list", "/desk/prices", &[("days", "30")]),
    ("staff-put", "/desk/staff", &[("name", "ann"), ("see", "1")]),
    ("sales", "/desk", &[]),
    ("sale", "", &[]),
    ("products", "/desk/products", &[]),
    ("catalogue", "/desk/prices", &[]),
    ("staff-list", "/desk/staff", &[]),
    ("shipping", "/desk/shipping", &[]),
];

#[tokio::test]
async fn every_act_refuses_in_german() {
    let code = Code::AccessDenied;
    for (word, path, fields) in ACTS {
        let (browser, _, shop) = desk(Who::Owner).await;
        let mut browser = browser.speaking("de");
        shop.lock().unwrap().refuse = Some(*word);
        let path = if path.starts_with("/desk") { (*path).to_owned() } else { at(path) };
        let page = if fields.is_empty() { browser.get(&path).await } else { browser.post(&path, fields).await };
        assert!(page.status.is_client_error() && page.status != StatusCode::NOT_FOUND, "{word} {}", page.status);
        page.lacks(codes::text(Language::En, code));
        page.says(codes::text(Language::De, code));
        page.says(&code.number().to_string());
    }
}
