//! How much more 1, 2 and 4 servers on one `PostgreSQL` do, and that no payment is ever worked on twice at once.
//!
//! `cargo test --release -p cancel-desk --test two_servers -- --ignored --nocapture`; `SCALE_REFUNDS` sets how many
//! refunds each row makes (3000), `SCALE_MILLIS` after how long the gateway answers (300).

use std::sync::Arc;
use std::time::{Duration, Instant};

use cancel_desk::journal::{Journal, NewIntent, PostgresJournal, PostgresOptions};
use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
use cancel_desk::record::{IntentState, NewPayment, PaymentKey};
use pg_sandbox::{Fault, FaultKind, Operation, Options, Sandbox};
use tokio::time::sleep;

use crate::CHAIPORT;
use crate::desk::{Desk, new_database};
use crate::support::Server;

/// Turns at once of one server.
const WORKERS: usize = 16;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Refunds that wait in a journal, and what waits for their cancels.
async fn wait_for_cancels(sandbox: &Sandbox, journal: &PostgresJournal, refunds: u64) {
    let paid = Money::krw(10_000).unwrap();
    for number in 0..refunds {
        let order = format!("ORD-{number}");
        let id = sandbox.pay(pg_sandbox::NewPayment::chaiport(&order, 10_000).pg_provider("html5_inicis"));
        let payment = PaymentRef::new(Gateway::Chaiport, id.as_str(), &order, paid)
            .with_method("card")
            .with_pg_provider("html5_inicis");
        journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        let key = PaymentKey::new(Gateway::Chaiport, "shop", id.as_str());
        journal.submit(NewIntent::new(key, order, paid).unwrap()).await.unwrap();
    }
}

async fn measure(server: &Server, servers: usize, refunds: u64, latency: Duration) {
    let database = new_database(server).await;
    let sandbox = Arc::new(Sandbox::start(Options::default()).await.unwrap());
    let journal = PostgresJournal::open(PostgresOptions::new(&database)).await.unwrap();
    wait_for_cancels(&sandbox, &journal, refunds).await;
    let late = Fault::on(CHAIPORT, Operation::Any).kind(FaultKind::Latency(latency));
    sandbox.fault(late.times(usize::MAX));

    let began = Instant::now();
    let desks: Vec<Desk> = (0..servers)
        .map(|nth| Desk::start(&format!("{servers}-{nth}"), &sandbox, &database, WORKERS))
        .collect();
    while journal.counts().await.unwrap().in_state(IntentState::Completed) < refunds {
        assert!(began.elapsed() < Duration::from_secs(600), "they come to no end");
        sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed().as_secs_f64();
    drop(desks);

    let rate = refunds as f64 / took;
    let cancels = sandbox.count(CHAIPORT, Operation::Cancel);
    println!("{servers} servers of {WORKERS} workers: {rate:.0} refunds/s ({refunds} in {took:.1} s)");
    assert_eq!(u64::try_from(cancels).unwrap(), refunds, "each payment was cancelled by one server, once");
    let ledgers = sandbox.payments(CHAIPORT);
    assert!(ledgers.iter().all(|ledger| ledger.entries.len() == 1 && ledger.refunded() == 10_000));
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn servers_share_the_work() {
    let Some(server) = Server::shared() else { return };
    let (refunds, latency) = (number("SCALE_REFUNDS", 3_000), number("SCALE_MILLIS", 300));
    for servers in [1, 2, 4] {
        measure(server, servers, refunds, Duration::from_millis(latency)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_worked_on_by_two_servers_at_once() {
    let Some(server) = Server::shared() else { return };
    measure(server, 2, 100, Duration::from_millis(20)).await;
}
