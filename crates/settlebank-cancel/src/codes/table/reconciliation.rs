//! Codes of the reconciliation file, which this crate does not fetch: never read into a cancel.

use pg_core::RejectionKind as Kind;

use super::super::{Entry, Family, Reading};

pub(in crate::codes) const RECONCILIATION: &[Entry] = &[
    Entry::new(Family::Reconciliation, Reading::Success, "done", &["0000"]),
    Entry::new(Family::Reconciliation, Reading::Undecided, "nothing to list", &["1001"]),
    Entry::new(Family::Reconciliation, Reading::Refused(Kind::Request), "invalid request message", &["ST09"]),
    Entry::new(Family::Reconciliation, Reading::Upstream, "internal error", &["ST10"]),
    Entry::new(
        Family::Reconciliation,
        Reading::Refused(Kind::Credentials),
        "merchant id not registered",
        &["ST90"],
    ),
    Entry::new(Family::Reconciliation, Reading::Refused(Kind::Request), "a required parameter", &["ST91"]),
    Entry::new(
        Family::Reconciliation,
        Reading::Refused(Kind::Credentials),
        "the hash does not match",
        &["ST92"],
    ),
];
