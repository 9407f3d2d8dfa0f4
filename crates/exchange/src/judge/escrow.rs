//! What convicts the holder of an escrow, its arbiter and its payee: rows against each other, against the
//! descriptor, and against the bytes of what they name. [`super::lock`] reads the rest of a lock.
//!
//! | who | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|---|
//! | bank | two-answers | two payloads of one kind, or `divided` and another outcome | they share one write-once slot |
//! | bank | unlike-descriptor | a row whose amounts or moments are not what L makes of its own moment | copied or computed |
//! | bank | no-ground | an approval or ruling that is not named, or anything named by the clock | written together |
//! | bank | false-ground | the preimage of what a row names is here and is not that | verified before, by the same code |
//! | bank | divided-too-early | by the clock, before the moment that its own row or L names | compared in the step |
//! | bank | divided-against-record | by the clock, though a row of its own says more; another part than what is due | the last row decides |
//! | bank | out-of-order | rows that cannot follow each other in time | a register's clock never goes back |
//! | arbiter | two-answers | two rulings that divide differently | it rules once and sends what it signed |
//! | seller | captured-for-another | a consignment that does not open the payee commitment | the payee made it |
//!
//! What somebody did not say convicts nobody: a dispute that the holder says it never got is not shown by its
//! absence. Whoever disputes early enough asks for the row and hears of it in time.

use semper_base::{Hash, Role, Timestamp};
use semper_blocks::statement::{Body, Compact, Kind, Statement};

use super::evidence::{Evidence, Piece};
use super::verdict::{Docket, Misdeed};
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::lock::Seat;
use crate::fair::lock::escrow::statements::{self as st, DivideBasis};
use crate::fair::lock::escrow::{Act, Escrow, Side, read};
use crate::fair::lock::message::Reader;

/// A statement with its piece.
#[derive(Debug)]
struct Row<'a, B> {
    body: B,
    /// SHA-256 of the encoded payload: two signatures of the same words share it.
    content: Hash,
    piece: &'a Piece,
}

/// Everything of an escrow that has weight.
struct Facts<'a> {
    reader: Reader<'a>,
    terms: &'a Escrow,
    evidence: &'a Evidence,
    consigned: Vec<Row<'a, st::Consigned>>,
    arrived: Vec<Row<'a, st::Arrived>>,
    disputed: Vec<Row<'a, st::Disputed>>,
    divided: Vec<Row<'a, st::Divided>>,
    /// Any other outcome of this lock.
    outcomes: Vec<&'a Piece>,
    rulings: Vec<Row<'a, st::Ruling>>,
    consignments: Vec<Row<'a, st::Consignment>>,
}

/// Adds what the pieces show about the escrow that `reader.lock` is; nothing if it is none.
pub(super) fn convict(reader: Reader<'_>, evidence: &Evidence, out: &mut Docket) {
    let Ok(terms) = read::terms(&reader.lock.core) else { return };
    let mut facts = Facts {
        reader,
        terms,
        evidence,
        consigned: Vec::new(),
        arrived: Vec::new(),
        disputed: Vec::new(),
        divided: Vec::new(),
        outcomes: Vec::new(),
        rulings: Vec::new(),
        consignments: Vec::new(),
    };
    for (_, piece) in evidence.pieces() {
        facts.sort(piece);
    }
    facts.slots(out);
    facts.unlike(out);
    facts.grounds(out);
    facts.by_the_clock(out);
    facts.order(out);
    facts.others(out);
}

impl<'a> Facts<'a> {
    /// What does not verify is set aside by whoever reads the whole lock.
    fn sort(&mut self, piece: &'a Piece) {
        let Ok(text) = std::str::from_utf8(&piece.bytes) else { return };
        let Ok(kind) = Compact::parse(text).map(|known| known.kind()) else { return };
        let reader = self.reader;
        match kind {
            Kind::Arrived => self.arrived.extend(holder(reader, text, piece)),
            Kind::Consigned => self.consigned.extend(holder(reader, text, piece)),
            Kind::Disputed => self.disputed.extend(holder(reader, text, piece)),
            Kind::Divided => self.divided.extend(holder(reader, text, piece)),
            Kind::Claimed => {
                let row = reader.signed::<crate::fair::lock::statements::Claimed>(text, Seat::Holder);
                self.outcomes.extend(row.is_ok().then_some(piece));
            }
            Kind::Returned => {
                let row = reader.signed::<crate::fair::lock::statements::Returned>(text, Seat::Holder);
                self.outcomes.extend(row.is_ok().then_some(piece));
            }
            Kind::Consignment | Kind::Ruling => match read::act(&reader, text) {
                Ok((_, Act::Consignment(act))) => self.consignments.push(row(act, piece)),
                Ok((_, Act::Ruling(act))) => self.rulings.push(row(act, piece)),
                _ => {}
            },
            _ => {}
        }
    }

    /// One slot, one answer.
    fn slots(&self, out: &mut Docket) {
        different(Role::Bank, &self.consigned, out);
        different(Role::Bank, &self.arrived, out);
        different(Role::Bank, &self.disputed, out);
        different(Role::Bank, &self.divided, out);
        if !self.divided.is_empty() && !self.outcomes.is_empty() {
            let pieces = self.divided.iter().map(|row| row.piece).chain(self.outcomes.iter().copied());
            out.convict(Role::Bank, Misdeed::TwoAnswers, pieces);
        }
    }

    /// Members that follow from L and the row's own moment.
    fn unlike(&self, out: &mut Docket) {
        let (core, terms) = (&self.reader.lock.core, self.terms);
        let consigned = self.consigned.iter().filter(|row| row.body.fits(core, terms).is_err()).map(|row| row.piece);
        let arrived = self.arrived.iter().filter(|row| row.body.fits(terms).is_err()).map(|row| row.piece);
        let disputed = self.disputed.iter().filter(|row| row.body.fits(terms).is_err()).map(|row| row.piece);
        let sums = self.divided.iter().filter(|row| row.body.payee.plus(row.body.payer).ok() != Some(core.amount));
        let sums = sums.map(|row| row.piece);
        for piece in consigned.chain(arrived).chain(disputed).chain(sums) {
            out.convict(Role::Bank, Misdeed::UnlikeDescriptor, [piece]);
        }
    }

    /// The bytes with this hash, if they are here.
    fn preimage(&self, hash: &Hash) -> Option<(&'a Piece, String)> {
        let piece = self.evidence.preimage(hash)?;
        Some((piece, String::from_utf8(piece.bytes.clone()).unwrap_or_default()))
    }

    /// What a row rests on.
    fn grounds(&self, out: &mut Docket) {
        let mut check = |named: &Hash, row: &Piece, is: &dyn Fn(&Act) -> bool| {
            let Some((piece, text)) = self.preimage(named) else { return };
            let fits = read::act(&self.reader, &text).is_ok_and(|(_, act)| is(&act));
            if !fits {
                out.convict(Role::Bank, Misdeed::FalseGround, [row, piece]);
            }
        };
        let account = self.reader.lock.core.payee_account;
        for row in &self.consigned {
            check(&row.body.consignment, row.piece, &|act| match act {
                Act::Consignment(act) => act.body.due == row.body.due && opens(&act.body, account),
                _ => false,
            });
        }
        for row in &self.arrived {
            check(&row.body.handed_over, row.piece, &|act| matches!(act, Act::HandedOver(_)));
        }
        for row in &self.disputed {
            check(&row.body.dispute, row.piece, &|act| matches!(act, Act::Dispute { by, .. } if *by == row.body.by));
        }
        for row in &self.divided {
            let Some(named) = &row.body.ground else { continue };
            let (core, terms) = (&self.reader.lock.core, self.terms);
            check(named, row.piece, &|act| row.body.bears(core, terms, Some(act)).is_ok());
        }
        for row in &self.divided {
            let needs = matches!(row.body.basis, DivideBasis::Approved | DivideBasis::Ruled);
            if row.body.ground.is_some() != needs {
                out.convict(Role::Bank, Misdeed::NoGround, [row.piece]);
            }
        }
    }

    /// Money that moved by the clock, and how much of it.
    fn by_the_clock(&self, out: &mut Docket) {
        let terms = self.terms;
        for row in &self.divided {
            let (at, basis) = (row.body.at, row.body.basis);
            let mut wrong = |misdeed, because: Option<&Piece>| {
                out.convict(Role::Bank, misdeed, [row.piece].into_iter().chain(because));
            };
            let (early, against) = (Misdeed::DividedTooEarly, Misdeed::DividedAgainstRecord);
            let named = [(DivideBasis::NotShipped, terms.ship_by), (DivideBasis::Unruled, terms.last())];
            if named.iter().any(|(of, moment)| *of == basis && at < *moment) {
                wrong(early, None);
            }
            for consigned in &self.consigned {
                let waits = match basis {
                    DivideBasis::NotArrived => true,
                    DivideBasis::Unobjected => terms.carrier.is_none(),
                    _ => false,
                };
                if waits && at < consigned.body.until {
                    wrong(early, Some(consigned.piece));
                }
                if basis == DivideBasis::NotShipped || !is_part(&row.body, consigned.body.due, terms) {
                    wrong(against, Some(consigned.piece));
                }
            }
            for arrived in &self.arrived {
                if basis == DivideBasis::Unobjected && at < arrived.body.until {
                    wrong(early, Some(arrived.piece));
                }
                if basis == DivideBasis::NotArrived {
                    wrong(against, Some(arrived.piece));
                }
            }
            let silence = [DivideBasis::NotArrived, DivideBasis::NotShipped, DivideBasis::Unobjected];
            for disputed in self.disputed.iter().filter(|_| silence.contains(&basis)) {
                wrong(against, Some(disputed.piece));
            }
        }
    }

    /// One register has one clock; several machines of one register may differ by the tolerated skew.
    fn order(&self, out: &mut Docket) {
        let skew = self.reader.lock.core.skew_ms;
        let moments = [
            moments(&self.consigned, |row| row.at),
            moments(&self.arrived, |row| row.at),
            moments(&self.disputed, |row| row.at),
            moments(&self.divided, |row| row.at),
        ];
        for (place, rows) in moments.iter().enumerate() {
            for (earlier, one) in rows {
                for (later, other) in moments.iter().skip(place.saturating_add(1)).flatten() {
                    if *earlier > later.plus(skew) {
                        out.convict(Role::Bank, Misdeed::OutOfOrder, [*one, *other]);
                    }
                }
            }
        }
        // What came after its time was over.
        let mut late = |at: Timestamp, until: Timestamp, one: &Piece, other: &Piece| {
            if at >= until.plus(skew) {
                out.convict(Role::Bank, Misdeed::OutOfOrder, [one, other]);
            }
        };
        for consigned in &self.consigned {
            self.arrived.iter().for_each(|row| late(row.body.at, consigned.body.until, row.piece, consigned.piece));
            if self.terms.carrier.is_none() {
                self.disputed
                    .iter()
                    .for_each(|row| late(row.body.at, consigned.body.until, row.piece, consigned.piece));
            }
        }
        for arrived in &self.arrived {
            self.disputed.iter().for_each(|row| late(row.body.at, arrived.body.until, row.piece, arrived.piece));
        }
    }

    fn others(&self, out: &mut Docket) {
        let Some(first) = self.rulings.first() else { return self.payee(out) };
        let shares = |row: &Row<'_, st::Ruling>| (row.body.payee, row.body.payer);
        if self.rulings.iter().any(|row| shares(row) != shares(first)) {
            out.convict(Role::Arbiter, Misdeed::TwoAnswers, self.rulings.iter().map(|row| row.piece));
        }
        self.payee(out);
    }

    fn payee(&self, out: &mut Docket) {
        let account = self.reader.lock.core.payee_account;
        for row in self.consignments.iter().filter(|row| !opens(&row.body, account)) {
            out.convict(Role::Seller, Misdeed::CapturedForAnother, [row.piece]);
        }
    }
}

/// Whether the payee's part can follow from what was due.
fn is_part(divided: &st::Divided, due: semper_base::Amount, terms: &Escrow) -> bool {
    let (payee, nothing) = (divided.payee, divided.payee.minor() == 0);
    match divided.basis {
        DivideBasis::Approved | DivideBasis::Unobjected => payee == due,
        DivideBasis::NotArrived | DivideBasis::NotShipped => nothing,
        DivideBasis::Ruled => due.minus(payee).is_ok(),
        DivideBasis::Unruled => {
            if terms.silent == Side::Payee {
                payee == due
            } else {
                nothing
            }
        }
    }
}

fn opens(consignment: &st::Consignment, account: Hash) -> bool {
    payee_commitment(&consignment.account, consignment.salt.danger_bytes()) == account
}

fn holder<'a, B: Body>(reader: Reader<'_>, text: &str, piece: &'a Piece) -> Option<Row<'a, B>> {
    Some(row(reader.signed(text, Seat::Holder).ok()?, piece))
}

fn row<B: Body>(statement: Statement<B>, piece: &Piece) -> Row<'_, B> {
    let content = Hash::of(statement.text.split('.').nth(1).unwrap_or_default().as_bytes());
    Row { body: statement.body, content, piece }
}

fn different<B>(who: Role, rows: &[Row<'_, B>], out: &mut Docket) {
    let Some(first) = rows.first() else { return };
    if rows.iter().any(|row| row.content != first.content) {
        out.convict(who, Misdeed::TwoAnswers, rows.iter().map(|row| row.piece));
    }
}

fn moments<'a, B>(rows: &[Row<'a, B>], at: impl Fn(&B) -> Timestamp) -> Vec<(Timestamp, &'a Piece)> {
    rows.iter().map(|row| (at(&row.body), row.piece)).collect()
}
