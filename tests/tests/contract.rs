//! The suite, one test per gateway, over both transports. `PG_CANCEL_TRIALS` and `PG_CANCEL_SEED` set the random part.

use contract_tests::{Kind, Over};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn hold(kind: Kind) {
    let seed = number("PG_CANCEL_SEED", 20_261_121);
    let trials = u32::try_from(number("PG_CANCEL_TRIALS", 240)).expect("a count");
    for over in Over::ALL {
        let report = contract_tests::run(kind, over, seed, trials).await;
        println!("{kind} over {over}: {report} (seed {seed})");
        assert!(report.violations.is_empty(), "over {over}: {}", report.violations.join("\n"));
        assert!(report.trials > u64::from(trials), "nothing was tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chaiport_keeps_the_contract() {
    hold(Kind::Chaiport).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eximbay_keeps_the_contract() {
    hold(Kind::Eximbay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settlebank_standard_keeps_the_contract() {
    hold(Kind::SettlebankStandard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settlebank_flat_keeps_the_contract() {
    hold(Kind::SettlebankFlat).await;
}
