use std::time::Duration;

use pg_core::{
    CancelError, CancelOrder, CancelState, Cancelled, Capabilities, Doubt, LookUpError, PaymentRef,
    PaymentState, Verdict,
};

use crate::record::{AttemptId, AttemptRecord, AttemptState, IntentState, Timestamp};

use super::decide;
use super::{AttemptPlan, Change, Claim, Lease, Policy, Record, Snapshot};

/// How long a refund that this worker cannot send is left to others.
const ELSEWHERE: Duration = Duration::from_secs(30);

/// One worker's turn at one payment.
#[derive(Debug)]
pub struct Turn {
    lease: Lease,
    snapshot: Snapshot,
    capabilities: Capabilities,
    policy: Policy,
    /// The last look-up of this turn: what a new attempt is planned on.
    seen: Option<PaymentState>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Look the payment up at the gateway. Answer with [`Event::LookedUp`].
    LookUp(Box<PaymentRef>),
    /// Commit a new attempt to the journal. Answer with [`Event::Recorded`]; never send what was not committed.
    Commit(AttemptPlan),
    /// Send the attempt. Answer with [`Event::Answered`].
    Send(Box<Sending>),
    /// Commit a change to the journal. Answer with [`Event::Recorded`].
    Record(Box<Record>),
    /// The turn is over: release the lease. The journal knows when to go on.
    Release,
}

/// One sending of a committed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The attempt, as committed.
    pub attempt: AttemptRecord,
    /// No earlier sending of it can have reached the gateway, so its refusal may be believed.
    pub first: bool,
    /// Journal time after which the sending must not begin: the lease would end before the answer.
    pub not_after: Timestamp,
}

/// What a look-up told, by which text our tag is found in it, and what the gateway's own crate makes of it.
#[derive(Debug)]
pub struct Seen {
    /// The gateway's answer.
    pub answer: Result<PaymentState, LookUpError>,
    /// The open attempt's tag as this gateway keeps it in its history, if it keeps one.
    pub history_tag: Option<String>,
    /// The verdict by [`CancelGateway::reconcile`](pg_core::CancelGateway::reconcile), asked before: it knows of PGs
    /// that decide later. On the open attempt, it can only add doubts to what the answer itself proves; on a suspect
    /// payment without one, it is about an attempt that was never made.
    pub verdict: Option<Verdict>,
    /// On a suspect payment without an open attempt: the answer's history shows a refund with our mark that no attempt
    /// of the journal explains.
    pub unexplained: bool,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A look-up ended.
    LookedUp(Seen),
    /// The journal committed the attempt, or a change; this is what it holds now.
    Recorded(Box<Snapshot>),
    /// The open attempt was made for another host, merchant id or form than the account has now: sent there it would be
    /// another request, and what is told there is not about it.
    OtherTerms,
    /// No order can be made of the plan, or the frozen one cannot be read or is refused by a check of ours.
    Impossible,
    /// The sending ended.
    Answered {
        /// How.
        outcome: Result<Cancelled, CancelError>,
        /// Whether the gateway said to some copy that it took it ([`SendLog::was_taken`](pg_core::SendLog::was_taken)).
        taken: bool,
    },
    /// The journal refused: somebody else holds the payment now, or the storage failed. Nothing more may be done.
    Lost,
}

impl Turn {
    /// Begins a turn. It always begins with a look-up: whatever a crash left open is settled before anything new.
    #[must_use]
    pub fn begin(claim: Claim, capabilities: Capabilities, policy: Policy) -> (Self, Action) {
        let Claim { lease, snapshot, .. } = claim;
        let turn = Self { lease, snapshot, capabilities, policy, seen: None };
        let action = turn.look_up();
        (turn, action)
    }

    /// What the journal holds, as of the last event.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The right under which it works.
    #[must_use]
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether it is about a suspect payment without an open attempt: what the journal lost may have been attempted.
    #[must_use]
    pub const fn is_distrusted(&self) -> bool {
        self.snapshot.payment.suspect.is_some() && self.snapshot.attempt.is_none()
    }

    /// Where [`is_distrusted`](Self::is_distrusted): the order that an attempt would be, never to be sent, to ask
    /// whether the gateway has something pending that the journal lost.
    #[must_use]
    pub fn probe(&self) -> Option<CancelOrder> {
        if !self.is_distrusted() {
            return None;
        }
        let Snapshot { payment, intent, now, .. } = &self.snapshot;
        let plan =
            AttemptPlan { intent: intent.id, balance_before: payment.known_balance, sequence: 1, at: *now };
        let tag = AttemptId::random().and_then(AttemptId::tag).ok()?;
        let order = plan.order(&self.snapshot, tag).ok()?;
        order.sends().mark_possibly_sent();
        Some(order)
    }

    /// Takes in what happened at journal time `now`, and says what is next.
    #[must_use]
    pub fn on(&mut self, event: Event, now: Timestamp) -> Action {
        match event {
            Event::LookedUp(Seen { answer: Ok(state), history_tag, verdict, unexplained }) => {
                let action = self.on_state(&state, history_tag.as_deref(), verdict, unexplained, now);
                self.seen = Some(state);
                action
            }
            Event::LookedUp(Seen { answer: Err(error), .. }) => {
                self.record(None, true, decide::look_up_failed(&self.snapshot, &error))
            }
            Event::Recorded(snapshot) => self.on_recorded(*snapshot, now),
            Event::OtherTerms => self.record(None, true, decide::other_terms(&self.snapshot)),
            Event::Impossible => self.record(None, false, decide::stuck(&self.snapshot)),
            Event::Answered { outcome, taken } => self.on_answer(outcome, taken),
            Event::Lost => Action::Release,
        }
    }

    /// What to do instead of an action that leads to a sending, when the refund account cannot be opened here: nothing
    /// is sent, and another worker may have the key to it. An open attempt keeps to its schedule.
    #[must_use]
    pub fn without_account(&self, instead_of: Action) -> Action {
        match instead_of {
            Action::Commit(_) => self.record(None, false, Change::Wait { pause: ELSEWHERE }),
            Action::Record(mut record) => {
                record.change = decide::later(&self.snapshot);
                Action::Record(record)
            }
            other => other,
        }
    }

    fn look_up(&self) -> Action {
        Action::LookUp(Box::new(self.snapshot.payment.payment.clone()))
    }

    fn record(&self, proven_balance: Option<i64>, looked: bool, change: Change) -> Action {
        Action::Record(Box::new(Record {
            intent: self.snapshot.intent.id,
            attempt: self.snapshot.attempt.as_ref().map(|attempt| attempt.id),
            proven_balance,
            looked,
            change,
        }))
    }

    fn on_state(
        &mut self,
        state: &PaymentState,
        history_tag: Option<&str>,
        found: Option<Verdict>,
        unexplained: bool,
        now: Timestamp,
    ) -> Action {
        let payment = &self.snapshot.payment;
        if state.balance.currency() != payment.paid().currency() || state.paid != payment.paid() {
            return self.record(None, true, decide::other_paid_amount(&self.snapshot, state));
        }
        // what contradicts itself, or may come back, proves nothing, and would never be taken back
        let proven = state.is_proof().then(|| state.balance.minor());
        let Some(attempt) = &self.snapshot.attempt else {
            // a refund that its PG has not approved may leave the ledger again
            let proven = proven.filter(|_| found != Some(Verdict::Unclear(Doubt::Pending)));
            return match decide::distrusted(&self.snapshot, state, found, unexplained, &self.policy, now) {
                Some(change) => self.record(proven, true, change),
                None if !state.is_proof() => {
                    self.record(None, true, decide::proves_nothing(&self.snapshot, state))
                }
                None => self.plan(state, true, now),
            };
        };
        let trusted = self.policy.trusts_guard(&self.capabilities);
        let own = decide::verdict(&self.snapshot, attempt, state, history_tag, &self.policy, trusted);
        let verdict = decide::with_doubts(attempt, state, own, found);
        let pending = verdict == Verdict::Unclear(Doubt::Pending);
        let change = decide::change(&self.snapshot, attempt, state, verdict, &self.policy, trusted, now);
        let change = decide::after_restore(&self.snapshot, attempt, state, change, &self.policy, now);
        // a cancel proven by its tag in an old answer lowers the balance further than that answer shows
        let proven = match &change {
            Change::Completed { .. } => {
                let after = decide::balance_after(attempt);
                Some(proven.map_or(after, |seen| seen.min(after)))
            }
            // a refund that its PG has not approved may leave the ledger again
            _ if pending => None,
            _ => proven,
        };
        self.record(proven, true, change)
    }

    fn plan(&self, state: &PaymentState, looked: bool, now: Timestamp) -> Action {
        let known = self.snapshot.payment.known_balance.min(state.balance.minor());
        if self.snapshot.intent.amount.minor() > known {
            // a person was asked to make it by hand, and may have
            let change = match self.snapshot.intent.is_for_the_admin_page() {
                true => decide::without_a_number(&self.snapshot, state, looked),
                false => decide::insufficient(known),
            };
            return self.record(Some(known), looked, change);
        }
        if decide::is_next_number_unknown(&self.capabilities, &self.snapshot.payment, state, known) {
            let change = decide::without_a_number(&self.snapshot, state, looked);
            return self.record(Some(known), looked, change);
        }
        match decide::next_sequence(&self.snapshot.payment, state) {
            Some(sequence) => Action::Commit(AttemptPlan {
                intent: self.snapshot.intent.id,
                balance_before: known,
                sequence,
                at: now,
            }),
            None => self.record(Some(known), looked, decide::stuck(&self.snapshot)),
        }
    }

    fn on_recorded(&mut self, snapshot: Snapshot, now: Timestamp) -> Action {
        let had_attempt = self.snapshot.attempt.is_some();
        self.snapshot = snapshot;
        self.lease.until = self.snapshot.now.after(self.lease.length);
        match (&self.snapshot.attempt, self.snapshot.intent.state) {
            (Some(attempt), IntentState::Open) => match attempt.state {
                AttemptState::Sending => self.send(attempt),
                // a fresh refusal is looked into at once
                AttemptState::Unknown if attempt.refusal.is_some() && attempt.looks_since_send == 0 => {
                    self.look_up()
                }
                _ => Action::Release,
            },
            // superseded: the look-up that proved it is what the next attempt is planned on
            (None, IntentState::Planned) if had_attempt => match &self.seen {
                Some(state) => self.plan(state, false, now),
                None => Action::Release,
            },
            _ => Action::Release,
        }
    }

    fn send(&self, attempt: &AttemptRecord) -> Action {
        let not_after =
            Timestamp(self.lease.until.0.saturating_sub(Timestamp(0).after(self.policy.deadline).0));
        Action::Send(Box::new(Sending { attempt: attempt.clone(), first: attempt.doubts <= 1, not_after }))
    }

    fn on_answer(&self, outcome: Result<Cancelled, CancelError>, taken: bool) -> Action {
        let Some(attempt) = &self.snapshot.attempt else {
            return Action::Release;
        };
        match outcome {
            Ok(cancelled) if cancelled.amount() != attempt.amount => {
                self.record(None, false, decide::integrity())
            }
            Ok(cancelled) if cancelled.state() == CancelState::Completed => {
                let after = decide::balance_after(attempt);
                let told = cancelled.remaining().filter(|m| m.currency() == attempt.amount.currency());
                let proven = told.map_or(after, |told| told.minor().min(after));
                self.record(Some(proven), false, decide::completed_by_answer(&cancelled))
            }
            Ok(cancelled) => self.record(None, false, decide::accepted(&cancelled)),
            Err(error) => self.record(None, false, decide::refused(&self.snapshot, attempt, &error, taken)),
        }
    }
}
