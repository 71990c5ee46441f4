//! `cargo xtask bench`: what a cancel costs, in turns against one mock, with ratios to what is bare and what is written
//! by hand; and the counts that must not grow.

mod check;
mod connections;
mod page;
mod peers;
mod plot;
mod processes;
mod rounds;
mod table;
mod weight;

use std::path::Path;
use std::process::Command;

use clap::Args;
use serde::Serialize;

use crate::machine::{commit, machine};

const WRITTEN: [&str; 3] = ["docs/performance.md", "docs/performance.ko.md", "docs/performance"];

/// Rounds of what differs by more than rounds do.
const FEWER: usize = 7;

#[derive(Debug, Args)]
#[command(after_help = "\
Times are only ever compared within one run: the clients take turns, and what counts is the median of the rounds' ratios.
--check compares counts (instructions by valgrind, allocations), which no busy machine changes.

Examples:
  cargo xtask bench --quick
  cargo xtask bench --only chaiport
  cargo xtask bench --only weight
  cargo xtask bench --check")]
pub(crate) struct Arguments {
    /// One JSON document instead of the tables
    #[arg(long)]
    json: bool,
    /// Five short rounds instead of 21
    #[arg(long)]
    quick: bool,
    /// Only what has this in its name: a gateway, a part such as `parse`, `connections`, `weight`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Node (axios, the npm client) and Python (requests) as well, where they are installed
    #[arg(long)]
    peers: bool,
    /// Write tables and plot into docs/performance.md, its Korean twin and docs/performance/
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// Measure nothing; compare instructions and allocations with tests/bench/budgets.json
    #[arg(long, conflicts_with_all = ["json", "quick", "write"])]
    check: bool,
    /// With --check: take what is counted now as the budgets
    #[arg(long, requires = "check", conflicts_with = "only")]
    accept: bool,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
struct Report {
    date: String,
    commit: String,
    machine: String,
    rounds: usize,
    cancels: Vec<rounds::Row>,
    pieces: Vec<processes::Piece>,
    /// Tokens fetched when 64 callers start at once, by client.
    cold_start_tokens: Vec<(String, u64)>,
    connections: Vec<connections::Cost>,
    races: Vec<connections::Race>,
    weights: Vec<weight::Weight>,
    /// Chaiport's cancel beside Node and Python.
    peers: Vec<peers::Peer>,
}

pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    build(root)?;
    let only = arguments.only.as_deref();
    if arguments.check {
        return check::run(root, only, arguments.accept);
    }
    let size = if arguments.quick { rounds::Size::quick() } else { rounds::Size::whole() };
    let wanted = |name: &str| only.is_none_or(|only| name == only);
    let mock = processes::Mock::start(root)?;
    let cancels = rounds::cancels(root, &mock, size, only)?;
    let report = Report {
        date: time::OffsetDateTime::now_utc().date().to_string(),
        commit: commit(root, &WRITTEN),
        machine: machine(),
        rounds: size.rounds,
        cancels,
        pieces: processes::pieces(root, only)?,
        cold_start_tokens: rounds::cold_start(root, &mock, only)?,
        connections: given(wanted(connections::NAME), || connections::costs(root, size.rounds.min(FEWER)))?,
        races: given(wanted(connections::NAME), || connections::races(root))?,
        // minutes a round; processor time differs little from round to round
        weights: given(wanted(weight::NAME) && !(arguments.quick && only.is_none()), || {
            weight::weigh(root, 1)
        })?,
        peers: given(arguments.peers, || peers::measure(root, &mock, size.rounds.min(FEWER)))?,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print!("{}", table::all(&report, table::Language::English));
    }
    if arguments.write {
        page::write(root, &report)?;
        eprintln!("docs/performance.md, docs/performance.ko.md and docs/performance/ are written");
    }
    Ok(())
}

fn given<T>(wanted: bool, measure: impl FnOnce() -> Result<Vec<T>, String>) -> Result<Vec<T>, String> {
    if wanted { measure() } else { Ok(Vec::new()) }
}

fn build(root: &Path) -> Result<(), String> {
    let command = ["build", "--quiet", "--release", "--package", "bench"];
    let done = Command::new(env!("CARGO")).args(command).current_dir(root).status();
    if done.map_err(|error| format!("cargo: {error}"))?.success() {
        return Ok(());
    }
    Err(format!("failed: cargo {}", command.join(" ")))
}
