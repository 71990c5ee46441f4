use std::error::Error as StdError;
use std::fmt;

use pg_core::Invalid;

/// Why the journal did not do something.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// A check of ours; nothing was written.
    Invalid(Invalid),
    /// No such payment or intent.
    NotFound,
    /// The caller's key was used before, for something else. Nothing was written.
    KeyConflict,
    /// The payment was registered before, with another amount or order number. Nothing was written.
    PaymentConflict,
    /// More than can still be refunded, open refunds counted. Nothing was written.
    Exceeds {
        /// What could still be asked for, in minor units.
        available: i64,
    },
    /// A row of a plan, of which the same refund was asked for under another key since the plan was made. Final for
    /// this plan: it has to be made again. Nothing was submitted.
    AskedSince,
    /// A cancel was to be written as happened, and what the gateway showed has no room for it beside what is completed.
    /// Nothing was written.
    NotInLedger {
        /// What the gateway refunded at least, in minor units.
        refunded: i64,
        /// What stands here as completed, or was gone before it was sent, in minor units.
        known: i64,
    },
    /// The payment was claimed by somebody else in the meantime. Nothing was written.
    LeaseLost,
    /// The state does not allow it: the outcome is final, or an attempt exists. Nothing was written.
    NotAllowed(&'static str),
    /// Account data was given or stored, and no key is set to seal or to open it.
    NoKey,
    /// What is stored cannot be what was written.
    Corrupt(&'static str),
    /// A backup was put back, or the file was moved or deleted: the journal may lack what was refunded since. Nothing was
    /// written. Reading alone, and [`verify`](super::Journal::verify), go on.
    PutBack {
        /// The file beside the journal, without its folder, that names an event which is gone. [`suspect_all`] is the way
        /// out. `None`: it happened while the journal was open here, so nothing is done any more until it is opened anew.
        ///
        /// [`suspect_all`]: super::Journal::suspect_all
        told_by: Option<String>,
    },
    /// The storage failed. Whether the transaction was written is not known.
    Storage(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::NotFound => f.write_str("no such payment or cancel in the journal"),
            Self::KeyConflict => f.write_str("this idempotency key was used before, for another request"),
            Self::PaymentConflict => f.write_str("this payment is registered already, with other content"),
            Self::Exceeds { available } => {
                write!(f, "more than can still be refunded ({available} in minor units)")
            }
            Self::AskedSince => f.write_str(
                "the same refund was asked for since the plan was made: plan again, under another name",
            ),
            Self::NotInLedger { refunded, known } => write!(
                f,
                "the gateway refunded {refunded} of this payment, of which {known} stand here as completed or were gone \
                 before it was sent (in minor units): this one cannot be there; look the payment up again"
            ),
            Self::LeaseLost => f.write_str("another worker holds this payment now"),
            Self::NotAllowed(why) => write!(f, "not possible in this state: {why}"),
            Self::NoKey => f.write_str("account data needs a key to be stored or read, and none is set"),
            Self::Corrupt(what) => write!(f, "the journal is damaged: {what}"),
            Self::PutBack { told_by: None } => f.write_str(
                "the journal was moved or put back while it was open, or beside its old -wal, and may lack what was refunded since: \
                 stop everything, put the newest journal there is in place without an old -wal, then `cancel-desk recover --after-restore --by NAME --reason WHY`",
            ),
            Self::PutBack { told_by: Some(file) } => write!(
                f,
                "the journal lacks the last event that {file} beside it names: a backup was put back, or it was deleted; stop \
                 everything, put the newest journal there is in place, then `cancel-desk recover --after-restore --by NAME \
                 --reason WHY`. Do not delete {file}: without it, what was refunded since is refunded once more"
            ),
            Self::Storage(_) => f.write_str("the journal's storage failed"),
        }
    }
}

impl StdError for JournalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Storage(source) => {
                let source: &(dyn StdError + 'static) = source.as_ref();
                Some(source)
            }
            _ => None,
        }
    }
}

impl From<Invalid> for JournalError {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}
