use std::fmt;

use pg_core::Invalid;

use crate::journal::JournalError;
use crate::record::{JobId, JobState};

use super::file::FileError;

/// Why a job was not planned, approved, run or told about.
#[derive(Debug)]
#[non_exhaustive]
pub enum BulkError {
    /// The file cannot be used.
    File(FileError),
    /// Something given is wrong.
    Invalid(Invalid),
    /// There is no such job.
    NoSuchJob(JobId),
    /// The job may not run: it is planned, halted or discarded.
    NotApproved {
        /// How far it is.
        state: JobState,
        /// Why it was halted or discarded.
        because: Option<String>,
    },
    /// What the rows add up to is not what was planned: the journal is damaged.
    DoesNotAddUp(String),
    /// The journal did not do it.
    Journal(JournalError),
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Invalid(error) => error.fmt(f),
            Self::NoSuchJob(id) => write!(f, "no job {id}: see the jobs with «bulk list»"),
            Self::NotApproved { state, because } => {
                write!(f, "the job is {state}")?;
                if let Some(because) = because {
                    write!(f, " ({because})")?;
                }
                f.write_str(match state {
                    JobState::Discarded => ": plan the file again under another name",
                    _ => ": approve exactly its hash and its totals first",
                })
            }
            Self::DoesNotAddUp(what) => write!(f, "the rows do not add up to the plan: {what}"),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BulkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => error.source(),
            _ => None,
        }
    }
}

impl From<FileError> for BulkError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Invalid> for BulkError {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}

impl From<JournalError> for BulkError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Invalid(error) => Self::Invalid(error),
            error => Self::Journal(error),
        }
    }
}
