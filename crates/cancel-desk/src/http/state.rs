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
    /// Becomes true when the service is told to stop.
    pub(super) closing: watch::Receiver<bool>,
}

impl Shared {
    pub(super) fn new(desk: Desk, options: HttpOptions, closing: watch::Receiver<bool>) -> Arc<Self> {
        let hints = Hints::new(desk.clone(), options.hint_pause);
        Arc::new(Self { desk, options, metrics: Metrics::default(), hints, closing })
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
