//! What dishonest parties may say: whatever can be made with their own keys and what they have seen, as
//! far as it fits the shape of the exchange. Wrong amounts, payees, times and signers are refused without
//! a look at any state; `tests/fields.rs` has them.

use semper_base::{Blob64, Hash, Role, Timestamp};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{About, Author, Body, Kind};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::dgp::{Content, Slot};
use semper_support::Context;
use semper_support::crypto::Ideal;

use super::state::State;
use super::world::{ACCOUNT, HOLD, OPENED, Payload, World, at, kind, secret};

/// Parties that do not run their machine and act together: whatever one knows, all know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Coalition(&'static [Role]);

impl Coalition {
    pub(crate) const fn of(roles: &'static [Role]) -> Self {
        Coalition(roles)
    }

    pub(crate) fn has(self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub(crate) fn roles(self) -> &'static [Role] {
        self.0
    }
}

/// What a coalition can use of what it has seen. Statements by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Known {
    captured: Option<u32>,
    mandate: Option<u32>,
    opened: Option<u32>,
    escrow: bool,
    key: bool,
}

impl World {
    /// What the coalition can use in this state.
    pub(crate) fn known(&self, coalition: Coalition, state: &State) -> Known {
        let mut known =
            Known { escrow: coalition.has(Role::Seller), key: coalition.has(Role::Seller), ..Known::default() };
        for number in &state.net {
            let message = self.messages.get(*number);
            if !coalition.has(message.to) && !coalition.has(message.from) {
                continue;
            }
            known.key |= message.gives_key();
            let Payload::Packet(content) = &message.payload else { continue };
            match content {
                Content::Answer { statement } if kind(statement) == Kind::Opened => {
                    known.opened = Some(self.statements.number(statement));
                }
                Content::EscrowBox { .. } => known.escrow = true,
                Content::EscrowRequest { captured, .. } => {
                    known.escrow = true;
                    known.captured = Some(self.statements.number(captured));
                }
                Content::Complaint { captured, .. } => known.captured = Some(self.statements.number(captured)),
                Content::Mandate { statement } | Content::Capture { mandate: statement, .. } => {
                    known.mandate = Some(self.statements.number(statement));
                }
                _ => {}
            }
        }
        let captured = state.rows[0].iter().find(|(slot, _)| *slot == Slot::Decision).map(|(_, row)| *row);
        let captured = captured.filter(|row| kind(self.statements.get(*row)) == Kind::Captured);
        if coalition.has(Role::Buyer) || coalition.has(Role::Seller) {
            // The bank answers both parties.
            known.captured = captured;
        }
        known.key |= known.escrow && coalition.has(Role::Notary);
        known
    }

    /// What may be said now.
    pub(crate) fn lies(&mut self, coalition: Coalition, known: Known) -> Vec<u32> {
        if let Some(made) = self.lies.get(&(coalition, known)) {
            return made.clone();
        }
        let mut made = Vec::new();
        for role in coalition.roles() {
            match role {
                Role::Bank => self.of_bank(known, &mut made),
                Role::Buyer => self.of_buyer(known, &mut made),
                Role::Notary => self.of_notary(known, &mut made),
                _ => self.of_seller(known, coalition, &mut made),
            }
        }
        made.retain(|message| !coalition.has(self.messages.get(*message).to));
        self.lies.insert((coalition, known), made.clone());
        made
    }

    fn sign<B: Body>(&mut self, role: Role, body: B) -> String {
        let (crypto, author) = (Ideal::new(2), self.author(role));
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let about = About::exchange(self.x.xid, vec![]);
        let text = author.request(&base, about, body).unwrap().text;
        self.statements.put(text.clone(), text.clone());
        text
    }

    fn answer<B: Body>(&mut self, role: Role, now: Timestamp, body: B) -> String {
        let (crypto, author) = (Ideal::new(2), self.author(role));
        let base = Context { now, crypto: &crypto, keyring: &self.keyring };
        let about = About::exchange(self.x.xid, vec![]);
        let text = author.answer(&base, about, body).unwrap().text;
        self.statements.put(text.clone(), text.clone());
        text
    }

    fn say(&mut self, from: Role, to: Role, content: Content, made: &mut Vec<u32>) {
        made.push(self.message(from, to, Payload::Packet(content)));
    }

    fn mandate(&mut self) -> String {
        let core = self.x.core.clone();
        self.sign(Role::Buyer, st::Mandate { amount: core.amount, payee: core.payee })
    }

    fn of_buyer(&mut self, known: Known, made: &mut Vec<u32>) {
        use Role::{Bank, Buyer, Notary, Seller};
        let core = self.x.core.clone();
        let (amount, payee) = (core.amount, core.payee);
        let hold = self.sign(Buyer, st::Hold { amount, payee });
        let debit = {
            let account_key = self.keys[ACCOUNT].public.clone();
            let author = Author::uncertified(Buyer, &self.keys[ACCOUNT]);
            let crypto = Ideal::new(2);
            let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
            let body =
                st::DebitOrder { account: "payer".to_owned(), account_key, amount, hold: Hash::of(hold.as_bytes()) };
            author.request(&base, About::exchange(self.x.xid, vec![]), body).unwrap().text
        };
        self.say(Buyer, Bank, Content::Hold { statement: hold, debit }, made);
        let release = self.sign(Buyer, st::Release { amount });
        self.say(Buyer, Bank, Content::Release { statement: release }, made);
        self.say(Buyer, Seller, Content::Fetch { from: 0, count: 1 }, made);
        let statement = self.mandate();
        self.say(Buyer, Seller, Content::Mandate { statement }, made);
        let statement = self.sign(Buyer, st::Receipt { amount, plain: core.plain });
        self.say(Buyer, Seller, Content::Receipt { statement: statement.clone() }, made);
        self.say(Buyer, Bank, Content::Receipt { statement }, made);
        let Some(captured) = known.captured.map(|row| self.statements.get(row).clone()) else { return };
        let hash = Hash::of(captured.as_bytes());
        let statement = self.sign(Buyer, st::Contest { captured: hash });
        self.say(Buyer, Bank, Content::Contest { statement }, made);
        let statement = self.sign(Buyer, st::EscrowRequest { captured: hash });
        for sealed in [self.escrow.clone(), EscrowBox(Blob64(vec![7; 120]))] {
            let content = Content::EscrowRequest { statement: statement.clone(), captured: captured.clone(), sealed };
            self.say(Buyer, Notary, content, made);
        }
        if known.key {
            let (key, share) = (self.key.clone(), self.share.clone());
            let proof = serde_json::to_string(&self.proof(&key, &share)).unwrap();
            let statement = self.sign(Buyer, st::Complaint { captured: hash, proof: Hash::of(proof.as_bytes()) });
            self.say(Buyer, Notary, Content::Complaint { statement, captured, proof }, made);
        }
    }

    fn of_seller(&mut self, known: Known, coalition: Coalition, made: &mut Vec<u32>) {
        use Role::{Bank, Buyer, Seller};
        let amount = self.x.core.amount;
        let statement = self.sign(Seller, st::Release { amount });
        self.say(Seller, Bank, Content::Release { statement }, made);
        for opening in [self.key.clone(), KeyOpening { k: secret("no"), r: secret("no") }] {
            let statement = self.sign(Seller, st::PassKey { key: opening.clone() });
            self.say(Seller, Bank, Content::PassKey { statement }, made);
            self.say(Seller, Buyer, Content::Key { opening }, made);
        }
        for sealed in [self.escrow.clone(), EscrowBox(Blob64(vec![7; 120]))] {
            self.say(Seller, Buyer, Content::EscrowBox { sealed }, made);
        }
        made.push(self.message(Seller, Buyer, Payload::Chunk(0)));
        made.push(self.message(Seller, Buyer, Payload::Chunk(1)));
        let given = known.mandate.map(|row| self.statements.get(row).clone());
        let given = if coalition.has(Buyer) { Some(self.mandate()) } else { given };
        let Some(mandate) = given else { return };
        let body =
            st::Capture { account: "payee".to_owned(), mandate: Hash::of(mandate.as_bytes()), salt: self.salt.clone() };
        let statement = self.sign(Seller, body);
        self.say(Seller, Bank, Content::Capture { statement, mandate }, made);
    }

    fn of_notary(&mut self, known: Known, made: &mut Vec<u32>) {
        use Role::{Bank, Buyer, Notary, Seller};
        let statement = self.answer(Notary, at(HOLD), st::Unmet { at: at(HOLD), what: Kind::Opened });
        for to in [Buyer, Seller] {
            self.say(Notary, to, Content::Answer { statement: statement.clone() }, made);
        }
        if known.key {
            self.say(Notary, Buyer, Content::Key { opening: self.key.clone() }, made);
        }
        let Some(captured) = known.captured.map(|row| Hash::of(self.statements.get(row).as_bytes())) else { return };
        let (when, escrow) = (OPENED, self.x.escrow_hash);
        let opened = self.answer(Notary, when, st::Opened { at: when, captured });
        let reason = semper_blocks::delivery::BadEscrow::DoesNotDecrypt;
        let bad = self.answer(Notary, when, st::BadEscrow { at: when, captured, escrow, reason });
        let wrong =
            self.answer(Notary, when, st::WrongFile { at: when, captured, proof: Hash::of(b"shown to nobody") });
        for statement in [opened, bad, wrong] {
            self.say(Notary, Bank, Content::Answer { statement }, made);
        }
    }

    /// A bank that tells buyer and seller what it likes.
    fn of_bank(&mut self, known: Known, made: &mut Vec<u32>) {
        use Role::{Bank, Buyer, Notary, Seller};
        let core = self.x.core.clone();
        let (amount, payee, payee_key) = (core.amount, core.payee, core.seller.id());
        let times = core.deadlines;
        let one = at(1);
        let settle_after = one.plus(times.settle_ms);
        let hold = Hash::of(b"some hold");
        let mandate =
            known.mandate.map_or(Hash::of(b"some mandate"), |row| Hash::of(self.statements.get(row).as_bytes()));
        let answer_until = one.plus(times.contest_ms);
        let basis = st::SettleBasis::Timer;
        let mut texts = vec![
            self.answer(Bank, OPENED, st::Held { amount, hold, hold_until: times.hold_until, payee, payee_key }),
            self.answer(Bank, one, st::Captured { amount, captured_at: one, mandate, payee, payee_key, settle_after }),
            self.answer(Bank, one, st::Released { amount, at: one, by: st::ReleaseBy::Buyer }),
            self.answer(Bank, one, st::Contested { at: one, answer_until }),
            self.answer(Bank, settle_after, st::Settled { amount, at: settle_after, basis, receipt: None }),
            self.answer(
                Bank,
                answer_until,
                st::Refunded { amount, at: answer_until, basis: st::RefundBasis::Contest, notary: None },
            ),
            self.answer(Bank, at(HOLD + 1), st::Unmet { at: at(HOLD + 1), what: Kind::Held }),
        ];
        let wrong = KeyOpening { k: secret("no"), r: secret("no") };
        let known_key = known.key.then(|| self.key.clone());
        for key in known_key.into_iter().chain([wrong]) {
            let settle_after = one.plus(times.complaint_ms).max(settle_after);
            texts.push(self.answer(Bank, one, st::PassedKey { at: one, key, settle_after }));
        }
        for statement in texts {
            for to in [Buyer, Seller] {
                self.say(Bank, to, Content::Answer { statement: statement.clone() }, made);
            }
        }
        if let Some(opened) = known.opened.map(|row| Hash::of(self.statements.get(row).as_bytes())) {
            let recorded = self.answer(Bank, one, st::Recorded { at: one, opened, settle_after });
            self.say(Bank, Notary, Content::Answer { statement: recorded }, made);
        }
    }
}
