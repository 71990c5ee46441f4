//! `POST /v1/payments/retrieve`: the original's currency and amount text must be repeated letter by letter.

use serde_json::json;

use super::refusal;
use super::shape::{self, bad, missing};
use crate::body::Fields;
use crate::clock::stamp14;
use crate::credentials::EXIMBAY_MID;
use crate::ledger::{Books, Record, Status};
use crate::money;
use crate::server::http::Request;
use crate::world::{Reply, World};

pub(super) fn answer(world: &World, books: &mut Books, request: &Request) -> Reply {
    let view = books.look(world.clock.now());
    match find(world, books, request) {
        Ok(record) => found(&record.as_of(view)),
        Err(reply) => *reply,
    }
}

fn find<'a>(world: &World, books: &'a Books, request: &Request) -> Result<&'a Record, Box<Reply>> {
    let top = Fields::from_json(&request.body).map_err(|_| bad(world, "body is not readable"))?;
    shape::only(world, &top, &["mid", "key_field", "payment", "other_param"])?;
    match top.text("mid") {
        None | Some("") => return Err(missing(world, "mid must not be empty")),
        Some(EXIMBAY_MID) => {}
        Some(_) => {
            return Err(Box::new(refusal(world, "INVALID_MERCHANT", "mid does not belong to the key")));
        }
    }
    shape::inner(world, &top, "other_param", shape::OTHER)?;
    let payment = shape::inner(world, &top, "payment", shape::RETRIEVED)?
        .ok_or_else(|| missing(world, "payment must not be null"))?;
    let given = |name: &str| payment.text(name).unwrap_or("");
    let record = match top.text("key_field") {
        Some("transaction_id") if given("transaction_id").is_empty() => {
            return Err(missing(world, "payment.transid must not be empty"));
        }
        Some("transaction_id") => books.get(given("transaction_id")),
        Some("order_id") if given("order_id").is_empty() => {
            return Err(missing(world, "payment.ref must not be empty"));
        }
        Some("order_id") => books.of_order(given("order_id")).next_back(),
        None | Some("") => return Err(missing(world, "key_field must not be empty")),
        Some(_) => return Err(bad(world, "key_field")),
    };
    record
        .filter(|record| record.status() != Status::Failed)
        .filter(|record| {
            record.spec.currency == given("currency") && record.spec.amount_text == given("amount")
        })
        .ok_or_else(|| Box::new(none()))
}

fn none() -> Reply {
    Reply::new(
        200,
        json!({"rescode": "Q004", "resmsg": "No Transaction", "mid": EXIMBAY_MID, "payment": {"status": "NONE"}}),
    )
}

fn found(record: &Record) -> Reply {
    let spec = &record.spec;
    let exponent = money::exponent(&spec.currency);
    let (status, balance) = match record.status() {
        Status::Ready => ("REGISTERED", spec.amount),
        Status::Revoked => ("REGISTERED", 0),
        // A refunded payment stays a sale; only the balance moves.
        Status::Paid | Status::Cancelled | Status::Failed => ("SALE", record.balance()),
    };
    let body = json!({
        "rescode": "0000",
        "resmsg": "Success.",
        "mid": EXIMBAY_MID,
        "payment": {
            "order_id": spec.order,
            "currency": spec.currency,
            "amount": money::fixed(spec.amount, exponent),
            "transaction_id": record.id,
            "status": status,
            "auth_code": "30000000",
            "transaction_date": stamp14(record.started_at),
            "balance": money::fixed(balance, exponent),
            "payment_method": spec.method,
        },
        "card_info": {"card_number1": "0000", "card_number4": "0000"},
    });
    Reply::new(200, body).about(&record.id)
}
