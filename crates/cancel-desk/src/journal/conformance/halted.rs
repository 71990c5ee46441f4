//! A job was halted, and the same refund is asked for by hand: what of the job may still be sent.

use super::jobs::{all_submitted, approved, next_at, plan};
use super::*;

/// Claims a payment of one refund and opens its attempt.
async fn begun(journal: &dyn Journal, id: &str) -> (Claim, NewAttempt) {
    let claim = taken(journal, id).await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    (claim, new)
}

async fn taken(journal: &dyn Journal, id: &str) -> Claim {
    journal.claim_payment(&payment(id).key(), "w", LEASE).await.unwrap().unwrap()
}

async fn changed(journal: &dyn Journal, (claim, new): &(Claim, NewAttempt), change: Change) -> Snapshot {
    let record = Record { looked: true, ..about(claim.snapshot.intent.id, Some(new.id), change) };
    journal.record(&claim.lease, &record).await.unwrap()
}

/// A while later, under a key of its own.
async fn by_hand(journal: &dyn Journal, clock: &TestClock, id: &str) -> IntentRecord {
    clock.advance(Duration::from_millis(1));
    submitted(journal, wish(id, &format!("return-{id}"), 1_000)).await
}

async fn state(journal: &dyn Journal, intent: &IntentRecord) -> IntentState {
    journal.intent(intent.id).await.unwrap().unwrap().state
}

const NOT_SENT: Change = Change::NotSent { phase: "connect", pause: SECOND };

/// A lost attempt of it may be on its way: no withdrawal says that it did not happen.
pub(crate) async fn what_was_asked_for_since_goes_to_a_person_on_a_suspect_payment(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    journal.suspect_all("kim", "backup of 03:00").await.unwrap();
    clock.advance(SECOND);
    let (job, intents) = all_submitted(journal, &["p", "q"]).await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    by_hand(journal, &clock, "p").await;
    approved(journal, &job).await;
    let claim = taken(journal, "p").await;
    assert_eq!(claim.snapshot.intent.id, intents[0].id);
    let told = journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await.unwrap();
    let why = told.intent.evidence.map(|evidence| (evidence.why, evidence.sends));
    assert_eq!((told.intent.state, why), (IntentState::Manual, Some((Why::RestoredJournal, 0))));
    assert!(told.attempt.is_none() && journal.attempts_of(intents[0].id).await.unwrap().is_empty());
    // given up, it does not begin by itself either
    journal.discard_job(job.id, "kim", "called off").await.unwrap();
    let claim = taken(journal, "q").await;
    let told = journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await.unwrap();
    let why = told.intent.evidence.map(|evidence| evidence.why);
    assert_eq!((told.intent.state, why), (IntentState::Manual, Some(Why::RestoredJournal)));
    sound(journal).await;
}

pub(crate) async fn what_was_superseded_in_a_halted_job_is_left_out_if_it_was_asked_for_since(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p"]).await;
    let open = begun(journal, "p").await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    changed(journal, &open, Change::Superseded).await;
    journal.release(&open.0.lease).await.unwrap();
    let other = by_hand(journal, &clock, "p").await;
    approved(journal, &job).await;
    assert_eq!(state(journal, &intents[0]).await, IntentState::Withdrawn);
    assert_eq!(next_at(journal, "p").await, Some(other.id));
    assert_eq!(sums(journal).await, (1_000, 0, 0));
    sound(journal).await;
}

/// Every sending of it provably stayed at home.
pub(crate) async fn what_never_left_waits_while_its_job_is_halted(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q", "r"]).await;
    let mut open = Vec::new();
    for id in ["p", "q", "r"] {
        let one = begun(journal, id).await;
        changed(journal, &one, NOT_SENT).await;
        open.push(one);
    }
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    // looked at on its schedule, and never sent
    for looks in 2..4 {
        let told = changed(journal, &open[0], Change::Resend).await;
        let attempt = told.attempt.unwrap();
        assert_eq!((attempt.state, attempt.sends, attempt.doubts), (AttemptState::Unknown, 1, 0));
        assert_eq!((told.intent.state, told.intent.looks), (IntentState::Open, looks));
        assert!(told.intent.due_at.unwrap() > clock.now(), "no worker takes it again and again");
    }
    // asked for by hand: one is looked at before the job goes on, the other is not
    let others = [by_hand(journal, &clock, "q").await, by_hand(journal, &clock, "r").await];
    let told = changed(journal, &open[1], Change::Resend).await;
    assert_eq!((told.intent.state, told.attempt), (IntentState::Withdrawn, None));
    for (claim, _) in &open {
        journal.release(&claim.lease).await.unwrap();
    }
    assert_eq!(next_at(journal, "q").await, Some(others[0].id));
    assert_eq!(state(journal, &intents[2]).await, IntentState::Open);
    approved(journal, &job).await;
    assert_eq!(state(journal, &intents[2]).await, IntentState::Withdrawn);
    assert_eq!(next_at(journal, "r").await, Some(others[1].id));
    let reasons = journal.events_of(intents[2].id).await.unwrap();
    assert!(reasons.last().unwrap().detail.contains("asked_since"));
    // the rest is looked at at once, from the beginning of the schedule, and sent
    let claim = taken(journal, "p").await;
    let intent = &claim.snapshot.intent;
    assert_eq!((intent.id, intent.looks, intent.due_at), (intents[0].id, 0, Some(clock.now())));
    let told = changed(journal, &(claim, open.remove(0).1), Change::Resend).await;
    assert_eq!(told.attempt.map(|attempt| (attempt.state, attempt.sends)), Some((AttemptState::Sending, 2)));
    sound(journal).await;
}

/// Sent again under its guard, it could apply for the first time, after what a person made good by hand.
pub(crate) async fn what_may_have_happened_goes_to_a_person_if_it_was_asked_for_since(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p"]).await;
    let mut open = begun(journal, "p").await;
    changed(journal, &open, UNKNOWN).await;
    journal.halt_job(job.id, "too many unknown").await.unwrap();
    let held = changed(journal, &open, Change::Resend).await;
    assert_eq!((held.intent.state, held.attempt.map(|attempt| attempt.sends)), (IntentState::Open, Some(1)));
    by_hand(journal, &clock, "p").await;
    approved(journal, &job).await;
    assert_eq!(state(journal, &intents[0]).await, IntentState::Open, "the ledger may still tell");
    open.0 = taken(journal, "p").await;
    let told = changed(journal, &open, Change::Resend).await;
    let evidence = told.intent.evidence.unwrap();
    assert_eq!((told.intent.state, evidence.why), (IntentState::Manual, Why::AskedSince));
    assert_eq!((evidence.sends, evidence.doubts), (1, 1));
    // the other one follows, once a person knows
    journal.release(&open.0.lease).await.unwrap();
    clock.advance(LEASE * 10);
    assert_eq!(next_at(journal, "p").await, None);
    journal.resolve(intents[0].id, Resolution::DidNotHappen, "kim", "not in the list").await.unwrap();
    assert!(next_at(journal, "p").await.is_some());
    sound(journal).await;
}

/// Stored and not begun when the run was stopped: the next run does not begin it either.
pub(crate) async fn what_waits_in_a_job_that_goes_on_is_left_out_if_it_was_asked_for_since(
    journal: Arc<dyn Journal>,
    clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q"]).await;
    let other = by_hand(journal, &clock, "p").await;
    let claim = taken(journal, "p").await;
    assert_eq!(claim.snapshot.intent.id, intents[0].id);
    let told = journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await.unwrap();
    assert_eq!((told.intent.state, told.attempt), (IntentState::Withdrawn, None));
    journal.release(&claim.lease).await.unwrap();
    assert_eq!(next_at(journal, "p").await, Some(other.id));
    assert_eq!(sums(journal).await, (1_000, 0, 0));
    // taken back, it was not asked for
    let back = by_hand(journal, &clock, "q").await;
    journal.withdraw(back.id, "kim", "a mistake").await.unwrap();
    begun(journal, "q").await;
    assert_eq!(journal.job(job.id).await.unwrap().unwrap().totals[0].submitted, 2_000);
    sound(journal).await;
}

pub(crate) async fn what_never_left_is_taken_back_with_its_job(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let journal = &*journal;
    let (job, intents) = all_submitted(journal, &["p", "q"]).await;
    let never = begun(journal, "p").await;
    changed(journal, &never, NOT_SENT).await;
    let maybe = begun(journal, "q").await;
    changed(journal, &maybe, UNKNOWN).await;
    journal.discard_job(job.id, "kim", "called off").await.unwrap();
    assert_eq!(state(journal, &intents[0]).await, IntentState::Withdrawn);
    let late = about(intents[0].id, Some(never.1.id), Change::Resend);
    assert!(matches!(journal.record(&never.0.lease, &late).await, Err(JournalError::NotAllowed(_))));
    // under its guard, as before
    let told = changed(journal, &maybe, Change::Resend).await;
    assert_eq!(told.attempt.map(|attempt| attempt.sends), Some(2));
    assert_eq!(told.intent.state, IntentState::Open);
    sound(journal).await;
}

/// Somebody took the key of the line below: it is none of the row's.
pub(crate) async fn the_key_of_another_row_hides_no_refund(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let journal = &*journal;
    journal.register_payment(payment("p")).await.unwrap();
    journal.register_payment(payment("q")).await.unwrap();
    let job = journal.plan_job(plan(&[(1, "p", 1_000), (2, "q", 1_000)])).await.unwrap();
    let rows = journal.job_rows(job.id, 0, 100).await.unwrap();
    submitted(journal, wish("p", &rows[1].caller_key, 1_000)).await;
    approved(journal, &job).await;
    let refused = journal.submit_row(job.id, 1).await;
    assert!(matches!(refused, Err(JournalError::AskedSince)), "{refused:?}");
    assert!(matches!(journal.submit_row(job.id, 2).await, Err(JournalError::KeyConflict)));
    assert_eq!(sums(journal).await, (1_000, 0, 0));
    sound(journal).await;
}
