//! The simulated workers: they do what the turns say, and die or doze off in between.

use pg_core::{
    CancelError, Cancelled, Doubt, LookUpError, LookUpErrorKind, PaymentState, UnknownReason, Verdict,
};

use crate::journal::JournalError;
use crate::protocol::{Action, Change, Event, Extras, Record, Seen, Sending, Snapshot, Turn};
use crate::record::{
    AttemptId, AttemptRecord, AttemptState, IntentId, IntentState, RejectedBecause, Timestamp,
};

use super::ablation::Ablation;
use super::gateway::{Face, Message, wire_tag};
use super::oracle::Rule;
use super::world::{Happening, World, ready};

#[derive(Debug)]
pub(super) struct Worker {
    name: String,
    /// Rises with every crash: what was meant for an earlier life is ignored.
    pub(super) epoch: u64,
    pub(super) idle: bool,
    turn: Option<Turn>,
    pending: Option<Action>,
    /// Ablation: sent already, to be committed when the answer comes.
    uncommitted: Option<crate::protocol::NewAttempt>,
}

impl Worker {
    pub(super) fn new(number: usize) -> Self {
        Self {
            name: format!("w{number}"),
            epoch: 0,
            idle: true,
            turn: None,
            pending: None,
            uncommitted: None,
        }
    }
}

/// What a worker waits for.
#[derive(Debug)]
pub(super) enum Answer {
    LookUp(Seen),
    Cancel(Result<Cancelled, CancelError>),
}

impl World {
    fn alive(&mut self, worker: usize, epoch: u64) -> Option<&mut Worker> {
        self.workers.get_mut(worker).filter(|worker| worker.epoch == epoch)
    }

    /// Kills the worker now and then; it comes back later and remembers nothing.
    fn crashes(&mut self, worker: usize) -> bool {
        if !self.rng.chance(self.faults.crash) {
            return false;
        }
        let pause = self.rng.between(100, 40_000);
        let recovers = self.rng.chance(5_000);
        self.kill_for(worker, pause);
        if recovers && ready(self.journal.recover()).is_err() {
            self.oracle.broken(Rule::ModelIsSound, "recover");
        }
        true
    }

    pub(super) fn kill(&mut self, worker: usize) {
        let pause = self.rng.between(100, 40_000);
        self.kill_for(worker, pause);
    }

    fn kill_for(&mut self, worker: usize, pause: i64) {
        self.counts.crashes += 1;
        if let Some(dead) = self.workers.get_mut(worker) {
            dead.epoch += 1;
            dead.turn = None;
            dead.pending = None;
            dead.uncommitted = None;
            dead.idle = false;
            let epoch = dead.epoch;
            self.after(pause, Happening::Tick { worker, epoch });
        }
    }

    pub(super) fn tick(&mut self, worker: usize, epoch: u64) {
        let lease = self.policy.lease;
        let Some(name) = self.alive(worker, epoch).map(|worker| worker.name.clone()) else { return };
        match ready(self.journal.claim(&name, lease, &self.accounts)) {
            Ok(Some(mut claim)) => {
                self.forget(&mut claim.snapshot);
                let capabilities = self.manners.face.capabilities();
                let (turn, action) = Turn::begin(claim, capabilities, self.policy.clone());
                if let Some(worker) = self.alive(worker, epoch) {
                    worker.turn = Some(turn);
                }
                self.next(worker, epoch, action);
            }
            Ok(None) => self.idle(worker, epoch),
            Err(error) => self.oracle.broken(Rule::ModelIsSound, format!("claim: {error}")),
        }
    }

    fn idle(&mut self, worker: usize, epoch: u64) {
        match ready(self.journal.next_due()) {
            Ok(Some(due)) => {
                // due already: somebody else holds it
                let pause = if due.0 <= self.now { self.rng.between(500, 3_000) } else { due.0 - self.now };
                self.after(pause, Happening::Tick { worker, epoch });
            }
            Ok(None) => {
                if let Some(worker) = self.alive(worker, epoch) {
                    worker.idle = true;
                }
            }
            Err(error) => self.oracle.broken(Rule::ModelIsSound, format!("due: {error}")),
        }
    }

    /// Sets the next action, to be done after a moment or a long sleep.
    fn next(&mut self, worker: usize, epoch: u64, action: Action) {
        let asleep = self.rng.chance(self.faults.pause);
        let pause = if asleep { self.rng.between(6_000, 45_000) } else { self.rng.between(0, 5) };
        self.counts.pauses += u64::from(asleep);
        if let Some(alive) = self.alive(worker, epoch) {
            alive.pending = Some(action);
            self.after(pause, Happening::Step { worker, epoch });
        }
    }

    fn tell(&mut self, worker: usize, epoch: u64, event: Event) {
        let now = Timestamp(self.now);
        let Some(turn) = self.alive(worker, epoch).and_then(|worker| worker.turn.as_mut()) else {
            return;
        };
        let action = turn.on(event, now);
        self.next(worker, epoch, action);
    }

    pub(super) fn step(&mut self, worker: usize, epoch: u64) {
        let Some(action) = self.alive(worker, epoch).and_then(|worker| worker.pending.take()) else { return };
        if self.crashes(worker) {
            return;
        }
        match action {
            Action::LookUp(payment) => {
                let pause = self.rng.between(5, 300);
                let payment = self.keys.iter().position(|key| key.payment_id == payment.gateway_id);
                if let Some(payment) = payment {
                    self.after(pause, Happening::LookedUp { worker, epoch, payment });
                }
            }
            Action::Commit(plan) => {
                let id = AttemptId::from_bits(self.rng.bits());
                let frozen = self
                    .snapshot(worker)
                    .and_then(|snapshot| plan.freeze(&snapshot, id, Extras::default()).ok());
                match frozen {
                    None => self.tell(worker, epoch, Event::Impossible),
                    Some(new) if self.ablation == Some(Ablation::CommitAfterSend) => {
                        self.send_uncommitted(worker, epoch, new);
                    }
                    Some(new) => self.commit(worker, epoch, &new),
                }
            }
            Action::Send(sending) => self.send(worker, epoch, &sending),
            Action::Record(record) => self.record(worker, epoch, *record),
            Action::Release => {
                if let Some(turn) = self.alive(worker, epoch).and_then(|worker| worker.turn.take()) {
                    if ready(self.journal.release(turn.lease())).is_err() {
                        self.oracle.broken(Rule::ModelIsSound, "release");
                    }
                    let pause = self.rng.between(0, 100);
                    self.after(pause, Happening::Tick { worker, epoch });
                }
            }
        }
    }

    fn snapshot(&self, worker: usize) -> Option<Snapshot> {
        let turn = self.workers.get(worker)?.turn.as_ref()?;
        Some(turn.snapshot().clone())
    }

    fn commit(&mut self, worker: usize, epoch: u64, new: &crate::protocol::NewAttempt) {
        let Some(lease) = self.workers.get(worker).and_then(|w| w.turn.as_ref()).map(|s| s.lease().clone())
        else {
            return;
        };
        let result = ready(self.journal.open_attempt(&lease, new));
        self.committed(worker, epoch, new.plan.intent, result);
    }

    fn record(&mut self, worker: usize, epoch: u64, record: Record) {
        let Some(lease) = self.workers.get(worker).and_then(|w| w.turn.as_ref()).map(|s| s.lease().clone())
        else {
            return;
        };
        let (record, restarts) = self.sabotaged(worker, record);
        let result = ready(self.journal.record(&lease, &record));
        if restarts && result.is_ok() {
            if let Some(worker) = self.alive(worker, epoch) {
                worker.pending = Some(Action::Release);
            }
            self.after(1, Happening::Step { worker, epoch });
            return;
        }
        self.committed(worker, epoch, record.intent, result);
    }

    fn committed(
        &mut self,
        worker: usize,
        epoch: u64,
        intent: IntentId,
        result: Result<Snapshot, JournalError>,
    ) {
        let event = match result {
            Ok(mut snapshot) => {
                self.oracle.written(&snapshot.intent);
                if !snapshot.payment.adds_up() {
                    self.oracle.broken(Rule::RowsAddUp, snapshot.payment.key().to_string());
                }
                self.forget(&mut snapshot);
                Event::Recorded(Box::new(snapshot))
            }
            Err(JournalError::LeaseLost) => {
                self.counts.zombies += 1;
                Event::Lost
            }
            // its caller took it back while the worker looked
            Err(JournalError::NotAllowed(_)) if self.is_withdrawn(intent) => Event::Lost,
            Err(error) => {
                self.oracle.broken(Rule::ModelIsSound, format!("journal: {error}"));
                Event::Lost
            }
        };
        // committed, and dead before anybody heard of it
        if !self.crashes(worker) {
            self.tell(worker, epoch, event);
        }
    }

    fn is_withdrawn(&self, intent: IntentId) -> bool {
        let stored = ready(self.journal.intent(intent)).ok().flatten();
        stored.is_some_and(|intent| intent.state == IntentState::Withdrawn)
    }

    fn send(&mut self, worker: usize, epoch: u64, sending: &Sending) {
        if self.now > sending.not_after.0 {
            self.counts.aborted_sends += 1;
            self.tell(worker, epoch, Event::Lost);
            return;
        }
        let Sending { attempt, .. } = sending;
        let stored = ready(self.journal.attempts_of(attempt.intent)).unwrap_or_default();
        let as_stored = stored.iter().find(|stored| stored.id == attempt.id);
        if !as_stored.is_some_and(|stored| stored.sends > 0 && stored.state != AttemptState::Applied) {
            // a zombie's copy may be closed by now; what was never committed may not be sent at all
            let known = as_stored.is_some();
            if !known {
                self.oracle.broken(Rule::CommittedBeforeSent, attempt.id.to_string());
            }
        }
        self.counts.sends += 1;
        self.counts.resends += u64::from(attempt.sends > 1);
        self.put_on_wire(worker, epoch, attempt);
    }

    fn put_on_wire(&mut self, worker: usize, epoch: u64, attempt: &AttemptRecord) {
        let payment = self.keys.iter().position(|key| {
            let turn = self.workers.get(worker).and_then(|worker| worker.turn.as_ref());
            turn.is_some_and(|turn| turn.lease().payment == *key)
        });
        if let Some(payment) = payment {
            let message = Message::of(payment, attempt);
            self.oracle.sent(&message);
            self.transmit(worker, epoch, message);
        }
    }

    pub(super) fn looked_up(&mut self, worker: usize, epoch: u64, payment: usize) {
        if self.alive(worker, epoch).is_none() {
            return;
        }
        let history = self.manners.face == Face::Chaiport;
        let lag = self.rng.between(0, self.faults.read_lag);
        let now = self.now;
        if let Some(ledger) = self.ledgers.get_mut(payment) {
            ledger.decide(now);
        }
        let fails = self.rng.chance(self.faults.look_up_fails);
        let state = self.ledgers.get(payment).and_then(|ledger| ledger.look_up(self.now - lag, history));
        let answer = match state {
            Some(state) if !fails => Ok(state),
            _ => Err(LookUpError::new(LookUpErrorKind::Unavailable)),
        };
        let tag = self.tag_asked_for(worker);
        let verdict = self.crates_verdict(payment, tag.as_deref(), now - lag);
        let history_tag = tag.filter(|_| history).map(|tag| wire_tag(&tag));
        let pause = self.rng.between(5, 300);
        let unexplained = answer.as_ref().is_ok_and(|state| self.is_unexplained(worker, state));
        let answer = Box::new(Answer::LookUp(Seen { answer, history_tag, verdict, unexplained }));
        self.after(pause, Happening::Answered { worker, epoch, answer });
    }

    pub(super) fn answered(&mut self, worker: usize, epoch: u64, answer: Answer) {
        if self.alive(worker, epoch).is_none() || self.crashes(worker) {
            return;
        }
        let uncommitted = self.alive(worker, epoch).and_then(|worker| worker.uncommitted.take());
        match (answer, uncommitted) {
            (Answer::LookUp(seen), _) => self.tell(worker, epoch, Event::LookedUp(seen)),
            (Answer::Cancel(outcome), None) => self.tell(worker, epoch, self.heard(outcome)),
            (Answer::Cancel(outcome), Some(new)) => self.commit_late(worker, epoch, &new, outcome),
        }
    }
}

impl World {
    /// The tag of the open attempt, or of the one that a suspect payment is probed with.
    fn tag_asked_for(&self, worker: usize) -> Option<String> {
        let turn = self.workers.get(worker)?.turn.as_ref()?;
        match &turn.snapshot().attempt {
            Some(attempt) => Some(format!("c{}", attempt.id)),
            None => turn.probe().map(|order| order.tag().as_str().to_owned()),
        }
    }

    /// Whether the history shows a refund of ours on a suspect payment that the journal lost.
    fn is_unexplained(&self, worker: usize, state: &PaymentState) -> bool {
        let turn = self.workers.get(worker).and_then(|worker| worker.turn.as_ref());
        let Some(turn) = turn.filter(|turn| turn.is_distrusted()) else { return false };
        !self.unexplained(&turn.lease().payment, state).is_empty()
    }

    /// What the gateway's crate says of a PG that it knows to decide later.
    fn crates_verdict(&self, payment: usize, tag: Option<&str>, at: i64) -> Option<Verdict> {
        let ledger = self.ledgers.get(payment).filter(|ledger| ledger.decides_later)?;
        let open = !ledger.shows(tag?, at) && self.ablation != Some(Ablation::PendingIsNotYet);
        open.then_some(Verdict::Unclear(Doubt::Pending))
    }

    /// An answer as the worker hears it: success that shows nothing means that something was taken.
    fn heard(&self, outcome: Result<Cancelled, CancelError>) -> Event {
        let integrity = |error: &CancelError| matches!(error, CancelError::Unknown(error) if error.reason() == UnknownReason::Integrity);
        let taken =
            self.ablation != Some(Ablation::PendingIsNotYet) && outcome.as_ref().is_err_and(integrity);
        Event::Answered { outcome, taken }
    }
}

/// The ablations: what is done otherwise than the turn says.
impl World {
    /// Forgets what is proven.
    fn forget(&self, snapshot: &mut Snapshot) {
        if self.ablation == Some(Ablation::StaleReads) {
            snapshot.payment.known_balance = snapshot.payment.paid().minor();
        }
    }

    /// The change that is written instead, and whether the turn begins anew after it.
    fn sabotaged(&self, worker: usize, mut record: Record) -> (Record, bool) {
        let looks = self.snapshot(worker).map_or(0, |snapshot| snapshot.intent.looks);
        match (self.ablation, &record.change) {
            (Some(Ablation::RefreshedGuard), Change::Unknown { .. })
            | (Some(Ablation::NotSentOpensAnother), Change::NotSent { .. }) => {
                record.change = Change::Superseded;
                return (record, true);
            }
            (Some(Ablation::FailByAge), Change::Wait { .. }) if looks >= 3 => {
                record.change = Change::Rejected(RejectedBecause::Person);
            }
            (Some(Ablation::StaleReads), _) => record.proven_balance = None,
            _ => {}
        }
        (record, false)
    }

    fn send_uncommitted(&mut self, worker: usize, epoch: u64, new: crate::protocol::NewAttempt) {
        let Some(snapshot) = self.snapshot(worker) else { return };
        let attempt = AttemptRecord {
            id: new.id,
            intent: snapshot.intent.id,
            no: 1,
            balance_before: snapshot.payment.money(new.plan.balance_before),
            amount: snapshot.intent.amount,
            sequence: new.plan.sequence,
            frozen: new.frozen.clone(),
            digest: new.digest,
            state: AttemptState::Sending,
            fence: 0,
            sends: 1,
            doubts: 1,
            hold: false,
            taken: false,
            upstream: 0,
            looks_since_send: 0,
            refusal: None,
            last_reason: None,
            first_send_at: snapshot.now,
            last_send_at: snapshot.now,
        };
        self.counts.sends += 1;
        if let Some(worker) = self.alive(worker, epoch) {
            worker.uncommitted = Some(new);
        }
        self.put_on_wire(worker, epoch, &attempt);
    }

    fn commit_late(
        &mut self,
        worker: usize,
        epoch: u64,
        new: &crate::protocol::NewAttempt,
        outcome: Result<Cancelled, CancelError>,
    ) {
        let now = Timestamp(self.now);
        let Some(turn) = self.alive(worker, epoch).and_then(|worker| worker.turn.take()) else {
            return;
        };
        let (mut turn, lease) = {
            let lease = turn.lease().clone();
            (turn, lease)
        };
        let action = match ready(self.journal.open_attempt(&lease, new)) {
            Ok(snapshot) => {
                let _sent_already = turn.on(Event::Recorded(Box::new(snapshot)), now);
                turn.on(Event::Answered { outcome, taken: false }, now)
            }
            Err(_) => turn.on(Event::Lost, now),
        };
        if let Some(worker) = self.alive(worker, epoch) {
            worker.turn = Some(turn);
        }
        self.next(worker, epoch, action);
    }
}
