//! Jobs and their rows, read and written.

use std::collections::BTreeMap;

use pg_core::Money;
use rusqlite::{Connection, Row, params};

use crate::protocol::{Claim, Snapshot};
use crate::record::{
    AccountName, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow, JobState, JobTotal,
    PaymentKey, PaymentRecord, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::NewEvent;
use super::super::gate::{self, Instead, OfJob, is_asked_since};
use super::super::jobs::{self, PlannedRow};
use super::super::trail::Before;
use super::super::{JournalError, Submitted};
use super::begin::{self, Turn};
use super::read::{self, CORRUPT, Cells, all, one};
use super::rows::{self, Outcome};
use super::write;

/// What [`job_of`] takes.
macro_rules! jobs {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, hash, state, rows, approved_by, halted_because, seen_event, created_at FROM job",
            $rest
        )
    };
}

/// What [`row_of`] takes.
macro_rules! job_rows {
    ($rest:literal) => {
        concat!(
            "SELECT line, intent, gateway, merchant, payment_id, caller_key, fingerprint, currency, amount, reason,
                    refused, account
             FROM job_row",
            $rest
        )
    };
}

fn total_of(row: &Row<'_>) -> Outcome<JobTotal> {
    let mut cells = Cells::of(row);
    Ok(JobTotal { approved: money(&mut cells)?, submitted: cells.take()? })
}

fn money(cells: &mut Cells<'_, '_>) -> Outcome<Money> {
    let currency = cells.currency()?;
    Money::from_minor(cells.take()?, currency).map_err(|_| CORRUPT)
}

/// A job, its totals apart.
fn job_of(row: &Row<'_>) -> Outcome<JobRecord> {
    let mut cells = Cells::of(row);
    Ok(JobRecord {
        id: JobId::from_bytes(cells.take()?),
        name: cells.take()?,
        hash: cells.take()?,
        state: cells.one_of(JobState::from_word)?,
        totals: Vec::new(),
        rows: cells.take()?,
        approved_by: cells.take()?,
        halted_because: cells.take()?,
        seen_event: cells.take()?,
        created_at: cells.time()?,
    })
}

fn row_of(cells: &mut Cells<'_, '_>) -> Outcome<JobRow> {
    Ok(JobRow {
        line: cells.take()?,
        intent: IntentId::from_bytes(cells.take()?),
        payment: read::key(cells)?,
        caller_key: cells.take()?,
        fingerprint: cells.take()?,
        amount: money(cells)?,
        reason: cells.take()?,
        refused: cells.take()?,
        stored: None,
    })
}

fn with_totals(c: &Connection, mut job: JobRecord) -> Outcome<JobRecord> {
    let sql = "SELECT currency, approved, submitted FROM job_total WHERE job = ?1 ORDER BY currency";
    job.totals = all(c, sql, [job.id.to_bytes()], total_of)?;
    Ok(job)
}

fn with_stored(c: &Connection, mut row: JobRow) -> Outcome<JobRow> {
    let stored = rows::intent_of_key(c, &jobs::wish_of(&row))?;
    row.stored = stored.filter(|intent| intent.fingerprint == row.fingerprint).map(Box::new);
    Ok(row)
}

pub(super) fn find(c: &Connection, id: JobId) -> Outcome<Option<JobRecord>> {
    let job = one(c, jobs!(" WHERE id = ?1"), [id.to_bytes()], job_of)?;
    job.map(|job| with_totals(c, job)).transpose()
}

/// The jobs' ids, each as it is told.
pub(super) fn ids(c: &Connection) -> Outcome<Vec<(String, JobId)>> {
    all(c, "SELECT id FROM job ORDER BY created_at, id", [], |row| {
        let id = JobId::from_bytes(row.get(0)?);
        Ok((id.to_string(), id))
    })
}

pub(super) fn must(c: &Connection, id: JobId) -> Outcome<JobRecord> {
    find(c, id)?.ok_or(JournalError::NotFound)
}

pub(super) fn newest(c: &Connection, limit: u32) -> Outcome<Vec<JobRecord>> {
    let jobs = all(c, jobs!(" ORDER BY created_at DESC, id LIMIT ?1"), [limit], job_of)?;
    jobs.into_iter().map(|job| with_totals(c, job)).collect()
}

pub(super) fn rows_of(c: &Connection, id: JobId, after_line: i64, limit: u32) -> Outcome<Vec<JobRow>> {
    let sql = job_rows!(" WHERE job = ?1 AND line > ?2 ORDER BY line LIMIT ?3");
    let found = all(c, sql, params![id.to_bytes(), after_line, limit], |row| row_of(&mut Cells::of(row)))?;
    found.into_iter().map(|row| with_stored(c, row)).collect()
}

/// Whether nothing of a job is left to be done: as [`JobRow::is_settled`] of every row.
pub(super) fn is_settled(c: &Connection, id: JobId) -> Outcome<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM job_row r LEFT JOIN intent i
                   ON i.gateway = r.gateway AND i.merchant = r.merchant AND i.caller_key = r.caller_key
                       AND i.fingerprint = r.fingerprint
               WHERE r.job = ?1
                   AND CASE WHEN i.id IS NULL THEN r.refused IS NULL ELSE i.state IN ('planned', 'open') END)";
    Ok(c.prepare_cached(sql)?.query_row([id.to_bytes()], |row| row.get(0))?)
}

/// The rows of other jobs that would be submitted under these keys.
pub(super) fn planned_under(
    c: &Connection,
    account: &AccountName,
    keys: &[String],
    but: &str,
) -> Outcome<BTreeMap<String, (JobId, i64)>> {
    let sql = "SELECT r.job, r.line FROM job_row r JOIN job ON job.id = r.job
               WHERE r.caller_key = ?1 AND r.gateway = ?2 AND r.merchant = ?3 AND r.refused IS NULL
                   AND job.state <> 'discarded' AND job.name <> ?4
               ORDER BY job.created_at, job.id LIMIT 1";
    let mut found = BTreeMap::new();
    for key in keys {
        let values = params![key, account.gateway.as_str(), account.merchant, but];
        let row = one(c, sql, values, |row| Ok((JobId::from_bytes(row.get(0)?), row.get(1)?)))?;
        found.extend(row.map(|row| (key.clone(), row)));
    }
    Ok(found)
}

/// What is stored under a row's key already, and the claim of its payment.
fn go_on_with(
    c: &Connection,
    known: IntentRecord,
    fingerprint: [u8; 32],
    turn: Option<Turn<'_>>,
    now: Timestamp,
) -> Outcome<Result<(Submitted, Option<Claim>), JournalError>> {
    let open = matches!(known.state, IntentState::Planned | IntentState::Open);
    let payment = known.payment.clone();
    let submitted = match begin::same_or_conflict(known, fingerprint) {
        Ok(submitted) => submitted,
        Err(conflict) => return Ok(Err(conflict)),
    };
    let claim = match turn.filter(|_| open) {
        Some(turn) => begin::claim(c, &payment, turn, now)?,
        None => None,
    };
    Ok(Ok((submitted, claim)))
}

/// A row, still without what is stored under its key, and the account that it keeps, sealed.
fn row(c: &Connection, id: JobId, line: i64) -> Outcome<(JobRow, Option<Vec<u8>>)> {
    let sql = job_rows!(" WHERE job = ?1 AND line = ?2");
    let found = one(c, sql, params![id.to_bytes(), line], |row| {
        let mut cells = Cells::of(row);
        Ok((row_of(&mut cells)?, cells.take()?))
    })?;
    found.ok_or(JournalError::NotFound)
}

/// Stores a plan; the same plan again gives back what is stored.
pub(super) fn plan(c: &Connection, job: &JobRecord, planned: &[PlannedRow]) -> Outcome<JobRecord> {
    if let Some(known) = find(c, job.id)? {
        return Ok(known);
    }
    let sql = "INSERT INTO job (id, name, hash, state, rows, seen_event, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    c.prepare_cached(sql)?.execute(params![
        job.id.to_bytes(),
        job.name,
        job.hash,
        job.state.as_str(),
        job.rows,
        job.seen_event,
        job.created_at.0
    ])?;
    for total in &job.totals {
        let sql = "INSERT INTO job_total (job, currency, approved, submitted) VALUES (?1, ?2, ?3, ?4)";
        let approved = total.approved;
        let values =
            params![job.id.to_bytes(), approved.currency().code(), approved.minor(), total.submitted];
        c.prepare_cached(sql)?.execute(values)?;
    }
    for PlannedRow { row, sealed } in planned {
        insert_row(c, job.id, row, sealed.as_deref())?;
    }
    write::append(c, NewEvent::planned(job, planned.iter().map(|planned| &planned.row)))?;
    Ok(job.clone())
}

fn insert_row(c: &Connection, job: JobId, row: &JobRow, sealed: Option<&[u8]>) -> Outcome<()> {
    let sql =
        "INSERT INTO job_row (job, line, intent, gateway, merchant, payment_id, caller_key, fingerprint,
                   amount, currency, reason, account)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let PaymentKey { gateway, merchant, payment_id } = &row.payment;
    c.prepare_cached(sql)?.execute(params![
        job.to_bytes(),
        row.line,
        row.intent.to_bytes(),
        gateway.as_str(),
        merchant,
        payment_id,
        row.caller_key,
        row.fingerprint,
        row.amount.minor(),
        row.amount.currency().code(),
        row.reason,
        sealed,
    ])?;
    Ok(())
}

/// Loads a job, changes it and writes it back with its event.
pub(super) fn change(
    c: &Connection,
    id: JobId,
    now: Timestamp,
    (kind, by): (&'static str, Option<&str>),
    change: impl FnOnce(&mut JobRecord) -> Outcome<()>,
) -> Outcome<JobRecord> {
    let mut job = must(c, id)?;
    change(&mut job)?;
    update(c, &job)?;
    refresh(c, id)?;
    write::append(c, NewEvent::of_job(&job, now, kind, by))?;
    Ok(job)
}

/// The intents of a job that wait for an attempt.
fn waiting(c: &Connection, id: JobId) -> Outcome<Vec<IntentId>> {
    let sql = "SELECT intent.id FROM job_row JOIN intent ON intent.id = job_row.intent
               WHERE job_row.job = ?1 AND intent.state = 'planned' ORDER BY job_row.line";
    all(c, sql, [id.to_bytes()], |row| Ok(IntentId::from_bytes(row.get(0)?)))
}

/// Halted or approved, its payments are due, or no longer.
fn refresh(c: &Connection, id: JobId) -> Outcome<()> {
    for intent in waiting(c, id)? {
        let payment = rows::rows(c, intent)?.payment;
        let due_at = rows::current(c, &payment)?.and_then(|current| current.intent.due_at);
        write::update_payment(c, &PaymentRecord { due_at, ..payment })?;
    }
    Ok(())
}

fn is_asked_since(c: &Connection, id: JobId, line: i64) -> Outcome<bool> {
    let sql = concat!(
        "SELECT ",
        is_asked_since!(),
        " FROM job_row r JOIN job ON job.id = r.job WHERE r.job = ?1 AND r.line = ?2"
    );
    Ok(c.prepare_cached(sql)?.query_row(params![id.to_bytes(), line], |row| row.get(0))?)
}

/// The job of an intent, if it is one's row.
pub(super) fn of_job(c: &Connection, intent: IntentId) -> Outcome<Option<OfJob>> {
    let sql = concat!(
        "SELECT job.state, ",
        is_asked_since!(),
        " AS asked_since FROM job_row r JOIN job ON job.id = r.job WHERE r.intent = ?1"
    );
    one(c, sql, [intent.to_bytes()], |row| {
        let mut cells = Cells::of(row);
        Ok(OfJob { state: cells.one_of(JobState::from_word)?, asked_since: cells.take()? })
    })
}

/// Takes back what of a job was provably never sent.
pub(super) fn withdraw_all(c: &Connection, id: JobId, by: &str, reason: &str, now: Timestamp) -> Outcome<()> {
    let sql = "SELECT i.id FROM job_row r JOIN intent i ON i.id = r.intent
               WHERE r.job = ?1 AND i.state IN ('planned', 'open') ORDER BY r.line";
    for intent in all(c, sql, [id.to_bytes()], |row| Ok(IntentId::from_bytes(row.get(0)?)))? {
        let found = rows::rows(c, intent)?;
        if gate::can_be_taken_back(&found) {
            take_back(c, found, by, reason, now)?;
        }
    }
    Ok(())
}

/// Takes back what of a job was provably never sent and was asked for under another key since it was planned; had it
/// halted, the rest of what is open is looked at anew.
pub(super) fn go_on(c: &Connection, id: JobId, had_halted: bool, by: &str, now: Timestamp) -> Outcome<()> {
    let sql = concat!(
        "SELECT id, asked_since FROM (SELECT i.id, i.state, r.line, ",
        is_asked_since!(),
        " AS asked_since FROM job_row r JOIN job ON job.id = r.job JOIN intent i ON i.id = r.intent
              WHERE r.job = ?1 AND i.state IN ('planned', 'open'))
          WHERE asked_since OR state = 'open' ORDER BY line"
    );
    let found = all(c, sql, [id.to_bytes()], |row| Ok((IntentId::from_bytes(row.get(0)?), row.get(1)?)))?;
    for (intent, asked_since) in found {
        let mut found = rows::rows(c, intent)?;
        if asked_since && gate::can_be_taken_back(&found) {
            take_back(c, found, by, jobs::ASKED_SINCE, now)?;
        } else if had_halted && gate::is_looked_at_anew(&found) {
            let before = Before::rows(&found);
            apply::look_anew(&mut found.intent, now);
            write::store(c, &mut found)?;
            write::append(c, NewEvent::looks_anew(&before, &found, by, now))?;
        }
    }
    Ok(())
}

/// Writes what the gate has instead of a sending.
pub(super) fn write(c: &Connection, found: Rows, instead: Instead, now: Timestamp) -> Outcome<Snapshot> {
    match instead {
        Instead::Record(record) => write::record(c, found, &record, now),
        Instead::TakeBack(reason) => take_back(c, found, gate::DESK, reason, now),
    }
}

fn take_back(c: &Connection, mut found: Rows, by: &str, reason: &str, now: Timestamp) -> Outcome<Snapshot> {
    let before = Before::rows(&found);
    apply::take_back(&mut found, now)?;
    write::store(c, &mut found)?;
    write::append(c, NewEvent::withdrawn(&before, &found, by, reason, now))?;
    Ok(found.into_snapshot(now))
}

fn update(c: &Connection, job: &JobRecord) -> Outcome<()> {
    let sql = "UPDATE job SET state = ?2, approved_by = ?3, halted_because = ?4 WHERE id = ?1";
    let values = params![job.id.to_bytes(), job.state.as_str(), job.approved_by, job.halted_because];
    c.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Account data of what will never be submitted is kept no longer.
pub(super) fn erase_accounts(c: &Connection, id: JobId) -> Outcome<()> {
    c.prepare_cached("UPDATE job_row SET account = NULL WHERE job = ?1")?.execute([id.to_bytes()])?;
    Ok(())
}

pub(super) fn halt_all(c: &Connection, why: &str) -> Outcome<()> {
    let sql = "UPDATE job SET state = 'halted', halted_because = ?1 WHERE state = 'approved'";
    c.prepare_cached(sql)?.execute([why])?;
    let halted = "SELECT id FROM job WHERE state = 'halted'";
    for id in all(c, halted, [], |row| Ok(JobId::from_bytes(row.get(0)?)))? {
        refresh(c, id)?;
    }
    Ok(())
}

/// Submits a row, and claims its payment for a turn, if it is due and free. The inner error is a refusal, which is noted
/// in the row.
pub(super) fn submit(
    c: &Connection,
    id: JobId,
    line: i64,
    turn: Option<Turn<'_>>,
    now: Timestamp,
) -> Outcome<Result<(Submitted, Option<Claim>), JournalError>> {
    let (mut job, (row, account)) = (must(c, id)?, row(c, id, line)?);
    jobs::may_submit(&job)?;
    let wish = jobs::wish_of(&row);
    let known = rows::intent_of_key(c, &wish)?;
    let is_stored = known.as_ref().is_some_and(|known| known.fingerprint == row.fingerprint);
    if !is_stored {
        jobs::count(&mut job, &row)?;
    }
    let result = match known {
        Some(known) => go_on_with(c, known, row.fingerprint, turn, now)?,
        None => jobs::check_row(&row, account.is_some(), is_asked_since(c, id, line)?)
            .and_then(|()| begin::store(c, &wish, row.fingerprint, account.as_deref(), turn, now)),
    };
    let refused = result.as_ref().err().and_then(jobs::refusal);
    if result.is_err() && refused.is_none() {
        return result.map(Ok);
    }
    if row.refused.as_deref() != refused || account.is_some() {
        // submitted, its intent has the account; refused, nothing will need it
        let sql = "UPDATE job_row SET refused = ?3, account = NULL WHERE job = ?1 AND line = ?2";
        c.prepare_cached(sql)?.execute(params![id.to_bytes(), line, refused])?;
    }
    if result.is_ok() && !is_stored {
        for total in &job.totals {
            let sql = "UPDATE job_total SET submitted = ?3 WHERE job = ?1 AND currency = ?2";
            let values = params![id.to_bytes(), total.approved.currency().code(), total.submitted];
            c.prepare_cached(sql)?.execute(values)?;
        }
    }
    Ok(result)
}
