//! The pack of a transfer whose origin is proven: who sent what, each good by its hash, to which key; and the bank's word
//! about the payment in it. That it was received is nobody's signed word.

use semper_base::{Amount, Currency, Role};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Kind, Statement};
use semper_exchange::transfer::{Good, Sending, What};

use super::super::report::{Agreement, Party, Proven, Report};
use super::{Verifier, party};

impl Verifier<'_> {
    pub(super) fn run_sending(mut self, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        for item in &self.pack.sorted.statements {
            if let Err(why) = self.statement(item) {
                self.problem(&item.file(), &why);
            }
        }
        let main = self.pack.sorted.statements.iter().find(|item| item.kind == Kind::Sending);
        let opened = main.map_or(self.pack.index.meta.issued, |item| item.issued);
        let main = main.map(|item| item.hash);
        self.index(None, main.as_slice());
        self.unused_certificates(opened);
        self.references();
        self.transcripts();
        let sent = self.first::<Sending>();
        let proven = sent.as_ref().map_or_else(Vec::new, |sent| self.sent(sent));
        let pair = sent.as_ref().map(|(sent, _)| [sent.meta.signer.key, sent.body.receiver]);
        let parties = sent.as_ref().map_or_else(Vec::new, |(sent, _)| self.of_sending(sent));
        let exporter = self.exporter(pair, &parties);
        let amount = sent.as_ref().and_then(|(sent, _)| sent.body.amount());
        let agreement = Agreement {
            amount: amount.unwrap_or_else(|| Amount::zero(Currency::EUR)),
            opened,
            title: sent.as_ref().map(|(sent, _)| sent.body.title.clone()),
            shown_by: sent.iter().map(|(_, file)| file.clone()).collect(),
        };
        self.report(exporter, root, parties, agreement, proven)
    }

    /// What the statements show together.
    fn sent(&mut self, (sent, file): &(Statement<Sending>, String)) -> Vec<Proven> {
        if let Err(why) = sent.body.check() {
            self.problem(file, &why);
            return Vec::new();
        }
        let (at, by) = (sent.meta.issued, sent.meta.signer.role);
        let one = |at, by, sentence: String, shown_by: Vec<String>| Proven { at, by, sentence, shown_by };
        let head = format!("signed that it sends \"{}\" to {}", sent.body.title, sent.body.to);
        let mut proven = vec![one(at, by, head, vec![file.clone()])];
        let paths = sent.body.paths().unwrap_or_default();
        for (path, good) in paths.iter().zip(&sent.body.goods) {
            proven.extend(named(path, good).map(|sentence| one(at, by, sentence, vec![file.clone()])));
        }
        for (said, said_file) in self.transfers() {
            if said.body.purpose == sent.body.purpose() && Some(said.body.amount) == sent.body.amount() {
                let sentence = format!("said that {} was paid as the payment in it", said.body.amount);
                proven.push(one(said.body.at, Role::Bank, sentence, vec![said_file]));
            } else {
                let sentence = "is not the payment of this transfer; it proves nothing here";
                self.remark(&said_file, semper_base::Code::RefWrong, sentence);
            }
        }
        proven
    }

    fn of_sending(&mut self, sent: &Statement<Sending>) -> Vec<Party> {
        let known = |key| self.signers.values().find(move |signer| signer.meta.signer.key == key);
        let sender = known(sent.meta.signer.key).and_then(|signer| signer.certificate.clone());
        let mut parties = vec![party(sent.meta.signer.role, sent.meta.signer.key, sender)];
        if let Some(receiver) = known(sent.body.receiver) {
            parties.push(party(receiver.meta.signer.role, sent.body.receiver, receiver.certificate.clone()));
        }
        let bank = self.signers.values().find(|signer| signer.meta.signer.role == Role::Bank);
        parties.extend(bank.map(|bank| party(Role::Bank, bank.meta.signer.key, bank.certificate.clone())));
        if let Some(amount) = sent.body.amount() {
            self.limits(&parties, amount);
        }
        parties
    }
}

/// A good, so that a stranger can compare what somebody shows: with `sha256sum`, for what has bytes.
fn named(path: &str, good: &Good) -> Option<String> {
    match &good.what {
        What::Certificate(paper) => Some(format!("sent the certificate {path} with SHA-256 {}", paper.hash)),
        What::Container(_) => None,
        What::Data(data) => {
            Some(format!("sent {path}, {} bytes with SHA-256 {}", data.content.layout.length(), data.hash))
        }
        What::Payment(payment) => Some(format!("announced the payment {path} of {}", payment.amount)),
        What::Statement(paper) => {
            let kind = paper.kind.map_or("statement", Kind::word);
            Some(format!("sent the signed {kind} {path} with SHA-256 {}", paper.hash))
        }
    }
}
