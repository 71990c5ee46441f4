//! Chaiport behind the face that all gateways share.

use pg_core::gateway::{
    CancelGateway, CancelOrder, Capabilities, Evidence, Gateway, Guard, LedgerKnowledge, PaymentRef,
};
use pg_core::{CancelError, Cancelled, Invalid, LookUpError, LookUpErrorKind, PaymentState, Verdict};

use crate::client::ChaiportClient;
use crate::ids::{ImpUid, MerchantUid, PaymentIds};
use crate::later::Route;
use crate::record::PaymentRecord;
use crate::request::CancelRequest;

/// The request that an order stands for. The same order always makes the same bytes; its log of sendings is shared.
///
/// Needs `gateway_id` (the `imp_uid`) and `merchant_uid`; `method` and `pg_provider` where there is a refund account.
/// The order's `sequence` and `at` are not sent: Chaiport's guard is the balance.
///
/// # Errors
/// [`Invalid`] naming `gateway`, `imp_uid`, `merchant_uid`, `reason`, or what the refund account lacks.
pub fn request_for(order: &CancelOrder) -> Result<CancelRequest, Invalid> {
    order.check_complete()?;
    let payment = order.payment();
    let mut record = PaymentRecord::new(ids(payment)?, payment.paid);
    // check_amount of the order has held: the balance does not exceed what was paid
    let cancelled = payment
        .paid
        .checked_sub(order.balance_before())
        .ok_or_else(|| Invalid::new("balance", "must not exceed what was paid"))?;
    record = record.with_cancelled(cancelled)?;
    if let Some(pg_provider) = &payment.pg_provider {
        record = record.with_pg_provider(pg_provider.as_str());
    }
    if let Some(method) = &payment.method {
        record = record.with_pay_method(method.as_str());
    }
    let mut request = CancelRequest::partial(record, order.amount())?
        .with_tag(order.tag().clone())
        .with_sends(order.sends().clone());
    if let Some(reason) = order.reason() {
        request = request.with_reason(reason)?;
    }
    if let Some(account) = order.refund_account() {
        request = request.with_refund_account(account.clone())?;
    }
    Ok(request)
}

fn ids(payment: &PaymentRef) -> Result<PaymentIds, Invalid> {
    if payment.gateway != Gateway::Chaiport {
        return Err(Invalid::new("gateway", "must be chaiport"));
    }
    let imp_uid: ImpUid = payment.gateway_id.parse()?;
    let merchant_uid: MerchantUid = payment.merchant_uid.parse()?;
    Ok(PaymentIds::both(imp_uid, merchant_uid))
}

#[async_trait::async_trait]
impl CancelGateway for ChaiportClient {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, true)
    }

    /// The host alone: an `imp_uid` names one payment there, and the keys may be renewed. Both of Chaiport's own are one.
    fn terms(&self) -> String {
        self.service().to_owned()
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        order.check_terms(self.service())?;
        let request = request_for(order)?;
        Ok(ChaiportClient::cancel(self, &request).await?.without_answer())
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let ids = ids(payment)?;
        let imp_uid: ImpUid = payment.gateway_id.parse().map_err(LookUpError::from)?;
        let found = ChaiportClient::look_up(self, &imp_uid).await?;
        let same_currency = found.paid().currency() == payment.paid.currency();
        if !ids.matches(found.imp_uid().as_str(), found.merchant_uid()) || !same_currency {
            return Err(LookUpError::new(LookUpErrorKind::Malformed));
        }
        let record = PaymentRecord::new(ids, payment.paid);
        let record = match &payment.pg_provider {
            Some(pg_provider) => record.with_pg_provider(pg_provider.as_str()),
            None => record,
        };
        let undecided = Route::of_payment(&found, &record).is_undecided(&found);
        Ok(found.state()?.with_undecided(undecided))
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        order.check_terms(self.service())?;
        ChaiportClient::reconcile(self, &request_for(order)?, ledger).await
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        Some(order.tag().in_reason())
    }
}

#[cfg(test)]
mod tests {
    use pg_core::{AttemptTag, Bank, Money, RefundAccount};
    use time::OffsetDateTime;

    use super::*;
    use crate::wire::cancel_body;

    fn order(payment: PaymentRef) -> CancelOrder {
        let tag: AttemptTag = "t1".parse().unwrap();
        let won = |amount| Money::krw(amount).unwrap();
        CancelOrder::new(payment, won(1000), won(7500), tag, 2, OffsetDateTime::UNIX_EPOCH).unwrap()
    }

    fn payment() -> PaymentRef {
        PaymentRef::new(Gateway::Chaiport, "imp_1", "ORD-1", Money::krw(10_000).unwrap())
    }

    #[test]
    fn the_same_order_makes_the_same_bytes_and_shares_its_log() {
        let order = order(payment()).with_reason("변심");
        let request = request_for(&order).unwrap();
        let body = cancel_body(&request).unwrap();
        assert_eq!(
            String::from_utf8(body.clone()).unwrap(),
            r#"{"reason":"[c:t1] 변심","imp_uid":"imp_1","amount":1000,"checksum":7500}"#
        );
        assert_eq!(cancel_body(&request_for(&order).unwrap()).unwrap(), body);
        let _ticket = request.sends().begin();
        assert!(order.sends().may_have_been_sent());
    }

    #[test]
    fn what_an_order_lacks_is_named() {
        let mut foreign = payment();
        foreign.gateway = Gateway::Eximbay;
        let mut bad_id = payment();
        bad_id.gateway_id = "a/b".to_owned();
        let mut bad_uid = payment();
        bad_uid.merchant_uid = String::new();
        for (payment, field) in [(foreign, "gateway"), (bad_id, "imp_uid"), (bad_uid, "merchant_uid")] {
            assert_eq!(request_for(&order(payment)).unwrap_err().field(), field);
        }
        let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
        let nameless = order(payment()).with_refund_account(account.clone());
        assert_eq!(request_for(&nameless).unwrap_err().field(), "pg_provider");
        let vbank =
            order(payment().with_method("vbank").with_pg_provider("kcp")).with_refund_account(account);
        let body = String::from_utf8(cancel_body(&request_for(&vbank).unwrap()).unwrap()).unwrap();
        assert!(body.contains(r#""refund_bank":"BK88""#), "{body}");
    }
}
