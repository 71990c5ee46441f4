//! Every fault that the promise is worth, thrown at the production code; the simulated gateways' books are the judge.
//!
//! | class | what |
//! |---|---|
//! | [`table`] | crash points × answers × shares × gateways, every cell |
//! | [`model`] | the protocol's model, by seeds |
//! | [`sockets`] | the whole desk over real sockets and TLS, random faults, tasks cut off |
//! | `storage` | the disk is full, from some write on |
//! | `sync` | the disk cannot make durable what it took: `fsync` fails |
//! | [`hostile`] | a gateway, and a caller, that mean harm |
//! | [`wrong`] | designs that are known to be wrong: each must be found out |
//! | [`power`] | the journal on disk after the power went: a lost, cut or torn log |

pub mod answers;
pub mod clock;
pub mod desk;
pub mod disk;
pub mod gateway;
pub mod hostile;
pub mod journal;
pub mod lanes;
pub mod model;
#[path = "../../../crates/cancel-desk/tests/kill/oracle.rs"]
#[allow(missing_docs, dead_code)]
mod oracle;
pub mod outcome;
pub mod power;
pub mod sockets;
#[cfg(unix)]
pub mod storage;
#[cfg(target_os = "linux")]
pub mod sync;
pub mod table;
pub mod trap;
pub mod wrong;

pub use outcome::ClassReport;
