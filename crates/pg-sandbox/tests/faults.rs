//! Every fault does on the socket what it says, and the books move exactly when it says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_errors_doc,
    clippy::let_underscore_must_use,
    missing_docs,
    unreachable_pub
)]

mod client;

use std::time::{Duration, Instant};

use client::{
    BASIC, End, JSON, chaiport_cancel, connect, drain, eximbay_body, parse, raw, request, standard,
};
use pg_cancel_sandbox::{
    Actor, BodyKind, Fault, FaultKind, Gateway, GuardMode, Guards, NewPayment, Operation, Options, PaymentId,
    Rates, Sandbox,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

type Check = fn(&client::Answer) -> bool;

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(5);

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default().hold(LONG)).await.expect("starts")
}

/// An Eximbay payment of 10.00 and the bytes that refund 3.00 of it.
fn prepared(sandbox: &Sandbox) -> (PaymentId, Vec<u8>) {
    let id = sandbox.pay(NewPayment::eximbay("O", "USD", "10.00"));
    let body = eximbay_body("O", "10.00", "10.00", "P", "3.00", &format!("r{id}"));
    (id.clone(), request("POST", &format!("/v1/payments/{id}/cancel"), &[JSON, BASIC], &body.to_string()))
}

/// As `prepared`, asking the server to close after its answer.
fn closing(sandbox: &Sandbox) -> (PaymentId, Vec<u8>) {
    let (id, bytes) = prepared(sandbox);
    let text = String::from_utf8(bytes).unwrap();
    (id, text.replace("host: sandbox", "host: sandbox\r\nconnection: close").into_bytes())
}

fn applied(sandbox: &Sandbox, id: &PaymentId) -> bool {
    sandbox.payment(Gateway::Eximbay, id).unwrap().balance == 700
}

/// Plays one fault on one refund, with and without applying; hands the bytes seen to `check`.
async fn played(kind: FaultKind, wait: Duration, check: impl Fn(&[u8], End)) {
    for apply in [true, false] {
        let sandbox = sandbox().await;
        let (id, bytes) = closing(&sandbox);
        sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(kind.clone()).apply(apply));
        let (got, end) = raw(&sandbox.url(Gateway::Eximbay), &bytes, wait).await;
        check(&got, end);
        assert_eq!(applied(&sandbox, &id), apply, "{kind:?}");
        let seen = &sandbox.requests()[0];
        assert!(seen.complete && seen.bytes == bytes.len() as u64, "{seen:?}");
        assert_eq!((seen.applied, seen.fault), (apply, Some(kind.name())));
    }
}

/// Plays one fault that strikes before reading.
async fn early(kind: FaultKind, wait: Duration, read: u64, check: impl Fn(&[u8], End)) {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(kind.clone()));
    let (got, end) = raw(&sandbox.url(Gateway::Eximbay), &bytes, wait).await;
    check(&got, end);
    assert!(!applied(&sandbox, &id), "{kind:?}");
    assert_eq!(sandbox.requests().iter().map(|seen| seen.bytes).sum::<u64>(), read, "{kind:?}");
    assert_eq!(sandbox.count(Gateway::Eximbay, Operation::Any), usize::from(read > 0));
}

fn head_and_body(bytes: &[u8]) -> (String, Vec<u8>) {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8(bytes[..split].to_vec()).unwrap(), bytes[split..].to_vec())
}

fn length(head: &str) -> usize {
    head.lines().find_map(|l| l.strip_prefix("content-length: ")).expect("a length").parse().unwrap()
}

#[tokio::test]
async fn before_reading() {
    let nothing = |end: End| move |got: &[u8], seen: End| assert_eq!((got.len(), seen), (0, end));
    early(FaultKind::StallBeforeReading, SHORT, 0, nothing(End::StillOpen)).await;
    early(FaultKind::ResetOnAccept, LONG, 0, nothing(End::Reset)).await;
    early(FaultKind::CloseBeforeReading, LONG, 0, nothing(End::Reset)).await;
    early(FaultKind::ResetAfterBytes(10), LONG, 10, nothing(End::Reset)).await;
    early(FaultKind::StallAfterBytes(60), SHORT, 60, nothing(End::StillOpen)).await;
}

#[tokio::test]
async fn at_accept_without_an_operation() {
    for (kind, end) in [(FaultKind::CloseOnAccept, End::Fin), (FaultKind::ResetOnAccept, End::Reset)] {
        let sandbox = sandbox().await;
        sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Any).kind(kind.clone()));
        let mut stream = connect(&sandbox.url(Gateway::Eximbay)).await;
        assert_eq!(drain(&mut stream, LONG).await.1, end, "{kind:?}");
        assert_eq!(
            (sandbox.connections(Gateway::Eximbay), sandbox.count(Gateway::Eximbay, Operation::Any)),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn refused_connections() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let url = sandbox.url(Gateway::Eximbay);
    let mut idle = connect(&url).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    sandbox.refuse_connections(Gateway::Eximbay).await;
    let refused = tokio::net::TcpStream::connect(client::address(&url)).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(drain(&mut idle, LONG).await.1, End::Fin, "idle connections end");
    sandbox.accept_connections(Gateway::Eximbay).await;
    let mut stream = connect(&url).await;
    stream.write_all(&bytes).await.unwrap();
    drain(&mut stream, SHORT).await;
    assert!(applied(&sandbox, &id));
    sandbox.fault(Fault::on(Gateway::Chaiport, Operation::Any).kind(FaultKind::RefuseConnections));
    sandbox.clear_faults();
    connect(&sandbox.url(Gateway::Chaiport)).await;
}

#[tokio::test]
async fn without_an_answer() {
    let nothing = |end: End| move |got: &[u8], seen: End| assert_eq!((got.len(), seen), (0, end));
    played(FaultKind::Silence, SHORT, nothing(End::StillOpen)).await;
    played(FaultKind::CloseWithoutAnswer, LONG, nothing(End::Fin)).await;
    played(FaultKind::Reset, LONG, nothing(End::Reset)).await;
    played(FaultKind::Garbage, LONG, |got, end| {
        assert!(!got.starts_with(b"HTTP") && !got.is_empty() && end == End::Fin);
    })
    .await;
    played(FaultKind::Interim100, SHORT, |got, end| {
        assert_eq!((got, end), (&b"HTTP/1.1 100 Continue\r\n\r\n"[..], End::StillOpen));
    })
    .await;
}

#[tokio::test]
async fn broken_bodies() {
    played(FaultKind::HeadOnly, SHORT, |got, end| {
        let (head, body) = head_and_body(got);
        assert!(length(&head) > 100 && body.is_empty() && end == End::StillOpen);
    })
    .await;
    played(FaultKind::CutBody(7), LONG, |got, end| {
        let (head, body) = head_and_body(got);
        assert!(length(&head) > 100 && body.len() == 7 && end == End::Fin);
    })
    .await;
    played(FaultKind::StallBody(9), SHORT, |got, end| {
        assert_eq!((head_and_body(got).1.len(), end), (9, End::StillOpen));
    })
    .await;
    played(FaultKind::CloseDelimitedCut(9), LONG, |got, end| {
        let (head, body) = head_and_body(got);
        assert!(!head.contains("content-length") && body.len() == 9 && end == End::Fin);
    })
    .await;
    played(FaultKind::HugeBody(3 << 20), LONG, |got, _| {
        let (head, body) = head_and_body(got);
        assert_eq!((length(&head), body.len()), (3 << 20, 3 << 20));
        assert!(serde_json::from_slice::<Value>(&body).is_ok(), "the filling is spaces");
    })
    .await;
    played(FaultKind::EndlessBody, LONG, |got, _| {
        let (head, body) = head_and_body(got);
        assert!(head.contains("transfer-encoding: chunked") && body.len() > 8 << 20);
    })
    .await;
    played(FaultKind::SlowBody(Duration::from_millis(5)), SHORT, |got, end| {
        let (head, body) = head_and_body(got);
        assert!(body.len() < length(&head) && body.len() > 3 && end == End::StillOpen);
    })
    .await;
}

#[tokio::test]
async fn wrong_contents() {
    let text = |got: &[u8]| String::from_utf8(head_and_body(got).1).unwrap();
    played(FaultKind::Malformed, LONG, |got, _| {
        assert!(serde_json::from_str::<Value>(&text(got)).is_err());
    })
    .await;
    played(FaultKind::DuplicateKeys, LONG, |got, _| {
        assert_eq!(text(got).matches("\"rescode\"").count(), 2);
        assert!(serde_json::from_str::<Value>(&text(got)).is_ok());
    })
    .await;
    played(FaultKind::TrailingBytes, LONG, |got, _| {
        assert!(text(got).ends_with("{\"code\":-1}") && serde_json::from_str::<Value>(&text(got)).is_err());
    })
    .await;
    played(FaultKind::DeepJson(500), LONG, |got, _| {
        assert!(text(got).contains(&"[".repeat(500)) && text(got).contains("\"0000\""));
    })
    .await;
    played(FaultKind::WrongCharset, LONG, |got, _| {
        assert!(String::from_utf8(head_and_body(got).1).is_err() && got.windows(5).any(|w| w == b"UTF-8"));
    })
    .await;
    played(FaultKind::HeaderBomb(150), LONG, |got, _| {
        assert!(head_and_body(got).0.lines().count() > 150 && parse(got).body["rescode"] == "0000");
    })
    .await;
    played(FaultKind::ExtraFields, LONG, |got, _| {
        assert!(parse(got).body["payment"]["x_new_member"]["since"] == "tomorrow");
    })
    .await;
    played(FaultKind::CodeAsString, LONG, |got, _| assert_eq!(parse(got).body["rescode"], 0)).await;
    played(FaultKind::NullResponse, LONG, |got, _| {
        assert!(parse(got).body["payment"].is_null() && parse(got).body["rescode"] == "0000");
    })
    .await;
    played(FaultKind::OtherPayment, LONG, |got, _| {
        assert_eq!(parse(got).body["payment"]["transaction_id"], "1849705C6420000101999999");
    })
    .await;
    played(FaultKind::OtherAmount, LONG, |got, _| {
        assert_eq!(parse(got).body["refund"]["refund_amount"], "13.00")
    })
    .await;
    played(FaultKind::OtherCurrency, LONG, |got, _| {
        assert_eq!(parse(got).body["payment"]["currency"], "JPY")
    })
    .await;
    played(FaultKind::OldState, LONG, |got, _| assert_eq!(parse(got).body["payment"]["balance"], "10.00"))
        .await;
}

#[tokio::test]
async fn statuses_and_redirects() {
    for status in [301, 302, 307, 308] {
        played(FaultKind::Redirect(status, "http://127.0.0.1:9/x".into()), LONG, |got, _| {
            assert!(
                parse(got).status == status && parse(got).head.contains("location: http://127.0.0.1:9/x")
            );
        })
        .await;
    }
    let bodies: [(BodyKind, Check); 4] = [
        (BodyKind::Empty, |a| a.head.contains("content-length: 0") && a.body.is_null()),
        (BodyKind::Html, |a| a.head.contains("text/html") && a.body.is_null()),
        (BodyKind::Envelope("EX99".into(), "Exception".into()), |a| a.body["rescode"] == "EX99"),
        (BodyKind::WrongEnvelope, |a| a.body["code"] == 0),
    ];
    for status in [400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 200] {
        for (body, right) in &bodies {
            played(FaultKind::Status(status, body.clone()), LONG, |got, _| {
                let answer = parse(got);
                assert!(answer.status == status && right(&answer), "{answer:?}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn envelopes_in_every_gateways_shape() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("C", 10_000));
    let fault = |gateway| {
        let kind = FaultKind::Status(200, BodyKind::Envelope("-1".into(), "PG".into()));
        sandbox.fault(Fault::on(gateway, Operation::Cancel).kind(kind).apply(false));
    };
    fault(Gateway::Chaiport);
    let answer = chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 1})).await;
    assert_eq!(answer.body, json!({"code": -1, "message": "PG", "response": null}));
    let id = sandbox.pay(NewPayment::settlebank("S", 10_000));
    fault(Gateway::Settlebank);
    let body =
        standard("nxca_jt_il", "CA", "C0", "N1", "500", json!({"orgTrdNo": id.as_str(), "cnclOrd": "001"}));
    let answer = client::settlebank(&sandbox, "/spay/APICancel.do", &body).await;
    assert_eq!(
        (&answer.body["params"]["outRsltCd"], &answer.body["params"]["mchtTrdNo"]),
        (&json!("-1"), &json!("N1"))
    );
    fault(Gateway::Settlebank);
    let flat = client::flat("nxca_jt_il", id.as_str(), "S", "20261121", "500");
    let answer = client::settlebank(&sandbox, "/spay/APICancel.do", &flat).await;
    assert_eq!(answer.body, json!({"resultCode": "-1", "resultMsg": "PG", "canTrdNo": null}));
}

#[tokio::test]
async fn twisted_answers_of_the_other_gateways() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("C", 100_000));
    let chaiport = async |kind: FaultKind| {
        sandbox.fault(Fault::on(Gateway::Chaiport, Operation::Cancel).kind(kind));
        chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 1_000})).await.body
    };
    assert_eq!(chaiport(FaultKind::OldState).await["response"]["status"], "paid");
    assert_eq!(chaiport(FaultKind::OtherAmount).await["response"]["cancel_amount"], 2_001);
    assert_eq!(chaiport(FaultKind::OtherPayment).await["response"]["imp_uid"], "imp_999999999999");
    assert_eq!(chaiport(FaultKind::OtherCurrency).await["response"]["currency"], "JPY");
    assert_eq!(chaiport(FaultKind::CodeAsString).await["code"], "0");
    assert_eq!(
        chaiport(FaultKind::NullResponse).await,
        json!({"code": 0, "message": null, "response": null})
    );
    let id = sandbox.pay(NewPayment::settlebank("S", 10_000));
    for (number, (kind, place)) in [
        (FaultKind::OtherPayment, "/data/orgTrdNo"),
        (FaultKind::OtherAmount, "/data/cnclAmt"),
        (FaultKind::CodeAsString, "/params/outRsltCd"),
        (FaultKind::NullResponse, "/data"),
    ]
    .into_iter()
    .enumerate()
    {
        let order = format!("{:03}", number + 1);
        let body = json!({"orgTrdNo": id.as_str(), "cnclOrd": order});
        let body = standard("nxca_jt_il", "CA", "C0", &format!("N{number}"), "500", body);
        sandbox.fault(Fault::on(Gateway::Settlebank, Operation::Cancel).kind(kind.clone()));
        let answer = client::settlebank(&sandbox, "/spay/APICancel.do", &body).await.body;
        let expected = match kind {
            FaultKind::OtherPayment => json!("STFP_PGCAsomebody_el0200101000000M0000000"),
            FaultKind::OtherAmount => json!(client::aes("501")),
            FaultKind::CodeAsString => json!(0),
            _ => Value::Null,
        };
        assert_eq!(answer.pointer(place), Some(&expected), "{kind:?}");
    }
}

#[tokio::test]
async fn late_requests_reach_the_books_after_the_client_left() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let url = sandbox.url(Gateway::Eximbay);
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(FaultKind::Late(Duration::MAX)));
    let (got, end) = raw(&url, &bytes, SHORT).await;
    assert_eq!((got.len(), end, applied(&sandbox, &id)), (0, End::StillOpen, false));
    assert_eq!(sandbox.deliver_late(), 1);
    let ledger = sandbox.payment(Gateway::Eximbay, &id).unwrap();
    assert_eq!((ledger.balance, ledger.entries[0].by), (700, Actor::Late));
    let (id, bytes) = prepared(&sandbox);
    sandbox.fault(
        Fault::on(Gateway::Eximbay, Operation::Cancel).kind(FaultKind::Late(Duration::from_millis(60))),
    );
    let before = Instant::now();
    let (got, _) = raw(&url, &bytes, Duration::from_millis(400)).await;
    assert!(before.elapsed() >= Duration::from_millis(60) && applied(&sandbox, &id));
    assert_eq!(parse(&got).body["rescode"], "0000", "whoever still waits is answered");
}

#[tokio::test]
async fn refused_now_and_applied_later() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let kind = FaultKind::RefusedThenApplied("EM00".into(), "Communication Error".into());
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(kind));
    let (got, _) = raw(&sandbox.url(Gateway::Eximbay), &bytes, SHORT).await;
    assert_eq!(parse(&got).body["rescode"], "EM00");
    assert!(!applied(&sandbox, &id));
    assert_eq!((sandbox.deliver_late(), applied(&sandbox, &id)), (1, true));
}

#[tokio::test]
async fn doubled_by_the_network() {
    for (kind, mode, left, answer) in [
        (FaultKind::Twice, GuardMode::Strict, 700, "0000"),
        (FaultKind::TwiceAnswerSecond, GuardMode::Strict, 700, "DUPLICATION_DECLINE"),
        (FaultKind::Twice, GuardMode::Off, 400, "0000"),
    ] {
        let sandbox = sandbox().await;
        sandbox.set_guards(Guards::all(mode));
        let (id, bytes) = prepared(&sandbox);
        sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(kind.clone()));
        let (got, _) = raw(&sandbox.url(Gateway::Eximbay), &bytes, SHORT).await;
        assert_eq!(parse(&got).body["rescode"], answer);
        assert_eq!(sandbox.payment(Gateway::Eximbay, &id).unwrap().balance, left, "{kind:?} {mode:?}");
        assert_eq!(sandbox.count(Gateway::Eximbay, Operation::Cancel), 1, "the client sent one");
        assert!(sandbox.requests()[0].applied);
    }
}

#[tokio::test]
async fn latency_and_keep_alive() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let delay = Duration::from_millis(80);
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).nth(1).kind(FaultKind::Latency(delay)));
    let mut stream = connect(&sandbox.url(Gateway::Eximbay)).await;
    for slow in [false, true, false] {
        let before = Instant::now();
        stream.write_all(&bytes).await.unwrap();
        let (got, end) = drain(&mut stream, delay * 2).await;
        assert_eq!(end, End::StillOpen);
        assert!(!got.is_empty() && (!slow || before.elapsed() >= delay));
    }
    let seen = sandbox.requests();
    assert_eq!(seen.iter().map(|seen| seen.connection).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(seen[0].body_fingerprint, seen[2].body_fingerprint);
    assert!(applied(&sandbox, &id));
}

#[tokio::test]
async fn random_faults_repeat_by_seed_and_never_break_the_books() {
    let rates = Rates {
        lost_before: 100,
        applied_lost: 100,
        server_error_applied: 100,
        server_error_not_applied: 100,
        refused: 30,
        cut_body: 100,
        redirect: 50,
        duplicate: 100,
        late: 0,
        look_up_fails: 0,
        silence: false,
    };
    let run = async || {
        let sandbox = sandbox().await;
        sandbox.random_faults(11, rates);
        let mut ends = Vec::new();
        for _ in 0..60 {
            let (id, bytes) = closing(&sandbox);
            loop {
                let Ok(mut stream) =
                    tokio::net::TcpStream::connect(client::address(&sandbox.url(Gateway::Eximbay))).await
                else {
                    tokio::time::sleep(Duration::from_millis(3)).await;
                    continue;
                };
                let _ = stream.write_all(&bytes).await;
                drain(&mut stream, LONG).await;
                break;
            }
            let seen = sandbox.requests();
            let last = seen.last().unwrap();
            assert_eq!(last.applied, applied(&sandbox, &id), "{last:?}");
            ends.push((last.fault, last.applied));
        }
        ends
    };
    let first = run().await;
    assert_eq!(first, run().await);
    assert!(first.iter().filter(|(fault, _)| fault.is_some()).count() > 15);
}

#[tokio::test]
async fn an_idle_connection_meets_faults_armed_meanwhile() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let mut stream = connect(&sandbox.url(Gateway::Eximbay)).await;
    let look_up = request("POST", "/v1/payments/retrieve", &[JSON, BASIC], "{}");
    stream.write_all(&look_up).await.unwrap();
    assert!(!drain(&mut stream, SHORT).await.0.is_empty());
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(FaultKind::ResetOnAccept));
    stream.write_all(&bytes).await.unwrap();
    assert_eq!(drain(&mut stream, LONG).await.1, End::Reset);
    assert_eq!((sandbox.count(Gateway::Eximbay, Operation::Cancel), applied(&sandbox, &id)), (0, false));
}

#[tokio::test]
async fn half_a_request_is_seen_as_half() {
    let sandbox = sandbox().await;
    let (id, bytes) = prepared(&sandbox);
    let mut stream = connect(&sandbox.url(Gateway::Eximbay)).await;
    stream.write_all(&bytes[..bytes.len() - 5]).await.unwrap();
    drop(stream);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if sandbox.requests().first().is_some_and(|seen| seen.bytes == bytes.len() as u64 - 5) {
            break;
        }
    }
    let seen = sandbox.requests().remove(0);
    assert_eq!((seen.complete, seen.applied, seen.operation), (false, false, Operation::Cancel));
    assert_eq!(seen.bytes, bytes.len() as u64 - 5);
    assert!(!applied(&sandbox, &id));
}

#[tokio::test]
async fn dropping_the_handle_closes_everything() {
    let sandbox = sandbox().await;
    let url = sandbox.url(Gateway::Chaiport);
    let mut stream = connect(&url).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    sandbox.shutdown().await;
    assert_ne!(drain(&mut stream, LONG).await.1, End::StillOpen);
    assert!(tokio::net::TcpStream::connect(client::address(&url)).await.is_err());
}
