//! What a journal holds back after it was restored from a backup. With each rule taken out, the model finds harm at
//! these seeds of its runs with restores, at Chaiport.

use super::*;

async fn suspected(journal: &dyn Journal) -> PaymentRecord {
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    journal.payment(&payment("p").key()).await.unwrap().unwrap()
}

pub(crate) async fn a_restored_journal_is_suspect(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q").with_already_refunded(won(10_000))).await.unwrap();
    let before = submitted(&*journal, wish("p", "k", 3_000)).await;
    let working = claimed(&*journal, "w").await;
    let job = journal.plan_job(super::jobs::plan(&[(1, "p", 1_000)])).await.unwrap();
    journal.approve_job(job.id, job.hash, &[won(1_000)], "kim").await.unwrap();
    assert!(journal.suspect_all("kim", " ").await.is_err());
    assert_eq!(journal.suspect_all("kim", "backup of 03:00").await.unwrap(), 1, "nothing is left of q");
    assert_eq!(journal.job(job.id).await.unwrap().unwrap().state, JobState::Halted);
    // whoever worked on it is fenced out
    let wait = about(before.id, None, Change::Wait { pause: SECOND });
    assert!(matches!(journal.record(&working.lease, &wait).await, Err(JournalError::LeaseLost)));
    let key = working.lease.payment.clone();
    let told = journal.compared(&key, 10_000, false).await.unwrap();
    assert_eq!((told.suspect, told.suspect_since), (Some(Suspect::Unchecked), Some(clock.now())));
    let told = journal.compared(&key, 7_000, false).await.unwrap();
    assert_eq!((told.suspect, told.known_balance), (Some(Suspect::Differs), 7_000));
    assert_eq!(journal.counts().await.unwrap().suspects, 1);
    // it happened in what was lost: a person says so, though the journal has no attempt
    let claim = claimed(&*journal, "w").await;
    let manual = Change::Manual(Evidence { why: Why::RestoredJournal, ..evidence() });
    journal.record(&claim.lease, &about(before.id, None, manual)).await.unwrap();
    let done =
        journal.resolve(before.id, Resolution::Happened, "kim", "in the gateway's list").await.unwrap();
    assert!(matches!(done.outcome, Some(Outcome::Completed { proof: Proof::Person, .. })));
    assert_eq!(sums(&*journal).await, (0, 3_000, 0));
    assert!(journal.trust(&key, "", "x", None).await.is_err());
    let trusted = journal.trust(&key, "kim", "all settled", None).await.unwrap();
    assert_eq!((trusted.suspect, trusted.suspect_since, trusted.available()), (None, None, 7_000));
    sound(&*journal).await;
}

/// What was compared says nothing any more once something else is known, be it while the gateway was asked.
pub(crate) async fn a_payment_is_cleared_by_what_is_known_of_it_now(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = payment("p").key();
    let seen = async || Some(Seen::from(&journal.payment(&key).await.unwrap().unwrap()));
    let refused = async |seen: Option<Seen>| {
        let told = journal.trust(&key, "kim", "all settled", seen).await;
        assert!(matches!(told, Err(JournalError::NotAllowed(_))), "{told:?}");
    };
    let not_suspect = seen().await;
    let restored = suspected(&*journal).await;
    assert!(restored.fence >= clock.now().0, "beyond what was given out in the lost part");
    refused(not_suspect).await;
    let before = seen().await;
    // the ledger told something else meanwhile
    journal.compared(&key, 7_000, false).await.unwrap();
    refused(before).await;
    let before = seen().await;
    // restored once more
    suspected(&*journal).await;
    refused(before).await;
    let now = seen().await;
    assert_eq!(journal.trust(&key, "kim", "all settled", now).await.unwrap().suspect, None);
    // of one that is not suspect nothing is compared
    assert_eq!(journal.trust(&key, "kim", "all settled", now).await.unwrap().suspect, None);
    sound(&*journal).await;
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
    clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = suspected(&*journal).await.key();
    // 9,000 are gone: 6,000 and 3,000 of ours
    journal.compared(&key, 1_000, false).await.unwrap();
    assert_eq!(sums(&*journal).await, (0, 0, 9_000));
    clock.advance(SECOND);
    submitted(&*journal, wish("p", "k1", 6_000)).await;
    assert_eq!(sums(&*journal).await, (6_000, 0, 3_000 + 1_000));
    submitted(&*journal, wish("p", "k2", 3_000)).await;
    // more than can ever be: no word of how much is left, it would sound final
    let more = journal.submit(wish("p", "k3", 1_001)).await;
    assert!(matches!(more, Err(JournalError::NotAllowed(_))));
    for _ in 0..2 {
        let id = waits_for_a_person(&*journal).await;
        journal.resolve(id, Resolution::Happened, "kim", "in the gateway's list").await.unwrap();
    }
    journal.trust(&key, "kim", "all settled", None).await.unwrap();
    assert_eq!(sums(&*journal).await, (0, 9_000, 0));
    let more = journal.submit(wish("p", "k3", 1_001)).await;
    assert!(matches!(more, Err(JournalError::Exceeds { available: 1_000 })));
    sound(&*journal).await;
}

/// Seed 15: an intent was taken back while the attempt that the journal had lost was under way.
pub(crate) async fn nothing_is_withdrawn_from_a_suspect_payment(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = suspected(&*journal).await.key();
    clock.advance(SECOND);
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let refused = journal.withdraw(intent.id, "caller", "changed its mind").await;
    assert!(matches!(refused, Err(JournalError::NotAllowed(_))));
    assert_eq!(waits_for_a_person(&*journal).await, intent.id);
    journal.resolve(intent.id, Resolution::DidNotHappen, "kim", "not in the gateway's list").await.unwrap();
    journal.trust(&key, "kim", "all settled", None).await.unwrap();
    let anew = submitted(&*journal, wish("p", "k2", 3_000)).await;
    let withdrawn = journal.withdraw(anew.id, "caller", "changed its mind").await.unwrap();
    assert_eq!(withdrawn.state, IntentState::Withdrawn);
    sound(&*journal).await;
}

/// Gives what is due next to a person.
async fn waits_for_a_person(journal: &dyn Journal) -> IntentId {
    let claim = claimed(journal, "w").await;
    let id = claim.snapshot.intent.id;
    let manual = Change::Manual(Evidence { why: Why::RestoredJournal, ..evidence() });
    journal.record(&claim.lease, &about(id, None, manual)).await.unwrap();
    journal.release(&claim.lease).await.unwrap();
    id
}

/// Trusted, a cancel that was carried through in the lost part would begin by itself: one that the backup has, and the
/// lost wish that was repeated since, whether it was looked at already or not.
pub(crate) async fn a_payment_is_trusted_only_once_every_cancel_of_it_has_an_outcome(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let trust_refused = async |key: &PaymentKey| {
        let refused = journal.trust(key, "kim", "all settled", None).await;
        assert!(matches!(refused, Err(JournalError::NotAllowed(why)) if why.contains("resolve them first")));
        assert!(journal.payment(key).await.unwrap().unwrap().suspect.is_some());
    };
    journal.register_payment(payment("p")).await.unwrap();
    let older = submitted(&*journal, wish("p", "k", 3_000)).await;
    let key = suspected(&*journal).await.key();
    clock.advance(SECOND);
    for (no, stored) in [Some(older), None].into_iter().enumerate() {
        // the first was stored before the restore, the second since
        let intent = match stored {
            Some(older) => older,
            None => submitted(&*journal, wish("p", &format!("new{no}"), 1_000)).await,
        };
        trust_refused(&key).await;
        assert_eq!(waits_for_a_person(&*journal).await, intent.id);
        trust_refused(&key).await;
        journal.resolve(intent.id, Resolution::LookAgain, "kim", "not sure yet").await.unwrap();
        trust_refused(&key).await;
        assert_eq!(waits_for_a_person(&*journal).await, intent.id);
        journal.resolve(intent.id, Resolution::DidNotHappen, "kim", "not in the list").await.unwrap();
    }
    assert_eq!(journal.trust(&key, "kim", "all settled", None).await.unwrap().suspect, None);
    // what is asked for from now on begins; to click once more does no harm
    submitted(&*journal, wish("p", "k3", 1_000)).await;
    assert_eq!(journal.trust(&key, "kim", "all settled", None).await.unwrap().suspect, None);
    sound(&*journal).await;
}

/// An attempt that was made since the restore has no outcome either.
pub(crate) async fn a_payment_is_not_trusted_while_a_cancel_of_it_is_under_way(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = suspected(&*journal).await.key();
    clock.advance(SECOND);
    submitted(&*journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&*journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    assert!(matches!(journal.trust(&key, "kim", "x", None).await, Err(JournalError::NotAllowed(_))));
    journal.record(&claim.lease, &about(claim.snapshot.intent.id, Some(new.id), completed())).await.unwrap();
    journal.trust(&key, "kim", "x", None).await.unwrap();
    sound(&*journal).await;
}

/// Registered again with what the gateway shows as refunded, a lost refund would look like somebody else's.
pub(crate) async fn what_is_registered_as_refunded_after_a_restore_differs(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    for (id, refunded) in [("p", 3_000), ("q", 10_000)] {
        let lost = journal.register_payment(payment(id).with_already_refunded(won(refunded))).await.unwrap();
        assert_eq!((lost.suspect, lost.suspect_since), (Some(Suspect::Differs), Some(clock.now())));
        assert_eq!(journal.payment(&lost.key()).await.unwrap(), Some(lost.clone()));
        let told = journal.compared(&lost.key(), 10_000 - refunded, false).await.unwrap();
        assert_eq!(told.suspect, Some(Suspect::Differs), "an equal ledger proves nothing");
        // the lost wish under its key: kept for a person, not refused as too much
        submitted(&*journal, wish(id, id, refunded)).await;
    }
    assert!(journal.settled("kim", "all compared").await.unwrap());
    let later = journal.register_payment(payment("r").with_already_refunded(won(3_000))).await.unwrap();
    assert_eq!(later.suspect, None);
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
    let settled = journal.trust(&key, "kim", "all settled", None).await.unwrap();
    // nothing has shown the balance since, and yet it is known
    assert_eq!((settled.refunded, settled.known_balance, settled.available()), (3_000, 7_000, 7_000));
    sound(&*journal).await;
}

/// A payment that the backup did not have is registered again, after its refund in the lost part.
pub(crate) async fn what_is_registered_after_a_restore_is_suspect_until_that_is_settled(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    assert!(!journal.settled("kim", "nothing to settle").await.unwrap());
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    clock.advance(SECOND);
    let lost = journal.register_payment(payment("p")).await.unwrap();
    assert_eq!((lost.suspect, lost.suspect_since), (Some(Suspect::Unchecked), Some(clock.now())));
    assert_eq!(journal.payment(&lost.key()).await.unwrap(), Some(lost.clone()));
    assert!(journal.settled(" ", "x").await.is_err());
    assert!(journal.settled("kim", "all compared").await.unwrap());
    assert!(!journal.settled("kim", "again").await.unwrap());
    assert_eq!(journal.register_payment(payment("q")).await.unwrap().suspect, None);
    let still = journal.payment(&lost.key()).await.unwrap().unwrap();
    assert_eq!(still.suspect, Some(Suspect::Unchecked), "it is trusted by name alone");
    sound(&*journal).await;
}

/// The clock of the restored server is behind: what was stored before must not count as new.
pub(crate) async fn a_clock_that_was_set_back_makes_nothing_new(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let stored = submitted(&*journal, wish("p", "k", 3_000)).await;
    clock.set_back(SECOND * 3_600);
    let suspect = suspected(&*journal).await;
    assert!(stored.created_at <= suspect.suspect_since.unwrap());
}

/// The balance is as the journal knows it, and yet the history holds a refund of ours that is not in it.
pub(crate) async fn a_refund_of_ours_that_is_not_explained_differs(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let key = payment("p").key();
    let told = journal.compared(&key, 10_000, true).await.unwrap();
    assert_eq!(told.suspect, None, "only a restored journal is in doubt");
    suspected(&*journal).await;
    for unexplained in [true, false] {
        let told = journal.compared(&key, 10_000, unexplained).await.unwrap();
        assert_eq!((told.suspect, told.known_balance), (Some(Suspect::Differs), 10_000));
        assert_eq!(journal.payment(&key).await.unwrap(), Some(told));
    }
    sound(&*journal).await;
}

/// Registered again, with what the lost part had refunded, before anybody said that the journal was restored.
pub(crate) async fn what_others_are_said_to_have_refunded_is_no_proof_after_a_restore(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p").with_already_refunded(won(3_000))).await.unwrap();
    let suspect = suspected(&*journal).await;
    assert_eq!(suspect.suspect, Some(Suspect::Differs));
    let told = journal.compared(&suspect.key(), 7_000, false).await.unwrap();
    assert_eq!(told.suspect, Some(Suspect::Differs), "an equal ledger clears nothing");
    sound(&*journal).await;
}
