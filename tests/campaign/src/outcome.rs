//! What a class of the campaign came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// Counts and violations of one class.
#[derive(Debug, Default, Serialize)]
pub struct ClassReport {
    /// Its name.
    pub class: String,
    /// The seed it began with.
    pub seed: u64,
    /// Trials, in the class's own unit.
    pub trials: u64,
    /// Whatever else was counted.
    pub counts: BTreeMap<String, u64>,
    /// What else is worth saying.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Rules broken, each with the seed or cell that breaks it again.
    pub violations: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

impl ClassReport {
    /// An empty report.
    pub fn new(class: &str, seed: u64) -> Self {
        Self { class: class.to_owned(), seed, ..Self::default() }
    }

    /// Counts something.
    pub fn count(&mut self, what: &str, by: u64) {
        *self.counts.entry(what.to_owned()).or_default() += by;
    }

    /// Adds a part of the same class.
    pub fn merge(&mut self, other: Self) {
        self.trials += other.trials;
        for (what, by) in other.counts {
            self.count(&what, by);
        }
        self.violations.extend(other.violations);
    }

    /// With its time.
    pub fn took(mut self, time: Duration) -> Self {
        self.seconds = time.as_secs_f64();
        self
    }
}
