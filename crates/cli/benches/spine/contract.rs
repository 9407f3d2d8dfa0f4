//! A contract signed by two (CS2), in memory: four messages, from the first promise to both complete.
//!
//! The floor is what the protocol cannot do without: four signatures and four verifications over texts of the
//! same length, bare.

use std::sync::Arc;

use semper_base::{Blob64, Hash, Millis, Nonce, Step, Timestamp, json};
use semper_blocks::item::Grade;
use semper_blocks::statement::{Kind, Language, sign_payload};
use semper_crypto_aws_lc::AwsLc;
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::{
    Contract, Core, Cx, Deadlines, Descriptor, Effect, Event, Named, Own, Packet, Protocol, Seat, Terms, Third,
    check_with,
};
use semper_exchange::fair::party::{Party, Standing};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::Context;
use semper_support::crypto::{Crypto, KeyPair, Keyring, Secret32};

use crate::bare::BareKey;
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome};

/// Contracts of one round.
const CONTRACTS: usize = 64;
const ROUNDS: usize = 21;
/// Signatures of one contract.
const SIGNATURES: usize = 4;
/// What most messages fit into.
const MESSAGE_BYTES: usize = 4096;
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);

pub(crate) fn measure() -> Outcome<Figure> {
    let mut subject = Subject::new()?;
    let length = subject.sign()?;
    let floor = Floor { key: BareKey::new()?, text: vec![b'x'; length] };
    let goal = (Basis::Cpu, Goal::Times(1.25));
    Figure::measure("contract of two: four messages", goal, ROUNDS, || floor.round(), || subject.round())
}

struct Floor {
    key: BareKey,
    text: Vec<u8>,
}

impl Floor {
    fn round(&self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for turn in 0..CONTRACTS * SIGNATURES {
            let signature = self.key.sign(&self.text)?;
            // Each party meets the other's key, and then knows it.
            if turn % SIGNATURES < 2 {
                self.key.verify_fresh(&self.text, &signature)?;
            } else {
                self.key.verify(&self.text, &signature)?;
            }
        }
        clock.stop(CONTRACTS)
    }
}

struct Subject {
    crypto: Arc<dyn Crypto>,
    keyring: Keyring,
    keys: [KeyPair; 2],
    x: Descriptor,
    /// Both have agreed; what the first one is asked then.
    parties: [Party; 2],
    promise: Vec<u8>,
}

impl Subject {
    fn new() -> Outcome<Subject> {
        let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
        let keys = [crypto.generate()?, crypto.generate()?];
        let (x, terms) = contract(&keys, &crypto.generate()?)?;
        let keyring = Keyring::for_simulation([7; 32]);
        let base = Context { now: NOW, crypto: &*crypto, keyring: &keyring };
        let cx = Cx { base, author: None };
        let mut promise = Vec::new();
        let mut agreed = |place: u8| -> Outcome<Party> {
            let own = Own { place, certificate: None, language: Language::En, terms: terms.clone() };
            let mut out = Vec::new();
            let party = Party::start(own, &x, &cx, &mut out)?;
            let (_, payload) = asked(&out).ok_or("no question")?;
            let key = keys.get(usize::from(place)).ok_or("no such key")?;
            let text = sign_payload(&*crypto, &key.secret, payload)?;
            out.clear();
            let party = advanced(party.step(&Event::Signed(Kind::Agreement, text), &x, &cx, &mut out)?)?;
            if let Some((_, payload)) = asked(&out) {
                promise = payload.to_vec();
            }
            Ok(party)
        };
        let parties = [agreed(0)?, agreed(1)?];
        Ok(Subject { crypto, keyring, keys, x, parties, promise })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..CONTRACTS {
            self.sign()?;
        }
        clock.stop(CONTRACTS)
    }

    /// One contract; how long a signed text is.
    fn sign(&mut self) -> Outcome<usize> {
        let base = Context { now: NOW, crypto: &*self.crypto, keyring: &self.keyring };
        let cx = Cx { base, author: None };
        let [mut one, mut other] = self.parties.clone();
        let (mut of_one, mut of_other) = (None, None);
        let (mut kind, mut payload, mut length) = (Kind::Promise, self.promise.clone(), 0);
        // Who signs, says and then hears in turns: the message of one asks the other to sign the next.
        for turn in 0..SIGNATURES {
            let key = self.keys.get(turn % 2).ok_or("no such key")?;
            let text = sign_payload(&*self.crypto, &key.secret, &payload)?;
            length = text.len();
            let mut out = Vec::new();
            one = advanced(one.step(&Event::Signed(kind, text), &self.x, &cx, &mut out)?)?;
            let content = out.into_iter().find_map(|effect| match effect {
                Effect::Send { to: Seat::Party(_), content } => Some(content),
                _ => None,
            });
            let packet = Packet { content: content.ok_or("no message")?, descriptor: Blob64(self.x.bytes().to_vec()) };
            // Who knows X from a packet does not read it again from the next.
            let read = |bytes: &[u8]| match of_other.clone().filter(|x: &Arc<Descriptor>| x.bytes() == bytes) {
                Some(x) => Ok(x),
                None => Descriptor::read(bytes).map(Arc::new),
            };
            // Written as the parties' services write it.
            let text = json::written(&packet, MESSAGE_BYTES)?;
            let checked = check_with(&text, &*self.crypto, NOW, read)?;
            of_other = Some(Arc::clone(&checked.descriptor));
            let event = Event::Message { from: checked.signer.ok_or("no signer")?, content: checked.content };
            let mut out = Vec::new();
            other = advanced(other.step(&event, &checked.descriptor, &cx, &mut out)?)?;
            if let Some((next, text)) = asked(&out) {
                (kind, payload) = (next, text.to_vec());
            }
            std::mem::swap(&mut one, &mut other);
            std::mem::swap(&mut of_one, &mut of_other);
        }
        if [&one, &other].iter().any(|party| party.standing() != Standing::Complete) {
            return Err("the contract is not complete".into());
        }
        Ok(length)
    }
}

fn asked(effects: &[Effect]) -> Option<(Kind, &[u8])> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask { kind, payload, .. } => Some((*kind, payload.as_slice())),
        _ => None,
    })
}

fn advanced(step: Step<Party>) -> Outcome<Party> {
    match step {
        Step::Advance(party) => Ok(party),
        Step::Reject(_, why) => Err(why.into()),
    }
}

/// X and terms of a short contract.
fn contract(keys: &[KeyPair; 2], notary: &KeyPair) -> Outcome<(Descriptor, Terms)> {
    let third = Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") };
    let named =
        |name: &str, key: &KeyPair, certificate| Named { certificate, key: key.public.clone(), name: name.to_owned() };
    let deadlines = Deadlines::standard(NOW);
    let [first, second] = keys;
    let contract = Contract {
        expires: deadlines.expires,
        fee: None,
        file: None,
        grade: Grade::Strong,
        legs: vec![],
        language: Language::En,
        notary: named("Notary", notary, Some(third.certificate)),
        parties: vec![named("Alice", first, None), named("Bob", second, None)],
        protocol: Protocol::Cs2,
        text: Some("Alice lets the cellar to Bob for 40.00 EUR a month.".to_owned()),
        title: "Lease of a cellar".to_owned(),
    };
    let terms = Terms { contract, salt: Secret32::from_bytes([1; 32]) };
    let commitment = terms.commitment()?;
    let core = Core {
        deal: None,
        deadlines: Deadlines { patience_ms: Millis::seconds(10), ..deadlines },
        fee: None,
        grade: Grade::Strong,
        items: signatures(2, commitment),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([1; 16]),
        notary: third,
        notary_seal: None,
        opened: NOW,
        parties: vec![first.public.clone(), second.public.clone()],
        protocol: Protocol::Cs2,
        terms: commitment,
    };
    Ok((Descriptor::new(&core, None)?, terms))
}
