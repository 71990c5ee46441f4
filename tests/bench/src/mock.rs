//! The mock gateway: fixed answers, with what a request must find again put in. No HTTP library: it must not be what
//! limits.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Tells how many tokens were given since it was last asked.
pub const TOKENS: &str = "/bench/tokens";

const TOKEN: &str = "/users/getToken";
const CHAIPORT: &str = "/payments/cancel";
const SETTLEBANK: &str = "/spay/APICancel.do";
const TOKEN_ANSWER: &str = r#"{"code":0,"message":null,"response":{"access_token":"a9ace025c90c0da2161075da6ddd3492a2fca776","now":1795315800,"expired_at":1795317600}}"#;

/// An answer in parts: fixed bytes, and names of members of the request.
struct Template(Vec<Part>);

enum Part {
    Fixed(Vec<u8>),
    /// The value of the member, as it stands in the request.
    Echo(Vec<u8>),
    /// The tag at the front of `reason`: `[c:TAG]`.
    Tag,
}

impl Template {
    fn new(text: &str) -> Self {
        // every second piece between the marks is a name
        let parts = text.trim_end().split('~').enumerate().map(|(index, piece)| match (index % 2, piece) {
            (0, _) => Part::Fixed(piece.as_bytes().to_vec()),
            (_, "tag") => Part::Tag,
            (_, name) => Part::Echo(format!("\"{name}\":").into_bytes()),
        });
        Self(parts.collect())
    }

    fn fill(&self, request: &[u8], out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Fixed(bytes) => out.extend_from_slice(bytes),
                Part::Echo(name) => out.extend_from_slice(member(request, name)),
                Part::Tag => {
                    let reason = member(request, b"\"reason\":");
                    let end = reason.iter().position(|byte| *byte == b']').map_or(0, |end| end + 1);
                    out.extend_from_slice(&reason[..end]);
                }
            }
        }
    }
}

/// The value of a member, without quotes. Values with escapes are not for it.
fn member<'a>(body: &'a [u8], name: &[u8]) -> &'a [u8] {
    let Some(at) = body.windows(name.len()).position(|window| window == name) else { return &[] };
    let value = body[at + name.len()..].trim_ascii_start();
    let (value, ends): (_, &[u8]) =
        if value.first() == Some(&b'"') { (&value[1..], b"\"") } else { (value, b",}") };
    let end = value.iter().position(|byte| ends.contains(byte)).unwrap_or(value.len());
    &value[..end]
}

/// All answers, and the count of tokens.
pub struct Mock {
    chaiport: Template,
    eximbay: Template,
    settlebank: Template,
    flat: Template,
    tokens: AtomicU64,
    manner: Manner,
    /// Connections for which it stays awake.
    open: AtomicU64,
}

struct Open(Arc<Mock>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How the mock treats connections.
#[derive(Clone, Default)]
pub struct Manner {
    /// The wait before every answer.
    pub delay: Option<Duration>,
    /// A connection that lies idle for so long is closed.
    pub idle: Option<Duration>,
    /// Speaks TLS.
    pub tls: Option<TlsAcceptor>,
    /// Does not sleep while a connection is open: a sleeping server is woken at the expense of who sends to it.
    pub awake: bool,
}

impl Mock {
    /// A mock with answers for every gateway.
    #[must_use]
    pub fn new(manner: Manner) -> Self {
        Self {
            chaiport: Template::new(include_str!("../answers/chaiport.json")),
            eximbay: Template::new(include_str!("../answers/eximbay.json")),
            settlebank: Template::new(include_str!("../answers/settlebank.json")),
            flat: Template::new(include_str!("../answers/settlebank-flat.json")),
            tokens: AtomicU64::new(0),
            manner,
            open: AtomicU64::new(0),
        }
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let mock = Arc::new(self);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let mock = Arc::clone(&mock);
            tokio::spawn(async move {
                let _open = mock.manner.awake.then(|| mock.stay_awake());
                // whoever closes his connection has what he wanted
                let _closed = match &mock.manner.tls {
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => mock.connection(stream).await,
                        Err(error) => Err(error),
                    },
                    None => mock.connection(stream).await,
                };
            });
        }
    }

    /// Until what it returns is dropped.
    fn stay_awake(self: &Arc<Self>) -> Open {
        if self.open.fetch_add(1, Ordering::Relaxed) == 0 {
            let mock = Arc::clone(self);
            tokio::spawn(async move {
                while mock.open.load(Ordering::Relaxed) > 0 {
                    std::hint::spin_loop();
                    tokio::task::yield_now().await;
                }
            });
        }
        Open(Arc::clone(self))
    }

    async fn connection(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut buffer = Vec::with_capacity(8 * 1024);
        let mut body = Vec::with_capacity(4 * 1024);
        let mut out = Vec::with_capacity(4 * 1024);
        loop {
            let length = loop {
                if let Some(length) = complete(&buffer) {
                    break length;
                }
                let read = stream.read_buf(&mut buffer);
                let read = match self.manner.idle {
                    Some(idle) => tokio::time::timeout(idle, read).await.unwrap_or(Ok(0)),
                    None => read.await,
                };
                if read? == 0 {
                    return Ok(());
                }
            };
            body.clear();
            self.answer(&buffer[..length], &mut body);
            buffer.drain(..length);
            if let Some(delay) = self.manner.delay {
                tokio::time::sleep(delay).await;
            }
            out.clear();
            let typed = "Content-Type: application/json; charset=utf-8";
            write!(
                out,
                "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n{typed}\r\n\
                 Content-Length: {}\r\nConnection: keep-alive\r\n\r\n",
                body.len()
            )?;
            out.extend_from_slice(&body);
            stream.write_all(&out).await?;
            stream.flush().await?;
        }
    }

    /// The body of the answer to a whole request.
    pub fn answer(&self, request: &[u8], out: &mut Vec<u8>) {
        let mut words = request.split(|byte| *byte == b' ');
        let path = words.nth(1).unwrap_or_default();
        if path == CHAIPORT.as_bytes() {
            self.chaiport.fill(request, out);
        } else if path == SETTLEBANK.as_bytes() {
            let standard = member(request, b"\"mchtTrdNo\":").is_empty();
            if standard { &self.flat } else { &self.settlebank }.fill(request, out);
        } else if path == TOKEN.as_bytes() {
            self.tokens.fetch_add(1, Ordering::Relaxed);
            out.extend_from_slice(TOKEN_ANSWER.as_bytes());
        } else if path == TOKENS.as_bytes() {
            out.extend_from_slice(self.tokens.swap(0, Ordering::Relaxed).to_string().as_bytes());
        } else {
            self.eximbay.fill(request, out);
        }
    }
}

/// The length of the first request, once it is there as a whole.
fn complete(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let length = content_length(&buffer[..head]).unwrap_or(0);
    (buffer.len() >= head + length).then_some(head + length)
}

/// The value of `content-length`, however it is spelt.
pub(crate) fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}
