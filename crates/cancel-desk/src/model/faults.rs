//! How much goes wrong in one run. Chances are of 10,000, times are milliseconds.

use super::rng::Rng;

#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) lost_before: i64,
    pub(super) lost_after: i64,
    pub(super) late: i64,
    pub(super) doubled: i64,
    pub(super) server_error_applied: i64,
    pub(super) server_error_not_applied: i64,
    pub(super) not_sent: i64,
    /// An applied cancel whose lost answer is reported as "not sent".
    pub(super) mislabelled: i64,
    pub(super) upstream: i64,
    pub(super) awaiting_funds: i64,
    pub(super) crash: i64,
    pub(super) pause: i64,
    pub(super) look_up_fails: i64,
    pub(super) read_lag: i64,
    pub(super) out_of_funds: i64,
}

impl Faults {
    pub(super) fn drawn(rng: &mut Rng) -> Self {
        let read_lag = match rng.between(0, 2) {
            0 => 0,
            1 => 500,
            _ => 3_000,
        };
        Self {
            lost_before: rng.between(0, 2_000),
            lost_after: rng.between(0, 2_000),
            late: rng.between(0, 1_500),
            doubled: rng.between(0, 800),
            server_error_applied: rng.between(0, 1_000),
            server_error_not_applied: rng.between(0, 1_000),
            not_sent: rng.between(0, 1_500),
            mislabelled: 0,
            upstream: rng.between(0, 400),
            awaiting_funds: rng.between(0, 300),
            crash: rng.between(0, 600),
            pause: rng.between(0, 500),
            look_up_fails: rng.between(0, 3_000),
            read_lag,
            out_of_funds: rng.between(0, 300),
        }
    }
}
