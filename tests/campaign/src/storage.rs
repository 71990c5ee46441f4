//! The disk is full: from some write on, every one fails, until somebody makes room.
//!
//! The limit on the size of files is the operating system's own (`RLIMIT_FSIZE`), so it is SQLite's real writes that
//! fail, wherever they are. What was told as stored must be there afterwards, whether the desk went on or was started
//! anew; what was not stored was not sent.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cancel_desk::journal::{Journal, JournalError, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::record::{IntentId, NewPayment};
use cancel_desk::worker::Worker;
use contract_tests::random::Dice;
use contract_tests::world::NOON;
use contract_tests::{Kind, Patience, World};
use pg_core::Money;
use pg_sandbox::Options;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::HandClock;
use crate::desk::{SHOP, accounts, conclude};
use crate::oracle::Oracle;
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
        let _back_to_what_it_was = setrlimit(Resource::Fsize, self.before.clone());
    }
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = fs::remove_dir_all(&self.0);
    }
}

/// The longest of the journal's files.
fn longest(path: &Path) -> u64 {
    let of = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
    of(path).max(of(&path.with_extension("db-wal")))
}

async fn one(seed: u64, report: &mut ClassReport) -> Result<(), JournalError> {
    let mut dice = Dice::new(seed);
    let folder = Folder(std::env::temp_dir().join(format!("cancel-campaign-full-{}", IntentId::random()?)));
    fs::create_dir_all(&folder.0).expect("a temporary folder");
    let clock = Arc::new(HandClock::at_noon());
    let path = folder.0.join("journal.db");
    let open = || {
        let options = SqliteOptions::new(&path).with_clock(Arc::clone(&clock) as Arc<_>);
        SqliteJournal::open(options).map(|journal| Arc::new(journal) as Arc<dyn Journal>)
    };
    let kinds = [Kind::Chaiport, Kind::Eximbay, Kind::SettlebankStandard];
    let kind = kinds[usize::try_from(dice.below(3)).unwrap_or(0)];
    let options = Options::default().start_time(NOON.unix_timestamp()).seed(seed);
    let world = Arc::new(World::with_options(options, Patience::LONG).await);
    let accounts = accounts(world.client(kind));
    let mut journal = open()?;
    let mut payments = Vec::new();
    for _ in 0..4 {
        payments.push(journal.register_payment(NewPayment::new(SHOP, world.pay(kind).payment)).await?.key());
    }

    let full = Full::at(longest(&path) + dice.below(ROOM));
    let (mut told, mut untold, mut failed) = (Vec::new(), Vec::new(), 0);
    let worker = Worker::new(Arc::clone(&journal), Arc::clone(&accounts))?;
    for number in 0..8 {
        let payment = &payments[usize::try_from(dice.below(4)).unwrap_or(0)];
        let amount = [3_000, 2_500, 1_000][usize::try_from(dice.below(3)).unwrap_or(0)];
        let amount = Money::krw(amount).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
        let key = format!("wish-{number}");
        let wish = NewIntent::new(payment.clone(), key.as_str(), amount)?;
        match journal.submit(wish.clone()).await {
            Ok(stored) => told.push((key, stored.intent().id)),
            Err(JournalError::Exceeds { .. }) => {}
            Err(_) => {
                failed += 1;
                untold.push(wish);
            }
        }
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
        journal = open()?;
        report.count("started anew", 1);
    }
    for (key, id) in &told {
        if journal.intent(*id).await?.is_none_or(|intent| intent.caller_key != *key) {
            report.violations.push(format!("seed {seed}: {key} was told as stored and is gone"));
        }
    }
    for wish in untold {
        match journal.submit(wish).await {
            Ok(_) | Err(JournalError::Exceeds { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    clock.put_forward(Duration::from_secs(121));
    let worker = Worker::new(Arc::clone(&journal), accounts)?;
    report.count("asked a person", conclude(&worker, &*journal, &clock, &world).await?);
    let mut oracle = Oracle::default();
    let ends = oracle.compare(&*journal, &world.sandbox, true).await;
    report.count("refunds", ends.intents);
    report.count("completed", ends.completed);
    report.violations.extend(oracle.violations.iter().map(|broken| format!("seed {seed}: {broken}")));
    Ok(())
}
