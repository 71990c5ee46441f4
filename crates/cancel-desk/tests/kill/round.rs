//! One round: trouble, then calm, then the comparison with the books.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cancel_desk::record::{IntentRecord, PaymentKey, Resolution};
use cancel_desk::worker::{Accounts, Worker};
use pg_sandbox::{Gateway, Operation, Rates};
use tokio::time::{sleep, timeout};

use crate::oracle::{Oracle, Rule, Violation, at_sandbox, decision};
use crate::pack::Pack;
use crate::rng::Rng;
use crate::scene::Scene;
use crate::setting::{Broken, Role, accounts};

/// How long the trouble lasts at least; then until the submitters are done.
const TROUBLE: Duration = Duration::from_millis(900);
/// How long at most, while the gateways have not yet seen a cancel for every other wish.
const LONG_TROUBLE: Duration = Duration::from_secs(4);
/// How long it may take until all is submitted, or until all is decided, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// Tasks that carry everything through once it is calm.
const CALM_TASKS: usize = 8;

/// Journal time in which whatever the gateways' documents let the desk settle is settled.
const A_WHILE: Duration = Duration::from_secs(1_800);
/// The same where time cannot be put forward, and what is hinted at counts as scheduled instead.
const A_WHILE_OF_HINTS: Duration = Duration::from_millis(1_500);
const HINT_PAUSE: Duration = Duration::from_millis(40);

/// Thousandths of the requests.
const RATES: Rates = Rates {
    lost_before: 40,
    applied_lost: 80,
    server_error_applied: 40,
    server_error_not_applied: 40,
    refused: 10,
    cut_body: 20,
    redirect: 10,
    duplicate: 60,
    late: 100,
    look_up_fails: 50,
    silence: true,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    AWhile,
    /// The last scheduled look-up.
    TheEnd,
}

/// What happened, counted.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) payments: u64,
    pub(crate) wishes: u64,
    pub(crate) intents: u64,
    pub(crate) acknowledged: u64,
    pub(crate) conflicts: u64,
    pub(crate) kills: u64,
    pub(crate) own_deaths: u64,
    pub(crate) stops: u64,
    pub(crate) long_stops: u64,
    pub(crate) own_stops: u64,
    pub(crate) sleepers: u64,
    pub(crate) sends: u64,
    pub(crate) faults: u64,
    /// Sendings that another claim than their own had to settle.
    pub(crate) interrupted: u64,
    /// Answers that came when somebody else had taken over.
    pub(crate) too_late: u64,
    pub(crate) completed: u64,
    pub(crate) rejected: u64,
    pub(crate) by_person: u64,
    pub(crate) console: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.payments += other.payments;
        self.wishes += other.wishes;
        self.intents += other.intents;
        self.acknowledged += other.acknowledged;
        self.conflicts += other.conflicts;
        self.kills += other.kills;
        self.own_deaths += other.own_deaths;
        self.stops += other.stops;
        self.long_stops += other.long_stops;
        self.own_stops += other.own_stops;
        self.sleepers += other.sleepers;
        self.sends += other.sends;
        self.faults += other.faults;
        self.interrupted += other.interrupted;
        self.too_late += other.too_late;
        self.completed += other.completed;
        self.rejected += other.rejected;
        self.by_person += other.by_person;
        self.console += other.console;
    }
}

pub(crate) struct Round<'a> {
    pub(crate) scene: &'a mut Scene,
    pub(crate) oracle: &'a mut Oracle,
    pub(crate) number: u64,
    /// The last on this journal: everything must come to its end.
    pub(crate) last: bool,
    pub(crate) rng: Rng,
    pub(crate) broken: Option<Broken>,
}

impl Round<'_> {
    pub(crate) async fn run(mut self) -> Tally {
        let mut tally = Tally { rounds: 1, ..Tally::default() };
        let events = last_event(self.scene).await;
        self.scene.sandbox.clear_requests();
        let (payments, wishes) = self.scene.prepare(self.number, &mut self.rng).await;
        tally.payments = u64::try_from(payments.len()).unwrap();
        tally.wishes = u64::try_from(wishes.len()).unwrap();

        self.scene.sandbox.random_faults(self.rng.next(), RATES);
        let settings = self.scene.settings(self.number, self.broken, &mut self.rng);
        let mut pack = Pack::start(settings);
        tally.console = self.trouble(&mut pack, &payments, wishes.len()).await;
        let mut sleepers = pack.leave_sleepers(&mut self.rng);
        tally.sleepers = u64::from(!sleepers.is_empty());
        self.scene.sandbox.clear_faults();
        for gateway in Gateway::ALL {
            self.scene.sandbox.accept_connections(gateway).await;
        }

        let accounts = Arc::new(accounts(&self.scene.urls(), &self.scene.store, |client| client));
        if !sleepers.is_empty() {
            // whoever sleeps inside a transaction keeps everybody out until it is woken
            let journal = Arc::clone(&self.scene.journal);
            if timeout(Duration::from_millis(300), journal.recover()).await.is_ok() {
                self.settle(&accounts, Until::AWhile, Duration::from_secs(3)).await;
                self.oracle.compare(&*journal, &self.scene.sandbox, false).await;
            }
            sleepers.wake();
            sleep(Duration::from_millis(400)).await;
        }
        tally.kills = sleepers.blows.kills;
        tally.stops = sleepers.blows.stops;
        tally.long_stops = sleepers.blows.long_stops;
        drop(sleepers);
        // what children sent before they died may still be on its way
        sleep(Duration::from_millis(30)).await;
        self.scene.sandbox.deliver_late();

        if self.last {
            tally.by_person = self.decide(&accounts).await;
        } else if !self.settle(&accounts, Until::AWhile, PATIENCE).await {
            self.oracle
                .violations
                .push(Violation { rule: Rule::NotLost, what: "it does not come to rest".to_owned() });
        }
        let log = std::fs::read_to_string(self.scene.log(self.number)).unwrap_or_default();
        let heard = self.oracle.heard(&log, &*self.scene.journal).await;
        let count = |word: &str| heard.get(word).copied().unwrap_or(0);
        tally.acknowledged = count("ack");
        tally.conflicts = count("conflict");
        tally.own_deaths = count("died");
        tally.own_stops = count("stopped");
        let before = self.oracle.ends;
        let ended = self.last && self.oracle.violations.is_empty();
        let ends = self.oracle.compare(&*self.scene.journal, &self.scene.sandbox, ended).await;
        self.oracle.ends = ends;
        tally.completed = ends.completed - before.completed;
        tally.rejected = ends.rejected - before.rejected;
        tally.intents = ends.intents - before.intents;
        (tally.interrupted, tally.too_late) = interruptions(self.scene, events).await;
        let seen = self.scene.sandbox.requests();
        let sends = seen.iter().filter(|seen| seen.operation == Operation::Cancel);
        tally.faults = u64::try_from(seen.iter().filter(|seen| seen.fault.is_some()).count()).unwrap();
        tally.sends = u64::try_from(sends.count()).unwrap();
        tally
    }

    /// Kills, stops and starts again, while people refund at the admin pages. Tells how many of those.
    async fn trouble(&mut self, pack: &mut Pack, payments: &[PaymentKey], wishes: usize) -> u64 {
        let (began, mut console) = (Instant::now(), 0);
        loop {
            sleep(Duration::from_millis(self.rng.between(5, 60))).await;
            pack.tend();
            let over = began.elapsed() > TROUBLE;
            let sends = |gateway| self.scene.sandbox.count(gateway, Operation::Cancel);
            let enough = Gateway::ALL.map(sends).iter().sum::<usize>() * 2 > wishes;
            if over && pack.all_submitted() && (enough || began.elapsed() > LONG_TROUBLE) {
                return console;
            }
            if began.elapsed() > PATIENCE {
                self.must(false, "the submitters do not come to an end");
                return console;
            }
            // in the end the submitters are left alone, to end
            if over {
                pack.wake_submitters();
            }
            pack.strike(&mut self.rng, over.then_some(Role::Worker));
            if self.rng.chance(40) && !over {
                let payment = payments.get(self.rng.index(payments.len())).unwrap();
                let amount = if self.rng.chance(500) { 1_000 } else { 2_500 };
                let gateway = at_sandbox(payment.gateway);
                let done = self.scene.sandbox.console_refund(gateway, &payment.payment_id, amount);
                console += u64::from(done.is_ok());
            }
        }
    }

    /// Carries everything through for a while, or until nothing is due any more. Nobody waits for the schedule of
    /// look-ups: the clock is put forward, or they are hinted at. Tells whether it came to an end.
    async fn settle(&self, accounts: &Arc<Accounts>, until: Until, patience: Duration) -> bool {
        let (began, journal) = (Instant::now(), &self.scene.journal);
        let own_time = self.scene.store.has_own_time();
        let horizon = journal.now().await.unwrap().after(A_WHILE);
        let worker = |_| Arc::new(Worker::new(Arc::clone(journal), Arc::clone(accounts)).unwrap());
        let workers: Vec<Arc<Worker>> = (0..CALM_TASKS).map(worker).collect();
        while began.elapsed() < patience {
            let draining: Vec<_> =
                workers.iter().map(|worker| tokio::spawn(drain(Arc::clone(worker)))).collect();
            for task in draining {
                task.await.unwrap();
            }
            let Some(due) = journal.next_due().await.unwrap() else { return true };
            if own_time {
                if until == Until::AWhile && began.elapsed() > A_WHILE_OF_HINTS {
                    return true;
                }
                sleep(HINT_PAUSE).await;
                journal.recover().await.unwrap();
                if self.scene.store.take_hints_for_the_schedule().await {
                    self.oracle.schedule_is_changed.store(true, Ordering::Relaxed);
                }
            } else if until == Until::AWhile && due > horizon {
                return true;
            } else {
                self.scene.clock.put_forward(ahead(due.since(journal.now().await.unwrap())));
            }
        }
        false
    }

    /// Brings everything to its end, with a person's help where the desk asks for it. Tells how often.
    async fn decide(&mut self, accounts: &Arc<Accounts>) -> u64 {
        let (began, mut decisions) = (Instant::now(), 0);
        loop {
            let settled = self.settle(accounts, Until::TheEnd, PATIENCE).await;
            if !settled || began.elapsed() > PATIENCE {
                self.must(false, "not everything comes to an end");
                return decisions;
            }
            let settled = self.scene.settle_pending();
            let waiting = self.scene.journal.waiting_for_a_person(10_000).await.unwrap();
            if waiting.is_empty() && settled == 0 {
                return decisions;
            }
            for intent in waiting {
                let resolution = self.truth(&intent).await;
                let resolved =
                    self.scene.journal.resolve(intent.id, resolution, "kill test", "the books say so").await;
                resolved.unwrap();
                decisions += 1;
            }
        }
    }

    fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.oracle.violations.push(Violation { rule: Rule::NotLost, what: what.to_owned() });
        }
    }

    /// What a person finds in the gateway's books.
    async fn truth(&self, intent: &IntentRecord) -> Resolution {
        let attempts = self.scene.journal.attempts_of(intent.id).await.unwrap();
        let payment = &intent.payment;
        let books = self.scene.sandbox.payment(at_sandbox(payment.gateway), &payment.payment_id).unwrap();
        decision(intent, &attempts, Some(&books))
    }
}

/// How far the clock is put forward when nothing is due for so long. Late look-ups of several payments are made together.
fn ahead(left: Duration) -> Duration {
    match left.as_secs() {
        // due and not to be had: the lease of one who died
        0 => Duration::from_secs(1),
        1..300 => left,
        _ => left + Duration::from_secs(3_600),
    }
}

async fn drain(worker: Arc<Worker>) {
    while worker.turn().await.unwrap().is_some() {}
}

async fn last_event(scene: &Scene) -> i64 {
    i64::try_from(scene.journal.verify().await.unwrap().events).unwrap()
}

/// Sendings that were begun under one claim and first heard of under a later one, and answers that came too late.
async fn interruptions(scene: &Scene, after: i64) -> (u64, u64) {
    let (mut interrupted, mut too_late) = (0, 0);
    let mut begun = BTreeMap::new();
    for event in scene.journal.events(after, u32::MAX).await.unwrap() {
        too_late += u64::from(event.kind == "too_late");
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
        let (Some(attempt), Some(fence)) = (event.attempt, detail["fence"].as_i64()) else { continue };
        if let Some(before) = begun.remove(&attempt) {
            interrupted += u64::from(fence > before);
        }
        if event.kind == "attempt" || event.kind == "resend" {
            begun.insert(attempt, fence);
        }
    }
    (interrupted, too_late)
}
