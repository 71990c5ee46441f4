//! From an answer to an outcome. Pure; *unknown* unless something proves otherwise.
//!
//! A success must be one in every respect. A refusal must stand on the list of [`codes`](crate::codes) that can
//! mean nothing else, and must not name another request, payment or hash. What an HTTP status allows to believe
//! is the same for every gateway ([`pg_core::classify`]): after 3xx, 408, 409, 425, 429 and 5xx no body decides.

mod flat;
mod standard;

pub(crate) use standard::{FAILED, SUCCEEDED};

use pg_core::classify::{StatusClass, status_class};
use pg_core::wire::WireResponse;
use pg_core::{CancelError, GatewayText, Rejected, Unknown, UnknownReason};

use crate::codes::Reading;
use crate::config::Config;
use crate::request::{CancelRequest, RevokeRequest};
use crate::response::{Answer, StandardAnswer};

/// A cancel that the gateway took, with its whole typed answer.
pub type Cancelled = pg_core::Cancelled<Answer>;

/// Decides what the answer to a cancel proves.
///
/// It takes the answer by itself: that a refusal of a **repeat** proves nothing is the client's to add
/// ([`SendLog::judge`](pg_core::SendLog::judge)).
///
/// # Errors
/// [`CancelError::Rejected`] or [`CancelError::Unknown`].
pub fn classify(
    request: &CancelRequest,
    response: &WireResponse,
    config: &Config,
) -> Result<Cancelled, CancelError> {
    let mut sensitive = config.sensitive_values();
    sensitive.extend(request.sensitive_values());
    match request {
        CancelRequest::Standard(request) => standard::cancel(request, response, config, &sensitive),
        CancelRequest::Flat(request) => flat::cancel(request, response, &sensitive),
    }
}

/// Decides what the answer to the revocation of a virtual account proves. A success carries the typed answer.
///
/// # Errors
/// [`CancelError::Rejected`] or [`CancelError::Unknown`].
pub fn classify_revocation(
    request: &RevokeRequest,
    response: &WireResponse,
    config: &Config,
) -> Result<StandardAnswer, CancelError> {
    let mut sensitive = config.sensitive_values();
    sensitive.push(request.expose_account_no());
    standard::revocation(request, response, config, &sensitive)
}

/// What a code and message come to, once the HTTP status has had its say.
struct Told<'a> {
    status: u16,
    code: &'a str,
    message: &'a GatewayText,
}

impl Told<'_> {
    fn unknown(&self, reason: UnknownReason) -> CancelError {
        Unknown::new(reason).with_http_status(self.status).with_answer(self.code, self.message.clone()).into()
    }

    /// The outcome when the status alone already leaves it open.
    fn undecidable(&self) -> Result<(), CancelError> {
        match status_class(self.status) {
            StatusClass::Unknown(reason) => Err(self.unknown(reason)),
            StatusClass::Answer | StatusClass::Unauthorized | StatusClass::ClientFault => Ok(()),
        }
    }

    /// The outcome of an answer that is not a success.
    fn refused(&self, reading: Option<Reading>) -> CancelError {
        match reading {
            Some(Reading::Refused(kind)) => {
                Rejected::new(kind, self.code, self.message.clone(), self.status).into()
            }
            Some(Reading::AlreadySeen) => self.unknown(UnknownReason::AlreadySeen),
            Some(Reading::Upstream) => self.unknown(UnknownReason::Upstream),
            Some(Reading::AwaitingMerchantFunds) => self.unknown(UnknownReason::AwaitingMerchantFunds),
            Some(Reading::Throttled) => self.unknown(UnknownReason::Throttled),
            // a success code in an answer that says it failed
            Some(Reading::Success) => self.unknown(UnknownReason::Integrity),
            Some(Reading::Undecided) | None => self.unknown(UnknownReason::UnlistedCode),
        }
    }

    /// A success is one only with HTTP 2xx.
    fn is_answer(&self) -> bool {
        status_class(self.status) == StatusClass::Answer
    }
}

#[cfg(test)]
mod flat_tests;
#[cfg(test)]
mod tests;
