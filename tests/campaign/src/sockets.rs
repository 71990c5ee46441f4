//! The production client, worker and journal on disk over real sockets, half of them with real rustls, while the server
//! misbehaves at random and tasks are cut off at any moment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cancel_desk::journal::{Journal, JournalError, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::record::{NewPayment, PaymentKey};
use cancel_desk::worker::{Account, Accounts, Worker};
use contract_tests::random::Dice;
use contract_tests::world::NOON;
use contract_tests::{Kind, Over, Patience, World};
use pg_core::{CancelGateway, Gateway, Money};
use pg_sandbox::{Operation, Options, Rates};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::clock::HandClock;
use crate::desk::{SHOP, conclude};
use crate::disk::Folder;
use crate::lanes;
use crate::oracle::Oracle;
use crate::outcome::ClassReport;

/// Worlds beside each other.
const LANES: u64 = 6;
/// Refunds that are asked for in each.
const WISHES: u64 = 50;
/// Workers on each journal, which are cut off and replaced.
const WORKERS: usize = 3;
/// The wire forms: a journal knows one account of each gateway.
const KINDS: [Kind; 3] = [Kind::Chaiport, Kind::Eximbay, Kind::SettlebankStandard];
/// How long the trouble may last.
const TROUBLE: Duration = Duration::from_secs(20);

/// Thousandths of the requests, drawn anew for each world up to these.
const MOST: Rates = Rates {
    lost_before: 120,
    applied_lost: 180,
    server_error_applied: 80,
    server_error_not_applied: 80,
    refused: 20,
    cut_body: 60,
    redirect: 30,
    duplicate: 120,
    late: 150,
    look_up_fails: 150,
    silence: true,
};

/// Runs so many refunds.
pub async fn run(seed: u64, trials: u64, tell: impl Fn(usize, usize)) -> ClassReport {
    let trial = |seed| async move {
        let mut report = ClassReport::default();
        let done = one(seed, &mut report).await;
        (report, done)
    };
    lanes::run("sockets", (seed, trials.div_ceil(WISHES), LANES), tell, trial).await
}

/// One world: its own sandbox, journal, payments and trouble.
async fn one(seed: u64, report: &mut ClassReport) -> Result<(), JournalError> {
    let mut dice = Dice::new(seed);
    let tls = dice.below(2) == 0;
    let reuse = if dice.below(2) == 0 { Patience::SHORT } else { Patience::SHORT_ALONE };
    let options = Options::default().start_time(NOON.unix_timestamp()).seed(seed).tls(tls);
    // with three workers on a busy machine, a handshake takes its time
    let patience =
        Patience { connect: Duration::from_millis(400), total: Duration::from_millis(600), ..reuse };
    let over = if dice.below(2) == 0 { Over::Reqwest } else { Over::Witness };
    let patience = patience.over(over);
    let world = Arc::new(World::with_options(options, patience).await);
    let folder = Folder::new()?;
    let clock = Arc::new(HandClock::at_noon());
    let options = SqliteOptions::new(folder.file("journal.db")).with_clock(Arc::clone(&clock) as Arc<_>);
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(options)?);
    let accounts = accounts(&world);

    let payments = pay(&world, &*journal).await?;
    world.sandbox.random_faults(seed, rates(&mut dice));
    let mut pack: Vec<JoinHandle<()>> =
        (0..WORKERS).map(|_| tokio::spawn(work(Arc::clone(&journal), Arc::clone(&accounts)))).collect();
    let began = Instant::now();
    let (mut asked, mut kills, mut console) = (0, 0, 0);
    while (asked < WISHES || began.elapsed() < Duration::from_millis(700)) && began.elapsed() < TROUBLE {
        for _ in 0..dice.below(6) {
            if asked < WISHES {
                asked += 1;
                ask(&*journal, &payments, asked, &mut dice, report).await?;
            }
        }
        sleep(Duration::from_millis(dice.below(25))).await;
        if dice.below(3) == 0 {
            let index = usize::try_from(dice.below(3)).unwrap_or(0);
            // dropped wherever it stands: what it leaves is what a crash would
            pack[index].abort();
            pack[index] = tokio::spawn(work(Arc::clone(&journal), Arc::clone(&accounts)));
            kills += 1;
        }
        if dice.below(12) == 0 {
            let index = usize::try_from(dice.below(12)).unwrap_or(0);
            let payment = &payments[index];
            let gateway = crate::oracle::at_sandbox(payment.gateway);
            let amount = if dice.below(2) == 0 { 1_000 } else { 2_500 };
            let done = world.sandbox.console_refund(gateway, &payment.payment_id, amount);
            console += u64::from(done.is_ok());
        }
        // leases run out, and quiet times pass
        clock.put_forward(Duration::from_secs(dice.below(40)));
        // and now and then the clock jumps, either way
        match dice.below(60) {
            0 => clock.put_forward(Duration::from_secs(dice.below(7_200))),
            1 => clock.put_back(Duration::from_secs(dice.below(1_200))),
            _ => {}
        }
    }
    pack.iter().for_each(JoinHandle::abort);
    for worker in pack {
        let _cut_off = worker.await;
    }
    for kind in KINDS {
        world.disarm(kind).await;
    }
    world.sandbox.deliver_late();
    clock.put_forward(Duration::from_secs(121));
    let worker = Worker::new(Arc::clone(&journal), accounts).map_err(JournalError::from)?;
    let by_person = conclude(&worker, &*journal, &clock, &world).await?;

    let mut oracle = Oracle::default();
    let ends = oracle.compare(&*journal, &world.sandbox, true).await;
    report.violations.extend(
        oracle.violations.iter().map(|found| format!("seed {seed}, tls {tls}, over {over}: {found}")),
    );
    let seen = world.sandbox.requests();
    let count = |of: &dyn Fn(&pg_sandbox::Seen) -> bool| {
        u64::try_from(seen.iter().filter(|seen| of(seen)).count()).unwrap_or(0)
    };
    report.trials += ends.intents;
    report.count("asked for", asked);
    report.count("worlds", 1);
    report.count("over tls", u64::from(tls));
    report.count("over witness", u64::from(over == Over::Witness));
    report.count("completed", ends.completed);
    report.count("rejected", ends.rejected);
    report.count("asked a person", by_person);
    report.count("workers cut off", kills);
    report.count("console refunds", console);
    report.count("requests", count(&|_| true));
    report.count("cancel requests", count(&|seen| seen.operation == Operation::Cancel));
    report.count("faults", count(&|seen| seen.fault.is_some()));
    Ok(())
}

fn rates(dice: &mut Dice) -> Rates {
    let mut up_to =
        |most: u32| most / 4 + u32::try_from(dice.below(u64::from(most) * 3 / 4 + 1)).unwrap_or(0);
    Rates {
        lost_before: up_to(MOST.lost_before),
        applied_lost: up_to(MOST.applied_lost),
        server_error_applied: up_to(MOST.server_error_applied),
        server_error_not_applied: up_to(MOST.server_error_not_applied),
        refused: up_to(MOST.refused),
        cut_body: up_to(MOST.cut_body),
        redirect: up_to(MOST.redirect),
        duplicate: up_to(MOST.duplicate),
        late: up_to(MOST.late),
        look_up_fails: up_to(MOST.look_up_fails),
        silence: MOST.silence,
    }
}

fn accounts(world: &World) -> Arc<Accounts> {
    let mut policy = cancel_desk::protocol::Policy::default();
    policy.deadline = Duration::from_secs(2);
    let account = |kind| {
        let client: Arc<dyn CancelGateway> = world.client(kind);
        Account::new(client).with_policy(policy.clone())
    };
    let all = KINDS.into_iter().try_fold(Accounts::new(), |all, kind| all.with(SHOP, account(kind)));
    Arc::new(all.expect("one for each gateway"))
}

async fn work(journal: Arc<dyn Journal>, accounts: Arc<Accounts>) {
    if let Ok(worker) = Worker::new(journal, accounts) {
        worker.run(std::future::pending()).await;
    }
}

/// Twelve payments of 10,000 won.
async fn pay(world: &World, journal: &dyn Journal) -> Result<Vec<PaymentKey>, JournalError> {
    let mut payments = Vec::new();
    for place in 0..12 {
        let kind = KINDS[place % KINDS.len()];
        let new = NewPayment::new(SHOP, world.pay(kind).payment);
        payments.push(journal.register_payment(new).await?.key());
    }
    Ok(payments)
}

/// Asks for a refund; now and then twice under one key.
async fn ask(
    journal: &dyn Journal,
    payments: &[PaymentKey],
    number: u64,
    dice: &mut Dice,
    report: &mut ClassReport,
) -> Result<(), JournalError> {
    let payment = &payments[usize::try_from(dice.below(12)).unwrap_or(0)];
    let amount = [1_000, 1_000, 500, 2_500, 10_000, 120][usize::try_from(dice.below(6)).unwrap_or(0)];
    let money = Money::krw(amount).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
    for _ in 0..=u64::from(dice.below(10) == 0) {
        let wish = NewIntent::new(payment.clone(), format!("wish-{number}"), money)?;
        match journal.submit(wish).await {
            Ok(_) => {}
            Err(JournalError::Exceeds { .. }) => {
                report.count("refused at once", 1);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    debug_assert!(payment.gateway != Gateway::Settlebank || amount >= 100, "some methods take no less");
    Ok(())
}
