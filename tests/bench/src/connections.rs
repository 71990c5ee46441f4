//! What a connection costs: kept or made anew, over TLS or not; and the race with a server that closes what lies idle.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chaiport_cancel::{ChaiportClient, Config, Endpoint};
use clap::ValueEnum;
use pg_core::{CancelError, CancelState, ConnectionReuse};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsAcceptor;

use crate::measure::{Measured, Plan, run};
use crate::ours::{Ours, chaiport_request};

/// Over which transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Over {
    /// The default one.
    Reqwest,
    /// The one on hyper's connection.
    Witness,
}

/// What the mock remembers of a TLS session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sessions {
    /// Nothing: every handshake is a full one.
    Forgotten,
    /// Enough to resume it.
    Resumed,
}

/// How the client connects.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The authority that the mock's certificate is of; plain HTTP without.
    pub trust: Option<String>,
    /// Whether connections are kept.
    pub reuse: ConnectionReuse,
}

fn client(over: Over, port: u16, connect: Connect) -> Result<ChaiportClient, pg_core::Invalid> {
    let scheme = if connect.trust.is_some() { "https" } else { "http" };
    let mut config = Config::builder("1111111111111111", "bench-secret-0123456789")
        .endpoint(Endpoint::Custom(format!("{scheme}://127.0.0.1:{port}")))
        .connection_reuse(connect.reuse);
    if let Some(pem) = connect.trust {
        config = config.extra_root_certificates(pem);
    }
    match over {
        Over::Reqwest => ChaiportClient::new(config.build()?),
        Over::Witness => ChaiportClient::witness(config.build()?),
    }
}

/// Runs cancels over connections as told.
///
/// # Errors
/// The first failure of any cancel.
pub async fn measure(over: Over, port: u16, connect: Connect, plan: Plan) -> Result<Measured, String> {
    run(Ours::Chaiport(client(over, port, connect).map_err(|error| error.to_string())?), plan, None).await
}

/// What the cancels of a race ended as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Raced {
    /// Done.
    pub completed: u64,
    /// Proven not to have been sent.
    pub not_sent: u64,
    /// To be looked up: the request may have arrived.
    pub unknown: u64,
}

/// One cancel after another, each sent about when the server, which closes after `idle`, is closing.
///
/// # Errors
/// When a cancel ends as anything that a lost connection cannot be.
pub async fn race(
    over: Over,
    port: u16,
    connect: Connect,
    trials: u64,
    idle: Duration,
) -> Result<Raced, String> {
    const AROUND: u64 = 3_000;
    let client = client(over, port, connect).map_err(|error| error.to_string())?;
    let mut raced = Raced::default();
    for number in 0..trials {
        let request = chaiport_request(number).map_err(|error| error.to_string())?;
        match client.cancel(&request).await {
            Ok(done) if done.state() == CancelState::Completed => raced.completed += 1,
            Err(CancelError::NotSent(_)) => raced.not_sent += 1,
            Err(CancelError::Unknown(_)) => raced.unknown += 1,
            Ok(other) => return Err(format!("it ended as {}", other.state().label())),
            Err(error) => return Err(error.to_string()),
        }
        // from a millisecond before to two after, evenly; the runtime goes on meanwhile and would see the close
        let pause = idle + Duration::from_micros(number * 7_919 % AROUND) - Duration::from_millis(1);
        let begun = Instant::now();
        while begun.elapsed() < pause {
            tokio::task::yield_now().await;
        }
    }
    Ok(raced)
}

/// TLS for `127.0.0.1`, and the authority to trust, as PEM.
///
/// # Errors
/// When no certificate can be made.
pub fn tls(sessions: Sessions) -> Result<(TlsAcceptor, String), Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    if sessions == Sessions::Forgotten {
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok((TlsAcceptor::from(Arc::new(config)), authority.pem()))
}
