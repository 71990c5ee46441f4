//! The golden fixtures, held against this crate alone: every listed code comes to what was written down for it, and no
//! piece of a success is a success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_docs_in_private_items)]

use eximbay_cancel::pg_core::wire::WireResponse;
use eximbay_cancel::{AmountText, CancelError, CancelRequest, Config, Currency, Money, PaymentRecord};
use eximbay_cancel::{classify, wire};
use serde_json::Value;

const CASES: &str = include_str!("../fixtures/cancel.json");
const ROWS: &str = include_str!("../fixtures/refusals.json");

fn config() -> Config {
    // published, shared by everybody
    Config::builder("test_1849705C642C217E0B2D", "1849705C64").build().unwrap()
}

/// The guide's own cancel, the first of the cases.
fn full() -> CancelRequest {
    let paid = AmountText::parse("1", Currency::USD).unwrap();
    let balance = Money::parse("1", Currency::USD).unwrap();
    let record = PaymentRecord::new("1849705C6420220922000013", "20220829170258", paid, balance).unwrap();
    let request = CancelRequest::full(&record).unwrap().with_tag("1849705C64".parse().unwrap());
    request.with_reason("단순변심").unwrap()
}

fn outcome(status: u16, body: &str) -> Value {
    let response = WireResponse::new(status, body.as_bytes().to_vec());
    match classify::classify(&full(), &config(), &response) {
        Ok(done) => serde_json::json!({ "outcome": done.state().label() }),
        Err(CancelError::Rejected(error)) => {
            let kind = format!("{:?}", error.kind());
            serde_json::json!({ "outcome": "rejected", "kind": kind, "code": error.code() })
        }
        Err(CancelError::Unknown(error)) => {
            let reason = format!("{:?}", error.reason());
            serde_json::json!({ "outcome": "unknown", "reason": reason, "code": error.code() })
        }
        Err(error) => serde_json::json!({ "outcome": error.label() }),
    }
}

fn read(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_first_case_is_this_request() {
    let case = &read(CASES)[0];
    let built = wire::cancel(&full(), &config()).unwrap();
    assert_eq!(case["request"]["path"], built.target());
    assert_eq!(case["request"]["body"].as_str().unwrap().as_bytes(), built.body());
}

#[test]
fn every_code_comes_to_what_was_written_down() {
    let rows = read(ROWS);
    assert!(rows.len() >= 107);
    for row in rows {
        let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
        assert_eq!(outcome(status, row["answer"].as_str().unwrap()), row["expected"], "{}", row["code"]);
    }
}

#[test]
fn no_status_but_a_deciding_one_lets_a_code_decide() {
    for row in read(ROWS) {
        for status in [201, 302, 408, 409, 425, 429, 500, 502, 503, 504] {
            let outcome = outcome(status, row["answer"].as_str().unwrap());
            assert_eq!(outcome["outcome"], "unknown", "{} under {status}", row["code"]);
        }
    }
}

#[test]
fn no_piece_of_a_success_is_one() {
    let case = &read(CASES)[0];
    let body = case["answer"]["body"].as_str().unwrap();
    assert_eq!(outcome(200, body)["outcome"], "completed");
    for (end, _) in body.char_indices() {
        assert_eq!(outcome(200, body.get(..end).unwrap())["outcome"], "unknown", "cut at {end}");
    }
}
