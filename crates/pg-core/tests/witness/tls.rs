//! Over TLS: what fails before the request is encrypted was not sent; sessions are resumed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pg_cancel_core::{
    BaseUrl, ConnectionReuse, TransportErrorKind as Kind, TransportOptions, WitnessTransport,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::Acceptor;
use rustls::{HandshakeKind, ProtocolVersion, ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use crate::server::{FOREVER, Log, answer, maybe_sent, not_sent, options, reset, send, serve, with_tls};

type Handshakes = Arc<Mutex<Vec<(Option<HandshakeKind>, Option<ProtocolVersion>)>>>;

/// A certificate authority and a server's settings for 127.0.0.1.
fn settings(name: &str, versions: &[&'static SupportedProtocolVersion]) -> (String, Arc<ServerConfig>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key)
        .unwrap();
    (ca.pem(), Arc::new(config))
}

/// Answers over TLS, and notes how each handshake was done.
async fn tls_server(config: Arc<ServerConfig>) -> (BaseUrl, Log, Handshakes) {
    let handshakes = Handshakes::default();
    let noted = Arc::clone(&handshakes);
    let (base, log) = serve(move |_, stream, log| {
        let (config, noted) = (Arc::clone(&config), Arc::clone(&noted));
        async move {
            let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await else { return };
            let session = stream.get_ref().1;
            noted.lock().unwrap().push((session.handshake_kind(), session.protocol_version()));
            while log.read(&mut stream).await {
                if stream.write_all(answer("{}").as_bytes()).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (with_tls(&base), log, handshakes)
}

fn trusting(ca: &str, reuse: ConnectionReuse) -> WitnessTransport {
    let options = TransportOptions::new(Duration::from_secs(5)).extra_root_certificates(ca);
    WitnessTransport::new(&options.connection_reuse(reuse)).unwrap()
}

#[tokio::test]
async fn sessions_are_resumed_and_connections_kept() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let (ca, config) = settings("127.0.0.1", &[version]);
        let (base, log, handshakes) = tls_server(config).await;
        let alone = trusting(&ca, ConnectionReuse::Never);
        for _ in 0..4 {
            assert_eq!(send(&alone, &base).await.unwrap().body(), b"{}");
        }
        let noted = handshakes.lock().unwrap().clone();
        println!("{:?}: {noted:?}", version.version);
        assert_eq!(noted[0], (Some(HandshakeKind::Full), Some(version.version)));
        assert!(noted[1..].iter().all(|(kind, _)| *kind == Some(HandshakeKind::Resumed)), "{noted:?}");
        let keeping = trusting(&ca, ConnectionReuse::WhileFresh);
        for _ in 0..20 {
            send(&keeping, &base).await.unwrap();
        }
        assert_eq!((log.connections(), log.requests().len()), (5, 24));
    }
}

#[tokio::test]
async fn another_authority_or_another_name_is_not_sent() {
    let (_, config) = settings("127.0.0.1", &[&rustls::version::TLS13]);
    let (base, log, _) = tls_server(config).await;
    let stranger = WitnessTransport::new(&options()).unwrap();
    not_sent(send(&stranger, &base).await, Kind::Tls);
    let (ca, config) = settings("other.example", &[&rustls::version::TLS13]);
    let (other, other_log, _) = tls_server(config).await;
    not_sent(send(&trusting(&ca, ConnectionReuse::Never), &other).await, Kind::Tls);
    assert!(log.requests().is_empty() && other_log.requests().is_empty());
}

#[tokio::test]
async fn a_handshake_that_fails_or_stalls_is_not_sent() {
    let transport = WitnessTransport::new(&options()).unwrap();
    // never read
    let (base, _) = serve(|_, stream, _| async move {
        tokio::time::sleep(FOREVER).await;
        drop(stream);
    })
    .await;
    not_sent(send(&transport, &with_tls(&base)).await, Kind::Tls);
    // no TLS at all
    let (base, _) = serve(|_, mut stream, _| async move {
        let _ = stream.write_all(answer("{}").as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await;
    not_sent(send(&transport, &with_tls(&base)).await, Kind::Tls);
    for closes_by_reset in [true, false] {
        let (base, _) = serve(move |_, stream, _| async move {
            if closes_by_reset {
                reset(stream);
            }
        })
        .await;
        for _ in 0..10 {
            let error = send(&transport, &with_tls(&base)).await.unwrap_err();
            assert_eq!(error.sent(), pg_cancel_core::Sent::No, "{error:?}");
        }
    }
    // half a handshake
    let (ca, config) = settings("127.0.0.1", &[&rustls::version::TLS13]);
    let (base, _) = serve(move |_, stream, _| {
        let config = Arc::clone(&config);
        async move {
            let mut acceptor = Acceptor::default();
            let mut stream = stream.into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            tokio::task::spawn_blocking(move || {
                let accepted = loop {
                    acceptor.read_tls(&mut stream).unwrap();
                    if let Some(accepted) = acceptor.accept().map_err(|(error, _)| error).unwrap() {
                        break accepted;
                    }
                };
                let mut session = accepted.into_connection(config).map_err(|(error, _)| error).unwrap();
                let mut flight = Vec::new();
                session.write_tls(&mut flight).unwrap();
                std::io::Write::write_all(&mut stream, &flight[..flight.len() / 2]).unwrap();
                std::thread::sleep(Duration::from_secs(1));
            })
            .await
            .unwrap();
        }
    })
    .await;
    let transport = WitnessTransport::new(&options().extra_root_certificates(ca)).unwrap();
    not_sent(send(&transport, &with_tls(&base)).await, Kind::Tls);
}

#[tokio::test]
async fn after_the_handshake_it_may_have_been_sent() {
    let (ca, config) = settings("127.0.0.1", &[&rustls::version::TLS13, &rustls::version::TLS12]);
    let (base, log) = serve(move |number, stream, log| {
        let config = Arc::clone(&config);
        async move {
            let mut stream = TlsAcceptor::from(config).accept(stream).await.unwrap();
            log.read(&mut stream).await;
            if number == 0 {
                reset(stream.into_inner().0);
            } else {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{").await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await;
    let transport = trusting(&ca, ConnectionReuse::WhileFresh);
    maybe_sent(send(&transport, &with_tls(&base)).await, Kind::Connection);
    maybe_sent(send(&transport, &with_tls(&base)).await, Kind::Body);
    assert_eq!(log.requests().len(), 2);
}
