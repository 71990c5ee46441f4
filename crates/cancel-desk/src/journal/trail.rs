//! What every event says of the rows: digests of those that it left, and one of those that it found.
//!
//! So each row has a chain of its own in the event log. A row that was changed past the journal is not the one that the
//! last event left; and once the journal goes on with it, the next event did not find what the one before it left.

use pg_core::PaymentRef;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::record::{AttemptRecord, IntentRecord, JobRow, PaymentRecord, Suspect, Timestamp, hex};

use super::apply::Rows;

/// What only events change of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Books {
    pub(super) known: i64,
    pub(super) reserved: i64,
    pub(super) refunded: i64,
    pub(super) foreign: i64,
    pub(super) cancels: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) suspect: Option<Suspect>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
}

impl Books {
    pub(super) const fn of(payment: &PaymentRecord) -> Self {
        Self {
            known: payment.known_balance,
            reserved: payment.reserved,
            refunded: payment.refunded,
            foreign: payment.foreign_refunded,
            cancels: payment.cancels,
            suspect: payment.suspect,
            since: payment.suspect_since,
        }
    }
}

/// The first half of a SHA-256: enough for what nobody can choose both sides of.
pub(super) type Mark = [u8; 16];

fn mark(facts: &impl Serialize) -> Mark {
    // plain data: it always is json
    let text = serde_json::to_vec(facts).unwrap_or_default();
    half(Sha256::digest(text).into())
}

fn half(digest: [u8; 32]) -> Mark {
    digest.first_chunk().copied().unwrap_or_default()
}

/// An intent's mark. A hint may bring the next look forward, and is no event: the schedule is what counts.
pub(super) fn of_intent(intent: &IntentRecord) -> Mark {
    let wish = (
        intent.id,
        &intent.payment,
        &intent.caller_key,
        intent.fingerprint,
        intent.amount.minor(),
        intent.amount.currency().code(),
        &intent.reason,
        intent.created_at,
    );
    let rest = (
        intent.state,
        &intent.outcome,
        &intent.evidence,
        intent.scheduled_at.or(intent.due_at),
        intent.looks,
        intent.updated_at,
    );
    mark(&(wish, rest))
}

/// An attempt's mark: its digest stands for the request.
pub(super) fn of_attempt(attempt: &AttemptRecord) -> Mark {
    let frozen = (
        attempt.id,
        attempt.intent,
        attempt.no,
        attempt.balance_before.minor(),
        attempt.amount.minor(),
        attempt.amount.currency().code(),
        attempt.sequence,
        attempt.digest,
        attempt.first_send_at,
    );
    let rest = (
        attempt.state,
        attempt.fence,
        attempt.sends,
        attempt.doubts,
        attempt.hold,
        attempt.taken,
        attempt.upstream,
        attempt.looks_since_send,
        &attempt.refusal,
        &attempt.last_reason,
        attempt.last_send_at,
    );
    mark(&(frozen, rest))
}

/// The mark of the payment as the merchant recorded it.
pub(super) fn of_reference(payment: &PaymentRef) -> Mark {
    mark(payment)
}

/// The mark of all rows of a plan, whatever their order.
pub(super) fn of_plan<'a>(rows: impl Iterator<Item = &'a JobRow>) -> Mark {
    let mut rows: Vec<&JobRow> = rows.collect();
    rows.sort_unstable_by_key(|row| row.line);
    let mut all = Sha256::new();
    for row in rows {
        let currency = row.amount.currency().code();
        let wish = (&row.payment, &row.caller_key, row.fingerprint, row.amount.minor(), currency);
        all.update(mark(&(row.line, row.intent, wish, &row.reason)));
    }
    half(all.finalize().into())
}

/// The rows that a transaction found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before(Mark);

impl Before {
    /// All three.
    pub(crate) fn rows(rows: &Rows) -> Self {
        Self::of(&rows.payment, Some(&rows.intent), rows.attempt.as_ref())
    }

    /// A payment alone.
    pub(crate) fn payment(payment: &PaymentRecord) -> Self {
        Self::of(payment, None, None)
    }

    fn of(payment: &PaymentRecord, intent: Option<&IntentRecord>, attempt: Option<&AttemptRecord>) -> Self {
        Self::told(&Books::of(payment), intent.map(of_intent), attempt.map(of_attempt))
    }

    pub(super) fn told(books: &Books, intent: Option<Mark>, attempt: Option<Mark>) -> Self {
        Self(mark(&(books, intent, attempt)))
    }
}

/// What an event says of the rows, under `left` in its detail.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Left {
    /// The mark of the rows before it; none where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    pub(super) books: Books,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
}

impl Left {
    pub(super) fn new(
        before: Option<&Before>,
        payment: &PaymentRecord,
        intent: Option<&IntentRecord>,
        attempt: Option<&AttemptRecord>,
    ) -> Self {
        Self {
            was: before.map(|before| hex(&before.0)),
            books: Books::of(payment),
            intent: intent.map(|intent| hex(&of_intent(intent))),
            attempt: attempt.map(|attempt| hex(&of_attempt(attempt))),
        }
    }

    pub(super) fn intent(&self) -> Option<Mark> {
        self.intent.as_deref().and_then(read)
    }

    pub(super) fn attempt(&self) -> Option<Mark> {
        self.attempt.as_deref().and_then(read)
    }

    /// Whether it found these rows.
    pub(super) fn found(&self, before: &Before) -> bool {
        self.was.as_ref().is_none_or(|was| *was == hex(&before.0))
    }
}

fn read(text: &str) -> Option<Mark> {
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}
