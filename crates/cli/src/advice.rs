//! What to do next: one sentence for every failure that an operator can do something about. It names
//! the command or the option that helps.

use semper_base::Code;

/// The advice for a failure, if there is any that is always right.
pub(crate) fn of(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::PassphraseWrong => {
            "try again; --passphrase-file FILE reads it from a file. Without it only the recovery words open the keys: `semper recover`"
        }
        Code::PassphraseWeak => {
            "take at least 12 characters, 5 of them different, several words for instance; --passphrase-file FILE reads them"
        }
        Code::RecoveryWords => {
            "compare them with what you wrote down, one by one; twelve words, in their order, as `semper recovery make` or \
             the wallet's page showed them"
        }
        Code::CouldNotAsk => {
            "run it at a terminal, or give what it would ask for: --passphrase-file FILE, --consent, --yes"
        }
        Code::Disk => "see who may write there (`ls -ld`), or name another directory with --data-dir",
        Code::DiskFull => {
            "make room (`df -h`), then start again: what was answered is on disk, nothing else was answered"
        }
        Code::Commit => {
            "start it again: it goes on from what is on disk; if it stops again, `semper doctor --data-dir DIR` looks at it"
        }
        Code::DatabaseMissing => "see that --data-dir is right; `semper serve ROLE --data-dir DIR` makes a new party",
        Code::DatabaseNewer => "run the newer `semper` (`semper --version` shows which this is)",
        Code::DatabaseStale => "if there is no newer copy, `semper restore --data-dir DIR` says what follows and asks",
        Code::DatabaseCorrupt => "put a backup of the whole directory back, then run `semper restore --data-dir DIR`",
        Code::Recovering => "run `semper restore --data-dir DIR`",
        Code::Locked => {
            "stop the other process (`semper call --data-dir DIR '{\"command\":\"stop\"}'`), or name another --data-dir"
        }
        Code::PortTaken => "name another port: --listen or --pages ADDRESS:PORT; for a market --first-port PORT",
        Code::EnrolmentCode => {
            "ask the authority's operator for a new code and start again with --code CODE; --name must be the one that the \
             code was made for"
        }
        Code::CertificatePath => {
            "see that --root ROOT.pem is this market's: compare its fingerprint with the authority's operator"
        }
        Code::RootWrong => {
            "--root ROOT.pem must be the root that this party was made with; for another market name a new --data-dir"
        }
        Code::PackMalformed => "have the pack sent again; `semper deal export` writes one",
        _ => return None,
    })
}
