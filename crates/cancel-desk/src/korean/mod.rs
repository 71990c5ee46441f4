//! What the checks of this program say, in Korean: refusals are written once, in English, where the rule is, and
//! looked up here when a person reads Korean.
//!
//! A text that is not here is shown in English. A test reads the sources and fails on one that was forgotten.

mod fields;
mod gateways;
mod toml;
mod work;

pub(crate) use toml::syntax;

/// Texts in English with `{}` for each value, and in Korean with `{0}`, `{1}` … for the same values.
type Table = &'static [(&'static str, &'static str)];

const TABLES: [Table; 3] = [fields::TEXTS, work::TEXTS, gateways::TEXTS];

/// A text in Korean, or `None` where nothing of it is known. Names before a colon (`amount: must be …`) stay.
pub(crate) fn said(english: &str) -> Option<String> {
    phrase(english).or_else(|| {
        let (name, rest) = english.split_once(": ")?;
        said(rest).map(|rest| format!("{name}: {rest}"))
    })
}

fn phrase(english: &str) -> Option<String> {
    let all = || TABLES.into_iter().flatten();
    if let Some((_, korean)) = all().find(|(known, _)| *known == english) {
        return Some((*korean).to_owned());
    }
    all().find_map(|(pattern, korean)| Some(fill(korean, &values(pattern, english)?)))
}

/// The values that a text has in the places of a pattern.
fn values<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let (value, after) = match part {
            "" => (rest, ""),
            _ if parts.peek().is_none() => (rest.strip_suffix(part)?, ""),
            _ => rest.split_once(part)?,
        };
        // what stands before a colon is a name of its own
        let is_name = values.is_empty() && pattern.starts_with("{}") && value.contains(": ");
        if value.is_empty() || is_name {
            return None;
        }
        values.push(value);
        rest = after;
    }
    (rest.is_empty() && !values.is_empty()).then_some(values)
}

fn fill(korean: &str, values: &[&str]) -> String {
    let mut parts = korean.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, after) = part.split_once('}').unwrap_or((part, ""));
        let value = place.parse::<usize>().ok().and_then(|place| values.get(place)).copied();
        let value = value.unwrap_or_default();
        filled.push_str(&said(value).or_else(|| amount(value)).unwrap_or_else(|| value.to_owned()));
        filled.push_str(after);
    }
    filled
}

/// `10000 KRW` as `10,000원`, `1234.50 USD` as `1,234.50 USD`; `None` for what is no amount.
pub(crate) fn amount(value: &str) -> Option<String> {
    let (number, currency) = value.split_once(' ')?;
    let (whole, rest) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
    if !is_code || !digits(whole) || !rest.is_none_or(digits) {
        return None;
    }
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(rest) = rest {
        grouped.push('.');
        grouped.push_str(rest);
    }
    Some(if currency == "KRW" { format!("{grouped}원") } else { format!("{grouped} {currency}") })
}

#[cfg(test)]
mod tests;
