//! One thread writes, and one reads what takes long. Callers that come while a thread is busy share its next
//! transaction, and so the next fsync.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;

use super::super::JournalError;
use super::last::{Keeper, Last};
use super::place::{Moment, Opened};
use super::whole;

/// Most callers that share a transaction.
const MOST_AT_ONCE: usize = 256;

/// How long what was erased may stay in the write-ahead log.
const TIDY: Duration = Duration::from_secs(60);

type Job = Box<dyn Ask + Send>;

/// What a caller wants done in a transaction.
trait Ask {
    /// Whether it may begin on a journal that was put back, before it was opened.
    fn is_after_restore(&self) -> bool;

    /// Does it, in place of what was done before. Tells whether it succeeded.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Tells the caller after the commit, or why there was none.
    fn reply(self: Box<Self>, committed: Result<(), Failed>);
}

struct Asked<T, F> {
    work: F,
    is_after_restore: bool,
    result: Option<Result<T, JournalError>>,
    answer: oneshot::Sender<Result<T, JournalError>>,
}

impl<T, F: Fn(&Connection) -> Result<T, JournalError>> Ask for Asked<T, F> {
    fn is_after_restore(&self) -> bool {
        self.is_after_restore
    }

    fn run(&mut self, connection: &Connection) -> bool {
        let result = self.result.insert((self.work)(connection));
        result.is_ok()
    }

    fn reply(self: Box<Self>, committed: Result<(), Failed>) {
        let result = match committed {
            Ok(()) => self.result.unwrap_or_else(|| Err(not_committed())),
            Err(failed) => Err(failed.into()),
        };
        let _gone = self.answer.send(result);
    }
}

/// How long to wait for a lane to end.
const LAST: Duration = Duration::from_secs(1);

/// A thread with a connection of its own.
#[derive(Debug)]
pub(super) struct Lane {
    // dropped in this order: nobody asks any more, then it ends
    jobs: Sender<Job>,
    _end: End,
}

/// Waits for a thread when it is dropped, for a while: what it does at its end is done then, and its files are left alone.
#[derive(Debug)]
struct End(Mutex<Receiver<()>>);

impl Drop for End {
    fn drop(&mut self) {
        let ended = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        // nothing is ever sent: the other end goes with the thread
        let _gone = ended.recv_timeout(LAST).is_err();
    }
}

/// Why a transaction came to nothing, or may have.
#[derive(Debug, Clone)]
enum Failed {
    NotCommitted,
    /// The file that told so, where the journal was put back before it was opened.
    PutBack(Option<Arc<str>>),
}

impl From<rusqlite::Error> for Failed {
    fn from(_: rusqlite::Error) -> Self {
        Self::NotCommitted
    }
}

impl From<Failed> for JournalError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::NotCommitted => not_committed(),
            Failed::PutBack(told_by) => Self::PutBack { told_by: told_by.map(|name| name.as_ref().into()) },
        }
    }
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
    /// The one that writes, as long as its file stays where it is, and holds what the keeper's file told of it. `sound`: when the
    /// file was changed past its log, if it was, and verified since.
    pub(super) fn writing(
        connection: Connection,
        file: Option<Opened>,
        sound: Option<Moment>,
        (keeper, told): (Keeper, Option<Last>),
    ) -> Result<Self, JournalError> {
        let keeper = Some(keeper);
        let seen = Seen { file, last: told, is_told: told.is_some(), keeper, sound, ..Seen::default() };
        Self::start(connection, "cancel-desk journal", Way::Writing, seen)
    }

    /// One that reads what is committed, without making refunds wait.
    pub(super) fn reading(connection: Connection) -> Result<Self, JournalError> {
        Self::start(connection, "cancel-desk reader", Way::Reading, Seen::default())
    }

    fn start(connection: Connection, name: &'static str, way: Way, seen: Seen) -> Result<Self, JournalError> {
        let (jobs, waiting) = channel();
        let (ends, ended) = channel();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _until_the_end: Sender<()> = ends;
                // closed before that
                let connection = connection;
                work(&connection, way, seen, &waiting);
            })
            .map_err(|error| JournalError::Storage(Box::new(error)))?;
        Ok(Self { jobs, _end: End(Mutex::new(ended)) })
    }

    /// Runs `work` in a transaction, and returns when that is committed. A failed `work` writes nothing. It may be run
    /// twice: what it did at first is taken back then.
    ///
    /// If the caller goes away meanwhile, the transaction is carried through all the same.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        self.ask(work, false).await
    }

    /// As [`run`](Self::run), on a journal that was put back before it was opened too: what it writes says so, and from
    /// there on the journal is gone on with. Not where it was put back while it was open here.
    pub(super) async fn run_after_restore<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        self.ask(work, true).await
    }

    async fn ask<T, F>(&self, work: F, is_after_restore: bool) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let asked = Asked { work, is_after_restore, result: None, answer };
        self.jobs.send(Box::new(asked)).map_err(|_| not_committed())?;
        waiting.await.map_err(|_| not_committed())?
    }
}

/// These come with every job: they are parsed once.
fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// What a lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Writing,
    Reading,
}

impl Way {
    const fn begin(self) -> &'static str {
        match self {
            Self::Writing => "BEGIN IMMEDIATE",
            Self::Reading => "BEGIN",
        }
    }
}

/// What was seen of the journal: its file, and the last event that was committed, its number and its hash. Both stay where
/// they are, unless a backup is put back.
#[derive(Debug, Default)]
struct Seen {
    file: Option<Opened>,
    last: Option<Last>,
    /// The last event is what the keeper's file told: nothing was seen of the journal itself.
    is_told: bool,
    /// It was put back while it was open.
    put_back: bool,
    /// That was written into the log.
    is_logged: bool,
    keeper: Option<Keeper>,
    /// When the file was changed, past its log, that is sound for all that, or was written here.
    sound: Option<Moment>,
}

/// How a transaction found the journal.
#[derive(Debug, Default)]
struct Found {
    last: Option<Last>,
    /// It was put back before it was opened.
    lacks: bool,
}

impl Seen {
    /// Looks whether they are still there, when a transaction has begun; others may have added more. Once they are gone,
    /// what is written would build on what is lost, or nobody else see it: nothing is done any more, but for what says
    /// that the journal was put back.
    fn check(&mut self, connection: &Connection, is_after_restore: bool) -> Result<Found, Failed> {
        let last = last_event(connection)?;
        let lacks = match self.last {
            Some(seen) => !is_in(connection, seen, last)?,
            None => false,
        };
        let is_there = self.file.as_ref().map_or(Ok(true), Opened::is_there);
        let is_there = is_there.map_err(|_| Failed::NotCommitted)?;
        self.put_back |= !is_there || (lacks && !self.is_told);
        if self.put_back || (lacks && !is_after_restore) {
            return Err(self.refused());
        }
        if !lacks {
            self.last = last;
            self.is_told = false;
        }
        Ok(Found { last, lacks })
    }

    /// Refuses what comes of a file that something was copied over while its log was not empty, before `SQLite` reads it: all
    /// of it is looked at where that may be.
    fn check_whole(&mut self, connection: &Connection) -> Result<(), Failed> {
        if self.put_back {
            return Err(self.refused());
        }
        let changed = self.file.as_ref().map_or(Ok(None), Opened::changed_past_its_log);
        let changed = changed.map_err(|_| Failed::NotCommitted)?;
        if changed.is_none() || changed == self.sound {
            return Ok(());
        }
        if connection.path().is_none_or(|path| whole::is_sound(Path::new(path))) {
            self.sound = changed;
            return Ok(());
        }
        self.put_back = true;
        // the log is what shows it: carried over into the file, it would be a mixture that nobody can tell from a journal
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Err(self.refused())
    }

    fn refused(&mut self) -> Failed {
        let told_by = self.keeper.as_ref().filter(|_| !self.put_back).map(Keeper::name);
        let failed = Failed::PutBack(told_by);
        if !std::mem::replace(&mut self.is_logged, true) {
            tracing::error!("{}", JournalError::from(failed.clone()));
        }
        failed
    }

    /// What was committed is seen. Where the journal lacked something, only an event more says that it was put back.
    fn committed(&mut self, found: &Found, last: Option<Last>) {
        // a commit may have taken its time to carry the log over into the file
        let changed = self.file.as_ref().and_then(|file| file.changed_past_its_log().unwrap_or_default());
        self.sound = changed.or(self.sound);
        if found.lacks && last == found.last {
            return;
        }
        self.last = last;
        self.is_told = false;
        if let Some(keeper) = self.keeper.as_mut().filter(|_| found.lacks) {
            keeper.begin_anew();
        }
    }

    /// In what time the last event has to be told beside the journal. What was not seen in the journal never is.
    fn due_in(&self) -> Option<Duration> {
        let keeper = self.keeper.as_ref().filter(|_| !self.put_back && !self.is_told)?;
        keeper.due_in(self.last)
    }

    /// Tells it, if that is due now.
    fn tell_if_due(&mut self) {
        if self.due_in() == Some(Duration::ZERO) {
            self.tell();
        }
    }

    /// Tells it some time after it was committed, so only if it still is there.
    fn tell_late(&mut self, connection: &Connection) {
        let (Some(_), Some(last)) = (self.due_in(), self.last) else { return };
        let is_there = self.file.as_ref().is_none_or(|file| file.is_there().unwrap_or(false));
        if is_there && hash_of(connection, last.0).is_ok_and(|hash| hash == Some(last.1)) {
            self.tell();
        } else {
            // whatever came about meanwhile, the next transaction sees it
            self.keeper.iter_mut().for_each(Keeper::put_off);
        }
    }

    fn tell(&mut self) {
        let last = self.last;
        if let Some(keeper) = self.keeper.as_mut() {
            keeper.tell(last);
        }
    }
}

/// Whether an event that was seen is in a journal that ends with `last`.
fn is_in(connection: &Connection, seen: Last, last: Option<Last>) -> rusqlite::Result<bool> {
    match last {
        Some(last) if last.0 > seen.0 => Ok(hash_of(connection, seen.0)? == Some(seen.1)),
        last => Ok(last == Some(seen)),
    }
}

fn last_event(connection: &Connection) -> rusqlite::Result<Option<Last>> {
    let sql = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1";
    connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn hash_of(connection: &Connection, seq: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    let sql = "SELECT hash FROM event WHERE seq = ?1";
    connection.prepare_cached(sql)?.query_row([seq], |row| row.get(0)).optional()
}

fn work(connection: &Connection, way: Way, mut seen: Seen, waiting: &Receiver<Job>) {
    let mut log = Log::new(connection);
    while let Some(first) = next(connection, &mut log, &mut seen, waiting) {
        let jobs = std::iter::once(first).chain(waiting.try_iter().take(MOST_AT_ONCE));
        // what may be done on a journal that was put back takes nothing else along
        let (alone, others): (Vec<Job>, Vec<Job>) = jobs.partition(|job| job.is_after_restore());
        for (is_after_restore, mut jobs) in [(true, alone), (false, others)] {
            if jobs.is_empty() {
                continue;
            }
            let committed = together(connection, way, &mut seen, is_after_restore, &mut jobs);
            match committed {
                Ok(()) => seen.tell_if_due(),
                Err(_) => drop(execute(connection, "ROLLBACK")),
            }
            for job in jobs {
                job.reply(committed.clone());
            }
        }
    }
}

/// The next job. While there is none, or too long none without, the log is emptied, and the last event told beside the
/// journal; and at the end.
fn next(connection: &Connection, log: &mut Log, seen: &mut Seen, waiting: &Receiver<Job>) -> Option<Job> {
    loop {
        if log.is_due() {
            log.tidy(connection, seen);
        }
        let told = seen.due_in().filter(|due| *due < TIDY);
        match waiting.recv_timeout(told.unwrap_or(TIDY)) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Timeout) => {
                if told.is_some() {
                    seen.tell_late(connection);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                seen.tell_late(connection);
                log.tidy(connection, seen);
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

    fn is_due(&self) -> bool {
        self.at.elapsed() >= TIDY
    }

    fn tidy(&mut self, connection: &Connection, seen: &mut Seen) {
        self.at = Instant::now();
        let changes = connection.total_changes();
        let has_more = self.changes != Some(changes);
        if has_more && seen.check_whole(connection).is_ok() && empty(connection).unwrap_or(false) {
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

/// Runs all in one transaction. To take back one's writes alone, `SQLite` would have to keep every page as it was before
/// each; hardly any fails once it has written, so that is done only where one did.
fn together(
    connection: &Connection,
    way: Way,
    seen: &mut Seen,
    is_after_restore: bool,
    jobs: &mut [Job],
) -> Result<(), Failed> {
    let begin = |seen: &mut Seen| {
        if way == Way::Writing {
            seen.check_whole(connection)?;
        }
        execute(connection, way.begin())?;
        match way {
            Way::Writing => seen.check(connection, is_after_restore),
            Way::Reading => Ok(Found::default()),
        }
    };
    let mut found = begin(seen)?;
    let before = connection.total_changes();
    if !all_clean(connection, jobs) {
        execute(connection, "ROLLBACK")?;
        found = begin(seen)?;
        for job in jobs {
            apart(connection, job)?;
        }
    }
    let wrote = connection.total_changes() != before;
    let last = if wrote { last_event(connection)? } else { found.last };
    execute(connection, "COMMIT")?;
    seen.committed(&found, last);
    Ok(())
}

/// Whether each succeeded or failed before it wrote anything.
fn all_clean(connection: &Connection, jobs: &mut [Job]) -> bool {
    jobs.iter_mut().all(|job| {
        let before = connection.total_changes();
        // where the storage fails, SQLite may have ended the transaction by itself
        (job.run(connection) || connection.total_changes() == before) && !connection.is_autocommit()
    })
}

/// Runs one so that its failure takes back its own writes alone.
fn apart(connection: &Connection, job: &mut Job) -> rusqlite::Result<()> {
    execute(connection, "SAVEPOINT apart")?;
    if !job.run(connection) {
        execute(connection, "ROLLBACK TO apart")?;
    }
    execute(connection, "RELEASE apart")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_after_it_wrote_takes_back_its_own_writes_alone() {
        let connection = Connection::open_in_memory().unwrap();
        let tables =
            "CREATE TABLE t (x INTEGER CHECK (x < 100)); CREATE TABLE event (seq INTEGER PRIMARY KEY, hash)";
        connection.execute_batch(tables).unwrap();
        for bad in [None, Some(1), Some(0), Some(2)] {
            connection.execute_batch("DELETE FROM t").unwrap();
            let mut waiting = Vec::new();
            let mut jobs: Vec<Job> = Vec::new();
            for number in 0..3 {
                let (answer, told) = oneshot::channel();
                let work = move |c: &Connection| {
                    c.execute("INSERT INTO t VALUES (?1)", [number])?;
                    let next = if bad == Some(number) { 100 } else { number + 10 };
                    c.execute("INSERT INTO t VALUES (?1)", [next])?;
                    Ok(number)
                };
                jobs.push(Box::new(Asked { work, is_after_restore: false, result: None, answer }));
                waiting.push(told);
            }
            together(&connection, Way::Writing, &mut Seen::default(), false, &mut jobs).unwrap();
            jobs.into_iter().for_each(|job| job.reply(Ok(())));
            for (number, mut told) in (0..3).zip(waiting) {
                assert_eq!(told.try_recv().unwrap().is_err(), bad == Some(number));
            }
            let rows: i64 = connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
            assert_eq!(rows, if bad.is_some() { 4 } else { 6 });
        }
    }
}
