//! Look-ups by the inquiry, `/spay/APITrdcheck.do` (Hecto inquiry page, 2026-09), in both forms the same.
//!
//! It tells what was paid and what has been cancelled in all, no single cancels and no balance. A partial
//! cancel may show as "normal" or as "cancelled" (undocumented), so the amounts decide, never the word.

use pg_core::classify::{StatusClass, status_class};
use pg_core::wire::WireResponse;
use pg_core::{LookUpError, LookUpErrorKind, Money, PaymentState, RejectionKind};

use crate::classify::{FAILED, SUCCEEDED};
use crate::codes::{self, Reading};
use crate::config::Config;
use crate::method::Method;
use crate::response::{StandardAnswer, parse_standard};
use crate::sign::is_same_hash;
use crate::wire::{Inquiry, inquiry_hash};

/// `outRsltCd` of an inquiry that worked: the state of the payment, in Hecto's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TradeStatus {
    /// `0000`: a normal trade (a virtual account: deposited).
    Normal,
    /// `0001`: cancelled or refunded, perhaps in part.
    Cancelled,
}

impl TradeStatus {
    /// `normal` or `cancelled`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A payment as the inquiry told it, checked to be the one that was asked about.
#[derive(Debug, Clone)]
pub struct LookedUp {
    status: TradeStatus,
    state: PaymentState,
    answer: StandardAnswer,
}

impl LookedUp {
    /// Hecto's word for its state. Amounts decide, not this word.
    #[must_use]
    pub const fn status(&self) -> TradeStatus {
        self.status
    }

    /// What was paid.
    #[must_use]
    pub const fn paid(&self) -> Money {
        self.state.paid
    }

    /// What has been cancelled in all, by anyone.
    #[must_use]
    pub const fn cancelled(&self) -> Money {
        self.state.cancelled
    }

    /// What is left.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.state.balance
    }

    /// The payment as every gateway tells it.
    #[must_use]
    pub const fn state(&self) -> &PaymentState {
        &self.state
    }

    /// The whole typed answer.
    #[must_use]
    pub const fn answer(&self) -> &StandardAnswer {
        &self.answer
    }
}

/// Reads the answer to an inquiry.
///
/// # Errors
/// [`LookUpError`]: `NotFound` by a code that says so; `Refused` also for a payment that failed (`0009`:
/// nothing was paid); `Malformed` when a deciding field is missing, when the answer is about something else,
/// or when its word and its amounts contradict each other.
pub fn read(inquiry: &Inquiry, response: &WireResponse, config: &Config) -> Result<LookedUp, LookUpError> {
    let status = response.status();
    let fail = |kind| LookUpError::new(kind).with_http_status(status);
    let class = status_class(status);
    let currency = inquiry.payment().paid().currency();
    let sensitive = config.sensitive_values();
    let answer = parse_standard(response.body(), currency, config.credentials.aes_key(), &sensitive);
    let answer = match (class, answer) {
        (StatusClass::Unknown(_), _) => return Err(fail(LookUpErrorKind::Unavailable)),
        (StatusClass::Answer, Err(fault)) => {
            return Err(fail(LookUpErrorKind::Malformed).with_source(fault));
        }
        (_, Err(fault)) => return Err(fail(LookUpErrorKind::Unavailable).with_source(fault)),
        (_, Ok(answer)) => answer,
    };
    let fail = |kind| fail(kind).with_answer(&answer.code, answer.message.clone());
    // what is said of another payment says nothing of this one, whatever it says
    if is_contradicted(inquiry, &answer, config) {
        return Err(fail(LookUpErrorKind::Malformed));
    }
    let trade_status = match (answer.status.as_str(), answer.code.as_str()) {
        (SUCCEEDED, "0000") => TradeStatus::Normal,
        (SUCCEEDED, "0001") => TradeStatus::Cancelled,
        (SUCCEEDED, "0009") => return Err(fail(LookUpErrorKind::Refused)),
        (FAILED, code) => return Err(fail(refusal(inquiry, code))),
        _ => return Err(fail(LookUpErrorKind::Malformed)),
    };
    if class != StatusClass::Answer || !is_about(inquiry, &answer) {
        return Err(fail(LookUpErrorKind::Malformed));
    }
    // the page calls it 0 when there is none, and optional: missing, it proves nothing
    let Some(cancelled) = answer.cancelled.money() else { return Err(fail(LookUpErrorKind::Malformed)) };
    if trade_status == TradeStatus::Cancelled && cancelled.is_zero() {
        return Err(fail(LookUpErrorKind::Malformed));
    }
    let state = PaymentState::new(inquiry.payment().paid(), cancelled, trade_status.as_str())
        .map_err(|error| fail(LookUpErrorKind::Malformed).with_source(error))?;
    Ok(LookedUp { status: trade_status, state, answer })
}

/// Whether it names another inquiry, hash or payment, or what it names cannot be read.
fn is_contradicted(inquiry: &Inquiry, answer: &StandardAnswer, config: &Config) -> bool {
    let other = |told: &Option<String>, asked: &str| told.as_deref().is_some_and(|told| told != asked);
    let hash = inquiry_hash(inquiry, &config.credentials);
    answer.data_unreadable
        || other(&answer.order_no, inquiry.tag().as_str())
        || other(&answer.original_trade_no, inquiry.payment().trade_no())
        || answer.hash.as_deref().is_some_and(|told| !is_same_hash(&hash, told))
}

/// The inquiry's own number and what was paid must be told and be right, and the method where told.
fn is_about(inquiry: &Inquiry, answer: &StandardAnswer) -> bool {
    answer.order_no.is_some()
        && answer.paid.money() == Some(inquiry.payment().paid())
        // asked about an easy pay without its provider, the answer may well name it
        && (inquiry.method() == Method::EasyPay
            || answer.method.as_deref().is_none_or(|told| told == inquiry.method().inquiry_code()))
}

fn refusal(inquiry: &Inquiry, code: &str) -> LookUpErrorKind {
    match codes::find(inquiry.method().family(), code).map(codes::Entry::reading) {
        Some(Reading::Refused(RejectionKind::NotFound)) => LookUpErrorKind::NotFound,
        Some(Reading::Refused(RejectionKind::Credentials)) => LookUpErrorKind::Credentials,
        Some(Reading::Upstream | Reading::Throttled) => LookUpErrorKind::Unavailable,
        _ => LookUpErrorKind::Refused,
    }
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
