//! From an answer to an outcome: pure, no I/O.
//!
//! *Unknown* is where every answer starts. It leaves there for
//! - **completed**: code 0, the same payment, currency and paid amount, the cancelled sum grown by exactly this
//!   amount, and this attempt's entry in the history;
//! - **accepted**: the same, but the PG pays out later, or is PayPal and has not approved as far as the payment tells; or
//!   a PG that is known to be asynchronous, with nothing changed yet;
//! - **rejected**: a complete envelope whose sentence or PG code is on the lists of [`codes`], whatever the status;
//!   and Chaiport's own 401.

use pg_core::classify::{StatusClass, status_class, without_envelope};
use pg_core::wire::WireResponse;
use pg_core::{
    CancelError, CancelState, GatewayText, LookUpError, LookUpErrorKind, Rejected, RejectionKind, Unknown,
    UnknownReason,
};

use crate::codes::{self, Meaning};
use crate::later::Route;
use crate::request::CancelRequest;
use crate::response::{AnyEnvelope, CancelRecord, Payment, envelope as any_envelope, payment_envelope};

/// A cancel that Chaiport took, with the payment as it stands after it.
pub type Cancelled = pg_core::Cancelled<Payment>;

/// The outcome of a cancel that got a complete answer.
///
/// It judges the answer alone. That a refusal of a repeat proves nothing is the business of
/// [`SendLog`](pg_core::SendLog), which [`ChaiportClient`](crate::ChaiportClient) asks. Into that log goes one thing from
/// here: that Chaiport said code 0, whatever else does not fit ([`was_taken`](pg_core::SendLog::was_taken)).
///
/// # Errors
/// [`CancelError::Rejected`] for definite refusals, [`CancelError::Unknown`] for everything else.
pub fn classify(request: &CancelRequest, response: &WireResponse) -> Result<Cancelled, CancelError> {
    classify_scrubbing(request, response, &[])
}

/// As [`classify`], with further values that the message must not repeat.
pub(crate) fn classify_scrubbing(
    request: &CancelRequest,
    response: &WireResponse,
    sensitive: &[&str],
) -> Result<Cancelled, CancelError> {
    let status = response.status();
    if status_class(status) == StatusClass::Answer {
        let Ok(envelope) = payment_envelope(response.body()) else {
            // whatever is wrong with the payment, the code may tell that it was taken
            if any_envelope(response.body()).is_ok_and(|envelope: AnyEnvelope| envelope.code == 0) {
                request.sends().mark_taken();
            }
            return Err(without_envelope(status).into());
        };
        if envelope.code == 0 {
            request.sends().mark_taken();
            let Some(wire) = envelope.into_response() else {
                return Err(unknown(UnknownReason::Malformed, status).into());
            };
            let payment = Payment::from_answer(wire, response.body())
                .map_err(|fault| unknown(UnknownReason::Malformed, status).with_source(fault))?
                .scrubbed(request.refund_account());
            return success(request, payment, status);
        }
    }
    let mut scrub = request.sensitive_values();
    scrub.extend(sensitive);
    let record = request.record();
    let pg_meaning = |code: &str| codes::pg_meaning(record.pg_provider()?, record.pay_method(), code);
    Err(refusal(response, &scrub, pg_meaning))
}

fn unknown(reason: UnknownReason, status: u16) -> Unknown {
    Unknown::new(reason).with_http_status(status)
}

/// The outcome of an answer that is no success.
fn refusal(
    response: &WireResponse,
    scrub: &[&str],
    pg_meaning: impl Fn(&str) -> Option<Meaning>,
) -> CancelError {
    let status = response.status();
    let Ok(envelope): Result<AnyEnvelope, _> = any_envelope(response.body()) else {
        return without_envelope(status).into();
    };
    let class = status_class(status);
    let code = GatewayText::scrubbed(envelope.code.to_string(), scrub).as_str().to_owned();
    let text = GatewayText::scrubbed(envelope.message(), scrub);
    if let StatusClass::Unknown(reason) = class {
        return unknown(reason, status).with_answer(code, text).into();
    }
    if !envelope.is_refusal() {
        // a code without the rest of the envelope, or a code 0 under an error's status
        return without_envelope(status).with_answer(code, text).into();
    }
    let message = envelope.message();
    let listed =
        codes::own_sentence(envelope.code, message).or_else(|| codes::pg_code(message).and_then(pg_meaning));
    let meaning = match class {
        // refused before anything else is looked at, by the page on access tokens
        StatusClass::Unauthorized if is_about_the_token(&envelope) => {
            Some(Meaning::Refused(RejectionKind::Credentials))
        }
        // no document says of any other status that nothing was executed
        _ => listed,
    };
    match meaning {
        Some(Meaning::Refused(kind)) => Rejected::new(kind, code, text, status).into(),
        Some(Meaning::AlreadySeen) => {
            unknown(UnknownReason::AlreadySeen, status).with_answer(code, text).into()
        }
        Some(Meaning::Upstream) => unknown(UnknownReason::Upstream, status).with_answer(code, text).into(),
        None => unknown(UnknownReason::UnlistedCode, status).with_answer(code, text).into(),
    }
}

/// Whether a refusal under 401 can be the token's: not one that speaks of a PG, or of an earlier cancel.
fn is_about_the_token(envelope: &AnyEnvelope) -> bool {
    let message = envelope.message();
    !codes::is_pg_failure(message)
        && codes::own_sentence(envelope.code, message) != Some(Meaning::AlreadySeen)
}

/// The outcome of an answer with code 0 and a payment.
fn success(request: &CancelRequest, payment: Payment, status: u16) -> Result<Cancelled, CancelError> {
    let broken = || CancelError::from(unknown(UnknownReason::Integrity, status));
    let record = request.record();
    let ours = request.ids().matches(payment.imp_uid().as_str(), payment.merchant_uid())
        && record.agrees_with(payment.paid());
    if !ours {
        return Err(broken());
    }
    let after = request.balance_before().checked_sub(request.amount());
    // without a checksum, the balance it was made from may have been old: the tag alone then tells
    let grown_by_ours =
        Some(payment.balance()) == after || (!request.is_guarded() && request.label().is_some());
    let route = Route::of_payment(&payment, record);
    let (later, pending) = (route.decides_later(), route.awaits_approval(request, &payment));
    // paid out on the next business day: virtual accounts, and whatever goes into an account
    let pays_out_later = route.is_virtual_account() || request.refund_account().is_some();
    if let Some(entry) = our_entry(request, &payment)
        && grown_by_ours
    {
        let cancel_id = entry.cancellation_id.clone();
        let state = if pending || pays_out_later { CancelState::Accepted } else { CancelState::Completed };
        let remaining = payment.balance();
        return Ok(Cancelled::new(state, request.amount(), payment)
            .with_remaining(Some(remaining))
            .with_cancel_id(cancel_id));
    }
    let unchanged = payment.balance() == request.balance_before() && !has_our_tag(request, &payment);
    if unchanged && later {
        // what is left is not told: the payment still shows the balance from before
        return Ok(Cancelled::new(CancelState::Accepted, request.amount(), payment));
    }
    Err(broken())
}

/// The history's entry of this attempt: the only one with its tag, or, untagged, the last one with its amount.
///
/// A tagged attempt whose tag is missing in the answer is not recognised by its place. The other reading (the reason
/// was cut, the place is ours) would take somebody else's cancel of the same amount for this one.
fn our_entry<'p>(request: &CancelRequest, payment: &'p Payment) -> Option<&'p CancelRecord> {
    let history = payment.history();
    let entry = match request.label() {
        Some(tag) => {
            let mut tagged = history.iter().filter(|entry| entry.reason.as_str().contains(tag));
            let first = tagged.next()?;
            if tagged.next().is_some() {
                return None;
            }
            first
        }
        None => {
            let nothing = pg_core::Money::zero(payment.paid().currency());
            let sum = history.iter().try_fold(nothing, |sum, entry| sum.checked_add(entry.amount))?;
            if sum != payment.cancelled() {
                return None;
            }
            history.last()?
        }
    };
    (entry.amount == request.amount()).then_some(entry)
}

fn has_our_tag(request: &CancelRequest, payment: &Payment) -> bool {
    request
        .label()
        .is_some_and(|tag| payment.history().iter().any(|entry| entry.reason.as_str().contains(tag)))
}

/// Whether an answer is Chaiport's own 401: the token was refused, and nothing executed. A 401 that speaks of a PG's
/// failure, or of an earlier cancel, is not.
#[must_use]
pub fn is_token_refused(response: &WireResponse) -> bool {
    response.status() == 401
        && any_envelope(response.body())
            .is_ok_and(|envelope: AnyEnvelope| envelope.is_refusal() && is_about_the_token(&envelope))
}

/// The outcome of `DELETE /vbanks/{imp_uid}` that got a complete answer. No money moves by it.
///
/// # Errors
/// [`CancelError::Rejected`] when it is no virtual account, was paid already, or is not found;
/// [`CancelError::Unknown`] for everything that is not Chaiport's own complete answer.
pub fn classify_revocation(response: &WireResponse) -> Result<(), CancelError> {
    revocation_scrubbing(response, &[])
}

pub(crate) fn revocation_scrubbing(response: &WireResponse, scrub: &[&str]) -> Result<(), CancelError> {
    if status_class(response.status()) == StatusClass::Answer
        && any_envelope(response.body()).is_ok_and(|envelope: AnyEnvelope| envelope.code == 0)
    {
        return Ok(());
    }
    let refused = refusal(response, scrub, |_| None);
    let no_listed_doubt = match &refused {
        CancelError::Rejected(_) => true,
        CancelError::Unknown(unknown) => unknown.reason() == UnknownReason::UnlistedCode,
        _ => false,
    };
    let about_a_pg = refused.message().is_some_and(|message| codes::is_pg_failure(message.as_str()));
    let kind = match response.status() {
        // documented: a payment that is no virtual account or no longer waits for its deposit
        400 => RejectionKind::NotCancellable,
        404 => RejectionKind::NotFound,
        _ => return Err(refused),
    };
    match (refused.code(), refused.message()) {
        (Some(code), Some(message)) if no_listed_doubt && !about_a_pg => {
            Err(Rejected::new(kind, code, message.clone(), response.status()).into())
        }
        _ => Err(refused),
    }
}

/// What a look-up's answer is when it holds no payment.
pub(crate) fn look_up_refusal(response: &WireResponse, scrub: &[&str]) -> LookUpError {
    let status = response.status();
    let envelope = any_envelope(response.body()).ok().filter(AnyEnvelope::is_refusal);
    let kind = match (status, envelope.is_some()) {
        (408 | 409 | 425 | 429 | 500..=599, _) => LookUpErrorKind::Unavailable,
        (401 | 403, true) => LookUpErrorKind::Credentials,
        (404, true) => LookUpErrorKind::NotFound,
        (200..=299 | 400..=499, true) => LookUpErrorKind::Refused,
        _ => LookUpErrorKind::Malformed,
    };
    let error = LookUpError::new(kind).with_http_status(status);
    match envelope {
        Some(envelope) => {
            let code = GatewayText::scrubbed(envelope.code.to_string(), scrub).as_str().to_owned();
            error.with_answer(code, GatewayText::scrubbed(envelope.message(), scrub))
        }
        None => error,
    }
}

#[cfg(test)]
mod tests;
