//! Writing answers: rightly, or wrongly in the way the fault says.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::hostile;
use super::http::{Rendered, Request};
use super::socket::Socket;
use crate::faults::{BodyKind, Fault, FaultKind};
use crate::options::Gateway;
use crate::world::{Reply, World};
use crate::{chaiport, eximbay, settlebank};

/// What becomes of the connection.
#[derive(Debug)]
pub(crate) enum After {
    Open(Socket),
    Over,
}

/// The answer's bytes, in the gateway's own way of writing JSON.
pub(crate) fn render(gateway: Gateway, reply: &Reply) -> Rendered {
    let text = reply.body.to_string();
    let body = if gateway == Gateway::Chaiport { escaped(&text) } else { text };
    Rendered::json(reply.status, body.into_bytes())
}

/// JSON with everything beyond ASCII as `\uXXXX`, as Chaiport writes it.
fn escaped(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    let mut units = [0_u16; 2];
    for letter in text.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// The gateway's refusal with any code and message.
pub(crate) fn refusal(
    world: &World,
    gateway: Gateway,
    request: &Request,
    code: &str,
    message: &str,
) -> Reply {
    match gateway {
        Gateway::Chaiport => chaiport::refusal(code, message),
        Gateway::Eximbay => eximbay::refusal(world, code, message),
        Gateway::Settlebank => settlebank::refusal(request, code, message),
    }
}

/// Writes a right answer. `None` when the connection is over.
pub(crate) async fn write(mut socket: Socket, rendered: &Rendered, close: bool) -> Option<Socket> {
    let mut bytes = rendered.head(Some(rendered.body.len()), close);
    bytes.extend_from_slice(&rendered.body);
    socket.write_all(&bytes).await.ok()?;
    socket.flush().await.ok()?;
    if close {
        drop(socket.shutdown().await);
        return None;
    }
    Some(socket)
}

/// Plays a fault after the request was read. Tells the status that was written, if any.
pub(crate) async fn play(
    world: &World,
    gateway: Gateway,
    mut socket: Socket,
    request: &Request,
    fault: &Fault,
    reply: Reply,
    close: bool,
) -> (Option<u16>, After) {
    let hold = world.options.hold;
    let rendered = render(gateway, &reply);
    let status = Some(rendered.status);
    let length = rendered.body.len();
    let part = |count: usize| rendered.body.get(..count.min(length)).unwrap_or_default().to_vec();
    match &fault.kind {
        FaultKind::Silence => socket.hold(hold).await,
        FaultKind::CloseWithoutAnswer => {
            fin(socket).await;
        }
        FaultKind::Reset => socket.reset(),
        FaultKind::HeadOnly | FaultKind::StallBody(_) => {
            let count = if let FaultKind::StallBody(count) = fault.kind { count } else { 0 };
            let bytes = [rendered.head(Some(length), false), part(count)].concat();
            send(&mut socket, &bytes).await;
            socket.hold(hold).await;
            return (status, After::Over);
        }
        FaultKind::CutBody(count) => {
            send(&mut socket, &[rendered.head(Some(length), false), part(*count)].concat()).await;
            fin(socket).await;
            return (status, After::Over);
        }
        FaultKind::CloseDelimitedCut(count) => {
            send(&mut socket, &[rendered.head(None, true), part(*count)].concat()).await;
            fin(socket).await;
            return (status, After::Over);
        }
        FaultKind::Garbage => {
            send(&mut socket, b"\x16\x03\x01 this is no HTTP \xff\xfe\r\n\r\n").await;
            fin(socket).await;
        }
        FaultKind::Interim100 => {
            send(&mut socket, b"HTTP/1.1 100 Continue\r\n\r\n").await;
            socket.hold(hold).await;
        }
        FaultKind::EndlessBody => {
            endless(socket, &rendered, hold).await;
            return (status, After::Over);
        }
        FaultKind::SlowBody(pause) => {
            send(&mut socket, &rendered.head(Some(length), close)).await;
            for byte in &rendered.body {
                tokio::time::sleep(*pause).await;
                if socket.write_all(&[*byte]).await.is_err() {
                    return (status, After::Over);
                }
            }
            return (status, finish(socket, close).await);
        }
        FaultKind::HugeBody(size) => {
            return (status, hostile::huge(socket, &rendered, *size, close).await);
        }
        FaultKind::ShortLength(_) | FaultKind::SecondAnswer => {
            return (status, hostile::ahead(socket, &fault.kind, &rendered).await);
        }
        kind if hostile::breaks_framing(kind) => {
            hostile::play(socket, kind, &rendered, hold).await;
            return (status, After::Over);
        }
        FaultKind::RefuseConnections => {
            drop(write(socket, &rendered, true).await);
            shut_briefly(world, gateway);
            return (status, After::Over);
        }
        _ => {
            if let FaultKind::Latency(delay) = fault.kind {
                tokio::time::sleep(delay).await;
            }
            let twisted = twist(world, gateway, request, &fault.kind, reply);
            let status = Some(twisted.status);
            let after = write(socket, &twisted, close).await.map_or(After::Over, After::Open);
            return (status, after);
        }
    }
    (None, After::Over)
}

/// Refuses connections for some milliseconds.
fn shut_briefly(world: &World, gateway: Gateway) {
    let gate = world.gate(gateway).clone();
    gate.send_replace(true);
    let pause = Duration::from_millis(world.rng.below(20).saturating_add(5));
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        gate.send_replace(false);
    });
}

pub(super) async fn send(socket: &mut Socket, bytes: &[u8]) {
    // A client that is gone already gets nothing; the fault has had its effect.
    drop(socket.write_all(bytes).await);
    drop(socket.flush().await);
}

pub(super) async fn fin(mut socket: Socket) {
    drop(socket.shutdown().await);
}

pub(super) async fn finish(socket: Socket, close: bool) -> After {
    if close {
        fin(socket).await;
        return After::Over;
    }
    After::Open(socket)
}

async fn endless(mut socket: Socket, rendered: &Rendered, hold: Duration) {
    let mut rendered = rendered.clone();
    rendered.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
    send(&mut socket, &rendered.head(None, false)).await;
    let chunk = [b"1000\r\n".to_vec(), vec![b' '; 4096], b"\r\n".to_vec()].concat();
    let pour = async { while socket.write_all(&chunk).await.is_ok() {} };
    drop(tokio::time::timeout(hold, pour).await);
}

/// The answer with its content wrong.
fn twist(world: &World, gateway: Gateway, request: &Request, kind: &FaultKind, mut reply: Reply) -> Rendered {
    match kind {
        FaultKind::Status(status, body) => return stated(world, gateway, request, *status, body),
        FaultKind::Redirect(status, location) => {
            let mut rendered = Rendered::json(*status, Vec::new());
            rendered.headers.push(("location".to_owned(), location.clone()));
            return rendered;
        }
        _ => {}
    }
    match gateway {
        Gateway::Chaiport => chaiport::twist(kind, &mut reply.body),
        Gateway::Eximbay => eximbay::twist(kind, &mut reply.body),
        Gateway::Settlebank => settlebank::twist(world, kind, &mut reply.body),
    }
    match kind {
        FaultKind::ExtraFields => add_everywhere(&mut reply.body),
        FaultKind::Amounts(_) => hostile::mark_amounts(&mut reply.body),
        FaultKind::Echo | FaultKind::EchoValue(_) => hostile::echo(kind, request, &mut reply.body),
        _ => {}
    }
    if *kind == FaultKind::WrongCharset
        && let Some(members) = reply.body.as_object_mut()
    {
        members.insert("note".to_owned(), json!("한글"));
    }
    let mut rendered = if *kind == FaultKind::WrongCharset {
        let text = reply.body.to_string();
        let (bytes, ..) = encoding_rs::EUC_KR.encode(&text);
        Rendered::json(reply.status, bytes.into_owned())
    } else {
        render(gateway, &reply)
    };
    match kind {
        FaultKind::Malformed => {
            rendered.body.truncate(rendered.body.len().saturating_sub(2));
            rendered.body.extend_from_slice(b",,]");
        }
        FaultKind::TrailingBytes => rendered.body.extend_from_slice(b"{\"code\":-1}"),
        FaultKind::DuplicateKeys => {
            let again = match gateway {
                Gateway::Chaiport => &br#","code":-1}"#[..],
                Gateway::Eximbay => br#","rescode":"EX99"}"#,
                Gateway::Settlebank => {
                    br#","params":{"outStatCd":"0031","outRsltCd":"ST45"},"resultCode":"1002"}"#
                }
            };
            rendered.body.pop();
            rendered.body.extend_from_slice(again);
        }
        FaultKind::DeepJson(depth) => {
            rendered.body.pop();
            rendered.body.extend_from_slice(br#","deep":"#);
            rendered.body.extend(std::iter::repeat_n(b'[', *depth));
            rendered.body.extend(std::iter::repeat_n(b']', *depth));
            rendered.body.push(b'}');
        }
        FaultKind::HeaderBomb(lines) => {
            rendered
                .headers
                .extend((0..*lines).map(|line| (format!("x-filler-{line}"), "0123456789abcdef".repeat(4))));
        }
        FaultKind::Echo | FaultKind::EchoValue(_) => hostile::echo_header(kind, request, &mut rendered),
        _ => hostile::dress(kind, &mut rendered),
    }
    rendered
}

fn stated(world: &World, gateway: Gateway, request: &Request, status: u16, body: &BodyKind) -> Rendered {
    match body {
        BodyKind::Empty => Rendered::json(status, Vec::new()),
        BodyKind::Html => Rendered {
            status,
            content_type: "text/html; charset=UTF-8",
            headers: Vec::new(),
            body: format!(
                "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
            )
            .into_bytes(),
        },
        BodyKind::Envelope(code, message) => {
            let mut reply = refusal(world, gateway, request, code, message);
            reply.status = status;
            render(gateway, &reply)
        }
        BodyKind::WrongEnvelope => {
            let other = match gateway {
                Gateway::Chaiport => json!({"rescode": "0000", "resmsg": "Success."}),
                Gateway::Eximbay => json!({"code": 0, "message": null, "response": {}}),
                Gateway::Settlebank => json!({"code": 0, "message": "ok"}),
            };
            render(gateway, &Reply::new(status, other))
        }
    }
}

fn add_everywhere(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(add_everywhere);
            members.insert("x_new_member".to_owned(), json!({"since": "tomorrow", "list": [1, null]}));
        }
        Value::Array(items) => items.iter_mut().for_each(add_everywhere),
        _ => {}
    }
}

/// Puts a value where one is; an absent place stays absent.
pub(crate) fn replace(body: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    }
}
