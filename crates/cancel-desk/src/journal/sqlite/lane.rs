//! One thread writes, and one reads what takes long. Callers that come while a thread is busy share its next
//! transaction, and so the next fsync.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::super::JournalError;

/// Most callers that share a transaction.
const MOST_AT_ONCE: usize = 256;

/// How long what was erased may stay in the write-ahead log.
const TIDY: Duration = Duration::from_secs(60);

/// Tells a caller after the commit; `false` when it failed.
type Reply = Box<dyn FnOnce(bool) + Send>;
type Job = Box<dyn FnOnce(&Connection) -> Reply + Send>;

/// A thread with a connection of its own.
#[derive(Debug)]
pub(super) struct Lane {
    jobs: Sender<Job>,
}

/// The storage failed underneath, and whether the transaction was written is not known.
#[derive(Debug, Clone, Copy)]
struct NotCommitted;

impl std::fmt::Display for NotCommitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the transaction could not be committed")
    }
}

impl std::error::Error for NotCommitted {}

fn not_committed() -> JournalError {
    JournalError::Storage(Box::new(NotCommitted))
}

impl Lane {
    /// The one that writes.
    pub(super) fn writing(connection: Connection) -> Result<Self, JournalError> {
        Self::start(connection, "cancel-desk journal", "BEGIN IMMEDIATE")
    }

    /// One that reads what is committed, without making refunds wait.
    pub(super) fn reading(connection: Connection) -> Result<Self, JournalError> {
        Self::start(connection, "cancel-desk reader", "BEGIN")
    }

    fn start(connection: Connection, name: &'static str, begin: &'static str) -> Result<Self, JournalError> {
        let (jobs, waiting) = channel();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&connection, begin, &waiting))
            .map_err(|error| JournalError::Storage(Box::new(error)))?;
        Ok(Self { jobs })
    }

    /// Runs `work` in a transaction, and returns when that is committed. A failed `work` writes nothing.
    ///
    /// If the caller goes away meanwhile, the transaction is carried through all the same.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = apart(connection, work);
            Box::new(move |committed| {
                let _gone = answer.send(if committed { result } else { Err(not_committed()) });
            })
        });
        self.jobs.send(job).map_err(|_| not_committed())?;
        waiting.await.map_err(|_| not_committed())?
    }
}

/// Runs one caller's work so that its failure takes back its own writes alone.
fn apart<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, JournalError>,
) -> Result<T, JournalError> {
    execute(connection, "SAVEPOINT apart")?;
    let result = work(connection);
    if result.is_err() {
        execute(connection, "ROLLBACK TO apart")?;
    }
    execute(connection, "RELEASE apart")?;
    result
}

/// These come with every job: they are parsed once.
fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn work(connection: &Connection, begin: &str, waiting: &Receiver<Job>) {
    let mut log = Log::new(connection);
    while let Some(first) = next(connection, &mut log, waiting) {
        let jobs = std::iter::once(first).chain(waiting.try_iter().take(MOST_AT_ONCE));
        let (committed, replies) = together(connection, begin, jobs);
        for reply in replies {
            reply(committed);
        }
    }
}

/// The next job. While there is none, or too long none without, the log is emptied; and at the end.
fn next(connection: &Connection, log: &mut Log, waiting: &Receiver<Job>) -> Option<Job> {
    loop {
        log.tidy_if_due(connection);
        match waiting.recv_timeout(TIDY) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                log.tidy(connection);
                return None;
            }
        }
    }
}

/// The write-ahead log: it keeps what a row was before, so what is erased is gone only when the log is emptied.
#[derive(Debug)]
struct Log {
    /// Rows changed by this connection when it was last emptied; none if it never was.
    changes: Option<u64>,
    at: Instant,
}

impl Log {
    fn new(connection: &Connection) -> Self {
        // a process that died may have left some; who only reads empties none
        let changes = connection.is_readonly("main").unwrap_or(false).then_some(0);
        Self { changes, at: Instant::now() }
    }

    fn tidy_if_due(&mut self, connection: &Connection) {
        if self.at.elapsed() >= TIDY {
            self.tidy(connection);
        }
    }

    fn tidy(&mut self, connection: &Connection) {
        self.at = Instant::now();
        let changes = connection.total_changes();
        if self.changes != Some(changes) && empty(connection).unwrap_or(false) {
            self.changes = Some(changes);
        }
    }
}

/// Empties the log; tells whether nobody was in the way. Waits for nobody: refunds come first.
fn empty(connection: &Connection) -> rusqlite::Result<bool> {
    let timeout: i64 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    connection.busy_timeout(Duration::ZERO)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(Duration::from_millis(u64::try_from(timeout).unwrap_or(0)))?;
    Ok(busy? == 0)
}

fn together(connection: &Connection, begin: &str, jobs: impl Iterator<Item = Job>) -> (bool, Vec<Reply>) {
    if execute(connection, begin).is_err() {
        // the jobs are dropped unrun: their callers hear of it by the closed channel
        jobs.for_each(drop);
        return (false, Vec::new());
    }
    let replies: Vec<Reply> = jobs.map(|job| job(connection)).collect();
    let committed = execute(connection, "COMMIT").is_ok();
    if !committed {
        let _already_rolled_back = execute(connection, "ROLLBACK");
    }
    (committed, replies)
}
