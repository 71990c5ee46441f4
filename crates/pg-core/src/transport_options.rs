//! How a transport connects, how long it waits, how much it reads.

use std::fmt;
use std::time::Duration;

/// Largest answer that is read; the gateways' largest are a few kilobytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// Most bytes of header names and values that are taken; more than 100 lines are not.
pub const MAX_HEADERS: usize = 64 * 1024;
/// How long a connection may lie idle and still be used again.
pub(crate) const FRESH: Duration = Duration::from_secs(2);

/// Whether a connection is used for more than one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ConnectionReuse {
    /// While it has lain idle for at most two seconds: bulk work keeps its connections, a lone cancel has its own.
    #[default]
    WhileFresh,
    /// Never: a new connection for every request. Slower; no race with a server that is just closing.
    Never,
}

/// How a transport connects. `Debug` tells only whether there is a proxy: its URL may hold a password.
///
/// Time limits, each counted from the start of its phase; none outlasts the total one:
///
/// | phase | default | `WitnessTransport` | `ReqwestTransport` |
/// |---|---|---|---|
/// | resolving the host's name | 3 s | its own | part of the connect limit |
/// | connecting, all addresses together | 5 s | its own | resolving, connecting and TLS together |
/// | TLS handshake | 5 s | its own | part of the connect limit |
/// | writing the request | 10 s | its own | part of the total limit |
/// | the whole exchange, answer and body included | as given | yes | yes |
#[derive(Clone)]
#[must_use]
pub struct TransportOptions {
    pub(crate) resolve_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) tls_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) reuse: ConnectionReuse,
    pub(crate) proxy: Option<String>,
    pub(crate) extra_roots_pem: Vec<Vec<u8>>,
}

impl fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportOptions")
            .field("resolve_timeout", &self.resolve_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("tls_timeout", &self.tls_timeout)
            .field("write_timeout", &self.write_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("reuse", &self.reuse)
            .field("has_proxy", &self.proxy.is_some())
            .field("extra_roots", &self.extra_roots_pem.len())
            .finish()
    }
}

impl TransportOptions {
    /// Options with a total time limit; the phases have the limits of the table above.
    pub const fn new(total_timeout: Duration) -> Self {
        Self {
            resolve_timeout: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(5),
            tls_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            total_timeout,
            reuse: ConnectionReuse::WhileFresh,
            proxy: None,
            extra_roots_pem: Vec::new(),
        }
    }

    /// Sets the time limit for resolving the host's name. `ReqwestTransport` has none of its own.
    pub const fn resolve_timeout(mut self, limit: Duration) -> Self {
        self.resolve_timeout = limit;
        self
    }

    /// Sets the time limit for connecting; for `ReqwestTransport`, of resolving, connecting and the TLS handshake
    /// together.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the time limit for the TLS handshake. `ReqwestTransport` has none of its own.
    pub const fn tls_timeout(mut self, limit: Duration) -> Self {
        self.tls_timeout = limit;
        self
    }

    /// Sets the time limit for handing the request to the socket. `ReqwestTransport` has none of its own.
    pub const fn write_timeout(mut self, limit: Duration) -> Self {
        self.write_timeout = limit;
        self
    }

    /// Sets the time limit for the whole exchange. Too short a limit turns cancels that happened into `Unknown`.
    pub const fn total_timeout(mut self, limit: Duration) -> Self {
        self.total_timeout = limit;
        self
    }

    /// Sets whether connections are reused.
    pub const fn connection_reuse(mut self, reuse: ConnectionReuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Sends everything through an HTTP proxy, an `http` or `https` URL. The environment's proxy settings are never used.
    /// `WitnessTransport` has no proxies and refuses the option.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts further certificate authorities (PEM), beside the web's: a company proxy, a simulator's test CA.
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots_pem.push(pem.into());
        self
    }
}
