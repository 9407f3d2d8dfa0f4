//! The pack of a mail order: is what is signed in order, and what does it say? Where money was locked, the judge of
//! locks says what came of it ([`super::kept`]). Besides there is no register and
//! nothing to be judged: every statement is its signer's word. The bank's word about payments is tied to a
//! part by the part's name, which follows from the contract.

use semper_base::{Amount, Code, Currency, Hash, KeyId, Role, Timestamp, Violation};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Body, Compact, Kind, Statement, typed};
use semper_exchange::transfer::Transferred;

use super::super::pack::Item;
use super::super::report::{Agreement, Party, Proven, Report};
use super::{Signer, Verifier, kept, party};
use crate::process::mail_order::{
    Book, Contract, Fact, Notice, ParcelAcceptance, ParcelOffer, ParcelOrder, RefundTo, check_acceptance, check_order,
    offer,
};
use crate::process::price_list::{self, PriceList};

/// A contract and the files that show it.
struct Agreed {
    contract: Contract,
    title: String,
    files: [String; 3],
    at: Timestamp,
}

/// What waits for its place in the book.
struct Open {
    notice: Notice,
    file: String,
}

impl Verifier<'_> {
    pub(super) fn run_parcels(mut self, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        self.kept = kept::locks(self.pack);
        for item in &self.pack.sorted.statements {
            if let Err(why) = self.statement(item) {
                self.problem(&item.file(), &why);
            }
        }
        let order = self.pack.sorted.statements.iter().find(|item| item.kind == Kind::ParcelOrder);
        let (order, opened) = order.map_or((None, self.pack.index.meta.issued), |item| (Some(item.hash), item.issued));
        self.index(None, order.as_slice());
        self.unused_certificates(opened);
        self.references();
        self.transcripts();
        let agreed = self.agreed();
        let (mut proven, mut book) = (Vec::new(), None);
        if let Some(agreed) = &agreed {
            proven = self.price_lists(agreed);
            let (said, after) = self.proven(agreed);
            proven.extend(said);
            proven.sort_by_key(|one| one.at);
            book = Some(after);
        }
        let locks = self.judged(book.as_ref());
        let parties = self.pair(agreed.as_ref());
        let pair = agreed.as_ref().map(|agreed| [agreed.contract.buyer, agreed.contract.seller]);
        let exporter = self.exporter(pair, &parties);
        let amount = agreed.as_ref().map_or_else(|| Amount::zero(Currency::EUR), |agreed| agreed.contract.total);
        let agreement = Agreement {
            amount,
            opened: agreed.as_ref().map_or(opened, |agreed| agreed.at),
            title: agreed.as_ref().map(|agreed| agreed.title.clone()),
            shown_by: agreed.map_or_else(Vec::new, |agreed| agreed.files.to_vec()),
        };
        Report { order, locks, ..self.report(exporter, root, parties, agreement, proven) }
    }

    /// The first statement of a kind whose signature verified.
    pub(super) fn first<B: Body>(&self) -> Option<(Statement<B>, String)> {
        let items = self.pack.sorted.statements.iter();
        let mut found = items.filter(|item| item.kind == B::KIND && self.signers.contains_key(&item.hash));
        found.find_map(|item| self.typed(item).map(|statement| (statement, item.file())))
    }

    pub(super) fn typed<B: Body>(&self, item: &Item) -> Option<Statement<B>> {
        let key = self.pack.sorted.keys.get(&item.key)?;
        typed(Compact::parse(&item.text).ok()?.verify(self.crypto, key).ok()?).ok()
    }

    /// Offer, order and acceptance, if they are here and fit together.
    fn agreed(&mut self) -> Option<Agreed> {
        let (offered, order, acceptance) =
            (self.first::<ParcelOffer>()?, self.first::<ParcelOrder>()?, self.first::<ParcelAcceptance>()?);
        let contract = check_order(&offered.0, &order.0)
            .map_err(|why| (&order.1, why))
            .and_then(|()| check_acceptance(&offered.0, &order.0, &acceptance.0).map_err(|why| (&acceptance.1, why)));
        match contract {
            Ok(contract) => Some(Agreed {
                contract,
                title: offer::check(&offered.0).map(|summary| summary.title).unwrap_or_default(),
                at: acceptance.0.meta.issued,
                files: [offered.1, order.1, acceptance.1],
            }),
            Err((file, why)) => {
                let file = file.clone();
                self.problem(&file, &why);
                None
            }
        }
    }

    /// The price lists on which the offer stands: by the same seller, good when it was offered, and of the prices
    /// that they name the same ones.
    fn price_lists(&mut self, agreed: &Agreed) -> Vec<Proven> {
        let Some((offer, offered)) = self.first::<ParcelOffer>() else { return Vec::new() };
        let items: Vec<&Item> =
            self.pack.sorted.statements.iter().filter(|item| item.kind == Kind::PriceList).collect();
        let mut proven = Vec::new();
        for item in items {
            let file = item.file();
            let Some(list) = self.typed::<PriceList>(item) else { continue };
            if offer.meta.refs.iter().all(|named| named.hash != list.hash) {
                self.remark(&file, Code::RefWrong, "is named by no offer of this pack; it proves nothing here");
                continue;
            }
            match self.price_list(&list, &offer, agreed) {
                Ok(()) => proven.push(Proven {
                    at: list.meta.issued,
                    by: Role::Seller,
                    sentence: format!("signed the list of {} prices that the offer stands on", list.body.count),
                    shown_by: vec![file, offered.clone()],
                }),
                Err(why) => self.problem(&file, &why),
            }
        }
        proven
    }

    fn price_list(
        &self,
        list: &Statement<PriceList>,
        offer: &Statement<ParcelOffer>,
        agreed: &Agreed,
    ) -> Result<(), Violation> {
        price_list::check(list)?;
        let name = |key: KeyId| {
            let mut signers = self.signers.values().filter(|signer| signer.meta.signer.key == key);
            signers.find_map(|signer| signer.certificate.as_ref().map(|(_, valid)| valid.name.clone()))
        };
        let (by, seller) = (list.meta.signer.key, agreed.contract.seller);
        if by != seller && (name(by).is_none() || name(by) != name(seller)) {
            return Err(Violation::new(Code::KeyWrong, "a price list of somebody else"));
        }
        if offer.meta.issued < list.meta.issued || list.body.valid_until < offer.meta.issued {
            return Err(Violation::new(Code::OfferExpired, "the price list was not good when it was offered"));
        }
        for line in &offer.body.line_items {
            let named = list.body.changes.iter().find(|change| change.id == line.item.id);
            let same = |price: Amount| (price.minor(), price.currency()) == (line.item.price, offer.body.currency);
            if named.is_some_and(|change| !same(change.price)) {
                let text = format!("{}: another price than the list's", line.item.id);
                return Err(Violation::new(Code::MismatchAmount, text));
            }
        }
        Ok(())
    }

    /// What the notices and the bank's words say, in the order in which they fit into the book.
    fn proven(&mut self, agreed: &Agreed) -> (Vec<Proven>, Book) {
        let mut book = Book::new(agreed.contract.clone());
        let [offered, order, acceptance] = &agreed.files;
        let total = agreed.contract.total;
        let say = |at, by, sentence: String, file: &str| Proven { at, by, sentence, shown_by: vec![file.to_owned()] };
        let mut proven = Vec::new();
        for (file, by, sentence) in [
            (offered, Role::Seller, format!("offered the goods for {total}")),
            (order, Role::Buyer, format!("ordered them with obligation to pay {total}")),
            (acceptance, Role::Seller, "accepted the order: the contract".to_owned()),
        ] {
            proven.push(say(self.issued(file), by, sentence, file));
        }
        let mut open = self.notices();
        let transfers = self.transfers();
        let refunds: Vec<RefundTo> = open.iter().filter_map(|open| open.notice.refund_to()).collect();
        let mut paid = Vec::new();
        let mut rows = self.lock_facts(&book);
        rows.sort_by_key(|(.., at)| *at);
        // A clock may be a little wrong: what does not fit yet may fit after what came later.
        loop {
            let before = (open.len(), rows.len(), paid.len());
            rows.retain(|(fact, file, sentence, at)| match book.enter(fact, *at) {
                Ok(next) => {
                    proven.push(say(*at, Role::Bank, sentence.clone(), file));
                    book = next;
                    false
                }
                Err(_) => true,
            });
            open.retain(|one| match enter(&book, &one.notice) {
                Some((next, sentence)) => {
                    let meta = one.notice.meta();
                    proven.push(say(meta.issued, meta.signer.role, sentence, &one.file));
                    book = next;
                    false
                }
                None => true,
            });
            for (statement, file) in transfers.iter().filter(|(_, file)| !paid.contains(file)).collect::<Vec<_>>() {
                let Some((fact, sentence)) = payment(&book, &refunds, &statement.body) else { continue };
                if let Ok(next) = book.enter(&fact, statement.body.at) {
                    book = next;
                    proven.push(say(statement.meta.issued, Role::Bank, sentence, file));
                    paid.push(file.clone());
                }
            }
            if before == (open.len(), rows.len(), paid.len()) {
                break;
            }
        }
        for one in open {
            self.remark(&one.file, Code::OutOfTurn, "does not fit what came before; it proves nothing here");
        }
        for (_, file) in transfers.iter().filter(|(_, file)| !paid.contains(file)) {
            self.remark(file, Code::MismatchAmount, "is no payment or refund of this order; it proves nothing here");
        }
        proven.sort_by_key(|one| one.at);
        (proven, book)
    }

    fn issued(&self, file: &str) -> Timestamp {
        let items = self.pack.sorted.statements.iter();
        items.filter(|item| item.file() == file).map(|item| item.issued).next().unwrap_or(Timestamp::EPOCH)
    }

    fn notices(&mut self) -> Vec<Open> {
        let mut notices = Vec::new();
        let items = self.pack.sorted.statements.iter();
        for item in items.filter(|item| Notice::takes(item.kind) && self.signers.contains_key(&item.hash)) {
            let key = self.pack.sorted.keys.get(&item.key);
            let read = Compact::parse(&item.text).and_then(|compact| {
                let key = key.ok_or_else(|| Violation::new(Code::PackMember, "its key"))?;
                Notice::read(compact.verify(self.crypto, key)?)
            });
            if let Ok(notice) = read {
                notices.push(Open { notice, file: item.file() });
            }
        }
        notices
    }

    /// The bank's words that a certified bank signed.
    pub(super) fn transfers(&self) -> Vec<(Statement<Transferred>, String)> {
        let certified = |hash: &Hash| {
            let signer: Option<&Signer> = self.signers.get(hash);
            signer.is_some_and(|signer| signer.meta.signer.role == Role::Bank && signer.certificate.is_some())
        };
        let items = self.pack.sorted.statements.iter();
        let items = items.filter(|item| item.kind == Kind::Transferred && certified(&item.hash));
        items.filter_map(|item| Some((self.typed(item)?, item.file()))).collect()
    }

    fn pair(&mut self, agreed: Option<&Agreed>) -> Vec<Party> {
        let Some(agreed) = agreed else { return Vec::new() };
        let of = |role: Role, key: KeyId, signers: &Self| {
            let mut found = signers.signers.values().filter(|signer| signer.meta.signer.key == key);
            party(role, key, found.find_map(|signer| signer.certificate.clone()))
        };
        let mut parties =
            vec![of(Role::Buyer, agreed.contract.buyer, self), of(Role::Seller, agreed.contract.seller, self)];
        let bank = self.signers.values().find(|signer| signer.meta.signer.role == Role::Bank);
        parties.extend(bank.map(|signer| party(Role::Bank, signer.meta.signer.key, signer.certificate.clone())));
        self.limits(&parties, agreed.contract.total);
        parties
    }
}

/// The book with what a notice says, and the sentence for it.
fn enter(book: &Book, notice: &Notice) -> Option<(Book, String)> {
    let fact = notice.fact(book).ok()?;
    let next = match &fact {
        Some(fact) => book.enter(fact, notice.meta().issued).ok()?,
        None => book.clone(),
    };
    let sentence = match notice {
        Notice::Cancellation(one) if one.meta.signer.role == Role::Buyer => "asked to cancel the rest".to_owned(),
        Notice::Cancellation(_) => "cancelled what was not shipped".to_owned(),
        Notice::Objection(one) => format!("complained about part {}: \"{}\"", one.body.part, one.body.reason),
        Notice::Receipt(one) => format!("has part {} and found it as ordered", one.body.part),
        Notice::RefundAddress(_) => "said where money can be paid back".to_owned(),
        Notice::Shipment(one) => {
            let (body, carrier) = (&one.body, &one.body.carrier);
            let (part, amount) = (body.part, body.amount);
            let (name, tracking, at) = (&carrier.name, &carrier.tracking, carrier.handed_over);
            let money = if body.pay_to.is_some() { "due" } else { "locked for it" };
            format!(
                "handed part {part} to \"{name}\" (\"{tracking}\") at {at}, by its own word alone; {amount} {money}"
            )
        }
        Notice::Withdrawal(one) => format!("withdrew from part {}", one.body.part),
        Notice::WithdrawalReceipt(one) => {
            format!("had the withdrawal from part {} at {}", one.body.part, one.body.received)
        }
    };
    Some((next, sentence))
}

/// What the bank's word says of this order, if it says anything.
fn payment(book: &Book, refunds: &[RefundTo], said: &Transferred) -> Option<(Fact, String)> {
    let (amount, at) = (said.amount, said.at);
    let paid = book.parts.iter().find(|part| book.contract.xid(part.number).0 == said.purpose);
    if let Some(part) = paid {
        let part = part.number;
        return Some((
            Fact::Paid { part, amount, at },
            format!("paid {amount} for part {part}, as ordered by the buyer"),
        ));
    }
    let to = refunds.iter().find(|to| (to.purpose, to.pay_to) == (said.purpose, said.pay_to))?;
    let part = to.part?;
    Some((Fact::Refunded { part, amount }, format!("paid {amount} back for part {part}")))
}
