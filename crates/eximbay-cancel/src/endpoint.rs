//! Which of Eximbay's hosts.

use std::fmt;

use pg_core::Invalid;

/// Base URL of the live host.
pub const LIVE_BASE_URL: &str = "https://api.eximbay.com";
/// Base URL of the test host.
pub const TEST_BASE_URL: &str = "https://api-test.eximbay.com";

/// Where requests go.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `https://api.eximbay.com`
    Production,
    /// `https://api-test.eximbay.com`: Eximbay's own test host. Its published key is shared by everybody.
    Sandbox,
    /// A base URL of your own (a proxy, a simulator): scheme, host and port. `https` only, but for loopback
    /// addresses written as numbers; any other host than Eximbay's must be allowed by name
    /// ([`ConfigBuilder::allow_custom_host`](crate::ConfigBuilder::allow_custom_host)), because it will see the key.
    Custom(String),
}

/// What a key or a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Live,
    Test,
}

impl Side {
    /// By the key's prefix, `live_` or `test_`; other keys tell nothing.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        if key.starts_with("live_") {
            Some(Self::Live)
        } else if key.starts_with("test_") {
            Some(Self::Test)
        } else {
            None
        }
    }

    /// By the host; others than Eximbay's tell nothing.
    fn of_host(host: &str) -> Option<Self> {
        match host.trim_end_matches('.').to_ascii_lowercase().as_str() {
            "api.eximbay.com" => Some(Self::Live),
            "api-test.eximbay.com" => Some(Self::Test),
            _ => None,
        }
    }
}

impl Endpoint {
    /// The endpoint that a key belongs to by its prefix.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Side::of_key(key).map(|side| match side {
            Side::Live => Self::Production,
            Side::Test => Self::Sandbox,
        })
    }

    /// The base URL as text.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Production => LIVE_BASE_URL,
            Self::Sandbox => TEST_BASE_URL,
            Self::Custom(url) => url,
        }
    }

    /// Refuses a test key on the live host and a live key on the test host.
    pub(crate) fn check_key(&self, key: &str) -> Result<(), Invalid> {
        check_sides(Side::of_key(key), Side::of_host(host_in(self.url())))
    }

    /// The checked base URL.
    #[cfg(feature = "client")]
    pub(crate) fn base_url(&self, key: &str, allow_custom_host: bool) -> Result<pg_core::BaseUrl, Invalid> {
        // read with permission first: what host is meant is known only after parsing
        let base = pg_core::BaseUrl::custom(self.url(), true)?;
        let side = Side::of_host(base.host());
        check_sides(Side::of_key(key), side)?;
        if side.is_some() { Ok(base) } else { pg_core::BaseUrl::custom(self.url(), allow_custom_host) }
    }
}

fn check_sides(key: Option<Side>, host: Option<Side>) -> Result<(), Invalid> {
    match (key, host) {
        (Some(Side::Test), Some(Side::Live)) => {
            Err(Invalid::new("endpoint", "is the live host, but the api key is a test key"))
        }
        (Some(Side::Live), Some(Side::Test)) => {
            Err(Invalid::new("endpoint", "is the test host, but the api key is a live key"))
        }
        _ => Ok(()),
    }
}

/// The host of a URL by plain text; what it misses is caught when the URL is parsed for the client.
fn host_in(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
            // its text was not checked yet and might hold a password
            Self::Custom(_) => "Custom(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_goes_to_the_other_sides_host() {
        for (key, url, fits) in [
            ("test_1849705C642C217E0B2D", LIVE_BASE_URL, false),
            ("test_1849705C642C217E0B2D", TEST_BASE_URL, true),
            ("live_0000000000AAAAAAAAAA", TEST_BASE_URL, false),
            ("live_0000000000AAAAAAAAAA", LIVE_BASE_URL, true),
            ("test_x", "https://API.Eximbay.com:443/", false),
            ("test_x", "https://api.eximbay.com.", false),
            ("test_x", "https://user@api.eximbay.com", false),
            ("test_x", "http://127.0.0.1:8080", true),
            ("other", LIVE_BASE_URL, true),
        ] {
            let endpoint = Endpoint::Custom(url.to_owned());
            assert_eq!(endpoint.check_key(key).is_ok(), fits, "{key} {url}");
        }
        assert!(Endpoint::Production.check_key("test_x").is_err());
        assert!(Endpoint::Sandbox.check_key("live_x").is_err());
    }

    #[cfg(feature = "client")]
    #[test]
    fn hosts_of_ones_own_are_allowed_by_name() {
        let base = |url: &str, allow| Endpoint::Custom(url.to_owned()).base_url("test_x", allow);
        assert!(base("https://proxy.example", false).is_err());
        assert!(base("https://proxy.example", true).is_ok());
        assert!(base("http://127.0.0.1:9", false).is_ok());
        assert!(base(TEST_BASE_URL, false).is_ok());
        for bad in
            ["https://api。eximbay。com", "https://api.eximbay.com", "http://api-test.eximbay.com", "", "x"]
        {
            assert!(base(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_url() {
        let shown = format!("{:?}", Endpoint::Custom("https://user:CANARY@host".to_owned()));
        assert!(!shown.contains("CANARY"));
    }
}
