//! Reads a feed away from the threads that answer browsers, and gives its products in batches that fit into
//! one command each.

use std::sync::Arc;

use semper_base::limits::PRODUCTS_PER_COMMAND_MAX;
use semper_base::{Code, Error, Fault};
use semper_catalogue::{Report, Settings};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::operator::Operator;
use super::super::view::number;
use super::Counts;

/// Bytes of products in one batch; a command may have a little more.
const BATCH_BYTES: usize = 512 << 10;

fn stopped() -> Error {
    Fault::new(Code::Overloaded, "the reading of the feed was stopped").into()
}

/// Begins to read. At most two batches wait in memory.
pub(super) fn batches(
    bytes: &Arc<Vec<u8>>,
    settings: &Settings,
) -> (mpsc::Receiver<Vec<Value>>, JoinHandle<Result<Report, Error>>) {
    let (send, receive) = mpsc::channel(2);
    let (bytes, settings) = (Arc::clone(bytes), settings.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let (mut batch, mut size) = (Vec::new(), 0);
        let report = semper_catalogue::read(bytes.as_slice(), &settings, &mut |product| {
            let product = json!(product);
            size += product.to_string().len();
            batch.push(product);
            if batch.len() >= PRODUCTS_PER_COMMAND_MAX || size >= BATCH_BYTES {
                size = 0;
                send.blocking_send(std::mem::take(&mut batch)).map_err(|_| stopped())?;
            }
            Ok(())
        })?;
        if !batch.is_empty() {
            send.blocking_send(batch).map_err(|_| stopped())?;
        }
        Ok(report)
    });
    (receive, reading)
}

/// The report of a reading that has come to its end.
pub(super) async fn end(reading: JoinHandle<Result<Report, Error>>) -> Result<Report, Error> {
    reading.await.map_err(|_| stopped())?
}

/// What the feed is, and what it would change. Nothing is written.
pub(super) async fn compare(
    operator: &Operator,
    bytes: &Arc<Vec<u8>>,
    settings: &Settings,
) -> Result<(Report, Counts), Error> {
    let (mut batches, reading) = batches(bytes, settings);
    let (mut counts, mut met, mut imported) = (Counts::default(), 0, 0);
    while let Some(products) = batches.recv().await {
        let reply =
            operator.call(json!({ "command": "catalogue-import", "step": "compare", "products": products })).await?;
        let one = Counts::read(&reply);
        counts.new += one.new;
        counts.changed += one.changed;
        counts.unchanged += one.unchanged;
        met += number(&reply, "/met");
        imported = number(&reply, "/imported");
    }
    let report = end(reading).await?;
    counts.missing = imported.saturating_sub(met);
    Ok((report, counts))
}
