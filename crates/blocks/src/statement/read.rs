//! Reads a payload in one pass: the member `semper` and the members of its kind, straight into their types.
//!
//! What does not go straight is read again in parts ([`meta::split`]), which says what is wrong with it: this way
//! knows no reasons, and accepts nothing that the other refuses.

use std::fmt;
use std::marker::PhantomData;

use semper_base::json::{self, KeyText};
use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::meta::{self, Meta, TERMS};

/// What every statement says, and what this kind says; none if it does not go straight.
pub(super) fn straight<B: de::DeserializeOwned>(payload: &[u8]) -> Option<(Meta, B)> {
    let Both { meta, body } = json::read(payload).ok()?;
    meta::check(&meta).ok()?;
    Some((meta, body))
}

/// What every statement says; none if it does not go straight. The members of its kind are checked to be strict
/// JSON and nothing else.
pub(super) fn meta_only(payload: &[u8]) -> Option<Meta> {
    straight::<IgnoredAny>(payload).map(|(meta, _)| meta)
}

/// A payload, typed.
struct Both<B> {
    meta: Meta,
    body: B,
}

impl<'de, B: Deserialize<'de>> Deserialize<'de> for Both<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BothVisitor(PhantomData))
    }
}

struct BothVisitor<B>(PhantomData<B>);

impl<'de, B: Deserialize<'de>> Visitor<'de> for BothVisitor<B> {
    type Value = Both<B>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Both<B>, A::Error> {
        let mut own = None;
        let body = B::deserialize(Members { members, own: &mut own })?;
        let Own { meta, terms } = own.ok_or_else(|| de::Error::missing_field("semper"))?;
        if terms.is_some() {
            return Err(de::Error::custom("terms of something that is no checkout"));
        }
        Ok(Both { meta, body })
    }
}

/// The member `semper`, with the terms of a checkout that stand inside it.
struct Own {
    meta: Meta,
    terms: Option<serde_json::Value>,
}

/// The payload without `semper`, which is read on the way; terms from inside it come last.
struct Members<'a, A> {
    members: A,
    own: &'a mut Option<Own>,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Members<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(Rest { members: self.members, own: self.own, has_terms: false, terms: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Rest<'a, A> {
    members: A,
    own: &'a mut Option<Own>,
    /// Terms stand outside `semper`: then none may stand inside.
    has_terms: bool,
    terms: Option<serde_json::Value>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.members.next_key_seed(KeyText)? {
            if key == "semper" {
                *self.own = Some(self.members.next_value_seed(OwnSeed)?);
                continue;
            }
            self.has_terms |= key == TERMS;
            return seed.deserialize(CowStrDeserializer::new(key)).map(Some);
        }
        let inside = self.own.as_mut().filter(|own| own.meta.kind.is_checkout() && !self.has_terms);
        self.terms = inside.and_then(|own| own.terms.take());
        if self.terms.is_none() {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new(TERMS)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.terms.take() {
            Some(terms) => seed.deserialize(terms).map_err(de::Error::custom),
            None => self.members.next_value_seed(seed),
        }
    }
}

/// Reads the member `semper`.
struct OwnSeed;

impl<'de> DeserializeSeed<'de> for OwnSeed {
    type Value = Own;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Own, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OwnSeed {
    type Value = Own;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Own, A::Error> {
        let mut terms = None;
        let meta = Meta::deserialize(WithoutTerms { members, terms: &mut terms })?;
        Ok(Own { meta, terms })
    }
}

struct WithoutTerms<'a, A> {
    members: A,
    terms: &'a mut Option<serde_json::Value>,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for WithoutTerms<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutTerms<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.members.next_key_seed(KeyText)? {
            if key == TERMS {
                *self.terms = Some(self.members.next_value()?);
                continue;
            }
            return seed.deserialize(CowStrDeserializer::new(key)).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.members.next_value_seed(seed)
    }
}
