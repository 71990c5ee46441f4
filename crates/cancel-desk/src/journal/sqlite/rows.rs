//! Rows, read and written.

use pg_core::Invalid;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde::Serialize;

use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, PaymentKey, PaymentRecord,
    Timestamp,
};

use super::super::apply::Rows;
use super::super::event::EventRecord;
use super::super::{Counts, JournalError, NewIntent};
use super::read::{
    self, Cells, all, attempt_columns, event_columns, intent_columns, key_columns, one, payment_columns,
};

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

pub(super) fn to_json<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|_| JournalError::Corrupt("a value that is no json"))
}

pub(super) fn some_json<T: Serialize>(value: Option<&T>) -> Outcome<Option<String>> {
    value.map(to_json).transpose()
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
            "SELECT ",
            key_columns!(),
            ", payment.currency, ",
            intent_columns!(),
            " FROM intent JOIN payment USING (gateway, merchant, payment_id)",
            $rest
        )
    };
}

macro_rules! attempts {
    ($rest:expr) => {
        concat!(
            "SELECT payment.currency, ",
            attempt_columns!(),
            " FROM attempt JOIN payment USING (gateway, merchant, payment_id)",
            $rest
        )
    };
}

macro_rules! payments {
    ($rest:literal) => {
        concat!("SELECT ", payment_columns!(), " FROM payment", $rest)
    };
}

/// The attempt that is open, in the words of the index that finds it.
macro_rules! is_open {
    () => {
        "(attempt.state = 'sending' OR attempt.state = 'unknown' OR attempt.state = 'accepted')"
    };
}

fn payment_of(row: &Row<'_>) -> Outcome<PaymentRecord> {
    read::payment(&mut Cells::of(row))
}

fn intent_of(row: &Row<'_>) -> Outcome<IntentRecord> {
    let mut cells = Cells::of(row);
    let (key, currency) = (read::key(&mut cells)?, cells.currency()?);
    read::intent(&mut cells, key, currency)
}

fn attempt_of(row: &Row<'_>) -> Outcome<AttemptRecord> {
    let mut cells = Cells::of(row);
    let currency = cells.currency()?;
    read::attempt(&mut cells, currency)
}

fn key_in(row: &Row<'_>) -> Outcome<PaymentKey> {
    read::key(&mut Cells::of(row))
}

pub(super) fn payment(c: &Connection, key: &PaymentKey) -> Outcome<Option<PaymentRecord>> {
    let sql = payments!(" WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3");
    one(c, sql, of(key), payment_of)
}

/// Whether a payment that is not registered is so under another account: one look for each account, by the primary key.
pub(super) fn is_under_another(c: &Connection, key: &PaymentKey) -> Outcome<bool> {
    let sql = "WITH RECURSIVE account (name) AS (
                   SELECT min(merchant) FROM payment WHERE gateway = ?1
                   UNION ALL
                   SELECT (SELECT min(merchant) FROM payment WHERE gateway = ?1 AND merchant > name)
                   FROM account WHERE name IS NOT NULL)
               SELECT EXISTS (SELECT 1 FROM account JOIN payment
                   ON gateway = ?1 AND merchant = name AND payment_id = ?2)";
    Ok(c.prepare_cached(sql)?.query_row([key.gateway.as_str(), &key.payment_id], |row| row.get(0))?)
}

/// The three parts of a key, as statements take them.
pub(super) fn of(key: &PaymentKey) -> [&str; 3] {
    [key.gateway.as_str(), &key.merchant, &key.payment_id]
}

pub(super) fn payments_of_order(c: &Connection, merchant_uid: &str) -> Outcome<Vec<PaymentRecord>> {
    let sql = payments!(" WHERE merchant_uid = ?1 ORDER BY gateway, merchant, payment_id");
    all(c, sql, [merchant_uid], payment_of)
}

/// Payments in the order of their keys, from the one after `after`: for going through all of them.
pub(super) fn payments_after(
    c: &Connection,
    after: Option<&PaymentKey>,
    limit: u32,
) -> Outcome<Vec<PaymentRecord>> {
    let sql = payments!(
        " WHERE (gateway, merchant, payment_id) > (?1, ?2, ?3)
          ORDER BY gateway, merchant, payment_id LIMIT ?4"
    );
    match after {
        Some(key) => {
            all(c, sql, params![key.gateway.as_str(), key.merchant, key.payment_id, limit], payment_of)
        }
        None => all(c, sql, params!["", "", "", limit], payment_of),
    }
}

/// From one to the next by the primary key: there are few, of many payments.
pub(super) fn accounts(c: &Connection) -> Outcome<Vec<AccountName>> {
    let sql = "WITH RECURSIVE account (gateway, merchant) AS (
                   SELECT * FROM (SELECT gateway, merchant FROM payment ORDER BY gateway, merchant LIMIT 1)
                   UNION ALL
                   SELECT next.gateway, next.merchant FROM account, payment AS next
                   WHERE next.rowid = coalesce(
                       (SELECT rowid FROM payment WHERE gateway = account.gateway AND merchant > account.merchant
                        ORDER BY merchant LIMIT 1),
                       (SELECT rowid FROM payment WHERE gateway > account.gateway
                        ORDER BY gateway, merchant LIMIT 1)))
               SELECT gateway, merchant, '' FROM account";
    all(c, sql, [], |row| Ok(key_in(row)?.account()))
}

/// The keys alone, in the same order, as they are written.
pub(super) fn words_after(c: &Connection, after: &[String; 3], limit: u32) -> Outcome<Vec<[String; 3]>> {
    let sql = "SELECT gateway, merchant, payment_id FROM payment
               WHERE (gateway, merchant, payment_id) > (?1, ?2, ?3)
               ORDER BY gateway, merchant, payment_id LIMIT ?4";
    let [gateway, merchant, payment_id] = after;
    all(c, sql, params![gateway, merchant, payment_id, limit], |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?])
    })
}

pub(super) fn key_of([word, merchant, payment_id]: &[String; 3]) -> Outcome<PaymentKey> {
    Ok(PaymentKey::new(read::gateway(word)?, merchant.as_str(), payment_id.as_str()))
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
    all(c, sql, of(key), intent_of)
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

pub(super) fn count_attempts(c: &Connection, intent: IntentId) -> Outcome<i64> {
    let sql = "SELECT count(*) FROM attempt WHERE intent = ?1";
    Ok(c.prepare_cached(sql)?.query_row([intent.to_bytes()], |row| row.get(0))?)
}

pub(super) fn attempts_of_payment(c: &Connection, key: &PaymentKey) -> Outcome<Vec<AttemptRecord>> {
    let sql = attempts!(
        " WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 ORDER BY attempt.intent, attempt.no"
    );
    all(c, sql, of(key), attempt_of)
}

pub(super) fn open_attempt(c: &Connection, key: &PaymentKey) -> Outcome<Option<AttemptRecord>> {
    let sql =
        attempts!(concat!(" WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 AND ", is_open!()));
    one(c, sql, of(key), attempt_of)
}

pub(super) fn open_payments(c: &Connection) -> Outcome<Vec<PaymentKey>> {
    let sql = concat!("SELECT gateway, merchant, payment_id FROM attempt WHERE ", is_open!());
    all(c, sql, [], key_in)
}

/// An intent with its payment and its open attempt.
pub(super) fn rows(c: &Connection, id: IntentId) -> Outcome<Rows> {
    let (payment, intent, attempt) = with_open(c, id)?.ok_or(JournalError::NotFound)?;
    Ok(Rows { payment, intent, attempt: attempt.filter(|attempt| attempt.intent == id) })
}

type WithOpen = (PaymentRecord, IntentRecord, Option<AttemptRecord>);

/// An intent with its payment and the payment's open attempt, whosever that is.
pub(super) fn with_open(c: &Connection, id: IntentId) -> Outcome<Option<WithOpen>> {
    let sql = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        intent_columns!(),
        ", ",
        attempt_columns!(),
        " FROM intent JOIN payment USING (gateway, merchant, payment_id)
          LEFT JOIN attempt ON attempt.gateway = payment.gateway AND attempt.merchant = payment.merchant
              AND attempt.payment_id = payment.payment_id AND ",
        is_open!(),
        " WHERE intent.id = ?1"
    );
    one(c, sql, [id.to_bytes()], |row| {
        let mut cells = Cells::of(row);
        let payment = read::payment(&mut cells)?;
        let currency = payment.paid().currency();
        let intent = read::intent(&mut cells, payment.key(), currency)?;
        Ok((payment, intent, read::some_attempt(&mut cells, currency)?))
    })
}

/// What is worked on next at a payment.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) intent: IntentRecord,
    pub(super) has_account: bool,
    pub(super) attempt: Option<AttemptRecord>,
}

/// The intent that is worked on next, with its attempt: the one with the open attempt, or else the planned one due
/// first that no halted job holds.
pub(super) fn current(c: &Connection, payment: &PaymentRecord) -> Outcome<Option<Current>> {
    let sql = concat!(
        "SELECT ",
        intent_columns!(),
        ", intent.account IS NOT NULL, ",
        attempt_columns!(),
        " FROM attempt JOIN intent ON intent.id = attempt.intent
          WHERE attempt.gateway = ?1 AND attempt.merchant = ?2 AND attempt.payment_id = ?3 AND ",
        is_open!()
    );
    let (key, currency) = (payment.key(), payment.paid().currency());
    let open = one(c, sql, of(&key), |row| {
        let mut cells = Cells::of(row);
        Ok(Current {
            intent: read::intent(&mut cells, key.clone(), currency)?,
            has_account: cells.take()?,
            attempt: Some(read::attempt(&mut cells, currency)?),
        })
    })?;
    match open {
        Some(current) => Ok(Some(current).filter(|current| current.intent.due_at.is_some())),
        None => next_planned(c, payment),
    }
}

/// Where no attempt is open, the planned intent due first that no halted job holds; what was stored before a restore
/// goes to a person all the same. A payment has few: no need for the database to sort them.
pub(super) fn next_planned(c: &Connection, payment: &PaymentRecord) -> Outcome<Option<Current>> {
    let sql = concat!(
        "SELECT ",
        intent_columns!(),
        ", intent.account IS NOT NULL FROM intent
          WHERE gateway = ?1 AND merchant = ?2 AND payment_id = ?3 AND intent.state = 'planned' AND
              (intent.created_at <= ?4 OR NOT EXISTS (SELECT 1 FROM job_row
                JOIN job ON job.id = job_row.job WHERE job_row.intent = intent.id AND job.state = 'halted'))"
    );
    let key = payment.key();
    let [gateway, merchant, payment_id] = of(&key);
    let values = params![gateway, merchant, payment_id, payment.suspect_since.map(|since| since.0)];
    let planned = all(c, sql, values, |row| {
        let mut cells = Cells::of(row);
        let intent = read::intent(&mut cells, key.clone(), payment.paid().currency())?;
        Ok(Current { intent, has_account: cells.take()?, attempt: None })
    })?;
    Ok(planned.into_iter().min_by_key(|Current { intent, .. }| (intent.due_at, intent.created_at, intent.id)))
}

/// The halted job that holds an intent.
pub(super) fn held_by(c: &Connection, intent: IntentId) -> Outcome<Option<JobId>> {
    let sql = "SELECT job.id FROM job_row JOIN job ON job.id = job_row.job
                   JOIN intent ON intent.id = job_row.intent
                   JOIN payment ON payment.gateway = intent.gateway AND payment.merchant = intent.merchant
                       AND payment.payment_id = intent.payment_id
               WHERE job_row.intent = ?1 AND job.state = 'halted' AND intent.state = 'planned'
                   AND (payment.suspect_since IS NULL OR intent.created_at > payment.suspect_since)";
    one(c, sql, [intent.to_bytes()], |row| Ok(JobId::from_bytes(row.get(0)?)))
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
    one(c, sql, params![now.0, owner, to_json(&accounts)?], key_in)
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
    let by_state = "SELECT gateway, state, count(*) FROM intent GROUP BY gateway, state";
    let by_state = all(c, by_state, [], |row| {
        let mut cells = Cells::of(row);
        let gateway = cells.one_of(|word| word.parse().ok())?;
        Ok(((gateway, cells.one_of(IntentState::from_word)?.as_str()), cells.take::<i64>()?))
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
    // without the condition the index would not do, and every payment ever made be read
    let sql = "SELECT min(due_at) FROM payment WHERE due_at IS NOT NULL";
    let due: Option<i64> = c.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
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
    let sql = concat!("SELECT ", event_columns!(), " FROM event WHERE intent = ?1 ORDER BY seq");
    all(c, sql, [intent.to_bytes()], read::event)
}

pub(super) fn events(c: &Connection, after: i64, limit: u32) -> Outcome<Vec<EventRecord>> {
    let sql = concat!("SELECT ", event_columns!(), " FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    all(c, sql, params![after, limit], read::event)
}
