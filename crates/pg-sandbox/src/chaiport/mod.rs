//! Chaiport (former iamport, PortOne V1): token, cancel, look-ups, withdrawal of unpaid virtual accounts.
//!
//! Written from the cancel guide (2022-04-18), the virtual-account page and the PortOne V1 OpenAPI schema.
//!
//! | open in the documents | choice made here | other reading |
//! |---|---|---|
//! | answer to a `checksum` mismatch | HTTP 200, code 1, invented text | another status or code |
//! | answer to an amount above the balance | HTTP 200, code 1, invented text | code −1 from the PG |
//! | answer to a missing `imp_uid` and `merchant_uid` | HTTP 200, code 1 | 400 |
//! | too long or ill-typed fields | HTTP 200, code 1, invented text | 400, silently cut |
//! | `checksum` of 0 | compared like any number | treated as absent |
//! | `checksum` while an asynchronous cancel waits | waiting amounts count (`Options::pending_reserves`) | only what history shows |
//! | several payments with one `merchant_uid` | the newest | the first |
//! | cancel of an unpaid or failed payment | refused, code 1, invented text | code −1 from the PG |
//! | status after an unpaid virtual account was withdrawn | `cancelled` | `failed` |
//! | a member that occurs twice in the request | refused as unreadable | the last one counts |
//! | JSON `null` for optional members | as absent | refused |
//! | order of checks | uid, payment, already cancelled, amount, checksum, account, PG | any |
//!
//! Texts that begin with `[sandbox]` are invented.

mod banks;
mod cancel;
mod lookup;
mod object;
mod token;

use serde_json::{Value, json};

use crate::faults::FaultKind;
use crate::ledger::{Books, Record};
use crate::log::Operation;
use crate::server::http::Request;
use crate::server::mischief::replace;
use crate::world::{Reply, Verdict, World};

/// What a request is for.
pub(crate) fn operation(method: &str, path: &str) -> Operation {
    match (method, path) {
        (_, "/users/getToken") => Operation::Token,
        ("POST", "/payments/cancel") => Operation::Cancel,
        ("DELETE", path) if path.starts_with("/vbanks/") => Operation::Revoke,
        ("GET", path) if path == "/payments" || path.starts_with("/payments/") => Operation::LookUp,
        _ => Operation::Other,
    }
}

/// The envelope of every answer.
pub(crate) fn envelope(status: u16, code: i64, message: Option<&str>, response: Value) -> Reply {
    Reply::new(status, json!({"code": code, "message": message, "response": response}))
}

fn refused(status: u16, code: i64, message: &str) -> Reply {
    envelope(status, code, Some(message), Value::Null)
}

/// A refusal with a code from outside: a number where it is one.
pub(crate) fn refusal(code: &str, message: &str) -> Reply {
    let code = code.parse::<i64>().map_or_else(|_| json!(code), |number| json!(number));
    Reply::new(200, json!({"code": code, "message": message, "response": null}))
}

pub(crate) fn decide(world: &World, books: &mut Books, request: &Request) -> Verdict {
    let Some(segments) = request.segments() else {
        return refused(400, -1, "[sandbox] undecodable path").into();
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = request.head.method.as_str();
    if segments == ["users", "getToken"] {
        return match method {
            "POST" => token::issue(world, books, request).into(),
            _ => refused(405, -1, "[sandbox] method not allowed").into(),
        };
    }
    if !token::accepts(world, books, request.head.authorization.as_deref()) {
        return refused(401, -1, "Unauthorized").into();
    }
    match (method, segments.as_slice()) {
        ("POST", ["payments", "cancel"]) => cancel::decide(world, books, request),
        ("DELETE", ["vbanks", imp_uid]) => cancel::revoke(books, imp_uid),
        ("GET", ["payments", rest @ ..]) => lookup::answer(world, books, request, rest).into(),
        (_, ["payments", "cancel"] | ["vbanks", _]) => {
            refused(405, -1, "[sandbox] method not allowed").into()
        }
        _ => refused(404, -1, "[sandbox] no such path").into(),
    }
}

/// The answer to a cancel that went into the books.
pub(crate) fn answer(record: &Record) -> Reply {
    envelope(200, 0, None, object::payment(record))
}

/// Makes a right answer wrong.
pub(crate) fn twist(kind: &FaultKind, body: &mut Value) {
    let number = |body: &Value, place: &str| body.pointer(place).and_then(Value::as_i64).unwrap_or(0);
    match kind {
        FaultKind::OtherPayment => {
            replace(body, "/response/imp_uid", json!("imp_999999999999"));
            replace(body, "/response/merchant_uid", json!("SOMEBODY-ELSES-ORDER"));
        }
        FaultKind::OtherAmount => {
            let cumulative = number(body, "/response/cancel_amount").saturating_add(1);
            replace(body, "/response/cancel_amount", json!(cumulative));
            if let Some(last) = body
                .pointer_mut("/response/cancel_history")
                .and_then(Value::as_array_mut)
                .and_then(|h| h.last_mut())
            {
                let amount = number(last, "/amount").saturating_add(1);
                replace(last, "/amount", json!(amount));
            }
        }
        FaultKind::OtherCurrency => {
            let other = if body.pointer("/response/currency") == Some(&json!("JPY")) { "KRW" } else { "JPY" };
            replace(body, "/response/currency", json!(other));
        }
        FaultKind::OldState => object::undo_last(body),
        FaultKind::CodeAsString => {
            let code = number(body, "/code").to_string();
            replace(body, "/code", json!(code));
        }
        FaultKind::NullResponse => replace(body, "/response", Value::Null),
        _ => {}
    }
}
