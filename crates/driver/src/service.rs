//! What a party's logic looks like to the driver.

use semper_base::tx::Question;
use semper_base::{Error, Fault, Key, PeerId, Timestamp, Tx, View, Violation};
use semper_support::Context;
use semper_support::comm::Envelope;
use semper_support::crypto::Crypto;

/// Something from outside, before it was looked at.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message of a peer that has said hello.
    Message(Message),
    /// A peer says hello over a connection with this TLS key. The body is the signed hello.
    Hello {
        /// Thumbprint of the TLS key that the connection proved.
        tls: semper_base::KeyId,
        /// The compact JWS.
        statement: String,
    },
    /// The local user or operator wants something: JSON text. The answer goes to whoever asked.
    Command(Vec<u8>),
    /// The trusted screen answers a question.
    Answer(Answer),
    /// A timer is due.
    Timer(Key),
}

/// A message with its sender.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who sent it, by hello.
    pub from: PeerId,
    /// The message.
    pub envelope: Envelope,
}

/// The trusted screen's answer. Only this carries a user's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// The answer.
    pub outcome: semper_support::tinguin::Outcome,
}

/// Proof that an input passed [`Service::check`] against some trust snapshot. Only
/// [`crate::party::check`] makes one.
#[derive(Debug)]
pub struct Checked<T> {
    pub(crate) value: T,
    pub(crate) epoch: u64,
}

impl<T> Checked<T> {
    /// What was checked.
    pub fn value(&self) -> &T {
        &self.value
    }
    /// Takes what was checked.
    pub fn into_value(self) -> T {
        self.value
    }
    /// Number of the trust snapshot that it was checked against. If it is not the present one, the
    /// step must look again at whatever may have changed: revocation and validity.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// What a step returns to a local caller: JSON, empty where nobody asked.
pub type Reply = semper_base::json::Value;

/// A party's logic: no I/O, no clock, no dice but the context's.
pub trait Service: std::fmt::Debug + Send + Sync + 'static {
    /// What `check` needs to know of the party's state, immutable. Made anew when it changes.
    type Trust: std::fmt::Debug + Send + Sync + 'static;
    /// An input that passed the check.
    type Checked: std::fmt::Debug + Clone + Send + 'static;

    /// The row whose value changes whenever [`Service::trust`] would give another result.
    fn trust_epoch(&self, view: &dyn View) -> Result<u64, Fault>;

    /// Takes the snapshot.
    fn trust(&self, view: &dyn View, crypto: &dyn Crypto) -> Result<Self::Trust, Fault>;

    /// Parses and verifies one input without state. Runs on any thread.
    fn check(
        &self,
        input: &Input,
        trust: &Self::Trust,
        crypto: &dyn Crypto,
        now: Timestamp,
    ) -> Result<Self::Checked, Violation>;

    /// Handles one checked input. `Err(Violation | Refusal | Misuse)` drops all writes of this step;
    /// `Err(Fault)` ends the batch. What must be told to a peer on refusal is sent by an `Ok` step.
    fn step(&self, input: Checked<Self::Checked>, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error>;

    /// Whether a message may be dropped when its receiver's queue is full. True for a register: what it
    /// says can be asked for again for ever, and nobody's full queue may keep others from a decision.
    fn sheds(&self) -> bool {
        false
    }

    /// Called once when the party starts, in a transaction of its own: sets up rows, asks again.
    fn start(&self, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<(), Error>;
}
