//! Counts that must not grow unnoticed: instructions of the pure parts, allocations of parts and of whole cancels.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::processes::{Client, Mock, Piece, has_valgrind, instructions, pieces_by};
use super::rounds::clients;
use crate::machine::machine;

const FILE: &str = "tests/bench/budgets.json";
/// How far instructions may be off, in per cent: the folder it is built in and the C library move them by some.
const TOLERANCE: f64 = 10.0;
/// Runs of a part whose difference is counted: the start of the process is in both.
const TIMES: (u64, u64) = (200, 400);

/// What is committed.
#[derive(Debug, Serialize, Deserialize)]
struct Budgets {
    /// The compiler that the instructions were counted with.
    rustc: String,
    /// The machine they were counted on: what a processor lacks is done in other instructions.
    #[serde(default)]
    machine: String,
    /// Instructions of one run of a part.
    instructions: BTreeMap<String, u64>,
    /// Allocations of one run of a part.
    allocations: BTreeMap<String, u64>,
    /// Allocations of one cancel over a socket: gateway and client.
    cancel_allocations: BTreeMap<String, u64>,
}

pub(super) fn run(root: &Path, only: Option<&str>, accept: bool) -> Result<(), String> {
    let counted = count(root, only)?;
    if accept {
        if counted.instructions.is_empty() {
            return Err("--accept needs valgrind: the instructions would be lost".to_owned());
        }
        let text = serde_json::to_string_pretty(&counted).map_err(|error| error.to_string())?;
        fs::write(root.join(FILE), format!("{text}\n")).map_err(|error| format!("{FILE}: {error}"))?;
        println!("bench: {FILE} is written");
        return Ok(());
    }
    let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    let budgets: Budgets = serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    let mut faults = Vec::new();
    if !counted.instructions.is_empty() {
        let mut changed = Vec::new();
        compare("instructions", &budgets.instructions, &counted.instructions, TOLERANCE, only, &mut changed);
        if (&budgets.rustc, &budgets.machine) == (&counted.rustc, &counted.machine) {
            faults.append(&mut changed);
        } else {
            println!(
                "bench: the budgets of instructions are another compiler's or machine's, and only told:"
            );
            changed.iter().for_each(|change| println!("  {change}"));
        }
    }
    compare("allocations", &budgets.allocations, &counted.allocations, 0.0, only, &mut faults);
    let (old, new) = (&budgets.cancel_allocations, &counted.cancel_allocations);
    compare("allocations of a whole cancel", old, new, 0.0, only, &mut faults);
    if faults.is_empty() {
        println!(
            "bench: {} parts and {} cancels take what they took",
            counted.allocations.len(),
            counted.cancel_allocations.len()
        );
        return Ok(());
    }
    faults.push("if it is meant: cargo xtask bench --check --accept, and commit the file".to_owned());
    Err(faults.iter().map(|fault| format!("bench: {fault}")).collect::<Vec<_>>().join("\n"))
}

fn count(root: &Path, only: Option<&str>) -> Result<Budgets, String> {
    let ours: Vec<Piece> =
        pieces_by(root, "bench-count", only)?.into_iter().filter(|piece| is_ours(&piece.name)).collect();
    let mut counted = BTreeMap::new();
    if !has_valgrind() {
        println!("bench: no valgrind here: instructions are not compared, allocations are");
    } else {
        for piece in &ours {
            let (once, twice) =
                (executed(root, &piece.name, TIMES.0)?, executed(root, &piece.name, TIMES.1)?);
            counted.insert(piece.name.clone(), twice.saturating_sub(once) / (TIMES.1 - TIMES.0));
        }
    }
    let allocations =
        ours.iter().filter_map(|piece| Some((piece.name.clone(), piece.allocations?))).collect();
    let mock = Mock::start(root)?;
    let mut cancel_allocations = BTreeMap::new();
    for (gateway, name) in clients(only).filter(|(_, name)| name.starts_with("ours")) {
        let client = Client { name, gateway, requests: 1000, concurrency: 1, warm_up: 200 };
        if let Some(count) = client.run(root, "bench-count", &mock)?.allocations {
            cancel_allocations.insert(format!("{gateway} {name}"), count);
        }
    }
    Ok(Budgets { rustc: rustc(), machine: machine(), instructions: counted, allocations, cancel_allocations })
}

/// What is there for comparison alone has no budget.
fn is_ours(name: &str) -> bool {
    !name.ends_with("-twin") && !name.ends_with("-bare")
}

/// Instructions of a process that runs a part so many times.
fn executed(root: &Path, piece: &str, times: u64) -> Result<u64, String> {
    instructions(root, &["pieces-once".to_owned(), piece.to_owned(), times.to_string()])
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn compare(
    what: &str,
    budgets: &BTreeMap<String, u64>,
    counted: &BTreeMap<String, u64>,
    tolerance: f64,
    only: Option<&str>,
    faults: &mut Vec<String>,
) {
    for (name, count) in counted {
        let Some(budget) = budgets.get(name) else {
            faults.push(format!("{name}: {count} {what}, no budget"));
            continue;
        };
        let change = (*count as f64 / *budget as f64 - 1.0) * 100.0;
        let same = count == budget || change.abs() <= tolerance;
        if !same {
            faults.push(format!("{name}: {count} {what}, budget {budget} ({change:+.1} %)"));
        }
    }
    let gone = budgets.keys().filter(|name| only.is_none() && !counted.contains_key(*name));
    faults.extend(gone.map(|name| format!("{name}: a budget of {what}, but it is not there any more")));
}
