//! The configuration: one TOML file, and environment variables that go before it.
//!
//! Every fault is found at once and says where it is and what to write instead. A secret stands in a variable or in a
//! file that others cannot read, never in the configuration itself, and is never shown. [`EXAMPLE`] is a whole file
//! with comments.
//!
//! | variable | goes before |
//! |---|---|
//! | `CANCEL_DESK_CONFIG` | the file to read; else `cancel-desk.toml` if there is one, else the defaults |
//! | `CANCEL_DESK_SQLITE` | `journal.sqlite` |
//! | `CANCEL_DESK_POSTGRES_URL` | `journal.postgres_url_env`: the URL itself |
//! | `CANCEL_DESK_ACCOUNT_KEY` | `journal.account_key`: the 64 hexadecimal digits themselves |
//! | `CANCEL_DESK_LISTEN` | `http.listen` |
//! | `CANCEL_DESK_TOKEN` | `http.token_env`: the bearer token itself |
//! | `CANCEL_DESK_WORKERS` | `worker.count` |
//! | `CANCEL_DESK_LOG` | `log.filter` |
//! | `CANCEL_DESK_LOG_FORMAT` | `log.format` |
//! | `CANCEL_DESK_LANG` | `lang` |
//!
//! An empty variable counts as not set.

mod account;
mod client;
mod example;
mod fault;
mod lang;
mod load;
mod open;
mod parts;
mod secret;
mod section;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use account::{AccountConfig, ClientConfig};
pub use example::{EXAMPLE, EXAMPLE_KO};
pub use fault::{Fault, Faults, Place, Problem};
pub use lang::Lang;
pub use load::Loader;
pub use open::OpenError;
pub use parts::{HttpConfig, JournalConfig, LogConfig, LogFormat, Store};

/// The file that is read when none is named and it exists.
pub const DEFAULT_FILE: &str = "cancel-desk.toml";
/// The journal's file when none is named.
pub const DEFAULT_SQLITE: &str = "refunds.db";

/// A configuration without a fault. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    file: Option<PathBuf>,
    journal: JournalConfig,
    accounts: Vec<AccountConfig>,
    http: HttpConfig,
    workers: usize,
    log: LogConfig,
    lang: Option<Lang>,
}

impl Config {
    /// Reads file and environment of this process, secrets included.
    ///
    /// `file` is the one that was named; without it `CANCEL_DESK_CONFIG` names one, else `cancel-desk.toml` is read if
    /// there is one, else all is default. [`Loader`] has the choices.
    ///
    /// # Errors
    /// [`Faults`], all of them.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        Loader::new().file(file).load()
    }

    /// The file that was read, if one was.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Where the journal is.
    #[must_use]
    pub const fn journal(&self) -> &JournalConfig {
        &self.journal
    }

    /// The merchant accounts, as they stand in the file.
    #[must_use]
    pub fn account_list(&self) -> &[AccountConfig] {
        &self.accounts
    }

    /// The HTTP service.
    #[must_use]
    pub const fn http(&self) -> &HttpConfig {
        &self.http
    }

    /// How many refunds are worked on at the same time, 1 to 256.
    #[must_use]
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> &LogConfig {
        &self.log
    }

    /// The language that is named, if one is.
    #[must_use]
    pub const fn lang(&self) -> Option<Lang> {
        self.lang
    }
}
