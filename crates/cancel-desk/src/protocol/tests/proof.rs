//! What is believed of an answer whose balance proves nothing: it is never taken for the lowest balance, which rises no more.

use super::*;

/// What is written after such a look-up.
fn told(claim: Claim, state: PaymentState) -> Record {
    let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
    let seen =
        Seen { answer: Ok(state), history_tag: Some(TAG.to_owned()), verdict: None, unexplained: false };
    match turn.on(Event::LookedUp(seen), later(1_000)) {
        Action::Record(record) => *record,
        other => panic!("{other:?}"),
    }
}

/// All is gone, and no single cancel says how.
fn contradictory() -> PaymentState {
    PaymentState::new(won(10_000), won(10_000), "cancelled").unwrap().with_history(Vec::new())
}

fn undecided(entries: &[(i64, &str)]) -> PaymentState {
    ledger(entries, true).with_undecided(true)
}

#[test]
fn a_contradiction_neither_rejects_a_wish_nor_lowers_the_balance() {
    for claim in [claim(None), open(|_| {})] {
        let record = told(claim, contradictory());
        assert_eq!(record.proven_balance, None);
        assert!(matches!(record.change, Change::Wait { .. }), "{record:?}");
    }
    for mut late in [claim(None), open(|_| {})] {
        late.snapshot.intent.looks = 5;
        let record = told(late, contradictory());
        assert!(matches!(record.change, Change::Manual(evidence) if evidence.why == Why::Incoherent));
    }
}

#[test]
fn what_may_come_back_is_waited_for() {
    let mut wish = claim(None);
    wish.snapshot.intent.amount = won(8_000);
    for claim in [wish, open(|_| {})] {
        let record = told(claim, undecided(&[(3_000, "console")]));
        assert_eq!(record.proven_balance, None);
        assert!(matches!(record.change, Change::Wait { .. }), "{record:?}");
    }
    let mut late = claim(None);
    late.snapshot.intent.looks = LOOK_UPS;
    let record = told(late, undecided(&[(3_000, "console")]));
    assert!(matches!(record.change, Change::Manual(evidence) if evidence.why == Why::Pending));
}

#[test]
fn our_tag_is_proof_in_any_answer_and_proves_its_own_amount_alone() {
    let more_is_gone = || {
        let history = ledger(&[(3_000, TAG)], true).history.unwrap();
        PaymentState::new(won(10_000), won(9_000), "x").unwrap().with_history(history)
    };
    for state in [more_is_gone(), undecided(&[(3_000, TAG)])] {
        let record = told(open(|_| {}), state);
        assert_eq!(record.proven_balance, Some(7_000));
        assert!(matches!(record.change, Change::Completed { proof: Proof::Tag, .. }), "{record:?}");
    }
}

#[test]
fn a_suspect_payment_is_not_compared_by_it() {
    let mut suspect = claim(None);
    suspect.snapshot.payment.suspect = Some(crate::record::Suspect::Unchecked);
    suspect.snapshot.payment.suspect_since = Some(Timestamp(0));
    let record = told(suspect, contradictory());
    assert_eq!(record.proven_balance, None);
    assert!(matches!(record.change, Change::Wait { .. }), "{record:?}");
}

#[test]
fn what_was_made_for_other_terms_waits_and_then_asks_a_person() {
    let next = |looks| {
        let mut claim = open(|_| {});
        claim.snapshot.intent.looks = looks;
        let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
        match turn.on(Event::OtherTerms, later(1_000)) {
            Action::Record(record) => (record.proven_balance, record.change),
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(next(0), (None, Change::Wait { .. })));
    assert!(matches!(next(5), (None, Change::Manual(evidence)) if evidence.why == Why::OtherTerms));
}
