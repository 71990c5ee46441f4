//! The face that all gateways share, and orders made into requests.

#[cfg(feature = "client")]
use pg_core::{
    CancelError, CancelGateway, Cancelled, Capabilities, Evidence, Guard, LedgerKnowledge, LookUpError,
    PaymentState, Verdict,
};
use pg_core::{CancelOrder, Gateway, Invalid, Money, PaymentRef};

use crate::amount::AmountText;
#[cfg(feature = "client")]
use crate::client::EximbayClient;
use crate::lookup::LookUp;
#[cfg(feature = "client")]
use crate::lookup::PaymentStatus;
use crate::method::PaymentMethod;
use crate::payment::PaymentRecord;
use crate::request::CancelRequest;

/// The same order always makes the same request: its tag is the `refund_id`, its balance the guard.
///
/// Needed of the [`PaymentRef`]: `gateway` (Eximbay), `gateway_id` (the approval's `transaction_id`), `merchant_uid`
/// (the `order_id`), `paid`, and `paid_text` unless the currency has no minor digits (then the integer is the only
/// spelling). `paid_on`, `method`, `pg_provider`, and the order's `sequence` and `at` are not used.
impl TryFrom<&CancelOrder> for CancelRequest {
    type Error = Invalid;

    /// # Errors
    /// [`Invalid`] naming what is missing or wrong.
    fn try_from(order: &CancelOrder) -> Result<Self, Self::Error> {
        order.check_complete()?;
        let mut record = record(order.payment(), order.balance_before())?;
        if let Some(method) = &order.payment().method {
            record = record.with_method(PaymentMethod::new(method.as_str()));
        }
        let mut request = Self::build(record, order.amount(), order.tag().clone(), order.sends().clone())?;
        if let Some(reason) = order.reason() {
            request = request.with_reason(reason)?;
        }
        if let Some(account) = order.refund_account() {
            request = request.with_refund_account(account.clone())?;
        }
        Ok(request)
    }
}

impl TryFrom<&PaymentRef> for LookUp {
    type Error = Invalid;

    /// # Errors
    /// [`Invalid`] naming what is missing or wrong.
    fn try_from(payment: &PaymentRef) -> Result<Self, Self::Error> {
        Ok(Self::of(&record(payment, payment.paid)?))
    }
}

fn record(payment: &PaymentRef, balance: Money) -> Result<PaymentRecord, Invalid> {
    if payment.gateway != Gateway::Eximbay {
        return Err(Invalid::new("gateway", "must be eximbay"));
    }
    PaymentRecord::new(&payment.gateway_id, &payment.merchant_uid, paid(payment)?, balance)
}

fn paid(payment: &PaymentRef) -> Result<AmountText, Invalid> {
    let currency = payment.paid.currency();
    let text = match &payment.paid_text {
        Some(text) => text.clone(),
        None if currency.minor_digits() == 0 => payment.paid.to_decimal_text(),
        None => {
            return Err(Invalid::new("paid_text", "must be the amount as it was written at payment time"));
        }
    };
    let renamed = |error: Invalid| Invalid::new("paid_text", error.reason().to_owned());
    let paid = AmountText::parse(&text, currency).map_err(renamed)?;
    if paid.money() != payment.paid {
        return Err(Invalid::new("paid_text", "must be the same amount as paid"));
    }
    Ok(paid)
}

#[cfg(feature = "client")]
#[async_trait::async_trait]
impl CancelGateway for EximbayClient {
    /// Guarded by the balance, as the legacy guide says ("checked only if it is sent", and it always is). Inferred all
    /// the same: what the gateway answers to a wrong balance or a used `refund_id` is documented nowhere.
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Eximbay, Guard::Balance, Evidence::Inferred, false)
    }

    /// The host, and the merchant id, whose payments nobody else finds.
    fn terms(&self) -> String {
        format!("{} mid {}", self.service(), self.config().mid().as_str())
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        order.check_terms(&self.terms())?;
        let request = CancelRequest::try_from(order)?;
        EximbayClient::cancel(self, &request).await.map(Cancelled::without_answer)
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let look_up = LookUp::try_from(payment)?;
        let found = EximbayClient::look_up(self, &look_up).await?;
        // an authorisation that lapsed and an order that was never paid show an empty balance too
        let undecided = found.status() != &PaymentStatus::Sale && !found.state().cancelled.is_zero();
        Ok(found.state().clone().with_undecided(undecided))
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        order.check_terms(&self.terms())?;
        EximbayClient::reconcile(self, &CancelRequest::try_from(order)?, ledger).await
    }
}

#[cfg(test)]
mod tests;
