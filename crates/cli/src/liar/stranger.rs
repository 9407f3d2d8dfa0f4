//! Somebody with no part in a deal.

use semper_base::{Code, Error, Misuse};
use semper_exchange::fair::dgp::Packet;
use semper_services::common::{Desk, hello};
use serde_json::{Value, json};

use crate::words::say;

/// Sends what somebody else once sent to the bank, over a key of its own:
/// `{"command":"cheat","packets":[JSON…]}`.
pub(crate) fn replay(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let packets = cheat.get("packets").and_then(Value::as_array).cloned().unwrap_or_default();
    let bank = hello::met_at("bank", desk)?.peer;
    for packet in &packets {
        say("Sends the bank what the buyer once sent it.", desk);
        let packet: Packet =
            serde_json::from_value(packet.clone()).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        desk.send(bank, semper_services::common::exchange::PACKET, &packet)?;
    }
    Ok(json!({ "sent": packets.len() }))
}
