//! The statements: one function each, with the values it takes.

use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, JobId, PaymentKey, PaymentRecord, Suspect, Timestamp,
};

use super::super::event::NewEvent;
use super::super::gate::is_asked_since;
use super::rows::{Outcome, some_json, to_json};
use super::transaction::{Step, Value, value};

macro_rules! of_payment {
    ($start:expr, $rest:literal) => {
        concat!($start, " WHERE gateway = $1 AND merchant = $2 AND payment_id = $3", $rest)
    };
}

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

/// Whether a halted job holds the intent `i` until it is approved again. What was stored before a restore goes to a
/// person all the same.
macro_rules! is_held {
    ($since:literal) => {
        concat!(
            "((",
            $since,
            " IS NULL OR i.created_at > ",
            $since,
            ") AND EXISTS (SELECT 1 FROM job_row r JOIN job j ON j.id = r.job
                WHERE r.intent = i.id AND j.state = 'halted'))"
        )
    };
}

/// When a payment is due next: its open attempt, or else the planned intent due first that no halted job holds.
macro_rules! next_due {
    ($since:literal, $of_payment:literal) => {
        concat!(
            "(SELECT CASE WHEN count(a.id) > 0
                THEN min(i.due_at) FILTER (WHERE a.id IS NOT NULL)
                ELSE min(i.due_at) FILTER (WHERE i.state = 'planned' AND NOT ",
            is_held!($since),
            ") END
              FROM intent i LEFT JOIN attempt a
                  ON a.intent = i.id AND a.state IN ('sending', 'unknown', 'accepted')
              WHERE ",
            $of_payment,
            ")"
        )
    };
}

/// The payments of a job that have something that is not final.
macro_rules! of_jobs {
    ($start:literal, $jobs:literal, $rest:literal) => {
        concat!(
            $start,
            " WHERE (gateway, merchant, payment_id) IN
                (SELECT s.gateway, s.merchant, s.payment_id FROM job_row o JOIN intent s ON s.id = o.intent
                 WHERE s.state NOT IN ('completed', 'rejected', 'withdrawn') AND ",
            $jobs,
            ")",
            $rest
        )
    };
}

macro_rules! refresh {
    ($jobs:literal) => {
        concat!(
            "UPDATE payment p SET due_at = ",
            next_due!(
                "p.suspect_since",
                "i.gateway = p.gateway AND i.merchant = p.merchant AND i.payment_id = p.payment_id"
            ),
            of_jobs!("", $jobs, "")
        )
    };
}

/// A job was halted, approved or given up: its payments are due, or no longer. Locked first, in the order of all.
pub(super) fn refresh(job: JobId) -> [Step; 2] {
    let lock =
        of_jobs!("SELECT 1 FROM payment", "o.job = $1", " ORDER BY gateway, merchant, payment_id FOR UPDATE");
    [lock, refresh!("o.job = $1")].map(|sql| Step::new(sql, vec![value(job.to_bytes().to_vec())]))
}

/// The same for every halted job, once all payments are locked.
pub(super) fn refresh_halted() -> Step {
    Step::new(refresh!("o.job IN (SELECT h.id FROM job h WHERE h.state = 'halted')"), Vec::new())
}

/// The halted job that holds an intent: a row if there is one.
pub(super) fn held_by(intent: IntentId) -> Step {
    let sql = concat!(
        "SELECT (SELECT o.job FROM job_row o WHERE o.intent = i.id) AS job
         FROM intent i JOIN payment p USING (gateway, merchant, payment_id)
         WHERE i.id = $1 AND i.state = 'planned' AND ",
        is_held!("p.suspect_since")
    );
    Step::new(sql, vec![id(intent)])
}

/// The intents of a job that have no outcome yet, those of a payment together.
pub(super) fn going_on_of_job(job: JobId) -> Step {
    let sql = "SELECT i.id FROM job_row r JOIN intent i ON i.id = r.intent
               WHERE r.job = $1 AND i.state IN ('planned', 'open')
               ORDER BY i.gateway, i.merchant, i.payment_id, r.line";
    Step::new(sql, vec![value(job.to_bytes().to_vec())])
}

/// Those that were asked for under another key since the job was planned, and those that are open.
pub(super) fn to_go_on_of_job(job: JobId) -> Step {
    let sql = concat!(
        "SELECT id, asked_since FROM (SELECT i.id, i.state, i.gateway, i.merchant, i.payment_id, r.line, ",
        is_asked_since!(),
        " AS asked_since FROM job_row r JOIN intent i ON i.id = r.intent JOIN job ON job.id = r.job
              WHERE r.job = $1 AND i.state IN ('planned', 'open')) AS going_on
          WHERE asked_since OR state = 'open' ORDER BY gateway, merchant, payment_id, line"
    );
    Step::new(sql, vec![value(job.to_bytes().to_vec())])
}

/// Whether a row's refund was asked for since.
pub(super) fn is_asked_since(job: JobId, line: i64) -> Step {
    let sql = concat!(
        "SELECT ",
        is_asked_since!(),
        " AS asked_since FROM job_row r JOIN job ON job.id = r.job WHERE r.job = $1 AND r.line = $2"
    );
    Step::new(sql, vec![value(job.to_bytes().to_vec()), value(line)])
}

/// The job of an intent, if it is one's row.
pub(super) fn of_job(intent: IntentId) -> Step {
    let sql = concat!(
        "SELECT job.state, ",
        is_asked_since!(),
        " AS asked_since FROM job_row r JOIN job ON job.id = r.job WHERE r.intent = $1"
    );
    Step::new(sql, vec![id(intent)])
}

/// The number of the last event that is sealed.
pub(super) fn last_event() -> Step {
    Step::new("SELECT coalesce(max(seq), 0) AS seq FROM event", Vec::new())
}

fn of_key(key: &PaymentKey) -> Vec<Value> {
    vec![value(key.gateway.as_str()), value(key.merchant.clone()), value(key.payment_id.clone())]
}

fn of_key_and<const N: usize>(key: &PaymentKey, more: [Value; N]) -> Vec<Value> {
    let mut values = of_key(key);
    values.extend(more);
    values
}

fn id(id: IntentId) -> Value {
    value(id.to_bytes().to_vec())
}

/// The server's time, unless the journal was given another clock. Asked after the locks of a transaction are taken.
pub(super) fn now(clock: Option<Timestamp>) -> Step {
    let sql =
        "SELECT coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS now";
    Step::new(sql, vec![value(clock.map(|now| now.0))])
}

pub(super) fn payment(key: &PaymentKey) -> Step {
    Step::new(of_payment!("SELECT * FROM payment", ""), of_key(key))
}

/// Whoever registers the gateway's number of a payment waits for another who does, under whatever account.
pub(super) fn lock_number(key: &PaymentKey) -> Step {
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))";
    Step::new(sql, vec![value(key.gateway.as_str()), value(key.payment_id.clone())])
}

/// A row if the gateway's number of a payment is registered under another account: one look for each account, by the
/// primary key.
pub(super) fn under_another(key: &PaymentKey) -> Step {
    let sql = "WITH RECURSIVE account (name) AS (
                   (SELECT merchant FROM payment WHERE gateway = $1 ORDER BY merchant LIMIT 1)
                   UNION ALL
                   SELECT (SELECT merchant FROM payment WHERE gateway = $1 AND merchant > name
                       ORDER BY merchant LIMIT 1)
                   FROM account WHERE name IS NOT NULL)
               SELECT FROM account JOIN payment ON gateway = $1 AND merchant = name AND payment_id = $3
               WHERE name <> $2 LIMIT 1";
    Step::new(sql, of_key(key))
}

/// A payment that nobody else changes until the end of the transaction. Always the first lock.
pub(super) fn locked_payment(key: &PaymentKey) -> Step {
    Step::new(of_payment!("SELECT * FROM payment", " FOR UPDATE"), of_key(key))
}

/// An intent's payment, locked.
pub(super) fn locked_payment_of(intent: IntentId) -> Step {
    let sql = "SELECT payment.* FROM payment JOIN intent USING (gateway, merchant, payment_id)
               WHERE intent.id = $1 FOR UPDATE OF payment";
    Step::new(sql, vec![id(intent)])
}

/// The payment that is longest due and held by nobody else, locked; those that another transaction has are passed by.
pub(super) fn claimable(owner: &str, accounts: &[AccountName], clock: Option<Timestamp>) -> Step {
    // the time of the statement, not of the clock: a fixed value that the index can be searched with
    let sql = "SELECT * FROM payment, LATERAL
                   (SELECT coalesce($1::bigint, floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint)) AS t (now)
               WHERE due_at <= t.now AND (lease_until IS NULL OR lease_until < t.now OR lease_owner = $2)
                   AND (gateway, merchant) IN (SELECT * FROM unnest($3::text[], $4::text[]))
               ORDER BY due_at, gateway, merchant, payment_id LIMIT 1 FOR UPDATE OF payment SKIP LOCKED";
    let gateways: Vec<&'static str> = accounts.iter().map(|account| account.gateway.as_str()).collect();
    let merchants: Vec<String> = accounts.iter().map(|account| account.merchant.clone()).collect();
    let clock = clock.map(|now| now.0);
    Step::new(sql, vec![value(clock), value(owner.to_owned()), value(gateways), value(merchants)])
}

pub(super) fn payments_of_order(merchant_uid: &str) -> Step {
    let sql = "SELECT * FROM payment WHERE merchant_uid = $1 ORDER BY gateway, merchant, payment_id";
    Step::new(sql, vec![value(merchant_uid.to_owned())])
}

/// Payments in the order of their keys, from the one after `after`: for going through all of them.
pub(super) fn payments_after(after: Option<&PaymentKey>, limit: u32) -> Step {
    let sql = "SELECT * FROM payment WHERE (gateway, merchant, payment_id) > ($1, $2, $3)
               ORDER BY gateway, merchant, payment_id LIMIT $4";
    let limit = [value(i64::from(limit))];
    Step::new(
        sql,
        match after {
            Some(key) => of_key_and(key, limit),
            None => ["", "", ""].into_iter().map(value).chain(limit).collect(),
        },
    )
}

/// The same after a key as it is written: it need not be one that can be read.
pub(super) fn payments_after_words(after: &[String; 3], limit: u32) -> Step {
    let sql = "SELECT * FROM payment WHERE (gateway, merchant, payment_id) > ($1, $2, $3)
               ORDER BY gateway, merchant, payment_id LIMIT $4";
    Step::new(sql, after.iter().cloned().map(value).chain([value(i64::from(limit))]).collect())
}

pub(super) fn intent(intent: IntentId) -> Step {
    Step::new(intents!(" WHERE intent.id = $1"), vec![id(intent)])
}

pub(super) fn intents_of(key: &PaymentKey) -> Step {
    let sql = intents!(
        " WHERE gateway = $1 AND merchant = $2 AND payment_id = $3 ORDER BY intent.created_at, intent.id"
    );
    Step::new(sql, of_key(key))
}

/// The intent under a caller's key.
pub(super) fn intent_of_key(account: &AccountName, caller_key: &str) -> Step {
    let sql = intents!(" WHERE gateway = $1 AND merchant = $2 AND intent.caller_key = $3");
    let values =
        vec![value(account.gateway.as_str()), value(account.merchant.clone()), value(caller_key.to_owned())];
    Step::new(sql, values)
}

pub(super) fn waiting_for_a_person(limit: u32) -> Step {
    let sql = intents!(
        " WHERE intent.evidence IS NOT NULL AND intent.state IN ('manual', 'accepted')
          ORDER BY intent.created_at, intent.id LIMIT $1"
    );
    Step::new(sql, vec![value(i64::from(limit))])
}

/// The intent that is worked on next: the one with the open attempt, or else the planned one due first that no halted
/// job holds.
pub(super) fn current(key: &PaymentKey) -> Step {
    let sql = intents!(concat!(
        " WHERE intent.id = coalesce(
            (SELECT a.intent FROM attempt a WHERE a.gateway = $1 AND a.merchant = $2 AND a.payment_id = $3
                AND a.state IN ('sending', 'unknown', 'accepted')),
            (SELECT i.id FROM intent i JOIN payment p USING (gateway, merchant, payment_id)
                WHERE i.gateway = $1 AND i.merchant = $2 AND i.payment_id = $3 AND i.state = 'planned' AND NOT ",
        is_held!("p.suspect_since"),
        " ORDER BY i.due_at, i.created_at, i.id LIMIT 1))"
    ));
    Step::new(sql, of_key(key))
}

pub(super) fn attempts_of(intent: IntentId) -> Step {
    Step::new(attempts!(" WHERE attempt.intent = $1 ORDER BY attempt.no"), vec![id(intent)])
}

pub(super) fn attempts_of_payment(key: &PaymentKey) -> Step {
    let sql = attempts!(
        " WHERE gateway = $1 AND merchant = $2 AND payment_id = $3 ORDER BY attempt.intent, attempt.no"
    );
    Step::new(sql, of_key(key))
}

pub(super) fn open_attempt(key: &PaymentKey) -> Step {
    let sql = attempts!(
        " WHERE gateway = $1 AND merchant = $2 AND payment_id = $3
          AND attempt.state IN ('sending', 'unknown', 'accepted')"
    );
    Step::new(sql, of_key(key))
}

/// The open attempt of an intent's payment, whose ever it is.
pub(super) fn open_beside(intent: IntentId) -> Step {
    let sql = attempts!(
        " WHERE (gateway, merchant, payment_id) =
              (SELECT i.gateway, i.merchant, i.payment_id FROM intent i WHERE i.id = $1)
          AND attempt.state IN ('sending', 'unknown', 'accepted')"
    );
    Step::new(sql, vec![id(intent)])
}

pub(super) fn open_payments() -> Step {
    let sql = "SELECT gateway, merchant, payment_id FROM attempt
               WHERE state IN ('sending', 'unknown', 'accepted')";
    Step::new(sql, Vec::new())
}

/// Payments as [`payments_after`], locked.
pub(super) fn locked_payments_after(after: Option<&PaymentKey>, limit: u32) -> Step {
    let sql = "SELECT * FROM payment WHERE (gateway, merchant, payment_id) > ($1, $2, $3)
               ORDER BY gateway, merchant, payment_id LIMIT $4 FOR UPDATE";
    Step { sql, ..payments_after(after, limit) }
}

pub(super) fn counts() -> Vec<Step> {
    [
        "SELECT count(*) AS payments, count(suspect) AS suspects, min(due_at) AS due_at FROM payment",
        "SELECT gateway, state, count(*) AS many FROM intent GROUP BY gateway, state",
        "SELECT count(*) AS waiting FROM intent WHERE evidence IS NOT NULL AND state IN ('manual', 'accepted')",
    ]
    .into_iter()
    .map(|sql| Step::new(sql, Vec::new()))
    .collect()
}

pub(super) fn next_due() -> Step {
    Step::new("SELECT min(due_at) AS due_at FROM payment", Vec::new())
}

pub(super) fn account(intent: IntentId) -> Step {
    Step::new("SELECT account FROM intent WHERE id = $1", vec![id(intent)])
}

/// From one to the next by the primary key: there are few, of many payments.
pub(super) fn accounts() -> Step {
    let sql = "WITH RECURSIVE account (gateway, merchant) AS (
                   (SELECT gateway, merchant FROM payment ORDER BY gateway, merchant LIMIT 1)
                   UNION ALL
                   SELECT next.* FROM account a, LATERAL (SELECT gateway, merchant FROM payment
                       WHERE (gateway, merchant) > (a.gateway, a.merchant)
                       ORDER BY gateway, merchant LIMIT 1) next)
               SELECT gateway, merchant, '' AS payment_id FROM account";
    Step::new(sql, Vec::new())
}

pub(super) fn events_of(intent: IntentId) -> Step {
    let sql = "SELECT * FROM event WHERE intent = $1 ORDER BY seq";
    Step::new(sql, vec![value(intent.to_bytes().to_vec())])
}

pub(super) fn events(after: i64, limit: u32) -> Step {
    let sql = "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
    Step::new(sql, vec![value(after), value(i64::from(limit))])
}

/// Events that are not in the chain yet.
pub(super) fn unsealed() -> Step {
    let sql = "SELECT id AS seq, at, intent, attempt, kind, detail, decode(repeat('00', 32), 'hex') AS hash
               FROM event_new ORDER BY id";
    Step::new(sql, Vec::new())
}

pub(super) fn insert_payment(payment: &PaymentRecord) -> Outcome<Step> {
    let sql = "INSERT INTO payment (gateway, merchant, payment_id, merchant_uid, currency, paid, reference,
                   known_balance, reserved, refunded, foreign_refunded, cancels, fence, suspect, suspect_since)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let more = [
        value(payment.payment.merchant_uid.clone()),
        value(payment.paid().currency().code().to_owned()),
        value(payment.paid().minor()),
        value(to_json(&payment.payment)?),
        value(payment.known_balance),
        value(payment.reserved),
        value(payment.refunded),
        value(payment.foreign_refunded),
        value(payment.cancels),
        value(payment.fence),
        value(payment.suspect.map(Suspect::as_str)),
        value(payment.suspect_since.map(|since| since.0)),
    ];
    Ok(Step::new(sql, of_key_and(&payment.key(), more)))
}

/// Whether the journal was restored from a backup, and that is not settled: a row for each.
pub(super) fn unsettled() -> Step {
    Step::new("SELECT at AS now FROM restored WHERE NOT settled", Vec::new())
}

/// Notes a restoration, and gives the time before which everything is in doubt: no row is younger, whatever a clock
/// that was set back says.
pub(super) fn restored(clock: Option<Timestamp>) -> Step {
    let sql = "INSERT INTO restored (at)
               SELECT greatest(
                   coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint),
                   (SELECT max(updated_at) FROM intent),
                   (SELECT max(created_at) FROM intent),
                   (SELECT max(created_at) FROM job))
               RETURNING at AS now";
    Step::new(sql, vec![value(clock.map(|now| now.0))])
}

/// Settles every restoration: a row for each.
pub(super) fn settle() -> Step {
    Step::new("UPDATE restored SET settled = true WHERE NOT settled RETURNING at", Vec::new())
}

/// Writes a payment back; tells when it is due next, which its intents and attempts say.
pub(super) fn update_payment(payment: &PaymentRecord) -> Step {
    let sql = of_payment!(
        concat!(
            "UPDATE payment p SET known_balance = $4, reserved = $5, refunded = $6, foreign_refunded = $7,
                cancels = $8, lease_owner = $9, lease_until = $10, fence = $11, suspect = $12,
                suspect_since = $13, due_at = ",
            next_due!("$13::bigint", "i.gateway = $1 AND i.merchant = $2 AND i.payment_id = $3")
        ),
        " RETURNING due_at"
    );
    let more = [
        value(payment.known_balance),
        value(payment.reserved),
        value(payment.refunded),
        value(payment.foreign_refunded),
        value(payment.cancels),
        value(payment.lease_owner.clone()),
        value(payment.lease_until.map(|until| until.0)),
        value(payment.fence),
        value(payment.suspect.map(Suspect::as_str)),
        value(payment.suspect_since.map(|since| since.0)),
    ];
    Step::new(sql, of_key_and(&payment.key(), more))
}

/// Writes a payment's lease back, and nothing else.
pub(super) fn update_lease(payment: &PaymentRecord) -> Step {
    let sql = of_payment!("UPDATE payment SET lease_owner = $4, lease_until = $5, fence = $6", "");
    let more = [
        value(payment.lease_owner.clone()),
        value(payment.lease_until.map(|until| until.0)),
        value(payment.fence),
    ];
    Step::new(sql, of_key_and(&payment.key(), more))
}

/// Ends a lease, unless it was overtaken.
pub(super) fn release(key: &PaymentKey, fence: i64) -> Step {
    let sql = of_payment!("UPDATE payment SET lease_owner = NULL, lease_until = NULL", " AND fence = $4");
    Step::new(sql, of_key_and(key, [value(fence)]))
}

pub(super) fn insert_intent(intent: &IntentRecord, account: Option<Vec<u8>>) -> Step {
    let sql =
        "INSERT INTO intent (gateway, merchant, payment_id, id, caller_key, fingerprint, amount, reason,
                   state, due_at, looks, account, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let more = [
        id(intent.id),
        value(intent.caller_key.clone()),
        value(intent.fingerprint.to_vec()),
        value(intent.amount.minor()),
        value(intent.reason.clone()),
        value(intent.state.as_str()),
        value(intent.due_at.map(|due| due.0)),
        value(intent.looks),
        value(account),
        value(intent.created_at.0),
        value(intent.updated_at.0),
    ];
    Step::new(sql, of_key_and(&intent.payment, more))
}

pub(super) fn update_intent(intent: &IntentRecord) -> Outcome<Step> {
    // account data is kept no longer than until the end
    let sql =
        "UPDATE intent SET state = $2, outcome = $3, evidence = $4, due_at = $5, looks = $6, updated_at = $7,
                   account = CASE WHEN $8 THEN NULL ELSE account END, scheduled_at = $9
               WHERE id = $1";
    let values = vec![
        id(intent.id),
        value(intent.state.as_str()),
        value(some_json(intent.outcome.as_ref())?),
        value(some_json(intent.evidence.as_ref())?),
        value(intent.due_at.map(|due| due.0)),
        value(intent.looks),
        value(intent.updated_at.0),
        value(intent.state.is_final()),
        value(intent.scheduled_at.map(|at| at.0)),
    ];
    Ok(Step::new(sql, values))
}

pub(super) fn insert_attempt(attempt: &AttemptRecord, key: &PaymentKey) -> Step {
    let sql = "INSERT INTO attempt (gateway, merchant, payment_id, id, intent, no, balance_before, amount, sequence,
                   frozen, digest, state, fence, sends, doubts, hold, taken, upstream, looks_since_send,
                   first_send_at, last_send_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, false, false, 0, 0, $16, $17)";
    let more = [
        value(attempt.id.to_bytes().to_vec()),
        id(attempt.intent),
        value(attempt.no),
        value(attempt.balance_before.minor()),
        value(attempt.amount.minor()),
        value(i64::from(attempt.sequence)),
        value(attempt.frozen.clone()),
        value(attempt.digest.to_vec()),
        value(attempt.state.as_str()),
        value(attempt.fence),
        value(attempt.sends),
        value(attempt.doubts),
        value(attempt.first_send_at.0),
        value(attempt.last_send_at.0),
    ];
    Step::new(sql, of_key_and(key, more))
}

pub(super) fn update_attempt(attempt: &AttemptRecord) -> Outcome<Step> {
    let sql = "UPDATE attempt SET state = $2, fence = $3, sends = $4, doubts = $5, hold = $6, upstream = $7,
                   looks_since_send = $8, refusal = $9, last_reason = $10, last_send_at = $11, taken = $12
               WHERE id = $1";
    let values = vec![
        value(attempt.id.to_bytes().to_vec()),
        value(attempt.state.as_str()),
        value(attempt.fence),
        value(attempt.sends),
        value(attempt.doubts),
        value(attempt.hold),
        value(attempt.upstream),
        value(attempt.looks_since_send),
        value(some_json(attempt.refusal.as_ref())?),
        value(attempt.last_reason.clone()),
        value(attempt.last_send_at.0),
        value(attempt.taken),
    ];
    Ok(Step::new(sql, values))
}

/// Adds an event, to be sealed into the chain later.
pub(super) fn append(event: &NewEvent) -> Step {
    let values = vec![
        value(event.at.0),
        value(event.intent.map(|intent| intent.to_bytes().to_vec())),
        value(event.attempt.map(|attempt| attempt.to_bytes().to_vec())),
        value(event.kind),
        value(event.detail.to_string()),
    ];
    let sql = "INSERT INTO event_new (at, intent, attempt, kind, detail) VALUES ($1, $2, $3, $4, $5)";
    Step::new(sql, values)
}

/// Seals some of the new events into the chain; tells how many.
pub(super) fn seal() -> Step {
    Step::new("SELECT seal() AS sealed", Vec::new())
}
