//! Every fault that is meant to hurt does on the socket what it says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_errors_doc,
    clippy::let_underscore_must_use,
    missing_docs,
    unreachable_pub
)]

mod client;

use std::time::Duration;

use client::{BASIC, End, JSON, eximbay_body, raw, request};
use pg_cancel_sandbox::{Fault, FaultKind, Gateway, NewPayment, Operation, Options, Sandbox};

const WAIT: Duration = Duration::from_millis(300);

/// What comes back on a refund of 3.00 under a fault, and how it ends.
async fn played(kind: FaultKind) -> (Vec<u8>, End) {
    let sandbox = Sandbox::start(Options::default().hold(Duration::from_secs(5))).await.expect("starts");
    let id = sandbox.pay(NewPayment::eximbay("ORDER-1", "USD", "10.00"));
    let body = eximbay_body("ORDER-1", "10.00", "10.00", "P", "3.00", "refund-1").to_string();
    let bytes = request("POST", &format!("/v1/payments/{id}/cancel"), &[JSON, BASIC], &body);
    sandbox.fault(Fault::on(Gateway::Eximbay, Operation::Cancel).kind(kind.clone()));
    let answer = raw(&sandbox.url(Gateway::Eximbay), &bytes, WAIT).await;
    assert_eq!(sandbox.payment(Gateway::Eximbay, &id).unwrap().balance, 700, "{kind:?}");
    assert_eq!(sandbox.requests()[0].fault, Some(kind.name()));
    answer
}

async fn text(kind: FaultKind) -> String {
    String::from_utf8(played(kind).await.0).expect("ascii")
}

fn head_and_body(answer: &str) -> (&str, &str) {
    answer.split_once("\r\n\r\n").expect("a head")
}

#[tokio::test]
async fn floods_do_not_end() {
    for kind in [
        FaultKind::EndlessHeaders,
        FaultKind::EndlessChunkSize,
        FaultKind::EndlessTrailers,
        FaultKind::EndlessInterim,
        FaultKind::HugeBody(200 * 1024 * 1024),
    ] {
        let (bytes, end) = played(kind.clone()).await;
        assert!(bytes.len() > 100_000 && end == End::StillOpen, "{kind:?}: {} bytes", bytes.len());
        let ended = bytes.windows(4).any(|bytes| bytes == b"\r\n\r\n");
        assert_eq!(ended, kind != FaultKind::EndlessHeaders, "{kind:?}");
    }
}

#[tokio::test]
async fn heads_carry_what_they_should_not() {
    assert!(
        text(FaultKind::LongHeader(5_000)).await.contains(&format!("x-filler: {}\r\n", "0".repeat(5_000)))
    );
    assert_eq!(text(FaultKind::Cookies(30)).await.matches("set-cookie: ").count(), 30);
    assert!(text(FaultKind::SwitchProtocols).await.starts_with("HTTP/1.1 101 "));
    assert!(text(FaultKind::BodyOnly).await.starts_with('{'));
    let twice = text(FaultKind::TwoLengths).await;
    assert_eq!(head_and_body(&twice).0.matches("content-length: ").count(), 2);
    let both = text(FaultKind::LengthAndChunks).await;
    assert!(both.contains("content-length: 10\r\n") && both.contains("transfer-encoding: chunked\r\n"));
    let overflow = text(FaultKind::ChunkOverflow).await;
    let size = head_and_body(&overflow).1.lines().next().unwrap();
    assert!(u64::from_str_radix(size, 16).is_err() && size.len() == 17, "{size}");
    let dropped = text(FaultKind::DropAfterBody).await;
    assert!(!dropped.contains("content-length") && dropped.ends_with('}'));
}

#[tokio::test]
async fn bytes_stand_behind_the_answer() {
    for (kind, behind) in [(FaultKind::ShortLength(10), 10), (FaultKind::SecondAnswer, 0)] {
        let answer = text(kind.clone()).await;
        let (head, body) = head_and_body(&answer);
        let length: usize =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        match kind {
            FaultKind::SecondAnswer => assert_eq!(&body[length..], &answer[..answer.len() / 2]),
            _ => assert_eq!(body.len() - length, behind),
        }
    }
}

#[tokio::test]
async fn bodies_are_not_what_they_are_called() {
    let (gzip, _) = played(FaultKind::Gzip(1_000_000)).await;
    assert!(
        gzip.windows(10).any(|bytes| bytes == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]) && gzip.len() < 10_000
    );
    let (marked, _) = played(FaultKind::ByteOrderMark).await;
    assert!(marked.windows(4).any(|bytes| bytes == b"\xef\xbb\xbf{"));
    let (wide, _) = played(FaultKind::Utf16).await;
    assert!(wide.windows(4).any(|bytes| bytes == [0, b'{', 0, b'"']));
    for token in ["NaN", "1e400", "-0", "\"３\""] {
        let (bytes, _) = played(FaultKind::Amounts(token.to_owned())).await;
        let answer = String::from_utf8(bytes).unwrap();
        assert!(answer.contains(&format!("\"refund_amount\":{token}")), "{answer}");
    }
}

#[tokio::test]
async fn echoes_repeat_what_was_sent() {
    let (bytes, _) = played(FaultKind::Echo).await;
    let answer = String::from_utf8(bytes).unwrap();
    let (head, body) = head_and_body(&answer);
    let key = BASIC.1;
    assert!(head.contains("x-echo: POST /v1/payments/") && head.contains(key), "{head}");
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["rescode"], "0000");
    let message = json["resmsg"].as_str().unwrap();
    assert!(message.contains(key) && message.contains("\"refund_id\":\"refund-1\""), "{message}");
    let (bytes, _) = played(FaultKind::EchoValue("SAID".to_owned())).await;
    let answer = String::from_utf8(bytes).unwrap();
    assert!(answer.contains("\"resmsg\":\"SAID\"") && answer.contains("x-echo: SAID\r\n"), "{answer}");
}

#[tokio::test]
async fn the_admin_api_knows_them_by_name() {
    let sandbox = Sandbox::start(Options::default()).await.expect("starts");
    for kind in [
        FaultKind::LongHeader(9),
        FaultKind::EndlessHeaders,
        FaultKind::Cookies(9),
        FaultKind::EndlessInterim,
        FaultKind::SwitchProtocols,
        FaultKind::BodyOnly,
        FaultKind::ChunkOverflow,
        FaultKind::EndlessChunkSize,
        FaultKind::EndlessTrailers,
        FaultKind::TwoLengths,
        FaultKind::LengthAndChunks,
        FaultKind::ShortLength(9),
        FaultKind::SecondAnswer,
        FaultKind::Gzip(9),
        FaultKind::ByteOrderMark,
        FaultKind::Utf16,
        FaultKind::Amounts("9".to_owned()),
        FaultKind::Echo,
        FaultKind::EchoValue("9".to_owned()),
        FaultKind::DropAfterBody,
    ] {
        let wish = serde_json::json!({"gateway": "eximbay", "operation": "cancel", "kind": kind.name(), "bytes": 9,
            "token": "9", "message": "9"});
        let answer = client::call(&sandbox.admin_url(), "POST", "/faults", &[JSON], &wish.to_string()).await;
        assert_eq!(answer.status, 201, "{kind:?}");
    }
}
