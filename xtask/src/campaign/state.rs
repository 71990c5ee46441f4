//! What is done already, so that a long run may be interrupted.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::Part;
use crate::machine::{commit, target};

/// The pages themselves may be changed: they are what is written.
const PAGES: [&str; 2] = ["docs/campaign.md", "docs/campaign.ko.md"];

/// What a part came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) trials: u64,
    #[serde(default)]
    pub(super) counts: BTreeMap<String, u64>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    pub(super) violations: Vec<String>,
    pub(super) seconds: f64,
}

impl Done {
    /// Both together.
    pub(super) fn and(&mut self, other: Self) -> Self {
        let mut all = self.clone();
        all.trials += other.trials;
        for (what, count) in other.counts {
            *all.counts.entry(what).or_default() += count;
        }
        all.notes.extend(other.notes);
        all.violations.extend(other.violations);
        all.seconds += other.seconds;
        all
    }
}

/// What the fuzzer tells of a target.
#[derive(Debug, Deserialize)]
struct Fuzzed {
    target: String,
    executions: u64,
    broken: Option<String>,
    seconds: f64,
}

/// A line that a program wrote, if it is a report.
pub(super) fn read(line: &str) -> Option<Done> {
    if let Ok(Fuzzed { target, executions, broken, seconds }) = serde_json::from_str(line) {
        let violations = broken.into_iter().map(|what| format!("fuzz {target}: {what}")).collect();
        let counts = BTreeMap::from([(target, executions)]);
        return Some(Done { trials: executions, counts, notes: Vec::new(), violations, seconds });
    }
    serde_json::from_str(line).ok()
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: String,
    commit: String,
    done: Done,
}

/// A class with all of its parts that are done.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) class: &'static str,
    /// Parts done, of all.
    pub(super) parts: (usize, usize),
    pub(super) trials: u64,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
    pub(super) violations: Vec<String>,
    pub(super) seconds: f64,
    /// The commits that they ran on.
    pub(super) commits: Vec<String>,
}

/// One line for each part that is done.
pub(super) struct State {
    path: PathBuf,
    lines: Vec<Line>,
    commit: String,
}

impl State {
    pub(super) fn open(root: &Path, level: &str, anew: bool) -> Result<Self, String> {
        let folder = target(root).join("campaign");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(failed)?;
        let path = folder.join(format!("{level}.jsonl"));
        if anew && path.exists() {
            fs::remove_file(&path).map_err(failed)?;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Self { path, lines, commit: commit(root, &PAGES) })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|line| line.key == key)
    }

    pub(super) fn add(&mut self, key: &str, done: &Done) -> Result<(), String> {
        let line = Line { key: key.to_owned(), commit: self.commit.clone(), done: done.clone() };
        let text = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        let failed = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let mut file = fs::File::options().create(true).append(true).open(&self.path).map_err(failed)?;
        writeln!(file, "{text}").map_err(failed)?;
        self.lines.push(line);
        Ok(())
    }

    /// What the parts came to, class by class.
    pub(super) fn rows(&self, parts: &[Part]) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for part in parts {
            if rows.last().is_none_or(|row| row.class != part.class) {
                rows.push(Row {
                    class: part.class,
                    parts: (0, 0),
                    trials: 0,
                    counts: BTreeMap::new(),
                    notes: Vec::new(),
                    violations: Vec::new(),
                    seconds: 0.0,
                    commits: Vec::new(),
                });
            }
            let Some(row) = rows.last_mut() else { continue };
            row.parts.1 += 1;
            let Some(line) = self.lines.iter().find(|line| line.key == part.key) else { continue };
            row.parts.0 += 1;
            row.trials += line.done.trials;
            for (what, count) in &line.done.counts {
                *row.counts.entry(what.clone()).or_default() += count;
            }
            row.notes.extend(line.done.notes.iter().cloned());
            row.violations.extend(line.done.violations.iter().cloned());
            row.seconds += line.done.seconds;
            if !row.commits.contains(&line.commit) {
                row.commits.push(line.commit.clone());
            }
        }
        rows
    }
}
