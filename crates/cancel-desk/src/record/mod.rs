//! What the journal holds, as plain data: payments, intents, attempts, and the people's part in them.
//!
//! - A **payment** is what a customer paid and how much of it is refunded or reserved for refunds.
//! - An **intent** is one wish to refund, stored under the caller's key before anything else happens.
//! - An **attempt** is one frozen request with its guard value; sending it again is sending the same bytes.
//! - A **job** is a plan of many refunds, approved as a whole.

mod attempt;
mod evidence;
mod hex;
mod ids;
mod intent;
mod job;
mod payment;
mod words;

pub use attempt::{AttemptRecord, AttemptState, Proof, Refusal};
pub use evidence::{Evidence, Why};
pub(crate) use hex::hex;
pub use ids::{AttemptId, IntentId, JobId, ParseIdError};
pub(crate) use intent::kind_word;
pub use intent::{IntentRecord, IntentState, Outcome, RejectedBecause, Resolution};
pub use job::{JobRecord, JobRow, JobState, JobTotal, NewJob, NewJobRow};
pub use payment::{AccountName, NewPayment, PaymentKey, PaymentRecord, Suspect, Timestamp};
pub(crate) use words::words;
