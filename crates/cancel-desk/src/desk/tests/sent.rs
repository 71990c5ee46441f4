//! What a person says of a cancel that was sent, against the gateway's books.

use std::sync::atomic::{AtomicBool, Ordering};

use pg_core::{
    AttemptTag, CancelEntry, Doubt, GatewayText, LedgerKnowledge, Unknown, UnknownReason, Verdict,
};
use time::OffsetDateTime;
use tokio::sync::oneshot;

use super::*;
use crate::journal::Checked;
use crate::journal::conformance::TestClock;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A gateway that takes every cancel and answers none, and shows what it is told to.
#[derive(Debug, Default)]
struct Mute {
    history: bool,
    /// Single refunds, each with its reason; `None`: it does not answer.
    shown: Mutex<Option<Vec<(String, i64)>>>,
    tags: Mutex<Vec<String>>,
    /// Says that it took them.
    takes: AtomicBool,
    /// Its PG decides later.
    pending: AtomicBool,
    /// The next look-up waits for this.
    held: Mutex<Option<oneshot::Receiver<()>>>,
}

#[async_trait::async_trait]
impl CancelGateway for Mute {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Inferred, self.history)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let ticket = order.sends().begin();
        self.tags.lock().unwrap().push(order.tag().in_reason());
        let answer = match self.takes.load(Ordering::SeqCst) {
            true => Ok(Cancelled::new(CancelState::Accepted, order.amount(), ())),
            false => Err(Unknown::new(UnknownReason::Timeout).into()),
        };
        order.sends().judge(ticket, answer)
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let held = self.held.lock().unwrap().take();
        if let Some(held) = held {
            held.await.unwrap();
        }
        let shown = self.shown.lock().unwrap().clone();
        let shown = shown.ok_or_else(|| LookUpError::new(LookUpErrorKind::Unavailable))?;
        let refunded = won(shown.iter().map(|(_, amount)| amount).sum());
        let state = PaymentState::new(payment.paid, refunded, "paid")?;
        if !self.history {
            return Ok(state);
        }
        let entries = shown.iter().zip(1_700_000_000..).map(|((reason, amount), second)| CancelEntry {
            amount: won(*amount),
            at: Some(OffsetDateTime::from_unix_timestamp(second).unwrap()),
            reason: GatewayText::scrubbed(reason, &[]),
            cancel_id: None,
        });
        Ok(state.with_history(entries.collect()))
    }

    async fn reconcile(&self, order: &CancelOrder, _: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        let balance = self.look_up(order.payment()).await?.balance;
        Ok(match self.pending.load(Ordering::SeqCst) {
            true => Verdict::Unclear(Doubt::Pending),
            false if balance.minor() < order.balance_before().minor() => Verdict::Unclear(Doubt::OtherAmount),
            false => Verdict::NotYet,
        })
    }
}

struct Scene {
    desk: Desk,
    gateway: Arc<Mute>,
    clock: Arc<TestClock>,
}

impl Scene {
    /// A payment of 10,000 of which this much was refunded elsewhere.
    async fn new(history: bool, refunded: &[i64]) -> Self {
        let gateway = Arc::new(Mute { history, ..Mute::default() });
        let clock = TestClock::new();
        let journal = MemoryJournal::new(clock.clone(), Vault::without_key());
        let accounts = Accounts::new().with("shop", Account::new(gateway.clone())).unwrap();
        let desk = Desk::new(Arc::new(journal), Arc::new(accounts));
        desk.register(paid("imp_1", "ORD-1")).await.unwrap();
        let scene = Self { desk, gateway, clock };
        scene.show(refunded);
        scene
    }

    fn show(&self, amounts: &[i64]) {
        self.show_with(&amounts.iter().map(|amount| ("console", *amount)).collect::<Vec<_>>());
    }

    fn show_with(&self, entries: &[(&str, i64)]) {
        let entries = entries.iter().map(|(reason, amount)| ((*reason).to_owned(), *amount));
        *self.gateway.shown.lock().unwrap() = Some(entries.collect());
    }

    async fn turn(&self) {
        let worker = Worker::new(Arc::clone(self.desk.journal()), Arc::clone(self.desk.accounts()));
        worker.unwrap().turn().await.unwrap();
    }

    /// Sent once, and nobody knows what became of it.
    async fn sent(&self, key: &str, amount: &str) -> IntentId {
        let id = self.desk.cancel(wish("ORD-1", key, amount)).await.unwrap().intent().id;
        let before = self.gateway.tags.lock().unwrap().len();
        self.turn().await;
        assert_eq!(self.gateway.tags.lock().unwrap().len(), before + 1);
        id
    }

    /// Waits for a person, after so many look-ups as that takes.
    async fn waits(&self, id: IntentId) {
        for _ in 0..60 {
            if self.desk.intent(id).await.unwrap().waits_for_a_person() {
                return;
            }
            self.clock.advance(DAY);
            self.turn().await;
        }
        panic!("{:?}", self.desk.intent(id).await);
    }

    async fn said(
        &self,
        id: IntentId,
        what: Resolution,
        by_hand: ByHand,
    ) -> Result<IntentState, &'static str> {
        let decided = self.desk.resolve(id, what, "kim", "admin page", by_hand).await;
        decided.map(|intent| intent.state).map_err(|error| error.code())
    }

    async fn happened(&self, id: IntentId) -> Result<IntentState, &'static str> {
        self.said(id, Resolution::Happened, ByHand::Nothing).await
    }

    async fn denied(&self, id: IntentId) -> Result<IntentState, &'static str> {
        self.said(id, Resolution::DidNotHappen, ByHand::Nothing).await
    }

    /// Refunded by us and by others, and what is left.
    async fn sums(&self) -> (i64, i64, i64) {
        let payment = self.desk.find(&Selector::order("ORD-1")).await.unwrap();
        assert!(self.desk.journal().verify().await.unwrap().is_sound());
        (payment.refunded, payment.foreign_refunded, payment.known_balance)
    }
}

/// Too little is gone: called happened, the customer would never be refunded.
#[tokio::test]
async fn what_was_sent_did_not_happen_while_the_books_hold_less() {
    for history in [true, false] {
        let scene = Scene::new(history, &[]).await;
        let id = scene.sent("k", "3000").await;
        scene.show(&[700]);
        scene.waits(id).await;
        assert_eq!(scene.happened(id).await, Err("not_in_ledger"));
        let shown = scene.gateway.shown.lock().unwrap().take();
        assert_eq!(scene.happened(id).await, Err("look_up_failed"));
        *scene.gateway.shown.lock().unwrap() = shown;
        assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
        scene.show(&[700, 3_000]);
        assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));
        assert_eq!(scene.sums().await, (3_000, 700, 6_300));
    }
    // who knows better says so
    let scene = Scene::new(false, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[700]);
    scene.waits(id).await;
    let forced = scene.said(id, Resolution::Happened, ByHand::Everything).await;
    assert_eq!(forced, Ok(IntentState::Completed));
}

/// What was gone before it was sent is not this one, however much that is.
#[tokio::test]
async fn what_others_refunded_before_is_no_room_for_what_was_sent() {
    for history in [true, false] {
        let scene = Scene::new(history, &[4_000]).await;
        let id = scene.sent("k", "3000").await;
        scene.waits(id).await;
        assert_eq!(scene.happened(id).await, Err("not_in_ledger"), "{history}");
        // nor does it speak against its not having happened
        assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected), "{history}");
        assert_eq!(scene.sums().await, (0, 4_000, 6_000));
    }
}

fn seen(balance: i64) -> Checked {
    Checked { balance: Some(balance), ..Checked::default() }
}

/// Two people say so at once, and one refund is there.
#[tokio::test]
async fn the_books_are_asked_again_when_it_is_written() {
    let scene = Scene::new(false, &[4_000]).await;
    let id = scene.sent("k", "3000").await;
    scene.waits(id).await;
    let journal = scene.desk.journal();
    let told = journal.resolve_by_the_books(id, Resolution::Happened, seen(6_000), "kim", "there").await;
    assert!(matches!(told, Err(JournalError::NotInLedger { refunded: 4_000, known: 4_000 })), "{told:?}");
    journal.resolve_by_the_books(id, Resolution::Happened, seen(3_000), "kim", "there").await.unwrap();
    assert_eq!(scene.sums().await.0, 3_000);
}

/// 3,000 were sent; 1,000 and 2,000 are there.
#[tokio::test]
async fn several_refunds_of_others_are_not_one_of_ours() {
    let scene = Scene::new(true, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[1_000, 2_000]);
    scene.waits(id).await;
    let error =
        scene.desk.resolve(id, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap_err();
    match &error {
        DeskError::NotInList { asked, found } => {
            assert_eq!((*asked, &found[..]), (won(3_000), &[won(1_000), won(2_000)][..]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(error.code(), "not_in_ledger");
    // nor is it there
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));

    // one of that amount is there, and was before it was sent
    let scene = Scene::new(true, &[3_000]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[3_000, 1_000, 2_000]);
    scene.waits(id).await;
    assert_eq!(scene.happened(id).await, Err("not_in_ledger"));
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));

    // its own, with the mark cut off
    let scene = Scene::new(true, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[1_000, 3_000]);
    scene.waits(id).await;
    assert_eq!(scene.denied(id).await, Err("may_have_happened"));
    assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (3_000, 1_000, 6_000));
}

/// After a restored backup it is no different.
#[tokio::test]
async fn several_refunds_are_not_one_that_was_lost() {
    let mark = AttemptTag::random().unwrap().in_reason();
    for (shown, ends) in [
        (&[("", 1_000), ("", 2_000)][..], Err("not_in_ledger")),
        (&[("", 1_000), (mark.as_str(), 3_000)], Ok(IntentState::Completed)),
    ] {
        let restored = super::clearing::Restored::new(true, shown).await;
        let id = super::clearing::waiting(&restored, "k", "3000").await;
        let said = restored.desk.resolve(id, Resolution::Happened, "kim", "seen", ByHand::Nothing).await;
        assert_eq!(said.map(|intent| intent.state).map_err(|error| error.code()), ends);
    }
}

/// Sent before the backup: what was gone by then is no more this one than it was.
#[tokio::test]
async fn what_was_gone_before_is_no_room_after_a_restored_backup_either() {
    let scene = Scene::new(false, &[4_000]).await;
    let id = scene.sent("k", "3000").await;
    scene.desk.journal().suspect_all("kim", "backup of 03:00").await.unwrap();
    scene.waits(id).await;
    assert_eq!(scene.happened(id).await, Err("not_in_ledger"));
    scene.show(&[4_000, 3_000]);
    assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (3_000, 4_000, 3_000));
}

/// It is gone, and called not happened: asked for anew, it would be refunded twice.
#[tokio::test]
async fn what_was_sent_and_may_be_there_is_not_called_not_happened() {
    for gone in [3_000, 3_500] {
        let scene = Scene::new(false, &[500]).await;
        let id = scene.sent("k", "3000").await;
        scene.show(&[500, gone]);
        scene.waits(id).await;
        for by_hand in [ByHand::Nothing, ByHand::Sums] {
            let said = scene.said(id, Resolution::DidNotHappen, by_hand).await;
            assert_eq!(said, Err("may_have_happened"), "{gone}");
        }
        *scene.gateway.shown.lock().unwrap() = None;
        assert_eq!(scene.denied(id).await, Err("look_up_failed"));
        let forced = scene.said(id, Resolution::DidNotHappen, ByHand::Everything).await;
        assert_eq!(forced, Ok(IntentState::Rejected));
    }
    // too little is gone since for it to be there
    let scene = Scene::new(false, &[500]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[500, 2_999]);
    scene.waits(id).await;
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));
    assert_eq!(scene.sums().await, (0, 3_499, 6_501));
}

/// Its own mark is proof, whatever amount stands beside it.
#[tokio::test]
async fn what_carries_its_mark_is_not_called_not_happened() {
    let scene = Scene::new(true, &[]).await;
    let id = scene.sent("k", "3000").await;
    let mark = scene.gateway.tags.lock().unwrap()[0].clone();
    scene.show_with(&[(&mark, 2_000)]);
    scene.waits(id).await;
    assert_eq!(scene.denied(id).await, Err("may_have_happened"));
}

/// Whoever decides by hand waits no less than a worker that believes that nothing arrived.
#[tokio::test]
async fn what_may_be_on_its_way_is_not_called_not_happened() {
    let scene = Scene::new(false, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.show(&[700]);
    // the look-up after it shows that somebody else was there
    scene.clock.advance(Duration::from_secs(2));
    scene.turn().await;
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
    scene.clock.advance(Duration::from_secs(87));
    assert_eq!(scene.denied(id).await, Err("too_early"));
    scene.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));
}

/// A ledger without it proves nothing where somebody decides later.
#[tokio::test]
async fn what_somebody_decides_later_is_not_called_not_happened() {
    let scene = Scene::new(true, &[]).await;
    scene.gateway.takes.store(true, Ordering::SeqCst);
    let id = scene.sent("k", "3000").await;
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Accepted);
    scene.clock.advance(DAY);
    assert_eq!(scene.denied(id).await, Err("pending_at_pg"));
    assert_eq!(scene.happened(id).await, Err("not_in_ledger"));
    scene.show(&[3_000]);
    assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));

    let scene = Scene::new(true, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.waits(id).await;
    scene.gateway.pending.store(true, Ordering::SeqCst);
    assert_eq!(scene.denied(id).await, Err("pending_at_pg"));
    scene.gateway.pending.store(false, Ordering::SeqCst);
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));
}

/// A look-up that shows more left than is known is behind: what it does not show may be this one.
#[tokio::test]
async fn an_answer_from_before_proves_nothing() {
    let scene = Scene::new(false, &[4_000]).await;
    let id = scene.sent("k", "3000").await;
    scene.waits(id).await;
    scene.show(&[]);
    assert_eq!(scene.denied(id).await, Err("not_allowed"));
    scene.show(&[4_000]);
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));
}

/// What another cancel accounts for is not this one.
#[tokio::test]
async fn what_another_cancel_accounts_for_speaks_for_nothing() {
    let scene = Scene::new(false, &[]).await;
    let first = scene.sent("k", "3000").await;
    scene.show(&[3_000]);
    scene.waits(first).await;
    assert_eq!(scene.happened(first).await, Ok(IntentState::Completed));
    let second = scene.sent("l", "3000").await;
    scene.waits(second).await;
    assert_eq!(scene.happened(second).await, Err("not_in_ledger"));
    assert_eq!(scene.denied(second).await, Ok(IntentState::Rejected));
    assert_eq!(scene.sums().await, (3_000, 0, 7_000));
}

/// A colleague lets the workers have it once more while the gateway is asked: they may have sent it again, and what was
/// shown before says nothing of that copy.
#[tokio::test]
async fn what_was_worked_on_meanwhile_is_not_decided_by_what_was_seen_before() {
    let scene = Scene::new(false, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.waits(id).await;
    let (answer, held) = oneshot::channel();
    *scene.gateway.held.lock().unwrap() = Some(held);
    let meanwhile = async {
        scene.said(id, Resolution::LookAgain, ByHand::Nothing).await.unwrap();
        scene.waits(id).await;
        answer.send(()).unwrap();
    };
    let (denied, ()) = tokio::join!(scene.denied(id), meanwhile);
    assert_eq!(denied, Err("not_allowed"));
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
    assert_eq!(scene.denied(id).await, Ok(IntentState::Rejected));
}

/// What the journal knows of the copies that left counts after a restored backup, too.
#[tokio::test]
async fn a_restored_backup_makes_nobody_forget_what_was_sent() {
    let taken = Scene::new(false, &[]).await;
    taken.gateway.takes.store(true, Ordering::SeqCst);
    let id = taken.sent("k", "3000").await;
    taken.desk.journal().suspect_all("kim", "backup of tonight").await.unwrap();
    taken.clock.advance(DAY);
    assert_eq!(taken.denied(id).await, Err("pending_at_pg"));

    let scene = Scene::new(false, &[]).await;
    scene.desk.journal().suspect_all("kim", "backup of tonight").await.unwrap();
    scene.clock.advance(DAY);
    let key = scene.desk.find(&Selector::order("ORD-1")).await.unwrap().key();
    scene.desk.journal().compared(&key, 10_000, false).await.unwrap();
    let id = scene.sent("k", "3000").await;
    scene.show(&[700]);
    for _ in 0..30 {
        scene.clock.advance(Duration::from_secs(1));
        scene.turn().await;
    }
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
    assert_eq!(scene.denied(id).await, Err("too_early"));
    let forced = scene.said(id, Resolution::DidNotHappen, ByHand::Everything).await;
    assert_eq!(forced, Ok(IntentState::Rejected));
    // its copy may still come, and what it leaves behind would be taken for others'
    let trusted = async || scene.desk.trust(&key, "kim", "compared", ByHand::Sums).await;
    assert!(matches!(trusted().await, Err(DeskError::TooEarly(_))));
    scene.clock.advance(DAY);
    trusted().await.unwrap();
}

/// A refund that its PG has not approved may leave the ledger again.
#[tokio::test]
async fn what_a_pg_still_decides_about_has_not_happened_yet() {
    let scene = Scene::new(true, &[]).await;
    let id = scene.sent("k", "3000").await;
    scene.waits(id).await;
    scene.show(&[3_000]);
    scene.gateway.pending.store(true, Ordering::SeqCst);
    assert_eq!(scene.happened(id).await, Err("pending_at_pg"));
    scene.gateway.pending.store(false, Ordering::SeqCst);
    assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));
}

/// Once our own mark is in the list, only the PG itself could tell more: a person who asked it is believed.
#[tokio::test]
async fn what_our_mark_shows_a_person_may_confirm_though_its_pg_never_says_so() {
    let scene = Scene::new(true, &[]).await;
    scene.gateway.takes.store(true, Ordering::SeqCst);
    let id = scene.sent("k", "3000").await;
    scene.gateway.pending.store(true, Ordering::SeqCst);
    scene.clock.advance(DAY);
    let mark = scene.gateway.tags.lock().unwrap()[0].clone();
    scene.show_with(&[("console", 3_000)]);
    assert_eq!(scene.happened(id).await, Err("pending_at_pg"));
    scene.show_with(&[(mark.as_str(), 3_000)]);
    assert_eq!(scene.denied(id).await, Err("may_have_happened"));
    assert_eq!(scene.happened(id).await, Ok(IntentState::Completed));
}
