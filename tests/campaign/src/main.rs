//! `campaign CLASS`: one class of the campaign; `cargo xtask campaign` runs them all.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use campaign::{ClassReport, hostile, model, power, sockets, table, wrong};
use clap::{Parser, Subcommand};
use contract_tests::Over;
use contract_tests::hostile::Meter;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const METER: Meter = Meter {
    reset: || MEMORY.reset_peak_usage(),
    current: || MEMORY.current_usage(),
    peak: || MEMORY.peak_usage(),
};

#[derive(Parser)]
#[command(name = "campaign", about = "One class of the fault campaign; `cargo xtask campaign` runs them all")]
struct Arguments {
    #[command(subcommand)]
    class: Class,
}

#[derive(Subcommand)]
enum Class {
    /// Crash points × answers × shares × gateways
    Table {
        /// Only every so many cells
        #[arg(long, default_value_t = 1)]
        step: usize,
        /// Only those whose description holds this: a gateway, a crash point, a fault
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
        /// Over one transport alone: reqwest or witness; else over both in turns
        #[arg(long)]
        over: Option<Over>,
    },
    /// Designs that are known to be wrong: each must be found out within 1,000 seeds
    Wrong {
        /// The first seed
        #[arg(long, default_value_t = 20_261_121)]
        seed: u64,
    },
    /// A gateway that means harm: time, memory, outcome
    Hostile,
    /// A caller that means harm: every input with what must come of it
    Caller,
    /// The protocol's model, by seeds
    Model(Size),
    /// The whole desk over real sockets and TLS, under random faults
    Sockets(Size),
    /// The journal on disk after the power went
    Power(Size),
    /// The disk is full, from some write on
    #[cfg(unix)]
    Storage(Size),
    /// The disk cannot make durable what it took
    #[cfg(target_os = "linux")]
    Sync(Size),
}

#[derive(clap::Args)]
struct Size {
    /// The first seed
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// How many: seeds for each gateway, refunds, power losses
    #[arg(long, default_value_t = 100)]
    trials: u64,
}

fn tell(done: usize, all: usize) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _a_hint_only = write!(stderr, "\r{done} of {all} ");
    }
}

fn main() -> ExitCode {
    let class = Arguments::parse().class;
    #[cfg(target_os = "linux")]
    if matches!(class, Class::Sync(_)) {
        match campaign::sync::under_the_shim() {
            Ok(None) => {}
            Ok(Some(ended)) => return ended,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let report = match class {
        Class::Table { step, only, over } => runtime.block_on(table::run(step, only.as_deref(), over, tell)),
        Class::Wrong { seed } => runtime.block_on(wrong::run(seed, tell)),
        Class::Hostile => runtime.block_on(hostile::gateway(METER, tell)),
        Class::Caller => runtime.block_on(hostile::caller()),
        Class::Model(size) => model::run(size.seed, size.trials, tell),
        Class::Sockets(size) => runtime.block_on(sockets::run(size.seed, size.trials, tell)),
        Class::Power(size) => runtime.block_on(power::run(size.seed, size.trials, tell)),
        #[cfg(unix)]
        Class::Storage(size) => runtime.block_on(campaign::storage::run(size.seed, size.trials, tell)),
        #[cfg(target_os = "linux")]
        Class::Sync(size) => runtime.block_on(campaign::sync::run(size.seed, size.trials, tell)),
    };
    end(&report)
}

/// One line of JSON on standard output, the violations on standard error.
fn end(report: &ClassReport) -> ExitCode {
    println!("{}", serde_json::to_string(report).expect("plain numbers and texts"));
    for violation in report.violations.iter().take(20) {
        eprintln!("{violation}");
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
