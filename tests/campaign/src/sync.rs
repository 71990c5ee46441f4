//! The disk takes writes and cannot make them durable: `fsync` fails, some calls in a row, wherever they are.
//!
//! A few lines of C stand before the C library's `fsync` (`LD_PRELOAD`), so it is SQLite's real calls that fail. What was
//! told as stored must be there afterwards, whether the desk went on or was started anew; what was not stored was not
//! sent.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use cancel_desk::journal::JournalError;
use cancel_desk::worker::Worker;
use contract_tests::random::Dice;

use crate::disk::{Folder, Life};
use crate::outcome::ClassReport;

/// What stands before the C library.
const SHIM: &str = include_str!("../shim/failing_sync.c");
/// Names the file of the orders, for the shim and for the process that gives them.
const ORDERS: &str = "FAILING_SYNC";
/// Calls that still go well, at most.
const WELL: u64 = 24;
/// Calls that fail in a row, at most.
const FAILING: u64 = 6;

/// Runs this very program again with the shim before it. `None` when this is that run.
///
/// # Errors
/// When there is no C compiler, or the program cannot be run.
pub fn under_the_shim() -> io::Result<Option<ExitCode>> {
    if std::env::var_os(ORDERS).is_some() {
        return Ok(None);
    }
    let folder = Folder::new().map_err(io::Error::other)?;
    let (source, library) = (folder.file("failing_sync.c"), folder.file("failing_sync.so"));
    let orders = folder.file("orders");
    fs::write(&source, SHIM)?;
    Orders(orders.clone()).give(0, 0)?;
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .map_err(|error| io::Error::other(format!("{}: {error}", compiler.display())))?;
    if !built.success() {
        return Err(io::Error::other("the C compiler did not build the failing fsync"));
    }
    let ended = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env("LD_PRELOAD", &library)
        .env(ORDERS, &orders)
        .status()?;
    Ok(Some(if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

/// Lets syncs fail so many times, one after the other: the orders are the whole process's.
pub async fn run(seed: u64, trials: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let began = Instant::now();
    let mut report = ClassReport::new("sync", seed);
    let orders = Orders(std::env::var_os(ORDERS).map(PathBuf::from).unwrap_or_default());
    for number in 0..trials {
        tell(usize::try_from(number).unwrap_or(0), usize::try_from(trials).unwrap_or(0));
        let seed = seed.wrapping_add(number);
        report.trials += 1;
        if let Err(error) = one(&orders, seed, &mut report).await {
            report.violations.push(format!("seed {seed}: {error}"));
        }
    }
    if report.counts.get("syncs that failed").is_none_or(|failed| *failed == 0) {
        report.violations.push("no sync failed: what was to make them fail did not take hold".to_owned());
    }
    report.took(began.elapsed())
}

/// The file that the shim reads.
#[derive(Debug)]
struct Orders(PathBuf);

impl Orders {
    /// So many calls go well, so many fail after them.
    fn give(&self, well: u64, failing: u64) -> io::Result<()> {
        let number = |of: u64| i32::try_from(of).unwrap_or(i32::MAX).to_ne_bytes();
        let bytes = [number(well), number(failing), number(0)].concat();
        // in place: the shim has the file in memory
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&self.0)?;
        io::Write::write_all(&mut file, &bytes)
    }

    /// How many have failed since.
    fn failed(&self) -> u64 {
        let bytes = fs::read(&self.0).unwrap_or_default();
        let last = bytes.last_chunk::<4>().copied().unwrap_or_default();
        u64::try_from(i32::from_ne_bytes(last)).unwrap_or(0)
    }
}

async fn one(orders: &Orders, seed: u64, report: &mut ClassReport) -> Result<(), JournalError> {
    let mut dice = Dice::new(seed);
    let folder = Folder::new()?;
    let path = folder.file("journal.db");
    let life = Life::begin(seed, &mut dice).await;
    let mut journal = life.open(&path)?;
    let payments = life.pay(&*journal, 4).await?;
    let mut worker = Worker::new(Arc::clone(&journal), Arc::clone(&life.accounts))?;
    let storage = |error: io::Error| JournalError::Storage(Box::new(error));

    let mut wishes = Vec::new();
    orders.give(dice.below(WELL), 1 + dice.below(FAILING)).map_err(storage)?;
    for number in 0..8 {
        let (wish, failed) = Life::ask(&*journal, &payments, number, &mut dice).await?;
        if failed {
            report.count("refunds not stored", 1);
        }
        wishes.push(wish);
        for _ in 0..dice.below(4) {
            report.count("turns that failed", u64::from(worker.turn().await.is_err()));
        }
        // started anew while the disk is still like that
        if dice.below(8) == 0 {
            drop(worker);
            drop(journal);
            journal = opened(&life, &path, orders, report)?;
            worker = Worker::new(Arc::clone(&journal), Arc::clone(&life.accounts))?;
        }
    }
    let failed = orders.failed();
    orders.give(0, 0).map_err(storage)?;
    report.count("syncs that failed", failed);

    // the disk is well again: the desk goes on, or is started anew
    drop(worker);
    if dice.below(2) == 0 {
        drop(journal);
        journal = life.open(&path)?;
        report.count("started anew", 1);
    }
    life.account_for(journal, &wishes, &format!("seed {seed}"), report).await
}

/// The journal, opened as soon as the disk lets it be.
fn opened(
    life: &Life,
    path: &Path,
    orders: &Orders,
    report: &mut ClassReport,
) -> Result<Arc<dyn cancel_desk::journal::Journal>, JournalError> {
    report.count("started anew amid it", 1);
    for _ in 0..FAILING {
        if let Ok(journal) = life.open(path) {
            return Ok(journal);
        }
        report.count("journals that did not open", 1);
    }
    let failed = orders.failed();
    report.count("syncs that failed", failed);
    orders.give(0, 0).map_err(|error| JournalError::Storage(Box::new(error)))?;
    life.open(path)
}
