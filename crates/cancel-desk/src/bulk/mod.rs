//! Refunds in bulk: a file of orders becomes a plan, an approved plan becomes refunds.
//!
//! 1. [`OrderFile::read`](file::OrderFile::read) reads the file and names every fault by line and column.
//! 2. [`Planner::plan`] asks of every row whether it can be refunded, sends nothing, and stores what can as a job.
//! 3. [`approve`] takes a person's word for exactly that plan: its hash and its totals. A job that halted goes on by
//!    [`approve_again`] or [`let_go_on`], whose [`Approval`] the run is given.
//! 4. [`Run`] submits the rows: five first, then as many at once as the gateways bear, and stops at the first sign of
//!    [`Trouble`](crate::worker::Trouble). Killed at any moment, another run goes on where it was.
//! 5. [`Report::of`] tells what became of every row; its sums are the plan's, or it is an error.
//!
//! The same refund of a payment is asked for under the same key in every file, so that a second file cannot make it
//! twice; a row that is meant once more carries a `key` of its own.

mod approval;
mod error;
pub mod file;
mod lanes;
mod ledgers;
mod plan;
mod report;
mod run;
mod select;
mod state;
mod table;

#[cfg(feature = "cli")]
pub(crate) use approval::checked;
pub use approval::{Approval, approve, approve_again, let_go_on, parse_total, short_hash};
pub use error::BulkError;
pub use plan::{Plan, PlanSum, PlannedRow, Planner, Same, Verdict};
pub use report::{Amounts, Report};
pub use run::{FirstRows, Progress, Run, RunEnd, RunOptions};
pub use state::{RowState, is_done};
pub use table::{write_left_out, write_rows};
