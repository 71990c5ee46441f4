//! Key, host and options of a client.

use std::fmt;
#[cfg(any(feature = "reqwest", feature = "witness"))]
use std::time::Duration;

#[cfg(feature = "client")]
use pg_core::BaseUrl;
#[cfg(any(feature = "reqwest", feature = "witness"))]
use pg_core::{ConnectionReuse, TransportOptions};
use pg_core::{Invalid, Secret};

/// Longest key or secret that is accepted; the real ones have 16 and 80 characters.
const MAX_KEY: usize = 256;
/// Length of a tier code (Chaiport guide to agents and tiers).
const TIER: usize = 3;
/// The published host.
const PRODUCTION: &str = "https://api.iamport.kr";
/// The host with a fixed address, as the official Java client has it.
const STATIC_IP: &str = "https://static-api.iamport.kr";
/// Time limit for a whole exchange: the PG behind Chaiport decides how long a cancel takes, and the provider
/// recommends waiting at least 60 seconds.
#[cfg(any(feature = "reqwest", feature = "witness"))]
const TOTAL_TIMEOUT: Duration = Duration::from_secs(65);

/// Where Chaiport is.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Endpoint {
    /// `https://api.iamport.kr`. Test payments go there too; there is no sandbox host.
    #[default]
    Production,
    /// `https://static-api.iamport.kr`, for networks that allow fixed addresses only. Known from the official Java
    /// client; no document says whether it still works.
    StaticIp,
    /// A host of your own: a proxy, a simulator. `https://host[:port]`, or `http` to a loopback address written as a
    /// number. Off loopback it must be allowed by [`ConfigBuilder::allow_custom_host`], because it will see the keys.
    Custom(String),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // a custom address is not checked yet and might hold a password
        f.write_str(match self {
            Self::Production => "Production",
            Self::StaticIp => "StaticIp",
            Self::Custom(_) => "Custom(..)",
        })
    }
}

/// How the access token is written into the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AuthorizationForm {
    /// The token alone, as the cancel guide shows it.
    #[default]
    Raw,
    /// `Bearer` and the token, as the current page on access tokens shows it.
    Bearer,
}

/// Key, host and options of a client. `Debug` shows no key.
#[derive(Clone)]
pub struct Config {
    pub(crate) key: Secret,
    pub(crate) secret: Secret,
    pub(crate) authorization: AuthorizationForm,
    pub(crate) tier: Option<Secret>,
    pub(crate) include_sandbox: bool,
    endpoint: Endpoint,
    allow_custom_host: bool,
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub(crate) transport: TransportOptions,
}

impl Config {
    /// Starts from the REST API key and secret of the merchant console.
    pub fn builder(api_key: &str, api_secret: &str) -> ConfigBuilder {
        ConfigBuilder {
            key: Secret::new("api_key", api_key, MAX_KEY),
            secret: Secret::new("api_secret", api_secret, MAX_KEY),
            tier: Ok(None),
            authorization: AuthorizationForm::Raw,
            include_sandbox: false,
            endpoint: Endpoint::Production,
            allow_custom_host: false,
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            transport: TransportOptions::new(TOTAL_TIMEOUT),
        }
    }

    /// Reads the environment; see [`Config::from_vars`].
    ///
    /// # Errors
    /// [`Invalid`] naming the variable.
    pub fn from_env() -> Result<Self, Invalid> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// Reads the settings from named variables. An empty one counts as not given.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CHAIPORT_API_KEY`, `CHAIPORT_API_SECRET` | REST API key and secret; required |
    /// | `CHAIPORT_BASE_URL` | another host, e.g. a simulator on `http://127.0.0.1:8080` |
    /// | `CHAIPORT_ALLOW_CUSTOM_HOST` | `1` allows a host that is neither Chaiport's nor loopback |
    /// | `CHAIPORT_AUTHORIZATION` | `raw` (default) or `bearer` |
    /// | `CHAIPORT_TIER` | tier code of a sub-merchant, 3 characters |
    /// | `CHAIPORT_INCLUDE_SANDBOX` | `1` lets look-ups find test-channel payments |
    /// | `CHAIPORT_TOTAL_TIMEOUT_SECONDS` | 1 to 600, default 65 (feature `reqwest` or `witness`) |
    /// | `CHAIPORT_CA_FILE` | PEM file with further certificate authorities; read here (feature `reqwest` or `witness`) |
    ///
    /// # Errors
    /// [`Invalid`] naming the variable that is missing or wrong.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Result<Self, Invalid> {
        let given = |name: &str| get(name).filter(|value| !value.is_empty());
        let secret = |name: &'static str, max| match given(name) {
            Some(value) => Secret::new(name, &value, max),
            None => Err(Invalid::new(name, "must be set")),
        };
        let flag = |name: &'static str| match given(name).as_deref() {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(Invalid::new(name, "must be 0 or 1")),
        };
        let key = secret("CHAIPORT_API_KEY", MAX_KEY)?;
        let api_secret = secret("CHAIPORT_API_SECRET", MAX_KEY)?;
        let mut builder = Self::builder(key.expose(), api_secret.expose())
            .allow_custom_host(flag("CHAIPORT_ALLOW_CUSTOM_HOST")?)
            .include_sandbox(flag("CHAIPORT_INCLUDE_SANDBOX")?)
            .authorization(match given("CHAIPORT_AUTHORIZATION").as_deref() {
                None | Some("raw") => AuthorizationForm::Raw,
                Some("bearer") => AuthorizationForm::Bearer,
                Some(_) => return Err(Invalid::new("CHAIPORT_AUTHORIZATION", "must be raw or bearer")),
            });
        if let Some(tier) = given("CHAIPORT_TIER") {
            check_tier("CHAIPORT_TIER", &tier)?;
            builder = builder.tier(&tier);
        }
        if let Some(url) = given("CHAIPORT_BASE_URL") {
            builder = builder.endpoint(match url.trim_end_matches('/') {
                PRODUCTION => Endpoint::Production,
                STATIC_IP => Endpoint::StaticIp,
                _ => Endpoint::Custom(url),
            });
        }
        #[cfg(any(feature = "reqwest", feature = "witness"))]
        let builder = transport_from_vars(builder, given)?;
        let config = builder.build()?;
        #[cfg(feature = "client")]
        config.base_url().map_err(|error| Invalid::new("CHAIPORT_BASE_URL", error.reason().to_owned()))?;
        Ok(config)
    }

    /// Where the requests go.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether a custom host off loopback is allowed.
    #[must_use]
    pub const fn allows_custom_host(&self) -> bool {
        self.allow_custom_host
    }

    /// The checked address.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`.
    #[cfg(feature = "client")]
    pub fn base_url(&self) -> Result<BaseUrl, Invalid> {
        match &self.endpoint {
            Endpoint::Production => BaseUrl::official(PRODUCTION),
            Endpoint::StaticIp => BaseUrl::official(STATIC_IP),
            Endpoint::Custom(url) => BaseUrl::custom(url, self.allow_custom_host),
        }
    }

    /// What a gateway's message must not repeat.
    #[cfg(feature = "client")]
    pub(crate) fn sensitive_values(&self) -> [&str; 2] {
        [self.key.expose(), self.secret.expose()]
    }
}

#[cfg(any(feature = "reqwest", feature = "witness"))]
fn transport_from_vars(
    mut builder: ConfigBuilder,
    given: impl Fn(&str) -> Option<String>,
) -> Result<ConfigBuilder, Invalid> {
    if let Some(text) = given("CHAIPORT_TOTAL_TIMEOUT_SECONDS") {
        let seconds = text.parse().ok().filter(|seconds| (1..=600).contains(seconds)).ok_or_else(|| {
            Invalid::new("CHAIPORT_TOTAL_TIMEOUT_SECONDS", "must be a whole number from 1 to 600")
        })?;
        builder = builder.total_timeout(Duration::from_secs(seconds));
    }
    if let Some(path) = given("CHAIPORT_CA_FILE") {
        let pem = std::fs::read(path)
            .map_err(|_| Invalid::new("CHAIPORT_CA_FILE", "must be a file that can be read"))?;
        builder = builder.extra_root_certificates(pem);
    }
    Ok(builder)
}

fn check_tier(field: &'static str, tier: &str) -> Result<Secret, Invalid> {
    if tier.chars().count() != TIER {
        return Err(Invalid::new(field, "must be 3 characters"));
    }
    Secret::new(field, tier, TIER)
}

/// Collects the settings of a [`Config`].
#[derive(Clone)]
#[must_use]
pub struct ConfigBuilder {
    key: Result<Secret, Invalid>,
    secret: Result<Secret, Invalid>,
    tier: Result<Option<Secret>, Invalid>,
    authorization: AuthorizationForm,
    include_sandbox: bool,
    endpoint: Endpoint,
    allow_custom_host: bool,
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    transport: TransportOptions,
}

impl ConfigBuilder {
    /// Sets the host.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Allows a custom host that is not a loopback address. It will see the keys.
    pub const fn allow_custom_host(mut self, allow: bool) -> Self {
        self.allow_custom_host = allow;
        self
    }

    /// Sets how the token is written into the `Authorization` header.
    pub const fn authorization(mut self, form: AuthorizationForm) -> Self {
        self.authorization = form;
        self
    }

    /// Acts for a sub-merchant: the `Tier` header, 3 characters, with the agent's own key.
    pub fn tier(mut self, code: &str) -> Self {
        self.tier = check_tier("tier", code).map(Some);
        self
    }

    /// Lets look-ups by `imp_uid` find payments of a test channel. Without it Chaiport answers 404 for them since
    /// 2026-01-26.
    pub const fn include_sandbox(mut self, include: bool) -> Self {
        self.include_sandbox = include;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`Invalid`] naming `api_key`, `api_secret` or `tier`. The host is checked when the client is built.
    pub fn build(self) -> Result<Config, Invalid> {
        Ok(Config {
            key: self.key?,
            secret: self.secret?,
            tier: self.tier?,
            authorization: self.authorization,
            include_sandbox: self.include_sandbox,
            endpoint: self.endpoint,
            allow_custom_host: self.allow_custom_host,
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            transport: self.transport,
        })
    }
}

#[cfg(any(feature = "reqwest", feature = "witness"))]
impl ConfigBuilder {
    /// Sets the time limit for connecting, 5 seconds by default; over reqwest, for resolving, connecting and the TLS
    /// handshake together.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Sets the time limit for a whole exchange; 65 seconds by default. A shorter one turns slow cancels into
    /// unknown ones.
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

// by hand: a proxy's address may hold a password
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoint", &self.endpoint)
            .field("authorization", &self.authorization)
            .field("include_sandbox", &self.include_sandbox)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("endpoint", &self.endpoint)
            .field("authorization", &self.authorization)
            .field("include_sandbox", &self.include_sandbox)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)]) -> Result<Config, Invalid> {
        Config::from_vars(|name| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    const KEYS: [(&str, &str); 2] =
        [("CHAIPORT_API_KEY", "KEY-CANARY"), ("CHAIPORT_API_SECRET", "SECRET-CANARY")];

    #[test]
    fn every_bad_variable_is_named_and_never_shown() {
        assert_eq!(from(&[]).unwrap_err().field(), "CHAIPORT_API_KEY");
        assert_eq!(from(&KEYS[..1]).unwrap_err().field(), "CHAIPORT_API_SECRET");
        for (name, value) in [
            ("CHAIPORT_API_KEY", "with a space"),
            ("CHAIPORT_AUTHORIZATION", "basic"),
            ("CHAIPORT_TIER", "ABCD"),
            ("CHAIPORT_ALLOW_CUSTOM_HOST", "yes"),
            ("CHAIPORT_INCLUDE_SANDBOX", "true"),
            #[cfg(feature = "client")]
            ("CHAIPORT_BASE_URL", "http://example.com"),
            #[cfg(feature = "client")]
            ("CHAIPORT_BASE_URL", "https://proxy.example"),
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            ("CHAIPORT_TOTAL_TIMEOUT_SECONDS", "601"),
            #[cfg(any(feature = "reqwest", feature = "witness"))]
            ("CHAIPORT_CA_FILE", "/nowhere/at/all.pem"),
        ] {
            let mut vars = vec![(name, value)];
            vars.extend(KEYS);
            let error = from(&vars).unwrap_err();
            assert_eq!(error.field(), name);
            assert!(!error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn the_environment_sets_everything() {
        let mut vars = KEYS.to_vec();
        vars.extend([
            ("CHAIPORT_BASE_URL", "https://proxy.example"),
            ("CHAIPORT_ALLOW_CUSTOM_HOST", "1"),
            ("CHAIPORT_AUTHORIZATION", "raw"),
            ("CHAIPORT_TIER", "A1z"),
            ("CHAIPORT_INCLUDE_SANDBOX", "1"),
            ("CHAIPORT_TOTAL_TIMEOUT_SECONDS", "30"),
        ]);
        let config = from(&vars).unwrap();
        assert_eq!(config.authorization, AuthorizationForm::Raw);
        assert_eq!(config.tier.as_ref().unwrap().expose(), "A1z");
        assert!(config.include_sandbox);
        #[cfg(feature = "client")]
        assert_eq!(config.base_url().unwrap().host(), "proxy.example");
    }

    #[test]
    fn the_official_hosts_need_no_permission() {
        for (url, endpoint) in [
            ("", Endpoint::Production),
            ("https://api.iamport.kr/", Endpoint::Production),
            ("https://static-api.iamport.kr", Endpoint::StaticIp),
        ] {
            let mut vars = KEYS.to_vec();
            vars.push(("CHAIPORT_BASE_URL", url));
            assert_eq!(from(&vars).unwrap().endpoint(), &endpoint);
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let builder = Config::builder("KEY-CANARY", "SECRET-CANARY")
            .tier("CNR")
            .endpoint(Endpoint::Custom("https://u:CANARY@host".to_owned()));
        #[cfg(any(feature = "reqwest", feature = "witness"))]
        let builder = builder.proxy("http://u:CANARY@proxy.example");
        let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
        assert!(!shown.contains("CANARY") && !shown.contains("CNR"), "{shown}");
        assert!(Config::builder("", "x").build().is_err_and(|error| error.field() == "api_key"));
        assert!(Config::builder("x", "x").tier("가나다").build().is_err_and(|e| e.field() == "tier"));
    }
}
