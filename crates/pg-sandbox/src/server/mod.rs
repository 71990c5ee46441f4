//! Listeners: accept, hand the socket to its connection loop, refuse while the gate is shut.

pub(crate) mod connection;
mod gzip;
mod hostile;
pub(crate) mod http;
pub(crate) mod mischief;
pub(crate) mod socket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::options::Gateway;
use crate::world::World;
use socket::Socket;

#[cfg(feature = "tls")]
pub(crate) type Acceptor = Option<tokio_rustls::TlsAcceptor>;
/// Without the feature no listener speaks TLS.
#[cfg(not(feature = "tls"))]
pub(crate) type Acceptor = Option<Arc<std::convert::Infallible>>;

/// How soon a listener that could not be opened again is tried again.
const AGAIN: Duration = Duration::from_millis(5);

fn bound(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A listener, and a second socket that keeps its port while it does not listen.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) open: TcpListener,
    /// Bound and never listening: the system refuses connections, and nobody else can take the port.
    held: TcpSocket,
}

/// Binds and listens on a loopback port; 0 lets the system choose.
pub(crate) fn listen(port: u16) -> std::io::Result<Door> {
    // first the one that only holds: once the other listens, the system lets no second one bind
    let held = bound(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let open = bound(held.local_addr()?)?.listen(1024)?;
    Ok(Door { open, held })
}

/// Accepts for one gateway until the task is dropped; its connections end with it.
pub(crate) async fn accept_loop(
    world: Arc<World>,
    gateway: Gateway,
    door: Door,
    tls: Acceptor,
    shut: watch::Sender<bool>,
) {
    let Door { open, held } = door;
    let Ok(address) = held.local_addr() else { return };
    let mut gate = world.gate(gateway).subscribe();
    let mut listener = Some(open);
    let mut connections = JoinSet::new();
    loop {
        if let Some(open) = listener.take() {
            shut.send_replace(false);
            while !*gate.borrow_and_update() {
                tokio::select! {
                    accepted = open.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        if *gate.borrow() {
                            Socket::Plain(stream).reset();
                            continue;
                        }
                        let serial = world.serial.fetch_add(1, Ordering::SeqCst).saturating_add(1);
                        world.connected(gateway).fetch_add(1, Ordering::SeqCst);
                        connections.spawn(greet(Arc::clone(&world), gateway, stream, tls.clone(), serial));
                    }
                    _ = gate.changed() => {}
                    Some(_) = connections.join_next(), if !connections.is_empty() => {}
                }
            }
        }
        shut.send_replace(true);
        if gate.wait_for(|refusing| !*refusing).await.is_err() {
            return;
        }
        listener = Some(listen_again(address).await);
    }
}

/// Listens once more on a port that is held. Somebody else's connection may be in the way for a moment.
async fn listen_again(address: SocketAddr) -> TcpListener {
    loop {
        match bound(address).and_then(|socket| socket.listen(1024)) {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

async fn greet(world: Arc<World>, gateway: Gateway, stream: TcpStream, tls: Acceptor, serial: u64) {
    // Small answers must not wait for an acknowledgement; a failure here only costs speed.
    drop(stream.set_nodelay(true));
    let Some(stream) = connection::rough_welcome(&world, gateway, stream, tls.is_some()).await else {
        return;
    };
    let Some(socket) = secure(stream, tls).await else { return };
    connection::serve(world, gateway, socket, serial).await;
}

#[cfg(feature = "tls")]
async fn secure(stream: TcpStream, tls: Acceptor) -> Option<Socket> {
    match tls {
        None => Some(Socket::Plain(stream)),
        Some(acceptor) => {
            let hello = tokio::time::timeout(Duration::from_secs(10), acceptor.accept(stream)).await;
            hello.ok()?.ok().map(|stream| Socket::Tls(Box::new(stream)))
        }
    }
}

#[cfg(not(feature = "tls"))]
async fn secure(stream: TcpStream, _tls: Acceptor) -> Option<Socket> {
    Some(Socket::Plain(stream))
}
