//! Every committed input, and some thousand changes of each: what must hold of any bytes holds of these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use fuzz_targets::campaign::{Limits, corpus, run};
use fuzz_targets::{LONGEST, MOST, targets};

const LIMITS: Limits = Limits { time: Duration::from_secs(2), executions: 20_000 };

#[test]
fn the_corpus_and_changes_of_it() {
    let mut broken = Vec::new();
    for target in targets(None) {
        let inputs = corpus(target.name).unwrap_or_else(|error| panic!("{}: {error}", target.name));
        assert!(!inputs.is_empty() && inputs.len() <= MOST, "{}: {} inputs", target.name, inputs.len());
        assert!(inputs.iter().all(|input| input.len() <= LONGEST), "{}: an input is too long", target.name);
        let report = run(&target, inputs, 1, LIMITS);
        println!("{}: {} executions, {} behaviours", target.name, report.executions, report.behaviours);
        if let Some((input, what)) = report.broken {
            broken.push(format!("{}: {what}\n    {:?}", target.name, String::from_utf8_lossy(&input)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
