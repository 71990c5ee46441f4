//! The rows, and what is done to them together.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::{Claim, Record, Snapshot};
use crate::record::{
    AccountName, AttemptId, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow,
    JobState, PaymentKey, PaymentRecord, Timestamp,
};

use super::super::apply::{self, Rows};
use super::super::event::NewEvent;
use super::super::gate::{self, Instead, OfJob};
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
    /// How many events there were, kept or not.
    pub(super) last_event: i64,
    /// The events with which the intents were stored.
    pub(super) submitted_by: BTreeMap<IntentId, i64>,
}

impl Tables {
    pub(super) fn log(&mut self, event: impl FnOnce() -> NewEvent) {
        self.last_event = self.last_event.saturating_add(1);
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

    /// Whether a payment that is not registered is so under another account: one look for each account.
    pub(super) fn is_under_another(&self, key: &PaymentKey) -> bool {
        let mut from = PaymentKey::new(key.gateway, "", "");
        while let Some((found, _)) =
            self.payments.range(&from..).next().filter(|(found, _)| found.gateway == key.gateway)
        {
            from.merchant.clone_from(&found.merchant);
            from.payment_id.clone_from(&key.payment_id);
            if self.payments.contains_key(&from) {
                return true;
            }
            // the first name after it
            from.merchant.push('\0');
            from.payment_id.clear();
        }
        false
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
        let intent = apply::submit(&mut payment, new, fingerprint, now)?;
        self.keys.insert(key, intent.id);
        self.intents_of.entry(new.payment.clone()).or_default().push(intent.id);
        self.log(|| NewEvent::submitted(&before, &payment, &intent));
        self.submitted_by.insert(intent.id, self.last_event);
        self.store(Rows { payment, intent: intent.clone(), attempt: None });
        Ok(Submitted::New(intent))
    }

    pub(super) fn job(&self, id: JobId) -> Result<JobRecord, JournalError> {
        self.jobs.get(&id).cloned().ok_or(JournalError::NotFound)
    }

    /// A row with the intent that is stored under its key.
    pub(super) fn row(&self, row: &JobRow) -> JobRow {
        let key = (row.payment.account(), row.caller_key.clone());
        let stored = self.keys.get(&key).and_then(|id| self.intents.get(id));
        let stored = stored.filter(|intent| intent.fingerprint == row.fingerprint).cloned();
        JobRow { stored: stored.map(Box::new), ..row.clone() }
    }

    pub(super) fn rows_of(&self, id: JobId, after_line: i64) -> impl Iterator<Item = JobRow> {
        let after = (id, after_line.saturating_add(1));
        self.rows.range(after..=(id, i64::MAX)).map(|(_, row)| self.row(row))
    }

    /// Whether a row's refund was asked for since it was planned, and not as one of its job's rows.
    fn is_asked_since(&self, job: &JobRecord, row: &JobRow) -> bool {
        let of_job = |intent: &IntentRecord| {
            let mut rows = self.rows.range((job.id, i64::MIN)..=(job.id, i64::MAX)).map(|(_, row)| row);
            let account = intent.payment.account();
            rows.any(|row| {
                row.caller_key == intent.caller_key
                    && row.payment.account() == account
                    && row.fingerprint == intent.fingerprint
            })
        };
        let ids = self.intents_of.get(&row.payment).map_or(&[][..], Vec::as_slice);
        let mut others = ids.iter().filter_map(|id| self.intents.get(id));
        others.any(|other| {
            other.amount == row.amount
                && self.submitted_by.get(&other.id).is_none_or(|event| *event > job.seen_event)
                && !matches!(other.state, IntentState::Rejected | IntentState::Withdrawn)
                && !of_job(other)
        })
    }

    /// The job of an intent, if it is one's row.
    pub(super) fn of_job(&self, id: IntentId) -> Option<OfJob> {
        let job = self.job_of.get(&id).and_then(|job| self.jobs.get(job))?;
        let mut rows = self.rows.range((job.id, i64::MIN)..=(job.id, i64::MAX)).map(|(_, row)| row);
        let asked_since = rows.find(|row| row.intent == id).is_some_and(|row| self.is_asked_since(job, row));
        Some(OfJob { state: job.state, asked_since })
    }

    /// Writes a change, without its event.
    pub(super) fn record(
        &mut self,
        mut rows: Rows,
        record: &Record,
        now: Timestamp,
    ) -> Result<Snapshot, JournalError> {
        let before = self.before(&rows);
        apply::record(&mut rows, record, now)?;
        self.log(|| NewEvent::changed(record, &before, &rows, now));
        self.store(rows);
        self.snapshot(record.intent, now)
    }

    /// Writes what the gate has instead of a sending.
    pub(super) fn write(
        &mut self,
        rows: Rows,
        instead: Instead,
        now: Timestamp,
    ) -> Result<Snapshot, JournalError> {
        match instead {
            Instead::Record(record) => self.record(rows, &record, now),
            Instead::TakeBack(reason) => {
                let id = rows.intent.id;
                self.take_back(rows, gate::DESK, reason, now)?;
                self.snapshot(id, now)
            }
        }
    }

    fn take_back(
        &mut self,
        mut rows: Rows,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let before = self.before(&rows);
        apply::take_back(&mut rows, now)?;
        self.log(|| NewEvent::withdrawn(&before, &rows, by, reason, now));
        self.store(rows);
        Ok(())
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
                let has_account = self.sealed.contains_key(&row.intent);
                jobs::check_row(row, has_account, self.is_asked_since(job, row))?;
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

    /// The intents of a job that have no outcome yet.
    fn going_on(&self, job: JobId) -> Vec<JobRow> {
        let going_on = |row: &JobRow| {
            let state = row.stored.as_ref().map(|intent| intent.state);
            row.is_submitted() && matches!(state, Some(IntentState::Planned | IntentState::Open))
        };
        self.rows_of(job, 0).filter(going_on).collect()
    }

    /// Takes back what of a job was provably never sent.
    pub(super) fn withdraw_all(
        &mut self,
        job: JobId,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        for row in self.going_on(job) {
            let rows = self.rows(row.intent)?;
            if gate::can_be_taken_back(&rows) {
                self.take_back(rows, by, reason, now)?;
            }
        }
        Ok(())
    }

    /// Takes back what of a job was provably never sent and was asked for under another key since it was planned; had it
    /// halted, the rest of what is open is looked at anew.
    pub(super) fn go_on(
        &mut self,
        job: &JobRecord,
        had_halted: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        for row in self.going_on(job.id) {
            let mut rows = self.rows(row.intent)?;
            if gate::can_be_taken_back(&rows) && self.is_asked_since(job, &row) {
                self.take_back(rows, by, jobs::ASKED_SINCE, now)?;
            } else if had_halted && gate::is_looked_at_anew(&rows) {
                let before = self.before(&rows);
                apply::look_anew(&mut rows.intent, now);
                self.log(|| NewEvent::looks_anew(&before, &rows, by, now));
                self.store(rows);
            }
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
        let has_account = self.sealed.contains_key(&intent);
        Ok(Some(Claim { lease, snapshot, has_account }))
    }

    pub(super) fn snapshot(&self, intent: IntentId, now: Timestamp) -> Result<Snapshot, JournalError> {
        let Rows { payment, intent, attempt } = self.rows(intent)?;
        Ok(Snapshot { payment, intent, attempt, now })
    }
}
