//! A file opened as durable as it must be, and its tables made.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use pg_core::Invalid;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::super::JournalError;
use super::schema;

/// Makes the file, if there is none, for its owner alone: it tells who was paid back what. One that is there is not
/// opened: to close it would let go of the locks that `SQLite` has on it for this process.
pub(super) fn make_private(path: &Path) -> Result<(), JournalError> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    match open.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(JournalError::Storage(Box::new(error)))
        }
        _ => Ok(()),
    }
}

pub(super) fn connect(
    path: &Path,
    access: OpenFlags,
    busy_timeout: Duration,
) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(busy_timeout)?;
    // more than there are statements: none is parsed twice
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Asks for the write-ahead log. While another opener of a new file does the same, `SQLite` answers "busy" at once,
/// whatever the connection's own time-out, so the waiting is done here.
fn ask_for_wal(connection: &Connection, busy_timeout: Duration) -> Result<String, JournalError> {
    let started = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == ErrorCode::DatabaseBusy && started.elapsed() < busy_timeout =>
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            answer => return Ok(answer?),
        }
    }
}

/// Sets what durability rests on, and believes only what is read back.
pub(super) fn make_durable(connection: &Connection, busy_timeout: Duration) -> Result<(), JournalError> {
    let refused = |what: &'static str| JournalError::Storage(Box::new(Invalid::new("journal", what)));
    let mode = ask_for_wal(connection, busy_timeout)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(refused("must be able to keep a write-ahead log"));
    }
    // fullfsync matters on macOS alone, where fsync does not reach the disk; erased account data is overwritten
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;",
    )?;
    // random ids are all over their indexes: pages that are not kept are read, and copied back, again and again
    connection.execute_batch("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;")?;
    for (pragma, wanted) in [("synchronous", 2), ("foreign_keys", 1)] {
        let found: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
        if found != wanted {
            return Err(refused("must be opened with synchronous=FULL and foreign_keys=ON"));
        }
    }
    Ok(())
}

pub(super) fn make_tables(connection: &mut Connection) -> Result<(), JournalError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let id: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (id, version, tables) {
        (schema::APPLICATION_ID, schema::VERSION, _) => check_complete(&transaction)?,
        (0, 0, 0) => {
            transaction.execute_batch(schema::TABLES)?;
            transaction.execute_batch(schema::TRIGGERS)?;
            transaction.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", schema::VERSION)?;
        }
        (schema::APPLICATION_ID, ..) => {
            return Err(Invalid::new("journal", "must be of this version's tables").into());
        }
        _ => return Err(Invalid::new("journal", "must be a journal, not another program's database").into()),
    }
    transaction.execute_batch(schema::LATER)?;
    transaction.commit()?;
    Ok(())
}

/// Refuses a journal that lacks a table, an index or a trigger, or has another of the same name.
fn check_complete(connection: &Connection) -> Result<(), JournalError> {
    let whole = Connection::open_in_memory()?;
    whole.execute_batch(schema::TABLES)?;
    whole.execute_batch(schema::TRIGGERS)?;
    let found = parts(connection)?;
    if parts(&whole)?.is_subset(&found) {
        return Ok(());
    }
    let rule =
        "must have all of its tables, indexes and triggers as they were made: restore it from a backup";
    Err(Invalid::new("journal", rule).into())
}

/// Type, name and statement of everything in the schema.
fn parts(connection: &Connection) -> Result<BTreeSet<(String, String, Option<String>)>, JournalError> {
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema")?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}
