use std::time::Duration;

use super::*;
use crate::journal::apply::{open, submit};
use crate::journal::conformance::{about, payment, wish};
use crate::protocol::{AttemptPlan, NewAttempt};
use crate::record::{AttemptId, Evidence, PaymentRecord, Suspect};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn planned() -> Rows {
    let mut payment = PaymentRecord::registered(&payment("p"));
    let intent = submit(&mut payment, &wish("p", "k", 3_000), [0; 32], NOW).unwrap();
    Rows { payment, intent, attempt: None }
}

/// Its attempt sent once, and not heard of.
fn unknown() -> Rows {
    let mut rows = planned();
    let plan = AttemptPlan { intent: rows.intent.id, balance_before: 10_000, sequence: 1, at: NOW };
    let new = NewAttempt { id: AttemptId::from_bits(5), plan, frozen: "{}".to_owned(), digest: [0; 32] };
    let mut attempt = open(&mut rows.payment, &mut rows.intent, &new, 1, NOW).unwrap();
    attempt.state = AttemptState::Unknown;
    rows.attempt = Some(attempt);
    rows
}

const fn of(state: JobState, asked_since: bool) -> Option<OfJob> {
    Some(OfJob { state, asked_since })
}

fn instead(rows: &Rows, change: Change, of: Option<OfJob>) -> Option<Instead> {
    instead_of(rows, &about(rows.intent.id, Some(AttemptId::from_bits(5)), change), of, NOW)
}

fn handed_over() -> Evidence {
    let rows = planned();
    protocol::evidence(&rows.into_snapshot(NOW), Why::NextNumberUnknown, None)
}

#[test]
fn a_halted_job_holds_back_a_sending_and_nothing_else() {
    let halted = of(JobState::Halted, false);
    let held = instead(&unknown(), Change::Resend, halted);
    let Some(Instead::Record(record)) = held else { panic!("{held:?}") };
    assert!(matches!(record.change, Change::Wait { .. }));
    for change in [Change::Superseded, Change::Wait { pause: Duration::ZERO }] {
        assert!(instead(&unknown(), change, halted).is_none());
    }
    // what was taken is not sent again anyway, nor what is accepted, nor what another attempt is about
    let mut taken = unknown();
    taken.attempt.as_mut().unwrap().taken = true;
    let mut accepted = unknown();
    accepted.intent.state = IntentState::Accepted;
    let mut another = unknown();
    another.attempt.as_mut().unwrap().id = AttemptId::from_bits(6);
    for rows in [taken, accepted, another] {
        assert!(instead(&rows, Change::Resend, halted).is_none());
    }
    for of in [None, of(JobState::Approved, false)] {
        assert!(instead(&unknown(), Change::Resend, of).is_none());
    }
}

#[test]
fn only_what_waits_for_a_look_is_looked_at_anew() {
    assert!(is_looked_at_anew(&unknown()));
    let mut sending = unknown();
    sending.attempt.as_mut().unwrap().state = AttemptState::Sending;
    let mut accepted = unknown();
    accepted.intent.state = IntentState::Accepted;
    for rows in [sending, accepted, planned()] {
        assert!(!is_looked_at_anew(&rows));
    }
}

#[test]
fn what_may_have_happened_is_left_to_a_person_who_is_told_why() {
    let why = |rows: &Rows| {
        let instead = instead_of_opening(rows, of(JobState::Approved, true), NOW).unwrap();
        match instead {
            Some(Instead::TakeBack(reason)) => Err(reason),
            Some(Instead::Record(record)) => match record.change {
                Change::Manual(evidence) => Ok(evidence.why),
                other => panic!("{other:?}"),
            },
            None => panic!("must be left out"),
        }
    };
    assert_eq!(why(&planned()), Err(ASKED_SINCE));
    let mut by_hand = planned();
    by_hand.intent.evidence = Some(handed_over());
    assert_eq!(why(&by_hand), Ok(Why::NextNumberUnknown));
    by_hand.payment.suspect = Some(Suspect::Unchecked);
    assert_eq!(why(&by_hand), Ok(Why::RestoredJournal));
}
