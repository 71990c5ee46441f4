//! Whether a job's refund may still be sent: not while its job is halted, and not once the same refund was asked for
//! under another key. Asked in the transaction that would count it as sent.

use crate::protocol::{self, Change, Record};
use crate::record::{AttemptState, IntentState, JobState, Timestamp, Why};

use super::JournalError;
use super::apply::Rows;
use super::jobs::{ASKED_SINCE, DISCARDED, HELD};

/// Who takes back what is left out while it is carried on.
pub(crate) const DESK: &str = "cancel-desk";

/// The job of an intent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfJob {
    pub(crate) state: JobState,
    /// Whether the same refund was asked for under another key since it was planned.
    pub(crate) asked_since: bool,
}

/// What is written instead of a sending.
#[derive(Debug)]
pub(crate) enum Instead {
    /// It is taken back, for this reason: provably nothing of it was ever sent.
    TakeBack(&'static str),
    /// It waits, or a person decides.
    Record(Box<Record>),
}

/// What is written instead of a new attempt.
pub(crate) fn instead_of_opening(
    rows: &Rows,
    of: Option<OfJob>,
    now: Timestamp,
) -> Result<Option<Instead>, JournalError> {
    let Some(of) = of.filter(|_| rows.intent.state == IntentState::Planned) else {
        return Ok(None);
    };
    if of.state == JobState::Halted {
        return Err(HELD);
    }
    let reason = match of.state {
        _ if of.asked_since => ASKED_SINCE,
        JobState::Discarded => DISCARDED,
        _ => return Ok(None),
    };
    Ok(Some(left_out(rows, reason, None, now)))
}

/// What is written instead of a change, which only another sending ever needs.
pub(crate) fn instead_of(rows: &Rows, record: &Record, of: Option<OfJob>, now: Timestamp) -> Option<Instead> {
    let attempt = rows.attempt.as_ref()?;
    let is_sending = record.change == Change::Resend && record.attempt == Some(attempt.id) && !attempt.taken;
    let of = of.filter(|_| is_sending && rows.intent.state == IntentState::Open)?;
    match of.state {
        // it can be what the other one is to make good: whether both are meant, only a person knows
        _ if of.asked_since => Some(left_out(rows, ASKED_SINCE, Some(record), now)),
        JobState::Discarded if attempt.doubts == 0 => Some(left_out(rows, DISCARDED, Some(record), now)),
        JobState::Halted => {
            let change = protocol::later(&rows.clone().into_snapshot(now));
            Some(Instead::Record(Box::new(Record { change, ..record.clone() })))
        }
        _ => None,
    }
}

/// Whether provably nothing of an intent was ever sent, or what was sent never can happen any more: it can be taken
/// back with its job. Of a suspect payment an attempt may have been lost; what was handed over to be made by hand, a person
/// may have made.
pub(crate) fn can_be_taken_back(rows: &Rows) -> bool {
    let never_left = match (rows.intent.state, &rows.attempt) {
        (IntentState::Planned, None) => true,
        (IntentState::Open, Some(attempt)) => {
            attempt.state == AttemptState::Unknown && attempt.doubts == 0 && !attempt.taken
        }
        _ => false,
    };
    never_left && rows.payment.suspect.is_none() && !rows.intent.is_for_the_admin_page()
}

/// Whether the schedule of an open attempt begins anew once its halted job goes on; not while it is being sent.
pub(crate) fn is_looked_at_anew(rows: &Rows) -> bool {
    let attempt = rows.attempt.as_ref();
    rows.intent.state == IntentState::Open
        && attempt.is_some_and(|attempt| attempt.state == AttemptState::Unknown)
}

fn left_out(rows: &Rows, reason: &'static str, record: Option<&Record>, now: Timestamp) -> Instead {
    if can_be_taken_back(rows) {
        return Instead::TakeBack(reason);
    }
    // what was lost may be this very refund: whatever the journal knows of its sendings proves nothing
    let why = match rows.payment.suspect {
        Some(_) => Why::RestoredJournal,
        None if rows.intent.is_for_the_admin_page() => Why::NextNumberUnknown,
        None => Why::AskedSince,
    };
    let mut evidence = protocol::evidence(&rows.clone().into_snapshot(now), why, None);
    evidence.seen_balance = record.and_then(|record| record.proven_balance);
    Instead::Record(Box::new(Record {
        intent: rows.intent.id,
        attempt: rows.attempt.as_ref().map(|attempt| attempt.id),
        proven_balance: evidence.seen_balance,
        looked: record.is_some_and(|record| record.looked),
        change: Change::Manual(evidence),
    }))
}

/// Whether the refund of the row `r` was asked for since its job was planned, and not as one of the job's rows: under
/// another key, or under that of a row that asks for something else. An event that is not sealed yet is younger than
/// any that a planner was told.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! is_asked_since {
    () => {
        "EXISTS (SELECT 1 FROM intent o
             WHERE o.gateway = r.gateway AND o.merchant = r.merchant AND o.payment_id = r.payment_id
                 AND o.amount = r.amount AND o.state NOT IN ('rejected', 'withdrawn')
                 AND NOT EXISTS (SELECT 1 FROM job_row k WHERE k.job = r.job AND k.gateway = o.gateway
                     AND k.merchant = o.merchant AND k.caller_key = o.caller_key AND k.fingerprint = o.fingerprint)
                 AND NOT EXISTS (SELECT 1 FROM event e
                     WHERE e.intent = o.id AND e.kind = 'submitted' AND e.seq <= job.seen_event))"
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use is_asked_since;

#[cfg(test)]
mod tests;
