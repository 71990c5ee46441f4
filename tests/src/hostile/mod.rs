//! A gateway that means harm: bodies and headers without end, bombs, contradictions, other hosts, bad certificates.
//!
//! Of each call: the outcome that the sandbox's books allow, no panic, a time within the client's own limits, and a
//! peak of memory that has nothing to do with what the gateway sent.

mod cases;
mod elsewhere;
mod run;
mod tls;

use std::fmt;
use std::time::Duration;

use crate::kind::Kind;
use crate::report::Report;

pub use run::run;

/// Every way to answer that does not wait for the client's time limit or send more than a megabyte.
pub fn quick_faults() -> Vec<pg_sandbox::FaultKind> {
    use pg_sandbox::FaultKind::{
        Amounts, EndlessBody, EndlessHeaders, Gzip, HeaderBomb, HugeBody, LongHeader,
    };
    let quick = |case: &cases::Case| {
        let large = matches!(
            case.fault,
            EndlessBody | EndlessHeaders | Gzip(1..) | HeaderBomb(_) | HugeBody(_) | LongHeader(_)
        );
        // one amount is as good as another here
        let alike = matches!(&case.fault, Amounts(token) if token != "NaN");
        !case.slow && !large && !alike
    };
    cases::all("http://127.0.0.1:9").into_iter().filter(quick).map(|case| case.fault).collect()
}

/// Most memory that one call may take at its peak, the sandbox's own included: the body's limit of 1 MiB, and 4 MiB to
/// read it in and to take it apart.
pub const MAX_PEAK: usize = 5 * 1024 * 1024;
/// How much longer than the client's own limit a call may take on a busy machine.
const GRACE: Duration = Duration::from_secs(5);

/// How the process counts its memory; the test binary has the allocator.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    /// Forgets the peak so far.
    pub reset: fn(),
    /// Bytes in use.
    pub current: fn() -> usize,
    /// Most bytes in use since the reset.
    pub peak: fn() -> usize,
}

impl Meter {
    /// Counts nothing, for a process without such an allocator.
    pub const NONE: Self = Self { reset: || (), current: || 0, peak: || 0 };
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A cancel.
    Cancel,
    /// A look-up.
    LookUp,
    /// Chaiport's token, on the way to a cancel.
    Token,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cancel => "cancel",
            Self::LookUp => "look-up",
            Self::Token => "token",
        })
    }
}

/// Figures of one call.
#[derive(Debug, Clone)]
pub struct Row {
    /// What the gateway did.
    pub case: String,
    /// Which gateway.
    pub kind: Kind,
    /// What was asked.
    pub asked: Asked,
    /// The client's word.
    pub outcome: &'static str,
    /// How long it took.
    pub took: Duration,
    /// Bytes above those in use before it, at the peak.
    pub peak: usize,
}

/// What came of all cases.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Counts and broken rules.
    pub report: Report,
    /// One for every call.
    pub rows: Vec<Row>,
}

impl Outcome {
    /// Adds another run.
    pub fn merge(&mut self, other: Self) {
        self.report.merge(other.report);
        self.rows.extend(other.rows);
    }

    /// Most bytes at the peak of any call.
    pub fn peak(&self) -> usize {
        self.rows.iter().map(|row| row.peak).max().unwrap_or(0)
    }

    /// The longest time of any call.
    pub fn longest(&self) -> Duration {
        self.rows.iter().map(|row| row.took).max().unwrap_or_default()
    }
}

/// A line for each case: which words the clients used, the longest time and the highest peak.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cases: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !cases.contains(&row.case.as_str()) {
                cases.push(&row.case);
            }
        }
        writeln!(f, "{:<44} {:>5} {:>7} {:>9}  said", "case", "calls", "max ms", "max KiB")?;
        for case in cases {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.case == case).collect();
            let took = rows.iter().map(|row| row.took.as_millis()).max().unwrap_or(0);
            let peak = rows.iter().map(|row| row.peak).max().unwrap_or(0).div_ceil(1024);
            let mut words: Vec<String> = Vec::new();
            for row in &rows {
                let word = format!("{}: {}", row.asked, row.outcome);
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            writeln!(f, "{case:<44} {:>5} {took:>7} {peak:>9}  {}", rows.len(), words.join(", "))?;
        }
        Ok(())
    }
}
