//! Clearing a payment that is suspect after the journal was restored from a backup.

use std::collections::BTreeSet;

#[cfg(feature = "cli")]
use pg_core::Money;
use pg_core::PaymentState;

use crate::journal::{Journal, JournalError, Seen};
use crate::protocol::{Missing, unquiet};
#[cfg(feature = "cli")]
use crate::protocol::{Origin, origins};
use crate::record::{IntentId, IntentState, JobId, JobRow, JobState, PaymentKey, PaymentRecord};
use crate::worker::{is_pending, known};

use super::decision::{OLD_ANSWER, check_answer};
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
    /// [`DeskError::NoSuchPayment`]; [`DeskError::TooEarly`], [`DeskError::TooEarlyAfterRestore`], [`DeskError::NoHistory`], [`DeskError::Unexplained`],
    /// [`DeskError::LessRefunded`],
    /// [`DeskError::Pending`], [`DeskError::InJob`], [`DeskError::LookUp`], [`DeskError::NoAccount`]; [`DeskError::NotAllowed`] where the look-up shows another paid amount, or more left than is known; [`DeskError::NotAllowed`] when something else is known of it by then: it was taken up or compared anew, or the journal restored once more; whatever was
    /// compared, [`DeskError::NotAllowed`] while a cancel of it has no outcome; [`DeskError::Invalid`] naming `by` or `reason`, [`DeskError::Journal`].
    pub async fn trust(
        &self,
        key: &PaymentKey,
        by: &str,
        reason: &str,
        by_hand: ByHand,
    ) -> Result<PaymentRecord, DeskError> {
        let payment = self.payment(key).await?;
        // also of one that is not suspect: it may become so before the journal is told
        let seen = Some(Seen::from(&payment)).filter(|_| by_hand < ByHand::Everything);
        if payment.suspect.is_some() && by_hand < ByHand::Everything {
            let found = self.look_up(key).await;
            self.check_explained(&payment, found, by_hand).await?;
        }
        let trusted = self.journal().trust(key, by, reason, seen).await.map_err(|error| match error {
            JournalError::NotFound => DeskError::NoSuchPayment,
            other => other.into(),
        })?;
        self.ring();
        Ok(trusted)
    }

    /// Refuses while copies of what a restored journal lost may be on their way, or of what was sent since and has not come
    /// to a refund: also of what a person has called not happened.
    pub(super) async fn check_quiet(&self, payment: &PaymentRecord) -> Result<(), DeskError> {
        for (intent, attempts) in known(&**self.journal(), &payment.key()).await? {
            if intent.state != IntentState::Completed {
                self.check_none_in_flight(payment, &attempts).await?;
            }
        }
        let Some(since) = payment.suspect_since else { return Ok(()) };
        let policy = self.account(&payment.key())?.policy();
        match unquiet(since, policy, self.journal().now().await?) {
            Some(left) => Err(DeskError::TooEarlyAfterRestore(left)),
            None => Ok(()),
        }
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
        if payment.suspect_since.is_none() || by_hand == ByHand::Everything {
            return Ok(());
        }
        let key = payment.key();
        // a history without it proves nothing yet
        self.check_quiet(payment).await?;
        let state = found?;
        check_answer(payment, &state)?;
        // something is called completed here that never was: what was lost may hide behind it
        if state.cancelled.minor() < payment.refunded {
            let known = payment.money(payment.refunded);
            return Err(DeskError::LessRefunded { refunded: state.cancelled, known });
        }
        // what it shows is not the last that is known: what was lost may be among what it leaves out
        if state.balance.minor() > payment.known_balance {
            return Err(DeskError::NotAllowed(OLD_ANSWER));
        }
        if is_pending(self.account(&key)?, payment).await != Some(false) {
            return Err(DeskError::Pending);
        }
        if state.history.is_none() && by_hand < ByHand::Sums {
            let known = payment.money(payment.refunded);
            return Err(DeskError::NoHistory { refunded: state.cancelled, known });
        }
        let missing = self.missing(payment, &state, None).await?;
        if !missing.marked.is_empty() {
            return Err(DeskError::Unexplained(missing.marked));
        }
        if let Some((job, row)) = self.job_that_asks(&key, &missing).await? {
            let (key, amount, reason) = (row.caller_key, row.amount, row.reason);
            return Err(DeskError::InJob { job, key, amount, reason });
        }
        Ok(())
    }

    /// A job with a refund of this payment that may be among what is missing, and that no cancel stored here explains: in
    /// the lost part the job may have stored and refunded it. One given up since the restore is none the wiser, nor is a row
    /// that is refused for good: it may have been refused only since.
    async fn job_that_asks(
        &self,
        key: &PaymentKey,
        missing: &Missing,
    ) -> Result<Option<(JobId, JobRow)>, DeskError> {
        if missing.is_empty() {
            return Ok(None);
        }
        let mut doubt = None;
        for job in self.journal().jobs(u32::MAX).await? {
            let Some(row) = self.row_of(job.id, key, missing, &mut doubt).await? else { continue };
            if job.state == JobState::Discarded
                && !self.doubt(key, &mut doubt).await?.discarded.contains(&job.id)
            {
                continue;
            }
            return Ok(Some((job.id, row)));
        }
        Ok(None)
    }

    /// The first such row of a job.
    async fn row_of(
        &self,
        job: JobId,
        key: &PaymentKey,
        missing: &Missing,
        doubt: &mut Option<InDoubt>,
    ) -> Result<Option<JobRow>, DeskError> {
        let mut after = 0;
        loop {
            let rows = self.journal().job_rows(job, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            after = last.line;
            for row in rows {
                let may_be_it = row.payment == *key && missing.may_hold(row.amount);
                if may_be_it && !self.explains(&row, doubt).await? {
                    return Ok(Some(row));
                }
            }
        }
    }

    /// Whether what is stored under a row's key tells that nothing of the row was lost: it is the row's own wish, or it was
    /// there before the lost part, in which the key was taken as well.
    async fn explains(&self, row: &JobRow, doubt: &mut Option<InDoubt>) -> Result<bool, DeskError> {
        let Some(stored) = self.journal().by_key(&row.payment.account(), &row.caller_key).await? else {
            return Ok(false);
        };
        if stored.payment == row.payment && stored.amount == row.amount {
            return Ok(true);
        }
        let since = self.doubt(&row.payment, doubt).await?.since;
        let stored_at = self.journal().events_of(stored.id).await?.first().map(|event| event.seq);
        Ok(stored_at.zip(since).is_some_and(|(stored, since)| stored < since))
    }

    /// Read once, and only where something depends on it.
    async fn doubt<'a>(
        &self,
        key: &PaymentKey,
        read: &'a mut Option<InDoubt>,
    ) -> Result<&'a InDoubt, DeskError> {
        if read.is_none() {
            *read = Some(in_doubt(&**self.journal(), key).await?);
        }
        Ok(read.get_or_insert_default())
    }
}

/// Since when a payment is in doubt, by the order of the events, whatever the clock said.
#[derive(Debug, Default)]
struct InDoubt {
    /// The number of the event that tells of the first restore in whose lost part something of it may stand.
    since: Option<i64>,
    /// The jobs that were given up after it.
    discarded: BTreeSet<JobId>,
}

/// It begins with a restore, and ends when the payment is trusted, or what was lost is settled and the payment was not
/// suspect.
async fn in_doubt(journal: &dyn Journal, key: &PaymentKey) -> Result<InDoubt, DeskError> {
    let key = key.to_string();
    let (mut doubt, mut last) = (InDoubt::default(), 0);
    let (mut restored, mut suspect) = (false, false);
    loop {
        let page = journal.events(last, PAGE).await?;
        let Some(end) = page.last() else { return Ok(doubt) };
        last = end.seq;
        for event in &page {
            let detail = || serde_json::from_str::<serde_json::Value>(&event.detail).unwrap_or_default();
            let told = |what: &str| Some(detail().get(what)?.as_str()?.to_owned());
            let of_it = || told("payment").is_some_and(|of| of == key);
            match event.kind.as_str() {
                "restored" => {
                    restored = true;
                    doubt.since = doubt.since.or(Some(event.seq));
                }
                "suspected" => suspect |= detail().get("payments").is_some_and(|all| all.get(&key).is_some()),
                "registered" if restored && of_it() => suspect = true,
                "trusted" if of_it() => (doubt, suspect) = (InDoubt::default(), false),
                "settled" => {
                    restored = false;
                    if !suspect {
                        doubt = InDoubt::default();
                    }
                }
                "discarded" if doubt.since.is_some() => {
                    doubt.discarded.extend(told("job").and_then(|id| id.parse::<JobId>().ok()));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
