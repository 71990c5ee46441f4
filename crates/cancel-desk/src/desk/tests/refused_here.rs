//! What the gateway's own crate would refuse is refused before it is stored.

use super::*;
use pg_core::PaymentRef;
use time::macros::date;

/// Settlebank in one of its forms; nothing passes its client's checks.
#[derive(Debug)]
struct Strict(Guard);

#[async_trait::async_trait]
impl CancelGateway for Strict {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Settlebank, self.0, Evidence::Inferred, false)
    }

    async fn cancel(&self, _order: &CancelOrder) -> Result<Cancelled, CancelError> {
        Err(Invalid::new("reason", "must be something else").into())
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        Ok(PaymentState::new(payment.paid, Money::zero(Currency::KRW), "paid")?)
    }
}

async fn desk_at(guard: Guard, method: &str) -> Desk {
    let journal = MemoryJournal::new(Arc::new(SystemClock), Vault::new(VaultKey::new([7; 32])));
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(Strict(guard)))).unwrap();
    let desk = Desk::new(Arc::new(journal), Arc::new(accounts));
    let payment = PaymentRef::new(Gateway::Settlebank, "STFP_1", "ORD-1", won(10_000));
    let payment = payment.with_method(method).with_paid_on(date!(2026 - 11 - 20));
    desk.register(NewPayment::new("shop", payment)).await.unwrap();
    desk
}

async fn why(desk: &Desk, wish: Wish) -> String {
    desk.cancel(wish).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_reason_that_settlebank_does_not_take_is_refused_before_it_is_stored() {
    let desk = desk_at(Guard::Sequence, "CA").await;
    let long = why(&desk, wish("ORD-1", "k", "3000").with_reason("가".repeat(86))).await;
    assert_eq!(
        long,
        "reason: must be at most 255 bytes of utf-8 at this gateway (about 85 Korean characters)"
    );
    assert!(crate::korean::said(&long).unwrap().contains("한글 약 85자"));
    for bad in ["상품: 파손", "A&B", "왜?", "'변심'", "<b>"] {
        let why = why(&desk, wish("ORD-1", "k", "3000").with_reason(bad)).await;
        assert!(why.starts_with("reason: must not contain"), "{bad}: {why}");
    }
    // nothing of it is stored: the key is free
    let accounts = desk.accounts().names().to_vec();
    assert_eq!(desk.of_key("k", &accounts).await.unwrap(), []);
    desk.cancel(wish("ORD-1", "k", "3000").with_reason("가".repeat(85))).await.unwrap();

    // the flat form carries no reason
    let flat = desk_at(Guard::IdenticalRequest, "CA").await;
    flat.cancel(wish("ORD-1", "k", "3000").with_reason("왜?")).await.unwrap();
    flat.cancel(wish("ORD-1", "k2", "3000")).await.unwrap();
}

#[tokio::test]
async fn a_virtual_account_needs_an_account_at_once() {
    let desk = desk_at(Guard::Sequence, "VA").await;
    let why = why(&desk, wish("ORD-1", "k", "3000")).await;
    assert!(why.starts_with("refund_account: must be given"), "{why}");
}

#[tokio::test]
async fn what_a_check_stopped_before_the_wire_was_sent_no_time() {
    let desk = desk_at(Guard::Sequence, "CA").await;
    let workers = desk.start_workers(1).unwrap();
    let stored = desk.cancel(wish("ORD-1", "k", "3000")).await.unwrap().intent().id;
    let done = desk.pursue(stored, Duration::from_secs(20)).await.unwrap();
    assert_eq!(done.state, IntentState::Rejected);
    let shown = desk.show_cancel(&done).await.unwrap();
    assert_eq!((shown.attempts, shown.sends), (1, 0));
    workers.stop(Duration::from_secs(5)).await;
}
