use std::fmt;

use pg_core::Money;
use serde::{Deserialize, Serialize};

use super::{AttemptId, IntentId, Timestamp, words};

words! {
    /// How far an attempt is. The first three are *open*: at most one of them per payment.
    AttemptState {
        /// Committed, and from then on counted as sent.
        Sending = "sending",
        /// It may have happened, or may still happen.
        Unknown = "unknown",
        /// The gateway took it; the ledger does not show it yet.
        Accepted = "accepted",
        /// It happened.
        Applied = "applied",
        /// It did not happen and never can.
        Closed = "closed",
    }
}

impl AttemptState {
    /// Whether it may still move money, or may have.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown | Self::Accepted)
    }
}

words! {
    /// How a refund is known to have happened.
    Proof {
        /// The gateway's own answer.
        Answer = "answer",
        /// Our tag in the gateway's history.
        Tag = "tag",
        /// The balance alone, nobody else being able to cancel.
        Balance = "balance",
        /// A person said so.
        Person = "person",
    }
}

/// A definite refusal that the ledger has yet to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What it is about, in one word.
    pub kind: String,
    /// The gateway's code, verbatim.
    pub code: String,
    /// Whether an earlier or doubled copy of the attempt could itself have caused it.
    pub could_be_our_own_doing: bool,
}

/// One frozen request with its guard value. Guard, tag and request never change between sends.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Its id; the tag on the wire is made from it.
    pub id: AttemptId,
    /// Whose it is.
    pub intent: IntentId,
    /// Which attempt of the intent, from 1.
    pub no: i64,
    /// The balance before it: the guard value.
    pub balance_before: Money,
    /// What it refunds.
    pub amount: Money,
    /// Which cancel of the payment it is, from 1.
    pub sequence: u16,
    /// The order as JSON, without the refund account.
    pub frozen: String,
    /// SHA-256 of `frozen`.
    pub digest: [u8; 32],
    /// How far it is.
    pub state: AttemptState,
    /// The claim under which it was last written.
    pub fence: i64,
    /// How often its sending was begun.
    pub sends: i64,
    /// How many of these are not proven to have stayed at home. 0: the gateway cannot have seen it.
    pub doubts: i64,
    /// Never to be sent again by itself, whatever the guard.
    pub hold: bool,
    /// The gateway said that it took it, whatever else its answer said: somebody may decide it later, past every guard.
    pub taken: bool,
    /// How often the gateway itself did not know.
    pub upstream: i64,
    /// Look-ups since the last sending.
    pub looks_since_send: i64,
    /// The refusal it got, if the ledger has yet to confirm one.
    pub refusal: Option<Refusal>,
    /// Why its outcome is unknown, in one word.
    pub last_reason: Option<String>,
    /// When it was first committed.
    pub first_send_at: Timestamp,
    /// When a sending was last begun.
    pub last_send_at: Timestamp,
}

impl AttemptRecord {
    /// How many sendings there were, as people are told: 0 when every one is proven to have stayed at home.
    #[must_use]
    pub const fn sends_told(&self) -> i64 {
        if self.doubts == 0 { 0 } else { self.sends }
    }
}

impl fmt::Debug for AttemptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptRecord")
            .field("id", &self.id)
            .field("no", &self.no)
            .field("balance_before", &self.balance_before)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .field("sends", &self.sends)
            .field("doubts", &self.doubts)
            .field("hold", &self.hold)
            .field("taken", &self.taken)
            .field("refusal", &self.refusal)
            .field("last_reason", &self.last_reason)
            .finish_non_exhaustive()
    }
}
