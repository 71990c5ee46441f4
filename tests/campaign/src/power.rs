//! The power goes: of what the journal on disk had not yet made durable, any part may be missing, torn or garbled.
//!
//! SQLite in WAL mode with `synchronous=FULL` tells that something is stored once its log is on the disk. So the power
//! goes within a write: the files are put back to what they were before it, followed by a random part of what it added
//! to the log: nothing, a beginning, some sectors, some of them garbled. The journal must open, be sound, hold all that
//! was told as stored, and carry everything to its end with one refund for each wish. The gateway keeps what it was
//! sent by then.
//!
//! The small file that tells the last event is put back too, as it was before the write: it tells nothing that was not on
//! the disk, so the journal must not be taken for one that was put back from a backup.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cancel_desk::journal::{Journal, JournalError};
use cancel_desk::record::PaymentKey;
use cancel_desk::worker::{Accounts, Worker};
use contract_tests::random::Dice;
use tokio::sync::Notify;

use crate::disk::{Folder, Life, Wish};
use crate::journal::{Call, Watch, Watched};
use crate::lanes;
use crate::outcome::ClassReport;

/// What a disk writes at once, or not at all.
const SECTOR: usize = 512;
/// Writes of the journal before the power goes, at most.
const WORDS: u64 = 30;

/// Lets the power go so many times.
pub async fn run(seed: u64, trials: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let trial = |seed| async move {
        let mut report = ClassReport { trials: 1, ..ClassReport::default() };
        let done = one(seed, false, &mut report).await;
        (report, done)
    };
    lanes::run("power", (seed, trials, 4), tell, trial).await
}

/// The files of a journal.
#[derive(Debug, Clone)]
struct Files {
    database: Vec<u8>,
    log: Vec<u8>,
    /// What tells the last event.
    last: Vec<u8>,
}

fn last_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("last-of-{name}"))
}

impl Files {
    fn of(path: &Path) -> Self {
        let log = path.with_extension("db-wal");
        Self {
            database: fs::read(path).unwrap_or_default(),
            log: fs::read(log).unwrap_or_default(),
            last: fs::read(last_of(path)).unwrap_or_default(),
        }
    }

    fn put(&self, path: &Path) {
        fs::write(path, &self.database).expect("a temporary file");
        fs::write(path.with_extension("db-wal"), &self.log).expect("a temporary file");
        fs::write(last_of(path), &self.last).expect("a temporary file");
    }

    /// What is left when the power goes between `self` and `next`: of the log's new part, some sectors.
    fn torn(&self, next: &Self, dice: &mut Dice) -> (Self, &'static str) {
        let grown = next.log.len().saturating_sub(self.log.len());
        // the log was begun anew, or is unchanged: nothing of it can be torn by this rule
        if grown == 0 || !next.log.starts_with(&self.log) || self.database != next.database {
            return (self.clone(), "lost");
        }
        let mut log = next.log.clone();
        let from = self.log.len();
        match dice.below(4) {
            0 => {
                log.truncate(from);
                (Self { log, ..self.clone() }, "lost")
            }
            1 => {
                let keep = usize::try_from(dice.below(u64::try_from(grown).unwrap_or(1))).unwrap_or(0);
                log.truncate(from + keep);
                (Self { log, ..self.clone() }, "cut")
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
                (Self { log, ..self.clone() }, what)
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

/// What a desk does until the power goes.
async fn live(
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    payments: &[PaymentKey],
    wishes: &Mutex<Vec<Wish>>,
    dice: &mut Dice,
) -> Result<(), JournalError> {
    let wishes = || wishes.lock().unwrap_or_else(PoisonError::into_inner);
    let worker = Worker::new(Arc::clone(&journal), accounts)?;
    for (number, payment) in payments.iter().enumerate() {
        for part in 0..2 {
            let new = Life::wish(payment, &format!("wish-{number}-{part}"), dice)?;
            let at = wishes().len();
            wishes().push(Wish { new: new.clone(), told: None });
            match journal.submit(new).await {
                Ok(stored) => wishes()[at].told = Some(stored.intent().id),
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
    let folder = Folder::new()?;
    let life = Life::begin(seed, &mut dice).await;
    let path = folder.file("before.db");
    let journal = life.open(&path)?;
    let payments = life.pay(&*journal, 5).await?;
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
        done = live(watched, Arc::clone(&life.accounts), &payments, &wishes, &mut dice) => done?,
        () = switch.bell.notified() => {}
    }
    let now = Files::of(&path);
    let (torn, how) = match switch.before() {
        // the log was not on the disk when it was said to be
        Some(mut before) if lies => {
            before.log.truncate(before.log.len() / 2);
            // and nothing but the wishes is to find that out
            before.last.clear();
            (before, "told too early")
        }
        Some(before) => before.torn(&now, &mut dice),
        None => (now, "in peace"),
    };
    drop(journal);
    report.count(how, 1);

    let what = format!("seed {seed}, {how}");
    let after = folder.file("after.db");
    torn.put(&after);
    report.count("told the last event", u64::from(!torn.last.is_empty()));
    let journal = life.open(&after)?;
    let found = journal.verify().await?;
    report.violations.extend(found.faults.iter().map(|fault| format!("{what}: {fault}")));
    let wishes = wishes.into_inner().unwrap_or_else(PoisonError::into_inner);
    life.account_for(journal, &wishes, &what, report).await
}
