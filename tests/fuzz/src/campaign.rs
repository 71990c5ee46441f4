//! The fuzzer of the stable compiler: mutates what the corpus holds, and keeps what is treated in a new way.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use cpu_time::ProcessTime;

use crate::mutate::mutate;
use crate::random::Random;
use crate::{Target, corpus_of};

/// When to stop: whatever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// After so much processor time: how busy the machine is besides changes nothing.
    pub time: Duration,
    /// After so many executions.
    pub executions: u64,
}

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// How many inputs of the corpus were run first.
    pub corpus: usize,
    /// Executions, those of the corpus included.
    pub executions: u64,
    /// How many ways of treating an input were seen.
    pub behaviours: usize,
    /// Processor time it took.
    pub took: Duration,
    /// The slowest single execution.
    pub slowest: Duration,
    /// The first input of which something did not hold, and what.
    pub broken: Option<(Vec<u8>, String)>,
}

/// An input that takes more processor time than this is a fault of its own.
const TOO_LONG: Duration = Duration::from_secs(2);
/// Most inputs that are kept in memory.
const KEPT: usize = 4000;

/// The committed inputs of a target, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub fn corpus(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut files: Vec<_> = fs::read_dir(corpus_of(target))?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    files.iter().map(|file| fs::read(file.path())).collect()
}

/// Runs the corpus, then mutations of it.
#[must_use]
pub fn run(target: &Target, corpus: Vec<Vec<u8>>, seed: u64, limits: Limits) -> Report {
    let begun = ProcessTime::now();
    let mut report = Report {
        corpus: corpus.len(),
        executions: 0,
        behaviours: 0,
        took: Duration::ZERO,
        slowest: Duration::ZERO,
        broken: None,
    };
    let mut known = BTreeSet::new();
    for input in &corpus {
        if !execute(target, input, &mut known, &mut report) && report.broken.is_some() {
            break;
        }
    }
    let mut kept = if corpus.is_empty() { vec![Vec::new()] } else { corpus };
    let mut random = Random::new(seed);
    while report.broken.is_none() && report.executions < limits.executions && begun.elapsed() < limits.time {
        let mut input = random.pick(&kept).cloned().unwrap_or_default();
        mutate(&mut input, &kept, target.words, &mut random);
        if execute(target, &input, &mut known, &mut report) {
            if kept.len() < KEPT {
                kept.push(input);
            } else if let Some(other) = kept.get_mut(random.below(KEPT)) {
                *other = input;
            }
        }
    }
    report.took = begun.elapsed();
    report
}

/// Runs one input; whether it was treated in a new way.
fn execute(target: &Target, input: &[u8], known: &mut BTreeSet<u64>, report: &mut Report) -> bool {
    let begun = ProcessTime::now();
    let seen = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let took = begun.elapsed();
    report.executions += 1;
    report.slowest = report.slowest.max(took);
    let broken = match &seen {
        Err(panic) => Some(words(panic.as_ref())),
        Ok(_) if took > TOO_LONG => Some(format!("took {took:?}")),
        Ok(_) => None,
    };
    if let Some(what) = broken {
        report.broken = Some((input.to_vec(), what));
    }
    let new = seen.is_ok_and(|seen| known.insert(seen));
    report.behaviours = known.len();
    new
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

/// Writes an input under a name made of its content.
///
/// # Errors
/// When it cannot be written.
pub fn keep(folder: &Path, input: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut seen = crate::behaviour::Seen::new();
    fs::write(folder.join(format!("{:016x}", seen.note(input).number())), input)
}
