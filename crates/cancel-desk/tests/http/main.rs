//! The HTTP service over real sockets, in front of the simulated gateways. Every answer that the client of these
//! tests gets is held against the service's own description.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod cancel;
mod client;
mod contract;
mod limits;
mod many;
mod payments;
mod people;
mod scene;
mod schema;
mod secrets;
mod webhooks;
