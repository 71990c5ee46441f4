//! A hostile gateway, one call at a time in a process of its own: the peak of memory is the process's.

use contract_tests::hostile::{MAX_PEAK, Meter, Outcome};
use contract_tests::{Kind, Over, hostile};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const METER: Meter = Meter {
    reset: || MEMORY.reset_peak_usage(),
    current: || MEMORY.current_usage(),
    peak: || MEMORY.peak_usage(),
};

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_gateway_costs_little_and_learns_nothing() {
    let mut outcome = Outcome::default();
    for over in Over::ALL {
        for kind in Kind::ALL {
            outcome.merge(hostile::run(kind, over, METER).await);
        }
    }
    println!("{outcome}");
    println!(
        "hostile gateway: {} calls; {}; at most {} ms and {} KiB (limit {} KiB)",
        outcome.rows.len(),
        outcome.report,
        outcome.longest().as_millis(),
        outcome.peak().div_ceil(1024),
        MAX_PEAK / 1024
    );
    assert!(outcome.report.violations.is_empty(), "{}", outcome.report.violations.join("\n"));
    assert!(outcome.rows.len() > 1_400, "only {} calls", outcome.rows.len());

    // the control: the meter would have seen a body that was kept
    (METER.reset)();
    let before = (METER.current)();
    drop(std::hint::black_box(vec![1_u8; MAX_PEAK + 1]));
    assert!((METER.peak)() - before > MAX_PEAK, "the meter counts nothing");
}
