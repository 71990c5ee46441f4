//! The payment object of an answer, all of its members (PortOne V1 OpenAPI schema, PaymentAnnotation).

use serde_json::{Map, Value, json};

use crate::ledger::{Record, Status};
use crate::money;

/// An amount in major units as a JSON number: `10000`, `10.5`.
pub(super) fn amount(minor: i64, currency: &str) -> Value {
    let text = money::plain(minor, money::exponent(currency));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn status(record: &Record) -> &'static str {
    match record.status() {
        Status::Ready => "ready",
        Status::Paid => "paid",
        Status::Cancelled | Status::Revoked => "cancelled",
        Status::Failed => "failed",
    }
}

pub(super) fn payment(record: &Record) -> Value {
    let spec = &record.spec;
    let money = |minor: i64| amount(minor, &spec.currency);
    let paid_at =
        if matches!(record.status(), Status::Paid | Status::Cancelled) { record.started_at } else { 0 };
    let failed = record.status() == Status::Failed;
    let last = record.entries.last();
    let receipt = format!("https://receipt.invalid/{}", record.id);
    let history: Vec<Value> = record
        .entries
        .iter()
        .map(|entry| {
            json!({
                "pg_tid": record.pg_tid,
                "amount": money(entry.amount),
                "cancelled_at": entry.at,
                "reason": entry.tag,
                "cancellation_id": entry.cancel_id,
                "receipt_url": receipt,
            })
        })
        .collect();
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    put("imp_uid", json!(record.id));
    put("merchant_uid", json!(spec.order));
    put("pay_method", json!(spec.method));
    put("channel", json!("pc"));
    put("pg_provider", json!(spec.pg_provider));
    put("emb_pg_provider", Value::Null);
    put("pg_tid", json!(record.pg_tid));
    put("pg_id", json!("SANDBOXMID"));
    put("sandbox", json!(spec.sandbox_channel));
    put("escrow", json!(false));
    put("name", json!("모의 상품"));
    put("amount", money(spec.amount));
    put("cancel_amount", money(record.cancelled()));
    put("currency", json!(spec.currency));
    put("status", json!(status(record)));
    put("started_at", json!(record.started_at));
    put("paid_at", json!(paid_at));
    put("failed_at", json!(if failed { record.started_at } else { 0 }));
    put("cancelled_at", json!(last.map_or(0, |entry| entry.at)));
    put("fail_reason", if failed { json!("모의 실패") } else { Value::Null });
    put("cancel_reason", last.map_or(Value::Null, |entry| json!(entry.tag)));
    put("receipt_url", if failed { Value::Null } else { json!(receipt) });
    put("cancel_history", Value::Array(history));
    put("cancel_receipt_urls", Value::Array(record.entries.iter().map(|_| json!(receipt)).collect()));
    put("card_quota", json!(0));
    put("cash_receipt_issued", json!(false));
    put("user_agent", json!("sandbox"));
    method_members(record, &mut put);
    for name in ["buyer_name", "buyer_email", "buyer_tel", "buyer_addr", "buyer_postcode"] {
        put(name, Value::Null);
    }
    for name in ["custom_data", "customer_uid", "customer_uid_usage"] {
        put(name, Value::Null);
    }
    Value::Object(object)
}

/// Members that only one method fills; the others get null (or 0 for times), as real answers have it.
fn method_members(record: &Record, put: &mut impl FnMut(&str, Value)) {
    let spec = &record.spec;
    let card = spec.method == "card";
    let vbank = spec.method == "vbank";
    let trans = spec.method == "trans";
    let text = |on: bool, value: &str| if on { json!(value) } else { Value::Null };
    put("apply_num", text(card, "30000000"));
    put("card_code", text(card, "361"));
    put("card_name", text(card, "BC카드"));
    put("card_issuer_code", text(card, "361"));
    put("card_issuer_name", text(card, "BC카드"));
    put("card_publisher_code", text(card, "361"));
    put("card_publisher_name", text(card, "BC카드"));
    put("card_number", text(card, "00000000****0000"));
    put("card_type", if card { json!(0) } else { Value::Null });
    put("bank_code", text(trans, "088"));
    put("bank_name", text(trans, "신한은행"));
    put("vbank_code", text(vbank, "088"));
    put("vbank_name", text(vbank, "신한은행"));
    put("vbank_num", text(vbank, spec.account.as_deref().unwrap_or("00000000000000")));
    put("vbank_holder", text(vbank, "모의상점"));
    put("vbank_date", json!(if vbank { record.started_at.saturating_add(86_400) } else { 0 }));
    put("vbank_issued_at", json!(if vbank { record.started_at } else { 0 }));
}

/// Takes the newest cancel out of an answer, as if it had not happened.
pub(super) fn undo_last(body: &mut Value) {
    let Some(response) = body.get_mut("response") else { return };
    let Some(last) = response.get_mut("cancel_history").and_then(Value::as_array_mut).and_then(Vec::pop)
    else {
        return;
    };
    let whole = |value: Option<&Value>| value.and_then(Value::as_i64).unwrap_or(0);
    let before = whole(response.get("cancel_amount")).saturating_sub(whole(last.get("amount")));
    if let Some(members) = response.as_object_mut() {
        members.insert("cancel_amount".to_owned(), json!(before));
        if before == 0 {
            members.insert("status".to_owned(), json!("paid"));
            members.insert("cancelled_at".to_owned(), json!(0));
            members.insert("cancel_reason".to_owned(), Value::Null);
        }
    }
}
