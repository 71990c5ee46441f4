//! The programs that are weighed compile: a run that builds them takes too long to be part of every change.
#![allow(dead_code, reason = "each is a program of its own")]

#[path = "../weight/chaiport.rs"]
mod chaiport;
#[path = "../weight/chaiport-types.rs"]
mod chaiport_types;
#[path = "../weight/eximbay.rs"]
mod eximbay;
#[path = "../weight/settlebank.rs"]
mod settlebank;
