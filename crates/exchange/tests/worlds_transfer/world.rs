//! The world: two machines, a network, the two's bank, owners with whims.

use std::collections::BTreeMap;

use semper_base::{Code, Error, Millis, Nonce, Timestamp};
use semper_blocks::delivery::Layout;
use semper_blocks::payment::PayTo;
use semper_exchange::transfer::{
    AnswerWord, Ending, Plan, Receiver, ReceiverEffect, ReceiverEvent, Sender, SenderEffect, SenderEvent,
};

pub(crate) const TO: PayTo = PayTo(Nonce([7; 16]));
const BEGIN: Timestamp = Timestamp::from_millis(1_000_000);
const UNTIL: Timestamp = BEGIN.plus(Millis::days(7));
/// When the reference ends.
const ENDS: Timestamp = BEGIN.plus(Millis::days(20));

/// What differs from world to world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) pays: bool,
    /// Whether what is in it is found good.
    pub(crate) good: bool,
    pub(crate) chunks: u64,
    pub(crate) copies: u8,
    pub(crate) timers: u8,
    pub(crate) whims: u8,
    pub(crate) dishonest: Option<Side>,
    /// Who sends before it is durable, and then breaks down.
    pub(crate) early: Option<Side>,
}

impl Setting {
    pub(crate) const USUAL: Setting =
        Setting { pays: false, good: true, chunks: 2, copies: 1, timers: 1, whims: 1, dishonest: None, early: None };

    pub(crate) fn plan(&self) -> Plan {
        let contents = vec![(0, Layout::new(4 * self.chunks, 4).unwrap()), (2, Layout::new(3, 4).unwrap())];
        Plan { contents, pays: self.pays, until: UNTIL }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    Receiver,
    Sender,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Message {
    Accepted(Option<PayTo>),
    Announce,
    Over(Ending),
    Piece(u64, u64),
    Ready,
    Stop(u16),
    Want(Vec<(u64, u64)>),
}

impl Message {
    pub(crate) fn to(&self) -> Side {
        match self {
            Message::Announce | Message::Piece(..) | Message::Stop(_) => Side::Receiver,
            Message::Accepted(_) | Message::Over(_) | Message::Ready | Message::Want(_) => Side::Sender,
        }
    }

    fn word(self) -> AnswerWord {
        match self {
            Message::Accepted(to) => AnswerWord::Accepted(to),
            Message::Over(ending) => AnswerWord::Over(ending),
            Message::Want(chunks) => AnswerWord::Want(chunks),
            _ => AnswerWord::Ready,
        }
    }
}

/// The order of the sender: at its trusted screen, at the bank, carried out or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Money {
    None,
    Asked,
    Ordered,
    Paid,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) sender: Option<Sender>,
    pub(crate) receiver: Option<Receiver>,
    /// Messages on their way, in no order, with how often each is there.
    pub(crate) net: BTreeMap<Message, u8>,
    pub(crate) money: Money,
    /// The bank's reference can be paid to no more.
    pub(crate) ended: bool,
    /// News of the bank that have not been heard: sender's, receiver's. They are never lost.
    pub(crate) news: [bool; 2],
    pub(crate) asked_reference: bool,
    pub(crate) stored: Vec<(u64, u64)>,
    pub(crate) visible: bool,
    pub(crate) orders: u8,
    /// How late it is for each: begin, past the transfer's end, past everything.
    pub(crate) late: [u8; 2],
    pub(crate) copies: u8,
    pub(crate) timers: [u8; 2],
    pub(crate) whims: u8,
    pub(crate) early: u8,
    /// Something that nobody honest may cause.
    pub(crate) wrong: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Accept,
    BankEnds,
    BankPays,
    BankRefuses,
    Copy(Message),
    Decline,
    DeclineToPay,
    Deliver(Message),
    /// Delivered; what follows leaves before it is durable, and is forgotten.
    Early(Message),
    Hear(Side),
    Lie(Message),
    Lose(Message),
    NoReference,
    PayAtOnce,
    Reference,
    SignToPay,
    Stop(Side),
    Tick(Side),
    Timer(Side),
}

impl State {
    pub(crate) fn begin(setting: &Setting) -> State {
        let mut state = State {
            sender: None,
            receiver: None,
            net: BTreeMap::new(),
            money: Money::None,
            ended: false,
            news: [false; 2],
            asked_reference: false,
            stored: vec![],
            visible: false,
            orders: 0,
            late: [0; 2],
            copies: setting.copies,
            timers: [setting.timers; 2],
            whims: setting.whims,
            early: u8::from(setting.early.is_some()),
            wrong: None,
        };
        if setting.dishonest != Some(Side::Sender) {
            let (sender, effects) = Sender::announced(BEGIN);
            state.sender = Some(sender);
            state.sender_effects(effects);
        }
        state
    }

    fn now(&self, side: Side) -> Timestamp {
        let late = self.late[usize::from(side == Side::Sender)];
        // Past everything: the sender's patience after the end, the receiver's after the reference.
        let past = |late: u8| ENDS.plus(Millis::days(40 * u64::from(late)));
        [BEGIN, UNTIL].get(usize::from(late)).copied().unwrap_or(past(late))
    }

    fn put(&mut self, message: Message) {
        *self.net.entry(message).or_insert(0) = 1;
    }

    fn take(&mut self, message: &Message) {
        self.net.remove(message);
    }

    pub(crate) fn deliver(&mut self, message: Message, setting: &Setting) {
        match message.to() {
            Side::Receiver if setting.dishonest == Some(Side::Receiver) => {}
            Side::Receiver => self.received(message, setting),
            Side::Sender => self.tell_sender(&SenderEvent::Answer(message.word()), setting),
        }
    }

    fn received(&mut self, message: Message, setting: &Setting) {
        let plan = setting.plan();
        match (message, self.receiver.is_some()) {
            (Message::Announce, false) => self.receiver = Some(Receiver::announced(&plan)),
            (Message::Announce, true) => self.tell_receiver(ReceiverEvent::Again, setting),
            // A stop of what was never announced here: the production receiver answers that it is over.
            (Message::Stop(code), false) => {
                let (next, effects) = Receiver::announced(&plan)
                    .step(ReceiverEvent::Stopped(code), &plan, self.now(Side::Receiver))
                    .unwrap();
                self.receiver = Some(next);
                self.receiver_effects(effects, setting);
            }
            (Message::Stop(code), true) => self.tell_receiver(ReceiverEvent::Stopped(code), setting),
            (Message::Piece(good, index), true) => {
                let receiver = self.receiver.as_ref().unwrap();
                // As the production receiver does: only what is missing is looked at and stored.
                if receiver.is_missing(good, index, &plan) {
                    self.stored.push((good, index));
                    self.stored.sort_unstable();
                    self.tell_receiver(ReceiverEvent::Chunk { good, index }, setting);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn tell_receiver(&mut self, event: ReceiverEvent, setting: &Setting) {
        let Some(receiver) = self.receiver.clone() else { return };
        match receiver.step(event, &setting.plan(), self.now(Side::Receiver)) {
            Ok((next, effects)) => {
                self.receiver = Some(next);
                self.receiver_effects(effects, setting);
            }
            Err(Error::Misuse(_)) => {}
            Err(other) if setting.dishonest.is_none() => self.wrong = Some(format!("receiver, {event:?}: {other}")),
            Err(_) => {}
        }
    }

    pub(crate) fn tell_sender(&mut self, event: &SenderEvent, setting: &Setting) {
        let Some(sender) = &self.sender else { return };
        match sender.step(event.clone(), &setting.plan(), self.now(Side::Sender)) {
            Ok((next, effects)) => {
                self.sender = Some(next);
                self.sender_effects(effects);
            }
            Err(Error::Misuse(_)) => {}
            Err(other) if setting.dishonest.is_none() => self.wrong = Some(format!("sender, {event:?}: {other}")),
            Err(_) => {}
        }
    }

    fn sender_effects(&mut self, effects: Vec<SenderEffect>) {
        for effect in effects {
            match effect {
                SenderEffect::Announce => self.put(Message::Announce),
                SenderEffect::CancelPay if self.money == Money::Asked => {
                    self.money = Money::Refused;
                    self.news[0] = true;
                }
                SenderEffect::Pay(to) => {
                    assert_eq!(to, TO);
                    self.orders += 1;
                    self.money = Money::Asked;
                }
                SenderEffect::Pieces(chunks) => {
                    for (good, index) in chunks {
                        self.put(Message::Piece(good, index));
                    }
                }
                SenderEffect::Stop(code) => self.put(Message::Stop(code)),
                SenderEffect::CancelPay | SenderEffect::Drop => {}
            }
        }
    }

    fn receiver_effects(&mut self, effects: Vec<ReceiverEffect>, setting: &Setting) {
        for effect in effects {
            match effect {
                ReceiverEffect::AskReference => self.asked_reference = true,
                ReceiverEffect::Check => {
                    let found = if setting.good { Ok(()) } else { Err(Code::SignatureWrong) };
                    self.tell_receiver(ReceiverEvent::Checked(found), setting);
                }
                ReceiverEffect::Drop => self.stored.clear(),
                ReceiverEffect::Send(word) => self.put(match word {
                    AnswerWord::Accepted(to) => Message::Accepted(to),
                    AnswerWord::Over(ending) => Message::Over(ending),
                    AnswerWord::Ready => Message::Ready,
                    AnswerWord::Want(chunks) => Message::Want(chunks),
                }),
                ReceiverEffect::Take => self.visible = true,
            }
        }
    }

    fn ordered(&self) -> bool {
        matches!(self.money, Money::Ordered | Money::Paid)
    }

    pub(crate) fn actions(&self, setting: &Setting) -> Vec<Action> {
        let mut all = Vec::new();
        for message in self.net.keys() {
            all.push(Action::Deliver(message.clone()));
            all.push(Action::Lose(message.clone()));
            if self.copies > 0 {
                all.push(Action::Copy(message.clone()));
            }
            if self.early > 0 && setting.early == Some(message.to()) {
                all.push(Action::Early(message.clone()));
            }
        }
        if let Some(receiver) = &self.receiver {
            if receiver.word() == "announced" {
                all.extend([Action::Accept, Action::Decline]);
            }
            self.turns(Side::Receiver, receiver.ending().is_some(), &mut all);
        }
        if let Some(sender) = &self.sender {
            self.turns(Side::Sender, sender.outcome().is_some(), &mut all);
        }
        if self.asked_reference {
            all.extend([Action::Reference, Action::NoReference]);
        }
        match self.money {
            Money::Asked => all.extend([Action::SignToPay, Action::DeclineToPay]),
            Money::Ordered if self.ended => all.push(Action::BankRefuses),
            Money::Ordered => all.extend([Action::BankPays, Action::BankRefuses]),
            Money::None | Money::Paid | Money::Refused => {}
        }
        if setting.pays && !self.ended {
            all.push(Action::BankEnds);
        }
        all.extend([Side::Receiver, Side::Sender].into_iter().filter(|side| self.hears(*side)).map(Action::Hear));
        if setting.dishonest.is_some() {
            all.extend(self.lies(setting).into_iter().map(Action::Lie));
            if setting.dishonest == Some(Side::Sender) && setting.pays && self.money == Money::None && !self.ended {
                all.push(Action::PayAtOnce);
            }
        }
        all
    }

    fn hears(&self, side: Side) -> bool {
        self.news[usize::from(side == Side::Receiver)]
    }

    fn turns(&self, side: Side, over: bool, all: &mut Vec<Action>) {
        let at = usize::from(side == Side::Sender);
        if !over && self.timers[at] > 0 {
            all.push(Action::Timer(side));
        }
        if !over && self.whims > 0 {
            all.push(Action::Stop(side));
        }
        // A bank's word that was said is heard before the receiver's last moment: that is what the moment is for.
        let heard = !self.hears(side) && (self.ended && self.money != Money::Ordered);
        let late = self.late[at];
        if !over && (late == 0 || late == 1 && (side == Side::Sender || heard)) {
            all.push(Action::Tick(side));
        }
    }

    /// What somebody dishonest may say at any time.
    fn lies(&self, setting: &Setting) -> Vec<Message> {
        let all = match setting.dishonest {
            Some(Side::Sender) => vec![
                Message::Announce,
                Message::Stop(0),
                Message::Piece(0, 0),
                Message::Piece(0, 1),
                Message::Piece(2, 0),
                Message::Piece(1, 0),
                Message::Piece(2, 9),
            ],
            Some(Side::Receiver) => vec![
                Message::Accepted(None),
                Message::Accepted(Some(TO)),
                Message::Over(Ending::Declined(0)),
                Message::Over(Ending::Stopped(0)),
                Message::Over(Ending::Taken),
                Message::Ready,
                Message::Want(vec![(0, 0), (2, 0)]),
                Message::Want(vec![(1, 0)]),
            ],
            None => vec![],
        };
        all.into_iter().filter(|message| !self.net.contains_key(message)).collect()
    }

    pub(crate) fn next(&self, action: Action, setting: &Setting) -> State {
        let mut next = self.clone();
        match action {
            Action::Accept => next.tell_receiver(ReceiverEvent::Accept, setting),
            Action::Decline => next.tell_receiver(ReceiverEvent::Decline(Code::Declined), setting),
            Action::Deliver(message) => {
                next.take(&message);
                next.deliver(message, setting);
            }
            Action::Lie(message) => next.deliver(message, setting),
            Action::Early(message) => {
                next.early -= 1;
                let mut after = next.clone();
                after.take(&message);
                after.deliver(message, setting);
                // The step is forgotten; what it sent, and what it had the bank do, is out.
                next.net.extend(after.net);
                (next.money, next.orders) = (after.money, after.orders);
            }
            Action::Copy(message) => {
                next.copies -= 1;
                next.deliver(message, setting);
            }
            Action::Lose(message) => next.take(&message),
            Action::BankEnds => next.ended = true,
            Action::BankPays => (next.money, next.news) = (Money::Paid, [true, true]),
            Action::BankRefuses | Action::DeclineToPay => (next.money, next.news[0]) = (Money::Refused, true),
            Action::PayAtOnce => (next.money, next.news[1]) = (Money::Paid, true),
            Action::SignToPay => next.money = Money::Ordered,
            Action::Hear(side) => next.hear(side, setting),
            Action::Reference => {
                next.asked_reference = false;
                next.tell_receiver(ReceiverEvent::Reference(TO, ENDS), setting);
            }
            Action::NoReference => {
                next.asked_reference = false;
                next.tell_receiver(ReceiverEvent::NoReference(Code::Declined), setting);
            }
            Action::Stop(side) => {
                next.whims -= 1;
                next.stop(side, setting);
            }
            Action::Tick(side) => next.late[usize::from(side == Side::Sender)] += 1,
            Action::Timer(side) => {
                next.timers[usize::from(side == Side::Sender)] -= 1;
                next.timer(side, setting);
            }
        }
        next
    }

    pub(crate) fn hear(&mut self, side: Side, setting: &Setting) {
        self.news[usize::from(side == Side::Receiver)] = false;
        match (side, self.money) {
            (Side::Receiver, _) => self.tell_receiver(ReceiverEvent::Paid, setting),
            (Side::Sender, Money::Paid) => self.tell_sender(&SenderEvent::Left, setting),
            (Side::Sender, _) => self.tell_sender(&SenderEvent::NotPaid(Code::Declined), setting),
        }
    }

    fn stop(&mut self, side: Side, setting: &Setting) {
        let (code, ordered) = (Code::Declined, self.ordered());
        match side {
            Side::Receiver => self.tell_receiver(ReceiverEvent::Stop(code), setting),
            Side::Sender => self.tell_sender(&SenderEvent::Stop { code, ordered }, setting),
        }
    }

    pub(crate) fn timer(&mut self, side: Side, setting: &Setting) {
        let ordered = self.ordered();
        match side {
            Side::Receiver => self.tell_receiver(ReceiverEvent::Timer, setting),
            Side::Sender => self.tell_sender(&SenderEvent::Timer { ordered }, setting),
        }
    }

    /// What is left when all that is on its way is lost.
    pub(crate) fn bare(&self) -> State {
        let (net, wrong) = (BTreeMap::new(), None);
        State { net, wrong, copies: 0, timers: [0; 2], whims: 0, early: 0, ..self.clone() }
    }

    /// What follows if all that was on its way is lost, and from now on nothing is, and owners do what they are asked:
    /// both must come to their ends.
    pub(crate) fn finished(&self, setting: &Setting) -> State {
        let mut state = self.bare();
        // Durable: what is written is what is read.
        let text = semper_base::json::canonical(&(&state.receiver, &state.sender)).unwrap();
        (state.receiver, state.sender) = semper_base::json::read(&text).unwrap();
        assert_eq!(state, self.bare());
        for round in 0..24 {
            if state.money == Money::Asked {
                state.money = Money::Ordered;
            }
            if state.money == Money::Ordered {
                let paid = !state.ended;
                state.money = if paid { Money::Paid } else { Money::Refused };
                state.news = [true, state.news[1] || paid];
            }
            for side in [Side::Receiver, Side::Sender] {
                if state.hears(side) {
                    state.hear(side, setting);
                }
                state.timer(side, setting);
            }
            if state.asked_reference {
                state.asked_reference = false;
                state.tell_receiver(ReceiverEvent::Reference(TO, ENDS), setting);
            }
            for _ in 0..32 {
                let Some((message, _)) = state.net.pop_first() else { break };
                state.deliver(message, setting);
            }
            if round > 12 && round % 3 == 0 {
                state.ended |= round > 15;
                state.late = state.late.map(|late| late + 1);
            }
        }
        state
    }
}
