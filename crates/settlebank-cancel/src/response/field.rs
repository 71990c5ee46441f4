//! Fields that decide: what is there and cannot be read is not the same as what is not there.

use pg_core::json::string;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// Text that is compared. `null` is `None`; what is no readable text stays as it stands in the answer, quotes and
/// brackets included, so that it matches nothing. Numbers have no quotes, and so are read as their digits.
pub(super) fn deciding_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok(match raw.as_bytes().first() {
        Some(b'n') | None => None,
        Some(b'"') => Some(string(raw).unwrap_or_else(|| raw.to_owned())),
        Some(_) => Some(raw.to_owned()),
    })
}

/// Text whose mere presence decides: a string, a number's digits, or `null`. Anything else spoils the answer.
pub(super) fn strict_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    match raw.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => string(raw).map(Some).ok_or_else(|| de::Error::custom("no readable text")),
        Some(b'-' | b'0'..=b'9') => Ok(Some(raw.to_owned())),
        _ => Err(de::Error::custom("no text")),
    }
}

/// An object that need not be there.
#[derive(Default)]
pub(super) enum Section<T> {
    /// Missing, null, or empty in any way.
    #[default]
    Nothing,
    /// There, but no object that can be read: a list, a text, a known field twice.
    Unreadable,
    /// There.
    Told(T),
}

impl<'de, T: de::DeserializeOwned> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('{') {
            return Ok(serde_json::from_str(raw).map_or(Self::Unreadable, Self::Told));
        }
        let nothing = raw == "null"
            || string(raw).is_some_and(|text| text.trim().is_empty())
            || serde_json::from_str::<Vec<de::IgnoredAny>>(raw).is_ok_and(|list| list.is_empty());
        Ok(if nothing { Self::Nothing } else { Self::Unreadable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pg_core::json::parse;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Whole {
        #[serde(deserialize_with = "deciding_text")]
        text: Option<String>,
        #[serde(deserialize_with = "strict_text")]
        strict: Option<String>,
        section: Section<Inner>,
    }

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Inner {
        #[serde(deserialize_with = "deciding_text")]
        a: Option<String>,
    }

    fn whole(json: &str) -> Option<Whole> {
        parse(json.as_bytes()).ok()
    }

    #[test]
    fn a_wrong_type_is_not_nothing() {
        let text = |value: &str| whole(&format!(r#"{{"text":{value}}}"#)).unwrap().text;
        assert_eq!(text("null"), None);
        assert_eq!(text(r#""T1""#).as_deref(), Some("T1"));
        assert_eq!(text(r#""T\u0031""#).as_deref(), Some("T1"));
        assert_eq!(text("1000").as_deref(), Some("1000"));
        for wrong in [r#"["T1"]"#, r#"{"no":"T1"}"#, "true", r#""\ud800""#, "1000.0"] {
            assert_eq!(text(wrong).as_deref(), Some(wrong));
        }
        let strict = |value: &str| whole(&format!(r#"{{"strict":{value}}}"#)).map(|whole| whole.strict);
        assert_eq!(strict("null"), Some(None));
        assert_eq!(strict(r#""C1""#), Some(Some("C1".into())));
        assert_eq!(strict("12"), Some(Some("12".into())));
        for wrong in [r#"["C1"]"#, "{}", "true", "false", r#""\ud800""#] {
            assert_eq!(strict(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_section_that_cannot_be_read_is_not_nothing() {
        let section = |value: &str| whole(&format!(r#"{{"section":{value}}}"#)).unwrap().section;
        for nothing in ["null", r#""""#, r#"" ""#, "[]", "[ ]"] {
            assert!(matches!(section(nothing), Section::Nothing), "{nothing}");
        }
        assert!(matches!(whole("{}").unwrap().section, Section::Nothing));
        for unreadable in [r#"[{"a":"1"}]"#, r#""x""#, "0", "false", r#"{"a":"1","a":"1"}"#] {
            assert!(matches!(section(unreadable), Section::Unreadable), "{unreadable}");
        }
        assert!(matches!(section(r#"{"a":"1"}"#), Section::Told(Inner { a: Some(_) })));
        assert!(matches!(section("{}"), Section::Told(Inner { a: None })));
    }
}
