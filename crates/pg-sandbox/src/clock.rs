//! The sandbox's own clock: settable, and the source of every timestamp in an answer.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, UtcOffset};

/// A settable clock in unix seconds.
///
/// It runs with real time from where it was set, unless [`freeze`](Clock::freeze) stopped it.
#[derive(Debug)]
pub struct Clock {
    hands: Mutex<Hands>,
}

#[derive(Debug, Clone, Copy)]
struct Hands {
    unix: i64,
    since: Instant,
    frozen: bool,
}

impl Hands {
    fn now(self) -> i64 {
        if self.frozen {
            return self.unix;
        }
        self.unix.saturating_add(i64::try_from(self.since.elapsed().as_secs()).unwrap_or(i64::MAX))
    }
}

impl Clock {
    /// A clock that starts at `unix` seconds and runs.
    pub(crate) fn starting_at(unix: i64) -> Self {
        Self { hands: Mutex::new(Hands { unix, since: Instant::now(), frozen: false }) }
    }

    fn change(&self, change: impl FnOnce(Hands) -> Hands) {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        *hands = change(*hands);
    }

    /// The sandbox's present, unix seconds.
    pub fn now(&self) -> i64 {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    /// Moves the clock on. Whole seconds count; a fraction is dropped.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.change(|hands| Hands {
            unix: hands.now().saturating_add(seconds),
            since: Instant::now(),
            frozen: hands.frozen,
        });
    }

    /// Sets the clock to `unix` seconds; it may go backwards.
    pub fn set(&self, unix: i64) {
        self.change(|hands| Hands { unix, since: Instant::now(), frozen: hands.frozen });
    }

    /// Stops the clock where it is; [`advance`](Clock::advance) and [`set`](Clock::set) still move it.
    pub fn freeze(&self) {
        self.change(|hands| Hands { unix: hands.now(), since: Instant::now(), frozen: true });
    }

    /// Lets the clock run again.
    pub fn run(&self) {
        self.change(|hands| Hands { unix: hands.now(), since: Instant::now(), frozen: false });
    }
}

/// The machine's own time, unix seconds.
pub(crate) fn system_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    i64::try_from(since).unwrap_or(0)
}

fn kst(unix: i64) -> OffsetDateTime {
    let offset = UtcOffset::from_hms(9, 0, 0).unwrap_or(UtcOffset::UTC);
    let clamped = unix.clamp(0, 250_000_000_000);
    OffsetDateTime::from_unix_timestamp(clamped).unwrap_or(OffsetDateTime::UNIX_EPOCH).to_offset(offset)
}

/// `yyyyMMdd` in Korean time.
pub(crate) fn date8(unix: i64) -> String {
    let at = kst(unix);
    format!("{:04}{:02}{:02}", at.year(), u8::from(at.month()), at.day())
}

/// `HHmmss` in Korean time.
pub(crate) fn time6(unix: i64) -> String {
    let at = kst(unix);
    format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second())
}

/// `yyyyMMddHHmmss` in Korean time.
pub(crate) fn stamp14(unix: i64) -> String {
    let mut stamp = date8(unix);
    stamp.push_str(&time6(unix));
    stamp
}

/// The hour of the Korean day, 0–23.
pub(crate) fn hour(unix: i64) -> u8 {
    kst(unix).hour()
}

fn date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = text.get(..4)?.parse().ok()?;
    let month: u8 = text.get(4..6)?.parse().ok()?;
    let day = text.get(6..)?.parse().ok()?;
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// Whether the text is a date of the calendar, `yyyyMMdd`.
pub(crate) fn is_date8(text: &str) -> bool {
    date(text).is_some()
}

/// Whether the text is a time of day, `HHmmss`.
pub(crate) fn is_time6(text: &str) -> bool {
    let part = |from: usize, to: usize, below: u8| {
        text.get(from..to).and_then(|t| t.parse::<u8>().ok()).is_some_and(|v| v < below)
    };
    text.len() == 6
        && text.bytes().all(|b| b.is_ascii_digit())
        && part(0, 2, 24)
        && part(2, 4, 60)
        && part(4, 6, 60)
}

/// Days from one `yyyyMMdd` to another; `None` when either is no date.
pub(crate) fn days_between(from: &str, to: &str) -> Option<i64> {
    let from = i64::from(date(from)?.to_julian_day());
    let to = i64::from(date(to)?.to_julian_day());
    to.checked_sub(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_dates() {
        assert_eq!(stamp14(1_640_912_400), "20211231100000");
        assert_eq!(days_between("20211231", "20220101"), Some(1));
        assert!(is_date8("20240229") && !is_date8("20230229") && !is_date8("2023022"));
        assert!(is_time6("235959") && !is_time6("240000"));
    }

    #[test]
    fn the_clock_can_be_moved() {
        let clock = Clock::starting_at(1_000);
        clock.freeze();
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), 1_060);
        clock.set(5);
        assert_eq!(clock.now(), 5);
    }
}
