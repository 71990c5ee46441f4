//! Callers who want refunds, and the person who decides what the protocol cannot.

use std::collections::BTreeSet;

use crate::journal::{JournalError, NewIntent, Seen, Submitted};
use crate::record::{IntentId, IntentRecord, IntentState, Resolution};

use super::gateway::{Face, Ledger, won};
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
        // a caller that repeats does so with a fresh id, under the same key; some contradict what is stored
        let contradicts = again && self.rng.chance(2_000) && wish.stored && wish.earlier.is_empty();
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
        let hurried = self.restored_at.is_some() && self.hurry();
        let Ok(waiting) = ready(self.journal.waiting_for_a_person(100)) else { return false };
        let now = self.now;
        self.ledgers.iter_mut().for_each(|ledger| ledger.decide(now));
        let (mut decided, mut given_up) = (hurried, Vec::new());
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
            decided = true;
            if !wish.refunds(ledger).is_empty() {
                self.resolve(&intent, Resolution::Happened);
                continue;
            }
            if wish.told.is_none() {
                given_up.push((wish.payment, intent.amount.minor()));
            }
            self.resolve(&intent, Resolution::DidNotHappen);
        }
        self.settle(&given_up);
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

    /// Clears the payments of which everything is accounted for. What was given up and is still wanted is asked for anew,
    /// under another key.
    fn settle(&mut self, given_up: &[(usize, i64)]) {
        for payment in 0..self.keys.len() {
            if !self.is_settled(payment) {
                continue;
            }
            if !self.trust(payment) {
                self.oracle.broken(Rule::ModelIsSound, "a settled payment is not trusted");
            }
            self.counts.trusted += 1;
            for (_, amount) in given_up.iter().filter(|(of, _)| *of == payment) {
                if self.rng.chance(7_000) {
                    self.ask_anew(payment, *amount);
                }
            }
        }
    }

    /// Tells whether the journal allows it.
    fn trust(&mut self, payment: usize) -> bool {
        let Some(key) = self.keys.get(payment) else { return false };
        let seen = ready(self.journal.payment(key)).ok().flatten().as_ref().map(Seen::from);
        match ready(self.journal.trust(key, "operator", "by the gateway's books", seen)) {
            Ok(_) => true,
            Err(JournalError::NotAllowed(_)) => false,
            Err(error) => {
                self.oracle.broken(Rule::ModelIsSound, format!("trust: {error}"));
                false
            }
        }
    }

    fn ask_anew(&mut self, payment: usize, amount: i64) {
        let (wish, id) = (self.wishes.len(), IntentId::from_bits(self.rng.bits()));
        self.wishes.push(Wish::new(payment, amount, id));
        self.counts.anew += 1;
        let pause = self.rng.between(0, 60_000);
        self.after(pause, Happening::Submit { wish, again: false });
    }

    /// Somebody clicks on trust before everything has an outcome, whatever the books say, and then on look-again. Tells
    /// whether it helped; harm follows then.
    fn hurry(&mut self) -> bool {
        let waiting = ready(self.journal.waiting_for_a_person(100)).unwrap_or_default();
        let mut helped = false;
        for payment in 0..self.keys.len() {
            let Some(key) = self.keys.get(payment).cloned() else { continue };
            let intents = ready(self.journal.intents_of(&key)).unwrap_or_default();
            let undecided = intents.iter().any(|intent| !intent.state.is_final());
            if !undecided || !self.is_suspect(payment) || !self.rng.chance(3_000) {
                continue;
            }
            self.counts.hasty += 1;
            if self.trust(payment) {
                helped = true;
                for intent in waiting.iter().filter(|intent| intent.payment == key) {
                    self.resolve(intent, Resolution::LookAgain);
                }
            }
        }
        helped
    }

    fn is_suspect(&self, payment: usize) -> bool {
        let stored = self.keys.get(payment).and_then(|key| ready(self.journal.payment(key)).ok().flatten());
        stored.is_some_and(|payment| payment.suspect.is_some())
    }

    /// Whether a suspect payment holds no secret any more: nothing waits, and every refund in the gateway's books is a
    /// person's, or one that the journal calls completed; or so the desk says, of a history with our marks.
    fn is_settled(&self, payment: usize) -> bool {
        let (Some(key), Some(ledger)) = (self.keys.get(payment), self.ledgers.get(payment)) else {
            return false;
        };
        let long_ago = self.restored_at.is_some_and(|at| self.now - at >= SETTLES_AFTER);
        if !self.is_suspect(payment) || !long_ago || self.is_moving(payment) {
            return false;
        }
        let intents = ready(self.journal.intents_of(key)).unwrap_or_default();
        let quiet = intents.iter().all(|intent| intent.state.is_final());
        let completed: BTreeSet<IntentId> =
            intents.iter().filter(|i| i.state == IntentState::Completed).map(|i| i.id).collect();
        let known = |id| self.wishes.iter().any(|wish| wish.is(id) && completed.contains(&wish.id));
        let told = ledger.look_up(self.now, true).filter(|_| self.manners.face == Face::Chaiport);
        let explained = told.is_some_and(|state| self.unexplained(key, &state).is_empty());
        quiet && (explained || ledger.entries.iter().all(|entry| entry.intent.is_none_or(known)))
    }
}
