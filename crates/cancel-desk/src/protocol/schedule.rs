use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The first pauses, in seconds.
const GROWING: [u64; 7] = [2, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/// Hourly look-ups from there to the 24th hour.
const HOURLY: i64 = 23;
/// Daily look-ups from there to the 7th day.
const DAILY: i64 = 6;

/// How many look-ups the schedule has: 36 within a week.
pub const LOOK_UPS: i64 = 7 + HOURLY + DAILY;

/// The pause before the next look-up, `made` having been made: 2 s, 5 s, 15 s, 60 s, 5 min, 15 min, 1 h, hourly to
/// 24 h, daily to 7 d. `None` after the last one: then a person decides.
#[must_use]
pub fn pause_before(made: i64) -> Option<Duration> {
    let growing = usize::try_from(made).ok().and_then(|index| GROWING.get(index).copied());
    let seconds = match growing {
        Some(seconds) => seconds,
        None if made < 0 => 2,
        None if made < 7 + HOURLY => HOUR,
        None if made < LOOK_UPS => 24 * HOUR,
        None => return None,
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_grows_and_ends_after_a_week() {
        let pauses: Vec<_> = (0..).map_while(pause_before).collect();
        assert_eq!((pauses.len(), LOOK_UPS), (36, 36));
        let seconds: Vec<_> = pauses.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds[..8], [2, 5, 15, 60, 300, 900, 3_600, 3_600]);
        assert_eq!(seconds[29..], [3_600, 86_400, 86_400, 86_400, 86_400, 86_400, 86_400]);
        assert_eq!(pause_before(-1), Some(Duration::from_secs(2)));
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
        let until = |n: usize| pauses.iter().take(n).sum::<Duration>().as_secs();
        assert!((24 * HOUR..26 * HOUR).contains(&until(30)));
        assert!((7 * 24 * HOUR..8 * 24 * HOUR).contains(&until(36)));
    }
}
