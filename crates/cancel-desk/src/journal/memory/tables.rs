//! The rows, and what is done to them together.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::{Claim, Snapshot};
use crate::record::{
    AccountName, AttemptId, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow,
    JobState, PaymentKey, PaymentRecord, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::NewEvent;
use super::super::jobs;
use super::super::trail::Before;
use super::super::{JournalError, NewIntent, Submitted};

#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) payments: BTreeMap<PaymentKey, PaymentRecord>,
    pub(super) intents: BTreeMap<IntentId, IntentRecord>,
    pub(super) attempts: BTreeMap<AttemptId, AttemptRecord>,
    /// In the order they were stored.
    pub(super) intents_of: BTreeMap<PaymentKey, Vec<IntentId>>,
    pub(super) attempts_of: BTreeMap<IntentId, Vec<AttemptId>>,
    pub(super) open: BTreeMap<PaymentKey, AttemptId>,
    pub(super) keys: BTreeMap<(AccountName, String), IntentId>,
    /// Accounts of intents, and of rows that are to become intents of the same id.
    pub(super) sealed: BTreeMap<IntentId, Vec<u8>>,
    /// When the journal was restored from a backup, until that is settled.
    pub(super) restored: Option<Timestamp>,
    pub(super) jobs: BTreeMap<JobId, JobRecord>,
    pub(super) rows: BTreeMap<(JobId, i64), JobRow>,
    /// The jobs of the rows that are to become these intents.
    pub(super) job_of: BTreeMap<IntentId, JobId>,
    pub(super) events: Vec<NewEvent>,
    pub(super) log: bool,
}

impl Tables {
    pub(super) fn log(&mut self, event: impl FnOnce() -> NewEvent) {
        if self.log {
            self.events.push(event());
        }
    }

    /// The rows as they are found; nothing of them where no events are kept.
    pub(super) fn before(&self, rows: &Rows) -> Before {
        if self.log { Before::rows(rows) } else { Before::default() }
    }

    pub(super) fn payment(&self, key: &PaymentKey) -> Result<PaymentRecord, JournalError> {
        self.payments.get(key).cloned().ok_or(JournalError::NotFound)
    }

    pub(super) fn open_attempt(&self, key: &PaymentKey) -> Option<&AttemptRecord> {
        self.open.get(key).and_then(|id| self.attempts.get(id))
    }

    /// The intent and its open attempt.
    pub(super) fn rows(&self, id: IntentId) -> Result<Rows, JournalError> {
        let intent = self.intents.get(&id).cloned().ok_or(JournalError::NotFound)?;
        let payment = self.payment(&intent.payment)?;
        let attempt = self.open_attempt(&intent.payment).filter(|attempt| attempt.intent == id).cloned();
        Ok(Rows { payment, intent, attempt })
    }

    /// Whether an intent that has no open attempt waits until its halted job is approved again. What was stored before
    /// a restore goes to a person all the same.
    pub(super) fn is_held(&self, intent: &IntentRecord) -> bool {
        let job = self.job_of.get(&intent.id).and_then(|id| self.jobs.get(id));
        let since = self.payments.get(&intent.payment).and_then(|payment| payment.suspect_since);
        job.is_some_and(|job| job.state == JobState::Halted)
            && since.is_none_or(|since| intent.created_at > since)
    }

    /// The intent that is worked on next: the one with the open attempt, or else the planned one due first that no
    /// halted job holds.
    pub(super) fn current(&self, key: &PaymentKey) -> Option<&IntentRecord> {
        if let Some(attempt) = self.open_attempt(key) {
            return self.intents.get(&attempt.intent).filter(|intent| intent.due_at.is_some());
        }
        let ids = self.intents_of.get(key)?;
        ids.iter()
            .filter_map(|id| self.intents.get(id))
            .filter(|intent| intent.state == IntentState::Planned && !self.is_held(intent))
            .min_by_key(|intent| (intent.due_at, intent.created_at, intent.id))
    }

    pub(super) fn submit(
        &mut self,
        new: &NewIntent,
        fingerprint: [u8; 32],
        now: Timestamp,
    ) -> Result<Submitted, JournalError> {
        let key = (new.payment.account(), new.caller_key.clone());
        if let Some(known) = self.keys.get(&key).and_then(|id| self.intents.get(id)) {
            let same = known.fingerprint == fingerprint;
            return if same {
                Ok(Submitted::Existing(known.clone()))
            } else {
                Err(JournalError::KeyConflict)
            };
        }
        let mut payment = self.payment(&new.payment)?;
        let before = if self.log { Before::payment(&payment) } else { Before::default() };
        let intent = apply::submit(&mut payment, new, fingerprint, now, self.newest_job())?;
        self.keys.insert(key, intent.id);
        self.intents_of.entry(new.payment.clone()).or_default().push(intent.id);
        self.log(|| NewEvent::submitted(&before, &payment, &intent));
        self.store(Rows { payment, intent: intent.clone(), attempt: None });
        Ok(Submitted::New(intent))
    }

    /// When the newest job that is not given up was planned.
    fn newest_job(&self) -> Option<Timestamp> {
        let live = self.jobs.values().filter(|job| job.state != JobState::Discarded);
        live.map(|job| job.created_at).max()
    }

    pub(super) fn job(&self, id: JobId) -> Result<JobRecord, JournalError> {
        self.jobs.get(&id).cloned().ok_or(JournalError::NotFound)
    }

    /// A row with the intent that is stored under its key.
    pub(super) fn row(&self, row: &JobRow) -> JobRow {
        let key = (row.payment.account(), row.caller_key.clone());
        let stored = self.keys.get(&key).and_then(|id| self.intents.get(id));
        let stored = stored.filter(|intent| intent.fingerprint == row.fingerprint).cloned();
        JobRow { stored, ..row.clone() }
    }

    pub(super) fn rows_of(&self, id: JobId, after_line: i64) -> impl Iterator<Item = JobRow> {
        let after = (id, after_line.saturating_add(1));
        self.rows.range(after..=(id, i64::MAX)).map(|(_, row)| self.row(row))
    }

    /// The intents of a row's payment under keys that are none of its job's.
    fn not_of_job(&self, job: &JobRecord, row: &JobRow) -> Vec<IntentRecord> {
        let of_job = |intent: &IntentRecord| {
            let mut rows = self.rows.range((job.id, i64::MIN)..=(job.id, i64::MAX)).map(|(_, row)| row);
            let account = intent.payment.account();
            rows.any(|row| row.caller_key == intent.caller_key && row.payment.account() == account)
        };
        let ids = self.intents_of.get(&row.payment).map_or(&[][..], Vec::as_slice);
        let intents = ids.iter().filter_map(|id| self.intents.get(id));
        intents.filter(|intent| !of_job(intent)).cloned().collect()
    }

    pub(super) fn submit_row(
        &mut self,
        row: &JobRow,
        job: &JobRecord,
        now: Timestamp,
    ) -> Result<Submitted, JournalError> {
        jobs::may_submit(job)?;
        if self.row(row).stored.is_none() {
            let mut counted = job.clone();
            jobs::count(&mut counted, row)?;
            if !self.keys.contains_key(&(row.payment.account(), row.caller_key.clone())) {
                jobs::check_row(job, row, self.sealed.contains_key(&row.intent), &self.not_of_job(job, row))?;
            }
            let submitted = self.submit(&jobs::wish_of(row), row.fingerprint, now)?;
            self.jobs.insert(job.id, counted);
            return Ok(submitted);
        }
        let submitted = self.submit(&jobs::wish_of(row), row.fingerprint, now)?;
        if submitted.intent().id != row.intent {
            self.sealed.remove(&row.intent);
        }
        Ok(submitted)
    }

    pub(super) fn store(&mut self, rows: Rows) {
        let key = rows.payment.key();
        if rows.intent.state.is_final() {
            // no longer needed: personal data is kept no longer than that
            self.sealed.remove(&rows.intent.id);
        }
        if let Some(attempt) = rows.attempt {
            if attempt.state.is_open() {
                self.open.insert(key.clone(), attempt.id);
            } else {
                self.open.remove(&key);
            }
            self.attempts.insert(attempt.id, attempt);
        }
        self.intents.insert(rows.intent.id, rows.intent);
        self.payments.insert(key.clone(), rows.payment);
        self.refresh(&key);
    }

    /// When the payment is due next.
    fn refresh(&mut self, key: &PaymentKey) {
        let due = self.current(key).and_then(|intent| intent.due_at);
        if let Some(payment) = self.payments.get_mut(key) {
            payment.due_at = due;
        }
    }

    /// Writes a job that was halted or approved: its payments are due, or no longer.
    pub(super) fn store_job(&mut self, job: JobRecord) {
        let id = job.id;
        self.jobs.insert(id, job);
        let of_job = self.rows.range((id, i64::MIN)..=(id, i64::MAX));
        let keys: Vec<PaymentKey> = of_job.map(|(_, row)| row.payment.clone()).collect();
        keys.iter().for_each(|key| self.refresh(key));
    }

    /// Takes back what of a job was never attempted.
    pub(super) fn withdraw_all(
        &mut self,
        job: JobId,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let submitted: Vec<IntentId> =
            self.rows_of(job, 0).filter(JobRow::is_submitted).map(|row| row.intent).collect();
        for id in submitted {
            self.withdraw_with_job(id, by, reason, now)?;
        }
        Ok(())
    }

    /// Takes back what of a job was never attempted and was asked for under another key since it was planned.
    pub(super) fn withdraw_asked_since(
        &mut self,
        job: &JobRecord,
        by: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let waiting = |row: &JobRow| {
            row.is_submitted()
                && row.stored.as_ref().is_some_and(|intent| intent.state == IntentState::Planned)
        };
        let rows: Vec<JobRow> = self.rows_of(job.id, 0).filter(waiting).collect();
        for row in rows {
            if jobs::is_asked_since(job, &row, &self.not_of_job(job, &row)) {
                self.withdraw_with_job(row.intent, by, jobs::ASKED_SINCE, now)?;
            }
        }
        Ok(())
    }

    fn withdraw_with_job(
        &mut self,
        id: IntentId,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut rows = self.rows(id)?;
        let attempts = self.attempts_of.get(&id).map_or(0, Vec::len);
        if jobs::is_withdrawn_with_its_job(&rows, attempts) {
            let before = self.before(&rows);
            apply::withdraw(&mut rows, 0, now)?;
            self.log(|| NewEvent::withdrawn(&before, &rows, by, reason, now));
            self.store(rows);
        }
        Ok(())
    }

    pub(super) fn claim(
        &mut self,
        key: &PaymentKey,
        owner: &str,
        length: Duration,
        now: Timestamp,
    ) -> Result<Option<Claim>, JournalError> {
        let mut payment = self.payment(key)?;
        let due = payment.due_at.is_some_and(|due| due <= now);
        if !due || !apply::is_free(&payment, owner, now) {
            return Ok(None);
        }
        let Some(intent) = self.current(key).map(|intent| intent.id) else {
            return Ok(None);
        };
        let lease = apply::claim(&mut payment, owner, length, now);
        self.payments.insert(key.clone(), payment);
        let snapshot = self.snapshot(intent, now)?;
        Ok(Some(Claim { lease, snapshot }))
    }

    pub(super) fn snapshot(&self, intent: IntentId, now: Timestamp) -> Result<Snapshot, JournalError> {
        let Rows { payment, intent, attempt } = self.rows(intent)?;
        Ok(Snapshot { payment, intent, attempt, now })
    }
}
