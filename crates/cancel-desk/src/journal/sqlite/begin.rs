//! What begins a cancel: it is stored, and its payment claimed.

use std::time::Duration;

use rusqlite::Connection;

use crate::protocol::{Claim, Snapshot};
use crate::record::{IntentRecord, PaymentKey, PaymentRecord, Timestamp};

use super::super::apply;
use super::super::event::NewEvent;
use super::super::trail::Before;
use super::super::{JournalError, NewIntent, Submitted};
use super::rows::{self, Current};
use super::write;

/// Who begins a turn at what is submitted, and how long the claim holds.
pub(super) type Turn<'a> = (&'a str, Duration);

/// Stores an intent in the transaction, unless its key is known.
pub(super) fn submit(
    c: &Connection,
    new: &NewIntent,
    fingerprint: [u8; 32],
    sealed: Option<&[u8]>,
    now: Timestamp,
) -> Result<Submitted, JournalError> {
    match rows::intent_of_key(c, new)? {
        Some(known) => same_or_conflict(known, fingerprint),
        None => Ok(store(c, new, fingerprint, sealed, None, now)?.0),
    }
}

pub(super) fn same_or_conflict(
    known: IntentRecord,
    fingerprint: [u8; 32],
) -> Result<Submitted, JournalError> {
    if known.fingerprint == fingerprint {
        Ok(Submitted::Existing(known))
    } else {
        Err(JournalError::KeyConflict)
    }
}

/// Stores an intent whose key is new, and claims its payment if somebody begins a turn at once.
pub(super) fn store(
    c: &Connection,
    new: &NewIntent,
    fingerprint: [u8; 32],
    sealed: Option<&[u8]>,
    turn: Option<Turn<'_>>,
    now: Timestamp,
) -> Result<(Submitted, Option<Claim>), JournalError> {
    let mut payment = rows::payment(c, &new.payment)?.ok_or(JournalError::NotFound)?;
    let before = Before::payment(&payment);
    let intent = apply::submit(&mut payment, new, fingerprint, now)?;
    write::insert_intent(c, &intent, sealed)?;
    write::append(c, NewEvent::submitted(&before, &payment, &intent))?;
    // where nothing else is reserved, nothing else has no outcome yet
    let current = if payment.reserved == intent.amount.minor() {
        Some(Current { intent: intent.clone(), has_account: sealed.is_some(), attempt: None })
    } else {
        rows::current(c, &payment)?
    };
    payment.due_at = current.as_ref().and_then(|current| current.intent.due_at);
    let claim = turn.and_then(|turn| take(payment.clone(), current, turn, now));
    write::update_payment(c, claim.as_ref().map_or(&payment, |claim| &claim.snapshot.payment))?;
    Ok((Submitted::New(intent), claim))
}

/// Claims a payment in the transaction, if it is due and free.
pub(super) fn claim(
    c: &Connection,
    key: &PaymentKey,
    turn: Turn<'_>,
    now: Timestamp,
) -> Result<Option<Claim>, JournalError> {
    let payment = rows::payment(c, key)?.ok_or(JournalError::NotFound)?;
    if !is_claimable(&payment, turn, now) {
        return Ok(None);
    }
    let current = rows::current(c, &payment)?;
    let claim = take(payment, current, turn, now);
    if let Some(claim) = &claim {
        write::update_lease(c, &claim.snapshot.payment)?;
    }
    Ok(claim)
}

fn is_claimable(payment: &PaymentRecord, (owner, _): Turn<'_>, now: Timestamp) -> bool {
    payment.due_at.is_some_and(|due| due <= now) && apply::is_free(payment, owner, now)
}

/// The claim of a payment, if it is due and free. It is still to be written.
fn take(
    mut payment: PaymentRecord,
    current: Option<Current>,
    turn: Turn<'_>,
    now: Timestamp,
) -> Option<Claim> {
    let (owner, length) = turn;
    let Current { intent, has_account, attempt } = current.filter(|_| is_claimable(&payment, turn, now))?;
    let lease = apply::claim(&mut payment, owner, length, now);
    Some(Claim { lease, snapshot: Snapshot { payment, intent, attempt, now }, has_account })
}
