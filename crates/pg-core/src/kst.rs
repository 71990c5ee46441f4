//! Korea's time.

use time::UtcOffset;

/// Korea's time zone: UTC+9, without daylight saving time since 1988.
pub const KST: UtcOffset = match UtcOffset::from_hms(9, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

#[cfg(test)]
mod tests {
    #[test]
    fn korea_is_nine_hours_ahead() {
        assert_eq!(super::KST.as_hms(), (9, 0, 0));
    }
}
