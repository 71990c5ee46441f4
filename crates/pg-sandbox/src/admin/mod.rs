//! The admin listener: payments, books, faults, the request log and the clock, as JSON over plain HTTP.
//!
//! | request | does |
//! |---|---|
//! | `GET /healthz` | tells that it runs, with the seed |
//! | `POST /payments` | creates a payment |
//! | `GET /payments`, `GET /payments/{gateway}/{id}` | reads the books |
//! | `POST /payments/{gateway}/{id}/console-refund` | a person refunds `amount` |
//! | `POST /payments/{gateway}/{id}/settle` | carries out asynchronous cancels |
//! | `POST /late` | delivers what was kept back or waits for funds |
//! | `POST /faults`, `DELETE /faults` | adds a fault, clears all |
//! | `GET /requests`, `DELETE /requests` | reads, clears the log |
//! | `GET /clock`, `POST /clock` | reads, sets (`set`, `advance`, `frozen`) the clock |
//!
//! Amounts are minor units.

mod read;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::FaultKind;
use crate::ledger::{Actor, Entry, Ledger, Record, Status, Waits};
use crate::log::Seen;
use crate::options::Gateway;
use crate::sandbox::{SandboxError, console_refund, put};
use crate::server::http::{Rendered, Request};
use crate::server::socket::Socket;
use crate::server::{Door, connection};
use crate::world::World;

pub(crate) async fn accept_loop(world: Arc<World>, door: Door) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = door.open.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let world = Arc::clone(&world);
                connections.spawn(async move {
                    connection::serve_admin(Socket::Plain(stream), |request| answer(&world, request)).await;
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

fn answer(world: &World, request: &Request) -> Rendered {
    let (status, body) = match route(world, request) {
        Ok(answer) => answer,
        Err((status, message)) => (status, json!({"error": message})),
    };
    Rendered::json(status, body.to_string().into_bytes())
}

/// Status and what is wrong.
type Refusal = (u16, String);

fn route(world: &World, request: &Request) -> Result<(u16, Value), Refusal> {
    let segments = request.segments().ok_or((400, "undecodable path".to_owned()))?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.head.method.as_str(), segments.as_slice()) {
        ("GET", ["healthz"]) => Ok((200, json!({"ok": true, "simulator": true, "seed": world.options.seed}))),
        ("POST", ["payments"]) => {
            let payment = read::payment(&object(request)?)?;
            let gateway = payment.gateway;
            let id = put(world, payment);
            Ok((201, books(world, gateway, id.as_str())?))
        }
        ("GET", ["payments"]) => {
            let all = Gateway::ALL.into_iter().flat_map(|gateway| {
                world.books(gateway).all().map(|record| ledger(&record.ledger())).collect::<Vec<_>>()
            });
            Ok((200, all.collect()))
        }
        ("GET", ["payments", gateway, id]) => Ok((200, books(world, named(gateway)?, id)?)),
        ("POST", ["payments", gateway, id, "console-refund"]) => {
            let amount = object(request)?.get("amount").and_then(Value::as_i64).unwrap_or(0);
            let entry = console_refund(world, named(gateway)?, id, amount).map_err(|error| match error {
                SandboxError::NoSuchPayment => (404, error.to_string()),
                _ => (409, error.to_string()),
            })?;
            Ok((200, entry_json(&entry)))
        }
        ("POST", ["payments", gateway, id, "settle"]) => {
            let now = world.clock.now();
            let settled =
                world.books(named(gateway)?).get_mut(id).map(|record| record.settle(Waits::ForPg, now, None));
            settled.map_or(Err((404, "no such payment".to_owned())), |count| {
                Ok((200, json!({"settled": count})))
            })
        }
        ("POST", ["late"]) => {
            let kept = world.deliver(None);
            let total = Gateway::ALL
                .into_iter()
                .fold(kept, |sum, gateway| sum.saturating_add(world.run_awaiting(gateway)));
            Ok((200, json!({"applied": total})))
        }
        ("POST", ["faults"]) => {
            let fault = read::fault(&object(request)?)?;
            if fault.kind == FaultKind::RefuseConnections {
                world.gate(fault.gateway).send_replace(true);
            } else {
                world.faults.add(fault);
            }
            Ok((201, json!({"armed": true})))
        }
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            for gateway in Gateway::ALL {
                world.gate(gateway).send_replace(false);
            }
            Ok((200, json!({"armed": false})))
        }
        ("GET", ["requests"]) => Ok((200, world.log.all().iter().map(seen).collect())),
        ("DELETE", ["requests"]) => {
            world.log.clear();
            Ok((200, json!({"requests": 0})))
        }
        ("GET", ["clock"]) => Ok((200, json!({"now": world.clock.now()}))),
        ("POST", ["clock"]) => {
            set_clock(world, &object(request)?);
            Ok((200, json!({"now": world.clock.now()})))
        }
        _ => Err((404, "no such path".to_owned())),
    }
}

fn object(request: &Request) -> Result<Value, Refusal> {
    match serde_json::from_slice(&request.body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err((400, "body must be a json object".to_owned())),
    }
}

fn named(gateway: &str) -> Result<Gateway, Refusal> {
    Gateway::from_name(gateway).ok_or_else(|| (404, "gateway is chaiport, eximbay or settlebank".to_owned()))
}

fn books(world: &World, gateway: Gateway, id: &str) -> Result<Value, Refusal> {
    let books = world.books(gateway);
    books
        .get(id)
        .map(Record::ledger)
        .map_or(Err((404, "no such payment".to_owned())), |books| Ok(ledger(&books)))
}

fn set_clock(world: &World, wish: &Value) {
    if let Some(unix) = wish.get("set").and_then(Value::as_i64) {
        world.clock.set(unix);
    }
    if let Some(seconds) = wish.get("advance").and_then(Value::as_u64) {
        world.clock.advance(Duration::from_secs(seconds));
    }
    match wish.get("frozen").and_then(Value::as_bool) {
        Some(true) => world.clock.freeze(),
        Some(false) => world.clock.run(),
        None => {}
    }
}

fn entry_json(entry: &Entry) -> Value {
    let by = match entry.by {
        Actor::Api => "api",
        Actor::Console => "console",
        Actor::Late => "late",
    };
    json!({
        "amount": entry.amount,
        "before": entry.before,
        "at": entry.at,
        "tag": entry.tag,
        "by": by,
        "cancel_id": entry.cancel_id,
    })
}

fn ledger(ledger: &Ledger) -> Value {
    let status = match ledger.status {
        Status::Ready => "ready",
        Status::Paid => "paid",
        Status::Cancelled => "cancelled",
        Status::Failed => "failed",
        Status::Revoked => "revoked",
    };
    json!({
        "gateway": ledger.gateway.name(),
        "id": ledger.id,
        "merchant_uid": ledger.merchant_uid,
        "currency": ledger.currency,
        "paid": ledger.paid,
        "balance": ledger.balance,
        "status": status,
        "paid_at": ledger.paid_at,
        "trade_date": ledger.trade_date,
        "entries": ledger.entries.iter().map(entry_json).collect::<Vec<_>>(),
        "pending": ledger.pending.iter().map(entry_json).collect::<Vec<_>>(),
    })
}

fn seen(seen: &Seen) -> Value {
    json!({
        "gateway": seen.gateway.name(),
        "operation": seen.operation.name(),
        "method": seen.method,
        "path": seen.path,
        "bytes": seen.bytes,
        "body_len": seen.body_len,
        "body_fingerprint": format!("{:016x}", seen.body_fingerprint),
        "complete": seen.complete,
        "applied": seen.applied,
        "status": seen.status,
        "fault": seen.fault,
        "connection": seen.connection,
        "payment": seen.payment,
        "at": seen.at,
    })
}
