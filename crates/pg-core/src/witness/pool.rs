//! Connections that lie idle for a moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use http::header::HeaderValue;
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep};

use super::connect::Destination;
use super::exchange::Link;
use crate::base_url::BaseUrl;
use crate::transport_options::FRESH;

/// One gateway's address: what every request to it needs, and its idle connections.
pub(super) struct Origin {
    base: BaseUrl,
    pub(super) host: HeaderValue,
    pub(super) destination: Destination,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// The one used last stands last.
    links: Vec<Resting>,
    /// Somebody will come and close what has lain too long.
    is_swept: bool,
}

struct Resting {
    link: Box<Link>,
    since: Instant,
    /// The runtime that its socket belongs to: another may not be told what happens to it.
    runtime: Id,
}

/// Every address that was asked for; as a rule one.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Arc<Origin>>>);

/// No panic can happen while one of these is held; were it so, the connections would be as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// The address's entry. Nothing where no HTTP client could connect to it.
    pub(super) fn origin(&self, base: &BaseUrl) -> Option<Arc<Origin>> {
        let mut origins = lock(&self.0);
        if let Some(known) = origins.iter().find(|origin| origin.base == *base) {
            return Some(Arc::clone(known));
        }
        let origin = Arc::new(Origin {
            base: base.clone(),
            host: HeaderValue::try_from(base.host_header()).ok()?,
            destination: Destination::of(base)?,
            idle: Mutex::default(),
        });
        origins.push(Arc::clone(&origin));
        Some(origin)
    }
}

impl Origin {
    /// The freshest idle connection that still is one.
    pub(super) async fn take(&self, runtime: Id) -> Option<Box<Link>> {
        loop {
            // closed after the lock is given back
            let (_stale, found) = {
                let mut idle = lock(&self.idle);
                let stale = idle.drop_stale();
                let position = idle.links.iter().rposition(|resting| resting.runtime == runtime);
                (stale, position.map(|position| idle.links.remove(position)))
            };
            let mut link = found?.link;
            if link.is_still_idle().await {
                return Some(link);
            }
        }
    }

    /// Keeps a connection for a moment.
    pub(super) fn put(self: &Arc<Self>, link: Box<Link>, runtime: &Handle) {
        let mut idle = lock(&self.idle);
        idle.links.push(Resting { link, since: Instant::now(), runtime: runtime.id() });
        if !idle.is_swept {
            idle.is_swept = true;
            let sweeper = Sweeper(Arc::downgrade(self));
            drop(idle);
            drop(runtime.spawn(sweeper.run()));
        }
    }
}

impl Idle {
    /// Takes out what has lain too long.
    fn drop_stale(&mut self) -> Vec<Resting> {
        let now = Instant::now();
        let fresh = |resting: &Resting| now.saturating_duration_since(resting.since) <= FRESH;
        // they stand by age
        let stale = self.links.iter().take_while(|resting| !fresh(resting)).count();
        self.links.drain(..stale).collect()
    }
}

/// Closes what has lain too long when no request comes that would.
struct Sweeper(Weak<Origin>);

impl Sweeper {
    async fn run(self) {
        loop {
            sleep(FRESH).await;
            let Some(origin) = self.0.upgrade() else { return };
            let _stale = lock(&origin.idle).drop_stale();
            if lock(&origin.idle).links.is_empty() {
                return;
            }
        }
    }
}

impl Drop for Sweeper {
    // also when its runtime goes away under it
    fn drop(&mut self) {
        if let Some(origin) = self.0.upgrade() {
            lock(&origin.idle).is_swept = false;
        }
    }
}
