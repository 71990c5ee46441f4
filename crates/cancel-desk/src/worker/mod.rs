//! The driver: does what the protocol says against a real journal and real gateways.
//!
//! One [`Worker`] is one task. Several may share a journal, in one process or in many; each claims one payment at a
//! time. No transaction is open while a gateway is talked to. A worker that is dropped in the middle of anything
//! leaves behind what a crash would: an attempt that the next one looks up first.

mod accounts;
mod circuit;
mod compare;
mod pace;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pg_core::{
    CancelError, CancelOrder, Cancelled, Guard, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind,
    PaymentRef, PaymentState, RefundAccount, Unknown, UnknownReason, Verdict,
};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{Instrument, info, info_span, warn};

use crate::desk::waiting::LOOK_UP_FAILED;
#[cfg(feature = "bulk")]
use crate::journal::Submitted;
use crate::journal::{Journal, JournalError};
use crate::protocol::{
    Action, AttemptPlan, Change, Claim, Event, Extras, Record, Seen, Sending, Snapshot, Turn,
};
#[cfg(feature = "bulk")]
use crate::record::JobId;
use crate::record::{AttemptId, IntentId, IntentRecord, IntentState, Outcome, PaymentKey};

pub use accounts::{Account, Accounts};
pub use circuit::{Circuit, Limits, Trouble};
pub use compare::{Comparison, compare};
pub(crate) use compare::{is_pending, known, unexplained};
pub use pace::Pace;

use pace::Permit;

/// How long a worker without work waits before it asks the journal again: another process may have stored some.
const POLL: Duration = Duration::from_secs(1);
/// How often a failed write of a change is repeated, and after which pause.
const WRITE_AGAIN: u32 = 5;
const WRITE_PAUSE: Duration = Duration::from_millis(200);

/// Of how many intents at most the last failure is remembered.
const MOST_FAILING: usize = 10_000;

/// One task that carries refunds through.
#[derive(Debug)]
pub struct Worker {
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    owner: String,
    work: Arc<Notify>,
    /// Whose look-ups tell nothing, and why: noted when it changes, not every time.
    failing: Mutex<BTreeMap<IntentId, &'static str>>,
}

/// Where the money of a turn's refund goes, once the journal was asked: the account that the intent has, if any.
/// `None` within: it has one that does not open here.
type Kept = Option<Option<Option<RefundAccount>>>;

/// What one turn at a payment came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEnd {
    /// The payment.
    pub payment: PaymentKey,
    /// The intent as the journal has it now.
    pub intent: IntentRecord,
}

impl Worker {
    /// A worker with a name of its own.
    ///
    /// # Errors
    /// [`Invalid`] when the operating system gives no randomness for the name.
    pub fn new(journal: Arc<dyn Journal>, accounts: Arc<Accounts>) -> Result<Self, Invalid> {
        // no name is ever used twice: a restarted worker must not take its former self's lease for its own
        let owner = format!("{}-{}", std::process::id(), IntentId::random()?);
        Ok(Self { journal, accounts, owner, work: Arc::new(Notify::new()), failing: Mutex::default() })
    }

    /// Notify it when something was stored, and it does not wait for its next look.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.work)
    }

    /// Works until `stop` is ready; a turn that has begun is finished first.
    ///
    /// A journal that fails is asked again every second.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = std::future::ready(()) => {}
            }
            let pause = match self.turn().await {
                // it would be given back again and again: nothing begins any more at this account
                Ok(Some(turn)) if self.is_stopped(&turn.payment) => POLL,
                Ok(Some(_)) => continue,
                Ok(None) => self.until_due().await.min(POLL),
                Err(error) => {
                    warn!(error = %error, "the journal failed");
                    POLL
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.work.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    fn is_stopped(&self, payment: &PaymentKey) -> bool {
        self.accounts.of(payment).is_some_and(|account| account.pace().is_stopped())
    }

    async fn until_due(&self) -> Duration {
        match (self.journal.next_due().await, self.journal.now().await) {
            // due already, and held by somebody else: no hurry
            (Ok(Some(due)), Ok(now)) if due > now => due.since(now),
            _ => POLL,
        }
    }

    /// Takes one turn at the payment that is longest due. `None`: nothing is due.
    ///
    /// # Errors
    /// [`JournalError`] of the storage; the payment stays claimed until the lease ends.
    pub async fn turn(&self) -> Result<Option<TurnEnd>, JournalError> {
        match self.journal.claim(&self.owner, self.accounts.lease(), self.accounts.names()).await? {
            Some(claim) => self.take(claim).await,
            None => Ok(None),
        }
    }

    /// Takes one turn at this payment, if it is due and free.
    ///
    /// # Errors
    /// As [`Worker::turn`]; [`JournalError::NotFound`] when there is no such payment.
    pub async fn turn_at(&self, payment: &PaymentKey) -> Result<Option<TurnEnd>, JournalError> {
        if self.accounts.of(payment).is_none() {
            return Ok(None);
        }
        match self.journal.claim_payment(payment, &self.owner, self.accounts.lease()).await? {
            Some(claim) => self.take(claim).await,
            None => Ok(None),
        }
    }

    /// Submits a row of a job, and claims its payment for a turn of this worker.
    #[cfg(feature = "bulk")]
    pub(crate) async fn start_row(
        &self,
        job: JobId,
        line: i64,
    ) -> Result<(Submitted, Option<Claim>), JournalError> {
        self.journal.start_row(job, line, &self.owner, self.accounts.lease()).await
    }

    /// Takes turns at an intent's payment until the intent has an outcome or waits for a person, at most for
    /// `patience`; then tells how far it is. A turn that has begun is finished, however long it takes.
    ///
    /// # Errors
    /// As [`Worker::turn`]; [`JournalError::NotFound`] when there is no such intent.
    pub async fn pursue(&self, intent: IntentId, patience: Duration) -> Result<IntentRecord, JournalError> {
        let deadline = Instant::now().checked_add(patience);
        loop {
            let found = self.journal.intent(intent).await?.ok_or(JournalError::NotFound)?;
            if !matches!(found.state, IntentState::Planned | IntentState::Open) {
                return Ok(found);
            }
            if self.turn_at(&found.payment).await?.is_some() {
                continue;
            }
            let pause = self.until_due_of(&found).await?.min(POLL);
            match (Instant::now().checked_add(pause), deadline) {
                (Some(next), Some(deadline)) if next <= deadline => sleep_until(next).await,
                _ => return Ok(found),
            }
        }
    }

    async fn until_due_of(&self, intent: &IntentRecord) -> Result<Duration, JournalError> {
        let now = self.journal.now().await?;
        // held by another worker, or behind another refund of the same payment: look again shortly
        let shortly = Duration::from_millis(50);
        Ok(intent.due_at.map_or(POLL, |due| due.since(now)).max(shortly))
    }

    /// Takes the turn of a claim of this worker.
    pub(crate) async fn take(&self, claim: Claim) -> Result<Option<TurnEnd>, JournalError> {
        let payment = claim.lease.payment.clone();
        let Some(account) = self.accounts.of(&payment) else {
            self.journal.release(&claim.lease).await?;
            return Ok(None);
        };
        let span = info_span!(
            "cancel_desk_turn",
            gateway = %payment.gateway,
            intent = %claim.snapshot.intent.id,
            fence = claim.lease.fence
        );
        let intent = self.carry(account, claim).instrument(span).await?;
        Ok(Some(TurnEnd { payment, intent }))
    }

    async fn carry(&self, account: &Account, claim: Claim) -> Result<IntentRecord, JournalError> {
        let capabilities = account.gateway().capabilities();
        let mut kept = (!claim.has_account).then_some(Some(None));
        let (mut turn, mut action) = Turn::begin(claim, capabilities, account.policy().clone());
        // held from before an attempt counts as sent until its answer: waiting never eats into a sending's time
        let mut place = None;
        loop {
            if is_about_to_send(&action) && self.refund_account(&turn, &mut kept).await?.is_none() {
                warn!("the refund account cannot be opened here: check journal.account_key; nothing is sent");
                action = turn.without_account(action);
            }
            if is_about_to_send(&action) {
                place = account.pace().cancel(account.patience()).await;
                if place.is_none() {
                    break;
                }
            }
            let event = match action {
                Action::LookUp(payment) => self.look_up(account, &turn, &payment, &mut kept).await?,
                Action::Commit(plan) => self.commit(account, &turn, &plan, &mut kept).await?,
                Action::Send(sending) => match self.order(&turn, &sending, &mut kept).await? {
                    Some(order) => self.send(account, &turn, &order, &sending, place.take()).await?,
                    None => Event::Impossible,
                },
                Action::Record(record) => self.record(&turn, &record).await?,
                Action::Release => break,
            };
            if let Event::LookedUp(seen) = &event {
                self.note_failure(turn.snapshot().intent.id, &seen.answer).await;
            }
            let (now, answer) = match &event {
                // needs no time, and a question to the journal that failed here would lose it
                Event::Answered { outcome, .. } => (turn.snapshot().now, Some(label(outcome))),
                _ => (self.journal.now().await?, None),
            };
            action = turn.on(event, now);
            if let (Some(answer), Action::Record(record)) = (answer, &action) {
                info!(answer, change = record.change.word(), "answered");
            }
        }
        // a change that ended the turn has given it back
        if turn.snapshot().payment.lease_owner.is_some() {
            self.journal.release(turn.lease()).await?;
        }
        Ok(turn.snapshot().intent.clone())
    }

    async fn look_up(
        &self,
        account: &Account,
        turn: &Turn,
        payment: &PaymentRef,
        kept: &mut Kept,
    ) -> Result<Event, JournalError> {
        let gateway = account.gateway();
        let Some(place) = account.pace().look_up(account.patience()).await else {
            return Ok(Event::Lost);
        };
        let order = match &turn.snapshot().attempt {
            Some(attempt) => match self.refund_account(turn, kept).await? {
                Some(account) => attempt.order(account, false).ok(),
                None => attempt.order_to_look_for().ok(),
            },
            // is something pending that was lost with the backup?
            None => match turn.probe() {
                Some(order) => Some(order),
                None => {
                    let answer = in_time(account, gateway.look_up(payment)).await;
                    account.pace().looked_up(place, &answer);
                    return self.seen(turn, answer, None, None).await;
                }
            },
        };
        let Some(order) = order else {
            return Ok(Event::Impossible);
        };
        if order.check_terms(&gateway.terms()).is_err() {
            warn!(
                "the account's host, merchant id or form is not that of the attempt: nothing is asked or sent"
            );
            return Ok(Event::OtherTerms);
        }
        let history_tag = gateway.capabilities().history.then(|| gateway.history_tag(&order)).flatten();
        let ledger = LedgerKnowledge {
            sole_actor: account.policy().sole_actor,
            known_balance: Some(turn.snapshot().payment.money(turn.snapshot().payment.known_balance)),
        };
        // only the gateway's crate knows which PGs decide later; asked first, so that the fresher look is decided on
        let (answer, verdict) = match in_time(account, gateway.reconcile(&order, ledger)).await {
            Err(error) => (Err(error), None),
            Ok(verdict) => (in_time(account, gateway.look_up(payment)).await, Some(verdict)),
        };
        account.pace().looked_up(place, &answer);
        let answer = answer.map(|state| without_account(state, kept));
        self.seen(turn, answer, history_tag, verdict).await
    }

    /// What was seen, and whether the journal can explain it.
    async fn seen(
        &self,
        turn: &Turn,
        answer: Result<PaymentState, LookUpError>,
        history_tag: Option<String>,
        verdict: Option<Verdict>,
    ) -> Result<Event, JournalError> {
        let unexplained = match &answer {
            Ok(state) if turn.is_distrusted() => {
                !unexplained(&*self.journal, &turn.lease().payment, state).await?.is_empty()
            }
            _ => false,
        };
        Ok(Event::LookedUp(Seen { answer, history_tag, verdict, unexplained }))
    }

    /// Notes why look-ups of an intent tell nothing, for whoever asks why it does not move.
    async fn note_failure(&self, intent: IntentId, answer: &Result<PaymentState, LookUpError>) {
        let word = answer.as_ref().err().map(|error| failure_word(error.kind()));
        {
            let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
            if failing.len() > MOST_FAILING {
                failing.clear();
            }
            let before = match word {
                Some(word) => failing.insert(intent, word),
                None => failing.remove(&intent),
            };
            if before == word {
                return;
            }
        }
        if let Some(word) = word {
            // for people alone: the look-up itself is recorded whatever becomes of this
            let _unwritten = self.journal.note(intent, LOOK_UP_FAILED, word).await;
        }
    }

    async fn commit(
        &self,
        of: &Account,
        turn: &Turn,
        plan: &AttemptPlan,
        kept: &mut Kept,
    ) -> Result<Event, JournalError> {
        let Some(account) = self.refund_account(turn, kept).await? else {
            return Ok(Event::Impossible);
        };
        let earlier = match turn.snapshot().payment.cancels {
            0 => Vec::new(),
            _ => self.journal.intents_of(&turn.lease().payment).await?,
        };
        let completed = earlier.iter().filter(|intent| intent.state == IntentState::Completed);
        let earlier = completed.map(|intent| intent.amount).collect();
        let extras = Extras { account, earlier, terms: of.gateway().terms() };
        let frozen = AttemptId::random().and_then(|id| plan.freeze(turn.snapshot(), id, extras));
        let Ok(new) = frozen else {
            return Ok(Event::Impossible);
        };
        committed(self.journal.open_attempt(turn.lease(), &new).await)
    }

    /// The account of the turn's intent, if it has one. `None`: it has one that does not open here.
    async fn refund_account(
        &self,
        turn: &Turn,
        kept: &mut Kept,
    ) -> Result<Option<Option<RefundAccount>>, JournalError> {
        if let Some(account) = kept {
            return Ok(account.clone());
        }
        let account = match self.journal.refund_account(turn.snapshot().intent.id).await {
            Ok(account) => Some(account),
            Err(error @ JournalError::Storage(_)) => return Err(error),
            Err(_) => None,
        };
        Ok(kept.insert(account).clone())
    }

    /// The attempt's order, complete. `None`: it cannot be made any more.
    async fn order(
        &self,
        turn: &Turn,
        sending: &Sending,
        kept: &mut Kept,
    ) -> Result<Option<CancelOrder>, JournalError> {
        let account = self.refund_account(turn, kept).await?;
        Ok(account.and_then(|account| sending.attempt.order(account, sending.first).ok()))
    }

    async fn record(&self, turn: &Turn, record: &Record) -> Result<Event, JournalError> {
        let mut result = self.journal.record(turn.lease(), record).await;
        // what a gateway answered is not told twice: a storage that hiccups gets another chance to keep it. If it was
        // written after all, the journal refuses the repeat.
        for _ in 0..WRITE_AGAIN {
            if !matches!(result, Err(JournalError::Storage(_))) {
                break;
            }
            sleep(WRITE_PAUSE).await;
            result = self.journal.record(turn.lease(), record).await;
        }
        let event = committed(result)?;
        if matches!(event, Event::Lost) {
            // somebody else decides by the ledger now; what this one learnt stays on record for people
            self.journal.note(record.intent, "too_late", record.change.word()).await?;
        }
        Ok(event)
    }

    /// Whether a success may be another cancel's: a gateway that knows a repeat by its amount alone answers with what it
    /// said the first time. It bears that one's number; one whose number is not known may be any as large.
    async fn is_answer_to_another(&self, account: &Account, turn: &Turn, cancelled: &Cancelled) -> bool {
        let gone = turn.snapshot().attempt.as_ref().map_or(0, |attempt| {
            turn.snapshot().payment.paid().minor().saturating_sub(attempt.balance_before.minor())
        });
        if account.gateway().capabilities().guard != Guard::IdenticalRequest || gone == 0 {
            return false;
        }
        let Ok(intents) = self.journal.intents_of(&turn.lease().payment).await else { return true };
        let mut numbered = 0_i64;
        for intent in intents {
            if let Some(Outcome::Completed { cancel_id: Some(number), .. }) = &intent.outcome {
                if cancelled.cancel_id() == Some(number) {
                    return true;
                }
                numbered = numbered.saturating_add(intent.amount.minor());
            }
        }
        gone.saturating_sub(numbered) >= cancelled.amount().minor()
    }

    async fn send(
        &self,
        account: &Account,
        turn: &Turn,
        order: &CancelOrder,
        sending: &Sending,
        place: Option<Permit>,
    ) -> Result<Event, JournalError> {
        // asked last: whoever slept until here must not begin what another worker may have taken over
        if self.journal.now().await? > sending.not_after {
            return Ok(Event::Lost);
        }
        let outcome = timeout(account.policy().deadline, account.gateway().cancel(order)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Unknown::new(UnknownReason::Timeout).into()));
        let outcome = match outcome {
            Ok(cancelled) if self.is_answer_to_another(account, turn, &cancelled).await => {
                Err(Unknown::new(UnknownReason::Integrity).into())
            }
            outcome => outcome,
        };
        if let Some(place) = place {
            account.pace().cancelled(place, &outcome);
        }
        Ok(Event::Answered { outcome, taken: order.sends().was_taken() })
    }
}

/// The answer without numbers of cancels in which the refund's account stands; without any, where the account cannot be
/// opened here.
fn without_account(mut state: PaymentState, kept: &Kept) -> PaymentState {
    let numbers = state.history.iter_mut().flatten().map(|entry| &mut entry.cancel_id);
    match kept {
        Some(Some(Some(account))) => account.scrub(numbers),
        Some(None) => numbers.for_each(|number| *number = None),
        Some(Some(None)) | None => {}
    }
    state
}

/// One word for what kept a look-up from an answer.
const fn failure_word(kind: &LookUpErrorKind) -> &'static str {
    match kind {
        LookUpErrorKind::Invalid(_) => "invalid",
        LookUpErrorKind::NotFound => "not_found",
        LookUpErrorKind::Credentials => "credentials",
        LookUpErrorKind::Unavailable => "unavailable",
        LookUpErrorKind::Malformed => "malformed",
        LookUpErrorKind::Refused => "refused",
        _ => "other",
    }
}

/// Whether this write is the one after which an attempt counts as sent.
fn is_about_to_send(action: &Action) -> bool {
    match action {
        Action::Commit(_) => true,
        Action::Record(record) => matches!(record.change, Change::Resend),
        _ => false,
    }
}

const fn label(outcome: &Result<Cancelled, CancelError>) -> &'static str {
    match outcome {
        Ok(cancelled) => cancelled.state().label(),
        Err(error) => error.label(),
    }
}

/// A look-up that takes too long told nothing.
async fn in_time<T>(
    account: &Account,
    look: impl Future<Output = Result<T, LookUpError>>,
) -> Result<T, LookUpError> {
    let answer = timeout(account.policy().deadline, look).await;
    answer.unwrap_or_else(|_| Err(LookUpError::new(LookUpErrorKind::Unavailable)))
}

/// What the turn hears of a write: a refusal ends the turn, a failing storage ends it at once.
fn committed(result: Result<Snapshot, JournalError>) -> Result<Event, JournalError> {
    match result {
        Ok(snapshot) => Ok(Event::Recorded(Box::new(snapshot))),
        // held by another worker now; or taken back, or decided by a person, meanwhile
        Err(JournalError::LeaseLost | JournalError::NotAllowed(_)) => Ok(Event::Lost),
        Err(error) => Err(error),
    }
}
