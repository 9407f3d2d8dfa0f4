//! What travels between two parties, and the rules of a queue.
//!
//! A party keeps one queue per peer. Messages carry the sender's sequence number; the receiver takes
//! them in order, each once, and says so only after its own commit. A queue is emptied by push (the
//! peer has an address) or by pull (the peer connects and polls); the bytes are the same.

use semper_base::{Code, Hash, KeyId};
use serde::{Deserialize, Serialize};

/// One message as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The sender's number for it: 1, 2, 3 … per receiver.
    pub seq: u64,
    /// The number before it in the sender's queue when this was sent; 0 if nothing waits before it.
    /// Lets the receiver see a gap without being stopped by messages that expired.
    pub prev: u64,
    /// The kind, as in the catalogue of messages.
    pub kind: String,
    /// JSON text of that kind.
    pub body: String,
}

impl Envelope {
    /// What a receiver remembers of it, to tell a repetition from another message under the same number.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::tagged_parts("semper-envelope/1", &[self.kind.as_bytes(), self.body.as_bytes()])
    }
}

/// Many messages in one delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// In order of their numbers; at most [`semper_base::limits::DELIVERY_MESSAGES_MAX`].
    pub messages: Vec<Envelope>,
}

/// What became of one message at the receiver. Sent only after the receiver's commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Which message.
    pub seq: u64,
    /// Taken, or why not.
    pub outcome: Outcome,
}

/// See [`Ack`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// Taken and processed, now or earlier. The sender may drop it.
    Taken,
    /// Taken and found to break the protocol (stable code). The sender may drop it.
    Rejected(u16),
    /// Not taken: messages before it are missing. The sender must send from `after` + 1.
    Early {
        /// The last number that was taken.
        after: u64,
    },
    /// Not taken: this number was used with another message before. The sender is a stale copy.
    Stale,
    /// Not taken for now (fault code): overload, recovery. The sender tries again later.
    Later(u16),
}

impl Outcome {
    /// Whether the sender may drop the message.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Outcome::Taken | Outcome::Rejected(_))
    }

    /// A rejection with its code.
    #[must_use]
    pub fn rejected(code: Code) -> Self {
        Outcome::Rejected(code.number())
    }
}

/// Acknowledgements for one delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acks {
    /// One per message, in the same order.
    pub acks: Vec<Ack>,
}

/// A poll: the peer asks for what waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What became of messages that an earlier poll brought.
    pub acks: Vec<Ack>,
    /// How long the server may hold the poll open when nothing waits (milliseconds).
    pub wait_ms: u64,
}

/// How a peer is known on the wire: SHA-256 of the `SubjectPublicKeyInfo` of its TLS key.
pub type TlsKeyId = KeyId;

/// Where a party can be reached, for pushing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// `host:port`; programs dial `127.0.0.1`.
    pub socket: String,
    /// The name that its TLS certificate must carry.
    pub server_name: String,
}

/// A relationship that this party opened: row `link/<name>`. Each has a TLS key of its own, so that
/// two peers cannot tell that they talk to the same client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Our word for the peer, such as `bank`.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Who it is, once its hello was verified.
    pub peer: Option<semper_base::PeerId>,
    /// The key that signs our hello (row `key/<id>`).
    pub hello_key: KeyId,
    /// Our TLS key for this relationship (row `key/<id>`).
    pub tls_key: KeyId,
    /// The self-signed certificate over it (DER), or our server certificate if we push as a server.
    pub tls_certificate: semper_base::Blob64,
}

/// A peer that said hello: row `peer/<PeerId>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// When that hello was said: an older one changes nothing any more.
    pub issued: semper_base::Timestamp,
    /// The TLS key that its hello named; queues and replies go only there.
    pub tls: TlsKeyId,
    /// Where it wants messages pushed; none if it polls.
    pub address: Option<Address>,
    /// The role its certificate shows, if it has one.
    pub role: Option<semper_base::Role>,
}
