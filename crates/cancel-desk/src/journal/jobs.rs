//! What a transaction does to the rows of a job, apart from where they are kept.

use std::collections::BTreeMap;

use pg_core::{Invalid, Money};
use sha2::{Digest, Sha256};

use crate::record::{JobId, JobRecord, JobRow, JobState, JobTotal, NewJob, NewJobRow, Timestamp};

use super::{JournalError, NewIntent, Vault};

/// Why jobs are halted when the journal was restored.
pub(crate) const RESTORED: &str = "the journal was restored from a backup";

/// That a row's refund was asked for under another key since it was planned.
pub(crate) const ASKED_SINCE: &str = "asked_since";

/// That a refund's job was given up.
pub(crate) const DISCARDED: &str = "discarded";

/// How many rows of a plan are made into stored ones before the memory that they took is given back.
const FREED_AT_ONCE: usize = 4_096;

/// Why an attempt is not opened.
pub(crate) const HELD: JournalError = JournalError::NotAllowed("its job is halted");

/// A row to be stored, its account sealed.
pub(crate) struct PlannedRow {
    pub(crate) row: JobRow,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// Checks a plan and makes its rows. The same plan makes the same job, with other ids for its intents.
///
/// A plan may have many rows: each is made into what is stored, and kept once.
pub(crate) fn plan(
    new: NewJob,
    vault: &Vault,
    last_event: i64,
    now: Timestamp,
) -> Result<(JobRecord, Vec<PlannedRow>), JournalError> {
    new.check()?;
    let seen_event = new.seen_event.unwrap_or(last_event);
    if !(0..=last_event).contains(&seen_event) {
        // what was asked for meanwhile could not be told from what the planner saw
        let why =
            "must be the number of an event of this journal: another was put in its place; plan it again";
        return Err(Invalid::new("seen_event", why).into());
    }
    let totals = totals(&new.rows)?;
    let mut fingerprints = Vec::with_capacity(new.rows.len());
    let mut hash = Sha256::new();
    hash.update(b"cancel-desk plan 1");
    part(&mut hash, new.name.as_bytes());
    for row in &new.rows {
        let fingerprint = vault.fingerprint(&wish(row)?)?;
        hash.update(row.line.to_be_bytes());
        hash.update(fingerprint);
        part(&mut hash, row.key.as_deref().unwrap_or_default().as_bytes());
        fingerprints.push(fingerprint);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let (first, _) = hash.split_first_chunk::<16>().ok_or(JournalError::Corrupt("a hash of no length"))?;
    let id = JobId::from_bytes(*first);
    let mut rows = Vec::with_capacity(fingerprints.len());
    let mut left = new.rows;
    left.reverse();
    for fingerprint in fingerprints {
        let Some(row) = left.pop() else { break };
        rows.push(planned(row, fingerprint, id, vault)?);
        if left.len().is_multiple_of(FREED_AT_ONCE) {
            left.shrink_to_fit();
        }
    }
    check_keys(&rows)?;
    let job = JobRecord {
        id,
        name: new.name,
        hash,
        state: JobState::Planned,
        totals,
        rows: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        approved_by: None,
        halted_because: None,
        // what is asked for while it is planned counts as asked for since
        seen_event,
        created_at: now,
    };
    Ok((job, rows))
}

/// A row as it is stored: under the key that it brings, or one of its own.
fn planned(
    row: NewJobRow,
    fingerprint: [u8; 32],
    job: JobId,
    vault: &Vault,
) -> Result<PlannedRow, JournalError> {
    let key = row.key.unwrap_or_else(|| format!("bulk:{job}:{}", row.line));
    let mut wish = NewIntent::new(row.payment, key, row.amount)?;
    wish.reason = row.reason;
    wish.check()?;
    let sealed = row.account.map(|account| vault.seal(wish.id, &account)).transpose()?;
    Ok(PlannedRow { row: stored(row.line, wish, fingerprint), sealed })
}

/// No two rows of a merchant's account under one key.
fn check_keys(rows: &[PlannedRow]) -> Result<(), Invalid> {
    fn key(planned: &PlannedRow) -> (&str, &str, &str) {
        let payment = &planned.row.payment;
        (payment.gateway.as_str(), &payment.merchant, &planned.row.caller_key)
    }
    let mut keys: Vec<_> = rows.iter().map(key).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Invalid::new("key", "must be different for every row of a merchant account"));
    }
    Ok(())
}

fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(bytes);
}

fn wish(row: &NewJobRow) -> Result<NewIntent, Invalid> {
    // a row without a key gets its own later: until then it must only be a good one
    let key = row.key.clone().unwrap_or_else(|| "bulk".to_owned());
    let mut wish = NewIntent::new(row.payment.clone(), key, row.amount)?;
    wish.reason.clone_from(&row.reason);
    wish.account.clone_from(&row.account);
    wish.check()?;
    Ok(wish)
}

fn stored(line: i64, wish: NewIntent, fingerprint: [u8; 32]) -> JobRow {
    JobRow {
        line,
        intent: wish.id,
        payment: wish.payment,
        caller_key: wish.caller_key,
        fingerprint,
        amount: wish.amount,
        reason: wish.reason,
        refused: None,
        stored: None,
    }
}

fn totals(rows: &[NewJobRow]) -> Result<Vec<JobTotal>, Invalid> {
    let mut sums: BTreeMap<&str, Money> = BTreeMap::new();
    for row in rows {
        let currency = row.amount.currency();
        let sum = sums.entry(currency.code()).or_insert(Money::zero(currency));
        *sum = sum.checked_add(row.amount).ok_or_else(|| Invalid::new("rows", "must not overflow in sum"))?;
    }
    Ok(sums.into_values().map(|approved| JobTotal { approved, submitted: 0 }).collect())
}

/// The wish of a row, its account apart.
pub(crate) fn wish_of(row: &JobRow) -> NewIntent {
    NewIntent {
        id: row.intent,
        payment: row.payment.clone(),
        caller_key: row.caller_key.clone(),
        amount: row.amount,
        reason: row.reason.clone(),
        account: None,
    }
}

/// Approves exactly this plan.
pub(crate) fn approve(
    job: &mut JobRecord,
    hash: &[u8; 32],
    totals: &[Money],
    by: &str,
) -> Result<(), JournalError> {
    if *hash != job.hash {
        return Err(Invalid::new("hash", "must be the plan's own: another plan was looked at").into());
    }
    let mut given: Vec<Money> = totals.to_vec();
    given.sort_by_key(|total| total.currency().code());
    if !given.iter().eq(job.totals.iter().map(|total| &total.approved)) {
        return Err(Invalid::new("total", "must be the plan's own totals, one for each currency").into());
    }
    if job.state == JobState::Discarded {
        return Err(JournalError::NotAllowed("the plan was discarded"));
    }
    job.state = JobState::Approved;
    job.approved_by = Some(by.to_owned());
    job.halted_because = None;
    Ok(())
}

/// Stops it until it is approved again. The first reason stays: what came of it later says less.
pub(crate) fn halt(job: &mut JobRecord, why: &str) -> Result<(), JournalError> {
    match job.state {
        JobState::Approved => {
            job.state = JobState::Halted;
            job.halted_because = Some(why.to_owned());
            Ok(())
        }
        JobState::Halted => Ok(()),
        JobState::Planned => Err(JournalError::NotAllowed("the plan was never approved")),
        JobState::Discarded => Err(JournalError::NotAllowed("the plan was discarded")),
    }
}

/// Gives it up.
pub(crate) fn discard(job: &mut JobRecord, why: &str) {
    job.state = JobState::Discarded;
    job.halted_because = Some(why.to_owned());
}

/// Refuses a row of a job that may not go on.
pub(crate) fn may_submit(job: &JobRecord) -> Result<(), JournalError> {
    match job.state {
        JobState::Approved => Ok(()),
        JobState::Planned => Err(JournalError::NotAllowed("the plan is not approved")),
        JobState::Halted => Err(JournalError::NotAllowed("the job is halted")),
        JobState::Discarded => Err(JournalError::NotAllowed("the plan was discarded")),
    }
}

/// Counts a row against the approved total.
pub(crate) fn count(job: &mut JobRecord, row: &JobRow) -> Result<(), JournalError> {
    may_submit(job)?;
    let currency = row.amount.currency();
    let total = job.totals.iter_mut().find(|total| total.approved.currency() == currency);
    let total = total.ok_or(JournalError::NotAllowed("no total was approved in this currency"))?;
    let submitted = total.submitted.saturating_add(row.amount.minor());
    if submitted > total.approved.minor() {
        return Err(JournalError::NotAllowed("more than the approved total"));
    }
    total.submitted = submitted;
    Ok(())
}

/// What a row's contents were planned as, where that can be told without its account.
fn is_as_planned(row: &JobRow, has_account: bool) -> Result<bool, JournalError> {
    Ok(has_account || Vault::without_key().fingerprint(&wish_of(row))? == row.fingerprint)
}

/// Refuses a row that is not yet submitted if it is not what was planned, or if its refund was asked for since.
pub(crate) fn check_row(row: &JobRow, has_account: bool, asked_since: bool) -> Result<(), JournalError> {
    if !is_as_planned(row, has_account)? {
        // its account was erased with its refusal
        if let Some(word) = row.refused.as_deref().filter(|_| !has_account) {
            return Err(again(word));
        }
        return Err(JournalError::Corrupt("a row of a plan that is not what was planned"));
    }
    let was_refused = row.refused.as_deref() == Some(ASKED_SINCE);
    if was_refused || asked_since { Err(JournalError::AskedSince) } else { Ok(()) }
}

/// The refusal of a row that was refused before.
fn again(word: &str) -> JournalError {
    match word {
        "not_registered" => JournalError::NotFound,
        "key_conflict" => JournalError::KeyConflict,
        "exceeds" => JournalError::Exceeds { available: 0 },
        _ => JournalError::AskedSince,
    }
}

/// Why a row could not be submitted, in one word; `None` when that says nothing about the row.
pub(crate) const fn refusal(error: &JournalError) -> Option<&'static str> {
    match error {
        JournalError::Invalid(_) => Some("invalid"),
        JournalError::NotFound => Some("not_registered"),
        JournalError::KeyConflict => Some("key_conflict"),
        JournalError::Exceeds { .. } => Some("exceeds"),
        JournalError::AskedSince => Some(ASKED_SINCE),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
