#![allow(clippy::arithmetic_side_effects)]

mod attacks;
mod refusals;

use super::super::conformance::{TestClock, journal_conformance, vault};
use super::super::{Journal, MemoryJournal};
use super::*;
use server::Server;

#[path = "../../../tests/support/postgres.rs"]
mod server;

/// Runs a future to its end on a thread and a runtime of its own: to prepare what a test then uses on its own.
fn apart<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
    std::thread::spawn(run).join().unwrap()
}

/// A new journal.
fn options(server: &Server) -> PostgresOptions {
    PostgresOptions::new(server.url()).with_schema(Server::schema()).with_vault(vault())
}

async fn open(options: &PostgresOptions) -> Arc<PostgresJournal> {
    Arc::new(PostgresJournal::open(options.clone()).await.unwrap())
}

/// A connection that may do everything, past the journal.
async fn raw(options: &PostgresOptions) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&options.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {}", options.schema)).await.unwrap();
    client
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

/// The same seed, the same run: what the journals do differs in nothing that the protocol can see.
#[test]
fn the_model_runs_the_same_on_a_server_as_in_memory() {
    use crate::model::{Face, Options, run_seed, run_seed_on};
    let Some(server) = Server::shared() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    for face in Face::ALL {
        let model = Options::new(face, 0..1);
        for seed in 0..3 {
            let on_server = run_seed_on(&model, seed, &|clock, _| {
                let options = options(server).with_clock(clock);
                runtime.block_on(async { open(&options).await })
            });
            assert_eq!(on_server, run_seed(&model, seed), "{face} {seed}");
            assert!(on_server.1.is_empty());
        }
    }
}
