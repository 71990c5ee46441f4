use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use pg_core::{Invalid, Secret};
use settlebank_cancel::Config;

use super::auth::Access;

/// Shortest bearer token, in characters.
const MIN_TOKEN: usize = 16;
/// Longest pause that may be asked for.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// How the service is run. Every limit can be changed; what is not safe has to be asked for by name.
#[derive(Clone)]
pub struct HttpOptions {
    pub(super) access: Access,
    pub(super) anywhere: bool,
    pub(super) patience: Duration,
    pub(super) body_timeout: Duration,
    pub(super) header_timeout: Duration,
    pub(super) hint_pause: Duration,
    pub(super) grace: Duration,
    pub(super) connections: usize,
    pub(super) connection_life: Duration,
    pub(super) settlebank: BTreeMap<String, Config>,
    pub(super) prefix: String,
}

impl HttpOptions {
    /// Everything but health and webhooks wants one of these bearer tokens. Several let you change them without a
    /// break. Each has 16 to 512 visible ASCII characters; `openssl rand -hex 32` makes a good one.
    ///
    /// # Errors
    /// [`Invalid`] naming `token` when there is none, or one is too short.
    pub fn with_tokens<'a>(tokens: impl IntoIterator<Item = &'a Secret>) -> Result<Self, Invalid> {
        let tokens: Vec<&Secret> = tokens.into_iter().collect();
        if tokens.is_empty() {
            return Err(Invalid::new("token", "must be given at least once"));
        }
        if tokens.iter().any(|token| !(MIN_TOKEN..=512).contains(&token.expose().len())) {
            return Err(Invalid::new("token", "must have 16 to 512 characters"));
        }
        Ok(Self::new(Access::tokens(tokens.iter().map(|token| token.expose()))))
    }

    /// **No token**: whoever can connect can refund. For a machine of your own. While it listens on
    /// loopback, requests must name it as their host (`localhost`, a loopback address).
    #[must_use]
    pub fn open_to_everybody() -> Self {
        Self::new(Access::Everybody)
    }

    /// Patience 25 s, body 10 s, headers 10 s, webhooks every 5 s per payment, grace 30 s, 512 connections
    /// of 5 min each.
    fn new(access: Access) -> Self {
        Self {
            access,
            anywhere: false,
            patience: Duration::from_secs(25),
            body_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            hint_pause: Duration::from_secs(5),
            grace: Duration::from_secs(30),
            connections: 512,
            connection_life: Duration::from_secs(300),
            settlebank: BTreeMap::new(),
            prefix: String::new(),
        }
    }

    /// Lets [`serve`](super::serve()) listen where other machines can connect. There is no TLS: put a proxy in front.
    #[must_use]
    pub const fn beyond_loopback(mut self) -> Self {
        self.anywhere = true;
        self
    }

    /// How long `POST /payments/cancel` waits for an outcome before it answers 202. Keep it below the time-outs of
    /// what stands in front.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long a request's body may take to arrive, and an answer to be taken by the other side.
    #[must_use]
    pub const fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// How long a request's head may take to arrive; also how long a connection may idle.
    #[must_use]
    pub const fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// At most one look-up per payment and this pause is caused by webhooks that anybody can send.
    #[must_use]
    pub const fn hint_pause(mut self, pause: Duration) -> Self {
        self.hint_pause = pause;
        self
    }

    /// How long requests may take to finish once the service is told to stop. Whoever still waits for an outcome then
    /// is answered 202 a little earlier.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How many connections are served at once, from 1. More wait.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// After how long a connection takes no more requests, so that those who wait get its place.
    #[must_use]
    pub const fn connection_life(mut self, life: Duration) -> Self {
        self.connection_life = life;
        self
    }

    /// Where the router is mounted in a server of your own (`/refunds`), so that status addresses are right.
    #[must_use]
    pub fn mounted_at(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Takes notifications of Settlebank for an account, at `/webhooks/settlebank/{account}`: its configuration holds
    /// the key that they are checked with.
    #[must_use]
    pub fn settlebank_notifications(mut self, account: impl Into<String>, config: Config) -> Self {
        self.settlebank.insert(account.into(), config);
        self
    }

    /// Checks them, and where the service is to listen.
    ///
    /// # Errors
    /// [`Invalid`] naming `listen`, `patience` or `grace`.
    pub fn check(&self, listen: Option<SocketAddr>) -> Result<(), Invalid> {
        if let Some(address) = listen
            && !address.ip().to_canonical().is_loopback()
            && !self.anywhere
        {
            return Err(Invalid::new(
                "listen",
                format!(
                    "must be a loopback address, or other hosts be allowed by name: {address} is reached by others"
                ),
            ));
        }
        for (field, pause) in [("patience", self.patience), ("grace", self.grace)] {
            if pause > MAX_PAUSE {
                return Err(Invalid::new(field, "must be at most an hour"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("access", &self.access)
            .field("anywhere", &self.anywhere)
            .field("patience", &self.patience)
            .field("grace", &self.grace)
            .field("connections", &self.connections)
            .field("settlebank", &self.settlebank.keys())
            .finish_non_exhaustive()
    }
}
