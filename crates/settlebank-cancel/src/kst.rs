//! Dates and times as Hecto writes them: in Korea, without separators.
//!
//! No document names a time zone; Korea's is inferred from every example.

use pg_core::Invalid;
use time::macros::offset;
use time::{Date, OffsetDateTime};

/// A moment in Korean time, to the second.
///
/// # Errors
/// [`Invalid`] naming `at` when its year does not fit into four digits.
pub(crate) fn frozen(at: OffsetDateTime) -> Result<OffsetDateTime, Invalid> {
    let invalid = || Invalid::new("at", "must lie in the years 0 to 9999");
    let at = at.checked_to_offset(offset!(+9)).ok_or_else(invalid)?;
    let at = at.replace_nanosecond(0).map_err(|_| invalid())?;
    if (0..=9999).contains(&at.year()) { Ok(at) } else { Err(invalid()) }
}

/// `yyyyMMdd`.
pub(crate) fn date_text(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day())
}

/// `HHmmss`.
pub(crate) fn time_text(at: OffsetDateTime) -> String {
    format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second())
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
    fn a_year_of_five_digits_or_below_zero_is_refused() {
        assert_eq!(frozen(datetime!(-0001-01-01 0:00 UTC)).unwrap_err().field(), "at");
        assert_eq!(frozen(datetime!(9999-12-31 23:59:59 UTC)).unwrap_err().field(), "at");
    }
}
