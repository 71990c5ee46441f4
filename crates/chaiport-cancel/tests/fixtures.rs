//! The golden fixtures, held against this crate alone: every listed refusal comes to what was written down for it, and
//! no piece of a success is a success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_docs_in_private_items)]

use chaiport_cancel::pg_core::wire::WireResponse;
use chaiport_cancel::{
    Bank, CancelError, CancelRequest, Money, PaymentIds, PaymentRecord, RefundAccount, classify, wire,
};
use serde::Deserialize;

const FULL: &str = "full, tagged, with every field of the answer";

#[derive(Deserialize)]
struct Case {
    name: String,
    request: Option<Request>,
    answer: Option<Answer>,
}

#[derive(Deserialize)]
struct Request {
    body: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    body: String,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    to: String,
    status: u16,
    answer: String,
    expected: Expected,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Expected {
    outcome: String,
    kind: Option<String>,
    reason: Option<String>,
    code: Option<String>,
}

/// A full cancel of the fixtures' payment, at a PG and by a method.
fn full(pg: &str, method: &str) -> CancelRequest {
    let ids = PaymentIds::both("imp_448280090638".parse().unwrap(), "ORD20180131-0000011".parse().unwrap());
    let record = PaymentRecord::new(ids, Money::krw(10_000).unwrap());
    let request = CancelRequest::full(record.with_pg_provider(pg).with_pay_method(method)).unwrap();
    let request = request.with_tag("full".parse().unwrap()).with_reason("주문 취소").unwrap();
    if method != "vbank" {
        return request;
    }
    let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
    request.with_refund_account(account).unwrap()
}

/// The request that a row names.
fn asked(row: &Row) -> CancelRequest {
    match row.to.split(", ").collect::<Vec<_>>()[..] {
        ["full", pg, method] if row.to != FULL => full(pg, method),
        _ => full("html5_inicis", "card"),
    }
}

fn outcome(request: &CancelRequest, status: u16, body: &str) -> Expected {
    let response = WireResponse::new(status, body.as_bytes().to_vec());
    let (outcome, kind, reason, code) = match classify::classify(request, &response) {
        Ok(done) => (done.state().label(), None, None, None),
        Err(error) => {
            let (kind, reason) = match &error {
                CancelError::Rejected(rejected) => (Some(format!("{:?}", rejected.kind())), None),
                CancelError::Unknown(unknown) => (None, Some(format!("{:?}", unknown.reason()))),
                _ => (None, None),
            };
            (error.label(), kind, reason, error.code().map(str::to_owned))
        }
    };
    Expected { outcome: outcome.to_owned(), kind, reason, code }
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../fixtures/refusals.json")).unwrap()
}

fn case(name: &str) -> Case {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/cancel.json")).unwrap();
    cases.into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn the_case_is_this_request() {
    let body = wire::cancel_body(&full("html5_inicis", "card")).unwrap();
    assert_eq!(case(FULL).request.unwrap().body.unwrap().as_bytes(), body);
}

#[test]
fn every_refusal_comes_to_what_was_written_down() {
    let rows = rows();
    assert!(rows.len() > 120);
    for row in rows {
        assert_eq!(outcome(&asked(&row), row.status, &row.answer), row.expected, "{} {}", row.to, row.code);
    }
}

#[test]
fn no_status_but_a_deciding_one_lets_a_refusal_decide() {
    for row in rows() {
        for status in [201, 302, 408, 409, 425, 429, 500, 502, 503, 504] {
            let outcome = outcome(&asked(&row), status, &row.answer).outcome;
            assert_eq!(outcome, "unknown", "{} {} under {status}", row.to, row.code);
        }
    }
}

#[test]
fn no_piece_of_a_success_is_one() {
    let (request, body) = (full("html5_inicis", "card"), case(FULL).answer.unwrap().body);
    assert_eq!(outcome(&request, 200, &body).outcome, "completed");
    for (end, _) in body.char_indices() {
        assert_eq!(outcome(&request, 200, body.get(..end).unwrap()).outcome, "unknown", "cut at {end}");
    }
}
