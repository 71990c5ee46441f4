//! The access token: asked for once, shared by all, renewed in its last minute.
//!
//! Rules of the PortOne V1 page on access tokens: a token lives 30 minutes; asking again gives **the same token with
//! the same expiry**; asking with less than a minute left gives the same token, its expiry pushed out by 5 minutes.
//! So a renewal earlier than 60 seconds before the end gains nothing and would be repeated for every call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
#[cfg(any(feature = "client", test))]
use std::time::Instant;

use pg_core::wire::WireResponse;
use pg_core::{
    CancelError, GatewayText, LookUpError, LookUpErrorKind, NotSent, NotSentPhase, Secret, TransportError,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::response::envelope as read_envelope;
use pg_core::json::Object;

/// Longest token that is accepted; every one seen had 40 characters.
const MAX_TOKEN: usize = 512;
/// A token is renewed when this little is left of it: under the documented minute by a margin for rounding.
#[cfg(any(feature = "client", test))]
const RENEW_WITHIN: Duration = Duration::from_secs(55);
/// How long a token is used at least, when a renewal did not push its expiry out.
#[cfg(any(feature = "client", test))]
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// An access token and how long it lives by the server's own clock. `Debug` shows neither.
#[derive(Clone)]
pub struct Token {
    secret: Secret,
    lifetime: Duration,
}

impl Token {
    /// The token, for the `Authorization` header.
    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// How long it lived on when the server answered: `expired_at − now`, both the server's.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

/// Why there is no token. Nothing that needs one was sent.
#[derive(Debug, Clone)]
pub struct TokenError {
    kind: TokenErrorKind,
    code: Option<String>,
    message: Option<GatewayText>,
    http_status: Option<u16>,
    source: Option<Arc<TransportError>>,
}

/// What kept the gateway from giving a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// It does not accept the key and secret.
    Credentials,
    /// No complete answer, or a server error.
    Unavailable,
    /// An answer that could not be used.
    Malformed,
}

impl TokenError {
    const fn new(kind: TokenErrorKind) -> Self {
        Self { kind, code: None, message: None, http_status: None, source: None }
    }

    /// No answer came.
    #[cfg(feature = "client")]
    pub(crate) fn without_answer(error: TransportError) -> Self {
        Self { source: Some(Arc::new(error)), ..Self::new(TokenErrorKind::Unavailable) }
    }

    /// The asking could not be put together.
    #[cfg(feature = "client")]
    pub(crate) fn not_built(_error: pg_core::Invalid) -> Self {
        Self::new(TokenErrorKind::Malformed)
    }

    /// What kept the gateway from giving a token.
    #[must_use]
    pub const fn kind(&self) -> TokenErrorKind {
        self.kind
    }

    /// The gateway's message, where it gave one, with key and secret blanked out: the gateway may echo them.
    #[must_use]
    pub const fn message(&self) -> Option<&GatewayText> {
        self.message.as_ref()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TokenErrorKind::Credentials => "the gateway did not accept the key and secret",
            TokenErrorKind::Unavailable => "no access token: the gateway did not answer",
            TokenErrorKind::Malformed => "no access token: the answer could not be used",
        })
    }
}

impl std::error::Error for TokenError {}

impl From<TokenError> for CancelError {
    fn from(error: TokenError) -> Self {
        let phase = match error.kind {
            TokenErrorKind::Credentials => NotSentPhase::Credentials,
            _ => NotSentPhase::Token,
        };
        let mut not_sent = NotSent::new(phase);
        if let (Some(code), Some(message)) = (error.code, error.message) {
            not_sent = not_sent.with_refusal(code, message);
        }
        match error.source {
            Some(source) => not_sent.with_source(source),
            None => not_sent,
        }
        .into()
    }
}

impl From<TokenError> for LookUpError {
    fn from(error: TokenError) -> Self {
        let mut look_up = Self::new(match error.kind {
            TokenErrorKind::Credentials => LookUpErrorKind::Credentials,
            TokenErrorKind::Unavailable => LookUpErrorKind::Unavailable,
            TokenErrorKind::Malformed => LookUpErrorKind::Malformed,
        });
        if let Some(status) = error.http_status {
            look_up = look_up.with_http_status(status);
        }
        if let (Some(code), Some(message)) = (error.code, error.message) {
            look_up = look_up.with_answer(code, message);
        }
        match error.source {
            Some(source) => look_up.with_source(source),
            None => look_up,
        }
    }
}

/// Reads the answer to `POST /users/getToken`. `sensitive` (key and secret) is blanked out of a refusal's message.
///
/// # Errors
/// [`TokenError`].
pub fn parse_token(response: &WireResponse, sensitive: &[&str]) -> Result<Token, TokenError> {
    #[derive(Deserialize)]
    struct Body {
        access_token: String,
        now: i64,
        expired_at: i64,
    }
    let status = response.status();
    if (200..=299).contains(&status)
        && let Ok(envelope) = read_envelope::<Object<Body>>(response.body())
        && envelope.code == 0
        && let Some(Object(body)) = envelope.into_response()
        && let Ok(secret) = Secret::new("access_token", &body.access_token, MAX_TOKEN)
        && let Some(seconds) = body.expired_at.checked_sub(body.now)
        && let Ok(seconds @ 1..) = u64::try_from(seconds)
    {
        return Ok(Token { secret, lifetime: Duration::from_secs(seconds) });
    }
    let mut error = TokenError::new(match status {
        408 | 409 | 425 | 429 | 500..=599 => TokenErrorKind::Unavailable,
        _ => TokenErrorKind::Malformed,
    });
    error.http_status = Some(status);
    if let Ok(envelope) = read_envelope::<IgnoredAny>(response.body())
        && envelope.is_refusal()
    {
        let wrong_key = envelope.message().contains("인증에 실패");
        if matches!(status, 400 | 401 | 403) || (matches!(status, 200..=299) && wrong_key) {
            error.kind = TokenErrorKind::Credentials;
        }
        let code = envelope.code.to_string();
        error.code = Some(GatewayText::scrubbed(code, sensitive).as_str().to_owned());
        error.message = Some(GatewayText::scrubbed(envelope.message(), sensitive));
    }
    Err(error)
}

/// A token in the hand of a caller: which one it was matters when the gateway refuses it.
#[derive(Debug, Clone)]
#[cfg(any(feature = "client", test))]
pub(crate) struct HeldToken {
    pub(crate) token: Arc<Token>,
    generation: u64,
}

/// What is kept of the last answer; pure, the time is an argument.
#[derive(Debug, Default)]
#[cfg(any(feature = "client", test))]
struct TokenSlot {
    generation: u64,
    kept: Option<Kept>,
}

#[derive(Debug)]
#[cfg(any(feature = "client", test))]
struct Kept {
    token: Arc<Token>,
    renew_at: Instant,
    dead_at: Instant,
}

#[cfg(any(feature = "client", test))]
impl TokenSlot {
    /// The token, unless it is time to ask for one.
    fn usable(&self, now: Instant) -> Option<HeldToken> {
        let kept = self.kept.as_ref()?;
        if now >= kept.renew_at || now >= kept.dead_at {
            return None;
        }
        Some(HeldToken { token: Arc::clone(&kept.token), generation: self.generation })
    }

    /// Keeps what the server answered at `now` of our own, monotonic clock.
    fn store(&mut self, token: Token, now: Instant) -> HeldToken {
        let token = Arc::new(token);
        self.generation = self.generation.wrapping_add(1);
        let after = |wait: Duration| now.checked_add(wait);
        let renew = token.lifetime.saturating_sub(RENEW_WITHIN).max(ASK_AGAIN_AFTER);
        // a lifetime beyond the clock's range is not kept at all
        self.kept = match (after(renew), after(token.lifetime)) {
            (Some(renew_at), Some(dead_at)) => Some(Kept { token: Arc::clone(&token), renew_at, dead_at }),
            _ => None,
        };
        HeldToken { token, generation: self.generation }
    }

    /// Drops the token that the gateway refused, unless another has taken its place already.
    fn invalidate(&mut self, refused: &HeldToken) {
        if self.generation == refused.generation {
            self.kept = None;
        }
    }
}

#[cfg(feature = "client")]
pub(crate) use cache::TokenCache;

#[cfg(feature = "client")]
mod cache {
    use std::fmt;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Instant;

    use tokio::sync::Mutex;

    use super::{HeldToken, Token, TokenError, TokenSlot};

    /// One token for all callers, however many: the first who needs one asks, the others wait for that answer.
    pub(crate) struct TokenCache {
        clock: fn() -> Instant,
        /// How many askings have ended.
        ended: AtomicU64,
        state: Mutex<State>,
    }

    #[derive(Default)]
    struct State {
        slot: TokenSlot,
        last_failure: Option<TokenError>,
    }

    impl TokenCache {
        pub(crate) fn new() -> Self {
            Self::with_clock(Instant::now)
        }

        pub(crate) fn with_clock(clock: fn() -> Instant) -> Self {
            Self { clock, ended: AtomicU64::new(0), state: Mutex::default() }
        }

        /// The token, asked for by `fetch` if there is none, or none that lives long enough.
        ///
        /// A failure is told to all who waited for that asking; who comes later asks anew.
        pub(crate) async fn get<Asking>(
            &self,
            fetch: impl FnOnce() -> Asking,
        ) -> Result<HeldToken, TokenError>
        where
            Asking: Future<Output = Result<Token, TokenError>>,
        {
            let ended_before = self.ended.load(Ordering::SeqCst);
            let mut state = self.state.lock().await;
            if let Some(held) = state.slot.usable((self.clock)()) {
                return Ok(held);
            }
            if self.ended.load(Ordering::SeqCst) != ended_before
                && let Some(failure) = &state.last_failure
            {
                return Err(failure.clone());
            }
            let answer = fetch().await;
            self.ended.fetch_add(1, Ordering::SeqCst);
            match answer {
                Ok(token) => {
                    state.last_failure = None;
                    Ok(state.slot.store(token, (self.clock)()))
                }
                Err(failure) => {
                    state.last_failure = Some(failure.clone());
                    Err(failure)
                }
            }
        }

        /// Forgets the token that the gateway refused. Many may report the same one: it is forgotten once.
        pub(crate) async fn invalidate(&self, refused: &HeldToken) {
            self.state.lock().await.slot.invalidate(refused);
        }
    }

    impl fmt::Debug for TokenCache {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("TokenCache")
        }
    }
}

#[cfg(test)]
mod tests;
