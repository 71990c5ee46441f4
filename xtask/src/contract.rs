//! `cargo xtask contract`: the suite of `tests/`, by hand.

use std::time::Instant;

use contract_tests::{Kind, Report};

pub(crate) async fn run(only: Option<Kind>, seed: u64, trials: u32) -> Result<(), String> {
    let mut total = Report::default();
    for kind in Kind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind)) {
        let started = Instant::now();
        let report = contract_tests::run(kind, seed, trials).await;
        println!("{kind:<16} {report} ({:.1} s)", started.elapsed().as_secs_f64());
        total.merge(report);
    }
    println!("{:<16} {total} (seed {seed})", "all");
    if total.violations.is_empty() { Ok(()) } else { Err(total.violations.join("\n")) }
}
