//! What a transaction does to the rows, apart from where they are kept: every store loads, applies and writes back.

use std::time::Duration;

use crate::protocol::{Change, Lease, NewAttempt, Record, Snapshot, balance_after};
use crate::record::{
    AttemptRecord, AttemptState, Evidence, IntentRecord, IntentState, NewPayment, Outcome, PaymentRecord,
    Proof, RejectedBecause, Resolution, Suspect, Timestamp, Why,
};

use super::{Checked, JournalError, NewIntent, Seen};

/// That what was lost after a backup may be this very thing.
pub(crate) const UNSETTLED: &str =
    "the journal was restored from a backup, and a person has to settle this payment first";

/// That a person may have made it, whatever is looked at again.
pub(crate) const MADE_BY_HAND: &str = "it was handed over to be made in the gateway's admin page, and may have been made: \
     wait until it waits for a person again, and resolve it";

const UNRESOLVED: &str = "cancels of this payment have no outcome yet: resolve them first, by happened or did-not-happen; \
     what is still wanted is asked for anew, under a new key, once the payment is trusted";

/// The rows that one transaction is about.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) payment: PaymentRecord,
    pub(crate) intent: IntentRecord,
    pub(crate) attempt: Option<AttemptRecord>,
}

impl Rows {
    /// What a worker hears of them once they are stored.
    pub(crate) fn into_snapshot(self, now: Timestamp) -> Snapshot {
        let attempt = self.attempt.filter(|attempt| attempt.state.is_open());
        Snapshot { payment: self.payment, intent: self.intent, attempt, now }
    }
}

/// Stores an intent and reserves its amount.
pub(crate) fn submit(
    payment: &mut PaymentRecord,
    new: &NewIntent,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<IntentRecord, JournalError> {
    new.check()?;
    if new.amount.currency() != payment.paid().currency() {
        return Err(pg_core::Invalid::new("amount", "must be in the payment's currency").into());
    }
    let amount = new.amount.minor();
    if amount > room(payment) {
        return Err(match payment.suspect {
            // it may have been stored, and even refunded, in what was lost
            Some(_) => JournalError::NotAllowed(UNSETTLED),
            None => JournalError::Exceeds { available: payment.available() },
        });
    }
    payment.reserved = payment.reserved.saturating_add(amount);
    payment.foreign_refunded = payment.foreign_refunded.min(unreserved(payment));
    check_sum(payment)?;
    Ok(IntentRecord {
        id: new.id,
        payment: payment.key(),
        caller_key: new.caller_key.clone(),
        fingerprint,
        amount: new.amount,
        reason: new.reason.clone(),
        state: IntentState::Planned,
        outcome: None,
        evidence: None,
        due_at: Some(now),
        scheduled_at: None,
        looks: 0,
        created_at: now,
        updated_at: now,
    })
}

/// What a new intent may ask for. On a suspect payment that takes in what is gone: it may be what this very intent was
/// refunded before the journal forgot it.
fn room(payment: &PaymentRecord) -> i64 {
    if payment.suspect.is_some() { unreserved(payment) } else { payment.available() }
}

/// What is neither refunded by us nor reserved.
fn unreserved(payment: &PaymentRecord) -> i64 {
    payment.paid().minor().saturating_sub(payment.refunded).saturating_sub(payment.reserved).max(0)
}

/// Whether `owner` may claim the payment now.
pub(crate) fn is_free(payment: &PaymentRecord, owner: &str, now: Timestamp) -> bool {
    let expired = payment.lease_until.is_none_or(|until| until < now);
    expired || payment.lease_owner.as_deref().is_none_or(|holder| holder == owner)
}

/// Makes a waiting intent due now. Tells whether it waits at all.
pub(crate) fn hint(intent: &mut IntentRecord, now: Timestamp) -> bool {
    let Some(due) = intent.due_at else {
        return false;
    };
    if due > now {
        intent.scheduled_at = intent.scheduled_at.or(Some(due));
        intent.due_at = Some(now);
    }
    true
}

/// Claims the payment: an older claim can write nothing any more.
pub(crate) fn claim(payment: &mut PaymentRecord, owner: &str, length: Duration, now: Timestamp) -> Lease {
    let until = now.after(length);
    payment.lease_owner = Some(owner.to_owned());
    payment.lease_until = Some(until);
    payment.fence = payment.fence.saturating_add(1);
    Lease { payment: payment.key(), owner: owner.to_owned(), fence: payment.fence, until, length }
}

/// Refuses a write of an older claim, and renews the lease.
pub(crate) fn renew(payment: &mut PaymentRecord, lease: &Lease, now: Timestamp) -> Result<(), JournalError> {
    if payment.fence != lease.fence || payment.lease_owner.as_deref() != Some(&lease.owner) {
        return Err(JournalError::LeaseLost);
    }
    payment.lease_until = Some(now.after(lease.length));
    Ok(())
}

/// Stores a new attempt, counted as sent from now on.
pub(crate) fn open(
    payment: &mut PaymentRecord,
    intent: &mut IntentRecord,
    new: &NewAttempt,
    no: i64,
    now: Timestamp,
) -> Result<AttemptRecord, JournalError> {
    if intent.state != IntentState::Planned || new.plan.intent != intent.id {
        return Err(JournalError::NotAllowed("the cancel is not waiting for an attempt"));
    }
    if new.plan.balance_before > payment.known_balance {
        return Err(JournalError::NotAllowed("the guard is above the lowest balance ever proven"));
    }
    payment.known_balance = new.plan.balance_before;
    intent.state = IntentState::Open;
    if !intent.is_for_the_admin_page() {
        intent.evidence = None;
    }
    intent.looks = 0;
    intent.due_at = Some(now);
    intent.scheduled_at = None;
    intent.updated_at = now;
    bound_foreign(payment, Some(intent.amount.minor()));
    check_sum(payment)?;
    Ok(AttemptRecord {
        id: new.id,
        intent: intent.id,
        no,
        balance_before: payment.money(new.plan.balance_before),
        amount: intent.amount,
        sequence: new.plan.sequence,
        frozen: new.frozen.clone(),
        digest: new.digest,
        state: AttemptState::Sending,
        fence: payment.fence,
        sends: 1,
        doubts: 1,
        hold: false,
        taken: false,
        upstream: 0,
        looks_since_send: 0,
        refusal: None,
        last_reason: None,
        first_send_at: now,
        last_send_at: now,
    })
}

/// Writes a change. The rows are to be stored only if it succeeds.
pub(crate) fn record(rows: &mut Rows, record: &Record, now: Timestamp) -> Result<(), JournalError> {
    if record.intent != rows.intent.id || record.attempt != rows.attempt.as_ref().map(|a| a.id) {
        return Err(JournalError::NotAllowed("another attempt is open"));
    }
    let Rows { payment, intent, attempt } = rows;
    if !matches!(intent.state, IntentState::Planned | IntentState::Open | IntentState::Accepted) {
        return Err(JournalError::NotAllowed("the outcome is final or waits for a person"));
    }
    let early = intent.early(now);
    intent.scheduled_at = None;
    if record.looked {
        intent.looks = intent.looks.saturating_add(i64::from(early.is_none()));
        if let Some(attempt) = attempt {
            attempt.looks_since_send = attempt.looks_since_send.saturating_add(1);
        }
    }
    if let Some(proven) = record.proven_balance {
        if proven < expected(payment, attempt.as_ref(), &record.change) {
            differs(payment);
        }
        payment.known_balance = payment.known_balance.min(proven.max(0));
    }
    intent.updated_at = now;
    if let Some(attempt) = attempt {
        attempt.fence = payment.fence;
        // whatever is written after a sending began, the sending is over
        if attempt.state == AttemptState::Sending {
            attempt.state = AttemptState::Unknown;
        }
    }
    match (&record.change, attempt.as_mut()) {
        (Change::Wait { pause }, _) => {
            // however many hints come, the scheduled look-up comes when it was to come
            let due = now.after(*pause);
            intent.due_at = Some(early.map_or(due, |at| at.min(due)));
            intent.scheduled_at = early.filter(|at| due < *at);
        }
        (Change::Manual(evidence), attempt) => {
            if let Some(attempt) = attempt {
                // the last sending can be proven to have stayed at home by the very answer that stops it
                attempt.doubts = attempt.doubts.min(evidence.doubts);
            }
            intent.evidence = Some(handed_over_before(intent, evidence));
            intent.due_at = None;
            // what the gateway accepted stays accepted; a person is asked all the same
            if intent.state != IntentState::Accepted {
                intent.state = IntentState::Manual;
            }
        }
        (Change::Rejected(because), mut attempt) => {
            if let (RejectedBecause::Invalid { .. }, Some(attempt)) = (because, attempt.as_deref_mut()) {
                // a check before the wire refused it: this sending stayed at home, and there was no other
                attempt.doubts = attempt.doubts.saturating_sub(1).max(0);
            }
            reject(payment, intent, attempt, because.clone());
        }
        (Change::Resend, Some(attempt)) if !attempt.taken => {
            attempt.state = AttemptState::Sending;
            attempt.sends = attempt.sends.saturating_add(1);
            attempt.doubts = attempt.doubts.saturating_add(1);
            attempt.looks_since_send = 0;
            attempt.last_send_at = now;
            intent.due_at = Some(now);
        }
        (Change::NotSent { phase, pause }, Some(attempt)) => {
            attempt.doubts = attempt.doubts.saturating_sub(1).max(0);
            attempt.last_reason = Some((*phase).to_owned());
            intent.due_at = Some(now.after(*pause));
        }
        (Change::Unknown { reason, hold, taken, upstream, pause }, Some(attempt)) => {
            attempt.hold |= *hold;
            attempt.taken |= *taken;
            attempt.upstream = attempt.upstream.saturating_add(i64::from(*upstream));
            attempt.last_reason = Some((*reason).to_owned());
            intent.due_at = Some(now.after(*pause));
        }
        (Change::Refused(refusal), Some(attempt)) => {
            attempt.refusal = Some(refusal.clone());
            attempt.last_reason = Some("refused".to_owned());
            intent.due_at = Some(now);
        }
        (Change::Accepted { pause, .. }, Some(attempt)) => {
            attempt.state = AttemptState::Accepted;
            attempt.taken = true;
            intent.state = IntentState::Accepted;
            intent.evidence = None;
            intent.looks = 0;
            intent.due_at = Some(now.after(*pause));
        }
        (Change::Completed { proof, cancel_id }, Some(attempt)) => {
            complete(payment, intent, attempt, *proof, cancel_id.clone());
        }
        (Change::Superseded, Some(attempt)) if !attempt.taken => {
            attempt.state = AttemptState::Closed;
            intent.state = IntentState::Planned;
            intent.looks = 0;
            intent.due_at = Some(now);
        }
        _ => return Err(JournalError::NotAllowed("no open attempt that this could be about")),
    }
    let in_doubt = attempt.as_ref().filter(|a| a.state.is_open()).map(|a| a.amount.minor());
    bound_foreign(payment, in_doubt);
    if !matches!(intent.state, IntentState::Planned | IntentState::Open) {
        // nothing is left to do in this turn
        give_back(payment);
    }
    check_sum(payment)
}

/// What was handed over to be made by hand stays so, whatever was seen when it was looked at again, with the balance from
/// before: what a person made meanwhile is gone since then.
fn handed_over_before(intent: &IntentRecord, now: &Evidence) -> Evidence {
    let handed_over = intent.evidence.as_ref().filter(|_| intent.is_for_the_admin_page());
    match handed_over {
        Some(before) if now.doubts == 0 && now.why != Why::RestoredJournal => Evidence {
            why: Why::NextNumberUnknown,
            balance_before: before.highest_seen().max(now.balance_before),
            ..now.clone()
        },
        _ => now.clone(),
    }
}

/// Ends the claim: others may work on the payment. The fence stays, so that the claim writes nothing any more.
pub(crate) fn give_back(payment: &mut PaymentRecord) {
    payment.lease_owner = None;
    payment.lease_until = None;
}

/// The lowest balance that what the journal knows explains, the change itself included.
fn expected(payment: &PaymentRecord, attempt: Option<&AttemptRecord>, change: &Change) -> i64 {
    let known = payment.known_balance;
    match (change, attempt) {
        (Change::Completed { .. }, Some(attempt)) => known.min(balance_after(attempt)),
        _ => known,
    }
}

/// What stands beside the rows of a cancel that a person decides about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside {
    /// Whether any attempt of it was ever made.
    pub(crate) tried: bool,
    /// What the open attempt of its payment refunds, whose ever it is.
    pub(crate) open: Option<i64>,
}

/// Why nobody decides about a cancel.
pub(crate) const NOT_WAITING: &str = "the cancel does not wait for a person";
/// Why what was checked before a decision says nothing any more.
pub(crate) const WORKED_ON: &str =
    "the payment was worked on while the gateway was asked: look at it again, then decide";

/// Writes what a person decided, and the balance by which it was decided. Whoever still works on the payment can write
/// nothing any more.
pub(crate) fn resolve(
    rows: &mut Rows,
    beside: Beside,
    (resolution, checked): (Resolution, Checked),
    now: Timestamp,
) -> Result<(), JournalError> {
    let Rows { payment, intent, attempt } = rows;
    if !matches!(intent.state, IntentState::Manual | IntentState::Accepted) {
        return Err(JournalError::NotAllowed(NOT_WAITING));
    }
    // only a claim lets it be sent, and every claim and every decision moves the fence
    if checked.fence.is_some_and(|fence| fence != payment.fence) {
        return Err(JournalError::NotAllowed(WORKED_ON));
    }
    if let (Resolution::Happened, Some(seen)) = (resolution, checked.balance) {
        has_room(payment, intent, attempt.as_ref(), seen)?;
    }
    match (resolution, attempt.as_mut()) {
        // no copy of it left: somebody made it by hand
        (Resolution::Happened, Some(attempt)) if attempt.doubts == 0 => {
            attempt.state = AttemptState::Applied;
            found(payment, intent, None);
        }
        (Resolution::Happened, Some(attempt)) => {
            payment.known_balance = payment.known_balance.min(balance_after(attempt));
            complete(payment, intent, attempt, Proof::Person, None);
        }
        // a person had it done in the gateway's admin page
        (Resolution::Happened, None) if intent.is_for_the_admin_page() => {
            found(payment, intent, beside.open);
        }
        // its attempt was lost with what came after the backup
        (Resolution::Happened, None) if may_be_lost(payment, intent) => {
            settle(payment, intent, Proof::Person, None);
            let left = payment.paid().minor().saturating_sub(payment.refunded);
            payment.known_balance = payment.known_balance.min(left);
            take_over(payment, beside.open);
        }
        // an attempt of it that another cancel had seemed to outrun was applied after all
        (Resolution::Happened, None) if beside.tried => found(payment, intent, beside.open),
        (Resolution::Happened, None) => {
            return Err(JournalError::NotAllowed("nothing was ever sent for it"));
        }
        (Resolution::DidNotHappen, attempt) => reject(payment, intent, attempt, RejectedBecause::Person),
        (Resolution::LookAgain, attempt) => {
            if intent.state == IntentState::Manual {
                intent.state = if attempt.is_some() { IntentState::Open } else { IntentState::Planned };
            }
            // that too little is left of what was to be made by hand may say that it was
            if !intent.is_for_the_admin_page() {
                intent.evidence = None;
            }
            intent.looks = 0;
            intent.due_at = Some(now);
        }
    }
    if resolution == Resolution::Happened {
        // it may have been made in the admin page: nobody tells whether that used up a number
        payment.lose_count();
    }
    intent.scheduled_at = None;
    intent.updated_at = now;
    payment.fence = payment.fence.saturating_add(1);
    give_back(payment);
    // without an attempt of its own, another intent's may be open: what is gone could be that one's
    let in_doubt = match attempt {
        Some(attempt) => attempt.state.is_open().then(|| attempt.amount.minor()),
        None => beside.open,
    };
    bound_foreign(payment, in_doubt);
    check_sum(payment)
}

/// Whether what is gone can be this one beside what is completed, and beside what was gone before its open attempt.
fn has_room(
    payment: &PaymentRecord,
    intent: &IntentRecord,
    attempt: Option<&AttemptRecord>,
    seen: i64,
) -> Result<(), JournalError> {
    let gone = |balance: i64| payment.paid().minor().saturating_sub(balance);
    // an old answer shows less than is known
    let refunded = gone(seen.min(payment.known_balance));
    let sent = attempt.filter(|attempt| attempt.doubts > 0);
    let before = sent.map_or(0, |attempt| gone(attempt.balance_before.minor()));
    let known = payment.refunded.max(before);
    if refunded < known.saturating_add(intent.amount.minor()) {
        return Err(JournalError::NotInLedger { refunded, known });
    }
    Ok(())
}

/// Counts a refund that a person found: it is among what is gone already and was taken for others', or it is not seen yet
/// and lowers the balance once more. Counted both ways, what is left would seem gone.
fn found(payment: &mut PaymentRecord, intent: &mut IntentRecord, open: Option<i64>) {
    let amount = intent.amount.minor();
    let gone = payment.paid().minor().saturating_sub(payment.known_balance);
    let is_seen = gone.saturating_sub(payment.refunded) >= amount;
    settle(payment, intent, Proof::Person, None);
    if is_seen {
        take_over(payment, open);
    } else {
        payment.known_balance = payment.known_balance.saturating_sub(amount).max(0);
    }
}

/// What was taken for others' and is explained by ours now.
fn take_over(payment: &mut PaymentRecord, open: Option<i64>) {
    let gone = payment.paid().minor().saturating_sub(payment.known_balance);
    let ours = payment.refunded.saturating_add(open.unwrap_or(0));
    payment.foreign_refunded = payment.foreign_refunded.min(gone.saturating_sub(ours).max(0));
}

/// Whether what the gateway did for a cancel may be among what the journal lost. A payment may have been cleared before the
/// last of its cancels is decided.
pub(crate) fn may_be_lost(payment: &PaymentRecord, intent: &IntentRecord) -> bool {
    let said_so = intent.evidence.as_ref().is_some_and(|evidence| evidence.why == Why::RestoredJournal);
    payment.suspect.is_some() || said_so
}

/// Marks a payment after the journal was restored. Tells whether there was any need.
pub(crate) fn suspect(payment: &mut PaymentRecord, now: Timestamp) -> bool {
    // nothing is left of it that a lost refund could be taken from a second time
    let needed = payment.known_balance > 0 || payment.reserved > 0;
    if needed {
        distrust(payment, now);
    }
    needed
}

/// A payment as it is registered; `restored`: what the journal lost is not settled yet.
pub(crate) fn registered(new: &NewPayment, restored: bool, now: Timestamp) -> PaymentRecord {
    let mut payment = PaymentRecord::registered(new);
    // even where nothing is left of it: the lost wish is repeated, and a person is to see it
    if restored {
        distrust(&mut payment, now);
    }
    payment
}

fn distrust(payment: &mut PaymentRecord, now: Timestamp) {
    payment.suspect = payment.suspect.or(Some(Suspect::Unchecked));
    // what others are said to have refunded may be what the journal lost: compared, the ledger would look equal
    if payment.foreign_refunded > 0 {
        payment.suspect = Some(Suspect::Differs);
    }
    payment.suspect_since = Some(now);
    // whoever worked on it read what was there before; beyond every fence that was given out in what was lost
    payment.fence = payment.fence.saturating_add(1).max(now.0);
    give_back(payment);
}

/// Takes in what the ledger of a suspect payment shows: its balance, and whether the history holds a refund of ours that
/// is not explained; `open`: what its open attempt refunds.
pub(crate) fn compared(
    payment: &mut PaymentRecord,
    seen: i64,
    unexplained: bool,
    open: Option<i64>,
) -> Result<(), JournalError> {
    if unexplained {
        differs(payment);
    }
    if seen < payment.known_balance {
        differs(payment);
        payment.known_balance = seen.max(0);
        bound_foreign(payment, open);
    }
    check_sum(payment)
}

fn differs(payment: &mut PaymentRecord) {
    payment.suspect = payment.suspect.map(|_| Suspect::Differs);
}

/// Clears a suspect payment; `intents`: all of it.
pub(crate) fn trust(
    payment: &mut PaymentRecord,
    intents: &[IntentRecord],
    seen: Option<Seen>,
) -> Result<(), JournalError> {
    if payment.suspect.is_none() {
        payment.suspect_since = None;
        return Ok(());
    }
    if seen.is_some_and(|seen| seen != Seen::from(&*payment)) {
        return Err(JournalError::NotAllowed(WORKED_ON));
    }
    // cleared, it would begin by itself what the lost part may have carried through: what was stored before, and the
    // lost wish that is repeated
    if intents.iter().any(|intent| !intent.state.is_final()) {
        return Err(JournalError::NotAllowed(UNRESOLVED));
    }
    payment.suspect = None;
    payment.suspect_since = None;
    Ok(())
}

/// Takes an intent back that was never attempted.
pub(crate) fn withdraw(rows: &mut Rows, attempts: i64, now: Timestamp) -> Result<(), JournalError> {
    let Rows { payment, intent, .. } = &*rows;
    if intent.state == IntentState::Manual {
        return Err(JournalError::NotAllowed("it waits for a person: resolve it"));
    }
    if intent.state != IntentState::Planned || attempts > 0 {
        return Err(JournalError::NotAllowed("an attempt exists already, or the outcome is final"));
    }
    // a person was asked to make it, and may have
    if intent.is_for_the_admin_page() {
        return Err(JournalError::NotAllowed(MADE_BY_HAND));
    }
    // its attempt may be among what was lost
    if payment.suspect.is_some() {
        return Err(JournalError::NotAllowed(UNSETTLED));
    }
    take_back(rows, now)
}

/// Takes an intent back of which provably nothing was ever sent, with the attempt that never left.
pub(crate) fn take_back(rows: &mut Rows, now: Timestamp) -> Result<(), JournalError> {
    let Rows { payment, intent, attempt } = rows;
    if let Some(attempt) = attempt {
        attempt.state = AttemptState::Closed;
        attempt.fence = payment.fence;
    }
    intent.state = IntentState::Withdrawn;
    intent.evidence = None;
    intent.due_at = None;
    intent.scheduled_at = None;
    intent.updated_at = now;
    payment.reserved = payment.reserved.saturating_sub(intent.amount.minor());
    if attempt.is_some() {
        bound_foreign(payment, None);
    }
    check_sum(payment)
}

/// Begins the schedule of an open attempt anew: its halted job goes on.
pub(crate) fn look_anew(intent: &mut IntentRecord, now: Timestamp) {
    intent.looks = 0;
    intent.due_at = Some(now);
    intent.scheduled_at = None;
    intent.updated_at = now;
}

fn complete(
    payment: &mut PaymentRecord,
    intent: &mut IntentRecord,
    attempt: &mut AttemptRecord,
    proof: Proof,
    cancel_id: Option<String>,
) {
    attempt.state = AttemptState::Applied;
    settle(payment, intent, proof, cancel_id);
}

fn settle(payment: &mut PaymentRecord, intent: &mut IntentRecord, proof: Proof, cancel_id: Option<String>) {
    let amount = intent.amount.minor();
    intent.state = IntentState::Completed;
    intent.outcome = Some(Outcome::Completed { proof, cancel_id });
    intent.evidence = None;
    intent.due_at = None;
    payment.reserved = payment.reserved.saturating_sub(amount);
    payment.refunded = payment.refunded.saturating_add(amount);
    payment.cancels = payment.cancels.saturating_add(1);
}

fn reject(
    payment: &mut PaymentRecord,
    intent: &mut IntentRecord,
    attempt: Option<&mut AttemptRecord>,
    because: RejectedBecause,
) {
    if let Some(attempt) = attempt {
        attempt.state = AttemptState::Closed;
    }
    intent.state = IntentState::Rejected;
    intent.outcome = Some(Outcome::Rejected(because));
    intent.evidence = None;
    intent.due_at = None;
    payment.reserved = payment.reserved.saturating_sub(intent.amount.minor());
}

/// What others refunded at least: what is gone from the balance and not ours, nor possibly ours.
///
/// Never more than `reserved` leaves room for: intents that no longer fit are rejected one by one, by the ledger.
fn bound_foreign(payment: &mut PaymentRecord, in_doubt: Option<i64>) {
    let paid = payment.paid().minor();
    let gone = paid.saturating_sub(payment.known_balance);
    let ours = payment.refunded.saturating_add(in_doubt.unwrap_or(0));
    let foreign = payment.foreign_refunded.max(gone.saturating_sub(ours)).max(0);
    payment.foreign_refunded = foreign.min(unreserved(payment));
}

fn check_sum(payment: &PaymentRecord) -> Result<(), JournalError> {
    if payment.adds_up() { Ok(()) } else { Err(JournalError::Exceeds { available: payment.available() }) }
}

#[cfg(test)]
mod tests;
