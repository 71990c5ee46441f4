//! The face that all gateways share, for programs that drive several.

#[cfg(feature = "client")]
use pg_core::{
    CancelError, CancelGateway, Cancelled, Capabilities, Evidence, Gateway, Guard, LookUpError, PaymentRef,
    PaymentState,
};
use pg_core::{CancelOrder, Invalid};

#[cfg(feature = "client")]
use crate::client::SettlebankClient;
use crate::config::{Config, EqualAmounts};
use crate::payment::PaymentRecord;
use crate::request::{CancelRequest, Form};

/// What an order becomes at Settlebank: the same order always makes the same request, and so the same bytes.
///
/// Needed of the payment: `gateway_id` (`orgTrdNo`), `merchant_uid` (`orgMchtTrdNo`), `paid_on` and `method`. Tag, time
/// and sequence number come from the order, and so does the choice between cancelling and refunding a mobile
/// payment, by the order's month. The flat form cannot carry a reason, which is left out; a refund account it
/// refuses. The order's [earlier cancels](CancelOrder::with_earlier_cancels) decide in the flat form whether its amount
/// may be taken for a repeat; an order without them is refused in doubt.
///
/// # Errors
/// [`Invalid`] naming the field that is missing or wrong.
pub fn request_for(order: &CancelOrder, config: &Config) -> Result<CancelRequest, Invalid> {
    order.check_complete()?;
    let payment = PaymentRecord::try_from(order.payment())?;
    let payment = match (config.form(), order.earlier_cancels()) {
        (Form::Flat, Some(earlier)) => payment.with_cancels(earlier)?,
        // the number is the order's: attempts that were refused may have used some up
        _ => payment.with_balance(order.balance_before(), order.sequence().saturating_sub(1))?,
    };
    let mut draft = CancelRequest::partial(&payment, order.amount())
        .with_tag(order.tag().clone())
        .with_sends(order.sends().clone());
    if let Some(account) = order.refund_account() {
        draft = draft.refund_account(account.clone());
    }
    match config.form() {
        Form::Standard => {
            draft = draft.at(order.at());
            if let Some(reason) = order.reason() {
                draft = draft.reason(reason);
            }
            draft.standard()
        }
        Form::Flat => {
            if config.equal_amounts() == EqualAmounts::Send {
                draft = draft.same_amount_again();
            }
            draft.flat()
        }
    }
}

#[cfg(feature = "client")]
#[async_trait::async_trait]
impl CancelGateway for SettlebankClient {
    fn capabilities(&self) -> Capabilities {
        let guard = match self.form() {
            Form::Standard => Guard::Sequence,
            Form::Flat => Guard::IdenticalRequest,
        };
        // what is answered to a repeat is documented for neither form
        Capabilities::new(Gateway::Settlebank, guard, Evidence::Inferred, false)
    }

    /// The host, the merchant id, and the form: the forms have different guards, and neither knows the other's copies.
    fn terms(&self) -> String {
        let form = match self.form() {
            Form::Standard => "standard",
            Form::Flat => "flat",
        };
        format!("{} mid {} {form}", self.service(), self.config().mid())
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        order.check_terms(&self.terms())?;
        let request = request_for(order, self.config())?;
        Self::cancel(self, &request).await.map(Cancelled::without_answer)
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let payment = PaymentRecord::try_from(payment)?;
        Ok(Self::look_up(self, &payment).await?.state().clone())
    }
}
