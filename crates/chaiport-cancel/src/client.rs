//! The client: one token, one transport, every operation.

use std::sync::Arc;

use pg_core::classify::without_answer;
use pg_core::trace::OperationSpan;
use pg_core::wire::{WireRequest, WireResponse, percent_encode};
use pg_core::{
    BaseUrl, CancelError, GatewayText, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, Secret,
    SendTicket, Transport, Unknown, UnknownReason, Verdict,
};
use tracing::Instrument as _;

use crate::classify::{
    Cancelled, classify_scrubbing, is_token_refused, look_up_refusal, revocation_scrubbing,
};
use crate::config::{Config, Endpoint};
use crate::ids::{ImpUid, MerchantUid, PaymentIds};
use crate::lookup::{self, FindOptions, FoundPayments, LookUpOptions, Page, PaymentPage};
use crate::request::CancelRequest;
use crate::response::Payment;
use crate::token::{HeldToken, TokenCache, TokenError, TokenErrorKind, parse_token};
use crate::wire::{self, Authorization};

const GATEWAY: &str = "chaiport";

/// Cancels and looks up payments at Chaiport. Cheap to clone; all clones share one access token.
///
/// Drive every future that you start to its end, or drop it. Whoever asks for the token asks for all clones: a future
/// that is kept but no longer polled at that point makes all others wait.
#[derive(Debug, Clone)]
pub struct ChaiportClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    base: BaseUrl,
    transport: Arc<dyn Transport>,
    tokens: TokenCache,
}

impl ChaiportClient {
    /// A client over the default transport.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`, `proxy` or `extra_root_certificates`.
    #[cfg(feature = "reqwest")]
    pub fn new(config: Config) -> Result<Self, Invalid> {
        let transport = pg_core::ReqwestTransport::new(&config.transport)?;
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
        let transport = pg_core::WitnessTransport::new(&config.transport)?;
        Self::with_transport(config, Arc::new(transport))
    }

    /// A client over a transport of your own.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`.
    pub fn with_transport(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Invalid> {
        let base = config.base_url()?;
        Ok(Self { inner: Arc::new(Inner { config, base, transport, tokens: TokenCache::new() }) })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The service that it talks to: Chaiport's own, under whichever of its hosts, or another host.
    pub(crate) fn service(&self) -> &str {
        match self.inner.config.endpoint() {
            // no host can have that name
            Endpoint::Production | Endpoint::StaticIp => "chaiport production",
            Endpoint::Custom(_) => self.inner.base.service(),
        }
    }

    /// Cancels: `POST /payments/cancel`, one copy on the wire.
    ///
    /// The single exception: when Chaiport itself answers 401, which its page on access tokens says comes before
    /// anything is executed, the token is renewed and the same bytes are sent once more. A request without a working
    /// guard (unguarded, or to a PG that decides later) is not.
    ///
    /// Such a request is sent once in all: when it may have been sent before, or Chaiport has said code 0 to it, this
    /// ends as [`UnknownReason::NotSentOnRepeat`] without a byte on the wire.
    ///
    /// Dropping the future before the cancel leaves (while the token is asked for) leaves the request as it was;
    /// dropping it later leaves it possibly sent.
    ///
    /// # Errors
    /// - [`CancelError::Invalid`]: the request lacks what its PG asks for; nothing was sent by this call.
    /// - [`CancelError::NotSent`]: no token, or no connection; the cancel itself never left.
    /// - [`CancelError::Rejected`]: a definite refusal of an attempt that was never sent before.
    /// - [`CancelError::Unknown`]: look the payment up ([`reconcile`](Self::reconcile)) before anything else.
    pub async fn cancel(&self, request: &CancelRequest) -> Result<Cancelled, CancelError> {
        let span = OperationSpan::begin(GATEWAY, "cancel", Some(request.tag().as_str()));
        let outcome = self.cancel_once(request).instrument(span.span()).await;
        span.end(match &outcome {
            Ok(cancelled) => cancelled.state().label(),
            Err(error) => error.label(),
        });
        outcome
    }

    async fn cancel_once(&self, request: &CancelRequest) -> Result<Cancelled, CancelError> {
        request.check()?;
        // before the token: on a repeat, "no token" is no proof that nothing was sent either
        let mut ticket = request.sends().prepare();
        may_leave(request, &ticket)?;
        let outcome = self.with_token(request, &mut ticket).await;
        request.sends().judge(ticket, outcome)
    }

    async fn with_token(
        &self,
        request: &CancelRequest,
        ticket: &mut SendTicket,
    ) -> Result<Cancelled, CancelError> {
        let held = self.token().await?;
        let first = wire::cancel(request, self.authorization(&held))?;
        // another copy may have been taken while this one waited for its token
        may_leave(request, ticket)?;
        ticket.leaves();
        self.send_cancel(request, first, held).await
    }

    /// Sends the cancel, and once more after Chaiport's own 401.
    async fn send_cancel(
        &self,
        request: &CancelRequest,
        wire_request: WireRequest,
        held: HeldToken,
    ) -> Result<Cancelled, CancelError> {
        let sensitive = self.sensitive(Some(&held), None);
        let response = self.send(wire_request, &sensitive).await.map_err(without_answer)?;
        if response.status() != 401 {
            return classify_scrubbing(request, &response, &sensitive);
        }
        self.inner.tokens.invalidate(&held).await;
        let refused = classify_scrubbing(request, &response, &sensitive);
        if !is_token_refused(&response) || !request.guard_holds() {
            return refused;
        }
        // A 401 is documented as coming before execution, but "rejected for good" would lose the refund when only the
        // second copy could not leave; "not sent" would be wrong of what the gateway has seen.
        let renewed = match self.token().await {
            Ok(renewed) => renewed,
            Err(error) if error.kind() == TokenErrorKind::Credentials => return refused,
            Err(error) => return Err(not_repeated(refused, error)),
        };
        let second = match wire::cancel(request, self.authorization(&renewed)) {
            Ok(second) => second,
            Err(error) => return Err(not_repeated(refused, error)),
        };
        let sensitive = self.sensitive(Some(&held), Some(&renewed));
        match self.send(second, &sensitive).await.map_err(without_answer) {
            Ok(response) => {
                if response.status() == 401 {
                    self.inner.tokens.invalidate(&renewed).await;
                }
                classify_scrubbing(request, &response, &sensitive)
            }
            Err(CancelError::NotSent(error)) => Err(not_repeated(refused, error)),
            Err(error) => Err(error),
        }
    }

    /// What no message may repeat: key, secret and the tokens in use.
    fn sensitive<'a>(&'a self, token: Option<&'a HeldToken>, renewed: Option<&'a HeldToken>) -> [&'a str; 4] {
        let [key, secret] = self.inner.config.sensitive_values();
        // an empty text is looked for nowhere
        let text = |held: Option<&'a HeldToken>| held.map_or("", |held| held.token.secret().expose());
        [key, secret, text(token), text(renewed)]
    }

    /// Looks a payment up: `GET /payments/{imp_uid}`, as the settings say about test payments.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn look_up(&self, imp_uid: &ImpUid) -> Result<Payment, LookUpError> {
        let options = LookUpOptions::new().include_sandbox(self.inner.config.include_sandbox);
        self.look_up_with(imp_uid, options).await
    }

    /// Looks a payment up with options of its own.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn look_up_with(
        &self,
        imp_uid: &ImpUid,
        options: LookUpOptions,
    ) -> Result<Payment, LookUpError> {
        self.read(
            "look_up",
            |authorization| wire::look_up(imp_uid, options, authorization),
            |response| lookup::parse_look_up(imp_uid, response),
        )
        .await
    }

    /// Looks up to 100 payments up at once: `GET /payments`.
    ///
    /// # Errors
    /// [`LookUpError`]; `Invalid` for no number or more than 100.
    pub async fn look_up_many(
        &self,
        imp_uids: &[ImpUid],
        merchant_uids: &[MerchantUid],
    ) -> Result<FoundPayments, LookUpError> {
        self.read(
            "look_up_many",
            |authorization| wire::look_up_many(imp_uids, merchant_uids, authorization),
            |response| lookup::parse_look_up_many(imp_uids, merchant_uids, response),
        )
        .await
    }

    /// Finds the first payment with a `merchant_uid`: `GET /payments/find/{merchant_uid}`. There may be more.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn find(
        &self,
        merchant_uid: &MerchantUid,
        options: FindOptions,
    ) -> Result<Payment, LookUpError> {
        self.read(
            "find",
            |authorization| wire::find(merchant_uid, options, authorization),
            |response| lookup::parse_find(merchant_uid, response),
        )
        .await
    }

    /// Finds all payments with a `merchant_uid`, a page at a time: `GET /payments/findAll/{merchant_uid}`.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn find_all(
        &self,
        merchant_uid: &MerchantUid,
        options: FindOptions,
        page: Page,
    ) -> Result<PaymentPage, LookUpError> {
        self.read(
            "find_all",
            |authorization| wire::find_all(merchant_uid, options, page, authorization),
            |response| lookup::parse_find_all(merchant_uid, response),
        )
        .await
    }

    /// Looks the payment up and decides whether the cancel happened.
    ///
    /// # Errors
    /// [`LookUpError`] when the look-up told nothing; the outcome then stays unknown.
    pub async fn reconcile(
        &self,
        request: &CancelRequest,
        ledger: LedgerKnowledge,
    ) -> Result<Verdict, LookUpError> {
        match request.ids() {
            PaymentIds::ImpUid { imp_uid, .. } => {
                // a cancel of a test payment must find it, whatever the settings say about look-ups
                let options = LookUpOptions::new().include_sandbox(true);
                let payment = self.look_up_with(imp_uid, options).await?;
                Ok(lookup::reconcile(request, &payment, ledger))
            }
            PaymentIds::MerchantUid(merchant_uid) => {
                let page = self.find_all(merchant_uid, FindOptions::new(), Page::longest()).await?;
                Ok(lookup::reconcile_among(request, &page, ledger))
            }
        }
    }

    /// Revokes a virtual account that was not paid into: `DELETE /vbanks/{imp_uid}`. No money moves. Inicis wants
    /// its own API key (`pg_api_key`), which travels in the query.
    ///
    /// # Errors
    /// [`CancelError`]: `Rejected` when it is no virtual account or was paid already, `Unknown` without a complete
    /// answer; look the payment up then.
    pub async fn revoke_virtual_account(
        &self,
        imp_uid: &ImpUid,
        pg_api_key: Option<&Secret>,
    ) -> Result<(), CancelError> {
        let span = OperationSpan::begin(GATEWAY, "revoke_virtual_account", None);
        let outcome = self.revoke_once(imp_uid, pg_api_key).instrument(span.span()).await;
        span.end(match &outcome {
            Ok(()) => "completed",
            Err(error) => error.label(),
        });
        outcome
    }

    async fn revoke_once(&self, imp_uid: &ImpUid, pg_api_key: Option<&Secret>) -> Result<(), CancelError> {
        let build =
            |held: &HeldToken| wire::revoke_virtual_account(imp_uid, pg_api_key, self.authorization(held));
        let held = self.token().await?;
        let mut renewed = None;
        let sensitive = self.sensitive(Some(&held), None);
        let mut response = self.send(build(&held)?, &sensitive).await.map_err(without_answer)?;
        if is_token_refused(&response) {
            self.inner.tokens.invalidate(&held).await;
            // revoking twice revokes once, so a repeat that is lost is unknown like any other
            if let Ok(token) = self.token().await {
                let token = &*renewed.insert(token);
                let second = self.send(build(token)?, &self.sensitive(Some(&held), Some(token))).await;
                response = match second.map_err(without_answer) {
                    Ok(second) => second,
                    Err(CancelError::NotSent(_)) => response,
                    Err(error) => return Err(error),
                };
            }
        }
        // the answer may be to either token
        let mut scrub = self.sensitive(Some(&held), renewed.as_ref()).to_vec();
        // it went out in the query, and may come back as it stood there
        let in_query = pg_api_key.map(|key| percent_encode(key.expose()));
        scrub.extend(pg_api_key.map(Secret::expose));
        scrub.extend(in_query.as_deref());
        revocation_scrubbing(&response, &scrub)
    }

    /// Asks, and once more with a new token after a 401.
    async fn read<T>(
        &self,
        operation: &'static str,
        build: impl Fn(Authorization<'_>) -> Result<WireRequest, Invalid>,
        parse: impl Fn(&WireResponse) -> Result<T, LookUpError>,
    ) -> Result<T, LookUpError> {
        let span = OperationSpan::begin(GATEWAY, operation, None);
        let result = self.read_twice(build, parse).instrument(span.span()).await;
        span.end(match result.as_ref().map_err(LookUpError::kind) {
            Ok(_) => "found",
            Err(LookUpErrorKind::NotFound) => "not_found",
            Err(LookUpErrorKind::Unavailable) => "unavailable",
            Err(_) => "failed",
        });
        result
    }

    async fn read_twice<T>(
        &self,
        build: impl Fn(Authorization<'_>) -> Result<WireRequest, Invalid>,
        parse: impl Fn(&WireResponse) -> Result<T, LookUpError>,
    ) -> Result<T, LookUpError> {
        let mut held = self.token().await?;
        let mut response = self.look(build(self.authorization(&held))?, &held).await?;
        if response.status() == 401 {
            self.inner.tokens.invalidate(&held).await;
            held = self.token().await?;
            response = self.look(build(self.authorization(&held))?, &held).await?;
        }
        if response.status() == 401 {
            self.inner.tokens.invalidate(&held).await;
            return Err(self.scrubbed(look_up_refusal(&response, &[]), &held));
        }
        parse(&response).map_err(|error| self.scrubbed(error, &held))
    }

    async fn look(&self, request: WireRequest, held: &HeldToken) -> Result<WireResponse, LookUpError> {
        self.send(request, &self.sensitive(Some(held), None))
            .await
            .map_err(|error| LookUpError::new(LookUpErrorKind::Unavailable).with_source(error))
    }

    /// A look-up's error with what must not be shown blanked out of its message.
    fn scrubbed(&self, error: LookUpError, held: &HeldToken) -> LookUpError {
        let sensitive = self.sensitive(Some(held), None);
        match (error.code().map(str::to_owned), error.message().map(GatewayText::as_str)) {
            (Some(code), Some(message)) => {
                let text = GatewayText::scrubbed(message, &sensitive);
                error.with_answer(code, text)
            }
            _ => error,
        }
    }

    async fn token(&self) -> Result<HeldToken, TokenError> {
        self.inner
            .tokens
            .get(|| async {
                let request = wire::get_token(&self.inner.config).map_err(TokenError::not_built)?;
                let response = self
                    .send(request, &self.sensitive(None, None))
                    .await
                    .map_err(TokenError::without_answer)?;
                parse_token(&response, &self.inner.config.sensitive_values())
            })
            .await
    }

    fn authorization<'a>(&'a self, held: &'a HeldToken) -> Authorization<'a> {
        Authorization::new(&self.inner.config, &held.token)
    }

    /// Sends, and takes what is [`sensitive`](Self::sensitive) out of the answer, should it echo that.
    async fn send(
        &self,
        request: WireRequest,
        sensitive: &[&str],
    ) -> Result<WireResponse, pg_core::TransportError> {
        let response = self.inner.transport.send(&self.inner.base, request).await?;
        Ok(response.without(sensitive))
    }
}

/// Whether this copy may go onto the wire. Where nothing at the gateway would stop a second one, only the first may.
fn may_leave(request: &CancelRequest, ticket: &SendTicket) -> Result<(), CancelError> {
    let first = !ticket.is_repeat() && !request.sends().was_taken();
    if first || request.guard_holds() {
        return Ok(());
    }
    Err(Unknown::new(UnknownReason::NotSentOnRepeat).into())
}

/// The outcome when the gateway refused the first copy's token and the second copy could not leave.
fn not_repeated(
    refused: Result<Cancelled, CancelError>,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> CancelError {
    let mut unknown = Unknown::new(UnknownReason::NotSentOnRepeat).with_source(cause);
    if let Err(CancelError::Rejected(refused)) = refused {
        unknown = unknown
            .with_http_status(refused.http_status())
            .with_answer(refused.code(), refused.message().clone());
    }
    unknown.into()
}

#[cfg(test)]
mod tests;
