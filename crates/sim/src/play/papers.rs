//! What must hold of contracts and certified mail, at the end.
//!
//! | said | unless |
//! |---|---|
//! | a signer is stranded | every sound party that began has ended, if the notary is sound |
//! | cannot show its contract | what a complete party kept shows a stranger that it is complete |
//! | is bound and holds nothing | nothing that all others have together shows a contract that a sound party does not have |
//! | some are bound and some are not | sound parties end alike |
//! | the honest notary is convicted | nothing that anybody has convicts a sound one |
//! | nobody is convicted | where a notary that lies made any of this happen, all that there is convicts it |
//! | the letter is another one | who gave the receipt reads what was written |
//! | the letter was read for nothing | whose receipt nobody has cannot read it |

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Blob64, Hash, Role, Xid};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{Compact, danger_typed_unverified};
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::{Decided, Descriptor, Reader};
use semper_exchange::fair::party::{Party, Standing};
use semper_exchange::judge::frame::{FrameOutcome, FrameVerdict, judge};
use semper_exchange::judge::{Conviction, Evidence};
use semper_support::crypto::{Crypto, Ideal, Seeded};
use serde_json::Value;

use super::Play;
use crate::papers::Paper;
use crate::secrecy::Secret;
use crate::trouble::Trouble;
use crate::world::Who;

/// What somebody knows of one exchange.
#[derive(Clone, Debug, Default)]
struct Knows {
    statements: BTreeSet<Vec<u8>>,
    /// It has what opens the letter.
    key: bool,
}

/// How one party of a paper ended.
struct End {
    who: Who,
    sound: bool,
    /// It was restored, and has forgotten something of this: that it is bound, what it said before it stopped.
    behind: bool,
    /// None if it never began.
    machine: Option<Party>,
}

impl End {
    fn standing(&self) -> Option<Standing> {
        self.machine.as_ref().map(Party::standing)
    }

    fn is_complete(&self) -> bool {
        self.standing() == Some(Standing::Complete)
    }

    /// It never began, or will not go on.
    fn has_ended(&self) -> bool {
        self.standing().is_none_or(Standing::is_final)
    }
}

/// Everything about one paper.
struct Case<'a> {
    paper: &'a Paper,
    /// Whether the notary is.
    sound: bool,
    ends: Vec<End>,
    /// By party, and the notary: what each kept and heard.
    knows: BTreeMap<Who, Knows>,
    crypto: Box<dyn Crypto>,
}

impl Play<'_> {
    /// Checks all of them; returns how they ended.
    pub(super) fn papers(&mut self, convicted: &mut BTreeSet<String>) -> Result<BTreeMap<String, u64>, Trouble> {
        let (papers, mut words) = (self.market.papers.clone(), BTreeMap::new());
        if papers.is_empty() {
            return Ok(words);
        }
        if let Some(signer) = self.stranded_signer()? {
            return Err(Trouble::new(format!("a signer is stranded: {signer}")));
        }
        let heard = self.heard();
        for paper in &papers {
            let case = self.case(paper, &heard)?;
            let verdict = case.check().map_err(|what| self.named(paper, &what))?;
            convicted.extend(verdict.convictions.iter().map(|conviction| conviction.who.word().to_owned()));
            *words.entry(format!("{}-{}", paper.form.word(), case.word())).or_insert(0) += 1;
        }
        Ok(words)
    }

    fn named(&mut self, paper: &Paper, what: &str) -> Trouble {
        let ends = paper.parties.clone().into_iter().map(|who| {
            let run = self.market.paper_run(who, paper.x.xid).ok().flatten();
            let name = self.market.world.seat(who).map(|seat| seat.name.to_string()).unwrap_or_default();
            format!("{name} {}", run.map_or("never began", |run| run.machine.standing().word()))
        });
        let ends = ends.collect::<Vec<_>>().join(", ");
        Trouble::new(format!("{what}: {} {}: {ends}", paper.form.word(), paper.x.xid))
    }

    /// A sound party that has begun and not come to an end, though its notary is sound.
    pub(super) fn stranded_signer(&mut self) -> Result<Option<String>, Trouble> {
        for paper in self.market.papers.clone() {
            if !self.is_sound(paper.notary) {
                continue;
            }
            for who in paper.parties.iter().copied().filter(|who| self.is_sound(*who)).collect::<Vec<_>>() {
                let run = self.market.paper_run(who, paper.x.xid)?;
                if let Some(run) = run.filter(|run| !run.machine.standing().is_final()) {
                    let name = &self.market.world.seat(who)?.name;
                    return Ok(Some(format!("{name}: {}", run.machine.standing().word())));
                }
            }
        }
        Ok(None)
    }

    /// What everybody heard about exchanges of this kind.
    fn heard(&self) -> BTreeMap<(Who, Xid), Knows> {
        let mut all: BTreeMap<(Who, Xid), Knows> = BTreeMap::new();
        for (who, heard) in &self.market.world.heard {
            for text in heard.texts() {
                let Ok(Value::Object(said)) = serde_json::from_str(text) else { continue };
                let Some(x) = said.get("descriptor").cloned() else { continue };
                let Ok(Blob64(x)) = serde_json::from_value(x) else { continue };
                let Ok(x) = Descriptor::read(&x) else { continue };
                said.values().for_each(|member| take(member, &x, all.entry((*who, x.xid)).or_default()));
            }
        }
        all
    }

    fn case<'p>(&mut self, paper: &'p Paper, heard: &BTreeMap<(Who, Xid), Knows>) -> Result<Case<'p>, Trouble> {
        let xid = paper.x.xid;
        let (mut ends, mut knows) = (Vec::new(), BTreeMap::new());
        for who in paper.parties.iter().copied() {
            let machine = self.market.paper_run(who, xid)?.map(|run| run.machine);
            ends.push(End { who, sound: self.is_sound(who), behind: self.is_behind(who, xid), machine });
        }
        for who in paper.parties.iter().copied().chain([paper.notary]) {
            let mut known = heard.get(&(who, xid)).cloned().unwrap_or_default();
            known.statements.extend(self.market.kept(who, xid)?.into_iter().map(|(_, bytes)| bytes));
            knows.insert(who, known);
        }
        let crypto: Box<dyn Crypto> =
            if self.market.plan.ideal { Box::new(Ideal::new(0)) } else { Box::new(Seeded::new([0; 32])) };
        Ok(Case { paper, sound: self.is_sound(paper.notary), ends, knows, crypto })
    }

    /// What this party must not know: what others have agreed on and written, and the half of a letter's key that
    /// never leaves the two.
    pub(super) fn sealed_from(&mut self, who: Who) -> Result<Vec<Secret>, Trouble> {
        let mut secrets = Vec::new();
        for paper in self.market.papers.clone() {
            let keeps = |party: &Who| self.is_sound(*party) && !self.is_behind(*party, paper.x.xid);
            if paper.parties.contains(&who) || !paper.parties.iter().all(keeps) {
                continue;
            }
            secrets.push(Secret { name: "what others agreed on".to_owned(), bytes: paper.text.into_bytes() });
            let sender = paper.parties.first().copied().ok_or_else(|| Trouble::new("a paper of nobody"))?;
            if let Some(Party::Sender(sender)) = self.market.paper_run(sender, paper.x.xid)?.map(|run| run.machine) {
                let share = sender.sending().parcel.share.s.danger_bytes().to_vec();
                secrets.push(Secret { name: "the other half of a letter's key".to_owned(), bytes: share });
            }
        }
        Ok(secrets)
    }
}

/// Notes everything that is in a message, whatever it is: statements, and what opens the letter.
fn take(said: &Value, x: &Descriptor, knows: &mut Knows) {
    match said {
        Value::String(text) if Compact::parse(text).is_ok() => {
            if let Ok(resolved) = danger_typed_unverified::<st::Resolved>(text) {
                knows.key |= resolved.body.key.is_some_and(|key| opens(&key, x));
            }
            knows.statements.insert(text.clone().into_bytes());
        }
        Value::Object(members) => {
            let key = serde_json::from_value::<KeyOpening>(said.clone());
            knows.key |= key.is_ok_and(|key| opens(&key, x));
            members.values().for_each(|member| take(member, x, knows));
        }
        Value::Array(items) => items.iter().for_each(|item| take(item, x, knows)),
        _ => {}
    }
}

fn opens(key: &KeyOpening, x: &Descriptor) -> bool {
    x.core.mail.as_ref().is_some_and(|mail| key.check(&mail.com_k).is_ok())
}

impl Case<'_> {
    /// Everything that must hold, or what does not.
    fn check(&self) -> Result<FrameVerdict, String> {
        let everything = self.everything();
        let convicted = !everything.convictions.is_empty();
        let honest = |one: &&Conviction| match one.who {
            Role::Notary => self.sound,
            // Who has forgotten that it had stopped goes on.
            _ => !one
                .party
                .and_then(|place| self.ends.get(usize::from(place)))
                .is_some_and(|end| end.behind || !end.sound),
        };
        if let Some(conviction) = everything.convictions.iter().find(honest) {
            return Err(format!("the honest {} is convicted in a contract: {:?}", conviction.who, conviction.misdeed));
        }
        // What a notary that lies has done to somebody must convict it; a sound one does not do it.
        let allowed = |what: &str| match (self.sound, convicted) {
            (true, _) => Err(what.to_owned()),
            (false, true) => Ok(()),
            (false, false) => Err(format!("nobody is convicted though {what}")),
        };
        for end in self.ends.iter().filter(|end| end.sound) {
            if end.is_complete() && self.shown([end.who]) != FrameOutcome::Complete {
                return Err("somebody cannot show its contract".to_owned());
            }
            let nothing = !end.is_complete() && end.has_ended() && !end.behind;
            if nothing && self.shown(self.others(end.who)) == FrameOutcome::Complete {
                allowed("somebody is bound and holds nothing")?;
            }
        }
        let sound = || self.ends.iter().filter(|end| end.sound && !end.behind);
        if sound().any(End::is_complete) && sound().any(|end| !end.is_complete() && end.has_ended()) {
            allowed("some are bound and some are not")?;
        }
        self.letter(convicted)?;
        Ok(everything)
    }

    /// All but this one; a sound notary shows nobody what was given to it.
    fn others(&self, who: Who) -> Vec<Who> {
        let silent = |other: &Who| self.sound && *other == self.paper.notary;
        self.knows.keys().copied().filter(|other| *other != who && !silent(other)).collect()
    }

    /// What these can show together.
    fn shown(&self, together: impl IntoIterator<Item = Who>) -> FrameOutcome {
        let known = together.into_iter().filter_map(|who| self.knows.get(&who));
        judge(&self.paper.x, &evidence(known, &[]), &*self.crypto).outcome
    }

    fn everything(&self) -> FrameVerdict {
        let honest = self.ends.iter().filter(|end| end.sound).filter_map(|end| match &end.machine {
            Some(Party::Sender(sender)) => serde_json::to_vec(&sender.sending().defence).ok(),
            _ => None,
        });
        let defences: Vec<Vec<u8>> = honest.collect();
        judge(&self.paper.x, &evidence(self.knows.values(), &defences), &*self.crypto)
    }

    /// Of a mail: whoever has the letter has given the receipt, and the letter is the one that was written.
    fn letter(&self, convicted: bool) -> Result<(), String> {
        if self.paper.x.core.mail.is_none() {
            return Ok(());
        }
        let [sender, receiver] = self.ends.as_slice() else { return Err("a letter is between two".to_owned()) };
        let opened = match &receiver.machine {
            Some(Party::Receiver(machine)) => machine.key().map(|key| machine.parcel().open(key)),
            _ => None,
        };
        if receiver.sound && receiver.is_complete() && sender.sound {
            let reads = |content: &[u8]| String::from_utf8_lossy(content).contains(&self.paper.text);
            if !matches!(&opened, Some(Ok(content)) if reads(content)) {
                return Err("the letter is another one, or nobody can read it".to_owned());
            }
        }
        let heard = self.knows.get(&receiver.who).is_some_and(|knows| knows.key);
        let has_read = if receiver.sound { opened.is_some() } else { heard };
        // A notary that lies can give the key away; that it called a good box bad convicts it.
        if sender.sound && !sender.behind && sender.has_ended() && !sender.is_complete() {
            if has_read && self.sound {
                return Err("the letter was read for nothing".to_owned());
            }
            if self.cried(sender.who) && !convicted {
                return Err("nobody is convicted though a good box was called bad".to_owned());
            }
        }
        Ok(())
    }

    /// Whether somebody was told that the box is bad.
    fn cried(&self, who: Who) -> bool {
        let reader = Reader { x: &self.paper.x, crypto: &*self.crypto };
        let cried = |bytes: &Vec<u8>| {
            let decided = std::str::from_utf8(bytes).ok().and_then(|text| reader.decided(text).ok());
            matches!(decided, Some(Decided::Aborted(row)) if row.body.basis == st::AbortBasis::BadEscrow)
        };
        self.knows.get(&who).is_some_and(|knows| knows.statements.iter().any(cried))
    }

    fn word(&self) -> &'static str {
        let sound = || self.ends.iter().filter(|end| end.sound);
        if sound().next().is_none() {
            "of-liars"
        } else if sound().any(End::is_complete) {
            "complete"
        } else if sound().all(End::has_ended) {
            "nothing"
        } else {
            "open"
        }
    }
}

fn evidence<'k>(known: impl Iterator<Item = &'k Knows>, more: &[Vec<u8>]) -> Evidence {
    let mut evidence = Evidence::new();
    let all: BTreeSet<&Vec<u8>> = known.flat_map(|knows| &knows.statements).chain(more).collect();
    for bytes in all {
        // More than a pack holds is no evidence any more.
        let _ = evidence.add(&Hash::of(bytes).hex(), bytes);
    }
    evidence
}
