//! The disk is full: from some write on, every one fails, until somebody makes room.
//!
//! The limit on the size of files is the operating system's own (`RLIMIT_FSIZE`), so it is SQLite's real writes that
//! fail, wherever they are. What was told as stored must be there afterwards, whether the desk went on or was started
//! anew; what was not stored was not sent.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cancel_desk::journal::JournalError;
use cancel_desk::worker::Worker;
use contract_tests::random::Dice;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::disk::{Folder, Life};
use crate::outcome::ClassReport;

/// The signal of a file that would grow beyond the limit; handled, the write fails instead.
const TOO_LARGE: i32 = 25;
/// How much a file may still grow, at most.
const ROOM: u64 = 48 * 1_024;

/// Fills the disk so many times, one after the other: the limit is the whole process's.
pub async fn run(seed: u64, trials: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let began = Instant::now();
    let mut report = ClassReport::new("storage", seed);
    let Ok(_handled) = signal(SignalKind::from_raw(TOO_LARGE)) else {
        report.violations.push("the signal of too large files cannot be handled here".to_owned());
        return report;
    };
    for number in 0..trials {
        tell(usize::try_from(number).unwrap_or(0), usize::try_from(trials).unwrap_or(0));
        let seed = seed.wrapping_add(number);
        report.trials += 1;
        if let Err(error) = one(seed, &mut report).await {
            report.violations.push(format!("seed {seed}: {error}"));
        }
    }
    report.took(began.elapsed())
}

/// Lets no file grow beyond its size, until dropped.
struct Full {
    before: Rlimit,
}

impl Full {
    fn at(size: u64) -> Self {
        let before = getrlimit(Resource::Fsize);
        let limit = Rlimit { current: Some(size), maximum: before.maximum };
        setrlimit(Resource::Fsize, limit).expect("a lower limit is always allowed");
        Self { before }
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _back_to_what_it_was = setrlimit(Resource::Fsize, self.before);
    }
}

/// The longest of the journal's files.
fn longest(path: &Path) -> u64 {
    let of = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
    of(path).max(of(&path.with_extension("db-wal")))
}

async fn one(seed: u64, report: &mut ClassReport) -> Result<(), JournalError> {
    let mut dice = Dice::new(seed);
    let folder = Folder::new()?;
    let path = folder.file("journal.db");
    let life = Life::begin(seed, &mut dice).await;
    let mut journal = life.open(&path)?;
    let payments = life.pay(&*journal, 4).await?;
    let worker = Worker::new(Arc::clone(&journal), Arc::clone(&life.accounts))?;

    let full = Full::at(longest(&path) + dice.below(ROOM));
    let (mut wishes, mut failed) = (Vec::new(), 0);
    for number in 0..8 {
        let (wish, unstored) = Life::ask(&*journal, &payments, number, &mut dice).await?;
        failed += u64::from(unstored);
        wishes.push(wish);
        for _ in 0..dice.below(3) {
            failed += u64::from(worker.turn().await.is_err());
        }
    }
    drop(full);
    report.count("writes that failed", failed);
    report.count("disks that were full in time", u64::from(failed > 0));

    // somebody made room: the desk goes on, or is started anew
    drop(worker);
    if dice.below(2) == 0 {
        journal = life.open(&path)?;
        report.count("started anew", 1);
    }
    life.account_for(journal, &wishes, &format!("seed {seed}"), report).await
}
