//! Jobs and their rows, read and written.

use pg_core::{Currency, Money};
use tokio_postgres::Row;

use crate::record::{
    AccountName, IntentId, IntentRecord, JobId, JobRecord, JobRow, JobState, JobTotal, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::NewEvent;
use super::super::gate;
use super::super::jobs::{
    ASKED_SINCE, PlannedRow, approve, check_row, count, discard, may_submit, refusal, wish_of,
};
use super::super::trail::Before;
use super::super::{JournalError, Submitted};
use super::error::Stop;

use super::rows::{self, CORRUPT, Outcome, bytes, key};
use super::transaction::{Step, Transaction, Value, value};
use super::work::{self, Told};
use super::{PostgresJournal, steps};

/// Rows of a plan that are written at a time.
const CHUNK: usize = 1000;

fn currency(row: &Row) -> Outcome<Currency> {
    row.try_get::<_, &str>("currency")?.parse().map_err(|_| CORRUPT)
}

fn total_of(row: &Row) -> Outcome<(JobId, JobTotal)> {
    let approved = Money::from_minor(row.try_get("approved")?, currency(row)?).map_err(|_| CORRUPT)?;
    let job = JobId::from_bytes(bytes(row, "job")?);
    Ok((job, JobTotal { approved, submitted: row.try_get("submitted")? }))
}

/// A job, its totals apart.
fn job_of(row: &Row) -> Outcome<JobRecord> {
    Ok(JobRecord {
        id: JobId::from_bytes(bytes(row, "id")?),
        name: row.try_get("name")?,
        hash: bytes(row, "hash")?,
        state: JobState::from_word(row.try_get("state")?).ok_or(CORRUPT)?,
        totals: Vec::new(),
        rows: row.try_get("rows")?,
        approved_by: row.try_get("approved_by")?,
        halted_because: row.try_get("halted_because")?,
        seen_event: row.try_get("seen_event")?,
        created_at: rows::time(row, "created_at")?,
    })
}

/// A row, the intent under its key apart.
fn row_of(row: &Row) -> Outcome<JobRow> {
    Ok(JobRow {
        line: row.try_get("line")?,
        intent: IntentId::from_bytes(bytes(row, "intent")?),
        payment: key(row)?,
        caller_key: row.try_get("caller_key")?,
        fingerprint: bytes(row, "fingerprint")?,
        amount: Money::from_minor(row.try_get("amount")?, currency(row)?).map_err(|_| CORRUPT)?,
        reason: row.try_get("reason")?,
        refused: row.try_get("refused")?,
        stored: None,
    })
}

fn stored_of(row: &Row) -> Outcome<(i64, IntentRecord)> {
    Ok((row.try_get("line")?, rows::intent(row)?))
}

fn id(job: JobId) -> Value {
    value(job.to_bytes().to_vec())
}

/// Text that the database can hold.
fn text(text: Option<&str>) -> Value {
    value(text.map(|text| text.replace('\0', " ")))
}

fn totals_of(job: JobId) -> Step {
    Step::new("SELECT * FROM job_total WHERE job = $1 ORDER BY currency", vec![id(job)])
}

/// A job that nobody else changes until the end of the transaction. Locked before its payments.
fn locked(job: JobId) -> [Step; 2] {
    [Step::new("SELECT * FROM job WHERE id = $1 FOR UPDATE", vec![id(job)]), totals_of(job)]
}

fn job_told(told: &mut Told) -> Outcome<Option<JobRecord>> {
    let job = told.one(job_of)?;
    let totals = told.all(total_of)?;
    Ok(job.map(|job| JobRecord { totals: totals.into_iter().map(|(_, total)| total).collect(), ..job }))
}

pub(super) async fn find(transaction: &Transaction, job: JobId) -> Result<Option<JobRecord>, Stop> {
    let wanted = vec![Step::new("SELECT * FROM job WHERE id = $1", vec![id(job)]), totals_of(job)];
    Ok(job_told(&mut Told::new(transaction.go_on(wanted).await?))?)
}

pub(super) async fn newest(transaction: &Transaction, limit: u32) -> Result<Vec<JobRecord>, Stop> {
    let jobs = "SELECT * FROM job ORDER BY created_at DESC, id LIMIT $1";
    let totals = "SELECT * FROM job_total WHERE job IN
                      (SELECT id FROM job ORDER BY created_at DESC, id LIMIT $1) ORDER BY job, currency";
    let wanted = [jobs, totals].map(|sql| Step::new(sql, vec![value(i64::from(limit))]));
    let mut told = Told::new(transaction.go_on(wanted.into()).await?);
    let mut jobs = told.all(job_of)?;
    for (of, total) in told.all(total_of)? {
        if let Some(job) = jobs.iter_mut().find(|job| job.id == of) {
            job.totals.push(total);
        }
    }
    Ok(jobs)
}

pub(super) async fn rows_of(
    transaction: &Transaction,
    job: JobId,
    after_line: i64,
    limit: u32,
) -> Result<Vec<JobRow>, Stop> {
    let rows = "SELECT * FROM job_row WHERE job = $1 AND line > $2 ORDER BY line LIMIT $3";
    let stored = "SELECT intent.*, payment.currency, r.line FROM
                      (SELECT * FROM job_row WHERE job = $1 AND line > $2 ORDER BY line LIMIT $3) AS r
                  JOIN intent USING (gateway, merchant, caller_key)
                  JOIN payment ON payment.gateway = intent.gateway AND payment.merchant = intent.merchant
                      AND payment.payment_id = intent.payment_id
                  WHERE intent.fingerprint = r.fingerprint
                  ORDER BY r.line";
    let wanted =
        [rows, stored].map(|sql| Step::new(sql, vec![id(job), value(after_line), value(i64::from(limit))]));
    let mut told = Told::new(transaction.go_on(wanted.into()).await?);
    let mut found = told.all(row_of)?;
    let mut stored = told.all(stored_of)?.into_iter().peekable();
    for row in &mut found {
        row.stored = stored.next_if(|(line, _)| *line == row.line).map(|(_, intent)| Box::new(intent));
    }
    Ok(found)
}

/// The rows of other jobs that would be submitted under these keys.
pub(super) fn planned_under(account: &AccountName, keys: &[String], but: &str) -> Step {
    let sql = "SELECT DISTINCT ON (r.caller_key) r.caller_key, r.job, r.line
               FROM job_row r JOIN job ON job.id = r.job
               WHERE r.caller_key = ANY ($1) AND r.gateway = $2 AND r.merchant = $3 AND r.refused IS NULL
                   AND job.state <> 'discarded' AND job.name <> $4
               ORDER BY r.caller_key, job.created_at, job.id";
    let values = vec![
        value(keys.to_vec()),
        value(account.gateway.as_str()),
        value(account.merchant.clone()),
        value(but.to_owned()),
    ];
    Step::new(sql, values)
}

pub(super) fn planned_row(row: &Row) -> Outcome<(String, (JobId, i64))> {
    Ok((row.try_get("caller_key")?, (JobId::from_bytes(bytes(row, "job")?), row.try_get("line")?)))
}

pub(super) fn ids() -> Step {
    Step::new("SELECT id FROM job ORDER BY created_at, id", Vec::new())
}

pub(super) fn id_of(row: &Row) -> Outcome<JobId> {
    Ok(JobId::from_bytes(bytes(row, "id")?))
}

/// A job with all of its rows.
pub(super) async fn whole(transaction: &Transaction, job: JobId) -> Result<(JobRecord, Vec<JobRow>), Stop> {
    let record = find(transaction, job).await?.ok_or(JournalError::NotFound)?;
    let (mut found, mut line) = (Vec::new(), 0);
    loop {
        let page = rows_of(transaction, job, line, work::PAGE).await?;
        let Some(end) = page.last().map(|row| row.line) else { return Ok((record, found)) };
        line = end;
        found.extend(page);
    }
}

/// A row if something of a job is left to be done: as [`JobRow::is_settled`] of every row.
pub(super) fn unsettled(job: JobId) -> Step {
    let sql = "SELECT 1 FROM job_row r LEFT JOIN intent i
                   ON i.gateway = r.gateway AND i.merchant = r.merchant AND i.caller_key = r.caller_key
                       AND i.fingerprint = r.fingerprint
               WHERE r.job = $1
                   AND CASE WHEN i.id IS NULL THEN r.refused IS NULL ELSE i.state IN ('planned', 'open') END
               LIMIT 1";
    Step::new(sql, vec![id(job)])
}

/// Stores a plan; the same plan again gives back what is stored.
pub(super) async fn plan(
    transaction: &Transaction,
    job: &JobRecord,
    planned: &[PlannedRow],
) -> Result<JobRecord, Stop> {
    transaction.begin(Vec::new()).await?;
    if let Some(known) = find(transaction, job.id).await? {
        return Ok(known);
    }
    let sql = "INSERT INTO job (id, name, hash, state, rows, seen_event, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let mut steps = vec![Step::new(
        sql,
        vec![
            id(job.id),
            value(job.name.clone()),
            value(job.hash.to_vec()),
            value(job.state.as_str()),
            value(job.rows),
            value(job.seen_event),
            value(job.created_at.0),
        ],
    )];
    for total in &job.totals {
        let sql = "INSERT INTO job_total (job, currency, approved, submitted) VALUES ($1, $2, $3, $4)";
        let code = total.approved.currency().code().to_owned();
        let values = vec![id(job.id), value(code), value(total.approved.minor()), value(total.submitted)];
        steps.push(Step::new(sql, values));
    }
    transaction.go_on(steps).await?;
    for chunk in planned.chunks(CHUNK) {
        transaction.go_on(vec![insert_rows(job.id, chunk)]).await?;
    }
    let event = NewEvent::planned(job, planned.iter().map(|planned| &planned.row));
    transaction.commit(vec![steps::append(&event)]).await?;
    Ok(job.clone())
}

fn insert_rows(job: JobId, chunk: &[PlannedRow]) -> Step {
    let sql = "INSERT INTO job_row (job, line, intent, gateway, merchant, payment_id, caller_key, fingerprint,
                   amount, currency, reason, account)
               SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[],
                   $8::bytea[], $9::bigint[], $10::text[], $11::text[], $12::bytea[])";
    fn column<T>(chunk: &[PlannedRow], of: impl Fn(&PlannedRow) -> T) -> Value
    where
        Vec<T>: tokio_postgres::types::ToSql + Send + Sync + 'static,
    {
        value(chunk.iter().map(of).collect::<Vec<T>>())
    }
    let values = vec![
        id(job),
        column(chunk, |planned| planned.row.line),
        column(chunk, |planned| planned.row.intent.to_bytes().to_vec()),
        column(chunk, |planned| planned.row.payment.gateway.as_str()),
        column(chunk, |planned| planned.row.payment.merchant.clone()),
        column(chunk, |planned| planned.row.payment.payment_id.clone()),
        column(chunk, |planned| planned.row.caller_key.clone()),
        column(chunk, |planned| planned.row.fingerprint.to_vec()),
        column(chunk, |planned| planned.row.amount.minor()),
        column(chunk, |planned| planned.row.amount.currency().code().to_owned()),
        column(chunk, |planned| planned.row.reason.clone()),
        column(chunk, |planned| planned.sealed.clone()),
    ];
    Step::new(sql, values)
}

impl PostgresJournal {
    /// Loads a job, changes it and writes it back with its event.
    pub(super) async fn change_job(
        &self,
        job: JobId,
        kind: &'static str,
        by: Option<&str>,
        change: impl Fn(&mut JobRecord) -> Outcome<()> + Send + Sync,
    ) -> Result<JobRecord, JournalError> {
        let change = &change;
        self.again(|transaction| async move {
            let (mut job, now) = self.locked_job(&transaction, job).await?;
            change(&mut job)?;
            transaction.commit(changed(&job, &NewEvent::of_job(&job, now, kind, by))).await?;
            Ok(job)
        })
        .await
    }

    /// Approves exactly this plan, and takes back what of it was provably never sent and was asked for since under another
    /// key; had it halted, the rest of what is open is looked at anew.
    pub(super) async fn approve(
        &self,
        job: JobId,
        hash: &[u8; 32],
        totals: &[Money],
        by: &str,
    ) -> Result<JobRecord, JournalError> {
        self.again(|transaction| async move {
            let (mut job, now) = self.locked_job(&transaction, job).await?;
            let had_halted = job.state == JobState::Halted;
            approve(&mut job, hash, totals, by)?;
            let mut told = Told::new(transaction.go_on(vec![steps::to_go_on_of_job(job.id)]).await?);
            let found =
                told.all(|row| Ok((IntentId::from_bytes(bytes(row, "id")?), row.try_get("asked_since")?)))?;
            for (intent, asked_since) in found {
                go_on(&transaction, intent, had_halted, asked_since, by, now).await?;
            }
            transaction.commit(changed(&job, &NewEvent::of_job(&job, now, "approved", Some(by)))).await?;
            Ok(job)
        })
        .await
    }

    /// Gives a job up, and takes back what of it was provably never sent.
    pub(super) async fn discard(
        &self,
        job: JobId,
        by: &str,
        reason: &str,
    ) -> Result<JobRecord, JournalError> {
        self.again(|transaction| async move {
            let (mut job, now) = self.locked_job(&transaction, job).await?;
            discard(&mut job, reason);
            let mut told = Told::new(transaction.go_on(vec![steps::going_on_of_job(job.id)]).await?);
            for intent in told.all(|row| Ok(IntentId::from_bytes(bytes(row, "id")?)))? {
                let found = locked_rows(&transaction, intent).await?;
                if gate::can_be_taken_back(&found) {
                    take_back(&transaction, found, by, reason, now).await?;
                }
            }
            let mut steps = vec![erase_accounts(job.id)];
            steps.extend(changed(&job, &NewEvent::of_job(&job, now, "discarded", Some(by))));
            transaction.commit(steps).await?;
            Ok(job)
        })
        .await
    }

    async fn locked_job(
        &self,
        transaction: &Transaction,
        job: JobId,
    ) -> Result<(JobRecord, Timestamp), Stop> {
        let wanted = locked(job).into_iter().chain([steps::now(self.clock())]);
        let mut told = Told::new(transaction.begin(wanted.collect()).await?);
        let job = job_told(&mut told)?.ok_or(JournalError::NotFound)?;
        Ok((job, told.now()?))
    }
}

/// Writes a job back, with when its payments are due, and an event.
fn changed(job: &JobRecord, event: &NewEvent) -> Vec<Step> {
    let sql = "UPDATE job SET state = $2, approved_by = $3, halted_because = $4 WHERE id = $1";
    let values = vec![
        id(job.id),
        value(job.state.as_str()),
        text(job.approved_by.as_deref()),
        text(job.halted_because.as_deref()),
    ];
    let mut steps = vec![Step::new(sql, values)];
    steps.extend(steps::refresh(job.id));
    steps.push(steps::append(event));
    steps
}

/// An intent with its payment, locked, and its open attempt.
async fn locked_rows(transaction: &Transaction, intent: IntentId) -> Result<Rows, Stop> {
    let wanted = vec![steps::locked_payment_of(intent), steps::intent(intent), steps::open_beside(intent)];
    let mut told = Told::new(transaction.go_on(wanted).await?);
    let payment = told.one(rows::payment)?.ok_or(JournalError::NotFound)?;
    let intent = told.one(rows::intent)?.ok_or(JournalError::NotFound)?;
    let attempt = told.one(rows::attempt)?.filter(|attempt| attempt.intent == intent.id);
    Ok(Rows { payment, intent, attempt })
}

/// What becomes of a refund when its job is approved.
async fn go_on(
    transaction: &Transaction,
    intent: IntentId,
    had_halted: bool,
    asked_since: bool,
    by: &str,
    now: Timestamp,
) -> Result<(), Stop> {
    let mut found = locked_rows(transaction, intent).await?;
    if asked_since && gate::can_be_taken_back(&found) {
        return take_back(transaction, found, by, ASKED_SINCE, now).await;
    }
    if had_halted && gate::is_looked_at_anew(&found) {
        let before = Before::rows(&found);
        apply::look_anew(&mut found.intent, now);
        let event = NewEvent::looks_anew(&before, &found, by, now);
        written(transaction, &found, &event).await?;
    }
    Ok(())
}

async fn take_back(
    transaction: &Transaction,
    mut found: Rows,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), Stop> {
    let before = Before::rows(&found);
    apply::take_back(&mut found, now)?;
    written(transaction, &found, &NewEvent::withdrawn(&before, &found, by, reason, now)).await
}

/// Writes the rows back with an event, and goes on.
async fn written(transaction: &Transaction, found: &Rows, event: &NewEvent) -> Result<(), Stop> {
    let mut steps = Vec::new();
    if let Some(attempt) = &found.attempt {
        steps.push(steps::update_attempt(attempt)?);
    }
    steps.push(steps::update_intent(&found.intent)?);
    steps.push(steps::update_payment(&found.payment));
    steps.push(steps::append(event));
    transaction.go_on(steps).await?;
    Ok(())
}

/// Account data of what will never be submitted is kept no longer.
fn erase_accounts(job: JobId) -> Step {
    Step::new("UPDATE job_row SET account = NULL WHERE job = $1", vec![id(job)])
}

/// Keeps every other approval out until the transaction ends: one in between would be halted in the events alone.
pub(super) fn locked_all() -> Step {
    Step::new("LOCK TABLE job IN SHARE ROW EXCLUSIVE MODE", vec![])
}

pub(super) fn halt_all(why: &'static str) -> Step {
    let sql = "UPDATE job SET state = 'halted', halted_because = $1 WHERE state = 'approved'";
    Step::new(sql, vec![value(why)])
}

/// A row, the payment that it is about, locked, and the intent under its key.
fn row_and_payment(job: JobId, line: i64) -> [Step; 3] {
    let row = "SELECT * FROM job_row WHERE job = $1 AND line = $2";
    let payment = "SELECT payment.* FROM payment JOIN job_row USING (gateway, merchant, payment_id)
                   WHERE job = $1 AND line = $2 FOR UPDATE OF payment";
    let stored = "SELECT intent.*, payment.currency FROM job_row r
                  JOIN intent USING (gateway, merchant, caller_key)
                  JOIN payment ON payment.gateway = intent.gateway AND payment.merchant = intent.merchant
                      AND payment.payment_id = intent.payment_id
                  WHERE r.job = $1 AND r.line = $2";
    [row, payment, stored].map(|sql| Step::new(sql, vec![id(job), value(line)]))
}

/// Submits a row. The inner error is a refusal, which is noted in the row.
pub(super) async fn submit(
    transaction: &Transaction,
    job: JobId,
    line: i64,
    clock: Option<Timestamp>,
) -> Result<Result<Submitted, JournalError>, Stop> {
    let more = [steps::is_asked_since(job, line), steps::now(clock)];
    let wanted = locked(job).into_iter().chain(row_and_payment(job, line)).chain(more);
    let mut told = Told::new(transaction.begin(wanted.collect()).await?);
    let mut record = job_told(&mut told)?.ok_or(JournalError::NotFound)?;
    let found = told.rows();
    let found = found.first().ok_or(JournalError::NotFound)?;
    let (row, account) =
        (row_of(found)?, found.try_get::<_, Option<Vec<u8>>>("account").map_err(JournalError::from)?);
    let mut payment = told.one(rows::payment)?;
    let known = told.one(rows::intent)?;
    let asked_since = told.one(|row| Ok(row.try_get("asked_since")?))?.ok_or(CORRUPT)?;
    let now = told.now()?;
    may_submit(&record)?;
    let before = payment.as_ref().map(Before::payment).unwrap_or_default();
    let counted = known.is_none();
    if counted {
        count(&mut record, &row)?;
    }
    let checked = match known {
        Some(_) => Ok(()),
        None => check_row(&row, account.is_some(), asked_since),
    };
    let result =
        checked.and_then(|()| work::submit(known, payment.as_mut(), &wish_of(&row), row.fingerprint, now));
    let refused = result.as_ref().err().and_then(refusal);
    if result.is_err() && refused.is_none() {
        return Ok(result);
    }
    let mut steps = vec![update_row(job, line, refused)];
    if result.is_ok() && counted {
        steps.extend(record.totals.iter().map(|total| update_total(job, total)));
    }
    match (&result, payment) {
        (Ok(Submitted::New(intent)), Some(mut payment)) => {
            steps.push(steps::insert_intent(intent, account));
            let event = NewEvent::submitted(&before, &payment, intent);
            work::commit(transaction, steps, &mut payment, Some(&event)).await?;
        }
        _ => {
            transaction.commit(steps).await?;
        }
    }
    Ok(result)
}

/// Submitted, its intent has the account; refused, nothing will need it.
fn update_row(job: JobId, line: i64, refused: Option<&'static str>) -> Step {
    let sql = "UPDATE job_row SET refused = $3, account = NULL WHERE job = $1 AND line = $2";
    Step::new(sql, vec![id(job), value(line), value(refused)])
}

fn update_total(job: JobId, total: &JobTotal) -> Step {
    let sql = "UPDATE job_total SET submitted = $3 WHERE job = $1 AND currency = $2";
    let code = total.approved.currency().code().to_owned();
    Step::new(sql, vec![id(job), value(code), value(total.submitted)])
}
