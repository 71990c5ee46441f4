//! One suite of contracts that every gateway crate must keep, run against the sandbox over real sockets.
//!
//! The sandbox's ledger and its count of the requests it saw are the oracle, never the client's word. A simulator
//! is a simulator: what passes here is held to the gateways' documents, not to the gateways.

pub mod caller;
pub mod hostile;
pub mod kind;
pub mod over;
pub mod random;
pub mod report;
pub mod scenario;
pub mod special;
pub mod transport_events;
pub mod truth;
pub mod world;

pub use kind::Kind;
pub use over::Over;
pub use report::Report;
pub use world::{Paid, Patience, World};

/// Runs the whole suite for one gateway over one transport: scenarios, transport events, and `trials` random behaviours.
pub async fn run(kind: Kind, over: Over, seed: u64, trials: u32) -> Report {
    let mut report = scenario::run(kind, over).await;
    report.merge(transport_events::run(kind, over).await);
    report.merge(random::run(kind, over, seed, trials).await);
    report
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../../README.ko.md")]
mod readme_ko {}
