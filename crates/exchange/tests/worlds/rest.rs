//! From any state to rest: no more faults, whims or lies; everybody does at once what is to be done. How
//! it ends, and what is proven then.

use std::hash::{DefaultHasher, Hash as _, Hasher};

use semper_base::Role;
use semper_exchange::fair::dgp::{Content, buyer, seller};
use semper_exchange::judge::{Evidence, Verdict, judge};
use semper_support::crypto::Ideal;

use super::model::Core;
use super::state::{Action, Purse, ROLES, State};
use super::world::{LAST_TICK, Payload, World};

/// Steps to rest: more of them never end.
const STEPS_MAX: usize = 3000;

impl Core {
    /// How it ends when nothing more goes wrong: with what is under way arriving, or lost for good. None
    /// if it does not end.
    pub(crate) fn rest(&mut self, state: &State, lost: bool) -> Option<State> {
        let mut here = State { crashes: 0, lies: 0, whims: 0, down: 0, late: 0, net: vec![], ..state.clone() };
        if lost {
            here.fresh.clear();
        }
        let mut way = Vec::new();
        let end = loop {
            let name = name(&here);
            if let Some(known) = self.rests.get(&name) {
                break *known;
            }
            way.push(name);
            if self.over(&here) || here.wrong.is_some() {
                self.ends.push(here);
                break u32::try_from(self.ends.len() - 1).ok();
            }
            if way.len() > STEPS_MAX || here.tick > 3 * LAST_TICK {
                break None;
            }
            let action = self.open(&here);
            self.act(&mut here, action, true);
        };
        self.rests.extend(way.into_iter().map(|name| (name, end)));
        end.map(|end| self.ends[end as usize].clone())
    }

    /// What is to be done first.
    pub(crate) fn open(&self, state: &State) -> Action {
        if let Some(message) = state.fresh.first() {
            return Action::Deliver(*message);
        }
        if let Some(question) = state.questions.first()
            && self.runs(Role::Buyer)
        {
            return Action::Sign(*question);
        }
        if self.looks(state) {
            return Action::Look;
        }
        let due = ROLES.into_iter().find(|role| self.due(state, *role));
        due.map_or(Action::Tick, Action::Deadline)
    }

    /// Whether everybody honest is through. Without an honest notary and seller a buyer may be left
    /// asking for the key; then the notary's word is on record, see `props::fair`.
    pub(crate) fn over(&self, state: &State) -> bool {
        let left = !self.runs(Role::Notary) && state.purse == Purse::Paid;
        let buyer = !self.runs(Role::Buyer) || self.world.buyer_ended(state.machines[1]) || left;
        let seller = !self.runs(Role::Seller) || self.world.seller_ended(state.machines[3]);
        let none = !self.runs(Role::Buyer) && state.purse == Purse::Payer;
        buyer && (seller || none) && !matches!(state.purse, Purse::Held | Purse::Claim)
    }

    /// Everything signed that exists in this state, and what dishonest parties may add.
    pub(crate) fn evidence(&mut self, state: &State) -> Vec<u32> {
        let known = self.world.known(self.setting.coalition, state);
        let lies = self.world.lies(self.setting.coalition, known);
        let mut all: Vec<u32> = state.net.iter().chain(&lies).flat_map(|message| self.said(*message)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The statements within a message.
    fn said(&mut self, message: u32) -> Vec<u32> {
        if let Some(known) = self.world.said.get(&message) {
            return known.clone();
        }
        let texts: Vec<String> = match &self.world.messages.get(message).payload {
            Payload::Chunk(_) => vec![],
            Payload::Packet(content) => texts(content),
        };
        let said: Vec<u32> = texts.into_iter().map(|text| self.world.statements.put(text.clone(), text)).collect();
        self.world.said.insert(message, said.clone());
        said
    }

    /// What the judge makes of these statements, of the key, of the seller's defence and of the proof
    /// that can be made with chunk and key.
    pub(crate) fn verdict(&mut self, statements: &[u32]) -> Verdict {
        if let Some(known) = self.world.verdicts.get(statements) {
            return known.clone();
        }
        let world = &self.world;
        let proof = serde_json::to_string(&world.proof(&world.key, &world.share)).unwrap();
        let defence = serde_json::to_string(&world.defence()).unwrap();
        let mut evidence = Evidence::new();
        for number in statements {
            evidence.add(&number.to_string(), world.statements.get(*number).as_bytes()).unwrap();
        }
        evidence.add("proof", proof.as_bytes()).unwrap();
        evidence.add("defence", defence.as_bytes()).unwrap();
        let verdict = judge(&world.x, &evidence, &Ideal::new(1));
        self.world.verdicts.insert(statements.to_vec(), verdict.clone());
        verdict
    }
}

fn name(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

fn texts(content: &Content) -> Vec<String> {
    let texts: Vec<&String> = match content {
        Content::Answer { statement }
        | Content::Contest { statement }
        | Content::Mandate { statement }
        | Content::PassKey { statement }
        | Content::Receipt { statement }
        | Content::Release { statement }
        | Content::Status { statement } => vec![statement],
        Content::Capture { statement, mandate } => vec![statement, mandate],
        Content::Complaint { statement, captured, proof } => vec![statement, captured, proof],
        Content::EscrowRequest { statement, captured, .. } => vec![statement, captured],
        Content::Hold { statement, debit } => vec![statement, debit],
        Content::EscrowBox { .. } | Content::Fetch { .. } | Content::Key { .. } | Content::Refused { .. } => vec![],
    };
    texts.into_iter().cloned().collect()
}

impl World {
    fn buyer_ended(&self, machine: u32) -> bool {
        use buyer::Stage::{Refunded, Released, Settled};
        matches!(self.buyer(machine).stage(), Released | Settled | Refunded)
    }

    fn seller_ended(&self, machine: u32) -> bool {
        use seller::Stage::{Refunded, Released, Settled};
        matches!(self.seller_stage(machine), Released | Settled | Refunded)
    }
}
