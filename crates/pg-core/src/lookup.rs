//! What a look-up says about a payment.

use std::error::Error as StdError;
use std::fmt;

use time::OffsetDateTime;

use crate::error::{Code, Invalid, Source, as_source};
use crate::money::Money;
use crate::text::{GatewayText, Word};

/// A payment as the gateway's ledger has it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentState {
    /// What was paid.
    pub paid: Money,
    /// What has been cancelled so far, by anyone.
    pub cancelled: Money,
    /// What can still be cancelled.
    pub balance: Money,
    /// The gateway's own word for the status. Amounts decide, not this word.
    pub status: String,
    /// The cancels one by one, oldest first, where the gateway tells them. `None`: this gateway tells only sums.
    pub history: Option<Vec<CancelEntry>>,
    /// What is gone from the balance may come back, or was never paid: a PG has not approved a refund yet, or no money
    /// was captured.
    pub undecided: bool,
}

impl fmt::Debug for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentState")
            .field("paid", &self.paid)
            .field("cancelled", &self.cancelled)
            .field("balance", &self.balance)
            .field("status", &Word(&self.status))
            .field("history", &self.history)
            .field("undecided", &self.undecided)
            .finish()
    }
}

impl PaymentState {
    /// A payment of which `cancelled` has been refunded.
    ///
    /// # Errors
    /// [`Invalid`] when more is cancelled than was paid, or the currencies differ.
    pub fn new(paid: Money, cancelled: Money, status: impl Into<String>) -> Result<Self, Invalid> {
        let balance = paid.checked_sub(cancelled).ok_or_else(|| {
            Invalid::new("cancelled", "must not exceed what was paid, in the same currency")
        })?;
        Ok(Self { paid, cancelled, balance, status: status.into(), history: None, undecided: false })
    }

    /// Marks it as [undecided](Self::undecided).
    #[must_use]
    pub const fn with_undecided(mut self, undecided: bool) -> Self {
        self.undecided = undecided;
        self
    }

    /// Whether the single cancels add up to what has been cancelled; always, where the gateway tells none.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let Some(history) = &self.history else { return true };
        let mut amounts = history.iter().map(|entry| entry.amount);
        let rest = amounts.try_fold(self.paid, |rest, amount| rest.checked_sub(amount));
        rest == Some(self.balance)
    }

    /// Whether the balance proves what has been refunded.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        !self.undecided && self.adds_up()
    }

    /// Adds the single cancels, oldest first.
    #[must_use]
    pub fn with_history(mut self, history: Vec<CancelEntry>) -> Self {
        self.history = Some(history);
        self
    }
}

/// One cancel in the gateway's ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelEntry {
    /// What it refunded.
    pub amount: Money,
    /// When, where told.
    pub at: Option<OffsetDateTime>,
    /// The reason it was given; a tag of ours may stand in it. Free text: may name people.
    pub reason: GatewayText,
    /// The gateway's number of it, where told.
    pub cancel_id: Option<String>,
}

impl fmt::Debug for CancelEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelEntry")
            .field("amount", &self.amount)
            .field("at", &self.at)
            .field("cancel_id", &Word::of(&self.cancel_id))
            .finish_non_exhaustive()
    }
}

/// Why a look-up told nothing. Looking up moves no money: it may be repeated.
#[derive(Debug)]
pub struct LookUpError {
    kind: LookUpErrorKind,
    code: Option<Code>,
    message: Option<GatewayText>,
    http_status: Option<u16>,
    source: Option<Source>,
}

/// What kept a look-up from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookUpErrorKind {
    /// A check of ours failed; this look-up was not sent.
    Invalid(Invalid),
    /// The gateway knows no such payment under this key.
    NotFound,
    /// The gateway does not accept the credentials.
    Credentials,
    /// No (complete) answer: connection, time-out, server error, throttling.
    Unavailable,
    /// An answer that could not be read, or that is about something else.
    Malformed,
    /// A refusal with a code.
    Refused,
}

impl LookUpError {
    /// A look-up that told nothing.
    #[must_use]
    pub const fn new(kind: LookUpErrorKind) -> Self {
        Self { kind, code: None, message: None, http_status: None, source: None }
    }

    /// Adds the HTTP status.
    #[must_use]
    pub const fn with_http_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Adds what the gateway said.
    #[must_use]
    pub fn with_answer(mut self, code: impl Into<String>, message: GatewayText) -> Self {
        self.code = Some(Code(code.into()));
        self.message = Some(message);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kept it from an answer.
    #[must_use]
    pub const fn kind(&self) -> &LookUpErrorKind {
        &self.kind
    }

    /// The gateway's code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// The gateway's message, where it gave one. It may name people: do not log it unread.
    #[must_use]
    pub const fn message(&self) -> Option<&GatewayText> {
        self.message.as_ref()
    }

    /// The HTTP status, where an answer came.
    #[must_use]
    pub const fn http_status(&self) -> Option<u16> {
        self.http_status
    }
}

impl fmt::Display for LookUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LookUpErrorKind::Invalid(error) => write!(f, "look-up not sent: {error}"),
            LookUpErrorKind::NotFound => f.write_str("the gateway knows no such payment"),
            LookUpErrorKind::Credentials => f.write_str("the gateway does not accept the credentials"),
            LookUpErrorKind::Unavailable => f.write_str("the look-up got no answer"),
            LookUpErrorKind::Malformed => f.write_str("the look-up's answer could not be used"),
            LookUpErrorKind::Refused => f.write_str("the gateway refused the look-up"),
        }?;
        if let Some(status) = self.http_status {
            write!(f, " (http {status})")?;
        }
        match &self.code {
            Some(code) => write!(f, " (code {code:?})"),
            None => Ok(()),
        }
    }
}

impl StdError for LookUpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        as_source(self.source.as_ref())
    }
}

impl From<Invalid> for LookUpError {
    fn from(error: Invalid) -> Self {
        Self::new(LookUpErrorKind::Invalid(error))
    }
}
