//! HTTP/1.1, as much as these gateways need: `Content-Length` bodies, keep-alive, one request at a time.

use crate::body::{Fields, decode};

/// Longest head that is read, bytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
/// Longest body that is read, bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A request, read in full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

/// Request line and the headers that matter here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// Path without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) content_type: String,
    pub(crate) authorization: Option<String>,
    pub(crate) content_length: usize,
    pub(crate) expects_continue: bool,
    pub(crate) closes: bool,
    pub(crate) chunked: bool,
}

/// What the bytes so far are.
pub(crate) enum Parsed {
    /// A whole head of so many bytes.
    Head(usize, Box<Head>),
    Partial,
    Bad,
}

pub(crate) fn parse_head(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Parsed::Partial,
        Err(_) => return Parsed::Bad,
    };
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut head = Head {
        method: parsed.method.unwrap_or("").to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        closes: parsed.version == Some(0),
        ..Head::default()
    };
    let mut lengths = 0_usize;
    for header in parsed.headers.iter() {
        let Ok(value) = std::str::from_utf8(header.value) else { continue };
        let value = value.trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            let Ok(length) = value.parse() else { return Parsed::Bad };
            head.content_length = length;
            lengths = lengths.saturating_add(1);
        } else if header.name.eq_ignore_ascii_case("content-type") {
            head.content_type = value.to_owned();
        } else if header.name.eq_ignore_ascii_case("authorization") {
            head.authorization = Some(value.to_owned());
        } else if header.name.eq_ignore_ascii_case("expect") {
            head.expects_continue = value.eq_ignore_ascii_case("100-continue");
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.closes = value.eq_ignore_ascii_case("close");
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = true;
        }
    }
    if lengths > 1 || head.content_length > MAX_BODY {
        return Parsed::Bad;
    }
    Parsed::Head(length, Box::new(head))
}

/// Method and path of a request line, once that much has arrived.
pub(crate) fn request_line(bytes: &[u8]) -> Option<(String, String)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut words = line.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    Some((method, path.to_owned()))
}

impl Request {
    /// The path's segments, percent-decoded; `None` when one cannot be decoded.
    pub(crate) fn segments(&self) -> Option<Vec<String>> {
        let path = self.head.path.strip_prefix('/').unwrap_or(&self.head.path);
        path.split('/').map(|segment| decode(segment, false).ok()).collect()
    }

    /// The media type without its parameters, lower case.
    pub(crate) fn media_type(&self) -> String {
        let kind = self.head.content_type.split(';').next().unwrap_or("");
        kind.trim().to_ascii_lowercase()
    }

    pub(crate) fn query(&self) -> Fields {
        Fields::from_form(self.head.query.as_bytes()).unwrap_or_default()
    }
}

/// An answer ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Rendered {
    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, content_type: "application/json; charset=UTF-8", headers: Vec::new(), body }
    }

    /// Status line and headers; `length` as `Content-Length` when told, else no framing header.
    pub(crate) fn head(&self, length: Option<usize>, close: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        head.push_str("content-type: ");
        head.push_str(self.content_type);
        head.push_str("\r\n");
        if let Some(length) = length {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if close {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        207 => "Multi-Status",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
