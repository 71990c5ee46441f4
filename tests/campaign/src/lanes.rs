//! Many trials, several at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cancel_desk::journal::JournalError;

use crate::outcome::ClassReport;

/// How often it is told how far it is.
const GLANCE: Duration = Duration::from_millis(500);

/// Runs one trial for each number from `seed` on, so many in all, `lanes` at a time. What a trial fails with, and what
/// panics, is a violation.
pub async fn run<F, Fut>(
    class: &str,
    (seed, all, lanes): (u64, u64, u64),
    tell: impl Fn(usize, usize),
    trial: F,
) -> ClassReport
where
    F: Fn(u64) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = (ClassReport, Result<(), JournalError>)> + Send,
{
    let began = Instant::now();
    let (next, trial) = (Arc::new(AtomicU64::new(0)), Arc::new(trial));
    let tasks: Vec<_> = (0..lanes)
        .map(|_| {
            let (next, trial) = (Arc::clone(&next), Arc::clone(&trial));
            tokio::spawn(async move {
                let mut report = ClassReport::default();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= all {
                        return report;
                    }
                    let seed = seed.wrapping_add(number);
                    let (part, done) = trial(seed).await;
                    report.merge(part);
                    if let Err(error) = done {
                        report.violations.push(format!("seed {seed}: {error}"));
                    }
                }
            })
        })
        .collect();
    let mut report = ClassReport::new(class, seed);
    for task in tasks {
        while !task.is_finished() {
            let done = next.load(Ordering::SeqCst).min(all);
            tell(usize::try_from(done).unwrap_or(0), usize::try_from(all).unwrap_or(0));
            tokio::time::sleep(GLANCE).await;
        }
        match task.await {
            Ok(part) => report.merge(part),
            Err(error) => report.violations.push(format!("a lane panicked: {error}")),
        }
    }
    report.took(began.elapsed())
}
