//! The socket that counts what it is handed, and the connection as hyper reads and writes it.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Bytes read at once.
const SCRATCH: usize = 8 * 1024;

/// What is known of one connection, told by the socket below TLS and by the stream above it.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes that the operating system has taken, TLS records included.
    handed: AtomicU64,
    /// Nothing written is still held back by TLS.
    flushed: AtomicBool,
    /// The request's body was given to the HTTP library.
    body_taken: AtomicBool,
    /// The next read looks whether anything lies there, and takes it for the end.
    must_be_silent: AtomicBool,
}

impl Meter {
    /// Bytes handed to the socket so far.
    pub(super) fn handed(&self) -> u64 {
        self.handed.load(Ordering::Acquire)
    }

    /// A new request begins.
    pub(super) fn begin(&self) {
        self.flushed.store(false, Ordering::Release);
        self.body_taken.store(false, Ordering::Release);
    }

    /// The request's body was taken, or there is none.
    pub(super) fn take_body(&self) {
        self.body_taken.store(true, Ordering::Release);
    }

    /// Whether all of the request has been handed to the socket, of which `before` bytes were others'.
    pub(super) fn has_whole_request(&self, before: u64) -> bool {
        self.handed() != before
            && self.body_taken.load(Ordering::Acquire)
            && self.flushed.load(Ordering::Acquire)
    }

    /// Makes the next read fail if anything has come, the end included.
    pub(super) fn expect_silence(&self) {
        self.must_be_silent.store(true, Ordering::Release);
    }

    fn count(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            self.handed.fetch_add(u64::try_from(*bytes).unwrap_or(u64::MAX), Ordering::AcqRel);
        }
    }
}

/// A TCP connection that counts the bytes the operating system takes.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    meter: Arc<Meter>,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream, meter: Arc<Meter>) -> Self {
        Self { tcp, meter }
    }

    /// Asks the operating system itself: the runtime may not have heard yet of what has come.
    fn check_silent(&self) -> io::Result<()> {
        let mut byte = [MaybeUninit::uninit(); 1];
        match SockRef::from(&self.tcp).peek(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.meter.must_be_silent.swap(false, Ordering::AcqRel) {
            this.check_silent()?;
        }
        Pin::new(&mut this.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.tcp).poll_write(cx, buf);
        this.meter.count(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.tcp).poll_write_vectored(cx, bufs);
        this.meter.count(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

/// With or without TLS.
pub(super) enum Stream {
    /// Loopback alone.
    Plain(Socket),
    /// Everything else.
    Tls(Box<TlsStream<Socket>>),
}

/// A connection as hyper reads and writes it.
pub(super) struct Wire {
    stream: Stream,
    meter: Arc<Meter>,
    scratch: Box<[u8]>,
}

impl Wire {
    pub(super) fn new(stream: Stream, meter: Arc<Meter>) -> Self {
        Self { stream, meter, scratch: vec![0; SCRATCH].into_boxed_slice() }
    }
}

/// Does the same to either kind of stream.
macro_rules! either {
    ($stream:expr, $inner:ident => $do:expr) => {
        match &mut $stream {
            Stream::Plain($inner) => {
                let $inner = Pin::new($inner);
                $do
            }
            Stream::Tls($inner) => {
                let $inner = Pin::new(&mut **$inner);
                $do
            }
        }
    };
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let most = buf.remaining().min(this.scratch.len());
        let Some(room) = this.scratch.get_mut(..most) else {
            return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
        };
        let mut read = ReadBuf::new(room);
        ready!(either!(this.stream, inner => inner.poll_read(cx, &mut read)))?;
        // into the library's own buffer without a copy would need `unsafe`
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.meter.flushed.store(false, Ordering::Release);
        either!(this.stream, inner => inner.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.meter.flushed.store(false, Ordering::Release);
        either!(this.stream, inner => inner.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(socket) => socket.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(either!(this.stream, inner => inner.poll_flush(cx)))?;
        this.meter.flushed.store(true, Ordering::Release);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut().stream, inner => inner.poll_shutdown(cx))
    }
}
