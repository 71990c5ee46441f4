//! Bodies of requests: bounded in size and time, and read strictly where they decide.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use pg_core::decimal::Decimal;
use pg_core::{Invalid, json};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use super::problem::{Problem, Raw};

/// Largest body of a request, but for registering many payments.
pub(super) const SMALL: usize = 64 * 1024;
/// Largest body of a request that registers many payments.
pub(super) const LARGE: usize = 8 * 1024 * 1024;

/// Most members of an object: the guide's have ten.
const MEMBERS: usize = 64;
/// Longest name of an unknown member that is repeated, in characters.
const MAX_SHOWN: usize = 40;
/// Most digits of one: more may be an account's or a phone's.
const MAX_DIGITS: usize = 4;

/// Reads a whole body.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Problem> {
    let told = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX);
    if told.is_some_and(|told| told > allowed) {
        return Err(too_large(limit));
    }
    match timeout(patience, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // a body that broke off is nobody's answer: the connection is gone
        Ok(Err(_)) => Err(too_large(limit)),
        Err(_) => {
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body took too long to arrive")
                .korean("요청 본문 수신 시간이 초과되었습니다."))
        }
    }
}

fn too_large(limit: usize) -> Problem {
    let kib = limit.div_euclid(1024);
    let message = format!("the body must be at most {kib} KiB");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        .korean(format!("요청 본문은 {kib} KiB 이하여야 합니다."))
}

/// Whether the body is said to be of one of these types.
pub(super) fn check_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if types.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let message = format!("content-type: must be {}", types.join(" or "));
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
        .korean(format!("Content-Type은 {}이어야 합니다.", types.join(" 또는 ")))
        .field("content-type"))
}

/// A JSON object as it was written, member by member.
#[derive(Default)]
pub(super) struct Fields {
    members: Vec<(String, Raw)>,
    /// More than are kept.
    too_many: bool,
}

impl Fields {
    /// Reads one: UTF-8, not nested deeply, no member twice, and not very many.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let fields: Self = json::parse(bytes).map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                "the body must be one json object in utf-8",
            )
            .korean("요청 본문은 UTF-8로 된 JSON 객체 하나여야 합니다.")
        })?;
        fields.check_members()?;
        Ok(fields)
    }

    fn check_members(&self) -> Result<(), Invalid> {
        if self.too_many {
            return Err(Invalid::new("body", format!("must have at most {MEMBERS} members")));
        }
        let mut seen = BTreeSet::new();
        if self.names().all(|name| seen.insert(name)) {
            return Ok(());
        }
        Err(Invalid::new("body", "must not have a member twice"))
    }

    /// Refuses a member that is none of these: whoever wrote `금액` or `cancel_amout` meant something by it, and it would be
    /// overlooked.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = (1_usize..).zip(self.names()).find(|(_, name)| !known.contains(name));
        let Some((place, name)) = unknown else { return Ok(()) };
        let known = known.join(", ");
        Err(match shown(name) {
            Some(name) => {
                let why =
                    format!("is not a member of this request: rename it or leave it out (members: {known})");
                Problem::invalid(name, &why)
            }
            None => {
                let why = format!(
                    "must not have an unknown member, as no. {place} is: rename it or leave it out (members: {known})"
                );
                Problem::invalid("body", &why)
            }
        })
    }

    /// The names of all members.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }

    /// A member's text; `null` counts as not given.
    fn raw(&self, name: &str) -> Option<&str> {
        let (_, raw) = self.members.iter().find(|(known, _)| known == name)?;
        Some(raw.get()).filter(|text| *text != "null")
    }

    /// Text, if given.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Invalid> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw).map(Some).map_err(|_| Invalid::new(name, "must be text"))
    }

    /// `true` or `false`, and false if not given.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Invalid> {
        let Some(raw) = self.raw(name) else { return Ok(false) };
        serde_json::from_str(raw).map_err(|_| Invalid::new(name, "must be true or false"))
    }

    /// Text that must be given.
    pub(super) fn needed(&self, name: &'static str) -> Result<String, Invalid> {
        self.text(name)?.ok_or_else(|| Invalid::new(name, "must be given"))
    }

    /// A number that must be given, read exactly from its text.
    pub(super) fn number(&self, name: &'static str) -> Result<Decimal, Invalid> {
        self.number_if_given(name)?.ok_or_else(|| Invalid::new(name, "must be given"))
    }

    /// A number, read exactly from its text.
    pub(super) fn number_if_given(&self, name: &'static str) -> Result<Option<Decimal>, Invalid> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        if raw.starts_with('-') {
            return Err(Invalid::new(name, "must not be below zero"));
        }
        if !raw.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Invalid::new(name, "must be a json number"));
        }
        Decimal::parse_json_number(raw).map(Some).map_err(|error| Invalid::new(name, error.to_string()))
    }
}

/// A member's name as it may be repeated: a word, and no value that slipped into its place.
pub(super) fn shown(name: &str) -> Option<&str> {
    // letters that show nothing
    let filler = |c: char| matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    let is_plain = |c: char| c.is_alphanumeric() && !filler(c) || matches!(c, '_' | '-' | '.' | ' ');
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    let is_word = (1..=MAX_SHOWN).contains(&name.chars().count()) && digits <= MAX_DIGITS;
    (is_word && name.trim() == name && name.chars().all(is_plain)).then_some(name)
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while fields.members.len() < MEMBERS {
                    let Some(member) = map.next_entry()? else { return Ok(fields) };
                    fields.members.push(member);
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    fields.too_many = true;
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::Instant;

    use super::*;

    /// An object of so many members with names of their own.
    fn object(members: usize) -> String {
        let mut text = "{".to_owned();
        for number in 0..members {
            let comma = if number == 0 { "" } else { "," };
            write!(text, "{comma}\"m{number}\":0").unwrap();
        }
        text.push('}');
        text
    }

    #[test]
    fn members_are_few_and_stand_once() {
        assert!(Fields::read(object(MEMBERS).as_bytes()).is_ok());
        let begun = Instant::now();
        for members in [MEMBERS + 1, 500_000] {
            let problem = Fields::read(object(members).as_bytes()).unwrap_err();
            assert_eq!(problem.code(), "invalid");
        }
        // comparing each with each would take minutes
        assert!(begun.elapsed() < Duration::from_secs(20));
        for twice in [r#"{"a":1,"b":2,"a":1}"#, r#"{"a":1,"\u0061":1}"#] {
            assert_eq!(Fields::read(twice.as_bytes()).unwrap_err().code(), "invalid");
        }
    }

    #[test]
    fn only_a_name_that_can_be_one_is_repeated() {
        for name in ["금액", "cancel_amout", "AMOUNT", "ａｍｏｕｎｔ", "결제 번호", "vat1", "a-b.c", "2026"]
        {
            assert_eq!(shown(name), Some(name));
        }
        let long = "가".repeat(MAX_SHOWN + 1);
        for name in
            ["", " amount", "a\nb", "\u{202e}tnuoma", "56211105948400", "\u{3164}", "<b>", "a\u{200b}", &long]
        {
            assert_eq!(shown(name), None, "{name:?}");
        }
    }
}
