//! The control socket: how the command line talks to a running party. One JSON value per line.
//!
//! A request is a command for the party's service; the answer is `{"ok": reply}` or
//! `{"error": {"code", "text", "detail"}}`. The runtime itself answers `notices` (turns the
//! connection into a stream of notices), `connections` and `stop`. The socket's file mode is the
//! access control: only the owner of the data directory may open it.

mod call;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use semper_base::limits::{CONTROL_CONNECTIONS_MAX, JSON_BYTES_MAX, STALL_MAX_MS};
use semper_base::{Code, Error, Fault, Misuse, json};
use semper_driver::service::{Input, Reply, Service};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::hub::Hub;
use crate::writer::Handle;

pub use call::{Notices, call, notices};

/// Words that the program around the party answers itself, such as a new link to its pages; none if the
/// word is not one of them.
pub type OwnWords = Arc<dyn Fn(&Reply) -> Option<Result<Value, Error>> + Send + Sync>;

/// The socket's name in the data directory.
pub const SOCKET: &str = "control.sock";

/// The bound socket; its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds the socket, readable for the owner only from its first moment: it gets its name after
    /// its mode. One left by a process that was killed is replaced; that no other process runs here
    /// is the business of the store's lock.
    pub(crate) fn bind(dir: &Path) -> Result<Socket, Fault> {
        let (path, early) = (dir.join(SOCKET), dir.join("control.new"));
        let fault = |error: std::io::Error| {
            let detail = match error.kind() {
                std::io::ErrorKind::InvalidInput => "its path is too long for a socket; use a shorter data directory",
                _ => "",
            };
            Fault::new(Code::Disk, format!("{}: {error} {detail}", path.display()))
        };
        match std::fs::remove_file(&early) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fault(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&early).map_err(fault)?;
        std::fs::set_permissions(&early, Permissions::from_mode(0o600)).map_err(fault)?;
        std::fs::rename(&early, &path).map_err(fault)?;
        Ok(Socket { listener, path })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Left behind it does no harm: callers are told that nobody answers.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Answers local programs for ever.
pub(crate) async fn run<S: Service>(
    socket: Socket,
    handle: Handle<S>,
    hub: Arc<Hub>,
    stop: Arc<watch::Sender<bool>>,
    own: Option<OwnWords>,
) {
    let places = Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = socket.listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let one = Caller::new(stream);
        let (handle, hub, stop, own) = (handle.clone(), Arc::clone(&hub), Arc::clone(&stop), own.clone());
        connections.spawn(async move {
            let _place = place;
            // A caller that went away needs no answer.
            let _ = one.serve(&handle, &hub, &stop, own.as_ref()).await;
        });
    }
}

struct Caller {
    lines: BufReader<OwnedReadHalf>,
    answers: OwnedWriteHalf,
}

impl Caller {
    fn new(stream: UnixStream) -> Self {
        let (read, answers) = stream.into_split();
        Caller { lines: BufReader::new(read), answers }
    }

    async fn serve<S: Service>(
        mut self,
        handle: &Handle<S>,
        hub: &Hub,
        stop: &watch::Sender<bool>,
        own: Option<&OwnWords>,
    ) -> std::io::Result<()> {
        while let Some(line) = self.line().await? {
            let request = json::read_value(&line);
            let word = request.as_ref().ok().and_then(|request| request.get("command")).and_then(Reply::as_str);
            let answer = match (&request, word) {
                (Err(violation), _) => failure(&violation.clone().into()),
                (Ok(_), Some("notices")) => return self.notices(hub).await,
                (Ok(_), Some("connections")) => json!({ "ok": hub.standing() }),
                (Ok(_), Some("stop")) => {
                    self.say(&json!({ "ok": null })).await?;
                    stop.send_replace(true);
                    return Ok(());
                }
                (Ok(request), _) => match own.and_then(|own| own(request)) {
                    Some(Ok(reply)) => json!({ "ok": reply }),
                    Some(Err(error)) => failure(&error),
                    None => match handle.local(Input::Command(line)).await {
                        Ok(reply) => json!({ "ok": reply }),
                        Err(error) => failure(&error),
                    },
                },
            };
            self.say(&answer).await?;
        }
        Ok(())
    }

    /// The next line, bounded; none at the end or when the line is too long.
    async fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let bounded = JSON_BYTES_MAX as u64 + 1;
        (&mut self.lines).take(bounded).read_until(b'\n', &mut line).await?;
        if line.pop() == Some(b'\n') {
            return Ok(Some(line));
        }
        if line.len() >= JSON_BYTES_MAX {
            self.say(&failure(&Misuse::new(Code::TooLarge, "line").into())).await?;
        }
        Ok(None)
    }

    async fn say(&mut self, answer: &Value) -> std::io::Result<()> {
        let line = format!("{answer}\n");
        let written = timeout(Duration::from_millis(STALL_MAX_MS), self.answers.write_all(line.as_bytes())).await;
        written.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    /// Streams notices until the caller goes or falls too far behind.
    async fn notices(mut self, hub: &Hub) -> std::io::Result<()> {
        let mut notices = hub.notices();
        // Tells the caller that from here on nothing is missed.
        self.say(&json!({ "ok": null })).await?;
        loop {
            let mut hangup = [0_u8; 1];
            let notice = tokio::select! {
                notice = notices.recv() => notice,
                _ = self.lines.read(&mut hangup) => return Ok(()),
            };
            match notice {
                Ok(notice) => self.say(&json!(notice)).await?,
                Err(RecvError::Lagged(missed)) => {
                    let slow = Fault::new(Code::Overloaded, format!("too slow: {missed} notices were missed"));
                    return self.say(&failure(&slow.into())).await;
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }
}

fn failure(error: &Error) -> Value {
    let detail = match error {
        Error::Fault(e) => e.detail(),
        Error::Misuse(e) => e.detail(),
        Error::Refusal(e) => e.detail(),
        Error::Violation(e) => e.detail(),
    };
    json!({ "error": { "code": error.code().number(), "text": error.to_string(), "detail": detail } })
}
