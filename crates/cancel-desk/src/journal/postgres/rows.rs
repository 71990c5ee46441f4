//! Rows, read.

use pg_core::{Gateway, Money, PaymentRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use crate::record::{
    AttemptId, AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, PaymentKey, PaymentRecord,
    Suspect, Timestamp,
};

use super::super::JournalError;
use super::super::event::EventRecord;

pub(super) type Outcome<T> = Result<T, JournalError>;

pub(super) const CORRUPT: JournalError = JournalError::Corrupt("a row that cannot be read");

pub(super) fn gateway(word: &str) -> Outcome<Gateway> {
    word.parse().map_err(|_| CORRUPT)
}

fn json<T: DeserializeOwned>(text: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|_| CORRUPT)
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|_| JournalError::Corrupt("a value that is no json"))
}

pub(super) fn some_json<T: Serialize>(value: Option<&T>) -> Outcome<Option<String>> {
    value.map(to_json).transpose()
}

pub(super) fn bytes<const N: usize>(row: &Row, column: &str) -> Outcome<[u8; N]> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|_| CORRUPT)
}

fn some_bytes(row: &Row, column: &str) -> Outcome<Option<[u8; 16]>> {
    row.try_get::<_, Option<&[u8]>>(column)?.map(|bytes| bytes.try_into().map_err(|_| CORRUPT)).transpose()
}

pub(super) fn some_time(row: &Row, column: &str) -> Outcome<Option<Timestamp>> {
    Ok(row.try_get::<_, Option<i64>>(column)?.map(Timestamp))
}

pub(super) fn time(row: &Row, column: &str) -> Outcome<Timestamp> {
    Ok(Timestamp(row.try_get(column)?))
}

pub(super) fn key(row: &Row) -> Outcome<PaymentKey> {
    let word: &str = row.try_get("gateway")?;
    Ok(PaymentKey::new(
        gateway(word)?,
        row.try_get::<_, &str>("merchant")?,
        row.try_get::<_, &str>("payment_id")?,
    ))
}

/// The key of a row as it is written.
pub(super) fn words(row: &Row) -> Outcome<[String; 3]> {
    Ok([row.try_get("gateway")?, row.try_get("merchant")?, row.try_get("payment_id")?])
}

pub(super) fn payment(row: &Row) -> Outcome<PaymentRecord> {
    let payment: PaymentRef = json(row.try_get("reference")?)?;
    let key = key(row)?;
    if payment.gateway != key.gateway
        || payment.gateway_id != key.payment_id
        || payment.merchant_uid != row.try_get::<_, &str>("merchant_uid")?
        || payment.paid.minor() != row.try_get::<_, i64>("paid")?
        || payment.paid.currency().code() != row.try_get::<_, &str>("currency")?
    {
        return Err(CORRUPT);
    }
    Ok(PaymentRecord {
        merchant: key.merchant,
        payment,
        known_balance: row.try_get("known_balance")?,
        reserved: row.try_get("reserved")?,
        refunded: row.try_get("refunded")?,
        foreign_refunded: row.try_get("foreign_refunded")?,
        cancels: row.try_get("cancels")?,
        lease_owner: row.try_get("lease_owner")?,
        lease_until: some_time(row, "lease_until")?,
        fence: row.try_get("fence")?,
        due_at: some_time(row, "due_at")?,
        suspect: row.try_get::<_, Option<&str>>("suspect")?.map(suspect).transpose()?,
        suspect_since: some_time(row, "suspect_since")?,
    })
}

fn suspect(word: &str) -> Outcome<Suspect> {
    Suspect::from_word(word).ok_or(CORRUPT)
}

pub(super) fn intent(row: &Row) -> Outcome<IntentRecord> {
    let currency = row.try_get::<_, &str>("currency")?.parse().map_err(|_| CORRUPT)?;
    Ok(IntentRecord {
        id: IntentId::from_bytes(bytes(row, "id")?),
        payment: key(row)?,
        caller_key: row.try_get("caller_key")?,
        fingerprint: bytes(row, "fingerprint")?,
        amount: Money::from_minor(row.try_get("amount")?, currency).map_err(|_| CORRUPT)?,
        reason: row.try_get("reason")?,
        state: IntentState::from_word(row.try_get("state")?).ok_or(CORRUPT)?,
        outcome: row.try_get::<_, Option<&str>>("outcome")?.map(json).transpose()?,
        evidence: row.try_get::<_, Option<&str>>("evidence")?.map(json).transpose()?,
        due_at: some_time(row, "due_at")?,
        scheduled_at: some_time(row, "scheduled_at")?,
        looks: row.try_get("looks")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// An intent, and whether it has a refund account.
pub(super) fn with_account(row: &Row) -> Outcome<(IntentRecord, bool)> {
    Ok((intent(row)?, row.try_get::<_, Option<&[u8]>>("account")?.is_some()))
}

pub(super) fn attempt(row: &Row) -> Outcome<AttemptRecord> {
    let currency = row.try_get::<_, &str>("currency")?.parse().map_err(|_| CORRUPT)?;
    let money = |minor| Money::from_minor(minor, currency).map_err(|_| CORRUPT);
    let sequence: i64 = row.try_get("sequence")?;
    Ok(AttemptRecord {
        id: AttemptId::from_bytes(bytes(row, "id")?),
        intent: IntentId::from_bytes(bytes(row, "intent")?),
        no: row.try_get("no")?,
        balance_before: money(row.try_get("balance_before")?)?,
        amount: money(row.try_get("amount")?)?,
        sequence: sequence.try_into().map_err(|_| CORRUPT)?,
        frozen: row.try_get("frozen")?,
        digest: bytes(row, "digest")?,
        state: AttemptState::from_word(row.try_get("state")?).ok_or(CORRUPT)?,
        fence: row.try_get("fence")?,
        sends: row.try_get("sends")?,
        doubts: row.try_get("doubts")?,
        hold: row.try_get("hold")?,
        taken: row.try_get("taken")?,
        upstream: row.try_get("upstream")?,
        looks_since_send: row.try_get("looks_since_send")?,
        refusal: row.try_get::<_, Option<&str>>("refusal")?.map(json).transpose()?,
        last_reason: row.try_get("last_reason")?,
        first_send_at: time(row, "first_send_at")?,
        last_send_at: time(row, "last_send_at")?,
    })
}

pub(super) fn event(row: &Row) -> Outcome<EventRecord> {
    Ok(EventRecord {
        seq: row.try_get("seq")?,
        at: time(row, "at")?,
        intent: some_bytes(row, "intent")?.map(IntentId::from_bytes),
        attempt: some_bytes(row, "attempt")?.map(AttemptId::from_bytes),
        kind: row.try_get("kind")?,
        detail: row.try_get("detail")?,
        hash: bytes(row, "hash")?,
    })
}

/// Every row, read.
pub(super) fn all<T>(rows: &[Row], read: fn(&Row) -> Outcome<T>) -> Outcome<Vec<T>> {
    rows.iter().map(read).collect()
}

/// The first row, read.
pub(super) fn one<T>(rows: &[Row], read: fn(&Row) -> Outcome<T>) -> Outcome<Option<T>> {
    rows.first().map(read).transpose()
}
