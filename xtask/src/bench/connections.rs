//! What a connection costs, and what comes of cancels that are sent while the server closes it.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::processes::{Measured, Mock, program, told};
use super::rounds::median;
use crate::machine::target;

const TRANSPORTS: [&str; 2] = ["reqwest", "witness"];
/// After so many milliseconds without a request the racing server closes.
const IDLE: &str = "6";

/// Servers by name, with the mock's options.
const SERVERS: [(&str, &[&str]); 3] = [
    ("http", &[]),
    ("tls, sessions resumed", &["--tls", "resumed"]),
    ("tls, sessions forgotten", &["--tls", "forgotten"]),
];

/// What a Chaiport cancel takes over connections of one kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cost {
    pub(super) server: String,
    pub(super) transport: String,
    /// Processor time of the client's process, 16 at once, in microseconds: connections kept.
    pub(super) kept_us: f64,
    /// The same with a connection of its own for each cancel.
    pub(super) own_us: f64,
}

/// What 2,000 cancels ended as that were sent about when the server was closing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Race {
    pub(super) transport: String,
    /// Whether connections were kept.
    pub(super) kept: bool,
    pub(super) ended: Raced,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Raced {
    pub(super) completed: u64,
    pub(super) not_sent: u64,
    pub(super) unknown: u64,
}

pub(super) fn costs(root: &Path, rounds: usize) -> Result<Vec<Cost>, String> {
    let mut costs = Vec::new();
    let authority = target(root).join("bench-authority.pem");
    let file = authority.to_string_lossy().into_owned();
    for (server, options) in SERVERS {
        let tls: &[&str] = if options.is_empty() { &[] } else { &["--authority", &file] };
        let mock = Mock::with(root, &[options, tls, &["--awake"]].concat())?;
        let trust: &[&str] = if options.is_empty() { &[] } else { &["--trust", &file] };
        let mut taken = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
        for _ in 0..rounds {
            for (transport, taken) in TRANSPORTS.into_iter().zip(&mut taken) {
                let [kept, own] = taken;
                let port = mock.port.to_string();
                let command = |more: &[&str]| {
                    let mut command = Command::new(program(root, "bench"));
                    command.args(["connections", transport, "--port", &port]).args(trust).args(more);
                    told::<Measured>(&mut command).map_err(|fault| format!("{server} {transport}: {fault}"))
                };
                kept.push(command(&["--requests", "8000"])?.cpu_ns / 1e3);
                own.push(command(&["--requests", "1600", "--never-kept"])?.cpu_ns / 1e3);
            }
        }
        costs.extend(TRANSPORTS.into_iter().zip(taken).map(|(transport, [kept, own])| Cost {
            server: server.to_owned(),
            transport: transport.to_owned(),
            kept_us: median(kept),
            own_us: median(own),
        }));
    }
    Ok(costs)
}

pub(super) fn races(root: &Path) -> Result<Vec<Race>, String> {
    let mock = Mock::with(root, &["--idle", IDLE])?;
    let port = mock.port.to_string();
    let mut races = Vec::new();
    for transport in TRANSPORTS {
        for kept in [true, false] {
            let mut command = Command::new(program(root, "bench"));
            command.args(["race", transport, "--port", &port, "--idle", IDLE]);
            if !kept {
                command.arg("--never-kept");
            }
            let ended = told(&mut command).map_err(|fault| format!("race {transport}: {fault}"))?;
            races.push(Race { transport: transport.to_owned(), kept, ended });
        }
    }
    Ok(races)
}
