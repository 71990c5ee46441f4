//! The journal in one `SQLite` file: nothing to install, several processes of one machine may share it.
//!
//! Write-ahead log, `synchronous=FULL`, foreign keys: set and read back at every opening. All writing is done by
//! one thread per process, in transactions that begin `IMMEDIATE`.

mod begin;
mod jobs;
mod lane;
mod last;
mod open;
mod place;
mod read;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod whole;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pg_core::{Money, RefundAccount};
use rusqlite::{Connection, OpenFlags};

use crate::protocol::{Change, Claim, Lease, NewAttempt, Record, Snapshot};
use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, JobId, JobRecord, JobRow, JobState, NewJob,
    NewPayment, PaymentKey, PaymentRecord, Resolution, Timestamp,
};

use super::apply::{self, Beside, Rows};
use super::event::NewEvent;
use super::gate;
use super::jobs::{RESTORED, approve, discard, halt, plan};
use super::submit::{check_account, check_person};
use super::trail::Before;
use super::{
    Checked, Clock, Counts, EventRecord, Journal, JournalError, NewIntent, Seen, Submitted, SystemClock,
    Vault, Verification,
};

use lane::Lane;

/// How a `SQLite` journal is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    vault: Vault,
    clock: Arc<dyn Clock>,
    busy_timeout: Duration,
    any_file_system: bool,
}

impl SqliteOptions {
    /// The journal in this file; it is made if there is none, readable by its owner alone.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            vault: Vault::without_key(),
            clock: Arc::new(SystemClock),
            busy_timeout: Duration::from_secs(10),
            any_file_system: false,
        }
    }

    /// Takes account data, sealed with the vault's key.
    #[must_use]
    pub fn with_vault(mut self, vault: Vault) -> Self {
        self.vault = vault;
        self
    }

    /// Counts leases and pauses by another clock than the computer's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long to wait for another process's transaction (10 s).
    #[must_use]
    pub const fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Takes a file on a network or user-space file system. Locks and fsync may lie there: refunds can be lost.
    #[must_use]
    pub const fn allow_any_file_system(mut self) -> Self {
        self.any_file_system = true;
        self
    }
}

/// A journal in one `SQLite` file. To drop it takes as long as what is under way, at most two seconds.
pub struct SqliteJournal {
    // dropped in this order: who closes the file last empties its log, and must be able to write
    reader: Lane,
    writer: Lane,
    options: SqliteOptions,
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal").finish_non_exhaustive()
    }
}

impl SqliteJournal {
    /// Opens the journal, and makes it if there is none. Reads the file: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] when the file lies on a network file system, has another hard link or is mounted without
    /// its folder, is another program's database, or has another version's tables; [`JournalError::Storage`] when it
    /// cannot be opened as durable as it must be.
    pub fn open(mut options: SqliteOptions) -> Result<Self, JournalError> {
        options.path = place::resolve(&options.path)?;
        if !options.any_file_system {
            place::check(place::folder(&options.path))?;
        }
        open::make_private(&options.path)?;
        if !options.any_file_system {
            place::check(&options.path)?;
        }
        place::check_name(&options.path)?;
        // before the log is touched: whoever closes the journal carries it over into the file
        let changed = match options.any_file_system {
            true => None,
            false => place::changed_past_its_log(&options.path).map_err(place::failed)?,
        };
        if changed.is_some() && !whole::is_sound(&options.path) {
            return Err(JournalError::PutBack { told_by: None });
        }
        let mut connection =
            open::connect(&options.path, OpenFlags::SQLITE_OPEN_READ_WRITE, options.busy_timeout)?;
        open::make_durable(&connection, options.busy_timeout)?;
        open::make_tables(&mut connection)?;
        let opened = if options.any_file_system { None } else { Some(place::Opened::of(&options.path)?) };
        let writer = Lane::writing(connection, opened, changed, last::Keeper::of(&options.path))?;
        let reading = open::connect(&options.path, OpenFlags::SQLITE_OPEN_READ_ONLY, options.busy_timeout)?;
        Ok(Self { reader: Lane::reading(reading)?, writer, options })
    }

    fn now(&self) -> Timestamp {
        self.options.clock.now()
    }
}

/// Makes a payment's open attempt due now.
fn hint(c: &Connection, key: &PaymentKey, now: Timestamp) -> Result<bool, JournalError> {
    let Some(attempt) = rows::open_attempt(c, key)? else {
        return Ok(false);
    };
    let mut found = rows::rows(c, attempt.intent)?;
    let waits = apply::hint(&mut found.intent, now);
    if waits {
        write::store(c, &mut found)?;
    }
    Ok(waits)
}

#[async_trait::async_trait]
impl Journal for SqliteJournal {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        Ok(SqliteJournal::now(self))
    }

    async fn register_payment(&self, new: NewPayment) -> Result<PaymentRecord, JournalError> {
        new.check()?;
        let now = self.now();
        self.writer
            .run(move |c| {
                if let Some(known) = rows::payment(c, &new.key())? {
                    let same = known.payment == new.payment;
                    return if same { Ok(known) } else { Err(JournalError::PaymentConflict) };
                }
                check_account(rows::is_under_another(c, &new.key())?)?;
                let payment = apply::registered(&new, rows::is_restored(c)?, now);
                write::insert_payment(c, &payment)?;
                write::append(c, NewEvent::registered(&payment, now))?;
                Ok(payment)
            })
            .await
    }

    async fn payment(&self, key: &PaymentKey) -> Result<Option<PaymentRecord>, JournalError> {
        let key = key.clone();
        self.writer.run(move |c| rows::payment(c, &key)).await
    }

    async fn payments_of_order(&self, merchant_uid: &str) -> Result<Vec<PaymentRecord>, JournalError> {
        let merchant_uid = merchant_uid.to_owned();
        self.writer.run(move |c| rows::payments_of_order(c, &merchant_uid)).await
    }

    async fn payments(
        &self,
        after: Option<&PaymentKey>,
        limit: u32,
    ) -> Result<Vec<PaymentRecord>, JournalError> {
        let after = after.cloned();
        self.reader.run(move |c| rows::payments_after(c, after.as_ref(), limit)).await
    }

    async fn accounts(&self) -> Result<BTreeSet<AccountName>, JournalError> {
        self.reader.run(|c| Ok(rows::accounts(c)?.into_iter().collect())).await
    }

    async fn submit(&self, new: NewIntent) -> Result<Submitted, JournalError> {
        new.check()?;
        let fingerprint = self.options.vault.fingerprint(&new)?;
        let sealed =
            new.account.as_ref().map(|account| self.options.vault.seal(new.id, account)).transpose()?;
        let now = self.now();
        self.writer.run(move |c| begin::submit(c, &new, fingerprint, sealed.as_deref(), now)).await
    }

    async fn withdraw(&self, intent: IntentId, by: &str, reason: &str) -> Result<IntentRecord, JournalError> {
        check_person(by, reason)?;
        let (by, reason, now) = (by.to_owned(), reason.to_owned(), self.now());
        self.writer
            .run(move |c| {
                let mut found = rows::rows(c, intent)?;
                let before = Before::rows(&found);
                apply::withdraw(&mut found, rows::count_attempts(c, intent)?, now)?;
                write::store(c, &mut found)?;
                write::append(c, NewEvent::withdrawn(&before, &found, &by, &reason, now))?;
                Ok(found.intent)
            })
            .await
    }

    async fn intent(&self, id: IntentId) -> Result<Option<IntentRecord>, JournalError> {
        self.writer.run(move |c| rows::intent(c, id)).await
    }

    async fn intents_of(&self, key: &PaymentKey) -> Result<Vec<IntentRecord>, JournalError> {
        let key = key.clone();
        self.writer.run(move |c| rows::intents_of(c, &key)).await
    }

    async fn by_key(&self, account: &AccountName, key: &str) -> Result<Option<IntentRecord>, JournalError> {
        let (account, key) = (account.clone(), key.to_owned());
        self.writer.run(move |c| rows::intent_by_key(c, &account, &key)).await
    }

    async fn attempts_of(&self, intent: IntentId) -> Result<Vec<AttemptRecord>, JournalError> {
        self.writer.run(move |c| rows::attempts_of(c, intent)).await
    }

    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        accounts: &[AccountName],
    ) -> Result<Option<Claim>, JournalError> {
        let (owner, accounts, now) = (owner.to_owned(), accounts.to_vec(), self.now());
        self.writer
            .run(move |c| match rows::claimable(c, &owner, &accounts, now)? {
                Some(key) => begin::claim(c, &key, (&owner, lease), now),
                None => Ok(None),
            })
            .await
    }

    async fn claim_payment(
        &self,
        key: &PaymentKey,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, JournalError> {
        let (key, owner, now) = (key.clone(), owner.to_owned(), self.now());
        self.writer.run(move |c| begin::claim(c, &key, (&owner, lease), now)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, JournalError> {
        self.writer.run(rows::next_due).await
    }

    async fn open_attempt(&self, lease: &Lease, new: &NewAttempt) -> Result<Snapshot, JournalError> {
        let (lease, new, now) = (lease.clone(), new.clone(), self.now());
        self.writer
            .run(move |c| {
                let (payment, intent, open) =
                    rows::with_open(c, new.plan.intent)?.ok_or(JournalError::NotFound)?;
                let mut found = Rows { payment, intent, attempt: None };
                apply::renew(&mut found.payment, &lease, now)?;
                if open.is_some() {
                    return Err(JournalError::NotAllowed("another attempt is open"));
                }
                let of = jobs::of_job(c, new.plan.intent)?;
                if let Some(instead) = gate::instead_of_opening(&found, of, now)? {
                    return jobs::write(c, found, instead, now);
                }
                let before = Before::rows(&found);
                let no = rows::count_attempts(c, found.intent.id)?.saturating_add(1);
                let attempt = apply::open(&mut found.payment, &mut found.intent, &new, no, now)?;
                write::insert_attempt(c, &attempt, &lease.payment)?;
                write::append(c, NewEvent::opened(&before, &found, &attempt, now))?;
                found.attempt = Some(attempt);
                write::store_but_attempt(c, &mut found)?;
                Ok(found.into_snapshot(now))
            })
            .await
    }

    async fn record(&self, lease: &Lease, record: &Record) -> Result<Snapshot, JournalError> {
        let (lease, record, now) = (lease.clone(), record.clone(), self.now());
        self.writer
            .run(move |c| {
                let mut found = rows::rows(c, record.intent)?;
                apply::renew(&mut found.payment, &lease, now)?;
                let of = match record.change {
                    Change::Resend => jobs::of_job(c, record.intent)?,
                    _ => None,
                };
                match gate::instead_of(&found, &record, of, now) {
                    Some(instead) => jobs::write(c, found, instead, now),
                    None => write::record(c, found, &record, now),
                }
            })
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), JournalError> {
        let lease = lease.clone();
        self.writer
            .run(move |c| {
                if let Some(mut payment) = rows::payment(c, &lease.payment)?
                    && payment.fence == lease.fence
                {
                    apply::give_back(&mut payment);
                    write::update_lease(c, &payment)?;
                }
                Ok(())
            })
            .await
    }

    async fn refund_account(&self, intent: IntentId) -> Result<Option<RefundAccount>, JournalError> {
        let sealed = self.writer.run(move |c| rows::account(c, intent)).await?;
        sealed.map(|sealed| self.options.vault.open(intent, &sealed)).transpose()
    }

    async fn hint(&self, key: &PaymentKey) -> Result<bool, JournalError> {
        let (key, now) = (key.clone(), self.now());
        self.writer.run(move |c| hint(c, &key, now)).await
    }

    async fn recover(&self) -> Result<u64, JournalError> {
        let now = self.now();
        self.writer
            .run(move |c| {
                let mut hinted = 0_u64;
                for key in rows::open_payments(c)? {
                    hinted = hinted.saturating_add(u64::from(hint(c, &key, now)?));
                }
                Ok(hinted)
            })
            .await
    }

    async fn suspect_all(&self, by: &str, reason: &str) -> Result<u64, JournalError> {
        check_person(by, reason)?;
        let (by, reason, now) = (by.to_owned(), reason.to_owned(), self.now());
        self.writer
            .run_after_restore(move |c| {
                let since = rows::restored(c, now)?;
                let mut marked = 0_u64;
                let mut after: Option<PaymentKey> = None;
                loop {
                    let payments = rows::payments_after(c, after.as_ref(), 500)?;
                    let Some(end) = payments.last().map(PaymentRecord::key) else { break };
                    after = Some(end);
                    let mut suspects = Vec::new();
                    for mut payment in payments {
                        if apply::suspect(&mut payment, since) {
                            write::update_payment(c, &payment)?;
                            marked = marked.saturating_add(1);
                            suspects.push(payment);
                        }
                    }
                    if !suspects.is_empty() {
                        write::append(c, NewEvent::suspected(&suspects, now))?;
                    }
                }
                jobs::halt_all(c, RESTORED)?;
                let detail = serde_json::json!({ "by": by, "reason": reason, "payments": marked });
                write::append(c, NewEvent::general(now, "restored", detail))?;
                Ok(marked)
            })
            .await
    }

    async fn settled(&self, by: &str, reason: &str) -> Result<bool, JournalError> {
        check_person(by, reason)?;
        let (detail, now) = (serde_json::json!({ "by": by, "reason": reason }), self.now());
        self.writer
            .run(move |c| {
                let was = rows::settled(c)?;
                if was {
                    write::append(c, NewEvent::general(now, "settled", detail.clone()))?;
                }
                Ok(was)
            })
            .await
    }

    async fn compared(
        &self,
        key: &PaymentKey,
        seen_balance: i64,
        unexplained: bool,
    ) -> Result<PaymentRecord, JournalError> {
        let (key, now) = (key.clone(), self.now());
        self.writer
            .run(move |c| {
                let mut payment = rows::payment(c, &key)?.ok_or(JournalError::NotFound)?;
                let open = rows::open_attempt(c, &key)?.map(|attempt| attempt.amount.minor());
                let before = Before::payment(&payment);
                apply::compared(&mut payment, seen_balance, unexplained, open)?;
                write::update_payment(c, &payment)?;
                write::append(c, NewEvent::compared(&before, &payment, seen_balance, now))?;
                Ok(payment)
            })
            .await
    }

    async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        seen: Option<Seen>,
    ) -> Result<PaymentRecord, JournalError> {
        check_person(by, reason)?;
        let (key, by, reason, now) = (key.clone(), by.to_owned(), reason.to_owned(), self.now());
        self.writer
            .run(move |c| {
                let mut payment = rows::payment(c, &key)?.ok_or(JournalError::NotFound)?;
                let before = Before::payment(&payment);
                apply::trust(&mut payment, &rows::intents_of(c, &key)?, seen)?;
                write::update_payment(c, &payment)?;
                write::append(c, NewEvent::trusted(&before, &payment, &by, &reason, now))?;
                Ok(payment)
            })
            .await
    }

    async fn last_event(&self) -> Result<i64, JournalError> {
        self.writer.run(rows::last_event).await
    }

    async fn plan_job(&self, new: NewJob) -> Result<JobRecord, JournalError> {
        let last = self.last_event().await?;
        let (job, planned) = plan(new, &self.options.vault, last, self.now())?;
        self.writer.run(move |c| jobs::plan(c, &job, &planned)).await
    }

    async fn job(&self, id: JobId) -> Result<Option<JobRecord>, JournalError> {
        self.writer.run(move |c| jobs::find(c, id)).await
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>, JournalError> {
        self.reader.run(move |c| jobs::newest(c, limit)).await
    }

    async fn job_rows(&self, id: JobId, after_line: i64, limit: u32) -> Result<Vec<JobRow>, JournalError> {
        self.reader.run(move |c| jobs::rows_of(c, id, after_line, limit)).await
    }

    async fn planned_under(
        &self,
        account: &AccountName,
        keys: &[String],
        but: &str,
    ) -> Result<BTreeMap<String, (JobId, i64)>, JournalError> {
        let (account, keys, but) = (account.clone(), keys.to_vec(), but.to_owned());
        self.reader.run(move |c| jobs::planned_under(c, &account, &keys, &but)).await
    }

    async fn job_is_settled(&self, id: JobId) -> Result<bool, JournalError> {
        self.reader.run(move |c| jobs::is_settled(c, id)).await
    }

    async fn approve_job(
        &self,
        id: JobId,
        hash: [u8; 32],
        totals: &[Money],
        by: &str,
    ) -> Result<JobRecord, JournalError> {
        check_person(by, "approval")?;
        let (totals, by, now) = (totals.to_vec(), by.to_owned(), self.now());
        self.writer
            .run(move |c| {
                let event = ("approved", Some(by.as_str()));
                jobs::change(c, id, now, event, |job| {
                    let had_halted = job.state == JobState::Halted;
                    approve(job, &hash, &totals, &by)?;
                    jobs::go_on(c, id, had_halted, &by, now)
                })
            })
            .await
    }

    async fn halt_job(&self, id: JobId, why: &str) -> Result<JobRecord, JournalError> {
        let (why, now) = (why.to_owned(), self.now());
        self.writer.run(move |c| jobs::change(c, id, now, ("halted", None), |job| halt(job, &why))).await
    }

    async fn discard_job(&self, id: JobId, by: &str, reason: &str) -> Result<JobRecord, JournalError> {
        check_person(by, reason)?;
        let (by, reason, now) = (by.to_owned(), reason.to_owned(), self.now());
        self.writer
            .run(move |c| {
                jobs::erase_accounts(c, id)?;
                jobs::withdraw_all(c, id, &by, &reason, now)?;
                jobs::change(c, id, now, ("discarded", Some(&by)), |job| {
                    discard(job, &reason);
                    Ok(())
                })
            })
            .await
    }

    async fn held_by(&self, intent: IntentId) -> Result<Option<JobId>, JournalError> {
        self.writer.run(move |c| rows::held_by(c, intent)).await
    }

    async fn submit_row(&self, job: JobId, line: i64) -> Result<Submitted, JournalError> {
        let now = self.now();
        Ok(self.writer.run(move |c| jobs::submit(c, job, line, None, now)).await??.0)
    }

    async fn start_row(
        &self,
        job: JobId,
        line: i64,
        owner: &str,
        lease: Duration,
    ) -> Result<(Submitted, Option<Claim>), JournalError> {
        let (owner, now) = (owner.to_owned(), self.now());
        self.writer.run(move |c| jobs::submit(c, job, line, Some((&owner, lease)), now)).await?
    }

    async fn counts(&self) -> Result<Counts, JournalError> {
        self.reader.run(rows::counts).await
    }

    async fn waiting_for_a_person(&self, limit: u32) -> Result<Vec<IntentRecord>, JournalError> {
        self.reader.run(move |c| rows::waiting_for_a_person(c, limit)).await
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
        let (by, reason, now) = (by.to_owned(), reason.to_owned(), self.now());
        self.writer
            .run(move |c| {
                let mut found = rows::rows(c, intent)?;
                let before = Before::rows(&found);
                let open = rows::open_attempt(c, &found.intent.payment)?;
                let beside = Beside {
                    tried: rows::count_attempts(c, intent)? > 0,
                    open: open.map(|attempt| attempt.amount.minor()),
                };
                apply::resolve(&mut found, beside, (resolution, checked), now)?;
                write::store(c, &mut found)?;
                let event = NewEvent::resolved(&before, &found, resolution, (&by, &reason), now);
                write::append(c, event)?;
                Ok(found.intent)
            })
            .await
    }

    async fn note(&self, intent: IntentId, kind: &'static str, detail: &str) -> Result<(), JournalError> {
        let (detail, now) = (serde_json::json!({ "note": detail }), self.now());
        self.writer
            .run(move |c| {
                rows::intent(c, intent)?.ok_or(JournalError::NotFound)?;
                write::append(c, NewEvent::remark(intent, now, kind, detail.clone()))
            })
            .await
    }

    async fn events(&self, after: i64, limit: u32) -> Result<Vec<EventRecord>, JournalError> {
        self.reader.run(move |c| rows::events(c, after, limit)).await
    }

    async fn events_of(&self, intent: IntentId) -> Result<Vec<EventRecord>, JournalError> {
        self.reader.run(move |c| rows::events_of(c, intent)).await
    }

    async fn verify(&self) -> Result<Verification, JournalError> {
        // its own connection: checking everything takes time, and refunds must not wait for it
        let (path, timeout, now) = (self.options.path.clone(), self.options.busy_timeout, self.now());
        let (answer, waiting) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("cancel-desk verify".to_owned())
            .spawn(move || {
                let _gone = answer.send(whole::verify(&path, timeout, now));
            })
            .map_err(|error| JournalError::Storage(Box::new(error)))?;
        waiting.await.map_err(|error| JournalError::Storage(Box::new(error)))?
    }
}
