//! What survives: payments, intents, attempts and the event log, behind one trait.
//!
//! Every method is one transaction. When it returns, what it wrote is on disk (`SQLite`) or as durable as the store
//! promises; no network call to a gateway is ever made inside one. The stores differ in where rows lie; what a
//! transaction does to them is the same code for all.

mod apply;
mod checked;
#[cfg(test)]
pub(crate) mod conformance;
mod counts;
mod error;
mod event;
mod gate;
mod jobs;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod replay;
#[cfg(feature = "sqlite")]
mod sqlite;
mod submit;
mod trail;
mod vault;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use pg_core::{Money, RefundAccount};

use crate::protocol::{Claim, Lease, NewAttempt, Record, Snapshot};
use crate::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, IntentState, JobId, JobRecord, JobRow, JobState,
    NewJob, NewPayment, PaymentKey, PaymentRecord, Resolution, Timestamp,
};

#[cfg(feature = "cli")]
pub(crate) use apply::WORKED_ON;
#[cfg(feature = "cli")]
pub(crate) use apply::{MADE_BY_HAND, UNSETTLED};
pub(crate) use apply::{NOT_WAITING, may_be_lost};
pub use checked::{Checked, Seen};
pub use counts::Counts;
pub use error::JournalError;
pub use event::EventRecord;
#[cfg(any(test, feature = "model"))]
pub(crate) use memory::Backup;
pub use memory::MemoryJournal;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresJournal, PostgresOptions};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteJournal, SqliteOptions};
#[cfg(feature = "http")]
pub(crate) use submit::UNDER_ANOTHER;
pub(crate) use submit::check_key;
#[cfg(any(feature = "bulk", feature = "cli"))]
pub(crate) use submit::check_person;
pub use submit::{NewIntent, Submitted};
pub use vault::{Vault, VaultKey};
#[cfg(feature = "fuzzing")]
pub(crate) use verify::Verifier;
pub use verify::{Fault, Verification};

/// Where leases and pauses get their time from, for a journal that has no clock of its own.
pub trait Clock: Send + Sync + Debug {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = time::OffsetDateTime::now_utc().unix_timestamp_nanos().div_euclid(1_000_000);
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// The durable memory of the desk.
///
/// # Errors
/// All methods: [`JournalError::Storage`] when the storage fails, which leaves open whether the transaction was
/// written; [`JournalError::PutBack`] when a `SQLite` journal was put back from a backup; [`JournalError::Corrupt`] when what
/// is stored cannot be read. Others as each method says.
#[async_trait::async_trait]
pub trait Journal: Send + Sync + Debug {
    /// Journal time.
    async fn now(&self) -> Result<Timestamp, JournalError>;

    /// Registers a payment. The same payment again is no error and changes nothing.
    ///
    /// # Errors
    /// [`JournalError::Invalid`]; [`JournalError::PaymentConflict`] when it is registered with other content;
    /// [`JournalError::NotAllowed`] when the gateway's number of it is registered under another account of the gateway.
    async fn register_payment(&self, new: NewPayment) -> Result<PaymentRecord, JournalError>;

    /// A payment.
    ///
    /// # Errors
    /// Of the storage.
    async fn payment(&self, key: &PaymentKey) -> Result<Option<PaymentRecord>, JournalError>;

    /// The payments of an order number, of any gateway and account.
    ///
    /// # Errors
    /// Of the storage.
    async fn payments_of_order(&self, merchant_uid: &str) -> Result<Vec<PaymentRecord>, JournalError>;

    /// All payments in the order of their keys, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// Of the storage.
    async fn payments(
        &self,
        after: Option<&PaymentKey>,
        limit: u32,
    ) -> Result<Vec<PaymentRecord>, JournalError>;

    /// The merchant accounts that payments are registered with.
    ///
    /// # Errors
    /// Of the storage.
    async fn accounts(&self) -> Result<BTreeSet<AccountName>, JournalError> {
        let (mut found, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.payments(after.as_ref(), 1_000).await?;
            let Some(last) = page.last().map(PaymentRecord::key) else { return Ok(found) };
            found.extend(page.iter().map(|payment| payment.key().account()));
            after = Some(last);
        }
    }

    /// Stores an intent and reserves its amount. The same key with the same content gives back what is stored.
    ///
    /// # Errors
    /// [`JournalError::NotFound`] when the payment is not registered, [`JournalError::KeyConflict`],
    /// [`JournalError::Exceeds`], or [`JournalError::NotAllowed`] in its place on a suspect payment,
    /// [`JournalError::NoKey`] when account data is given and cannot be sealed, [`JournalError::Invalid`].
    async fn submit(&self, new: NewIntent) -> Result<Submitted, JournalError>;

    /// Takes an intent back; allowed only while no attempt of it exists, and on no suspect payment: one may be among
    /// what was lost.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::NotAllowed`].
    async fn withdraw(&self, intent: IntentId, by: &str, reason: &str) -> Result<IntentRecord, JournalError>;

    /// An intent.
    ///
    /// # Errors
    /// Of the storage.
    async fn intent(&self, id: IntentId) -> Result<Option<IntentRecord>, JournalError>;

    /// The intents of a payment, in the order they were stored.
    ///
    /// # Errors
    /// Of the storage.
    async fn intents_of(&self, key: &PaymentKey) -> Result<Vec<IntentRecord>, JournalError>;

    /// The intent that a caller's key stands for at a merchant account, of whatever payment.
    ///
    /// # Errors
    /// Of the storage.
    async fn by_key(&self, account: &AccountName, key: &str) -> Result<Option<IntentRecord>, JournalError>;

    /// The attempts of an intent, first to last.
    ///
    /// # Errors
    /// Of the storage.
    async fn attempts_of(&self, intent: IntentId) -> Result<Vec<AttemptRecord>, JournalError>;

    /// Claims the payment of these accounts that has waited longest past its due time. `None` when there is nothing
    /// to do now.
    ///
    /// `owner` names one task; a task that claims again while holding a payment may get the same one.
    ///
    /// # Errors
    /// Of the storage.
    async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        accounts: &[AccountName],
    ) -> Result<Option<Claim>, JournalError>;

    /// Claims this payment, if it is due and nobody else holds it.
    ///
    /// # Errors
    /// Of the storage.
    async fn claim_payment(
        &self,
        key: &PaymentKey,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Claim>, JournalError>;

    /// When something is due next, held payments included; `None` when nothing is.
    ///
    /// # Errors
    /// Of the storage.
    async fn next_due(&self) -> Result<Option<Timestamp>, JournalError>;

    /// Commits a new attempt: from here on it counts as sent. At most one attempt of a payment is open, and none is
    /// opened of a halted job.
    ///
    /// Of a job's refund that was asked for under another key since it was planned, and of a discarded job's, none is opened
    /// either: it is withdrawn, or on a suspect payment goes to a person. The snapshot tells.
    ///
    /// # Errors
    /// [`JournalError::LeaseLost`], [`JournalError::NotAllowed`].
    async fn open_attempt(&self, lease: &Lease, new: &NewAttempt) -> Result<Snapshot, JournalError>;

    /// Commits a change. One after which its intent neither waits for an attempt nor has an open one ends the turn, and
    /// gives the payment back.
    ///
    /// In place of [`Change::Resend`](crate::protocol::Change::Resend) of a job's refund it writes that the refund waits while
    /// the job is halted; and if it was asked for under another key since it was planned, that it is withdrawn, where
    /// provably nothing of it was ever sent, or that a person decides. The snapshot tells.
    ///
    /// # Errors
    /// [`JournalError::LeaseLost`], [`JournalError::NotAllowed`].
    async fn record(&self, lease: &Lease, record: &Record) -> Result<Snapshot, JournalError>;

    /// Gives the payment back. An older claim gives back nothing.
    ///
    /// # Errors
    /// Of the storage.
    async fn release(&self, lease: &Lease) -> Result<(), JournalError>;

    /// The account that an intent refunds into, unsealed.
    ///
    /// # Errors
    /// [`JournalError::NoKey`], [`JournalError::NotFound`], [`JournalError::Corrupt`] when it does not open.
    async fn refund_account(&self, intent: IntentId) -> Result<Option<RefundAccount>, JournalError>;

    /// Makes a payment's open attempt due now: something (a webhook, a person) hinted that there is news. Tells
    /// whether there was one. A hint is never a proof.
    ///
    /// # Errors
    /// Of the storage.
    async fn hint(&self, key: &PaymentKey) -> Result<bool, JournalError>;

    /// Makes every open attempt due now, as after a restart. Tells how many.
    ///
    /// # Errors
    /// Of the storage.
    async fn recover(&self) -> Result<u64, JournalError>;

    /// Marks every payment as suspect and halts every job: the journal was restored from a backup, and what happened
    /// after the backup is not in it. Tells how many payments.
    ///
    /// Nothing that was stored before begins again by itself, and nothing new begins on a payment whose ledger shows
    /// more than the journal knows, until a person says so. Register first what was registered since the backup: a
    /// payment that comes later is not suspect.
    ///
    /// A `SQLite` journal that was put back before it was opened is gone on with from here on; before that it does nothing
    /// but this ([`JournalError::PutBack`]).
    ///
    /// # Errors
    /// [`JournalError::Invalid`] without name or reason.
    async fn suspect_all(&self, by: &str, reason: &str) -> Result<u64, JournalError>;

    /// Ends what [`suspect_all`](Self::suspect_all) began for payments that are registered later: until then each of
    /// these is suspect too, for it may have been registered before, and refunded, in what was lost. Tells whether
    /// there was anything to end. Payments that are suspect stay so.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] without name or reason.
    async fn settled(&self, by: &str, reason: &str) -> Result<bool, JournalError>;

    /// Takes in what the gateway's ledger shows of a suspect payment: its balance, in minor units, and whether its history
    /// holds a refund of ours that the journal cannot explain.
    ///
    /// # Errors
    /// [`JournalError::NotFound`].
    async fn compared(
        &self,
        key: &PaymentKey,
        seen_balance: i64,
        unexplained: bool,
    ) -> Result<PaymentRecord, JournalError>;

    /// Clears a suspect payment: a person has settled what the journal lost. That is, nothing of it is on its way any
    /// more, and each refund in the gateway's books is somebody else's or stands here as completed. Every intent of it
    /// needs an outcome first, those stored since the restore too: one may be a lost wish repeated. What is still wanted
    /// is asked for anew afterwards, under a new key. A payment that is not suspect stays as it is. `seen` is what
    /// it was compared by, read before the gateway was asked; nothing where nothing was compared.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::NotAllowed`] while an intent of a suspect payment has no outcome, or when
    /// something else is known of the payment than was seen: the journal was restored once more, a worker took the payment
    /// up, or the ledger was compared anew.
    /// [`JournalError::Invalid`] without name or reason.
    async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        seen: Option<Seen>,
    ) -> Result<PaymentRecord, JournalError>;

    /// The number of the last event, 0 before the first. Whatever is stored after this call has a higher one.
    ///
    /// # Errors
    /// Of the storage.
    async fn last_event(&self) -> Result<i64, JournalError>;

    /// Stores a plan of many refunds. Nothing is reserved or submitted. The same plan again gives back what is stored.
    ///
    /// # Errors
    /// [`JournalError::Invalid`], [`JournalError::NoKey`].
    async fn plan_job(&self, new: NewJob) -> Result<JobRecord, JournalError>;

    /// A job.
    ///
    /// # Errors
    /// Of the storage.
    async fn job(&self, id: JobId) -> Result<Option<JobRecord>, JournalError>;

    /// Jobs, newest first, at most `limit`.
    ///
    /// # Errors
    /// Of the storage.
    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>, JournalError>;

    /// The rows of a job with what became of them, in the order of their lines, those after `after_line`.
    ///
    /// # Errors
    /// Of the storage.
    async fn job_rows(&self, id: JobId, after_line: i64, limit: u32) -> Result<Vec<JobRow>, JournalError>;

    /// Whether every row of a job [is settled](JobRow::is_settled): then nothing of it is left to be done here.
    ///
    /// # Errors
    /// Of the storage.
    async fn job_is_settled(&self, id: JobId) -> Result<bool, JournalError> {
        let mut after = 0;
        loop {
            let rows = self.job_rows(id, after, 1_000).await?;
            let Some(last) = rows.last() else { return Ok(true) };
            if !rows.iter().all(JobRow::is_settled) {
                return Ok(false);
            }
            after = last.line;
        }
    }

    /// The rows that would be submitted under these keys of a merchant account, by their keys: of jobs that are not
    /// discarded and have another name than `but`, and not refused; one for each key.
    ///
    /// # Errors
    /// Of the storage.
    async fn planned_under(
        &self,
        account: &AccountName,
        keys: &[String],
        but: &str,
    ) -> Result<BTreeMap<String, (JobId, i64)>, JournalError> {
        let wanted: BTreeSet<&String> = keys.iter().collect();
        let mut found = BTreeMap::new();
        for job in self.jobs(u32::MAX).await? {
            if job.state == JobState::Discarded || job.name == but {
                continue;
            }
            let mut after = 0;
            loop {
                let rows = self.job_rows(job.id, after, 1_000).await?;
                let Some(last) = rows.last() else { break };
                after = last.line;
                let same = |row: &&JobRow| {
                    row.refused.is_none()
                        && wanted.contains(&row.caller_key)
                        && row.payment.account() == *account
                };
                found
                    .extend(rows.iter().filter(same).map(|row| (row.caller_key.clone(), (job.id, row.line))));
            }
        }
        Ok(found)
    }

    /// Approves exactly this plan: its hash and all of its totals. What of it was provably never sent and was asked for under
    /// another key since it was planned is withdrawn, but on suspect payments; of one that had halted, the rest of what is
    /// open is looked up anew.
    ///
    /// # Errors
    /// [`JournalError::NotFound`]; [`JournalError::Invalid`] naming `hash`, `total` or `by`;
    /// [`JournalError::NotAllowed`] when it was discarded.
    async fn approve_job(
        &self,
        id: JobId,
        hash: [u8; 32],
        totals: &[Money],
        by: &str,
    ) -> Result<JobRecord, JournalError>;

    /// Stops a job until it is approved again: nothing more of it is submitted, and what is submitted and has no open
    /// attempt is held: it is neither claimed nor attempted. What has begun is looked up, and not sent again meanwhile. What
    /// was stored before a restore goes to a person.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::NotAllowed`] when it was never approved or was discarded.
    async fn halt_job(&self, id: JobId, why: &str) -> Result<JobRecord, JournalError>;

    /// Gives a job up: nothing more of it is ever submitted, the account data of what was not is erased, and what was
    /// provably never sent is withdrawn; on suspect payments, where an attempt may have been lost, it goes to a person when
    /// it would begin. What may have happened goes on.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Invalid`] without name or reason.
    async fn discard_job(&self, id: JobId, by: &str, reason: &str) -> Result<JobRecord, JournalError>;

    /// The halted job that holds an intent: it is not attempted until the job is approved again.
    ///
    /// # Errors
    /// Of the storage.
    async fn held_by(&self, intent: IntentId) -> Result<Option<JobId>, JournalError>;

    /// Submits one row of an approved job. What is submitted of a job never passes the approved totals.
    ///
    /// # Errors
    /// As of [`Journal::submit`], and [`JournalError::AskedSince`], the refusal noted in the row;
    /// [`JournalError::NotAllowed`] when the job is not approved, or its total would be passed;
    /// [`JournalError::Corrupt`] when the row is not what was planned.
    async fn submit_row(&self, job: JobId, line: i64) -> Result<Submitted, JournalError>;

    /// As [`submit_row`](Self::submit_row), and claims the payment, as [`claim_payment`](Self::claim_payment) does, for a
    /// turn at once: in the same transaction where the journal can.
    ///
    /// # Errors
    /// As of both. What failed may be submitted all the same: the same row again is the same intent.
    async fn start_row(
        &self,
        job: JobId,
        line: i64,
        owner: &str,
        lease: Duration,
    ) -> Result<(Submitted, Option<Claim>), JournalError> {
        let submitted = self.submit_row(job, line).await?;
        let intent = submitted.intent();
        let claim = match intent.state {
            IntentState::Planned | IntentState::Open => {
                self.claim_payment(&intent.payment, owner, lease).await?
            }
            _ => None,
        };
        Ok((submitted, claim))
    }

    /// How many of everything there are.
    ///
    /// # Errors
    /// Of the storage.
    async fn counts(&self) -> Result<Counts, JournalError>;

    /// What waits for a person, oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// Of the storage.
    async fn waiting_for_a_person(&self, limit: u32) -> Result<Vec<IntentRecord>, JournalError>;

    /// Writes what a person decided, who and why.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::NotAllowed`], [`JournalError::Invalid`] without name or reason.
    async fn resolve(
        &self,
        intent: IntentId,
        resolution: Resolution,
        by: &str,
        reason: &str,
    ) -> Result<IntentRecord, JournalError> {
        self.resolve_by_the_books(intent, resolution, Checked::default(), by, reason).await
    }

    /// As [`resolve`](Self::resolve), but only if what was checked before still holds: the cancel was not sent or decided
    /// meanwhile, and for [`Resolution::Happened`] the gateway's balance has room for it beside what is completed by now, and
    /// beside what was gone before it was sent. One refund is not two cancels, whoever decided the other one meanwhile.
    ///
    /// # Errors
    /// [`JournalError::NotInLedger`]; as [`resolve`](Self::resolve).
    async fn resolve_by_the_books(
        &self,
        intent: IntentId,
        resolution: Resolution,
        checked: Checked,
        by: &str,
        reason: &str,
    ) -> Result<IntentRecord, JournalError>;

    /// Notes something in the event log that changes nothing: an answer that came too late, an operator's remark.
    ///
    /// # Errors
    /// Of the storage.
    async fn note(&self, intent: IntentId, kind: &'static str, detail: &str) -> Result<(), JournalError>;

    /// Events after a number, oldest first.
    ///
    /// # Errors
    /// Of the storage.
    async fn events(&self, after: i64, limit: u32) -> Result<Vec<EventRecord>, JournalError>;

    /// The events of an intent, oldest first.
    ///
    /// # Errors
    /// Of the storage.
    async fn events_of(&self, intent: IntentId) -> Result<Vec<EventRecord>, JournalError> {
        let (mut found, mut last) = (Vec::new(), 0);
        loop {
            let page = self.events(last, 1_000).await?;
            let Some(end) = page.last().map(|event| event.seq) else { return Ok(found) };
            last = end;
            found.extend(page.into_iter().filter(|event| event.intent == Some(intent)));
        }
    }

    /// Checks the event chain, that every row is the one that its events left, and every invariant that the stored rows
    /// must hold. Leases, and hints that bring a look forward, are no events.
    ///
    /// # Errors
    /// Of the storage; a broken invariant is no error but a [`Fault`] in the answer.
    async fn verify(&self) -> Result<Verification, JournalError>;
}
