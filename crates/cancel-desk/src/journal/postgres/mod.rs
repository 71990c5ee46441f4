//! The journal in a `PostgreSQL` database: several hosts may share the work.
//!
//! Leases and pauses are counted by the server's time alone. Whatever is done to a payment is done under a lock on its
//! row; locks are taken in one order, job before payment, so that nobody waits in a circle. Events are committed with
//! what they tell of, and sealed into the chain right after, many at once: before anybody reads them, and else by whoever
//! wrote some.

mod connect;
mod error;
mod jobs;
mod journal;
mod parts;
mod rows;
mod schema;
mod steps;
#[cfg(test)]
mod tests;
mod transaction;
mod work;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Pool;
use pg_core::Invalid;

use crate::record::Timestamp;

use super::{Clock, JournalError, Vault};

use connect::{Address, Session};
use error::Stop;
use transaction::{Answers, Step, Transaction};

/// How often a transaction is tried that wrote nothing because another one was at the same rows, and the pause.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// How a `PostgreSQL` journal is opened.
#[derive(Clone)]
pub struct PostgresOptions {
    url: String,
    schema: String,
    vault: Vault,
    clock: Option<Arc<dyn Clock>>,
    connections: usize,
    limit: Duration,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the url holds the password
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("vault", &self.vault)
            .field("connections", &self.connections)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// The journal at this URL: `postgresql://user:password@host:5432/database`.
    ///
    /// Beyond loopback the connection is encrypted and the server's name checked against the web's certificate
    /// authorities, or those in the PEM file of `sslrootcert=`; `sslmode=disable` asks for plain text by name. Other
    /// parameters: `application_name`, `connect_timeout` and whatever else `tokio-postgres` reads. The connection must
    /// be the server's own or a pooler's that keeps whole sessions.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: "cancel_desk".to_owned(),
            vault: Vault::without_key(),
            clock: None,
            connections: 10,
            limit: Duration::from_secs(30),
        }
    }

    /// Takes account data, sealed with the vault's key.
    #[must_use]
    pub fn with_vault(mut self, vault: Vault) -> Self {
        self.vault = vault;
        self
    }

    /// Counts leases and pauses by another clock than the server's: for tests. Hosts that share a journal must share
    /// their clock too.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The schema that its tables are in (`cancel_desk`), 1 to 63 characters of `a-z`, `0-9` and `_`. It is made if
    /// there is none.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Most connections at once (10). Who finds none free waits for one.
    #[must_use]
    pub const fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How long to wait for a free connection, for a lock, and for each answer (30 s each).
    #[must_use]
    pub const fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn check(&self) -> Result<(), Invalid> {
        let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        let begins_well = !self.schema.starts_with(|c: char| c.is_ascii_digit());
        if !(1..=63).contains(&self.schema.len())
            || !self.schema.bytes().all(word)
            || !begins_well
            || self.schema.starts_with("pg_")
        {
            return Err(Invalid::new("schema", "must be 1 to 63 characters of a-z 0-9 _"));
        }
        if self.connections == 0 {
            return Err(Invalid::new("connections", "must be at least one"));
        }
        if self.limit < Duration::from_millis(100) || self.limit > Duration::from_secs(600) {
            return Err(Invalid::new("time_limit", "must be between 100 ms and 10 minutes"));
        }
        Ok(())
    }
}

/// How long new events may wait for more before they are sealed.
const GATHER: Duration = Duration::from_millis(100);

/// Events that are sealed at a time, as the function of the schema does it.
const SEALED: i64 = 1000;

/// A journal in a `PostgreSQL` database.
pub struct PostgresJournal {
    pool: Pool,
    options: PostgresOptions,
    /// Somebody is about to seal what was added until now.
    sealing: Arc<AtomicBool>,
}

impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresJournal").finish_non_exhaustive()
    }
}

impl PostgresJournal {
    /// Opens the journal, and makes its tables if there are none. Where they are, the user needs no more than
    /// `SELECT`, `INSERT` and `UPDATE` on them, and `DELETE` on `event_new`.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] naming `journal` when the URL cannot be read, the server is not as durable as it must
    /// be (`fsync`, `full_page_writes`, `synchronous_commit`), or the schema is another program's or another version's,
    /// or lacks a table, column, constraint, index, trigger or function, which it names;
    /// naming `schema`, `connections` or `time_limit`. [`JournalError::Storage`] when the server cannot be reached or
    /// refuses the user; never shows the URL.
    pub async fn open(options: PostgresOptions) -> Result<Self, JournalError> {
        let journal = Self::unconnected(options)?;
        let mut client = connect::connection(&journal.pool).await?;
        schema::make(&mut client, &journal.options.schema).await?;
        drop(client);
        // what a process left behind that ended at once
        seal(&journal.pool, journal.options.limit).await?;
        Ok(journal)
    }

    /// A journal that connects when it is first used, to tables that are there.
    fn unconnected(options: PostgresOptions) -> Result<Self, JournalError> {
        options.check()?;
        let session = Session { schema: options.schema.clone(), limit: options.limit };
        let pool = Address::parse(&options.url)?.pool(session, options.connections)?;
        Ok(Self { pool, options, sealing: Arc::default() })
    }

    /// The time of a clock that is not the server's, if there is one.
    fn clock(&self) -> Option<Timestamp> {
        self.options.clock.as_ref().map(|clock| clock.now())
    }

    async fn transaction(&self) -> Result<Transaction, JournalError> {
        Ok(Transaction::new(connect::connection(&self.pool).await?, self.options.limit))
    }

    /// Runs `work` in a transaction that it commits itself; takes back what it did not commit. Runs it again when the
    /// server says that another transaction was in the way, or the connection was lost before the commit was sent.
    async fn again<T, F>(&self, work: impl Fn(Arc<Transaction>) -> F + Send + Sync) -> Result<T, JournalError>
    where
        T: Send,
        F: Future<Output = Result<T, Stop>> + Send,
    {
        let mut tries = 0_u32;
        loop {
            let transaction = Arc::new(self.transaction().await?);
            let result = work(Arc::clone(&transaction)).await;
            transaction.roll_back().await;
            if transaction.is_committed() {
                self.seal_soon();
            }
            drop(transaction);
            tries = tries.saturating_add(1);
            match result {
                Ok(done) => return Ok(done),
                Err(Stop::Journal(error)) => return Err(error),
                Err(Stop::Again(error)) if tries >= TRIES => return Err(error.into()),
                Err(Stop::Again(_)) => tokio::time::sleep(PAUSE.saturating_mul(tries)).await,
            }
        }
    }

    /// Seals what was added, a moment later and in the background. If this process ends before, another one does it.
    fn seal_soon(&self) {
        if self.sealing.swap(true, Ordering::SeqCst) {
            return;
        }
        let (pool, sealing, limit) = (self.pool.clone(), Arc::clone(&self.sealing), self.options.limit);
        tokio::spawn(async move {
            tokio::time::sleep(GATHER).await;
            // before the sealing: what is added during it may be missed by it, and calls for the next
            sealing.store(false, Ordering::SeqCst);
            if let Err(error) = seal(&pool, limit).await {
                tracing::warn!(error = %error, "new events are not sealed yet");
            }
        });
    }

    /// Runs statements that are each a transaction of their own, and may be run twice.
    async fn ask(&self, steps: impl Fn() -> Vec<Step> + Send + Sync) -> Result<Answers, JournalError> {
        self.again(|transaction| {
            let steps = steps();
            async move { transaction.go_on(steps).await }
        })
        .await
    }
}

/// Seals all new events.
async fn seal(pool: &Pool, limit: Duration) -> Result<(), JournalError> {
    let transaction = Transaction::new(connect::connection(pool).await?, limit);
    loop {
        match transaction.go_on(vec![steps::seal()]).await {
            Err(Stop::Journal(error)) => return Err(error),
            Err(Stop::Again(error)) => return Err(error.into()),
            Ok(answers) => {
                let sealed = answers.first().and_then(|rows| rows.first());
                if sealed.map(|row| row.try_get::<_, i64>("sealed")).transpose()?.unwrap_or(0) < SEALED {
                    return Ok(());
                }
            }
        }
    }
}
