//! The journal is lost, and put back to a backup.

use pg_core::{Money, PaymentState};

use crate::protocol::unexplained;
use crate::record::PaymentKey;

use super::ablation::Ablation;
use super::gateway::Face;
use super::oracle::Rule;
use super::rng::Rng;
use super::world::{Happening, World, ready};

/// What happens about a lost journal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    /// A backup is taken.
    Backup,
    /// All workers die, and the journal is put back to the backup.
    Restore,
    /// A caller asks again for what the journal has forgotten.
    AskAgain { wish: usize },
    /// A caller takes a wish back.
    Withdraw { wish: usize },
    /// A payment is compared with what the gateway shows of it.
    Compare { payment: usize },
    /// A person looks through what waits.
    Person,
}

impl World {
    /// Lays out when the journal is lost, and who takes a wish back.
    pub(super) fn losses(&mut self, rng: &mut Rng) {
        let mut from = self.somewhen(rng, 0);
        for _ in 0..if rng.chance(2_000) { 2 } else { 1 } {
            let lost_part = match rng.between(0, 4) {
                0 => 500,
                1 => 2_000,
                2 => 20_000,
                3 => 100_000,
                _ => 500_000,
            };
            let restored = from + rng.between(0, lost_part);
            self.at(from, Happening::Loss(Loss::Backup));
            self.at(restored, Happening::Loss(Loss::Restore));
            // the second loss may lose the first restore as well
            from = self.somewhen(rng, restored);
        }
        for wish in 0..self.wishes.len() {
            if rng.chance(1_500) {
                let at = rng.between(0, 900_000);
                self.at(at, Happening::Loss(Loss::Withdraw { wish }));
            }
        }
    }

    /// Some time after `from`: just any, or shortly after a caller has asked.
    fn somewhen(&self, rng: &mut Rng, from: i64) -> i64 {
        let asked: Vec<i64> = self.asked_at().filter(|at| *at >= from).collect();
        let last = i64::try_from(asked.len()).unwrap_or(0) - 1;
        let some = usize::try_from(rng.between(0, last.max(0))).ok().and_then(|index| asked.get(index));
        match some {
            Some(at) if rng.chance(6_000) => at + rng.between(0, 1_500),
            _ => from + rng.between(0, 300_000),
        }
    }

    pub(super) fn loss(&mut self, loss: Loss) {
        match loss {
            Loss::Backup => self.backup = self.memory.as_ref().map(|memory| memory.backup()),
            Loss::Restore => self.restore(),
            Loss::AskAgain { wish } => self.ask_again(wish, true),
            Loss::Withdraw { wish } => self.withdraw(wish),
            Loss::Compare { payment } => self.compare(payment),
            Loss::Person => self.person(),
        }
    }

    fn restore(&mut self) {
        let (Some(memory), Some(backup)) = (&self.memory, &self.backup) else { return };
        memory.restore(backup);
        // what the merchant has in its own books comes first, or it would not be suspect
        for payment in 0..self.keys.len() {
            self.register(payment);
        }
        self.counts.restores += 1;
        self.restored_at = Some(self.now);
        if self.ablation != Some(Ablation::TrustRestored)
            && let Err(error) = ready(self.journal.suspect_all("operator", "the disk is gone"))
        {
            self.oracle.broken(Rule::ModelIsSound, format!("suspect: {error}"));
        }
        for worker in 0..self.workers.len() {
            self.kill(worker);
        }
        for wish in 0..self.wishes.len() {
            self.forget_wish(wish);
        }
        for payment in 0..self.keys.len() {
            if self.rng.chance(5_000) {
                let pause = self.rng.between(0, 60_000);
                self.after(pause, Happening::Loss(Loss::Compare { payment }));
            }
        }
        for _ in 0..self.rng.between(0, 3) {
            let most = if self.rng.chance(3_000) { 60_000 } else { 3_000_000 };
            let pause = self.rng.between(0, most);
            self.after(pause, Happening::Loss(Loss::Person));
        }
    }

    /// What the journal does not know any more of a wish; its caller may ask again.
    fn forget_wish(&mut self, index: usize) {
        let Some(wish) = self.wishes.get_mut(index).filter(|wish| wish.stored) else { return };
        let stored = ready(self.journal.intent(wish.id)).ok().flatten();
        let told = self.oracle.forgotten(wish.id, stored.as_ref().map(|intent| intent.state));
        wish.told = told.or(wish.told);
        if stored.is_none() {
            self.counts.lost += 1;
            wish.stored = false;
            wish.earlier.push(wish.id);
        }
        let lost = stored.is_none();
        let most = match self.rng.between(0, 2) {
            0 => 1_000,
            1 => 100_000,
            _ => 4_000_000,
        };
        if self.rng.chance(if lost { 7_000 } else { 1_000 }) {
            let pause = self.rng.between(0, most);
            self.after(pause, Happening::Loss(Loss::AskAgain { wish: index }));
        }
    }

    /// The same wish under the same key; an operator who knows of it does so in its caller's name.
    fn ask_again(&mut self, index: usize, caller: bool) {
        let told = self.wishes.get(index).and_then(|wish| wish.told);
        self.submit(index, true);
        if let Some(wish) = self.wishes.get_mut(index).filter(|_| !caller) {
            wish.told = told;
        }
    }

    fn compare(&mut self, payment: usize) {
        let at = self.now - self.rng.between(0, self.faults.read_lag);
        let history = self.manners.face == Face::Chaiport;
        let seen = self.ledgers.get(payment).and_then(|ledger| ledger.look_up(at, history));
        let (Some(seen), Some(key)) = (seen, self.keys.get(payment)) else { return };
        let lost = !self.unexplained(key, &seen).is_empty();
        if let Err(error) = ready(self.journal.compared(key, seen.balance.minor(), lost)) {
            self.oracle.broken(Rule::ModelIsSound, format!("compared: {error}"));
        }
    }

    /// The refunds of ours in the gateway's history that the journal cannot explain.
    pub(super) fn unexplained(&self, key: &PaymentKey, state: &PaymentState) -> Vec<Money> {
        let intents = ready(self.journal.intents_of(key)).unwrap_or_default();
        let known: Vec<_> = intents
            .into_iter()
            .map(|intent| {
                let attempts = ready(self.journal.attempts_of(intent.id)).unwrap_or_default();
                (intent, attempts)
            })
            .collect();
        unexplained(state, &known)
    }

    /// Finds refunds in the gateway's books that the journal does not know, enters some of them under the key that the
    /// order has for them, and decides what waits.
    fn person(&mut self) {
        for index in 0..self.wishes.len() {
            let unknown = self.wishes.get(index).is_some_and(|wish| {
                let ledger = self.ledgers.get(wish.payment);
                !wish.stored && ledger.is_some_and(|ledger| !wish.refunds(ledger).is_empty())
            });
            if unknown && self.rng.chance(5_000) {
                self.ask_again(index, false);
            }
        }
        self.a_person_decides();
    }
}
