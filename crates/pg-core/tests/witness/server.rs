//! Servers written by hand, and what they saw.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pg_cancel_core::wire::{HeaderText, WireRequest, WireResponse};
use pg_cancel_core::{
    BaseUrl, ConnectionReuse, Secret, Sent, Transport as _, TransportError, TransportErrorKind,
    TransportOptions, WitnessTransport,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any time limit of these tests.
pub const FOREVER: Duration = Duration::from_secs(60);

/// What a server saw.
#[derive(Clone, Default)]
pub struct Log {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Log {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Every request of which at least a byte came, whole or not.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Reads one request to its end; `false` at the end of the connection.
    pub async fn read<S: AsyncRead + Unpin>(&self, stream: &mut S) -> bool {
        let mut all = Vec::new();
        let mut place = None;
        loop {
            let mut piece = [0; 4096];
            let Ok(count @ 1..) = stream.read(&mut piece).await else { return false };
            all.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&all).into_owned();
            {
                let mut requests = self.requests.lock().unwrap();
                let place = *place.get_or_insert(requests.len());
                requests.truncate(place);
                requests.push(text.clone());
            }
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return true;
                }
            }
        }
    }
}

/// Starts a server whose connections, counted from 0, are each given to `handle`.
pub async fn serve<F, W>(handle: F) -> (BaseUrl, Log)
where
    F: Fn(usize, TcpStream, Log) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log = Log::default();
    let seen = log.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = seen.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(handle(number, stream, seen.clone()));
        }
    });
    (BaseUrl::custom(&url, false).unwrap(), log)
}

/// The same address, asked for by TLS.
pub fn with_tls(base: &BaseUrl) -> BaseUrl {
    BaseUrl::custom(&base.to_string().replacen("http://", "https://", 1), false).unwrap()
}

pub fn answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Every connection: one request read, these bytes back, and the connection is closed.
pub async fn says(bytes: impl Into<Vec<u8>>) -> (BaseUrl, Log) {
    let bytes: Vec<u8> = bytes.into();
    serve(move |_, mut stream, log| {
        let bytes = bytes.clone();
        async move {
            if log.read(&mut stream).await {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await
}

/// Closes by a reset.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

pub fn options() -> TransportOptions {
    TransportOptions::new(Duration::from_secs(2))
        .connect_timeout(Duration::from_secs(1))
        .tls_timeout(Duration::from_millis(500))
        .write_timeout(Duration::from_millis(500))
}

pub fn transport() -> WitnessTransport {
    WitnessTransport::new(&options()).unwrap()
}

pub fn alone() -> WitnessTransport {
    WitnessTransport::new(&options().connection_reuse(ConnectionReuse::Never)).unwrap()
}

pub fn cancel() -> WireRequest {
    let secret = Secret::new("key", "SECRET-CANARY-123", 40).unwrap();
    WireRequest::post_json("/payments/cancel", "application/json", br#"{"amount":1000}"#.to_vec())
        .with_header("authorization", HeaderText::Secret(secret))
}

pub async fn send(transport: &WitnessTransport, base: &BaseUrl) -> Result<WireResponse, TransportError> {
    let sent = transport.send(base, cancel()).await;
    if let Err(error) = &sent {
        let source = std::error::Error::source(error).map(|source| format!("{source} {source:?}"));
        let shown = format!("{error} {error:?} {}", source.unwrap_or_default());
        assert!(!shown.contains("CANARY") && !shown.contains("/payments"), "{shown}");
    }
    sent
}

/// The request cannot have left.
#[track_caller]
pub fn not_sent(sent: Result<WireResponse, TransportError>, kind: TransportErrorKind) {
    let error = sent.unwrap_err();
    assert_eq!((error.sent(), error.kind()), (Sent::No, kind), "{error:?}");
}

/// The request may have arrived.
#[track_caller]
pub fn maybe_sent(sent: Result<WireResponse, TransportError>, kind: TransportErrorKind) {
    let error = sent.unwrap_err();
    assert_eq!((error.sent(), error.kind()), (Sent::Maybe, kind), "{error:?}");
}
