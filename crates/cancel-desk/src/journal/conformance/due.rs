//! When an intent is looked at next: hints, restarts, the schedule, whose turn it is.

use super::*;

pub(crate) async fn hints_and_restarts_make_open_attempts_due(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let open = opened(&*journal).await;
    let key = open.0.lease.payment.clone();
    write(
        &*journal,
        &open,
        Change::Unknown { reason: "x", hold: false, taken: false, upstream: false, pause: SECOND * 900 },
    )
    .await;
    journal.release(&open.0.lease).await.unwrap();
    assert!(claim(&*journal, "w").await.is_none());
    assert_eq!(journal.next_due().await.unwrap(), Some(clock.now().after(SECOND * 900)));
    assert!(journal.hint(&key).await.unwrap());
    let claim = claimed(&*journal, "w").await;
    let wait = about(open.0.snapshot.intent.id, Some(open.1.id), Change::Wait { pause: SECOND * 900 });
    journal.record(&claim.lease, &wait).await.unwrap();
    journal.release(&claim.lease).await.unwrap();
    assert!(journal.claim_payment(&key, "w", LEASE).await.unwrap().is_none());
    assert_eq!(journal.recover().await.unwrap(), 1);
    assert!(journal.claim_payment(&key, "w", LEASE).await.unwrap().is_some());
    assert!(!journal.hint(&PaymentKey::new(Gateway::Eximbay, "shop", "p")).await.unwrap());
}

pub(crate) async fn hints_neither_use_up_nor_put_off_the_schedule(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let open = opened(&*journal).await;
    let id = open.0.snapshot.intent.id;
    let looked = |pause| Record { looked: true, ..about(id, Some(open.1.id), Change::Wait { pause }) };
    let due = clock.now().after(SECOND * 60);
    let wait = journal.record(&open.0.lease, &looked(SECOND * 60)).await.unwrap();
    assert_eq!((wait.intent.looks, wait.intent.due_at, wait.intent.scheduled_at), (1, Some(due), None));
    journal.release(&open.0.lease).await.unwrap();
    for pause in [SECOND, SECOND * 300, SECOND * 5] {
        assert!(journal.hint(&open.0.lease.payment).await.unwrap());
        assert!(journal.hint(&open.0.lease.payment).await.unwrap());
        let claim = claimed(&*journal, "w").await;
        assert_eq!(claim.snapshot.intent.early(clock.now()), Some(due));
        let after = journal.record(&claim.lease, &looked(pause)).await.unwrap().intent;
        assert_eq!(after.looks, 1, "a look that a hint asked for is not one of the schedule");
        assert_eq!(after.due_at, Some(due.min(clock.now().after(pause))));
        journal.release(&claim.lease).await.unwrap();
        clock.advance(SECOND * 15);
    }
    clock.advance(SECOND * 15);
    journal.hint(&open.0.lease.payment).await.unwrap();
    let claim = claimed(&*journal, "w").await;
    assert_eq!(claim.snapshot.intent.early(clock.now()), None);
    let after = journal.record(&claim.lease, &looked(SECOND * 300)).await.unwrap().intent;
    assert_eq!((after.looks, after.scheduled_at), (2, None));
    assert_eq!(after.due_at, Some(clock.now().after(SECOND * 300)));
    sound(&*journal).await;
}

pub(crate) async fn what_a_person_is_told_was_not_sent_counts_as_not_sent(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let open = opened(&*journal).await;
    let stuck = Evidence { why: Why::Stuck, sends: 0, doubts: 0, ..evidence() };
    assert_eq!(write(&*journal, &open, Change::Manual(stuck)).await, IntentState::Manual);
    let attempts = journal.attempts_of(open.0.snapshot.intent.id).await.unwrap();
    assert_eq!((attempts[0].sends, attempts[0].doubts, attempts[0].sends_told()), (1, 0, 0));
    sound(&*journal).await;
}

pub(crate) async fn the_longest_due_comes_first(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    for id in ["z", "y", "x"] {
        journal.register_payment(payment(id)).await.unwrap();
        submitted(&*journal, wish(id, id, 1_000)).await;
        clock.advance(SECOND);
    }
    for id in ["z", "y", "x"] {
        assert_eq!(claimed(&*journal, id).await.lease.payment.payment_id, id);
    }
}

/// What could not be sent is refunded in the gateway's admin page, and a person says so. Taken for others' once it was seen,
/// it is not counted a second time.
pub(crate) async fn what_is_refunded_in_the_admin_page_is_counted_once(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    for (id, seen, counted, left) in [
        // seen since; refunded before it was asked for, and not seen at all, in which case it lowers what is left
        ("since", Some(6_300), 700, 6_300),
        ("other", Some(5_000), 2_000, 5_000),
        ("unseen", None, 700, 6_300),
    ] {
        let intent = handed_over(&*journal, id, 3_000, 9_300).await;
        let payment = journal.payment(&intent.payment).await.unwrap().unwrap();
        // others' refund is known at once, whatever is held
        assert_eq!((payment.foreign_refunded, payment.reserved, payment.available()), (700, 3_000, 6_300));
        if let Some(seen) = seen {
            journal.compared(&intent.payment, seen, false).await.unwrap();
        }
        journal.resolve(intent.id, Resolution::Happened, "kim", "in the admin page").await.unwrap();
        let payment = adds_up_to(&*journal, &intent, (3_000, counted, left)).await;
        assert_eq!((payment.available(), payment.cancels), (left, PaymentRecord::UNCOUNTED + 1), "{id}");
    }
    // it was there before anybody asked the desk for it
    let intent = handed_over(&*journal, "before", 3_000, 7_000).await;
    journal.resolve(intent.id, Resolution::Happened, "kim", "in the admin page").await.unwrap();
    adds_up_to(&*journal, &intent, (3_000, 0, 7_000)).await;
    sound(&*journal).await;
}

/// Checks the sums of a cancel's payment: refunded by us and by others, and what is left.
async fn adds_up_to(journal: &dyn Journal, intent: &IntentRecord, sums: (i64, i64, i64)) -> PaymentRecord {
    let payment = journal.payment(&intent.payment).await.unwrap().unwrap();
    assert_eq!((payment.refunded, payment.foreign_refunded, payment.known_balance), sums);
    payment
}

/// A cancel that can only be made by hand, as of a balance.
async fn handed_over(journal: &dyn Journal, id: &str, amount: i64, seen: i64) -> IntentRecord {
    journal.register_payment(payment(id)).await.unwrap();
    let intent = submitted(journal, wish(id, id, amount)).await;
    hand_over(journal, intent.id, seen).await;
    intent
}

async fn hand_over(journal: &dyn Journal, id: IntentId, seen: i64) {
    let claim = claimed(journal, "w").await;
    let unknown = Evidence { why: Why::NextNumberUnknown, sends: 0, doubts: 0, ..evidence() };
    let mut record = about(id, None, Change::Manual(unknown));
    record.proven_balance = Some(seen);
    journal.record(&claim.lease, &record).await.unwrap();
    journal.release(&claim.lease).await.unwrap();
}

/// What the gateway showed is compared with what is completed when it is written.
pub(crate) async fn one_refund_is_not_counted_for_two_cancels(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let first = handed_over(&*journal, "p", 3_000, 9_300).await;
    let second = submitted(&*journal, wish("p", "other", 3_000)).await;
    hand_over(&*journal, second.id, 9_300).await;
    let decide = async |id: IntentId, seen: Option<i64>| {
        let checked = Checked { balance: seen, ..Checked::default() };
        journal.resolve_by_the_books(id, Resolution::Happened, checked, "kim", "in the admin page").await
    };
    decide(first.id, Some(6_300)).await.unwrap();
    let refused = decide(second.id, Some(6_300)).await.unwrap_err();
    assert!(matches!(refused, JournalError::NotInLedger { refunded: 3_700, known: 3_000 }), "{refused}");
    assert_eq!(journal.intent(second.id).await.unwrap().unwrap().state, IntentState::Manual);
    // an older answer that showed more left is no reason to refuse what is known by now
    journal.compared(&first.payment, 3_300, false).await.unwrap();
    decide(second.id, Some(6_300)).await.unwrap();
    // who says so without the books is not asked
    let third = submitted(&*journal, wish("p", "third", 3_000)).await;
    hand_over(&*journal, third.id, 3_300).await;
    decide(third.id, None).await.unwrap();
    sound(&*journal).await;
}

/// What was handed over to be made by hand stays so, whatever is looked at again.
pub(crate) async fn what_is_to_be_made_by_hand_is_known_when_it_is_looked_at_again(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let intent = handed_over(&*journal, "p", 3_000, 9_300).await;
    let again = journal.resolve(intent.id, Resolution::LookAgain, "kim", "is it seen?").await.unwrap();
    assert!(again.is_for_the_admin_page() && !again.waits_for_a_person());
    // it may have been made
    let taken_back = journal.withdraw(intent.id, "kim", "not wanted").await.unwrap_err();
    assert!(taken_back.to_string().contains("may have been made"), "{taken_back}");
    // whatever it waits for next, it was handed over, as of what was left then
    let claim = claimed(&*journal, "w").await;
    let stuck = Evidence { why: Why::NoAnswer, sends: 0, doubts: 0, seen_balance: Some(6_300), ..evidence() };
    let stuck = about(intent.id, None, Change::Manual(stuck));
    let told = journal.record(&claim.lease, &stuck).await.unwrap().intent.evidence.unwrap();
    let first = again.evidence.as_ref().and_then(Evidence::highest_seen);
    assert_eq!(
        (told.why, told.seen_balance, told.balance_before),
        (Why::NextNumberUnknown, Some(6_300), first)
    );
    journal.resolve(intent.id, Resolution::LookAgain, "kim", "is it seen?").await.unwrap();
    let claim = claimed(&*journal, "w").await;
    assert!(claim.snapshot.intent.is_for_the_admin_page());
    let opened = journal.open_attempt(&claim.lease, &attempt(&claim, 9_300)).await.unwrap();
    // an attempt is made of it after all, and stays at home: a person may have made it no less
    assert!(opened.intent.is_for_the_admin_page() && !opened.intent.waits_for_a_person());
    sound(&*journal).await;
}

/// An attempt that seemed outrun was applied after all: nothing open is left that a person could mean, and yet it happened.
pub(crate) async fn what_seemed_outrun_can_have_happened(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    for (id, proven, foreign, left) in [("late", Some(7_000), 0, 7_000), ("unseen", None, 0, 7_000)] {
        journal.register_payment(payment(id)).await.unwrap();
        let intent = submitted(&*journal, wish(id, id, 3_000)).await;
        let claim = claimed(&*journal, "w").await;
        let new = attempt(&claim, 10_000);
        journal.open_attempt(&claim.lease, &new).await.unwrap();
        journal.record(&claim.lease, &about(intent.id, Some(new.id), UNKNOWN)).await.unwrap();
        let outrun = about(intent.id, Some(new.id), Change::Superseded);
        journal.record(&claim.lease, &outrun).await.unwrap();
        let mut stopped = about(intent.id, None, Change::Manual(evidence()));
        stopped.proven_balance = proven;
        journal.record(&claim.lease, &stopped).await.unwrap();
        journal.resolve(intent.id, Resolution::Happened, "kim", "in the list").await.unwrap();
        let payment = adds_up_to(&*journal, &intent, (3_000, foreign, left)).await;
        assert_eq!(payment.available(), left, "{id}");
    }
    sound(&*journal).await;
}

/// Another cancel's attempt is open meanwhile: what is gone may be that one's, and is nobody else's.
pub(crate) async fn what_a_person_found_leaves_an_open_attempt_its_part(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let by_hand = handed_over(&*journal, "p", 3_000, 10_000).await;
    submitted(&*journal, wish("p", "other", 2_000)).await;
    let claim = claimed(&*journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    // both are applied
    let seen = journal.compared(&by_hand.payment, 5_000, false).await.unwrap();
    assert_eq!(seen.foreign_refunded, 3_000, "not known to be ours yet");
    journal.resolve(by_hand.id, Resolution::Happened, "kim", "in the admin page").await.unwrap();
    let payment = journal.payment(&by_hand.payment).await.unwrap().unwrap();
    assert_eq!((payment.refunded, payment.foreign_refunded, payment.reserved), (3_000, 0, 2_000));
    assert_eq!((payment.known_balance, payment.available()), (5_000, 5_000));
    sound(&*journal).await;
}

/// No copy of its attempt left, and a colleague refunded it: before or since, it is counted once.
pub(crate) async fn what_never_left_and_happened_was_made_by_hand(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    for (id, seen, foreign, left) in [("before", None, 0, 7_000), ("since", Some(4_000), 3_000, 4_000)] {
        journal.register_payment(payment(id).with_already_refunded(won(3_000))).await.unwrap();
        let intent = submitted(&*journal, wish(id, id, 3_000)).await;
        let claim = claimed(&*journal, "w").await;
        let new = attempt(&claim, 7_000);
        journal.open_attempt(&claim.lease, &new).await.unwrap();
        for change in [
            Change::NotSent { phase: "connect", pause: SECOND },
            Change::Manual(Evidence { why: Why::NothingSeen, sends: 0, doubts: 0, ..evidence() }),
        ] {
            journal.record(&claim.lease, &about(intent.id, Some(new.id), change)).await.unwrap();
        }
        if let Some(seen) = seen {
            journal.compared(&intent.payment, seen, false).await.unwrap();
        }
        journal.resolve(intent.id, Resolution::Happened, "kim", "in the admin page").await.unwrap();
        let payment = adds_up_to(&*journal, &intent, (3_000, foreign, left)).await;
        assert_eq!(payment.available(), left, "{id}");
    }
    sound(&*journal).await;
}
