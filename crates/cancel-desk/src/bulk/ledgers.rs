//! What the gateways have left of a plan's payments.

use std::collections::BTreeMap;
use std::sync::Arc;

use pg_core::{LookUpErrorKind, Money, PaymentState};
use tokio::task::JoinSet;

use crate::journal::{Journal, JournalError};
use crate::protocol::{Origin, origins};
use crate::record::{AttemptRecord, IntentId, IntentRecord, PaymentKey, PaymentRecord};
use crate::worker::{Accounts, known};

use super::plan::{Looked, Verdict};

/// What the gateways say of the payments, each asked once.
#[derive(Default)]
pub(super) struct Ledgers {
    answers: BTreeMap<PaymentKey, Result<AtGateway, Verdict>>,
    /// What the rows further up leave.
    left: BTreeMap<PaymentKey, i64>,
}

impl Ledgers {
    /// Asks about those that were not asked about yet.
    pub(super) async fn ask(
        &mut self,
        journal: &Arc<dyn Journal>,
        accounts: &Arc<Accounts>,
        payments: impl Iterator<Item = PaymentRecord>,
    ) -> Result<(), JournalError> {
        let new: BTreeMap<PaymentKey, PaymentRecord> = payments
            .map(|payment| (payment.key(), payment))
            .filter(|(key, _)| !self.answers.contains_key(key))
            .collect();
        let mut asked = JoinSet::new();
        for (key, payment) in new {
            let (accounts, journal) = (Arc::clone(accounts), Arc::clone(journal));
            asked.spawn(async move {
                let answer = at_gateway(&accounts, &*journal, &payment).await;
                answer.map(|answer| (key, answer))
            });
        }
        for answer in asked.join_all().await {
            let (key, answer) = answer?;
            self.answers.insert(key, answer);
        }
        Ok(())
    }

    /// Compares the good rows with them.
    pub(super) fn judge(&mut self, rows: &mut [Looked]) {
        for looked in rows.iter_mut().filter(|looked| looked.row.verdict == Verdict::Ok) {
            let (Some(payment), Some(amount)) = (&looked.row.payment, looked.row.amount) else { continue };
            looked.row.verdict = match self.answers.get(payment) {
                Some(Ok(there)) => {
                    let left = self.left.entry(payment.clone()).or_insert(there.free);
                    take(left, there.balance, amount)
                }
                Some(Err(verdict)) => verdict.clone(),
                None => Verdict::NoAnswer,
            };
        }
    }
}

/// What a gateway has left of a payment, in minor units.
struct AtGateway {
    /// By its ledger.
    balance: i64,
    /// Less what is under way and may not be in its ledger yet; never more than the journal has left.
    free: i64,
}

/// What the gateway's ledger has left of a payment, or why it cannot be refunded.
async fn at_gateway(
    accounts: &Accounts,
    journal: &dyn Journal,
    payment: &PaymentRecord,
) -> Result<Result<AtGateway, Verdict>, JournalError> {
    let before = journal.intents_of(&payment.key()).await?;
    let state = match look_up(accounts, payment).await {
        Ok(state) => state,
        Err(verdict) => return Ok(Err(verdict)),
    };
    let balance = state.balance.minor();
    let Some(now) = journal.payment(&payment.key()).await? else { return Ok(Err(Verdict::NotRegistered)) };
    let hidden = hidden(&before, &known(journal, &payment.key()).await?, &state);
    let free = balance.saturating_sub(hidden).min(now.available()).max(0);
    Ok(Ok(AtGateway { balance, free }))
}

/// What refunds without an outcome hold, or held before the look-up, and is not in the gateway's ledger for certain: only a
/// mark of ours in its list is. By its sums alone a fall may as well be somebody else's refund.
fn hidden(before: &[IntentRecord], now: &[(IntentRecord, Vec<AttemptRecord>)], state: &PaymentState) -> i64 {
    let shown = origins(state, now);
    let is_shown = |id: IntentId| shown.iter().any(|(_, origin)| *origin == Origin::Of(id));
    let was_open = |id: IntentId| before.iter().any(|intent| intent.id == id && !intent.state.is_final());
    let intents = now.iter().map(|(intent, _)| intent);
    let hidden =
        intents.filter(|intent| (!intent.state.is_final() || was_open(intent.id)) && !is_shown(intent.id));
    hidden.fold(0, |sum, intent| sum.saturating_add(intent.amount.minor()))
}

/// The gateway's ledger of a payment that can be refunded.
async fn look_up(accounts: &Accounts, payment: &PaymentRecord) -> Result<PaymentState, Verdict> {
    let not =
        |field: &str, why: &str| Verdict::NotCancellable { field: field.to_owned(), why: why.to_owned() };
    let Some(account) = accounts.of(&payment.key()) else {
        return Err(not("account", "is not configured here"));
    };
    let state = match account.look_up(&payment.payment).await {
        Some(Ok(state)) => state,
        Some(Err(error)) => {
            return Err(match error.kind() {
                LookUpErrorKind::NotFound => {
                    not("payment", "is not known to the gateway: check payment number and account")
                }
                LookUpErrorKind::Credentials => {
                    not("account", "is refused by the gateway: check its keys in the configuration")
                }
                LookUpErrorKind::Invalid(error) => not(error.field(), error.reason()),
                _ => Verdict::NoAnswer,
            });
        }
        None => return Err(Verdict::NoAnswer),
    };
    // what contradicts itself, or may come back, tells as much
    if state.paid == payment.paid() && !state.is_proof() {
        return Err(Verdict::NoAnswer);
    }
    if state.paid != payment.paid() {
        return Err(not("payment", "has another paid amount at the gateway"));
    }
    if matches!(state.status.as_str(), "ready" | "failed") {
        return Err(not("payment", "is not paid, as the gateway has it"));
    }
    Ok(state)
}

/// Takes an amount from what the rows further up leave of the balance, or tells why not.
pub(super) fn take(left: &mut i64, balance: i64, amount: Money) -> Verdict {
    if balance == 0 {
        return Verdict::AlreadyRefunded;
    }
    // all that is left of nothing is over the balance too
    if *left == 0 || amount.minor() > *left {
        let left = Money::from_minor(*left, amount.currency()).unwrap_or(Money::zero(amount.currency()));
        return Verdict::OverBalance { left };
    }
    *left = left.saturating_sub(amount.minor());
    Verdict::Ok
}
