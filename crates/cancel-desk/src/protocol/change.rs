use std::time::Duration;

use pg_core::{AttemptTag, CancelOrder, Invalid};

use crate::record::{AttemptId, Evidence, IntentId, Proof, Refusal, RejectedBecause, Timestamp};

use super::Snapshot;

/// What one transaction writes about an intent. The journal checks that the state allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The look-up decided nothing: look again after the pause.
    Wait {
        /// The pause.
        pause: Duration,
    },
    /// The same attempt is about to be sent again.
    Resend,
    /// The sending provably did not reach the gateway.
    NotSent {
        /// The phase, in one word.
        phase: &'static str,
        /// The pause before the next step.
        pause: Duration,
    },
    /// The sending's outcome is unknown.
    Unknown {
        /// Why, in one word.
        reason: &'static str,
        /// Whether the attempt must never be sent again by itself.
        hold: bool,
        /// Whether the gateway said that it took it all the same.
        taken: bool,
        /// Whether it was the gateway that did not know.
        upstream: bool,
        /// The pause before the look-up.
        pause: Duration,
    },
    /// The gateway refused it for good, which a look-up has yet to confirm.
    Refused(Refusal),
    /// The gateway took it and moves the money later.
    Accepted {
        /// The gateway's number of the cancel.
        cancel_id: Option<String>,
        /// The pause before the follow-up.
        pause: Duration,
    },
    /// It happened, exactly once. Final.
    Completed {
        /// How that is known.
        proof: Proof,
        /// The gateway's number of the cancel.
        cancel_id: Option<String>,
    },
    /// It did not happen and never can. Final.
    Rejected(RejectedBecause),
    /// The ledger proves that this attempt is closed; the intent may open another.
    Superseded,
    /// Only a person can decide.
    Manual(Evidence),
}

impl Change {
    /// One word for it, as in the event log.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Wait { .. } => "wait",
            Self::Resend => "resend",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
            Self::Refused(_) => "refused",
            Self::Accepted { .. } => "accepted",
            Self::Completed { .. } => "completed",
            Self::Rejected(_) => "rejected",
            Self::Superseded => "superseded",
            Self::Manual(_) => "manual",
        }
    }
}

/// A change together with what was learnt about the payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The intent.
    pub intent: IntentId,
    /// Its open attempt, where the change is about one.
    pub attempt: Option<AttemptId>,
    /// A balance that is proven, in minor units: the payment keeps the lowest.
    pub proven_balance: Option<i64>,
    /// Whether a look-up led to it.
    pub looked: bool,
    /// What happened.
    pub change: Change,
}

/// A new attempt, still without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptPlan {
    /// Whose it is.
    pub intent: IntentId,
    /// The guard value in minor units: the lowest balance ever proven.
    pub balance_before: i64,
    /// Which cancel of the payment it will be, from 1.
    pub sequence: u16,
    /// Journal time at which it was planned.
    pub at: Timestamp,
}

impl AttemptPlan {
    /// The order to be frozen: everything but the refund account, which the journal keeps apart.
    ///
    /// # Errors
    /// [`Invalid`] when there can be no such order (a 1000th cancel, an amount above the balance).
    pub fn order(&self, snapshot: &Snapshot, tag: AttemptTag) -> Result<CancelOrder, Invalid> {
        let payment = &snapshot.payment;
        let at = time::OffsetDateTime::from_unix_timestamp(self.at.seconds())
            .map_err(|_| Invalid::new("at", "must be a time of this era"))?;
        let balance = payment.money(self.balance_before);
        let order = CancelOrder::new(
            payment.payment.clone(),
            snapshot.intent.amount,
            balance,
            tag,
            self.sequence,
            at,
        )?;
        Ok(match &snapshot.intent.reason {
            Some(reason) => order.with_reason(reason.clone()),
            None => order,
        })
    }
}

/// A new attempt with its request frozen, to be committed before it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// Its id; the tag on the wire is made from it.
    pub id: AttemptId,
    /// What was planned.
    pub plan: AttemptPlan,
    /// The order as JSON, without the refund account.
    pub frozen: String,
    /// SHA-256 of `frozen`.
    pub digest: [u8; 32],
}

impl std::fmt::Debug for NewAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAttempt").field("id", &self.id).field("plan", &self.plan).finish_non_exhaustive()
    }
}
