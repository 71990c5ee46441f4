//! What goes over the wire and what comes back, as plain data: build makes it, parse reads it.

use std::fmt;

#[cfg(any(feature = "reqwest", feature = "witness"))]
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::echo;
use crate::secret::Secret;

/// Shortest secret that is looked for in an answer's bytes.
const MIN_ECHO: usize = 12;

/// HTTP method of a gateway's operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One request, complete but for the host: method, target, headers and body.
///
/// `Debug` shows no header value and no body.
#[derive(Clone)]
pub struct WireRequest {
    method: Method,
    target: String,
    headers: Vec<(&'static str, HeaderText)>,
    body: Vec<u8>,
}

/// The value of a request header.
#[derive(Debug, Clone)]
pub enum HeaderText {
    /// May be shown.
    Plain(&'static str),
    /// Must not be shown: marked sensitive on the way out, redacted in `Debug`.
    Secret(Secret),
}

/// Puts the headers in; nothing where one is no HTTP.
#[cfg(any(feature = "reqwest", feature = "witness"))]
pub(crate) fn put_headers(headers: &mut HeaderMap, given: &[(&'static str, HeaderText)]) -> Option<()> {
    for (name, value) in given {
        let value = match value {
            // the text itself, not a copy
            HeaderText::Plain(text) => {
                HeaderValue::from_maybe_shared(bytes::Bytes::from_static(text.as_bytes())).ok()?
            }
            HeaderText::Secret(secret) => {
                let mut value = HeaderValue::from_str(secret.expose()).ok()?;
                value.set_sensitive(true);
                value
            }
        };
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(())
}

impl WireRequest {
    /// A request without body. `target` is the absolute path with its query, percent-encoded where needed.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A `POST` of JSON.
    #[must_use]
    pub fn post_json(target: impl Into<String>, content_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(Method::Post, target)
            .with_header("content-type", HeaderText::Plain(content_type))
            .with_body(body)
    }

    /// Adds a header; `name` in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: HeaderText) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The absolute path with its query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The headers, names in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, HeaderText)] {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, by value.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Target, headers and body, by value.
    #[cfg(any(feature = "reqwest", feature = "witness"))]
    pub(crate) fn into_parts(self) -> (String, Vec<(&'static str, HeaderText)>, Vec<u8>) {
        (self.target, self.headers, self.body)
    }
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the target may carry an order number; it is left out like the rest
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One complete answer.
///
/// `Debug` shows no body: answers name buyers and accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct WireResponse {
    status: u16,
    body: Vec<u8>,
}

impl WireResponse {
    /// A complete answer.
    #[must_use]
    pub const fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl WireResponse {
    /// The same answer without the keys and tokens that it may echo: whatever reads it then cannot pass them on.
    ///
    /// Found are those of 12 bytes or more, in either case of their letters, and in JSON also where characters of them are
    /// escaped (`\/`, `\u0041`). What the gateway encoded anew, in base64 or in percent, is not recognised.
    ///
    /// For long secrets alone; what could be an amount or a number of the gateway's must not be given. The clients do this
    /// with every answer; who sends and reads by other means has to.
    #[must_use]
    pub fn without(mut self, secrets: &[&str]) -> Self {
        let long = secrets.iter().copied().filter(|secret| secret.len() >= MIN_ECHO);
        if let Some(body) = echo::json_without(&self.body, long) {
            self.body = body;
        }
        self
    }
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// Percent-encodes a path segment or a query value: all but `A-Z a-z 0-9 - _ .`; dots alone are encoded too.
///
/// That does not make `.` and `..` path segments: URL parsers take `%2E%2E` for a step as well. Refuse them where a
/// path is made of what others wrote; `BaseUrl::join` refuses a target that holds one.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    use fmt::Write as _;
    let dots_alone = text.bytes().all(|b| b == b'.');
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && !dots_alone);
        if plain {
            out.push(char::from(byte));
        } else {
            // writing to a string cannot fail
            let _ignored = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_all_that_could_steer_a_url() {
        assert_eq!(percent_encode("ORD20180131-0000011"), "ORD20180131-0000011");
        assert_eq!(percent_encode("a/../b?c#d%2f 주"), "a%2F..%2Fb%3Fc%23d%252f%20%EC%A3%BC");
        assert_eq!(percent_encode(".."), "%2E%2E");
    }

    #[test]
    fn an_answer_loses_the_keys_it_echoes() {
        let answer = |body: &[u8]| WireResponse::new(200, body.to_vec());
        let clean = answer(br#"{"id":"KEY-1234567890","n":1000}"#).without(&["KEY-1234567890", "1000"]);
        assert_eq!(clean.body(), br#"{"id":"***","n":1000}"#);
        assert_eq!(answer(b"\xffKEY-1234567890").without(&["KEY-1234567890"]).body(), b"\xff***");
        // what is short could be anything
        assert_eq!(answer(br#""KEY-1234567""#).without(&["KEY-1234567"]).body(), br#""KEY-1234567""#);
    }

    #[test]
    fn debug_shows_no_body_and_no_header() {
        let secret = Secret::new("authorization", "CANARY", 40).unwrap();
        let request = WireRequest::post_json("/x?CANARY", "application/json", b"CANARY".to_vec())
            .with_header("authorization", HeaderText::Secret(secret));
        assert!(!format!("{request:?} {:?}", request.headers()).contains("CANARY"));
        assert!(!format!("{:?}", WireResponse::new(200, b"CANARY".to_vec())).contains("CANARY"));
    }
}
