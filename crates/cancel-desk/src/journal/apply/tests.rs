//! Single rules of the rows, where the suites of the stores see only what several of them come to.

use super::*;
use crate::journal::conformance::{UNKNOWN, about, payment, wish, won};
use crate::protocol::AttemptPlan;
use crate::record::{AttemptId, IntentId};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// A payment of 10,000 of which 3,000 are to be refunded.
fn planned() -> Rows {
    let mut payment = PaymentRecord::registered(&payment("p"));
    let intent = submit(&mut payment, &wish("p", "k", 3_000), [0; 32], NOW).unwrap();
    Rows { payment, intent, attempt: None }
}

fn new_attempt(intent: IntentId) -> NewAttempt {
    let plan = AttemptPlan { intent, balance_before: 10_000, sequence: 1, at: NOW };
    NewAttempt { id: AttemptId::from_bits(5), plan, frozen: "{}".to_owned(), digest: [0; 32] }
}

/// The same, its attempt sent once.
fn sent() -> Rows {
    let mut rows = planned();
    let new = new_attempt(rows.intent.id);
    rows.attempt = Some(open(&mut rows.payment, &mut rows.intent, &new, 1, NOW).unwrap());
    rows
}

fn written(rows: &mut Rows, change: Change) -> Result<(), JournalError> {
    let record = about(rows.intent.id, rows.attempt.as_ref().map(|attempt| attempt.id), change);
    super::record(rows, &record, NOW)
}

fn evidence(why: Why, before: Option<i64>, doubts: i64) -> Evidence {
    Evidence {
        why,
        seen_balance: None,
        known_balance: 10_000,
        balance_before: before,
        amount: 3_000,
        sends: doubts,
        doubts,
        looks: 1,
        last_reason: None,
        refusal_code: None,
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, JournalError>) -> bool {
    matches!(result, Err(JournalError::NotAllowed(_)))
}

#[test]
fn a_lease_holds_to_its_very_end() {
    let mut payment = planned().payment;
    claim(&mut payment, "w", SECOND, NOW);
    let end = NOW.after(SECOND);
    assert!(!is_free(&payment, "other", end) && is_free(&payment, "w", end));
    assert!(is_free(&payment, "other", end.after(Duration::from_millis(1))));
}

#[test]
fn a_hint_about_what_is_due_leaves_the_schedule_alone() {
    let mut intent = planned().intent;
    assert!(hint(&mut intent, NOW));
    assert_eq!((intent.due_at, intent.scheduled_at), (Some(NOW), None));
    intent.due_at = Some(NOW.after(SECOND));
    assert!(hint(&mut intent, NOW));
    assert_eq!((intent.due_at, intent.scheduled_at), (Some(NOW), Some(NOW.after(SECOND))));
    intent.due_at = None;
    assert!(!hint(&mut intent, NOW));
}

#[test]
fn a_pause_that_ends_with_the_schedule_is_the_scheduled_look() {
    let waits = |pause: Duration| {
        let mut rows = sent();
        rows.intent.scheduled_at = Some(NOW.after(SECOND * 2));
        written(&mut rows, Change::Wait { pause }).unwrap();
        (rows.intent.due_at.unwrap(), rows.intent.scheduled_at)
    };
    assert_eq!(waits(SECOND), (NOW.after(SECOND), Some(NOW.after(SECOND * 2))));
    assert_eq!(waits(SECOND * 2), (NOW.after(SECOND * 2), None));
    assert_eq!(waits(SECOND * 3), (NOW.after(SECOND * 2), None));
}

#[test]
fn an_attempt_is_opened_for_the_cancel_that_it_was_planned_for_and_once() {
    let Rows { mut payment, mut intent, .. } = planned();
    let other = new_attempt(IntentId::from_bits(99));
    assert!(refused(open(&mut payment, &mut intent, &other, 1, NOW)));
    let new = new_attempt(intent.id);
    open(&mut payment, &mut intent, &new, 1, NOW).unwrap();
    assert!(refused(open(&mut payment, &mut intent, &new, 2, NOW)));
}

#[test]
fn what_was_taken_or_held_stays_so_and_is_neither_sent_again_nor_given_up() {
    let says = |hold, taken| Change::Unknown { reason: "x", hold, taken, upstream: false, pause: SECOND };
    for (hold, taken) in [(true, false), (true, true), (false, false)] {
        let mut rows = sent();
        for change in [says(hold, taken), UNKNOWN] {
            written(&mut rows, change).unwrap();
            let attempt = rows.attempt.as_ref().unwrap();
            assert_eq!((attempt.hold, attempt.taken), (hold, taken));
        }
        for change in [Change::Resend, Change::Superseded] {
            assert_eq!(refused(written(&mut rows.clone(), change)), taken);
        }
    }
}

#[test]
fn what_was_handed_over_stays_so_with_the_balance_from_before() {
    let handed_over = || {
        let mut intent = planned().intent;
        intent.evidence = Some(evidence(Why::NextNumberUnknown, Some(9_000), 0));
        intent
    };
    let again = handed_over_before(&handed_over(), &evidence(Why::OtherAmount, Some(6_000), 0));
    assert_eq!((again.why, again.balance_before), (Why::NextNumberUnknown, Some(9_000)));
    // sent meanwhile, or of a journal that lost something: whatever is known now goes before
    for now in [evidence(Why::OtherAmount, Some(6_000), 1), evidence(Why::RestoredJournal, Some(6_000), 0)] {
        assert_eq!(handed_over_before(&handed_over(), &now), now);
    }
    let now = evidence(Why::OtherAmount, Some(6_000), 0);
    assert_eq!(handed_over_before(&planned().intent, &now), now);
}

#[test]
fn nothing_is_distrusted_of_which_nothing_is_left() {
    let marks = |known, reserved| {
        let mut payment = planned().payment;
        (payment.known_balance, payment.reserved) = (known, reserved);
        let needed = suspect(&mut payment, NOW);
        assert_eq!(payment.suspect_since, needed.then_some(NOW));
        needed
    };
    assert!(marks(1, 0) && marks(0, 1) && !marks(0, 0));
}

#[test]
fn what_was_attempted_is_not_withdrawn_though_the_attempt_was_given_up() {
    let mut rows = sent();
    written(&mut rows, Change::Superseded).unwrap();
    rows.attempt = None;
    assert_eq!(rows.intent.state, IntentState::Planned);
    assert!(refused(withdraw(&mut rows.clone(), 1, NOW)));
    withdraw(&mut rows, 0, NOW).unwrap();
    assert_eq!((rows.intent.state, rows.payment.reserved), (IntentState::Withdrawn, 0));
}

#[test]
fn rows_that_do_not_add_up_are_not_stored() {
    let mut payment = planned().payment;
    check_sum(&payment).unwrap();
    payment.refunded = 7_001;
    assert!(matches!(check_sum(&payment), Err(JournalError::Exceeds { available: 0 })));
    let mut rows = sent();
    rows.payment.refunded = 7_001;
    assert!(written(&mut rows, UNKNOWN).is_err());
    assert_eq!(rows.payment.paid(), won(10_000));
}

/// Sent from 10,000, it can only have left 7,000; made by hand, it came on top of what others refunded.
#[test]
fn what_is_left_after_a_cancel_that_a_person_found_depends_on_who_made_it() {
    for (doubts, left, foreign) in [(1, 7_000, 0), (0, 5_000, 2_000)] {
        let mut rows = sent();
        rows.attempt.as_mut().unwrap().doubts = doubts;
        written(&mut rows, Change::Manual(evidence(Why::OtherAmount, Some(10_000), doubts))).unwrap();
        rows.payment.known_balance = 8_000;
        let beside = Beside { tried: true, open: None };
        resolve(&mut rows, beside, (Resolution::Happened, Checked::default()), NOW).unwrap();
        let payment = &rows.payment;
        assert_eq!(
            (payment.known_balance, payment.refunded, payment.foreign_refunded),
            (left, 3_000, foreign)
        );
    }
}

#[test]
fn what_was_gone_before_a_copy_left_is_no_room_for_it() {
    let happened = |doubts, seen| {
        let mut rows = sent();
        let attempt = rows.attempt.as_mut().unwrap();
        (attempt.doubts, attempt.balance_before) = (doubts, won(9_000));
        written(&mut rows, Change::Manual(evidence(Why::OtherAmount, Some(9_000), doubts))).unwrap();
        let beside = Beside { tried: true, open: None };
        let checked = Checked { balance: Some(seen), ..Checked::default() };
        resolve(&mut rows, beside, (Resolution::Happened, checked), NOW)
    };
    happened(1, 6_000).unwrap();
    let refused = happened(1, 7_000);
    assert!(matches!(refused, Err(JournalError::NotInLedger { refunded: 3_000, known: 1_000 })));
    // no copy left: it was made by hand, whenever
    happened(0, 7_000).unwrap();
}
