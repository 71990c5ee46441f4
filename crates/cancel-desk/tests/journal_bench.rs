//! How many refunds a second the protocol's writes alone allow, without a gateway: memory, `SQLite`, `PostgreSQL`.
//!
//! `cargo test --release -p cancel-desk --test journal_bench -- --ignored --nocapture`; `JOURNAL_BENCH_REFUNDS` sets
//! how many refunds each row makes (2000). Each refund is five transactions: submit, claim, open, record, release.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cancel_desk::journal::{
    Journal, MemoryJournal, NewIntent, PostgresJournal, PostgresOptions, SqliteJournal, SqliteOptions,
};
use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
use cancel_desk::protocol::{AttemptPlan, Change, Extras, Record};
use cancel_desk::record::{
    AccountName, AttemptId, IntentState, NewJob, NewJobRow, NewPayment, PaymentKey, Proof,
};
use support::Server;

#[path = "support/postgres.rs"]
mod support;

const LEASE: Duration = Duration::from_secs(120);

async fn refund(journal: &dyn Journal, payment: &PaymentKey, owner: &str) {
    let wish = NewIntent::new(payment.clone(), payment.payment_id.clone(), Money::krw(1_000).unwrap());
    journal.submit(wish.unwrap()).await.unwrap();
    let claim = journal.claim_payment(payment, owner, LEASE).await.unwrap().unwrap();
    let plan = AttemptPlan {
        intent: claim.snapshot.intent.id,
        balance_before: 1_000,
        sequence: 1,
        at: claim.snapshot.now,
    };
    let new = plan.freeze(&claim.snapshot, AttemptId::random().unwrap(), Extras::default()).unwrap();
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    let change = Change::Completed { proof: Proof::Answer, cancel_id: None };
    let record =
        Record { intent: plan.intent, attempt: Some(new.id), proven_balance: Some(0), looked: false, change };
    journal.record(&claim.lease, &record).await.unwrap();
    journal.release(&claim.lease).await.unwrap();
}

async fn measure(name: &str, journal: Arc<dyn Journal>, tasks: usize, refunds: usize) {
    let payments: Arc<Vec<PaymentKey>> = Arc::new(
        (0..refunds).map(|n| PaymentKey::new(Gateway::Chaiport, "shop", format!("{tasks}-{n}"))).collect(),
    );
    for key in payments.iter() {
        let payment =
            PaymentRef::new(Gateway::Chaiport, &key.payment_id, "order", Money::krw(1_000).unwrap());
        journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
    }
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let work: Vec<_> = (0..tasks)
        .map(|task| {
            let (journal, payments, next) = (Arc::clone(&journal), Arc::clone(&payments), Arc::clone(&next));
            tokio::spawn(async move {
                while let Some(payment) = payments.get(next.fetch_add(1, Ordering::SeqCst)) {
                    refund(&*journal, payment, &format!("w{task}")).await;
                }
            })
        })
        .collect();
    for task in work {
        task.await.unwrap();
    }
    let took = started.elapsed();
    let rate = refunds as f64 / took.as_secs_f64();
    println!("{name:<10} {tasks:>3} at once: {rate:>8.0} refunds/s ({refunds} in {took:.2?})");
    let counts = journal.counts().await.unwrap();
    assert!(counts.in_state(IntentState::Completed) >= refunds as u64);
    assert!(journal.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn refunds_a_second() {
    let refunds = std::env::var("JOURNAL_BENCH_REFUNDS").map_or(2_000, |text| text.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("cancel-desk-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for tasks in [1, 8, 32] {
        measure("memory", Arc::new(MemoryJournal::default()), tasks, refunds).await;
        let file = folder.join(format!("{tasks}.db"));
        measure("sqlite", Arc::new(SqliteJournal::open(SqliteOptions::new(file)).unwrap()), tasks, refunds)
            .await;
        let Some(server) = Server::shared() else { continue };
        let options = PostgresOptions::new(server.url()).with_schema(Server::schema()).with_connections(16);
        let journal = PostgresJournal::open(options).await.unwrap();
        measure("postgresql", Arc::new(journal), tasks, refunds).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A job of 100,000 rows of which 2,000 are submitted: what halting it costs, and a claim beside it.
async fn beside_many_rows(name: &str, journal: &dyn Journal) {
    let key = |line: i64| PaymentKey::new(Gateway::Chaiport, "shop", format!("row-{line}"));
    let won = Money::krw(1_000).unwrap();
    let rows = (1..=100_000).map(|line| NewJobRow::new(line, key(line), won)).collect();
    let job = journal.plan_job(NewJob { rows, ..NewJob::default() }).await.unwrap();
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    journal.approve_job(job.id, job.hash, &totals, "kim").await.unwrap();
    for line in 1..=2_000 {
        let payment = PaymentRef::new(Gateway::Chaiport, &key(line).payment_id, "order", won);
        journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        journal.submit_row(job.id, line).await.unwrap();
    }
    let accounts = [AccountName::new(Gateway::Chaiport, "shop")];
    let claims = async |wanted: bool| {
        let started = Instant::now();
        for number in 0..200 {
            let claim = journal.claim(&format!("w{number}"), LEASE, &accounts).await.unwrap();
            assert_eq!(claim.is_some(), wanted);
        }
        started.elapsed() / 200
    };
    let before = claims(true).await;
    let started = Instant::now();
    journal.halt_job(job.id, "measured").await.unwrap();
    let halt = started.elapsed();
    let halted = claims(false).await;
    println!("{name:<10} halt {halt:.1?}; a claim {before:.1?} before, {halted:.1?} beside the halted job");
    assert!(halted < Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn claims_beside_a_halted_job() {
    let folder = std::env::temp_dir().join(format!("cancel-desk-bench-rows-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let sqlite = SqliteJournal::open(SqliteOptions::new(folder.join("rows.db"))).unwrap();
    beside_many_rows("sqlite", &sqlite).await;
    if let Some(server) = Server::shared() {
        let options = PostgresOptions::new(server.url()).with_schema(Server::schema());
        beside_many_rows("postgresql", &PostgresJournal::open(options).await.unwrap()).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
