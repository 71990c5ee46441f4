//! The power goes: of what the journal on disk had not yet made durable, any part may be missing, torn or garbled.
//!
//! SQLite in WAL mode with `synchronous=FULL` tells that something is stored once its log is on the disk. So the power
//! goes within a write: the files are put back to what they were before it, followed by a random part of what it added
//! to the log: nothing, a beginning, some sectors, some of them garbled. The journal must open, be sound, hold all that
//! was told as stored, and carry everything to its end with one refund for each wish. The gateway keeps what it was
//! sent by then.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cancel_desk::journal::{Journal, JournalError, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::record::{IntentId, NewPayment, PaymentKey};
use cancel_desk::worker::{Accounts, Worker};
use contract_tests::random::Dice;
use contract_tests::world::NOON;
use contract_tests::{Kind, Patience, World};
use pg_core::Money;
use pg_sandbox::Options;
use tokio::sync::Notify;

use crate::clock::HandClock;
use crate::desk::{SHOP, accounts, conclude};
use crate::journal::{Call, Watch, Watched};
use crate::oracle::Oracle;
use crate::outcome::ClassReport;

/// What a disk writes at once, or not at all.
const SECTOR: usize = 512;
/// Writes of the journal before the power goes, at most.
const WORDS: u64 = 30;

/// Lets the power go so many times.
pub async fn run(seed: u64, trials: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let began = Instant::now();
    let mut report = ClassReport::new("power", seed);
    let lanes = 4;
    let next = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..lanes)
        .map(|_| {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut report = ClassReport::default();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= trials {
                        return report;
                    }
                    let seed = seed.wrapping_add(number);
                    report.trials += 1;
                    if let Err(error) = one(seed, false, &mut report).await {
                        report.violations.push(format!("seed {seed}: {error}"));
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        while !task.is_finished() {
            let done = next.load(Ordering::SeqCst).min(trials);
            tell(usize::try_from(done).unwrap_or(0), usize::try_from(trials).unwrap_or(0));
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        match task.await {
            Ok(part) => report.merge(part),
            Err(error) => report.violations.push(format!("a lane panicked: {error}")),
        }
    }
    report.took(began.elapsed())
}

/// The files of a journal.
#[derive(Debug)]
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(path: &Path) -> Self {
        let log = path.with_extension("db-wal");
        Self { database: fs::read(path).unwrap_or_default(), log: fs::read(log).unwrap_or_default() }
    }

    fn put(&self, path: &Path) {
        fs::write(path, &self.database).expect("a temporary file");
        fs::write(path.with_extension("db-wal"), &self.log).expect("a temporary file");
    }

    /// What is left when the power goes between `self` and `next`: of the log's new part, some sectors.
    fn torn(&self, next: &Self, dice: &mut Dice) -> (Self, &'static str) {
        let grown = next.log.len().saturating_sub(self.log.len());
        // the log was begun anew, or is unchanged: nothing of it can be torn by this rule
        if grown == 0 || !next.log.starts_with(&self.log) || self.database != next.database {
            return (Self { database: self.database.clone(), log: self.log.clone() }, "lost");
        }
        let mut log = next.log.clone();
        let from = self.log.len();
        match dice.below(4) {
            0 => {
                log.truncate(from);
                (Self { database: self.database.clone(), log }, "lost")
            }
            1 => {
                let keep = usize::try_from(dice.below(u64::try_from(grown).unwrap_or(1))).unwrap_or(0);
                log.truncate(from + keep);
                (Self { database: self.database.clone(), log }, "cut")
            }
            kind => {
                for at in (from..log.len()).step_by(SECTOR) {
                    if dice.below(3) == 0 {
                        let end = (at + SECTOR).min(log.len());
                        let fill = if kind == 2 { 0 } else { u8::try_from(dice.below(256)).unwrap_or(0) };
                        log[at..end].fill(fill);
                    }
                }
                let what = if kind == 2 { "sectors missing" } else { "sectors garbled" };
                (Self { database: self.database.clone(), log }, what)
            }
        }
    }
}

/// Lets the power go within one write of the journal.
#[derive(Debug)]
struct Switch {
    path: PathBuf,
    /// Writes until then.
    left: AtomicU64,
    before: Mutex<Option<Files>>,
    bell: Notify,
}

impl Switch {
    fn before(&self) -> Option<Files> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait::async_trait]
impl Watch for Switch {
    async fn before(&self, _: Call) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            *self.before.lock().unwrap_or_else(PoisonError::into_inner) = Some(Files::of(&self.path));
        }
    }

    async fn after(&self, _: Call) {
        if self.left.load(Ordering::SeqCst) == 0 {
            self.bell.notify_one();
            // nobody hears that it was written
            std::future::pending::<()>().await;
        }
    }
}

/// A journal that tells before it is durable, as with `synchronous=OFF`: at which seed it is found out.
pub async fn first_catch_of_a_journal_that_lies(seed: u64) -> Option<u64> {
    for number in 0..1_000 {
        let mut report = ClassReport::default();
        let done = one(seed.wrapping_add(number), true, &mut report).await;
        if done.is_err() || !report.violations.is_empty() {
            return Some(number);
        }
    }
    None
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = fs::remove_dir_all(&self.0);
    }
}

/// A wish, and whether its caller was told that it is stored.
struct Wish {
    payment: PaymentKey,
    key: String,
    amount: Money,
    told: Option<IntentId>,
}

/// What a desk does until the power goes.
async fn live(
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    payments: &[PaymentKey],
    wishes: &Mutex<Vec<Wish>>,
    dice: &mut Dice,
) -> Result<(), JournalError> {
    let worker = Worker::new(Arc::clone(&journal), accounts)?;
    for (number, payment) in payments.iter().enumerate() {
        for part in 0..2 {
            let amount = [10_000, 3_000, 2_500][usize::try_from(dice.below(3)).unwrap_or(0)];
            let amount = Money::krw(amount).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
            let key = format!("wish-{number}-{part}");
            let asked = NewIntent::new(payment.clone(), key.as_str(), amount)?;
            let wish = Wish { payment: payment.clone(), key, amount, told: None };
            let at = {
                let mut wishes = wishes.lock().unwrap_or_else(PoisonError::into_inner);
                wishes.push(wish);
                wishes.len() - 1
            };
            match journal.submit(asked).await {
                Ok(stored) => {
                    wishes.lock().unwrap_or_else(PoisonError::into_inner)[at].told = Some(stored.intent().id);
                }
                Err(JournalError::Exceeds { .. }) => {}
                Err(error) => return Err(error),
            }
            for _ in 0..dice.below(3) {
                worker.turn().await?;
            }
        }
    }
    Ok(())
}

async fn one(seed: u64, lies: bool, report: &mut ClassReport) -> Result<(), JournalError> {
    let mut dice = Dice::new(seed);
    let folder = Folder(std::env::temp_dir().join(format!("cancel-campaign-power-{}", IntentId::random()?)));
    fs::create_dir_all(&folder.0).expect("a temporary folder");
    let clock = Arc::new(HandClock::at_noon());
    let open = |path: &Path| {
        let options = SqliteOptions::new(path).with_clock(Arc::clone(&clock) as Arc<_>);
        SqliteJournal::open(options).map(|journal| Arc::new(journal) as Arc<dyn Journal>)
    };
    let kinds = [Kind::Chaiport, Kind::Eximbay, Kind::SettlebankStandard];
    let kind = kinds[usize::try_from(dice.below(3)).unwrap_or(0)];
    let options = Options::default().start_time(NOON.unix_timestamp()).seed(seed);
    let world = Arc::new(World::with_options(options, Patience::LONG).await);
    let accounts = accounts(world.client(kind));

    let path = folder.0.join("before.db");
    let journal = open(&path)?;
    let mut payments = Vec::new();
    for _ in 0..5 {
        payments.push(journal.register_payment(NewPayment::new(SHOP, world.pay(kind).payment)).await?.key());
    }
    let switch = Arc::new(Switch {
        path: path.clone(),
        left: AtomicU64::new(1 + dice.below(WORDS)),
        before: Mutex::default(),
        bell: Notify::new(),
    });
    let watched: Arc<dyn Journal> =
        Arc::new(Watched { journal: Arc::clone(&journal), watch: Arc::clone(&switch) as Arc<_> });
    let wishes = Mutex::new(Vec::new());
    tokio::select! {
        done = live(watched, Arc::clone(&accounts), &payments, &wishes, &mut dice) => done?,
        () = switch.bell.notified() => {}
    }
    let now = Files::of(&path);
    let (torn, how) = match switch.before() {
        // the log was not on the disk when it was said to be
        Some(mut before) if lies => {
            before.log.truncate(before.log.len() / 2);
            (before, "told too early")
        }
        Some(before) => before.torn(&now, &mut dice),
        None => (now, "in peace"),
    };
    drop(journal);
    report.count(how, 1);

    let after = folder.0.join("after.db");
    torn.put(&after);
    let journal = open(&after)?;
    let found = journal.verify().await?;
    report.violations.extend(found.faults.iter().map(|fault| format!("seed {seed}, {how}: {fault}")));
    let wishes = wishes.into_inner().unwrap_or_else(PoisonError::into_inner);
    for wish in &wishes {
        let Some(id) = wish.told else { continue };
        if journal.intent(id).await?.is_none_or(|intent| intent.caller_key != wish.key) {
            report
                .violations
                .push(format!("seed {seed}, {how}: {} was told as stored and is gone", wish.key));
        }
    }
    // whoever heard nothing asks again
    for wish in wishes.iter().filter(|wish| wish.told.is_none()) {
        let again = NewIntent::new(wish.payment.clone(), wish.key.as_str(), wish.amount)?;
        match journal.submit(again).await {
            Ok(_) | Err(JournalError::Exceeds { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    clock.put_forward(std::time::Duration::from_secs(121));
    let worker = Worker::new(Arc::clone(&journal), accounts)?;
    report.count("asked a person", conclude(&worker, &*journal, &clock, &world).await?);

    let mut oracle = Oracle::default();
    let ends = oracle.compare(&*journal, &world.sandbox, true).await;
    report.count("refunds", ends.intents);
    report.count("completed", ends.completed);
    report.violations.extend(oracle.violations.iter().map(|broken| format!("seed {seed}, {how}: {broken}")));
    Ok(())
}
