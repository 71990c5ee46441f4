//! JSON answers, read strictly where they decide and leniently where they do not.
//!
//! Numbers are taken from their text (`RawValue`), never through `f64` and without serde_json's
//! `arbitrary_precision`, which would change the build of everyone who depends on us.

mod raw;

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use self::raw::{Raw, plain_text};
use crate::decimal::Decimal;

/// Deepest nesting that is read; the gateways' answers have four levels.
pub const MAX_DEPTH: usize = 32;

/// Why bytes are not the JSON we can trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFault {
    /// Not UTF-8.
    Charset,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Cut short, trailing bytes, a deciding key twice, or a deciding field of the wrong type.
    Malformed,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Charset => "the answer is not utf-8",
            Self::TooDeep => "the answer is nested too deeply",
            Self::Malformed => "the answer is not the json it should be",
        })
    }
}

impl std::error::Error for JsonFault {}

/// Reads one JSON document: an object, UTF-8, at most [`MAX_DEPTH`] levels, nothing behind it.
///
/// An array is refused: serde would read it into a struct by position. Members that are objects and decide want
/// [`object`] or [`Object`] for the same reason.
///
/// A key that the target type knows must not stand twice (serde's derive refuses that).
///
/// # Errors
/// [`JsonFault`], which carries none of the answer's text.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Charset)?;
    if deeper_than(text, MAX_DEPTH) {
        return Err(JsonFault::TooDeep);
    }
    serde_json::from_str(text).map(|Object(value)| value).map_err(|_| JsonFault::Malformed)
}

fn deeper_than(text: &str, limit: usize) -> bool {
    // most answers open fewer brackets than may lie within each other: counting them is many times quicker
    if opening_brackets(text) <= limit {
        return false;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn opening_brackets(text: &str) -> usize {
    /// No more than the sum of one piece can hold: bytes that cannot run over are added many at a time.
    const PIECE: usize = 128;
    // the bit that tells `{` from `[`
    let opens = |byte: &u8| u8::from(byte | 0x20 == b'{');
    let pieces = text.as_bytes().chunks(PIECE);
    let counts = pieces.map(|piece| piece.iter().map(opens).fold(0, u8::wrapping_add));
    counts.map(usize::from).fold(0, usize::saturating_add)
}

impl<'de> Deserialize<'de> for Decimal {
    /// From a JSON number or a JSON string, by its text. Needs serde_json reading from a slice or a string.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(text) => Decimal::parse(text),
            None => Decimal::parse_json_number(raw),
        }
        .map_err(D::Error::custom)
    }
}

/// For `#[serde(deserialize_with)]`: a field that decides nothing. `null`, a wrong type or an unreadable value is
/// `None`, never an error of the whole answer.
///
/// # Errors
/// Only when the document itself is not JSON.
pub fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    // `null` alone begins so: it is a whole value, and no other
    Ok(if raw.starts_with('n') { None } else { T::deserialize(Raw(raw)).ok() })
}

/// An object, and only that: serde's derive would take a list of values for a struct, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

/// For `#[serde(deserialize_with)]`: a member that is an object and decides. Absent (with `default`) and `null` are
/// `None`; anything but an [`Object`] spoils the answer.
///
/// # Errors
/// When the member is neither an object that `T` can be read from nor `null`.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|Object(value)| value))
}

/// For `#[serde(deserialize_with)]`: an object that decides nothing. Whatever cannot be read is `None`.
///
/// # Errors
/// Only when the document itself is not JSON.
pub fn lenient_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok(if raw.starts_with('{') { serde_json::from_str(raw).ok() } else { None })
}

/// The text of a string that stands in a document so, quotes included; nothing where it cannot be read.
#[must_use]
pub fn string(raw: &str) -> Option<String> {
    match plain_text(raw) {
        Some(text) => Some(text.to_owned()),
        None => serde_json::from_str(raw).ok(),
    }
}

/// For `#[serde(deserialize_with)]`: text that a gateway may send as a string, a number or a boolean. `null` is
/// `None`; anything but a scalar is `None` too.
///
/// # Errors
/// Only when the document itself is not JSON.
pub fn scalar_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok(match raw.as_bytes().first() {
        Some(b'"') => string(raw),
        Some(b'n' | b'{' | b'[') | None => None,
        Some(_) => Some(raw.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Money};

    #[derive(Debug, Deserialize)]
    struct Answer {
        amount: Decimal,
        #[serde(default, deserialize_with = "lenient")]
        quota: Option<u32>,
        #[serde(default, deserialize_with = "scalar_text")]
        code: Option<String>,
    }

    fn amount(json: &str) -> Option<i64> {
        let answer: Answer = parse(json.as_bytes()).ok()?;
        Money::from_decimal(answer.amount, Currency::KRW).ok().map(Money::minor)
    }

    #[test]
    fn numbers_are_read_from_their_text() {
        assert_eq!(amount(r#"{"amount":9007199254740993}"#), Some(9_007_199_254_740_993));
        assert_eq!(amount(r#"{"amount":1000.0}"#), Some(1000));
        assert_eq!(amount(r#"{"amount":"1000"}"#), Some(1000));
        assert_eq!(amount(r#"{"amount":1.0E7}"#), Some(10_000_000));
        assert_eq!(amount(r#"{"amount":-1}"#), None);
        assert_eq!(amount(r#"{"amount":1e400}"#), None);
        assert_eq!(amount(r#"{"amount":NaN}"#), None);
        assert_eq!(amount(r#"{"amount":null}"#), None);
        assert_eq!(amount("{\"amount\":\"\\u0031\"}"), None, "an escaped digit is not plain text");
    }

    #[test]
    fn what_does_not_decide_never_spoils_the_answer() {
        let answer: Answer = parse(br#"{"amount":1,"quota":"three","code":7,"new":[{}]}"#).unwrap();
        assert_eq!((answer.quota, answer.code.as_deref()), (None, Some("7")));
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(default, deserialize_with = "object")]
        inner: Option<Answer>,
        #[serde(default, deserialize_with = "lenient_object")]
        aside: Option<Answer>,
    }

    #[test]
    fn an_array_is_not_read_by_position() {
        assert_eq!(parse::<Answer>(b"[1,2,\"3\"]").unwrap_err(), JsonFault::Malformed);
        assert_eq!(parse::<Outer>(br#"{"inner":[1,2,"3"]}"#).unwrap_err(), JsonFault::Malformed);
        let outer: Outer = parse(br#"{"inner":{"amount":1},"aside":[1,2,"3"]}"#).unwrap();
        assert!(outer.inner.is_some_and(|inner| inner.code.is_none()) && outer.aside.is_none());
        assert!(parse::<Outer>(br#" {"inner":null,"aside":{"amount":{}}}"#).unwrap().inner.is_none());
    }

    #[test]
    fn opening_brackets_are_counted_one_by_one() {
        for (text, count) in [("", 0), ("{", 1), ("[{", 2), ("}];{\u{1b}", 1)] {
            assert_eq!(opening_brackets(text), count);
        }
        for length in [127, 128, 129, 1_000] {
            assert_eq!(opening_brackets(&"[".repeat(length)), length);
            assert_eq!(opening_brackets(&"{x".repeat(length)), length);
        }
        let others: String = (0..=127_u8).map(char::from).filter(|c| !matches!(c, '{' | '[')).collect();
        assert_eq!(opening_brackets(&format!("{others}가힣")), 0);
    }

    #[test]
    fn faults_are_told_apart() {
        let fault = |bytes: &[u8]| parse::<Answer>(bytes).unwrap_err();
        assert_eq!(fault(b"{\"amount\":\xff}"), JsonFault::Charset);
        assert_eq!(fault(b"{\"amount\":1,\"amount\":2}"), JsonFault::Malformed);
        assert_eq!(fault(b"{\"amount\":1} x"), JsonFault::Malformed);
        assert_eq!(fault(b"{\"amount\":1"), JsonFault::Malformed);
        assert_eq!(fault(b"\xef\xbb\xbf{\"amount\":1}"), JsonFault::Malformed);
        let deep = format!("{{\"amount\":1,\"x\":{}{}}}", "[".repeat(33), "]".repeat(33));
        assert_eq!(fault(deep.as_bytes()), JsonFault::TooDeep);
    }
}
