//! Dates and times as Hecto writes them: in Korea, without separators.
//!
//! No document names a time zone; Korea's is inferred from every example.

use pg_core::{Invalid, KST};
use time::{Date, OffsetDateTime};

/// A moment in Korean time, to the second.
///
/// # Errors
/// [`Invalid`] naming `at` when its year does not fit into four digits.
pub(crate) fn frozen(at: OffsetDateTime) -> Result<OffsetDateTime, Invalid> {
    let invalid = || Invalid::new("at", "must lie in the years 0 to 9999");
    let at = at.checked_to_offset(KST).ok_or_else(invalid)?;
    let at = at.replace_nanosecond(0).map_err(|_| invalid())?;
    if (0..=9999).contains(&at.year()) { Ok(at) } else { Err(invalid()) }
}

/// `yyyyMMdd`.
pub(crate) fn date_text(day: Date) -> String {
    let (month, day_of_month) = (u8::from(day.month()), day.day());
    let Some((century, year)) = centuries(day.year()) else {
        return format!("{:04}{month:02}{day_of_month:02}", day.year());
    };
    two_digits_each([century, year, month, day_of_month])
}

/// A year as two numbers of two digits, where it is four digits.
fn centuries(year: i32) -> Option<(u8, u8)> {
    let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
    Some((u8::try_from(year / 100).ok()?, u8::try_from(year % 100).ok()?))
}

/// Numbers below 100.
fn two_digits_each<const N: usize>(numbers: [u8; N]) -> String {
    let digit = |value: u8| char::from(b'0'.saturating_add(value));
    let mut text = String::with_capacity(N.saturating_mul(2));
    for number in numbers {
        text.push(digit(number / 10));
        text.push(digit(number % 10));
    }
    text
}

/// `HHmmss`.
pub(crate) fn time_text(at: OffsetDateTime) -> String {
    two_digits_each([at.hour(), at.minute(), at.second()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn a_moment_is_told_in_korean_time() {
        let at = frozen(datetime!(2021-12-30 15:00:00.5 UTC)).unwrap();
        assert_eq!((date_text(at.date()).as_str(), time_text(at).as_str()), ("20211231", "000000"));
        assert_eq!(at.nanosecond(), 0);
        assert_eq!(date_text(date!(0099 - 01 - 02)), "00990102");
    }

    #[test]
    fn every_moment_is_written_as_the_formatter_would() {
        let days = (-366 * 12..3_652_060)
            .step_by(97)
            .filter_map(|day| Date::from_julian_day(date!(0000 - 01 - 01).to_julian_day() + day).ok());
        for day in days.chain([Date::MIN, Date::MAX]) {
            let before = format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day());
            assert_eq!(date_text(day), before);
        }
        for second in (0..86_400).step_by(59) {
            let at = datetime!(2026-11-21 0:00 +9) + time::Duration::seconds(second);
            let before = format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second());
            assert_eq!(time_text(at), before);
        }
    }

    #[test]
    fn a_year_of_five_digits_or_below_zero_is_refused() {
        assert_eq!(frozen(datetime!(-0001-01-01 0:00 UTC)).unwrap_err().field(), "at");
        assert_eq!(frozen(datetime!(9999-12-31 23:59:59 UTC)).unwrap_err().field(), "at");
    }
}
