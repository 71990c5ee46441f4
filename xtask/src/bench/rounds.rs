//! Rounds in which every client has its turn, and their medians.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::processes::{Client, Mock};

/// Gateways, and the clients that are measured there.
const CLIENTS: [(&str, &[&str]); 4] = [
    ("chaiport", &["floor", "hyper", "reqwest-bytes", "twin", "ours-reqwest", "ours-witness"]),
    ("eximbay", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
    ("settlebank", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
    ("settlebank-flat", &["hyper", "twin", "ours-reqwest", "ours-witness"]),
];

/// How much. Many short rounds: what disturbs a machine lasts for seconds, and then falls on a round's clients alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rounds: usize,
    crowd: u64,
    alone: u64,
}

impl Size {
    pub(super) const fn whole() -> Self {
        Self { rounds: 21, crowd: 16_000, alone: 2_400 }
    }

    pub(super) const fn quick() -> Self {
        Self { rounds: 5, crowd: 8_000, alone: 1_200 }
    }
}

/// What one client's cancel takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// In user space, one at a time; `None` where `valgrind` is missing.
    #[serde(default)]
    pub(super) instructions: Option<f64>,
    pub(super) peak_mib: f64,
    /// From the start of the process to its end with one cancel done.
    pub(super) start_ms: f64,
    /// The same beside others of the gateway.
    pub(super) to_twin: Option<Ratios>,
    pub(super) to_hyper: Option<Ratios>,
}

/// One client beside another: the medians of the rounds' ratios.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ratios {
    pub(super) cpu: f64,
    pub(super) p50: f64,
    pub(super) start: f64,
}

/// What a client took in one round.
#[derive(Debug, Clone, Copy)]
struct Turn {
    cpu_us: f64,
    per_second: f64,
    p50_us: f64,
    peak_mib: f64,
    start_ms: f64,
}

impl Turn {
    fn take(root: &Path, mock: &Mock, size: Size, gateway: &str, name: &str) -> Result<Self, String> {
        let crowd =
            Client { name, gateway, requests: size.crowd, concurrency: 16, warm_up: size.crowd / 160 };
        let alone = Client { requests: size.alone, concurrency: 1, ..crowd };
        let start = Client { requests: 1, warm_up: 0, ..alone };
        let (crowd, alone) = (crowd.run(root, "bench", mock)?, alone.run(root, "bench", mock)?);
        Ok(Self {
            cpu_us: crowd.cpu_ns / 1e3,
            per_second: crowd.per_second,
            p50_us: alone.p50_ns.unwrap_or(f64::NAN) / 1e3,
            peak_mib: crowd.peak_kib / 1024.0,
            start_ms: start.start_up(root, mock)?,
        })
    }
}

impl Ratios {
    fn of(ours: &[Turn], to: &[Turn]) -> Self {
        let ratio = |what: fn(&Turn) -> f64| {
            median(ours.iter().zip(to).map(|(ours, to)| what(ours) / what(to)).collect())
        };
        Self {
            cpu: ratio(|turn| turn.cpu_us),
            p50: ratio(|turn| turn.p50_us),
            start: ratio(|turn| turn.start_ms),
        }
    }
}

pub(super) fn clients(only: Option<&str>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = CLIENTS
        .into_iter()
        .flat_map(|(gateway, clients)| clients.iter().map(move |client| (gateway, *client)));
    let only = only.map(str::to_owned);
    all.filter(move |(gateway, _)| only.as_deref().is_none_or(|only| gateway.contains(only)))
}

pub(super) fn cancels(root: &Path, mock: &Mock, size: Size, only: Option<&str>) -> Result<Vec<Row>, String> {
    let clients: Vec<_> = clients(only).collect();
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); clients.len()];
    for round in 0..if clients.is_empty() { 0 } else { size.rounds } {
        eprintln!("round {} of {}", round + 1, size.rounds);
        for turn in 0..clients.len() {
            // forth and back: a machine that becomes slower does so to all
            let turn = if round % 2 == 0 { turn } else { clients.len() - 1 - turn };
            let (gateway, name) = clients[turn];
            turns[turn].push(Turn::take(root, mock, size, gateway, name)?);
        }
    }
    let mut rows = Vec::new();
    for ((gateway, name), taken) in clients.iter().copied().zip(&turns) {
        let of = |what: fn(&Turn) -> f64| median(taken.iter().map(what).collect());
        let to = |other: &str| {
            let found = clients.iter().position(|client| *client == (gateway, other))?;
            Some(Ratios::of(taken, &turns[found]))
        };
        let one = Client { name, gateway, requests: 1000, concurrency: 1, warm_up: 200 };
        rows.push(Row {
            gateway: gateway.to_owned(),
            client: name.to_owned(),
            cpu_us: of(|turn| turn.cpu_us),
            per_second: of(|turn| turn.per_second),
            p50_us: of(|turn| turn.p50_us),
            allocations: one.run(root, "bench-count", mock)?.allocations,
            system_calls: Client { requests: 3200, concurrency: 16, ..one }.system_calls(root, mock)?,
            instructions: Client { requests: 3000, warm_up: 50, ..one }.instructions(root, mock)?,
            peak_mib: of(|turn| turn.peak_mib),
            start_ms: of(|turn| turn.start_ms),
            to_twin: to("twin"),
            to_hyper: to("hyper"),
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
