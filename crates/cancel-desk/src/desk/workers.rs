use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::worker::Worker;

/// Running workers. Dropping it stops them where they stand, which is safe: the journal carries on from there.
#[derive(Debug)]
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(super) fn start(workers: Vec<Worker>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = workers
            .into_iter()
            .map(|worker| {
                let mut stopped = stopped.clone();
                let worker = Arc::new(worker);
                tokio::spawn(async move {
                    worker
                        .run(async move {
                            // a sender that is gone stops it as well
                            let _gone = stopped.wait_for(|stop| *stop).await.is_err();
                        })
                        .await;
                })
            })
            .collect();
        Self { stop, tasks }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Stops them: none begins another turn, each finishes the one it is at. After `grace` the rest are dropped where
    /// they stand; what they had under way is parked in the journal, looked up and carried on by the next worker.
    /// Tells how many were dropped.
    pub async fn stop(mut self, grace: Duration) -> usize {
        self.stop.send_replace(true);
        let end = Instant::now().checked_add(grace);
        let mut dropped = 0_usize;
        for task in &mut self.tasks {
            let finished = match end {
                Some(end) => timeout_at(end, &mut *task).await.is_ok(),
                None => (&mut *task).await.is_ok(),
            };
            if !finished {
                task.abort();
                dropped = dropped.saturating_add(1);
            }
        }
        dropped
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
