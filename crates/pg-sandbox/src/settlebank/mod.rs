//! Settlebank (Hecto Financial) PG: cancel and refund in both wire forms, and the inquiry.
//!
//! Standard form (`params`/`data`) from the Hecto PG specification 0A19 (2024-07-16) and the newest method
//! pages; flat form from the payment-cancel page of the developer site's prototype.
//!
//! | open in the documents | choice made here | other reading |
//! |---|---|---|
//! | which code answers which mistake | the code whose text fits; see below | any |
//! | fields without a code of their own (ver, bizType, encCd, orgTrdNo, crcCd, cnclOrd, refund fields) | `ST09` | `6001`, 10xx |
//! | method, type and path that do not belong together; unknown fields | `6001` | `5001` |
//! | letter case of `pktHash` | lower case in cancels, either in the inquiry | any |
//! | repeated `mchtTrdNo` within a Korean day | `ST50`; used up by every request whose hash was right, refused ones too | only by success |
//! | `mchtTrdNo` of inquiries | may repeat | `ST50` |
//! | repeated or skipped `cnclOrd` | `ST56`, before the amount is looked at | `ST25`, `ST57` |
//! | whether a refused attempt uses up its `cnclOrd` | no | yes |
//! | whether an admin-page cancel uses up a `cnclOrd` | yes | no |
//! | full cancel twice | the method's own "already" code; virtual accounts `ST39` | `ST25` |
//! | transfer (RA) in parts | refused on the day of payment (`ST54`), allowed later | never |
//! | mobile (MP) cancel in parts | allowed | never |
//! | vouchers, T-money, Point Damoa in parts | refused (`ST58`), `cnclOrd` fixed `001` | allowed |
//! | `3007` while it waits for funds | holds its `cnclOrd`; runs on deposit | other amounts could pass |
//! | missing refund service | `ST69` | `0005` |
//! | inquiry of a partly cancelled trade | `0000` with `cnclAmt` | `0001` |
//! | inquiry of easy pay | under `KP`, `NP`, `PC`, `TS`; `PZ` is no method there | under `PZ` |
//! | inquiry of an undeposited virtual account | not found | `0000` |
//! | response amounts | encrypted, plain by option | – |
//! | `outRsltMsg` | plain Korean text | URL-encoded |
//! | flat: the same four values again | refused, invented code `1005` (`Guards::flat_repeat`) | refunded again |
//! | flat: other refusals than 1001, 1002, 1004 | invented codes `1006`–`1010`, marked in the message | unknown |

mod answer;
mod crypto;
mod flat;
mod inquiry;
mod noti;
mod rules;
mod standard;

use serde_json::{Value, json};

use crate::body::Fields;
use crate::clock::stamp14;
use crate::faults::FaultKind;
use crate::ledger::Books;
use crate::log::Operation;
use crate::server::http::Request;
use crate::server::mischief::replace;
use crate::world::{Reply, Verdict, World};

pub(crate) use answer::answer;
pub(crate) use noti::notification;
pub use noti::{NotiCharset, NotiKind};
pub(crate) use standard::StandardEcho;

/// What a request is for.
pub(crate) fn operation(path: &str) -> Operation {
    match path {
        "/spay/APICancel.do" | "/spay/APIRefund.do" => Operation::Cancel,
        "/spay/APIVBank.do" => Operation::Revoke,
        "/spay/APITrdcheck.do" => Operation::LookUp,
        _ => Operation::Other,
    }
}

/// A trade number of the documented look: `STFP_PG`, method, merchant padded to 11, time, `M`, 7 digits.
pub(crate) fn trade_number(method: &str, mid: &str, now: i64, number: u64) -> String {
    format!("STFP_PG{method}{}", tail(mid, now, number))
}

fn tail(mid: &str, now: i64, number: u64) -> String {
    let stamp = stamp14(now);
    let short = number.checked_rem(10_000_000).unwrap_or(0);
    format!("{mid:0<11}{}M{short:07}", stamp.get(2..).unwrap_or_default())
}

/// A refusal in the form of the request.
pub(crate) fn refusal(request: &Request, code: &str, message: &str) -> Reply {
    let fields = Fields::from_json(&request.body).unwrap_or_default();
    match fields.object("params") {
        Some(params) => Reply::new(200, standard::failure(&params, code, message, None)),
        None if operation(&request.head.path) == Operation::Cancel && fields.get("orgTrdNo").is_some() => {
            flat::refused(code, message)
        }
        None => Reply::new(200, standard::failure(&Fields::default(), code, message, None)),
    }
}

pub(crate) fn decide(world: &World, books: &mut Books, request: &Request) -> Verdict {
    let path = request.head.path.as_str();
    if operation(path) == Operation::Other {
        return Reply::new(404, json!({"message": "[sandbox] no such path"})).into();
    }
    let with_status = |status: u16| {
        let mut reply = refusal(request, "6001", "유효하지 않은 요청 전문");
        reply.status = status;
        reply
    };
    if request.head.method != "POST" {
        return with_status(405).into();
    }
    if request.media_type() != "application/json" {
        return with_status(415).into();
    }
    let Ok(fields) = Fields::from_json(&request.body) else {
        return refusal(request, "5004", "잘못된 경로로 접근(parse error)").into();
    };
    let is_standard = fields.get("params").is_some() || fields.get("data").is_some();
    match path {
        "/spay/APITrdcheck.do" => inquiry::answer(world, books, &fields).into(),
        "/spay/APICancel.do" if !is_standard => flat::decide(world, books, &fields),
        _ => standard::decide(world, books, path, &fields),
    }
}

/// Makes a right answer wrong.
pub(crate) fn twist(world: &World, kind: &FaultKind, body: &mut Value) {
    match kind {
        FaultKind::OtherPayment => {
            replace(body, "/data/orgTrdNo", json!("STFP_PGCAsomebody_el0200101000000M0000000"));
        }
        FaultKind::OtherAmount => {
            let amount = answer::read_amount(body, "/data/cnclAmt").unwrap_or(0).saturating_add(1);
            replace(body, "/data/cnclAmt", answer::amount(world, amount));
        }
        FaultKind::OldState => {
            if let (Some(left), Some(gone)) =
                (answer::read_amount(body, "/data/blcAmt"), answer::read_amount(body, "/data/cnclAmt"))
            {
                replace(body, "/data/blcAmt", answer::amount(world, left.saturating_add(gone)));
            }
        }
        FaultKind::CodeAsString => {
            replace(body, "/params/outRsltCd", json!(0));
            replace(body, "/resultCode", json!(0));
        }
        FaultKind::NullResponse => {
            replace(body, "/data", Value::Null);
            replace(body, "/canTrdNo", Value::Null);
        }
        _ => {}
    }
}
