//! What the server or the connection said, in one line: never a row's content, a password or an address.

use std::error::Error as StdError;
use std::{fmt, io};

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use pg_core::Invalid;
use tokio_postgres::error::SqlState;

use super::super::JournalError;

/// A failure of the storage, without what the server adds about the rows (they name people).
#[derive(Debug, Clone)]
pub(super) struct ServerError {
    code: Option<String>,
    text: String,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "postgresql {code}: {}", self.text),
            None => write!(f, "postgresql: {}", self.text),
        }
    }
}

impl StdError for ServerError {}

impl ServerError {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        Self { code: None, text }
    }
}

impl From<&tokio_postgres::Error> for ServerError {
    fn from(error: &tokio_postgres::Error) -> Self {
        if let Some(told) = error.as_db_error() {
            // `detail` shows the row, which `message` does not
            return Self { code: Some(told.code().code().to_owned()), ..Self::new(told.message()) };
        }
        match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
            Some(source) => Self::new(format!("{error}: {source}")),
            None => Self::new(error.to_string()),
        }
    }
}

impl From<ServerError> for JournalError {
    fn from(error: ServerError) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<tokio_postgres::Error> for JournalError {
    fn from(error: tokio_postgres::Error) -> Self {
        ServerError::from(&error).into()
    }
}

/// Why a transaction stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// It wrote nothing, and may be tried again as a whole.
    Again(ServerError),
    /// For good.
    Journal(JournalError),
}

impl Stop {
    /// Of a failure after which nothing is written, because the commit was not asked for yet.
    pub(super) fn before_commit(error: &tokio_postgres::Error) -> Self {
        let told = ServerError::from(error);
        let lost = error.is_closed() || error.code().is_some_and(|code| ENDS.contains(code));
        if lost || wrote_nothing(error) { Self::Again(told) } else { Self::Journal(told.into()) }
    }

    /// Of a failure of the last steps, which go out together with the commit.
    pub(super) fn at_commit(error: &tokio_postgres::Error) -> Self {
        let told = ServerError::from(error);
        if wrote_nothing(error) { Self::Again(told) } else { Self::Journal(told.into()) }
    }
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Last words of a server that ends the connection.
const ENDS: [SqlState; 3] =
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT];

/// Refusals that mean: somebody else was at it. A key that exists now is found by the next try.
fn wrote_nothing(error: &tokio_postgres::Error) -> bool {
    let codes =
        [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE, SqlState::UNIQUE_VIOLATION];
    error.code().is_some_and(|code| codes.contains(code))
}

/// Of a connection that could not be had; nothing was sent on it.
pub(super) fn no_connection(error: PoolError) -> JournalError {
    match error {
        PoolError::PostCreateHook(HookError::Message(rule)) => Invalid::new("journal", rule).into(),
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
        PoolError::Timeout(TimeoutType::Wait) => ServerError::new("all connections are in use").into(),
        PoolError::Timeout(_) => ServerError::new("the server does not answer").into(),
        PoolError::Closed | PoolError::NoRuntimeSpecified => ServerError::new("the journal is closed").into(),
    }
}
