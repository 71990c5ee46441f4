//! Why a refund under way does not move, by what the journal holds.

use serde::Serialize;

#[cfg(feature = "cli")]
use crate::journal::JournalError;
use crate::record::{
    AttemptRecord, AttemptState, IntentId, IntentRecord, IntentState, JobId, Suspect, Timestamp,
};

use super::{Desk, DeskError};

/// What a worker notes when a look-up told nothing.
pub(crate) const LOOK_UP_FAILED: &str = "look_up_failed";
/// How long a stored refund that nobody has looked at is not remarkable, in milliseconds.
const UNTOUCHED: i64 = 5_000;

/// Why a cancel under way waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Waiting {
    /// Its bulk job is halted.
    HaltedJob {
        /// The job.
        job: JobId,
    },
    /// Another cancel of the same payment was sent and has no outcome yet.
    AnotherCancel {
        /// That one.
        cancel: IntentId,
        /// It waits for a person: no worker goes on before it is decided.
        waits_for_a_person: bool,
    },
    /// The journal was restored from a backup, and the payment is not trusted yet.
    Suspect {
        /// No worker sends it: it goes to a person. The gateway's ledger differs, or it was stored before the restore.
        goes_to_a_person: bool,
        /// How many seconds after the restore that is, or the payment is looked up; only where its account is known here.
        #[serde(skip_serializing_if = "Option::is_none")]
        quiet_s: Option<u64>,
    },
    /// The gateway did not tell about the payment when it was looked up; nothing is sent before it does.
    LookUpFailed {
        /// What kept it from an answer, in one word; only where events were read.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// It could not be sent, and is tried again.
    NotSent {
        /// Why, in one word.
        reason: String,
    },
    /// The gateway refused it, and a look-up has yet to confirm that nothing happened.
    Refused {
        /// The gateway's code.
        code: String,
    },
    /// It was sent, and whether it happened is not known yet.
    OutcomeUnknown {
        /// Why, in one word.
        reason: String,
    },
    /// The gateway took it, and its ledger does not show it yet.
    Accepted,
    /// A process works on it, or did when it died.
    Held {
        /// Seconds until another one may go on, unless it is given back before.
        for_s: u64,
    },
    /// No worker has begun with it.
    NoWorker,
}

impl Desk {
    /// Why a cancel under way waits. `None` when it does not, or waits for a person.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub(super) async fn waits_because(
        &self,
        intent: &IntentRecord,
        attempts: &[AttemptRecord],
        held_by: Option<JobId>,
    ) -> Result<Option<Waiting>, DeskError> {
        if intent.waits_for_a_person() {
            return Ok(None);
        }
        Ok(match intent.state {
            IntentState::Accepted => Some(Waiting::Accepted),
            IntentState::Open => match attempts.last().and_then(of_attempt) {
                None => self.claimed(intent, attempts.last().map(|attempt| attempt.last_send_at)).await?,
                why => why,
            },
            IntentState::Planned => self.before_it_is_sent(intent, held_by).await?,
            _ => None,
        })
    }

    async fn before_it_is_sent(
        &self,
        intent: &IntentRecord,
        held_by: Option<JobId>,
    ) -> Result<Option<Waiting>, DeskError> {
        if let Some(job) = held_by {
            return Ok(Some(Waiting::HaltedJob { job }));
        }
        for other in self.journal().intents_of(&intent.payment).await? {
            if other.id == intent.id {
                continue;
            }
            let may_be_open =
                matches!(other.state, IntentState::Open | IntentState::Accepted | IntentState::Manual);
            if may_be_open && self.journal().attempts_of(other.id).await?.iter().any(|a| a.state.is_open()) {
                let waits_for_a_person = other.waits_for_a_person();
                return Ok(Some(Waiting::AnotherCancel { cancel: other.id, waits_for_a_person }));
            }
        }
        let payment = self.payment(&intent.payment).await?;
        if let Some(suspect) = payment.suspect {
            let is_older = payment.suspect_since.is_some_and(|since| intent.created_at <= since);
            let account = self.accounts().of(&intent.payment);
            return Ok(Some(Waiting::Suspect {
                goes_to_a_person: suspect == Suspect::Differs || is_older,
                quiet_s: account.map(|account| account.policy().upstream_quiet.as_secs()),
            }));
        }
        if intent.looks > 0 {
            // a look-up that tells something leads to an attempt, or to an outcome
            return Ok(Some(Waiting::LookUpFailed { kind: None }));
        }
        if let Some(held) = self.claimed(intent, Some(intent.created_at)).await? {
            return Ok(Some(held));
        }
        let age = self.journal().now().await?.0.saturating_sub(intent.created_at.0);
        Ok((age > UNTOUCHED).then_some(Waiting::NoWorker))
    }

    /// Whether its payment is still claimed, long after `since`.
    async fn claimed(
        &self,
        intent: &IntentRecord,
        since: Option<Timestamp>,
    ) -> Result<Option<Waiting>, DeskError> {
        let now = self.journal().now().await?;
        if since.is_none_or(|since| now.0.saturating_sub(since.0) <= UNTOUCHED) {
            return Ok(None);
        }
        let left = self.payment(&intent.payment).await?.held_for(now);
        Ok(left.map(|left| Waiting::Held { for_s: left.as_secs().max(1) }))
    }

    /// What kept the last look-up that failed from an answer.
    ///
    /// # Errors
    /// [`JournalError`].
    #[cfg(feature = "cli")]
    pub(crate) async fn last_look_up_failure(
        &self,
        intent: IntentId,
    ) -> Result<Option<String>, JournalError> {
        let events = self.journal().events_of(intent).await?;
        let Some(failure) = events.iter().rev().find(|event| event.kind == LOOK_UP_FAILED) else {
            return Ok(None);
        };
        let detail: serde_json::Value = serde_json::from_str(&failure.detail).unwrap_or_default();
        Ok(detail.get("note").and_then(|note| note.as_str()).map(str::to_owned))
    }
}

fn of_attempt(attempt: &AttemptRecord) -> Option<Waiting> {
    if let Some(refusal) = &attempt.refusal {
        return Some(Waiting::Refused { code: refusal.code.clone() });
    }
    if attempt.state == AttemptState::Sending {
        return None;
    }
    let reason = attempt.last_reason.clone().unwrap_or_else(|| "other".to_owned());
    if attempt.doubts == 0 {
        return Some(Waiting::NotSent { reason });
    }
    Some(Waiting::OutcomeUnknown { reason })
}
