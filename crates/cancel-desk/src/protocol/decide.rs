//! The decisions themselves: from what is known to what is to be written.

use std::time::Duration;

use pg_core::reconcile::reconcile;
use pg_core::{
    Attribution, CancelError, Cancelled, Capabilities, Doubt, Guard, LookUpError, LookUpErrorKind,
    NotSentPhase, OpenAttempt, PaymentState, RejectionKind, UnknownReason, Verdict,
};

use crate::record::{
    AttemptRecord, AttemptState, Evidence, PaymentRecord, Proof, Refusal, RejectedBecause, Suspect,
    Timestamp, Why, kind_word,
};

use super::{Change, Policy, Snapshot, pause_before};

/// Contradictory or empty answers are given this many look-ups to clear up before a person is asked.
const PATIENCE: i64 = 5;
/// The pause after a sending before it is looked into.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// The longest that the quiet time grows to.
const LONGEST_QUIET: Duration = Duration::from_secs(24 * 3_600);
/// After an answer "the gateway does not know either", a second such answer ends automatic sending.
const UPSTREAM_SENDS: i64 = 2;

/// The balance that the attempt leaves if it applies.
pub(crate) fn balance_after(attempt: &AttemptRecord) -> i64 {
    attempt.balance_before.minor().saturating_sub(attempt.amount.minor())
}

/// The number of the next cancel: one more than ours and than all that the gateway tells.
pub(super) fn next_sequence(payment: &PaymentRecord, state: &PaymentState) -> Option<u16> {
    let told = state.history.as_ref().map_or(0, |history| i64::try_from(history.len()).unwrap_or(i64::MAX));
    let next = payment.counted().max(told).checked_add(1)?;
    u16::try_from(next).ok().filter(|next| *next <= 999)
}

/// Whether the number of the next cancel cannot be known: the gateway wants the next one, tells no single cancels, and
/// more is gone than we refunded, or one of ours may have been made in its admin page. How many cancels that was, and whether they
/// used up a number, nobody tells.
pub(super) fn is_next_number_unknown(
    capabilities: &Capabilities,
    payment: &PaymentRecord,
    state: &PaymentState,
    known: i64,
) -> bool {
    let gone = payment.paid().minor().saturating_sub(known);
    let is_lost = gone > payment.refunded || payment.cancels >= PaymentRecord::UNCOUNTED;
    capabilities.guard == Guard::Sequence && state.history.is_none() && is_lost
}

/// Stopped before an attempt was made of it.
pub(super) fn without_a_number(snapshot: &Snapshot, state: &PaymentState, looked: bool) -> Change {
    let looks = snapshot.intent.looks.saturating_add(i64::from(looked));
    Change::Manual(Evidence { looks, ..evidence(snapshot, Why::NextNumberUnknown, Some(state)) })
}

pub(super) fn insufficient(balance: i64) -> Change {
    Change::Rejected(RejectedBecause::Insufficient { balance })
}

/// Success that is about another amount: something was taken.
pub(super) fn integrity() -> Change {
    unknown(UnknownReason::Integrity, true)
}

pub(super) fn completed_by_answer(cancelled: &Cancelled) -> Change {
    Change::Completed { proof: Proof::Answer, cancel_id: cancelled.cancel_id().map(str::to_owned) }
}

pub(super) fn accepted(cancelled: &Cancelled) -> Change {
    Change::Accepted { cancel_id: cancelled.cancel_id().map(str::to_owned), pause: FIRST_LOOK }
}

pub(super) fn stuck(snapshot: &Snapshot) -> Change {
    Change::Manual(evidence(snapshot, Why::Stuck, None))
}

/// The next look-up of the schedule; the one that comes after its end asks a person.
pub(crate) fn later(snapshot: &Snapshot) -> Change {
    let pause = snapshot.intent.early(snapshot.now).map(|at| at.since(snapshot.now));
    Change::Wait { pause: pause.or_else(|| pause_before(snapshot.intent.looks)).unwrap_or(FIRST_LOOK) }
}

/// Stopped before its only sending that was in doubt left.
fn stuck_at_home(snapshot: &Snapshot) -> Change {
    Change::Manual(Evidence { sends: 0, doubts: 0, ..evidence(snapshot, Why::NextNumberUnknown, None) })
}

pub(super) fn other_paid_amount(snapshot: &Snapshot, state: &PaymentState) -> Change {
    Change::Manual(evidence(snapshot, Why::OtherPaidAmount, Some(state)))
}

pub(super) fn look_up_failed(snapshot: &Snapshot, error: &LookUpError) -> Change {
    match error.kind() {
        LookUpErrorKind::Invalid(_) => Change::Manual(evidence(snapshot, Why::Stuck, None)),
        LookUpErrorKind::NotFound => patiently(snapshot, Why::NotFound, None),
        _ => on_schedule(snapshot, Why::NoAnswer, None, None),
    }
}

/// The attempt's own account is to be configured again; until then nobody is asked about it.
pub(super) fn other_terms(snapshot: &Snapshot) -> Change {
    patiently(snapshot, Why::OtherTerms, None)
}

/// An answer whose balance proves nothing.
pub(super) fn proves_nothing(snapshot: &Snapshot, state: &PaymentState) -> Change {
    match state.adds_up() {
        true => on_schedule(snapshot, Why::Pending, Some(state), None),
        false => patiently(snapshot, Why::Incoherent, Some(state)),
    }
}

/// Why nothing may begin on a payment after the journal was restored from a backup: what came after the backup is not
/// in it. `None`: the payment may be trusted so far.
pub(super) fn distrusted(
    snapshot: &Snapshot,
    state: &PaymentState,
    found: Option<Verdict>,
    unexplained: bool,
    policy: &Policy,
    now: Timestamp,
) -> Option<Change> {
    let payment = &snapshot.payment;
    let (suspect, since) = (payment.suspect?, payment.suspect_since?);
    // an attempt that was lost may still be on its way: until then nobody can say what happened, no person either
    if let Some(left) = unquiet(since, policy, now) {
        return Some(Change::Wait { pause: left });
    }
    let less = state.is_proof() && state.balance.minor() < payment.known_balance;
    let differs = suspect == Suspect::Differs || less || unexplained;
    // what was stored before may have been carried through, refused or taken back since
    if differs || snapshot.intent.created_at <= since {
        return Some(manual(snapshot, Why::RestoredJournal, state));
    }
    if found == Some(Verdict::Unclear(Doubt::Pending)) {
        return Some(on_schedule(snapshot, Why::Pending, Some(state), None));
    }
    None
}

/// What is left of the time after a restore in which copies of lost attempts may still arrive.
pub(crate) fn unquiet(since: Timestamp, policy: &Policy, now: Timestamp) -> Option<Duration> {
    let left = policy.upstream_quiet.saturating_sub(now.since(since));
    (!left.is_zero()).then_some(left)
}

/// What of a change may be believed and done after the journal was restored: nothing that a lost attempt could have
/// caused, and nothing again that the lost part may have settled.
pub(super) fn after_restore(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    state: &PaymentState,
    change: Change,
    policy: &Policy,
    now: Timestamp,
) -> Change {
    let Some(since) = snapshot.payment.suspect_since else {
        return change;
    };
    let known_before = attempt.first_send_at <= since;
    let change = match change {
        Change::Superseded | Change::Completed { proof: Proof::Balance, .. } => {
            manual(snapshot, Why::RestoredJournal, state)
        }
        Change::Resend if known_before => manual(snapshot, Why::RestoredJournal, state),
        change => change,
    };
    // one that followed it may have been lost, and still be on its way
    match (&change, unquiet(since, policy, now)) {
        (Change::Manual(_) | Change::Rejected(_), Some(left)) if known_before => Change::Wait { pause: left },
        _ => change,
    }
}

/// What the ledger proves about the open attempt.
pub(super) fn verdict(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    state: &PaymentState,
    history_tag: Option<&str>,
    policy: &Policy,
    trusted: bool,
) -> Verdict {
    let open = OpenAttempt {
        tag: history_tag,
        before: attempt.balance_before,
        amount: attempt.amount,
        guarded: trusted,
        sole_actor: policy.sole_actor,
        known_balance: Some(snapshot.payment.money(snapshot.payment.known_balance)),
    };
    reconcile(&open, state)
}

/// Adds the doubts of the gateway's own crate, and of what is known about the sendings.
pub(super) fn with_doubts(
    attempt: &AttemptRecord,
    state: &PaymentState,
    own: Verdict,
    found: Option<Verdict>,
) -> Verdict {
    let said_so = found == Some(Verdict::Unclear(Doubt::Pending)) && may_be_taken(attempt);
    let pending = said_so || is_taken(attempt);
    match own {
        Verdict::Applied { .. } if said_so => Verdict::Unclear(Doubt::Pending),
        // what is gone may come back: only our tag says that some of it is ours
        ref own if state.undecided && !matches!(own, Verdict::Applied { by: Attribution::Tag, .. }) => {
            Verdict::Unclear(Doubt::Pending)
        }
        Verdict::NotYet | Verdict::Superseded if pending => Verdict::Unclear(Doubt::Pending),
        // the history will tell by our tag once it is decided; a person asked before that could only guess
        Verdict::Unclear(Doubt::SameAmountWithoutTag | Doubt::OtherAmount)
            if pending && state.history.is_some() =>
        {
            Verdict::Unclear(Doubt::Pending)
        }
        own @ Verdict::Unclear(_) => own,
        own => match (own, found) {
            // it is pending, but not from us
            (own, Some(Verdict::Unclear(Doubt::Pending))) => own,
            (_, Some(Verdict::Unclear(doubt))) => Verdict::Unclear(doubt),
            // the ledger showed more before: this answer is stale
            (Verdict::NotYet, Some(Verdict::Applied { .. } | Verdict::Superseded))
            | (Verdict::Superseded, Some(Verdict::Applied { .. })) => Verdict::Unclear(Doubt::Stale),
            (own, _) => own,
        },
    }
}

/// Whether the gateway said that it took it.
fn is_taken(attempt: &AttemptRecord) -> bool {
    attempt.taken || attempt.state == AttemptState::Accepted
}

/// Whether a PG that decides later may have it: some copy may have left, and it was not refused for a reason of its own.
fn may_be_taken(attempt: &AttemptRecord) -> bool {
    is_taken(attempt) || (attempt.doubts > 0 && !is_refused(attempt))
}

/// Whether its only copy was refused, for a reason that no other copy can have caused.
fn is_refused(attempt: &AttemptRecord) -> bool {
    let refusal = attempt.refusal.as_ref();
    attempt.sends == 1 && refusal.is_some_and(|refusal| !refusal.could_be_our_own_doing)
}

/// What follows from the verdict.
pub(super) fn change(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    state: &PaymentState,
    verdict: Verdict,
    policy: &Policy,
    trusted: bool,
    now: Timestamp,
) -> Change {
    match verdict {
        Verdict::Applied { by, entry } => {
            Change::Completed { proof: by.into(), cancel_id: entry.and_then(|entry| entry.cancel_id) }
        }
        Verdict::NotYet => not_yet(snapshot, attempt, state, policy, trusted, now),
        Verdict::Superseded => superseded(snapshot, attempt, state, policy, now),
        Verdict::Unclear(doubt) => match doubt {
            Doubt::Pending => on_schedule(snapshot, Why::Pending, Some(state), None),
            Doubt::Stale => on_schedule(snapshot, Why::NoAnswer, Some(state), None),
            Doubt::Incoherent => patiently(snapshot, Why::Incoherent, Some(state)),
            Doubt::SameAmountWithoutTag => manual(snapshot, Why::SameAmountWithoutTag, state),
            Doubt::SomebodyElsePossible => manual(snapshot, Why::SomebodyElsePossible, state),
            Doubt::OtherAmount if state.history.is_some() => manual(snapshot, Why::GuardNotProven, state),
            _ => manual(snapshot, Why::OtherAmount, state),
        },
    }
}

fn superseded(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    state: &PaymentState,
    policy: &Policy,
    now: Timestamp,
) -> Change {
    // a copy may have passed the guard before the balance moved, and be applied after all
    let quiet = quiet_left(attempt, policy, now);
    let in_doubt = attempt.upstream > 0 || (attempt.doubts > 0 && !is_refused(attempt));
    if in_doubt && (quiet.is_some() || attempt.looks_since_send < 1) {
        let pause = quiet.unwrap_or_default().max(FIRST_LOOK);
        return on_schedule(snapshot, Why::NothingSeen, Some(state), Some(pause));
    }
    match &attempt.refusal {
        // refused for a reason of its own: a new attempt would be refused as well
        Some(refusal) if !refusal.could_be_our_own_doing => rejected(refusal),
        _ => Change::Superseded,
    }
}

/// What is left of the time in which a copy of an attempt may be on its way, past the guard or before it.
pub(crate) fn quiet_left(attempt: &AttemptRecord, policy: &Policy, now: Timestamp) -> Option<Duration> {
    let quiet = if attempt.upstream > 0 { policy.upstream_quiet } else { policy.quiet };
    let left = quiet.saturating_sub(now.since(attempt.last_send_at));
    (!left.is_zero()).then_some(left)
}

/// The balance still is what it was before the attempt.
fn not_yet(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    state: &PaymentState,
    policy: &Policy,
    trusted: bool,
    now: Timestamp,
) -> Change {
    let upstream = attempt.upstream > 0;
    let quiet = quiet_after(attempt, if upstream { policy.upstream_quiet } else { policy.quiet });
    let since_sent = now.since(attempt.last_send_at);
    let quiet_left = quiet.saturating_sub(since_sent);
    let later = |sooner: Option<Duration>| on_schedule(snapshot, Why::NothingSeen, Some(state), sooner);
    if let Some(refusal) = &attempt.refusal {
        // the copy that may have been the cause can be one that the ledger shows late
        let quiet_left = policy.upstream_quiet.saturating_sub(since_sent);
        return match () {
            () if is_refused(attempt) => rejected(refusal),
            () if !quiet_left.is_zero() => later(Some(quiet_left)),
            // "the balance has changed" and an untouched balance cannot both be true
            () if refusal.kind == kind_word(RejectionKind::Guard) => later(None),
            () => rejected(refusal),
        };
    }
    if attempt.hold {
        return later(None);
    }
    // the schedule bounds how often it is sent, however many hints come; after its end a person decides
    if snapshot.intent.early(snapshot.now).is_some() || pause_before(snapshot.intent.looks).is_none() {
        return later(None);
    }
    if attempt.doubts == 0 {
        return Change::Resend;
    }
    if !trusted || attempt.upstream >= UPSTREAM_SENDS {
        return later(None);
    }
    if !quiet_left.is_zero() {
        return later(Some(quiet_left));
    }
    // this look-up is not counted yet: one before it makes two
    if upstream && attempt.looks_since_send < 1 {
        return later(Some(FIRST_LOOK));
    }
    Change::Resend
}

/// How long it must have been quiet before the next sending: twice as long after each that is in doubt. Every sending
/// costs a look-up of the schedule, which is to last for days all the same.
fn quiet_after(attempt: &AttemptRecord, quiet: Duration) -> Duration {
    let doublings = u32::try_from(attempt.doubts.saturating_sub(1)).unwrap_or(u32::MAX);
    let longer = quiet.saturating_mul(2_u32.saturating_pow(doublings));
    longer.min(LONGEST_QUIET.max(quiet))
}

/// What a failed sending means.
pub(super) fn refused(
    snapshot: &Snapshot,
    attempt: &AttemptRecord,
    error: &CancelError,
    taken: bool,
) -> Change {
    let not_sent =
        |phase| Change::NotSent { phase, pause: pause_before(snapshot.intent.looks).unwrap_or(FIRST_LOOK) };
    match error {
        CancelError::Unknown(error) if error.reason() == UnknownReason::NotSentOnRepeat => {
            // the earlier copies stay in doubt; without any of ours, whatever the client knows of is one
            if attempt.doubts > 1 && !taken {
                not_sent("repeat")
            } else {
                unknown(UnknownReason::NotSentOnRepeat, taken)
            }
        }
        CancelError::Unknown(error) => unknown(error.reason(), taken),
        // what was taken before is not undone by what became of this copy
        _ if taken => held("taken", true),
        // somebody else's cancels are not in our count: it is no wrong wish, and a person can still have it done
        CancelError::Invalid(invalid) if attempt.doubts <= 1 && invalid.field() == "sequence" => {
            stuck_at_home(snapshot)
        }
        CancelError::Invalid(invalid) if attempt.doubts <= 1 => {
            Change::Rejected(RejectedBecause::Invalid { field: invalid.field().to_owned() })
        }
        CancelError::Invalid(_) => held("invalid", false),
        CancelError::NotSent(error) => not_sent(phase_word(error.phase())),
        CancelError::Rejected(refusal) if attempt.doubts <= 1 => Change::Refused(Refusal {
            kind: kind_word(refusal.kind()).to_owned(),
            code: refusal.code().to_owned(),
            could_be_our_own_doing: could_be_our_own_doing(refusal.kind()),
        }),
        CancelError::Rejected(_) => unknown(UnknownReason::RefusedOnRepeat, false),
    }
}

/// Whether a copy of the same attempt, doubled on the way and applied first, could be why this one was refused.
const fn could_be_our_own_doing(kind: RejectionKind) -> bool {
    !matches!(
        kind,
        RejectionKind::Request
            | RejectionKind::Credentials
            | RejectionKind::NotFound
            | RejectionKind::Period
            | RejectionKind::RefundAccount
    )
}

fn unknown(reason: UnknownReason, taken: bool) -> Change {
    // it executes by itself once the merchant has paid in, whatever else happens
    let taken = taken || reason == UnknownReason::AwaitingMerchantFunds;
    // a success that does not fit, a redirect, a deferred execution: nothing that a repeat could mend
    let hold = taken || matches!(reason, UnknownReason::Integrity | UnknownReason::Redirect);
    let upstream = reason == UnknownReason::Upstream;
    Change::Unknown { reason: reason_word(reason), hold, taken, upstream, pause: FIRST_LOOK }
}

fn held(reason: &'static str, taken: bool) -> Change {
    Change::Unknown { reason, hold: true, taken, upstream: false, pause: FIRST_LOOK }
}

fn rejected(refusal: &Refusal) -> Change {
    Change::Rejected(RejectedBecause::Refused { kind: refusal.kind.clone(), code: refusal.code.clone() })
}

fn manual(snapshot: &Snapshot, why: Why, state: &PaymentState) -> Change {
    Change::Manual(evidence(snapshot, why, Some(state)))
}

fn on_schedule(
    snapshot: &Snapshot,
    why: Why,
    state: Option<&PaymentState>,
    sooner: Option<Duration>,
) -> Change {
    let now = snapshot.now;
    let pause = match snapshot.intent.early(now) {
        Some(at) => Some(at.since(now)),
        None => pause_before(snapshot.intent.looks),
    };
    match pause {
        Some(pause) => Change::Wait { pause: sooner.map_or(pause, |sooner| sooner.min(pause)) },
        None => Change::Manual(evidence(snapshot, why, state)),
    }
}

fn patiently(snapshot: &Snapshot, why: Why, state: Option<&PaymentState>) -> Change {
    if snapshot.intent.looks >= PATIENCE && snapshot.intent.early(snapshot.now).is_none() {
        return Change::Manual(evidence(snapshot, why, state));
    }
    on_schedule(snapshot, why, state, None)
}

pub(crate) fn evidence(snapshot: &Snapshot, why: Why, state: Option<&PaymentState>) -> Evidence {
    let attempt = snapshot.attempt.as_ref();
    Evidence {
        why,
        seen_balance: state.map(|state| state.balance.minor()),
        known_balance: snapshot.payment.known_balance,
        balance_before: attempt.map(|attempt| attempt.balance_before.minor()),
        amount: snapshot.intent.amount.minor(),
        sends: attempt.map_or(0, AttemptRecord::sends_told),
        doubts: attempt.map_or(0, |attempt| attempt.doubts),
        looks: snapshot.intent.looks.saturating_add(1),
        last_reason: attempt.and_then(|attempt| attempt.last_reason.clone()),
        refusal_code: attempt.and_then(|a| a.refusal.as_ref()).map(|refusal| refusal.code.clone()),
    }
}

const fn phase_word(phase: NotSentPhase) -> &'static str {
    match phase {
        NotSentPhase::Build => "build",
        NotSentPhase::Credentials => "credentials",
        NotSentPhase::Token => "token",
        NotSentPhase::Connect => "connect",
        NotSentPhase::BeforeFirstByte => "before_first_byte",
        _ => "other",
    }
}

const fn reason_word(reason: UnknownReason) -> &'static str {
    match reason {
        UnknownReason::ConnectionLost => "connection_lost",
        UnknownReason::Timeout => "timeout",
        UnknownReason::BrokenAnswer => "broken_answer",
        UnknownReason::NotTheGateway => "not_the_gateway",
        UnknownReason::Malformed => "malformed",
        UnknownReason::Redirect => "redirect",
        UnknownReason::ServerError => "server_error",
        UnknownReason::Throttled => "throttled",
        UnknownReason::Integrity => "integrity",
        UnknownReason::AlreadySeen => "already_seen",
        UnknownReason::Upstream => "upstream",
        UnknownReason::AwaitingMerchantFunds => "awaiting_merchant_funds",
        UnknownReason::UnlistedCode => "unlisted_code",
        UnknownReason::RefusedOnRepeat => "refused_on_repeat",
        UnknownReason::NotSentOnRepeat => "not_sent_on_repeat",
        _ => "other",
    }
}
