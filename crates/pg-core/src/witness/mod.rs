//! A transport that counts what leaves, and so can prove that nothing did.

mod connect;
mod exchange;
mod message;
mod pool;
mod socket;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use self::connect::Connector;
use self::exchange::{Answered, Deadlines, Failed};
use self::pool::{Origin, Pool};
use crate::base_url::BaseUrl;
use crate::error::Invalid;
use crate::tls::tls_config;
use crate::transport::{Sent, Transport, TransportError, TransportErrorKind};
use crate::transport_options::{ConnectionReuse, TransportOptions};
use crate::wire::{WireRequest, WireResponse};

/// A [`Transport`] on hyper's HTTP/1 connection and rustls (ring), without reqwest. Cheap to clone; clones share their
/// connections. It runs on tokio alone, with time and I/O enabled.
///
/// What it can prove: a counter below TLS adds up the bytes that the operating system has taken. When an exchange fails, the
/// connection is closed first, with whatever was still held back; if the counter then stands where it stood before
/// the request, no byte of it has left, and the failure is [`Sent::No`]. That covers what reqwest can only call
/// unknown: an idle connection that had died, a reset before the first byte, a socket that takes nothing.
/// The connection is driven by the caller's future and by nobody else, so dropping that future closes it.
///
/// The same rules as `ReqwestTransport`'s: HTTP/1.1, TLS 1.2 or later without early data, the web's root
/// certificates; no redirects, no retries, no decompression, at most 1 MiB of body, 64 KiB and 100 lines of
/// headers. Where it differs:
///
/// * It has a time limit for each phase; see [`TransportOptions`].
/// * A connection is used again at most two seconds after its last answer, and only if nothing has come on it since, the
///   server's goodbye included. If it ends after all before it has taken the request, the request goes out on one
///   new connection: nothing had left, so there is still one copy.
/// * An answer that only the end of the connection ends (neither a length nor chunks) is
///   [`TransportErrorKind::Body`]: it cannot be told from one that was cut.
/// * An answer that comes before the whole request was handed over is [`TransportErrorKind::Connection`]: it cannot be
///   this request's.
/// * There are no proxies.
#[derive(Clone)]
pub struct WitnessTransport {
    shared: Arc<Shared>,
}

struct Shared {
    connector: Connector,
    pool: Pool,
    write: Duration,
    total: Duration,
    reuse: ConnectionReuse,
}

impl WitnessTransport {
    /// Builds the transport.
    ///
    /// # Errors
    /// [`Invalid`] naming `extra_root_certificates`, `proxy` or `transport`.
    pub fn new(options: &TransportOptions) -> Result<Self, Invalid> {
        if options.proxy.is_some() {
            return Err(Invalid::new("proxy", "must not be set: the witness transport has no proxies"));
        }
        let mut config = tls_config(&options.extra_roots_pem)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let connector = Connector {
            resolve: options.resolve_timeout,
            connect: options.connect_timeout,
            tls: options.tls_timeout,
            // one for all connections: it keeps the sessions that are resumed
            config: TlsConnector::from(Arc::new(config)),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                connector,
                pool: Pool::default(),
                write: options.write_timeout,
                total: options.total_timeout,
                reuse: options.reuse,
            }),
        })
    }
}

impl fmt::Debug for WitnessTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WitnessTransport")
    }
}

#[async_trait::async_trait]
impl Transport for WitnessTransport {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let build_failed = || TransportError::new(Sent::No, TransportErrorKind::Build);
        let runtime = Handle::try_current().map_err(|error| build_failed().with_source(error))?;
        base.check_target(request.target()).map_err(|error| build_failed().with_source(error))?;
        let origin = self.shared.pool.origin(base).ok_or_else(build_failed)?;
        let request = message::build(request, &origin.host).ok_or_else(build_failed)?;
        let (response, link) = self.shared.exchange(&origin, request, &runtime).await?;
        if let Some(link) = link {
            origin.put(link, &runtime);
        }
        Ok(response)
    }
}

impl Shared {
    async fn exchange(
        &self,
        origin: &Origin,
        mut request: hyper::Request<message::Once>,
        runtime: &Handle,
    ) -> Result<Answered, TransportError> {
        let end = after(self.total);
        let keep = self.reuse == ConnectionReuse::WhileFresh;
        if keep && let Some(link) = origin.take(runtime.id()).await {
            match link.exchange(request, self.deadlines(end), keep).await {
                Ok(answered) => return Ok(answered),
                // The idle connection ended and gave the request back: nothing of it has left, and nothing can.
                Err(Failed { untouched: Some(untouched), .. }) => request = untouched,
                Err(Failed { error, .. }) => return Err(error),
            }
        }
        let link = self.connector.open(&origin.destination, end).await?;
        link.exchange(request, self.deadlines(end), keep).await.map_err(|failed| failed.error)
    }

    fn deadlines(&self, end: Instant) -> Deadlines {
        Deadlines { write: after(self.write).min(end), total: end }
    }
}

/// A point in time; so far away that it never comes where the clock cannot say it.
fn after(limit: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(86_400 * 365);
    let now = Instant::now();
    now.checked_add(limit).or_else(|| now.checked_add(NEVER)).unwrap_or(now)
}
