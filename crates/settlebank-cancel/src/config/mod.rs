//! How to reach Hecto, as whom, and in which wire form.

mod builder;
mod env;

use std::fmt;
use std::time::Duration;

use pg_core::{Invalid, Secret};

pub use builder::ConfigBuilder;

use crate::aes::AesKey;
use crate::request::Form;
use crate::text::identifier;

/// Host of the live API.
pub const PRODUCTION_URL: &str = "https://gw.settlebank.co.kr";
/// Host of the test API.
pub const SANDBOX_URL: &str = "https://tbgw.settlebank.co.kr";
/// Licence key of the test MIDs, published on every API page.
pub const SANDBOX_LICENCE_KEY: &str = "ST1009281328226982205";
/// AES key of the test MIDs, published on every API page.
pub const SANDBOX_AES_KEY: &str = "pgSettle30y739r82jtd709yOfZ2yK5K";

/// Longest `mchtId` (12 on the newest card page, 10 on the others).
const MAX_MID: usize = 12;
/// Longest licence key that is taken; the published one has 21 characters.
const MAX_LICENCE_KEY: usize = 128;

/// Where requests go.
///
/// `Debug` does not show an address of your own: it is checked only when the configuration is built.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// Hecto's live API, [`PRODUCTION_URL`].
    Production,
    /// Hecto's test API, [`SANDBOX_URL`].
    Sandbox,
    /// An address of your own, scheme and host: a simulator, a proxy. Off loopback it must be allowed by name
    /// ([`ConfigBuilder::allow_custom_host`]), because it will see the accounts of buyers.
    Custom(String),
}

impl Endpoint {
    /// Whether it is the live API, under whatever name. An address that cannot be read is none.
    fn is_live(&self) -> bool {
        let live = host(PRODUCTION_URL);
        match self {
            Self::Production => true,
            Self::Sandbox => false,
            Self::Custom(url) => host(url).is_some_and(|host| Some(host) == live),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Production => f.write_str("Production"),
            Self::Sandbox => f.write_str("Sandbox"),
            Self::Custom(_) => f.write_str("Custom(..)"),
        }
    }
}

/// The host of an address, as it is compared: lower case, without the root's dot.
fn host(url: &str) -> Option<String> {
    // what a request would be sent to, where requests can be sent at all
    #[cfg(feature = "client")]
    let host = pg_core::BaseUrl::custom(url, true).ok()?.host().to_owned();
    #[cfg(not(feature = "client"))]
    let host = {
        let (_, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase()
    };
    Some(host.trim_end_matches('.').to_owned())
}

/// What to do in the flat form with an amount that may have been cancelled from the payment before, when a
/// [`CancelOrder`](pg_core::CancelOrder) is sent; a request of this crate names it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EqualAmounts {
    /// Refuse it before sending: the gateway may take it for a repeat and refund nothing.
    #[default]
    Refuse,
    /// Send it. Choose it only if Hecto confirmed that it executes an identical request again.
    Send,
}

/// The merchant's credentials: which values there are, and so which wire form.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) mid: String,
    pub(crate) licence_key: Secret,
    pub(crate) aes: Option<Aes>,
}

/// The AES key as text (for scrubbing echoes) and with its schedule.
#[derive(Debug, Clone)]
pub(crate) struct Aes {
    pub(crate) text: Secret,
    pub(crate) key: AesKey,
}

/// Time limits and certificates of the default transport.
#[derive(Clone)]
#[cfg_attr(not(any(feature = "reqwest", feature = "witness")), allow(dead_code))]
pub(crate) struct TransportSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) proxy: Option<String>,
    pub(crate) extra_roots: Vec<Vec<u8>>,
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub(crate) reuse: pg_core::ConnectionReuse,
}

/// Everything a client needs, checked. One `Config` is for one MID: a cancel must carry the MID of the
/// payment.
///
/// `Debug` shows no key and no proxy.
#[derive(Clone)]
pub struct Config {
    pub(crate) credentials: Credentials,
    pub(crate) endpoint: Endpoint,
    #[cfg_attr(not(feature = "client"), allow(dead_code))]
    pub(crate) allow_custom_host: bool,
    pub(crate) equal_amounts: EqualAmounts,
    #[cfg_attr(not(any(feature = "reqwest", feature = "witness")), allow(dead_code))]
    pub(crate) transport: TransportSettings,
}

impl Config {
    /// Begins a configuration for the standard form: MID (at most 12 characters), licence key, AES key (32).
    pub fn standard(
        mid: impl Into<String>,
        licence_key: impl Into<String>,
        aes_key: impl Into<String>,
    ) -> ConfigBuilder {
        ConfigBuilder::new(mid.into(), licence_key.into(), Some(aes_key.into()))
    }

    /// Begins a configuration for the flat form: MID (at most 12 characters) and licence key.
    ///
    /// The flat form stands on a developer-site prototype alone; no published specification, SDK or client
    /// uses it.
    pub fn flat(mid: impl Into<String>, licence_key: impl Into<String>) -> ConfigBuilder {
        ConfigBuilder::new(mid.into(), licence_key.into(), None)
    }

    /// The wire form.
    #[must_use]
    pub const fn form(&self) -> Form {
        if self.credentials.aes.is_some() { Form::Standard } else { Form::Flat }
    }

    /// The MID (`mchtId`).
    #[must_use]
    pub fn mid(&self) -> &str {
        &self.credentials.mid
    }

    /// Where requests go.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What is done in the flat form with an amount that may have been cancelled before.
    #[must_use]
    pub const fn equal_amounts(&self) -> EqualAmounts {
        self.equal_amounts
    }

    /// The checked base address.
    #[cfg(feature = "client")]
    pub(crate) fn base_url(&self) -> Result<pg_core::BaseUrl, Invalid> {
        match &self.endpoint {
            Endpoint::Production => pg_core::BaseUrl::official(PRODUCTION_URL),
            Endpoint::Sandbox => pg_core::BaseUrl::official(SANDBOX_URL),
            Endpoint::Custom(url) => pg_core::BaseUrl::custom(url, self.allow_custom_host),
        }
    }

    /// How the transports of `pg_core` are to connect.
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub(crate) fn transport_options(&self) -> pg_core::TransportOptions {
        let settings = &self.transport;
        let mut options = pg_core::TransportOptions::new(settings.total_timeout)
            .connect_timeout(settings.connect_timeout)
            .connection_reuse(settings.reuse);
        if let Some(proxy) = &settings.proxy {
            options = options.proxy(proxy.clone());
        }
        for pem in &settings.extra_roots {
            options = options.extra_root_certificates(pem.clone());
        }
        options
    }

    /// Values that a gateway's echo must not carry on.
    pub(crate) fn sensitive_values(&self) -> Vec<&str> {
        let mut values = vec![self.credentials.licence_key.expose()];
        values.extend(self.credentials.aes.as_ref().map(|aes| aes.text.expose()));
        values
    }
}

impl Credentials {
    pub(crate) fn aes_key(&self) -> Option<&AesKey> {
        self.aes.as_ref().map(|aes| &aes.key)
    }

    fn new(mid: &str, licence_key: &str, aes_key: Option<&str>) -> Result<Self, Invalid> {
        identifier("mid", mid, MAX_MID)?;
        let licence_key = Secret::new("licence_key", licence_key, MAX_LICENCE_KEY)?;
        let aes = match aes_key {
            None => None,
            Some(text) => Some(Aes {
                key: AesKey::new(text)?,
                text: Secret::new("aes_key", text, crate::aes::KEY_LENGTH)?,
            }),
        };
        Ok(Self { mid: mid.to_owned(), licence_key, aes })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("form", &self.form())
            .field("mid", &self.credentials.mid)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_from_the_credentials() {
        let standard = Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY)
            .endpoint(Endpoint::Sandbox)
            .build()
            .unwrap();
        assert_eq!(standard.form(), Form::Standard);
        let flat =
            Config::flat("nxca_jt_il", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap();
        assert_eq!(flat.form(), Form::Flat);
    }

    #[test]
    fn refusals_name_the_field() {
        let standard = |mid: &str, key: &str, aes: &str| {
            Config::standard(mid, key, aes).endpoint(Endpoint::Sandbox).build().unwrap_err().field()
        };
        assert_eq!(standard("", "k", SANDBOX_AES_KEY), "mid");
        assert_eq!(standard("1234567890123", "k", SANDBOX_AES_KEY), "mid");
        assert_eq!(standard("m", "", SANDBOX_AES_KEY), "licence_key");
        assert_eq!(standard("m", "k", "short"), "aes_key");
        assert_eq!(Config::flat("m", "k").build().unwrap_err().field(), "endpoint");
        let live = Config::flat("m", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Production).build();
        assert_eq!(live.unwrap_err().field(), "licence_key");
    }

    #[test]
    fn the_published_keys_never_reach_the_live_host() {
        let custom = |url: &str| Endpoint::Custom(url.to_owned());
        for endpoint in [
            Endpoint::Production,
            custom(PRODUCTION_URL),
            custom("https://GW.settlebank.co.kr/"),
            custom("https://gw.settlebank.co.kr.:443"),
        ] {
            let field = |key: &str, aes: &str| {
                let builder = Config::standard("m", key, aes).endpoint(endpoint.clone());
                builder.allow_custom_host(true).build().map_err(|error| error.field())
            };
            let own = "x".repeat(crate::aes::KEY_LENGTH);
            assert_eq!(field(SANDBOX_LICENCE_KEY, &own).unwrap_err(), "licence_key", "{endpoint:?}");
            assert_eq!(field("own", SANDBOX_AES_KEY).unwrap_err(), "aes_key", "{endpoint:?}");
            assert!(field("own", &own).is_ok(), "{endpoint:?}");
        }
        for endpoint in [Endpoint::Sandbox, custom("http://127.0.0.1:9")] {
            let builder = Config::standard("m", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY).endpoint(endpoint);
            assert!(builder.build().is_ok());
        }
    }

    #[test]
    fn debug_shows_no_key_and_no_proxy() {
        let builder = Config::standard("m", "LICENCE-CANARY", "AES-CANARY-678901234567890123456")
            .endpoint(Endpoint::Sandbox)
            .proxy("http://user:PROXY-CANARY@proxy.example");
        let custom =
            builder.clone().endpoint(Endpoint::Custom("https://user:URL-CANARY@proxy.example".into()));
        let shown = format!("{builder:?} {:?} {custom:?}", builder.clone().build());
        assert!(!shown.contains("CANARY"), "{shown}");
    }
}
