//! Reading a request's body without losing a digit: JSON numbers and nested values keep their text.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// A JSON number, as written.
    Number(String),
    Text(String),
    /// An object or an array, as written.
    Nested(String),
}

/// The members of an object in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, Scalar)>);

/// The body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Fields {
    /// Reads a JSON object. A name that occurs twice makes it unreadable: which one counts is nobody's promise.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable)?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let fields = reader.deserialize_map(Collect).map_err(|_| Unreadable)?;
        reader.end().map_err(|_| Unreadable)?;
        Ok(fields)
    }

    /// Reads a form body or a query: `a=b&c=d`, percent-encoded UTF-8.
    pub(crate) fn from_form(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable)?;
        let mut fields = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push((decode(name, true)?, Scalar::Text(decode(value, true)?)));
        }
        Ok(Self(fields))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Scalar> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// A member that is a text; other kinds and absence are `None`.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// All texts of one name (a form may repeat it).
    pub(crate) fn texts<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let of_name = self.0.iter().filter(|(key, _)| key == name);
        of_name
            .filter_map(|(_, value)| if let Scalar::Text(text) = value { Some(text.as_str()) } else { None })
            .collect()
    }

    /// A member that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        match self.get(name) {
            Some(Scalar::Nested(raw)) => Self::from_json(raw.as_bytes()).ok(),
            _ => None,
        }
    }

    /// Puts a text in the place of a member.
    pub(crate) fn put(&mut self, name: &str, text: String) {
        if let Some((_, value)) = self.0.iter_mut().find(|(key, _)| key == name) {
            *value = Scalar::Text(text);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Fields;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields: Vec<(String, Scalar)> = Vec::new();
        while let Some((name, raw)) = map.next_entry::<String, &'de RawValue>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(serde::de::Error::custom("a name occurs twice"));
            }
            let scalar = scalar(raw.get()).ok_or_else(|| serde::de::Error::custom("unreadable value"))?;
            fields.push((name, scalar));
        }
        Ok(Fields(fields))
    }
}

fn scalar(raw: &str) -> Option<Scalar> {
    Some(match raw.as_bytes().first()? {
        b'"' => Scalar::Text(serde_json::from_str(raw).ok()?),
        b't' => Scalar::Bool(true),
        b'f' => Scalar::Bool(false),
        b'n' => Scalar::Null,
        b'{' | b'[' => Scalar::Nested(raw.to_owned()),
        _ => Scalar::Number(raw.to_owned()),
    })
}

/// Percent-decoding; a `+` is a space where forms say so.
pub(crate) fn decode(text: &str, plus: bool) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex = [*rest.next().ok_or(Unreadable)?, *rest.next().ok_or(Unreadable)?];
                if !hex.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Unreadable);
                }
                let pair = std::str::from_utf8(&hex).map_err(|_| Unreadable)?;
                bytes.push(u8::from_str_radix(pair, 16).map_err(|_| Unreadable)?);
            }
            b'+' if plus => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text() {
        let fields = Fields::from_json(br#"{"a":10.10,"b":"x","c":{"d":1},"e":null}"#).expect("readable");
        assert_eq!(fields.get("a"), Some(&Scalar::Number("10.10".into())));
        assert_eq!(fields.text("b"), Some("x"));
        assert_eq!(fields.object("c").and_then(|c| c.get("d").cloned()), Some(Scalar::Number("1".into())));
    }

    #[test]
    fn a_repeated_name_and_trailing_bytes_are_unreadable() {
        assert_eq!(Fields::from_json(br#"{"a":1,"a":2}"#), Err(Unreadable));
        assert_eq!(Fields::from_json(br#"{"a":1}x"#), Err(Unreadable));
        assert_eq!(Fields::from_json(b"[1]"), Err(Unreadable));
    }

    #[test]
    fn forms() {
        let fields =
            Fields::from_form("imp_uid=imp_1&reason=%EB%B3%80%EC%8B%AC+x".as_bytes()).expect("readable");
        assert_eq!(fields.text("reason"), Some("변심 x"));
        assert_eq!(Fields::from_form(b"a=%zz"), Err(Unreadable));
    }
}
