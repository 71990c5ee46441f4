//! Each rule of the protocol, one by one; the model shows that together they suffice.

use std::time::Duration;

use pg_core::{
    Attribution, CancelEntry, CancelError, CancelState, Cancelled, Capabilities, Doubt, Evidence, Gateway,
    GatewayText, Guard, Invalid, LookUpError, LookUpErrorKind, Money, NotSent, NotSentPhase, PaymentRef,
    PaymentState, Rejected, RejectionKind, Unknown, UnknownReason, Verdict,
};

use super::*;
use crate::record::{
    AttemptId, AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, NewPayment, PaymentRecord,
    Proof, Refusal, RejectedBecause, Timestamp, Why,
};

mod decided;
mod numbers;
mod proof;
mod restore;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const TAG: &str = "our-tag";

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn chaiport() -> Capabilities {
    Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, true)
}

fn eximbay() -> Capabilities {
    Capabilities::new(Gateway::Eximbay, Guard::Balance, Evidence::Inferred, false)
}

fn settlebank() -> Capabilities {
    Capabilities::new(Gateway::Settlebank, Guard::Sequence, Evidence::Documented, false)
}

fn attempt() -> AttemptRecord {
    AttemptRecord {
        id: AttemptId::from_bits(5),
        intent: IntentId::from_bits(1),
        no: 1,
        balance_before: won(10_000),
        amount: won(3_000),
        sequence: 1,
        frozen: String::new(),
        digest: [0; 32],
        state: AttemptState::Unknown,
        fence: 1,
        sends: 1,
        doubts: 1,
        hold: false,
        taken: false,
        upstream: 0,
        looks_since_send: 0,
        refusal: None,
        last_reason: None,
        first_send_at: NOW,
        last_send_at: NOW,
    }
}

/// A payment of 10,000 of which 3,000 are to be refunded.
fn claim(attempt: Option<AttemptRecord>) -> Claim {
    let reference = PaymentRef::new(Gateway::Chaiport, "p", "order", won(10_000));
    let payment = PaymentRecord::registered(&NewPayment::new("shop", reference));
    let intent = IntentRecord {
        id: IntentId::from_bits(1),
        payment: payment.key(),
        caller_key: "k".to_owned(),
        fingerprint: [0; 32],
        amount: won(3_000),
        reason: None,
        state: if attempt.is_some() { IntentState::Open } else { IntentState::Planned },
        outcome: None,
        evidence: None,
        due_at: Some(NOW),
        scheduled_at: None,
        looks: 0,
        created_at: NOW,
        updated_at: NOW,
    };
    let lease = Lease {
        payment: payment.key(),
        owner: "w".to_owned(),
        fence: 1,
        until: NOW.after(Duration::from_secs(120)),
        length: Duration::from_secs(120),
    };
    Claim { lease, snapshot: Snapshot { payment, intent, attempt, now: NOW }, has_account: false }
}

fn ledger(entries: &[(i64, &str)], history: bool) -> PaymentState {
    let state =
        PaymentState::new(won(10_000), won(entries.iter().map(|(amount, _)| amount).sum()), "x").unwrap();
    if !history {
        return state;
    }
    state.with_history(
        entries
            .iter()
            .map(|(amount, reason)| CancelEntry {
                amount: won(*amount),
                at: None,
                reason: GatewayText::scrubbed(*reason, &[]),
                cancel_id: None,
            })
            .collect(),
    )
}

fn seen(entries: &[(i64, &str)], history: bool) -> Event {
    Event::LookedUp(Seen {
        answer: Ok(ledger(entries, history)),
        history_tag: history.then(|| TAG.to_owned()),
        verdict: None,
        unexplained: false,
    })
}

fn later(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

/// What is written after a look-up `seconds` after the sending.
fn looked(claim: Claim, capabilities: Capabilities, entries: &[(i64, &str)], seconds: u64) -> Change {
    let (mut turn, first) = Turn::begin(claim, capabilities, Policy::default());
    assert!(matches!(first, Action::LookUp(_)));
    match turn.on(seen(entries, capabilities.history), later(seconds)) {
        Action::Record(record) => record.change,
        other => panic!("{other:?}"),
    }
}

/// What is written after an answer.
fn answered(attempt: AttemptRecord, outcome: Result<Cancelled, CancelError>) -> Record {
    let (mut turn, _) = Turn::begin(claim(Some(attempt)), chaiport(), Policy::default());
    match turn.on(Event::Answered { outcome, taken: false }, NOW) {
        Action::Record(record) => *record,
        other => panic!("{other:?}"),
    }
}

fn open(change: impl FnOnce(&mut AttemptRecord)) -> Claim {
    let mut attempt = attempt();
    change(&mut attempt);
    claim(Some(attempt))
}

#[test]
fn a_new_attempt_is_planned_on_a_fresh_look_up_and_the_lowest_balance_known() {
    for (known, entries, before) in
        [(10_000, &[][..], 10_000), (10_000, &[(1_000, "x")], 9_000), (7_000, &[(1_000, "x")], 7_000)]
    {
        let mut claim = claim(None);
        claim.snapshot.payment.known_balance = known;
        let (mut turn, first) = Turn::begin(claim, chaiport(), Policy::default());
        assert!(matches!(first, Action::LookUp(_)));
        let Action::Commit(plan) = turn.on(seen(entries, true), NOW) else { panic!() };
        assert_eq!((plan.balance_before, usize::from(plan.sequence)), (before, entries.len() + 1));
    }
}

#[test]
fn nothing_is_sent_before_the_journal_committed_it() {
    let (mut turn, _) = Turn::begin(claim(None), chaiport(), Policy::default());
    let Action::Commit(_) = turn.on(seen(&[], true), NOW) else { panic!() };
    let mut committed = open(|attempt| attempt.state = AttemptState::Sending).snapshot;
    committed.now = later(1);
    let Action::Send(sending) = turn.on(Event::Recorded(Box::new(committed)), later(1)) else { panic!() };
    assert!(sending.first);
    // the lease was renewed by the commit; the answer must come before it ends
    assert_eq!(sending.not_after, later(1 + 120 - 75));
    assert_eq!(turn.on(Event::Lost, later(2)), Action::Release);
}

#[test]
fn more_than_is_left_is_rejected_unsent() {
    let change = looked(claim(None), chaiport(), &[(8_000, "console")], 0);
    assert_eq!(change, Change::Rejected(RejectedBecause::Insufficient { balance: 2_000 }));
}

#[test]
fn another_paid_amount_is_for_a_person() {
    let mut claim = claim(None);
    claim.snapshot.payment.payment.paid = won(9_999);
    let Change::Manual(evidence) = looked(claim, chaiport(), &[], 0) else { panic!() };
    assert_eq!(evidence.why, Why::OtherPaidAmount);
}

#[test]
fn the_tag_in_the_history_is_proof() {
    let change = looked(open(|_| {}), chaiport(), &[(3_000, TAG)], 2);
    assert_eq!(change, Change::Completed { proof: Proof::Tag, cancel_id: None });
}

#[test]
fn an_untouched_balance_waits_for_the_quiet_time_and_then_sends_the_same_again() {
    for (seconds, expected) in [
        (2, Change::Wait { pause: Duration::from_secs(2) }),
        (89, Change::Wait { pause: Duration::from_secs(1) }),
        (90, Change::Resend),
    ] {
        assert_eq!(looked(open(|_| {}), chaiport(), &[], seconds), expected, "{seconds}");
    }
}

#[test]
fn each_sending_in_doubt_doubles_the_quiet_time_before_the_next() {
    let sent = |doubts, upstream, seconds| {
        let claim = open(|attempt| {
            (attempt.sends, attempt.doubts, attempt.looks_since_send) = (20, doubts, 3);
            attempt.upstream = upstream;
        });
        looked(claim, chaiport(), &[], seconds) == Change::Resend
    };
    for (doubts, upstream, quiet) in
        [(1, 0, 90), (2, 0, 180), (5, 0, 1_440), (9, 0, 23_040), (i64::MAX, 0, 86_400), (2, 1, 1_200)]
    {
        assert!(sent(doubts, upstream, quiet), "{doubts}");
        assert!(!sent(doubts, upstream, quiet - 1), "{doubts}");
    }
}

/// A gateway that answers every sending at once, with nothing: what happens until a person is asked.
#[test]
fn sending_again_leaves_the_schedule_days_to_last() {
    let (mut claim, mut at) = (open(|_| {}), 2);
    loop {
        let change = looked(claim.clone(), chaiport(), &[], at);
        let attempt = claim.snapshot.attempt.as_mut().unwrap();
        match change {
            Change::Wait { pause } => {
                attempt.looks_since_send += 1;
                at += pause.as_secs();
            }
            Change::Resend => {
                (attempt.sends, attempt.doubts) = (attempt.sends + 1, attempt.doubts + 1);
                (attempt.last_send_at, attempt.looks_since_send) = (later(at), 0);
                at += 2;
            }
            Change::Manual(evidence) => {
                assert_eq!(evidence.why, Why::NothingSeen);
                break;
            }
            other => panic!("{other:?}"),
        }
        claim.snapshot.intent.looks += 1;
    }
    let sends = claim.snapshot.attempt.unwrap().sends;
    assert!((6..15).contains(&sends) && at > 48 * 3_600, "{sends} sendings in {at} s");
}

#[test]
fn where_the_guard_is_not_proven_nothing_is_sent_again_by_itself() {
    for capabilities in [eximbay(), settlebank()] {
        let change = looked(open(|_| {}), capabilities, &[], 1_000);
        assert_eq!(change, Change::Wait { pause: Duration::from_secs(2) });
        // unless switched on by name
        let policy = Policy { resend_on_unproven_guard: true, ..Policy::default() };
        let (mut turn, _) = Turn::begin(open(|_| {}), capabilities, policy);
        let Action::Record(record) = turn.on(seen(&[], false), later(1_000)) else { panic!() };
        assert_eq!(record.change, Change::Resend);
        // or proven never to have left
        let home = open(|attempt| attempt.doubts = 0);
        assert_eq!(looked(home, capabilities, &[], 2), Change::Resend);
    }
}

#[test]
fn what_executes_by_itself_later_is_never_sent_again() {
    for reason in [UnknownReason::AwaitingMerchantFunds, UnknownReason::Integrity, UnknownReason::Redirect] {
        let written = answered(attempt(), Err(Unknown::new(reason).into())).change;
        assert!(matches!(written, Change::Unknown { hold: true, .. }), "{reason:?}");
    }
    let change = looked(open(|attempt| attempt.hold = true), chaiport(), &[], 100_000);
    assert!(matches!(change, Change::Wait { .. }));
}

#[test]
fn a_gateway_that_does_not_know_gets_ten_minutes_two_looks_and_one_repeat() {
    let case = |looks_since_send, upstream| {
        open(|attempt| {
            attempt.looks_since_send = looks_since_send;
            attempt.upstream = upstream;
        })
    };
    assert!(matches!(looked(case(3, 1), chaiport(), &[], 599), Change::Wait { .. }));
    assert!(matches!(looked(case(0, 1), chaiport(), &[], 600), Change::Wait { .. }));
    assert_eq!(looked(case(1, 1), chaiport(), &[], 600), Change::Resend);
    assert!(matches!(looked(case(9, 2), chaiport(), &[], 100_000), Change::Wait { .. }));
}

#[test]
fn a_taken_place_counts_once_no_copy_can_be_past_the_guard() {
    let case = |looks, doubts| open(|attempt| (attempt.looks_since_send, attempt.doubts) = (looks, doubts));
    let others = &[(1_000, "console")];
    assert_eq!(looked(case(0, 1), chaiport(), others, 2), Change::Wait { pause: Duration::from_secs(2) });
    assert_eq!(looked(case(5, 2), chaiport(), others, 89), Change::Wait { pause: Duration::from_secs(2) });
    assert_eq!(looked(case(0, 1), chaiport(), others, 90), Change::Wait { pause: Duration::from_secs(2) });
    assert_eq!(looked(case(1, 1), chaiport(), others, 90), Change::Superseded);
    // no copy ever left
    assert_eq!(looked(case(0, 0), chaiport(), others, 2), Change::Superseded);
    // the copy arrived after all
    let both = &[(1_000, "console"), (3_000, TAG)];
    assert!(matches!(looked(case(1, 1), chaiport(), both, 90), Change::Completed { .. }));
}

#[test]
fn a_taken_place_closes_the_attempt_and_the_next_is_planned_at_once() {
    let home = open(|attempt| attempt.doubts = 0);
    let (mut turn, _) = Turn::begin(home, chaiport(), Policy::default());
    let Action::Record(record) = turn.on(seen(&[(1_000, "console")], true), later(2)) else { panic!() };
    assert_eq!((record.change, record.proven_balance), (Change::Superseded, Some(9_000)));
    let mut after = claim(None).snapshot;
    after.payment.known_balance = 9_000;
    let Action::Commit(plan) = turn.on(Event::Recorded(Box::new(after)), later(2)) else { panic!() };
    assert_eq!((plan.balance_before, plan.sequence), (9_000, 2));
}

#[test]
fn what_the_ledger_leaves_open_is_for_a_person() {
    for (capabilities, entries, why) in [
        (chaiport(), &[(3_000, "console")][..], Why::SameAmountWithoutTag),
        (eximbay(), &[(3_000, "")], Why::SomebodyElsePossible),
        (eximbay(), &[(1_000, "")], Why::OtherAmount),
    ] {
        let Change::Manual(evidence) = looked(open(|_| {}), capabilities, entries, 2) else { panic!() };
        assert_eq!((evidence.why, evidence.balance_before), (why, Some(10_000)));
    }
}

#[test]
fn a_balance_alone_proves_only_where_nobody_else_can_cancel() {
    let policy = Policy { sole_actor: true, ..Policy::default() };
    let (mut turn, _) = Turn::begin(open(|_| {}), eximbay(), policy);
    let Action::Record(record) = turn.on(seen(&[(3_000, "")], false), later(2)) else { panic!() };
    assert_eq!(record.change, Change::Completed { proof: Proof::Balance, cancel_id: None });
    assert_eq!(record.proven_balance, Some(7_000));
}

#[test]
fn a_stale_answer_decides_nothing() {
    let mut claim = open(|_| {});
    claim.snapshot.payment.known_balance = 7_000;
    assert!(matches!(looked(claim, chaiport(), &[], 1_000), Change::Wait { .. }));
}

#[test]
fn nothing_becomes_failed_by_age() {
    for (capabilities, hold) in [(chaiport(), false), (chaiport(), true), (eximbay(), false)] {
        let mut claim = open(|attempt| attempt.hold = hold);
        claim.snapshot.intent.looks = LOOK_UPS;
        let Change::Manual(evidence) = looked(claim, capabilities, &[], 10_000_000) else { panic!() };
        assert_eq!(evidence.why, Why::NothingSeen);
    }
}

#[test]
fn look_ups_that_tell_nothing_are_repeated_and_end_with_a_person() {
    let failed = |looks, kind| {
        let mut claim = open(|_| {});
        claim.snapshot.intent.looks = looks;
        let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
        let event = Event::LookedUp(Seen {
            answer: Err(LookUpError::new(kind)),
            history_tag: None,
            verdict: None,
            unexplained: false,
        });
        match turn.on(event, NOW) {
            Action::Record(record) => record.change,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(failed(3, LookUpErrorKind::Unavailable), Change::Wait { pause: Duration::from_secs(60) });
    assert!(matches!(failed(LOOK_UPS, LookUpErrorKind::Unavailable), Change::Manual(_)));
    assert!(matches!(failed(4, LookUpErrorKind::NotFound), Change::Wait { .. }));
    assert!(matches!(failed(5, LookUpErrorKind::NotFound), Change::Manual(_)));
    let invalid = LookUpErrorKind::Invalid(Invalid::new("x", "y"));
    assert!(matches!(failed(0, invalid), Change::Manual(_)));
}

#[test]
fn a_refusal_is_believed_on_a_first_sending_after_a_look() {
    let refusal = |kind| Err(Rejected::new(kind, "R1", GatewayText::default(), 200).into());
    for (kind, ours) in [
        (RejectionKind::Period, false),
        (RejectionKind::Request, false),
        (RejectionKind::Guard, true),
        (RejectionKind::Amount, true),
        (RejectionKind::MerchantFunds, true),
        (RejectionKind::NotCancellable, true),
    ] {
        let Change::Refused(refused) = answered(attempt(), refusal(kind)).change else { panic!() };
        assert_eq!(refused.could_be_our_own_doing, ours, "{kind:?}");
    }
    let mut repeat = attempt();
    (repeat.sends, repeat.doubts) = (2, 2);
    let written = answered(repeat, refusal(RejectionKind::Period)).change;
    assert!(matches!(written, Change::Unknown { reason: "refused_on_repeat", .. }));
}

#[test]
fn a_refusal_that_a_copy_of_ours_could_have_caused_waits_for_the_longer_quiet_time() {
    let refused = |kind: &str, ours, sends| {
        open(|attempt| {
            attempt.sends = sends;
            attempt.refusal =
                Some(Refusal { kind: kind.to_owned(), code: "R1".to_owned(), could_be_our_own_doing: ours });
        })
    };
    let rejected = |change| matches!(change, Change::Rejected(RejectedBecause::Refused { .. }));
    assert!(rejected(looked(refused("period", false, 1), chaiport(), &[], 1)));
    assert!(!rejected(looked(refused("period", false, 2), chaiport(), &[], 1)));
    assert!(rejected(looked(refused("period", false, 2), chaiport(), &[], 600)));
    assert!(!rejected(looked(refused("amount", true, 1), chaiport(), &[], 599)));
    assert!(rejected(looked(refused("amount", true, 1), chaiport(), &[], 600)));
    // "the balance has changed", and yet it has not: never
    assert!(!rejected(looked(refused("guard", true, 1), chaiport(), &[], 100_000)));
    // our own copy was applied
    let change = looked(refused("amount", true, 1), chaiport(), &[(3_000, TAG)], 1);
    assert!(matches!(change, Change::Completed { .. }));
    // somebody else was first: again if it was for that, over if it was for its own reason
    let again = |seconds| {
        let mut claim = refused("guard", true, 1);
        claim.snapshot.attempt.as_mut().unwrap().looks_since_send = 1;
        looked(claim, chaiport(), &[(1_000, "x")], seconds)
    };
    assert!(matches!(again(1), Change::Wait { .. }));
    assert_eq!(again(90), Change::Superseded);
    assert!(rejected(looked(refused("period", false, 1), chaiport(), &[(1_000, "x")], 1)));
}

#[test]
fn answers_are_written_as_they_are() {
    let done = || Cancelled::new(CancelState::Completed, won(3_000), ());
    let record = answered(attempt(), Ok(done().with_remaining(Some(won(6_000)))));
    assert!(matches!(record.change, Change::Completed { proof: Proof::Answer, .. }));
    assert_eq!(record.proven_balance, Some(6_000));
    assert_eq!(answered(attempt(), Ok(done())).proven_balance, Some(7_000));
    let other = Cancelled::new(CancelState::Completed, won(3_001), ());
    let change = answered(attempt(), Ok(other)).change;
    assert!(matches!(change, Change::Unknown { reason: "integrity", hold: true, .. }));
    let accepted = Cancelled::new(CancelState::Accepted, won(3_000), ());
    assert!(matches!(answered(attempt(), Ok(accepted)).change, Change::Accepted { .. }));
    let not_sent = answered(attempt(), Err(NotSent::new(NotSentPhase::Connect).into())).change;
    assert_eq!(not_sent, Change::NotSent { phase: "connect", pause: Duration::from_secs(2) });
    let invalid = || Err(Invalid::new("refund_account", "must be given").into());
    assert!(matches!(
        answered(attempt(), invalid()).change,
        Change::Rejected(RejectedBecause::Invalid { .. })
    ));
    let mut repeat = attempt();
    repeat.doubts = 2;
    assert!(matches!(answered(repeat, invalid()).change, Change::Unknown { hold: true, .. }));
}

#[test]
fn what_was_accepted_is_followed_up_and_never_sent_again() {
    let accepted = || open(|attempt| attempt.state = AttemptState::Accepted);
    assert!(matches!(looked(accepted(), chaiport(), &[], 100_000), Change::Wait { .. }));
    assert!(matches!(looked(accepted(), chaiport(), &[(3_000, TAG)], 9), Change::Completed { .. }));
    // somebody else's cancel does not undo what was accepted
    assert!(matches!(looked(accepted(), chaiport(), &[(1_000, "x")], 9), Change::Wait { .. }));
}

fn pending() -> Verdict {
    Verdict::Unclear(Doubt::Pending)
}

/// What is written long after the sending, when the gateway's own crate has found `found`.
fn found(claim: Claim, entries: &[(i64, &str)], found: Verdict) -> Record {
    let (mut turn, _) = Turn::begin(claim, chaiport(), Policy::default());
    let Event::LookedUp(seen) = seen(entries, true) else { panic!() };
    match turn.on(Event::LookedUp(Seen { verdict: Some(found), ..seen }), later(1_000)) {
        Action::Record(record) => *record,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_pg_decides_later_is_looked_after_and_nothing_else() {
    for entries in [&[][..], &[(1_000, "console")], &[(3_000, "console")], &[(3_000, TAG)]] {
        let record = found(open(|_| {}), entries, pending());
        assert!(matches!(record.change, Change::Wait { .. }), "{entries:?} {record:?}");
        // what is not approved may leave the ledger again
        assert_eq!(record.proven_balance, None);
        let mut late = open(|_| {});
        late.snapshot.intent.looks = LOOK_UPS;
        let Change::Manual(evidence) = found(late, entries, pending()).change else { panic!() };
        assert_eq!(evidence.why, Why::Pending);
    }
    // what the gateway said it took is pending, whatever its crate makes of the ledger now
    for (taken, accepted) in [(true, AttemptState::Unknown), (false, AttemptState::Accepted)] {
        let took = || {
            open(|attempt| {
                attempt.taken = taken;
                attempt.state = accepted;
            })
        };
        for entries in [&[][..], &[(1_000, "console")], &[(3_000, "console")]] {
            assert!(matches!(looked(took(), chaiport(), entries, 100_000), Change::Wait { .. }));
        }
        assert!(matches!(looked(took(), chaiport(), &[(3_000, TAG)], 9), Change::Completed { .. }));
    }
}

#[test]
fn what_never_left_or_was_refused_cannot_be_pending_from_us() {
    let home = || open(|attempt| attempt.doubts = 0);
    assert_eq!(found(home(), &[], pending()).change, Change::Resend);
    assert_eq!(found(home(), &[(1_000, "x")], pending()).change, Change::Superseded);
    let refused = |ours| {
        open(|attempt| {
            attempt.refusal = Some(Refusal {
                kind: "period".to_owned(),
                code: "R1".to_owned(),
                could_be_our_own_doing: ours,
            });
        })
    };
    assert!(matches!(found(refused(false), &[], pending()).change, Change::Rejected(_)));
    assert!(matches!(found(refused(true), &[], pending()).change, Change::Wait { .. }));
}

#[test]
fn the_gateways_crate_can_only_add_doubts() {
    let applied = || Verdict::Applied { by: Attribution::Tag, entry: None };
    for stale in [applied(), Verdict::Superseded, Verdict::Unclear(Doubt::Stale)] {
        assert!(matches!(found(open(|_| {}), &[], stale).change, Change::Wait { .. }));
    }
    assert!(matches!(found(open(|_| {}), &[(1_000, "x")], applied()).change, Change::Wait { .. }));
    let unordered = Verdict::Unclear(Doubt::SameAmountWithoutTag);
    let Change::Manual(evidence) = found(open(|_| {}), &[(1_000, "x")], unordered).change else { panic!() };
    assert_eq!(evidence.why, Why::SameAmountWithoutTag);
    let own = found(open(|_| {}), &[(3_000, "x")], Verdict::Superseded).change;
    assert!(matches!(own, Change::Manual(_)));
    assert_eq!(found(open(|_| {}), &[], Verdict::NotYet).change, Change::Resend);
    assert!(matches!(found(open(|_| {}), &[(3_000, TAG)], Verdict::NotYet).change, Change::Completed { .. }));
}

#[test]
fn a_copy_that_was_not_sent_leaves_the_earlier_ones_in_doubt() {
    let again = |doubts| {
        let mut attempt = attempt();
        (attempt.sends, attempt.doubts) = (2, doubts);
        answered(attempt, Err(Unknown::new(UnknownReason::NotSentOnRepeat).into())).change
    };
    assert_eq!(again(2), Change::NotSent { phase: "repeat", pause: Duration::from_secs(2) });
    // the client knows of a copy that the journal does not
    assert!(matches!(again(1), Change::Unknown { reason: "not_sent_on_repeat", taken: false, .. }));
}

#[test]
fn what_was_taken_is_written_down_whatever_became_of_this_copy() {
    let not_sent = || CancelError::from(NotSent::new(NotSentPhase::Connect));
    let repeat = || CancelError::from(Unknown::new(UnknownReason::NotSentOnRepeat));
    let lost = || CancelError::from(Unknown::new(UnknownReason::Integrity));
    for error in [not_sent(), repeat(), lost()] {
        let mut attempt = attempt();
        (attempt.sends, attempt.doubts) = (2, 2);
        let (mut turn, _) = Turn::begin(claim(Some(attempt)), chaiport(), Policy::default());
        let event = Event::Answered { outcome: Err(error), taken: true };
        let Action::Record(record) = turn.on(event, NOW) else { panic!() };
        assert!(matches!(record.change, Change::Unknown { hold: true, taken: true, .. }), "{record:?}");
    }
}

#[test]
fn after_upstream_a_taken_place_frees_the_intent_only_later() {
    let case = |looks_since_send| {
        open(|attempt| {
            attempt.looks_since_send = looks_since_send;
            attempt.upstream = 1;
        })
    };
    let others = &[(1_000, "console")];
    assert!(matches!(looked(case(3), chaiport(), others, 599), Change::Wait { .. }));
    assert!(matches!(looked(case(0), chaiport(), others, 600), Change::Wait { .. }));
    assert_eq!(looked(case(1), chaiport(), others, 600), Change::Superseded);
}

#[test]
fn a_look_that_a_hint_asked_for_ends_no_schedule() {
    let at = |scheduled: Option<u64>, looks| {
        let mut claim = open(|_| {});
        claim.snapshot.intent.looks = looks;
        claim.snapshot.intent.scheduled_at = scheduled.map(later);
        claim
    };
    // nothing is seen, long after the sending, at the end of the schedule
    let change = looked(at(None, LOOK_UPS), chaiport(), &[], 1_000);
    let Change::Manual(evidence) = change else { panic!("{change:?}") };
    assert_eq!(evidence.why, Why::NothingSeen);
    for looks in [0, 5, LOOK_UPS] {
        // not sent again either: the schedule bounds how often that is done
        let change = looked(at(Some(7_000), looks), chaiport(), &[], 1_000);
        assert_eq!(change, Change::Wait { pause: Duration::from_secs(7_000) });
        let (turn, _) = Turn::begin(at(Some(50), looks), chaiport(), Policy::default());
        for kind in [LookUpErrorKind::NotFound, LookUpErrorKind::Unavailable] {
            let change = super::decide::look_up_failed(turn.snapshot(), &LookUpError::new(kind));
            assert_eq!(change, Change::Wait { pause: Duration::from_secs(50) });
        }
        // what it proves is believed
        let change = looked(at(Some(7_000), looks), chaiport(), &[(3_000, TAG)], 9);
        assert!(matches!(change, Change::Completed { .. }));
    }
}
