//! Reads the pieces, each by itself.

use semper_base::{Code, Hash, Role, Violation, json};
use semper_blocks::statement::{Body, Compact, Kind, Statement};
use semper_support::crypto::{Crypto, PublicKey};

use super::super::evidence::{Evidence, Piece};
use super::super::verdict::SetAside;
use super::super::words;
use super::Payment;
use crate::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use crate::transfer::{Transfer, Transferred};

/// A statement about this payment.
#[derive(Debug)]
pub(super) struct Row<'a, B> {
    pub(super) statement: Statement<B>,
    /// SHA-256 of the encoded payload: two signatures of the same words share it.
    pub(super) content: Hash,
    pub(super) piece: &'a Piece,
}

/// Everything that has weight, by kind.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) payment: &'a Payment,
    evidence: &'a Evidence,
    crypto: &'a dyn Crypto,
    /// The payee's receipts for the reference.
    pub(super) receipts: Vec<Row<'a, ConditionalReceipt>>,
    /// The payer's agreements that name the receipt.
    pub(super) agreed: Vec<Row<'a, PaymentAgreement>>,
    /// Orders to pay to the reference for the purpose.
    pub(super) orders: Vec<&'a Piece>,
    /// Everything that the bank says was paid, to whatever reference.
    pub(super) said: Vec<Row<'a, Transferred>>,
    pub(super) set_aside: Vec<SetAside>,
}

impl<'a> Facts<'a> {
    pub(super) fn read(payment: &'a Payment, evidence: &'a Evidence, crypto: &'a dyn Crypto) -> Self {
        let (receipts, agreed, orders, said) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let set_aside = Vec::new();
        let mut facts = Facts { payment, evidence, crypto, receipts, agreed, orders, said, set_aside };
        for (_, piece) in evidence.pieces() {
            if let Err(why) = facts.sort(piece) {
                let pieces = piece.names.iter().cloned().collect();
                facts.set_aside.push(SetAside { pieces, code: why.code().number(), sentence: words::set_aside(&why) });
            }
        }
        facts.set_aside.sort_by(|one, other| one.pieces.cmp(&other.pieces));
        facts
    }

    fn sort(&mut self, piece: &'a Piece) -> Result<(), Violation> {
        let none = |_| Violation::new(Code::KindUnknown, "no text");
        let text = std::str::from_utf8(&piece.bytes).map_err(none)?;
        let (ours, other) = (&self.payment.receipt, |what: &str| Violation::new(Code::MismatchPayee, what));
        match Compact::parse(text)?.kind() {
            Kind::ConditionalReceipt => {
                let row: Row<'_, ConditionalReceipt> = self.row(text, piece)?;
                row.statement.meta.check_signer(&ours.meta.signer.key)?;
                let of = |body: &ConditionalReceipt| (body.bank, body.pay_to);
                if of(&row.statement.body) != of(&ours.body) {
                    return Err(other("a receipt for another payment"));
                }
                self.receipts.push(row);
            }
            Kind::PaymentAgreement => {
                let row: Row<'_, PaymentAgreement> = self.row(text, piece)?;
                let signer = row.statement.meta.signer.key;
                if self.payment.payer != Some(signer) {
                    return Err(Violation::new(Code::KeyWrong, "not the payer's"));
                }
                if row.statement.body.receipt != ours.hash {
                    return Err(other("for another receipt"));
                }
                self.agreed.push(row);
            }
            Kind::Transfer => {
                let order = order(text, self.crypto)?;
                if (order.body.pay_to, order.body.purpose) != (ours.body.pay_to, ours.body.purpose) {
                    return Err(other("an order for another payment"));
                }
                self.orders.push(piece);
            }
            Kind::Transferred => {
                let row: Row<'_, Transferred> = self.row(text, piece)?;
                row.statement.meta.check_signer(&ours.body.bank)?;
                if row.statement.meta.signer.role != Role::Bank {
                    return Err(Violation::new(Code::RoleWrong, row.statement.meta.signer.role.word()));
                }
                self.said.push(row);
            }
            kind => return Err(Violation::new(Code::KindWrong, kind.word())),
        }
        Ok(())
    }

    fn row<B: Body>(&self, text: &str, piece: &'a Piece) -> Result<Row<'a, B>, Violation> {
        let compact = Compact::parse(text)?;
        let key = self.payment.keys.get(&compact.key());
        let key = key.ok_or_else(|| Violation::new(Code::KeyWrong, compact.key().to_string()))?;
        let content = Hash::of(text.split('.').nth(1).unwrap_or_default().as_bytes());
        Ok(Row { statement: compact.verify_typed(self.crypto, key)?, content, piece })
    }

    /// What the bank says was paid to the reference of the receipt.
    pub(super) fn said_here(&self) -> impl Iterator<Item = &Row<'a, Transferred>> {
        let here = self.payment.receipt.body.pay_to;
        self.said.iter().filter(move |row| row.statement.body.pay_to == here)
    }

    /// Agreements that say what the receipt says.
    pub(super) fn agreed_as_receipted(&self) -> impl Iterator<Item = &Row<'a, PaymentAgreement>> {
        let due = |body: &PaymentAgreement| PaymentAgreement::with(&self.payment.receipt, body.payee.clone());
        self.agreed.iter().filter(move |row| row.statement.body == due(&row.statement.body))
    }

    /// The bytes that the bank names, if they are here.
    pub(super) fn preimage(&self, hash: &Hash) -> Option<(&'a Piece, String)> {
        let piece = self.evidence.preimage(hash)?;
        Some((piece, String::from_utf8(piece.bytes.clone()).unwrap_or_default()))
    }

    /// Whether these bytes are an order to this bank to pay what it says was paid, and had not ended by then.
    pub(super) fn is_order(&self, text: &str, row: &Row<'_, Transferred>) -> Result<(), Violation> {
        let (order, said) = (order(text, self.crypto)?, &row.statement);
        said.body.fits(&order.body, &order.hash)?;
        if order.meta.to != [said.meta.signer.key] {
            return Err(Violation::new(Code::RegisterWrong, "another bank"));
        }
        if said.body.at > order.meta.expires {
            return Err(Violation::new(Code::Expired, "order"));
        }
        Ok(())
    }
}

/// Whether the bank can have said only one of these two: of one reference, or of one order.
pub(super) fn is_one_slot(one: &Row<'_, Transferred>, other: &Transferred) -> bool {
    one.statement.body.pay_to == other.pay_to || one.statement.body.transfer == other.transfer
}

/// An order brings the key along that it verifies under.
fn order(text: &str, crypto: &dyn Crypto) -> Result<Statement<Transfer>, Violation> {
    let compact = Compact::parse(text)?;
    let key = json::read_value(compact.payload())?.get("account_key").map(json::typed::<PublicKey>);
    let key = key.ok_or_else(|| Violation::new(Code::FieldMissing, "account_key"))??;
    compact.verify_typed(crypto, &key)
}
