use std::fmt;

use pg_core::{Invalid, Money, RefundAccount};

use super::{IntentId, IntentRecord, IntentState, JobId, PaymentKey, Timestamp, words};

words! {
    /// How far a job is.
    JobState {
        /// Stored; nothing of it may be submitted.
        Planned = "planned",
        /// A person approved exactly this plan.
        Approved = "approved",
        /// Stopped, by itself or by a person; to be approved again before it goes on.
        Halted = "halted",
        /// Given up. Final: what has not begun never will.
        Discarded = "discarded",
    }
}

/// What may be refunded for a job in one currency: the database refuses any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTotal {
    /// The sum of the plan, in one currency.
    pub approved: Money,
    /// What has been submitted of it, in minor units; never above `approved`.
    pub submitted: i64,
}

/// A plan of many refunds, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Its id: the first half of its hash, so that the same plan is the same job.
    pub id: JobId,
    /// The name that the planner gave it; part of the hash.
    pub name: String,
    /// SHA-256 over the name and every row: what a person approves.
    pub hash: [u8; 32],
    /// How far it is.
    pub state: JobState,
    /// One for each currency, in the order of their codes.
    pub totals: Vec<JobTotal>,
    /// How many rows it has.
    pub rows: i64,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Why it was halted or discarded.
    pub halted_because: Option<String>,
    /// The last event that was in the log before its planner looked at anything: whatever was asked for later, it may not
    /// have seen.
    pub seen_event: i64,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// One refund of a plan, as the journal has it.
#[derive(Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its line in the file it came from.
    pub line: i64,
    /// The id that its intent gets.
    pub intent: IntentId,
    /// The payment.
    pub payment: PaymentKey,
    /// The key under which it is submitted.
    pub caller_key: String,
    /// A digest of what is asked.
    pub fingerprint: [u8; 32],
    /// What is to be refunded.
    pub amount: Money,
    /// Why, in the merchant's words. Free text: may name people.
    pub reason: Option<String>,
    /// Why the last try to submit it was refused, in one word.
    pub refused: Option<String>,
    /// The intent stored under its key, once there is one that asks for the same.
    pub stored: Option<Box<IntentRecord>>,
}

impl JobRow {
    /// Whether it was this row that stored the intent under its key, and not an earlier wish of the same key.
    #[must_use]
    pub fn is_submitted(&self) -> bool {
        self.stored.as_ref().is_some_and(|intent| intent.id == self.intent)
    }

    /// Whether the desk itself has nothing more to do about it: it has an outcome, waits for a person or for the
    /// gateway, or cannot be submitted.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match &self.stored {
            Some(intent) => !matches!(intent.state, IntentState::Planned | IntentState::Open),
            None => self.refused.is_some(),
        }
    }
}

impl fmt::Debug for JobRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRow")
            .field("line", &self.line)
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .field("refused", &self.refused)
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

/// One refund to be planned.
#[derive(Clone)]
pub struct NewJobRow {
    /// Its line in the file it came from: unique in the plan.
    pub line: i64,
    /// The payment.
    pub payment: PaymentKey,
    /// What is to be refunded.
    pub amount: Money,
    /// Why, in the merchant's words, at most 500 characters.
    pub reason: Option<String>,
    /// The caller's own key for it. Without one it is `bulk:`, the job's id and the line; a plan from a file always gives one.
    pub key: Option<String>,
    /// The account to refund into, where the payment needs one. Stored sealed.
    pub account: Option<RefundAccount>,
}

impl NewJobRow {
    /// A row with what every gateway needs.
    #[must_use]
    pub const fn new(line: i64, payment: PaymentKey, amount: Money) -> Self {
        Self { line, payment, amount, reason: None, key: None, account: None }
    }
}

impl fmt::Debug for NewJobRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewJobRow")
            .field("line", &self.line)
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// A plan to be stored.
#[derive(Debug, Clone, Default)]
pub struct NewJob {
    /// A name, at most 100 characters. The same rows under another name are another job: only so can the same file be
    /// refunded a second time.
    pub name: String,
    /// The refunds, at least one.
    pub rows: Vec<NewJobRow>,
    /// The number of the last event before the first look at what the plan is made of: whatever was asked for since, the
    /// planner may not have seen. `None`: the last one before it is stored.
    pub seen_event: Option<i64>,
}

impl NewJob {
    /// Most rows of a plan.
    pub const MAX_ROWS: usize = 1_000_000;

    /// Checks it, each row's wish apart.
    ///
    /// # Errors
    /// [`Invalid`] naming `name`, `rows` or `line`.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.name.chars().count() > 100 || self.name.chars().any(char::is_control) {
            return Err(Invalid::new(
                "name",
                "must be at most 100 characters, none of them a control character",
            ));
        }
        if self.rows.is_empty() || self.rows.len() > Self::MAX_ROWS {
            return Err(Invalid::new("rows", "must be 1 to 1,000,000"));
        }
        let mut lines: Vec<i64> = self.rows.iter().map(|row| row.line).collect();
        lines.sort_unstable();
        if lines.windows(2).any(|pair| pair.first() == pair.last()) || lines.first().is_some_and(|l| *l < 1) {
            return Err(Invalid::new("line", "must be above zero and different for every row"));
        }
        Ok(())
    }
}
