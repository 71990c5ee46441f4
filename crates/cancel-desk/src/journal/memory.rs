//! A journal that forgets: for tests, for the model, and as the plainest statement of what a journal does.

#[cfg(any(test, feature = "model"))]
mod backup;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pg_core::{Money, RefundAccount};

use crate::protocol::{Change, Claim, Lease, NewAttempt, Record, Snapshot};
use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow, JobState,
    NewJob, NewPayment, PaymentKey, PaymentRecord, Resolution, Timestamp,
};

use super::apply::{self, Beside};
use super::event::{GENESIS, NewEvent};
use super::gate;
use super::jobs::{self, PlannedRow};
use super::submit::{check_account, check_person};
use super::trail::Before;
use super::verify::Verifier;
use super::{
    Checked, Clock, Counts, EventRecord, Journal, JournalError, NewIntent, Seen, Submitted, SystemClock,
    Vault, Verification,
};

use tables::Tables;

#[cfg(any(test, feature = "model"))]
pub(crate) use backup::Backup;

/// A journal in memory. Nothing survives the process.
#[derive(Debug)]
pub struct MemoryJournal {
    clock: Arc<dyn Clock>,
    vault: Vault,
    tables: Mutex<Tables>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock), Vault::default())
    }
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, vault: Vault) -> Self {
        Self { clock, vault, tables: Mutex::new(Tables { log: true, ..Tables::default() }) }
    }

    /// An empty journal that keeps no event log, for simulations of many thousand runs.
    #[must_use]
    pub fn without_events(clock: Arc<dyn Clock>) -> Self {
        Self { clock, vault: Vault::default(), tables: Mutex::default() }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // a panic elsewhere leaves the tables as they were: rows are written only after every check
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Journal for MemoryJournal {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        Ok(self.clock.now())
    }

    async fn register_payment(&self, new: NewPayment) -> Result<PaymentRecord, JournalError> {
        new.check()?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        if let Some(known) = tables.payments.get(&new.key()) {
            let same = known.payment == new.payment;
            return if same { Ok(known.clone()) } else { Err(JournalError::PaymentConflict) };
        }
        check_account(tables.is_under_another(&new.key()))?;
        let payment = apply::registered(&new, tables.restored.is_some(), now);
        tables.payments.insert(new.key(), payment.clone());
        tables.log(|| NewEvent::registered(&payment, now));
        Ok(payment)
    }

    async fn payment(&self, key: &PaymentKey) -> Result<Option<PaymentRecord>, JournalError> {
        Ok(self.tables().payments.get(key).cloned())
    }

    async fn payments_of_order(&self, merchant_uid: &str) -> Result<Vec<PaymentRecord>, JournalError> {
        let tables = self.tables();
        let of_order = tables.payments.values().filter(|p| p.payment.merchant_uid == merchant_uid);
        Ok(of_order.cloned().collect())
    }

    async fn payments(
        &self,
        after: Option<&PaymentKey>,
        limit: u32,
    ) -> Result<Vec<PaymentRecord>, JournalError> {
        use std::ops::Bound::{Excluded, Unbounded};
        let tables = self.tables();
        let from = after.map_or(Unbounded, Excluded);
        let found = tables.payments.range((from, Unbounded)).map(|(_, payment)| payment.clone());
        Ok(found.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    async fn submit(&self, new: NewIntent) -> Result<Submitted, JournalError> {
        new.check()?;
        let fingerprint = self.vault.fingerprint(&new)?;
        let sealed = new.account.as_ref().map(|account| self.vault.seal(new.id, account)).transpose()?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let submitted = tables.submit(&new, fingerprint, now)?;
        if let (Submitted::New(intent), Some(sealed)) = (&submitted, sealed) {
            tables.sealed.insert(intent.id, sealed);
        }
        Ok(submitted)
    }

    async fn withdraw(&self, intent: IntentId, by: &str, reason: &str) -> Result<IntentRecord, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut rows = tables.rows(intent)?;
        let attempts = tables.attempts_of.get(&intent).map_or(0, Vec::len);
        let before = tables.before(&rows);
        apply::withdraw(&mut rows, i64::try_from(attempts).unwrap_or(i64::MAX), now)?;
        let after = rows.intent.clone();
        tables.log(|| NewEvent::withdrawn(&before, &rows, by, reason, now));
        tables.store(rows);
        Ok(after)
    }

    async fn intent(&self, id: IntentId) -> Result<Option<IntentRecord>, JournalError> {
        Ok(self.tables().intents.get(&id).cloned())
    }

    async fn intents_of(&self, key: &PaymentKey) -> Result<Vec<IntentRecord>, JournalError> {
        let tables = self.tables();
        let ids = tables.intents_of.get(key).map_or(&[][..], Vec::as_slice);
        let mut intents: Vec<_> = ids.iter().filter_map(|id| tables.intents.get(id).cloned()).collect();
        intents.sort_by_key(|intent| (intent.created_at, intent.id));
        Ok(intents)
    }

    async fn by_key(&self, account: &AccountName, key: &str) -> Result<Option<IntentRecord>, JournalError> {
        let tables = self.tables();
        let id = tables.keys.get(&(account.clone(), key.to_owned()));
        Ok(id.and_then(|id| tables.intents.get(id)).cloned())
    }

    async fn attempts_of(&self, intent: IntentId) -> Result<Vec<AttemptRecord>, JournalError> {
        let tables = self.tables();
        let ids = tables.attempts_of.get(&intent).map_or(&[][..], Vec::as_slice);
        Ok(ids.iter().filter_map(|id| tables.attempts.get(id).cloned()).collect())
    }

    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        accounts: &[AccountName],
    ) -> Result<Option<Claim>, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mine = |key: &PaymentKey| {
            accounts.iter().any(|a| a.gateway == key.gateway && a.merchant == key.merchant)
        };
        let due = tables
            .payments
            .iter()
            .filter(|(key, _)| mine(key))
            .filter(|(_, payment)| payment.due_at.is_some_and(|due| due <= now))
            .filter(|(_, payment)| apply::is_free(payment, owner, now))
            .min_by_key(|(_, payment)| payment.due_at)
            .map(|(key, _)| key.clone());
        match due {
            Some(key) => tables.claim(&key, owner, lease, now),
            None => Ok(None),
        }
    }

    async fn claim_payment(
        &self,
        key: &PaymentKey,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        tables.claim(key, owner, lease, now)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, JournalError> {
        let tables = self.tables();
        Ok(tables.payments.values().filter_map(|payment| payment.due_at).min())
    }

    async fn open_attempt(&self, lease: &Lease, new: &NewAttempt) -> Result<Snapshot, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut rows = tables.rows(new.plan.intent)?;
        apply::renew(&mut rows.payment, lease, now)?;
        if tables.open.contains_key(&lease.payment) || tables.attempts.contains_key(&new.id) {
            return Err(JournalError::NotAllowed("another attempt is open"));
        }
        let of = tables.of_job(rows.intent.id);
        if let Some(instead) = gate::instead_of_opening(&rows, of, now)? {
            return tables.write(rows, instead, now);
        }
        let before = tables.before(&rows);
        let attempts = tables.attempts_of.get(&rows.intent.id).map_or(0, Vec::len);
        let no = i64::try_from(attempts).unwrap_or(i64::MAX).saturating_add(1);
        let attempt = apply::open(&mut rows.payment, &mut rows.intent, new, no, now)?;
        tables.attempts_of.entry(rows.intent.id).or_default().push(attempt.id);
        tables.log(|| NewEvent::opened(&before, &rows, &attempt, now));
        rows.attempt = Some(attempt);
        tables.store(rows);
        tables.snapshot(new.plan.intent, now)
    }

    async fn record(&self, lease: &Lease, record: &Record) -> Result<Snapshot, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut rows = tables.rows(record.intent)?;
        apply::renew(&mut rows.payment, lease, now)?;
        let of = tables.of_job(rows.intent.id).filter(|_| record.change == Change::Resend);
        match gate::instead_of(&rows, record, of, now) {
            Some(instead) => tables.write(rows, instead, now),
            None => tables.record(rows, record, now),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), JournalError> {
        let mut tables = self.tables();
        match tables.payments.get_mut(&lease.payment) {
            Some(payment) if payment.fence == lease.fence => apply::give_back(payment),
            _ => {}
        }
        Ok(())
    }

    async fn refund_account(&self, intent: IntentId) -> Result<Option<RefundAccount>, JournalError> {
        let tables = self.tables();
        if !tables.intents.contains_key(&intent) {
            return Err(JournalError::NotFound);
        }
        tables.sealed.get(&intent).map(|sealed| self.vault.open(intent, sealed)).transpose()
    }

    async fn hint(&self, key: &PaymentKey) -> Result<bool, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let Some(intent) = tables.open_attempt(key).map(|attempt| attempt.intent) else {
            return Ok(false);
        };
        let mut rows = tables.rows(intent)?;
        let waits = apply::hint(&mut rows.intent, now);
        if waits {
            tables.store(rows);
        }
        Ok(waits)
    }

    async fn recover(&self) -> Result<u64, JournalError> {
        let keys: Vec<PaymentKey> = self.tables().open.keys().cloned().collect();
        let mut hinted = 0_u64;
        for key in &keys {
            hinted = hinted.saturating_add(u64::from(self.hint(key).await?));
        }
        Ok(hinted)
    }

    async fn suspect_all(&self, by: &str, reason: &str) -> Result<u64, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        // no row is younger, whatever a clock that was set back says
        let intents = tables.intents.values().flat_map(|intent| [intent.created_at, intent.updated_at]);
        let newest = intents.chain(tables.jobs.values().map(|job| job.created_at)).max();
        let since = newest.map_or(now, |newest| newest.max(now));
        tables.restored = Some(since);
        let mut marked = 0_u64;
        let mut suspects = Vec::new();
        for payment in tables.payments.values_mut() {
            if apply::suspect(payment, since) {
                marked = marked.saturating_add(1);
                suspects.push(payment.clone());
            }
        }
        if !suspects.is_empty() {
            tables.log(|| NewEvent::suspected(&suspects, now));
        }
        let stopped = |job: &&JobRecord| matches!(job.state, JobState::Approved | JobState::Halted);
        let halted: Vec<JobRecord> = tables.jobs.values().filter(stopped).cloned().collect();
        for mut job in halted {
            if job.state == JobState::Approved {
                jobs::halt(&mut job, jobs::RESTORED)?;
            }
            tables.store_job(job);
        }
        let detail = serde_json::json!({ "by": by, "reason": reason, "payments": marked });
        tables.log(|| NewEvent::general(now, "restored", detail));
        Ok(marked)
    }

    async fn settled(&self, by: &str, reason: &str) -> Result<bool, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let was = tables.restored.take().is_some();
        if was {
            let detail = serde_json::json!({ "by": by, "reason": reason });
            tables.log(|| NewEvent::general(now, "settled", detail));
        }
        Ok(was)
    }

    async fn compared(
        &self,
        key: &PaymentKey,
        seen_balance: i64,
        unexplained: bool,
    ) -> Result<PaymentRecord, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut payment = tables.payment(key)?;
        let before = Before::payment(&payment);
        let open = tables.open_attempt(key).map(|attempt| attempt.amount.minor());
        apply::compared(&mut payment, seen_balance, unexplained, open)?;
        tables.payments.insert(key.clone(), payment.clone());
        tables.log(|| NewEvent::compared(&before, &payment, seen_balance, now));
        Ok(payment)
    }

    async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        seen: Option<Seen>,
    ) -> Result<PaymentRecord, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut payment = tables.payment(key)?;
        let ids = tables.intents_of.get(key).map_or(&[][..], Vec::as_slice);
        let intents: Vec<_> = ids.iter().filter_map(|id| tables.intents.get(id).cloned()).collect();
        let before = Before::payment(&payment);
        apply::trust(&mut payment, &intents, seen)?;
        tables.payments.insert(key.clone(), payment.clone());
        tables.log(|| NewEvent::trusted(&before, &payment, by, reason, now));
        Ok(payment)
    }

    async fn last_event(&self) -> Result<i64, JournalError> {
        Ok(self.tables().last_event)
    }

    async fn plan_job(&self, new: NewJob) -> Result<JobRecord, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let (job, rows) = jobs::plan(new, &self.vault, tables.last_event, now)?;
        if let Some(known) = tables.jobs.get(&job.id) {
            return Ok(known.clone());
        }
        tables.log(|| NewEvent::planned(&job, rows.iter().map(|planned| &planned.row)));
        for PlannedRow { row, sealed } in rows {
            if let Some(sealed) = sealed {
                tables.sealed.insert(row.intent, sealed);
            }
            tables.job_of.insert(row.intent, job.id);
            tables.rows.insert((job.id, row.line), row);
        }
        tables.jobs.insert(job.id, job.clone());
        Ok(job)
    }

    async fn job(&self, id: JobId) -> Result<Option<JobRecord>, JournalError> {
        Ok(self.tables().jobs.get(&id).cloned())
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>, JournalError> {
        let mut found: Vec<_> = self.tables().jobs.values().cloned().collect();
        found.sort_by_key(|job| (std::cmp::Reverse(job.created_at), job.id));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn job_rows(&self, id: JobId, after_line: i64, limit: u32) -> Result<Vec<JobRow>, JournalError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.tables().rows_of(id, after_line).take(limit).collect())
    }

    async fn approve_job(
        &self,
        id: JobId,
        hash: [u8; 32],
        totals: &[Money],
        by: &str,
    ) -> Result<JobRecord, JournalError> {
        check_person(by, "approval")?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut job = tables.job(id)?;
        let had_halted = job.state == JobState::Halted;
        jobs::approve(&mut job, &hash, totals, by)?;
        tables.go_on(&job, had_halted, by, now)?;
        tables.store_job(job.clone());
        tables.log(|| NewEvent::of_job(&job, now, "approved", Some(by)));
        Ok(job)
    }

    async fn halt_job(&self, id: JobId, why: &str) -> Result<JobRecord, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut job = tables.job(id)?;
        jobs::halt(&mut job, why)?;
        tables.store_job(job.clone());
        tables.log(|| NewEvent::of_job(&job, now, "halted", None));
        Ok(job)
    }

    async fn discard_job(&self, id: JobId, by: &str, reason: &str) -> Result<JobRecord, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut job = tables.job(id)?;
        jobs::discard(&mut job, reason);
        tables.store_job(job.clone());
        tables.withdraw_all(id, by, reason, now)?;
        let unsent: Vec<IntentId> =
            tables.rows_of(id, 0).filter(|row| !row.is_submitted()).map(|row| row.intent).collect();
        for intent in unsent {
            tables.sealed.remove(&intent);
        }
        tables.log(|| NewEvent::of_job(&job, now, "discarded", Some(by)));
        Ok(job)
    }

    async fn held_by(&self, intent: IntentId) -> Result<Option<JobId>, JournalError> {
        let tables = self.tables();
        let planned = tables.intents.get(&intent).filter(|intent| intent.state == IntentState::Planned);
        let held = planned.is_some_and(|intent| tables.is_held(intent));
        Ok(tables.job_of.get(&intent).filter(|_| held).copied())
    }

    async fn submit_row(&self, job: JobId, line: i64) -> Result<Submitted, JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        let job = tables.job(job)?;
        let mut row = tables.rows.get(&(job.id, line)).cloned().ok_or(JournalError::NotFound)?;
        let result = tables.submit_row(&row, &job, now);
        let refused = result.as_ref().err().and_then(jobs::refusal).map(str::to_owned);
        if result.is_ok() || refused.is_some() {
            if refused.is_some() {
                tables.sealed.remove(&row.intent);
            }
            row.refused = refused;
            tables.rows.insert((job.id, line), row);
        }
        result
    }

    async fn counts(&self) -> Result<Counts, JournalError> {
        let tables = self.tables();
        let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
        let mut counts = Counts {
            payments: count(tables.payments.len()),
            suspects: count(tables.payments.values().filter(|payment| payment.suspect.is_some()).count()),
            waiting: count(tables.intents.values().filter(|intent| intent.waits_for_a_person()).count()),
            oldest_due: tables.payments.values().filter_map(|payment| payment.due_at).min(),
            ..Counts::default()
        };
        for intent in tables.intents.values() {
            let of_state = counts.intents.entry((intent.payment.gateway, intent.state.as_str())).or_default();
            *of_state = of_state.saturating_add(1);
        }
        Ok(counts)
    }

    async fn waiting_for_a_person(&self, limit: u32) -> Result<Vec<IntentRecord>, JournalError> {
        let tables = self.tables();
        let mut waiting: Vec<_> =
            tables.intents.values().filter(|intent| intent.waits_for_a_person()).cloned().collect();
        waiting.sort_by_key(|intent| (intent.created_at, intent.id));
        waiting.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(waiting)
    }

    async fn resolve_by_the_books(
        &self,
        intent: IntentId,
        resolution: Resolution,
        checked: Checked,
        by: &str,
        reason: &str,
    ) -> Result<IntentRecord, JournalError> {
        check_person(by, reason)?;
        let (mut tables, now) = (self.tables(), self.clock.now());
        let mut rows = tables.rows(intent)?;
        let before = tables.before(&rows);
        let beside = Beside {
            tried: tables.attempts_of.get(&intent).is_some_and(|attempts| !attempts.is_empty()),
            open: tables.open_attempt(&rows.intent.payment).map(|attempt| attempt.amount.minor()),
        };
        apply::resolve(&mut rows, beside, (resolution, checked), now)?;
        let after = rows.intent.clone();
        tables.log(|| NewEvent::resolved(&before, &rows, resolution, (by, reason), now));
        tables.store(rows);
        Ok(after)
    }

    async fn note(&self, intent: IntentId, kind: &'static str, detail: &str) -> Result<(), JournalError> {
        let (mut tables, now) = (self.tables(), self.clock.now());
        if !tables.intents.contains_key(&intent) {
            return Err(JournalError::NotFound);
        }
        tables.log(|| NewEvent::remark(intent, now, kind, serde_json::json!({ "note": detail })));
        Ok(())
    }

    async fn events(&self, after: i64, limit: u32) -> Result<Vec<EventRecord>, JournalError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(chain(&self.tables().events).into_iter().filter(|e| e.seq > after).take(limit).collect())
    }

    async fn verify(&self) -> Result<Verification, JournalError> {
        let tables = self.tables();
        let mut verifier = if tables.log { Verifier::with_events() } else { Verifier::default() };
        verifier.at(self.clock.now());
        for event in chain(&tables.events) {
            verifier.event(&event);
        }
        for (key, payment) in &tables.payments {
            let ids = tables.intents_of.get(key).map_or(&[][..], Vec::as_slice);
            let intents: Vec<_> = ids.iter().filter_map(|id| tables.intents.get(id).cloned()).collect();
            let attempts: Vec<_> = ids
                .iter()
                .filter_map(|id| tables.attempts_of.get(id))
                .flatten()
                .filter_map(|id| tables.attempts.get(id).cloned())
                .collect();
            verifier.payment(payment, &intents, &attempts);
        }
        for job in tables.jobs.values() {
            verifier.job(job, &tables.rows_of(job.id, 0).collect::<Vec<_>>());
        }
        verifier.restored(tables.restored.is_some());
        Ok(verifier.finish())
    }
}

/// In memory nobody can tamper between two calls: the chain is made when it is asked for.
fn chain(events: &[NewEvent]) -> Vec<EventRecord> {
    let mut before = GENESIS;
    let mut seq = 0_i64;
    let mut chained = Vec::with_capacity(events.len());
    for event in events {
        seq = seq.saturating_add(1);
        let event = event.clone().chained(seq, &before);
        before = event.hash;
        chained.push(event);
    }
    chained
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{TestClock, journal_conformance};
    use super::*;

    fn make(clock: Arc<TestClock>, vault: Vault) -> (Arc<dyn Journal>, ()) {
        (Arc::new(MemoryJournal::new(clock, vault)), ())
    }

    journal_conformance!(make);
}
