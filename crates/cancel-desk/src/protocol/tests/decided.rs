//! What a person, and whoever reads the journal, is told of a decision.

use super::*;
use crate::protocol::decide;

#[test]
fn an_unknown_outcome_is_written_down_with_its_reason() {
    for (reason, word) in [
        (UnknownReason::ConnectionLost, "connection_lost"),
        (UnknownReason::Timeout, "timeout"),
        (UnknownReason::BrokenAnswer, "broken_answer"),
        (UnknownReason::NotTheGateway, "not_the_gateway"),
        (UnknownReason::Malformed, "malformed"),
        (UnknownReason::Redirect, "redirect"),
        (UnknownReason::ServerError, "server_error"),
        (UnknownReason::Throttled, "throttled"),
        (UnknownReason::Integrity, "integrity"),
        (UnknownReason::AlreadySeen, "already_seen"),
        (UnknownReason::Upstream, "upstream"),
        (UnknownReason::AwaitingMerchantFunds, "awaiting_merchant_funds"),
        (UnknownReason::UnlistedCode, "unlisted_code"),
        (UnknownReason::RefusedOnRepeat, "refused_on_repeat"),
    ] {
        let change = answered(attempt(), Err(Unknown::new(reason).into())).change;
        let Change::Unknown { reason: told, hold, taken, upstream, .. } = change else {
            panic!("{change:?}")
        };
        assert_eq!((told, upstream), (word, reason == UnknownReason::Upstream));
        // it executes by itself once the merchant has paid in
        assert_eq!(taken, reason == UnknownReason::AwaitingMerchantFunds);
        let mends_nothing = matches!(reason, UnknownReason::Integrity | UnknownReason::Redirect);
        assert_eq!(hold, taken || mends_nothing, "{word}");
    }
}

#[test]
fn what_was_not_sent_is_written_down_with_how_far_it_came() {
    for (phase, word) in [
        (NotSentPhase::Build, "build"),
        (NotSentPhase::Credentials, "credentials"),
        (NotSentPhase::Token, "token"),
        (NotSentPhase::Connect, "connect"),
        (NotSentPhase::BeforeFirstByte, "before_first_byte"),
    ] {
        let change = answered(attempt(), Err(NotSent::new(phase).into())).change;
        assert!(matches!(change, Change::NotSent { phase, .. } if phase == word), "{change:?}");
    }
}

#[test]
fn a_ledger_that_contradicts_itself_gets_some_looks_to_clear_up() {
    let twice = &[(3_000, TAG), (3_000, TAG)];
    let after = |looks| {
        let mut claim = open(|_| {});
        claim.snapshot.intent.looks = looks;
        looked(claim, chaiport(), twice, 1_000)
    };
    assert_eq!(after(0), Change::Wait { pause: Duration::from_secs(2) });
    assert!(matches!(after(4), Change::Wait { .. }));
    let Change::Manual(evidence) = after(5) else { panic!() };
    assert_eq!(evidence.why, Why::Incoherent);
}

#[test]
fn a_place_taken_past_an_unproven_guard_is_for_a_person() {
    let unproven = Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Inferred, true);
    let Change::Manual(evidence) = looked(open(|_| {}), unproven, &[(1_000, "x")], 1_000) else { panic!() };
    assert_eq!(evidence.why, Why::GuardNotProven);
}

/// The gateway did not know itself: a copy may still come, whatever became of the others.
#[test]
fn after_upstream_a_taken_place_waits_though_no_copy_is_in_doubt() {
    let case = || open(|attempt| (attempt.upstream, attempt.doubts, attempt.looks_since_send) = (1, 0, 1));
    assert!(matches!(looked(case(), chaiport(), &[(1_000, "x")], 599), Change::Wait { .. }));
    assert_eq!(looked(case(), chaiport(), &[(1_000, "x")], 600), Change::Superseded);
}

#[test]
fn a_look_is_counted_once_where_no_number_is_known() {
    let claim = claim(None);
    let state = ledger(&[(700, "")], false);
    for (looked, looks) in [(true, 1), (false, 0)] {
        let Change::Manual(evidence) = decide::without_a_number(&claim.snapshot, &state, looked) else {
            panic!()
        };
        assert_eq!((evidence.why, evidence.looks), (Why::NextNumberUnknown, looks));
    }
}

#[test]
fn a_new_attempt_shows_its_plan_and_not_its_request() {
    let plan = AttemptPlan { intent: IntentId::from_bits(1), balance_before: 10_000, sequence: 1, at: NOW };
    let new = NewAttempt { id: AttemptId::from_bits(5), plan, frozen: "CANARY".to_owned(), digest: [0; 32] };
    let shown = format!("{new:?}");
    assert!(shown.contains("balance_before: 10000") && !shown.contains("CANARY"), "{shown}");
}

/// An answer from before others refunded: ours is on it, and theirs is not.
#[test]
fn a_tag_in_an_old_answer_lowers_the_balance_further_than_that_answer_shows() {
    let mut claim = open(|attempt| attempt.balance_before = won(8_000));
    claim.snapshot.payment.known_balance = 8_000;
    let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
    let Action::Record(record) = turn.on(seen(&[(3_000, TAG)], true), later(2)) else { panic!() };
    assert!(matches!(record.change, Change::Completed { proof: Proof::Tag, .. }), "{record:?}");
    assert_eq!(record.proven_balance, Some(5_000));
}

/// Which of two refunds of one second came first, nobody knows: either may be the one since.
#[test]
fn what_was_gone_before_is_told_from_what_came_since_only_by_moments_that_differ() {
    let missing = |seconds: [i64; 2]| {
        let entry = |amount, second| CancelEntry {
            amount: won(amount),
            at: Some(time::OffsetDateTime::from_unix_timestamp(second).unwrap()),
            reason: GatewayText::default(),
            cancel_id: None,
        };
        let state = PaymentState::new(won(10_000), won(4_000), "x").unwrap();
        let state = state.with_history(vec![entry(1_000, seconds[0]), entry(3_000, seconds[1])]);
        Missing::since(&state, 0, &[], 1_000).amounts()
    };
    assert_eq!(missing([10, 20]), [won(3_000)]);
    for unclear in [[10, 10], [20, 10]] {
        assert_eq!(missing(unclear), [won(1_000), won(3_000)]);
    }
}
