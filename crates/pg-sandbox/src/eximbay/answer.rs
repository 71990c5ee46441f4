//! The answer to a cancel, member by member as the developer guide prints it.

use serde_json::{Map, Value, json};

use crate::clock::stamp14;
use crate::credentials::EXIMBAY_MID;
use crate::ledger::{Entry, Record};
use crate::money::{self, Beyond};
use crate::options::ForeignSpelling;
use crate::world::{Change, Echo, Reply, World};

pub(crate) fn answer(world: &World, record: &Record, change: &Change, entry: &Entry) -> Reply {
    let spec = &record.spec;
    let exponent = money::exponent(&spec.currency);
    let text = |minor: i64| money::fixed(minor, exponent);
    let (refund_id, other_param) = match &change.echo {
        Echo::Eximbay { refund_id, other_param } => (refund_id.as_str(), other_param.clone()),
        _ => ("", None),
    };
    let mut foreign = Map::new();
    let members =
        [("currency", json!(spec.currency)), ("amount", json!(text(spec.amount))), ("rate", json!("0"))];
    for (name, value) in members {
        if world.options.eximbay_foreign != ForeignSpelling::Correct {
            foreign.insert(format!("foregin_{name}"), value.clone());
        }
        if world.options.eximbay_foreign != ForeignSpelling::AsPrinted {
            foreign.insert(format!("foreign_{name}"), value);
        }
    }
    let mut body = json!({
        "rescode": "0000",
        "resmsg": "Success.",
        "mid": EXIMBAY_MID,
        "refund": {
            "refund_amount": text(entry.amount),
            "refund_id": refund_id,
            "refund_date": stamp14(entry.at),
            "refund_transaction_id": entry.cancel_id,
        },
        "payment": {
            "order_id": spec.order,
            "currency": spec.currency,
            "amount": text(spec.amount),
            "transaction_id": record.id,
            "balance": text(record.balance()),
            "base_amount": text(spec.amount),
            "base_rate": "1.000000",
            "dcc_rate": "1.000000",
            "payment_method": spec.method,
        },
        "foreign": foreign,
    });
    if let (Some(members), Some(other)) = (body.as_object_mut(), other_param) {
        members.insert("other_param".to_owned(), other);
    }
    Reply::new(200, body)
}

/// Puts the refunded amount back into the balance that an answer tells.
pub(super) fn undo_last(body: &mut Value) {
    let text = |place: &str| body.pointer(place).and_then(Value::as_str).unwrap_or("").to_owned();
    let exponent = money::exponent(&text("/payment/currency"));
    let read = |place: &str| money::read(&text(place), exponent, Beyond::Zeros);
    if let (Some(balance), Some(refunded)) = (read("/payment/balance"), read("/refund/refund_amount")) {
        let before = money::fixed(balance.saturating_add(refunded), exponent);
        crate::server::mischief::replace(body, "/payment/balance", json!(before));
    }
}
