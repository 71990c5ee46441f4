//! Refunds that survive crashes, servers and people, for Chaiport, Eximbay and Settlebank. Unofficial.
//!
//! A call of an SDK ends with its process. The desk carries a refund through: asked once, applied once, accounted
//! for, whatever dies in between.
//!
//! | module | holds |
//! |---|---|
//! | [`record`] | payments, intents, attempts, jobs: what is stored |
//! | [`protocol`] | what to do next, decided without I/O |
//! | [`journal`] | the store: in memory, in `SQLite`, in `PostgreSQL` |
//! | [`worker`] | the task that drives the protocol against journal and gateways |
//! | [`desk`] | what a caller may ask: find, check, store, wait, show |
#![cfg_attr(feature = "bulk", doc = "| [`bulk`] | refunds from a file: plan, approval, run, report |")]
#![cfg_attr(feature = "gateways", doc = "| [`config`] | from file and environment to journal and clients |")]
#![cfg_attr(feature = "http", doc = "| [`http`] | the HTTP service, to serve or to mount |")]
#![cfg_attr(feature = "cli", doc = "| [`cli`] | the program `cancel-desk` |")]
#![cfg_attr(feature = "model", doc = "| [`model`] | protocol, gateways and faults, simulated |")]
//!
//! | feature | brings |
//! |---|---|
//! | `cli` (default) | the program, with all of the following but `model` |
//! | `sqlite` | the embedded journal: one file, no server |
//! | `postgres` | the journal that several hosts share |
//! | `gateways` | the clients of the three gateways, and the configuration that makes them |
//! | `http` | the service |
//! | `bulk` | refunds from a file |
//! | `model` | the simulation of the protocol, with its runner |
//!
//! Without any: protocol, journal in memory and worker, over whatever implements
//! [`CancelGateway`](pg_core::CancelGateway).
//!
//! What the gateways do is documented, not verified.
//!
//! A program of yours registers payments, submits refunds and runs a [`worker::Worker`]:
//!
//! ```
//! use std::sync::Arc;
//!
//! use cancel_desk::journal::{Journal, MemoryJournal, NewIntent};
//! use cancel_desk::pg_core::{Gateway, Money, PaymentRef};
//! use cancel_desk::record::{IntentState, NewPayment};
//! use cancel_desk::worker::{Accounts, Worker};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
//! let payment = PaymentRef::new(Gateway::Chaiport, "imp_448280090638", "ORD-1", Money::krw(10_000)?);
//! let payment = journal.register_payment(NewPayment::new("main", payment)).await?;
//! let wish = NewIntent::new(payment.key(), "return-4711", Money::krw(3_000)?)?;
//! let intent = journal.submit(wish.clone()).await?.intent().clone();
//! // the same key again is the same refund
//! assert_eq!(journal.submit(wish).await?.intent().id, intent.id);
//!
//! // in production: Accounts::new().with("main", Account::new(Arc::new(client)))?
//! let worker = Worker::new(Arc::clone(&journal), Arc::new(Accounts::new()))?;
//! assert!(worker.turn().await?.is_none(), "no account of this name: nothing is touched");
//! assert_eq!(journal.intent(intent.id).await?.map(|intent| intent.state), Some(IntentState::Planned));
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

#[cfg(feature = "bulk")]
pub mod bulk;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "gateways")]
pub mod config;
pub mod desk;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "http")]
pub mod http;
pub mod journal;
#[cfg(any(feature = "gateways", feature = "http", feature = "cli"))]
mod korean;
#[cfg(any(test, feature = "model"))]
pub mod model;
pub mod protocol;
pub mod record;
pub mod worker;

pub use pg_core;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
