//! The processes that are killed: workers and submitters.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cancel_desk::journal::{Journal, JournalError, NewIntent, Submitted};
use cancel_desk::pg_core::{Currency, Money};
use cancel_desk::worker::Worker;
use tokio::time::{interval, sleep};

use crate::clock::SharedClock;
use crate::rng::Rng;
use crate::setting::{Broken, Log, Role, Setting, Wish, accounts};
use crate::shaken::Shaken;

/// Tasks of one worker process.
const TASKS: usize = 3;
/// How often an idle worker looks for work; journal time runs too fast for its own pause.
const BELL: Duration = Duration::from_millis(15);

/// Is the child until it is killed or done.
pub(crate) fn run(setting: &Setting) {
    // whatever becomes of the parent, no child stays behind
    std::thread::spawn(|| {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(9);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = open(setting).await;
        match setting.role {
            Role::Worker => work(setting, journal).await,
            Role::Submitter => submit_all(setting, &*journal).await,
        }
    });
}

async fn open(setting: &Setting) -> Arc<dyn Journal> {
    let clock = Arc::new(SharedClock::open(&setting.clock));
    loop {
        match setting.store.open(Arc::clone(&clock)).await {
            Ok(journal) => return journal,
            Err(JournalError::Storage(_)) => sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn work(setting: &Setting, journal: Arc<dyn Journal>) {
    let rng = Arc::new(Mutex::new(Rng::new(setting.seed)));
    let log = Arc::new(Log::open(setting));
    let broken = setting.broken;
    let accounts = Arc::new(accounts(&setting.urls, &setting.store, |client| {
        Arc::new(Shaken { client, rng: Arc::clone(&rng), log: Arc::clone(&log), broken })
    }));
    drop(journal.recover().await);
    let mut bells = Vec::new();
    for _ in 0..TASKS {
        let worker = Worker::new(Arc::clone(&journal), Arc::clone(&accounts)).unwrap();
        bells.push(worker.bell());
        tokio::spawn(async move { worker.run(std::future::pending()).await });
    }
    let mut ticks = interval(BELL);
    loop {
        ticks.tick().await;
        bells.iter().for_each(|bell| bell.notify_one());
    }
}

async fn submit_all(setting: &Setting, journal: &dyn Journal) {
    let mut rng = Rng::new(setting.seed);
    let log = Log::open(setting);
    let text = std::fs::read_to_string(&setting.wishes).unwrap();
    let mut wishes: Vec<Wish> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rng.shuffle(&mut wishes);
    for wish in &wishes {
        if setting.broken == Some(Broken::ForgetsWishes) && wish.key.ends_with('3') {
            log.line(&["ack", &wish.key, "forgotten"]);
            continue;
        }
        let acknowledged = submit(wish, 0, journal, &log).await;
        if acknowledged && rng.chance(100) {
            submit(wish, 1, journal, &log).await;
        }
        sleep(Duration::from_millis(rng.below(10))).await;
    }
}

/// Submits until it is told what became of it, and tells whether it was acknowledged; `other`: under the same key, but
/// about another amount.
async fn submit(wish: &Wish, other: i64, journal: &dyn Journal, log: &Log) -> bool {
    let currency: Currency = wish.currency.parse().unwrap();
    loop {
        let amount = Money::from_minor(wish.amount + other, currency).unwrap();
        let new = NewIntent::new(wish.payment.clone(), wish.key.clone(), amount).unwrap();
        match journal.submit(new.with_reason("단순 변심")).await {
            Ok(Submitted::New(intent) | Submitted::Existing(intent)) => {
                let word = if other == 0 { "ack" } else { "taken_for_another" };
                log.line(&[word, &wish.key, &intent.id.to_string()]);
                return true;
            }
            Err(JournalError::Storage(_)) => {
                sleep(Duration::from_millis(10)).await;
                continue;
            }
            Err(JournalError::Exceeds { .. }) => log.line(&["exceeds", &wish.key]),
            Err(JournalError::KeyConflict) if other != 0 => log.line(&["conflict", &wish.key]),
            Err(error) => log.line(&["error", &wish.key, &error.to_string().replace(' ', "_")]),
        }
        return false;
    }
}
