//! Measures refunds in bulk against the simulated gateway in another process.
//!
//! ```text
//! pg-cancel-sandbox --port 9100 --quiet &
//! bulk_measure prepare 10000 300   # payments, a latency of 300 ms on every answer, a plan, its approval
//! bulk_measure run                 # may be killed at any moment, and run again
//! bulk_measure check               # the gateway's ledger against the reports
//! bulk_measure fill 100000         # a journal that is long already: so many refunds, without a gateway
//! bulk_measure add 10000 0         # as prepare, onto that journal
//! bulk_measure plan 100000         # payments and a plan of all of them, without a gateway: how much memory that takes
//! bulk_measure single 2000         # refunds without a gateway, one after the other: what the journal costs one
//! bulk_measure recover 10000       # so many attempts left open by a crash: how long until all are due
//! ```
//!
//! The journal lies in the folder that `BULK_MEASURE_FOLDER` names, or else in the temporary folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cancel_desk::bulk::file::OrderFile;
use cancel_desk::bulk::{Planner, Report, RowState, Run, RunOptions, approve, short_hash};
use cancel_desk::journal::{Journal, NewIntent, SqliteJournal, SqliteOptions};
use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
use cancel_desk::protocol::{AttemptPlan, Change, Extras, Record};
use cancel_desk::record::{AttemptId, JobId, NewPayment, PaymentKey, Proof};
use cancel_desk::worker::{Account, Accounts};
use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use pg_sandbox::credentials;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const PORT: u16 = 9100;

fn folder() -> PathBuf {
    std::env::var_os("BULK_MEASURE_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from)
}

fn journal() -> Arc<dyn Journal> {
    Arc::new(SqliteJournal::open(SqliteOptions::new(folder().join("bulk-measure.db"))).unwrap())
}

fn accounts() -> Accounts {
    let config = Config::builder(credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET)
        .endpoint(Endpoint::Custom(format!("http://127.0.0.1:{PORT}")))
        .build()
        .unwrap();
    let client = ChaiportClient::witness(config).unwrap();
    Accounts::new().with("shop", Account::new(Arc::new(client))).unwrap()
}

/// The simulator's admin listener, over one connection.
struct Admin(BufReader<TcpStream>);

impl Admin {
    async fn new() -> Self {
        Self(BufReader::new(TcpStream::connect(("127.0.0.1", PORT + 3)).await.unwrap()))
    }

    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.0.get_mut().write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

fn forget() {
    for name in ["bulk-measure.db", "bulk-measure.db-wal", "bulk-measure.db-shm", "last-of-bulk-measure.db"] {
        let _absent = std::fs::remove_file(folder().join(name));
    }
}

/// The most orders that a file may have.
const MOST_ROWS: usize = 100_000;

async fn prepare(orders: usize, millis: u64) {
    let (mut admin, journal) = (Admin::new().await, journal());
    let before = usize::try_from(journal.counts().await.unwrap().payments).unwrap();
    let mut registering = JoinSet::new();
    for number in before..before + orders {
        let wish =
            json!({ "gateway": "chaiport", "merchant_uid": format!("ORD-{number}"), "amount": 10_000 });
        let made = admin.call("POST", "/payments", &wish).await;
        let order = format!("ORD-{number}");
        let paid = Money::krw(10_000).unwrap();
        let payment = PaymentRef::new(Gateway::Chaiport, made["id"].as_str().unwrap(), &order, paid)
            .with_method("card")
            .with_pg_provider("html5_inicis");
        if registering.len() == 256 {
            registering.join_next().await.unwrap().unwrap();
        }
        let journal = Arc::clone(&journal);
        registering.spawn(async move {
            journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        });
    }
    while let Some(registered) = registering.join_next().await {
        registered.unwrap();
    }
    let fault = json!({
        "gateway": "chaiport", "operation": "any", "kind": "latency", "millis": millis, "times": u64::MAX,
    });
    admin.call("POST", "/faults", &fault).await;
    let accounts = Arc::new(accounts());
    for start in (before..before + orders).step_by(MOST_ROWS) {
        let mut file = "merchant_uid,amount,reason\n".to_owned();
        for number in start..(before + orders).min(start + MOST_ROWS) {
            writeln!(file, "ORD-{number},{},event cancelled", 1_000 + number % 5_000).unwrap();
        }
        plan(&journal, &accounts, &file, &format!("measure-{start}.csv")).await;
    }
    print_memory();
}

/// A plan alone.
async fn plan_only(orders: usize) {
    let (journal, accounts) = (journal(), Arc::new(accounts()));
    let mut file = "merchant_uid,amount,reason\n".to_owned();
    for number in 0..orders {
        let paid = Money::krw(10_000).unwrap();
        let order = format!("ORD-{number}");
        let payment = PaymentRef::new(Gateway::Chaiport, format!("imp_{number:012}"), &order, paid)
            .with_method("card")
            .with_pg_provider("html5_inicis");
        journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        writeln!(file, "{order},{},event cancelled", 1_000 + number % 5_000).unwrap();
    }
    print_memory();
    plan(&journal, &accounts, &file, "measure.csv").await;
    print_memory();
}

async fn plan(journal: &Arc<dyn Journal>, accounts: &Arc<Accounts>, file: &str, name: &str) {
    let began = Instant::now();
    let file = OrderFile::read(file.as_bytes()).unwrap();
    let planner = Planner::new(Arc::clone(journal), Arc::clone(accounts));
    let job = planner.plan(file, name).await.unwrap().job.unwrap();
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    approve(&**journal, job.id, &short_hash(&job), &totals, "measure").await.unwrap();
    println!("planned {} rows in {:.2} s: {}", job.rows, began.elapsed().as_secs_f64(), totals[0]);
}

/// Refunds without a gateway, so many at once; `end`: carried to their end, or left as a crash leaves them.
async fn refunds(orders: usize, at_once: usize, end: bool) {
    let journal = journal();
    let before = usize::try_from(journal.counts().await.unwrap().payments).unwrap();
    let next = Arc::new(AtomicUsize::new(before));
    let began = Instant::now();
    let tasks: Vec<_> = (0..at_once)
        .map(|task| {
            let (journal, next) = (Arc::clone(&journal), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= before + orders {
                        break times;
                    }
                    times.push(refund(&*journal, number, &format!("fill-{task}"), end).await);
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100].as_secs_f64() * 1e3;
    println!(
        "{orders} refunds in {seconds:.2} s, {:.0} a second; from submitted to settled {:.2} ms, p99 {:.2} ms",
        orders as f64 / seconds,
        at(50),
        at(99)
    );
}

/// Tells how long it took, the payment's registration apart.
async fn refund(journal: &dyn Journal, number: usize, owner: &str, end: bool) -> Duration {
    const LEASE: Duration = Duration::from_secs(120);

    let (id, order, paid) = (format!("FILL-{number}"), format!("OLD-{number}"), Money::krw(1_000).unwrap());
    let payment = PaymentRef::new(Gateway::Chaiport, &id, &order, paid).with_method("card");
    journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
    let payment = PaymentKey::new(Gateway::Chaiport, "shop", id.as_str());
    let began = Instant::now();
    journal.submit(NewIntent::new(payment.clone(), id.as_str(), paid).unwrap()).await.unwrap();
    let claim = journal.claim_payment(&payment, owner, LEASE).await.unwrap().unwrap();
    let intent = claim.snapshot.intent.id;
    let plan = AttemptPlan { intent, balance_before: 1_000, sequence: 1, at: claim.snapshot.now };
    let new = plan.freeze(&claim.snapshot, AttemptId::random().unwrap(), Extras::default()).unwrap();
    journal.open_attempt(&claim.lease, &new).await.unwrap();
    if end {
        let change = Change::Completed { proof: Proof::Answer, cancel_id: None };
        let record = Record { intent, attempt: Some(new.id), proven_balance: Some(0), looked: false, change };
        journal.record(&claim.lease, &record).await.unwrap();
    }
    let took = began.elapsed();
    journal.release(&claim.lease).await.unwrap();
    took
}

async fn recover(orders: usize) {
    refunds(orders, 64, false).await;
    let journal = journal();
    let began = Instant::now();
    let due = journal.recover().await.unwrap();
    println!("{due} open attempts made due in {:.3} s", began.elapsed().as_secs_f64());
}

async fn run(most: u16) {
    let journal = journal();
    // newest first
    for job in journal.jobs(u32::MAX).await.unwrap().into_iter().rev() {
        carry(Arc::clone(&journal), job.id, most).await;
    }
    print_memory();
}

async fn carry(journal: Arc<dyn Journal>, job: JobId, most: u16) {
    let began = Instant::now();
    let options = RunOptions::default().with_most(most);
    let run = Run::new(journal, &accounts(), job, options).await.unwrap();
    let start = run.progress();
    if start.done == start.rows {
        return;
    }
    println!(
        "{} of {} settled before, read in {:.2} s",
        start.done,
        start.rows,
        began.elapsed().as_secs_f64()
    );
    let told = Arc::clone(&run);
    let telling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let now = told.progress();
            println!(
                "{:>6.1} s {:?} in flight {} of {}",
                now.running.as_secs_f64(),
                now.states,
                now.in_flight,
                now.width
            );
        }
    });
    let end = run.carry(std::future::pending()).await.unwrap();
    telling.abort();
    let seconds = began.elapsed().as_secs_f64();
    let settled = run.progress().settled;
    println!("{end:?}: {settled} settled in {seconds:.2} s, {:.1} a second", settled as f64 / seconds);
}

/// The most memory that this process had at once.
fn print_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("Threads")) {
        println!("{line}");
    }
}

async fn check() {
    let journal = journal();
    let ledgers = Admin::new().await.call("GET", "/payments", &json!({})).await;
    let ledgers: BTreeMap<&str, &Value> =
        ledgers.as_array().unwrap().iter().map(|ledger| (ledger["id"].as_str().unwrap(), ledger)).collect();
    for job in journal.jobs(u32::MAX).await.unwrap() {
        let report = Report::of(&*journal, job.id).await.unwrap();
        let (mut once, mut doubled, mut wrong) = (0, 0, 0);
        for row in &report.rows {
            let entries = ledgers[row.payment.payment_id.as_str()]["entries"].as_array().unwrap();
            let amounts: Vec<i64> = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).collect();
            once += i32::from(amounts == [row.amount.minor()]);
            doubled += i32::from(amounts.len() > 1);
            wrong +=
                i32::from((RowState::of(row) == RowState::Completed) != (amounts == [row.amount.minor()]));
        }
        println!("{}: {once} refunded once, {doubled} twice, {wrong} unlike the report", job.name);
    }
    println!("journal sound: {}", journal.verify().await.unwrap().is_sound());
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: u64| words.get(place).map_or(default, |word| word.parse().unwrap());
    match words.first().map(String::as_str) {
        Some("prepare") => {
            forget();
            prepare(number(1, 10_000) as usize, number(2, 300)).await;
        }
        Some("add") => prepare(number(1, 10_000) as usize, number(2, 300)).await,
        Some("fill") => {
            forget();
            refunds(number(1, 100_000) as usize, 64, true).await;
        }
        Some("plan") => {
            forget();
            plan_only(number(1, 100_000) as usize).await;
        }
        Some("single") => refunds(number(1, 2_000) as usize, 1, true).await,
        Some("recover") => recover(number(1, 10_000) as usize).await,
        Some("run") => run(u16::try_from(number(1, 32)).unwrap()).await,
        Some("check") => check().await,
        _ => println!(
            "prepare [orders] [millis] | run [concurrency] | check | fill [refunds] | single [refunds] | plan [orders] | add [orders] [millis] | recover [attempts]"
        ),
    }
}
