//! The import itself: staged in batches, in force with the last command.

use semper_base::{Code, Error, Misuse};
use serde_json::{Value, json};

use super::super::operator::{Operator, strange};
use super::{Counts, State, Upload, reading};

/// What becomes of the products.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// Buyers see them at once, as far as their prices are signed.
    pub(super) publish: bool,
    /// What an earlier import brought and this feed lacks goes.
    pub(super) remove_missing: bool,
}

/// Imports all of it. Whatever fails before the last command leaves the catalogue as it was.
pub(super) async fn run(operator: &Operator, upload: &Upload, how: How) -> Result<Counts, Error> {
    let begin = json!({
        "command": "catalogue-import", "step": "begin", "publish": how.publish, "remove_missing": how.remove_missing,
    });
    let session = operator.call(begin).await?;
    let session = session.get("session").and_then(Value::as_u64).ok_or_else(|| strange("session"))?;
    let done = stage(operator, upload, session).await;
    if done.is_err() {
        // What is staged is swept sooner; left alone it would be given up by itself.
        let abort = json!({ "command": "catalogue-import", "step": "abort", "session": session });
        let _ = operator.call(abort).await;
    }
    done
}

async fn stage(operator: &Operator, upload: &Upload, session: u64) -> Result<Counts, Error> {
    let (mut batches, reading) = reading::batches(&upload.bytes, &upload.settings);
    let mut staged = 0;
    while let Some(products) = batches.recv().await {
        let count = u64::try_from(products.len()).unwrap_or(u64::MAX);
        let put = json!({ "command": "catalogue-import", "step": "put", "session": session, "products": products });
        operator.call(put).await?;
        staged += count;
        upload.set(State::Running(staged));
    }
    let report = reading::end(reading).await?;
    if report.problems_total > 0 || staged != upload.report.products {
        return Err(Misuse::new(Code::FileWrong, "the feed reads differently now").into());
    }
    let commit = json!({ "command": "catalogue-import", "step": "commit", "session": session });
    Ok(Counts::read(&operator.call(commit).await?))
}
