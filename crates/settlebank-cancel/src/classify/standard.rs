//! Outcomes in the standard form.

use pg_core::classify::without_envelope;
use pg_core::wire::WireResponse;
use pg_core::{CancelError, CancelState, Currency, Money, UnknownReason};

use super::{Cancelled, Told};
use crate::codes::{self, Reading};
use crate::config::Config;
use crate::method::Method;
use crate::request::{RevokeRequest, StandardCancel};
use crate::response::{Answer, AnswerAccount, AnswerAmount, StandardAnswer, parse_standard};
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
    let hash = cancel_hash(request, &config.credentials);
    let asked = Asked {
        method: request.method(),
        tag: request.tag().as_str(),
        trade_no: request.payment().trade_no(),
        hash: &hash,
        amounts: after(request).map(|after| (request.amount(), after)),
    };
    let mut answer = read(response, currency, config, &asked, sensitive)?;
    if let Some(account) = request.refund_account() {
        account.scrub([&mut answer.trade_no]);
    }
    let matches = asked.is_echoed_by(&answer) && amounts_match(request, &answer);
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
    let hash = revoke_hash(request, &config.credentials);
    let asked = Asked {
        method: request.method(),
        tag: request.tag().as_str(),
        trade_no: request.trade_no(),
        hash: &hash,
        amounts: None,
    };
    let answer = read(response, Currency::KRW, config, &asked, sensitive)?;
    let same_account = match &answer.virtual_account {
        AnswerAccount::Absent => true,
        AnswerAccount::Unreadable => false,
        AnswerAccount::Told(told) => told.expose() == request.expose_account_no(),
    };
    let matches = asked.is_echoed_by(&answer) && same_account;
    if matches { Ok(answer) } else { Err(told(response, &answer).unknown(UnknownReason::Integrity)) }
}

/// Reads an answer that claims success in every code; anything else is an error already.
fn read(
    response: &WireResponse,
    currency: Currency,
    config: &Config,
    asked: &Asked<'_>,
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
        // a refusal of something else refuses nothing of ours
        (FAILED, _) if asked.is_contradicted_by(&answer) => Err(told.unknown(UnknownReason::Integrity)),
        (FAILED, code) => match codes::find(asked.method.family(), code).map(codes::Entry::reading) {
            // no refusal comes with what a success leaves behind
            Some(Reading::Refused(_)) if asked.is_done_by(&answer) => {
                Err(told.unknown(UnknownReason::Integrity))
            }
            reading => Err(told.refused(reading)),
        },
        _ => Err(told.unknown(UnknownReason::UnlistedCode)),
    }
}

fn told<'a>(response: &WireResponse, answer: &'a StandardAnswer) -> Told<'a> {
    Told { status: response.status(), code: &answer.code, message: &answer.message }
}

/// What an answer must be to.
struct Asked<'a> {
    method: Method,
    tag: &'a str,
    trade_no: &'a str,
    hash: &'a str,
    /// What a cancel takes and what it leaves; none of a revocation.
    amounts: Option<(Money, Money)>,
}

impl Asked<'_> {
    /// A success must carry the request's own number, which is unique, and contradict nothing.
    fn is_echoed_by(&self, answer: &StandardAnswer) -> bool {
        answer.order_no.is_some() && !self.is_contradicted_by(answer)
    }

    /// Whether the amounts are those of this cancel done: what it takes, and what is then left.
    fn is_done_by(&self, answer: &StandardAnswer) -> bool {
        self.amounts.is_some_and(|(amount, after)| {
            answer.cancelled == AnswerAmount::Told(amount) && answer.remaining == AnswerAmount::Told(after)
        })
    }

    /// Whether the answer names another request, payment or hash, or what it names cannot be read. The 010 pages
    /// speak of a "response hash" and print one that no known rule makes, so it is not compared there.
    fn is_contradicted_by(&self, answer: &StandardAnswer) -> bool {
        let other = |told: &Option<String>, ours: &str| told.as_deref().is_some_and(|told| told != ours);
        let other_hash = self.method != Method::VirtualAccount010
            && answer.hash.as_deref().is_some_and(|told| !is_same_hash(self.hash, told));
        answer.data_unreadable
            || other(&answer.order_no, self.tag)
            || other(&answer.original_trade_no, self.trade_no)
            || other_hash
    }
}

/// What is left after a cancel.
fn after(request: &StandardCancel) -> Option<Money> {
    request.payment().balance().checked_sub(request.amount())
}

/// What was cancelled must be told and be what was asked; what is left must be what was left, less that.
fn amounts_match(request: &StandardCancel, answer: &StandardAnswer) -> bool {
    let amount = request.amount();
    let Some(after) = after(request) else { return false };
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
