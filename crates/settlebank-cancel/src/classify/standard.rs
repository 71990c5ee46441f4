//! Outcomes in the standard form.

use pg_core::classify::without_envelope;
use pg_core::wire::WireResponse;
use pg_core::{CancelError, CancelState, Currency, UnknownReason};

use super::{Cancelled, Told};
use crate::codes;
use crate::config::Config;
use crate::method::Method;
use crate::request::{RevokeRequest, StandardCancel};
use crate::response::{Answer, AnswerAmount, StandardAnswer, parse_standard};
use crate::sign::is_same_hash;
use crate::wire::{cancel_hash, revoke_hash};

/// `outStatCd` of a success.
pub(crate) const SUCCEEDED: &str = "0021";
/// `outStatCd` of a failure.
pub(crate) const FAILED: &str = "0031";
/// `outRsltCd` of a success.
pub(crate) const OK: &str = "0000";

pub(super) fn cancel(
    request: &StandardCancel,
    response: &WireResponse,
    config: &Config,
    sensitive: &[&str],
) -> Result<Cancelled, CancelError> {
    let currency = request.amount().currency();
    let answer = read(response, currency, config, request.method(), sensitive)?;
    let matches = is_echo_of(request.tag().as_str(), request.payment().trade_no(), &answer)
        && hash_matches(request.method(), &cancel_hash(request, &config.credentials), &answer)
        && amounts_match(request, &answer);
    if !matches {
        return Err(told(response, &answer).unknown(UnknownReason::Integrity));
    }
    let state =
        if request.operation().pays_into_account() { CancelState::Accepted } else { CancelState::Completed };
    let (remaining, cancel_id) = (answer.remaining.money(), answer.trade_no.clone());
    Ok(Cancelled::new(state, request.amount(), Answer::Standard(Box::new(answer)))
        .with_remaining(remaining)
        .with_cancel_id(cancel_id))
}

pub(super) fn revocation(
    request: &RevokeRequest,
    response: &WireResponse,
    config: &Config,
    sensitive: &[&str],
) -> Result<StandardAnswer, CancelError> {
    let answer = read(response, Currency::KRW, config, request.method(), sensitive)?;
    let same_account =
        answer.virtual_account.as_ref().is_none_or(|told| told.expose() == request.expose_account_no());
    let matches = is_echo_of(request.tag().as_str(), request.trade_no(), &answer)
        && hash_matches(request.method(), &revoke_hash(request, &config.credentials), &answer)
        && same_account;
    if matches { Ok(answer) } else { Err(told(response, &answer).unknown(UnknownReason::Integrity)) }
}

/// Reads an answer that claims success in every code; anything else is an error already.
fn read(
    response: &WireResponse,
    currency: Currency,
    config: &Config,
    method: Method,
    sensitive: &[&str],
) -> Result<StandardAnswer, CancelError> {
    let answer = parse_standard(response.body(), currency, config.credentials.aes_key(), sensitive)
        .map_err(|fault| without_envelope(response.status()).with_source(fault))?;
    let told = told(response, &answer);
    told.undecidable()?;
    match (answer.status.as_str(), answer.code.as_str()) {
        (SUCCEEDED, OK) if told.is_answer() => Ok(answer),
        // the two codes contradict each other, or the HTTP status contradicts both
        (SUCCEEDED, _) => Err(told.unknown(UnknownReason::Integrity)),
        (FAILED, code) => {
            let reading = codes::find(method.family(), code).map(codes::Entry::reading);
            Err(told.refused(reading))
        }
        _ => Err(told.unknown(UnknownReason::UnlistedCode)),
    }
}

fn told<'a>(response: &WireResponse, answer: &'a StandardAnswer) -> Told<'a> {
    Told { status: response.status(), code: &answer.code, message: &answer.message }
}

/// The answer must be to this request: its number is unique and must come back. The payment's number need
/// not, but must not be another.
fn is_echo_of(tag: &str, trade_no: &str, answer: &StandardAnswer) -> bool {
    answer.order_no.as_deref() == Some(tag)
        && answer.original_trade_no.as_deref().is_none_or(|told| told == trade_no)
}

/// The request's hash comes back as it was. The 010 pages speak of a "response hash" instead and print one
/// that no known rule makes, so it is not compared there.
fn hash_matches(method: Method, sent: &str, answer: &StandardAnswer) -> bool {
    method == Method::VirtualAccount010 || answer.hash.as_deref().is_none_or(|told| is_same_hash(sent, told))
}

/// What was cancelled must be told and be what was asked; what is left must be what was left, less that.
fn amounts_match(request: &StandardCancel, answer: &StandardAnswer) -> bool {
    let amount = request.amount();
    let Some(after) = request.payment().balance().checked_sub(amount) else { return false };
    let (cancelled, remaining) = (answer.cancelled, answer.remaining);
    let cancelled_matches = match cancelled {
        AnswerAmount::Told(told) => told == amount,
        AnswerAmount::Unreadable => false,
        // optional on the 010 page alone, where the balance then has to prove it
        AnswerAmount::Absent => {
            request.method() == Method::VirtualAccount010 && remaining == AnswerAmount::Told(after)
        }
    };
    let remaining_matches = match remaining {
        AnswerAmount::Told(told) => told == after,
        AnswerAmount::Unreadable => false,
        AnswerAmount::Absent => true,
    };
    cancelled_matches && remaining_matches
}
