//! The client: one request, one attempt on the wire.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "reqwest")]
use pg_core::ReqwestTransport;
use pg_core::classify::without_answer;
use pg_core::trace::OperationSpan;
use pg_core::wire::{WireRequest, WireResponse};
use pg_core::{
    BaseUrl, CancelError, Cancelled, Gateway, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind,
    Transport, TransportError, Verdict,
};
use tracing::Instrument as _;

use crate::classify;
use crate::config::Config;
use crate::lookup::{self, LookUp, Retrieved};
use crate::request::CancelRequest;
use crate::response::CancelAnswer;
use crate::wire;

/// Cancels and looks up payments at Eximbay. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct EximbayClient {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    base: BaseUrl,
    transport: Arc<dyn Transport>,
}

impl Shared {
    /// Sends, and takes the key out of the answer, should it echo it.
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let response = self.transport.send(&self.base, request).await?;
        Ok(response.without(&self.config.sensitive_values()))
    }
}

impl EximbayClient {
    /// A client over the default transport.
    ///
    /// # Errors
    /// [`Invalid`] naming `extra_root_certificates`, `proxy` or `transport`.
    #[cfg(feature = "reqwest")]
    pub fn new(config: Config) -> Result<Self, Invalid> {
        let transport = ReqwestTransport::new(config.transport_options())?;
        Self::with_transport(config, Arc::new(transport))
    }

    /// A client over the witness transport: hyper's HTTP/1 connection on rustls, without reqwest.
    ///
    /// It counts the bytes that leave below TLS, and so proves `NotSent` where reqwest can only say `Unknown`: a
    /// stalled handshake, a reset before the first byte, an idle connection that had died. It has a time limit for each
    /// phase and no proxies. For other limits than the default ones, hand
    /// [`WitnessTransport`](pg_core::WitnessTransport) to [`with_transport`](Self::with_transport).
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`, `proxy` or `extra_root_certificates`.
    #[cfg(feature = "witness")]
    pub fn witness(config: Config) -> Result<Self, Invalid> {
        let transport = pg_core::WitnessTransport::new(config.transport_options())?;
        Self::with_transport(config, Arc::new(transport))
    }

    /// A client over a transport of your own, which must keep what [`Transport`] asks of it.
    ///
    /// # Errors
    /// [`Invalid`] naming `endpoint` or `base_url`.
    pub fn with_transport(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Invalid> {
        let base = config.base_url()?;
        Ok(Self { shared: Arc::new(Shared { config, base, transport }) })
    }

    /// The service that it talks to: its host, and its port where that is not the usual one.
    pub(crate) fn service(&self) -> &str {
        self.shared.base.service()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Sends a cancel: exactly one copy on the wire, whatever happens.
    ///
    /// Dropping the future once it runs leaves the outcome unknown; the request remembers that it may have been sent.
    ///
    /// # Errors
    /// [`CancelError`]; [`CancelError::Unknown`] means that it may have happened: [`reconcile`](Self::reconcile), and
    /// send the same request again at most.
    pub async fn cancel(&self, request: &CancelRequest) -> Result<Cancelled<CancelAnswer>, CancelError> {
        let span = OperationSpan::begin(Gateway::Eximbay.as_str(), "cancel", Some(request.tag().as_str()));
        let outcome = self.send_cancel(request).instrument(span.span()).await;
        span.end(match &outcome {
            Ok(cancelled) => cancelled.state().label(),
            Err(error) => error.label(),
        });
        outcome
    }

    async fn send_cancel(&self, request: &CancelRequest) -> Result<Cancelled<CancelAnswer>, CancelError> {
        let shared = &*self.shared;
        let wire = wire::cancel(request, &shared.config)?;
        let ticket = request.sends().begin();
        let outcome = match shared.send(wire).await {
            Ok(response) => classify::classify(request, &shared.config, &response),
            Err(error) => Err(without_answer(error)),
        };
        request.sends().judge(ticket, outcome)
    }

    /// Reads a payment from the gateway's ledger. Moves nothing and may be repeated.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn look_up(&self, look_up: &LookUp) -> Result<Retrieved, LookUpError> {
        let span = OperationSpan::begin(Gateway::Eximbay.as_str(), "look_up", None);
        let found = self.send_look_up(look_up).instrument(span.span()).await;
        span.end(look_up_label(&found));
        found
    }

    async fn send_look_up(&self, look_up: &LookUp) -> Result<Retrieved, LookUpError> {
        let shared = &*self.shared;
        let wire = wire::look_up(look_up, &shared.config)?;
        match shared.send(wire).await {
            Ok(response) => lookup::classify(look_up, &shared.config, &response),
            Err(error) => Err(LookUpError::new(LookUpErrorKind::Unavailable).with_source(error)),
        }
    }

    /// Looks the payment up and decides whether the cancel happened; see [`lookup::reconcile`].
    ///
    /// # Errors
    /// [`LookUpError`] when the look-up told nothing; the outcome then stays unknown.
    pub async fn reconcile(
        &self,
        request: &CancelRequest,
        ledger: LedgerKnowledge,
    ) -> Result<Verdict, LookUpError> {
        let found = self.look_up(&LookUp::of(request.payment())).await?;
        Ok(lookup::reconcile(request, found.state(), ledger))
    }
}

fn look_up_label(found: &Result<Retrieved, LookUpError>) -> &'static str {
    match found.as_ref().map_err(LookUpError::kind) {
        Ok(_) => "found",
        Err(LookUpErrorKind::NotFound) => "not_found",
        Err(LookUpErrorKind::Unavailable) => "unavailable",
        Err(_) => "failed",
    }
}

impl fmt::Debug for EximbayClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EximbayClient").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
