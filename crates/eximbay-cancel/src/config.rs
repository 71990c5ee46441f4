//! Credentials and where they are used.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pg_core::wire::HeaderText;
#[cfg(any(feature = "reqwest", feature = "witness"))]
use pg_core::{ConnectionReuse, TransportOptions};
use pg_core::{Invalid, Secret};
#[cfg(any(feature = "reqwest", feature = "witness"))]
use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::ids::MerchantId;

mod env;

/// Longest key that is taken; Eximbay's have 25 characters.
const MAX_KEY: usize = 128;
/// Total time limit of one exchange. No document gives a figure; a shorter one turns refunds that happened into
/// `Unknown`.
#[cfg(any(feature = "reqwest", feature = "witness"))]
const TOTAL_TIMEOUT: Duration = Duration::from_secs(35);

/// Everything a client needs: key, merchant id, endpoint, and how to connect.
#[derive(Clone)]
pub struct Config {
    api_key: Secret,
    mid: MerchantId,
    token: Secret,
    authorization: HeaderText,
    endpoint: Endpoint,
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only a client has a host to allow"))]
    allow_custom_host: bool,
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    transport: TransportOptions,
}

impl Config {
    /// Begins a configuration with the API key and the merchant id (10 letters and digits) that it belongs to.
    ///
    /// The key is the one that begins with `test_` or `live_`, alone, without the merchant id; it is not the secret
    /// key of `fgkey`, which the cancel does not use.
    pub fn builder(api_key: impl Into<String>, mid: impl Into<String>) -> ConfigBuilder {
        ConfigBuilder {
            api_key: api_key.into(),
            mid: mid.into(),
            endpoint: None,
            allow_custom_host: false,
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            transport: TransportOptions::new(TOTAL_TIMEOUT),
        }
    }

    /// The merchant id.
    #[must_use]
    pub const fn mid(&self) -> &MerchantId {
        &self.mid
    }

    /// Where requests go.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The `Authorization` header: `Basic` and the base64 of the key with a colon behind it.
    pub(crate) const fn authorization(&self) -> &HeaderText {
        &self.authorization
    }

    /// What of it must not come back in a gateway's message.
    pub(crate) fn sensitive_values(&self) -> [&str; 2] {
        // without its padding, which an echo may have lost
        [self.api_key.expose(), self.token.expose().trim_end_matches('=')]
    }

    #[cfg(feature = "client")]
    pub(crate) fn base_url(&self) -> Result<pg_core::BaseUrl, Invalid> {
        self.endpoint.base_url(self.api_key.expose(), self.allow_custom_host)
    }

    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub(crate) const fn transport_options(&self) -> &TransportOptions {
        &self.transport
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("mid", &self.mid)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// A configuration in the making.
#[derive(Clone)]
#[must_use]
pub struct ConfigBuilder {
    api_key: String,
    mid: String,
    endpoint: Option<Endpoint>,
    allow_custom_host: bool,
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    transport: TransportOptions,
}

impl ConfigBuilder {
    /// Sets where requests go. Without it the key decides: `test_` goes to the test host, `live_` to the live one,
    /// and any other key needs this setting.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Allows an [`Endpoint::Custom`] that is neither one of Eximbay's hosts nor a loopback address. It will see the
    /// key.
    pub const fn allow_custom_host(mut self, allow: bool) -> Self {
        self.allow_custom_host = allow;
        self
    }

    /// Checks everything together.
    ///
    /// # Errors
    /// [`Invalid`] naming `api_key`, `mid`, `endpoint` (none named and the key tells none; a test key on the live
    /// host or the reverse) or `base_url`.
    pub fn build(self) -> Result<Config, Invalid> {
        let api_key = Secret::new("api_key", &self.api_key, MAX_KEY)?;
        if api_key.expose().contains(':') {
            // "mid:key" is what some documents say, and what the gateway refuses with EC1000
            return Err(Invalid::new("api_key", "must be the key alone, without a colon"));
        }
        let mid: MerchantId = self.mid.parse()?;
        let endpoint = self.endpoint.or_else(|| Endpoint::of_key(api_key.expose())).ok_or_else(|| {
            Invalid::new("endpoint", "must be named, as the api key begins with neither test_ nor live_")
        })?;
        endpoint.check_key(api_key.expose())?;
        let token = STANDARD.encode(format!("{}:", api_key.expose()));
        let token = Secret::new("api_key", &token, 2 * MAX_KEY)?;
        let authorization = authorization(&token);
        let config = Config {
            api_key,
            mid,
            token,
            authorization,
            endpoint,
            allow_custom_host: self.allow_custom_host,
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            transport: self.transport,
        };
        #[cfg(feature = "client")]
        config.base_url()?;
        Ok(config)
    }
}

fn authorization(token: &Secret) -> HeaderText {
    HeaderText::Secret(token.with_scheme("Basic"))
}

/// How the default transport connects; a transport of your own has its own settings.
#[cfg(any(feature = "reqwest", feature = "witness"))]
impl ConfigBuilder {
    /// Sets the time limit for connecting, 5 seconds unless given; over reqwest, for resolving, connecting and the TLS
    /// handshake together.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Sets the time limit for the whole exchange; 35 seconds unless given. Too short a limit turns refunds that
    /// happened into `Unknown`.
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.total_timeout(limit);
        self
    }

    /// Sets whether connections are reused.
    pub fn connection_reuse(mut self, reuse: ConnectionReuse) -> Self {
        self.transport = self.transport.connection_reuse(reuse);
        self
    }

    /// Sends everything through an HTTP proxy, over reqwest alone. The environment's proxy settings are never used.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.transport = self.transport.proxy(url);
        self
    }

    /// Trusts further certificate authorities (PEM), beside the web's.
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport = self.transport.extra_root_certificates(pem);
        self
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("endpoint", &self.endpoint)
            .field("allow_custom_host", &self.allow_custom_host)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // the published sandbox values, shared by everybody
    const KEY: &str = "test_1849705C642C217E0B2D";
    const MID: &str = "1849705C64";

    #[test]
    fn the_published_key_makes_the_published_header() {
        let config = Config::builder(KEY, MID).build().unwrap();
        assert_eq!(config.token.expose(), "dGVzdF8xODQ5NzA1QzY0MkMyMTdFMEIyRDo=");
        assert_eq!(config.endpoint(), &Endpoint::Sandbox);
        assert_eq!(config.mid().as_str(), MID);
    }

    #[test]
    fn the_key_chooses_the_host_and_never_the_wrong_one() {
        let live = Config::builder("live_1849705C64ABCDEFABCD", MID);
        assert_eq!(live.clone().build().unwrap().endpoint(), &Endpoint::Production);
        let field = |builder: ConfigBuilder| builder.build().unwrap_err().field();
        assert_eq!(field(live.clone().endpoint(Endpoint::Sandbox)), "endpoint");
        assert_eq!(field(Config::builder(KEY, MID).endpoint(Endpoint::Production)), "endpoint");
        let custom = Endpoint::Custom("https://api.eximbay.com/".to_owned());
        assert_eq!(field(Config::builder(KEY, MID).endpoint(custom)), "endpoint");
        // neither prefix: the endpoint must be named
        assert_eq!(field(Config::builder("1849705C642C217E0B2D", MID)), "endpoint");
        let named = Config::builder("1849705C642C217E0B2D", MID).endpoint(Endpoint::Sandbox);
        assert!(named.build().is_ok());
    }

    #[test]
    fn every_refusal_names_its_field_and_no_value() {
        for (key, mid, field) in [
            ("", MID, "api_key"),
            ("key with space", MID, "api_key"),
            ("1849705C64:test_CANARY", MID, "api_key"),
            (KEY, "", "mid"),
            (KEY, "CANARY", "mid"),
        ] {
            let error = Config::builder(key, mid).build().unwrap_err();
            assert_eq!(error.field(), field);
            assert!(!error.to_string().contains("CANARY"));
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_host_of_ones_own_is_allowed_by_name() {
        let builder =
            Config::builder(KEY, MID).endpoint(Endpoint::Custom("https://proxy.example".to_owned()));
        assert_eq!(builder.clone().build().unwrap_err().field(), "base_url");
        assert!(builder.allow_custom_host(true).build().is_ok());
    }

    #[test]
    fn debug_shows_no_key() {
        let builder = Config::builder("test_KEYCANARY", MID);
        let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
        assert!(!shown.contains("KEYCANARY") && !shown.contains(&STANDARD.encode("test_KEYCANARY:")));
    }
}
