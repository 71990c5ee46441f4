//! Rows, written back with their events.

use rusqlite::{Connection, OptionalExtension, params};

use crate::protocol::{Record, Snapshot};
use crate::record::{
    AttemptId, AttemptRecord, IntentId, IntentRecord, PaymentKey, PaymentRecord, Suspect, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::{GENESIS, NewEvent};
use super::super::trail::Before;
use super::rows::{Outcome, current, next_planned, of_payment, some_json, to_json};

pub(super) fn insert_payment(c: &Connection, payment: &PaymentRecord) -> Outcome<()> {
    let sql = "INSERT INTO payment (gateway, merchant, payment_id, merchant_uid, currency, paid, reference,
                   known_balance, reserved, refunded, foreign_refunded, cancels, fence, suspect, suspect_since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let key = payment.key();
    c.prepare_cached(sql)?.execute(params![
        key.gateway.as_str(),
        key.merchant,
        key.payment_id,
        payment.payment.merchant_uid,
        payment.paid().currency().code(),
        payment.paid().minor(),
        to_json(&payment.payment)?,
        payment.known_balance,
        payment.reserved,
        payment.refunded,
        payment.foreign_refunded,
        payment.cancels,
        payment.fence,
        payment.suspect.map(Suspect::as_str),
        payment.suspect_since.map(|since| since.0),
    ])?;
    Ok(())
}

pub(super) fn update_payment(c: &Connection, payment: &PaymentRecord) -> Outcome<()> {
    let sql = of_payment!(
        "UPDATE payment SET known_balance = ?4, reserved = ?5, refunded = ?6, foreign_refunded = ?7,
            cancels = ?8, lease_owner = ?9, lease_until = ?10, fence = ?11, due_at = ?12, suspect = ?13,
            suspect_since = ?14",
        ""
    );
    let key = payment.key();
    c.prepare_cached(sql)?.execute(params![
        key.gateway.as_str(),
        key.merchant,
        key.payment_id,
        payment.known_balance,
        payment.reserved,
        payment.refunded,
        payment.foreign_refunded,
        payment.cancels,
        payment.lease_owner,
        payment.lease_until.map(|until| until.0),
        payment.fence,
        payment.due_at.map(|due| due.0),
        payment.suspect.map(Suspect::as_str),
        payment.suspect_since.map(|since| since.0),
    ])?;
    Ok(())
}

/// As [`update_payment`], where only who holds it is new.
pub(super) fn update_lease(c: &Connection, payment: &PaymentRecord) -> Outcome<()> {
    let sql = of_payment!("UPDATE payment SET lease_owner = ?4, lease_until = ?5, fence = ?6", "");
    let key = payment.key();
    c.prepare_cached(sql)?.execute(params![
        key.gateway.as_str(),
        key.merchant,
        key.payment_id,
        payment.lease_owner,
        payment.lease_until.map(|until| until.0),
        payment.fence,
    ])?;
    Ok(())
}

pub(super) fn insert_intent(c: &Connection, intent: &IntentRecord, account: Option<&[u8]>) -> Outcome<()> {
    let sql =
        "INSERT INTO intent (id, gateway, merchant, payment_id, caller_key, fingerprint, amount, reason,
                   state, due_at, looks, account, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    c.prepare_cached(sql)?.execute(params![
        intent.id.to_bytes(),
        intent.payment.gateway.as_str(),
        intent.payment.merchant,
        intent.payment.payment_id,
        intent.caller_key,
        intent.fingerprint,
        intent.amount.minor(),
        intent.reason,
        intent.state.as_str(),
        intent.due_at.map(|due| due.0),
        intent.looks,
        account,
        intent.created_at.0,
        intent.updated_at.0,
    ])?;
    Ok(())
}

fn update_intent(c: &Connection, intent: &IntentRecord) -> Outcome<()> {
    // account data is kept no longer than until the end
    let sql =
        "UPDATE intent SET state = ?2, outcome = ?3, evidence = ?4, due_at = ?5, looks = ?6, updated_at = ?7,
                   account = CASE WHEN ?8 THEN NULL ELSE account END, scheduled_at = ?9
               WHERE id = ?1";
    c.prepare_cached(sql)?.execute(params![
        intent.id.to_bytes(),
        intent.state.as_str(),
        some_json(intent.outcome.as_ref())?,
        some_json(intent.evidence.as_ref())?,
        intent.due_at.map(|due| due.0),
        intent.looks,
        intent.updated_at.0,
        intent.state.is_final(),
        intent.scheduled_at.map(|at| at.0),
    ])?;
    Ok(())
}

pub(super) fn insert_attempt(c: &Connection, attempt: &AttemptRecord, key: &PaymentKey) -> Outcome<()> {
    let sql = "INSERT INTO attempt (id, intent, no, gateway, merchant, payment_id, balance_before, amount, sequence,
                   frozen, digest, state, fence, sends, doubts, hold, taken, upstream, looks_since_send,
                   first_send_at, last_send_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0, 0, 0, 0, ?16, ?17)";
    c.prepare_cached(sql)?.execute(params![
        attempt.id.to_bytes(),
        attempt.intent.to_bytes(),
        attempt.no,
        key.gateway.as_str(),
        key.merchant,
        key.payment_id,
        attempt.balance_before.minor(),
        attempt.amount.minor(),
        attempt.sequence,
        attempt.frozen,
        attempt.digest,
        attempt.state.as_str(),
        attempt.fence,
        attempt.sends,
        attempt.doubts,
        attempt.first_send_at.0,
        attempt.last_send_at.0,
    ])?;
    Ok(())
}

fn update_attempt(c: &Connection, attempt: &AttemptRecord) -> Outcome<()> {
    let sql = "UPDATE attempt SET state = ?2, fence = ?3, sends = ?4, doubts = ?5, hold = ?6, upstream = ?7,
                   looks_since_send = ?8, refusal = ?9, last_reason = ?10, last_send_at = ?11, taken = ?12
               WHERE id = ?1";
    c.prepare_cached(sql)?.execute(params![
        attempt.id.to_bytes(),
        attempt.state.as_str(),
        attempt.fence,
        attempt.sends,
        attempt.doubts,
        i64::from(attempt.hold),
        attempt.upstream,
        attempt.looks_since_send,
        some_json(attempt.refusal.as_ref())?,
        attempt.last_reason,
        attempt.last_send_at.0,
        i64::from(attempt.taken),
    ])?;
    Ok(())
}

/// Writes a change with its event.
pub(super) fn record(c: &Connection, mut found: Rows, record: &Record, now: Timestamp) -> Outcome<Snapshot> {
    let before = Before::rows(&found);
    apply::record(&mut found, record, now)?;
    store(c, &mut found)?;
    append(c, NewEvent::changed(record, &before, &found, now))?;
    Ok(found.into_snapshot(now))
}

/// Writes everything back, and when the payment is due next.
pub(super) fn store(c: &Connection, rows: &mut Rows) -> Outcome<()> {
    if let Some(attempt) = &rows.attempt {
        update_attempt(c, attempt)?;
    }
    store_but_attempt(c, rows)
}

/// As [`store`], where the attempt was inserted just now.
pub(super) fn store_but_attempt(c: &Connection, rows: &mut Rows) -> Outcome<()> {
    update_intent(c, &rows.intent)?;
    rows.payment.due_at = next_due_of(c, rows)?;
    update_payment(c, &rows.payment)
}

pub(super) fn append(c: &Connection, event: NewEvent) -> Outcome<()> {
    let last: Option<(i64, [u8; 32])> = c
        .prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, before) = last.unwrap_or((0, GENESIS));
    let event = event.chained(seq.saturating_add(1), &before);
    let sql = "INSERT INTO event (seq, at, intent, attempt, kind, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    c.prepare_cached(sql)?.execute(params![
        event.seq,
        event.at.0,
        event.intent.map(IntentId::to_bytes),
        event.attempt.map(AttemptId::to_bytes),
        event.kind,
        event.detail,
        event.hash,
    ])?;
    Ok(())
}

/// When a payment is due next, its rows written back otherwise.
fn next_due_of(c: &Connection, rows: &Rows) -> Outcome<Option<Timestamp>> {
    let next = match &rows.attempt {
        // every cancel without an outcome is among what is reserved
        _ if rows.payment.reserved == 0 => None,
        // only one can be open
        Some(attempt) if attempt.state.is_open() => return Ok(rows.intent.due_at),
        Some(_) => next_planned(c, &rows.payment)?,
        None => current(c, &rows.payment)?,
    };
    Ok(next.and_then(|next| next.intent.due_at))
}
