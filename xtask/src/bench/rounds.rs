//! Rounds in which every client has its turn, and their medians.

use std::path::Path;

use serde::Serialize;

use super::processes::{Client, Mock};

/// Gateways, and the clients that are measured there.
const CLIENTS: [(&str, &[&str]); 4] = [
    ("chaiport", &["floor", "hyper", "reqwest-bytes", "twin", "ours-reqwest", "ours-witness"]),
    ("eximbay", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
    ("settlebank", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
    ("settlebank-flat", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
];

/// How much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rounds: usize,
    crowd: u64,
    alone: u64,
    starts: usize,
}

impl Size {
    pub(super) const fn whole() -> Self {
        Self { rounds: 7, crowd: 48_000, alone: 8_000, starts: 21 }
    }

    pub(super) const fn quick() -> Self {
        Self { rounds: 3, crowd: 12_800, alone: 2_000, starts: 5 }
    }
}

/// What one client's cancel takes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) gateway: String,
    pub(super) client: String,
    /// Processor time of the client's process, 16 at once.
    pub(super) cpu_us: f64,
    pub(super) per_second: f64,
    /// Median latency, one at a time.
    pub(super) p50_us: f64,
    pub(super) allocations: Option<u64>,
    /// 16 at once; `None` where `strace` is missing.
    pub(super) system_calls: Option<f64>,
    pub(super) peak_mib: f64,
    /// From the start of the process to its end with one cancel done.
    pub(super) start_ms: f64,
}

pub(super) fn clients(only: Option<&str>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = CLIENTS
        .into_iter()
        .flat_map(|(gateway, clients)| clients.iter().map(move |client| (gateway, *client)));
    let only = only.map(str::to_owned);
    all.filter(move |(gateway, _)| only.as_deref().is_none_or(|only| gateway.contains(only)))
}

pub(super) fn cancels(root: &Path, mock: &Mock, size: Size, only: Option<&str>) -> Result<Vec<Row>, String> {
    let turns: Vec<_> = clients(only).collect();
    let mut crowds = vec![Vec::new(); turns.len()];
    let mut alone = vec![Vec::new(); turns.len()];
    for round in 0..if turns.is_empty() { 0 } else { size.rounds } {
        eprintln!("round {} of {}", round + 1, size.rounds);
        for turn in 0..turns.len() {
            // forth and back: a machine that becomes slower does so to all
            let turn = if round % 2 == 0 { turn } else { turns.len() - 1 - turn };
            let (gateway, name) = turns[turn];
            let client =
                Client { name, gateway, requests: size.crowd, concurrency: 16, warm_up: size.crowd / 160 };
            crowds[turn].push(client.run(root, "bench", mock)?);
            let client = Client { requests: size.alone, concurrency: 1, ..client };
            alone[turn].push(client.run(root, "bench", mock)?);
        }
    }
    let mut rows = Vec::new();
    for (((gateway, name), crowd), alone) in turns.into_iter().zip(&crowds).zip(&alone) {
        let of_crowd =
            |what: fn(&super::processes::Measured) -> f64| median(crowd.iter().map(what).collect());
        let one = Client { name, gateway, requests: 1000, concurrency: 1, warm_up: 200 };
        let start = Client { requests: 1, warm_up: 0, ..one };
        let starts: Result<Vec<f64>, String> = (0..size.starts).map(|_| start.start_up(root, mock)).collect();
        rows.push(Row {
            gateway: gateway.to_owned(),
            client: name.to_owned(),
            cpu_us: of_crowd(|measured| measured.cpu_ns) / 1e3,
            per_second: of_crowd(|measured| measured.per_second),
            p50_us: median(alone.iter().filter_map(|measured| measured.p50_ns).collect()) / 1e3,
            allocations: one.run(root, "bench-count", mock)?.allocations,
            system_calls: Client { requests: 3200, concurrency: 16, ..one }.system_calls(root, mock)?,
            peak_mib: of_crowd(|measured| measured.peak_kib) / 1024.0,
            start_ms: median(starts?),
        });
    }
    Ok(rows)
}

/// Tokens fetched when 64 callers start at once.
pub(super) fn cold_start(root: &Path, mock: &Mock, only: Option<&str>) -> Result<Vec<(String, u64)>, String> {
    let mut counts = Vec::new();
    for (gateway, name) in clients(only).filter(|(gateway, _)| *gateway == "chaiport") {
        if !(name == "twin" || name.starts_with("ours")) {
            continue;
        }
        mock.tokens()?;
        Client { name, gateway, requests: 64, concurrency: 64, warm_up: 0 }.run(root, "bench", mock)?;
        counts.push((name.to_owned(), mock.tokens()?));
    }
    Ok(counts)
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
