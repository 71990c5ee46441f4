use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use super::options::HttpOptions;
use super::routes;
use super::state::Shared;
use super::stream::Impatient;
use crate::desk::Desk;

/// Largest head of a request, in bytes.
const HEAD: usize = 32 * 1024;
/// How long to wait when no connection can be taken: too many files are open.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long connections that are cut may take to end.
const CUT: Duration = Duration::from_secs(1);

/// Serves the desk on a listener until `stop` is ready; then takes no more connections, lets requests finish within
/// the grace of the options, and returns. Workers are not its business: stop them afterwards.
///
/// # Errors
/// [`io::Error`] of kind `InvalidInput` when the options do not allow to listen there; others when the listener has
/// no address.
pub async fn serve(
    listener: TcpListener,
    desk: Desk,
    options: HttpOptions,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    options.check(Some(address)).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let (close, closing) = watch::channel(false);
    let shared = Shared::new(desk, options.clone(), Some(address), closing.clone());
    let service = routes::router(Arc::clone(&shared));
    let slots = Arc::new(Semaphore::new(options.connections));
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    info!(%address, "listening");
    loop {
        let taken = tokio::select! {
            biased;
            () = &mut stop => break,
            taken = take(&listener, &slots) => taken,
        };
        while connections.try_join_next().is_some() {}
        let Some((stream, slot)) = taken else { continue };
        let (service, closing, limits) = (service.clone(), closing.clone(), Limits::of(&options));
        connections.spawn(async move {
            answer(stream, service, closing, limits).await;
            drop(slot);
        });
    }
    drop(listener);
    close.send_replace(true);
    info!(open = connections.len(), "stopping");
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(options.grace, all).await.is_err() {
        // their refunds are stored: whoever asks again with the same key gets the outcome
        warn!(cut = connections.len(), "connections were cut");
    }
    if timeout(CUT, connections.shutdown()).await.is_err() {
        warn!("a connection is still busy");
    }
    Ok(())
}

type Slot = tokio::sync::OwnedSemaphorePermit;

async fn take(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, Slot)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(error) => {
            debug!(error = %error, "no connection was taken");
            sleep(ACCEPT_AGAIN).await;
            None
        }
    }
}

/// How long a connection may take.
#[derive(Clone, Copy)]
struct Limits {
    /// For the head of a request, and between two.
    head: Duration,
    /// For taking an answer.
    taking: Duration,
    /// Until it takes no more requests: others wait for its place.
    life: Duration,
}

impl Limits {
    const fn of(options: &HttpOptions) -> Self {
        Self { head: options.header_timeout, taking: options.body_timeout, life: options.connection_life }
    }
}

async fn answer(stream: TcpStream, service: Router, mut closing: watch::Receiver<bool>, limits: Limits) {
    // small answers are not to wait for more
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(Impatient::new(stream, limits.taking)), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = over(&mut closing, limits.life) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = %error, "a connection ended early");
    }
}

/// Ready when the service is told to stop, or the connection has lived its time.
async fn over(closing: &mut watch::Receiver<bool>, life: Duration) {
    let _late = timeout(life, told(closing)).await.is_err();
}

/// Ready when the service is told to stop.
async fn told(closing: &mut watch::Receiver<bool>) {
    // a sender that is gone means the same
    let _gone = closing.wait_for(|closing| *closing).await.is_err();
}
