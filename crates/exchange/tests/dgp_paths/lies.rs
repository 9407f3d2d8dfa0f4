//! What a liar may say: any of a small set of statements that its own keys can sign.

use semper_blocks::statement::{About, Author, Body, Kind};
use semper_exchange::fair::dgp::statements as st;
use semper_support::crypto::PublicKey;

use semper_base::{Hash, Role};
use semper_exchange::fair::dgp::Content;
use semper_support::Context;
use semper_support::crypto::Ideal;

use super::world::{ACCOUNT, OPENED, Payload, World, kind};

impl World {
    fn sign<B: Body>(&self, role: Role, to: Role, body: B) -> String {
        let (crypto, author) = (Ideal::new(2), self.author(role));
        let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
        let about = About::exchange(self.x.xid, vec![self.x.key(to).map(PublicKey::id).unwrap()]);
        author.request(&base, about, body).unwrap().text
    }

    /// What a dishonest buyer may say, given the bank's decision, or a seller, given the mandate.
    pub(crate) fn lies(&mut self, liar: Role, given: Option<u32>) -> Vec<u32> {
        if let Some(known) = self.lies.get(&(liar, given)) {
            return known.clone();
        }
        let lies = if liar == Role::Buyer { self.of_bad_buyer(given) } else { self.of_bad_seller(given) };
        self.lies.insert((liar, given), lies.clone());
        lies
    }

    fn of_bad_buyer(&mut self, captured: Option<u32>) -> Vec<u32> {
        let core = self.x.core.clone();
        let (amount, payee) = (core.amount, core.payee);
        let hold = self.sign(Role::Buyer, Role::Bank, st::Hold { amount, payee });
        let debit = {
            let account_key = self.keys[ACCOUNT].public.clone();
            let author = Author::uncertified(Role::Buyer, &self.keys[ACCOUNT]);
            let crypto = Ideal::new(2);
            let base = Context { now: OPENED, crypto: &crypto, keyring: &self.keyring };
            let body =
                st::DebitOrder { account: "payer".to_owned(), account_key, amount, hold: Hash::of(hold.as_bytes()) };
            author.request(&base, About::exchange(self.x.xid, vec![]), body).unwrap().text
        };
        let receipt = self.sign(Role::Buyer, Role::Seller, st::Receipt { amount, plain: core.plain });
        let mut said = vec![
            (Role::Bank, Content::Hold { statement: hold, debit }),
            (Role::Bank, Content::Release { statement: self.sign(Role::Buyer, Role::Bank, st::Release { amount }) }),
            (Role::Seller, Content::Fetch { from: 0, count: 1 }),
            (
                Role::Seller,
                Content::Mandate { statement: self.sign(Role::Buyer, Role::Seller, st::Mandate { amount, payee }) },
            ),
            (Role::Seller, Content::Receipt { statement: receipt }),
        ];
        let captured = captured.map(|captured| self.statements.get(captured).clone());
        if let Some(captured) = captured.filter(|captured| kind(captured) == Kind::Captured) {
            let hash = Hash::of(captured.as_bytes());
            let contest = self.sign(Role::Buyer, Role::Bank, st::Contest { captured: hash });
            let request = self.sign(Role::Buyer, Role::Notary, st::EscrowRequest { captured: hash });
            said.push((Role::Bank, Content::Contest { statement: contest }));
            let sealed = self.escrow.clone();
            said.push((Role::Notary, Content::EscrowRequest { statement: request, captured, sealed }));
        }
        said.into_iter().map(|(to, content)| self.message(Role::Buyer, to, Payload::Packet(content))).collect()
    }

    fn of_bad_seller(&mut self, mandate: Option<u32>) -> Vec<u32> {
        let amount = self.x.core.amount;
        let release = self.sign(Role::Seller, Role::Bank, st::Release { amount });
        let pass = self.sign(Role::Seller, Role::Bank, st::PassKey { key: self.key.clone() });
        let mut said = vec![
            (Role::Bank, Content::Release { statement: release }),
            (Role::Bank, Content::PassKey { statement: pass }),
            (Role::Buyer, Content::EscrowBox { sealed: self.escrow.clone() }),
            (Role::Buyer, Content::Key { opening: self.key.clone() }),
        ];
        if let Some(Payload::Packet(Content::Mandate { statement: mandate })) =
            mandate.map(|mandate| self.messages.get(mandate).payload.clone())
        {
            let hash = Hash::of(mandate.as_bytes());
            let body = st::Capture { account: "payee".to_owned(), mandate: hash, salt: self.salt.clone() };
            let statement = self.sign(Role::Seller, Role::Bank, body);
            said.push((Role::Bank, Content::Capture { statement, mandate }));
        }
        let mut said: Vec<u32> =
            said.into_iter().map(|(to, content)| self.message(Role::Seller, to, Payload::Packet(content))).collect();
        said.push(self.message(Role::Seller, Role::Buyer, Payload::Chunk(0)));
        said
    }
}
