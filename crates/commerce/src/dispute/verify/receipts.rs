//! The pack of a payment for receipt: what the payee signed in advance and the bank's word make the receipt.

use semper_base::{Amount, Code, Currency, KeyId, Role};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Kind, Statement};
use semper_exchange::fair::receipt::{ConditionalReceipt, PaymentAgreement};

use super::super::report::{Agreement, Party, Proven, Report};
use super::{Verifier, party};

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
        let amount = receipt.as_ref().map_or_else(|| Amount::zero(Currency::EUR), |(receipt, _)| receipt.body.amount);
        let agreement = Agreement {
            amount,
            opened,
            title: receipt.as_ref().map(|(receipt, _)| receipt.body.text.clone()),
            shown_by: receipt.iter().map(|(_, file)| file.clone()).collect(),
        };
        self.report(exporter, root, parties, agreement, proven)
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
