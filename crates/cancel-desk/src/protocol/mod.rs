//! The protocol that carries one refund through, without I/O.
//!
//! A [`Turn`] is one worker's turn at one payment. It is told what the journal holds and what happened, and
//! answers with the next [`Action`]; whoever drives it (the worker, the model) does the I/O. Dropping a turn at
//! any moment is a crash, and loses nothing: everything that must survive is in the journal by then.
//!
//! The rules:
//! - The attempt is committed before its first byte leaves, and every repeat is committed before it is sent.
//! - *Not sent* and *unknown* keep the same attempt. Only the gateway's ledger closes one and lets another begin.
//! - The balance before a cancel is the lowest ever proven, however much more a look-up shows.
//! - A refusal is believed of a first sending alone, and not before a look-up; one that our own doubled copy could
//!   have caused, only after a quiet time.
//! - What the gateway took, or may have, for a PG that decides later is looked after and nothing else: never sent
//!   again, and nothing new begins in its place.
//! - After the journal was restored from a backup, what was stored before neither begins nor is sent again by itself,
//!   and nothing new begins where the ledger shows more than the journal knows, by its balance or by a mark of ours. Only our tag and the gateway's own
//!   answer still prove anything; a person is asked once the copies on their way have had their time.
//! - What belongs to a halted bulk job is not sent again by itself either, and goes to a person if the same refund was
//!   asked for under another key meanwhile: the journal writes that instead of the sending.
//! - Nothing becomes *failed* because time passed. After the last look-up comes a person, with the evidence.

mod change;
mod decide;
mod frozen;
mod policy;
mod restored;
mod schedule;
mod snapshot;
#[cfg(test)]
mod tests;
mod turn;

pub use change::{AttemptPlan, Change, NewAttempt, Record};
pub(crate) use decide::{balance_after, evidence, later, quiet_left, unquiet};
pub use frozen::Extras;
pub use policy::Policy;
#[cfg(any(test, feature = "cli"))]
pub(crate) use restored::contradicted;
pub(crate) use restored::{Missing, is_marked, tagged, unexplained};
#[cfg(any(test, feature = "cli", feature = "bulk"))]
pub(crate) use restored::{Origin, origins};
pub use schedule::{LOOK_UPS, pause_before};
pub use snapshot::{Claim, Lease, Snapshot};
pub use turn::{Action, Event, Seen, Sending, Turn};
