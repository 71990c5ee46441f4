//! Which payment a row means, and where its money goes.

use std::sync::Arc;

use pg_core::{Gateway, Invalid, PaymentRef, RefundAccount};
use tokio::task::JoinSet;

use crate::desk::RefundTo;
use crate::journal::{Journal, JournalError};
use crate::record::{AccountName, IntentRecord, PaymentKey, PaymentRecord};

use super::file::{RefundInto, Row};

/// How many rows are asked about at once.
const AT_ONCE: usize = 64;

/// What the journal has about a row.
pub(super) struct Found {
    /// Every payment that it may mean.
    pub(super) payments: Vec<PaymentRecord>,
    /// The refunds of that payment, if it is one.
    pub(super) intents: Vec<IntentRecord>,
}

/// Asks about every row; the answers come in the rows' order.
pub(super) async fn find_all(
    journal: &Arc<dyn Journal>,
    accounts: &[AccountName],
    rows: &[Row],
) -> Result<Vec<Found>, JournalError> {
    let accounts: Arc<[AccountName]> = accounts.into();
    let mut found = Vec::with_capacity(rows.len());
    for rows in rows.chunks(AT_ONCE) {
        let mut asked = JoinSet::new();
        for (place, row) in rows.iter().enumerate() {
            let (journal, accounts, row) = (Arc::clone(journal), Arc::clone(&accounts), row.clone());
            asked.spawn(async move { (place, find(&*journal, &accounts, &row).await) });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        for (_, answer) in answers {
            found.push(answer?);
        }
    }
    Ok(found)
}

async fn find(journal: &dyn Journal, accounts: &[AccountName], row: &Row) -> Result<Found, JournalError> {
    let fits_account = |gateway: Gateway, merchant: &str| {
        row.gateway.is_none_or(|wanted| wanted == gateway)
            && row.account.as_deref().is_none_or(|wanted| wanted == merchant)
    };
    let mut payments = Vec::new();
    match (&row.merchant_uid, &row.payment_id) {
        (Some(order), number) => {
            let of_order = journal.payments_of_order(order).await?;
            payments.extend(of_order.into_iter().filter(|payment| {
                number.as_ref().is_none_or(|number| *number == payment.payment.gateway_id)
                    && fits_account(payment.payment.gateway, &payment.merchant)
            }));
        }
        (None, Some(number)) => {
            for account in accounts.iter().filter(|name| fits_account(name.gateway, &name.merchant)) {
                let key = PaymentKey::new(account.gateway, account.merchant.clone(), number.clone());
                payments.extend(journal.payment(&key).await?);
            }
        }
        (None, None) => {}
    }
    let intents = match payments.as_slice() {
        [one] => journal.intents_of(&one.key()).await?,
        _ => Vec::new(),
    };
    Ok(Found { payments, intents })
}

/// The account that a row names, its bank understood in the numbering of the payment's PG.
pub(super) fn account(into: &RefundInto, payment: &PaymentRef) -> Result<RefundAccount, Invalid> {
    let mut to = RefundTo::by_code(into.bank.as_str(), into.number.as_str(), into.holder.as_str());
    if let Some(tel) = &into.tel {
        to = to.with_phone(tel.as_str());
    }
    to.account(payment)
}
