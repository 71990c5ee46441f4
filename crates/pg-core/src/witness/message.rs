//! A request as hyper takes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use http::uri::PathAndQuery;
use http_body::{Body, Frame, SizeHint};
use hyper::{Request, Uri};

use super::socket::Meter;
use crate::wire::{Method, WireRequest, put_headers};

/// Host, accept, content-length, and what the gateways ask for.
const HEADERS: usize = 8;

/// The request's body: at most one piece. Tells its connection's meter when it is taken.
pub(super) struct Once {
    bytes: Option<Bytes>,
    meter: Option<Arc<Meter>>,
}

impl Once {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: if bytes.is_empty() { None } else { Some(bytes.into()) }, meter: None }
    }

    /// Belongs to this connection from now on.
    pub(super) fn on(mut self, meter: &Arc<Meter>) -> Self {
        meter.begin();
        if self.bytes.is_none() {
            meter.take_body();
        }
        self.meter = Some(Arc::clone(meter));
        self
    }
}

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let bytes = this.bytes.take();
        if let Some(meter) = &this.meter {
            meter.take_body();
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

/// The request, whose target was checked; nothing where a header or the target is no HTTP.
pub(super) fn build(request: WireRequest, host: &HeaderValue) -> Option<Request<Once>> {
    let method = match request.method() {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Delete => hyper::Method::DELETE,
    };
    let (target, given, body) = request.into_parts();
    let mut headers = HeaderMap::try_with_capacity(HEADERS).ok()?;
    headers.insert(HOST, host.clone());
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    put_headers(&mut headers, &given)?;
    let body = if method == hyper::Method::POST { body } else { Vec::new() };
    if method == hyper::Method::POST {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let target = PathAndQuery::from_maybe_shared(Bytes::from(target)).ok()?;
    let mut built = Request::new(Once::new(body));
    *built.method_mut() = method;
    *built.uri_mut() = Uri::from(target);
    *built.headers_mut() = headers;
    Some(built)
}
