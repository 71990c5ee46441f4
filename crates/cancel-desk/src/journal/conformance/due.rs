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

/// What could not be sent is refunded in the gateway's admin page, and a person says so.
pub(crate) async fn what_is_refunded_in_the_admin_page_is_counted(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&*journal, "w").await;
    let why = Why::NextNumberUnknown;
    let unknown = Evidence { why, sends: 0, doubts: 0, ..evidence() };
    let mut record = about(intent.id, None, Change::Manual(unknown));
    record.proven_balance = Some(9_300);
    // others' refund is known at once, whatever is held
    let payment = journal.record(&claim.lease, &record).await.unwrap().payment;
    assert_eq!((payment.foreign_refunded, payment.reserved, payment.available()), (700, 3_000, 6_300));
    journal.resolve(intent.id, Resolution::Happened, "kim", "in the admin page").await.unwrap();
    let payment = journal.payment(&payment.key()).await.unwrap().unwrap();
    assert_eq!((payment.refunded, payment.foreign_refunded, payment.known_balance), (3_000, 700, 6_300));
    sound(&*journal).await;
}
