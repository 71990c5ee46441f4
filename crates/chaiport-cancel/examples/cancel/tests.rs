//! What is said of an attempt that an earlier run may have sent, against a server on loopback.

use std::sync::{Arc, Mutex};

use chaiport_cancel::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const TOKEN: &str = r#"{"code":0,"message":null,"response":{"access_token":"T","now":1,"expired_at":1801}}"#;
const NOT_FOUND: &str = r#"{"code":-1,"message":"존재하지 않는 결제정보입니다.","response":null}"#;
const TAG: &str = "cabcdefghijklmnopqrstuvwxyz";

/// A payment of 10000 with what is cancelled of it.
fn payment(cancelled: i64, more: &str, history: &str) -> String {
    format!(
        r#"{{"code":0,"message":null,"response":{{"imp_uid":"imp_1","merchant_uid":"O","amount":10000,
        "cancel_amount":{cancelled},"currency":"KRW","status":"paid"{more},"cancel_history":[{history}]}}}}"#
    )
}

/// PayPal has approved some cancel of it.
fn approved(payment: String) -> String {
    payment.replace(r#""status":"paid""#, r#""status":"cancelled""#)
}

/// Answers every look-up alike and every cancel with a server error; returns its address and what it has seen.
async fn gateway(status: u16, look_up: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = request_line(&mut stream).await;
            let (status, body) = if head.starts_with("POST /users/getToken") {
                (200, TOKEN)
            } else if head.starts_with("GET ") {
                (status, look_up.as_str())
            } else {
                (500, "{}")
            };
            log.lock().unwrap().push(head);
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            let _gone = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, seen)
}

/// Reads a whole request; its first line.
async fn request_line(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap_or(0);
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let length = text
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            })
            .unwrap_or(0);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length);
        if whole || read == 0 {
            return text.lines().next().unwrap_or_default().to_owned();
        }
    }
}

/// Exit code, outcome and how many cancels were sent.
async fn tried(arguments: &str, status: u16, look_up: String) -> (u8, String, usize) {
    let (address, seen) = gateway(status, look_up).await;
    let words = ["cancel", "--imp-uid", "imp_1"].into_iter().chain(arguments.split_whitespace());
    let arguments = Arguments::try_parse_from(words).unwrap();
    let config = Config::builder("KEY", "SECRET").endpoint(Endpoint::Custom(address)).build();
    let (code, value) = run(&arguments, config).await;
    let seen = seen.lock().unwrap();
    let sandbox = seen.iter().any(|head| head.starts_with("GET /payments/imp_1?include_sandbox=true"));
    assert_eq!(sandbox, arguments.may_repeat() && arguments.balance.is_none());
    let sent = seen.iter().filter(|head| head.starts_with("POST /payments/cancel")).count();
    if code == 4 && sent == 0 {
        assert_eq!(value["next_step"], NextStep::LookUpFirst.advice());
    }
    (code, value["outcome"].as_str().unwrap().to_owned(), sent)
}

#[tokio::test]
async fn a_look_up_that_fails_tells_nothing_of_an_earlier_copy() {
    let repeat = format!("--amount 1000 --tag {TAG}");
    let first = format!("{repeat} --first-send");
    for (arguments, status, body, expected) in [
        ("--amount 1000", 404, NOT_FOUND, (2, "rejected")),
        ("--amount 1000", 503, "{}", (3, "not_sent")),
        (first.as_str(), 404, NOT_FOUND, (2, "rejected")),
        (first.as_str(), 503, "{}", (3, "not_sent")),
        (repeat.as_str(), 404, NOT_FOUND, (4, "unknown")),
        (repeat.as_str(), 503, "{}", (4, "unknown")),
    ] {
        let (code, outcome, sent) = tried(arguments, status, body.to_owned()).await;
        assert_eq!((code, outcome.as_str(), sent), (expected.0, expected.1, 0), "{arguments} {status}");
    }
}

#[test]
fn the_advice_after_a_failed_look_up_fits_its_cause() {
    for (kind, may_repeat, code, advice) in [
        (LookUpErrorKind::Credentials, false, 3, NextStep::CheckCredentials),
        (LookUpErrorKind::Unavailable, false, 3, NextStep::SendTheSameAgain),
        (LookUpErrorKind::NotFound, false, 2, NextStep::ReadTheRefusal),
        (LookUpErrorKind::Credentials, true, 4, NextStep::LookUpFirst),
    ] {
        let told = not_looked_up(&LookUpError::new(kind), may_repeat);
        assert_eq!((told.0, told.1["next_step"].as_str()), (code, Some(advice.advice())));
    }
}

#[tokio::test]
async fn what_may_be_the_earlier_copy_is_not_sent_again() {
    let cut = r#"{"amount":1000,"reason":"[c:cabcdefghij","cancelled_at":100}"#;
    let whole = r#"{"amount":1000,"reason":"[c:cother]","cancelled_at":100}"#;
    let ours = format!(r#"{{"amount":1000,"reason":"[c:{TAG}] x","cancelled_at":100}}"#);
    let nameless = r#"{"amount":10000,"reason":"-","cancelled_at":100}"#;
    let paypal = r#","pg_provider":"paypal_v2""#;
    for (asked, look_up, expected) in [
        ("--amount 1000", payment(1000, "", cut), (4, "unknown", 0)),
        ("--amount 1000", payment(1000, "", &ours), (0, "completed", 0)),
        ("--amount 1000", payment(1000, r#","pay_method":"vbank""#, &ours), (0, "accepted", 0)),
        ("--amount 1000", payment(1000, paypal, &ours), (0, "accepted", 0)),
        ("--amount 1000", approved(payment(1000, paypal, &ours)), (0, "completed", 0)),
        // the status may be the other cancel's
        ("--amount 1000", approved(payment(2000, paypal, &format!("{whole},{ours}"))), (0, "accepted", 0)),
        ("--amount 2000", payment(1000, "", &ours), (4, "unknown", 0)),
        // a full cancel whose tag was lost: nothing is left
        ("--full", payment(10_000, "", nameless), (4, "unknown", 0)),
        ("--amount 9500", payment(1000, "", whole), (4, "unknown", 0)),
        // a pending refund shows nowhere
        ("--amount 1000", payment(0, paypal, ""), (4, "unknown", 0)),
        // somebody else's, and the server's error
        ("--amount 1000", payment(1000, "", whole), (4, "unknown", 1)),
    ] {
        let (code, outcome, sent) = tried(&format!("{asked} --tag {TAG}"), 200, look_up).await;
        assert_eq!((code, outcome.as_str(), sent), expected, "{asked}");
    }
}
