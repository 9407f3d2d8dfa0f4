//! The pack of a payment for receipt: what the payee signed in advance and the bank's word make the receipt.

use semper_base::{Amount, Code, Currency, KeyId, Role, Violation};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Kind, Statement};
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::payment::{Payment, PaymentVerdict, judge};
use semper_support::crypto::Crypto;

use super::super::pack::{Pack, Sorted};
use super::super::report::{Agreement, Party, Proven, Report};
use super::{Verifier, party, verify};

impl Verifier<'_> {
    /// Whether a statement of this kind is here.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.pack.sorted.statements.iter().any(|item| item.kind == kind)
    }

    pub(super) fn run_receipt(mut self, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        for item in &self.pack.sorted.statements {
            if let Err(why) = self.statement(item) {
                self.problem(&item.file(), &why);
            }
        }
        let main = self.pack.sorted.statements.iter().find(|item| item.kind == Kind::ConditionalReceipt);
        let main = main.map(|item| item.hash);
        self.index(None, main.as_slice());
        let opened = self.pack.sorted.statements.iter().map(|item| item.issued).min();
        let opened = opened.unwrap_or(self.pack.index.meta.issued);
        self.unused_certificates(opened);
        self.references();
        self.transcripts();
        let receipt = self.first::<ConditionalReceipt>();
        let agreement = self.first::<PaymentAgreement>();
        let proven = receipt.as_ref().map_or_else(Vec::new, |receipt| self.receipt(receipt, agreement.as_ref()));
        let pair = receipt.as_ref().map(|(receipt, _)| {
            let payee = receipt.meta.signer.key;
            let payer = agreement.as_ref().filter(|(agreed, _)| agreed.body.receipt == receipt.hash);
            [payer.map_or(payee, |(agreed, _)| agreed.meta.signer.key), payee]
        });
        let parties = receipt.as_ref().map_or_else(Vec::new, |(receipt, _)| self.paid_and_payer(pair, receipt));
        let exporter = self.exporter(pair, &parties);
        let verdict = receipt.as_ref().filter(|_| self.problems.is_empty()).map(|(receipt, _)| receipt.text.clone());
        let payment_verdict = verdict.and_then(|receipt| self.judge_payment(&receipt, pair));
        let amount = receipt.as_ref().map_or_else(|| Amount::zero(Currency::EUR), |(receipt, _)| receipt.body.amount);
        let agreement = Agreement {
            amount,
            opened,
            title: receipt.as_ref().map(|(receipt, _)| receipt.body.text.clone()),
            shown_by: receipt.iter().map(|(_, file)| file.clone()).collect(),
        };
        Report { payment_verdict, ..self.report(exporter, root, parties, agreement, proven) }
    }

    fn judge_payment(&mut self, receipt: &str, pair: Option<[KeyId; 2]>) -> Option<PaymentVerdict> {
        let mut evidence = Evidence::new();
        let sorted = &self.pack.sorted;
        let payer = pair.map(|[payer, _]| payer);
        let payment = Payment::new(receipt, payer, sorted.keys.values().cloned(), self.crypto);
        let payment = payment.and_then(|payment| gather(sorted, "", &mut evidence).map(|()| payment));
        let payment = payment.map_err(|why| self.problem("statements", &why)).ok()?;
        let verdict = judge(&payment, &evidence, self.crypto);
        for aside in &verdict.set_aside {
            for file in &aside.pieces {
                self.note(file, aside.code, &format!("has no weight: {}", aside.sentence));
            }
        }
        Some(verdict)
    }

    /// What the statements show together.
    fn receipt(
        &mut self,
        (receipt, file): &(Statement<ConditionalReceipt>, String),
        agreement: Option<&(Statement<PaymentAgreement>, String)>,
    ) -> Vec<Proven> {
        let by = receipt.meta.signer.role;
        let body = &receipt.body;
        let mut proven = Vec::new();
        let one = |at, by, sentence: String, shown_by: Vec<String>| Proven { at, by, sentence, shown_by };
        if let Err(why) = body.check() {
            self.problem(file, &why);
            return proven;
        }
        let until = body.until;
        let signed =
            format!("signed in advance that it has {} if the bank says by {until} that it was paid", body.amount);
        proven.push(one(receipt.meta.issued, by, signed, vec![file.clone()]));
        if let Some((agreed, agreed_file)) = agreement.filter(|(agreed, _)| agreed.body.receipt == receipt.hash) {
            let sentence = format!("agreed to pay {} for this receipt", agreed.body.amount);
            proven.push(one(agreed.meta.issued, agreed.meta.signer.role, sentence, vec![agreed_file.clone()]));
        }
        for (said, said_file) in self.transfers() {
            match body.fulfilled(&said) {
                Ok(at) => {
                    let sentence = format!("said that {} was paid to this reference for this purpose", body.amount);
                    proven.push(one(at, Role::Bank, sentence, vec![said_file.clone()]));
                    let sentence =
                        format!("has received {} for \"{}\": the receipt is complete", body.amount, body.text);
                    proven.push(one(at, by, sentence, vec![file.clone(), said_file]));
                }
                Err(why) => {
                    self.remark(
                        &said_file,
                        why.code(),
                        "is not the payment that the receipt names; it proves nothing here",
                    );
                }
            }
        }
        if !proven.iter().any(|proven| proven.by == Role::Bank) {
            self.remark(file, Code::NotFound, "is no receipt yet: the bank's word that it was paid is not here");
        }
        proven
    }

    fn paid_and_payer(&mut self, pair: Option<[KeyId; 2]>, receipt: &Statement<ConditionalReceipt>) -> Vec<Party> {
        let [payer, payee] = pair.unwrap_or([receipt.meta.signer.key; 2]);
        let mut parties = Vec::new();
        let signers = self.signers.values();
        let mut found: Vec<_> = signers.filter(|signer| [payer, payee].contains(&signer.meta.signer.key)).collect();
        found.sort_by_key(|signer| signer.meta.signer.key != payee);
        found.dedup_by_key(|signer| signer.meta.signer.key);
        for signer in found {
            parties.push(party(signer.meta.signer.role, signer.meta.signer.key, signer.certificate.clone()));
        }
        let bank = self.signers.values().find(|signer| signer.meta.signer.role == Role::Bank);
        parties.extend(bank.map(|signer| party(Role::Bank, signer.meta.signer.key, signer.certificate.clone())));
        self.limits(&parties, receipt.body.amount);
        parties
    }
}

/// What packs of one payment prove together: what an arbiter sees who has heard payer and payee. Each must verify by
/// itself, and all must be of one payee and one reference; else there is no verdict. The first pack's receipt is the
/// one that is judged, for the payer whom a pack shows.
#[must_use]
pub fn verify_payment_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Option<PaymentVerdict> {
    let mut evidence = Evidence::new();
    let (mut receipts, mut payer, mut keys) = (Vec::new(), None, Vec::new());
    for (name, pack) in packs {
        let report = verify(pack, root, crypto);
        let main = pack.sorted.statements.iter().find(|item| item.kind == Kind::ConditionalReceipt)?;
        report.payment_verdict.as_ref()?;
        payer = payer.or(pack.sorted.statements.iter().find(|item| item.kind == Kind::PaymentAgreement));
        receipts.push(main.text.as_str());
        keys.extend(pack.sorted.keys.values().cloned());
        gather(&pack.sorted, &format!("{name}/"), &mut evidence).ok()?;
    }
    let of = |receipt: &&str| Payment::new(receipt, payer.map(|item| item.key), keys.iter().cloned(), crypto).ok();
    let payments: Option<Vec<Payment>> = receipts.iter().map(of).collect();
    let (first, others) = payments.as_deref()?.split_first()?;
    others.iter().all(|other| first.is_same(other)).then(|| judge(first, &evidence, crypto))
}

/// What the judge reads of a pack.
fn gather(sorted: &Sorted, before: &str, evidence: &mut Evidence) -> Result<(), Violation> {
    // What is said about logs has a judge of its own.
    let other = [Kind::LogKey, Kind::Logged];
    let statements = sorted.statements.iter().filter(|item| !other.contains(&item.kind));
    statements
        .map(|item| (item.file(), item.text.as_bytes()))
        .try_for_each(|(file, bytes)| evidence.add(&format!("{before}{file}"), bytes))
}
