//! Two `cancel-desk serve` processes on one `PostgreSQL` journal, and one payment that a thousand callers want more of
//! than was paid, half of them here and half of them there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cancel_desk::journal::{Journal, PostgresJournal, PostgresOptions};
use cancel_desk::record::IntentId;
use desk::{Desk, new_database};
use pg_sandbox::{Fault, FaultKind, Ledger, Operation, Options, Sandbox};
use serde_json::Value;
use support::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

mod desk;
mod scale;
#[path = "../support/postgres.rs"]
mod support;

const CHAIPORT: pg_sandbox::Gateway = pg_sandbox::Gateway::Chaiport;
const TOKEN: &str = "a-token-of-this-test-alone";
const PAID: i64 = 1_000_000;
const WISHES: usize = 1_000;
const CALLERS: usize = 32;

/// One request on a connection of its own. `None`: there was no connection.
async fn call(address: SocketAddr, method: &str, path: &str, key: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
         idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.expect("in time").unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let json = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
    Some((status, json.unwrap_or_default()))
}

async fn post(address: SocketAddr, path: &str, key: &str, body: &str) -> (u16, Value) {
    call(address, "POST", path, key, body).await.expect("a connection")
}

/// Amounts that differ and together ask for about nine times what was paid.
fn amount(number: usize) -> i64 {
    let number = i64::try_from(number).unwrap();
    3_000 + number * 7_919 % 12_000
}

/// Asks for a refund of the order until its outcome is known.
async fn ask(addresses: [SocketAddr; 2], number: usize) -> (u16, Value) {
    let amount = amount(number);
    let body = format!(r#"{{"merchant_uid":"ORD-1","cancel_request_amount":{amount},"reason":"변심"}}"#);
    let key = format!("return-{number}");
    let here = addresses[number % 2];
    let (status, mut answer) = if number.is_multiple_of(10) {
        // a caller that is not sure asks both with the same key at once: both must speak of one cancel
        let both = tokio::join!(
            post(here, "/payments/cancel", &key, &body),
            post(addresses[(number + 1) % 2], "/payments/cancel", &key, &body)
        );
        assert_eq!(both.0.1["cancel"]["id"], both.1.1["cancel"]["id"], "{both:?}");
        both.0
    } else {
        post(here, "/payments/cancel", &key, &body).await
    };
    if status != 202 {
        return (status, answer);
    }
    let path = answer["status_url"].as_str().unwrap().to_owned();
    for _ in 0..600 {
        answer = call(here, "GET", &path, "", "").await.expect("a connection").1;
        if answer["state"] == "completed" {
            return (200, serde_json::json!({ "cancel": answer }));
        }
        sleep(Duration::from_millis(200)).await;
    }
    panic!("no outcome: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_tell_a_thousand_callers_the_truth() {
    let Some(server) = Server::shared() else { return };
    let database = new_database(server).await;
    let sandbox = Arc::new(Sandbox::start(Options::default()).await.unwrap());
    let desks = [Desk::start("here", &sandbox, &database, 4), Desk::start("there", &sandbox, &database, 4)];
    for desk in &desks {
        desk.ready().await;
    }
    let addresses = [desks[0].address, desks[1].address];
    let id = sandbox.pay(pg_sandbox::NewPayment::chaiport("ORD-1", PAID).pg_provider("html5_inicis"));
    let payment = format!(
        r#"{{"gateway":"chaiport","account":"shop","imp_uid":"{}","merchant_uid":"ORD-1","amount":{PAID},
            "currency":"KRW","method":"card","pg_provider":"html5_inicis"}}"#,
        id.as_str()
    );
    let (status, answer) = post(addresses[0], "/payments", "", &payment).await;
    assert!(matches!(status, 200 | 201), "{status} {answer}");
    for nth in (5..60).step_by(11) {
        let lost = Fault::on(CHAIPORT, Operation::Cancel).nth(nth);
        sandbox.fault(lost.kind(FaultKind::CloseWithoutAnswer).apply(true));
    }

    let callers: Vec<_> = (0..CALLERS)
        .map(|first| {
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in (first..WISHES).step_by(CALLERS) {
                    told.push((number, ask(addresses, number).await));
                }
                told
            })
        })
        .collect();
    let mut told = BTreeMap::new();
    for caller in callers {
        told.extend(caller.await.unwrap());
    }

    let ledger = sandbox.payment(CHAIPORT, &id.0).unwrap();
    let journal = PostgresJournal::open(PostgresOptions::new(database)).await.unwrap();
    let (mut completed, mut refused, mut sum) = (0, 0, 0);
    for (number, (status, answer)) in &told {
        match status {
            200 => {
                completed += 1;
                sum += amount(*number);
                let intent = answer["cancel"]["id"].as_str().unwrap().parse().unwrap();
                assert_eq!(entries_of(&journal, intent, &ledger).await, [amount(*number)], "{answer}");
            }
            400 => {
                refused += 1;
                let code = answer["code"].as_str().unwrap();
                assert!(matches!(code, "exceeds_cancelable_amount" | "already_refunded"), "{answer}");
            }
            _ => panic!("{status}: {answer}"),
        }
    }
    println!("{completed} completed, {refused} refused, {} of {PAID} refunded", ledger.refunded());
    assert_eq!(completed + refused, WISHES);
    assert_eq!(sum, ledger.refunded(), "every refund was told, and every told refund is in the books");
    assert_eq!(completed, ledger.entries.len());
    assert!(ledger.refunded() <= PAID && completed > 50 && refused > 500);
    let found = journal.verify().await.unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

/// The amounts that the gateway's ledger shows under the tags of an intent's attempts.
async fn entries_of(journal: &dyn Journal, intent: IntentId, ledger: &Ledger) -> Vec<i64> {
    let mut amounts = Vec::new();
    for attempt in journal.attempts_of(intent).await.unwrap() {
        let tag = attempt.id.tag().unwrap().in_reason();
        let with_tag = ledger.entries.iter().filter(|entry| entry.tag.starts_with(&tag));
        amounts.extend(with_tag.map(|entry| entry.amount));
    }
    amounts
}
