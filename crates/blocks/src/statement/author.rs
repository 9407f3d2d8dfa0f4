//! Whoever signs with a service or deal key: one place that fills in what every statement says.

use semper_base::{Error, Hash, KeyId, Millis, Nonce, Role, Timestamp, Xid};
use semper_support::Context;
use semper_support::crypto::{KeyPair, PublicKey, SecretKey};

use super::{Body, Language, Meta, Ref, Signer, Statement, make, wording};

/// How long an answer of a register may be shown around: what it proves does not end.
pub const ANSWER_VALIDITY: Millis = Millis::days(3650);
/// How long a request may be acted upon.
pub const REQUEST_VALIDITY: Millis = Millis::days(30);

/// A key with the role and certificate it signs under.
#[derive(Clone, Debug)]
pub struct Author {
    /// In which role.
    pub role: Role,
    /// The key.
    pub public: PublicKey,
    /// Its secret half.
    pub secret: SecretKey,
    /// SHA-256 of its certificate, if it has one.
    pub certificate: Option<Hash>,
    /// The language that it words its statements in.
    pub language: Language,
}

/// What differs from statement to statement.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Whom it is for.
    pub to: Vec<KeyId>,
    /// The exchange.
    pub xid: Option<Xid>,
    /// Earlier statements.
    pub refs: Vec<Ref>,
}

impl About {
    /// A statement about one exchange, for these keys.
    #[must_use]
    pub fn exchange(xid: Xid, to: Vec<KeyId>) -> Self {
        About { to, xid: Some(xid), refs: Vec::new() }
    }
}

impl Author {
    /// An author with an uncertified key: a deal key or a key that only speaks for itself.
    #[must_use]
    pub fn uncertified(role: Role, pair: &KeyPair) -> Self {
        Author {
            role,
            public: pair.public.clone(),
            secret: pair.secret.clone(),
            certificate: None,
            language: Language::default(),
        }
    }

    /// The statement's meta, for signing now or for asking the user.
    #[must_use]
    pub fn meta<B: Body>(&self, cx: &Context<'_>, about: About, validity: Millis) -> Meta {
        meta::<B>(cx, self.signer(), self.language, about, validity)
    }

    /// Signs a request, valid for 30 days.
    pub fn request<B: Body>(&self, cx: &Context<'_>, about: About, body: B) -> Result<Statement<B>, Error> {
        make(cx.crypto, &self.secret, self.meta::<B>(cx, about, REQUEST_VALIDITY), body)
    }

    /// Signs a register's answer.
    pub fn answer<B: Body>(&self, cx: &Context<'_>, about: About, body: B) -> Result<Statement<B>, Error> {
        make(cx.crypto, &self.secret, self.meta::<B>(cx, about, ANSWER_VALIDITY), body)
    }

    /// How this author is named in a statement.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer { role: self.role, key: self.public.id(), certificate: self.certificate }
    }
}

/// Fills in what every statement says. Draws the nonce from the context.
#[must_use]
pub fn meta<B: Body>(cx: &Context<'_>, signer: Signer, language: Language, about: About, validity: Millis) -> Meta {
    let mut nonce = [0_u8; 16];
    cx.crypto.random(&mut nonce);
    let issued: Timestamp = cx.now;
    Meta {
        version: 1,
        kind: B::KIND,
        signer,
        to: about.to,
        issued,
        expires: issued.plus(validity),
        nonce: Nonce(nonce),
        language,
        wording: wording::current(B::KIND, language),
        xid: about.xid,
        refs: about.refs,
    }
}
