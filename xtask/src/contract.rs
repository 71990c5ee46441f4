//! `cargo xtask contract`: the suite of `tests/`, by hand.

use std::time::Instant;

use contract_tests::{Kind, Over, Report};

pub(crate) async fn run(
    only: Option<Kind>,
    transport: Option<Over>,
    seed: u64,
    trials: u32,
) -> Result<(), String> {
    let mut violations = Vec::new();
    for over in Over::ALL.into_iter().filter(|over| transport.is_none_or(|only| only == *over)) {
        let mut total = Report::default();
        for kind in Kind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind)) {
            let started = Instant::now();
            let report = contract_tests::run(kind, over, seed, trials).await;
            println!("{over} {kind:<16} {report} ({:.1} s)", started.elapsed().as_secs_f64());
            total.merge(report);
        }
        println!("{over} {:<16} {total} (seed {seed})", "all");
        violations.extend(total.violations.into_iter().map(|violation| format!("over {over}: {violation}")));
    }
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}
