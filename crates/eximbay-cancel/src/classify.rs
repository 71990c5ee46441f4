//! What a cancel's answer proves: pure, no I/O.

use pg_core::classify::{StatusClass, status_class, without_envelope};
use pg_core::wire::WireResponse;
use pg_core::{CancelError, CancelState, Cancelled, Money, Rejected, Unknown, UnknownReason};

use crate::config::Config;
use crate::envelope::Says;
use crate::fields::money;
use crate::method::PaymentMethod;
use crate::request::CancelRequest;
use crate::response::{self, CancelAnswer};

/// Decides a complete answer to `request`.
///
/// Done needs **all** of this: HTTP 2xx; `rescode` `0000` and no other code beside it; the `transaction_id` that was
/// asked; the balance after, or the refunded amount, and whichever of the two is told exactly as computed; and no
/// mismatch in merchant id, currency or `refund_id` where they are told. Neither balance nor amount told is no proof.
/// The `order_id` is not compared (the guide's own sample answers with another one), nor is `payment.amount`.
///
/// A refusal is believed only with a code on the definite list, and not here but by
/// [`SendLog::judge`](pg_core::SendLog::judge) when the attempt may have been sent before.
///
/// # Errors
/// [`CancelError::Rejected`] or [`CancelError::Unknown`].
pub fn classify(
    request: &CancelRequest,
    config: &Config,
    response: &WireResponse,
) -> Result<Cancelled<CancelAnswer>, CancelError> {
    let status = response.status();
    let mut sensitive = request.sensitive_values();
    sensitive.extend(config.sensitive_values());
    let answer = match response::parse(response.body(), &sensitive) {
        Ok(answer) if answer.envelope.is_present() => answer,
        _ => return Err(without_envelope(status).into()),
    };
    let unknown = |reason, code: &str| {
        Unknown::new(reason).with_http_status(status).with_answer(code, answer.envelope.text()).into()
    };
    let says = answer.envelope.says();
    match (status_class(status), says) {
        (StatusClass::Unknown(reason), Says::Success) => Err(unknown(reason, crate::codes::SUCCESS)),
        (StatusClass::Unknown(reason), Says::Refused(_, code) | Says::Unknown(_, code)) => {
            Err(unknown(reason, code))
        }
        (_, Says::Unknown(reason, code)) => Err(unknown(reason, code)),
        // a refusal of somebody else's cancel, or one whose own body shows a refund, refuses nothing
        (_, Says::Refused(_, code)) if !refuses(request, config, &answer) => {
            Err(unknown(UnknownReason::Integrity, code))
        }
        (_, Says::Refused(kind, code)) => {
            Err(Rejected::new(kind, code, answer.envelope.text(), status).into())
        }
        (StatusClass::Answer, Says::Success) => match remaining(request, config, &answer) {
            Ok(remaining) => Ok(done(request, remaining, answer.scrubbed(request.refund_account()))),
            Err(Mismatch) => Err(unknown(UnknownReason::Integrity, crate::codes::SUCCESS)),
        },
        // success in a client error's clothes
        (_, Says::Success) => Err(unknown(UnknownReason::Integrity, crate::codes::SUCCESS)),
    }
}

/// Whether a refusal is about this request, where it tells, and tells of no refund.
fn refuses(request: &CancelRequest, config: &Config, answer: &CancelAnswer) -> bool {
    let id = request.payment().transaction_id().as_str();
    agrees(answer.mid.as_deref(), config.mid().as_str()).is_ok()
        && agrees(answer.payment.transaction_id.as_deref(), id).is_ok()
        && agrees(answer.refund.refund_id.as_deref(), request.tag().as_str()).is_ok()
        && answer.refund.refund_transaction_id.is_none()
}

/// The answer is about something else than was asked, or proves too little.
struct Mismatch;

/// The balance after the cancel, if told; an error unless the answer fits the request.
fn remaining(
    request: &CancelRequest,
    config: &Config,
    answer: &CancelAnswer,
) -> Result<Option<Money>, Mismatch> {
    let payment = &answer.payment;
    let refund = &answer.refund;
    let asked = request.payment();
    if payment.transaction_id.as_deref() != Some(asked.transaction_id().as_str()) {
        return Err(Mismatch);
    }
    let currency = request.amount().currency();
    agrees(answer.mid.as_deref(), config.mid().as_str())?;
    agrees(payment.currency.as_deref(), currency.code())?;
    agrees(refund.refund_id.as_deref(), request.tag().as_str())?;
    let amount = agreed_money(refund.refund_amount.as_deref(), request.amount())?;
    let balance = agreed_money(payment.balance.as_deref(), request.balance_after())?;
    // an amount alone might be another refund's: it counts with our own number beside it
    let ours = amount.is_some() && refund.refund_id.is_some();
    if balance.is_none() && !ours {
        return Err(Mismatch);
    }
    Ok(balance)
}

fn agrees(told: Option<&str>, asked: &str) -> Result<(), Mismatch> {
    if told.is_none_or(|told| told == asked) { Ok(()) } else { Err(Mismatch) }
}

fn agreed_money(told: Option<&str>, expected: Money) -> Result<Option<Money>, Mismatch> {
    let Some(told) = told else { return Ok(None) };
    if money(told, expected.currency()) == Some(expected) { Ok(Some(expected)) } else { Err(Mismatch) }
}

fn done(request: &CancelRequest, remaining: Option<Money>, answer: CancelAnswer) -> Cancelled<CancelAnswer> {
    // the ledger has it, but the buyer's money takes a further step that the API does not report
    let later = request.refund_account().is_some()
        || [answer.payment.payment_method.as_ref(), request.payment().method()]
            .into_iter()
            .flatten()
            .any(PaymentMethod::is_refunded_later);
    let state = if later { CancelState::Accepted } else { CancelState::Completed };
    let cancel_id = answer.refund.refund_transaction_id.clone();
    Cancelled::new(state, request.amount(), answer).with_remaining(remaining).with_cancel_id(cancel_id)
}

#[cfg(test)]
mod tests;
