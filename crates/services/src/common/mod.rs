//! What every party does alike: keys, hello, certificates, the binding of an exchange's effects to
//! rows and queues. [`Member`] makes a driver's service of a party's [`Logic`].

pub mod access;
pub mod bills;
pub mod board;
pub mod contacts;
pub mod data;
pub mod enrol;
pub mod evidence;
pub mod exchange;
pub mod fees;
pub mod hello;
pub mod idle;
pub mod keys;
pub mod known;
pub mod locks;
pub mod log;
pub mod notaries;
pub mod parcel;
pub mod parked;
pub mod passphrase;
pub mod pay;
pub mod questions;
pub mod recovery;
mod refused;
pub mod rows;
pub mod signing;
pub mod stamps;
pub mod standing;
mod third;
pub mod traffic;
pub mod transfer;

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::tx::{Notice, Question};
use semper_base::{
    Error, Fault, Hash, Key, KeyId, Misuse, PeerId, Refusal, Role, Timestamp, Tx, View, Violation, Write, json,
};
use semper_blocks::certificate::{Trust, Valid};
use semper_driver::service::{Answer, Checked, Input, Reply, Service};
use semper_driver::store::question_key;
use semper_support::Context;
use semper_support::comm::Envelope;
use semper_support::crypto::Crypto;
use semper_support::tinguin::Outcome;
use serde_json::{Value, json};

use hello::CheckedHello;
use known::Known;

/// What a step works with: the store's view and the context.
#[derive(Debug)]
pub struct Desk<'a, 'v> {
    /// Reads through, gathers writes.
    pub tx: &'a mut Tx<'v>,
    /// Time, crypto, keys.
    pub cx: &'a Context<'a>,
    /// The snapshot by which the input was checked; none where nothing was.
    pub checked: Option<CheckedBy<'a>>,
}

/// A snapshot of trust, and its number.
#[derive(Clone, Copy, Debug)]
pub struct CheckedBy<'a> {
    epoch: u64,
    trusted: &'a Trusted,
}

impl Desk<'_, '_> {
    /// What was read before; none where nothing is read twice.
    #[must_use]
    pub fn known(&self) -> Option<&Known> {
        self.checked.map(|by| &*by.trusted.known)
    }

    /// Tells the local user or operator.
    pub fn tell(&mut self, event: &str, subject: impl std::fmt::Display, text: impl Into<String>) {
        let notice = Notice { event: event.to_owned(), subject: subject.to_string(), text: text.into() };
        self.tx.push(Write::Tell(notice));
    }

    /// Queues a message of this kind.
    pub fn send<T: serde::Serialize>(&mut self, to: PeerId, kind: &'static str, body: &T) -> Result<(), Error> {
        let body = rows::message(body).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        self.tx.push(Write::Send { to, kind, body: semper_base::tx::Body::Inline(body) });
        Ok(())
    }
}

/// What a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The root and the revocation list, once there are some.
    pub trust: Option<&'a Trust>,
    /// Verifies signatures.
    pub crypto: &'a dyn Crypto,
    /// Now.
    pub now: Timestamp,
    /// What was read before; none where nothing is read twice.
    pub known: Option<&'a Known>,
}

/// A snapshot: what is trusted, and what was read since it was taken.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// The root and the revocation list, once there are some.
    pub trust: Option<Arc<Trust>>,
    known: Arc<Known>,
}

impl From<Option<Trust>> for Trusted {
    fn from(trust: Option<Trust>) -> Self {
        Trusted { trust: trust.map(Arc::new), known: Arc::default() }
    }
}

impl<'a> Look<'a> {
    /// The trust, without which nothing certified can be checked.
    pub fn trust(&self) -> Result<&'a Trust, Violation> {
        self.trust.ok_or_else(|| Violation::new(Code::StatusMissing, "no root yet"))
    }
}

/// What differs from party to party.
pub trait Logic: std::fmt::Debug + Send + Sync + 'static {
    /// A message of this party's catalogue that passed the check.
    type Message: std::fmt::Debug + Clone + Send + 'static;

    /// The party's role in the market.
    fn role(&self) -> Role;
    /// Checks a message without state.
    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Self::Message, Violation>;
    /// Handles a checked message of a peer.
    fn message(&self, from: PeerId, message: Self::Message, desk: &mut Desk<'_, '_>) -> Result<(), Error>;
    /// The certificates that a message was accepted with, if it was accepted with any.
    fn valids<'m>(&self, _message: &'m Self::Message) -> Vec<&'m Valid> {
        Vec::new()
    }
    /// Called before every command, also those that every party understands: refuses it, or answers it as
    /// it was answered before. A command that names who gives it (`by`) is refused where nobody but the
    /// owner is known.
    fn before(&self, _word: &str, request: &Value, _desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
        match request.get("by") {
            None => Ok(None),
            Some(_) => Err(Refusal::new(Code::AccessDenied, "this party has no staff").into()),
        }
    }
    /// Does what the local user or operator wants.
    fn command(&self, word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error>;
    /// Called after every command that worked, with what is answered.
    fn after(&self, _word: &str, _request: &Value, _done: &Value, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
    /// Takes an answer of the trusted screen.
    fn answer(&self, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error>;
    /// Acts on a timer.
    fn timer(&self, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error>;
    /// Takes news about money that was paid by plain transfer, or was to be.
    fn money(&self, _news: &pay::News, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
    /// Called when what is trusted has changed while the user is asked something: withdraws what would now be
    /// asked in vain.
    fn trusted_anew(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
    /// Called at every start of the party.
    fn start(&self, desk: &mut Desk<'_, '_>) -> Result<(), Error>;
    /// Called when the peer of one of our links has said who it is.
    fn met(&self, link: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error>;
}

/// A party of the market, as the driver runs it.
#[derive(Debug)]
pub struct Member<L>(pub L);

/// An input of a member that passed the check, and the snapshot by which it did: the step need not read again what was
/// read then.
#[derive(Clone, Debug)]
pub struct Ready<M> {
    /// The input.
    pub input: CheckedInput<M>,
    trusted: Trusted,
}

/// See [`Ready`].
#[derive(Clone, Debug)]
pub enum CheckedInput<M> {
    /// The trusted screen's answer.
    Answer(Box<Answer>),
    /// A certificate or a revocation list of the authority.
    Authority(PeerId, enrol::FromAuthority),
    /// A local command.
    Command(Value),
    /// A notary's word about its fee.
    Fee(PeerId, fees::FromNotary),
    /// A peer's hello to us.
    Hello(Box<CheckedHello>),
    /// About a transparency log.
    Log(PeerId, log::Message),
    /// The answer to our hello over a link, or to a peer that we push to.
    Met(Option<String>, Box<CheckedHello>),
    /// A message.
    Message(PeerId, M),
    /// A notary's answer to a request for a stamp.
    Stamp(PeerId, stamps::StampReply),
    /// A message that cannot be judged by the list that we have, and why.
    Parked(parked::Waiting, Violation),
    /// A timer.
    Timer(Key),
}

impl<L: Logic> Service for Member<L> {
    type Trust = Trusted;
    type Checked = Ready<L::Message>;

    fn trust_epoch(&self, view: &dyn View) -> Result<u64, Fault> {
        Ok(rows::read::<u64>(view, &keys::trust_epoch())?.unwrap_or(0))
    }

    fn trust(&self, view: &dyn View, crypto: &dyn Crypto) -> Result<Trusted, Fault> {
        keys::trust(view, crypto).map(Trusted::from)
    }

    fn check(
        &self,
        input: &Input,
        trusted: &Trusted,
        crypto: &dyn Crypto,
        now: Timestamp,
    ) -> Result<Ready<L::Message>, Violation> {
        let look = Look { trust: trusted.trust.as_deref(), crypto, now, known: Some(&trusted.known) };
        Ok(Ready { input: self.checked(input, &look)?, trusted: trusted.clone() })
    }

    fn step(&self, checked: Checked<Ready<L::Message>>, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error> {
        let epoch = checked.epoch();
        let Ready { input, trusted } = checked.into_value();
        let checked = Some(CheckedBy { epoch, trusted: &trusted });
        self.stepped(input, epoch, &mut Desk { tx, cx, checked })
    }

    fn sheds(&self) -> bool {
        matches!(self.0.role(), Role::Bank | Role::Notary)
    }

    fn start(&self, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<(), Error> {
        let mut desk = Desk { tx, cx, checked: None };
        stamps::start(&mut desk)?;
        self.0.start(&mut desk)
    }
}

impl<L: Logic> Member<L> {
    fn checked(&self, input: &Input, look: &Look<'_>) -> Result<CheckedInput<L::Message>, Violation> {
        Ok(match input {
            Input::Answer(answer) => CheckedInput::Answer(Box::new(answer.clone())),
            Input::Command(text) => check_command(text, look)?,
            Input::Hello { tls, statement } => {
                CheckedInput::Hello(Box::new(hello::check(statement.as_bytes(), Some(*tls), look)?))
            }
            Input::Message(message) => {
                let (kind, body) = (message.envelope.kind.as_str(), message.envelope.body.as_bytes());
                match enrol::check(kind, body, look)? {
                    Some(checked) => CheckedInput::Authority(message.from, checked),
                    None if log::takes(self.0.role(), kind) => {
                        let checked = log::check(kind, body, look)?;
                        CheckedInput::Log(message.from, checked)
                    }
                    None if stamps::takes(self.0.role(), kind) => {
                        CheckedInput::Stamp(message.from, stamps::check(body)?)
                    }
                    None if fees::takes(self.0.role(), kind) => {
                        CheckedInput::Fee(message.from, fees::check(kind, body)?)
                    }
                    None => match self.0.check(kind, body, look) {
                        Err(stale) if parked::is_ours(&stale, look) => {
                            let Envelope { kind, body, .. } = message.envelope.clone();
                            CheckedInput::Parked(parked::Waiting { from: message.from, kind, body }, stale)
                        }
                        checked => CheckedInput::Message(message.from, checked?),
                    },
                }
            }
            Input::Timer(key) => CheckedInput::Timer(key.clone()),
        })
    }

    fn stepped(&self, input: CheckedInput<L::Message>, epoch: u64, desk: &mut Desk<'_, '_>) -> Result<Reply, Error> {
        match input {
            CheckedInput::Answer(answer) => {
                // Only what we asked and still want to know, in the words in which we asked it.
                match rows::get::<Question>(desk.tx, &question_key(&answer.question.id))? {
                    None => return Ok(Reply::Null),
                    Some(asked) if asked == answer.question => {}
                    Some(_) => {
                        return Err(Violation::new(Code::TermsWrong, "the screen answers another question").into());
                    }
                }
                // Nobody could be asked: a fault, never a no. The question stays open.
                if answer.outcome != Outcome::CouldNotAsk {
                    desk.tx.push(Write::Unask(answer.question.id.clone()));
                }
                self.0.answer(&answer, desk)?;
            }
            CheckedInput::Authority(from, message) => {
                if enrol::take(from, message, desk)? {
                    desk.tell("enrolled", self.0.role(), "All certificates are here.");
                }
            }
            CheckedInput::Command(request) => return self.common_command(&request, desk),
            CheckedInput::Fee(from, message) => bills::message(from, &message, desk)?,
            CheckedInput::Hello(hello) => return hello::greet(self.0.role(), &hello, desk),
            CheckedInput::Met(link, hello) => {
                hello::met(link.as_deref(), &hello, desk)?;
                if let Some(link) = link {
                    if matches!(self.0.role(), Role::Buyer | Role::Seller) {
                        notaries::met(&link, desk)?;
                    }
                    self.0.met(&link, desk)?;
                }
            }
            CheckedInput::Message(from, message) => {
                // The check saw an earlier snapshot of trust: a certificate may be revoked by now.
                if rows::get::<u64>(desk.tx, &keys::trust_epoch())?.unwrap_or(0) != epoch {
                    keys::recheck(&self.0.valids(&message), desk)?;
                }
                self.0.message(from, message, desk)?;
            }
            CheckedInput::Log(from, message) => log::take(self.0.role(), from, message, desk)?,
            CheckedInput::Stamp(from, reply) => stamps::take(from, &reply, desk)?,
            CheckedInput::Parked(waiting, why) => parked::park(&waiting, &why, desk)?,
            CheckedInput::Timer(key) if key == enrol::status_timer() => enrol::status_due(desk)?,
            CheckedInput::Timer(key) if key == enrol::renewal_timer() => enrol::renew(self.0.role(), desk)?,
            CheckedInput::Timer(key) if key == keys::trust_timer() => {
                desk.tx.push(Write::Timer(key, None));
                self.0.trusted_anew(desk)?;
            }
            CheckedInput::Timer(key) if log::is_timer(&key) => log::timer(self.0.role(), &key, desk)?,
            CheckedInput::Timer(key) if key == stamps::timer() => stamps::work(desk)?,
            CheckedInput::Timer(key) if key == parked::timer() => {
                parked::look_again(desk, |waiting, desk| self.judge(waiting, desk))?;
            }
            CheckedInput::Timer(key) => self.0.timer(&key, desk)?,
        }
        Ok(Reply::Null)
    }

    /// Checks and handles a message that has waited.
    fn judge(&self, waiting: &parked::Waiting, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let trust = keys::trust_now(desk)?;
        let look = Look { trust: trust.as_deref(), crypto: desk.cx.crypto, now: desk.cx.now, known: None };
        let message = self.0.check(&waiting.kind, waiting.body.as_bytes(), &look)?;
        self.0.message(waiting.from, message, desk)
    }

    /// Commands that every party understands; the rest is the party's own.
    fn common_command(&self, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Reply, Error> {
        let word = text(request, "command")?;
        if let Some(answered) = self.0.before(word, request, desk)? {
            return reply(&answered);
        }
        let done = match word {
            "hello" => hello::ours(self.0.role(), request, desk)?,
            "link" => hello::open_link(request, desk)?,
            "enrol" => enrol::apply(self.0.role(), request, desk)?,
            "who" => hello::who(self.0.role(), desk)?,
            "contacts" => contacts::list(desk)?,
            "trust" => {
                let root = serde_json::from_value(request.get("root").cloned().unwrap_or_default());
                let root: semper_base::Blob64 = root.map_err(|_| Misuse::new(Code::FieldWrong, "root"))?;
                keys::set_root(&root.0, desk)?;
                Value::Null
            }
            "arbiter-rule" => third::rule(request, desk)?,
            "arbiter-show" => third::show(request, desk)?,
            "carrier-handed-over" => third::handed_over(request, desk)?,
            "carrier-show" => third::carried(request, desk)?,
            "preferences" => standing::preferences_command(request, desk)?,
            "questions" => questions::list(desk)?,
            "address" => hello::set_address(request, desk)?,
            "passphrase" => passphrase::show(desk)?,
            "passphrase-set" => passphrase::set(request, desk)?,
            "recovery" => recovery::show(desk)?,
            "recovery-make" => recovery::make(desk)?,
            "recovery-proved" => recovery::proved(request, desk)?,
            "pulse" => pulse(self.0.role(), request, desk)?,
            "fetch-status" => {
                enrol::ask_status(desk)?;
                Value::Null
            }
            word => match log::command(self.0.role(), word, request, desk)? {
                Some(done) => done,
                None => self.0.command(word, request, desk)?,
            },
        };
        self.0.after(word, request, &done, desk)?;
        reply(&done)
    }
}

fn reply(value: &Value) -> Result<Reply, Error> {
    let reply = serde_json::to_vec(value).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    Ok(json::read_value(&reply)?)
}

/// `{"command":"pulse"}`: how much waits, for whoever watches the party. The step sees neither the queues nor
/// the archive; whoever runs the party adds `commit`, `waiting` and `archived` to the question, and they come back.
fn pulse(role: Role, request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let count = |table: &str, most| Ok::<_, Fault>(desk.tx.scan(table, most)?.len());
    let known = |member: &str| request.get(member).and_then(Value::as_u64);
    Ok(json!({
        "role": role, "time": desk.cx.now,
        "questions": count("ask/", semper_base::limits::DIALOGS_WAITING_MAX)?,
        "parked": count("parked/", semper_base::limits::PARKED_MAX)?,
        "commit": known("commit"), "waiting": known("waiting"), "archived": known("archived"),
    }))
}

fn check_command<M>(request: &[u8], look: &Look<'_>) -> Result<CheckedInput<M>, Violation> {
    let request: Value = json::read(request)?;
    if request.get("command").and_then(Value::as_str) != Some("met") {
        return Ok(CheckedInput::Command(request));
    }
    let reply = request.get("reply").map(Value::to_string).unwrap_or_default();
    // The key that TLS has checked. Where there is no TLS (a simulated market) nothing can be compared.
    let seen = request.get("seen").and_then(Value::as_str);
    let wrong = || Violation::new(Code::FieldWrong, "seen");
    let seen = seen.map(|seen| Hash::from_hex(seen).map(KeyId).ok_or_else(wrong)).transpose()?;
    let hello = hello::check(reply.as_bytes(), seen, look)?;
    let link = request.get("link").and_then(Value::as_str).filter(|link| !link.is_empty());
    Ok(CheckedInput::Met(link.map(str::to_owned), Box::new(hello)))
}

/// A text member of a command.
pub fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, Error> {
    let value = request.get(name).and_then(Value::as_str);
    value.ok_or_else(|| Misuse::new(Code::FieldMissing, name).into())
}

/// A command that this party does not know.
pub fn unknown_command(word: &str) -> Error {
    Misuse::new(Code::Usage, format!("no such command: {word}")).into()
}
