//! From a name to a connection, each phase with a time limit of its own. Nothing of a request exists here yet, so
//! whatever fails was not sent.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::Host;

use super::exchange::Link;
use super::socket::{Meter, Socket, Stream, Wire};
use crate::base_url::BaseUrl;
use crate::transport::{Sent, TransportError, TransportErrorKind};

/// Time limits and TLS settings of every connection.
pub(super) struct Connector {
    pub(super) resolve: Duration,
    pub(super) connect: Duration,
    pub(super) tls: Duration,
    pub(super) config: TlsConnector,
}

/// Where a base URL leads: read from it once.
pub(super) struct Destination {
    host: Target,
    port: u16,
    /// With TLS, the name that the certificate must carry.
    server_name: Option<ServerName<'static>>,
}

enum Target {
    Address(IpAddr),
    Name(String),
}

impl Destination {
    /// Nothing where the host is no name that TLS could check.
    pub(super) fn of(base: &BaseUrl) -> Option<Self> {
        let (host, port) = base.host_and_port()?;
        let host = match host {
            Host::Domain(name) => Target::Name(name.to_owned()),
            Host::Ipv4(ip) => Target::Address(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Target::Address(IpAddr::V6(ip)),
        };
        let server_name = match (&host, base.is_tls()) {
            (_, false) => None,
            (Target::Address(ip), true) => Some(ServerName::IpAddress((*ip).into())),
            (Target::Name(name), true) => Some(ServerName::try_from(name.clone()).ok()?),
        };
        Some(Self { host, port, server_name })
    }
}

/// The end of a phase that began now, never after the exchange's own end.
fn end_of(phase: Duration, end: Instant) -> Instant {
    Instant::now().checked_add(phase).map_or(end, |limit| limit.min(end))
}

impl Connector {
    /// Resolves, connects and shakes hands, all before `end`.
    pub(super) async fn open(
        &self,
        destination: &Destination,
        end: Instant,
    ) -> Result<Box<Link>, TransportError> {
        let addresses = self.addresses(destination, end).await?;
        let tcp = self.connect(&addresses, end).await?;
        let meter = Arc::new(Meter::default());
        let socket = Socket::new(tcp, Arc::clone(&meter));
        let stream = match &destination.server_name {
            None => Stream::Plain(socket),
            Some(name) => {
                let handshake = self.config.connect(name.clone(), socket);
                match timeout_at(end_of(self.tls, end), handshake).await {
                    Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                    Ok(Err(error)) => return Err(failed(TransportErrorKind::Tls, error)),
                    Err(_) => return Err(too_late(TransportErrorKind::Tls)),
                }
            }
        };
        Link::new(Wire::new(stream, Arc::clone(&meter)), meter).await
    }

    async fn addresses(
        &self,
        destination: &Destination,
        end: Instant,
    ) -> Result<Vec<SocketAddr>, TransportError> {
        let name = match &destination.host {
            Target::Address(ip) => return Ok(vec![SocketAddr::new(*ip, destination.port)]),
            Target::Name(name) => name.as_str(),
        };
        let look_up = lookup_host((name, destination.port));
        match timeout_at(end_of(self.resolve, end), look_up).await {
            Ok(Ok(found)) => Ok(found.collect()),
            Ok(Err(error)) => Err(failed(TransportErrorKind::Resolve, error)),
            Err(_) => Err(too_late(TransportErrorKind::Resolve)),
        }
    }

    /// Tries one address after the other; each may take its share of the time that is left.
    async fn connect(&self, addresses: &[SocketAddr], end: Instant) -> Result<TcpStream, TransportError> {
        let end = end_of(self.connect, end);
        let mut last = TransportError::new(Sent::No, TransportErrorKind::Resolve);
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        for address in addresses {
            let time = end.saturating_duration_since(Instant::now());
            let share = time.checked_div(left).unwrap_or(time);
            left = left.saturating_sub(1);
            let connected = match timeout_at(end_of(share, end), TcpStream::connect(address)).await {
                Ok(connected) => connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            match connected {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = failed(TransportErrorKind::Connect, error),
            }
        }
        Err(last)
    }
}

fn failed(kind: TransportErrorKind, error: io::Error) -> TransportError {
    TransportError::new(Sent::No, kind).with_source(error)
}

fn too_late(kind: TransportErrorKind) -> TransportError {
    failed(kind, io::ErrorKind::TimedOut.into())
}
