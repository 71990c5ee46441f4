//! A second host, which must never hear of anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A listener that counts who connects.
#[derive(Debug)]
pub(super) struct Elsewhere {
    address: String,
    seen: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Elsewhere {
    pub(super) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((_stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, seen, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections came.
    pub(super) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// Shows that it would have noticed.
    pub(super) async fn notices(&self) -> bool {
        let before = self.seen();
        let stream = tokio::net::TcpStream::connect(&self.address).await;
        for _ in 0..200 {
            if self.seen() > before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stream.is_ok() && self.seen() > before
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.task.abort();
    }
}
