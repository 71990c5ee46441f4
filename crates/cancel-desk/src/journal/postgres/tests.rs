#![allow(clippy::arithmetic_side_effects)]

use pg_core::Gateway;
use tokio_postgres::NoTls;

use super::super::conformance::{
    LEASE, TestClock, about, account, attempt, claimed, completed, journal_conformance, payment, sound,
    submitted, vault, wish, won,
};
use super::super::{Journal, MemoryJournal, NewIntent, Submitted};
use super::*;
use crate::record::{AccountName, IntentState, PaymentKey};
use server::Server;

#[path = "../../../tests/support/postgres.rs"]
mod server;

/// Runs a future to its end on a thread and a runtime of its own: to prepare what a test then uses on its own.
fn apart<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
    std::thread::spawn(run).join().unwrap()
}

fn options(server: &Server) -> PostgresOptions {
    PostgresOptions::new(server.url()).with_schema(Server::schema()).with_vault(vault())
}

fn make(clock: Arc<TestClock>, vault: Vault) -> (Arc<dyn Journal>, ()) {
    let Some(server) = Server::shared() else {
        return (Arc::new(MemoryJournal::new(clock, vault)), ());
    };
    let options = options(server).with_clock(clock).with_vault(vault);
    let first = options.clone();
    // its connections end with the runtime that made them
    apart(async move { PostgresJournal::open(first).await.map(drop) }).unwrap();
    (Arc::new(PostgresJournal::unconnected(options).unwrap()), ())
}

journal_conformance!(make);
