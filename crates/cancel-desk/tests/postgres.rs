//! Two hosts on one `PostgreSQL` journal, each with its workers and its own client of the simulated gateway.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use cancel_desk::journal::{
    Clock, Journal, JournalError, NewIntent, PostgresJournal, PostgresOptions, Submitted,
};
use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
use cancel_desk::record::{IntentId, IntentState, NewPayment, Outcome, RejectedBecause, Timestamp};
use cancel_desk::worker::{Account, Accounts, Worker};
use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use pg_sandbox::{Fault, FaultKind, Operation, Options, Sandbox, credentials};
use support::Server;

#[path = "support/postgres.rs"]
mod support;

const CHAIPORT: pg_sandbox::Gateway = pg_sandbox::Gateway::Chaiport;
const PAID: i64 = 1_000_000;
const WISHES: i64 = 1_000;

/// Goes on only when nobody has anything to do, so that hours of look-ups take no time.
#[derive(Debug)]
struct SharedClock(AtomicI64);

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

struct Host {
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
}

impl Host {
    async fn new(options: PostgresOptions, sandbox: &Sandbox) -> Self {
        let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
            .endpoint(Endpoint::Custom(sandbox.url(CHAIPORT)))
            .build()
            .unwrap();
        let account = Account::new(Arc::new(ChaiportClient::witness(config).unwrap()));
        let journal = PostgresJournal::open(options).await.unwrap();
        Self {
            journal: Arc::new(journal),
            accounts: Arc::new(Accounts::new().with("shop", account).unwrap()),
        }
    }

    fn worker(&self) -> Worker {
        Worker::new(Arc::clone(&self.journal), Arc::clone(&self.accounts)).unwrap()
    }
}

/// Works until all is submitted and nothing is left to do.
async fn work(
    worker: Worker,
    journal: Arc<dyn Journal>,
    clock: Arc<SharedClock>,
    submitted: Arc<AtomicBool>,
) {
    loop {
        let all_submitted = submitted.load(Ordering::SeqCst);
        if worker.turn().await.unwrap().is_some() {
            continue;
        }
        let (due, now) = (journal.next_due().await.unwrap(), clock.now());
        match due {
            None if all_submitted => return,
            Some(due) if due > now => {
                clock.0.fetch_max(due.0, Ordering::SeqCst);
            }
            // in other hands
            _ => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

/// Amounts that differ and together ask for about ten times what was paid.
fn amount(number: i64) -> i64 {
    3_000 + number * 7_919 % 14_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_payment_cancelled_through_two_hosts_a_thousand_times_is_never_over_refunded() {
    let Some(server) = Server::shared() else { return };
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let clock = Arc::new(SharedClock(AtomicI64::new(1_790_000_000_000)));
    let options = PostgresOptions::new(server.url()).with_schema(Server::schema()).with_clock(clock.clone());
    let hosts = [Host::new(options.clone(), &sandbox).await, Host::new(options, &sandbox).await];

    let paid = pg_sandbox::NewPayment::chaiport("ORD-1", PAID).pg_provider("html5_inicis");
    let id = sandbox.pay(paid);
    let payment = PaymentRef::new(Gateway::Chaiport, id.as_str(), "ORD-1", Money::krw(PAID).unwrap())
        .with_method("card")
        .with_pg_provider("html5_inicis");
    let key = hosts[0].journal.register_payment(NewPayment::new("shop", payment)).await.unwrap().key();
    for nth in (3..90).step_by(9) {
        let lost = |kind| Fault::on(CHAIPORT, Operation::Cancel).nth(nth).kind(kind).apply(nth % 2 == 0);
        sandbox.fault(lost(FaultKind::CloseWithoutAnswer));
    }

    let all_submitted = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4)
        .map(|n| {
            let host = &hosts[n % 2];
            let (clock, submitted) = (Arc::clone(&clock), Arc::clone(&all_submitted));
            tokio::spawn(work(host.worker(), Arc::clone(&host.journal), clock, submitted))
        })
        .collect();
    let callers: Vec<_> = (0..16)
        .map(|caller| {
            let (journal, key) = (Arc::clone(&hosts[caller % 2].journal), key.clone());
            let first = i64::try_from(caller).unwrap();
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in (first..WISHES).step_by(16) {
                    let amount = Money::krw(amount(number)).unwrap();
                    let wish = NewIntent::new(key.clone(), format!("return-{number}"), amount).unwrap();
                    told.push((wish.id, amount.minor(), journal.submit(wish).await));
                }
                told
            })
        })
        .collect();
    let mut told = Vec::new();
    for caller in callers {
        told.extend(caller.await.unwrap());
    }
    // a person at the gateway's console refunds as well, past the desk: what was promised no longer fits
    let by_hand = sandbox.console_refund(CHAIPORT, id.as_str(), 60_001).unwrap().amount;
    all_submitted.store(true, Ordering::SeqCst);
    for worker in workers {
        tokio::time::timeout(Duration::from_secs(300), worker).await.expect("ends").unwrap();
    }

    let ledger = sandbox.payment(CHAIPORT, &id.0).unwrap();
    assert!(ledger.refunded() <= PAID, "{} refunded", ledger.refunded());
    let journal = &*hosts[1].journal;
    let (mut completed, mut rejected, mut refused, mut ours) = (0, 0, 0, 0);
    for (intent, amount, told) in told {
        let entries = entries_of(journal, intent, &ledger).await;
        match told {
            Err(JournalError::Exceeds { .. }) => {
                refused += 1;
                assert!(journal.intent(intent).await.unwrap().is_none() && entries.is_empty());
            }
            Ok(Submitted::New(_)) => {
                let found = journal.intent(intent).await.unwrap().unwrap();
                match (found.state, &found.outcome) {
                    (IntentState::Completed, _) => {
                        completed += 1;
                        ours += amount;
                        assert_eq!(entries, [amount]);
                    }
                    (
                        IntentState::Rejected,
                        Some(Outcome::Rejected(RejectedBecause::Insufficient { .. })),
                    ) => {
                        rejected += 1;
                        assert!(entries.is_empty());
                    }
                    _ => panic!("{found:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(completed + rejected + refused, WISHES);
    assert_eq!(ours + by_hand, ledger.refunded(), "every refund is somebody's");
    assert!(
        completed > 40 && rejected > 0 && refused > 500,
        "{completed} completed, {rejected} rejected, {refused} refused"
    );
    println!(
        "{completed} completed, {rejected} rejected, {refused} refused, {} of {PAID}",
        ledger.refunded()
    );
    let stored = journal.payment(&key).await.unwrap().unwrap();
    assert_eq!((stored.refunded, stored.reserved, stored.known_balance), (ours, 0, ledger.balance));
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

/// The amounts that the gateway's ledger shows under the tags of an intent's attempts.
async fn entries_of(journal: &dyn Journal, intent: IntentId, ledger: &pg_sandbox::Ledger) -> Vec<i64> {
    let mut amounts = Vec::new();
    for attempt in journal.attempts_of(intent).await.unwrap() {
        let tag = attempt.id.tag().unwrap().in_reason();
        let with_tag = ledger.entries.iter().filter(|entry| entry.tag.starts_with(&tag));
        amounts.extend(with_tag.map(|entry| entry.amount));
    }
    amounts
}
