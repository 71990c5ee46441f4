use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::MAX_ROWS;
use super::column::{Column, unknown};
use super::fault::Faults;
use super::row::{Draft, Head, Row};

/// The rows of text with one JSON object per line.
pub(super) fn rows(text: &str, faults: &mut Faults) -> Vec<Row> {
    let mut rows = Vec::new();
    for (line, text) in (1_u64..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        if rows.len() >= MAX_ROWS {
            faults.add(line, None, "more than 100000 rows: split the file");
            break;
        }
        match serde_json::from_str::<Members<'_>>(text) {
            Ok(members) => rows.extend(row(line, &members, faults)),
            // its own message may repeat what it read
            Err(error) => {
                let why = format!("not a JSON object (at character {} of the line)", error.column());
                faults.add(line, None, why);
            }
        }
    }
    rows
}

fn row(line: u64, members: &Members<'_>, faults: &mut Faults) -> Option<Row> {
    let heads: Vec<Head> = members
        .0
        .iter()
        .filter_map(|(name, _)| Some((Column::named(name)?, name.trim().to_owned())))
        .collect();
    let mut draft = Draft::new(line, &heads);
    let mut seen = Vec::new();
    let mut sound = true;
    for (number, (name, value)) in (1_usize..).zip(&members.0) {
        let mut wrong = |column: &str, why: &str| {
            faults.add(line, Some(column), why);
            sound = false;
        };
        let Some(column) = Column::named(name) else {
            wrong(&number.to_string(), &unknown(name, !heads.is_empty()));
            continue;
        };
        if column == Column::Remark {
            continue;
        }
        if seen.contains(&column) {
            wrong(name, "stands there twice");
            continue;
        }
        seen.push(column);
        match text_of(column, value.get()) {
            Some(text) => draft.set(column, text.trim()),
            None => wrong(name, "must be a text (an amount also a plain number)"),
        }
    }
    if sound { draft.finish(faults) } else { None }
}

/// A text, nothing (null), or the very digits of an amount.
fn text_of(column: Column, raw: &str) -> Option<Zeroizing<String>> {
    let first = raw.as_bytes().first()?;
    let text = match first {
        b'"' => serde_json::from_str(raw).ok()?,
        b'n' => String::new(),
        b'0'..=b'9' | b'-' if column == Column::Amount => raw.to_owned(),
        _ => return None,
    };
    Some(text.into())
}

/// The members of an object in their order, doubled ones included.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(All).map(Members)
    }
}
