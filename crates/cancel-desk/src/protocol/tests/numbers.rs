//! Where the gateway wants the number of the next cancel.

use super::*;

#[test]
fn where_somebody_else_refunded_a_part_the_next_number_is_unknown_and_nothing_is_sent() {
    let planned = |known, refunded, capabilities: Capabilities, entries: &[(i64, &str)]| {
        let mut claim = claim(None);
        let payment = &mut claim.snapshot.payment;
        (payment.known_balance, payment.refunded, payment.cancels) =
            (known, refunded, i64::from(refunded > 0));
        let (mut turn, _) = Turn::begin(claim, capabilities, Policy::default());
        turn.on(seen(entries, capabilities.history), NOW)
    };
    for (known, refunded, entries) in [
        // seen now for the first time, known before, and beside one of ours
        (10_000, 0, &[(700, "")][..]),
        (9_300, 0, &[]),
        (9_000, 1_000, &[(1_000, ""), (700, "")]),
    ] {
        let Action::Record(record) = planned(known, refunded, settlebank(), entries) else { panic!() };
        let Change::Manual(evidence) = &record.change else { panic!("{record:?}") };
        assert_eq!((evidence.why, evidence.sends, evidence.looks), (Why::NextNumberUnknown, 0, 1));
        assert_eq!((record.attempt, record.looked), (None, true), "no attempt is made of it");
        assert!(record.proven_balance.is_some_and(|balance| balance < 10_000 - refunded), "{record:?}");
        // where the balance is the guard, or every cancel is told, it goes on
        assert!(matches!(planned(known, refunded, eximbay(), entries), Action::Commit(_)));
    }
    let Action::Commit(plan) = planned(9_000, 1_000, settlebank(), &[(1_000, "")]) else { panic!() };
    assert_eq!((plan.balance_before, plan.sequence), (9_000, 2), "only ours");
}

#[test]
fn once_a_person_said_that_one_happened_the_next_number_is_unknown() {
    let planned = |capabilities: Capabilities| {
        let mut claim = claim(None);
        let payment = &mut claim.snapshot.payment;
        (payment.known_balance, payment.refunded, payment.cancels) = (9_000, 1_000, 1);
        payment.lose_count();
        payment.lose_count();
        assert_eq!((payment.cancels, payment.counted()), (PaymentRecord::UNCOUNTED + 1, 1));
        let (mut turn, _) = Turn::begin(claim, capabilities, Policy::default());
        turn.on(seen(&[(1_000, "")], capabilities.history), NOW)
    };
    let Action::Record(record) = planned(settlebank()) else { panic!() };
    assert!(matches!(&record.change, Change::Manual(evidence) if evidence.why == Why::NextNumberUnknown));
    // where the balance is the guard, it goes on, counted as before
    let Action::Commit(plan) = planned(eximbay()) else { panic!() };
    assert_eq!(plan.sequence, 2);
}

#[test]
fn a_sequence_that_the_sdk_refuses_is_for_a_person_and_was_not_sent() {
    let change = answered(attempt(), Err(Invalid::new("sequence", "must be known").into())).change;
    let Change::Manual(evidence) = change else { panic!("{change:?}") };
    assert_eq!((evidence.why, evidence.sends, evidence.doubts), (Why::NextNumberUnknown, 0, 0));
    let other = answered(attempt(), Err(Invalid::new("reason", "must be short").into())).change;
    assert!(matches!(other, Change::Rejected(RejectedBecause::Invalid { .. })));
    // an earlier copy may have left
    let mut twice = attempt();
    (twice.sends, twice.doubts) = (2, 2);
    let change = answered(twice, Err(Invalid::new("sequence", "must be known").into())).change;
    assert!(matches!(change, Change::Unknown { hold: true, .. }));
}
