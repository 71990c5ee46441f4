//! After the journal was restored from a backup: every suspect payment against its gateway's ledger.

use std::sync::Arc;

use pg_core::{CancelOrder, Doubt, LedgerKnowledge, Money, PaymentState, Verdict};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::debug;

use crate::journal::{Journal, JournalError};
use crate::protocol;
use crate::record::{AttemptId, AttemptRecord, IntentRecord, PaymentKey, PaymentRecord, Suspect};

use super::{Account, Accounts};

/// Look-ups at once.
const AT_ONCE: usize = 8;
/// Payments read at once.
const PAGE: u32 = 200;

/// What comparing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Comparison {
    /// The ledger shows no less than the journal knows. The payment stays suspect: what was lost may be on its way.
    pub equal: u64,
    /// The ledger shows less, or a refund of ours that no attempt explains: something was refunded that the journal does
    /// not know. A person settles it.
    pub differs: Vec<PaymentKey>,
    /// The gateway gave no usable answer, or a refund may be with a PG that decides later: compared before anything begins
    /// on it.
    pub unanswered: Vec<PaymentKey>,
    /// No account of the name is configured here.
    pub elsewhere: u64,
}

impl Comparison {
    /// How many were looked at.
    #[must_use]
    pub fn total(&self) -> u64 {
        let listed = self.differs.len().saturating_add(self.unanswered.len());
        let listed = u64::try_from(listed).unwrap_or(u64::MAX);
        self.equal.saturating_add(self.elsewhere).saturating_add(listed)
    }
}

/// Looks every suspect payment up and writes what its ledger shows; `progress` is called after each with how many are
/// done. May be repeated: it changes nothing that is settled.
///
/// # Errors
/// [`JournalError`] of the storage.
pub async fn compare(
    journal: &Arc<dyn Journal>,
    accounts: &Arc<Accounts>,
    mut progress: impl FnMut(u64),
) -> Result<Comparison, JournalError> {
    let mut found = Comparison::default();
    let mut after: Option<PaymentKey> = None;
    loop {
        let payments = journal.payments(after.as_ref(), PAGE).await?;
        let Some(end) = payments.last().map(PaymentRecord::key) else { return Ok(found) };
        after = Some(end);
        let mut running = JoinSet::new();
        for payment in payments.into_iter().filter(|payment| payment.suspect.is_some()) {
            if running.len() >= AT_ONCE {
                take(&mut running, journal, &mut found).await?;
                progress(found.total());
            }
            let accounts = Arc::clone(accounts);
            running.spawn(async move {
                let told = look_up(&accounts, &payment).await;
                (payment.key(), told)
            });
        }
        while !running.is_empty() {
            take(&mut running, journal, &mut found).await?;
            progress(found.total());
        }
    }
}

/// What a look-up told of a payment.
enum Told {
    State(PaymentState),
    /// A refund of it is with a PG that decides later: the ledger may show it, or not, and neither stays so.
    Pending,
    Nothing,
    NoAccount,
}

async fn look_up(accounts: &Accounts, payment: &PaymentRecord) -> Told {
    let Some(account) = accounts.of(&payment.key()) else {
        return Told::NoAccount;
    };
    match timeout(account.policy().deadline, account.gateway().look_up(&payment.payment)).await {
        Ok(Ok(state)) if state.paid == payment.paid() && state.undecided => Told::Pending,
        Ok(Ok(state)) if state.paid == payment.paid() && state.adds_up() => {
            match is_pending(account, payment).await {
                Some(false) => Told::State(state),
                Some(true) => Told::Pending,
                None => Told::Nothing,
            }
        }
        _ => Told::Nothing,
    }
}

/// Whether a refund of a payment is with a PG that decides later, whoever asked for it. `None`: nobody told.
///
/// Asked with an order that is never sent: only the gateway's own crate knows which PGs do so.
pub(crate) async fn is_pending(account: &Account, payment: &PaymentRecord) -> Option<bool> {
    let balance = payment.money(payment.known_balance);
    // nothing is left that could be pending
    if balance.is_zero() {
        return Some(false);
    }
    let tag = AttemptId::random().and_then(AttemptId::tag).ok()?;
    let now = time::OffsetDateTime::now_utc();
    let order = CancelOrder::new(payment.payment.clone(), balance, balance, tag, 1, now).ok()?;
    order.sends().mark_possibly_sent();
    let ledger = LedgerKnowledge { sole_actor: account.policy().sole_actor, known_balance: Some(balance) };
    let asked = timeout(account.policy().deadline, account.gateway().reconcile(&order, ledger)).await;
    let verdict = asked.ok()?.ok()?;
    Some(verdict == Verdict::Unclear(Doubt::Pending))
}

async fn take(
    running: &mut JoinSet<(PaymentKey, Told)>,
    journal: &Arc<dyn Journal>,
    found: &mut Comparison,
) -> Result<(), JournalError> {
    let Some(Ok((key, told))) = running.join_next().await else { return Ok(()) };
    match told {
        Told::NoAccount => found.elsewhere = found.elsewhere.saturating_add(1),
        Told::Pending => found.unanswered.push(key),
        Told::Nothing => {
            debug!(gateway = %key.gateway, "no usable answer about a suspect payment");
            found.unanswered.push(key);
        }
        Told::State(state) => {
            let lost = !unexplained(&**journal, &key, &state).await?.is_empty();
            let payment = journal.compared(&key, state.balance.minor(), lost).await?;
            if payment.suspect == Some(Suspect::Differs) {
                found.differs.push(key);
            } else {
                found.equal = found.equal.saturating_add(1);
            }
        }
    }
    Ok(())
}

/// The refunds of ours in this answer's history that the journal cannot explain.
pub(crate) async fn unexplained(
    journal: &dyn Journal,
    key: &PaymentKey,
    state: &PaymentState,
) -> Result<Vec<Money>, JournalError> {
    if !protocol::is_marked(state) {
        return Ok(Vec::new());
    }
    Ok(protocol::unexplained(state, &known(journal, key).await?))
}

/// All cancels of a payment, each with its attempts.
pub(crate) async fn known(
    journal: &dyn Journal,
    key: &PaymentKey,
) -> Result<Vec<(IntentRecord, Vec<AttemptRecord>)>, JournalError> {
    let mut known = Vec::new();
    for intent in journal.intents_of(key).await? {
        let attempts = journal.attempts_of(intent.id).await?;
        known.push((intent, attempts));
    }
    Ok(known)
}
