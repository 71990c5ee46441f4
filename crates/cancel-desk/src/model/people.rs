//! Callers who want refunds, and the person who decides what the protocol cannot.

use std::collections::BTreeSet;

use crate::journal::{JournalError, NewIntent, Submitted};
use crate::record::{IntentId, IntentRecord, IntentState, Resolution, Timestamp};

use super::gateway::{Ledger, won};
use super::oracle::Rule;
use super::restore::Loss;
use super::world::{Happening, World, ready};

/// How long after a restore a person waits before calling a payment settled: copies may still be on their way.
const SETTLES_AFTER: i64 = 600_000;

/// A refund that a caller wants.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) payment: usize,
    pub(super) amount: i64,
    pub(super) id: IntentId,
    pub(super) stored: bool,
    /// Under which ids the journal had stored it before it forgot them.
    pub(super) earlier: Vec<IntentId>,
    /// The end that its caller was told and the journal has forgotten, until the caller asks again.
    pub(super) told: Option<IntentState>,
}

impl Wish {
    pub(super) const fn new(payment: usize, amount: i64, id: IntentId) -> Self {
        Self { payment, amount, id, stored: false, earlier: Vec::new(), told: None }
    }

    pub(super) fn is(&self, id: IntentId) -> bool {
        self.id == id || self.earlier.contains(&id)
    }

    /// What the gateway refunded for it.
    pub(super) fn refunds(&self, ledger: &Ledger) -> Vec<i64> {
        let ours = ledger.entries.iter().filter(|entry| entry.intent.is_some_and(|id| self.is(id)));
        ours.map(|entry| entry.amount).collect()
    }
}

impl World {
    pub(super) fn submit(&mut self, index: usize, again: bool) {
        let Some(wish) = self.wishes.get(index).cloned() else { return };
        let (Some(key), Some(amount)) = (self.keys.get(wish.payment).cloned(), won(wish.amount)) else {
            return;
        };
        // a caller that repeats does so with a fresh id, under the same key; some contradict themselves
        let contradicts = again && self.rng.chance(2_000) && wish.earlier.is_empty();
        let amount = if contradicts { won(wish.amount + 1).unwrap_or(amount) } else { amount };
        let id = if again { IntentId::from_bits(self.rng.bits()) } else { wish.id };
        // registered no earlier than that, it may be missing in the backup
        if self.restores {
            self.register(wish.payment);
        }
        let new = NewIntent {
            id,
            payment: key,
            caller_key: format!("k{index}"),
            amount,
            reason: None,
            account: None,
        };
        let result = ready(self.journal.submit(new));
        let told = match result {
            Ok(Submitted::New(intent)) => {
                self.counts.refunds += 1;
                if let Some(wish) = self.wishes.get_mut(index) {
                    wish.stored = true;
                    wish.id = intent.id;
                }
                None
            }
            Ok(Submitted::Existing(intent)) if again && intent.id == wish.id && !contradicts => None,
            Err(JournalError::KeyConflict) if contradicts && wish.stored => wish.told,
            Err(JournalError::Exceeds { .. }) if !wish.stored => {
                self.counts.refused_at_once += 1;
                // whoever hears that of a wish that was lost takes it for the end
                (!wish.earlier.is_empty()).then_some(IntentState::Rejected)
            }
            // not now: that says nothing of what became of it
            Err(JournalError::NotAllowed(_)) if self.restored_at.is_some() && !wish.stored => {
                self.counts.refused_at_once += 1;
                None
            }
            Ok(Submitted::Existing(_)) => {
                self.oracle.broken(Rule::NothingIsLost, "a key mixed up");
                None
            }
            Err(error) => {
                self.oracle.broken(Rule::ModelIsSound, format!("submit: {error}"));
                None
            }
        };
        if let Some(wish) = self.wishes.get_mut(index) {
            wish.told = told;
        }
        self.wake();
    }

    /// A caller takes a wish back.
    pub(super) fn withdraw(&mut self, index: usize) {
        let Some(wish) = self.wishes.get(index).filter(|wish| wish.stored) else { return };
        match ready(self.journal.withdraw(wish.id, "caller", "changed its mind")) {
            Ok(intent) => self.oracle.written(&intent),
            Err(JournalError::NotAllowed(_)) => {}
            Err(error) => self.oracle.broken(Rule::ModelIsSound, format!("withdraw: {error}")),
        }
    }

    /// A person who knows the gateway's books decides what waits. Tells whether anything did.
    pub(super) fn a_person_decides(&mut self) -> bool {
        let Ok(waiting) = ready(self.journal.waiting_for_a_person(100)) else { return false };
        let now = self.now;
        self.ledgers.iter_mut().for_each(|ledger| ledger.decide(now));
        let (mut decided, mut not_done) = (false, Vec::new());
        for intent in waiting {
            if intent.evidence.is_none() {
                self.oracle.broken(Rule::EvidenceAttached, intent.id.to_string());
            }
            let wish = self.wishes.iter().find(|wish| wish.is(intent.id));
            let Some((wish, ledger)) = wish.and_then(|wish| Some((wish, self.ledgers.get(wish.payment)?)))
            else {
                continue;
            };
            if self.is_moving(wish.payment) {
                continue;
            }
            if !wish.refunds(ledger).is_empty() {
                decided = true;
                self.resolve(&intent, Resolution::Happened);
            } else if self.restored_at.is_some() && wish.told.is_none() && self.rng.chance(5_000) {
                not_done.push((wish.payment, intent));
            } else {
                decided = true;
                self.resolve(&intent, Resolution::DidNotHappen);
            }
        }
        decided |= !not_done.is_empty();
        self.settle(not_done);
        self.wake();
        decided || self.wait_for_the_books()
    }

    fn resolve(&mut self, intent: &IntentRecord, resolution: Resolution) {
        match ready(self.journal.resolve(intent.id, resolution, "operator", "by the gateway's books")) {
            Ok(intent) => {
                self.counts.manual += 1;
                self.oracle.written(&intent);
            }
            Err(error) => self.oracle.broken(Rule::ModelIsSound, format!("resolve: {error}")),
        }
    }

    /// Whether the gateway's books show something of this payment that is not decided.
    fn is_moving(&self, payment: usize) -> bool {
        self.ledgers.get(payment).is_some_and(|ledger| ledger.decided_at().is_some())
            || self.on_the_way().any(|message| message.payment == payment && message.on_the_books)
    }

    /// Comes back when all is decided. Tells whether there is something to come back for.
    fn wait_for_the_books(&mut self) -> bool {
        let Some(decided) = self.ledgers.iter().filter_map(Ledger::decided_at).max() else { return false };
        if self.restored_at.is_none() {
            return false;
        }
        self.at(decided, Happening::Loss(Loss::Person));
        true
    }

    /// Clears the payments of which everything is accounted for. What was not done is given up; what was asked for since
    /// is begun again on a payment that was cleared.
    fn settle(&mut self, mut not_done: Vec<(usize, IntentRecord)>) {
        for payment in 0..self.keys.len() {
            let again: Vec<IntentRecord> =
                not_done.extract_if(.., |(of, _)| *of == payment).map(|(_, intent)| intent).collect();
            let settled = self.is_settled(payment, &again);
            // only what came after the restore may begin again by itself
            let since = self.suspect_since(payment);
            let (older, newer): (Vec<_>, Vec<_>) =
                again.into_iter().partition(|intent| since.is_none_or(|since| intent.created_at <= since));
            for intent in older {
                self.resolve(&intent, Resolution::DidNotHappen);
            }
            if settled && let Some(key) = self.keys.get(payment).cloned() {
                match ready(self.journal.trust(&key, "operator", "by the gateway's books")) {
                    Ok(_) => self.counts.trusted += 1,
                    Err(error) => self.oracle.broken(Rule::ModelIsSound, format!("trust: {error}")),
                }
            }
            for intent in newer {
                let resolution = if settled { Resolution::LookAgain } else { Resolution::DidNotHappen };
                self.resolve(&intent, resolution);
            }
        }
    }

    fn suspect_since(&self, payment: usize) -> Option<Timestamp> {
        ready(self.journal.payment(self.keys.get(payment)?)).ok().flatten()?.suspect_since
    }

    /// Whether a suspect payment holds no secret any more: every refund in the gateway's books is a person's, or one
    /// that the journal calls completed, and nothing waits but what was not done.
    fn is_settled(&self, payment: usize, not_done: &[IntentRecord]) -> bool {
        let (Some(key), Some(ledger)) = (self.keys.get(payment), self.ledgers.get(payment)) else {
            return false;
        };
        let suspect = ready(self.journal.payment(key)).ok().flatten().is_some_and(|p| p.suspect.is_some());
        let long_ago = self.restored_at.is_some_and(|at| self.now - at >= SETTLES_AFTER);
        if !suspect || !long_ago || self.is_moving(payment) {
            return false;
        }
        let intents = ready(self.journal.intents_of(key)).unwrap_or_default();
        let quiet = intents
            .iter()
            .all(|intent| intent.state.is_final() || not_done.iter().any(|other| other.id == intent.id));
        let completed: BTreeSet<IntentId> =
            intents.iter().filter(|i| i.state == IntentState::Completed).map(|i| i.id).collect();
        let known = |id| self.wishes.iter().any(|wish| wish.is(id) && completed.contains(&wish.id));
        quiet && ledger.entries.iter().all(|entry| entry.intent.is_none_or(known))
    }
}
