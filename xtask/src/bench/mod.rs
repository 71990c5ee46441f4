//! `cargo xtask bench`: what a cancel costs, in turns against one mock, with ratios to what is bare and what is written
//! by hand; and the counts that must not grow.

mod check;
mod connections;
mod page;
mod peers;
mod plot;
mod processes;
mod report;
mod rounds;
mod table;
mod weight;

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::machine::{commit, machine};
use report::{PARTS, Report, Stamp};

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
  cargo xtask bench --only weight --write
  cargo xtask bench --check")]
pub(crate) struct Arguments {
    /// One JSON document instead of the tables
    #[arg(long)]
    json: bool,
    /// Five short rounds instead of 21
    #[arg(long)]
    quick: bool,
    /// Only one part (cancels, parts, connections, weight, peers), or what has this in its name: a gateway, `parse`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Node (axios, the npm client) and Python (requests) as well, where they are installed
    #[arg(long)]
    peers: bool,
    /// Write tables and plot into docs/performance.md, its Korean twin and docs/performance/; parts that are not
    /// measured stay as they stand there
    #[arg(long)]
    write: bool,
    /// Measure nothing; compare instructions and allocations with tests/bench/budgets.json
    #[arg(long, conflicts_with_all = ["json", "quick", "write"])]
    check: bool,
    /// With --check: take what is counted now as the budgets
    #[arg(long, requires = "check", conflicts_with = "only")]
    accept: bool,
}

pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let only = arguments.only.as_deref();
    let part = only.filter(|only| PARTS.contains(only));
    let text = only.filter(|_| part.is_none());
    if arguments.write && text.is_some() {
        return Err(format!("--write takes whole parts: --only with one of {}", PARTS.join(", ")));
    }
    build(root)?;
    if arguments.check {
        return check::run(root, only, arguments.accept);
    }
    let report = measure(root, arguments, part, text)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print!("{}", table::all(&report, table::Language::English));
    }
    if arguments.write {
        page::write(root, report)?;
        eprintln!("docs/performance.md, docs/performance.ko.md and docs/performance/ are written");
    }
    Ok(())
}

/// Measures one part, or what has a text in its name, or everything.
fn measure(
    root: &Path,
    arguments: &Arguments,
    part: Option<&str>,
    text: Option<&str>,
) -> Result<Report, String> {
    let size = if arguments.quick { rounds::Size::quick() } else { rounds::Size::whole() };
    let fewer = size.rounds.min(FEWER);
    let mock = processes::Mock::start(root)?;
    let mut report = Report::default();
    for name in PARTS {
        let wanted = match (part, text) {
            (Some(part), _) => part == name,
            (None, Some(_)) => matches!(name, "cancels" | "parts"),
            (None, None) => match name {
                "weight" => !arguments.quick,
                "peers" => arguments.peers,
                _ => true,
            },
        };
        if !wanted {
            continue;
        }
        let rounds = match name {
            "cancels" => {
                report.cancels = rounds::cancels(root, &mock, size, text)?;
                report.cold_start_tokens = rounds::cold_start(root, &mock, text)?;
                size.rounds
            }
            "parts" => {
                report.pieces = processes::pieces(root, text)?;
                1
            }
            "connections" => {
                report.connections = connections::costs(root, fewer)?;
                report.races = connections::races(root)?;
                fewer
            }
            "weight" => {
                // minutes a round; processor time differs little from round to round
                report.weights = weight::weigh(root, 1)?;
                1
            }
            _ => {
                report.peers = peers::measure(root, &mock, fewer)?;
                fewer
            }
        };
        let stamp = Stamp {
            date: time::OffsetDateTime::now_utc().date().to_string(),
            commit: commit(root, &WRITTEN),
            machine: machine(),
            rounds,
            quick: arguments.quick,
        };
        report.measured.insert(name.to_owned(), stamp);
    }
    Ok(report)
}

fn build(root: &Path) -> Result<(), String> {
    let command = ["build", "--quiet", "--release", "--package", "bench"];
    let done = Command::new(env!("CARGO")).args(command).current_dir(root).status();
    if done.map_err(|error| format!("cargo: {error}"))?.success() {
        return Ok(());
    }
    Err(format!("failed: cargo {}", command.join(" ")))
}
