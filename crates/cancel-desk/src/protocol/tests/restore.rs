//! After the journal was restored from a backup. With the rule taken out, the model finds harm at the seed named.

use super::*;
use crate::record::{Outcome, Suspect};

/// Restored at [`NOW`]; the intent was stored `seconds` after that.
fn suspect(mut claim: Claim, seconds: u64) -> Claim {
    claim.snapshot.payment.suspect = Some(Suspect::Unchecked);
    claim.snapshot.payment.suspect_since = Some(NOW);
    claim.snapshot.intent.created_at = later(seconds);
    claim
}

/// An attempt known to the backup, long due and looked up before.
fn known(change: impl FnOnce(&mut AttemptRecord)) -> Claim {
    let claim = open(|attempt| {
        attempt.looks_since_send = 1;
        change(attempt);
    });
    suspect(claim, 0)
}

/// An attempt opened after the restore, looked up before.
fn fresh(change: impl FnOnce(&mut AttemptRecord)) -> Claim {
    let claim = open(|attempt| {
        attempt.first_send_at = later(700);
        attempt.last_send_at = later(700);
        attempt.looks_since_send = 1;
        change(attempt);
    });
    suspect(claim, 1)
}

fn is_for_a_person(change: &Change, why: Why) -> bool {
    matches!(change, Change::Manual(evidence) if evidence.why == why)
}

fn wait(seconds: u64) -> Change {
    Change::Wait { pause: Duration::from_secs(seconds) }
}

/// Seed 5553 at Chaiport: a person looked into the books while a lost attempt was on its way.
#[test]
fn nobody_is_asked_before_what_was_on_its_way_has_arrived() {
    for (stored, entries) in [(0, &[][..]), (1, &[]), (0, &[(1_000, "x")]), (1, &[(3_000, "x")])] {
        let change = looked(suspect(claim(None), stored), chaiport(), entries, 100);
        assert_eq!(change, wait(500), "{stored} {entries:?}");
    }
    // an attempt that followed this one may have been lost
    for entries in [&[(1_000, "x")][..], &[(3_000, "x")]] {
        assert_eq!(looked(known(|_| {}), chaiport(), entries, 100), wait(500));
    }
    assert_eq!(looked(known(|_| {}), chaiport(), &[], 590), wait(10));
}

#[test]
fn what_was_stored_before_never_begins_by_itself() {
    for entries in [&[][..], &[(1_000, "x")]] {
        let change = looked(suspect(claim(None), 0), chaiport(), entries, 600);
        assert!(is_for_a_person(&change, Why::RestoredJournal), "{entries:?}");
    }
}

#[test]
fn a_new_wish_begins_only_where_the_ledger_is_as_the_journal_knows_it() {
    let (mut turn, _) = Turn::begin(suspect(claim(None), 1), chaiport(), Policy::default());
    let Action::Commit(plan) = turn.on(seen(&[], true), later(600)) else { panic!() };
    assert_eq!(plan.balance_before, 10_000);
    let change = looked(suspect(claim(None), 1), chaiport(), &[(1_000, "x")], 600);
    assert!(is_for_a_person(&change, Why::RestoredJournal));
    // what was found different stays so, though the lower balance is known by now
    let mut differs = suspect(claim(None), 1);
    differs.snapshot.payment.suspect = Some(Suspect::Differs);
    differs.snapshot.payment.known_balance = 9_000;
    let change = looked(differs, chaiport(), &[(1_000, "x")], 600);
    assert!(is_for_a_person(&change, Why::RestoredJournal));
    // and a cleared payment is like any other
    let (mut turn, _) = Turn::begin(claim(None), chaiport(), Policy::default());
    assert!(matches!(turn.on(seen(&[(1_000, "x")], true), NOW), Action::Commit(_)));
}

/// Seed 2655 at Chaiport: the lost attempt lay at a PG that decides later.
#[test]
fn what_a_pg_may_have_from_a_lost_attempt_is_waited_for() {
    let record = found(suspect(claim(None), 1), &[], pending());
    assert_eq!((record.change, record.proven_balance), (wait(2), None));
    let mut late = suspect(claim(None), 1);
    late.snapshot.intent.looks = LOOK_UPS;
    assert!(is_for_a_person(&found(late, &[], pending()).change, Why::Pending));
    let stored_before = found(suspect(claim(None), 0), &[], pending());
    assert!(is_for_a_person(&stored_before.change, Why::RestoredJournal));
    // nothing else that the crate says of an attempt that was never made counts
    let (mut turn, _) = Turn::begin(suspect(claim(None), 1), chaiport(), Policy::default());
    let Event::LookedUp(seen) = seen(&[], true) else { panic!() };
    let told = Seen { verdict: Some(Verdict::NotYet), ..seen };
    assert!(matches!(turn.on(Event::LookedUp(told), later(600)), Action::Commit(_)));
}

#[test]
fn our_tag_stays_proof() {
    for claim in [known(|_| {}), fresh(|_| {})] {
        let change = looked(claim, chaiport(), &[(3_000, TAG)], 2);
        assert_eq!(change, Change::Completed { proof: Proof::Tag, cancel_id: None });
    }
}

#[test]
fn what_a_lost_attempt_could_have_caused_is_for_a_person() {
    for claim in [known(|_| {}), fresh(|_| {})] {
        let change = looked(claim.clone(), chaiport(), &[(1_000, "console")], 5_000);
        assert!(is_for_a_person(&change, Why::RestoredJournal));
        let policy = Policy { sole_actor: true, ..Policy::default() };
        let (mut turn, _) = Turn::begin(claim, eximbay(), policy);
        let Action::Record(record) = turn.on(seen(&[(3_000, "")], false), later(5_000)) else { panic!() };
        assert!(is_for_a_person(&record.change, Why::RestoredJournal));
    }
}

#[test]
fn what_was_sent_before_is_not_sent_again_by_itself() {
    for doubts in [0, 1] {
        let change = looked(known(|attempt| attempt.doubts = doubts), chaiport(), &[], 600);
        assert!(is_for_a_person(&change, Why::RestoredJournal), "{doubts}");
    }
    for doubts in [0, 1] {
        let change = looked(fresh(|attempt| attempt.doubts = doubts), chaiport(), &[], 790);
        assert_eq!(change, Change::Resend, "{doubts}");
    }
}

#[test]
fn a_refusal_is_believed_once_nothing_is_on_its_way() {
    let refused = |attempt: &mut AttemptRecord| {
        attempt.refusal =
            Some(Refusal { kind: "period".to_owned(), code: "R1".to_owned(), could_be_our_own_doing: false });
    };
    let rejected = |change| matches!(change, Change::Rejected(RejectedBecause::Refused { .. }));
    assert_eq!(looked(known(refused), chaiport(), &[], 100), wait(500));
    assert!(rejected(looked(known(refused), chaiport(), &[], 600)));
    assert!(rejected(looked(fresh(refused), chaiport(), &[], 701)));
    // nothing that followed it was lost, however short the time since the restore
    let soon = fresh(|attempt| {
        (attempt.first_send_at, attempt.last_send_at) = (later(50), later(50));
        refused(attempt);
    });
    assert!(rejected(looked(soon, chaiport(), &[], 51)));
}

#[test]
fn only_a_suspect_payment_without_an_attempt_is_probed() {
    let probe = |claim| Turn::begin(claim, chaiport(), Policy::default()).0.probe();
    let order = probe(suspect(claim(None), 1)).unwrap();
    assert_eq!((order.amount(), order.balance_before()), (won(3_000), won(10_000)));
    assert!(order.sends().may_have_been_sent());
    assert!(probe(claim(None)).is_none());
    assert!(probe(known(|_| {})).is_none());
    let mut too_much = suspect(claim(None), 1);
    too_much.snapshot.payment.known_balance = 2_999;
    assert!(probe(too_much).is_none());
}

#[test]
fn nothing_begins_on_a_payment_whose_history_shows_a_refund_that_was_lost() {
    let told = |claim, unexplained| {
        let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
        let Event::LookedUp(seen) = seen(&[], true) else { panic!() };
        turn.on(Event::LookedUp(Seen { unexplained, ..seen }), later(600))
    };
    assert!(matches!(told(suspect(claim(None), 1), false), Action::Commit(_)));
    let Action::Record(record) = told(suspect(claim(None), 1), true) else { panic!() };
    assert!(is_for_a_person(&record.change, Why::RestoredJournal));
    // on a payment that is in no doubt nobody asks
    let turn = |claim| Turn::begin(claim, chaiport(), Policy::default()).0;
    assert!(turn(suspect(claim(None), 1)).is_distrusted());
    assert!(!turn(claim(None)).is_distrusted() && !turn(known(|_| {})).is_distrusted());
}

/// A cancel of the journal: its amount, the number of its attempt if it has one, and whether a person called it done.
fn of_journal(amount: i64, attempt_no: Option<u128>, done: bool) -> (IntentRecord, Vec<AttemptRecord>) {
    let mut intent = claim(None).snapshot.intent;
    intent.amount = won(amount);
    intent.outcome = done.then_some(Outcome::Completed { proof: Proof::Person, cancel_id: None });
    let made = attempt_no.map(|no| AttemptRecord { id: AttemptId::from_bits(no), ..attempt() });
    (intent, made.into_iter().collect())
}

#[test]
fn what_is_missing_may_hold_a_refund_that_was_lost() {
    let lost = AttemptId::from_bits(2).tag().unwrap().in_reason();
    let entries = [(500, "console"), (3_000, lost.as_str())];
    let told = Missing::of(&ledger(&entries, true), 0, &[]);
    assert_eq!((told.marked.as_slice(), told.rest), ([won(3_000)].as_slice(), None));
    // of ours a PG may have cut the mark short
    assert_eq!(told.unmarked, [won(500)]);
    assert!(told.may_hold(won(3_000)) && told.may_hold(won(500)) && !told.may_hold(won(1_000)));
    assert!(!told.may_hold(won(3_500)), "single refunds");
    assert_eq!(told.amounts(), [won(3_000), won(500)]);
    let explained = [of_journal(3_000, None, true), of_journal(500, Some(1), true)];
    assert!(Missing::of(&ledger(&entries, true), 3_500, &explained).is_empty());
    // a sum may be anything that fits into it
    let told = Missing::of(&ledger(&entries, false), 500, &[]);
    assert_eq!((told.marked.as_slice(), told.rest), ([].as_slice(), Some(won(3_000))));
    assert!(told.may_hold(won(1)) && told.may_hold(won(3_000)) && !told.may_hold(won(3_001)));
    assert_eq!(told.amounts(), [won(3_000)]);
    assert_eq!(Missing::of(&ledger(&entries, false), 3_500, &[]), Missing::default());
}

#[test]
fn a_mark_of_ours_is_explained_by_its_attempt_or_by_a_person_who_found_it() {
    let mark = |no| AttemptId::from_bits(no).tag().unwrap().in_reason();
    let (known, lost) = (format!("{} 변심", mark(1)), mark(2));
    let missing = |entries: &[(i64, &str)], journal: &[(IntentRecord, Vec<AttemptRecord>)]| -> Vec<i64> {
        let found = unexplained(&ledger(entries, true), journal);
        found.into_iter().map(Money::minor).collect()
    };
    let none: [i64; 0] = [];
    // nothing of ours; ours by its tag; ours and not in the journal
    assert_eq!(missing(&[(3_000, "console"), (1, "[c:]")], &[]), none);
    assert_eq!(missing(&[(3_000, &known)], &[of_journal(3_000, Some(1), false)]), none);
    let both = [(3_000, known.as_str()), (3_000, lost.as_str())];
    assert_eq!(missing(&both, &[of_journal(3_000, Some(1), false)]), [3_000]);
    assert_eq!(missing(&both, &[of_journal(3_000, Some(1), true)]), [3_000], "its own tag is there");
    // the wish repeated, and found by a person: once, and for its own amount
    let repeated = || of_journal(3_000, None, true);
    assert_eq!(missing(&both, &[of_journal(3_000, Some(1), false), repeated()]), none);
    assert_eq!(missing(&[(3_000, &lost), (3_000, &mark(3))], &[repeated()]), [3_000]);
    assert_eq!(missing(&[(2_000, &lost)], &[repeated()]), [2_000]);
    assert_eq!(missing(&[(3_000, &lost)], &[of_journal(3_000, None, false)]), [3_000], "not found yet");
    // what was paid by hand for a cancel whose own mark is known: the mark is another's
    assert_eq!(missing(&[(3_000, &lost)], &[of_journal(3_000, Some(1), true)]), [3_000]);
    // what a colleague refunded by hand for it explains nothing else
    let with_console = [(3_000, "console"), (3_000, lost.as_str())];
    assert_eq!(missing(&with_console, &[of_journal(3_000, Some(1), true)]), [3_000]);
    assert_eq!(missing(&with_console, &[repeated()]), none);
    // a repeated wish is a mark first, and then what may be one cut short
    let found = |journal: &[(IntentRecord, Vec<AttemptRecord>)]| {
        Missing::of(&ledger(&with_console, true), 0, journal).amounts()
    };
    assert_eq!(found(&[repeated()]), [won(3_000)]);
    assert!(found(&[repeated(), repeated()]).is_empty());
    // given up, and there all the same; one cancel, and there twice
    let mut given_up = of_journal(3_000, Some(1), false);
    for state in [IntentState::Rejected, IntentState::Withdrawn] {
        given_up.0.state = state;
        assert_eq!(missing(&[(3_000, &known)], &[given_up.clone()]), [3_000], "{state}");
    }
    assert_eq!(missing(&[(3_000, &known), (3_000, &known)], &[of_journal(3_000, Some(1), true)]), [3_000]);
    // made by another journal, and made though called undone here
    let entries = [(3_000, known.as_str()), (1_000, lost.as_str())];
    given_up.0.state = IntentState::Rejected;
    assert_eq!(contradicted(&ledger(&entries, true), &[given_up]), [won(3_000)]);
    assert_eq!(contradicted(&ledger(&entries, true), &[of_journal(3_000, Some(1), true)]), []);
    // whose is which
    let mut journal = [of_journal(3_000, Some(1), false), repeated()];
    journal[1].0.id = IntentId::random().unwrap();
    let mut entries = with_console.to_vec();
    entries.extend([(3_000, known.as_str()), (1_000, lost.as_str())]);
    let (first, again) = (Origin::Of(journal[0].0.id), Origin::Of(journal[1].0.id));
    let found = origins(&ledger(&entries, true), &journal).into_iter().map(|(_, origin)| origin);
    assert_eq!(found.collect::<Vec<_>>(), [Origin::Others, again, first, Origin::Lost]);
    // no history, no marks
    assert_eq!(unexplained(&ledger(&[(3_000, &lost)], false), &[]), []);
    assert!(is_marked(&ledger(&both, true)) && !is_marked(&ledger(&[(3_000, "console")], true)));
}
