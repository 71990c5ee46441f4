//! Rows, read: column after column in the order in which they are asked for, and never by name.

use pg_core::{Currency, Gateway, Money, PaymentRef};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

use crate::record::{
    AttemptId, AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, PaymentKey, PaymentRecord,
    Suspect, Timestamp,
};

use super::super::JournalError;
use super::super::event::EventRecord;
use super::rows::Outcome;

pub(super) const CORRUPT: JournalError = JournalError::Corrupt("a row that cannot be read");

/// What [`key`] takes.
macro_rules! key_columns {
    () => {
        "payment.gateway, payment.merchant, payment.payment_id"
    };
}

/// What [`payment`] takes.
macro_rules! payment_columns {
    () => {
        "payment.gateway, payment.merchant, payment.payment_id, payment.reference, payment.merchant_uid,
         payment.paid, payment.currency, payment.known_balance, payment.reserved, payment.refunded,
         payment.foreign_refunded, payment.cancels, payment.lease_owner, payment.lease_until, payment.fence,
         payment.due_at, payment.suspect, payment.suspect_since"
    };
}

/// What [`intent`] takes.
macro_rules! intent_columns {
    () => {
        "intent.id, intent.caller_key, intent.fingerprint, intent.amount, intent.reason, intent.state,
         intent.outcome, intent.evidence, intent.due_at, intent.scheduled_at, intent.looks, intent.created_at,
         intent.updated_at"
    };
}

/// What [`attempt`] takes.
macro_rules! attempt_columns {
    () => {
        "attempt.id, attempt.intent, attempt.no, attempt.balance_before, attempt.amount, attempt.sequence,
         attempt.frozen, attempt.digest, attempt.state, attempt.fence, attempt.sends, attempt.doubts,
         attempt.hold, attempt.taken, attempt.upstream, attempt.looks_since_send, attempt.refusal,
         attempt.last_reason, attempt.first_send_at, attempt.last_send_at"
    };
}

/// What [`event`] takes.
macro_rules! event_columns {
    () => {
        "event.seq, event.at, event.intent, event.attempt, event.kind, event.detail, event.hash"
    };
}
pub(super) use {attempt_columns, event_columns, intent_columns, key_columns, payment_columns};

/// The columns of a row, one after the other.
#[derive(Debug)]
pub(super) struct Cells<'r, 'c> {
    row: &'r Row<'c>,
    next: usize,
}

impl<'r, 'c> Cells<'r, 'c> {
    pub(super) const fn of(row: &'r Row<'c>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> Outcome<T> {
        let at = self.next;
        self.next = at.saturating_add(1);
        Ok(self.row.get(at)?)
    }

    /// A text that need not be kept.
    fn word(&mut self) -> Outcome<&'r str> {
        self.some_word()?.ok_or(CORRUPT)
    }

    fn some_word(&mut self) -> Outcome<Option<&'r str>> {
        let at = self.next;
        self.next = at.saturating_add(1);
        self.row.get_ref(at)?.as_str_or_null().map_err(|_| CORRUPT)
    }

    fn some_json<T: DeserializeOwned>(&mut self) -> Outcome<Option<T>> {
        self.some_word()?.map(json).transpose()
    }

    fn flag(&mut self) -> Outcome<bool> {
        Ok(self.take::<i64>()? != 0)
    }

    pub(super) fn time(&mut self) -> Outcome<Timestamp> {
        self.take().map(Timestamp)
    }

    fn some_time(&mut self) -> Outcome<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp))
    }

    pub(super) fn currency(&mut self) -> Outcome<Currency> {
        self.word()?.parse().map_err(|_| CORRUPT)
    }

    /// One of a few words.
    pub(super) fn one_of<T>(&mut self, from: fn(&str) -> Option<T>) -> Outcome<T> {
        from(self.word()?).ok_or(CORRUPT)
    }

    /// Whether nothing stands in the next column, which is not taken.
    fn is_at_nothing(&self) -> Outcome<bool> {
        Ok(self.row.get_ref(self.next)? == rusqlite::types::ValueRef::Null)
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|_| CORRUPT)
}

pub(super) fn gateway(word: &str) -> Outcome<Gateway> {
    word.parse().map_err(|_| CORRUPT)
}

pub(super) fn key(cells: &mut Cells<'_, '_>) -> Outcome<PaymentKey> {
    Ok(PaymentKey { gateway: gateway(cells.word()?)?, merchant: cells.take()?, payment_id: cells.take()? })
}

pub(super) fn payment(cells: &mut Cells<'_, '_>) -> Outcome<PaymentRecord> {
    let key = key(cells)?;
    let payment: PaymentRef = json(cells.word()?)?;
    if payment.gateway != key.gateway
        || payment.gateway_id != key.payment_id
        || payment.merchant_uid != cells.word()?
        || payment.paid.minor() != cells.take::<i64>()?
        || payment.paid.currency().code() != cells.word()?
    {
        return Err(CORRUPT);
    }
    Ok(PaymentRecord {
        merchant: key.merchant,
        payment,
        known_balance: cells.take()?,
        reserved: cells.take()?,
        refunded: cells.take()?,
        foreign_refunded: cells.take()?,
        cancels: cells.take()?,
        lease_owner: cells.take()?,
        lease_until: cells.some_time()?,
        fence: cells.take()?,
        due_at: cells.some_time()?,
        suspect: cells.some_word()?.map(suspect).transpose()?,
        suspect_since: cells.some_time()?,
    })
}

fn suspect(word: &str) -> Outcome<Suspect> {
    Suspect::from_word(word).ok_or(CORRUPT)
}

/// An intent of a payment.
pub(super) fn intent(
    cells: &mut Cells<'_, '_>,
    payment: PaymentKey,
    currency: Currency,
) -> Outcome<IntentRecord> {
    Ok(IntentRecord {
        id: IntentId::from_bytes(cells.take()?),
        payment,
        caller_key: cells.take()?,
        fingerprint: cells.take()?,
        amount: money(cells.take()?, currency)?,
        reason: cells.take()?,
        state: cells.one_of(IntentState::from_word)?,
        outcome: cells.some_json()?,
        evidence: cells.some_json()?,
        due_at: cells.some_time()?,
        scheduled_at: cells.some_time()?,
        looks: cells.take()?,
        created_at: cells.time()?,
        updated_at: cells.time()?,
    })
}

/// An attempt, in its payment's currency.
pub(super) fn attempt(cells: &mut Cells<'_, '_>, currency: Currency) -> Outcome<AttemptRecord> {
    Ok(AttemptRecord {
        id: AttemptId::from_bytes(cells.take()?),
        intent: IntentId::from_bytes(cells.take()?),
        no: cells.take()?,
        balance_before: money(cells.take()?, currency)?,
        amount: money(cells.take()?, currency)?,
        sequence: cells.take()?,
        frozen: cells.take()?,
        digest: cells.take()?,
        state: cells.one_of(AttemptState::from_word)?,
        fence: cells.take()?,
        sends: cells.take()?,
        doubts: cells.take()?,
        hold: cells.flag()?,
        taken: cells.flag()?,
        upstream: cells.take()?,
        looks_since_send: cells.take()?,
        refusal: cells.some_json()?,
        last_reason: cells.take()?,
        first_send_at: cells.time()?,
        last_send_at: cells.time()?,
    })
}

/// As [`attempt`], where a join may have found none.
pub(super) fn some_attempt(cells: &mut Cells<'_, '_>, currency: Currency) -> Outcome<Option<AttemptRecord>> {
    if cells.is_at_nothing()? { Ok(None) } else { attempt(cells, currency).map(Some) }
}

fn money(minor: i64, currency: Currency) -> Outcome<Money> {
    Money::from_minor(minor, currency).map_err(|_| CORRUPT)
}

pub(super) fn event(row: &Row<'_>) -> Outcome<EventRecord> {
    let mut cells = Cells::of(row);
    Ok(EventRecord {
        seq: cells.take()?,
        at: cells.time()?,
        intent: cells.take::<Option<[u8; 16]>>()?.map(IntentId::from_bytes),
        attempt: cells.take::<Option<[u8; 16]>>()?.map(AttemptId::from_bytes),
        kind: cells.take()?,
        detail: cells.take()?,
        hash: cells.take()?,
    })
}

/// All rows of a query, each read by `read`.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(read).transpose()
}
