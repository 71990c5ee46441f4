//! The merchant's side of Chaiport's guide: the shop's body (STEP 01), the row (STEP 02), the decision (STEP 03).

use chaiport_cancel::PaymentRecord;
use chaiport_cancel::merchant::{ClientCancelRequest, Refusal, decide};
use chaiport_cancel::wire::cancel_body;

use crate::behaviour::Seen;
use crate::naive::Json;

/// What bodies and rows are made of.
pub(super) const WORDS: &[&str] = &[
    "{\"merchant_uid\":\"ORD-1\",\"cancel_request_amount\":2000}",
    "\"merchant_uid\":",
    "\"cancel_request_amount\":",
    "\"reason\":",
    "\"refund_holder\":",
    "\"refund_bank\":",
    "\"refund_account\":",
    "\"refund_tel\":",
    "\"imp_uid\":",
    "\"amount\":",
    "\"cancel_amount\":",
    "\"currency\":",
    "\"pg_provider\":",
    "\"pay_method\":",
    "\"status\":",
    "ORD-1",
    "imp_1",
    "2000",
    "2.50",
    "10000",
    "7500",
    "USD",
    "KRW",
    "vbank",
    "html5_inicis",
    "kcp",
    "88",
    "004",
    "56211105948400",
    "홍길동",
    "010-0000-0000",
    "paid",
    "ready",
    "checksum",
    "amount",
];

/// Row and body, divided by a null byte.
pub(super) fn step01(bytes: &[u8]) -> u64 {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (row_text, body) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let mut seen = Seen::new();
    let row = PaymentRecord::from_json(row_text);
    let asked = ClientCancelRequest::from_json(body);
    match &row {
        Ok(row) => drop(seen.note("row").debug(&row.status())),
        Err(error) => drop(seen.note(error.field()).note(error.reason())),
    }
    match &asked {
        Ok(_) => only_what_is_known(body),
        Err(error) => {
            assert!(
                error.to_string().len() < 300 && !error.to_string().contains(char::is_control),
                "{error}"
            );
            seen.note(error.field()).note(error.reason());
        }
    }
    let (Ok(row), Ok(asked)) = (row, asked) else { return seen.number() };
    match decide(&row, &asked) {
        Ok(request) => {
            let (row_json, json) = (Json::read(row_text).expect("a row"), Json::read(body).expect("a body"));
            let currency = request.amount().currency();
            let digits = i32::from(currency.minor_digits());
            assert_eq!(row_json.told("currency").and_then(Json::text).unwrap_or("KRW"), currency.code());
            assert_eq!(json.get("merchant_uid"), row_json.get("merchant_uid"), "another order");
            let number = |json: &Json, name: &str| json.told(name).and_then(|told| told.minor(digits));
            let amount = number(&json, "cancel_request_amount").expect("an amount");
            let (paid, gone) =
                (number(&row_json, "amount").expect("a row"), number(&row_json, "cancel_amount"));
            let left = paid - gone.unwrap_or(0);
            assert!(0 < amount && amount <= left, "{amount} of {left}");
            assert!(matches!(json.get("cancel_request_amount"), Some(Json::Number(_))));
            let sent = cancel_body(&request).expect("decided");
            let sent = Json::read(&sent).expect("our own json");
            assert_eq!(number(&sent, "amount"), Some(amount), "another amount is sent");
            assert_eq!(number(&sent, "checksum"), Some(left), "another guard is sent");
            seen.note("decided")
                .debug(&(sent.told("refund_account").is_some(), sent.told("reason").is_some()));
        }
        Err(Refusal::Invalid(error)) => drop(seen.note(error.field()).note(error.reason())),
        Err(refusal) => drop(seen.debug(&refusal)),
    }
    seen.number()
}

fn only_what_is_known(body: &[u8]) {
    let Some(Json::Object(members)) = Json::read(body) else { panic!("taken, though it is no object") };
    let known = [
        "merchant_uid",
        "cancel_request_amount",
        "reason",
        "refund_holder",
        "refund_bank",
        "refund_account",
        "refund_tel",
    ];
    let mut names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(|name| known.contains(name)), "an unknown member was taken: {names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), members.len(), "a member stands twice");
}
