//! Everything that passes through the parties of a market, by kind.

use semper_base::json;
use semper_exchange::fair::dgp::Packet;
use semper_exchange::fair::dgp::word::Word;

use super::exchange::PACKET;

/// Names a message: a packet by what it says, anything else by its kind.
#[must_use]
pub fn label(kind: &str, body: &[u8]) -> String {
    if kind != PACKET {
        return kind.to_owned();
    }
    match json::read::<Packet>(body) {
        Ok(packet) => format!("{PACKET}-{}", Word::of(&packet.content).text()),
        Err(_) => kind.to_owned(),
    }
}
