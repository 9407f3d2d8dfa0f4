//! Display transcripts: what a trusted screen showed, and what was signed after it.

use semper_base::{Code, Hash, Violation};
use semper_blocks::statement::Compact;
use semper_support::tinguin::{Answer, Transcript};

use super::super::pack::Item;
use super::Verifier;

impl Verifier<'_> {
    /// A transcript must be of what was signed.
    pub(super) fn transcripts(&mut self) {
        for (file, text) in &self.pack.sorted.transcripts {
            match transcript(text, &self.pack.sorted.statements) {
                Ok(true) => {}
                Ok(false) => self.remark(file, Code::RefMissing, "is about no statement of this pack"),
                Err(why) => self.problem(file, &why),
            }
        }
    }
}

/// Whether the transcript is about a statement of the pack.
fn transcript(text: &str, statements: &[Item]) -> Result<bool, Violation> {
    let transcript = Transcript::read(text.as_bytes())?;
    let Answer::Signed(hash) = transcript.answer else { return Ok(false) };
    let Some(item) = statements.iter().find(|item| item.hash == hash) else { return Ok(false) };
    let same_payload = Hash::of(Compact::parse(&item.text)?.payload()) == transcript.payload;
    if !same_payload || transcript.key != item.key || transcript.kind.as_str() != item.kind.word() {
        return Err(Violation::new(Code::PackMember, format!("does not show what {} says", item.file())));
    }
    Ok(true)
}
