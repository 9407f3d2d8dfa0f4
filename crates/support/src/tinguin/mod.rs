//! TINGUIN, the trusted user interface: the only way to a user's signature.
//!
//! A machine asks a [`Question`]; the manager shows what the exact unsigned bytes say (through a
//! versioned wording), or applies a policy that the user set; the answer carries the signed
//! statement and the display transcript.
//!
//! Here is the part that needs no display: what a screen and a dialog consist of ([`Screen`],
//! [`Dialog`]), the text form that terminal and web page share ([`to_text`]), how text that others
//! wrote is made harmless ([`neutral`]), the sessions, and the transcript. Whoever owns the display
//! shows one dialog at a time; that queue lies with the display.
//!
//! [`Question`]: semper_base::tx::Question

mod dialog;
pub mod neutral;
mod record;
mod screen;
mod script;
mod session;
mod text;
mod transcript;
mod word;

pub use dialog::{Choice, Dialog, Field, FieldKind, Reply, Severity};
pub use record::DialogRecord;
pub use screen::{CautionWords, Frame, Language, Level, Line, Screen};
pub use session::{Session, SessionId, Sessions};
pub use text::{WIDTH_MAX, WIDTH_MIN, dialog_to_text, to_text};
pub use transcript::{Answer, Transcript};
pub use word::KindWord;

use serde::{Deserialize, Serialize};

/// Who agreed to a signature. Stands in the transcript, never in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// A person at the trusted screen.
    Human,
    /// A rule that the user set in the preferences, within an approval given before.
    Policy,
    /// A script that holds the pass phrase (the demo, a test, an agent).
    Script,
}

/// What the trusted screen answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Agreed: the signed statement (compact JWS) over exactly the payload asked about.
    Signed {
        /// The statement.
        statement: String,
        /// Who agreed.
        consent: Consent,
        /// What was shown, for the archive.
        transcript: String,
    },
    /// The user said no, or a rule did.
    Declined {
        /// What was shown, for the archive.
        transcript: String,
    },
    /// Nobody could be asked; a fault, never a no.
    CouldNotAsk,
}
