//! Eximbay's face: every rule by a raw request, the books as the oracle.
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

use client::{BASIC, JSON, call, eximbay, eximbay_body};
use pg_cancel_sandbox::{
    ErrorShape, ForeignSpelling, Gateway, GuardMode, Guards, NewPayment, Operation, Options, PaymentId,
    Sandbox,
};
use serde_json::{Value, json};

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).await.expect("starts")
}

fn path(id: &PaymentId) -> String {
    format!("/v1/payments/{id}/cancel")
}

fn left(sandbox: &Sandbox, id: &PaymentId) -> i64 {
    sandbox.payment(Gateway::Eximbay, id).unwrap().balance
}

#[tokio::test]
async fn a_full_refund_answers_as_the_guide_prints_it() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::eximbay("O-1", "USD", "1"));
    assert_eq!(id.as_str().len(), 24);
    let answer = eximbay(&sandbox, &path(&id), &eximbay_body("O-1", "1", "1", "F", "1", "r1")).await;
    let body = &answer.body;
    assert_eq!(
        (answer.status, body["rescode"].as_str(), body["resmsg"].as_str()),
        (200, Some("0000"), Some("Success."))
    );
    assert_eq!(
        (body["refund"]["refund_amount"].as_str(), body["payment"]["balance"].as_str()),
        (Some("1.00"), Some("0.00"))
    );
    assert_eq!(body["refund"]["refund_date"].as_str().unwrap().len(), 14);
    assert_eq!(body["refund"]["refund_transaction_id"].as_str().unwrap().len(), 24);
    assert_eq!(body["foreign"]["foregin_currency"], "USD");
    assert!(body["foreign"].get("foreign_currency").is_none());
    let entry = &sandbox.payment(Gateway::Eximbay, &id).unwrap().entries[0];
    assert_eq!((entry.tag.as_str(), entry.amount, entry.before), ("r1", 100, 100));
}

#[tokio::test]
async fn partial_refunds_and_every_refusal() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::eximbay("O-1", "USD", "10.00"));
    let code = async |body: Value| {
        let answer = eximbay(&sandbox, &path(&id), &body).await;
        assert_eq!(answer.status, 200);
        answer.body["rescode"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(eximbay_body("O-1", "10.00", "10.00", "P", "10.00", "r0")).await, "RC18");
    assert_eq!(code(eximbay_body("O-1", "10.00", "10.00", "P", "2.5", "r1")).await, "0000");
    assert_eq!(left(&sandbox, &id), 750);
    let cases = [
        (eximbay_body("O-1", "10.00", "7.50", "P", "1", "r1"), "DUPLICATION_DECLINE"),
        (eximbay_body("O-1", "10.00", "10.00", "P", "1", "r2"), "INVALID_CANCEL_REQUEST"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "7.51", "r2"), "INVALID_REQEUST_AMOUNT"),
        (eximbay_body("O-1", "10.00", "7.50", "F", "10.00", "r2"), "INVALID_REQEUST_AMOUNT"),
        (eximbay_body("O-1", "9.00", "7.50", "P", "1", "r2"), "INVALID_REQEUST_AMOUNT"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "0", "r2"), "INVALID_REQEUST_AMOUNT"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "1,0", "r2"), "EC00"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "1.005", "r2"), "EC00"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "1", &"r".repeat(31)), "REQUIRED_PARAMETER_MISSING"),
        (eximbay_body("O-1", "10.00", "7.50", "P", "1", ""), "REQUIRED_PARAMETER_MISSING"),
        (eximbay_body("O-1", "10.00", "", "P", "1", "r2"), "REQUIRED_PARAMETER_MISSING"),
        (eximbay_body("O-9", "10.00", "7.50", "P", "1", "r2"), "ORIGINAL_TRANSACTION_NOT_EXIST"),
    ];
    for (body, expected) in cases {
        assert_eq!(code(body.clone()).await, expected, "{body}");
    }
    let mut misspelt = eximbay_body("O-1", "10.00", "7.50", "P", "1", "r2");
    misspelt["payment"]["oreder_id"] = "O-1".into();
    assert_eq!(code(misspelt).await, "EC00");
    let mut number = eximbay_body("O-1", "10.00", "7.50", "P", "1", "r2");
    number["refund"]["refund_amount"] = 1.into();
    assert_eq!(code(number).await, "EC00");
    let mut currency = eximbay_body("O-1", "10.00", "7.50", "P", "1", "r2");
    currency["payment"]["currency"] = "EUR".into();
    assert_eq!(code(currency).await, "CURRENCY_NOT_SUPPORTED");
    let mut mid = eximbay_body("O-1", "10.00", "7.50", "P", "1", "r2");
    mid["mid"] = "SOMEBODY00".into();
    assert_eq!(code(mid).await, "INVALID_MERCHANT");
    assert_eq!(left(&sandbox, &id), 750);
    // The last slice as P, then nothing is left.
    assert_eq!(code(eximbay_body("O-1", "10.00", "7.50", "P", "7.50", "r3")).await, "0000");
    assert_eq!(
        code(eximbay_body("O-1", "10.00", "0.00", "P", "1", "r4")).await,
        "TRANSACTION_ALREADY_CANCELED"
    );
    let size =
        eximbay(&sandbox, &path(&id), &eximbay_body("O-1", "10.00", "7.50", "P", "1", &"r".repeat(39))).await;
    assert_eq!(size.body["resmsg"], "refund.refundid size must be between 0 and 30");
}

#[tokio::test]
async fn any_type_but_p_runs_as_full() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::eximbay("O-1", "USD", "10.00"));
    let answer =
        eximbay(&sandbox, &path(&id), &eximbay_body("O-1", "10.00", "10.00", "p", "1.00", "r")).await;
    assert_eq!(answer.body["rescode"], "0000");
    assert_eq!(left(&sandbox, &id), 0, "the legacy trap");
}

#[tokio::test]
async fn the_door() {
    let sandbox = sandbox().await;
    let url = sandbox.url(Gateway::Eximbay);
    let code = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        call(&url, method, path, headers, "{}").await.body["rescode"].as_str().unwrap_or("").to_owned()
    };
    let path = "/v1/payments/1849705C6420220922000013/cancel";
    assert_eq!(code("POST", path, &[JSON]).await, "EC1000");
    // base64("1849705C64:test_…"): the documented slip.
    let slip = ("authorization", "Basic MTg0OTcwNUM2NDp0ZXN0XzE4NDk3MDVDNjQyQzIxN0UwQjJE");
    assert_eq!(code("POST", path, &[JSON, slip]).await, "EC1000");
    assert_eq!(code("POST", path, &[("content-type", "text/plain"), BASIC]).await, "EC1001");
    assert_eq!(code("POST", "/v1/payments/short/cancel", &[JSON, BASIC]).await, "EC1002");
    assert_eq!(code("GET", path, &[JSON, BASIC]).await, "EC1003");
    assert_eq!(sandbox.count(Gateway::Eximbay, Operation::Cancel), 5);
}

#[tokio::test]
async fn shapes_by_option() {
    let options = Options::default()
        .eximbay_error_status(400)
        .eximbay_error_shape(ErrorShape::CodeMessage)
        .eximbay_foreign(ForeignSpelling::Both);
    let sandbox = Sandbox::start(options).await.unwrap();
    let refused = call(&sandbox.url(Gateway::Eximbay), "POST", "/v1/payments/x/cancel", &[JSON], "{}").await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (400, Some("EC1000")));
    let id = sandbox.pay(NewPayment::eximbay("K", "KRW", "5000"));
    let mut body = eximbay_body("K", "5000", "5000", "F", "5000", "r");
    body["payment"]["currency"] = "KRW".into();
    body["other_param"] = json!({"param1": "mine"});
    let done = eximbay(&sandbox, &path(&id), &body).await;
    assert_eq!(done.body["refund"]["refund_amount"], "5000", "no decimals for won");
    assert_eq!(done.body["foreign"]["foreign_amount"], "5000");
    assert_eq!(done.body["foreign"]["foregin_amount"], "5000");
    assert_eq!(done.body["other_param"]["param1"], "mine");
}

#[tokio::test]
async fn virtual_accounts_tax_and_funds() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::eximbay("V", "KRW", "5000").vbank());
    let mut body = eximbay_body("V", "5000", "5000", "F", "5000", "r");
    body["payment"]["currency"] = "KRW".into();
    assert_eq!(eximbay(&sandbox, &path(&id), &body).await.body["rescode"], "REQUIRED_PARAMETER_MISSING");
    body["refund_account"] = json!({"user_name": "홍길동", "bank_code": "999", "account_number": "000111"});
    assert_eq!(eximbay(&sandbox, &path(&id), &body).await.body["rescode"], "INVALID_ACCOUNT");
    body["refund_account"]["bank_code"] = "088".into();
    sandbox.set_funds(Gateway::Eximbay, Some(4_999));
    assert_eq!(eximbay(&sandbox, &path(&id), &body).await.body["rescode"], "W414");
    sandbox.set_funds(Gateway::Eximbay, None);
    assert_eq!(eximbay(&sandbox, &path(&id), &body).await.body["rescode"], "0000");
    let taxed = sandbox.pay(NewPayment::eximbay("T", "USD", "5.00").tax_required(true));
    let mut body = eximbay_body("T", "5.00", "5.00", "F", "5.00", "r-tax");
    assert_eq!(eximbay(&sandbox, &path(&taxed), &body).await.body["rescode"], "REQUIRED_PARAMETER_MISSING");
    body["tax"] = json!({"amount_taxable": "4.55", "amount_vat": "0.45"});
    assert_eq!(eximbay(&sandbox, &path(&taxed), &body).await.body["rescode"], "0000");
}

#[tokio::test]
async fn retrieve_needs_the_amounts_own_text() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::eximbay("R", "USD", "1.00"));
    let ask = async |field: &str, amount: &str| {
        let body = json!({"mid": "1849705C64", "key_field": field,
            "payment": {"order_id": "R", "currency": "USD", "amount": amount, "transaction_id": id.as_str(), "lang": "EN"}});
        eximbay(&sandbox, "/v1/payments/retrieve", &body).await.body
    };
    let none = ask("transaction_id", "1").await;
    assert_eq!((none["rescode"].as_str(), none["payment"]["status"].as_str()), (Some("Q004"), Some("NONE")));
    assert_eq!(ask("order_id", "1.00").await["payment"]["balance"], "1.00");
    sandbox.console_refund(Gateway::Eximbay, &id, 40).unwrap();
    let after = ask("transaction_id", "1.00").await;
    assert_eq!(
        (after["payment"]["status"].as_str(), after["payment"]["balance"].as_str()),
        (Some("SALE"), Some("0.60"))
    );
    sandbox.stale_reads(Gateway::Eximbay, 1);
    assert_eq!(ask("transaction_id", "1.00").await["payment"]["balance"], "1.00");
    assert_eq!(sandbox.count(Gateway::Eximbay, Operation::LookUp), 4);
}

#[tokio::test]
async fn guards_off_and_sloppy() {
    for (mode, expected) in [(GuardMode::Strict, 700), (GuardMode::Off, 400), (GuardMode::Sloppy, 400)] {
        let sandbox = sandbox().await;
        sandbox.set_guards(Guards { balance: mode, refund_id: mode, ..Guards::default() });
        let id = sandbox.pay(NewPayment::eximbay("G", "USD", "10.00"));
        let body = eximbay_body("G", "10.00", "10.00", "P", "3.00", "same");
        let path = path(&id);
        let _ = tokio::join!(eximbay(&sandbox, &path, &body), eximbay(&sandbox, &path, &body));
        assert_eq!(left(&sandbox, &id), expected, "{mode:?}");
    }
}
