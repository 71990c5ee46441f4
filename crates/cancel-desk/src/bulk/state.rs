use crate::journal::{Journal, JournalError};
use crate::record::{IntentRecord, IntentState, JobRecord, JobRow, JobState, words};

words! {
    /// How far a row of a job is.
    RowState {
        /// Not submitted yet.
        NotStarted = "not_started",
        /// Submitted; no attempt was made yet.
        Waiting = "waiting",
        /// An attempt was made, and its outcome is not known yet.
        Unknown = "unknown",
        /// The gateway took it and moves the money later.
        Accepted = "accepted",
        /// Refunded. Final.
        Completed = "completed",
        /// Not refunded. Final.
        Rejected = "rejected",
        /// Only a person can tell.
        Manual = "manual",
        /// Taken back: nothing was sent for it that can still happen. Final.
        Withdrawn = "withdrawn",
        /// It could not be submitted: the payment had no longer room for it, or its key was used for something else.
        LeftOut = "left_out",
        /// Its key stood for the same refund before this job came to it: that one has ended without a refund, and none was
        /// made for this row.
        Elsewhere = "elsewhere",
        /// The same, and that one was refunded, or the gateway took it: the buyer has the money, not by this job.
        RefundedElsewhere = "refunded_elsewhere",
    }
}

/// Whether a job is done: it was approved, and nothing of it is left for the desk to do. No state of its own: it follows
/// from the rows.
///
/// # Errors
/// Of the journal.
pub async fn is_done(journal: &dyn Journal, job: &JobRecord) -> Result<bool, JournalError> {
    match job.state {
        JobState::Planned | JobState::Discarded => Ok(false),
        JobState::Approved | JobState::Halted => journal.job_is_settled(job.id).await,
    }
}

impl RowState {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Completed,
        Self::Accepted,
        Self::Rejected,
        Self::Unknown,
        Self::Manual,
        Self::Withdrawn,
        Self::Waiting,
        Self::NotStarted,
        Self::LeftOut,
        Self::Elsewhere,
        Self::RefundedElsewhere,
    ];

    /// The state of a job's row.
    #[must_use]
    pub fn of(row: &JobRow) -> Self {
        match (&row.stored, &row.refused) {
            (Some(intent), _) => match Self::of_intent(intent) {
                Self::Completed | Self::Accepted if !row.is_submitted() => Self::RefundedElsewhere,
                Self::Rejected | Self::Withdrawn if !row.is_submitted() => Self::Elsewhere,
                state => state,
            },
            (None, Some(_)) => Self::LeftOut,
            (None, None) => Self::NotStarted,
        }
    }

    /// The state of a row that was submitted.
    #[must_use]
    pub const fn of_intent(intent: &IntentRecord) -> Self {
        match intent.state {
            IntentState::Planned => Self::Waiting,
            IntentState::Open => Self::Unknown,
            IntentState::Completed => Self::Completed,
            IntentState::Accepted => Self::Accepted,
            IntentState::Rejected => Self::Rejected,
            IntentState::Manual => Self::Manual,
            IntentState::Withdrawn => Self::Withdrawn,
        }
    }

    /// Whether the desk itself has nothing more to do about it.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::NotStarted | Self::Waiting | Self::Unknown)
    }

    /// Whether the gateway has it.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Completed | Self::Accepted)
    }
}
