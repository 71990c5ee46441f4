#![allow(clippy::arithmetic_side_effects, reason = "the ledger of the fake gateway")]

use std::collections::VecDeque;
use std::sync::Mutex;

use pg_core::{
    CancelEntry, CancelGateway, CancelOrder, CancelState, Capabilities, Evidence, Gateway, GatewayText,
    Guard, NotSent, NotSentPhase, PaymentState, Rejected, RejectionKind,
};

use super::*;
use crate::journal::conformance::{TestClock, account, payment, sound, submitted, vault, wish, won};
use crate::journal::{Clock, MemoryJournal, SqliteJournal, SqliteOptions, Vault, VaultKey};
use crate::record::{Outcome, Proof, RejectedBecause, Resolution, Suspect, Why};

mod elsewhere;
mod halted;
mod no_clock;

use no_clock::NoClock;

/// What the fake gateway does with the next cancel; by default it applies it.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    AppliedAnswerLost,
    Lost,
    NotSent,
    Rejected(RejectionKind),
    Hangs,
}

#[derive(Debug, Default)]
struct FakeGateway {
    script: Mutex<VecDeque<Behaviour>>,
    /// Tag and amount of what was applied.
    applied: Mutex<Vec<(String, i64)>>,
    /// Every order that arrived: tag, balance before, refund account.
    seen: Mutex<Vec<(String, i64, Option<String>)>>,
    reached: Notify,
}

impl FakeGateway {
    fn with(script: &[Behaviour]) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script.iter().copied().collect()), ..Self::default() })
    }

    fn balance(&self) -> i64 {
        10_000 - self.applied.lock().unwrap().iter().map(|(_, amount)| amount).sum::<i64>()
    }

    fn apply(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        if order.balance_before().minor() != self.balance() {
            return Err(Unknown::new(UnknownReason::AlreadySeen).into());
        }
        self.applied.lock().unwrap().push((order.tag().to_string(), order.amount().minor()));
        Ok(Cancelled::new(CancelState::Completed, order.amount(), ()))
    }
}

#[async_trait::async_trait]
impl CancelGateway for FakeGateway {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, true)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let ticket = order.sends().begin();
        let account = order.refund_account().map(|account| account.expose_number().to_owned());
        self.seen.lock().unwrap().push((order.tag().to_string(), order.balance_before().minor(), account));
        let behaviour = self.script.lock().unwrap().pop_front();
        let outcome = match behaviour {
            None => self.apply(order),
            Some(Behaviour::AppliedAnswerLost) => {
                self.apply(order).and(Err(Unknown::new(UnknownReason::ConnectionLost).into()))
            }
            Some(Behaviour::Lost) => Err(Unknown::new(UnknownReason::Timeout).into()),
            Some(Behaviour::NotSent) => Err(NotSent::new(NotSentPhase::Connect).into()),
            Some(Behaviour::Rejected(kind)) => {
                Err(Rejected::new(kind, "R1", GatewayText::default(), 200).into())
            }
            Some(Behaviour::Hangs) => {
                let _applied = self.apply(order);
                self.reached.notify_one();
                std::future::pending().await
            }
        };
        order.sends().judge(ticket, outcome)
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let entries = self.applied.lock().unwrap().clone();
        let history = entries.iter().map(|(tag, amount)| CancelEntry {
            amount: won(*amount),
            at: None,
            reason: GatewayText::scrubbed(tag, &[]),
            cancel_id: None,
        });
        let state = PaymentState::new(payment.paid, won(10_000 - self.balance()), "paid")?;
        Ok(state.with_history(history.collect()))
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        Some(order.tag().to_string())
    }
}

struct Scene {
    clock: Arc<TestClock>,
    journal: Arc<dyn Journal>,
    gateway: Arc<FakeGateway>,
    accounts: Arc<Accounts>,
}

impl Scene {
    fn new(script: &[Behaviour]) -> Self {
        let clock = TestClock::new();
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new(clock.clone(), vault()));
        let gateway = FakeGateway::with(script);
        let accounts = Accounts::new().with("shop", Account::new(gateway.clone())).unwrap();
        Self { clock, journal, gateway, accounts: Arc::new(accounts) }
    }

    fn worker(&self) -> Worker {
        Worker::new(Arc::clone(&self.journal), Arc::clone(&self.accounts)).unwrap()
    }

    async fn wish(&self, amount: i64) -> IntentRecord {
        self.journal.register_payment(payment("p")).await.unwrap();
        submitted(&*self.journal, wish("p", &format!("k{amount}"), amount).with_account(account())).await
    }

    /// Lets time pass, and a worker work, until nothing more is to be done.
    async fn settle(&self, worker: &Worker) {
        for _ in 0..1_000 {
            if worker.turn().await.unwrap().is_some() {
                continue;
            }
            let Some(due) = self.journal.next_due().await.unwrap() else { return };
            self.clock.advance(due.since(self.clock.now()).max(Duration::from_secs(1)));
        }
        panic!("no end");
    }

    async fn state(&self, intent: &IntentRecord) -> IntentRecord {
        self.journal.intent(intent.id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_refund_is_carried_through_in_one_turn() {
    let scene = Scene::new(&[]);
    let intent = scene.wish(3_000).await;
    let turn = scene.worker().turn().await.unwrap().unwrap();
    assert_eq!((turn.intent.id, turn.intent.state), (intent.id, IntentState::Completed));
    assert!(matches!(turn.intent.outcome, Some(Outcome::Completed { proof: Proof::Answer, .. })));
    assert_eq!(scene.gateway.balance(), 7_000);
    let seen = scene.gateway.seen.lock().unwrap().clone();
    assert_eq!(seen[0].2.as_deref(), Some(account().expose_number()));
    assert!(scene.worker().turn().await.unwrap().is_none());
    sound(&*scene.journal).await;
}

/// The journal fails from when the gateway was reached until it was asked for the time once.
#[tokio::test]
async fn an_answer_is_recorded_though_the_journal_fails_right_after_it() {
    let mut scene = Scene::new(&[]);
    let failing = Arc::new(NoClock::around(Arc::clone(&scene.journal), Arc::clone(&scene.gateway)));
    scene.journal = failing.clone();
    let intent = scene.wish(3_000).await;
    let turn = scene.worker().turn().await;
    let after = scene.state(&intent).await;
    assert!(matches!(after.outcome, Some(Outcome::Completed { proof: Proof::Answer, .. })), "{turn:?}");
    assert!(failing.has_failed(), "it was to fail after the answer");
}

#[tokio::test]
async fn a_lost_answer_is_found_in_the_ledger_and_nothing_is_sent_twice() {
    let scene = Scene::new(&[Behaviour::AppliedAnswerLost]);
    let intent = scene.wish(3_000).await;
    let worker = scene.worker();
    assert_eq!(worker.turn().await.unwrap().unwrap().intent.state, IntentState::Open);
    scene.settle(&worker).await;
    let after = scene.state(&intent).await;
    assert!(matches!(after.outcome, Some(Outcome::Completed { proof: Proof::Tag, .. })));
    assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1);
    sound(&*scene.journal).await;
}

#[tokio::test]
async fn a_lost_request_is_sent_again_unchanged() {
    let scene = Scene::new(&[Behaviour::Lost, Behaviour::NotSent, Behaviour::Lost]);
    let intent = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    assert_eq!(scene.state(&intent).await.state, IntentState::Completed);
    let seen = scene.gateway.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|order| *order == seen[0]));
    assert_eq!(scene.gateway.balance(), 7_000);
}

#[tokio::test]
async fn a_worker_that_dies_while_sending_leaves_the_attempt_to_the_next() {
    let scene = Scene::new(&[Behaviour::Hangs]);
    let intent = scene.wish(3_000).await;
    let dying = scene.worker();
    let death = tokio::spawn(async move { dying.turn().await.map(drop) });
    scene.gateway.reached.notified().await;
    death.abort();
    assert!(death.await.unwrap_err().is_cancelled());
    let next = scene.worker();
    assert!(next.turn().await.unwrap().is_none(), "the lease still runs");
    scene.settle(&next).await;
    assert!(matches!(scene.state(&intent).await.outcome, Some(Outcome::Completed { proof: Proof::Tag, .. })));
    assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1);
    assert_eq!(scene.gateway.balance(), 7_000);
    sound(&*scene.journal).await;
}

#[tokio::test]
async fn a_refusal_of_a_first_sending_is_believed_after_a_look() {
    // what was not sent does not count as a first sending
    for script in [&[][..], &[Behaviour::NotSent]] {
        let script = [script, &[Behaviour::Rejected(RejectionKind::Period)]].concat();
        let scene = Scene::new(&script);
        let intent = scene.wish(3_000).await;
        scene.settle(&scene.worker()).await;
        let outcome = scene.state(&intent).await.outcome;
        assert!(
            matches!(outcome, Some(Outcome::Rejected(RejectedBecause::Refused { .. }))),
            "{script:?} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_refusal_of_a_repeat_is_not() {
    let scene = Scene::new(&[Behaviour::Lost, Behaviour::Rejected(RejectionKind::Period)]);
    let intent = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    assert_eq!(scene.state(&intent).await.state, IntentState::Completed);
}

#[tokio::test]
async fn wishes_beyond_the_balance_at_the_gateway_are_rejected_unsent() {
    let scene = Scene::new(&[]);
    scene.gateway.applied.lock().unwrap().push(("console".to_owned(), 8_000));
    let intent = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    let outcome = scene.state(&intent).await.outcome;
    let because = RejectedBecause::Insufficient { balance: 2_000 };
    assert_eq!(outcome, Some(Outcome::Rejected(because)));
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn workers_at_once_refund_each_wish_once() {
    let scene = Scene::new(&[Behaviour::AppliedAnswerLost, Behaviour::NotSent, Behaviour::Lost]);
    for amount in [1_000, 2_000, 3_000] {
        scene.wish(amount).await;
    }
    let (one, two) = (scene.worker(), scene.worker());
    for _ in 0..60 {
        let (a, b) = tokio::join!(one.turn(), two.turn());
        if a.unwrap().is_none() && b.unwrap().is_none() {
            let Some(due) = scene.journal.next_due().await.unwrap() else { break };
            scene.clock.advance(due.since(scene.clock.now()).max(Duration::from_secs(1)));
        }
    }
    assert_eq!(scene.gateway.balance(), 4_000);
    assert_eq!(scene.gateway.applied.lock().unwrap().len(), 3);
    assert_eq!(scene.journal.next_due().await.unwrap(), None);
    sound(&*scene.journal).await;
}

#[tokio::test]
async fn an_account_that_is_not_configured_here_is_left_alone() {
    let scene = Scene::new(&[]);
    scene.wish(3_000).await;
    let stranger = Worker::new(Arc::clone(&scene.journal), Arc::default()).unwrap();
    assert!(stranger.turn().await.unwrap().is_none());
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
    scene.settle(&scene.worker()).await;
    assert_eq!(scene.gateway.balance(), 7_000);
}

#[tokio::test(start_paused = true)]
async fn running_finishes_what_it_began_and_then_stops() {
    let scene = Scene::new(&[]);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = Arc::new(scene.worker());
    let bell = worker.bell();
    let running = tokio::spawn(async move {
        worker.run(async { stopped.await.unwrap_or_default() }).await;
    });
    let intent = scene.wish(3_000).await;
    bell.notify_one();
    let patient = scene.worker();
    let done = patient.pursue(intent.id, Duration::from_secs(30)).await.unwrap();
    assert_eq!(done.state, IntentState::Completed);
    drop(stop);
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn pursuing_ends_with_the_callers_patience() {
    let scene = Scene::new(&[Behaviour::Lost]);
    let intent = scene.wish(3_000).await;
    let found = scene.worker().pursue(intent.id, Duration::from_millis(500)).await.unwrap();
    assert_eq!(found.state, IntentState::Open);
    let unknown = scene.worker().pursue(IntentId::from_bits(1), Duration::ZERO).await;
    assert!(matches!(unknown, Err(JournalError::NotFound)));
}

#[tokio::test]
async fn after_a_restored_backup_nothing_begins_that_the_ledger_contradicts() {
    let scene = Scene::new(&[]);
    let journal = &*scene.journal;
    journal.register_payment(payment("p")).await.unwrap();
    let before = submitted(journal, wish("p", "k", 3_000)).await;
    // the lost part: the refund was made, and the journal does not know
    scene.gateway.applied.lock().unwrap().push(("lost".to_owned(), 3_000));
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    let mut seen = 0;
    let found = compare(&scene.journal, &scene.accounts, |done| seen = done).await.unwrap();
    assert_eq!((seen, found.equal, found.differs.len(), found.unanswered.len()), (1, 0, 1, 0));
    // the same wish from the backup, and a new one: both wait for a person, nothing is sent
    scene.clock.advance(Duration::from_secs(1));
    let again = submitted(journal, wish("p", "k2", 1_000)).await;
    let worker = scene.worker();
    // as soon as what was on its way has arrived
    scene.clock.advance(Duration::from_secs(600));
    while worker.turn().await.unwrap().is_some() {}
    for id in [before.id, again.id] {
        let intent = journal.intent(id).await.unwrap().unwrap();
        let why = intent.evidence.as_ref().map(|evidence| evidence.why);
        assert_eq!((intent.state, why), (IntentState::Manual, Some(Why::RestoredJournal)));
    }
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
    // settled by a person one by one; looked at again, the new wish would begin as soon as the payment is trusted
    assert!(journal.trust(&before.payment, "kim", "settled", None).await.is_err());
    journal.resolve(before.id, Resolution::Happened, "kim", "in the gateway's list").await.unwrap();
    journal.resolve(again.id, Resolution::LookAgain, "kim", "not sure yet").await.unwrap();
    assert!(journal.trust(&before.payment, "kim", "settled", None).await.is_err());
    while worker.turn().await.unwrap().is_some() {}
    assert!(journal.trust(&before.payment, "kim", "settled", None).await.is_err());
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
    journal.resolve(again.id, Resolution::DidNotHappen, "kim", "not in the gateway's list").await.unwrap();
    journal.trust(&before.payment, "kim", "settled", None).await.unwrap();
    let anew = submitted(journal, wish("p", "k3", 1_000)).await;
    while worker.turn().await.unwrap().is_some() {}
    assert_eq!(journal.intent(anew.id).await.unwrap().unwrap().state, IntentState::Completed);
    assert_eq!(scene.gateway.balance(), 6_000);
    sound(journal).await;
}

/// A person took the lost refund for another one: the balances agree, and one of ours is still unknown here.
#[tokio::test]
async fn a_mark_of_ours_that_the_journal_lost_stops_a_payment_whose_balance_agrees() {
    let scene = Scene::new(&[]);
    let journal = &*scene.journal;
    journal.register_payment(payment("p")).await.unwrap();
    let older = submitted(journal, wish("p", "k", 3_000)).await;
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    scene.clock.advance(Duration::from_secs(600));
    let worker = scene.worker();
    worker.turn().await.unwrap().unwrap();
    journal.resolve(older.id, Resolution::Happened, "kim", "3,000 are gone").await.unwrap();
    let lost = pg_core::AttemptTag::random().unwrap().in_reason();
    scene.gateway.applied.lock().unwrap().extend([(lost, 2_000), ("console".to_owned(), 1_000)]);
    let known = async || journal.payment(&older.payment).await.unwrap().unwrap();
    assert_eq!((known().await.known_balance, known().await.suspect), (7_000, Some(Suspect::Unchecked)));
    let repeated = submitted(journal, wish("p", "k2", 2_000)).await;
    worker.turn().await.unwrap().unwrap();
    let waits = scene.state(&repeated).await;
    assert_eq!(waits.evidence.map(|evidence| evidence.why), Some(Why::RestoredJournal));
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
    // compared, it is on the list
    let found = compare(&scene.journal, &scene.accounts, |_| {}).await.unwrap();
    assert_eq!((found.equal, found.differs), (0, vec![older.payment.clone()]));
    assert_eq!((known().await.known_balance, known().await.suspect), (7_000, Some(Suspect::Differs)));
    sound(journal).await;
}

#[tokio::test]
async fn a_suspect_payment_of_an_equal_ledger_waits_out_what_may_be_on_its_way() {
    let scene = Scene::new(&[]);
    let journal = &*scene.journal;
    journal.register_payment(payment("p")).await.unwrap();
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    scene.clock.advance(Duration::from_secs(1));
    let wished = submitted(journal, wish("p", "k", 3_000)).await;
    let worker = scene.worker();
    while worker.turn().await.unwrap().is_some() {}
    assert_eq!(journal.intent(wished.id).await.unwrap().unwrap().state, IntentState::Planned);
    assert!(scene.gateway.seen.lock().unwrap().is_empty());
    scene.clock.advance(Duration::from_secs(600));
    while worker.turn().await.unwrap().is_some() {}
    assert_eq!(journal.intent(wished.id).await.unwrap().unwrap().state, IntentState::Completed);
    sound(journal).await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_for_a_place_gives_the_payment_back_unattempted() {
    let mut scene = Scene::new(&[Behaviour::Hangs]);
    let account = Account::new(scene.gateway.clone()).with_pace(Arc::new(Pace::new(1)));
    scene.accounts = Arc::new(Accounts::new().with("shop", account).unwrap());
    scene.wish(3_000).await;
    scene.journal.register_payment(payment("q")).await.unwrap();
    let waiting = submitted(&*scene.journal, wish("q", "other", 2_000)).await;
    let (one, two) = (scene.worker(), scene.worker());
    let hanging = tokio::spawn(async move { one.turn().await.map(drop) });
    scene.gateway.reached.notified().await;
    // the only place is taken: the second refund is looked up, waits, and is as it was
    let turn = two.turn().await.unwrap().unwrap();
    assert_eq!((turn.intent.id, turn.intent.state), (waiting.id, IntentState::Planned));
    assert!(scene.journal.attempts_of(waiting.id).await.unwrap().is_empty());
    assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1);
    // the place of a task that dies is free again
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    let turn = two.turn().await.unwrap().unwrap();
    assert_eq!((turn.intent.id, turn.intent.state), (waiting.id, IntentState::Completed));
}

#[tokio::test]
async fn a_worker_without_the_account_key_leaves_the_refund_to_others() {
    for wrong in [Vault::without_key(), Vault::new(VaultKey::new([1; 32]))] {
        let clock = TestClock::new();
        let folder = std::env::temp_dir().join(format!("cancel-desk-key-{}", IntentId::random().unwrap()));
        std::fs::create_dir_all(&folder).unwrap();
        let open = |vault: Vault| -> Arc<dyn Journal> {
            let options = SqliteOptions::new(folder.join("j.db")).with_clock(clock.clone()).with_vault(vault);
            Arc::new(SqliteJournal::open(options).unwrap())
        };
        let scene = Scene::new(&[Behaviour::NotSent, Behaviour::AppliedAnswerLost]);
        let (with_key, without) = (open(vault()), open(wrong));
        let scene = Scene { clock: clock.clone(), journal: with_key, ..scene };
        let keyless = Worker::new(without, Arc::clone(&scene.accounts)).unwrap();
        let worker = scene.worker();
        let intent = scene.wish(3_000).await;
        // planned, and not attempted; it does not come back to the same worker at once
        assert!(keyless.turn().await.unwrap().is_some());
        assert!(keyless.turn().await.unwrap().is_none());
        assert_eq!(scene.state(&intent).await.state, IntentState::Planned);
        assert!(scene.journal.attempts_of(intent.id).await.unwrap().is_empty());
        clock.advance(Duration::from_secs(31));
        // not sent for want of a connection: it is to be sent again, but not by the one without the key
        worker.turn().await.unwrap().unwrap();
        clock.advance(Duration::from_secs(10));
        keyless.turn().await.unwrap().unwrap();
        let attempt = scene.journal.attempts_of(intent.id).await.unwrap().remove(0);
        assert_eq!(
            (scene.state(&intent).await.state, attempt.sends, attempt.doubts),
            (IntentState::Open, 1, 0)
        );
        clock.advance(Duration::from_secs(60));
        worker.turn().await.unwrap().unwrap();
        clock.advance(Duration::from_secs(10));
        // looking it up needs no account: its tag stands in the ledger
        keyless.turn().await.unwrap().unwrap();
        assert_eq!(scene.state(&intent).await.state, IntentState::Completed);
        assert!(scene.gateway.seen.lock().unwrap().iter().all(|(_, _, account)| account.is_some()));
        sound(&*scene.journal).await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
