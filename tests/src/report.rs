//! What was tried, and what broke a rule.

use std::fmt;

/// Counts of one run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Cancels tried.
    pub trials: u64,
    /// Of these, said to be not sent.
    pub not_sent: u64,
    /// Of these, said to be unknown.
    pub unknown: u64,
    /// Of these, said to be rejected.
    pub rejected: u64,
    /// Of these, said to be done.
    pub done: u64,
    /// Cancel requests that the server saw.
    pub seen: u64,
    /// Rules broken, each with what was going on.
    pub violations: Vec<String>,
}

impl Report {
    /// Notes a broken rule.
    pub fn violate(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    /// Adds another run.
    pub fn merge(&mut self, other: Self) {
        self.trials += other.trials;
        self.not_sent += other.not_sent;
        self.unknown += other.unknown;
        self.rejected += other.rejected;
        self.done += other.done;
        self.seen += other.seen;
        self.violations.extend(other.violations);
    }

    /// Counts one outcome by its label.
    pub fn count(&mut self, label: &str) {
        self.trials += 1;
        match label {
            "not_sent" | "invalid" => self.not_sent += 1,
            "unknown" => self.unknown += 1,
            "rejected" => self.rejected += 1,
            _ => self.done += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cancels tried: {} done, {} rejected, {} unknown, {} not sent; the server saw {} cancel requests; {} violations",
            self.trials,
            self.done,
            self.rejected,
            self.unknown,
            self.not_sent,
            self.seen,
            self.violations.len()
        )
    }
}
