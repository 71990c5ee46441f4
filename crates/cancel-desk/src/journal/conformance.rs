//! What every journal must do: one suite, run against each store.
//!
//! [`journal_conformance!`] makes the tests for a store out of a function that makes an empty journal with a given
//! clock and vault.
#![allow(clippy::arithmetic_side_effects, reason = "test clocks")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pg_core::{Bank, Gateway, Money, PaymentRef, RefundAccount};

use super::{Checked, Clock, Counts, Journal, JournalError, NewIntent, Seen, Submitted, Vault, VaultKey};
use crate::protocol::{AttemptPlan, Change, Claim, Extras, NewAttempt, Record, Snapshot};
use crate::record::{
    AccountName, AttemptId, AttemptState, Evidence, IntentId, IntentRecord, IntentState, JobRecord, JobState,
    JobTotal, NewJob, NewJobRow, NewPayment, Outcome, PaymentKey, PaymentRecord, Proof, RejectedBecause,
    Resolution, Suspect, Timestamp, Why,
};

pub(crate) const LEASE: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);

mod accounts;
mod due;
mod halted;
mod jobs;
mod restored;
pub(crate) mod tampered;
pub(crate) use tampered::what_is_about_a_cancel_is_found;

pub(crate) use accounts::*;
pub(crate) use due::*;
pub(crate) use halted::*;
pub(crate) use jobs::*;
pub(crate) use restored::*;

/// A clock that stands still until told.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_700_000_000_000)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl TestClock {
    pub(crate) fn set_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn vault() -> Vault {
    Vault::new(VaultKey::new([9; 32]))
}

pub(crate) fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

pub(crate) fn payment(id: &str) -> NewPayment {
    NewPayment::new("shop", PaymentRef::new(Gateway::Chaiport, id, format!("order-{id}"), won(10_000)))
}

pub(crate) fn wish(id: &str, key: &str, amount: i64) -> NewIntent {
    NewIntent::new(PaymentKey::new(Gateway::Chaiport, "shop", id), key, won(amount)).unwrap()
}

pub(crate) fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap()
}

pub(crate) async fn submitted(journal: &dyn Journal, new: NewIntent) -> IntentRecord {
    match journal.submit(new).await.unwrap() {
        Submitted::New(intent) => intent,
        Submitted::Existing(_) => panic!("must be new"),
    }
}

pub(crate) async fn claimed(journal: &dyn Journal, owner: &str) -> Claim {
    claim(journal, owner).await.expect("something is due")
}

async fn claim(journal: &dyn Journal, owner: &str) -> Option<Claim> {
    let accounts = [AccountName::new(Gateway::Chaiport, "shop")];
    journal.claim(owner, LEASE, &accounts).await.unwrap()
}

pub(crate) fn attempt(claim: &Claim, before: i64) -> NewAttempt {
    let plan = AttemptPlan {
        intent: claim.snapshot.intent.id,
        balance_before: before,
        sequence: 1,
        at: claim.snapshot.now,
    };
    plan.freeze(&claim.snapshot, AttemptId::random().unwrap(), Extras::default()).unwrap()
}

pub(crate) fn about(intent: IntentId, attempt: Option<AttemptId>, change: Change) -> Record {
    Record { intent, attempt, proven_balance: None, looked: false, change }
}

pub(crate) const UNKNOWN: Change =
    Change::Unknown { reason: "timeout", hold: false, taken: false, upstream: false, pause: SECOND };

pub(crate) fn completed() -> Change {
    Change::Completed { proof: Proof::Answer, cancel_id: Some("c-1".to_owned()) }
}

fn evidence() -> Evidence {
    Evidence {
        why: Why::OtherAmount,
        seen_balance: Some(5_000),
        known_balance: 10_000,
        balance_before: Some(10_000),
        amount: 3_000,
        sends: 1,
        doubts: 1,
        looks: 1,
        last_reason: Some("timeout".to_owned()),
        refusal_code: None,
    }
}

/// A payment of 10,000 with one intent of 3,000, claimed, its attempt open.
async fn opened(journal: &dyn Journal) -> (Claim, NewAttempt) {
    journal.register_payment(payment("p")).await.unwrap();
    submitted(journal, wish("p", "k", 3_000)).await;
    let claim = claimed(journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    (claim, new)
}

async fn write(journal: &dyn Journal, (claim, new): &(Claim, NewAttempt), change: Change) -> IntentState {
    let record = about(claim.snapshot.intent.id, Some(new.id), change);
    journal.record(&claim.lease, &record).await.unwrap().intent.state
}

async fn sums(journal: &dyn Journal) -> (i64, i64, i64) {
    let key = PaymentKey::new(Gateway::Chaiport, "shop", "p");
    let payment = journal.payment(&key).await.unwrap().unwrap();
    (payment.reserved, payment.refunded, payment.foreign_refunded)
}

pub(crate) async fn sound(journal: &dyn Journal) {
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

pub(crate) async fn payments_are_registered_once(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let first = journal.register_payment(payment("p")).await.unwrap();
    assert_eq!(journal.register_payment(payment("p")).await.unwrap(), first);
    let mut other = payment("p");
    other.payment.paid = won(10_001);
    assert!(matches!(journal.register_payment(other).await, Err(JournalError::PaymentConflict)));
    let mut nothing = payment("q");
    nothing.payment.paid = won(0);
    assert!(matches!(journal.register_payment(nothing).await, Err(JournalError::Invalid(_))));
    assert_eq!(journal.payments_of_order("order-p").await.unwrap(), [first]);
    assert!(journal.payments_of_order("order-q").await.unwrap().is_empty());
    let part = payment("part").with_already_refunded(won(4_000));
    assert_eq!(journal.register_payment(part).await.unwrap().available(), 6_000);
    sound(&*journal).await;
}

pub(crate) async fn the_same_key_is_the_same_wish(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    let first = submitted(&*journal, wish("p", "k", 3_000)).await;
    let again = journal.submit(wish("p", "k", 3_000)).await.unwrap();
    assert_eq!(again, Submitted::Existing(first.clone()));
    for other in [wish("p", "k", 3_001), wish("p", "k", 3_000).with_reason("x"), wish("q", "k", 3_000)] {
        assert!(matches!(journal.submit(other).await, Err(JournalError::KeyConflict)));
    }
    assert!(matches!(journal.submit(wish("q", "k2", 1)).await, Err(JournalError::NotFound)));
    for bad in ["", "with space", "열쇠", "\"k\"", "'k'", "k`", &"x".repeat(201)] {
        assert!(matches!(journal.submit(wish("p", bad, 1)).await, Err(JournalError::Invalid(_))), "{bad}");
    }
    assert_eq!(journal.intent(first.id).await.unwrap(), Some(first));
    assert_eq!(sums(&*journal).await, (3_000, 0, 0));
}

pub(crate) async fn a_key_is_found_whatever_its_payment(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    for id in ["p", "q"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    let stored = submitted(&*journal, wish("p", "k", 3_000)).await;
    submitted(&*journal, wish("q", "l", 3_000)).await;
    let account = stored.payment.account();
    assert_eq!(journal.by_key(&account, "k").await.unwrap(), Some(stored));
    for key in ["K", "k ", "kl", "", "\0", "' OR 1"] {
        assert_eq!(journal.by_key(&account, key).await.unwrap(), None, "{key:?}");
    }
    let other = AccountName { merchant: "other".to_owned(), ..account };
    assert_eq!(journal.by_key(&other, "k").await.unwrap(), None);
}

pub(crate) async fn no_more_is_reserved_than_was_paid(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    let first = submitted(&*journal, wish("p", "a", 6_000)).await;
    let refused = journal.submit(wish("p", "b", 4_001)).await;
    assert!(matches!(refused, Err(JournalError::Exceeds { available: 4_000 })));
    submitted(&*journal, wish("p", "b", 4_000)).await;
    journal.withdraw(first.id, "kim", "a mistake").await.unwrap();
    assert_eq!(sums(&*journal).await, (4_000, 0, 0));
    let twice = journal.withdraw(first.id, "kim", "again").await;
    assert!(matches!(twice, Err(JournalError::NotAllowed(_))));
    sound(&*journal).await;
}

pub(crate) async fn a_claim_is_exclusive_until_it_expires(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    assert!(claim(&*journal, "w").await.is_none());
    let intent = submitted(&*journal, wish("p", "k", 3_000)).await;
    let old = claimed(&*journal, "old").await;
    assert_eq!(old.snapshot.intent.id, intent.id);
    assert!(claim(&*journal, "new").await.is_none());
    assert!(journal.claim_payment(&old.lease.payment, "new", LEASE).await.unwrap().is_none());
    clock.advance(LEASE + SECOND);
    let new = claimed(&*journal, "new").await;
    assert!(new.lease.fence > old.lease.fence);
    // what the old one still writes is refused, and its release releases nothing
    let late = journal.open_attempt(&old.lease, &attempt(&old, 10_000)).await;
    assert!(matches!(late, Err(JournalError::LeaseLost)));
    let late = journal.record(&old.lease, &about(intent.id, None, Change::Wait { pause: SECOND })).await;
    assert!(matches!(late, Err(JournalError::LeaseLost)));
    journal.release(&old.lease).await.unwrap();
    assert!(claim(&*journal, "third").await.is_none());
    journal.release(&new.lease).await.unwrap();
    let third = claimed(&*journal, "third").await;
    // a task that claims again fences out its own former claim too
    let fourth = claimed(&*journal, "third").await;
    let wait = about(intent.id, None, Change::Wait { pause: SECOND });
    assert!(matches!(journal.record(&third.lease, &wait).await, Err(JournalError::LeaseLost)));
    journal.record(&fourth.lease, &wait).await.unwrap();
}

pub(crate) async fn one_attempt_is_open_per_payment(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    let (claim, new) = opened(&*journal).await;
    let second = submitted(&*journal, wish("p", "k2", 1_000)).await;
    let again = journal.open_attempt(&claim.lease, &attempt(&claim, 10_000)).await;
    assert!(matches!(again, Err(JournalError::NotAllowed(_))));
    // the other intent waits, whoever asks, however late
    clock.advance(LEASE + SECOND);
    let taken = claimed(&*journal, "other").await;
    assert_eq!(taken.snapshot.intent.id, claim.snapshot.intent.id);
    assert_eq!(taken.snapshot.attempt.as_ref().map(|a| a.id), Some(new.id));
    let done = about(claim.snapshot.intent.id, Some(new.id), completed());
    journal.record(&taken.lease, &done).await.unwrap();
    journal.release(&taken.lease).await.unwrap();
    assert_eq!(claimed(&*journal, "other").await.snapshot.intent.id, second.id);
    sound(&*journal).await;
}

pub(crate) async fn the_guard_is_never_above_what_is_proven(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&*journal, wish("p", "k", 3_000)).await;
    let claim = claimed(&*journal, "w").await;
    let mut wait = about(claim.snapshot.intent.id, None, Change::Wait { pause: Duration::ZERO });
    wait.proven_balance = Some(7_000);
    let after = journal.record(&claim.lease, &wait).await.unwrap();
    assert_eq!((after.payment.known_balance, after.payment.foreign_refunded), (7_000, 3_000));
    wait.proven_balance = Some(9_000);
    assert_eq!(journal.record(&claim.lease, &wait).await.unwrap().payment.known_balance, 7_000);
    let stale = journal.open_attempt(&claim.lease, &attempt(&claim, 9_000)).await;
    assert!(matches!(stale, Err(JournalError::NotAllowed(_))));
    journal.open_attempt(&claim.lease, &attempt(&claim, 7_000)).await.unwrap();
    sound(&*journal).await;
}

pub(crate) async fn a_completed_refund_is_final(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let open = opened(&*journal).await;
    assert_eq!(sums(&*journal).await, (3_000, 0, 0));
    assert_eq!(write(&*journal, &open, completed()).await, IntentState::Completed);
    assert_eq!(sums(&*journal).await, (0, 3_000, 0));
    for change in [UNKNOWN, Change::Rejected(RejectedBecause::Person), completed()] {
        let record = about(open.0.snapshot.intent.id, Some(open.1.id), change);
        assert!(matches!(journal.record(&open.0.lease, &record).await, Err(JournalError::LeaseLost)));
    }
    let intent = journal.intent(open.0.snapshot.intent.id).await.unwrap().unwrap();
    assert!(matches!(intent.outcome, Some(Outcome::Completed { proof: Proof::Answer, .. })));
    assert_eq!(journal.next_due().await.unwrap(), None);
    let person = journal.resolve(intent.id, Resolution::DidNotHappen, "kim", "no").await;
    assert!(matches!(person, Err(JournalError::NotAllowed(_))));
    sound(&*journal).await;
}

pub(crate) async fn unknown_and_not_sent_keep_the_attempt(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let open = opened(&*journal).await;
    let id = open.0.snapshot.intent.id;
    let not_sent = Change::NotSent { phase: "connect", pause: SECOND };
    for (change, sends, doubts, state) in [
        (UNKNOWN, 1, 1, AttemptState::Unknown),
        (Change::Resend, 2, 2, AttemptState::Sending),
        (not_sent.clone(), 2, 1, AttemptState::Unknown),
        (Change::Resend, 3, 2, AttemptState::Sending),
        (Change::Wait { pause: SECOND }, 3, 2, AttemptState::Unknown),
    ] {
        assert_eq!(write(&*journal, &open, change).await, IntentState::Open);
        let attempts = journal.attempts_of(id).await.unwrap();
        let [only] = attempts.as_slice() else { panic!("one attempt") };
        assert_eq!((only.sends, only.doubts, only.state), (sends, doubts, state));
        assert_eq!((&only.frozen, only.digest), (&open.1.frozen, open.1.digest));
    }
    let withdrawn = journal.withdraw(id, "kim", "too late").await;
    assert!(matches!(withdrawn, Err(JournalError::NotAllowed(_))));
    assert_eq!(sums(&*journal).await, (3_000, 0, 0));
    sound(&*journal).await;
}

pub(crate) async fn a_superseded_attempt_gives_way_to_another(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let open = opened(&*journal).await;
    let id = open.0.snapshot.intent.id;
    let mut record = about(id, Some(open.1.id), Change::Superseded);
    record.proven_balance = Some(6_000);
    let after = journal.record(&open.0.lease, &record).await.unwrap();
    assert_eq!((after.intent.state, after.attempt), (IntentState::Planned, None));
    assert_eq!(sums(&*journal).await, (3_000, 0, 4_000));
    let next = attempt(&open.0, 6_000);
    let after = journal.open_attempt(&open.0.lease, &next).await.unwrap();
    assert_eq!(after.attempt.map(|a| (a.no, a.balance_before)), Some((2, won(6_000))));
    // a late word about the first one is refused
    let late = journal.record(&open.0.lease, &about(id, Some(open.1.id), completed())).await;
    assert!(matches!(late, Err(JournalError::NotAllowed(_))));
    sound(&*journal).await;
}

pub(crate) async fn a_rejected_refund_frees_its_amount(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let open = opened(&*journal).await;
    let because = RejectedBecause::Refused { kind: "period".to_owned(), code: "R1".to_owned() };
    assert_eq!(write(&*journal, &open, Change::Rejected(because)).await, IntentState::Rejected);
    assert_eq!(sums(&*journal).await, (0, 0, 0));
    submitted(&*journal, wish("p", "k2", 10_000)).await;
    sound(&*journal).await;
}

pub(crate) async fn foreign_refunds_leave_room_for_what_is_reserved(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&*journal, wish("p", "k", 8_000)).await;
    let claim = claimed(&*journal, "w").await;
    let mut record = about(claim.snapshot.intent.id, None, Change::Wait { pause: SECOND });
    record.proven_balance = Some(1_000);
    journal.record(&claim.lease, &record).await.unwrap();
    assert_eq!(sums(&*journal).await, (8_000, 0, 2_000));
    record.change = Change::Rejected(RejectedBecause::Insufficient { balance: 1_000 });
    journal.record(&claim.lease, &record).await.unwrap();
    assert_eq!(sums(&*journal).await, (0, 0, 9_000));
    let too_much = journal.submit(wish("p", "k2", 1_001)).await;
    assert!(matches!(too_much, Err(JournalError::Exceeds { available: 1_000 })));
    sound(&*journal).await;
}

pub(crate) async fn a_person_decides_with_the_evidence(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    let open = opened(&*journal).await;
    let id = open.0.snapshot.intent.id;
    assert_eq!(write(&*journal, &open, Change::Manual(evidence())).await, IntentState::Manual);
    let waiting = journal.waiting_for_a_person(10).await.unwrap();
    assert_eq!(
        waiting.iter().map(|i| (i.id, i.evidence.clone())).collect::<Vec<_>>(),
        [(id, Some(evidence()))]
    );
    // nothing else of this payment moves meanwhile
    submitted(&*journal, wish("p", "k2", 1_000)).await;
    journal.release(&open.0.lease).await.unwrap();
    clock.advance(LEASE * 10);
    assert!(claim(&*journal, "w").await.is_none());
    assert!(!journal.hint(&open.0.lease.payment).await.unwrap());
    assert!(journal.resolve(id, Resolution::Happened, " ", "books").await.is_err());
    journal.resolve(id, Resolution::LookAgain, "kim", "asked the gateway").await.unwrap();
    let again = claimed(&*journal, "w").await;
    assert_eq!((again.snapshot.intent.id, again.snapshot.intent.state), (id, IntentState::Open));
    journal.record(&again.lease, &about(id, Some(open.1.id), Change::Manual(evidence()))).await.unwrap();
    let done = journal.resolve(id, Resolution::Happened, "kim", "it is in the books").await.unwrap();
    assert_eq!(done.state, IntentState::Completed);
    assert_eq!(sums(&*journal).await, (1_000, 3_000, 0));
    let payment = journal.payment(&open.0.lease.payment).await.unwrap().unwrap();
    assert_eq!((payment.cancels, payment.counted()), (PaymentRecord::UNCOUNTED + 1, 1), "by hand, perhaps");
    // whoever still worked on it is fenced out
    let late = journal.record(&again.lease, &about(id, Some(open.1.id), UNKNOWN)).await;
    assert!(matches!(late, Err(JournalError::LeaseLost)));
    sound(&*journal).await;
}

pub(crate) async fn what_was_accepted_stays_so_until_proven(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    let (first, new) = opened(&*journal).await;
    let id = first.snapshot.intent.id;
    let accepted = Change::Accepted { cancel_id: None, pause: Duration::ZERO };
    let first = (first, new.clone());
    assert_eq!(write(&*journal, &first, accepted).await, IntentState::Accepted);
    // the turn is over
    let resend = about(id, Some(new.id), Change::Resend);
    assert!(matches!(journal.record(&first.0.lease, &resend).await, Err(JournalError::LeaseLost)));
    let second = (claimed(&*journal, "v").await, new.clone());
    assert!(matches!(journal.record(&second.0.lease, &resend).await, Err(JournalError::NotAllowed(_))));
    assert_eq!(write(&*journal, &second, Change::Manual(evidence())).await, IntentState::Accepted);
    assert_eq!(journal.waiting_for_a_person(10).await.unwrap().len(), 1);
    journal.resolve(id, Resolution::LookAgain, "kim", "it is there").await.unwrap();
    let third = (claimed(&*journal, "u").await, new);
    assert_eq!(write(&*journal, &third, completed()).await, IntentState::Completed);
    assert!(journal.waiting_for_a_person(10).await.unwrap().is_empty());
    sound(&*journal).await;
}

pub(crate) async fn accounts_are_sealed_and_then_erased(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    let intent = submitted(&*journal, wish("p", "k", 3_000).with_account(account())).await;
    let back = journal.refund_account(intent.id).await.unwrap().unwrap();
    assert_eq!(back.expose_number(), account().expose_number());
    let again = journal.submit(wish("p", "k", 3_000).with_account(account())).await.unwrap();
    assert!(matches!(again, Submitted::Existing(_)));
    let other = RefundAccount::new(Bank::Shinhan, "1", "홍길동").unwrap();
    let other = journal.submit(wish("p", "k", 3_000).with_account(other)).await;
    assert!(matches!(other, Err(JournalError::KeyConflict)));
    let claim = claimed(&*journal, "w").await;
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    assert!(journal.refund_account(intent.id).await.unwrap().is_some());
    journal.record(&claim.lease, &about(intent.id, Some(new.id), completed())).await.unwrap();
    assert!(journal.refund_account(intent.id).await.unwrap().is_none());
}

pub(crate) async fn without_a_key_no_account_is_taken(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    journal.register_payment(payment("p")).await.unwrap();
    let refused = journal.submit(wish("p", "k", 3_000).with_account(account())).await;
    assert!(matches!(refused, Err(JournalError::NoKey)));
    assert_eq!(sums(&*journal).await, (0, 0, 0));
}

pub(crate) async fn every_step_is_in_the_event_log(journal: Arc<dyn Journal>, _clock: Arc<TestClock>) {
    let open = opened(&*journal).await;
    let id = open.0.snapshot.intent.id;
    write(&*journal, &open, UNKNOWN).await;
    journal.note(id, "late_answer", "completed").await.unwrap();
    write(&*journal, &open, completed()).await;
    let events = journal.events(0, 100).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["registered", "submitted", "attempt", "unknown", "late_answer", "completed"]);
    assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq));
    assert_eq!(journal.events(4, 1).await.unwrap(), events[4..5]);
    let found = journal.verify().await.unwrap();
    assert_eq!((found.events, found.payments, found.intents, found.attempts), (6, 1, 1, 1));
    assert_eq!(found.head, events[5].hash);
    sound(&*journal).await;
}

pub(crate) async fn only_payments_of_ones_own_accounts_are_claimed(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    submitted(&*journal, wish("p", "k", 1_000)).await;
    let others = [
        vec![],
        vec![AccountName::new(Gateway::Eximbay, "shop")],
        vec![AccountName::new(Gateway::Chaiport, "shop2"), AccountName::new(Gateway::Chaiport, "sho")],
    ];
    for accounts in others {
        assert!(journal.claim("w", LEASE, &accounts).await.unwrap().is_none(), "{accounts:?}");
    }
    let mine = [AccountName::new(Gateway::Eximbay, "x"), AccountName::new(Gateway::Chaiport, "shop")];
    assert!(journal.claim("w", LEASE, &mine).await.unwrap().is_some());
}

pub(crate) async fn payments_and_counts_are_told(journal: Arc<dyn Journal>, clock: Arc<TestClock>) {
    assert_eq!(journal.counts().await.unwrap(), Counts::default());
    for id in ["a", "c", "b", "d"] {
        journal.register_payment(payment(id)).await.unwrap();
    }
    submitted(&*journal, wish("b", "k", 1_000)).await;
    let withdrawn = submitted(&*journal, wish("b", "k2", 1_000)).await;
    journal.withdraw(withdrawn.id, "kim", "a mistake").await.unwrap();
    let ids = |payments: Vec<PaymentRecord>| -> Vec<String> {
        payments.into_iter().map(|payment| payment.payment.gateway_id).collect()
    };
    assert_eq!(ids(journal.payments(None, 3).await.unwrap()), ["a", "b", "c"]);
    let after = PaymentKey::new(Gateway::Chaiport, "shop", "b");
    assert_eq!(ids(journal.payments(Some(&after), 3).await.unwrap()), ["c", "d"]);
    let counts = journal.counts().await.unwrap();
    assert_eq!((counts.payments, counts.suspects, counts.waiting), (4, 0, 0));
    assert_eq!(counts.oldest_due, Some(clock.now()));
    for (state, many) in [(IntentState::Planned, 1), (IntentState::Withdrawn, 1), (IntentState::Open, 0)] {
        assert_eq!(counts.in_state(state), many, "{state}");
    }
}

/// Callers at once, together wanting more than there is.
pub(crate) async fn callers_at_once_never_get_more_than_was_paid(
    journal: Arc<dyn Journal>,
    _clock: Arc<TestClock>,
) {
    journal.register_payment(payment("p")).await.unwrap();
    let callers: Vec<_> = (0..40)
        .map(|n| {
            let journal = Arc::clone(&journal);
            // every key twice
            tokio::spawn(async move { journal.submit(wish("p", &format!("k{}", n / 2), 900)).await })
        })
        .collect();
    let (mut new, mut existing, mut exceeds) = (0, 0, 0);
    for caller in callers {
        match caller.await.unwrap() {
            Ok(Submitted::New(_)) => new += 1,
            Ok(Submitted::Existing(_)) => existing += 1,
            Err(JournalError::Exceeds { .. }) => exceeds += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((new, existing, exceeds), (11, 11, 18));
    assert_eq!(sums(&*journal).await, (9_900, 0, 0));
    sound(&*journal).await;
}

/// The suite for one store: `make` gives an empty journal, and whatever must live as long as it.
macro_rules! journal_conformance {
    ($make:path) => {
        $crate::journal::conformance::journal_conformance!($make, with:
            payments_are_registered_once, a_number_is_registered_under_one_account, the_same_key_is_the_same_wish, a_key_is_found_whatever_its_payment, no_more_is_reserved_than_was_paid,
            a_claim_is_exclusive_until_it_expires, one_attempt_is_open_per_payment,
            the_guard_is_never_above_what_is_proven, a_completed_refund_is_final,
            unknown_and_not_sent_keep_the_attempt, a_superseded_attempt_gives_way_to_another,
            a_rejected_refund_frees_its_amount, foreign_refunds_leave_room_for_what_is_reserved,
            a_person_decides_with_the_evidence, what_was_accepted_stays_so_until_proven,
            accounts_are_sealed_and_then_erased, hints_and_restarts_make_open_attempts_due,
            hints_neither_use_up_nor_put_off_the_schedule,
            what_a_person_is_told_was_not_sent_counts_as_not_sent, what_is_refunded_in_the_admin_page_is_counted_once,
            one_refund_is_not_counted_for_two_cancels,
            what_is_to_be_made_by_hand_is_known_when_it_is_looked_at_again, what_seemed_outrun_can_have_happened,
            what_a_person_found_leaves_an_open_attempt_its_part, what_never_left_and_happened_was_made_by_hand,
            the_longest_due_comes_first, only_payments_of_ones_own_accounts_are_claimed,
            payments_and_counts_are_told, a_plan_is_approved_as_a_whole, what_a_job_cannot_submit_is_noted,
            accounts_of_a_plan_are_sealed_and_erased, a_bad_plan_is_not_stored, rows_at_once_are_counted_once,
            another_wish_of_the_same_key_is_not_the_rows, rows_are_found_by_their_keys, what_is_about_a_cancel_is_found, the_account_of_a_refused_row_is_erased, a_halted_job_holds_what_has_not_begun,
            no_second_attempt_begins_in_a_halted_job, a_discarded_job_takes_back_what_was_provably_never_sent,
            what_was_asked_for_since_goes_to_a_person_on_a_suspect_payment,
            what_was_superseded_in_a_halted_job_is_left_out_if_it_was_asked_for_since,
            the_key_of_another_row_hides_no_refund,
            what_never_left_waits_while_its_job_is_halted,
            what_may_have_happened_goes_to_a_person_if_it_was_asked_for_since,
            what_waits_in_a_job_that_goes_on_is_left_out_if_it_was_asked_for_since,
            what_never_left_is_taken_back_with_its_job,
            what_was_handed_over_is_not_taken_back_with_its_job,
            what_is_older_than_a_restore_is_not_held, what_was_asked_for_since_the_plan_is_not_submitted,
            what_is_asked_for_while_it_is_planned_counts_as_asked_since,
            a_clock_that_was_set_back_hides_nothing_from_a_plan,
            what_a_halted_job_holds_is_not_begun_if_it_was_asked_for_since,
            a_restored_journal_is_suspect, a_payment_is_cleared_by_what_is_known_of_it_now,
            a_completed_cancel_explains_no_more_than_itself,
            what_was_lost_is_not_refused_for_want_of_balance, nothing_is_withdrawn_from_a_suspect_payment,
            a_payment_is_trusted_only_once_every_cancel_of_it_has_an_outcome,
            a_payment_is_not_trusted_while_a_cancel_of_it_is_under_way,
            a_refund_of_ours_that_is_not_explained_differs,
            what_is_registered_as_refunded_after_a_restore_differs,
            a_person_may_know_of_an_attempt_that_was_lost,
            what_is_registered_after_a_restore_is_suspect_until_that_is_settled,
            a_clock_that_was_set_back_makes_nothing_new,
            what_others_are_said_to_have_refunded_is_no_proof_after_a_restore, every_step_is_in_the_event_log,
            callers_at_once_never_get_more_than_was_paid);

        #[tokio::test]
        async fn without_a_key_no_account_is_taken() {
            use $crate::journal::conformance as suite;
            let clock = suite::TestClock::new();
            let (journal, _keep) = $make(clock.clone(), $crate::journal::Vault::without_key());
            suite::without_a_key_no_account_is_taken(journal, clock).await;
        }
    };
    ($make:path, with: $($test:ident),*) => {$(
        #[tokio::test]
        async fn $test() {
            use $crate::journal::conformance as suite;
            let clock = suite::TestClock::new();
            let (journal, _keep) = $make(clock.clone(), suite::vault());
            suite::$test(journal, clock).await;
        }
    )*};
}
pub(crate) use journal_conformance;
