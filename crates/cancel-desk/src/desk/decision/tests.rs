//! Single rules of a decision; whole ones stand beside the desk's tests.

use std::sync::Arc;

use pg_core::{
    CancelEntry, CancelError, CancelGateway, CancelOrder, Cancelled, Capabilities, Gateway, GatewayText,
    Guard, LedgerKnowledge, LookUpError, PaymentRef, Verdict,
};

use super::*;
use crate::journal::MemoryJournal;
use crate::journal::conformance::{LEASE, TestClock, about, attempt, payment, submitted, vault, wish, won};
use crate::protocol::Change;
use crate::record::AttemptState;
use crate::worker::{Account, Accounts};

/// A gateway that shows a sum of 3,000 refunded.
#[derive(Debug)]
struct Sum;

#[async_trait::async_trait]
impl CancelGateway for Sum {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, pg_core::Evidence::Inferred, false)
    }

    async fn cancel(&self, _order: &CancelOrder) -> Result<Cancelled, CancelError> {
        panic!("nothing is sent")
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        Ok(PaymentState::new(payment.paid, won(3_000), "paid")?)
    }

    async fn reconcile(&self, _: &CancelOrder, _: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        Ok(Verdict::NotYet)
    }
}

fn desk() -> Desk {
    let journal = MemoryJournal::new(TestClock::new(), vault());
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(Sum))).unwrap();
    Desk::new(Arc::new(journal), Arc::new(accounts))
}

/// A payment of 10,000, and a cancel of 3,000 of it.
async fn planned(desk: &Desk) -> (PaymentRecord, IntentRecord) {
    let payment = desk.journal().register_payment(payment("p")).await.unwrap();
    let intent = submitted(&**desk.journal(), wish("p", "k", 3_000)).await;
    (payment, intent)
}

/// The same, sent once; `home`: it never left.
async fn sent(desk: &Desk, home: bool) -> (PaymentRecord, IntentRecord, AttemptRecord) {
    let (payment, intent) = planned(desk).await;
    let journal = desk.journal();
    let claim = journal.claim_payment(&payment.key(), "w", LEASE).await.unwrap().unwrap();
    let new = attempt(&claim, 10_000);
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    let pause = LEASE;
    let change = match home {
        true => Change::NotSent { phase: "connect", pause },
        false => Change::Unknown { reason: "timeout", hold: false, taken: false, upstream: false, pause },
    };
    journal.record(&claim.lease, &about(intent.id, Some(new.id), change)).await.unwrap();
    let attempt = journal.attempts_of(intent.id).await.unwrap().remove(0);
    let intent = IntentRecord { state: IntentState::Manual, ..intent };
    (payment, intent, attempt)
}

fn history(entries: &[(&str, i64)]) -> PaymentState {
    let sum = entries.iter().map(|(_, amount)| amount).sum();
    let entries = entries.iter().map(|(reason, amount)| CancelEntry {
        amount: won(*amount),
        at: None,
        reason: GatewayText::scrubbed(*reason, &[]),
        cancel_id: None,
    });
    PaymentState::new(won(10_000), won(sum), "paid").unwrap().with_history(entries.collect())
}

#[tokio::test]
async fn only_copies_that_may_have_left_are_sent_ones() {
    let (_, intent, attempt) = sent(&desk(), false).await;
    let of = |change: fn(&mut IntentRecord, &mut AttemptRecord)| {
        let (mut intent, mut attempt) = (intent.clone(), attempt.clone());
        change(&mut intent, &mut attempt);
        Sent::of(&intent, vec![attempt]).map(|sent| (sent.before, sent.taken))
    };
    assert_eq!(of(|_, _| {}), Some((10_000, false)));
    assert_eq!(of(|_, attempt| attempt.doubts = 0), None);
    assert_eq!(of(|_, attempt| attempt.taken = true), Some((10_000, true)));
    assert_eq!(of(|intent, _| intent.state = IntentState::Accepted), Some((10_000, true)));
    // the first of several tells what was gone before
    let later = AttemptRecord { balance_before: won(9_000), ..attempt.clone() };
    assert_eq!(Sent::of(&intent, vec![later, attempt]).map(|sent| sent.before), Some(10_000));
}

#[tokio::test]
async fn what_nobody_can_have_made_is_not_asked_of_the_books() {
    let asked = async |desk: &Desk, payment: &PaymentRecord, intent: &IntentRecord| {
        let by = async |what| desk.is_decided_by_the_books(payment, intent, what).await.unwrap();
        [by(Resolution::Happened).await, by(Resolution::DidNotHappen).await, by(Resolution::LookAgain).await]
    };
    let manual = |intent: IntentRecord| IntentRecord { state: IntentState::Manual, ..intent };
    let desk = desk();
    let (payment, intent) = planned(&desk).await;
    assert_eq!(asked(&desk, &payment, &manual(intent)).await, [false, false, false]);
    for (home, told) in [(false, [true, true, false]), (true, [true, false, false])] {
        let desk = self::desk();
        let (payment, intent, _) = sent(&desk, home).await;
        assert_eq!(asked(&desk, &payment, &intent).await, told, "{home}");
        // what does not wait for a person is refused by the journal
        let open = IntentRecord { state: IntentState::Open, ..intent };
        assert_eq!(asked(&desk, &payment, &open).await, [false, false, false]);
    }
}

#[tokio::test]
async fn the_balance_before_is_that_of_an_open_copy_that_may_have_left() {
    let (_, _, attempt) = sent(&desk(), false).await;
    let before = |doubts, state| {
        let attempt = AttemptRecord { doubts, state, ..attempt.clone() };
        open_before(&[attempt])
    };
    assert_eq!(before(1, AttemptState::Unknown), Some(10_000));
    assert_eq!(before(0, AttemptState::Unknown), None);
    assert_eq!(before(1, AttemptState::Closed), None);
}

#[tokio::test]
async fn what_is_missing_is_explained_by_every_cancel_but_this_one() {
    let desk = desk();
    let (payment, intent, attempt) = sent(&desk, false).await;
    let other = submitted(&**desk.journal(), wish("p", "l", 1_000)).await;
    let state = history(&[(&attempt.id.tag().unwrap().in_reason(), 3_000)]);
    let missing =
        async |but_for| desk.missing_since(&payment, &state, but_for, None).await.unwrap().amounts();
    assert_eq!(missing(other.id).await, []);
    assert_eq!(missing(intent.id).await, [won(3_000)]);
}

#[tokio::test]
async fn what_may_be_this_cancel_is_told_by_single_refunds_where_there_are_some() {
    let desk = desk();
    let (mut payment, intent, _) = sent(&desk, false).await;
    let sent = || Sent { attempts: Vec::new(), before: 10_000, taken: false };
    let found = async |payment: &PaymentRecord, state: PaymentState| match desk
        .check_not_arrived(payment, &intent, &sent(), &state)
        .await
    {
        Err(DeskError::MayHaveHappened { found, .. }) => found,
        other => panic!("{other:?}"),
    };
    let single = history(&[("console", 3_000), ("console", 500)]);
    assert_eq!(found(&payment, single).await, [won(3_000), won(500)]);
    let sums = PaymentState::new(won(10_000), won(3_500), "paid").unwrap();
    assert_eq!(found(&payment, sums).await, [won(3_500)]);
    // an old answer lists nothing, and more is known to be gone
    payment.known_balance = 7_000;
    assert_eq!(found(&payment, history(&[])).await, [won(3_000)]);
}

#[tokio::test]
async fn a_copy_that_never_left_is_not_waited_for() {
    let desk = desk();
    let (payment, _, attempt) = sent(&desk, false).await;
    let waited_for = async |doubts| {
        let attempt = AttemptRecord { doubts, ..attempt.clone() };
        desk.check_none_in_flight(&payment, &[attempt]).await
    };
    assert!(matches!(waited_for(1).await, Err(DeskError::TooEarly(_))));
    waited_for(0).await.unwrap();
}

#[tokio::test]
async fn a_balance_that_is_known_already_is_not_taken_in_again() {
    let desk = desk();
    let (payment, intent, _) = sent(&desk, false).await;
    let compared = async || {
        let events = desk.journal().events(0, 100).await.unwrap();
        events.iter().filter(|event| event.kind == "compared").count()
    };
    let told = desk.take_in_what_happened(&payment, &intent, ByHand::Nothing).await;
    assert_eq!((told.unwrap(), compared().await), (Some(7_000), 1));
    let payment = desk.payment(&payment.key()).await.unwrap();
    assert_eq!(payment.known_balance, 7_000);
    let told = desk.take_in_what_happened(&payment, &intent, ByHand::Nothing).await;
    assert_eq!((told.unwrap(), compared().await), (Some(7_000), 1));
}

#[tokio::test]
async fn what_a_suspect_payment_or_a_restored_journal_tells_may_be_lost() {
    let (mut payment, mut intent) = planned(&desk()).await;
    assert!(!may_be_lost(&payment, &intent));
    let snapshot = crate::protocol::Snapshot {
        payment: payment.clone(),
        intent: intent.clone(),
        attempt: None,
        now: intent.created_at,
    };
    intent.evidence = Some(crate::protocol::evidence(&snapshot, crate::record::Why::RestoredJournal, None));
    assert!(may_be_lost(&payment, &intent), "though it was cleared since");
    payment.suspect = Some(crate::record::Suspect::Unchecked);
    assert!(may_be_lost(&payment, &intent));
    intent.evidence = None;
    assert!(may_be_lost(&payment, &intent));
}

#[tokio::test]
async fn a_payment_in_no_doubt_has_nothing_to_explain() {
    let desk = desk();
    let (mut payment, _) = planned(&desk).await;
    let silent = || Err(DeskError::NoSuchPayment);
    desk.check_explained(&payment, silent(), ByHand::Nothing).await.unwrap();
    payment.suspect_since = Some(crate::record::Timestamp(0));
    desk.check_explained(&payment, silent(), ByHand::Everything).await.unwrap();
    assert!(desk.check_explained(&payment, silent(), ByHand::Sums).await.is_err());
}
