//! Building a configuration.

use std::fmt;
use std::time::Duration;

use pg_core::Invalid;

use super::{
    Config, Credentials, Endpoint, EqualAmounts, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY, TransportSettings,
};

/// Time limit for connecting: Hecto's sample configuration has 5 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for everything: Hecto's sample configuration reads for 25 s, sister products advise 30 to 35 s.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(35);

/// A configuration in the making. The endpoint must be named: there is no silent default.
///
/// `Debug` shows no key and no proxy.
#[derive(Clone)]
#[must_use]
pub struct ConfigBuilder {
    mid: String,
    licence_key: String,
    aes_key: Option<String>,
    endpoint: Option<Endpoint>,
    allow_custom_host: bool,
    equal_amounts: EqualAmounts,
    transport: TransportSettings,
}

impl ConfigBuilder {
    pub(super) fn new(mid: String, licence_key: String, aes_key: Option<String>) -> Self {
        Self {
            mid,
            licence_key,
            aes_key,
            endpoint: None,
            allow_custom_host: false,
            equal_amounts: EqualAmounts::default(),
            transport: TransportSettings {
                connect_timeout: CONNECT_TIMEOUT,
                total_timeout: TOTAL_TIMEOUT,
                proxy: None,
                extra_roots: Vec::new(),
                #[cfg(any(feature = "reqwest", feature = "witness"))]
                reuse: pg_core::ConnectionReuse::default(),
            },
        }
    }

    /// Sets where requests go.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Allows a custom endpoint that is not a loopback address.
    pub const fn allow_custom_host(mut self, allow: bool) -> Self {
        self.allow_custom_host = allow;
        self
    }

    /// Sets what is done in the flat form with an amount that may have been cancelled before; refused unless
    /// set.
    pub const fn equal_amounts(mut self, choice: EqualAmounts) -> Self {
        self.equal_amounts = choice;
        self
    }

    /// Sets the time limit for connecting, 5 s unless set; over reqwest, for resolving, connecting and the TLS
    /// handshake together.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport.connect_timeout = limit;
        self
    }

    /// Sets the time limit for the whole exchange: 35 s unless set. Too short a limit turns cancels that
    /// happened into unknown ones.
    pub const fn total_timeout(mut self, limit: Duration) -> Self {
        self.transport.total_timeout = limit;
        self
    }

    /// Sets whether connections are reused.
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub const fn connection_reuse(mut self, reuse: pg_core::ConnectionReuse) -> Self {
        self.transport.reuse = reuse;
        self
    }

    /// Sends everything through an HTTP proxy, over reqwest alone; the environment's proxies are never used.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.transport.proxy = Some(url.into());
        self
    }

    /// Trusts further certificate authorities (PEM) beside the web's.
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport.extra_roots.push(pem.into());
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`Invalid`] naming `mid`, `licence_key`, `aes_key`, `endpoint`, or with the `client` feature
    /// `base_url`.
    pub fn build(self) -> Result<Config, Invalid> {
        let credentials = Credentials::new(&self.mid, &self.licence_key, self.aes_key.as_deref())?;
        let endpoint = self
            .endpoint
            .ok_or_else(|| Invalid::new("endpoint", "must be named: production, sandbox or an address"))?;
        if endpoint.is_live() {
            if self.licence_key == SANDBOX_LICENCE_KEY {
                return Err(Invalid::new(
                    "licence_key",
                    "must not be the published test key at the live host",
                ));
            }
            if self.aes_key.as_deref() == Some(SANDBOX_AES_KEY) {
                return Err(Invalid::new("aes_key", "must not be the published test key at the live host"));
            }
        }
        let config = Config {
            credentials,
            endpoint,
            allow_custom_host: self.allow_custom_host,
            equal_amounts: self.equal_amounts,
            transport: self.transport,
        };
        #[cfg(feature = "client")]
        let _checked = config.base_url()?;
        Ok(config)
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("mid", &self.mid)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
