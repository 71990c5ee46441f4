use std::fmt;

use pg_core::{Attribution, Money, RejectionKind};
use serde::{Deserialize, Serialize};

use super::{Evidence, IntentId, PaymentKey, Proof, Timestamp, Why, words};

words! {
    /// How far an intent is.
    IntentState {
        /// Stored, its amount reserved; no attempt is open.
        Planned = "planned",
        /// An attempt exists that may have been sent.
        Open = "open",
        /// The gateway's ledger shows exactly this refund. Final.
        Completed = "completed",
        /// The gateway took it and moves the money later.
        Accepted = "accepted",
        /// No money moved and none can because of it. Final.
        Rejected = "rejected",
        /// Only a person can tell; the evidence is attached.
        Manual = "manual",
        /// Taken back: nothing was sent for it that can still happen. Final.
        Withdrawn = "withdrawn",
    }
}

impl IntentState {
    /// Whether it can never change again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Rejected | Self::Withdrawn)
    }
}

/// Why an intent is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectedBecause {
    /// The ledger has less left than is asked.
    Insufficient {
        /// What is left at most, in minor units.
        balance: i64,
    },
    /// The gateway refused it for good.
    Refused {
        /// What the refusal is about, in one word.
        kind: String,
        /// The gateway's code, verbatim.
        code: String,
    },
    /// A check of the gateway's SDK stopped it before it was sent.
    Invalid {
        /// The field.
        field: String,
    },
    /// A person decided that it did not happen.
    Person,
}

/// How an intent ended, once it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Refunded.
    Completed {
        /// How that is known.
        proof: Proof,
        /// The gateway's number of the cancel, where it gave one.
        cancel_id: Option<String>,
    },
    /// Not refunded.
    Rejected(RejectedBecause),
}

/// What a person decides about an intent that waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolution {
    /// It happened, exactly once.
    Happened,
    /// It did not happen, and never can.
    DidNotHappen,
    /// Look again, from the beginning of the schedule.
    LookAgain,
}

impl Resolution {
    /// One word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Happened => "happened",
            Self::DidNotHappen => "did_not_happen",
            Self::LookAgain => "look_again",
        }
    }
}

/// One wish to refund, as the journal has it.
#[derive(Clone, PartialEq, Eq)]
pub struct IntentRecord {
    /// Its id.
    pub id: IntentId,
    /// The payment.
    pub payment: PaymentKey,
    /// The caller's key: the same key is the same wish.
    pub caller_key: String,
    /// A digest of what was asked.
    pub fingerprint: [u8; 32],
    /// What is to be refunded.
    pub amount: Money,
    /// Why, in the merchant's words. Free text: may name people.
    pub reason: Option<String>,
    /// How far it is.
    pub state: IntentState,
    /// Its end, once it has one.
    pub outcome: Option<Outcome>,
    /// What a person needs to decide; never absent when `state` is `Manual`.
    pub evidence: Option<Evidence>,
    /// When to look next.
    pub due_at: Option<Timestamp>,
    /// When the schedule would look next, if a hint asked for a look before that.
    pub scheduled_at: Option<Timestamp>,
    /// Scheduled look-ups since the attempt was opened (or since it was stored). Looks that a hint asked for earlier
    /// are not counted.
    pub looks: i64,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl fmt::Debug for IntentRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntentRecord")
            .field("id", &self.id)
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .field("outcome", &self.outcome)
            .field("evidence", &self.evidence)
            .field("due_at", &self.due_at)
            .field("looks", &self.looks)
            .finish_non_exhaustive()
    }
}

impl IntentRecord {
    /// Whether a person has to look at it.
    #[must_use]
    pub const fn waits_for_a_person(&self) -> bool {
        matches!(self.state, IntentState::Manual)
            || (matches!(self.state, IntentState::Accepted) && self.evidence.is_some())
    }

    /// Whether nothing was sent for it and nothing can be: it is made in the gateway's admin page, or not at all.
    #[must_use]
    pub fn is_for_the_admin_page(&self) -> bool {
        self.evidence.as_ref().is_some_and(|evidence| evidence.why == Why::NextNumberUnknown)
    }

    /// The time of the next scheduled look-up, if a look at `now` is one that only a hint asked for. Anybody can send a
    /// hint: such a look may prove something, but neither uses up the schedule nor ends it.
    #[must_use]
    pub fn early(&self, now: Timestamp) -> Option<Timestamp> {
        self.scheduled_at.filter(|at| now < *at)
    }
}

impl From<Attribution> for Proof {
    fn from(by: Attribution) -> Self {
        match by {
            Attribution::Tag => Self::Tag,
            _ => Self::Balance,
        }
    }
}

/// One word for what a refusal is about.
#[must_use]
pub(crate) const fn kind_word(kind: RejectionKind) -> &'static str {
    match kind {
        RejectionKind::Request => "request",
        RejectionKind::Credentials => "credentials",
        RejectionKind::NotFound => "not_found",
        RejectionKind::Amount => "amount",
        RejectionKind::Guard => "guard",
        RejectionKind::NotCancellable => "not_cancellable",
        RejectionKind::Period => "period",
        RejectionKind::RefundAccount => "refund_account",
        RejectionKind::MerchantFunds => "merchant_funds",
        RejectionKind::Policy => "policy",
        _ => "other",
    }
}
