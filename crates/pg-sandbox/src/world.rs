//! What all connections share, and the one path by which a request reaches the books.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::faults::FaultPlan;
use crate::ledger::{Actor, Books, Entry, Pending, Record, Waits};
use crate::log::Log;
use crate::options::{Gateway, GuardMode, Guards, Options};
use crate::rng::Rng;
use crate::server::http::Request;
use crate::{chaiport, eximbay, settlebank};

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Whether the books changed.
    pub(crate) applied: bool,
    pub(crate) payment: Option<String>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, body, applied: false, payment: None }
    }

    pub(crate) fn about(mut self, payment: &str) -> Self {
        self.payment = Some(payment.to_owned());
        self
    }
}

/// What a valid cancel will do to the books.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) payment: String,
    pub(crate) amount: i64,
    pub(crate) tag: String,
    pub(crate) cancel_id: String,
    pub(crate) effect: Effect,
    /// Numbers that are used up by it.
    pub(crate) keys: Vec<String>,
    /// Whether check and apply are two steps for it.
    pub(crate) sloppy: bool,
    pub(crate) echo: Echo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The money moves.
    Refund,
    /// Accepted, moves later.
    Wait(Waits),
    /// The unpaid account is withdrawn.
    Revoke,
}

/// What the answer repeats of the request.
#[derive(Debug, Clone)]
pub(crate) enum Echo {
    None,
    Eximbay { refund_id: String, other_param: Option<Value> },
    Flat,
    Standard(Box<settlebank::StandardEcho>),
}

/// What a gateway makes of a request, before anything changes.
pub(crate) enum Verdict {
    /// Answered; nothing changes, but the numbers given are used up.
    Done(Reply, Vec<String>),
    Change(Box<Change>),
}

impl From<Reply> for Verdict {
    fn from(reply: Reply) -> Self {
        Self::Done(reply, Vec::new())
    }
}

struct LateJob {
    number: u64,
    gateway: Gateway,
    request: Arc<Request>,
    /// Nobody may be waiting any more.
    answer: oneshot::Sender<Reply>,
}

/// Everything that the listeners, their connections and the handle share.
pub(crate) struct World {
    pub(crate) options: Options,
    guards: Mutex<Guards>,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) faults: FaultPlan,
    pub(crate) rng: Rng,
    books: [Mutex<Books>; 3],
    pub(crate) gates: [watch::Sender<bool>; 3],
    pub(crate) connections: [AtomicUsize; 3],
    pub(crate) serial: AtomicU64,
    late: Mutex<Vec<LateJob>>,
    late_number: AtomicU64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("World").field("options", &self.options).finish_non_exhaustive()
    }
}

fn place<T>(of: &[T; 3], gateway: Gateway) -> &T {
    let [chaiport, eximbay, settlebank] = of;
    match gateway {
        Gateway::Chaiport => chaiport,
        Gateway::Eximbay => eximbay,
        Gateway::Settlebank => settlebank,
    }
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            guards: Mutex::new(options.guards),
            clock: Clock::starting_at(options.start_time),
            log: Log::default(),
            faults: FaultPlan::default(),
            rng: Rng::new(options.seed),
            books: Default::default(),
            gates: std::array::from_fn(|_| watch::Sender::new(false)),
            connections: Default::default(),
            serial: AtomicU64::new(0),
            late: Mutex::default(),
            late_number: AtomicU64::new(0),
            options,
        }
    }

    pub(crate) fn books(&self, gateway: Gateway) -> MutexGuard<'_, Books> {
        place(&self.books, gateway).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` while the gateway refuses connections.
    pub(crate) fn gate(&self, gateway: Gateway) -> &watch::Sender<bool> {
        place(&self.gates, gateway)
    }

    pub(crate) fn connected(&self, gateway: Gateway) -> &AtomicUsize {
        place(&self.connections, gateway)
    }

    pub(crate) fn guards(&self) -> Guards {
        *self.guards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_guards(&self, guards: Guards) {
        *self.guards.lock().unwrap_or_else(PoisonError::into_inner) = guards;
    }

    fn decide(&self, gateway: Gateway, books: &mut Books, request: &Request) -> Verdict {
        match gateway {
            Gateway::Chaiport => chaiport::decide(self, books, request),
            Gateway::Eximbay => eximbay::decide(self, books, request),
            Gateway::Settlebank => settlebank::decide(self, books, request),
        }
    }

    fn answer(&self, gateway: Gateway, record: &Record, change: &Change, entry: &Entry) -> Reply {
        match gateway {
            Gateway::Chaiport => chaiport::answer(record),
            Gateway::Eximbay => eximbay::answer(self, record, change, entry),
            Gateway::Settlebank => settlebank::answer(self, record, change, entry),
        }
        .about(&change.payment)
    }

    /// Puts the change into a payment.
    fn enter(&self, record: &mut Record, change: &Change, by: Actor) -> Entry {
        let entry = Entry {
            amount: change.amount,
            before: record.balance(),
            at: self.clock.now(),
            tag: change.tag.clone(),
            by,
            cancel_id: change.cancel_id.clone(),
        };
        match change.effect {
            Effect::Refund => record.entries.push(entry.clone()),
            Effect::Wait(waits) => record.pending.push(Pending { entry: entry.clone(), waits }),
            Effect::Revoke => record.revoked = true,
        }
        entry
    }

    fn commit(&self, gateway: Gateway, books: &mut Books, change: &Change, by: Actor) -> Reply {
        for key in &change.keys {
            books.used.insert(key.clone());
        }
        if change.effect == Effect::Refund {
            books.funds = books.funds.map(|funds| funds.saturating_sub(change.amount));
        }
        let Some(record) = books.get_mut(&change.payment) else {
            return Reply::new(500, Value::Null);
        };
        let entry = self.enter(record, change, by);
        let mut reply = self.answer(gateway, record, change, &entry);
        reply.applied = change.effect != Effect::Wait(Waits::ForFunds);
        reply
    }

    /// The one way in: decides and, if the gateway takes it, applies.
    pub(crate) async fn process(&self, gateway: Gateway, request: &Request, by: Actor) -> Reply {
        let change = {
            let mut books = self.books(gateway);
            match self.decide(gateway, &mut books, request) {
                Verdict::Done(reply, keys) => {
                    books.used.extend(keys);
                    return reply;
                }
                Verdict::Change(change) if change.sloppy => change,
                Verdict::Change(change) => return self.commit(gateway, &mut books, &change, by),
            }
        };
        tokio::time::sleep(self.options.sloppy_window).await;
        self.commit(gateway, &mut self.books(gateway), &change, by)
    }

    /// As [`process`](World::process), with check and apply in one step whatever the guards' modes are.
    fn process_at_once(&self, gateway: Gateway, request: &Request, by: Actor) -> Reply {
        let mut books = self.books(gateway);
        match self.decide(gateway, &mut books, request) {
            Verdict::Done(reply, keys) => {
                books.used.extend(keys);
                reply
            }
            Verdict::Change(change) => self.commit(gateway, &mut books, &change, by),
        }
    }

    /// The answer that the request would have, without touching the books.
    pub(crate) fn preview(&self, gateway: Gateway, request: &Request) -> Reply {
        let mut books = self.books(gateway);
        match self.decide(gateway, &mut books, request) {
            Verdict::Done(reply, _) => reply,
            Verdict::Change(change) => {
                let Some(mut copy) = books.get(&change.payment).cloned() else {
                    return Reply::new(500, Value::Null);
                };
                let entry = self.enter(&mut copy, &change, Actor::Api);
                self.answer(gateway, &copy, &change, &entry)
            }
        }
    }

    /// Keeps a request back. It reaches the books by [`deliver`](World::deliver).
    pub(crate) fn keep_back(
        &self,
        gateway: Gateway,
        request: Arc<Request>,
    ) -> (u64, oneshot::Receiver<Reply>) {
        let number = self.late_number.fetch_add(1, Ordering::SeqCst);
        let (answer, waiting) = oneshot::channel();
        let job = LateJob { number, gateway, request, answer };
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push(job);
        (number, waiting)
    }

    /// Delivers one kept request, or all. Returns how many changed the books.
    pub(crate) fn deliver(&self, only: Option<u64>) -> usize {
        let due: Vec<LateJob> = {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, rest) = late.drain(..).partition(|job| only.is_none_or(|number| number == job.number));
            *late = rest;
            due
        };
        let mut applied = 0_usize;
        for job in due {
            let reply = self.process_at_once(job.gateway, &job.request, Actor::Late);
            applied = applied.saturating_add(usize::from(reply.applied));
            // A receiver that is gone gave up waiting; the books have moved all the same.
            drop(job.answer.send(reply));
        }
        applied
    }

    /// Carries out what waits for the merchant's funds. Returns how many.
    pub(crate) fn run_awaiting(&self, gateway: Gateway) -> usize {
        let now = self.clock.now();
        let mut books = self.books(gateway);
        books.all_mut().fold(0, |total: usize, record| {
            total.saturating_add(record.settle(Waits::ForFunds, now, Some(Actor::Late)))
        })
    }

    /// Whether a guard in this mode checks at all.
    pub(crate) fn checks(mode: GuardMode) -> bool {
        mode != GuardMode::Off
    }
}
