//! Payments and faults as the admin API describes them.

use std::time::Duration;

use serde_json::Value;

use super::Refusal;
use crate::faults::{BodyKind, Fault, FaultKind};
use crate::log::Operation;
use crate::options::Gateway;
use crate::payment::{NewPayment, Start};

type Set<T> = fn(NewPayment, T) -> NewPayment;
type SetText = fn(NewPayment, &str) -> NewPayment;

fn text<'a>(wish: &'a Value, name: &str) -> Option<&'a str> {
    wish.get(name).and_then(Value::as_str)
}

fn number(wish: &Value, name: &str) -> Option<i64> {
    wish.get(name).and_then(Value::as_i64)
}

fn bad<T>(message: &str) -> Result<T, Refusal> {
    Err((400, message.to_owned()))
}

fn gateway(wish: &Value) -> Result<Gateway, Refusal> {
    match text(wish, "gateway").and_then(Gateway::from_name) {
        Some(gateway) => Ok(gateway),
        None => bad("gateway is chaiport, eximbay or settlebank"),
    }
}

/// Refuses members that nobody reads: a misspelt wish would be a silent one.
fn only(wish: &Value, names: &[&str]) -> Result<(), Refusal> {
    let unknown =
        wish.as_object().and_then(|members| members.keys().find(|name| !names.contains(&name.as_str())));
    unknown.map_or(Ok(()), |name| bad(&format!("unknown member {name}")))
}

const PAYMENT: &[&str] = &[
    "gateway",
    "merchant_uid",
    "amount",
    "amount_text",
    "currency",
    "status",
    "pay_method",
    "method",
    "pg_provider",
    "mid",
    "trade_date",
    "holder",
    "account",
    "inquiry_method",
    "id",
    "sandbox_channel",
    "allows_partial",
    "prepaid_card",
    "asynchronous",
    "refund_service",
    "pg_already_cancelled",
    "tax_required",
    "tax_free",
    "vat",
    "points",
    "coupon",
];
const FAULT: &[&str] = &[
    "gateway",
    "operation",
    "kind",
    "nth",
    "times",
    "apply",
    "bytes",
    "millis",
    "status",
    "body",
    "code",
    "message",
    "location",
    "token",
];

/// `gateway`, `merchant_uid`, `amount` (minor units; Eximbay: `amount_text`), and whatever
/// [`NewPayment`]'s setters are called.
pub(super) fn payment(wish: &Value) -> Result<NewPayment, Refusal> {
    only(wish, PAYMENT)?;
    let Some(order) = text(wish, "merchant_uid") else { return bad("merchant_uid is missing") };
    let amount = number(wish, "amount").filter(|amount| *amount > 0);
    let mut payment = match (gateway(wish)?, amount, text(wish, "amount_text")) {
        (Gateway::Chaiport, Some(amount), _) => NewPayment::chaiport(order, amount),
        (Gateway::Settlebank, Some(amount), _) => NewPayment::settlebank(order, amount),
        (Gateway::Eximbay, _, Some(amount)) => {
            NewPayment::eximbay(order, text(wish, "currency").unwrap_or("USD"), amount)
        }
        (Gateway::Eximbay, ..) => return bad("amount_text is missing"),
        _ => return bad("amount (minor units, above 0) is missing"),
    };
    if payment.amount <= 0 {
        return bad("amount must be above 0");
    }
    let texts: [(&str, SetText); 9] = [
        ("pay_method", NewPayment::pay_method),
        ("method", NewPayment::method),
        ("pg_provider", NewPayment::pg_provider),
        ("mid", NewPayment::mid),
        ("trade_date", NewPayment::trade_date),
        ("holder", NewPayment::holder),
        ("account", NewPayment::account),
        ("inquiry_method", NewPayment::inquiry_method),
        ("id", |payment, id| payment.id(id)),
    ];
    for (name, set) in texts {
        if let Some(value) = text(wish, name) {
            payment = set(payment, value);
        }
    }
    if let (Some(currency), false) = (text(wish, "currency"), payment.gateway == Gateway::Eximbay) {
        payment = payment.currency(currency);
    }
    let switches: [(&str, Set<bool>); 7] = [
        ("sandbox_channel", NewPayment::sandbox_channel),
        ("allows_partial", NewPayment::allows_partial),
        ("prepaid_card", NewPayment::prepaid_card),
        ("asynchronous", NewPayment::asynchronous),
        ("refund_service", NewPayment::refund_service),
        ("pg_already_cancelled", NewPayment::pg_already_cancelled),
        ("tax_required", NewPayment::tax_required),
    ];
    for (name, set) in switches {
        if let Some(value) = wish.get(name).and_then(Value::as_bool) {
            payment = set(payment, value);
        }
    }
    let numbers: [(&str, Set<i64>); 4] = [
        ("tax_free", NewPayment::tax_free),
        ("vat", NewPayment::vat),
        ("points", NewPayment::points),
        ("coupon", NewPayment::coupon),
    ];
    for (name, set) in numbers {
        if let Some(value) = number(wish, name) {
            payment = set(payment, value);
        }
    }
    match text(wish, "status") {
        None | Some("paid") => Ok(payment),
        Some("ready") => Ok(payment.status(Start::Ready)),
        Some("failed") => Ok(payment.status(Start::Failed)),
        Some(_) => bad("status is ready, paid or failed"),
    }
}

/// `gateway`, `operation`, `kind`, optional `nth`, `times`, `apply`; for some kinds `bytes`, `millis`,
/// `status`, `body` (empty, html, envelope, wrong_envelope), `code`, `message`, `location`,
/// `token`.
pub(super) fn fault(wish: &Value) -> Result<Fault, Refusal> {
    only(wish, FAULT)?;
    let Some(operation) = text(wish, "operation").map_or(Some(Operation::Any), Operation::from_name) else {
        return bad("operation is token, cancel, look_up, revoke, other or any");
    };
    let count = |name: &str, default: usize| {
        wish.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
    };
    let apply = wish.get("apply").and_then(Value::as_bool).unwrap_or(true);
    let fault = Fault::on(gateway(wish)?, operation).kind(kind(wish)?).apply(apply);
    Ok(fault.nth(count("nth", 0)).times(count("times", 1)))
}

fn kind(wish: &Value) -> Result<FaultKind, Refusal> {
    let natural = |name: &str| wish.get(name).and_then(Value::as_u64);
    let bytes = natural("bytes").and_then(|n| usize::try_from(n).ok());
    let pause = Duration::from_millis(natural("millis").unwrap_or(0));
    let status = natural("status").and_then(|n| u16::try_from(n).ok());
    let owned = |name: &str| text(wish, name).unwrap_or("").to_owned();
    Ok(match text(wish, "kind").unwrap_or("") {
        "refuse_connections" => FaultKind::RefuseConnections,
        "stall_before_reading" => FaultKind::StallBeforeReading,
        "reset_on_accept" => FaultKind::ResetOnAccept,
        "close_on_accept" => FaultKind::CloseOnAccept,
        "close_before_reading" => FaultKind::CloseBeforeReading,
        "reset_after_bytes" => FaultKind::ResetAfterBytes(bytes.unwrap_or(1)),
        "stall_after_bytes" => FaultKind::StallAfterBytes(bytes.unwrap_or(1)),
        "silence" => FaultKind::Silence,
        "close_without_answer" => FaultKind::CloseWithoutAnswer,
        "reset" => FaultKind::Reset,
        "head_only" => FaultKind::HeadOnly,
        "cut_body" => FaultKind::CutBody(bytes.unwrap_or(1)),
        "stall_body" => FaultKind::StallBody(bytes.unwrap_or(1)),
        "close_delimited_cut" => FaultKind::CloseDelimitedCut(bytes.unwrap_or(1)),
        "garbage" => FaultKind::Garbage,
        "status" => FaultKind::Status(status.unwrap_or(500), body(wish)?),
        "redirect" => FaultKind::Redirect(status.unwrap_or(302), owned("location")),
        "huge_body" => FaultKind::HugeBody(bytes.unwrap_or(2_097_152)),
        "endless_body" => FaultKind::EndlessBody,
        "slow_body" => FaultKind::SlowBody(pause),
        "malformed" => FaultKind::Malformed,
        "duplicate_keys" => FaultKind::DuplicateKeys,
        "trailing_bytes" => FaultKind::TrailingBytes,
        "deep_json" => FaultKind::DeepJson(bytes.unwrap_or(100_000)),
        "wrong_charset" => FaultKind::WrongCharset,
        "late" => FaultKind::Late(pause),
        "twice" => FaultKind::Twice,
        "twice_answer_second" => FaultKind::TwiceAnswerSecond,
        "refused_then_applied" => FaultKind::RefusedThenApplied(owned("code"), owned("message")),
        "other_payment" => FaultKind::OtherPayment,
        "other_amount" => FaultKind::OtherAmount,
        "other_currency" => FaultKind::OtherCurrency,
        "old_state" => FaultKind::OldState,
        "code_as_string" => FaultKind::CodeAsString,
        "null_response" => FaultKind::NullResponse,
        "extra_fields" => FaultKind::ExtraFields,
        "latency" => FaultKind::Latency(pause),
        "interim_100" => FaultKind::Interim100,
        "header_bomb" => FaultKind::HeaderBomb(bytes.unwrap_or(200)),
        "long_header" => FaultKind::LongHeader(bytes.unwrap_or(1_048_576)),
        "endless_headers" => FaultKind::EndlessHeaders,
        "cookies" => FaultKind::Cookies(bytes.unwrap_or(50)),
        "endless_interim" => FaultKind::EndlessInterim,
        "switch_protocols" => FaultKind::SwitchProtocols,
        "body_only" => FaultKind::BodyOnly,
        "chunk_overflow" => FaultKind::ChunkOverflow,
        "endless_chunk_size" => FaultKind::EndlessChunkSize,
        "endless_trailers" => FaultKind::EndlessTrailers,
        "two_lengths" => FaultKind::TwoLengths,
        "length_and_chunks" => FaultKind::LengthAndChunks,
        "short_length" => FaultKind::ShortLength(bytes.unwrap_or(10)),
        "second_answer" => FaultKind::SecondAnswer,
        "gzip" => FaultKind::Gzip(bytes.unwrap_or(8_388_608)),
        "byte_order_mark" => FaultKind::ByteOrderMark,
        "utf_16" => FaultKind::Utf16,
        "amounts" => FaultKind::Amounts(text(wish, "token").unwrap_or("NaN").to_owned()),
        "echo" => FaultKind::Echo,
        "echo_value" => FaultKind::EchoValue(owned("message")),
        "drop_after_body" => FaultKind::DropAfterBody,
        _ => return bad("kind is unknown"),
    })
}

fn body(wish: &Value) -> Result<BodyKind, Refusal> {
    match text(wish, "body") {
        None | Some("empty") => Ok(BodyKind::Empty),
        Some("html") => Ok(BodyKind::Html),
        Some("wrong_envelope") => Ok(BodyKind::WrongEnvelope),
        Some("envelope") => {
            let owned = |name: &str| text(wish, name).unwrap_or("").to_owned();
            Ok(BodyKind::Envelope(owned("code"), owned("message")))
        }
        Some(_) => bad("body is empty, html, envelope or wrong_envelope"),
    }
}
