//! How single JSON fields of an answer are read.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use pg_core::decimal::Decimal;
use pg_core::{Currency, Money};

/// A field that helps to decide: a string or a number, by its text. Absent, `null` and empty are "not told"; any
/// other type spoils the whole answer.
pub(crate) fn deciding<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let text = match raw.as_bytes().first() {
        Some(b'"') => {
            pg_core::json::string(raw).ok_or_else(|| D::Error::custom("a deciding field cannot be read"))?
        }
        Some(b'0'..=b'9' | b'-') => raw.to_owned(),
        Some(b'n') => return Ok(None),
        _ => return Err(D::Error::custom("a deciding field is neither text nor number")),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A field that decides nothing: any scalar, by its text. Absent, `null`, empty and anything else are `None`.
pub(crate) fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(pg_core::json::scalar_text(deserializer)?.filter(|text| !text.is_empty()))
}

/// An object with deciding fields: absent and `null` are empty, anything but an object spoils the answer.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(pg_core::json::object(deserializer)?.unwrap_or_default())
}

/// An object that decides nothing: whatever cannot be read is empty.
pub(crate) fn lenient_object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(pg_core::json::lenient_object(deserializer)?.unwrap_or_default())
}

/// `Debug` for what a gateway told: its words and numbers are shown where they can be such, and all else as it shows
/// itself.
macro_rules! debug_told {
    ($name:ident { $($word:ident),* ; $($other:ident),* }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($word), &pg_core::text::Word::of(&self.$word)))*
                    $(.field(stringify!($other), &self.$other))*
                    .finish()
            }
        }
    };
}
pub(crate) use debug_told;

/// An amount of the answer; `None` when its text is no amount of that currency.
pub(crate) fn money(text: &str, currency: Currency) -> Option<Money> {
    // a JSON number may carry an exponent
    let decimal = Decimal::parse(text).or_else(|_| Decimal::parse_json_number(text)).ok()?;
    Money::from_decimal(decimal, currency).ok()
}

#[cfg(test)]
mod tests {
    use pg_core::json::parse;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Part {
        #[serde(default, deserialize_with = "deciding")]
        balance: Option<String>,
        #[serde(default, deserialize_with = "told")]
        rate: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "object")]
        payment: Part,
        #[serde(default, deserialize_with = "lenient_object")]
        foreign: Part,
    }

    fn balance(json: &str) -> Result<Option<String>, ()> {
        parse::<Answer>(json.as_bytes()).map(|answer| answer.payment.balance).map_err(|_| ())
    }

    #[test]
    fn what_decides_is_text_number_or_absent() {
        assert_eq!(balance(r#"{"payment":{"balance":"0.00"}}"#), Ok(Some("0.00".to_owned())));
        assert_eq!(balance(r#"{"payment":{"balance":0.5}}"#), Ok(Some("0.5".to_owned())));
        for absent in
            ["{}", r#"{"payment":null}"#, r#"{"payment":{"balance":null}}"#, r#"{"payment":{"balance":""}}"#]
        {
            assert_eq!(balance(absent), Ok(None), "{absent}");
        }
        for spoilt in [
            r#"{"payment":{"balance":[]}}"#,
            r#"{"payment":{"balance":true}}"#,
            r#"{"payment":{"balance":"1","balance":"2"}}"#,
            r#"{"payment":["0.00"]}"#,
            r#"{"payment":"x"}"#,
            r#"[{"balance":"0.00"}]"#,
            "",
        ] {
            assert_eq!(balance(spoilt), Err(()), "{spoilt}");
        }
    }

    #[test]
    fn what_does_not_decide_never_spoils() {
        for json in [r#"{"foreign":[1]}"#, r#"{"foreign":{"rate":{}}}"#, r#"{"foreign":{"balance":[]}}"#] {
            assert!(parse::<Answer>(json.as_bytes()).unwrap().foreign.rate.is_none(), "{json}");
        }
        let answer: Answer = parse(br#"{"foreign":{"rate":0}}"#).unwrap();
        assert_eq!(answer.foreign.rate.as_deref(), Some("0"));
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(money("1.00", Currency::USD).map(Money::minor), Some(100));
        assert_eq!(money("5e-1", Currency::USD).map(Money::minor), Some(50));
        assert_eq!(money("500.00", Currency::KRW).map(Money::minor), Some(500));
        for bad in ["-1", "1,000", "", "NaN", "0.005"] {
            assert_eq!(money(bad, Currency::USD), None, "{bad}");
        }
    }
}
