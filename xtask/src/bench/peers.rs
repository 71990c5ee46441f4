//! Chaiport's cancel in other languages, where they are installed: Node and Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::processes::{Client, Measured, Mock, told};
use super::rounds::median;
use crate::machine::target;

/// Of ours, to compare with in the same rounds.
const CLIENTS: [&str; 3] = ["twin", "ours-reqwest", "ours-witness"];
/// Programs by name, with what runs them.
const PEERS: [(&str, &str, &str); 4] = [
    ("axios, kept", "node", "axios-kept.mjs"),
    ("axios, as the guide shows", "node", "axios-guide.mjs"),
    ("iamport (npm)", "node", "iamport.mjs"),
    ("requests, sessions", "python3", "session.py"),
];
const CONCURRENCY: u64 = 16;

/// What a cancel takes in another language.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Peer {
    pub(super) client: String,
    /// Processor time of the client's process, 16 at once, in microseconds.
    pub(super) cpu_us: f64,
    pub(super) per_second: f64,
    pub(super) peak_mib: f64,
}

pub(super) fn measure(root: &Path, mock: &Mock, rounds: usize) -> Result<Vec<Peer>, String> {
    let folder = root.join("tests/bench/peers");
    let node = modules(root, &folder)?;
    let python = runs(Command::new("python3").args(["-c", "import requests"]));
    let installed = |by: &str| if by == "node" { node.is_some() } else { python };
    let peers: Vec<_> = PEERS.into_iter().filter(|(_, by, _)| installed(by)).collect();
    let folder = node.unwrap_or(folder);
    let mut taken = vec![Vec::new(); CLIENTS.len() + peers.len()];
    for round in 0..rounds {
        eprintln!("peers, round {} of {rounds}", round + 1);
        let (ours, others) = taken.split_at_mut(CLIENTS.len());
        for (name, taken) in CLIENTS.into_iter().zip(ours) {
            let client = Client {
                name,
                gateway: "chaiport",
                requests: 16_000,
                concurrency: CONCURRENCY,
                warm_up: 100,
            };
            taken.push(client.run(root, "bench", mock)?);
        }
        for ((name, by, file), taken) in peers.iter().zip(others) {
            let numbers = [u64::from(mock.port), 3_200, CONCURRENCY, 100].map(|number| number.to_string());
            let mut command = Command::new(by);
            command.arg(folder.join(file)).args(numbers);
            taken.push(told::<Measured>(&mut command).map_err(|fault| format!("{name}: {fault}"))?);
        }
    }
    let names = CLIENTS.into_iter().chain(peers.iter().map(|(name, ..)| *name));
    let peer = |(name, taken): (&str, Vec<Measured>)| {
        let of = |what: fn(&Measured) -> f64| median(taken.iter().map(what).collect());
        Peer {
            client: name.to_owned(),
            cpu_us: of(|measured| measured.cpu_ns) / 1e3,
            per_second: of(|measured| measured.per_second),
            peak_mib: of(|measured| measured.peak_kib) / 1024.0,
        }
    };
    Ok(names.zip(taken).map(peer).collect())
}

/// The programs beside the packages that they need; `None` without Node.
fn modules(root: &Path, from: &Path) -> Result<Option<PathBuf>, String> {
    if !runs(Command::new("node").arg("--version")) || !runs(Command::new("npm").arg("--version")) {
        return Ok(None);
    }
    let folder = target(root).join("bench-peers");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?.flatten() {
        fs::copy(entry.path(), folder.join(entry.file_name()))
            .map_err(|error| format!("{}: {error}", entry.path().display()))?;
    }
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
    if runs(&mut install) { Ok(Some(folder)) } else { Err("failed: npm install".to_owned()) }
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
