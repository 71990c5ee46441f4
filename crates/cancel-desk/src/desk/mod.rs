//! What a person or a program may ask of the desk, whatever the way it comes in: over HTTP, by command, from your code.
//!
//! [`Desk`] finds the payment that is meant, checks what can be checked before anything is stored, stores the wish and
//! wakes a worker. It sends no cancel itself.

pub(crate) mod checks;
mod clearing;
mod decision;
#[cfg(feature = "http")]
mod differences;
mod error;
mod number;
mod selector;
mod views;
pub(crate) mod waiting;
mod wish;
mod workers;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pg_core::{Invalid, LookUpError, LookUpErrorKind, PaymentState};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use crate::journal::{Journal, JournalError, NewIntent, Submitted, check_key};
use crate::record::{
    AccountName, IntentId, IntentRecord, IntentState, NewPayment, PaymentKey, PaymentRecord, Resolution,
};
use crate::worker::{Account, Accounts, Worker};

pub use clearing::ByHand;
#[cfg(feature = "cli")]
pub(crate) use decision::{CONTRADICTS_ITSELF, OLD_ANSWER, OTHER_PAID};
#[cfg(feature = "http")]
pub(crate) use differences::{Difference, differences};
pub use error::DeskError;
#[cfg(feature = "http")]
pub(crate) use error::seconds;
pub use number::Number;
pub use selector::Selector;
pub use views::{CancelView, EvidenceView, OutcomeView, PaymentView, StateView, rfc3339};
pub use waiting::Waiting;
pub use wish::{Amount, RefundTo, Wish, scheme_of};
pub use workers::Workers;

/// The first pause of [`Desk::pursue`] between two looks into the journal, and the longest.
const LOOK_FIRST: Duration = Duration::from_millis(15);
const LOOK_LAST: Duration = Duration::from_millis(250);

/// The desk: a journal, the accounts that it works on, and whoever works for it in this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    journal: Arc<dyn Journal>,
    accounts: Arc<Accounts>,
    bells: Mutex<Vec<Arc<Notify>>>,
}

impl Desk {
    /// A desk without workers. Wishes are stored; who carries them through is another process, or
    /// [`start_workers`](Self::start_workers).
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, accounts: Arc<Accounts>) -> Self {
        Self { inner: Arc::new(Inner { journal, accounts, bells: Mutex::default() }) }
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.journal
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.inner.accounts
    }

    /// Starts so many workers as tasks of the running tokio runtime.
    ///
    /// # Errors
    /// [`Invalid`] when the operating system gives no randomness for their names.
    pub fn start_workers(&self, count: usize) -> Result<Workers, Invalid> {
        let workers = (0..count)
            .map(|_| Worker::new(Arc::clone(self.journal()), Arc::clone(self.accounts())))
            .collect::<Result<Vec<_>, _>>()?;
        self.bells().extend(workers.iter().map(Worker::bell));
        Ok(Workers::start(workers))
    }

    fn bells(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Notify>>> {
        self.inner.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the workers of this process: there is something to do.
    pub fn ring(&self) {
        let mut bells = self.bells();
        // a bell that only this list holds is a stopped worker's
        bells.retain(|bell| Arc::strong_count(bell) > 1);
        for bell in bells.iter() {
            bell.notify_one();
        }
    }

    /// Registers a payment. The same payment again changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Invalid`] when its gateway could not find or cancel it as it is written,
    /// [`DeskError::PaymentConflict`]; [`DeskError::NotAllowed`] when it is registered under another account of its gateway;
    /// [`DeskError::Journal`].
    pub async fn register(&self, new: NewPayment) -> Result<PaymentRecord, DeskError> {
        Self::check_payment(&new)?;
        Ok(self.journal().register_payment(new).await?)
    }

    /// Whether a payment is registered under another one of these accounts: told before the first of many is registered.
    #[cfg(feature = "http")]
    pub(crate) async fn is_under_another(
        &self,
        new: &NewPayment,
        accounts: &BTreeSet<AccountName>,
    ) -> Result<bool, JournalError> {
        let mut key = new.key();
        let others =
            accounts.iter().filter(|other| other.gateway == key.gateway && other.merchant != new.merchant);
        for other in others {
            key.merchant.clone_from(&other.merchant);
            if self.journal().payment(&key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks a payment as [`register`](Self::register) does, and stores nothing: amounts, an account's name of 1 to
    /// 64 characters of `a-z A-Z 0-9 _ - .`, texts without control characters, and what its gateway needs.
    ///
    /// # Errors
    /// [`Invalid`] naming the field.
    pub fn check_payment(new: &NewPayment) -> Result<(), Invalid> {
        checks::texts(new)?;
        new.check()?;
        Selector::order(new.payment.merchant_uid.as_str())
            .with_payment_id(new.payment.gateway_id.as_str())
            .check()?;
        checks::payment(&new.payment)
    }

    /// The one payment that is meant.
    ///
    /// # Errors
    /// [`DeskError::Invalid`], [`DeskError::NoSuchPayment`], [`DeskError::Ambiguous`], [`DeskError::Journal`].
    pub async fn find(&self, by: &Selector) -> Result<PaymentRecord, DeskError> {
        by.check()?;
        let mut found = match &by.merchant_uid {
            Some(order) => self.journal().payments_of_order(order).await?,
            None => self.of_payment_id(by).await?,
        };
        found.retain(|payment| by.fits(payment));
        match found.len() {
            0 => Err(DeskError::NoSuchPayment),
            1 => found.pop().ok_or(DeskError::NoSuchPayment),
            _ => Err(DeskError::Ambiguous(found.iter().map(PaymentRecord::key).collect())),
        }
    }

    /// The one payment that is meant by whoever asks under this key. Of several that fit it is the one that the key stands
    /// for already: there was one when it was asked first.
    pub(crate) async fn find_for(&self, by: &Selector, key: &str) -> Result<PaymentRecord, DeskError> {
        let choices = match self.find(by).await {
            Err(DeskError::Ambiguous(choices)) => choices,
            found => return found,
        };
        let accounts: BTreeSet<AccountName> = choices.iter().map(PaymentKey::account).collect();
        let mut held = Vec::new();
        for account in &accounts {
            held.extend(self.journal().by_key(account, key).await?);
        }
        held.retain(|intent| choices.contains(&intent.payment));
        match held.as_slice() {
            [one] => self.payment(&one.payment).await,
            _ => Err(DeskError::Ambiguous(choices)),
        }
    }

    /// The gateway's number alone does not tell the account: those that are configured here are asked.
    async fn of_payment_id(&self, by: &Selector) -> Result<Vec<PaymentRecord>, DeskError> {
        let id = by.payment_id.as_deref().unwrap_or_default();
        let mut keys: Vec<PaymentKey> = self
            .accounts()
            .names()
            .iter()
            .filter(|name| by.gateway.is_none_or(|wanted| wanted == name.gateway))
            .filter(|name| by.account.as_deref().is_none_or(|wanted| wanted == name.merchant))
            .map(|name| PaymentKey::new(name.gateway, name.merchant.as_str(), id))
            .collect();
        if let (Some(gateway), Some(merchant)) = (by.gateway, &by.account) {
            // a whole key needs no configuration
            keys = vec![PaymentKey::new(gateway, merchant.as_str(), id)];
        }
        let mut found = Vec::new();
        for key in &keys {
            found.extend(self.journal().payment(key).await?);
        }
        Ok(found)
    }

    /// The payment of this key.
    ///
    /// # Errors
    /// [`DeskError::NoSuchPayment`], [`DeskError::Journal`].
    pub async fn payment(&self, key: &PaymentKey) -> Result<PaymentRecord, DeskError> {
        self.journal().payment(key).await?.ok_or(DeskError::NoSuchPayment)
    }

    /// Stores a wish to refund and wakes a worker. The same key with the same content gives back what is stored,
    /// whatever has become of it. Where several payments fit, the one that the key stands for is meant.
    ///
    /// # Errors
    /// All but the last store nothing: those of [`find`](Self::find); [`DeskError::Invalid`],
    /// [`DeskError::NoAccount`], [`DeskError::AlreadyRefunded`], [`DeskError::Exceeds`],
    /// [`DeskError::RemainingDiffers`], [`DeskError::KeyReused`], [`DeskError::NoAccountKey`];
    /// [`DeskError::Journal`].
    pub async fn cancel(&self, wish: Wish) -> Result<Submitted, DeskError> {
        let payment = self.find_for(&wish.payment, &wish.key).await?;
        let key = &wish.key;
        if matches!(wish.amount, Amount::Remaining { .. }) && self.held(&payment.key(), key).await?.is_none()
        {
            Self::check_rest(&payment)?;
        }
        let amount = wish.amount.money(payment.paid().currency())?;
        let mut new = NewIntent::new(payment.key(), wish.key, amount)?;
        new.reason = wish.reason;
        new.account = wish.account.map(|account| account.account(&payment.payment)).transpose()?;
        new.check()?;
        match self.held(&new.payment, &new.caller_key).await? {
            // what is stored is answered as it is: its checks were made when it was new
            Some(held) if held.payment == new.payment => {}
            Some(held) => return Err(DeskError::KeyReused(Some(Box::new(held)))),
            None => {
                self.check_wish(&payment, &new)?;
                check_remaining(&payment, wish.amount)?;
            }
        }
        let key = new.caller_key.clone();
        match self.journal().submit(new).await {
            Ok(submitted) => {
                self.ring();
                Ok(submitted)
            }
            Err(JournalError::Exceeds { .. }) => Err(self.exceeds(&payment.key(), amount).await?),
            Err(JournalError::NotFound) => Err(DeskError::NoSuchPayment),
            Err(JournalError::KeyConflict) => {
                let held = self.held(&payment.key(), &key).await.unwrap_or(None);
                Err(DeskError::KeyReused(held.map(Box::new)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What a caller's key stands for already at a payment's account.
    async fn held(&self, payment: &PaymentKey, key: &str) -> Result<Option<IntentRecord>, DeskError> {
        Ok(self.journal().by_key(&payment.account(), key).await?)
    }

    /// What a caller's key stands for at these merchant accounts: at most one cancel of each.
    ///
    /// # Errors
    /// [`DeskError::Invalid`] naming `key` when it can be none, [`DeskError::Journal`].
    pub async fn of_key(&self, key: &str, accounts: &[AccountName]) -> Result<Vec<IntentRecord>, DeskError> {
        check_key(key).map_err(|why| Invalid::new("key", why))?;
        let mut found = Vec::new();
        for account in accounts {
            found.extend(self.journal().by_key(account, key).await?);
        }
        Ok(found)
    }

    /// Refuses "all that is left" of a suspect payment: what is left now is not what was left when the lost wish was
    /// stored, and asked for again it would be another refund.
    pub(crate) fn check_rest(payment: &PaymentRecord) -> Result<(), Invalid> {
        match payment.suspect {
            None => Ok(()),
            Some(_) => Err(Invalid::new("amount", REST_OF_SUSPECT)),
        }
    }

    fn check_wish(&self, payment: &PaymentRecord, new: &NewIntent) -> Result<(), DeskError> {
        if self.accounts().of(&new.payment).is_none() {
            return Err(no_account(&new.payment));
        }
        Ok(checks::wish(payment, new, self.accounts())?)
    }

    /// Why it is too much, by what the journal holds now.
    async fn exceeds(&self, key: &PaymentKey, asked: pg_core::Money) -> Result<DeskError, DeskError> {
        let payment = self.payment(key).await?;
        let cancelable = payment.money(payment.available());
        if cancelable.is_zero() && payment.reserved == 0 && payment.suspect.is_none() {
            return Ok(DeskError::AlreadyRefunded);
        }
        Ok(DeskError::Exceeds { asked, cancelable, reserved: payment.money(payment.reserved) })
    }

    /// Waits until a cancel has an outcome or waits for a person, at most for `patience`; then tells how far it is.
    /// Whose worker carries it does not matter. What the gateway accepted counts as an outcome.
    ///
    /// # Errors
    /// [`DeskError::NoSuchCancel`], [`DeskError::Journal`].
    pub async fn pursue(&self, intent: IntentId, patience: Duration) -> Result<IntentRecord, DeskError> {
        self.wait(intent, patience, |found| !matches!(found.state, IntentState::Planned | IntentState::Open))
            .await
    }

    /// As [`pursue`](Self::pursue), but what the gateway accepted is waited for too, until its ledger shows it.
    ///
    /// # Errors
    /// As [`pursue`](Self::pursue).
    pub async fn pursue_to_the_end(
        &self,
        intent: IntentId,
        patience: Duration,
    ) -> Result<IntentRecord, DeskError> {
        self.wait(intent, patience, |found| found.state.is_final() || found.waits_for_a_person()).await
    }

    async fn wait(
        &self,
        intent: IntentId,
        patience: Duration,
        done: impl Fn(&IntentRecord) -> bool + Send,
    ) -> Result<IntentRecord, DeskError> {
        let end = Instant::now().checked_add(patience);
        let mut pause = LOOK_FIRST;
        loop {
            let found = self.intent(intent).await?;
            if done(&found) {
                return Ok(found);
            }
            let next = Instant::now().checked_add(pause);
            match (next, end) {
                (Some(next), Some(end)) if next <= end => sleep_until(next).await,
                (_, Some(end)) if Instant::now() < end => sleep_until(end).await,
                _ => return Ok(found),
            }
            pause = pause.saturating_mul(2).min(LOOK_LAST);
        }
    }

    /// Asks the gateway for a payment, and writes nothing.
    ///
    /// # Errors
    /// [`DeskError::NoSuchPayment`], [`DeskError::NoAccount`], [`DeskError::LookUp`], [`DeskError::Journal`].
    pub async fn look_up(&self, key: &PaymentKey) -> Result<PaymentState, DeskError> {
        let payment = self.payment(key).await?;
        let account = self.account(key)?;
        let answer = timeout(account.policy().deadline, account.gateway().look_up(&payment.payment)).await;
        Ok(answer.unwrap_or_else(|_| Err(LookUpError::new(LookUpErrorKind::Unavailable)))?)
    }

    fn account(&self, key: &PaymentKey) -> Result<&Account, DeskError> {
        self.accounts().of(key).ok_or_else(|| no_account(key))
    }

    /// A cancel.
    ///
    /// # Errors
    /// [`DeskError::NoSuchCancel`], [`DeskError::Journal`].
    pub async fn intent(&self, id: IntentId) -> Result<IntentRecord, DeskError> {
        self.journal().intent(id).await?.ok_or(DeskError::NoSuchCancel)
    }

    /// What waits for a person, oldest first.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub async fn waiting(&self, limit: u32) -> Result<Vec<IntentRecord>, DeskError> {
        Ok(self.journal().waiting_for_a_person(limit).await?)
    }

    /// Writes what a person decided about a cancel, who and why.
    ///
    /// Of a cancel that was sent, could only be made by hand, or may be among what a restored journal lost, both look the
    /// payment up first. [`Resolution::DidNotHappen`] is refused while the cancel may be among what the gateway refunded and
    /// nothing here accounts for, may be on its way, or with a PG that decides later; [`Resolution::Happened`] where the
    /// gateway's books have no room for it, or no single refund that can be it. Only [`ByHand::Everything`] goes past these.
    ///
    /// # Errors
    /// [`DeskError::NoSuchCancel`], [`DeskError::NotAllowed`], [`DeskError::Invalid`] naming `by` or `reason`,
    /// [`DeskError::Journal`]; [`DeskError::MayHaveHappened`], [`DeskError::TooEarly`], [`DeskError::TooEarlyAfterRestore`], [`DeskError::Pending`];
    /// [`DeskError::NotInLedger`], [`DeskError::NotInList`]; [`DeskError::LookUp`], [`DeskError::NoAccount`].
    pub async fn resolve(
        &self,
        id: IntentId,
        resolution: Resolution,
        by: &str,
        reason: &str,
        by_hand: ByHand,
    ) -> Result<IntentRecord, DeskError> {
        let checked = self.check_decision(id, resolution, by_hand).await?;
        let resolved = match self.journal().resolve_by_the_books(id, resolution, checked, by, reason).await {
            Err(JournalError::NotInLedger { refunded, known }) => {
                return Err(self.not_in_ledger(id, refunded, known).await?);
            }
            resolved => resolved.map_err(of_cancel)?,
        };
        self.ring();
        Ok(resolved)
    }

    /// Takes a cancel back of which no attempt exists.
    ///
    /// # Errors
    /// [`DeskError::NoSuchCancel`], [`DeskError::NotAllowed`], [`DeskError::Invalid`] naming `by` or `reason`,
    /// [`DeskError::Journal`].
    pub async fn withdraw(&self, id: IntentId, by: &str, reason: &str) -> Result<IntentRecord, DeskError> {
        self.journal().withdraw(id, by, reason).await.map_err(of_cancel)
    }

    /// Makes a payment's open cancel due now. Tells whether there was one. A hint is never a proof.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub async fn hint(&self, key: &PaymentKey) -> Result<bool, DeskError> {
        let due = self.journal().hint(key).await?;
        if due {
            self.ring();
        }
        Ok(due)
    }

    /// A payment with all of its cancels, to be shown.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub async fn show_payment(&self, payment: &PaymentRecord) -> Result<PaymentView, DeskError> {
        let mut cancels = Vec::new();
        for intent in self.journal().intents_of(&payment.key()).await? {
            cancels.push(self.show_cancel(&intent).await?);
        }
        Ok(PaymentView::new(payment).with_cancels(cancels))
    }

    /// A cancel with the number of its attempts, to be shown.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub async fn show_cancel(&self, intent: &IntentRecord) -> Result<CancelView, DeskError> {
        let attempts = self.journal().attempts_of(intent.id).await?;
        let held_by = match intent.state {
            IntentState::Planned => self.journal().held_by(intent.id).await?,
            _ => None,
        };
        let waits = self.waits_because(intent, &attempts, held_by).await?;
        Ok(CancelView { held_by, waits, ..CancelView::new(intent, &attempts) })
    }
}

/// Why the rest of a suspect payment cannot be asked for.
const REST_OF_SUSPECT: &str = "must be given: after a restored backup the rest may be more or less than what was lost; \
     look at the gateway's list (lookup) and ask for the amount that stands there, under the old key";

fn no_account(key: &PaymentKey) -> DeskError {
    DeskError::NoAccount { gateway: key.gateway, merchant: key.merchant.clone() }
}

fn of_cancel(error: JournalError) -> DeskError {
    match error {
        JournalError::NotFound => DeskError::NoSuchCancel,
        other => other.into(),
    }
}

fn check_remaining(payment: &PaymentRecord, amount: Amount) -> Result<(), DeskError> {
    let Amount::Remaining { expected } = amount else { return Ok(()) };
    let cancelable = payment.money(payment.available());
    if cancelable == expected {
        return Ok(());
    }
    if cancelable.is_zero() && payment.reserved == 0 {
        return Err(DeskError::AlreadyRefunded);
    }
    Err(DeskError::RemainingDiffers { expected, cancelable })
}

#[cfg(test)]
mod tests;
