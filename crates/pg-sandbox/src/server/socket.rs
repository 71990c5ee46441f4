//! A connection, plain or under TLS, with the rough handling that faults need.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

#[derive(Debug)]
pub(crate) enum Socket {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Whether the bytes on the wire are the request's own.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Waits until something has arrived, or the peer is gone.
    pub(crate) async fn readable(&self) -> std::io::Result<()> {
        self.tcp().readable().await
    }

    /// Looks at what has arrived without taking it.
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.tcp().peek(buffer).await
    }

    /// Drops the connection with a reset instead of an orderly end.
    pub(crate) fn reset(self) {
        // Without the zero linger the drop would send FIN; an error here means the peer is gone already.
        drop(self.tcp().set_zero_linger());
        drop(self);
    }

    /// Keeps the socket until the client gives up, at most `limit`; what arrives is thrown away.
    pub(crate) async fn hold(mut self, limit: Duration) {
        let waste = async {
            let mut buffer = [0_u8; 512];
            while matches!(self.read(&mut buffer).await, Ok(count) if count > 0) {}
        };
        drop(tokio::time::timeout(limit, waste).await);
    }

    /// As [`hold`](Socket::hold), leaving what arrived unread.
    pub(crate) async fn hold_unread(self, limit: Duration) {
        let gone = async {
            loop {
                match self.tcp().ready(tokio::io::Interest::READABLE).await {
                    Ok(ready) if !ready.is_read_closed() => {}
                    _ => return,
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        drop(tokio::time::timeout(limit, gone).await);
        self.reset();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
