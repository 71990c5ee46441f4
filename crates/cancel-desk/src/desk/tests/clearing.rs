//! Clearing a payment of a restored journal.

use std::sync::atomic::{AtomicBool, Ordering};

use pg_core::{AttemptTag, CancelEntry, Doubt, GatewayText, LedgerKnowledge, Verdict};

use super::*;
use crate::journal::conformance::TestClock;
use crate::record::{NewJob, NewJobRow};

/// What the gateway shows: the reason and amount of each refund; `None`: it does not answer.
type Shown = Option<Vec<(String, i64)>>;

#[derive(Debug)]
struct Books {
    history: bool,
    shown: Mutex<Shown>,
    /// The PG decides later.
    pending: AtomicBool,
    /// What it was paid with there, where that is not what is registered.
    paid: Mutex<Option<Money>>,
    /// The journal that is restored once more while it is asked.
    restored_meanwhile: Mutex<Option<Arc<MemoryJournal>>>,
}

#[async_trait::async_trait]
impl CancelGateway for Books {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, self.history)
    }

    async fn cancel(&self, _order: &CancelOrder) -> Result<Cancelled, CancelError> {
        panic!("nothing is sent")
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let restored = self.restored_meanwhile.lock().unwrap().take();
        if let Some(journal) = restored {
            journal.suspect_all("lee", "an older backup").await.unwrap();
        }
        let shown = self.shown.lock().unwrap().clone();
        let shown = shown.ok_or_else(|| LookUpError::new(LookUpErrorKind::Unavailable))?;
        let refunded = won(shown.iter().map(|(_, amount)| amount).sum());
        let paid = self.paid.lock().unwrap().unwrap_or(payment.paid);
        let state = PaymentState::new(paid, refunded, "paid")?;
        if !self.history {
            return Ok(state);
        }
        let entries = shown.iter().map(|(reason, amount)| CancelEntry {
            amount: won(*amount),
            at: None,
            reason: GatewayText::scrubbed(reason, &[]),
            cancel_id: None,
        });
        Ok(state.with_history(entries.collect()))
    }

    async fn reconcile(&self, order: &CancelOrder, _: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        assert!(order.sends().may_have_been_sent(), "as if it were on its way");
        let pending = self.pending.load(Ordering::SeqCst);
        Ok(if pending { Verdict::Unclear(Doubt::Pending) } else { Verdict::NotYet })
    }
}

pub(super) struct Restored {
    pub(super) desk: Desk,
    books: Arc<Books>,
    journal: Arc<MemoryJournal>,
    pub(super) clock: Arc<TestClock>,
    pub(super) key: PaymentKey,
}

impl Restored {
    /// A suspect payment; longer ago than anything lost could be on its way.
    pub(super) async fn new(history: bool, shown: &[(&str, i64)]) -> Self {
        let shown = shown.iter().map(|(reason, amount)| ((*reason).to_owned(), *amount)).collect();
        let (shown, pending) = (Mutex::new(Some(shown)), AtomicBool::new(false));
        let (paid_there, restored_meanwhile) = (Mutex::default(), Mutex::default());
        let books = Arc::new(Books { history, shown, pending, paid: paid_there, restored_meanwhile });
        let clock = TestClock::new();
        let journal = Arc::new(MemoryJournal::new(clock.clone(), Vault::without_key()));
        let accounts = Accounts::new().with("shop", Account::new(books.clone())).unwrap();
        let desk = Desk::new(journal.clone(), Arc::new(accounts));
        let key = desk.register(paid("imp_1", "ORD-1")).await.unwrap().key();
        desk.journal().suspect_all("kim", "backup of 03:00").await.unwrap();
        clock.advance(Duration::from_secs(600));
        Self { desk, books, journal, clock, key }
    }

    pub(super) async fn trust(&self, by_hand: ByHand) -> Result<PaymentRecord, DeskError> {
        self.desk.trust(&self.key, "kim", "compared", by_hand).await
    }

    pub(super) async fn refused(&self, by_hand: ByHand) -> &'static str {
        let error = self.trust(by_hand).await.unwrap_err();
        assert!(self.desk.payment(&self.key).await.unwrap().suspect.is_some());
        error.code()
    }
}

#[tokio::test]
async fn a_payment_is_not_trusted_by_what_was_compared_before_another_restore() {
    let restored = Restored::new(true, &[]).await;
    *restored.books.restored_meanwhile.lock().unwrap() = Some(restored.journal.clone());
    assert_eq!(restored.refused(ByHand::Nothing).await, "not_allowed");
    // what that restore lost may be on its way for a while
    assert_eq!(restored.refused(ByHand::Nothing).await, "too_early");
    restored.clock.advance(Duration::from_secs(600));
    assert_eq!(restored.trust(ByHand::Nothing).await.unwrap().suspect, None);
}

#[tokio::test]
async fn a_payment_is_not_trusted_while_a_refund_of_ours_is_unexplained() {
    let mark = AttemptTag::random().unwrap().in_reason();
    let restored = Restored::new(true, &[("console", 1_000), (&mark, 3_000)]).await;
    match restored.trust(ByHand::Nothing).await {
        Err(DeskError::Unexplained(lost)) => assert_eq!(lost, [won(3_000)]),
        other => panic!("{other:?}"),
    }
    assert_eq!(restored.refused(ByHand::Sums).await, "lost_wishes");
    assert_eq!(restored.trust(ByHand::Everything).await.unwrap().suspect, None);
    // there is nothing to compare any more
    *restored.books.shown.lock().unwrap() = None;
    restored.trust(ByHand::Nothing).await.unwrap();
}

/// A look-up that is behind, or another payment's, explains nothing.
#[tokio::test]
async fn a_payment_is_not_trusted_by_books_that_are_not_its_own_or_old() {
    for history in [true, false] {
        let restored = Restored::new(history, &[("변심 [c:cabcd", 3_000)]).await;
        let (journal, accounts) = (Arc::clone(restored.desk.journal()), Arc::clone(restored.desk.accounts()));
        crate::worker::compare(&journal, &accounts, |_| {}).await.unwrap();
        let shown = restored.books.shown.lock().unwrap().replace(Vec::new());
        assert_eq!(restored.refused(ByHand::Sums).await, "not_allowed");
        *restored.books.shown.lock().unwrap() = shown;
        *restored.books.paid.lock().unwrap() = Some(won(9_999));
        assert_eq!(restored.refused(ByHand::Sums).await, "not_allowed");
        *restored.books.paid.lock().unwrap() = None;
        restored.trust(ByHand::Sums).await.unwrap();
    }
}

/// What waits of a suspect payment after its first turn.
pub(super) async fn waiting(restored: &Restored, key: &str, amount: &str) -> IntentId {
    let id = restored.desk.cancel(wish("ORD-1", key, amount)).await.unwrap().intent().id;
    let worker = Worker::new(Arc::clone(restored.desk.journal()), Arc::clone(restored.desk.accounts()));
    worker.unwrap().turn().await.unwrap().unwrap();
    let intent = restored.desk.intent(id).await.unwrap();
    assert_eq!(intent.evidence.unwrap().why, crate::record::Why::RestoredJournal);
    id
}

async fn denied(restored: &Restored, id: IntentId, by_hand: ByHand) -> Result<IntentState, &'static str> {
    let decided = restored.desk.resolve(id, Resolution::DidNotHappen, "kim", "sent 0 times", by_hand).await;
    decided.map(|intent| intent.state).map_err(|error| error.code())
}

/// It says "sent 0×", and the gateway has paid it: called not happened and asked for anew, it would be refunded twice.
#[tokio::test]
async fn a_lost_wish_is_not_called_not_happened_while_the_gateway_may_show_it() {
    for history in [true, false] {
        let mark = AttemptTag::random().unwrap().in_reason();
        let restored = Restored::new(history, &[("console", 500), (&mark, 3_000)]).await;
        let lost = waiting(&restored, "k", "3000").await;
        let payment = restored.desk.payment(&restored.key).await.unwrap();
        assert_eq!(payment.foreign_refunded, 3_500, "taken for somebody else's, and still not explained");
        for by_hand in [ByHand::Nothing, ByHand::Sums] {
            assert_eq!(denied(&restored, lost, by_hand).await, Err("may_have_happened"), "{history}");
        }
        let shown = restored.books.shown.lock().unwrap().take();
        assert_eq!(denied(&restored, lost, ByHand::Nothing).await, Err("look_up_failed"));
        *restored.books.shown.lock().unwrap() = shown;
        assert_eq!(restored.desk.intent(lost).await.unwrap().state, IntentState::Manual);
        // a history tells single refunds; a sum could hold a smaller one too, until the other is found
        let smaller = waiting(&restored, "l", "1000").await;
        let expected = if history { Ok(IntentState::Rejected) } else { Err("may_have_happened") };
        assert_eq!(denied(&restored, smaller, ByHand::Nothing).await, expected);
        restored.desk.resolve(lost, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
        if !history {
            assert_eq!(denied(&restored, smaller, ByHand::Nothing).await, Ok(IntentState::Rejected));
        }
    }
}

/// A PG may cut the reason inside our mark: such an entry looks like a colleague's.
#[tokio::test]
async fn a_refund_without_a_mark_may_be_the_one_that_was_lost() {
    let restored = Restored::new(true, &[("변심 [c:cabcd", 3_000)]).await;
    let lost = waiting(&restored, "r-1", "3000").await;
    assert_eq!(denied(&restored, lost, ByHand::Nothing).await, Err("may_have_happened"));
    let payment = restored.desk.payment(&restored.key).await.unwrap();
    let state = restored.desk.look_up(&restored.key).await.unwrap();
    let missing = restored.desk.missing(&payment, &state, None).await.unwrap();
    assert_eq!((missing.marked.as_slice(), missing.amounts()), ([].as_slice(), vec![won(3_000)]));
    // another one is certainly not it
    let other = waiting(&restored, "r-2", "1000").await;
    assert_eq!(denied(&restored, other, ByHand::Nothing).await, Ok(IntentState::Rejected));
    restored.desk.resolve(lost, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
    let payment = restored.desk.payment(&restored.key).await.unwrap();
    assert!(restored.desk.missing(&payment, &state, None).await.unwrap().is_empty());
    restored.trust(ByHand::Nothing).await.unwrap();
}

/// Called happened by mistake, it would hide what was lost.
#[tokio::test]
async fn a_wish_that_the_gateway_cannot_have_paid_is_not_called_happened() {
    for history in [true, false] {
        let restored = Restored::new(history, &[("console", 2_000)]).await;
        let lost = waiting(&restored, "k", "3000").await;
        restored.desk.journal().suspect_all("kim", "once more").await.unwrap();
        let happened = async |by_hand: ByHand| {
            let decided = restored.desk.resolve(lost, Resolution::Happened, "kim", "seen", by_hand).await;
            decided.map(|intent| intent.state).map_err(|error| error.code())
        };
        assert_eq!(happened(ByHand::Nothing).await, Err("too_early"), "it may be on its way");
        restored.clock.advance(Duration::from_secs(600));
        for by_hand in [ByHand::Nothing, ByHand::Sums] {
            assert_eq!(happened(by_hand).await, Err("not_in_ledger"));
        }
        assert_eq!(happened(ByHand::Everything).await, Ok(IntentState::Completed));
        // the books show less than is called completed now
        for by_hand in [ByHand::Nothing, ByHand::Sums] {
            match restored.trust(by_hand).await {
                Err(DeskError::LessRefunded { refunded, known }) => {
                    assert_eq!((refunded, known), (won(2_000), won(3_000)));
                }
                other => panic!("{other:?}"),
            }
        }
        *restored.books.shown.lock().unwrap() = Some(vec![("console".to_owned(), 3_000)]);
        restored.trust(ByHand::Sums).await.unwrap();
    }
}

#[tokio::test]
async fn a_person_who_knows_better_says_so_by_name() {
    let restored = Restored::new(false, &[("", 3_000)]).await;
    let lost = waiting(&restored, "k", "3000").await;
    restored.desk.journal().suspect_all("kim", "once more").await.unwrap();
    assert_eq!(denied(&restored, lost, ByHand::Nothing).await, Err("too_early"));
    assert_eq!(denied(&restored, lost, ByHand::Everything).await, Ok(IntentState::Rejected));
}

#[tokio::test]
async fn without_an_answer_or_a_history_a_person_has_to_compare() {
    let restored = Restored::new(true, &[("console", 1_000)]).await;
    let shown = restored.books.shown.lock().unwrap().take();
    for by_hand in [ByHand::Nothing, ByHand::Sums] {
        assert_eq!(restored.refused(by_hand).await, "look_up_failed");
    }
    *restored.books.shown.lock().unwrap() = shown;
    assert_eq!(restored.trust(ByHand::Nothing).await.unwrap().suspect, None);

    let restored = Restored::new(false, &[("", 3_000)]).await;
    match restored.trust(ByHand::Nothing).await {
        Err(DeskError::NoHistory { refunded, known }) => assert_eq!((refunded, known), (won(3_000), won(0))),
        other => panic!("{other:?}"),
    }
    assert_eq!(restored.trust(ByHand::Sums).await.unwrap().suspect, None);
}

#[tokio::test]
async fn a_payment_is_not_trusted_while_what_was_lost_may_be_on_its_way() {
    let restored = Restored::new(true, &[]).await;
    restored.desk.journal().suspect_all("kim", "once more").await.unwrap();
    restored.clock.advance(Duration::from_millis(598_001));
    let error = restored.trust(ByHand::Sums).await.unwrap_err();
    assert!(error.to_string().ends_with("in 2 seconds"), "{error}");
    restored.clock.advance(Duration::from_millis(1_999));
    restored.trust(ByHand::Nothing).await.unwrap();
}

/// The job's row was submitted and refunded in the lost part; approved once more, it would be so again.
#[tokio::test]
async fn a_payment_is_not_trusted_while_a_bulk_job_would_ask_for_it_again() {
    for (shown, ends) in [(3_000, Err("in_job")), (0, Ok(None))] {
        let restored = Restored::new(false, &[("", shown)]).await;
        let row = NewJobRow::new(1, restored.key.clone(), won(3_000));
        let plan = NewJob { name: "june".to_owned(), rows: vec![row], ..NewJob::default() };
        let journal = restored.desk.journal();
        let job = journal.plan_job(plan).await.unwrap();
        journal.approve_job(job.id, job.hash, &[won(3_000)], "kim").await.unwrap();
        journal.suspect_all("kim", "once more").await.unwrap();
        restored.clock.advance(Duration::from_secs(600));
        let told = restored.trust(ByHand::Sums).await;
        assert_eq!(told.map(|payment| payment.suspect).map_err(|error| error.code()), ends);
        if ends.is_ok() {
            continue;
        }
        // given up, it has refunded no less; under its key it is asked for, and found
        journal.discard_job(job.id, "kim", "seen in the admin page").await.unwrap();
        assert_eq!(restored.refused(ByHand::Sums).await, "in_job");
        let asked = waiting(&restored, &format!("bulk:{}:1", job.id), "3000").await;
        restored.desk.resolve(asked, Resolution::Happened, "kim", "seen", ByHand::Nothing).await.unwrap();
        restored.trust(ByHand::Sums).await.unwrap();
    }
}

/// What was given up in the backup already can have refunded nothing in the lost part; what is planned again can.
#[tokio::test]
async fn a_job_counts_unless_it_was_given_up_before_the_backup() {
    let restored = Restored::new(false, &[("", 3_000)]).await;
    let journal = restored.desk.journal();
    restored.trust(ByHand::Everything).await.unwrap();
    let row = |amount| NewJobRow::new(1, restored.key.clone(), won(amount));
    let plan =
        |name: &str, amount| NewJob { name: name.to_owned(), rows: vec![row(amount)], ..NewJob::default() };
    let old = journal.plan_job(plan("may", 1_000)).await.unwrap();
    journal.discard_job(old.id, "kim", "the wrong file").await.unwrap();
    journal.suspect_all("kim", "once more").await.unwrap();
    restored.clock.advance(Duration::from_secs(600));
    restored.trust(ByHand::Sums).await.unwrap();
    journal.suspect_all("kim", "and once more").await.unwrap();
    restored.clock.advance(Duration::from_secs(600));
    // its plan was lost as well: the same file makes the same job, after the restore
    let again = journal.plan_job(plan("june", 3_000)).await.unwrap();
    for discarded in [false, true] {
        if discarded {
            journal.discard_job(again.id, "kim", "not this way").await.unwrap();
        }
        match restored.trust(ByHand::Sums).await {
            Err(DeskError::InJob { job, key, amount, .. }) => {
                assert_eq!((job, key, amount), (again.id, format!("bulk:{}:1", again.id), won(3_000)));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn whatever_a_person_compared_every_cancel_needs_an_outcome_first() {
    let restored = Restored::new(false, &[("", 3_000)]).await;
    let id = restored.desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap().intent().id;
    for by_hand in [ByHand::Sums, ByHand::Everything] {
        assert_eq!(restored.refused(by_hand).await, "not_allowed");
    }
    let worker = Worker::new(Arc::clone(restored.desk.journal()), Arc::clone(restored.desk.accounts()));
    worker.unwrap().turn().await.unwrap().unwrap();
    for resolution in [None, Some(Resolution::LookAgain)] {
        if let Some(resolution) = resolution {
            restored.desk.resolve(id, resolution, "kim", "not sure", ByHand::Nothing).await.unwrap();
        }
        assert_eq!(restored.refused(ByHand::Everything).await, "not_allowed");
    }
}

/// Where a PG decides later, the ledger shows nothing of a refund until then.
#[tokio::test]
async fn a_payment_is_not_trusted_while_a_lost_refund_may_wait_at_its_pg() {
    let scene = Restored::new(true, &[]).await;
    scene.books.pending.store(true, Ordering::SeqCst);
    assert_eq!(scene.refused(ByHand::Nothing).await, "pending_at_pg");
    assert_eq!(scene.refused(ByHand::Sums).await, "pending_at_pg");
    // nor is what such a ledger shows taken for the balance
    let (journal, accounts) = (Arc::clone(scene.desk.journal()), Arc::clone(scene.desk.accounts()));
    let found = crate::worker::compare(&journal, &accounts, |_| {}).await.unwrap();
    assert_eq!((found.equal, found.unanswered.len()), (0, 1));
    assert!(scene.trust(ByHand::Everything).await.unwrap().suspect.is_none());
}
