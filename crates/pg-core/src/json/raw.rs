//! One value of a document that was read before: the usual ones without a second parser.

use memchr::memchr;
use serde::Deserializer;
use serde::de::Visitor;
use serde_json::Error;

/// The text of one whole JSON value, nothing around it; every visitor gets what serde_json would give it.
///
/// Strings without escapes and whole numbers are handed over as they stand; serde_json reads all else.
#[derive(Clone, Copy)]
pub(super) struct Raw<'de>(pub(super) &'de str);

/// What stands between the quotes of a string without escapes.
pub(super) fn plain_text(raw: &str) -> Option<&str> {
    let text = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr(b'\\', text.as_bytes()).is_some() { None } else { Some(text) }
}

/// A value that needs no parser.
enum Plain<'de> {
    Text(&'de str),
    Whole(u64),
}

impl<'de> Plain<'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Whole(number) => visitor.visit_u64(number),
        }
    }
}

impl<'de> Raw<'de> {
    fn text(self) -> Option<Plain<'de>> {
        plain_text(self.0).map(Plain::Text)
    }

    /// serde_json takes what begins with a minus sign for signed, and `-0` for a fraction.
    fn whole(self) -> Option<Plain<'de>> {
        let unsigned = self.0.starts_with(|first: char| first.is_ascii_digit());
        self.0.parse().ok().filter(|_| unsigned).map(Plain::Whole)
    }
}

macro_rules! parsed {
    ($raw:ident.$method:ident($($given:expr),*)) => {{
        let mut parser = serde_json::Deserializer::from_str($raw.0);
        let value = parser.$method($($given),*)?;
        // a wide integer is read off the front of a fraction
        parser.end().map(|()| value)
    }};
}

macro_rules! by_serde_json {
    ($($method:ident($($name:ident: $of:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $of,)* visitor: V) -> Result<V::Value, Error> {
            parsed!(self.$method($($name,)* visitor))
        }
    )*};
}

macro_rules! by_text {
    ($plain:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.$plain() {
                Some(plain) => plain.visit(visitor),
                None => parsed!(self.$method(visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Raw<'de> {
    type Error = Error;

    by_text! { text: deserialize_str deserialize_string }
    by_text! { whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }
    by_text! { whole: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    by_serde_json! {
        deserialize_any()
        deserialize_bool()
        deserialize_i128()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use proptest::prelude::*;
    use serde::de::{DeserializeOwned, IgnoredAny};
    use serde::{Deserialize, Deserializer};
    use serde_json::value::RawValue;

    use super::super::{lenient, scalar_text};

    /// As `lenient` was: every value read by serde_json.
    fn lenient_before<'de, D: Deserializer<'de>, T: DeserializeOwned>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(serde_json::from_str(raw.get()).unwrap_or(None))
    }

    /// As `scalar_text` was.
    fn scalar_text_before<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        Ok(match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).ok(),
            Some(b'n' | b'{' | b'[') | None => None,
            Some(_) => Some(raw.to_owned()),
        })
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(String);

    #[derive(Debug, PartialEq, Deserialize)]
    enum Choice {
        #[serde(rename = "a")]
        A,
        B(i64),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        #[serde(default, deserialize_with = "lenient")]
        a: Option<String>,
        b: Option<i64>,
    }

    fn same_as<T: DeserializeOwned + PartialEq + Debug>(json: &str) {
        let now = lenient::<_, T>(&mut serde_json::Deserializer::from_str(json));
        let before = lenient_before::<_, T>(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(
            now.map_err(|fault| fault.to_string()),
            before.map_err(|fault| fault.to_string()),
            "{json}"
        );
    }

    fn same(json: &str) {
        same_as::<String>(json);
        same_as::<char>(json);
        same_as::<bool>(json);
        same_as::<i8>(json);
        same_as::<i32>(json);
        same_as::<i64>(json);
        same_as::<u32>(json);
        same_as::<u64>(json);
        same_as::<i128>(json);
        same_as::<f64>(json);
        same_as::<()>(json);
        same_as::<Option<String>>(json);
        same_as::<Option<i64>>(json);
        same_as::<Vec<i64>>(json);
        same_as::<(i64, String)>(json);
        same_as::<BTreeMap<String, i64>>(json);
        same_as::<serde_json::Value>(json);
        same_as::<Newtype>(json);
        same_as::<Choice>(json);
        same_as::<Fields>(json);
        assert!(
            lenient::<_, IgnoredAny>(&mut serde_json::Deserializer::from_str(json)).is_ok()
                == lenient_before::<_, IgnoredAny>(&mut serde_json::Deserializer::from_str(json)).is_ok()
        );
        let now = scalar_text(&mut serde_json::Deserializer::from_str(json));
        let before = scalar_text_before(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(
            now.map_err(|fault| fault.to_string()),
            before.map_err(|fault| fault.to_string()),
            "{json}"
        );
    }

    #[test]
    fn the_values_at_the_edges_are_read_as_before() {
        for json in [
            "null",
            "nul",
            "none",
            "true",
            "false",
            "0",
            "-0",
            "00",
            "1",
            "-1",
            "+1",
            "1.0",
            "1e2",
            "1e400",
            "-",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "127",
            "128",
            "2147483648",
            "4294967296",
            "1.",
            ".5",
            "0x1",
            "Infinity",
            "\"\"",
            "\"a\"",
            "\"a",
            "a\"",
            "\"\\\"\"",
            "\"\\\\\"",
            "\"\\u0041\"",
            "\"\\ud800\"",
            "\"\\uD83D\\uDE00\"",
            "\"\\udc00x\"",
            "\"\\x\"",
            "\"\\n\"",
            "\"가\"",
            "\"\n\"",
            "\"\u{7f}\"",
            "\"null\"",
            "\"1\"",
            " \"a\" ",
            "\t1",
            "[]",
            "[1]",
            "[1,\"a\"]",
            "[1,\"a\",2]",
            "{}",
            "{\"a\":1}",
            "{\"a\":\"x\",\"b\":2}",
            "{\"B\":1}",
            "{\"b\":1,\"b\":2}",
            "{\"a\":null,\"b\":null}",
            "",
            " ",
        ] {
            same(json);
        }
    }

    proptest! {
        #[test]
        fn every_value_is_read_as_before(json in value()) {
            same(&json);
        }

        #[test]
        fn every_string_is_read_as_before(inside in r#"([a-z0-9 가"\\/]|\\[nrtbf"/\\]|\\u[0-9a-fA-F]{4}|\\ud[89a-f][0-9a-f]{2}){0,8}"#) {
            same(&format!("\"{inside}\""));
        }

        #[test]
        fn every_number_is_read_as_before(json in r"-?[0-9]{1,21}(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?") {
            same(&json);
        }
    }

    fn value() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|value| value.to_string()),
            any::<i64>().prop_map(|value| value.to_string()),
            any::<u64>().prop_map(|value| value.to_string()),
            any::<f64>().prop_map(|value| serde_json::json!(value).to_string()),
            any::<String>().prop_map(|value| serde_json::json!(value).to_string()),
            "[ab]{0,2}".prop_map(|value| format!("\"{value}\"")),
        ];
        scalar.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|values| format!("[{}]", values.join(","))),
                prop::collection::vec(("[abB]", inner), 0..4).prop_map(|members| {
                    let members: Vec<_> =
                        members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                    format!("{{{}}}", members.join(", "))
                }),
            ]
        })
    }
}
