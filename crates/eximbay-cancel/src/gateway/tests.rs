use super::*;
use crate::request::RefundType;
use pg_core::{AttemptTag, Currency};
use time::OffsetDateTime;

const ID: &str = "1849705C6420220922000013";

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn payment() -> PaymentRef {
    PaymentRef::new(Gateway::Eximbay, ID, "ORD-1", usd(100)).with_paid_text("1.00")
}

fn order(payment: PaymentRef, amount: Money, balance: Money) -> CancelOrder {
    let tag: AttemptTag = "refund-1".parse().unwrap();
    CancelOrder::new(payment, amount, balance, tag, 1, OffsetDateTime::UNIX_EPOCH).unwrap()
}

#[test]
fn the_same_order_is_the_same_request() {
    let order = order(payment(), usd(50), usd(100)).with_reason("변심");
    let (a, b) = (CancelRequest::try_from(&order).unwrap(), CancelRequest::try_from(&order).unwrap());
    let config = crate::Config::builder("test_1849705C642C217E0B2D", "1849705C64").build().unwrap();
    let bytes = |request| crate::wire::cancel(request, &config).unwrap().into_body();
    assert_eq!(bytes(&a), bytes(&b));
    assert_eq!((a.tag().as_str(), a.reason(), a.refund_type()), ("refund-1", "변심", RefundType::Partial));
    let _ticket = a.sends().begin();
    assert!(b.sends().may_have_been_sent() && order.sends().may_have_been_sent());
}

#[test]
fn what_is_missing_is_named() {
    let mut elsewhere = payment();
    elsewhere.gateway = Gateway::Chaiport;
    let mut other_text = payment();
    other_text.paid_text = Some("2.00".to_owned());
    let mut no_text = payment();
    no_text.paid_text = None;
    let mut bad_text = payment();
    bad_text.paid_text = Some("1,00".to_owned());
    let mut bad_id = payment();
    bad_id.gateway_id = "imp_1".to_owned();
    let mut bad_order = payment();
    bad_order.merchant_uid = "x".repeat(31);
    for (payment, field) in [
        (elsewhere, "gateway"),
        (other_text, "paid_text"),
        (no_text, "paid_text"),
        (bad_text, "paid_text"),
        (bad_id, "transaction_id"),
        (bad_order, "order_id"),
    ] {
        let request = CancelRequest::try_from(&order(payment.clone(), usd(50), usd(100)));
        assert_eq!(request.unwrap_err().field(), field);
        assert_eq!(LookUp::try_from(&payment).unwrap_err().field(), field);
    }
}

#[test]
fn a_currency_without_minor_digits_has_one_spelling() {
    let payment = PaymentRef::new(Gateway::Eximbay, ID, "ORD-1", Money::krw(1000).unwrap());
    assert_eq!(LookUp::try_from(&payment).unwrap().paid().as_str(), "1000");
}

#[cfg(feature = "client")]
mod over_the_trait {
    use super::*;
    use crate::client::tests::{Script, done, ledger};
    use pg_core::{LedgerKnowledge, Verdict};

    #[tokio::test]
    async fn cancel_look_up_and_reconcile() {
        let (client, script) = Script::client(vec![done("0.50"), ledger("0.50"), ledger("0.50")]);
        let gateway: Box<dyn CancelGateway> = Box::new(client);
        let order = order(payment(), usd(50), usd(100));
        let cancelled = gateway.cancel(&order).await.unwrap();
        assert_eq!((cancelled.amount(), cancelled.remaining()), (usd(50), Some(usd(50))));
        let state = gateway.look_up(&payment()).await.unwrap();
        assert_eq!((state.paid, state.cancelled), (usd(100), usd(50)));
        let alone = LedgerKnowledge { sole_actor: true, known_balance: None };
        assert!(matches!(gateway.reconcile(&order, alone).await.unwrap(), Verdict::Applied { .. }));
        assert_eq!(script.sent().len(), 3);
        assert_eq!(gateway.capabilities().guard, Guard::Balance);
    }

    #[tokio::test]
    async fn a_bad_order_is_not_sent() {
        let (client, script) = Script::client(vec![]);
        let mut bad = payment();
        bad.paid_text = None;
        let gateway: &dyn CancelGateway = &client;
        let error = gateway.cancel(&order(bad.clone(), usd(50), usd(100))).await.unwrap_err();
        assert_eq!(error.label(), "invalid");
        assert!(gateway.look_up(&bad).await.is_err());
        assert!(script.sent().is_empty());
    }
}
