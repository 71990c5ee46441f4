//! One run: time, the people, the callers and the queue of what happens next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use pg_core::{PaymentRef, RejectionKind};

use crate::journal::{Backup, Clock, Journal, JournalError, MemoryJournal};
use crate::protocol::Policy;
use crate::record::{AccountName, IntentId, NewPayment, PaymentKey, Timestamp};

use super::ablation::Ablation;
use super::faults::Faults;
use super::gateway::{Face, Ledger, Manners, Message, won};
use super::oracle::{Oracle, Rule};
use super::people::Wish;
use super::restore::Loss;
use super::rng::Rng;
use super::runner::{Counts, Options, Store};
use super::worker::{Answer, Worker};

/// When the run's people and faults stop, in milliseconds.
const FAULTS_UNTIL: i64 = 900_000;
/// More than the look-up schedule lasts: 8 weeks (an asynchronous refund may be planned anew).
const END: i64 = 8 * 7 * 24 * 3_600_000;
/// No run needs more than some thousand; a loop that would never end must.
const MOST_EVENTS: u32 = 200_000;
const MERCHANT: &str = "shop";
/// One run in so many is checked with its event log and digests.
pub(super) const FULL_CHECK: u64 = 32;

#[derive(Debug, Default)]
pub(super) struct SimClock(AtomicI64);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// What happens at a time.
#[derive(Debug)]
pub(super) enum Happening {
    /// A caller submits, the second time under the same key.
    Submit { wish: usize, again: bool },
    /// A worker looks for work.
    Tick { worker: usize, epoch: u64 },
    /// A worker does its pending action.
    Step { worker: usize, epoch: u64 },
    /// A look-up reaches the gateway.
    LookedUp { worker: usize, epoch: u64, payment: usize },
    /// A worker gets an answer.
    Answered { worker: usize, epoch: u64, answer: Box<Answer> },
    /// A copy of a cancel reaches the gateway; the answer goes to a worker that may still wait.
    Arrives { message: Box<Message>, reply: Option<Reply> },
    /// A person refunds in the console.
    Console { payment: usize, amount: i64 },
    /// Everything works from now on.
    FaultsEnd,
    /// The journal is lost, or somebody does something about that.
    Loss(Loss),
}

/// Who waits for the answer to a cancel, and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply {
    pub(super) worker: usize,
    pub(super) epoch: u64,
    pub(super) deadline: i64,
}

#[derive(Debug)]
struct Queued {
    at: i64,
    no: u64,
    happening: Happening,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.no) == (other.at, other.no)
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.no).cmp(&(other.at, other.no))
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: i64,
    pub(super) rng: Rng,
    pub(super) faults: Faults,
    pub(super) ablation: Option<Ablation>,
    pub(super) manners: Manners,
    pub(super) policy: Policy,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) accounts: Vec<AccountName>,
    pub(super) ledgers: Vec<Ledger>,
    pub(super) keys: Vec<PaymentKey>,
    pub(super) workers: Vec<Worker>,
    pub(super) oracle: Oracle,
    pub(super) counts: Counts,
    pub(super) wishes: Vec<Wish>,
    /// Whether the journal is lost in this run.
    pub(super) restores: bool,
    pub(super) restored_at: Option<i64>,
    pub(super) memory: Option<Arc<MemoryJournal>>,
    pub(super) backup: Option<Backup>,
    clock: Arc<SimClock>,
    queue: BinaryHeap<Reverse<Queued>>,
    queued: u64,
}

/// Wakes the one thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for the journal. The one in memory is ready at once; no other time than the simulated one passes.
pub(super) fn ready<T>(future: impl Future<Output = Result<T, JournalError>>) -> Result<T, JournalError> {
    let mut future = pin!(future);
    if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return result;
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

impl World {
    pub(super) fn new(options: &Options, seed: u64, make: &dyn Fn(Arc<dyn Clock>) -> Store) -> Self {
        let Options { face, ablation, mislabelled, restores, .. } = *options;
        let mut rng = Rng::new(seed);
        let mut faults = Faults::drawn(&mut rng);
        faults.mislabelled = match ablation {
            Some(Ablation::NotSentOpensAnother) => 3_000,
            _ => mislabelled,
        };
        let human = rng.chance(3_000);
        let policy = Policy {
            lease: std::time::Duration::from_secs(20),
            deadline: std::time::Duration::from_secs(10),
            sole_actor: !human,
            resend_on_unproven_guard: rng.chance(5_000),
            ..Policy::default()
        };
        let manners =
            Manners { face, unguarded: ablation == Some(Ablation::NoGuard), amount_first: rng.chance(2_000) };
        let clock = Arc::new(SimClock::default());
        let Store { journal, memory } = make(clock.clone());
        let mut world = Self {
            now: 0,
            rng,
            faults,
            ablation,
            manners,
            policy,
            journal,
            accounts: vec![AccountName::new(face.capabilities().gateway, MERCHANT)],
            ledgers: Vec::new(),
            keys: Vec::new(),
            workers: (0..3).map(Worker::new).collect(),
            oracle: Oracle::new(seed),
            counts: Counts::default(),
            wishes: Vec::new(),
            restores: restores && memory.is_some(),
            restored_at: None,
            memory,
            backup: None,
            clock,
            queue: BinaryHeap::new(),
            queued: 0,
        };
        world.people(human);
        if world.restores {
            // its own randomness: the rest of the run begins as it would without
            world.losses(&mut Rng::new(!seed));
        }
        world
    }

    /// Lays out who pays, who wants a refund and when, and what a person does in the console.
    fn people(&mut self, human: bool) {
        let payments = usize::try_from(self.rng.between(1, 2)).unwrap_or(1);
        for payment in 0..payments {
            let equal_parts = self.rng.chance(3_000);
            let wishes = self.rng.between(1, 3);
            let paid = 1_000 * self.rng.between(2, 20);
            let mut ledger = Ledger::new(paid);
            ledger.asynchronous = self.rng.chance(1_000);
            // a client that swears "not sent" of what a PG took could not be saved by anybody
            let honest = self.faults.mislabelled == 0;
            ledger.decides_later = self.manners.face == Face::Chaiport && honest && self.rng.chance(1_000);
            if self.rng.chance(400) {
                ledger.refuses = Some(match self.rng.between(0, 2) {
                    0 => RejectionKind::NotCancellable,
                    1 => RejectionKind::Period,
                    _ => RejectionKind::Policy,
                });
            }
            if self.rng.chance(1_000) {
                ledger.closes_at = Some(self.rng.between(10_000, 600_000));
            }
            self.pay(ledger);
            for _ in 0..wishes {
                // together a little more than was paid, now and then
                let amount = if equal_parts { paid / 3 } else { self.rng.between(100, paid * 3 / 4) };
                let (at, id) = (self.rng.between(0, 300_000), IntentId::from_bits(self.rng.bits()));
                let wish = self.wishes.len();
                self.wishes.push(Wish::new(payment, amount, id));
                self.at(at, Happening::Submit { wish, again: false });
                if self.rng.chance(2_000) {
                    let later = at + self.rng.between(0, 60_000);
                    self.at(later, Happening::Submit { wish, again: true });
                }
            }
            if human {
                for _ in 0..self.rng.between(0, 2) {
                    let amount = self.rng.between(100, paid / 2);
                    // now and then just what a caller wants as well
                    let same = self.wishes.last().map(|w| w.amount).filter(|_| self.rng.chance(2_000));
                    let at = self.rng.between(0, 400_000);
                    self.at(at, Happening::Console { payment, amount: same.unwrap_or(amount) });
                }
            }
        }
        self.at(FAULTS_UNTIL, Happening::FaultsEnd);
    }

    fn pay(&mut self, ledger: Ledger) {
        let Some(new) = self.payment(self.ledgers.len(), ledger.paid) else { return };
        self.keys.push(new.key());
        self.ledgers.push(ledger);
        if !self.restores {
            self.register(self.keys.len() - 1);
        }
    }

    fn payment(&self, payment: usize, paid: i64) -> Option<NewPayment> {
        let gateway = self.manners.face.gateway();
        let reference =
            PaymentRef::new(gateway, format!("p{payment}"), format!("order-{payment}"), won(paid)?);
        Some(NewPayment::new(MERCHANT, reference))
    }

    /// Tells the journal of a payment, as the merchant has it in its own books.
    pub(super) fn register(&mut self, payment: usize) {
        let paid = self.ledgers.get(payment).map(|ledger| ledger.paid);
        let Some(new) = paid.and_then(|paid| self.payment(payment, paid)) else { return };
        if let Err(error) = ready(self.journal.register_payment(new)) {
            self.oracle.broken(Rule::ModelIsSound, error.to_string());
        }
    }

    pub(super) fn at(&mut self, at: i64, happening: Happening) {
        self.queued += 1;
        self.queue.push(Reverse(Queued { at: at.max(self.now), no: self.queued, happening }));
    }

    pub(super) fn after(&mut self, pause: i64, happening: Happening) {
        self.at(self.now + pause, happening);
    }

    /// Runs to the end, and tells what was counted and broken.
    pub(super) fn run(mut self) -> (Counts, Oracle) {
        let mut events = 0_u32;
        loop {
            let Some(Reverse(next)) = self.queue.pop() else {
                // nothing more will happen by itself: what waits for a person gets one
                if self.a_person_decides() { continue } else { break }
            };
            events += 1;
            if next.at > END || events > MOST_EVENTS {
                self.oracle.broken(Rule::NothingIsLost, format!("no end after {events} events"));
                break;
            }
            self.now = next.at;
            self.clock.0.store(next.at, Ordering::Relaxed);
            self.happen(next.happening);
        }
        self.counts.events = u64::from(events);
        self.judge();
        (self.counts, self.oracle)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Submit { wish, again } => self.submit(wish, again),
            Happening::Tick { worker, epoch } => self.tick(worker, epoch),
            Happening::Step { worker, epoch } => self.step(worker, epoch),
            Happening::LookedUp { worker, epoch, payment } => self.looked_up(worker, epoch, payment),
            Happening::Answered { worker, epoch, answer } => self.answered(worker, epoch, *answer),
            Happening::Arrives { message, reply } => self.arrives(&message, reply),
            Happening::Console { payment, amount } => {
                let now = self.now;
                if let Some(ledger) = self.ledgers.get_mut(payment) {
                    ledger.console(amount, now);
                }
            }
            Happening::FaultsEnd => self.faults = Faults::default(),
            Happening::Loss(loss) => self.loss(loss),
        }
    }

    /// When callers ask for the first time.
    pub(super) fn asked_at(&self) -> impl Iterator<Item = i64> {
        self.queue.iter().filter_map(|Reverse(queued)| match &queued.happening {
            Happening::Submit { again: false, .. } => Some(queued.at),
            _ => None,
        })
    }

    /// Cancels on their way to a gateway, or put off by it.
    pub(super) fn on_the_way(&self) -> impl Iterator<Item = &Message> {
        self.queue.iter().filter_map(|Reverse(queued)| match &queued.happening {
            Happening::Arrives { message, .. } => Some(&**message),
            _ => None,
        })
    }

    /// Whoever idles looks for work.
    pub(super) fn wake(&mut self) {
        let idle: Vec<(usize, u64)> = self
            .workers
            .iter_mut()
            .enumerate()
            .filter(|(_, worker)| worker.idle)
            .map(|(index, worker)| {
                worker.idle = false;
                (index, worker.epoch)
            })
            .collect();
        for (worker, epoch) in idle {
            let pause = self.rng.between(0, 50);
            self.after(pause, Happening::Tick { worker, epoch });
        }
    }

    /// The gateway's ledger against the journal, at the end.
    fn judge(&mut self) {
        self.ledgers.iter_mut().for_each(|ledger| ledger.decide(END));
        for wish in self.wishes.clone() {
            let Some(ledger) = self.ledgers.get(wish.payment) else { continue };
            let refunds = wish.refunds(ledger);
            self.oracle.wish(&wish, &refunds);
            match ready(self.journal.intent(wish.id)) {
                Ok(Some(intent)) if wish.stored => {
                    self.counts.count(&intent);
                    self.oracle.end(&intent, ledger, &refunds);
                }
                _ if wish.stored => self.oracle.broken(Rule::NothingIsLost, "a stored intent is gone"),
                _ => {}
            }
        }
        for ledger in &self.ledgers {
            self.oracle.ledger(ledger);
        }
        // hashing is the dearest part of a run; the ablations break the rows on purpose
        let checked = self.ablation.is_none() && self.oracle.seed.is_multiple_of(FULL_CHECK);
        if !checked {
            return;
        }
        match ready(self.journal.verify()) {
            Ok(found) => {
                for fault in found.faults {
                    self.oracle.broken(Rule::RowsAddUp, fault.to_string());
                }
            }
            Err(error) => self.oracle.broken(Rule::ModelIsSound, error.to_string()),
        }
    }
}
