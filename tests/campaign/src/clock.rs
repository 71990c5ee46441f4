//! Journal time that only the campaign moves, so that nobody waits for days of look-ups.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cancel_desk::journal::Clock;
use cancel_desk::record::Timestamp;
use contract_tests::world::NOON;

/// A clock that stands still until it is put forward.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Noon of the sandbox's day.
    pub fn at_noon() -> Self {
        Self(AtomicI64::new(NOON.unix_timestamp() * 1_000))
    }

    /// Puts it forward.
    pub fn put_forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Puts it back, as a corrected clock does.
    pub fn put_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Puts it to the next thing that is due; a little further where that cannot be had, for somebody's lease.
    pub fn put_to(&self, due: Timestamp) {
        let left = due.since(self.now());
        self.put_forward(if left.is_zero() { Duration::from_secs(31) } else { left });
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
