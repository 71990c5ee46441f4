//! The golden fixtures, held against this crate alone: every listed code comes to what was written down for it, and no
//! piece of a success is a success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_docs_in_private_items)]

use serde::Deserialize;
use settlebank_cancel::pg_core::wire::WireResponse;
use settlebank_cancel::{
    CancelError, CancelRequest, Config, Endpoint, Method, Money, PaymentRecord, SANDBOX_AES_KEY,
    SANDBOX_LICENCE_KEY, classify,
};
use time::macros::{date, datetime};

#[derive(Deserialize)]
struct Case {
    answer: Option<Answer>,
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

/// The requests of the two forms' first cases, with their configurations.
fn standard() -> (CancelRequest, Config) {
    let trade_no = "STFP_PGCAnxca_jt_il0211129135810M1494620";
    let paid = Money::krw(1000).unwrap();
    let record = PaymentRecord::new(trade_no, "O1", date!(2021 - 12 - 31), paid).unwrap();
    let request = CancelRequest::full(&record.with_method(Method::Card))
        .at(datetime!(2021-12-31 10:00:00 +9))
        .with_tag("ORDER20211231100000".parse().unwrap())
        .standard();
    let config = Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY);
    (request.unwrap(), config.endpoint(Endpoint::Sandbox).build().unwrap())
}

fn flat() -> (CancelRequest, Config) {
    let trade_no = "STFP_PGCAnxca_jt_il0211129135810M1494620";
    let paid = Money::krw(1000).unwrap();
    let record = PaymentRecord::new(trade_no, "ORDER20231215143022", date!(2023 - 12 - 15), paid).unwrap();
    let config = Config::flat("nxca_jt_bi", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox);
    (CancelRequest::full(&record.with_method(Method::Card)).flat().unwrap(), config.build().unwrap())
}

fn outcome((request, config): &(CancelRequest, Config), status: u16, body: &str) -> Expected {
    let response = WireResponse::new(status, body.as_bytes().to_vec());
    let (outcome, kind, reason, code) = match classify::classify(request, &response, config) {
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

/// The rows that these two requests are asked with.
fn asked(row: &Row) -> Option<(CancelRequest, Config)> {
    match row.to.as_str() {
        "CA, full, as the specification prints it" => Some(standard()),
        "full, as the page shows it" => Some(flat()),
        _ => None,
    }
}

#[test]
fn every_code_comes_to_what_was_written_down() {
    let mut count = 0_u32;
    for row in rows() {
        if let Some(asked) = asked(&row) {
            count = count.saturating_add(1);
            assert_eq!(outcome(&asked, row.status, &row.answer), row.expected, "{}", row.code);
        }
    }
    assert!(count > 170, "{count}");
}

#[test]
fn no_status_but_a_deciding_one_lets_a_code_decide() {
    for row in rows() {
        let Some(asked) = asked(&row) else { continue };
        for status in [201, 302, 408, 409, 425, 429, 500, 502, 503, 504] {
            assert_eq!(outcome(&asked, status, &row.answer).outcome, "unknown", "{} {status}", row.code);
        }
    }
}

#[test]
fn no_piece_of_a_success_is_one() {
    for (text, asked) in [
        (include_str!("../fixtures/standard.json"), standard()),
        (include_str!("../fixtures/flat.json"), flat()),
    ] {
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        let body = &cases[0].answer.as_ref().unwrap().body;
        assert_eq!(outcome(&asked, 200, body).outcome, "completed");
        for (end, _) in body.char_indices() {
            assert_eq!(outcome(&asked, 200, body.get(..end).unwrap()).outcome, "unknown", "cut at {end}");
        }
    }
}
