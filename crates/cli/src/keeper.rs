//! A thread that keeps something derived up to date beside a running party, such as a search index.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use semper_base::{Code, Fault};

/// Brings what is derived up to date, if it is not.
pub(crate) type Refresh = fn(&Path) -> Result<(), Fault>;

/// Keeps it as long as it lives.
#[derive(Debug)]
pub(crate) struct Keeper(#[expect(dead_code, reason = "dropping it ends the thread")] Sender<()>);

impl Keeper {
    /// Begins to refresh what lies in this directory, at once and then `every` so often.
    pub(crate) fn start(directory: &Path, every: Duration, refresh: Refresh) -> Result<Self, Fault> {
        let (alive, stop) = channel();
        let kept = directory.to_path_buf();
        let body = move || keep(&kept, every, refresh, &stop);
        let thread = std::thread::Builder::new().name("search".to_owned()).spawn(body);
        thread.map_err(|e| Fault::new(Code::Overloaded, format!("search: {e}")))?;
        Ok(Keeper(alive))
    }
}

fn keep(directory: &Path, every: Duration, refresh: Refresh, stop: &Receiver<()>) {
    loop {
        if let Err(fault) = refresh(directory) {
            tracing::warn!(%fault, "the search index could not be brought up to date");
        }
        match stop.recv_timeout(every) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
