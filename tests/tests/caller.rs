//! A hostile caller: every input of the corpus, each with what must come of it.

use contract_tests::caller::{corpus, run};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_invalid_reaches_the_wire() {
    let cases = corpus();
    let figures = run(&cases).await;
    println!("hostile caller: {figures}");
    let violations = &figures.report.violations;
    assert!(violations.is_empty(), "{} violations\n{}", violations.len(), violations.join("\n"));
    assert!(figures.refused >= 2_000 && figures.accepted >= 500 && figures.sent >= 100, "{figures}");
}
