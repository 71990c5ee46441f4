use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::hints::Hints;
use super::metrics::Metrics;
use super::options::HttpOptions;
use crate::desk::Desk;

/// What all requests share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) desk: Desk,
    pub(super) options: HttpOptions,
    pub(super) metrics: Metrics,
    pub(super) hints: Arc<Hints>,
    /// Whether only this machine can connect, as far as is known.
    pub(super) on_loopback: bool,
    /// Becomes true when the service is told to stop.
    pub(super) closing: watch::Receiver<bool>,
}

impl Shared {
    /// `address` is where the service listens; a server that the router is mounted in does not tell.
    pub(super) fn new(
        desk: Desk,
        options: HttpOptions,
        address: Option<SocketAddr>,
        closing: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let on_loopback = match address {
            Some(address) => address.ip().to_canonical().is_loopback(),
            None => !options.anywhere,
        };
        let hints = Hints::new(desk.clone(), options.hint_pause);
        Arc::new(Self { desk, options, metrics: Metrics::default(), hints, on_loopback, closing })
    }

    /// Ready when whoever waits for an outcome should be answered: a second before the connections are cut.
    pub(super) async fn hurry(&self) {
        let mut closing = self.closing.clone();
        if closing.wait_for(|closing| *closing).await.is_err() {
            // mounted elsewhere: nobody tells
            return std::future::pending().await;
        }
        tokio::time::sleep(self.options.grace.saturating_sub(Duration::from_secs(1))).await;
    }
}
