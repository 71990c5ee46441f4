//! Rows, read and written.

use pg_core::{Gateway, Invalid, Money, PaymentRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{
    AccountName, AttemptId, AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, JobId,
    PaymentKey, PaymentRecord, Suspect, Timestamp,
};

use super::super::apply::Rows;
use super::super::event::EventRecord;
use super::super::{Counts, JournalError, NewIntent};

pub(super) type Outcome<T> = Result<T, JournalError>;

/// Also what a backup looks like that was put beside the old journal's write-ahead log.
const MALFORMED: &str = "must be a whole journal, and its file is damaged or lies beside another journal's -wal: stop \
                         everything, move the file, its -wal and its -shm away, and put a backup back";

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Storage(Box::new(Invalid::new("journal", MALFORMED)))
            }
            _ => Self::Storage(Box::new(error)),
        }
    }
}

pub(super) const CORRUPT: JournalError = JournalError::Corrupt("a row that cannot be read");

fn gateway(word: &str) -> Outcome<Gateway> {
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

pub(super) fn key(row: &Row<'_>) -> Outcome<PaymentKey> {
    let word: String = row.get("gateway")?;
    Ok(PaymentKey::new(
        gateway(&word)?,
        row.get::<_, String>("merchant")?,
        row.get::<_, String>("payment_id")?,
    ))
}

fn payment_of(row: &Row<'_>) -> Outcome<PaymentRecord> {
    let payment: PaymentRef = json(&row.get::<_, String>("reference")?)?;
    let key = key(row)?;
    if payment.gateway != key.gateway
        || payment.gateway_id != key.payment_id
        || payment.merchant_uid != row.get::<_, String>("merchant_uid")?
        || payment.paid.minor() != row.get::<_, i64>("paid")?
        || payment.paid.currency().code() != row.get::<_, String>("currency")?
    {
        return Err(CORRUPT);
    }
    Ok(PaymentRecord {
        merchant: key.merchant,
        payment,
        known_balance: row.get("known_balance")?,
        reserved: row.get("reserved")?,
        refunded: row.get("refunded")?,
        foreign_refunded: row.get("foreign_refunded")?,
        cancels: row.get("cancels")?,
        lease_owner: row.get("lease_owner")?,
        lease_until: row.get::<_, Option<i64>>("lease_until")?.map(Timestamp),
        fence: row.get("fence")?,
        due_at: row.get::<_, Option<i64>>("due_at")?.map(Timestamp),
        suspect: row.get::<_, Option<String>>("suspect")?.map(suspect).transpose()?,
        suspect_since: row.get::<_, Option<i64>>("suspect_since")?.map(Timestamp),
    })
}

fn suspect(word: String) -> Outcome<Suspect> {
    Suspect::from_word(&word).ok_or(CORRUPT)
}

fn intent_of(row: &Row<'_>) -> Outcome<IntentRecord> {
    let currency: String = row.get("currency")?;
    let currency = currency.parse().map_err(|_| CORRUPT)?;
    let outcome: Option<String> = row.get("outcome")?;
    let evidence: Option<String> = row.get("evidence")?;
    Ok(IntentRecord {
        id: IntentId::from_bytes(row.get("id")?),
        payment: key(row)?,
        caller_key: row.get("caller_key")?,
        fingerprint: row.get("fingerprint")?,
        amount: Money::from_minor(row.get("amount")?, currency).map_err(|_| CORRUPT)?,
        reason: row.get("reason")?,
        state: IntentState::from_word(&row.get::<_, String>("state")?).ok_or(CORRUPT)?,
        outcome: outcome.as_deref().map(json).transpose()?,
        evidence: evidence.as_deref().map(json).transpose()?,
        due_at: row.get::<_, Option<i64>>("due_at")?.map(Timestamp),
        scheduled_at: row.get::<_, Option<i64>>("scheduled_at")?.map(Timestamp),
        looks: row.get("looks")?,
        created_at: Timestamp(row.get("created_at")?),
        updated_at: Timestamp(row.get("updated_at")?),
    })
}

fn attempt_of(row: &Row<'_>) -> Outcome<AttemptRecord> {
    let currency: String = row.get("currency")?;
    let currency = currency.parse().map_err(|_| CORRUPT)?;
    let money = |minor| Money::from_minor(minor, currency).map_err(|_| CORRUPT);
    let refusal: Option<String> = row.get("refusal")?;
    Ok(AttemptRecord {
        id: AttemptId::from_bytes(row.get("id")?),
        intent: IntentId::from_bytes(row.get("intent")?),
        no: row.get("no")?,
        balance_before: money(row.get("balance_before")?)?,
        amount: money(row.get("amount")?)?,
        sequence: row.get("sequence")?,
        frozen: row.get("frozen")?,
        digest: row.get("digest")?,
        state: AttemptState::from_word(&row.get::<_, String>("state")?).ok_or(CORRUPT)?,
        fence: row.get("fence")?,
        sends: row.get("sends")?,
        doubts: row.get("doubts")?,
        hold: row.get::<_, i64>("hold")? != 0,
        taken: row.get::<_, i64>("taken")? != 0,
        upstream: row.get("upstream")?,
        looks_since_send: row.get("looks_since_send")?,
        refusal: refusal.as_deref().map(json).transpose()?,
        last_reason: row.get("last_reason")?,
        first_send_at: Timestamp(row.get("first_send_at")?),
        last_send_at: Timestamp(row.get("last_send_at")?),
    })
}

pub(super) fn event_of(row: &Row<'_>) -> Outcome<EventRecord> {
    Ok(EventRecord {
        seq: row.get("seq")?,
        at: Timestamp(row.get("at")?),
        intent: row.get::<_, Option<[u8; 16]>>("intent")?.map(IntentId::from_bytes),
        attempt: row.get::<_, Option<[u8; 16]>>("attempt")?.map(AttemptId::from_bytes),
        kind: row.get("kind")?,
        detail: row.get("detail")?,
        hash: row.get("hash")?,
    })
}

/// All rows of a query, each read by `read`.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: fn(&Row<'_>) -> Outcome<T>,
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
    read: fn(&Row<'_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(read).transpose()
}

macro_rules! of_payment {
    ($start:literal, $rest:literal) => {
        concat!($start, " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3", $rest)
    };
}
pub(super) use of_payment;

macro_rules! intents {
    ($rest:expr) => {
        concat!(
            "SELECT intent.*, payment.currency FROM intent JOIN payment USING (gateway, merchant, payment_id)",
            $rest
        )
    };
}

macro_rules! attempts {
    ($rest:literal) => {
        concat!(
            "SELECT attempt.*, payment.currency FROM attempt JOIN payment USING (gateway, merchant, payment_id)",
            $rest
        )
    };
}

pub(super) fn payment(c: &Connection, key: &PaymentKey) -> Outcome<Option<PaymentRecord>> {
    let sql = of_payment!("SELECT * FROM payment", "");
    one(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id], payment_of)
}

pub(super) fn payments_of_order(c: &Connection, merchant_uid: &str) -> Outcome<Vec<PaymentRecord>> {
    let sql = "SELECT * FROM payment WHERE merchant_uid = ?1 ORDER BY gateway, merchant, payment_id";
    all(c, sql, [merchant_uid], payment_of)
}

/// Payments in the order of their keys, from the one after `after`: for going through all of them.
pub(super) fn payments_after(
    c: &Connection,
    after: Option<&PaymentKey>,
    limit: u32,
) -> Outcome<Vec<PaymentRecord>> {
    let sql = "SELECT * FROM payment WHERE (gateway, merchant, payment_id) > (?1, ?2, ?3)
               ORDER BY gateway, merchant, payment_id LIMIT ?4";
    match after {
        Some(key) => {
            all(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id, limit], payment_of)
        }
        None => all(c, sql, params!["", "", "", limit], payment_of),
    }
}

pub(super) fn accounts(c: &Connection) -> Outcome<Vec<AccountName>> {
    all(c, "SELECT DISTINCT gateway, merchant, '' AS payment_id FROM payment", [], |row| {
        Ok(key(row)?.account())
    })
}

/// The keys alone, in the same order, as they are written.
pub(super) fn words_after(c: &Connection, after: &[String; 3], limit: u32) -> Outcome<Vec<[String; 3]>> {
    let sql = "SELECT gateway, merchant, payment_id FROM payment
               WHERE (gateway, merchant, payment_id) > (?1, ?2, ?3)
               ORDER BY gateway, merchant, payment_id LIMIT ?4";
    let [gateway, merchant, payment_id] = after;
    all(c, sql, params![gateway, merchant, payment_id, limit], |row| {
        Ok([row.get("gateway")?, row.get("merchant")?, row.get("payment_id")?])
    })
}

pub(super) fn key_of([word, merchant, payment_id]: &[String; 3]) -> Outcome<PaymentKey> {
    Ok(PaymentKey::new(gateway(word)?, merchant.as_str(), payment_id.as_str()))
}

/// Whether a row is not what it should be, and not the storage.
pub(super) fn is_unreadable(error: &JournalError) -> bool {
    use rusqlite::Error as Sql;

    match error {
        JournalError::Corrupt(_) => true,
        JournalError::Storage(error) => matches!(
            error.downcast_ref(),
            Some(
                Sql::InvalidColumnType(..)
                    | Sql::FromSqlConversionFailure(..)
                    | Sql::IntegralValueOutOfRange(..)
            )
        ),
        _ => false,
    }
}

pub(super) fn intent(c: &Connection, id: IntentId) -> Outcome<Option<IntentRecord>> {
    one(c, intents!(" WHERE intent.id = ?1"), [id.to_bytes()], intent_of)
}

pub(super) fn intents_of(c: &Connection, key: &PaymentKey) -> Outcome<Vec<IntentRecord>> {
    let sql = intents!(
        " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 ORDER BY intent.created_at, intent.id"
    );
    all(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id], intent_of)
}

pub(super) fn intent_of_key(c: &Connection, new: &NewIntent) -> Outcome<Option<IntentRecord>> {
    intent_by_key(c, &new.payment.account(), &new.caller_key)
}

pub(super) fn intent_by_key(
    c: &Connection,
    account: &AccountName,
    key: &str,
) -> Outcome<Option<IntentRecord>> {
    let sql = intents!(" WHERE gateway = ?1 AND merchant = ?2 AND intent.caller_key = ?3");
    one(c, sql, params![account.gateway.as_str(), account.merchant, key], intent_of)
}

pub(super) fn waiting_for_a_person(c: &Connection, limit: u32) -> Outcome<Vec<IntentRecord>> {
    let sql = intents!(
        " WHERE intent.evidence IS NOT NULL AND intent.state IN ('manual', 'accepted')
          ORDER BY intent.created_at, intent.id LIMIT ?1"
    );
    all(c, sql, [limit], intent_of)
}

pub(super) fn attempts_of(c: &Connection, intent: IntentId) -> Outcome<Vec<AttemptRecord>> {
    all(c, attempts!(" WHERE attempt.intent = ?1 ORDER BY attempt.no"), [intent.to_bytes()], attempt_of)
}

pub(super) fn attempts_of_payment(c: &Connection, key: &PaymentKey) -> Outcome<Vec<AttemptRecord>> {
    let sql = attempts!(
        " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 ORDER BY attempt.intent, attempt.no"
    );
    all(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id], attempt_of)
}

pub(super) fn open_attempt(c: &Connection, key: &PaymentKey) -> Outcome<Option<AttemptRecord>> {
    let sql = attempts!(
        " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3
          AND attempt.state IN ('sending', 'unknown', 'accepted')"
    );
    one(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id], attempt_of)
}

pub(super) fn open_payments(c: &Connection) -> Outcome<Vec<PaymentKey>> {
    let sql = "SELECT gateway, merchant, payment_id FROM attempt
               WHERE state IN ('sending', 'unknown', 'accepted')";
    all(c, sql, [], key)
}

/// An intent with its payment and its open attempt.
pub(super) fn rows(c: &Connection, id: IntentId) -> Outcome<Rows> {
    let intent = intent(c, id)?.ok_or(JournalError::NotFound)?;
    let payment = payment(c, &intent.payment)?.ok_or(JournalError::NotFound)?;
    let attempt = open_attempt(c, &intent.payment)?.filter(|attempt| attempt.intent == id);
    Ok(Rows { payment, intent, attempt })
}

/// That no halted job holds the intent until it is approved again. What was stored before a restore goes to a person
/// all the same.
macro_rules! intents_not_held {
    ($start:literal, $rest:literal) => {
        intents!(concat!(
            $start,
            " (intent.created_at <= payment.suspect_since OR NOT EXISTS (SELECT 1 FROM job_row
                JOIN job ON job.id = job_row.job WHERE job_row.intent = intent.id AND job.state = 'halted'))",
            $rest
        ))
    };
}

/// The intent that is worked on next, with its attempt: the one with the open attempt, or else the planned one due
/// first that no halted job holds.
pub(super) fn current(
    c: &Connection,
    key: &PaymentKey,
) -> Outcome<Option<(IntentRecord, Option<AttemptRecord>)>> {
    if let Some(attempt) = open_attempt(c, key)? {
        let intent = intent(c, attempt.intent)?.filter(|intent| intent.due_at.is_some());
        return Ok(intent.map(|intent| (intent, Some(attempt))));
    }
    Ok(next_planned(c, key)?.map(|intent| (intent, None)))
}

/// Where no attempt is open, the planned intent due first that no halted job holds. A payment has few: no need for the
/// database to sort them.
pub(super) fn next_planned(c: &Connection, key: &PaymentKey) -> Outcome<Option<IntentRecord>> {
    let sql = intents_not_held!(
        " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 AND intent.state = 'planned' AND",
        ""
    );
    let planned = all(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id], intent_of)?;
    Ok(planned.into_iter().min_by_key(|intent| (intent.due_at, intent.created_at, intent.id)))
}

/// The halted job that holds an intent.
pub(super) fn held_by(c: &Connection, intent: IntentId) -> Outcome<Option<JobId>> {
    let sql = "SELECT job.id FROM job_row JOIN job ON job.id = job_row.job
                   JOIN intent ON intent.id = job_row.intent
                   JOIN payment ON payment.gateway = intent.gateway AND payment.merchant = intent.merchant
                       AND payment.payment_id = intent.payment_id
               WHERE job_row.intent = ?1 AND job.state = 'halted' AND intent.state = 'planned'
                   AND (payment.suspect_since IS NULL OR intent.created_at > payment.suspect_since)";
    one(c, sql, [intent.to_bytes()], |row| Ok(JobId::from_bytes(row.get("id")?)))
}

/// The payment of these accounts that is longest due and held by nobody else.
pub(super) fn claimable(
    c: &Connection,
    owner: &str,
    accounts: &[AccountName],
    now: Timestamp,
) -> Outcome<Option<PaymentKey>> {
    // the slash cannot be in a gateway's name: no two accounts make the same text
    let sql = "SELECT gateway, merchant, payment_id FROM payment
               WHERE due_at <= ?1 AND (lease_until IS NULL OR lease_until < ?1 OR lease_owner = ?2)
                   AND gateway || '/' || merchant IN (SELECT value FROM json_each(?3))
               ORDER BY due_at, gateway, merchant, payment_id LIMIT 1";
    let accounts: Vec<String> = accounts.iter().map(AccountName::to_string).collect();
    one(c, sql, params![now.0, owner, to_json(&accounts)?], key)
}

/// Whether the journal was restored from a backup, and that is not settled.
pub(super) fn is_restored(c: &Connection) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM restored WHERE settled = 0)";
    Ok(c.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Notes a restoration, and gives the time before which everything is in doubt: no row is younger, whatever a clock
/// that was set back says.
pub(super) fn restored(c: &Connection, now: Timestamp) -> Outcome<Timestamp> {
    let sql = "SELECT max(at) FROM (SELECT max(updated_at) AS at FROM intent
                   UNION ALL SELECT max(created_at) FROM intent UNION ALL SELECT max(created_at) FROM job)";
    let newest: Option<i64> = c.query_row(sql, [], |row| row.get(0))?;
    let since = newest.map_or(now, |newest| Timestamp(newest).max(now));
    c.prepare_cached("INSERT INTO restored (at) VALUES (?1)")?.execute([since.0])?;
    Ok(since)
}

/// Settles every restoration. Tells whether there was one.
pub(super) fn settled(c: &Connection) -> Outcome<bool> {
    Ok(c.prepare_cached("UPDATE restored SET settled = 1 WHERE settled = 0")?.execute([])? > 0)
}

pub(super) fn counts(c: &Connection) -> Outcome<Counts> {
    let many = |found: i64| u64::try_from(found).unwrap_or(0);
    let count = |sql: &str| -> Outcome<u64> { Ok(many(c.query_row(sql, [], |row| row.get(0))?)) };
    let by_state = "SELECT gateway, state, count(*) AS many FROM intent GROUP BY gateway, state";
    let by_state = all(c, by_state, [], |row| {
        let state = IntentState::from_word(&row.get::<_, String>("state")?).ok_or(CORRUPT)?;
        Ok(((gateway(&row.get::<_, String>("gateway")?)?, state.as_str()), row.get::<_, i64>("many")?))
    })?;
    Ok(Counts {
        payments: count("SELECT count(*) FROM payment")?,
        suspects: count("SELECT count(*) FROM payment WHERE suspect IS NOT NULL")?,
        intents: by_state.into_iter().map(|(what, found)| (what, many(found))).collect(),
        waiting: count(
            "SELECT count(*) FROM intent WHERE evidence IS NOT NULL AND state IN ('manual', 'accepted')",
        )?,
        oldest_due: next_due(c)?,
    })
}

pub(super) fn next_due(c: &Connection) -> Outcome<Option<Timestamp>> {
    let due: Option<i64> = c.query_row("SELECT min(due_at) FROM payment", [], |row| row.get(0))?;
    Ok(due.map(Timestamp))
}

pub(super) fn account(c: &Connection, intent: IntentId) -> Outcome<Option<Vec<u8>>> {
    c.prepare_cached("SELECT account FROM intent WHERE id = ?1")?
        .query_row([intent.to_bytes()], |row| row.get(0))
        .optional()?
        .ok_or(JournalError::NotFound)
}

/// The number of the last event.
pub(super) fn last_event(c: &Connection) -> Outcome<i64> {
    Ok(c.prepare_cached("SELECT coalesce(max(seq), 0) FROM event")?.query_row([], |row| row.get(0))?)
}

pub(super) fn events_of(c: &Connection, intent: IntentId) -> Outcome<Vec<EventRecord>> {
    all(c, "SELECT * FROM event WHERE intent = ?1 ORDER BY seq", [intent.to_bytes()], event_of)
}

pub(super) fn events(c: &Connection, after: i64, limit: u32) -> Outcome<Vec<EventRecord>> {
    let sql = "SELECT * FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    all(c, sql, params![after, limit], event_of)
}
