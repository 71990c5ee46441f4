//! The default transport: reqwest on rustls.

use std::fmt;

use crate::base_url::BaseUrl;
use crate::error::Invalid;
use crate::tls::tls_config;
use crate::transport::{Sent, Transport, TransportError, TransportErrorKind};
use crate::transport_options::{ConnectionReuse, FRESH, MAX_BODY, MAX_HEADERS, TransportOptions};
use crate::wire::{Method, WireRequest, WireResponse, put_headers};

/// The default [`Transport`]: reqwest on rustls (ring), HTTP/1.1, TLS 1.2 or later without early data, the web's
/// root certificates; no redirects, no retries, no decompression, no proxy from the environment, at most 1 MiB of
/// body and 64 KiB of headers.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// Builds the transport.
    ///
    /// # Errors
    /// [`Invalid`] naming `extra_root_certificates`, `proxy` or `transport`.
    pub fn new(options: &TransportOptions) -> Result<Self, Invalid> {
        let idle = match options.reuse {
            ConnectionReuse::WhileFresh => usize::MAX,
            ConnectionReuse::Never => 0,
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls_config(&options.extra_roots_pem)?)
            .connect_timeout(options.connect_timeout)
            .timeout(options.total_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only()
            .referer(false)
            .pool_idle_timeout(FRESH)
            .pool_max_idle_per_host(idle);
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(checked_proxy(proxy)?);
        }
        let client =
            builder.build().map_err(|_| Invalid::new("transport", "the http client could not be built"))?;
        Ok(Self { client })
    }
}

/// Reqwest passes by a proxy whose scheme it does not know: what was to go through it would go out directly.
fn checked_proxy(text: &str) -> Result<reqwest::Proxy, Invalid> {
    let invalid = || Invalid::new("proxy", "must be an http or https url");
    let url = url::Url::parse(text).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(invalid());
    }
    reqwest::Proxy::all(url).map_err(|_| invalid())
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}

#[async_trait::async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let build_failed = || TransportError::new(Sent::No, TransportErrorKind::Build);
        let url = base.join(request.target()).map_err(|error| build_failed().with_source(error))?;
        let method = match request.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let (_, headers, body) = request.into_parts();
        let mut request = reqwest::Request::new(method, url);
        put_headers(request.headers_mut(), &headers).ok_or_else(build_failed)?;
        if request.method() == reqwest::Method::POST {
            *request.body_mut() = Some(body.into());
        }
        let response = self.client.execute(request).await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers =
            response.headers().iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
        if headers.fold(0, usize::saturating_add) > MAX_HEADERS {
            return Err(TransportError::new(Sent::Maybe, TransportErrorKind::TooLarge));
        }
        let body = read_body(response).await?;
        Ok(WireResponse::new(status, body))
    }
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, TransportError> {
    let announced = response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(MAX_BODY));
    let mut body = Vec::with_capacity(announced.min(MAX_BODY));
    while let Some(chunk) = response.chunk().await.map_err(body_failed)? {
        if body.len().saturating_add(chunk.len()) > MAX_BODY {
            return Err(TransportError::new(Sent::Maybe, TransportErrorKind::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A failure before the answer's body. `is_connect` and `is_builder` are the only proofs that nothing was sent,
/// and are asked before `is_timeout`: a connect time-out is both.
fn failed(error: reqwest::Error) -> TransportError {
    let (sent, kind) = match &error {
        e if e.is_connect() => (Sent::No, TransportErrorKind::Connect),
        e if e.is_builder() => (Sent::No, TransportErrorKind::Build),
        e if e.is_timeout() => (Sent::Maybe, TransportErrorKind::Timeout),
        _ => (Sent::Maybe, TransportErrorKind::Connection),
    };
    TransportError::new(sent, kind).with_source(error.without_url())
}

fn body_failed(error: reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() { TransportErrorKind::Timeout } else { TransportErrorKind::Body };
    TransportError::new(Sent::Maybe, kind).with_source(error.without_url())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_proxy_that_would_be_passed_by_is_refused() {
        let with =
            |proxy: &str| ReqwestTransport::new(&TransportOptions::new(Duration::from_secs(1)).proxy(proxy));
        for bad in ["", "x", "proxy.example:8080", "ftp://proxy.example", "socks5://proxy.example", "http://"]
        {
            assert_eq!(with(bad).unwrap_err().field(), "proxy", "{bad}");
        }
        for good in ["http://proxy.example:8080", "HTTPS://user:password@proxy.example"] {
            assert!(with(good).is_ok(), "{good}");
        }
    }
}
