//! The client: one request, one copy on the wire, one outcome.

use std::fmt;
use std::sync::Arc;

use pg_core::classify::without_answer;
use pg_core::reconcile::reconcile;
use pg_core::trace::OperationSpan;
use pg_core::wire::{WireRequest, WireResponse};
use pg_core::{
    BaseUrl, CancelError, Gateway, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, OpenAttempt,
    Transport, TransportError, Verdict,
};
use tracing::Instrument as _;

use crate::classify::{Cancelled, classify, classify_revocation};
use crate::config::Config;
use crate::lookup::{self, LookedUp};
use crate::payment::PaymentRecord;
use crate::request::{CancelRequest, Form, RevokeRequest};
use crate::response::StandardAnswer;
use crate::wire::{self, Inquiry};

/// Cancels and looks up payments of one MID. Cheap to clone; clones share everything.
///
/// `Debug` shows no key.
#[derive(Clone)]
pub struct SettlebankClient {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    base: BaseUrl,
    transport: Arc<dyn Transport>,
}

impl SettlebankClient {
    /// A client over reqwest and rustls.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`, `extra_root_certificates`, `proxy` or `transport`.
    #[cfg(feature = "reqwest")]
    pub fn new(config: Config) -> Result<Self, Invalid> {
        let transport = pg_core::ReqwestTransport::new(&config.transport_options())?;
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
        let transport = pg_core::WitnessTransport::new(&config.transport_options())?;
        Self::with_transport(config, Arc::new(transport))
    }

    /// A client over a transport of your own; the configuration's time limits, proxy and certificates are
    /// then the transport's business.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`.
    pub fn with_transport(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Invalid> {
        let base = config.base_url()?;
        Ok(Self { inner: Arc::new(Inner { config, base, transport }) })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The service that it talks to: its host, and its port where that is not the usual one.
    pub(crate) fn service(&self) -> &str {
        self.inner.base.service()
    }

    /// The wire form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.inner.config.form()
    }

    /// Sends one cancel: exactly one copy on the wire, no retry, no redirect.
    ///
    /// # Errors
    /// [`CancelError`]; `Invalid` naming `form` for a request of the other wire form; `Unknown` means that it
    /// may have happened, so [`reconcile`](Self::reconcile) before anything else.
    pub async fn cancel(&self, request: &CancelRequest) -> Result<Cancelled, CancelError> {
        let span = OperationSpan::begin(Gateway::Settlebank.as_str(), "cancel", Some(request.tag().as_str()));
        let outcome = self.cancel_once(request).instrument(span.span()).await;
        span.end(outcome.as_ref().map_or_else(CancelError::label, |cancelled| cancelled.state().label()));
        outcome
    }

    async fn cancel_once(&self, request: &CancelRequest) -> Result<Cancelled, CancelError> {
        let config = &self.inner.config;
        let wire = wire::cancel(request, config)?;
        let ticket = request.sends().begin();
        let outcome = match self.send(wire).await {
            Ok(response) => classify(request, &response, config),
            Err(error) => Err(without_answer(error)),
        };
        request.sends().judge(ticket, outcome)
    }

    /// Revokes a virtual account that nothing was paid into yet (standard form only): exactly one copy on the
    /// wire. No money moves.
    ///
    /// # Errors
    /// [`CancelError`], as for a cancel.
    pub async fn revoke_virtual_account(
        &self,
        request: &RevokeRequest,
    ) -> Result<StandardAnswer, CancelError> {
        let tag = Some(request.tag().as_str());
        let span = OperationSpan::begin(Gateway::Settlebank.as_str(), "revoke_virtual_account", tag);
        let outcome = self.revoke_once(request).instrument(span.span()).await;
        span.end(outcome.as_ref().map_or_else(CancelError::label, |_| "completed"));
        outcome
    }

    async fn revoke_once(&self, request: &RevokeRequest) -> Result<StandardAnswer, CancelError> {
        let config = &self.inner.config;
        let wire = wire::revoke(request, config)?;
        let ticket = request.sends().begin();
        let outcome = match self.send(wire).await {
            Ok(response) => classify_revocation(request, &response, config),
            Err(error) => Err(without_answer(error)),
        };
        request.sends().judge(ticket, outcome)
    }

    /// Reads a payment from Hecto's ledger. Moves nothing and may be repeated; the record must have its
    /// method.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn look_up(&self, payment: &PaymentRecord) -> Result<LookedUp, LookUpError> {
        let inquiry = Inquiry::new(payment)?;
        let span =
            OperationSpan::begin(Gateway::Settlebank.as_str(), "look_up", Some(inquiry.tag().as_str()));
        let outcome = self.look_up_once(&inquiry).instrument(span.span()).await;
        span.end(if outcome.is_ok() { "found" } else { "failed" });
        outcome
    }

    async fn look_up_once(&self, inquiry: &Inquiry) -> Result<LookedUp, LookUpError> {
        let config = &self.inner.config;
        let wire = wire::look_up(inquiry, config)?;
        match self.send(wire).await {
            Ok(response) => lookup::read(inquiry, &response, config),
            Err(error) => Err(LookUpError::new(LookUpErrorKind::Unavailable).with_source(error)),
        }
    }

    /// Looks the payment up and decides whether a cancel happened, by its balance: Hecto tells no single
    /// cancels, so "it happened" needs `ledger.sole_actor`.
    ///
    /// `NotYet` is no leave to send again: a late copy may still be executed, and only where the guard is documented
    /// would the same attempt be safe beside it. Here it is not: what Hecto answers to a repeated `cnclOrd` is
    /// undocumented, methods that are cancelled in full only always carry 001, and the flat form has no guard at all.
    /// Until Hecto confirms it, a person decides.
    ///
    /// # Errors
    /// [`LookUpError`] when the look-up told nothing; the outcome then stays unknown.
    pub async fn reconcile(
        &self,
        request: &CancelRequest,
        ledger: LedgerKnowledge,
    ) -> Result<Verdict, LookUpError> {
        let looked_up = self.look_up(request.payment()).await?;
        let attempt = OpenAttempt {
            tag: None,
            before: request.balance_before(),
            amount: request.amount(),
            guarded: request.is_guarded(),
            sole_actor: ledger.sole_actor,
            known_balance: ledger.known_balance,
        };
        Ok(reconcile(&attempt, looked_up.state()))
    }

    /// Sends, and takes the keys out of the answer, should it echo them.
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let response = self.inner.transport.send(&self.inner.base, request).await?;
        Ok(response.without(&self.inner.config.sensitive_values()))
    }
}

impl fmt::Debug for SettlebankClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettlebankClient")
            .field("config", &self.inner.config)
            .field("base", &self.inner.base)
            .field("transport", &self.inner.transport)
            .finish()
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
