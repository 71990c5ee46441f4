//! What must hold, judged by the gateway's ledger.

use std::collections::BTreeMap;
use std::fmt;

use crate::record::{IntentId, IntentRecord, IntentState, Outcome, RejectedBecause, words};

use super::gateway::{Ledger, Message};
use super::people::Wish;

words! {
    /// A rule that a run must not break.
    Rule {
        /// I1: no more is refunded than was paid.
        NotOverRefunded = "not_over_refunded",
        /// I2: no intent is refunded twice.
        NotTwice = "not_twice",
        /// I3: completed means exactly one refund of exactly the amount.
        CompletedIsRefunded = "completed_is_refunded",
        /// I4: rejected means no refund, late copies included.
        RejectedIsNotRefunded = "rejected_is_not_refunded",
        /// Rejected for want of balance means that there really is too little left.
        RejectedForCause = "rejected_for_cause",
        /// I5: no stored intent is lost, and all come to an end once the faults stop.
        NothingIsLost = "nothing_is_lost",
        /// I6, I7: the stored rows add up, with at most one open attempt per payment.
        RowsAddUp = "rows_add_up",
        /// I8: nothing is sent that was not committed.
        CommittedBeforeSent = "committed_before_sent",
        /// I9: an attempt never changes between its sendings.
        SameAttemptSameRequest = "same_attempt_same_request",
        /// I10: an outcome is written once.
        OutcomeIsFinal = "outcome_is_final",
        /// I11: what waits for a person has its evidence.
        EvidenceAttached = "evidence_attached",
        /// The simulation itself went wrong.
        ModelIsSound = "model_is_sound",
    }
}

impl Rule {
    /// Whether breaking it means that money or truth was lost, as the gateway's ledger shows.
    #[must_use]
    pub const fn is_harm(self) -> bool {
        matches!(
            self,
            Self::NotOverRefunded
                | Self::NotTwice
                | Self::CompletedIsRefunded
                | Self::RejectedIsNotRefunded
                | Self::NothingIsLost
        )
    }
}

/// A rule broken in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The seed that repeats it.
    pub seed: u64,
    /// Which rule.
    pub rule: Rule,
    /// Where, in a few words.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {} broken: {}", self.seed, self.rule, self.what)
    }
}

#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) seed: u64,
    pub(super) violations: Vec<Violation>,
    requests: BTreeMap<String, (i64, i64, u16)>,
    finals: BTreeMap<IntentId, IntentState>,
}

impl Oracle {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(super) fn broken(&mut self, rule: Rule, what: impl Into<String>) {
        self.violations.push(Violation { seed: self.seed, rule, what: what.into() });
    }

    pub(super) fn sent(&mut self, message: &Message) {
        let request = (message.before, message.amount, message.sequence);
        let first = *self.requests.entry(message.tag.clone()).or_insert(request);
        if first != request {
            self.broken(Rule::SameAttemptSameRequest, message.tag.clone());
        }
    }

    pub(super) fn written(&mut self, intent: &IntentRecord) {
        if let Some(earlier) = self.finals.get(&intent.id).copied() {
            if earlier != intent.state {
                self.broken(Rule::OutcomeIsFinal, format!("{} {earlier} then {}", intent.id, intent.state));
            }
        } else if intent.state.is_final() {
            self.finals.insert(intent.id, intent.state);
        }
    }

    pub(super) fn ledger(&mut self, ledger: &Ledger) {
        if ledger.balance() < 0 {
            self.broken(Rule::NotOverRefunded, format!("balance {}", ledger.balance()));
        }
    }

    /// The journal forgets what it said of this intent, unless it still says so. What was it?
    pub(super) fn forgotten(&mut self, id: IntentId, now: Option<IntentState>) -> Option<IntentState> {
        let told = self.finals.get(&id).copied()?;
        if now == Some(told) {
            return None;
        }
        self.finals.remove(&id)
    }

    /// One wish is refunded at most once, under however many ids the journal has stored it. `refunds`: all of them.
    pub(super) fn wish(&mut self, wish: &Wish, refunds: &[i64]) {
        let what = || format!("{} {:?} {refunds:?}", wish.id, wish.told);
        if refunds.len() > 1 {
            self.broken(Rule::NotTwice, what());
        }
        if !refunds.is_empty() && matches!(wish.told, Some(IntentState::Rejected | IntentState::Withdrawn)) {
            self.broken(Rule::RejectedIsNotRefunded, what());
        }
    }

    pub(super) fn end(&mut self, intent: &IntentRecord, ledger: &Ledger, refunds: &[i64]) {
        let what = || format!("{} {} {} {refunds:?}", intent.id, intent.state, intent.amount.minor());
        let too_little = ledger.balance() < intent.amount.minor();
        if let Some(Outcome::Rejected(RejectedBecause::Insufficient { .. })) = intent.outcome
            && !too_little
        {
            self.broken(Rule::RejectedForCause, what());
        }
        match intent.state {
            IntentState::Completed if refunds != [intent.amount.minor()] => {
                self.broken(Rule::CompletedIsRefunded, what());
            }
            IntentState::Rejected | IntentState::Withdrawn if !refunds.is_empty() => {
                self.broken(Rule::RejectedIsNotRefunded, what());
            }
            IntentState::Planned | IntentState::Open | IntentState::Manual => {
                self.broken(Rule::NothingIsLost, what());
            }
            _ => {}
        }
    }
}
