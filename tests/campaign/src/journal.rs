//! A journal that somebody watches: what it holds when its process dies is what a disk would.

use std::sync::Arc;
use std::time::Duration;

use cancel_desk::journal::{
    Checked, Counts, EventRecord, Journal, JournalError, NewIntent, Seen, Submitted, Verification,
};
use cancel_desk::protocol::{Change, Claim, Lease, NewAttempt, Record, Snapshot};
use cancel_desk::record::{
    AccountName, AttemptRecord, IntentId, IntentRecord, JobId, JobRecord, JobRow, NewJob, NewPayment,
    PaymentKey, PaymentRecord, Resolution, Timestamp,
};
use pg_core::{Money, RefundAccount};

/// A write of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A payment is registered.
    Register,
    /// A wish is stored.
    Submit,
    /// A payment is claimed; `found`: there was one.
    Claim {
        /// Known only afterwards.
        found: bool,
    },
    /// An attempt is stored.
    Open,
    /// A change is stored.
    Record {
        /// It is a repeat about to be sent.
        resend: bool,
    },
    /// A payment is given back.
    Release,
}

/// Whoever wants to be there when the journal writes; what never comes back from here is a dead process.
#[async_trait::async_trait]
pub trait Watch: std::fmt::Debug + Send + Sync {
    /// Before it is written.
    async fn before(&self, call: Call);
    /// When it is written, or refused.
    async fn after(&self, call: Call);
}

/// A journal under watch.
#[derive(Debug)]
pub struct Watched {
    /// What is written here survives.
    pub journal: Arc<dyn Journal>,
    /// Who watches.
    pub watch: Arc<dyn Watch>,
}

macro_rules! as_it_is {
    ($($name:ident($($argument:ident: $type:ty),*) -> $told:ty;)*) => {
        #[async_trait::async_trait]
        impl Journal for Watched {
            async fn register_payment(&self, new: NewPayment) -> Result<PaymentRecord, JournalError> {
                self.watch.before(Call::Register).await;
                let registered = self.journal.register_payment(new).await;
                self.watch.after(Call::Register).await;
                registered
            }

            async fn submit(&self, new: NewIntent) -> Result<Submitted, JournalError> {
                self.watch.before(Call::Submit).await;
                let submitted = self.journal.submit(new).await;
                self.watch.after(Call::Submit).await;
                submitted
            }

            async fn claim(
                &self,
                owner: &str,
                lease: Duration,
                accounts: &[AccountName],
            ) -> Result<Option<Claim>, JournalError> {
                self.watch.before(Call::Claim { found: false }).await;
                let claim = self.journal.claim(owner, lease, accounts).await;
                self.watch.after(Call::Claim { found: matches!(claim, Ok(Some(_))) }).await;
                claim
            }

            async fn open_attempt(&self, lease: &Lease, new: &NewAttempt) -> Result<Snapshot, JournalError> {
                self.watch.before(Call::Open).await;
                let opened = self.journal.open_attempt(lease, new).await;
                self.watch.after(Call::Open).await;
                opened
            }

            async fn record(&self, lease: &Lease, record: &Record) -> Result<Snapshot, JournalError> {
                let call = Call::Record { resend: matches!(record.change, Change::Resend) };
                self.watch.before(call).await;
                let recorded = self.journal.record(lease, record).await;
                self.watch.after(call).await;
                recorded
            }

            async fn release(&self, lease: &Lease) -> Result<(), JournalError> {
                self.watch.before(Call::Release).await;
                let released = self.journal.release(lease).await;
                self.watch.after(Call::Release).await;
                released
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$told, JournalError> {
                self.journal.$name($($argument),*).await
            })*
        }
    };
}

as_it_is! {
    now() -> Timestamp;
    payment(key: &PaymentKey) -> Option<PaymentRecord>;
    payments_of_order(merchant_uid: &str) -> Vec<PaymentRecord>;
    payments(after: Option<&PaymentKey>, limit: u32) -> Vec<PaymentRecord>;
    withdraw(intent: IntentId, by: &str, reason: &str) -> IntentRecord;
    intent(id: IntentId) -> Option<IntentRecord>;
    intents_of(key: &PaymentKey) -> Vec<IntentRecord>;
    by_key(account: &AccountName, key: &str) -> Option<IntentRecord>;
    attempts_of(intent: IntentId) -> Vec<AttemptRecord>;
    claim_payment(key: &PaymentKey, owner: &str, lease: Duration) -> Option<Claim>;
    next_due() -> Option<Timestamp>;
    refund_account(intent: IntentId) -> Option<RefundAccount>;
    hint(key: &PaymentKey) -> bool;
    recover() -> u64;
    suspect_all(by: &str, reason: &str) -> u64;
    settled(by: &str, reason: &str) -> bool;
    compared(key: &PaymentKey, seen_balance: i64, unexplained: bool) -> PaymentRecord;
    trust(key: &PaymentKey, by: &str, reason: &str, seen: Option<Seen>) -> PaymentRecord;
    plan_job(new: NewJob) -> JobRecord;
    job(id: JobId) -> Option<JobRecord>;
    jobs(limit: u32) -> Vec<JobRecord>;
    job_rows(id: JobId, after_line: i64, limit: u32) -> Vec<JobRow>;
    approve_job(id: JobId, hash: [u8; 32], totals: &[Money], by: &str) -> JobRecord;
    halt_job(id: JobId, why: &str) -> JobRecord;
    discard_job(id: JobId, by: &str, reason: &str) -> JobRecord;
    held_by(intent: IntentId) -> Option<JobId>;
    submit_row(job: JobId, line: i64) -> Submitted;
    counts() -> Counts;
    waiting_for_a_person(limit: u32) -> Vec<IntentRecord>;
    resolve_by_the_books(intent: IntentId, resolution: Resolution, checked: Checked, by: &str, reason: &str) -> IntentRecord;
    note(intent: IntentId, kind: &'static str, detail: &str) -> ();
    last_event() -> i64;
    events(after: i64, limit: u32) -> Vec<EventRecord>;
    verify() -> Verification;
}
