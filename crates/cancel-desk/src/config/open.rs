//! From a configuration to the journal and the clients.

use std::fmt;
use std::sync::Arc;

use chaiport_cancel::ChaiportClient;
use eximbay_cancel::EximbayClient;
use pg_core::{CancelGateway, Invalid};
use settlebank_cancel::SettlebankClient;

use crate::journal::{Journal, JournalError, Vault};
use crate::worker::{Account, Accounts};

use super::{AccountConfig, ClientConfig, Config, Store};

/// Why the journal did not open, or a client was not made.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The journal, and where it is (a path, or `postgresql`).
    Journal {
        /// The place, without a password.
        place: String,
        /// Why.
        error: JournalError,
    },
    /// The client of an account.
    Account {
        /// The gateway and the name.
        account: String,
        /// Why.
        error: Invalid,
    },
    /// This build has no such store.
    NotBuilt(&'static str),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal { place, error } => write!(f, "the journal {place} cannot be opened: {error}"),
            Self::Account { account, error } => write!(f, "the client of {account} cannot be made: {error}"),
            Self::NotBuilt(store) => write!(f, "this build of cancel-desk has no {store} journal"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal { error, .. } => Some(error),
            Self::Account { error, .. } => Some(error),
            Self::NotBuilt(_) => None,
        }
    }
}

impl Config {
    /// Opens the journal, and makes it if there is none.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_journal(&self) -> Result<Arc<dyn Journal>, OpenError> {
        let vault = self.journal.account_key.clone().map_or_else(Vault::without_key, Vault::new);
        match &self.journal.store {
            Store::Sqlite(path) => sqlite(path, vault).await,
            Store::Postgres(url) => postgres(url, vault).await,
        }
    }

    /// Where the journal is, for people: a path, or `postgresql` without its address.
    #[must_use]
    pub fn journal_place(&self) -> String {
        match &self.journal.store {
            Store::Sqlite(path) => path.display().to_string(),
            Store::Postgres(_) => "postgresql".to_owned(),
        }
    }

    /// Makes the clients of the accounts.
    ///
    /// # Errors
    /// [`OpenError::Account`] naming the first account whose client cannot be made.
    pub fn accounts(&self) -> Result<Accounts, OpenError> {
        let mut accounts = Accounts::new();
        for entry in &self.accounts {
            let failed = |error: Invalid| OpenError::Account {
                account: format!("{} {}", entry.gateway, entry.name),
                error,
            };
            let client = client(entry).map_err(failed)?;
            let account = Account::new(client).with_policy(entry.policy.clone());
            accounts = accounts.with(entry.name.as_str(), account).map_err(failed)?;
        }
        Ok(accounts)
    }
}

fn client(entry: &AccountConfig) -> Result<Arc<dyn CancelGateway>, Invalid> {
    Ok(match &entry.client {
        Some(ClientConfig::Chaiport(config)) => Arc::new(ChaiportClient::witness(config.clone())?),
        Some(ClientConfig::Eximbay(config)) => Arc::new(EximbayClient::witness(config.clone())?),
        Some(ClientConfig::Settlebank(config)) => Arc::new(SettlebankClient::witness((**config).clone())?),
        None => return Err(Invalid::new("account", "must be loaded with its secrets")),
    })
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: &std::path::Path, vault: Vault) -> Result<Arc<dyn Journal>, OpenError> {
    use crate::journal::{SqliteJournal, SqliteOptions};

    let options = SqliteOptions::new(path).with_vault(vault);
    let failed = |error| OpenError::Journal { place: path.display().to_string(), error };
    // opening reads the file and may wait for a lock: not on a thread that others need
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("cancel-desk open".to_owned())
        .spawn(move || {
            let _gone = tell.send(SqliteJournal::open(options));
        })
        .map_err(|error| failed(JournalError::Storage(Box::new(error))))?;
    let opened = told.await.map_err(|error| failed(JournalError::Storage(Box::new(error))))?;
    Ok(Arc::new(opened.map_err(failed)?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_path: &std::path::Path, _vault: Vault) -> Result<Arc<dyn Journal>, OpenError> {
    Err(OpenError::NotBuilt("sqlite"))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &pg_core::Secret, vault: Vault) -> Result<Arc<dyn Journal>, OpenError> {
    use crate::journal::{PostgresJournal, PostgresOptions};

    let options = PostgresOptions::new(url.expose()).with_vault(vault);
    let failed = |error| OpenError::Journal { place: "postgresql".to_owned(), error };
    Ok(Arc::new(PostgresJournal::open(options).await.map_err(failed)?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_url: &pg_core::Secret, _vault: Vault) -> Result<Arc<dyn Journal>, OpenError> {
    Err(OpenError::NotBuilt("postgresql"))
}
