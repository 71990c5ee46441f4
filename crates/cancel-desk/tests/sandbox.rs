//! The worker, a journal on disk and the real Chaiport client against the simulated gateway, over real sockets.
//!
//! Faults come by plan, one for each cancel; the journal's time is the test's own, so nobody waits for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects)]

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cancel_desk::journal::{Clock, Journal, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::pg_core::{
    CancelError, CancelGateway, CancelOrder, Cancelled, Capabilities, Gateway, LedgerKnowledge, LookUpError,
    Money, PaymentRef, PaymentState, Verdict,
};
use cancel_desk::record::{IntentId, IntentRecord, IntentState, NewPayment, Outcome, Proof, Timestamp};
use cancel_desk::worker::{Account, Accounts, Worker};
use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use pg_sandbox::{BodyKind, Fault, FaultKind, Operation, Options, Sandbox, credentials};
use tokio::sync::Notify;

const CHAIPORT: pg_sandbox::Gateway = pg_sandbox::Gateway::Chaiport;
const REFUNDS: i64 = 20;
const PAID: i64 = 10_000;

#[derive(Debug)]
struct TestClock(AtomicI64);

impl TestClock {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// What goes wrong with one cancel.
#[derive(Debug, Clone)]
enum Step {
    Fine,
    /// Reaches the server, which misbehaves after applying it, or without.
    Fault(FaultKind, bool),
    /// Nobody listens.
    Refused,
    /// Applied, and the caller dies before it hears of it.
    Death,
}

/// The real client, with the next step of the plan around each cancel.
#[derive(Debug)]
struct Planned {
    client: ChaiportClient,
    sandbox: Arc<Sandbox>,
    plan: Mutex<VecDeque<Step>>,
    dying: Notify,
}

#[async_trait::async_trait]
impl CancelGateway for Planned {
    fn capabilities(&self) -> Capabilities {
        CancelGateway::capabilities(&self.client)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let step = self.plan.lock().unwrap().pop_front().unwrap_or(Step::Fine);
        match &step {
            Step::Fault(kind, applied) => {
                let fault = Fault::on(CHAIPORT, Operation::Cancel).kind(kind.clone()).apply(*applied);
                self.sandbox.fault(fault);
            }
            Step::Refused => self.sandbox.refuse_connections(CHAIPORT).await,
            Step::Fine | Step::Death => {}
        }
        let outcome = CancelGateway::cancel(&self.client, order).await;
        match step {
            Step::Refused => self.sandbox.accept_connections(CHAIPORT).await,
            Step::Death => {
                self.dying.notify_one();
                std::future::pending::<()>().await;
            }
            Step::Fine | Step::Fault(..) => {}
        }
        outcome
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        CancelGateway::look_up(&self.client, payment).await
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        CancelGateway::reconcile(&self.client, order, ledger).await
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        self.client.history_tag(order)
    }
}

struct Scene {
    folder: PathBuf,
    clock: Arc<TestClock>,
    sandbox: Arc<Sandbox>,
    gateway: Arc<Planned>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.folder);
    }
}

impl Scene {
    async fn new(name: &str, plan: Vec<Step>) -> Self {
        let folder = std::env::temp_dir().join(format!("cancel-desk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sandbox = Arc::new(Sandbox::start(Options::default()).await.unwrap());
        let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
            .endpoint(Endpoint::Custom(sandbox.url(CHAIPORT)))
            .build()
            .unwrap();
        let gateway = Planned {
            client: ChaiportClient::witness(config).unwrap(),
            sandbox: Arc::clone(&sandbox),
            plan: Mutex::new(plan.into()),
            dying: Notify::new(),
        };
        let clock = Arc::new(TestClock(AtomicI64::new(1_790_000_000_000)));
        Self { folder, clock, sandbox, gateway: Arc::new(gateway) }
    }

    /// A process that starts: the journal opened, and a worker of a new name.
    fn start(&self) -> (Arc<dyn Journal>, Worker) {
        let options = SqliteOptions::new(self.folder.join("journal.db")).with_clock(self.clock.clone());
        let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(options).unwrap());
        let accounts = Accounts::new().with("shop", Account::new(self.gateway.clone())).unwrap();
        let worker = Worker::new(Arc::clone(&journal), Arc::new(accounts)).unwrap();
        (journal, worker)
    }

    async fn wish(
        &self,
        journal: &dyn Journal,
        paid: pg_sandbox::NewPayment,
        pg: &str,
        amount: i64,
    ) -> IntentRecord {
        let id = self.sandbox.pay(paid.pg_provider(pg));
        let order = self.sandbox.payment(CHAIPORT, &id.0).unwrap().merchant_uid;
        let payment = PaymentRef::new(Gateway::Chaiport, id.as_str(), order, Money::krw(PAID).unwrap())
            .with_method("card")
            .with_pg_provider(pg);
        let payment = journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        let key = format!("return-{}", id.as_str());
        let wish = NewIntent::new(payment.key(), key, Money::krw(amount).unwrap()).unwrap();
        journal.submit(wish.with_reason("변심")).await.unwrap().intent().clone()
    }

    /// Takes turns until nothing is due any more, or so many are taken.
    async fn work(&self, journal: &dyn Journal, worker: &Worker, turns: usize) {
        for _ in 0..turns {
            while worker.turn().await.unwrap().is_none() {
                let Some(due) = journal.next_due().await.unwrap() else { return };
                self.clock.advance(due.since(self.clock.now()).max(Duration::from_secs(1)));
            }
        }
    }
}

fn plan() -> Vec<Step> {
    let envelope = || BodyKind::Envelope("-1".to_owned(), "점검 중".to_owned());
    let faults = [
        Step::Fault(FaultKind::CloseWithoutAnswer, true),
        Step::Refused,
        Step::Fault(FaultKind::Reset, true),
        Step::Fault(FaultKind::Status(503, BodyKind::Html), true),
        Step::Fault(FaultKind::Status(503, envelope()), false),
        Step::Fault(FaultKind::CloseWithoutAnswer, false),
        Step::Fine,
        Step::Fault(FaultKind::Reset, false),
        Step::Fault(FaultKind::CutBody(20), true),
    ];
    // the death comes in the middle; the faults stop of themselves
    let mut plan: Vec<Step> = faults.iter().cycle().take(36).cloned().collect();
    plan.insert(14, Step::Death);
    plan
}

async fn state(journal: &dyn Journal, id: IntentId) -> IntentRecord {
    journal.intent(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn twenty_refunds_among_faults_and_a_death_are_each_made_once() {
    let scene = Scene::new("twenty", plan()).await;
    let (journal, worker) = scene.start();
    let mut wishes = Vec::new();
    for number in 0..REFUNDS {
        let paid = pg_sandbox::NewPayment::chaiport(format!("ORD-{number}"), PAID);
        // in full and in part
        let amount = if number % 3 == 0 { PAID } else { 1_000 + number };
        wishes.push(scene.wish(&*journal, paid, "html5_inicis", amount).await);
    }
    // one look-up in five fails as well
    for number in 0..20 {
        let fault = Fault::on(CHAIPORT, Operation::LookUp).nth(number * 4);
        scene.sandbox.fault(fault.kind(FaultKind::Status(500, BodyKind::Empty)).apply(false));
    }
    let working = async {
        scene.work(&*journal, &worker, usize::MAX).await;
        panic!("dies before that");
    };
    tokio::select! {
        () = working => {}
        () = scene.gateway.dying.notified() => {}
    }
    drop((journal, worker));

    let (journal, worker) = scene.start();
    assert!(journal.recover().await.unwrap() > 0, "the dead worker's attempt is open");
    scene.work(&*journal, &worker, usize::MAX).await;

    for wish in &wishes {
        let intent = state(&*journal, wish.id).await;
        assert_eq!(intent.state, IntentState::Completed, "{intent:?}");
        assert!(matches!(intent.outcome, Some(Outcome::Completed { proof: Proof::Answer | Proof::Tag, .. })));
        let ledger = scene.sandbox.payment(CHAIPORT, &wish.payment.payment_id).unwrap();
        let refunds: Vec<i64> = ledger.entries.iter().map(|entry| entry.amount).collect();
        assert_eq!(refunds, [wish.amount.minor()]);
        let attempts = journal.attempts_of(wish.id).await.unwrap();
        assert_eq!(attempts.len(), 1, "whatever went wrong, it stayed the same attempt");
        let tag = attempts.first().unwrap().id.tag().unwrap();
        assert!(ledger.entries.first().unwrap().tag.starts_with(&tag.in_reason()));
    }
    let sent = scene.sandbox.count(CHAIPORT, Operation::Cancel);
    assert!(sent > wishes.len(), "{sent} cancels reached the gateway");
    assert!(scene.gateway.plan.lock().unwrap().len() < 15, "most of the plan was used");
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

#[tokio::test]
async fn what_a_pg_decides_later_is_sent_once_and_waited_for() {
    for (applied, entries) in [(true, 1), (false, 0)] {
        let lost = Step::Fault(FaultKind::CloseWithoutAnswer, applied);
        let scene = Scene::new(&format!("later-{applied}"), vec![Step::Refused, lost]).await;
        let (journal, worker) = scene.start();
        let paid = pg_sandbox::NewPayment::chaiport("ORD-1", PAID).asynchronous(true);
        let wish = scene.wish(&*journal, paid, "paypal_v2", PAID).await;
        // hours of look-ups and a restart do not send a second copy
        scene.work(&*journal, &worker, 8).await;
        drop((journal, worker));
        let (journal, worker) = scene.start();
        journal.recover().await.unwrap();
        scene.work(&*journal, &worker, 4).await;
        assert_eq!(state(&*journal, wish.id).await.state, IntentState::Open);
        assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 1);
        // PayPal decides; what never arrived waits for a person in the end, and is never called failed
        scene.sandbox.settle(CHAIPORT, &wish.payment.payment_id);
        scene.work(&*journal, &worker, usize::MAX).await;
        let intent = state(&*journal, wish.id).await;
        let expected = if applied { IntentState::Completed } else { IntentState::Manual };
        assert_eq!(intent.state, expected, "{intent:?}");
        let ledger = scene.sandbox.payment(CHAIPORT, &wish.payment.payment_id).unwrap();
        assert_eq!(ledger.entries.len(), entries);
        assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 1);
        assert!(journal.verify().await.unwrap().is_sound());
    }
}
