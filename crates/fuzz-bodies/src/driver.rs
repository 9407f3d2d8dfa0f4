//! Two parties under the real driver over the model store; the bytes are a schedule: who sends, what the
//! network delivers, repeats, delays or loses, whose disk fails, who dies when. Whatever it is, after
//! the storm each message that was sent has been taken once, in order, and none is missing.

use std::collections::BTreeSet;

use semper_base::tx::Body;
use semper_base::{Code, Error, Fault, Hash, Key, Millis, Misuse, PeerId, Timestamp, Tx, View, Violation, Write};
use semper_driver::party::Done;
use semper_driver::service::{Checked, Input as Happening, Reply, Service};
use semper_sim::disk::CommitFault;
use semper_sim::host::{Host, Job, Process, Worked};
use semper_sim::mount::Drive;
use semper_support::Context;
use semper_support::comm::{Ack, Envelope, Outcome};
use semper_support::crypto::{Crypto, Keyring, Seeded};

use crate::input::Input;

/// Acts of one run.
const ACTS_MAX: usize = 160;
/// Deliveries under way.
const FLIGHT_MAX: usize = 32;
/// Rounds after the storm; each takes at least one message.
const ROUNDS_MAX: usize = 400;
const KIND: &str = "number";

/// Sends numbers to its one peer and writes down the numbers that it gets.
///
/// ```text
/// sent/count   how many were sent: they are 1, 2, 3 ...
/// got/N        the number that came as the Nth; got/count how many came
/// ```
#[derive(Debug)]
struct Courier {
    peer: PeerId,
}

#[derive(Clone, Debug)]
enum Known {
    /// Send so many.
    Send(u64),
    /// A number came; the flag asks for one in return.
    Number(u64, bool),
}

/// Some numbers are refused: by the check, or by the step.
fn is_refused(number: u64) -> bool {
    number % 7 == 5 || number % 11 == 3
}

fn read(row: Option<Vec<u8>>) -> Result<u64, Fault> {
    let bytes = row.map(<[u8; 8]>::try_from).transpose().map_err(|_| Fault::new(Code::DatabaseCorrupt, ""))?;
    Ok(bytes.map_or(0, u64::from_be_bytes))
}

fn count(table: &'static str) -> Key {
    Key::new(table, "count")
}

fn next(table: &'static str, tx: &mut Tx<'_>) -> Result<u64, Fault> {
    let number = read(tx.get(&count(table))?)? + 1;
    tx.put(count(table), number.to_be_bytes().to_vec());
    Ok(number)
}

impl Courier {
    fn send(&self, asks: bool, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let number = next("sent", tx)?;
        let body = format!(r#"{{"number":{number},"asks":{asks}}}"#).into_bytes();
        tx.push(Write::Send { to: self.peer, kind: KIND, body: Body::Inline(body) });
        Ok(())
    }
}

impl Service for Courier {
    type Trust = ();
    type Checked = Known;

    fn trust_epoch(&self, _: &dyn View) -> Result<u64, Fault> {
        Ok(1)
    }

    fn trust(&self, _: &dyn View, _: &dyn Crypto) -> Result<(), Fault> {
        Ok(())
    }

    fn check(&self, input: &Happening, (): &(), _: &dyn Crypto, _: Timestamp) -> Result<Known, Violation> {
        let (text, is_message) = match input {
            Happening::Command(text) => (text.as_slice(), false),
            Happening::Message(message) => (message.envelope.body.as_bytes(), true),
            _ => return Err(Violation::new(Code::KindUnknown, "")),
        };
        let value = semper_base::json::read_value(text)?;
        let number = value.get("number").and_then(Reply::as_integer).map(i64::unsigned_abs);
        let number = number.ok_or_else(|| Violation::new(Code::FieldMissing, "number"))?;
        if !is_message {
            return Ok(Known::Send(number));
        }
        if number % 7 == 5 {
            return Err(Violation::new(Code::FieldWrong, "number"));
        }
        Ok(Known::Number(number, value.get("asks") == Some(&Reply::Bool(true))))
    }

    fn step(&self, input: Checked<Known>, tx: &mut Tx<'_>, _: &Context<'_>) -> Result<Reply, Error> {
        match input.into_value() {
            Known::Send(how_many) => {
                for at in 0..how_many {
                    self.send(at % 3 == 0, tx)?;
                }
            }
            Known::Number(number, asks) => {
                let place = next("got", tx)?;
                tx.put(Key::new("got", format_args!("{place:016}")), number.to_be_bytes().to_vec());
                if asks {
                    self.send(false, tx)?;
                }
                // After the writes: they must not stay.
                if number % 11 == 3 {
                    return Err(Misuse::new(Code::StateWrong, "number").into());
                }
            }
        }
        Ok(Reply::Null)
    }

    fn start(&self, _: &mut Tx<'_>, _: &Context<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// One party on its disk.
struct Side {
    host: Host<Courier>,
    drive: Drive,
    me: PeerId,
    peer: PeerId,
    up: bool,
    /// How many numbers local commands were told to be sent.
    promised: u64,
}

/// A delivery under way.
#[derive(Clone)]
enum Parcel {
    Messages(Vec<Envelope>),
    Acks(Vec<Ack>),
}

struct Pair {
    sides: [Side; 2],
    /// With its receiver.
    flight: Vec<(usize, Parcel)>,
    now: Timestamp,
}

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut pair = Pair::new();
    for _ in 0..ACTS_MAX {
        if input.is_empty() {
            break;
        }
        pair.act(&mut input);
    }
    pair.calm();
    pair.judge();
}

impl Side {
    fn new(name: &'static str, peer: &'static str) -> Self {
        let [me, peer] = [name, peer].map(|name| PeerId(Hash::of(name.as_bytes())));
        let (drive, keyring) = (Drive::default(), Keyring::for_simulation([1; 32]));
        let crypto = std::sync::Arc::new(Seeded::new([2; 32]));
        let host = Host::new(Courier { peer }, crypto, keyring, drive.clone());
        Side { host, drive, me, peer, up: false, promised: 0 }
    }

    fn start(&mut self, now: Timestamp) {
        if !self.up {
            self.up = self.host.start(now).is_ok();
            if !self.up {
                self.host.kill();
            }
        }
    }

    fn kill(&mut self) {
        self.host.kill();
        self.up = false;
    }

    fn work(&mut self, job: Job, now: Timestamp, apart: bool) -> Worked {
        let worked = self.host.work(job, now, apart);
        if worked.ended {
            self.kill();
        }
        worked
    }

    fn count(&mut self, table: &'static str) -> u64 {
        let mut found = 0;
        let looked = self.host.look(&mut |transaction| {
            found = read(transaction.get(&count(table))?)?;
            Ok(())
        });
        looked.expect("the process runs");
        found
    }
}

impl Pair {
    fn new() -> Self {
        let mut sides = [Side::new("a", "b"), Side::new("b", "a")];
        let now = Timestamp::from_millis(1_790_000_000_000);
        for side in &mut sides {
            side.start(now);
        }
        Pair { sides, flight: Vec::new(), now }
    }

    fn act(&mut self, input: &mut Input<'_>) {
        let act = input.byte();
        // Clocks go with every act, so that what expires and what is tried again has a meaning.
        self.now = self.now.plus(Millis(1));
        let who = usize::from(act >> 7);
        match act % 12 {
            0 => self.command(who, u64::from(input.byte() % 8)),
            1 => self.push(who),
            2 => self.receive(input, false),
            3 => self.receive(input, true),
            4 => {
                let at = input.below(self.flight.len());
                if at < self.flight.len() {
                    self.flight.swap_remove(at);
                }
            }
            5 => self.sides[who].kill(),
            6 => self.sides[who].start(self.now),
            7 => self.sides[who].drive.fail_commit(CommitFault::Lost),
            8 => self.sides[who].drive.fail_commit(CommitFault::Unknown),
            9 => self.sides[who].drive.set_full(input.flag()),
            10 => {
                self.sides[who].work(Job::Flush, self.now, false);
            }
            _ => self.now = self.now.plus(Millis(u64::from(input.byte()) * 60_000)),
        }
        self.judge_order();
    }

    fn command(&mut self, who: usize, how_many: u64) {
        let request = format!(r#"{{"number":{how_many}}}"#).into_bytes();
        let side = &mut self.sides[who];
        let worked = side.work(Job::Local(vec![Happening::Command(request)]), self.now, false);
        if matches!(worked.done.first(), Some(Ok(Done::Reply(Ok(_))))) {
            side.promised += how_many;
        }
    }

    /// What waits goes on its way, and stays in the queue.
    fn push(&mut self, who: usize) {
        let side = &mut self.sides[who];
        if !side.up || self.flight.len() >= FLIGHT_MAX {
            return;
        }
        let waiting = side.host.waiting(&side.peer, self.now).unwrap_or_default();
        if !waiting.is_empty() {
            self.flight.push((1 - who, Parcel::Messages(waiting)));
        }
    }

    /// One of the deliveries under way arrives, and perhaps once more later.
    fn receive(&mut self, input: &mut Input<'_>, again: bool) {
        let at = input.below(self.flight.len());
        if at >= self.flight.len() {
            return;
        }
        let (to, parcel) = if again { self.flight[at].clone() } else { self.flight.swap_remove(at) };
        let (skip, apart) = (usize::from(input.byte() % 4), again);
        self.arrive(to, parcel, skip, apart);
    }

    /// `skip`: so many messages of the front are lost on the way.
    fn arrive(&mut self, to: usize, parcel: Parcel, skip: usize, apart: bool) {
        let side = &mut self.sides[to];
        if !side.up {
            return;
        }
        match parcel {
            Parcel::Acks(acks) => {
                if side.host.acknowledged(&side.peer, &acks) {
                    side.work(Job::Flush, self.now, false);
                }
            }
            Parcel::Messages(messages) => {
                let rest: Vec<Envelope> = messages.into_iter().skip(skip).collect();
                let from = side.peer;
                let worked = side.work(Job::Delivery(from, rest), self.now, apart);
                let acks = worked.acks();
                for ack in &acks {
                    assert!(ack.outcome != Outcome::Stale, "nobody is an old copy here: {ack:?}");
                }
                if !acks.is_empty() && self.flight.len() < FLIGHT_MAX {
                    self.flight.push((1 - to, Parcel::Acks(acks)));
                }
            }
        }
    }

    /// Everything works again: both push until nothing waits.
    fn calm(&mut self) {
        self.flight.clear();
        for side in &mut self.sides {
            side.drive.heal();
            side.start(self.now);
            if !side.up {
                // What was to fail failed at the start.
                side.start(self.now);
            }
            assert!(side.up, "a party does not start on a good disk");
        }
        for _ in 0..ROUNDS_MAX {
            self.now = self.now.plus(Millis(1));
            self.push(0);
            self.push(1);
            if self.flight.is_empty() {
                return;
            }
            while let Some((to, parcel)) = self.flight.pop() {
                self.arrive(to, parcel, 0, false);
            }
            for side in &mut self.sides {
                side.work(Job::Flush, self.now, false);
            }
        }
        panic!("messages wait for ever");
    }

    /// What has come so far came once and in order.
    fn judge_order(&mut self) {
        for side in self.sides.iter_mut().filter(|side| side.up) {
            got(side);
        }
    }

    fn judge(&mut self) {
        let sent = [0, 1].map(|who| self.sides[who].count("sent"));
        for who in [0, 1] {
            let side = &mut self.sides[who];
            assert!(sent[who] >= side.promised, "a committed command is lost");
            let expected: Vec<u64> = (1..=sent[1 - who]).filter(|number| !is_refused(*number)).collect();
            assert_eq!(got(side), expected, "lost, repeated or out of order");
            let me = side.me;
            assert!(self.sides[1 - who].host.waiting(&me, self.now).is_ok_and(|waiting| waiting.is_empty()));
        }
    }
}

fn got(side: &mut Side) -> Vec<u64> {
    let mut numbers = Vec::new();
    let looked = side.host.look(&mut |transaction| {
        for (key, row) in transaction.scan("got/", None, 10_000)? {
            if key != count("got") {
                numbers.push(read(Some(row))?);
            }
        }
        Ok(())
    });
    looked.expect("the process runs");
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct.into_iter().collect::<Vec<u64>>(), numbers, "repeated or out of order");
    numbers
}
