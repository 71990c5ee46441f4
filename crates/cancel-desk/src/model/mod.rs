//! The protocol under simulated gateways, faults and people: discrete events, one seed, one run.
//!
//! A run drives the very [`Turn`](crate::protocol::Turn) and [`MemoryJournal`](crate::journal::MemoryJournal)
//! that production code is made of; only time, the wire and the gateway are simulated. The simulated gateway's
//! ledger is the oracle: it is never asked through the protocol, and knows for every refund whose it was.
//!
//! What a run throws at the protocol (probabilities drawn per run): requests lost before or after they were applied,
//! late, doubled, answered with a server error applied or not, not sent; a gateway that itself does not know, or
//! that executes once the merchant has paid in; failing and lagging look-ups; asynchronous cancels; crashes around
//! every step; workers paused beyond their lease; a person refunding in the gateway's console; callers that repeat
//! and contradict themselves. Then the faults end, and everything must come to its end.
//!
//! With [`Options::with_restores`] the journal itself is lost in the middle and put back to a backup: what was stored,
//! sent and told since is gone from it, while late copies are still on their way. Payments are registered again from
//! the merchant's books, callers ask again or do not, and a person settles what waits by the gateway's books: decides
//! nothing that the books show as undecided, and clears a payment only when each refund in them is accounted for. The
//! oracle goes by the callers' keys then: one wish, one refund, whatever the journal has forgotten. No protocol could
//! keep two copies apart at a PG that decides later, one of them lost and waiting for the merchant's funds; the runs
//! leave that out.
//!
//! An [`Ablation`] breaks one rule of the protocol on purpose. Each must be caught by the ledger; an ablation that
//! is not caught means that the model is blind.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a simulation with numbers of its own making; it takes no input but a seed"
)]

mod ablation;
mod faults;
mod gateway;
mod oracle;
mod people;
mod restore;
mod rng;
mod runner;
mod wire;
mod worker;
mod world;

pub use ablation::Ablation;
pub use gateway::Face;
pub use oracle::{Rule, Violation};
pub use runner::{Counts, MakeJournal, Options, Report, first_catch, run, run_seed, run_seed_on};
