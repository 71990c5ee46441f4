//! What must hold of everything stored, checked row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::record::{
    AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, JobRecord, JobRow, JobState, Outcome,
    PaymentRecord, Proof, Timestamp,
};

use super::EventRecord;
use super::event::GENESIS;
use super::replay::{Found, Replay};

/// No lease is taken for longer.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

const DUE: &str = "due_at is not that of its cancels";

/// What [`Journal::verify`](super::Journal::verify) found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Payments looked at.
    pub payments: u64,
    /// Intents looked at.
    pub intents: u64,
    /// Attempts looked at.
    pub attempts: u64,
    /// Events looked at.
    pub events: u64,
    /// The hash of the last event: kept elsewhere, it shows later that none was cut off.
    pub head: [u8; 32],
    /// What does not hold. Empty in a sound journal.
    pub faults: Vec<Fault>,
}

impl Verification {
    /// Whether everything holds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub rule: &'static str,
    /// Where: a payment, an intent, an attempt or an event, by its key.
    pub at: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.rule)
    }
}

/// Collects the faults while a store hands over its rows: events in order, then each payment with all of its own.
#[derive(Debug, Default)]
pub(crate) struct Verifier {
    found: Verification,
    /// What the events say; none where no events are kept.
    replay: Option<Replay>,
    now: Option<Timestamp>,
    due: Vec<Due>,
    /// The intents of the rows of halted jobs.
    halted: BTreeSet<IntentId>,
}

impl Verifier {
    /// One that compares the rows with the events.
    pub(crate) fn with_events() -> Self {
        Self { replay: Some(Replay::default()), ..Self::default() }
    }

    pub(crate) fn event(&mut self, event: &EventRecord) {
        let expected = i64::try_from(self.found.events).unwrap_or(i64::MAX).saturating_add(1);
        let before = if self.found.events == 0 { GENESIS } else { self.found.head };
        if event.seq != expected {
            self.fault("the event before it is missing", format!("event {}", event.seq));
        }
        if event.expected_hash(&before) != event.hash {
            self.fault("the chain of hashes is broken", format!("event {}", event.seq));
        }
        self.replay_event(event);
        self.found.head = event.hash;
        self.found.events = self.found.events.saturating_add(1);
    }

    /// An event that has no place in the chain yet.
    #[cfg(feature = "postgres")]
    pub(crate) fn unsealed(&mut self, event: &EventRecord) {
        self.replay_event(event);
    }

    fn replay_event(&mut self, event: &EventRecord) {
        let told = self.replay.as_mut().and_then(|replay| replay.event(event));
        self.told(told);
    }

    /// Whether the journal was restored from a backup, and that is not settled.
    pub(crate) fn restored(&mut self, restored: bool) {
        let told = self.replay.as_ref().and_then(|replay| replay.restored(restored));
        self.told(told);
    }

    /// What time it is for the journal.
    pub(crate) fn at(&mut self, now: Timestamp) {
        self.now = Some(now);
    }

    pub(crate) fn payment(
        &mut self,
        payment: &PaymentRecord,
        intents: &[IntentRecord],
        attempts: &[AttemptRecord],
    ) {
        self.found.payments = self.found.payments.saturating_add(1);
        let told = self.replay.as_mut().map(|replay| replay.payment(payment));
        told.into_iter().flatten().for_each(|found| self.told(Some(found)));
        let at = payment.key().to_string();
        self.hold(payment.adds_up(), "more is reserved and refunded than was paid", &at);
        let sum = |wanted: fn(IntentState) -> bool| {
            intents
                .iter()
                .filter(|intent| wanted(intent.state))
                .try_fold(0_i64, |sum, intent| sum.checked_add(intent.amount.minor()))
        };
        let reserved = sum(|state| !state.is_final());
        self.hold(reserved == Some(payment.reserved), "the reserved sum is not that of its cancels", &at);
        let refunded = sum(|state| state == IntentState::Completed);
        self.hold(refunded == Some(payment.refunded), "the refunded sum is not that of its cancels", &at);
        let open = attempts.iter().filter(|attempt| attempt.state.is_open()).count();
        self.hold(open <= 1, "more than one attempt is open", &at);
        match attempts.iter().find(|attempt| attempt.state.is_open()) {
            Some(open) => {
                let intent = intents.iter().find(|intent| intent.id == open.intent);
                self.hold(payment.due_at == intent.and_then(|intent| intent.due_at), DUE, &at);
            }
            // which of them a halted job holds is told by the jobs
            None => self.due.extend(Due::of(payment, intents)),
        }
        let latest = self.now.map(|now| now.after(LONGEST_LEASE));
        let lease_ends = payment.lease_until.is_none_or(|until| latest.is_none_or(|latest| until <= latest));
        self.hold(lease_ends, "its lease ends more than a day from now: nobody can work on it", &at);

        let mut by_intent: BTreeMap<_, Vec<&AttemptRecord>> = BTreeMap::new();
        for attempt in attempts {
            self.attempt(attempt);
            by_intent.entry(attempt.intent).or_default().push(attempt);
        }
        for intent in intents {
            self.intent(intent, &by_intent.remove(&intent.id).unwrap_or_default());
        }
        for attempt in by_intent.into_values().flatten() {
            self.fault("it is an attempt of another payment's cancel", attempt.id.to_string());
        }
    }

    /// A job with the sums of its submitted rows, by currency.
    pub(crate) fn job(&mut self, job: &JobRecord, rows: &[JobRow]) {
        let told = self.replay.as_mut().and_then(|replay| replay.job(job, rows));
        self.told(told);
        if job.state == JobState::Halted {
            self.halted.extend(rows.iter().map(|row| row.intent));
        }
        let at = job.id.to_string();
        for total in &job.totals {
            let currency = total.approved.currency();
            let of = |submitted: bool| {
                rows.iter()
                    .filter(|row| row.amount.currency() == currency)
                    .filter(|row| !submitted || row.is_submitted())
                    .try_fold(0_i64, |sum, row| sum.checked_add(row.amount.minor()))
            };
            self.hold(of(false) == Some(total.approved.minor()), "the total is not that of its rows", &at);
            self.hold(of(true) == Some(total.submitted), "the submitted sum is not that of its rows", &at);
            self.hold(total.submitted <= total.approved.minor(), "more is submitted than was approved", &at);
        }
        self.hold(i64::try_from(rows.len()) == Ok(job.rows), "rows are missing", &at);
    }

    fn intent(&mut self, intent: &IntentRecord, attempts: &[&AttemptRecord]) {
        self.found.intents = self.found.intents.saturating_add(1);
        let told = self.replay.as_mut().and_then(|replay| replay.intent(intent));
        self.told(told);
        let at = intent.id.to_string();
        let count = |state: fn(AttemptState) -> bool| attempts.iter().filter(|a| state(a.state)).count();
        let applied = count(|state| state == AttemptState::Applied);
        let open = count(AttemptState::is_open);
        let (completed, manual) =
            (intent.state == IntentState::Completed, intent.state == IntentState::Manual);
        // after a restored backup a person may know of an attempt that the journal lost
        let by_person = matches!(&intent.outcome, Some(Outcome::Completed { proof: Proof::Person, .. }));
        let fits = applied == usize::from(completed) || (applied == 0 && by_person);
        self.hold(fits, "completed, and applied exactly once, differ", &at);
        let may_be_open =
            matches!(intent.state, IntentState::Open | IntentState::Accepted | IntentState::Manual);
        self.hold(open == 0 || may_be_open, "an attempt is open, but the cancel is not", &at);
        let must_be_open = matches!(intent.state, IntentState::Open | IntentState::Accepted);
        self.hold(open == 1 || !must_be_open, "the cancel is open, but no attempt of it", &at);
        self.hold(!manual || intent.evidence.is_some(), "waits for a person without evidence", &at);
        let outcome = match &intent.outcome {
            Some(Outcome::Completed { .. }) => Some(IntentState::Completed),
            Some(Outcome::Rejected(_)) => Some(IntentState::Rejected),
            None => None,
        };
        let ended = matches!(intent.state, IntentState::Completed | IntentState::Rejected);
        self.hold(outcome == ended.then_some(intent.state), "state and outcome differ", &at);
        let early = intent.scheduled_at.is_none_or(|at| intent.due_at.is_some_and(|due| due <= at));
        self.hold(early, "it is looked at later than scheduled", &at);
        let same = attempts.iter().all(|attempt| attempt.amount == intent.amount);
        self.hold(same, "an attempt has another amount", &at);
    }

    fn attempt(&mut self, attempt: &AttemptRecord) {
        self.found.attempts = self.found.attempts.saturating_add(1);
        let told = self.replay.as_mut().and_then(|replay| replay.attempt(attempt));
        self.told(told);
        let digest: [u8; 32] = Sha256::digest(attempt.frozen.as_bytes()).into();
        let at = attempt.id.to_string();
        self.hold(digest == attempt.digest, "the request is not the one that was frozen", &at);
        self.hold(attempt.doubts <= attempt.sends, "counted wrongly", &at);
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    /// A row that cannot be read.
    pub(crate) fn unreadable(&mut self, at: String) {
        self.fault("a row cannot be read", at);
    }

    fn told(&mut self, found: Option<Found>) {
        if let Some((rule, at)) = found {
            self.fault(rule, at);
        }
    }

    fn hold(&mut self, holds: bool, rule: &'static str, at: &str) {
        if !holds {
            self.fault(rule, at.to_owned());
        }
    }

    fn fault(&mut self, rule: &'static str, at: String) {
        self.found.faults.push(Fault { rule, at });
    }

    pub(crate) fn finish(mut self) -> Verification {
        for due in std::mem::take(&mut self.due) {
            self.hold(due.holds(&self.halted), DUE, &due.payment);
        }
        for (rule, at) in self.replay.take().into_iter().flat_map(Replay::left) {
            self.fault(rule, at);
        }
        self.found
    }
}

/// When a payment without an open attempt is due, and what may make it so.
#[derive(Debug)]
struct Due {
    payment: String,
    at: Option<Timestamp>,
    /// Its planned cancels: when each is due, unless a halted job holds it.
    planned: Vec<(IntentId, Option<Timestamp>)>,
    /// Those that no job holds: what was stored before a restore goes to a person all the same.
    free: Option<Timestamp>,
}

impl Due {
    /// `None` when there is nothing to be said of it.
    fn of(payment: &PaymentRecord, intents: &[IntentRecord]) -> Option<Self> {
        let planned = || intents.iter().filter(|intent| intent.state == IntentState::Planned);
        let is_free =
            |intent: &&IntentRecord| payment.suspect_since.is_some_and(|since| intent.created_at <= since);
        if payment.due_at.is_none() && planned().next().is_none() {
            return None;
        }
        Some(Self {
            payment: payment.key().to_string(),
            at: payment.due_at,
            free: planned().filter(is_free).filter_map(|intent| intent.due_at).min(),
            planned: planned()
                .filter(|intent| !is_free(intent))
                .map(|intent| (intent.id, intent.due_at))
                .collect(),
        })
    }

    fn holds(&self, halted: &BTreeSet<IntentId>) -> bool {
        let due = self.planned.iter().filter(|(id, _)| !halted.contains(id)).filter_map(|(_, due)| *due);
        due.chain(self.free).min() == self.at
    }
}
