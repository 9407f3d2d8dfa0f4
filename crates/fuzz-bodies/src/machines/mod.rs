//! The four machines of DG-P, driven by bytes: whoever holds any of the keys says anything, in any
//! order, at any time. [`table`] says what each step must keep.
//!
//! The first byte chooses what the seller sells; then one act after the other, see [`act`].

mod exchange;
mod table;

use std::sync::LazyLock;

use semper_base::{Blob64, Hash, KeyId, Millis, Role};
use semper_exchange::fair::dgp::{Checked, Command, Content, Event, Verified};
use semper_support::crypto::{Crypto, Ideal};

use crate::clear::spell;
use crate::input::Input;
use exchange::{Exchange, Goods, OPENED, ROLES};
use table::Table;

/// Acts of one run.
const ACTS_MAX: usize = 96;

const DELIVER: u8 = 0;
const REDIRECT: u8 = 1;
const SIGN: u8 = 2;
const DECLINE: u8 = 3;
const CHUNK: u8 = 4;
const LOOK: u8 = 5;
const DEADLINE: u8 = 6;
const COMMAND: u8 = 7;
const WAIT: u8 = 8;
const FORGE: u8 = 9;
const ACTS: u8 = 10;

/// Making one costs more than a run.
static EXCHANGES: LazyLock<[Exchange; 3]> =
    LazyLock::new(|| [Goods::Good, Goods::WrongChunk, Goods::BadEscrow].map(Exchange::new));

const COMMANDS: [Command; 4] = [Command::Release, Command::Contest, Command::Escrow, Command::Status];

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut table = Table::new(&EXCHANGES[input.below(EXCHANGES.len())]);
    for _ in 0..ACTS_MAX {
        if input.is_empty() {
            break;
        }
        act(&mut table, &mut input);
    }
}

fn act(table: &mut Table<'_>, input: &mut Input<'_>) {
    match input.byte() % ACTS {
        DELIVER => {
            let at = input.below(table.said.len());
            let Some(said) = table.said.get(at).cloned() else { return };
            deliver(table, said.from, said.to, &said.content);
        }
        // Somebody shows a message to whom it was not meant for, or says it as somebody else.
        REDIRECT => {
            let at = input.below(table.said.len());
            let (from, to) = (ROLES[input.below(4)], ROLES[input.below(4)]);
            let Some(said) = table.said.get(at).cloned() else { return };
            deliver(table, from, to, &said.content);
        }
        SIGN => {
            let at = input.below(table.asked.len());
            if let Some(event) = table.asked.get(at).map(|asked| table.signed(asked)) {
                table.step(Role::Buyer, &event);
            }
        }
        DECLINE => {
            let at = input.below(table.asked.len());
            if let Some(kind) = table.asked.get(at).map(|asked| asked.kind) {
                table.step(Role::Buyer, &Event::Declined(kind));
            }
        }
        CHUNK => chunk(table, input),
        LOOK => {
            let bad = table.exchange.goods == Goods::WrongChunk;
            let verified = if bad { Verified::Bad(table.exchange.proof()) } else { Verified::Good };
            table.step(Role::Buyer, &Event::Verified(verified));
        }
        DEADLINE => table.step(ROLES[input.below(4)], &Event::Deadline),
        COMMAND => {
            let (role, command) = (ROLES[input.below(4)], COMMANDS[input.below(4)]);
            table.step(role, &Event::Command(command));
        }
        WAIT => table.now = table.now.plus(Millis(u64::from(input.byte()) * 360_000)),
        _ => forge(table, input),
    }
}

fn deliver(table: &mut Table<'_>, from: Role, to: Role, content: &Content) {
    if let Some(event) = table.received(from, &table.packet(content)) {
        table.step(to, &event);
    }
}

/// A chunk, whole or with one byte changed, at its place or at another.
fn chunk(table: &mut Table<'_>, input: &mut Input<'_>) {
    let (index, place, at, change) = (input.byte() % 4, input.byte() % 4, usize::from(input.byte()), input.byte());
    let Some(mut chunk) = table.exchange.chunk(u64::from(index)) else { return };
    chunk.place.index = u64::from(place);
    let (length, whole) = (chunk.data.0.len(), change == 0);
    chunk.data.0[at % length] ^= change;
    let is_good = whole && index == place;
    let before = table.buyer.progress();
    table.step(Role::Buyer, &Event::Message { from: Role::Seller, content: Checked::Chunk(Box::new(chunk)) });
    assert!(is_good || table.buyer.progress() == before, "a chunk that is none was taken");
}

/// A packet in clear, its statements signed by whatever key of this exchange their header names.
fn forge(table: &mut Table<'_>, input: &mut Input<'_>) {
    let (from, to) = (ROLES[input.below(4)], ROLES[input.below(4)]);
    let content = spell(input.piece(), &|header, text| sign(table.exchange, header, text));
    let descriptor = Blob64(table.exchange.x.bytes().to_vec());
    let descriptor = serde_json::to_string(&descriptor).unwrap_or_default();
    let packet = [br#"{"content":"#, content.as_slice(), br#","descriptor":"#, descriptor.as_bytes(), b"}"].concat();
    if let Some(event) = table.received(from, &packet) {
        table.step(to, &event);
    }
}

fn sign(exchange: &Exchange, header: &[u8], text: &str) -> [u8; 64] {
    let header: serde_json::Value = serde_json::from_slice(header).unwrap_or_default();
    let named = header.get("kid").and_then(serde_json::Value::as_str).and_then(Hash::from_hex);
    let pair = named.and_then(|id| exchange.pair(&KeyId(id)));
    let signature = pair.and_then(|pair| Ideal::new(0).sign(&pair.secret, text.as_bytes()).ok());
    signature.map_or([1; 64], |signature| signature.0)
}

/// Runs that lead far, to begin with: everybody does what they should, apart from what `turn` says.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for goods in 0..3 {
        for turn in 0..5 {
            seeds.extend(play(goods, turn));
        }
    }
    seeds
}

/// The acts of one run, and the same with its last statement forged.
fn play(goods: u8, turn: u8) -> Vec<Vec<u8>> {
    let (mut table, mut acts) = (Table::new(&EXCHANGES[usize::from(goods)]), vec![goods]);
    let (mut heard, mut signed, mut shown) = (0, 0, Vec::new());
    for round in 0_u8..12 {
        let mut turns: Vec<Vec<u8>> = Vec::new();
        for at in signed..table.asked.len() {
            turns.push(vec![SIGN, u8::try_from(at).unwrap_or(0)]);
        }
        signed = table.asked.len();
        for at in heard..table.said.len() {
            let is_key = matches!(table.said[at].content, Content::Key { .. });
            // The seller keeps the key to itself.
            if !(turn == 1 && is_key && table.said[at].from == Role::Seller) {
                turns.push(vec![DELIVER, u8::try_from(at).unwrap_or(0)]);
            }
            shown.push(table.said[at].clone());
        }
        heard = table.said.len();
        match (turn, round) {
            (2, 3) => turns.push(vec![COMMAND, 1, 0]),
            (3, 1) => turns.push(vec![COMMAND, 3, 0]),
            (1, 7) => turns.extend([vec![WAIT, 20], vec![DEADLINE, 1], vec![COMMAND, 1, 1], vec![COMMAND, 1, 2]]),
            (4, 9) => turns.extend([vec![WAIT, 200], vec![DEADLINE, 0], vec![DEADLINE, 1], vec![DEADLINE, 3]]),
            _ => {}
        }
        turns.extend([0, 1, 2].map(|index| vec![CHUNK, index, index, 0, 0]));
        turns.push(vec![LOOK]);
        for turn in turns {
            let before = table.shape();
            act(&mut table, &mut Input::new(&turn));
            // What changes nothing teaches nothing.
            if table.shape() != before {
                acts.extend(turn);
            }
        }
    }
    assert!(table.now >= OPENED);
    let mut forged = shown.iter().filter(|said| !matches!(said.content, Content::Key { .. })).map(|said| {
        let content = crate::clear::clear(&serde_json::to_vec(&said.content).unwrap_or_default());
        let role = |role: Role| u8::try_from(ROLES.iter().position(|known| *known == role).unwrap_or(0)).unwrap_or(0);
        let length = u16::try_from(content.len()).unwrap_or(0).to_be_bytes();
        [&[FORGE, role(said.from), role(said.to)][..], &length, &content].concat()
    });
    let last = forged.next_back().unwrap_or_default();
    vec![acts.clone(), [acts, last].concat()]
}
