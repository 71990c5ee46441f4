//! What must hold, judged by the gateways' books.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use cancel_desk::journal::Journal;
use cancel_desk::pg_core::Gateway;
use cancel_desk::record::{
    AttemptRecord, IntentId, IntentRecord, IntentState, Outcome, PaymentRecord, RejectedBecause, Resolution,
};
use pg_sandbox::{Actor, Entry, Ledger, Sandbox};

/// A rule that a run must not break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// No intent is in the books twice.
    NotTwice,
    /// No more is refunded than was paid.
    NotOverRefunded,
    /// Nothing is in the books that no stored attempt accounts for.
    Accounted,
    /// What was acknowledged is stored, and comes to an end.
    NotLost,
    /// Completed means one refund of the amount; rejected means none, and none to come.
    TrulyFinal,
    /// What is rejected for want of balance had too little.
    RejectedForCause,
    /// What is final stays as it is.
    StaysFinal,
    /// The same key is the same refund.
    OneForEachKey,
    /// The journal's sums are the books' sums.
    SameSums,
    /// The journal's own check finds no fault.
    Sound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: Rule,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

/// How intents ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ends {
    pub(crate) completed: u64,
    pub(crate) rejected: u64,
    pub(crate) intents: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Oracle {
    pub(crate) violations: Vec<Violation>,
    /// As of the end of the last round.
    pub(crate) ends: Ends,
    /// The test itself has changed rows past the journal.
    pub(crate) schedule_is_changed: AtomicBool,
    finals: BTreeMap<IntentId, IntentState>,
    /// Which intent each key was acknowledged with.
    keys: BTreeMap<String, IntentId>,
}

pub(crate) const fn at_sandbox(gateway: Gateway) -> pg_sandbox::Gateway {
    match gateway {
        Gateway::Chaiport => pg_sandbox::Gateway::Chaiport,
        Gateway::Eximbay => pg_sandbox::Gateway::Eximbay,
        _ => pg_sandbox::Gateway::Settlebank,
    }
}

impl Oracle {
    fn broken(&mut self, rule: Rule, what: impl Into<String>) {
        self.violations.push(Violation { rule, what: what.into() });
    }

    /// Reads what the children told. Tells how often each word was.
    pub(crate) async fn heard(&mut self, log: &str, journal: &dyn Journal) -> BTreeMap<String, u64> {
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        for line in log.lines() {
            let mut parts = line.split(' ');
            let (word, key, id) = (parts.next().unwrap_or(""), parts.next(), parts.next());
            *words.entry(word.to_owned()).or_default() += 1;
            match (word, key, id.map(str::parse::<IntentId>)) {
                ("ack", Some(key), Some(Ok(id))) => self.acknowledged(key, id, journal).await,
                ("ack", ..) => self.broken(Rule::NotLost, line),
                ("taken_for_another" | "error", ..) => self.broken(Rule::OneForEachKey, line),
                _ => {}
            }
        }
        words
    }

    async fn acknowledged(&mut self, key: &str, id: IntentId, journal: &dyn Journal) {
        match self.keys.get(key) {
            Some(known) if *known == id => return,
            Some(known) => self.broken(Rule::OneForEachKey, format!("{key}: {known} and {id}")),
            None => {
                self.keys.insert(key.to_owned(), id);
            }
        }
        let stored = journal.intent(id).await.unwrap();
        if stored.is_none_or(|intent| intent.caller_key != key) {
            self.broken(Rule::NotLost, format!("{key} was acknowledged as {id} and is not stored"));
        }
    }

    /// Compares every payment with the books. `end`: nothing may be left undecided.
    pub(crate) async fn compare(&mut self, journal: &dyn Journal, sandbox: &Sandbox, end: bool) -> Ends {
        let mut ends = Ends::default();
        let payments = journal.payments(None, u32::MAX).await.unwrap();
        for payment in &payments {
            let key = payment.key();
            let intents = journal.intents_of(&key).await.unwrap();
            let mut attempts = Vec::new();
            for intent in &intents {
                attempts.extend(journal.attempts_of(intent.id).await.unwrap());
            }
            let books = sandbox.payment(at_sandbox(key.gateway), &key.payment_id).unwrap();
            self.payment(payment, &intents, &attempts, &books, end);
            for intent in &intents {
                ends.intents += 1;
                ends.completed += u64::from(intent.state == IntentState::Completed);
                ends.rejected += u64::from(intent.state == IntentState::Rejected);
            }
        }
        let found = journal.verify().await.unwrap();
        // of a schedule that this very test has changed past the journal, verifying must tell
        let of_schedule = [
            "it did not find the rows as the events before it had left them",
            "is not what its last event left",
        ];
        let ours =
            |rule: &str| self.schedule_is_changed.load(Ordering::Relaxed) && of_schedule.contains(&rule);
        let faults: Vec<_> = found.faults.iter().filter(|fault| !ours(fault.rule)).collect();
        faults.iter().for_each(|fault| self.broken(Rule::Sound, fault.to_string()));
        ends
    }

    fn payment(
        &mut self,
        payment: &PaymentRecord,
        intents: &[IntentRecord],
        attempts: &[AttemptRecord],
        books: &Ledger,
        end: bool,
    ) {
        let key = payment.key();
        if books.balance < 0 || books.refunded() > books.paid {
            self.broken(Rule::NotOverRefunded, format!("{key}: {} of {}", books.refunded(), books.paid));
        }
        let mut of: BTreeMap<IntentId, Vec<i64>> = BTreeMap::new();
        for entry in books.entries.iter().chain(&books.pending).filter(|entry| entry.by != Actor::Console) {
            match intent_of(entry, attempts) {
                Some(intent) => of.entry(intent).or_default().push(entry.amount),
                None => self.broken(Rule::Accounted, format!("{key}: {entry:?}")),
            }
        }
        for intent in intents {
            let refunds = of.get(&intent.id).map_or(&[][..], Vec::as_slice);
            self.intent(intent, refunds, books, end);
        }
        let ours: i64 = of.values().flatten().sum();
        let known: i64 = payment.refunded;
        if end && ours != known {
            self.broken(Rule::SameSums, format!("{key}: {known} in the journal, {ours} in the books"));
        }
    }

    fn intent(&mut self, intent: &IntentRecord, refunds: &[i64], books: &Ledger, end: bool) {
        let IntentRecord { id, state, .. } = intent;
        let amount = intent.amount.minor();
        let what = format!("{id} of {}: {state}, {amount} asked, {refunds:?} in the books", intent.payment);
        if refunds.len() > 1 {
            self.broken(Rule::NotTwice, what.as_str());
        }
        match state {
            IntentState::Completed if refunds != [amount] => self.broken(Rule::TrulyFinal, what.as_str()),
            IntentState::Rejected | IntentState::Withdrawn if !refunds.is_empty() => {
                self.broken(Rule::TrulyFinal, what.as_str());
            }
            IntentState::Rejected if amount <= books.balance && !has_cause(intent) => {
                self.broken(Rule::RejectedForCause, format!("{what}: {:?}", intent.outcome));
            }
            state if end && !state.is_final() => {
                self.broken(Rule::NotLost, format!("{what}: {:?}", intent.evidence));
            }
            _ => {}
        }
        if let Some(before) = self.finals.get(id).copied()
            && before != *state
        {
            self.broken(Rule::StaysFinal, format!("{what}, was {before}"));
        }
        if state.is_final() {
            self.finals.insert(*id, *state);
        }
    }
}

/// Whether a rejection has another cause than the balance: a person.
fn has_cause(intent: &IntentRecord) -> bool {
    matches!(&intent.outcome, Some(Outcome::Rejected(RejectedBecause::Person)))
}

/// Whose refund an entry is: every attempt carries a tag of its own into the books. Settlebank's flat form has no place
/// for one; there nobody but us refunds, and the balance before tells which it was.
pub(crate) fn intent_of(entry: &Entry, attempts: &[AttemptRecord]) -> Option<IntentId> {
    let is_it = |attempt: &&AttemptRecord| {
        if entry.tag.starts_with("flat:") {
            return (attempt.balance_before.minor(), attempt.amount.minor()) == (entry.before, entry.amount);
        }
        attempt.id.tag().is_ok_and(|tag| entry.tag.contains(tag.as_str()))
    };
    attempts.iter().find(is_it).map(|attempt| attempt.intent)
}

/// What a person finds in the gateway's books.
pub(crate) fn decision(
    intent: &IntentRecord,
    attempts: &[AttemptRecord],
    books: Option<&Ledger>,
) -> Resolution {
    if attempts.is_empty() && intent.is_for_the_admin_page() {
        // nothing of ours ever left, and nothing can: it is made by hand, or not at all
        return Resolution::DidNotHappen;
    }
    // of PayPal's second refund only PayPal tells, once it has decided
    let is_decided = books.is_some_and(|books| books.pending.is_empty());
    if attempts.is_empty() || (intent.state == IntentState::Accepted && !is_decided) {
        return Resolution::LookAgain;
    }
    let happened =
        books.is_some_and(|books| books.entries.iter().any(|entry| intent_of(entry, attempts).is_some()));
    if happened { Resolution::Happened } else { Resolution::DidNotHappen }
}
