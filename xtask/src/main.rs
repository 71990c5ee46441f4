//! `cargo xtask`: what the workspace does to itself.

mod bench;
mod campaign;
mod ci;
mod contract;
mod demo;
mod examples;
mod fixtures;
mod machine;
mod supply;
mod tidy;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Fixtures, contract runs, the demo, the benchmark and the checks of this workspace"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Cancel at all three gateways, simulated on loopback, and compare every ledger: the whole job in one command
    Demo {
        /// One JSON object a line instead of the table
        #[arg(long)]
        json: bool,
    },
    /// Hold every gateway crate to the contract over real sockets
    Contract {
        /// Only this one: chaiport, eximbay, settlebank or settlebank-flat
        #[arg(long)]
        gateway: Option<contract_tests::Kind>,
        /// Only over this one: reqwest or witness
        #[arg(long)]
        transport: Option<contract_tests::Over>,
        /// Seed of the random server behaviours
        #[arg(long, default_value_t = 20_261_121)]
        seed: u64,
        /// Random server behaviours for each gateway and transport
        #[arg(long, default_value_t = 750)]
        trials: u32,
    },
    /// Throw every fault at it: crashes, hostile answers, dead processes, torn files, wrong designs
    Campaign(campaign::Arguments),
    /// Measure what a cancel costs, beside a bare socket, bare hyper and a client written by hand
    Bench(bench::Arguments),
    /// Run the examples from outside, as the sandbox prints them, and check exit codes and outcomes
    Examples,
    /// Regenerate the golden wire fixtures and the bank table
    Fixtures {
        /// Change nothing; fail when something is stale
        #[arg(long)]
        check: bool,
    },
    /// Check what no compiler checks: dependencies, versions, documents
    Tidy,
    /// Run what CI runs
    Ci {
        /// Leave out `cargo test --workspace`, for whoever has just run it
        #[arg(long)]
        without_tests: bool,
    },
}

/// The workspace's folder.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// Cargo as a shell would start it. What the cargo that runs this program set for it would make build scripts run again,
/// and half the tree be built anew each time.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let of_this_package = name.to_str().is_some_and(|name| {
            ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|beginning| name.starts_with(beginning))
                || matches!(name, "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE")
        });
        if of_this_package {
            command.env_remove(name);
        }
    }
    command
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo { json } => runtime().block_on(demo::run(&root(), json)),
        Task::Contract { gateway, transport, seed, trials } => {
            runtime().block_on(contract::run(gateway, transport, seed, trials))
        }
        Task::Campaign(arguments) => campaign::run(&root(), &arguments),
        Task::Bench(arguments) => bench::run(&root(), &arguments),
        Task::Examples => examples::run(&root()),
        Task::Fixtures { check } => fixtures::run(&root(), check),
        Task::Tidy => tidy::run(&root()),
        Task::Ci { without_tests } => ci::run(&root(), without_tests),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => {
            eprintln!("{faults}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}
