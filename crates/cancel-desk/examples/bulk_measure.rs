//! Measures refunds in bulk against the simulated gateway in another process.
//!
//! ```text
//! pg-cancel-sandbox --port 9100 --quiet &
//! bulk_measure prepare 10000 300   # payments, a latency of 300 ms on every answer, a plan, its approval
//! bulk_measure run                 # may be killed at any moment, and run again
//! bulk_measure check               # the gateway's ledger against the report
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
use std::time::Instant;

use cancel_desk::bulk::file::OrderFile;
use cancel_desk::bulk::{Planner, Report, RowState, Run, RunOptions, approve, short_hash};
use cancel_desk::journal::{Journal, SqliteJournal, SqliteOptions};
use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
use cancel_desk::record::NewPayment;
use cancel_desk::worker::{Account, Accounts};
use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use pg_sandbox::credentials;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

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

async fn prepare(orders: usize, millis: u64) {
    for end in ["", "-wal", "-shm"] {
        let _absent = std::fs::remove_file(folder().join(format!("bulk-measure.db{end}")));
    }
    let (mut admin, journal) = (Admin::new().await, journal());
    let mut file = "merchant_uid,amount,reason\n".to_owned();
    for number in 0..orders {
        let wish =
            json!({ "gateway": "chaiport", "merchant_uid": format!("ORD-{number}"), "amount": 10_000 });
        let made = admin.call("POST", "/payments", &wish).await;
        let order = format!("ORD-{number}");
        let paid = Money::krw(10_000).unwrap();
        let payment = PaymentRef::new(Gateway::Chaiport, made["id"].as_str().unwrap(), &order, paid)
            .with_method("card")
            .with_pg_provider("html5_inicis");
        journal.register_payment(NewPayment::new("shop", payment)).await.unwrap();
        writeln!(file, "{order},{},event cancelled", 1_000 + number % 5_000).unwrap();
    }
    let fault = json!({
        "gateway": "chaiport", "operation": "any", "kind": "latency", "millis": millis, "times": u64::MAX,
    });
    admin.call("POST", "/faults", &fault).await;
    let began = Instant::now();
    let file = OrderFile::read(file.as_bytes()).unwrap();
    let planner = Planner::new(Arc::clone(&journal), Arc::new(accounts()));
    let job = planner.plan(&file, "measure.csv").await.unwrap().job.unwrap();
    let totals: Vec<Money> = job.totals.iter().map(|total| total.approved).collect();
    approve(&*journal, job.id, &short_hash(&job), &totals, "measure").await.unwrap();
    println!("planned {} rows in {:.2} s: {}", job.rows, began.elapsed().as_secs_f64(), totals[0]);
}

async fn run(most: u16) {
    let journal = journal();
    let job = journal.jobs(1).await.unwrap().remove(0).id;
    let began = Instant::now();
    let options = RunOptions::default().with_most(most);
    let run = Run::new(journal, &accounts(), job, options).await.unwrap();
    let start = run.progress();
    println!(
        "{} of {} settled before, read in {:.2} s",
        start.done,
        start.rows,
        began.elapsed().as_secs_f64()
    );
    let told = Arc::clone(&run);
    let telling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
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
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("Threads")) {
        println!("{line}");
    }
}

async fn check() {
    let journal = journal();
    let job = journal.jobs(1).await.unwrap().remove(0).id;
    let report = Report::of(&*journal, job).await.unwrap();
    println!("{:#}", report.to_json());
    let ledgers = Admin::new().await.call("GET", "/payments", &json!({})).await;
    let ledgers: BTreeMap<&str, &Value> =
        ledgers.as_array().unwrap().iter().map(|ledger| (ledger["id"].as_str().unwrap(), ledger)).collect();
    let (mut once, mut doubled, mut wrong) = (0, 0, 0);
    for row in &report.rows {
        let entries = ledgers[row.payment.payment_id.as_str()]["entries"].as_array().unwrap();
        let amounts: Vec<i64> = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).collect();
        once += i32::from(amounts == [row.amount.minor()]);
        doubled += i32::from(amounts.len() > 1);
        wrong += i32::from((RowState::of(row) == RowState::Completed) != (amounts == [row.amount.minor()]));
    }
    println!("ledger: {once} refunded once, {doubled} twice, {wrong} unlike the report");
    println!("journal sound: {}", journal.verify().await.unwrap().is_sound());
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: u64| words.get(place).map_or(default, |word| word.parse().unwrap());
    match words.first().map(String::as_str) {
        Some("prepare") => prepare(number(1, 10_000) as usize, number(2, 300)).await,
        Some("run") => run(u16::try_from(number(1, 32)).unwrap()).await,
        Some("check") => check().await,
        _ => println!("prepare [orders] [millis] | run [concurrency] | check"),
    }
}
