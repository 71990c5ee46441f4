use std::time::Duration;

use crate::record::{AttemptRecord, IntentRecord, PaymentKey, PaymentRecord, Timestamp};

/// The right to work on one payment until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The payment.
    pub payment: PaymentKey,
    /// Who holds it. One name per task, never shared.
    pub owner: String,
    /// The number of the claim: an older one can write nothing any more.
    pub fence: i64,
    /// When it ends, by journal time. Every write under it renews it.
    pub until: Timestamp,
    /// How long every write under it renews it for.
    pub length: Duration,
}

/// What the journal holds about the payment and the one intent that is worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The payment.
    pub payment: PaymentRecord,
    /// The intent: the one with the open attempt if there is one.
    pub intent: IntentRecord,
    /// Its open attempt.
    pub attempt: Option<AttemptRecord>,
    /// Journal time of the transaction that read this.
    pub now: Timestamp,
}

/// A payment claimed for work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The right to it.
    pub lease: Lease,
    /// What is there.
    pub snapshot: Snapshot,
    /// Whether the intent has a refund account, to be opened before anything is sent.
    pub has_account: bool,
}
