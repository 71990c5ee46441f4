//! What an HTTP status proves, the same for every gateway.

use crate::error::{CancelError, NotSent, NotSentPhase, Unknown, UnknownReason};
use crate::transport::{Sent, TransportError, TransportErrorKind};

/// What an HTTP status allows to conclude about a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusClass {
    /// 200: the body decides.
    Answer,
    /// 401: refused before execution, if the body is the gateway's own envelope and its documents say so.
    Unauthorized,
    /// 400, 403, 404, 405, 413, 414, 415, 422, 431: a refusal, if the body is the gateway's own envelope with a listed
    /// code.
    ClientFault,
    /// Unknown whatever the body says.
    Unknown(UnknownReason),
}

/// Sorts a status by the outcome table.
#[must_use]
pub const fn status_class(status: u16) -> StatusClass {
    match status {
        // no gateway documents another 2xx for a cancel
        200 => StatusClass::Answer,
        300..=399 => StatusClass::Unknown(UnknownReason::Redirect),
        401 => StatusClass::Unauthorized,
        408 | 409 | 425 | 429 => StatusClass::Unknown(UnknownReason::Throttled),
        400 | 403 | 404 | 405 | 413 | 414 | 415 | 422 | 431 => StatusClass::ClientFault,
        500..=599 => StatusClass::Unknown(UnknownReason::ServerError),
        _ => StatusClass::Unknown(UnknownReason::NotTheGateway),
    }
}

/// The outcome of a complete answer in which the gateway's envelope could not be found.
#[must_use]
pub fn without_envelope(status: u16) -> Unknown {
    let reason = match status_class(status) {
        StatusClass::Answer => UnknownReason::Malformed,
        StatusClass::Unauthorized | StatusClass::ClientFault => UnknownReason::NotTheGateway,
        StatusClass::Unknown(reason) => reason,
    };
    Unknown::new(reason).with_http_status(status)
}

/// The outcome of a cancel that got no complete answer.
#[must_use]
pub fn without_answer(error: TransportError) -> CancelError {
    let reason = match (error.sent(), error.kind()) {
        (Sent::No, kind) => {
            let phase = match kind {
                TransportErrorKind::Build => NotSentPhase::Build,
                TransportErrorKind::Resolve | TransportErrorKind::Connect | TransportErrorKind::Tls => {
                    NotSentPhase::Connect
                }
                _ => NotSentPhase::BeforeFirstByte,
            };
            return NotSent::new(phase).with_source(error).into();
        }
        (Sent::Maybe, TransportErrorKind::Timeout) => UnknownReason::Timeout,
        (Sent::Maybe, TransportErrorKind::Body | TransportErrorKind::TooLarge) => UnknownReason::BrokenAnswer,
        (Sent::Maybe, _) => UnknownReason::ConnectionLost,
    };
    Unknown::new(reason).with_source(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_outside_200_401_and_the_client_faults_can_decide() {
        for status in 0..=999 {
            let decides = !matches!(status_class(status), StatusClass::Unknown(_));
            let listed = matches!(status, 200 | 400 | 401 | 403 | 404 | 405 | 413 | 414 | 415 | 422 | 431);
            assert_eq!(decides, listed, "{status}");
        }
    }

    #[test]
    fn not_sent_needs_the_transports_proof() {
        for kind in [TransportErrorKind::Connect, TransportErrorKind::Timeout, TransportErrorKind::Body] {
            let maybe = without_answer(TransportError::new(Sent::Maybe, kind));
            assert!(maybe.may_have_happened(), "{kind:?}");
            let no = without_answer(TransportError::new(Sent::No, kind));
            assert_eq!(no.label(), "not_sent", "{kind:?}");
        }
    }
}
