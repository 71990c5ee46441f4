use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use pg_core::{Gateway, Invalid, LookUpError, Money};

use crate::journal::JournalError;
use crate::record::{IntentRecord, JobId, PaymentKey};

/// Why the desk did not do what it was asked. Unless it says otherwise, nothing was stored and nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeskError {
    /// A check of ours, naming the field.
    Invalid(Invalid),
    /// No such payment in the journal.
    NoSuchPayment,
    /// No such cancel in the journal.
    NoSuchCancel,
    /// The order was paid more than once; one of these has to be named.
    Ambiguous(Vec<PaymentKey>),
    /// Nothing is left: all that was paid is refunded.
    AlreadyRefunded,
    /// More than can still be refunded, refunds under way counted.
    Exceeds {
        /// What was asked.
        asked: Money,
        /// What can still be asked for.
        cancelable: Money,
        /// What is held for refunds under way.
        reserved: Money,
    },
    /// All that is left was asked for, and it is another amount than was expected.
    RemainingDiffers {
        /// What was expected to be left.
        expected: Money,
        /// What is left.
        cancelable: Money,
    },
    /// The key stands for another wish: this one, if the journal could tell. It may be of another payment of the
    /// account.
    KeyReused(Option<Box<IntentRecord>>),
    /// The payment is registered with other content.
    PaymentConflict,
    /// Account data was given, and no key is set that could seal it.
    NoAccountKey,
    /// No such merchant account is configured here: nobody would carry the refund through.
    NoAccount {
        /// The gateway.
        gateway: Gateway,
        /// The account's name, as payments are registered with it.
        merchant: String,
    },
    /// The state does not allow it.
    NotAllowed(&'static str),
    /// For so long, copies of a cancel that is to be decided as not happened, or of another of its payment, may still be on
    /// their way.
    TooEarly(Duration),
    /// The same, of what a restored journal lost.
    TooEarlyAfterRestore(Duration),
    /// The gateway took the cancel and decides later, or the payment's PG does: a refund of it, or after a restored backup
    /// one that the journal lost, may wait there.
    Pending,
    /// The gateway tells no single cancels: a person has to compare.
    NoHistory {
        /// What the gateway has refunded of the payment.
        refunded: Money,
        /// What stands in the journal as completed.
        known: Money,
    },
    /// A bulk job has a refund of the payment that is not stored here. The gateway, which tells no single cancels, has
    /// refunded more than stands here as completed: in the lost part, the job may have done so.
    InJob {
        /// The job; it may have been given up since the restore.
        job: JobId,
        /// The key under which the job asks for it.
        key: String,
        /// What it asks for.
        amount: Money,
        /// Its reason: with another one it is another request.
        reason: Option<String>,
    },
    /// The gateway's history holds these refunds with a mark of ours, and no cancel of the journal explains them.
    Unexplained(Vec<Money>),
    /// A cancel was to be decided as not happened, and it may be among what the gateway refunded.
    MayHaveHappened {
        /// What the cancel is to refund.
        asked: Money,
        /// What the gateway refunded that no other cancel of the journal accounts for.
        found: Vec<Money>,
    },
    /// After a restored backup: the gateway has refunded less than what stands here as completed. What stands here is wrong,
    /// or the gateway shows it late.
    LessRefunded {
        /// What the gateway has refunded of the payment.
        refunded: Money,
        /// What stands in the journal as completed.
        known: Money,
    },
    /// A cancel was to be decided as happened, and beside what is accounted for, the gateway refunded less than it.
    NotInLedger {
        /// What the cancel is to refund.
        asked: Money,
        /// What the gateway has refunded of the payment.
        refunded: Money,
        /// What stands in the journal as completed, or was gone before the cancel was sent.
        known: Money,
    },
    /// A cancel was to be decided as happened, and no single refund of the gateway's history can be it.
    NotInList {
        /// What the cancel is to refund.
        asked: Money,
        /// What the history holds that no other cancel of the journal accounts for.
        found: Vec<Money>,
    },
    /// The gateway's ledger could not be read. A look-up moves nothing: ask again.
    LookUp(LookUpError),
    /// The journal failed. After [`JournalError::Storage`] it is not known whether anything was written: ask again
    /// with the same key.
    Journal(JournalError),
}

impl DeskError {
    /// One word for it, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NoSuchPayment => "no_such_payment",
            Self::NoSuchCancel => "no_such_cancel",
            Self::Ambiguous(_) => "several_payments",
            Self::AlreadyRefunded => "already_refunded",
            Self::Exceeds { .. } => "exceeds_cancelable_amount",
            Self::RemainingDiffers { .. } => "remaining_differs",
            Self::KeyReused(_) => "idempotency_key_reused",
            Self::PaymentConflict => "payment_conflict",
            Self::NoAccountKey => "no_account_key",
            Self::NoAccount { .. } => "no_such_account",
            Self::NotAllowed(_) => "not_allowed",
            Self::TooEarly(_) | Self::TooEarlyAfterRestore(_) => "too_early",
            Self::Pending => "pending_at_pg",
            Self::NoHistory { .. } => "needs_comparison",
            Self::InJob { .. } => "in_job",
            Self::Unexplained(_) => "lost_wishes",
            Self::MayHaveHappened { .. } => "may_have_happened",
            Self::LessRefunded { .. } => "less_refunded",
            Self::NotInLedger { .. } | Self::NotInList { .. } => "not_in_ledger",
            Self::LookUp(_) => "look_up_failed",
            Self::Journal(JournalError::PutBack { .. }) => "journal_put_back",
            Self::Journal(_) => "journal_failed",
        }
    }

    /// The field that it is about, where there is one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid(error) => Some(error.field()),
            Self::Exceeds { .. } | Self::RemainingDiffers { .. } => Some("amount"),
            Self::KeyReused(_) => Some("idempotency_key"),
            Self::NoAccountKey => Some("refund_account"),
            Self::NoAccount { .. } => Some("account"),
            Self::Ambiguous(_) => Some("payment_id"),
            _ => None,
        }
    }
}

impl fmt::Display for DeskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::NoSuchPayment => f.write_str("no such payment in the journal: register it first"),
            Self::NoSuchCancel => f.write_str("no such cancel in the journal"),
            Self::Ambiguous(choices) => {
                f.write_str("several payments fit, name one by gateway, account or payment_id:")?;
                for (index, key) in choices.iter().enumerate() {
                    write!(f, "{}{key}", if index == 0 { " " } else { ", " })?;
                }
                Ok(())
            }
            Self::AlreadyRefunded => f.write_str("all of this payment is refunded already"),
            Self::Exceeds { asked, cancelable, reserved } if reserved.is_zero() => {
                write!(f, "{asked} is more than the {cancelable} that can still be refunded")
            }
            Self::Exceeds { asked, cancelable, reserved } => write!(
                f,
                "{asked} is more than the {cancelable} that can still be refunded, {reserved} being held for refunds under way"
            ),
            Self::RemainingDiffers { expected, cancelable } => {
                write!(f, "{cancelable} is left to refund, not {expected}: look at the payment and ask again")
            }
            Self::KeyReused(None) => f.write_str(
                "this idempotency key already stands for another request: if it is the same refund, use what is stored; \
                 a different refund needs its own key",
            ),
            Self::KeyReused(Some(held)) => write!(
                f,
                "this idempotency key already stands for a refund of {} of payment {} ({}, cancel {}): if it is the \
                 same refund, use what is stored; a different refund needs its own key",
                held.amount, held.payment, held.state, held.id
            ),
            Self::PaymentConflict => f.write_str("this payment is registered already, with other content"),
            Self::NoAccountKey => f.write_str(
                "account data cannot be stored without the journal's account key: set one, or leave the account out",
            ),
            Self::NoAccount { gateway, merchant } => {
                write!(f, "no account {merchant:?} at {gateway} is configured here")
            }
            Self::NotAllowed(why) => write!(f, "not possible in this state: {why}"),
            Self::TooEarly(left) => write!(
                f,
                "a copy of this refund that was sent before may still be on its way: try again in {} seconds",
                seconds(*left)
            ),
            Self::TooEarlyAfterRestore(left) => write!(
                f,
                "after the restore, requests that the journal lost may still be on their way: try again in {} seconds",
                seconds(*left)
            ),
            Self::Pending => f.write_str(
                "a refund of this payment may wait at the gateway or its PG, which decides later: look in the admin page whether \
                 one does; only if none does and none can come, decide with force",
            ),
            Self::NoHistory { refunded, known } => write!(
                f,
                "this gateway tells no single cancels: it refunded {refunded}, of which {known} stand here as completed; \
                 compare it in its admin page, and repeat lost wishes under their old keys first"
            ),
            Self::InJob { job, key, amount, reason } => {
                write!(
                    f,
                    "in what the journal lost, bulk job {job} may have refunded {amount} of it under the key {key}: ask for \
                     exactly that under that key (where it stands for another refund by now, under a new one), "
                )?;
                match reason {
                    Some(reason) => write!(f, "with the reason {reason:?}")?,
                    None => f.write_str("without a reason")?,
                }
                f.write_str(
                    " and with the row's refund account where it has one, and resolve what comes of it first; to discard the \
                     job proves nothing",
                )
            }
            Self::Unexplained(lost) => {
                write!(
                    f,
                    "the gateway made {} with our mark that no cancel of this journal explains: repeat the lost wishes \
                     under their old keys, and resolve them first",
                    added(lost)
                )
            }
            Self::MayHaveHappened { asked, found } => write!(
                f,
                "the gateway refunded {} that no other cancel of this journal accounts for, \
                 and this {asked} may be among it: look at its admin page; if it is there, it happened; only if that is \
                 certainly another refund, decide with force",
                added(found)
            ),
            Self::LessRefunded { refunded, known } => write!(
                f,
                "the gateway refunded {refunded} of this payment, and {known} stand here as completed: one of these did not \
                 happen, or is not shown yet; look at its admin page, and trust it with force only once you know which"
            ),
            Self::NotInLedger { asked, refunded, known } => write!(
                f,
                "the gateway refunded {refunded} of this payment, of which {known} stand here as completed or were gone before it \
                 was sent: this {asked} cannot be there; wait until the gateway shows it, or see to it that it is made; only if \
                 it is certainly there, decide with force"
            ),
            Self::NotInList { asked, found } if found.is_empty() => write!(
                f,
                "every refund in the gateway's list is accounted for: this {asked} cannot be there; wait until the gateway shows \
                 it; only if it is certainly there, decide with force"
            ),
            Self::NotInList { asked, found } => write!(
                f,
                "the gateway's list holds {} that no other cancel of this journal accounts for, and none of it can be this \
                 {asked}; wait until the gateway shows it; only if it is certainly there, decide with force",
                added(found)
            ),
            Self::LookUp(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

fn added(amounts: &[Money]) -> String {
    amounts.iter().map(Money::to_string).collect::<Vec<_>>().join(" + ")
}

/// Never less than what is left.
pub(crate) fn seconds(left: Duration) -> u64 {
    left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0))
}

impl StdError for DeskError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::LookUp(error) => error.source(),
            Self::Journal(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Invalid> for DeskError {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}

impl From<LookUpError> for DeskError {
    fn from(error: LookUpError) -> Self {
        Self::LookUp(error)
    }
}

impl From<JournalError> for DeskError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Invalid(error) => Self::Invalid(error),
            JournalError::KeyConflict => Self::KeyReused(None),
            JournalError::PaymentConflict => Self::PaymentConflict,
            JournalError::NoKey => Self::NoAccountKey,
            JournalError::NotAllowed(why) => Self::NotAllowed(why),
            other => Self::Journal(other),
        }
    }
}
