//! A hostile gateway and a hostile caller, as the contract's own tests have them, with their figures.

use std::time::Instant;

use contract_tests::caller::{self, corpus};
use contract_tests::hostile::{self, Meter, Outcome};
use contract_tests::{Kind, Over};

use crate::outcome::ClassReport;

/// Bodies and headers without end, bombs, contradictions, other hosts, bad certificates.
pub async fn gateway(meter: Meter, tell: impl Fn(usize, usize)) -> ClassReport {
    let began = Instant::now();
    let mut outcome = Outcome::default();
    let all = Over::ALL.into_iter().flat_map(|over| Kind::ALL.into_iter().map(move |kind| (kind, over)));
    for (done, (kind, over)) in all.enumerate() {
        tell(done, Kind::ALL.len() * Over::ALL.len());
        outcome.merge(hostile::run(kind, over, meter).await);
    }
    let mut report = ClassReport::new("hostile", 0);
    report.trials = count(outcome.rows.len());
    let mut names: Vec<&str> = outcome.rows.iter().map(|row| row.case.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    report.count("cases", count(names.len()));
    report.count("longest call, ms", u64::try_from(outcome.longest().as_millis()).unwrap_or(u64::MAX));
    report.count("highest peak of memory, KiB", count(outcome.peak().div_ceil(1024)));
    report.violations = outcome.report.violations;
    report.took(began.elapsed())
}

/// Path tricks, over-long fields, odd amounts, header and log injection, base URLs that lead elsewhere.
pub async fn caller() -> ClassReport {
    let began = Instant::now();
    let cases = corpus();
    let figures = caller::run(&cases).await;
    let mut report = ClassReport::new("caller", 0);
    report.trials = count(cases.len());
    report.count("refused", count(figures.refused));
    report.count("accepted", count(figures.accepted));
    report.count("sent, and ended right", count(figures.sent));
    report.violations = figures.report.violations;
    report.took(began.elapsed())
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
