//! Which parts a level has, and how each is run.

use std::fs;
use std::path::Path;

use super::Level;

/// What runs a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// `tests/campaign`.
    Campaign,
    /// The kill tests of the desk.
    Kill,
    /// `tests/fuzz`.
    Fuzz,
}

impl Program {
    /// The cargo command that builds it, with the features of the whole workspace: so nothing is built twice in CI.
    pub(super) fn build(self) -> Vec<&'static str> {
        match self {
            Self::Campaign => vec!["build", "--quiet", "--workspace", "--bin", "campaign"],
            Self::Kill => vec!["test", "--quiet", "--workspace", "--test", "kill", "--no-run"],
            Self::Fuzz => vec!["build", "--quiet", "--workspace", "--bin", "fuzz-targets"],
        }
    }

    /// How it is run.
    pub(super) fn run(self, release: bool) -> Run {
        let profile: &[&str] = if release { &["--release"] } else { &[] };
        match self {
            Self::Campaign => Run::Built("campaign"),
            Self::Fuzz => Run::Built("fuzz-targets"),
            Self::Kill => {
                let test = ["test", "--quiet", "--workspace", "--test", "kill"];
                Run::Cargo([&test[..], profile, &["--", "--nocapture", "--test-threads=1"]].concat())
            }
        }
    }
}

/// How a program is run.
#[derive(Debug)]
pub(super) enum Run {
    /// The built program of this name.
    Built(&'static str),
    /// Cargo with these arguments, those of the part behind.
    Cargo(Vec<&'static str>),
}

/// A part: run as a whole, or not at all.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its class.
    pub(super) class: &'static str,
    /// Its name, seed included.
    pub(super) key: String,
    pub(super) program: Program,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
}

/// How much of each class a level runs, and in which portions.
struct Sizes {
    /// Every so many cells of the table.
    step: u64,
    /// Seeds for each kind of gateway.
    model: u64,
    /// Refunds asked for; about every fifth is refused before it is sent.
    sockets: u64,
    /// Power losses.
    power: u64,
    /// Full disks, and disks that fail to sync.
    storage: u64,
    /// Rounds on each database.
    kill: u64,
    /// Seconds for each target.
    fuzz: u64,
}

impl Sizes {
    const fn of(level: Level) -> Self {
        match level {
            // `cargo test` has the model's 10,000 seeds, the 50 kill rounds and a short run of the fuzzer already
            Level::Pr => {
                Self { step: 5, model: 1_000, sockets: 1_000, power: 100, storage: 30, kill: 0, fuzz: 0 }
            }
            Level::Nightly => Self {
                step: 1,
                model: 270_000,
                sockets: 13_000,
                power: 1_000,
                storage: 1_000,
                kill: 500,
                fuzz: 900,
            },
            Level::Release => Self {
                step: 1,
                model: 2_700_000,
                sockets: 50_000,
                power: 20_000,
                storage: 10_000,
                kill: 5_000,
                fuzz: 14_400,
            },
        }
    }
}

/// The names of the classes.
pub(super) fn classes(root: &Path) -> Vec<&'static str> {
    let mut classes: Vec<_> = parts(root, Level::Nightly, 0).iter().map(|part| part.class).collect();
    classes.dedup();
    classes
}

/// The parts of a level, in order.
pub(super) fn parts(root: &Path, level: Level, seed: u64) -> Vec<Part> {
    let sizes = Sizes::of(level);
    let mut parts = tables(level, sizes.step);
    parts.push(part("wrong", &[("--seed", seed)]));
    for (class, all, portion) in [
        ("model", sizes.model, 30_000),
        ("sockets", sizes.sockets, 1_000),
        ("power", sizes.power, 250),
        ("storage", sizes.storage, 250),
        ("sync", if cfg!(target_os = "linux") { sizes.storage } else { 0 }, 250),
    ] {
        for (from, size) in portions(all, portion) {
            parts.push(part(class, &[("--seed", seed + from), ("--trials", size)]));
        }
    }
    for (class, test) in [("kill sqlite", "on_sqlite"), ("kill postgres", "on_postgres")] {
        for (from, size) in portions(sizes.kill, 50) {
            parts.push(kill(class, test, seed + from, size));
        }
    }
    for (round, (_, seconds)) in (0..).zip(portions(sizes.fuzz, 300)) {
        parts.extend(fuzz_targets(root).into_iter().map(|target| fuzz(&target, seed + round, seconds)));
    }
    parts
}

/// The table over both transports in turns, or, where there is time, whole over each.
fn tables(level: Level, step: u64) -> Vec<Part> {
    let table = part("table", &[("--step", step)]);
    if level == Level::Pr {
        return vec![table];
    }
    let over = |transport: &str| {
        let mut part = table.clone();
        part.arguments.extend(["--over".to_owned(), transport.to_owned()]);
        part.key = part.arguments.join(" ");
        part
    };
    vec![over("reqwest"), over("witness")]
}

/// Every target has a corpus of its name.
fn fuzz_targets(root: &Path) -> Vec<String> {
    let folders = fs::read_dir(root.join("tests/fuzz/corpus")).into_iter().flatten().flatten();
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

fn fuzz(target: &str, seed: u64, seconds: u64) -> Part {
    let options =
        [("--target", target.to_owned()), ("--seconds", seconds.to_string()), ("--seed", seed.to_string())];
    let arguments: Vec<String> =
        options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    let key = format!("fuzz {}", arguments.join(" "));
    Part { class: "fuzz", key, program: Program::Fuzz, arguments, environment: Vec::new() }
}

fn portions(all: u64, portion: u64) -> impl Iterator<Item = (u64, u64)> {
    let step = usize::try_from(portion).unwrap_or(usize::MAX);
    (0..all).step_by(step).map(move |from| (from, portion.min(all - from)))
}

fn part(class: &'static str, options: &[(&str, u64)]) -> Part {
    let mut arguments = vec![class.to_owned()];
    for (name, value) in options {
        arguments.extend([(*name).to_owned(), value.to_string()]);
    }
    Part { class, key: arguments.join(" "), program: Program::Campaign, arguments, environment: Vec::new() }
}

fn kill(class: &'static str, test: &str, seed: u64, rounds: u64) -> Part {
    let environment = vec![
        ("CI", "true".to_owned()),
        ("KILL_JSON", "1".to_owned()),
        ("KILL_SEED", seed.to_string()),
        ("KILL_ROUNDS", rounds.to_string()),
    ];
    let key = format!("{class} --seed {seed} --rounds {rounds}");
    Part { class, key, program: Program::Kill, arguments: vec![test.to_owned()], environment }
}
