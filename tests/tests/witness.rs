//! What the witness transport says was not sent, no server has seen: thousands of random server behaviours, plain and over
//! TLS. `PG_CANCEL_WITNESS_TRIALS` and `PG_CANCEL_SEED` set them.

use std::sync::Arc;

use contract_tests::random::{Dice, trial};
use contract_tests::world::NOON;
use contract_tests::{Kind, Over, Patience, Report, World};
use pg_sandbox::Options;

/// Sandboxes that run beside each other; waiting for time-outs costs no processor.
const LANES: u64 = 24;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Every other lane over TLS, every other pair with a connection for each request.
async fn lane(number: u64, seed: u64, trials: u64) -> Report {
    let mut report = Report::default();
    let mut dice = Dice::new(seed.wrapping_add(number << 32));
    let patience = if number & 2 == 0 { Patience::SHORT } else { Patience::SHORT_ALONE };
    let options = Options::default().start_time(NOON.unix_timestamp()).tls(number & 1 == 1);
    let world = Arc::new(World::with_options(options, patience.over(Over::Witness)).await);
    let kind = Kind::ALL[usize::try_from(number / 4).unwrap_or(0) % Kind::ALL.len()];
    let client = world.client(kind);
    for trial_number in 0..trials {
        let what = format!("{kind} over witness, seed {seed} lane {number} trial {trial_number}");
        trial(&mut report, &what, &world, client.as_ref(), kind, &mut dice, false).await;
    }
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_was_not_seen() {
    let seed = number("PG_CANCEL_SEED", 20_261_121);
    let trials = number("PG_CANCEL_WITNESS_TRIALS", 3_000);
    let share = |number: u64| trials / LANES + u64::from(number < trials % LANES);
    let lanes: Vec<_> = (0..LANES).map(|number| tokio::spawn(lane(number, seed, share(number)))).collect();
    let mut report = Report::default();
    for lane in lanes {
        report.merge(lane.await.expect("no panic"));
    }
    println!(
        "witness: {} random server behaviours, {} said to be not sent, of which the server had seen none; {report}",
        report.trials, report.not_sent
    );
    assert!(report.violations.is_empty(), "{}", report.violations.join("\n"));
    assert_eq!(report.trials, trials);
    assert!(report.not_sent * 20 > trials, "only {} of {trials} proven", report.not_sent);
}
