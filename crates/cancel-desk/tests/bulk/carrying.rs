use std::time::Duration;

use cancel_desk::bulk::{Report, RowState, RunEnd, RunOptions, write_rows};
use cancel_desk::pg_core::Gateway;
use cancel_desk::worker::Limits;
use pg_sandbox::{Fault, FaultKind, Operation, Rates};

use crate::scene::{Scene, sound};

const ALL: [Gateway; 3] = [Gateway::Chaiport, Gateway::Eximbay, Gateway::Settlebank];

/// Faults are no reason to stop here: every one of them is to be lived through.
fn patient() -> RunOptions {
    let mut limits = Limits::default();
    (limits.unknown_of_100, limits.unknown_in_a_row, limits.unreachable_in_a_row) = (101, 1_000, 1_000);
    limits.redirects = false;
    RunOptions::default().with_limits(limits).with_canary(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_orders_at_three_gateways_with_faults_are_each_refunded_once() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &ALL, 1_000).await;
    let job = scene.approved(&journal, &file).await;
    scene.sandbox.random_faults(
        11,
        Rates {
            lost_before: 20,
            applied_lost: 20,
            server_error_applied: 10,
            server_error_not_applied: 10,
            cut_body: 10,
            duplicate: 20,
            look_up_fails: 30,
            ..Rates::default()
        },
    );
    let end = scene.carry(&journal, job.id, patient()).await;
    let report = Report::of(&*journal, job.id).await.unwrap();
    scene.ledgers_agree(&report);
    assert!(matches!(end, RunEnd::Done | RunEnd::StillOpen(_)), "{end:?}");
    assert!(report.count(RowState::Completed) > 950, "{:?}", report.states);
    assert_eq!(
        report.count(RowState::Rejected) + report.count(RowState::NotStarted),
        0,
        "{:?}",
        report.states
    );
    let mut csv = Vec::new();
    let (orders, held) = (report.orders(&journal).await.unwrap(), report.keys_held(&journal).await.unwrap());
    write_rows(&mut csv, &report.rows, &orders, &held).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1_001);
    let header = "\u{feff}line,merchant_uid,gateway,account,payment_id,amount,currency,key,state,detail,intent,\
                  key_held_by,key_held_state";
    assert_eq!(lines[0], header);
    assert!(
        lines[1].starts_with("2,ORD-0,chaiport,shop,") && lines[1].contains(",1000,KRW,"),
        "{}",
        lines[1]
    );
    let dollars: Vec<&str> = lines[5].split(',').collect();
    assert_eq!((dollars[1], dollars[5], dollars[6]), ("ORD-4", "2.04", "USD"));
    sound(&*journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_row_it_goes_on_where_it_was() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &ALL, 120).await;
    let job = scene.approved(&journal, &file).await;
    drop(journal);
    let mut dice = 7_u64;
    for _ in 0..12 {
        // a process: it opens the journal, works, and is gone in the middle of whatever it was at
        let journal = scene.journal();
        let run = scene.run(&journal, job.id, patient()).await;
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let life = Duration::from_millis(5 + (dice >> 33) % 120);
        let _killed = tokio::time::timeout(life, run.carry(std::future::pending())).await;
        Report::of(&*journal, job.id).await.expect("it adds up at every moment");
    }
    let journal = scene.journal();
    assert_eq!(scene.carry(&journal, job.id, patient()).await, RunEnd::Done);
    let report = Report::of(&*journal, job.id).await.unwrap();
    assert_eq!(report.count(RowState::Completed), 120, "{:?}", report.states);
    scene.ledgers_agree(&report);
    sound(&*journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_at_once_share_the_work() {
    let scene = Scene::new().await;
    let (one, two) = (scene.journal(), scene.journal());
    let file = scene.orders(&*one, &ALL, 90).await;
    let job = scene.approved(&one, &file).await;
    let (a, b) = tokio::join!(scene.carry(&one, job.id, patient()), scene.carry(&two, job.id, patient()));
    assert_eq!((a, b), (RunEnd::Done, RunEnd::Done));
    let report = Report::of(&*one, job.id).await.unwrap();
    assert_eq!(report.count(RowState::Completed), 90);
    scene.ledgers_agree(&report);
    let cancels: usize =
        pg_sandbox::Gateway::ALL.iter().map(|g| scene.sandbox.count(*g, Operation::Cancel)).sum();
    assert_eq!(cancels, 90, "none is sent twice");
}

#[tokio::test]
async fn a_stop_finishes_what_has_begun() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &ALL, 60).await;
    let job = scene.approved(&journal, &file).await;
    for gateway in pg_sandbox::Gateway::ALL {
        let slow = pg_sandbox::Fault::on(gateway, Operation::Cancel).always();
        scene.sandbox.fault(slow.kind(pg_sandbox::FaultKind::Latency(Duration::from_millis(50))));
    }
    let run = scene.run(&journal, job.id, patient().with_most(2)).await;
    let end = run.carry(tokio::time::sleep(Duration::from_millis(300))).await.unwrap();
    assert_eq!(end, RunEnd::Stopped);
    let report = Report::of(&*journal, job.id).await.unwrap();
    assert!(
        report.count(RowState::NotStarted) > 0 && report.count(RowState::Completed) > 0,
        "{:?}",
        report.states
    );
    assert_eq!(report.count(RowState::Unknown), 0, "{:?}", report.states);
    scene.ledgers_agree(&report);
    assert_eq!(scene.carry(&journal, job.id, patient()).await, RunEnd::Done);
    let progress = scene.run(&journal, job.id, patient()).await.progress();
    assert_eq!((progress.rows, progress.done, progress.settled), (60, 60, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_waits_for_the_first_rows_as_well() {
    let scene = Scene::new().await;
    let journal = scene.journal();
    let file = scene.orders(&*journal, &[Gateway::Chaiport], 20).await;
    let job = scene.approved(&journal, &file).await;
    let silent = Fault::on(pg_sandbox::Gateway::Chaiport, Operation::Cancel).kind(FaultKind::Silence);
    scene.sandbox.fault(silent.apply(false).always());
    // a process that is killed while the gateway is silent, and another one
    for life in [1_500, 2_500] {
        let journal = scene.journal();
        let run = scene.run(&journal, job.id, RunOptions::default()).await;
        let _killed =
            tokio::time::timeout(Duration::from_millis(life), run.carry(std::future::pending())).await;
        let report = Report::of(&*journal, job.id).await.unwrap();
        assert_eq!(report.count(RowState::NotStarted), 15, "{:?}", report.states);
    }
    assert!(scene.sandbox.count(pg_sandbox::Gateway::Chaiport, Operation::Cancel) <= 5);
}
