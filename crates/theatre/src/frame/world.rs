//! Keys, terms and descriptor of one contract or mail.

use semper_base::{Blob64, Code, Error, Hash, Misuse, Nonce};
use semper_blocks::item::Grade;
use semper_blocks::statement::Language;
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::{
    Attached, Contract, Core, Deadlines, Descriptor, Named, Own, Protocol, Terms, Third,
};
use semper_exchange::fair::mail::{self, Parcelled, Sending};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::{Crypto, Ideal, KeyPair};

use crate::cast::{Play, Who};
use crate::time::{OPENED, secret};

const NAMES: [&str; 4] = ["Anna", "Ben", "Clara", "David"];
const LETTER: &[u8] = b"We give notice of the lease by the end of March.";
/// What a liar puts in place of the box.
const GARBAGE_BYTES: usize = 120;

/// What does not change while it is played.
#[derive(Debug)]
pub(super) struct World {
    pub(super) x: Descriptor,
    pub(super) notary: KeyPair,
    pub(super) seal: KeyPair,
    keys: Vec<KeyPair>,
    terms: Terms,
    pub(super) sending: Option<Sending>,
}

fn protocol(play: Play) -> (Protocol, u8) {
    match play {
        Play::Mail => (Protocol::Cm, 2),
        Play::MailThrough => (Protocol::CmOnline, 2),
        Play::Change
        | Play::Data
        | Play::Escrow
        | Play::Goods
        | Play::Joint
        | Play::Pair
        | Play::Payment
        | Play::Transfer => (Protocol::Cs2, 2),
        Play::Rounds => (Protocol::CsnC, 3),
        Play::Through(count) => (Protocol::CsnA, count.clamp(2, 4)),
    }
}

/// The core without what terms and letter add.
fn bare(protocol: Protocol, keys: &[KeyPair], notary: &KeyPair, seal: &KeyPair) -> Core {
    Core {
        deal: None,
        deadlines: Deadlines::standard(OPENED),
        fee: None,
        grade: Grade::Strong,
        items: Vec::new(),
        judge: JUDGE_VERSION,
        mail: None,
        nonce: Nonce([7; 16]),
        notary: Third { key: notary.public.clone(), certificate: Hash::of(b"certificate") },
        notary_seal: (protocol == Protocol::Cm).then(|| seal.public.clone()),
        opened: OPENED,
        parties: keys.iter().map(|key| key.public.clone()).collect(),
        protocol,
        terms: Hash([0; 32]),
    }
}

fn agreed(core: &Core) -> Terms {
    let named = |name: &str, key, certificate| Named { certificate, key, name: name.to_owned() };
    let letter = || Attached {
        bytes: LETTER.len() as u64,
        hash: Hash::of(LETTER),
        media: "text/plain".to_owned(),
        name: "letter".to_owned(),
    };
    let is_mail = core.protocol.is_mail();
    let contract = Contract {
        expires: core.deadlines.expires,
        fee: None,
        file: is_mail.then(letter),
        grade: core.grade,
        language: Language::En,
        legs: Vec::new(),
        notary: named("Notary", core.notary.key.clone(), Some(core.notary.certificate)),
        parties: core.parties.iter().zip(NAMES).map(|(key, name)| named(name, key.clone(), None)).collect(),
        protocol: core.protocol,
        text: (!is_mail).then(|| "We rent the boat together.".to_owned()),
        title: if is_mail { "Notice" } else { "A boat" }.to_owned(),
    };
    Terms { contract, salt: secret("terms") }
}

impl World {
    /// `twist` is a lie from the beginning.
    pub(super) fn new(play: Play, twist: Option<&str>) -> Result<World, Error> {
        let crypto = Ideal::new(77);
        let (protocol, count) = protocol(play);
        let keys = (0..count).map(|_| crypto.generate()).collect::<Result<Vec<KeyPair>, _>>()?;
        let (notary, seal) = (crypto.generate()?, crypto.generate()?);
        let mut core = bare(protocol, &keys, &notary, &seal);
        let terms = agreed(&core);
        core.terms = terms.commitment()?;
        let (x, sending) = if protocol.is_mail() {
            let (x, sending) = mail::seal(LETTER, &crypto)?.address(core, &crypto)?;
            if twist == Some("a-bad-box") { with_garbage(&x, sending)? } else { (x, Some(sending)) }
        } else {
            core.items = signatures(count, core.terms);
            (Descriptor::new(&core, None)?, None)
        };
        Ok(World { x, notary, seal, keys, terms, sending })
    }

    pub(super) fn pair(&self, who: Who) -> Result<&KeyPair, Misuse> {
        match who {
            Who::Party(place) => {
                self.keys.get(usize::from(place)).ok_or_else(|| Misuse::new(Code::RoleUnfit, "nobody here"))
            }
            _ => Ok(&self.notary),
        }
    }

    pub(super) fn own(&self, place: u8) -> Own {
        Own { place, certificate: None, language: Language::En, terms: self.terms.clone() }
    }
}

/// The same letter with garbage in place of the box.
fn with_garbage(x: &Descriptor, sending: Sending) -> Result<(Descriptor, Option<Sending>), Error> {
    let bad = Blob64(vec![9; GARBAGE_BYTES]);
    let x = Descriptor::new(&x.core, Some(&Hash::of(&bad.0)))?;
    let parcel = Parcelled { sealed: Some(EscrowBox(bad)), ..sending.parcel };
    Ok((x, Some(Sending { parcel, ..sending })))
}
