//! Lies in contracts that are signed in rounds.

use semper_base::tx::Body;
use semper_base::{Code, Error, Hash, Key, Misuse, PeerId, Role, Write, Xid};
use semper_blocks::statement::{About, Author, danger_typed_unverified};
use semper_exchange::fair::frame::{Content, Descriptor, Packet, Seat, statements as st};
use semper_services::common::signing::run::send_to;
use semper_services::common::signing::{PACKET, ours};
use semper_services::common::{Desk, hello, keys, rows, text};
use semper_support::crypto::PublicKey;
use serde_json::{Value, json};

use crate::words::{pass_on, say};

/// A packet that is about to leave.
struct Leaving {
    to: PeerId,
    content: Content,
    x: Descriptor,
}

impl Leaving {
    fn of(write: &Write) -> Option<Self> {
        let Write::Send { to, kind: PACKET, body: Body::Inline(body) } = write else { return None };
        let Packet { content, descriptor } = serde_json::from_slice(body).ok()?;
        Some(Leaving { to: *to, content, x: Descriptor::read(&descriptor.0).ok()? })
    }

    /// The pledge of a later round than the first that it is.
    fn later_pledge(&self) -> Option<st::Pledge> {
        let Content::Pledge { statement } = &self.content else { return None };
        let pledge = danger_typed_unverified::<st::Pledge>(statement).ok()?;
        Some(pledge.body).filter(|pledge| pledge.round > 1)
    }
}

/// Signs with the key that we have in a contract.
fn signed<B: semper_blocks::statement::Body>(x: &Descriptor, body: B, desk: &Desk<'_, '_>) -> Result<String, Error> {
    let ours = ours(x.xid, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, "contract"))?;
    let author = keys::plain_author(Role::Party, x.key(Seat::Party(ours.place))?.id(), desk.tx, desk.cx)?;
    Ok(author.answer(desk.cx, About::exchange(x.xid, vec![x.core.notary.key.id()]), body)?.text)
}

/// Pledges once, and says nothing more.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn fall_silent(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        match Leaving::of(&write) {
            Some(leaving) if leaving.later_pledge().is_some() || is_signature(&leaving) => {
                say("Has all the others' first pledges, and says nothing more.", desk);
            }
            _ => pass_on(vec![write], desk),
        }
    }
    Ok(())
}

fn is_signature(leaving: &Leaving) -> bool {
    matches!(leaving.content, Content::Signature { .. })
}

/// Signs a second pledge of the same round, which rests on pledges that nobody has made, and sends it first.
pub(crate) fn pledge_twice(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        if let Some(leaving) = Leaving::of(&write)
            && let Some(pledge) = leaving.later_pledge()
        {
            say("Signs two different pledges of one round, and sends the false one first.", desk);
            let vector = Some(Hash::of(b"pledges that nobody has made"));
            let statement = signed(&leaving.x, st::Pledge { vector, ..pledge }, desk)?;
            send_to(leaving.to, &leaving.x, Content::Pledge { statement }, desk)?;
        }
        pass_on(vec![write], desk);
    }
    Ok(())
}

/// Has signed, and tells the notary that it stopped in the first round: `{"command":"cheat","contract"}`.
pub(crate) fn stop_after_signing(cheat: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let xid = Hash::from_hex(text(cheat, "contract")?).map(Xid);
    let xid = xid.ok_or_else(|| Misuse::new(Code::FieldWrong, "contract"))?;
    let x = ours(xid, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, "contract"))?.x;
    say("Has signed the contract, and tells the notary that it stopped in the first round.", desk);
    let statement = signed(&x, st::Stop { round: 1 }, desk)?;
    let notary = hello::met_at("notary", desk)?.peer;
    send_to(notary, &x, Content::Stop { pledges: vec![], statement }, desk)?;
    Ok(Value::Null)
}

/// Has told the second party that nothing comes of it, and tells all who ask after it that the contract is complete.
pub(crate) fn part_the_rounds(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        let Some(Leaving { to, x, .. }) = Leaving::of(&write).filter(halts_another) else {
            pass_on(vec![write], desk);
            continue;
        };
        let pieces = first_pledges(&x, desk)?;
        say("Has told one party that nothing comes of it, and tells another one that the contract is complete.", desk);
        let row = Key::new("lie", format_args!("resolved-{}", x.xid));
        let statement = match rows::get::<String>(desk.tx, &row)? {
            Some(said) => said,
            None => {
                let author: Author = keys::author(Role::Notary, desk.tx, desk.cx)?;
                let about = About::exchange(x.xid, x.core.parties.iter().map(PublicKey::id).collect());
                let ground = pieces.iter().map(|text| Hash::of(text.as_bytes())).collect();
                let body = st::Resolved { at: desk.cx.now, ground, key: None, keys: vec![] };
                author.answer(desk.cx, about, body)?.text
            }
        };
        rows::put(desk.tx, row, &statement)?;
        send_to(to, &x, Content::Decision { pieces, statement }, desk)?;
    }
    Ok(())
}

/// Whether this tells a party but the second one that nothing comes of it.
fn halts_another(leaving: &Leaving) -> bool {
    let Content::Decision { statement, .. } = &leaving.content else { return false };
    danger_typed_unverified::<st::Halted>(statement).is_ok_and(|halted| halted.body.party != 2)
}

/// Everybody's pledge of the first round, in their order, as this notary has passed them on.
fn first_pledges(x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Vec<String>, Error> {
    let said: Option<Value> = rows::get(desk.tx, &Key::new("relay", x.xid))?;
    let lines = said.and_then(|said| said.get("lines").and_then(Value::as_array).cloned()).unwrap_or_default();
    let of = |place: u8| {
        let is = |line: &&Value| line.get("by") == Some(&json!(place)) && line.get("round") == Some(&json!(1));
        lines.iter().find(is)?.pointer("/content/pledge/statement")?.as_str().map(str::to_owned)
    };
    let all: Option<Vec<String>> = (0..x.parties()).map(of).collect();
    Ok(all.ok_or_else(|| Misuse::new(Code::NotFound, "pledges"))?)
}
