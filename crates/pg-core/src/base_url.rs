//! Where a gateway is.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::error::Invalid;

/// Scheme, host and port of a gateway: checked once, when the client is built.
///
/// `https` only, unless the host is a loopback address written as a number (`127.0.0.1`, `[::1]`); no user, path,
/// query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// A gateway's own, published address.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`.
    pub fn official(text: &str) -> Result<Self, Invalid> {
        Self::check(text)
    }

    /// An address of your own: a proxy, a simulator. Off loopback it must be allowed by name, because it will see
    /// the keys.
    ///
    /// # Errors
    /// [`Invalid`] naming `base_url`.
    pub fn custom(text: &str, allow_custom_host: bool) -> Result<Self, Invalid> {
        let base = Self::check(text)?;
        if base.is_loopback() || allow_custom_host {
            return Ok(base);
        }
        Err(Invalid::new("base_url", "is not one of the gateway's hosts; allow it explicitly if it is meant"))
    }

    fn check(text: &str) -> Result<Self, Invalid> {
        let invalid = |reason: &'static str| Invalid::new("base_url", reason);
        let url = Url::parse(text).map_err(|_| invalid("must be an absolute url such as https://host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must not contain a user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not contain a query or fragment"));
        }
        if url.path() != "/" {
            return Err(invalid("must not contain a path"));
        }
        let base = Self(url);
        match base.0.scheme() {
            "https" => Ok(base),
            "http" if base.is_loopback() => Ok(base),
            "http" => Err(invalid("must be https (http only to a loopback address such as 127.0.0.1)")),
            _ => Err(invalid("must be https")),
        }
    }

    /// Whether the host is a loopback address, written as a number.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(_)) | None => false,
        }
    }

    /// The host, for comparing with a gateway's own.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Who answers there, for telling one service from another: the host, and the port where it is not the scheme's own.
    /// On loopback the host alone: a simulator has another port at every start.
    #[must_use]
    pub fn service(&self) -> &str {
        if self.is_loopback() { self.host() } else { self.0.authority() }
    }

    /// The whole URL of a target (absolute path with query).
    ///
    /// # Errors
    /// [`Invalid`] when the target would lead to another host or another path than it spells.
    pub fn join(&self, target: &str) -> Result<Url, Invalid> {
        let invalid = || Invalid::new("target", "must be an absolute path on the gateway's host");
        if !target.starts_with('/') || target.starts_with("//") || target.contains(['\\', '#']) {
            return Err(invalid());
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let spells = |url: &Url| url.path() == path && url.query() == query;
        if is_plain_target(target) {
            // many times quicker than reading the whole again, and host and port stay what they are
            let mut url = self.0.clone();
            url.set_path(path);
            url.set_query(query);
            if spells(&url) {
                return Ok(url);
            }
        }
        let url = self.0.join(target).map_err(|_| invalid())?;
        if url.origin() == self.0.origin() && spells(&url) { Ok(url) } else { Err(invalid()) }
    }
}

#[cfg(feature = "witness")]
impl BaseUrl {
    /// Whether it is `https`; what is not is loopback.
    pub(crate) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Host and port to connect to.
    pub(crate) fn host_and_port(&self) -> Option<(Host<&str>, u16)> {
        self.0.host().zip(self.0.port_or_known_default())
    }

    /// The value of the `Host` header: the port only where it is not the scheme's own.
    pub(crate) fn host_header(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Whether [`join`](Self::join) would take the target, mostly without making the URL.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub(crate) fn check_target(&self, target: &str) -> Result<(), Invalid> {
        if is_plain_target(target) { Ok(()) } else { self.join(target).map(|_| ()) }
    }
}

/// Whether a target is made of what no URL parser changes: no segment that begins with a dot, no encoded dot, no empty
/// first segment, no character out of place.
fn is_plain_target(target: &str) -> bool {
    let mut before = [0_u8; 2];
    for (index, byte) in target.bytes().enumerate() {
        let fits = match byte {
            b'/' => index != 1,
            b'.' => before[1] != b'/',
            b'e' | b'E' => before != *b"%2",
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'?' | b'=' | b'&' | b'%'),
        };
        if !fits || (index == 0 && byte != b'/') {
            return false;
        }
        before = [before[1], byte];
    }
    !target.is_empty()
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_services_behind_one_host_are_two() {
        for (url, service) in [
            ("https://pay.example", "pay.example"),
            ("HTTPS://Pay.Example:443/", "pay.example"),
            ("https://pay.example:8443", "pay.example:8443"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
            ("http://127.0.0.1:9100", "127.0.0.1"),
            ("http://[::1]:9100", "[::1]"),
        ] {
            assert_eq!(BaseUrl::custom(url, true).unwrap().service(), service);
        }
    }

    #[test]
    fn refuses_what_could_leak_or_mislead() {
        for bad in [
            "http://api.iamport.kr",
            "http://localhost:8080",
            "http://127.0.0.1.evil.example",
            "https://user@api.iamport.kr",
            "https://u:p@api.iamport.kr",
            "https://api.iamport.kr/?x=1",
            "https://api.iamport.kr/#x",
            "https://api.iamport.kr/v2",
            "ftp://api.iamport.kr",
            "api.iamport.kr",
            "",
        ] {
            let error = BaseUrl::custom(bad, true).unwrap_err();
            assert_eq!(error.field(), "base_url", "{bad}");
        }
        assert!(BaseUrl::custom("https://proxy.example", false).is_err());
        for good in
            ["https://proxy.example", "https://proxy.example:8443/", "http://127.0.0.1:9", "http://[::1]:9"]
        {
            assert!(BaseUrl::custom(good, true).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_target_stays_where_it_says() {
        let base = BaseUrl::official("https://api.iamport.kr").unwrap();
        assert_eq!(
            base.join("/payments/imp_1?x=1").unwrap().as_str(),
            "https://api.iamport.kr/payments/imp_1?x=1"
        );
        for bad in [
            "",
            "payments",
            "//evil.example/",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a\\b",
            "/a#b",
            "/a b",
            "https://evil.example/",
        ] {
            assert!(base.join(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_taken_unread_would_be_taken_read() {
        let base = BaseUrl::official("https://api.iamport.kr").unwrap();
        let alphabet =
            ["/", ".", "%2e", "%2E", "%2", "e", "a", "?", "=", "&", "%", "\\", "#", " ", "가", ":", "@"];
        let mut taken = 0;
        for first in alphabet {
            for second in alphabet {
                for third in alphabet {
                    for fourth in alphabet {
                        let target = format!("/{first}{second}{third}{fourth}");
                        if is_plain_target(&target) {
                            taken += 1;
                            assert_eq!(base.join(&target), Ok(base.0.join(&target).unwrap()), "{target}");
                        }
                        #[cfg(feature = "witness")]
                        assert_eq!(
                            base.check_target(&target).is_ok(),
                            base.join(&target).is_ok(),
                            "{target}"
                        );
                    }
                }
            }
        }
        assert!(taken > 1_000, "{taken}");
        for plain in ["/payments/cancel", "/payments/imp_1?include_sandbox=true", "/v1/payments/retrieve"] {
            assert!(is_plain_target(plain), "{plain}");
        }
        assert!(!is_plain_target("") && !is_plain_target("payments"));
    }

    #[test]
    fn every_base_keeps_its_host_and_port() {
        for text in
            ["https://proxy.example:8443", "http://127.0.0.1:9", "http://[::1]:9", "https://api.iamport.kr/"]
        {
            let base = BaseUrl::custom(text, true).unwrap();
            for target in [
                "/",
                "/payments/cancel",
                "/payments/imp_1?include_sandbox=true",
                "/a?",
                "/a?b?c",
                "/a%5B%5D=%EC",
            ] {
                let (quick, read) = (base.join(target).unwrap(), base.0.join(target).unwrap());
                assert_eq!((quick.as_str(), quick.origin()), (read.as_str(), read.origin()));
            }
        }
    }

    #[cfg(feature = "witness")]
    #[test]
    fn the_host_header_names_an_unusual_port_alone() {
        for (url, header) in [
            ("https://api.iamport.kr", "api.iamport.kr"),
            ("https://proxy.example:443", "proxy.example"),
            ("https://proxy.example:8443", "proxy.example:8443"),
            ("http://[::1]:9", "[::1]:9"),
            ("http://127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(BaseUrl::custom(url, true).unwrap().host_header(), header);
        }
    }
}
