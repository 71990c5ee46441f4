//! What a journal holds back after it was restored from a backup. With each rule taken out, the model finds harm at
//! these seeds of its runs with restores, at Chaiport.

use super::*;

async fn suspected(journal: &dyn Journal) -> PaymentRecord {
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    journal.payment(&payment("p").key()).await.unwrap().unwrap()
}

/// Seed 40: a cancel known to the backup was completed by its tag, and another of the lost part stood below it.
pub(crate) async fn a_completed_cancel_explains_no_more_than_itself(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    for (seen, suspect) in [(7_000, Suspect::Unchecked), (5_000, Suspect::Differs)] {
        let id = format!("p{seen}");
        journal.register_payment(payment(&id)).await.unwrap();
        submitted(&*journal, wish(&id, &id, 3_000)).await;
        let claim = claimed(&*journal, "w").await;
        let new = attempt(&claim, 10_000);
        journal.open_attempt(&claim.lease, &new).await.unwrap();
        journal.suspect_all("kim", "backup of 03:00").await.unwrap();
        let claim = claimed(&*journal, "w").await;
        let proven = about(claim.snapshot.intent.id, Some(new.id), completed());
        let proven = Record { proven_balance: Some(seen), looked: true, ..proven };
        let payment = journal.record(&claim.lease, &proven).await.unwrap().payment;
        assert_eq!((payment.suspect, payment.known_balance), (Some(suspect), seen));
        assert_eq!((payment.refunded, payment.foreign_refunded), (3_000, 7_000 - seen));
        journal.release(&claim.lease).await.unwrap();
    }
    sound(&*journal).await;
}

/// Seed 2192: callers asked again for what had been refunded in the lost part, and heard that nothing was left.
pub(crate) async fn what_was_lost_is_not_refused_for_want_of_balance(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = suspected(&*journal).await.key();
    // 9,000 are gone: 6,000 and 3,000 of ours
    journal.compared(&key, 1_000).await.unwrap();
    assert_eq!(sums(&*journal).await, (0, 0, 9_000));
    submitted(&*journal, wish("p", "k1", 6_000)).await;
    assert_eq!(sums(&*journal).await, (6_000, 0, 3_000 + 1_000));
    submitted(&*journal, wish("p", "k2", 3_000)).await;
    // more than can ever be: no word of how much is left, it would sound final
    let more = journal.submit(wish("p", "k3", 1_001)).await;
    assert!(matches!(more, Err(JournalError::NotAllowed(_))));
    journal.trust(&key, "kim", "all settled").await.unwrap();
    let more = journal.submit(wish("p", "k3", 1_001)).await;
    assert!(matches!(more, Err(JournalError::Exceeds { available: 0 })));
    sound(&*journal).await;
}

/// Seed 15: an intent was taken back while the attempt that the journal had lost was under way.
pub(crate) async fn nothing_is_withdrawn_from_a_suspect_payment(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let key = suspected(&*journal).await.key();
    let refused = journal.withdraw(intent.id, "caller", "changed its mind").await;
    assert!(matches!(refused, Err(JournalError::NotAllowed(_))));
    journal.trust(&key, "kim", "all settled").await.unwrap();
    let withdrawn = journal.withdraw(intent.id, "caller", "changed its mind").await.unwrap();
    assert_eq!(withdrawn.state, IntentState::Withdrawn);
    sound(&*journal).await;
}

/// A person knows of the lost attempt, whatever the intent waited for.
pub(crate) async fn a_person_may_know_of_an_attempt_that_was_lost(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&*journal, "w").await;
    journal.record(&claim.lease, &about(intent.id, None, Change::Manual(evidence()))).await.unwrap();
    let said = journal.resolve(intent.id, Resolution::Happened, "kim", "in the gateway's list").await;
    assert!(matches!(said, Err(JournalError::NotAllowed(_))));
    suspected(&*journal).await;
    journal.resolve(intent.id, Resolution::Happened, "kim", "in the gateway's list").await.unwrap();
    let key = payment("p").key();
    let settled = journal.trust(&key, "kim", "all settled").await.unwrap();
    // nothing has shown the balance since, and yet it is known
    assert_eq!((settled.refunded, settled.known_balance, settled.available()), (3_000, 7_000, 7_000));
    sound(&*journal).await;
}
