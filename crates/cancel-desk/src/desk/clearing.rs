//! Clearing a payment that is suspect after the journal was restored from a backup.

use std::collections::BTreeSet;

#[cfg(feature = "cli")]
use pg_core::Money;
use pg_core::PaymentState;

use crate::journal::{Journal, JournalError};
use crate::protocol::{Missing, unquiet};
#[cfg(feature = "cli")]
use crate::protocol::{Origin, origins};
use crate::record::{
    IntentId, IntentRecord, JobId, JobRow, JobState, PaymentKey, PaymentRecord, Resolution, Why,
};
use crate::worker::{is_pending, known, unexplained};

use super::{Desk, DeskError};

/// Rows of a job, or events, read at once.
const PAGE: u32 = 1_000;

/// What a person who clears a payment has compared by hand, in the gateway's admin page: the more, the less the desk
/// asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ByHand {
    /// Nothing: the gateway's own history has to explain every refund of ours.
    #[default]
    Nothing,
    /// The sums: enough where the gateway tells no single cancels.
    Sums,
    /// Everything, now: although the gateway does not answer, a refund of ours is unexplained, copies of what was lost
    /// may still be on their way, or a bulk job may ask for it again.
    Everything,
}

impl Desk {
    /// Writes that a payment is to be trusted again, after the journal was restored from a backup. Looks it up at its
    /// gateway, and refuses while its history holds a refund of ours that no cancel of the journal explains: its wish was
    /// lost, and asked for again it would be refunded twice. `by_hand` goes past what a person has compared.
    ///
    /// # Errors
    /// [`DeskError::NoSuchPayment`]; [`DeskError::TooEarly`], [`DeskError::NoHistory`], [`DeskError::Unexplained`],
    /// [`DeskError::Pending`], [`DeskError::InJob`], [`DeskError::LookUp`], [`DeskError::NoAccount`]; whatever was compared, [`DeskError::NotAllowed`] while a cancel of
    /// it has no outcome; [`DeskError::Invalid`] naming `by` or `reason`, [`DeskError::Journal`].
    pub async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        by_hand: ByHand,
    ) -> Result<PaymentRecord, DeskError> {
        let payment = self.payment(key).await?;
        if payment.suspect.is_some() && by_hand < ByHand::Everything {
            let found = self.look_up(key).await;
            self.check_explained(&payment, found, by_hand).await?;
        }
        let trusted = self.journal().trust(key, by, reason).await.map_err(|error| match error {
            JournalError::NotFound => DeskError::NoSuchPayment,
            other => other.into(),
        })?;
        self.ring();
        Ok(trusted)
    }

    /// Refuses to call a cancel not happened that may be among what a restored journal lost. What was sent after the
    /// backup is not in it, so that `sent 0×` proves nothing.
    pub(super) async fn check_decision(
        &self,
        id: IntentId,
        resolution: Resolution,
        by_hand: ByHand,
    ) -> Result<(), DeskError> {
        if resolution != Resolution::DidNotHappen || by_hand == ByHand::Everything {
            return Ok(());
        }
        let intent = self.intent(id).await?;
        let payment = self.payment(&intent.payment).await?;
        // what cannot be decided at all, the journal refuses
        if intent.state.is_final() || !may_be_lost(&payment, &intent) {
            return Ok(());
        }
        let found = self.look_up(&payment.key()).await;
        self.check_not_lost(&payment, &intent, found).await
    }

    /// Refuses where this cancel may be among what the gateway refunded and the journal lost.
    pub(crate) async fn check_not_lost(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        found: Result<PaymentState, DeskError>,
    ) -> Result<(), DeskError> {
        if let Some(since) = payment.suspect_since {
            let policy = self.account(&payment.key())?.policy();
            if let Some(left) = unquiet(since, policy, self.journal().now().await?) {
                return Err(DeskError::TooEarly(left));
            }
        }
        let state = found?;
        if is_pending(self.account(&payment.key())?, payment).await != Some(false) {
            return Err(DeskError::Pending);
        }
        let missing = self.missing(payment, &state, Some(intent.id)).await?;
        if missing.may_hold(intent.amount) {
            return Err(DeskError::MayHaveHappened { asked: intent.amount, found: missing.amounts() });
        }
        Ok(())
    }

    /// What the gateway refunded that no cancel of the journal accounts for, but for this one.
    pub(crate) async fn missing(
        &self,
        payment: &PaymentRecord,
        state: &PaymentState,
        but_for: Option<IntentId>,
    ) -> Result<Missing, DeskError> {
        let mut journal = known(&**self.journal(), &payment.key()).await?;
        journal.retain(|(intent, _)| Some(intent.id) != but_for);
        Ok(Missing::of(state, payment.refunded, &journal))
    }

    /// Whose each refund in the gateway's history is.
    #[cfg(feature = "cli")]
    pub(crate) async fn origins(
        &self,
        key: &PaymentKey,
        state: &PaymentState,
    ) -> Result<Vec<(Money, Origin)>, DeskError> {
        Ok(origins(state, &known(&**self.journal(), key).await?))
    }

    /// Refuses while the gateway's ledger holds, or may come to hold, what the journal cannot explain.
    pub(crate) async fn check_explained(
        &self,
        payment: &PaymentRecord,
        found: Result<PaymentState, DeskError>,
        by_hand: ByHand,
    ) -> Result<(), DeskError> {
        let Some(since) = payment.suspect_since.filter(|_| by_hand < ByHand::Everything) else {
            return Ok(());
        };
        let key = payment.key();
        let (policy, now) = (self.account(&key)?.policy(), self.journal().now().await?);
        // a history without it proves nothing yet
        if let Some(left) = unquiet(since, policy, now) {
            return Err(DeskError::TooEarly(left));
        }
        let state = found?;
        if is_pending(self.account(&key)?, payment).await != Some(false) {
            return Err(DeskError::Pending);
        }
        if state.history.is_none() && by_hand < ByHand::Sums {
            let known = payment.money(payment.refunded);
            return Err(DeskError::NoHistory { refunded: state.cancelled, known });
        }
        let lost = unexplained(&**self.journal(), &key, &state).await?;
        if !lost.is_empty() {
            return Err(DeskError::Unexplained(lost));
        }
        // what a history holds without our mark is no job's
        let more = state.history.is_none() && state.cancelled.minor() > payment.refunded;
        if more && let Some((job, row)) = self.job_that_asks(&key).await? {
            return Err(DeskError::InJob { job, key: row.caller_key, amount: row.amount });
        }
        Ok(())
    }

    /// A job with a refund of this payment of which nothing is stored here: in the lost part the job may have stored and
    /// refunded it. One given up since the restore is none the wiser.
    async fn job_that_asks(&self, key: &PaymentKey) -> Result<Option<(JobId, JobRow)>, DeskError> {
        let stored = self.journal().intents_of(key).await?;
        let is_known = |row: &JobRow| stored.iter().any(|intent| intent.caller_key == row.caller_key);
        let mut doubtful = None;
        for job in self.journal().jobs(u32::MAX).await? {
            let Some(row) = self.row_of(job.id, key, is_known).await? else { continue };
            if job.state == JobState::Discarded {
                if doubtful.is_none() {
                    doubtful = Some(discarded_in_doubt(&**self.journal(), key).await?);
                }
                if doubtful.as_ref().is_some_and(|jobs| !jobs.contains(&job.id)) {
                    continue;
                }
            }
            return Ok(Some((job.id, row)));
        }
        Ok(None)
    }

    /// The first row of a job that asks for a refund of this payment, but for those that are known.
    async fn row_of(
        &self,
        job: JobId,
        key: &PaymentKey,
        is_known: impl Fn(&JobRow) -> bool,
    ) -> Result<Option<JobRow>, DeskError> {
        let mut after = 0;
        loop {
            let rows = self.journal().job_rows(job, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            after = last.line;
            if let Some(row) = rows.into_iter().find(|row| row.payment == *key && !is_known(row)) {
                return Ok(Some(row));
            }
        }
    }
}

/// The jobs that were given up after a restore, until the payment was trusted: by the order of the events, whatever the
/// clock said.
async fn discarded_in_doubt(journal: &dyn Journal, key: &PaymentKey) -> Result<BTreeSet<JobId>, DeskError> {
    let key = key.to_string();
    let (mut jobs, mut in_doubt, mut last) = (BTreeSet::new(), false, 0);
    loop {
        let page = journal.events(last, PAGE).await?;
        let Some(end) = page.last() else { return Ok(jobs) };
        last = end.seq;
        for event in &page {
            let told = |what: &str| {
                let detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
                Some(detail.get(what)?.as_str()?.to_owned())
            };
            match event.kind.as_str() {
                "restored" => in_doubt = true,
                "trusted" if told("payment").is_some_and(|of| of == key) => {
                    in_doubt = false;
                    jobs.clear();
                }
                "discarded" if in_doubt => jobs.extend(told("job").and_then(|id| id.parse::<JobId>().ok())),
                _ => {}
            }
        }
    }
}

/// Whether what the gateway did for a cancel may be among what the journal lost.
pub(crate) fn may_be_lost(payment: &PaymentRecord, intent: &IntentRecord) -> bool {
    let said_so = intent.evidence.as_ref().is_some_and(|evidence| evidence.why == Why::RestoredJournal);
    payment.suspect.is_some() || said_so
}
