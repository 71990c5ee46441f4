//! Clearing a payment that is suspect after the journal was restored from a backup.

use pg_core::PaymentState;

use crate::journal::JournalError;
use crate::protocol::unquiet;
use crate::record::{JobId, JobState, PaymentKey, PaymentRecord, Timestamp};
use crate::worker::{is_pending, unexplained};

use super::{Desk, DeskError};

/// Rows of a job read at once.
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
        if more && let Some(job) = self.job_that_would_ask(&key, since).await? {
            return Err(DeskError::InJob(job));
        }
        Ok(())
    }

    /// A job from before the restore with a refund of this payment that is not stored here.
    async fn job_that_would_ask(
        &self,
        key: &PaymentKey,
        since: Timestamp,
    ) -> Result<Option<JobId>, DeskError> {
        for job in self.journal().jobs(u32::MAX).await? {
            if job.state == JobState::Discarded || job.created_at > since {
                continue;
            }
            let mut after = 0;
            loop {
                let rows = self.journal().job_rows(job.id, after, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after = last.line;
                if rows.iter().any(|row| row.payment == *key && row.stored.is_none()) {
                    return Ok(Some(job.id));
                }
            }
        }
        Ok(None)
    }
}
