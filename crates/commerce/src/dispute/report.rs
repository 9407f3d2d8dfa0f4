//! What the verifier says, for programs (JSON) and for people.

mod verdicts;

use semper_base::{Amount, Currency, Hash, KeyId, Role, Timestamp, Violation, Xid};
use semper_exchange::fair::frame::Protocol;
use semper_exchange::judge::frame::FrameVerdict;
use semper_exchange::judge::lock::LockVerdict;
use semper_exchange::judge::log::{Cosigned, LogVerdict};
use semper_exchange::judge::payment::PaymentVerdict;
use semper_exchange::judge::{Finding, Verdict};
use semper_support::tinguin::neutral::neutralise_cut;
use serde::{Serialize, Serializer};

use super::verify::stamps::{Existed, Stamped, Stamps, Standing};

/// Widest line for people.
const WIDTH: usize = 100;
/// Most characters shown of a name or title that somebody else wrote.
const NAME_CHARS: usize = 120;
/// Most characters shown of one line of a contract.
const TEXT_CHARS: usize = 16_384;

/// The report about one pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of this form: 1.
    pub version: u64,
    /// The exchange; none for a mail order.
    pub xid: Option<Xid>,
    /// The order, if the pack is of a mail order.
    pub order: Option<Hash>,
    /// Who made the pack.
    pub exporter: Exporter,
    /// The reader's root and the pack's.
    pub root: RootCheck,
    /// Buyer, seller, bank, notary.
    pub parties: Vec<Party>,
    /// What was agreed.
    pub agreement: Agreement,
    /// What a contract says that several parties signed; none in any other pack.
    pub contract: Option<ContractShown>,
    /// What was stated, by whom; empty for a sale whose register is a bank, where the verdict says it.
    pub proven: Vec<Proven>,
    /// The time stamps, and by when the files existed that they cover.
    pub stamps: Stamps,
    /// What the registers' logs show.
    pub logs: Vec<LogVerdict>,
    /// How many statements there are.
    pub statements: usize,
    /// What is wrong. Sorted.
    pub problems: Vec<Note>,
    /// What a reader should know. Sorted.
    pub remarks: Vec<Note>,
    /// Parts that the pack does not have.
    pub absent: Vec<String>,
    /// What the statements prove; none if there are problems.
    pub verdict: Option<Verdict>,
    /// The same where the register is a notary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_verdict: Option<FrameVerdict>,
    /// The same of a lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_verdict: Option<LockVerdict>,
    /// The same of a payment for receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_verdict: Option<PaymentVerdict>,
    /// The same of each lock of a mail order whose money was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<KeptShown>,
}

/// What the judge says of the money of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptShown {
    /// How much was to be locked.
    pub amount: Amount,
    /// The shipment that it pays for, if there was one.
    pub part: Option<u64>,
    /// The verdict.
    pub verdict: LockVerdict,
}

/// Somebody with a part in the deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Which part.
    pub role: Role,
    /// The key.
    pub key: KeyId,
    /// The key's first 32 bits in words, to tell keys apart.
    pub words: String,
    /// The certified name; none if there is only a key.
    pub name: Option<String>,
    /// The certified registration number.
    pub organisation: Option<String>,
    /// Who certified it.
    pub issuer: Option<String>,
    /// Up to which amount the certificate may be relied on.
    #[serde(serialize_with = "some_money")]
    pub limit: Option<Amount>,
    /// The certificate's file.
    pub certificate: Option<String>,
}

/// Who made the pack, and when by their own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exporter {
    /// Who.
    pub party: Party,
    /// When.
    pub exported: Timestamp,
}

/// The comparison of roots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootCheck {
    /// Whether they are the same certificate.
    pub same: bool,
    /// Fingerprint of the reader's.
    pub given: String,
    /// Fingerprint of the pack's.
    pub pack: String,
}

/// What was agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The price.
    #[serde(serialize_with = "money")]
    pub amount: Amount,
    /// When the exchange opened.
    pub opened: Timestamp,
    /// The goods; none if the contract is not in the pack.
    pub title: Option<String>,
    /// Offer, order, acceptance; empty if one is missing.
    pub shown_by: Vec<String>,
}

/// A contract that several parties signed, as its terms say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractShown {
    /// SHA-256 of the document that holds the text, if it lies in one.
    pub document: Option<Hash>,
    /// Its name.
    pub document_name: Option<String>,
    /// Until when it could be signed.
    pub expires: Timestamp,
    /// What is given in it beside signatures, by whom to whom, in the words of the terms.
    pub parts: Vec<String>,
    /// How it was signed.
    pub protocol: Protocol,
    /// The text; none if it lies in a document, or the terms are not in the pack.
    pub text: Option<String>,
}

/// What a signature shows. Whether it is true is another question: only its signer answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// When, by the signer's clock.
    pub at: Timestamp,
    /// Who signed.
    pub by: Role,
    /// For people.
    pub sentence: String,
    /// The files that show it.
    pub shown_by: Vec<String>,
}

/// One sentence about one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// See [`semper_base::Code`].
    pub code: u16,
    /// For people.
    pub sentence: String,
}

/// Money as people and programs outside read it: `{"amount":"184.90","currency":"EUR"}`.
#[derive(Serialize)]
struct Money<'a> {
    amount: String,
    currency: &'a str,
}

fn money<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    some_money(&Some(*amount), serializer)
}

#[expect(clippy::ref_option, reason = "the form that serde calls")]
fn some_money<S: Serializer>(amount: &Option<Amount>, serializer: S) -> Result<S::Ok, S::Error> {
    let currency = amount.map(Amount::currency);
    let outside = |(amount, currency)| Money { amount: Amount::decimal(amount), currency };
    amount.zip(currency.as_ref().map(Currency::as_str)).map(outside).serialize(serializer)
}

impl Note {
    pub(super) fn of(file: &str, why: &Violation) -> Self {
        let detail = if why.detail().is_empty() { String::new() } else { format!(": {}", why.detail()) };
        Note { file: file.to_owned(), code: why.code().number(), sentence: format!("{}{detail}", why.code().text()) }
    }
}

impl Report {
    /// Whether nothing is wrong. What the parties did is another question: see the verdict.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn head(&self, page: &mut Page) {
        if self.is_sound() {
            page.line("EVIDENCE PACK: everything in it verifies.");
        } else {
            page.line("EVIDENCE PACK: VERIFICATION FAILED. There is no verdict.");
        }
        page.line("");
        match (self.xid, self.order) {
            (Some(xid), _) => page.line(&format!("Exchange  {xid}")),
            (None, Some(order)) => page.line(&format!("Order     {order}")),
            (None, None) => {}
        }
        let exporter = &self.exporter.party;
        page.wrapped("Made by   ", "          ", &format!("the {}: {}", exporter.role, who(exporter)));
        page.wrapped("          ", "          ", &format!("at {}, by their own clock", self.exporter.exported));
        page.wrapped("Root      ", "          ", &format!("yours: {}", self.root.given));
        if !self.root.same {
            page.wrapped("          ", "          ", &format!("THE PACK HAS ANOTHER: {}", self.root.pack));
        }
        notes(page, "What is wrong", &self.problems);
    }

    fn who_and_what(&self, page: &mut Page) {
        page.heading("Parties");
        for party in &self.parties {
            page.wrapped(&format!("  {:<8}", party.role.word()), "          ", &who(party));
        }
        page.heading("Agreed");
        let Agreement { amount, opened, title, shown_by } = &self.agreement;
        match title {
            _ if self.contract.is_some() => self.terms(page),
            Some(title) => page.wrapped("  ", "  ", &format!("\"{}\" for {amount}, on {opened}", harmless(title))),
            None => page.wrapped("  ", "  ", &format!("An exchange for {amount}, opened {opened}. {NO_CONTRACT}")),
        }
        page.files("    shown by ", shown_by);
    }
}

impl Report {
    /// The terms of a contract.
    fn terms(&self, page: &mut Page) {
        let Some(contract) = &self.contract else { return };
        let title = self
            .agreement
            .title
            .as_deref()
            .map_or_else(|| "a contract".to_owned(), |title| format!("\"{}\"", harmless(title)));
        let line = format!("{title}, opened {}, to be signed until {}", self.agreement.opened, contract.expires);
        page.wrapped("  ", "  ", &line);
        for line in contract.text.iter().flat_map(|text| text.lines()) {
            page.wrapped("  | ", "  | ", &neutralise_cut(line, TEXT_CHARS).text);
        }
        if let (Some(hash), Some(name)) = (contract.document, &contract.document_name) {
            page.wrapped("  ", "  ", &format!("the text is in the file \"{}\" with SHA-256 {hash}", harmless(name)));
        }
        for part in &contract.parts {
            page.wrapped("  - ", "    ", &neutralise_cut(part, TEXT_CHARS).text);
        }
        if self.agreement.title.is_none() {
            page.wrapped("  ", "  ", "The terms are not in this pack; the descriptor commits to them.");
        }
    }
}

/// The text for people: plain, one language, at most 100 columns.
impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut page = Page::default();
        self.head(&mut page);
        self.who_and_what(&mut page);
        if let Some(verdict) = &self.verdict {
            claims(&mut page, verdict, &self.stamps);
        }
        if let Some(verdict) = &self.frame_verdict {
            verdicts::of_frame(&mut page, verdict);
        }
        if let Some(verdict) = &self.lock_verdict {
            verdicts::of_lock(&mut page, verdict);
        }
        if let Some(verdict) = &self.payment_verdict {
            verdicts::of_payment(&mut page, verdict);
        }
        for kept in self.locks.iter().filter(|_| self.is_sound()) {
            let part = kept.part.map_or_else(|| "what was not shipped".to_owned(), |part| format!("part {part}"));
            page.heading(&format!("The money of {part}: {}", kept.amount));
            verdicts::of_lock(&mut page, &kept.verdict);
        }
        if self.verdict.is_none() && self.is_sound() {
            page.heading("What was stated, by whom (each signer answers for its own word)");
            for Proven { at, by, sentence, shown_by } in &self.proven {
                page.wrapped("  ", "    ", &format!("{at}, {by}: {}", harmless_sentence(sentence)));
                page.files("    shown by ", shown_by);
                existed(&mut page, self.stamps.of(shown_by).filter(|_| !shown_by.is_empty()));
            }
        }
        if self.is_sound() {
            logs(&mut page, &self.logs);
            stamps(&mut page, &self.stamps);
        }
        notes(&mut page, "What you should know", &self.remarks);
        if !self.absent.is_empty() {
            page.heading("Not in this pack");
            page.wrapped("  ", "  ", &self.absent.join(", "));
        }
        f.write_str(&page.0)
    }
}

/// By when what shows something existed.
fn existed(page: &mut Page, existed: Option<&Existed>) {
    if let Some(Existed { by, says, stamp }) = existed {
        page.wrapped("    ", "    ", &format!("existed by {by}, says {} ({stamp})", harmless(says)));
    }
}

/// What the logs of the registers show.
fn logs(page: &mut Page, logs: &[LogVerdict]) {
    if logs.is_empty() {
        return;
    }
    page.heading("The registers' logs");
    for decision in logs.iter().flat_map(|log| &log.decisions) {
        page.wrapped("  ", "    ", &decision.sentence);
        page.files("    shown by ", &decision.shown_by);
        for Cosigned { by, at } in &decision.cosigned {
            page.wrapped("    ", "    ", &format!("cosigned at {at} by {}", harmless(by)));
        }
    }
    for conviction in logs.iter().flat_map(|log| &log.convictions) {
        page.wrapped("  ", "    ", &format!("Convicted by its own signature: {}", conviction.sentence));
        page.files("    shown by ", &conviction.shown_by);
    }
}

fn stamps(page: &mut Page, stamps: &Stamps) {
    if stamps.stamps.is_empty() {
        return;
    }
    page.heading("Time stamps");
    for stamped in &stamps.stamps {
        let worth = match stamped.standing {
            Standing::Counts => format!("can be relied on until {}, if it is not renewed before", stamped.until),
            Standing::Ended => format!("proves nothing any more: ended at {}", stamped.until),
            Standing::Revoked => "proves nothing any more: revoked".to_owned(),
            Standing::StatusUnknown => "not relied on: no revocation list of its time".to_owned(),
        };
        let Stamped { file, at, by, .. } = stamped;
        page.wrapped("  ", "    ", &format!("{at} by {} ({file}): {worth}", harmless(by)));
    }
    if let Some(Existed { by, says, stamp }) = &stamps.all_existed {
        page.wrapped("  ", "    ", &format!("Everything here existed by {by}, says {} ({stamp}).", harmless(says)));
    }
}

const NO_CONTRACT: &str = "Offer, order and acceptance are not all in this pack, so it does not show for what.";

fn who(party: &Party) -> String {
    let Some(name) = &party.name else {
        return format!("a key that no certificate here names ({})", party.words);
    };
    let mut backing = vec![format!("certified by {}", harmless(party.issuer.as_deref().unwrap_or_default()))];
    backing.extend(party.organisation.as_deref().map(harmless));
    backing.extend(party.limit.map(|limit| format!("to be relied on up to {limit}")));
    backing.extend(party.certificate.clone());
    format!("{} ({})", harmless(name), backing.join("; "))
}

fn harmless(text: &str) -> String {
    neutralise_cut(text, NAME_CHARS).text
}

fn notes(page: &mut Page, title: &str, notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    page.heading(title);
    for note in notes {
        page.wrapped("  - ", "    ", &format!("{} {} [{}]", note.file, harmless_sentence(&note.sentence), note.code));
    }
}

/// A sentence may quote what somebody else wrote.
fn harmless_sentence(sentence: &str) -> String {
    neutralise_cut(sentence, 400).text
}

fn claims(page: &mut Page, verdict: &Verdict, stamps: &Stamps) {
    page.heading("Verdict");
    let known = verdict.claims.iter().filter(|claim| claim.finding != Finding::NotProvable);
    for claim in known {
        page.wrapped("  ", "    ", &claim.sentence);
        page.files("    shown by ", &claim.shown_by);
        existed(page, stamps.of(&claim.shown_by).filter(|_| !claim.shown_by.is_empty()));
        page.files("    against it ", &claim.against);
    }
    for claim in verdict.claims.iter().filter(|claim| claim.finding == Finding::NotProvable) {
        page.wrapped("  ", "    ", &claim.sentence);
    }
    page.heading("Who is convicted by their own signature");
    if verdict.convictions.is_empty() {
        page.line("  Nobody.");
    }
    for conviction in &verdict.convictions {
        page.wrapped("  ", "    ", &conviction.sentence);
        page.files("    shown by ", &conviction.shown_by);
    }
    page.heading("Where the parties stand, by this evidence");
    page.wrapped("  buyer   ", "          ", &verdict.outcome.buyer.sentence);
    page.wrapped("  seller  ", "          ", &verdict.outcome.seller.sentence);
}

/// Lines.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn heading(&mut self, title: &str) {
        self.line("");
        self.line(title);
    }

    fn files(&mut self, how: &str, files: &[String]) {
        if !files.is_empty() {
            self.wrapped(how, &" ".repeat(how.len()), &files.join(", "));
        }
    }

    /// `text` in lines of at most [`WIDTH`] characters, broken at blanks; longer words are cut.
    fn wrapped(&mut self, first: &str, others: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            let mut word: Vec<char> = word.chars().collect();
            loop {
                let free = WIDTH.saturating_sub(line.chars().count() + usize::from(!empty));
                if word.len() <= free {
                    break;
                }
                let whole = WIDTH.saturating_sub(others.chars().count());
                if empty && word.len() > whole {
                    line.extend(word.drain(..free.min(word.len())));
                }
                self.line(&line);
                others.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.extend(word);
            empty = false;
        }
        self.line(&line);
    }
}
