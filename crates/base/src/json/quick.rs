//! Reads a typed value and sees at a glance that its text is strict JSON, both in one pass.
//!
//! It knows no reasons and need not know everything: where it is not sure, of the text or of what the type wants, the
//! reader looks closely. What it accepts, the reader's own checks accept, and `serde_json` makes the same value of it.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::glance::{Glance, Number};
use crate::limits::{JSON_DEPTH_MAX, JSON_ITEMS_MAX};

/// What a text says, if it surely is strict JSON.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader { glance: Glance::new(text), depth: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    reader.glance.next().is_none().then_some(value)
}

/// The one thing that goes wrong here: the closer look will say what.
#[derive(Debug)]
struct Unsure;

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not sure")
    }
}

impl std::error::Error for Unsure {}

impl de::Error for Unsure {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unsure
    }
}

struct Reader<'de> {
    glance: Glance<'de>,
    /// Lists and objects that are open.
    depth: usize,
}

impl<'de> Reader<'de> {
    fn next(&mut self) -> Result<u8, Unsure> {
        self.glance.next().ok_or(Unsure)
    }

    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unsure> {
        match self.glance.string().ok_or(Unsure)? {
            (text, true) => visitor.visit_borrowed_str(text),
            (text, false) => visitor.visit_string(unescaped(text)),
        }
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unsure> {
        match self.glance.number().ok_or(Unsure)? {
            Number::Natural(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
        }
    }

    fn word<V: Visitor<'de>>(&mut self, word: &[u8], visitor: V) -> Result<V::Value, Unsure> {
        self.glance.word(word).ok_or(Unsure)?;
        match word {
            b"null" => visitor.visit_unit(),
            _ => visitor.visit_bool(word == b"true"),
        }
    }

    fn open(&mut self, bracket: u8) -> Result<(), Unsure> {
        self.glance.take(bracket).ok_or(Unsure)?;
        if self.depth >= JSON_DEPTH_MAX {
            return Err(Unsure);
        }
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self, bracket: u8) -> Result<(), Unsure> {
        self.depth = self.depth.saturating_sub(1);
        self.glance.take(bracket).ok_or(Unsure)
    }

    /// Whether there is one more item of a list or an object that has so many already; takes the comma before it.
    fn has_more(&mut self, count: usize, end: u8) -> Result<bool, Unsure> {
        match self.next()? {
            found if found == end => Ok(false),
            _ if count >= JSON_ITEMS_MAX => Err(Unsure),
            _ if count == 0 => Ok(true),
            _ => self.glance.take(b',').map(|()| true).ok_or(Unsure),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unsure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        match self.next()? {
            b'"' => self.text(visitor),
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b't' => self.word(b"true", visitor),
            b'f' => self.word(b"false", visitor),
            b'n' => self.word(b"null", visitor),
            _ => self.number(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.text(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.text(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unsure> {
        Err(Unsure)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unsure> {
        Err(Unsure)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        if self.next()? == b'n' {
            self.glance.word(b"null").ok_or(Unsure)?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unsure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.open(b'[')?;
        let value = visitor.visit_seq(Items { reader: self, count: 0 })?;
        self.close(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unsure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unsure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.open(b'{')?;
        let first = self.glance.keys();
        let value = visitor.visit_map(Members { reader: self, first, ordered: true, count: 0 })?;
        self.glance.forget_keys(first);
        self.close(b'}')?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unsure> {
        self.deserialize_map(visitor)
    }

    /// `"VARIANT"`, or `{"VARIANT":content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unsure> {
        if self.next()? == b'"' {
            let variant = self.glance.key().ok_or(Unsure)?;
            return visitor.visit_enum(BorrowedStrDeserializer::new(variant));
        }
        self.open(b'{')?;
        let value = visitor.visit_enum(Variant { reader: self })?;
        self.close(b'}')?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unsure> {
        self.glance.value(self.depth).ok_or(Unsure)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct }
}

/// The items of a list.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    count: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Unsure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unsure> {
        if !self.reader.has_more(self.count, b']')? {
            return Ok(None);
        }
        self.count += 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// The members of an object.
struct Members<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Where the keys of this object begin among those that are remembered.
    first: usize,
    ordered: bool,
    count: usize,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Unsure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unsure> {
        if !self.reader.has_more(self.count, b'}')? {
            return Ok(None);
        }
        self.count += 1;
        let key = self.reader.glance.new_key(self.first, &mut self.ordered).ok_or(Unsure)?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unsure> {
        self.reader.glance.take(b':').ok_or(Unsure)?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant with content.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Unsure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Unsure> {
        let name = self.reader.glance.key().ok_or(Unsure)?;
        let variant = seed.deserialize(BorrowedStrDeserializer::new(name))?;
        self.reader.glance.take(b':').ok_or(Unsure)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Unsure;

    fn unit_variant(self) -> Result<(), Unsure> {
        self.reader.glance.word(b"null").ok_or(Unsure)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unsure> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unsure> {
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unsure> {
        self.reader.deserialize_map(visitor)
    }
}

/// What a string says that has escapes in it, of one character each.
fn unescaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        said.push_str(plain);
        let mut after = after.chars();
        said.extend(after.next().map(|escape| match escape {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            itself => itself,
        }));
        rest = after.as_str();
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests;
