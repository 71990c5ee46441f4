//! A journal that fails once when asked for the time, after the gateway was reached.

use std::sync::atomic::{AtomicBool, Ordering};

use pg_core::{Money, RefundAccount};

use super::*;
use crate::journal::{Checked, Counts, EventRecord, NewIntent, Seen, Submitted, Verification};
use crate::protocol::{Lease, NewAttempt};
use crate::record::{
    AccountName, AttemptRecord, JobId, JobRecord, JobRow, NewJob, NewPayment, PaymentRecord, Timestamp,
};

#[derive(Debug)]
pub(super) struct NoClock {
    journal: Arc<dyn Journal>,
    gateway: Arc<FakeGateway>,
    failed: AtomicBool,
}

impl NoClock {
    pub(super) fn around(journal: Arc<dyn Journal>, gateway: Arc<FakeGateway>) -> Self {
        Self { journal, gateway, failed: AtomicBool::new(false) }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }
}

macro_rules! a_journal_with_the_methods_of_another {
    ($($name:ident($($argument:ident: $type:ty),*) -> $told:ty;)*) => {
        #[async_trait::async_trait]
        impl Journal for NoClock {
            async fn now(&self) -> Result<Timestamp, JournalError> {
                let reached = !self.gateway.seen.lock().unwrap().is_empty();
                if reached && !self.failed.swap(true, Ordering::SeqCst) {
                    return Err(JournalError::Storage("no answer".into()));
                }
                self.journal.now().await
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$told, JournalError> {
                self.journal.$name($($argument),*).await
            })*
        }
    };
}

a_journal_with_the_methods_of_another! {
    register_payment(new: NewPayment) -> PaymentRecord;
    payment(key: &PaymentKey) -> Option<PaymentRecord>;
    payments_of_order(merchant_uid: &str) -> Vec<PaymentRecord>;
    payments(after: Option<&PaymentKey>, limit: u32) -> Vec<PaymentRecord>;
    submit(new: NewIntent) -> Submitted;
    withdraw(intent: IntentId, by: &str, reason: &str) -> IntentRecord;
    intent(id: IntentId) -> Option<IntentRecord>;
    intents_of(key: &PaymentKey) -> Vec<IntentRecord>;
    by_key(account: &AccountName, key: &str) -> Option<IntentRecord>;
    attempts_of(intent: IntentId) -> Vec<AttemptRecord>;
    claim(owner: &str, lease: Duration, accounts: &[AccountName]) -> Option<Claim>;
    claim_payment(key: &PaymentKey, owner: &str, lease: Duration) -> Option<Claim>;
    next_due() -> Option<Timestamp>;
    open_attempt(lease: &Lease, new: &NewAttempt) -> Snapshot;
    record(lease: &Lease, record: &Record) -> Snapshot;
    release(lease: &Lease) -> ();
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
    resolve_by_the_books(
        intent: IntentId, resolution: Resolution, checked: Checked, by: &str, reason: &str
    ) -> IntentRecord;
    note(intent: IntentId, kind: &'static str, detail: &str) -> ();
    last_event() -> i64;
    events(after: i64, limit: u32) -> Vec<EventRecord>;
    verify() -> Verification;
}
