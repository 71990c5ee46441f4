//! One request and its answer on one connection, which lives and dies with the caller's future.

use std::future::Future as _;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderMap, TRANSFER_ENCODING};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::{Request, Response, Version};
use tokio::time::{Instant, Sleep, sleep_until};

use super::message::Once;
use super::socket::{Meter, Wire};
use crate::transport::{Sent, TransportError, TransportErrorKind};
use crate::transport_options::{MAX_BODY, MAX_HEADERS};
use crate::wire::WireResponse;

/// An open connection. Nobody else drives it: while nobody polls it here, nothing enters or leaves.
pub(super) struct Link {
    requests: SendRequest<Once>,
    connection: Connection<Wire, Once>,
    /// The connection came to its end and must not be polled again.
    ended: bool,
    meter: Arc<Meter>,
}

/// Until when.
#[derive(Clone, Copy)]
pub(super) struct Deadlines {
    /// The whole request must have been handed to the socket.
    pub(super) write: Instant,
    /// The whole answer must have come.
    pub(super) total: Instant,
}

/// What came of an exchange that went well: the answer, and the connection if it can be used again.
pub(super) type Answered = (WireResponse, Option<Box<Link>>);

/// What came of one that did not. The connection is gone: nothing can leave any more.
pub(super) struct Failed {
    pub(super) error: TransportError,
    /// The request, where the connection ended before it was even taken.
    pub(super) untouched: Option<Request<Once>>,
}

/// Why an exchange failed.
struct Fault {
    kind: TransportErrorKind,
    source: Option<hyper::Error>,
    untouched: Option<Request<Once>>,
}

impl From<TransportErrorKind> for Fault {
    fn from(kind: TransportErrorKind) -> Self {
        Self { kind, source: None, untouched: None }
    }
}

impl Link {
    pub(super) async fn new(wire: Wire, meter: Arc<Meter>) -> Result<Box<Self>, TransportError> {
        // more than 100 lines of headers are too many for hyper already; a limit of one's own costs two copies of them
        let made = Builder::new().max_header_size(MAX_HEADERS).handshake(wire).await;
        let (requests, connection) = made
            .map_err(|error| TransportError::new(Sent::No, TransportErrorKind::Connect).with_source(error))?;
        Ok(Box::new(Self { requests, connection, ended: false, meter }))
    }

    /// Lets the connection do what it can. `Ready` when it has ended; how does not matter, the request's own future
    /// tells that.
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // without shutdown: a farewell to the server would count as a byte that left
        if !self.ended && self.connection.poll_without_shutdown(cx).is_ready() {
            self.ended = true;
        }
        if self.ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether the connection can take a request now: open, idle, and nothing unasked has come.
    async fn is_idle(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(self.drive(cx).is_pending())).await && self.requests.is_ready()
    }

    /// The same for a connection that has lain idle, asked of the operating system.
    pub(super) async fn is_still_idle(&mut self) -> bool {
        self.meter.expect_silence();
        self.is_idle().await
    }

    /// Sends the request and reads the answer.
    pub(super) async fn exchange(
        mut self: Box<Self>,
        request: Request<Once>,
        until: Deadlines,
        may_be_kept: bool,
    ) -> Result<Answered, Failed> {
        let before = self.meter.handed();
        let request = request.map(|body| body.on(&self.meter));
        match self.talk(request, before, until).await {
            Ok((response, version)) => {
                let keep = may_be_kept && version == Version::HTTP_11 && self.is_idle().await;
                Ok((response, keep.then_some(self)))
            }
            Err(fault) => {
                let meter = Arc::clone(&self.meter);
                // First the connection, with all that it and TLS still hold back; only then is the count final.
                drop(self);
                let sent = if meter.handed() == before { Sent::No } else { Sent::Maybe };
                let mut error = TransportError::new(sent, fault.kind);
                if let Some(source) = fault.source {
                    error = error.with_source(source);
                }
                let untouched = fault.untouched.filter(|_| sent == Sent::No);
                Err(Failed { error, untouched })
            }
        }
    }

    async fn talk(
        &mut self,
        request: Request<Once>,
        before: u64,
        until: Deadlines,
    ) -> Result<(WireResponse, Version), Fault> {
        let mut total = pin!(sleep_until(until.total));
        let response = self.head(request, before, until.write, total.as_mut()).await?;
        // An answer to a request of which the server cannot have seen all, or anything, answers something else.
        if !self.meter.has_whole_request(before) {
            return Err(TransportErrorKind::Connection.into());
        }
        let version = response.version();
        let status = response.status().as_u16();
        let body = self.body(response, total.as_mut()).await?;
        Ok((WireResponse::new(status, body), version))
    }

    async fn head(
        &mut self,
        request: Request<Once>,
        before: u64,
        write: Instant,
        mut total: Pin<&mut Sleep>,
    ) -> Result<Response<Incoming>, Fault> {
        let mut answer = pin!(self.requests.try_send_request(request));
        let mut write = pin!(sleep_until(write));
        poll_fn(|cx| {
            // the connection first: the answer comes out of it
            let ended = self.drive(cx).is_ready();
            match answer.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => return Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut error)) => {
                    let untouched = error.take_message();
                    let source = Some(error.into_error());
                    let kind = TransportErrorKind::Connection;
                    return Poll::Ready(Err(Fault { kind, source, untouched }));
                }
                Poll::Pending if ended => return Poll::Ready(Err(TransportErrorKind::Connection.into())),
                Poll::Pending => {}
            }
            let too_slow = !self.meter.has_whole_request(before) && write.as_mut().poll(cx).is_ready();
            if too_slow || total.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(TransportErrorKind::Timeout.into()));
            }
            Poll::Pending
        })
        .await
    }

    async fn body(
        &mut self,
        response: Response<Incoming>,
        mut total: Pin<&mut Sleep>,
    ) -> Result<Vec<u8>, Fault> {
        let (head, mut incoming) = response.into_parts();
        let announced = incoming.size_hint().exact();
        // Only the end of the connection would end such an answer, and that is how a cut one ends too.
        if announced.is_none() && !is_chunked(&head.headers) {
            return Err(TransportErrorKind::Body.into());
        }
        let announced = announced.map_or(Ok(0), usize::try_from).unwrap_or(usize::MAX);
        if announced > MAX_BODY {
            return Err(TransportErrorKind::TooLarge.into());
        }
        let mut body = Vec::with_capacity(announced);
        poll_fn(|cx| {
            if let Poll::Ready(done) = read(&mut incoming, &mut body, cx) {
                return Poll::Ready(done);
            }
            let ended = self.drive(cx).is_ready();
            match read(&mut incoming, &mut body, cx) {
                Poll::Ready(done) => return Poll::Ready(done),
                Poll::Pending if ended => return Poll::Ready(Err(TransportErrorKind::Body.into())),
                Poll::Pending => {}
            }
            if total.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(TransportErrorKind::Timeout.into()));
            }
            Poll::Pending
        })
        .await?;
        Ok(body)
    }
}

/// Takes what has come of the body; `Ready` at its end.
fn read(incoming: &mut Incoming, body: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
    loop {
        match Pin::new(&mut *incoming).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(error))) => {
                let kind = TransportErrorKind::Body;
                return Poll::Ready(Err(Fault { kind, source: Some(error), untouched: None }));
            }
            Poll::Ready(Some(Ok(frame))) => {
                let piece = frame.into_data().unwrap_or_else(|_trailers| Bytes::new());
                if body.len().saturating_add(piece.len()) > MAX_BODY {
                    return Poll::Ready(Err(TransportErrorKind::TooLarge.into()));
                }
                body.extend_from_slice(&piece);
            }
        }
    }
}

/// Whether the answer's end is marked by a last chunk.
fn is_chunked(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TRANSFER_ENCODING).into_iter().next_back();
    let last = codings.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
}
