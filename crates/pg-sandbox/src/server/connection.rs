//! One connection: reads requests, asks the fault plan, lets the gateway decide, writes the answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::http::{self, MAX_HEAD, Parsed, Request, parse_head, request_line};
use super::mischief::{self, After};
use super::socket::Socket;
use crate::faults::{Fault, FaultKind, Stage};
use crate::ledger::Actor;
use crate::log::{Operation, fingerprint};
use crate::options::Gateway;
use crate::world::{Reply, World};
use crate::{chaiport, eximbay, settlebank};

/// What a request is for, by its method and path.
pub(crate) fn operation(gateway: Gateway, method: &str, path: &str) -> Operation {
    match gateway {
        Gateway::Chaiport => chaiport::operation(method, path),
        Gateway::Eximbay => eximbay::operation(path),
        Gateway::Settlebank => settlebank::operation(path),
    }
}

/// Faults that strike at accept: those that no operation limits and, under TLS, all early ones (nothing can be
/// seen there before the handshake). `None` when the connection is finished with.
pub(crate) async fn rough_welcome(
    world: &World,
    gateway: Gateway,
    stream: TcpStream,
    tls: bool,
) -> Option<TcpStream> {
    if !world.faults.has_early() {
        return Some(stream);
    }
    let Some(fault) = world.faults.take_at_accept(gateway, tls) else { return Some(stream) };
    let hold = world.options.hold;
    let mut socket = Socket::Plain(stream);
    match fault.kind {
        FaultKind::StallBeforeReading => socket.hold_unread(hold).await,
        FaultKind::CloseOnAccept | FaultKind::CloseBeforeReading => drop(socket),
        FaultKind::StallAfterBytes(limit) => {
            read_to(&mut socket, limit).await;
            socket.hold_unread(hold).await;
        }
        FaultKind::ResetAfterBytes(limit) => {
            read_to(&mut socket, limit).await;
            socket.reset();
        }
        _ => socket.reset(),
    }
    None
}

/// Serves until either side closes.
pub(crate) async fn serve(world: Arc<World>, gateway: Gateway, mut socket: Socket, serial: u64) {
    let mut gate = world.gate(gateway).subscribe();
    let mut buffer = Vec::with_capacity(2048);
    loop {
        if buffer.is_empty() && socket.is_plain() {
            // The plan is asked only once bytes are there: a fault may be armed while the connection idles.
            tokio::select! {
                ready = socket.readable() => if ready.is_err() { return },
                _ = gate.wait_for(|refusing| *refusing) => return,
            }
            if world.faults.has_early() {
                match early(&world, gateway, &socket).await {
                    Early::None => {}
                    Early::Gone => return,
                    Early::Strike(fault) => {
                        return strike_early(&world, gateway, socket, &fault, serial).await;
                    }
                }
            }
        }
        let Some((request, number)) =
            read(&world, gateway, &mut socket, &mut buffer, serial, &mut gate).await
        else {
            return;
        };
        match respond(&world, gateway, socket, request, number).await {
            Some(open) => socket = open,
            None => return,
        }
    }
}

enum Early {
    None,
    Gone,
    Strike(Box<Fault>),
}

/// Looks at the request line without reading it, to know whether an early fault is meant for it.
async fn early(world: &World, gateway: Gateway, socket: &Socket) -> Early {
    let mut sight = [0_u8; 512];
    for _ in 0..2_000 {
        let Ok(count) = socket.peek(&mut sight).await else { return Early::Gone };
        if count == 0 {
            return Early::Gone;
        }
        let bytes = sight.get(..count).unwrap_or_default();
        if let Some((method, path)) = request_line(bytes) {
            let operation = operation(gateway, &method, &path);
            return world
                .faults
                .take(gateway, operation, Stage::Early)
                .map_or(Early::None, |fault| Early::Strike(Box::new(fault)));
        }
        if count == sight.len() {
            return Early::None;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Early::None
}

async fn strike_early(world: &World, gateway: Gateway, mut socket: Socket, fault: &Fault, serial: u64) {
    let hold = world.options.hold;
    match fault.kind {
        FaultKind::StallBeforeReading => socket.hold_unread(hold).await,
        FaultKind::CloseOnAccept | FaultKind::CloseBeforeReading => drop(socket),
        FaultKind::ResetAfterBytes(limit) => {
            read_some(world, gateway, &mut socket, fault, limit, serial).await;
            socket.reset();
        }
        FaultKind::StallAfterBytes(limit) => {
            read_some(world, gateway, &mut socket, fault, limit, serial).await;
            socket.hold_unread(hold).await;
        }
        _ => socket.reset(),
    }
}

/// Reads exactly `limit` bytes, or to the end.
async fn read_to(socket: &mut Socket, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut limited = socket.take(u64::try_from(limit).unwrap_or(u64::MAX));
    while matches!(limited.read_buf(&mut bytes).await, Ok(count) if count > 0) {}
    bytes
}

/// Reads exactly `limit` bytes (or to the end) and notes them.
async fn read_some(
    world: &World,
    gateway: Gateway,
    socket: &mut Socket,
    fault: &Fault,
    limit: usize,
    serial: u64,
) {
    let bytes = read_to(socket, limit).await;
    if bytes.is_empty() {
        return;
    }
    let number = world.log.begin(gateway, serial, world.clock.now());
    let line = request_line(&bytes);
    world.log.update(number, |seen| {
        seen.bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        seen.fault = Some(fault.kind.name());
        if let Some((method, path)) = line {
            seen.operation = operation(gateway, &method, &path);
            seen.method = method;
            seen.path = path;
        }
        if let Parsed::Head(head, _) = parse_head(&bytes) {
            seen.body_len = bytes.len().saturating_sub(head);
        }
    });
}

/// Reads one request. `None`: the connection is over.
async fn read(
    world: &World,
    gateway: Gateway,
    socket: &mut Socket,
    buffer: &mut Vec<u8>,
    serial: u64,
    gate: &mut watch::Receiver<bool>,
) -> Option<(Request, u64)> {
    let mut number = None;
    let note = |number: &mut Option<u64>, count: usize| {
        let number = *number.get_or_insert_with(|| world.log.begin(gateway, serial, world.clock.now()));
        world.log.update(number, |seen| seen.bytes = u64::try_from(count).unwrap_or(u64::MAX));
        number
    };
    let (length, head) = loop {
        if !buffer.is_empty() {
            match parse_head(buffer) {
                Parsed::Head(length, head) => break (length, head),
                Parsed::Partial if buffer.len() <= MAX_HEAD => {}
                _ => {
                    note(&mut number, buffer.len());
                    drop(
                        socket
                            .write_all(
                                b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                            )
                            .await,
                    );
                    return None;
                }
            }
        }
        let count = if buffer.is_empty() {
            // An idle connection ends when the gateway starts to refuse.
            tokio::select! {
                read = socket.read_buf(buffer) => read.unwrap_or(0),
                _ = gate.wait_for(|refusing| *refusing) => 0,
            }
        } else {
            socket.read_buf(buffer).await.unwrap_or(0)
        };
        if count == 0 {
            return None;
        }
        let number = note(&mut number, buffer.len());
        if let Some((method, path)) = request_line(buffer) {
            world.log.update(number, |seen| {
                seen.operation = operation(gateway, &method, &path);
                seen.method = method;
                seen.path = path;
            });
        }
    };
    let number = note(&mut number, buffer.len());
    if head.chunked {
        drop(
            socket
                .write_all(b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .await,
        );
        return None;
    }
    if head.expects_continue {
        socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
    }
    let total = length.saturating_add(head.content_length);
    while buffer.len() < total {
        let count = socket.read_buf(buffer).await.unwrap_or(0);
        let so_far = buffer.len();
        world.log.update(number, |seen| {
            seen.bytes = u64::try_from(so_far).unwrap_or(u64::MAX);
            seen.body_len = so_far.saturating_sub(length);
        });
        if count == 0 {
            return None;
        }
    }
    let body = buffer.get(length..total).unwrap_or_default().to_vec();
    buffer.drain(..total);
    let request = Request { head: *head, body };
    world.log.update(number, |seen| {
        seen.complete = true;
        seen.bytes = u64::try_from(total).unwrap_or(u64::MAX);
        seen.body_len = request.body.len();
        seen.body_fingerprint = fingerprint(&request.body);
    });
    Some((request, number))
}

/// Answers one request, rightly or by the fault that is due. `None`: the connection is over.
async fn respond(
    world: &Arc<World>,
    gateway: Gateway,
    socket: Socket,
    request: Request,
    number: u64,
) -> Option<Socket> {
    let operation = operation(gateway, &request.head.method, &request.head.path);
    let fault = world.faults.take(gateway, operation, Stage::Answer);
    let closes = request.head.closes;
    let Some(fault) = fault else {
        let reply = world.process(gateway, &request, Actor::Api).await;
        note(world, number, &reply, Some(reply.status), None);
        let rendered = mischief::render(gateway, &reply);
        return mischief::write(socket, &rendered, closes).await;
    };
    let request = Arc::new(request);
    let name = fault.kind.name();
    world.log.update(number, |seen| seen.fault = Some(name));
    let reply = match &fault.kind {
        FaultKind::Late(delay) => {
            let reply = late(world, gateway, &request, *delay).await;
            world.log.update(number, |seen| seen.applied = reply.as_ref().is_some_and(|reply| reply.applied));
            reply?
        }
        FaultKind::RefusedThenApplied(code, message) => {
            drop(world.keep_back(gateway, Arc::clone(&request)));
            mischief::refusal(world, gateway, &request, code, message)
        }
        FaultKind::Twice | FaultKind::TwiceAnswerSecond => {
            let first = world.process(gateway, &request, Actor::Api).await;
            let mut second = world.process(gateway, &request, Actor::Api).await;
            second.applied |= first.applied;
            if fault.kind == FaultKind::Twice { first } else { second }
        }
        _ if fault.apply => world.process(gateway, &request, Actor::Api).await,
        _ => world.preview(gateway, &request),
    };
    note(world, number, &reply, None, Some(name));
    let (status, after) = mischief::play(world, gateway, socket, &request, &fault, reply, closes).await;
    world.log.update(number, |seen| seen.status = status);
    match after {
        After::Open(socket) => Some(socket),
        After::Over => None,
    }
}

fn note(world: &World, number: u64, reply: &Reply, status: Option<u16>, fault: Option<&'static str>) {
    world.log.update(number, |seen| {
        seen.applied |= reply.applied;
        seen.payment.clone_from(&reply.payment);
        seen.status = status;
        seen.fault = fault;
    });
}

/// Keeps the request back for `delay`, or until it is delivered by hand.
async fn late(
    world: &Arc<World>,
    gateway: Gateway,
    request: &Arc<Request>,
    delay: Duration,
) -> Option<Reply> {
    let (job, waiting) = world.keep_back(gateway, Arc::clone(request));
    let weak = Arc::downgrade(world);
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        if let Some(world) = weak.upgrade() {
            world.deliver(Some(job));
        }
    });
    waiting.await.ok()
}

/// Answers a request to the admin listener; no faults, no log.
pub(crate) async fn serve_admin(mut socket: Socket, answer: impl Fn(&Request) -> http::Rendered) {
    let mut buffer = Vec::new();
    loop {
        let (length, head) = loop {
            match parse_head(&buffer) {
                Parsed::Head(length, head) => break (length, head),
                Parsed::Partial if buffer.len() <= MAX_HEAD => {}
                _ => return,
            }
            if !matches!(socket.read_buf(&mut buffer).await, Ok(count) if count > 0) {
                return;
            }
        };
        let total = length.saturating_add(head.content_length);
        while buffer.len() < total {
            if !matches!(socket.read_buf(&mut buffer).await, Ok(count) if count > 0) {
                return;
            }
        }
        let body = buffer.get(length..total).unwrap_or_default().to_vec();
        buffer.drain(..total);
        let closes = head.closes;
        let rendered = answer(&Request { head: *head, body });
        match mischief::write(socket, &rendered, closes).await {
            Some(open) => socket = open,
            None => return,
        }
    }
}
