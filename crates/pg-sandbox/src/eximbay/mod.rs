//! Eximbay Open API: cancel and retrieve.
//!
//! Written from the developer guide's cancel page, the legacy guide 2.3 (field lengths) and the error tables.
//!
//! | open in the documents | choice made here | other reading |
//! |---|---|---|
//! | HTTP status and shape of errors | 200 and `rescode`/`resmsg`, both by option | 4xx, `code`/`message` |
//! | where the new code words stand | in `rescode` and `errcode` alike | `errcode` only |
//! | wrong `balance` | `INVALID_CANCEL_REQUEST` | not checked |
//! | missing `balance` | `REQUIRED_PARAMETER_MISSING` | not checked |
//! | reused `refund_id` | `DUPLICATION_DECLINE`; used up by success only | the first answer again |
//! | `F` with an amount other than the balance | `INVALID_REQEUST_AMOUNT` | executed in full |
//! | a type that is neither `F` nor `P` | executed in full over the whole balance (legacy guide) | refused |
//! | `payment.amount` against the original | by value | letter by letter |
//! | digits beyond the currency's own | `EC00` | cut |
//! | unknown `lang` | `EC00` | read as English |
//! | another `order_id` than the payment's | `ORIGINAL_TRANSACTION_NOT_EXIST` | ignored |
//! | scalars that are not strings, unknown members | `EC00` | ignored |
//! | amounts of KRW and JPY in answers | integers | two decimals |
//! | time zone of dates | Korean time | UTC |
//! | look-up by `order_id` after a refund | the payment | the refund |

mod answer;
mod cancel;
mod retrieve;
mod shape;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::date8;
use crate::credentials::{EXIMBAY_KEY, EXIMBAY_MID};
use crate::faults::FaultKind;
use crate::ledger::Books;
use crate::log::Operation;
use crate::options::ErrorShape;
use crate::server::http::Request;
use crate::server::mischief::replace;
use crate::world::{Reply, Verdict, World};

pub(crate) use answer::answer;

/// Payment method code of Korean virtual accounts.
pub(crate) const VIRTUAL_ACCOUNT: &str = "P305";

/// What a request is for.
pub(crate) fn operation(path: &str) -> Operation {
    match path {
        "/v1/payments/retrieve" => Operation::LookUp,
        path if path.starts_with("/v1/payments/") && path.ends_with("/cancel") => Operation::Cancel,
        _ => Operation::Other,
    }
}

/// `mid` + date + six digits; past a million of them, letters too, so that big loads do not collide.
pub(crate) fn transaction_id(now: i64, number: u64) -> String {
    let date = date8(now);
    if number < 1_000_000 {
        return format!("{EXIMBAY_MID}{date}{number:06}");
    }
    let mut rest = number;
    let mut tail: Vec<char> = (0..5)
        .map(|_| {
            let digit = u32::try_from(rest.checked_rem(36).unwrap_or(0)).unwrap_or(0);
            rest = rest.checked_div(36).unwrap_or(0);
            char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase()
        })
        .collect();
    tail.push('X');
    format!("{EXIMBAY_MID}{date}{}", tail.into_iter().rev().collect::<String>())
}

/// An error in the chosen shape and status.
pub(crate) fn refusal(world: &World, code: &str, message: &str) -> Reply {
    let body = match world.options.eximbay_error_shape {
        ErrorShape::CodeMessage => json!({"code": code, "message": message}),
        ErrorShape::Rescode if code.contains('_') => {
            json!({"rescode": code, "resmsg": message, "errcode": code})
        }
        ErrorShape::Rescode => json!({"rescode": code, "resmsg": message}),
    };
    Reply::new(world.options.eximbay_error_status, body)
}

pub(crate) fn decide(world: &World, books: &mut Books, request: &Request) -> Verdict {
    let Some(segments) = request.segments() else {
        return refusal(world, "EC1002", "TransactionID invalid").into();
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let known =
        matches!(segments.as_slice(), ["v1", "payments", "retrieve"] | ["v1", "payments", _, "cancel"]);
    if !known {
        return Reply::new(404, json!({"code": "404", "message": "[sandbox] no such path"})).into();
    }
    if let Err(reply) = admitted(world, request) {
        return (*reply).into();
    }
    match segments.as_slice() {
        ["v1", "payments", "retrieve"] => retrieve::answer(world, books, request).into(),
        ["v1", "payments", id, ..] => match cancel::accept(world, books, request, id) {
            Ok(change) => Verdict::Change(Box::new(change)),
            Err(reply) => (*reply).into(),
        },
        _ => Reply::new(404, Value::Null).into(),
    }
}

/// Method, key and content type, before anything is read.
fn admitted(world: &World, request: &Request) -> Result<(), Box<Reply>> {
    let refused = |code, message| Err(Box::new(refusal(world, code, message)));
    let Some(given) = request.head.authorization.as_deref() else {
        return refused("EC1000", "Authorization required");
    };
    // The key alone before the colon; base64(mid:key) is refused too.
    if given.strip_prefix("Basic ") != Some(STANDARD.encode(format!("{EXIMBAY_KEY}:")).as_str()) {
        return refused("EC1000", "Authorization is invalid");
    }
    if request.media_type() != "application/json" {
        return refused("EC1001", "Content type invalid");
    }
    if request.head.method != "POST" {
        return refused("EC1003", "HTTP method invalid");
    }
    Ok(())
}

/// Makes a right answer wrong.
pub(crate) fn twist(kind: &FaultKind, body: &mut Value) {
    let text =
        |body: &Value, place: &str| body.pointer(place).and_then(Value::as_str).unwrap_or("").to_owned();
    match kind {
        FaultKind::OtherPayment => {
            replace(body, "/payment/transaction_id", json!("1849705C6420000101999999"));
            replace(body, "/payment/order_id", json!("SOMEBODY-ELSES-ORDER"));
        }
        FaultKind::OtherAmount => {
            let other = format!("1{}", text(body, "/refund/refund_amount"));
            replace(body, "/refund/refund_amount", json!(other));
        }
        FaultKind::OtherCurrency => {
            let other = if text(body, "/payment/currency") == "JPY" { "KRW" } else { "JPY" };
            replace(body, "/payment/currency", json!(other));
        }
        FaultKind::OldState => answer::undo_last(body),
        FaultKind::CodeAsString => replace(body, "/rescode", json!(0)),
        FaultKind::NullResponse => {
            replace(body, "/payment", Value::Null);
            replace(body, "/refund", Value::Null);
            replace(body, "/foreign", Value::Null);
        }
        _ => {}
    }
}
