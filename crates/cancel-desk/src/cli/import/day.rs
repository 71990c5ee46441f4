//! The day of a payment, as files write it.

use pg_core::KST;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// The day of a payment in Korea.
pub(super) fn date(text: &str) -> Option<Date> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && text.len() == 8 {
        return day(text.get(0..4)?, text.get(4..6)?, text.get(6..8)?);
    }
    if digits && (9..=11).contains(&text.len()) {
        return in_korea(OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok()?);
    }
    if let Ok(time) = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339) {
        return in_korea(time);
    }
    // as a spreadsheet or a database writes a time: without an offset the day is Korea's
    let (text, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time.trim())),
        None => (text, None),
    };
    let separator = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator))?;
    let mut parts = text.trim_end_matches('.').split(separator);
    let found = day(parts.next()?, parts.next()?, parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    let Some(time) = time else { return Some(found) };
    let (time, zone) = match time.find(['+', '-', 'Z', 'z']) {
        Some(at) => time.split_at_checked(at)?,
        None => (time, ""),
    };
    let time = clock(time.trim_end())?;
    if zone.is_empty() {
        return Some(found);
    }
    in_korea(PrimitiveDateTime::new(found, time).assume_offset(offset(zone)?))
}

fn in_korea(time: OffsetDateTime) -> Option<Date> {
    Some(time.checked_to_offset(KST)?.date())
}

/// `14:22`, `14:22:11`, `9:05:00`, with digits of a second's fraction or without.
fn clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    if fraction.is_some_and(|rest| !(1..=9).contains(&rest.len()) || !is_digits(rest)) {
        return None;
    }
    let mut parts = whole.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next());
    if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
        return None;
    }
    Time::from_hms(hour, minute, second.unwrap_or(Some(0))?).ok()
}

/// `Z`, `+09`, `+0900`, `+09:00`.
fn offset(text: &str) -> Option<UtcOffset> {
    if matches!(text, "Z" | "z") {
        return Some(UtcOffset::UTC);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some(parts), 5) => parts,
        (None, 4) => rest.split_at_checked(2)?,
        (None, 2) => (rest, "00"),
        _ => return None,
    };
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let seconds = i32::from(number(hours)?).checked_mul(3600)?;
    let seconds =
        seconds.checked_add(i32::from(number(minutes).filter(|minutes| *minutes < 60)?).checked_mul(60)?)?;
    UtcOffset::from_whole_seconds(if sign == "-" { seconds.checked_neg()? } else { seconds }).ok()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> Option<u8> {
    ((1..=2).contains(&text.len()) && is_digits(text)).then(|| text.parse().ok())?
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    if year.len() != 4 || !is_digits(year) {
        return None;
    }
    let month = Month::try_from(number(month)?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, number(day)?).ok()
}
