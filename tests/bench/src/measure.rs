//! One client, many cancels: what they took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use tokio::sync::Barrier;

/// Something that cancels.
pub trait Client: Clone + Send + Sync + 'static {
    /// What one caller holds: a connection, or nothing.
    type Lane: Send;

    /// Prepares one caller.
    fn lane(&self) -> impl Future<Output = Result<Self::Lane, String>> + Send;

    /// One cancel, as whole as this client makes it. `number` tells it from all others.
    fn cancel(&self, lane: &mut Self::Lane, number: u64) -> impl Future<Output = Result<(), String>> + Send;
}

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Cancels that count.
    pub requests: u64,
    /// Callers at once.
    pub concurrency: u64,
    /// Cancels of each caller before anything counts: connections, token, caches.
    pub warm_up: u64,
}

/// How many allocations (and growths of one) this process has made.
pub type Meter = fn() -> u64;

/// What it took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Cancels that counted.
    pub requests: u64,
    /// Nanoseconds of processor time, user and system, of this process for each cancel.
    pub cpu_ns: f64,
    /// Cancels a second.
    pub per_second: f64,
    /// Median latency in nanoseconds; with one caller alone.
    pub p50_ns: Option<u64>,
    /// The process's highest resident memory in KiB.
    pub peak_kib: u64,
    /// Allocations of a cancel, the median; with one caller alone and where they are counted.
    pub allocations: Option<u64>,
}

/// Runs a plan.
///
/// # Errors
/// The first failure of any cancel: a client that is fast and wrong has no figure.
pub async fn run<C: Client>(client: C, plan: Plan, meter: Option<Meter>) -> Result<Measured, String> {
    let alone = plan.concurrency == 1;
    let ready = Arc::new(Barrier::new(usize::try_from(plan.concurrency + 1).unwrap_or(1)));
    let mut tasks = Vec::new();
    for caller in 0..plan.concurrency {
        let (client, ready) = (client.clone(), Arc::clone(&ready));
        let share = plan.requests / plan.concurrency;
        tasks.push(tokio::spawn(async move {
            let first = caller << 32;
            let prepared = async {
                let mut lane = client.lane().await?;
                for number in first..first + plan.warm_up {
                    client.cancel(&mut lane, number).await?;
                }
                Ok::<_, String>(lane)
            };
            let prepared = prepared.await;
            // who failed must not keep the others waiting
            ready.wait().await;
            ready.wait().await;
            let mut lane = prepared?;
            let room = if alone { usize::try_from(share).unwrap_or(0) } else { 0 };
            let mut each: Vec<(u64, u64)> = Vec::with_capacity(room);
            for number in first + plan.warm_up..first + plan.warm_up + share {
                let before =
                    if alone { Some((Instant::now(), meter.map_or(0, |count| count()))) } else { None };
                client.cancel(&mut lane, number).await?;
                if let Some((began, counted)) = before {
                    each.push((nanoseconds(began.elapsed()), meter.map_or(0, |count| count()) - counted));
                }
            }
            Ok::<_, String>(each)
        }));
    }
    ready.wait().await;
    let (cpu, began) = (ProcessTime::now(), Instant::now());
    ready.wait().await;
    let mut each = Vec::new();
    for task in tasks {
        each.extend(task.await.map_err(|error| error.to_string())??);
    }
    let (cpu, wall) = (cpu.elapsed(), began.elapsed());
    let requests = plan.requests / plan.concurrency * plan.concurrency;
    Ok(Measured {
        requests,
        cpu_ns: cpu.as_secs_f64() * 1e9 / requests as f64,
        per_second: requests as f64 / wall.as_secs_f64(),
        p50_ns: median(each.iter().map(|(time, _)| *time).collect()),
        peak_kib: peak_kib(),
        allocations: meter.and_then(|_| median(each.iter().map(|(_, count)| *count).collect())),
    })
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Highest resident memory so far; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
