//! Answers that are meant to hurt: without end, contradicting themselves, repeating what was sent.

use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::gzip;
use super::http::{Rendered, Request};
use super::mischief::{After, fin, finish, send};
use super::socket::Socket;
use crate::faults::FaultKind;

/// What fills bodies and headers; written again and again, so that a large answer costs the sandbox nothing.
const FILLER: [u8; 16 * 1024] = [b' '; 16 * 1024];
/// Stands for an amount until the text is written: no JSON value is `NaN`.
const AMOUNT: &str = "@amount@";
/// Where the amounts stand that a client decides by.
const AMOUNTS: &[&str] = &[
    "/response/cancel_amount",
    "/refund/refund_amount",
    "/payment/balance",
    "/data/cnclAmt",
    "/data/blcAmt",
    "/params/cnclAmt",
];
/// Texts that decide, and so are left alone by an echo.
const DECIDING: &[&str] = &[
    "access_token",
    "amount",
    "balance",
    "blcAmt",
    "bizType",
    "cnclAmt",
    "cnclOrd",
    "crcCd",
    "currency",
    "imp_uid",
    "mchtId",
    "mchtTrdNo",
    "merchant_uid",
    "method",
    "mid",
    "order_id",
    "orgMchtTrdNo",
    "orgTrdNo",
    "outRsltCd",
    "outStatCd",
    "pktHash",
    "refund_amount",
    "refund_id",
    "refund_type",
    "rescode",
    "resultCode",
    "status",
    "transaction_id",
    "trdAmt",
];

/// Whether a fault breaks the framing, or the connection, of an answer, and is played by [`play`].
pub(super) fn breaks_framing(kind: &FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::EndlessHeaders
            | FaultKind::EndlessInterim
            | FaultKind::SwitchProtocols
            | FaultKind::BodyOnly
            | FaultKind::ChunkOverflow
            | FaultKind::EndlessChunkSize
            | FaultKind::EndlessTrailers
            | FaultKind::TwoLengths
            | FaultKind::LengthAndChunks
            | FaultKind::DropAfterBody
    )
}

/// Plays a fault after which the connection is over.
pub(super) async fn play(mut socket: Socket, kind: &FaultKind, rendered: &Rendered, hold: Duration) {
    let body = &rendered.body;
    let length = body.len();
    match kind {
        FaultKind::EndlessHeaders => {
            let head = rendered.head(Some(length), false);
            send(&mut socket, head.strip_suffix(b"\r\n").unwrap_or(&head)).await;
            return pour(socket, b"x-filler: 0123456789abcdef0123456789abcdef\r\n", hold).await;
        }
        FaultKind::EndlessInterim => {
            return flood_interim(socket, hold).await;
        }
        FaultKind::EndlessChunkSize => {
            send(&mut socket, &chunked_head(rendered)).await;
            send(&mut socket, b"1;filler=").await;
            return pour(socket, b"0123456789abcdef", hold).await;
        }
        FaultKind::EndlessTrailers => {
            send(&mut socket, &[chunked_head(rendered), one_chunk(body), b"0\r\n".to_vec()].concat()).await;
            return pour(socket, b"x-filler: 0123456789abcdef0123456789abcdef\r\n", hold).await;
        }
        FaultKind::SwitchProtocols => {
            let head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n";
            send(&mut socket, &[head.as_slice(), body].concat()).await;
        }
        FaultKind::BodyOnly => send(&mut socket, body).await,
        FaultKind::ChunkOverflow => {
            let size = b"1000000000000000a\r\n";
            send(&mut socket, &[chunked_head(rendered), size.to_vec(), body.clone()].concat()).await;
        }
        FaultKind::TwoLengths => {
            let mut twice = rendered.clone();
            twice.headers.push(("content-length".to_owned(), length.saturating_sub(10).to_string()));
            send(&mut socket, &[twice.head(Some(length), true), body.clone()].concat()).await;
        }
        FaultKind::LengthAndChunks => {
            let mut both = rendered.clone();
            both.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
            let bytes = [both.head(Some(10), true), one_chunk(body), b"0\r\n\r\n".to_vec()].concat();
            send(&mut socket, &bytes).await;
        }
        FaultKind::DropAfterBody => {
            send(&mut socket, &[rendered.head(None, true), body.clone()].concat()).await;
            // no shutdown: under TLS that would send the closing alert
            return drop(socket);
        }
        _ => {}
    }
    fin(socket).await;
}

fn chunked_head(rendered: &Rendered) -> Vec<u8> {
    let mut chunked = rendered.clone();
    chunked.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
    chunked.head(None, false)
}

fn one_chunk(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).into_bytes(), body.to_vec(), b"\r\n".to_vec()].concat()
}

/// Writes the same bytes until the client gives up.
async fn pour(mut socket: Socket, bytes: &[u8], hold: Duration) {
    let many = bytes.repeat(FILLER.len().checked_div(bytes.len()).unwrap_or(1));
    let pour = async { while socket.write_all(&many).await.is_ok() {} };
    drop(tokio::time::timeout(hold, pour).await);
}

/// Interim answers at some 16 MB a second: an HTTP library takes all that has arrived within one poll, so that at a
/// loopback's full speed client and sandbox would leave no thread for anything else.
async fn flood_interim(mut socket: Socket, hold: Duration) {
    let many = b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n".repeat(300);
    let flood = async {
        while socket.write_all(&many).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    drop(tokio::time::timeout(hold, flood).await);
}

/// The answer, filled up with spaces to `size` bytes.
pub(super) async fn huge(mut socket: Socket, rendered: &Rendered, size: usize, close: bool) -> After {
    let size = size.max(rendered.body.len());
    send(&mut socket, &[rendered.head(Some(size), close), rendered.body.clone()].concat()).await;
    let mut rest = size.saturating_sub(rendered.body.len());
    while rest > 0 {
        let part = FILLER.get(..rest.min(FILLER.len())).unwrap_or_default();
        if socket.write_all(part).await.is_err() {
            return After::Over;
        }
        rest = rest.saturating_sub(part.len());
    }
    finish(socket, close).await
}

/// Answers with bytes behind the answer's end, on a connection that stays open.
pub(super) async fn ahead(mut socket: Socket, kind: &FaultKind, rendered: &Rendered) -> After {
    let length = rendered.body.len();
    let short = if let FaultKind::ShortLength(short) = kind { *short } else { 0 };
    let mut bytes =
        [rendered.head(Some(length.saturating_sub(short)), false), rendered.body.clone()].concat();
    if *kind == FaultKind::SecondAnswer {
        bytes.extend_from_within(..);
    }
    send(&mut socket, &bytes).await;
    After::Open(socket)
}

/// Marks the deciding amounts, to be replaced once the answer is text.
pub(super) fn mark_amounts(body: &mut Value) {
    for place in AMOUNTS {
        super::mischief::replace(body, place, Value::from(AMOUNT));
    }
}

/// What an echo repeats: the request, or what the fault says.
fn said(kind: &FaultKind, request: &Request) -> Option<String> {
    match kind {
        FaultKind::EchoValue(value) => Some(value.clone()),
        FaultKind::Echo => {
            let head = &request.head;
            let authorization = head.authorization.as_deref().unwrap_or_default();
            let body = String::from_utf8_lossy(&request.body);
            Some(format!("{} {} {} {authorization} {body}", head.method, head.path, head.query))
        }
        _ => None,
    }
}

/// Puts what was sent into every text that does not decide, and where a text could stand.
pub(super) fn echo(kind: &FaultKind, request: &Request, body: &mut Value) {
    if let Some(said) = said(kind, request) {
        repeat(&said, "", body);
    }
}

/// The same in a header, in ASCII.
pub(super) fn echo_header(kind: &FaultKind, request: &Request, rendered: &mut Rendered) {
    if let Some(said) = said(kind, request) {
        let line = said.chars().filter(|c| matches!(c, ' '..='~')).collect();
        rendered.headers.push(("x-echo".to_owned(), line));
    }
}

fn repeat(said: &str, name: &str, value: &mut Value) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| repeat(said, name, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| repeat(said, name, item)),
        // the client finds its attempt by it
        Value::String(text) if name == "reason" => *text = format!("{text} {said}"),
        Value::String(text) if !DECIDING.contains(&name) => *text = said.to_owned(),
        Value::Null if !matches!(name, "response" | "data") => *value = Value::from(said),
        _ => {}
    }
}

/// The last changes to an answer that is otherwise right.
pub(super) fn dress(kind: &FaultKind, rendered: &mut Rendered) {
    match kind {
        FaultKind::LongHeader(size) => {
            rendered.headers.push(("x-filler".to_owned(), "0".repeat(*size)));
        }
        FaultKind::Cookies(lines) => {
            let cookie = |line| ("set-cookie".to_owned(), format!("c{line}=1; Path=/; Max-Age=9999999"));
            rendered.headers.extend((0..*lines).map(cookie));
        }
        FaultKind::Gzip(spaces) => {
            rendered.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
            rendered.body = gzip::bomb(*spaces, &rendered.body);
        }
        FaultKind::ByteOrderMark => {
            rendered.body.splice(..0, *b"\xef\xbb\xbf");
        }
        FaultKind::Utf16 => {
            let text = String::from_utf8_lossy(&rendered.body);
            rendered.body = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        }
        FaultKind::Amounts(token) => {
            let text = String::from_utf8_lossy(&rendered.body);
            rendered.body = text.replace(&format!("\"{AMOUNT}\""), token).into_bytes();
        }
        _ => {}
    }
}
