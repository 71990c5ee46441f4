#![doc = include_str!("../README.md")]

mod admin;
mod body;
mod chaiport;
mod clock;
pub mod credentials;
mod eximbay;
mod faults;
mod ledger;
mod log;
mod money;
mod options;
mod payment;
mod rng;
mod sandbox;
mod server;
mod settlebank;
#[cfg(feature = "tls")]
mod tls;
mod world;

pub use clock::Clock;
pub use faults::{BodyKind, Fault, FaultKind, Rates};
pub use ledger::{Actor, Entry, Ledger, Status};
pub use log::{Operation, Seen};
pub use options::{Certificate, ErrorShape, ForeignSpelling, Gateway, GuardMode, Guards, Options};
pub use payment::{NewPayment, PaymentId, Start};
pub use sandbox::{Sandbox, SandboxError};
pub use settlebank::{NotiCharset, NotiKind};
