//! Answers to cancels that went into the books (or wait), in both forms.

use serde_json::{Map, Value, json};

use super::crypto::{decrypt, encrypt};
use super::flat;
use super::standard::{StandardEcho, echoed, failure};
use crate::ledger::{Entry, Record, Waits};
use crate::world::{Change, Echo, Effect, Reply, World};

const DONE: &str = "정상적으로 처리되었습니다.";

/// An amount as answers carry it: encrypted, or plain by option.
pub(super) fn amount(world: &World, minor: i64) -> Value {
    if world.options.settlebank_plain_amounts {
        json!(minor.to_string())
    } else {
        json!(encrypt(&minor.to_string()))
    }
}

/// The amount at a place of an answer, however it is written.
pub(super) fn read_amount(body: &Value, place: &str) -> Option<i64> {
    let text = body.pointer(place)?.as_str()?;
    text.parse().ok().or_else(|| decrypt(text)?.parse().ok())
}

pub(crate) fn answer(world: &World, record: &Record, change: &Change, entry: &Entry) -> Reply {
    let Echo::Standard(echo) = &change.echo else {
        return flat::done(&change.cancel_id, change.effect);
    };
    if change.effect == Effect::Wait(Waits::ForFunds) {
        return Reply::new(200, failure(&echo.params, "3007", "취소 한도 초과", None));
    }
    let body = json!({
        "params": echoed(&echo.params, &entry.cancel_id, "0021", "0000", DONE),
        "data": data(world, record, change, entry, echo),
    });
    Reply::new(200, body)
}

fn data(world: &World, record: &Record, change: &Change, entry: &Entry, echo: &StandardEcho) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("pktHash", json!(echo.hash));
    put("orgTrdNo", json!(record.id));
    if change.effect == Effect::Revoke {
        put("acntType", Value::Null);
        put("vAcntNo", json!(encrypt(record.spec.account.as_deref().unwrap_or(""))));
        return Value::Object(members);
    }
    put("cnclAmt", amount(world, entry.amount));
    let [card, points, coupon] = shares(record, entry);
    match echo.method.as_str() {
        "CA" => {
            put("cardCnclAmt", amount(world, card));
            put("pntCnclAmt", amount(world, points));
            put("dcCnclAmt", amount(world, 0));
            put("dcCnclYn", json!("N"));
        }
        "PZ" => {
            put("cardCnclAmt", amount(world, card));
            put("pntCnclAmt", amount(world, points));
            put("coupCnclAmt", amount(world, coupon));
        }
        "MP" if echo.biz_type == "C0" => {
            put("rfdPsblCd", json!(if record.spec.refund_service { "Y" } else { "N" }));
        }
        _ => {}
    }
    if ["CA", "RA", "MP", "PZ", "VA"].contains(&echo.method.as_str()) {
        let waiting = if world.options.pending_reserves { record.reserved() } else { 0 };
        put("blcAmt", amount(world, record.balance().saturating_sub(waiting)));
    }
    Value::Object(members)
}

/// How a cancel falls on card, points and coupon: in this order, each up to what was paid with it.
fn shares(record: &Record, entry: &Entry) -> [i64; 3] {
    let spec = &record.spec;
    let card = spec.amount.saturating_sub(spec.points).saturating_sub(spec.coupon);
    let mut gone = spec.amount.saturating_sub(entry.before);
    let mut rest = entry.amount;
    [card, spec.points, spec.coupon].map(|paid| {
        let taken = paid.min(gone).max(0);
        gone = gone.saturating_sub(taken);
        let share = rest.min(paid.saturating_sub(taken)).max(0);
        rest = rest.saturating_sub(share);
        share
    })
}
