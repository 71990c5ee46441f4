//! The event log: append-only, each event sealed to the one before it by its hash.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::protocol::{Change, Record};
use crate::record::{
    AttemptId, AttemptRecord, IntentId, IntentRecord, JobRecord, JobRow, PaymentRecord, Resolution,
    Timestamp, hex,
};

use super::apply::Rows;
use super::trail::{self, Before, Left};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The intent that it is about.
    pub intent: Option<IntentId>,
    /// The attempt that it is about.
    pub attempt: Option<AttemptId>,
    /// What happened, in one word.
    pub kind: String,
    /// The facts as a JSON object: amounts, counts, codes; never account data.
    pub detail: String,
    /// SHA-256 over the hash before it and all of the above.
    pub hash: [u8; 32],
}

/// The hash before the first event.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// An event still without its place in the chain.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) at: Timestamp,
    pub(crate) intent: Option<IntentId>,
    pub(crate) attempt: Option<AttemptId>,
    pub(crate) kind: &'static str,
    pub(crate) detail: Value,
}

impl NewEvent {
    pub(crate) fn chained(self, seq: i64, before: &[u8; 32]) -> EventRecord {
        let mut event = EventRecord {
            seq,
            at: self.at,
            intent: self.intent,
            attempt: self.attempt,
            kind: self.kind.to_owned(),
            detail: self.detail.to_string(),
            hash: GENESIS,
        };
        event.hash = event.expected_hash(before);
        event
    }

    pub(crate) fn registered(payment: &PaymentRecord, at: Timestamp) -> Self {
        let detail = json!({
            "payment": payment.key().to_string(),
            "paid": payment.paid().minor(),
            "currency": payment.paid().currency().code(),
            "already_refunded": payment.foreign_refunded,
            "reference": hex(&trail::of_reference(&payment.payment)),
            "left": Left::new(None, payment, None, None),
        });
        Self { at, intent: None, attempt: None, kind: "registered", detail }
    }

    pub(crate) fn submitted(before: &Before, payment: &PaymentRecord, intent: &IntentRecord) -> Self {
        let detail = json!({
            "payment": intent.payment.to_string(),
            "amount": intent.amount.minor(),
            "currency": intent.amount.currency().code(),
            "key": intent.caller_key,
            "left": Left::new(Some(before), payment, Some(intent), None),
        });
        Self { at: intent.updated_at, intent: Some(intent.id), attempt: None, kind: "submitted", detail }
    }

    pub(crate) fn opened(before: &Before, rows: &Rows, attempt: &AttemptRecord, at: Timestamp) -> Self {
        let detail = json!({
            "no": attempt.no,
            "amount": attempt.amount.minor(),
            "before": attempt.balance_before.minor(),
            "sequence": attempt.sequence,
            "digest": hex(&attempt.digest),
            "fence": attempt.fence,
            "left": Left::new(Some(before), &rows.payment, Some(&rows.intent), Some(attempt)),
        });
        Self { at, intent: Some(attempt.intent), attempt: Some(attempt.id), kind: "attempt", detail }
    }

    pub(crate) fn changed(record: &Record, before: &Before, rows: &Rows, at: Timestamp) -> Self {
        let what = match &record.change {
            Change::Wait { pause } => json!({ "pause_s": pause.as_secs() }),
            Change::NotSent { phase, .. } => json!({ "phase": phase }),
            Change::Unknown { reason, hold, taken, .. } => {
                json!({ "reason": reason, "hold": hold, "taken": taken })
            }
            Change::Refused(refusal) => json!({ "kind": refusal.kind, "code": refusal.code }),
            Change::Completed { proof, cancel_id } => json!({ "proof": proof, "cancel_id": cancel_id }),
            Change::Accepted { cancel_id, .. } => json!({ "cancel_id": cancel_id }),
            Change::Rejected(because) => json!(because),
            Change::Manual(evidence) => json!(evidence),
            Change::Resend | Change::Superseded => json!({}),
        };
        let detail = json!({
            "what": what,
            "looked": record.looked,
            "known_balance": rows.payment.known_balance,
            "fence": rows.payment.fence,
        });
        Self::remark(record.intent, at, record.change.word(), detail).leaving(before, rows)
    }

    pub(crate) fn withdrawn(before: &Before, rows: &Rows, by: &str, reason: &str, at: Timestamp) -> Self {
        let detail = json!({ "by": by, "reason": reason });
        Self::remark(rows.intent.id, at, "withdrawn", detail).leaving(before, rows)
    }

    pub(crate) fn looks_anew(before: &Before, rows: &Rows, by: &str, at: Timestamp) -> Self {
        Self::remark(rows.intent.id, at, "look_anew", json!({ "by": by })).leaving(before, rows)
    }

    pub(crate) fn resolved(
        before: &Before,
        rows: &Rows,
        resolution: Resolution,
        (by, reason): (&str, &str),
        at: Timestamp,
    ) -> Self {
        let detail = json!({ "as": resolution.as_str(), "by": by, "reason": reason });
        Self::remark(rows.intent.id, at, "resolved", detail).leaving(before, rows)
    }

    /// Adds what a transaction leaves of an intent and its open attempt.
    fn leaving(mut self, before: &Before, rows: &Rows) -> Self {
        let Rows { payment, intent, attempt } = rows;
        let left = Left::new(Some(before), payment, Some(intent), attempt.as_ref());
        if let Some(detail) = self.detail.as_object_mut() {
            detail.insert("left".to_owned(), json!(left));
        }
        Self { attempt: attempt.as_ref().map(|attempt| attempt.id), ..self }
    }

    pub(crate) fn compared(before: &Before, payment: &PaymentRecord, seen: i64, at: Timestamp) -> Self {
        let detail = json!({
            "payment": payment.key().to_string(),
            "seen_balance": seen,
            "suspect": payment.suspect,
            "known_balance": payment.known_balance,
            "left": Left::new(Some(before), payment, None, None),
        });
        Self::general(at, "compared", detail)
    }

    /// Payments that became suspect.
    pub(crate) fn suspected(payments: &[PaymentRecord], at: Timestamp) -> Self {
        let marks = payments
            .iter()
            .map(|payment| (payment.key().to_string(), (payment.suspect, payment.suspect_since)));
        Self::general(at, "suspected", json!({ "payments": marks.collect::<BTreeMap<_, _>>() }))
    }

    pub(crate) fn trusted(
        before: &Before,
        payment: &PaymentRecord,
        by: &str,
        reason: &str,
        at: Timestamp,
    ) -> Self {
        let detail = json!({
            "payment": payment.key().to_string(),
            "by": by,
            "reason": reason,
            "left": Left::new(Some(before), payment, None, None),
        });
        Self::general(at, "trusted", detail)
    }

    pub(crate) fn planned<'a>(job: &JobRecord, rows: impl Iterator<Item = &'a JobRow>) -> Self {
        let mut event = Self::of_job(job, job.created_at, "planned", None);
        if let Some(detail) = event.detail.as_object_mut() {
            detail.insert("name".to_owned(), json!(job.name));
            detail.insert("seen_event".to_owned(), json!(job.seen_event));
            detail.insert("plan".to_owned(), json!(hex(&trail::of_plan(rows))));
        }
        event
    }

    pub(crate) fn of_job(job: &JobRecord, at: Timestamp, kind: &'static str, by: Option<&str>) -> Self {
        let totals = job.totals.iter().map(|total| {
            let approved = total.approved;
            json!({
                "currency": approved.currency().code(),
                "approved": approved.minor(),
                "submitted": total.submitted,
            })
        });
        let detail = json!({
            "job": job.id,
            "hash": hex(&job.hash),
            "rows": job.rows,
            "totals": totals.collect::<Vec<_>>(),
            "by": by,
            "because": job.halted_because,
        });
        Self { at, intent: None, attempt: None, kind, detail }
    }

    /// Something that is about no single payment.
    pub(crate) const fn general(at: Timestamp, kind: &'static str, detail: Value) -> Self {
        Self { at, intent: None, attempt: None, kind, detail }
    }

    pub(crate) fn remark(intent: IntentId, at: Timestamp, kind: &'static str, detail: Value) -> Self {
        Self { at, intent: Some(intent), attempt: None, kind, detail }
    }
}

impl EventRecord {
    /// The hash that it must have, after the event with the hash `before`.
    #[must_use]
    pub fn expected_hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        for id in [self.intent.map(IntentId::to_bytes), self.attempt.map(AttemptId::to_bytes)] {
            match id {
                Some(bytes) => {
                    hash.update([1]);
                    hash.update(bytes);
                }
                None => hash.update([0]),
            }
        }
        for text in [&self.kind, &self.detail] {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
}
