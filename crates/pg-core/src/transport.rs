//! One request, one attempt on the wire.

use std::error::Error as StdError;
use std::fmt;

#[cfg(feature = "client")]
use crate::base_url::BaseUrl;
use crate::error::{Source, as_source};
#[cfg(feature = "client")]
use crate::wire::{WireRequest, WireResponse};

/// Sends one request and reads one answer.
///
/// The one open trait of these crates: bring your own transport, or use `ReqwestTransport` (feature `reqwest`) or
/// `WitnessTransport` (feature `witness`). An implementation must
///
/// * put **at most one copy** of the request on the wire: no retries, no redirects followed;
/// * say [`Sent::No`] only with proof that no byte of the request can have reached the server;
/// * read at most 1 MiB of body and give up after a total time limit;
/// * not log, and not put the URL, headers or bodies into errors.
#[cfg(feature = "client")]
#[async_trait::async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request` to `base` and reads the complete answer.
    ///
    /// # Errors
    /// [`TransportError`] with what it proves about the request.
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError>;
}

/// What a failed sending proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// No byte of the request can have reached the server.
    No,
    /// The server may have the request.
    Maybe,
}

/// Where a sending failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request could not be put together.
    Build,
    /// The host's name was not resolved, or not in time.
    Resolve,
    /// Connecting, or not in time. Of `ReqwestTransport`: resolving, connecting or the TLS handshake.
    Connect,
    /// The TLS handshake failed, or was not done in time.
    Tls,
    /// The time limit passed.
    Timeout,
    /// The connection broke, or what came was not HTTP.
    Connection,
    /// The answer's body was cut short.
    Body,
    /// The answer was larger than the limit.
    TooLarge,
}

/// No complete answer.
#[derive(Debug)]
pub struct TransportError {
    sent: Sent,
    kind: TransportErrorKind,
    source: Option<Source>,
}

impl TransportError {
    /// A failed sending.
    #[must_use]
    pub const fn new(sent: Sent, kind: TransportErrorKind) -> Self {
        Self { sent, kind, source: None }
    }

    /// Adds the cause, which must carry no URL, header or body.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What it proves.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        self.sent
    }

    /// Where it failed.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Build => "the request could not be put together",
            TransportErrorKind::Resolve => "the host's name was not resolved",
            TransportErrorKind::Connect => "no connection",
            TransportErrorKind::Tls => "no tls handshake",
            TransportErrorKind::Timeout => "the time limit passed",
            TransportErrorKind::Connection => "the connection broke",
            TransportErrorKind::Body => "the answer was cut short",
            TransportErrorKind::TooLarge => "the answer was too large",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        as_source(self.source.as_ref())
    }
}
