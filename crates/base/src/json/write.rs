//! Writes JSON as `serde_json` does, without space: the same bytes, a good deal faster, and seen to be canonical on the
//! way where somebody asks.

use std::ops::Range;

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::plain::plain_length;
use crate::code::{Code, Misuse};
use crate::limits::INTEGER_MAX;

/// The JSON of `value`, into memory for about `room` bytes.
///
/// # Errors
/// [`Code::FieldWrong`] for a map whose keys are no text, and what the type itself refuses.
pub fn written<T: Serialize + ?Sized>(value: &T, room: usize) -> Result<Vec<u8>, Misuse> {
    let mut text = Vec::with_capacity(room);
    write(value, &mut text)?;
    Ok(text)
}

/// The same at the end of what stands in `text`.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) -> Result<(), Misuse> {
    run(value, &mut Writer { text, form: Form::Any })
}

/// The same, and whether that surely is the canonical form.
pub(super) fn write_seen<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) -> Result<bool, Misuse> {
    let mut writer = Writer { text, form: Form::Canonical };
    run(value, &mut writer)?;
    Ok(writer.form == Form::Canonical)
}

fn run<T: Serialize + ?Sized>(value: &T, writer: &mut Writer<'_>) -> Result<(), Misuse> {
    value.serialize(writer).map_err(|why| Misuse::new(Code::FieldWrong, why.0))
}

struct Writer<'a> {
    text: &'a mut Vec<u8>,
    form: Form,
}

/// What is known of the form of what was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Nobody asked, or it is not canonical.
    Any,
    /// Canonical so far: the keys of each object are in order, and numbers are whole and within 2^53-1.
    Canonical,
}

/// Why something cannot be written.
#[derive(Debug)]
struct Unwritable(String);

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: std::fmt::Display>(why: T) -> Self {
        Unwritable(why.to_string())
    }
}

type Written = Result<(), Unwritable>;

impl Writer<'_> {
    fn plain(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    fn string(&mut self, string: &str) {
        self.text.push(b'"');
        let mut rest = string.as_bytes();
        while let Some((plain, after)) = rest.split_at_checked(plain_length::<false>(rest)) {
            self.text.extend_from_slice(plain);
            let Some((byte, after)) = after.split_first() else { break };
            escape(*byte, self.text);
            rest = after;
        }
        self.text.push(b'"');
    }

    fn unsigned(&mut self, number: u64) {
        if number > INTEGER_MAX {
            self.form = Form::Any;
        }
        let (mut digits, mut at, mut rest) = ([0_u8; DIGITS_MAX], DIGITS_MAX, number);
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            (rest, at) = (rest / 10, at - 1);
            if rest == 0 {
                break;
            }
        }
        self.plain(digits.get(at..).unwrap_or_default());
    }

    fn signed(&mut self, number: i64) {
        if number < 0 {
            self.text.push(b'-');
        }
        self.unsigned(number.unsigned_abs());
    }

    /// What hardly ever comes, as `serde_json` writes it.
    fn rare<T: Serialize>(&mut self, value: &T) -> Written {
        self.form = Form::Any;
        serde_json::to_writer(&mut *self.text, value).map_err(ser::Error::custom)
    }

    /// The name of a member: text, or what is written in quotes instead.
    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Written {
        let start = self.text.len();
        name.serialize(&mut *self)?;
        match self.text.get(start) {
            Some(b'"') => Ok(()),
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => {
                self.text.insert(start, b'"');
                self.text.push(b'"');
                Ok(())
            }
            _ => Err(Unwritable("key must be a string".to_owned())),
        }
    }
}

/// Digits of 2^64-1.
const DIGITS_MAX: usize = 20;

fn escape(byte: u8, text: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            text.extend_from_slice(b"\\u00");
            text.extend_from_slice(crate::hash::hex(&[byte]).as_bytes());
            return;
        }
    };
    text.extend_from_slice(&[b'\\', short]);
}

/// A list or an object that is being written.
struct Compound<'w, 'a> {
    writer: &'w mut Writer<'a>,
    is_first: bool,
    end: &'static [u8],
    /// Where the last key of an object stands, with its quotes.
    key: Range<usize>,
}

impl<'w, 'a> Compound<'w, 'a> {
    fn begin(writer: &'w mut Writer<'a>, start: &[u8], end: &'static [u8]) -> Self {
        writer.plain(start);
        Compound { writer, is_first: true, end, key: 0..0 }
    }

    /// `{"NAME":` and then a list or an object.
    fn variant(writer: &'w mut Writer<'a>, name: &str, start: u8, end: &'static [u8]) -> Self {
        writer.plain(b"{");
        writer.string(name);
        Compound::begin(writer, &[b':', start], end)
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.writer.text.push(b',');
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        self.separate();
        let start = self.writer.text.len();
        self.writer.string(name);
        self.see_key(start);
        self.writer.text.push(b':');
        value.serialize(&mut *self.writer)
    }

    /// A key was written, from `start` on: is it in order?
    fn see_key(&mut self, start: usize) {
        if self.writer.form == Form::Any {
            return;
        }
        let key = start..self.writer.text.len();
        let said = |place: &Range<usize>| self.writer.text.get(place.start + 1..place.end.saturating_sub(1));
        let (last, new) = (said(&self.key), said(&key).unwrap_or_default());
        // Without escapes and what begins with 0xEE or more, bytes sort as UTF-16 units do.
        let is_ordinary = new.iter().all(|byte| *byte < 0xee && *byte != b'\\');
        if !is_ordinary || last.is_some_and(|last| last >= new) {
            self.writer.form = Form::Any;
        }
        self.key = key;
    }

    fn finish(self) {
        self.writer.plain(self.end);
    }
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Compound<'w, 'a>;
    type SerializeTuple = Compound<'w, 'a>;
    type SerializeTupleStruct = Compound<'w, 'a>;
    type SerializeTupleVariant = Compound<'w, 'a>;
    type SerializeMap = Compound<'w, 'a>;
    type SerializeStruct = Compound<'w, 'a>;
    type SerializeStructVariant = Compound<'w, 'a>;

    fn serialize_bool(self, truth: bool) -> Written {
        self.plain(if truth { b"true" } else { b"false" });
        Ok(())
    }
    fn serialize_i8(self, number: i8) -> Written {
        self.signed(number.into());
        Ok(())
    }
    fn serialize_i16(self, number: i16) -> Written {
        self.signed(number.into());
        Ok(())
    }
    fn serialize_i32(self, number: i32) -> Written {
        self.signed(number.into());
        Ok(())
    }
    fn serialize_i64(self, number: i64) -> Written {
        self.signed(number);
        Ok(())
    }
    fn serialize_i128(self, number: i128) -> Written {
        self.rare(&number)
    }
    fn serialize_u8(self, number: u8) -> Written {
        self.unsigned(number.into());
        Ok(())
    }
    fn serialize_u16(self, number: u16) -> Written {
        self.unsigned(number.into());
        Ok(())
    }
    fn serialize_u32(self, number: u32) -> Written {
        self.unsigned(number.into());
        Ok(())
    }
    fn serialize_u64(self, number: u64) -> Written {
        self.unsigned(number);
        Ok(())
    }
    fn serialize_u128(self, number: u128) -> Written {
        self.rare(&number)
    }
    fn serialize_f32(self, number: f32) -> Written {
        self.rare(&number)
    }
    fn serialize_f64(self, number: f64) -> Written {
        self.rare(&number)
    }
    fn serialize_char(self, character: char) -> Written {
        self.string(character.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, string: &str) -> Written {
        self.string(string);
        Ok(())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        self.collect_seq(bytes)
    }
    fn serialize_none(self) -> Written {
        self.plain(b"null");
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        self.plain(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.plain(b"null");
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.string(variant);
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut object = Compound::begin(self, b"{", b"}");
        object.member(variant, value)?;
        object.finish();
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::begin(self, b"[", b"]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::begin(self, b"[", b"]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::begin(self, b"[", b"]"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::variant(self, variant, b'[', b"]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::begin(self, b"{", b"}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::begin(self, b"{", b"}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 'a>, Unwritable> {
        Ok(Compound::variant(self, variant, b'{', b"}}"))
    }
}

impl ser::SerializeSeq for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTuple for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Written {
        self.separate();
        let start = self.writer.text.len();
        self.writer.name(name)?;
        self.see_key(start);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.writer.text.push(b':');
        value.serialize(&mut *self.writer)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.member(name, value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.member(name, value)
    }
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
