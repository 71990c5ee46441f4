//! The witness transport against servers written by hand: what it says was not sent, no server has seen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::let_underscore_must_use,
    clippy::print_stdout,
    missing_docs
)]
#![allow(unreachable_pub)]

mod answers;
mod reuse;
mod server;
mod stalls;
mod tls;
