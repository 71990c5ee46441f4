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
    fn what_does_not_decide_says_why() {
        for (reason, statuses) in [
            (UnknownReason::Redirect, &[300, 302, 307, 308, 399][..]),
            (UnknownReason::Throttled, &[408, 409, 425, 429]),
            (UnknownReason::ServerError, &[500, 503, 599]),
            (UnknownReason::NotTheGateway, &[0, 100, 199, 201, 299, 402, 410, 600, 999]),
        ] {
            for status in statuses {
                assert_eq!(status_class(*status), StatusClass::Unknown(reason), "{status}");
                assert_eq!(without_envelope(*status).reason(), reason, "{status}");
            }
        }
        assert_eq!((status_class(200), status_class(401)), (StatusClass::Answer, StatusClass::Unauthorized));
        assert_eq!(without_envelope(200).reason(), UnknownReason::Malformed);
        assert_eq!(without_envelope(400).reason(), UnknownReason::NotTheGateway);
        assert_eq!(without_envelope(401).http_status(), Some(401));
    }

    #[test]
    fn a_broken_exchange_says_where() {
        use TransportErrorKind::{Body, Build, Connect, Connection, Timeout, TooLarge};
        for (kind, reason) in [
            (Timeout, UnknownReason::Timeout),
            (Body, UnknownReason::BrokenAnswer),
            (TooLarge, UnknownReason::BrokenAnswer),
            (Connection, UnknownReason::ConnectionLost),
        ] {
            let CancelError::Unknown(unknown) = without_answer(TransportError::new(Sent::Maybe, kind)) else {
                panic!("must be unknown")
            };
            assert_eq!(unknown.reason(), reason, "{kind:?}");
        }
        for (kind, phase) in [
            (Build, NotSentPhase::Build),
            (Connect, NotSentPhase::Connect),
            (Timeout, NotSentPhase::BeforeFirstByte),
        ] {
            let CancelError::NotSent(not_sent) = without_answer(TransportError::new(Sent::No, kind)) else {
                panic!("must be not sent")
            };
            assert_eq!(not_sent.phase(), phase, "{kind:?}");
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
