//! What a cancel costs: the bare socket, bare hyper, a client written by hand, and ours.
//!
//! Each client is a process of its own and measures itself, against one mock gateway that is a process too.
//! `cargo xtask bench` runs them in turns and compares.

pub mod clients;
pub mod connections;
pub mod kind;
pub mod measure;
pub mod mock;
pub mod ours;
pub mod pieces;
pub mod program;
pub mod raw;
pub mod twin;
