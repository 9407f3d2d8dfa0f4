//! Reads the pieces, each by itself.

use semper_base::{Code, Hash, Role, Violation, Xid, json};
use semper_blocks::delivery::ShareOpening;
use semper_blocks::statement::{Body, Compact, Kind, Statement, danger_typed_unverified};
use semper_support::crypto::{Crypto, Secret32};

use super::super::evidence::{Evidence, Piece};
use super::super::verdict::SetAside;
use super::super::words;
use crate::fair::frame;
use crate::fair::lock::message::Reader;
use crate::fair::lock::statements as st;
use crate::fair::lock::{Condition, Ground, Lock, Seat, sale};

/// A statement about this lock.
#[derive(Debug)]
pub(super) struct Row<'a, B> {
    pub(super) body: B,
    /// SHA-256 of the encoded payload: two signatures of the same words share it.
    pub(super) content: Hash,
    pub(super) piece: &'a Piece,
}

/// An offer, by its own bytes: who signed it is known to whoever bound it.
#[derive(Debug)]
pub(super) struct Offer<'a> {
    pub(super) statement: Statement<st::DataOffer>,
    pub(super) piece: &'a Piece,
}

/// Everything that has weight, by kind.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) reader: Reader<'a>,
    evidence: &'a Evidence,
    pub(super) locked: Vec<Row<'a, st::Locked>>,
    pub(super) claimed: Vec<Row<'a, st::Claimed>>,
    pub(super) returned: Vec<Row<'a, st::Returned>>,
    pub(super) unmet: Vec<Row<'a, st::Unmet>>,
    pub(super) orders: Vec<Row<'a, st::Lock>>,
    pub(super) offers: Vec<Offer<'a>>,
    /// Of an escrow: rows and acts that verify, by kind.
    pub(super) parcel: Vec<(Kind, &'a Piece)>,
    /// What opens the hash of a hash lock or of an offer, and where it was found.
    pub(super) keys: Vec<(Secret32, &'a Piece)>,
    shares: Vec<(ShareOpening, &'a Piece)>,
    exchanges: Vec<frame::Descriptor>,
    pub(super) set_aside: Vec<SetAside>,
}

impl<'a> Facts<'a> {
    pub(super) fn read(lock: &'a Lock, evidence: &'a Evidence, crypto: &'a dyn Crypto) -> Self {
        let mut facts = Facts {
            reader: Reader { lock, crypto },
            evidence,
            locked: Vec::new(),
            claimed: Vec::new(),
            returned: Vec::new(),
            unmet: Vec::new(),
            orders: Vec::new(),
            offers: Vec::new(),
            parcel: Vec::new(),
            keys: Vec::new(),
            shares: Vec::new(),
            exchanges: Vec::new(),
            set_aside: Vec::new(),
        };
        for (_, piece) in evidence.pieces() {
            if let Err(why) = facts.sort(piece) {
                let pieces = piece.names.iter().cloned().collect();
                facts.set_aside.push(SetAside { pieces, code: why.code().number(), sentence: words::set_aside(&why) });
            }
        }
        facts.set_aside.sort_by(|one, other| one.pieces.cmp(&other.pieces));
        facts
    }

    pub(super) fn lock(&self) -> &'a Lock {
        self.reader.lock
    }

    fn sort(&mut self, piece: &'a Piece) -> Result<(), Violation> {
        let none = || Violation::new(Code::KindUnknown, "no text");
        if let Condition::Decision(by) = &self.lock().core.condition
            && Xid::of(&piece.bytes) == by.exchange
        {
            self.exchanges.push(frame::Descriptor::read(&piece.bytes)?);
            return Ok(());
        }
        if let Ok(share) = json::read::<ShareOpening>(&piece.bytes) {
            self.shares.push((share, piece));
            return Ok(());
        }
        let text = std::str::from_utf8(&piece.bytes).map_err(|_| none())?;
        match Compact::parse(text)?.kind() {
            Kind::Locked => self.locked.push(self.row(text, Seat::Holder, piece)?),
            Kind::Claimed => {
                let row: Row<'_, st::Claimed> = self.row(text, Seat::Holder, piece)?;
                self.keys.extend(row.body.preimage.clone().map(|preimage| (preimage, piece)));
                self.claimed.push(row);
            }
            Kind::Returned => self.returned.push(self.row(text, Seat::Holder, piece)?),
            Kind::Unmet => {
                let row: Row<'_, st::Unmet> = self.row(text, Seat::Holder, piece)?;
                if row.body.what != Kind::Locked {
                    return Err(Violation::new(Code::KindWrong, row.body.what.word()));
                }
                self.unmet.push(row);
            }
            Kind::Lock => self.orders.push(self.row(text, Seat::Payer, piece)?),
            Kind::Claim => {
                let row: Row<'_, st::Claim> = self.row(text, Seat::Payee, piece)?;
                self.keys.extend(row.body.preimage.map(|preimage| (preimage, piece)));
            }
            Kind::GiveBack => {
                self.reader.either::<st::GiveBack>(text)?;
            }
            Kind::LockDebit => {
                self.reader.debit(text)?;
            }
            Kind::DataOffer => self.offers.push(Offer { statement: danger_typed_unverified(text)?, piece }),
            kind => {
                self.escrow(kind, text)?;
                self.parcel.push((kind, piece));
            }
        }
        Ok(())
    }

    /// A row of the holder or an act, of an escrow.
    fn escrow(&self, kind: Kind, text: &str) -> Result<(), Violation> {
        use crate::fair::lock::escrow::{read, statements as st};
        let (reader, holder) = (&self.reader, Seat::Holder);
        read::terms(&self.lock().core).map_err(|_| Violation::new(Code::KindWrong, kind.word()))?;
        match kind {
            Kind::Arrived => reader.signed::<st::Arrived>(text, holder).map(|_| ()),
            Kind::Consigned => reader.signed::<st::Consigned>(text, holder).map(|_| ()),
            Kind::Disputed => reader.signed::<st::Disputed>(text, holder).map(|_| ()),
            Kind::Divided => reader.signed::<st::Divided>(text, holder).map(|_| ()),
            _ => read::act(reader, text).map(|_| ()),
        }
    }

    fn row<B: Body>(&self, text: &str, by: Seat, piece: &'a Piece) -> Result<Row<'a, B>, Violation> {
        let content = Hash::of(text.split('.').nth(1).unwrap_or_default().as_bytes());
        Ok(Row { body: self.reader.signed::<B>(text, by)?.body, content, piece })
    }

    /// The bytes that a row names, if they are here and text.
    pub(super) fn preimage(&self, hash: &Hash) -> Option<(&'a Piece, String)> {
        let piece = self.evidence.preimage(hash)?;
        Some((piece, String::from_utf8(piece.bytes.clone()).unwrap_or_default()))
    }

    /// Whether an outcome has the form of one that its condition knows. What it names is looked at elsewhere.
    pub(super) fn bears_claimed(&self, row: &Row<'_, st::Claimed>) -> Result<(), Violation> {
        row.body.fits(self.lock())?;
        self.lock().core.condition.bears_claimed(&row.body, row.body.ground.map(Ground::Resolved).as_ref())
    }

    /// The same.
    pub(super) fn bears_returned(&self, row: &Row<'_, st::Returned>) -> Result<(), Violation> {
        row.body.fits(self.lock())?;
        self.lock().core.condition.bears_returned(&row.body, row.body.ground.map(Ground::Aborted).as_ref())
    }

    /// Whether this is a notary's decision of that kind about the exchange of the lock. With its descriptor and all
    /// that it names at hand, whether it has its ground too.
    pub(super) fn is_decision(&self, text: &str, kind: Kind) -> Result<(), Violation> {
        let Condition::Decision(by) = &self.lock().core.condition else {
            return Err(Violation::new(Code::ProofWrong, "no decision is asked for"));
        };
        let compact = Compact::parse(text)?;
        let (crypto, found) = (self.reader.crypto, compact.kind());
        let verified = compact.verify(crypto, &by.notary.key)?;
        if found != kind || verified.meta.xid != Some(by.exchange) || verified.meta.signer.role != Role::Notary {
            return Err(Violation::new(Code::ProofWrong, "another decision"));
        }
        let Some(x) = self.exchanges.first() else { return Ok(()) };
        let reader = frame::Reader { x, crypto };
        let named = reader.decided(text)?;
        let pieces: Option<Vec<String>> =
            named.ground().iter().map(|hash| self.preimage(hash).map(|(_, text)| text)).collect();
        pieces.map_or(Ok(()), |pieces| reader.decision(text, pieces).map(|_| ()))
    }

    /// The sales whose letter is here with everything that opens it, and is not what was signed: what shows it.
    pub(super) fn wrong_sales(&self) -> Vec<Vec<&'a Piece>> {
        let mut wrong = Vec::new();
        for offer in self.offers.iter().filter(|offer| self.is_sellers(offer)) {
            let body = &offer.statement.body;
            let Some(letter) = self.evidence.preimage(&body.cipher) else { continue };
            for (share, with_share) in &self.shares {
                for (k, with_key) in &self.keys {
                    if let Ok(Err(_)) = sale::open(body, &letter.bytes, share, k) {
                        wrong.push(vec![offer.piece, letter, *with_share, *with_key]);
                    }
                }
            }
        }
        wrong
    }

    fn is_sellers(&self, offer: &Offer<'_>) -> bool {
        self.evidence.bound(Role::Seller).any(|name| offer.piece.names.contains(name))
    }
}
