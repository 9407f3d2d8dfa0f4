//! The honest service with a lie around it.

use semper_base::tx::{ChunkRef, Record};
use semper_base::{Error, Fault, Key, Misuse, Timestamp, Tx, View, Violation, Write, Xid, json};
use semper_cli::Build;
use semper_driver::service::{Checked, Input, Reply, Service};
use semper_services::common::{CheckedInput, Desk, Logic, Member, Ready};
use semper_support::Context;
use semper_support::crypto::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature};
use serde_json::Value;

use crate::lies::{Lie, TIMER};

/// Makes a party that tells this lie.
pub(crate) struct Lying(pub(crate) &'static Lie);

impl Build for Lying {
    type Service<L: Logic> = Liar<L>;
    fn build<L: Logic>(self, logic: L) -> Liar<L> {
        Liar { honest: Member(logic), lie: self.0 }
    }
}

/// A party that lies.
#[derive(Debug)]
pub(crate) struct Liar<L> {
    honest: Member<L>,
    lie: &'static Lie,
}

impl<L: Logic> Service for Liar<L> {
    type Trust = <Member<L> as Service>::Trust;
    type Checked = Ready<L::Message>;

    fn trust_epoch(&self, view: &dyn View) -> Result<u64, Fault> {
        self.honest.trust_epoch(view)
    }

    fn trust(&self, view: &dyn View, crypto: &dyn Crypto) -> Result<Self::Trust, Fault> {
        self.honest.trust(view, crypto)
    }

    fn check(
        &self,
        input: &Input,
        trust: &Self::Trust,
        crypto: &dyn Crypto,
        now: Timestamp,
    ) -> Result<Self::Checked, Violation> {
        self.honest.check(input, trust, crypto, now)
    }

    fn step(&self, input: Checked<Self::Checked>, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error> {
        match &input.value().input {
            CheckedInput::Command(request) if request.get("command").and_then(Value::as_str) == Some("cheat") => {
                return reply(&(self.lie.act)(request, &mut Desk { tx, cx, checked: None })?);
            }
            CheckedInput::Timer(key) if key.0.starts_with(TIMER) => {
                tx.push(Write::Timer(key.clone(), None));
                (self.lie.due)(key, &mut Desk { tx, cx, checked: None })?;
                return Ok(Reply::Null);
            }
            _ => {}
        }
        let (reply, writes) = self.honestly(input, tx, cx)?;
        (self.lie.twist)(writes, &mut Desk { tx, cx, checked: None })?;
        Ok(reply)
    }

    fn sheds(&self) -> bool {
        self.honest.sheds()
    }

    fn start(&self, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<(), Error> {
        self.honest.start(tx, cx)
    }
}

impl<L: Logic> Liar<L> {
    /// What an honest party would do, on what this one lets it see.
    fn honestly(
        &self,
        input: Checked<Ready<L::Message>>,
        tx: &Tx<'_>,
        cx: &Context<'_>,
    ) -> Result<(Reply, Vec<Write>), Error> {
        let glasses = Glasses { tx, lie: self.lie };
        let sealer = BadSealer(cx.crypto);
        let crypto: &dyn Crypto = if self.lie.seals_garbage { &sealer } else { cx.crypto };
        let mut own = Tx::new(&glasses);
        let reply = self.honest.step(input, &mut own, &Context { now: cx.now, crypto, keyring: cx.keyring })?;
        Ok((reply, own.into_writes()?))
    }
}

fn reply(value: &Value) -> Result<Reply, Error> {
    let text = serde_json::to_vec(value).map_err(|e| Misuse::new(semper_base::Code::FieldWrong, e.to_string()))?;
    Ok(json::read_value(&text)?)
}

/// What the honest service sees of the store.
struct Glasses<'a, 'v> {
    tx: &'a Tx<'v>,
    lie: &'static Lie,
}

impl View for Glasses<'_, '_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        self.tx.get(key)
    }

    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        self.tx.register(xid, slot)
    }

    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.tx.scan_after(prefix, after, limit)
    }

    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        let data = self.tx.chunk(chunk)?;
        Ok(data.map(|data| (self.lie.chunk)(chunk, data)))
    }

    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        self.tx.archived(subject, limit)
    }

    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        self.tx.is_archived(subject, bytes)
    }
}

/// A provider whose sealed boxes hold something else than they should.
#[derive(Debug)]
struct BadSealer<'a>(&'a dyn Crypto);

impl Crypto for BadSealer<'_> {
    fn random(&self, into: &mut [u8]) {
        self.0.random(into);
    }
    fn generate(&self) -> Result<KeyPair, Fault> {
        self.0.generate()
    }
    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        self.0.sign(key, message)
    }
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        self.0.verify(key, message, signature)
    }
    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        let other: Vec<u8> = plaintext.iter().map(|byte| byte ^ 0x5a).collect();
        self.0.seal(to, seed, &other, aad)
    }
    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        self.0.open(key, sealed, aad)
    }
    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        self.0.ed_public(seed)
    }
    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        self.0.ed_sign(seed, message)
    }
    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        self.0.ed_verify(key, message, signature)
    }
    fn check_key(&self, key: &PublicKey) -> Result<(), Violation> {
        self.0.check_key(key)
    }
}
