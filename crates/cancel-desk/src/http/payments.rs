//! Payments: shown, and registered one by one or many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use pg_core::{Currency, Gateway, Invalid, Money, PaymentRef};
use serde::{Deserialize, Serialize};
use time::Date;
use time::format_description::well_known::Iso8601;
use tokio::task::{JoinSet, spawn_blocking};

use super::body::{Fields, LARGE, SMALL, check_type, read};
use super::cancel::{gateway, payment_id};
use super::problem::{More, Problem, Raw, RowFault, json};
use super::state::Shared;
use crate::desk::{Desk, DeskError, PaymentView, Selector};
use crate::journal::UNDER_ANOTHER;
use crate::record::NewPayment;
use crate::worker::Accounts;

/// How many wrong rows are told.
const TOLD: usize = 100;
/// How many payments are registered at once: a store may commit them together.
const AT_ONCE: usize = 64;

/// What a payment is made of. `/payments` and `/payments/bulk` take the same.
const MEMBERS: [&str; 12] = [
    "gateway",
    "account",
    "imp_uid",
    "payment_id",
    "merchant_uid",
    "amount",
    "cancel_amount",
    "currency",
    "method",
    "pg_provider",
    "paid_text",
    "paid_on",
];

/// Which payment of the order, if there are several.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    gateway: Option<String>,
    account: Option<String>,
    payment_id: Option<String>,
}

/// `GET /payments/{merchant_uid}`
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    merchant_uid: Result<Path<String>, PathRejection>,
    choice: Result<Query<Choice>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(choice)) = choice else {
        return Err(Problem::invalid("query", "must be at most one gateway, account and payment_id"));
    };
    let Ok(Path(merchant_uid)) = merchant_uid else {
        return Err(Problem::invalid("merchant_uid", "must be percent-encoded utf-8"));
    };
    let mut selector = Selector::order(merchant_uid);
    selector.gateway = choice.gateway.as_deref().map(gateway).transpose()?;
    selector.account = choice.account;
    selector.payment_id = choice.payment_id;
    let payment = shared.desk.find(&selector).await?;
    Ok(json(StatusCode::OK, &shared.desk.show_payment(&payment).await?))
}

/// `POST /payments`
pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    check_type(&parts.headers, &["application/json"])?;
    let bytes = read(&parts.headers, body, SMALL, shared.options.body_timeout).await?;
    let new = payment(&Fields::read(&bytes)?, shared.desk.accounts())?;
    // before it is compared: what differs is told
    Desk::check_payment(&new)?;
    let known = shared.desk.journal().payment(&new.key()).await.map_err(DeskError::from)?;
    if let Some(known) = known.as_ref().filter(|known| known.payment != new.payment) {
        return Err(Problem::conflict(known, &new.payment));
    }
    let payment = shared.desk.register(new).await?;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &PaymentView::new(&payment)))
}

/// What registering many came to.
#[derive(Default, Serialize)]
struct Registered {
    /// New to the journal.
    registered: usize,
    /// Registered before, with the same content.
    known: usize,
}

/// `POST /payments/bulk`: all, or none.
pub(super) async fn register_all(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    check_type(&parts.headers, &["application/json", "application/x-ndjson", "application/jsonl"])?;
    let bytes = read(&parts.headers, body, LARGE, shared.options.body_timeout).await?;
    let (payments, mut faults) = read_rows(bytes, shared.desk.clone()).await?;
    let mut done = Registered::default();
    let accounts = shared.desk.journal().accounts().await.map_err(DeskError::from)?;
    for (row, new) in &payments {
        match shared.desk.journal().payment(&new.key()).await.map_err(DeskError::from)? {
            None if shared.desk.is_under_another(new, &accounts).await.map_err(DeskError::from)? => {
                faults.push(Problem::from(DeskError::NotAllowed(UNDER_ANOTHER)).row(*row));
            }
            None => done.registered = done.registered.saturating_add(1),
            Some(known) if known.payment == new.payment => done.known = done.known.saturating_add(1),
            Some(known) => faults.push(Problem::conflict(&known, &new.payment).row(*row)),
        }
    }
    if !faults.is_empty() {
        return Err(invalid_rows(faults));
    }
    write(&shared.desk, payments).await?;
    Ok(json(StatusCode::OK, &done))
}

/// What can be registered, and what is wrong with the rest.
type Read = (Vec<(usize, NewPayment)>, Vec<RowFault>);

/// Reads all rows; many of them where they keep no other request waiting.
async fn read_rows(bytes: Bytes, desk: Desk) -> Result<Read, Problem> {
    let large = bytes.len() > SMALL;
    let read = move || Ok(checked(&rows(&bytes)?, desk.accounts()));
    if !large {
        return read();
    }
    spawn_blocking(read).await.unwrap_or_else(|_| Err(broke_off()))
}

fn broke_off() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "registering broke off")
}

async fn write(desk: &Desk, payments: Vec<(usize, NewPayment)>) -> Result<(), Problem> {
    let mut running = JoinSet::new();
    let mut waiting = payments.into_iter();
    loop {
        while running.len() < AT_ONCE
            && let Some((row, new)) = waiting.next()
        {
            let desk = desk.clone();
            running.spawn(async move { desk.register(new).await.map_err(|error| (row, error)) });
        }
        match running.join_next().await {
            None => return Ok(()),
            Some(Ok(Ok(_))) => {}
            // what was registered stays: sending the same again is harmless
            Some(Ok(Err((row, error @ (DeskError::PaymentConflict | DeskError::NotAllowed(_)))))) => {
                return Err(invalid_rows(vec![Problem::from(error).row(row)]));
            }
            Some(Ok(Err((_, error)))) => return Err(error.into()),
            Some(Err(_)) => return Err(broke_off()),
        }
    }
}

/// A JSON array, or one JSON object a line.
fn rows(bytes: &[u8]) -> Result<Vec<(usize, Raw)>, Problem> {
    let malformed = |message: String| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json", message)
            .korean("요청 본문은 JSON 배열이거나 한 줄에 하나씩의 JSON 객체여야 합니다.")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body must be utf-8".to_owned()))?;
    let rows: Vec<(usize, Raw)> = if text.trim_start().starts_with('[') {
        let rows: Vec<Raw> = serde_json::from_str(text)
            .map_err(|error| malformed(format!("the body is no json array: line {}", error.line())))?;
        (1..).zip(rows).collect()
    } else {
        (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| match serde_json::from_str(line) {
                Ok(row) => Ok((number, row)),
                Err(_) => Err(malformed(format!("line {number} is no json object"))),
            })
            .collect::<Result<_, _>>()?
    };
    if rows.is_empty() {
        return Err(malformed("the body must hold at least one payment".to_owned()));
    }
    Ok(rows)
}

/// The rows that can be used, and what is wrong with the others.
fn checked(rows: &[(usize, Raw)], accounts: &Accounts) -> Read {
    let (mut payments, mut faults) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (number, raw) in rows {
        let read = Fields::read(raw.get().as_bytes()).and_then(|fields| payment(&fields, accounts));
        let read = read.and_then(|new| Desk::check_payment(&new).map(|()| new).map_err(Problem::from));
        match read {
            // whatever the account
            Ok(new) if seen.insert((new.payment.gateway, new.payment.gateway_id.clone())) => {
                payments.push((*number, new))
            }
            Ok(_) => {
                faults.push(
                    Problem::invalid("payment_id", "must stand once: the same payment is above").row(*number),
                );
            }
            Err(problem) => faults.push(problem.row(*number)),
        }
    }
    (payments, faults)
}

fn invalid_rows(mut rows: Vec<RowFault>) -> Problem {
    let count = rows.len();
    rows.sort_by_key(|fault| fault.row);
    rows.truncate(TOLD);
    let first = rows.first().map_or(0, |fault| fault.row);
    let message = format!("{count} row(s) cannot be used, the first is row {first}; nothing was registered");
    Problem::new(StatusCode::BAD_REQUEST, "invalid_rows", message)
        .korean(format!(
            "사용할 수 없는 행이 {count}개 있습니다(첫 행: {first}). 아무것도 등록하지 않았습니다."
        ))
        .more(More { rows, faults: Some(count), ..More::default() })
}

/// A payment as the guide's table has it.
fn payment(fields: &Fields, accounts: &Accounts) -> Result<NewPayment, Problem> {
    fields.only(&MEMBERS)?;
    let gateway = match fields.text("gateway")? {
        Some(text) => gateway(&text)?,
        None if fields.text("imp_uid")?.is_some() => Gateway::Chaiport,
        None => return Err(Problem::invalid("gateway", "must be chaiport, eximbay or settlebank")),
    };
    let account = match fields.text("account")? {
        Some(account) => configured(gateway, account, accounts)?,
        None => only_account(gateway, accounts)?,
    };
    let id = payment_id(fields)?.ok_or_else(|| Invalid::new("payment_id", "must be given"))?;
    let merchant_uid = fields.needed("merchant_uid")?;
    let currency = match fields.text("currency")? {
        Some(code) => code.parse().map_err(|_| Invalid::new("currency", "must be an ISO 4217 code"))?,
        None => Currency::KRW,
    };
    let money = |field, decimal| {
        Money::from_decimal(decimal, currency).map_err(|error| Invalid::new(field, error.to_string()))
    };
    let paid = money("amount", fields.number("amount")?)?;
    let mut payment = PaymentRef::new(gateway, id, merchant_uid, paid);
    payment.paid_text = fields.text("paid_text")?;
    payment.method = fields.text("method")?;
    payment.pg_provider = fields.text("pg_provider")?;
    payment.paid_on = fields.text("paid_on")?.as_deref().map(day).transpose()?;
    let mut new = NewPayment::new(account, payment);
    if let Some(before) = fields.number_if_given("cancel_amount")? {
        new = new.with_already_refunded(money("cancel_amount", before)?);
    }
    Ok(new)
}

/// An account under which nothing could be refunded is refused now, as a file's is.
fn configured(gateway: Gateway, account: String, accounts: &Accounts) -> Result<String, Invalid> {
    if accounts.names().iter().any(|name| name.gateway == gateway && name.merchant == account) {
        return Ok(account);
    }
    let why = format!("must be the name of a {gateway} account of the configuration");
    Err(Invalid::new("account", why))
}

fn only_account(gateway: Gateway, accounts: &Accounts) -> Result<String, Invalid> {
    let mut names = accounts.names().iter().filter(|name| name.gateway == gateway);
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name.merchant.clone()),
        _ => Err(Invalid::new("account", "must be given: there is not exactly one of this gateway")),
    }
}

/// A day and nothing else: with a time and an offset it may be another day in Korea.
fn day(text: &str) -> Result<Date, Invalid> {
    let no_day = || Invalid::new("paid_on", "must be a day like 2026-11-21");
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits != 8 || !matches!(text.len(), 8 | 10) {
        return Err(no_day());
    }
    Date::parse(text, &Iso8601::DATE).map_err(|_| no_day())
}
