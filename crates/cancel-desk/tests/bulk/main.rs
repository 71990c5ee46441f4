//! Refunds in bulk: real clients, a journal on disk, the simulated gateways over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions
)]

mod carrying;
mod pauses;
mod planning;
mod scene;
