//! Refunds in bulk: a file of orders becomes a plan, an approved plan becomes refunds.

pub mod file;
