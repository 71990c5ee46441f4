//! The simulated wire: what becomes of a cancel request between worker and gateway.

use pg_core::{
    CancelError, Cancelled, NotSent, NotSentPhase, Rejected, RejectionKind, Unknown, UnknownReason,
};

use super::gateway::{Message, execute};
use super::worker::Answer;
use super::world::{Happening, Reply, World};

/// How long a worker waits for an answer, in milliseconds.
const PATIENCE: i64 = 9_000;

impl World {
    /// Sends one request: it may stay at home, get lost, come late, come twice.
    pub(super) fn transmit(&mut self, worker: usize, epoch: u64, mut message: Message) {
        let reply = Reply { worker, epoch, deadline: self.now + PATIENCE };
        if self.rng.chance(self.faults.not_sent) {
            self.reply_after(50, reply, Err(NotSent::new(NotSentPhase::Connect).into()));
            return;
        }
        if self.rng.chance(self.faults.lost_before) {
            let soon = self.rng.chance(5_000);
            let error = if soon { UnknownReason::ConnectionLost } else { UnknownReason::Timeout };
            self.reply_after(if soon { 100 } else { PATIENCE }, reply, Err(Unknown::new(error).into()));
            return;
        }
        let late = self.rng.chance(self.faults.late);
        let way = if late { self.rng.between(2_000, 40_000) } else { self.rng.between(10, 400) };
        if way > PATIENCE {
            let error = Unknown::new(UnknownReason::Timeout).into();
            self.reply_after(PATIENCE, reply, Err(error));
        }
        let reply = (way <= PATIENCE).then_some(reply);
        // one copy done (or done by itself an hour later), the other refused for its own reason, and the answer that
        // of the other: nothing tells that from a plain refusal, and the protocol does not claim to
        let closes = self.ledgers.get(message.payment).is_some_and(|ledger| ledger.closes_at.is_some());
        // two copies to a PG that decides later are two refunds, whatever anybody does
        let later = self.ledgers.get(message.payment).is_some_and(|ledger| ledger.decides_later);
        if self.rng.chance(self.faults.doubled) && !closes && !later {
            message.doubled = true;
            // the answer that comes back may be that to either copy
            let other = self.rng.between(10, 40_000);
            let answers_first = self.rng.chance(5_000) || other > PATIENCE;
            let (first, second) = if answers_first { (reply, None) } else { (None, reply) };
            self.after(other, Happening::Arrives { message: Box::new(message.clone()), reply: second });
            self.after(way, Happening::Arrives { message: Box::new(message), reply: first });
            return;
        }
        self.after(way, Happening::Arrives { message: Box::new(message), reply });
    }

    /// A copy reaches the gateway.
    pub(super) fn arrives(&mut self, message: &Message, reply: Option<Reply>) {
        let unknown = |reason| Err(Unknown::new(reason).into());
        let outcome = if self.rng.chance(self.faults.server_error_not_applied) {
            unknown(UnknownReason::ServerError)
        } else if self.rng.chance(self.faults.upstream) && !message.doubled {
            self.later(message, 5_000, 500_000, message.put_off);
            unknown(UnknownReason::Upstream)
        } else if self.rng.chance(self.faults.awaiting_funds) && !message.doubled && !self.may_repeat(message)
        {
            self.later(message, 300_000, 3_000_000, true);
            unknown(UnknownReason::AwaitingMerchantFunds)
        } else if self.rng.chance(self.faults.out_of_funds) {
            let refusal = Rejected::new(RejectionKind::MerchantFunds, "F1", <_>::default(), 200);
            Err(refusal.into())
        } else {
            self.execute(message)
        };
        if let Some(reply) = reply {
            self.reply(reply, outcome);
        }
    }

    /// Where a PG decides later and the journal forgets, one that waits for funds meets another that no guard sees:
    /// two refunds, whatever anybody does.
    fn may_repeat(&self, message: &Message) -> bool {
        self.restores && self.ledgers.get(message.payment).is_some_and(|ledger| ledger.decides_later)
    }

    /// The gateway, or the PG behind it, does it by itself later; or it does not.
    fn later(&mut self, message: &Message, soonest: i64, latest: i64, on_the_books: bool) {
        if self.rng.chance(5_000) {
            let pause = self.rng.between(soonest, latest);
            let message = Box::new(Message { put_off: true, on_the_books, ..message.clone() });
            self.after(pause, Happening::Arrives { message, reply: None });
        }
    }

    fn execute(&mut self, message: &Message) -> Result<Cancelled, CancelError> {
        let (manners, now) = (self.manners, self.now);
        let Some(ledger) = self.ledgers.get_mut(message.payment) else {
            return Err(Unknown::new(UnknownReason::Malformed).into());
        };
        execute(manners, ledger, message, now, &mut self.rng)
    }

    /// What of an answer reaches the worker.
    fn reply(&mut self, reply: Reply, outcome: Result<Cancelled, CancelError>) {
        let lost = |reason| Err(Unknown::new(reason).into());
        let outcome = if self.rng.chance(self.faults.server_error_applied) {
            lost(UnknownReason::ServerError)
        } else if self.rng.chance(self.faults.lost_after) {
            if self.rng.chance(self.faults.mislabelled) {
                Err(NotSent::new(NotSentPhase::Connect).into())
            } else {
                lost(UnknownReason::ConnectionLost)
            }
        } else {
            outcome
        };
        let pause = self.rng.between(10, 400);
        if self.now + pause > reply.deadline {
            let wait = reply.deadline - self.now;
            self.reply_after(wait.max(0), reply, Err(Unknown::new(UnknownReason::Timeout).into()));
        } else {
            self.reply_after(pause, reply, outcome);
        }
    }

    fn reply_after(&mut self, pause: i64, reply: Reply, outcome: Result<Cancelled, CancelError>) {
        let Reply { worker, epoch, .. } = reply;
        let answer = Box::new(Answer::Cancel(outcome));
        self.after(pause, Happening::Answered { worker, epoch, answer });
    }
}
