//! Why a refund under way does not move.

use super::*;
use pg_core::PaymentRef;

/// Looks up at once, and never answers a cancel.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl CancelGateway for Silent {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Balance, Evidence::Documented, true)
    }

    async fn cancel(&self, _order: &CancelOrder) -> Result<Cancelled, CancelError> {
        std::future::pending().await
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        Ok(PaymentState::new(payment.paid, won(0), "paid")?.with_history(Vec::new()))
    }
}

async fn waits(desk: &Desk, id: IntentId) -> Option<Waiting> {
    let intent = desk.intent(id).await.unwrap();
    desk.show_cancel(&intent).await.unwrap().waits
}

#[tokio::test]
async fn a_cancel_tells_why_it_waits() {
    let journal = MemoryJournal::new(Arc::new(SystemClock), Vault::new(VaultKey::new([7; 32])));
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(Silent))).unwrap();
    let desk = Desk::new(Arc::new(journal), Arc::new(accounts));
    desk.register(paid("imp_1", "ORD-1")).await.unwrap();
    desk.register(paid("imp_2", "ORD-2")).await.unwrap();
    let first = desk.cancel(wish("ORD-1", "a", "1000")).await.unwrap().intent().id;
    // just stored: nothing is remarkable yet
    assert_eq!(waits(&desk, first).await, None);

    let workers = desk.start_workers(1).unwrap();
    for _ in 0..500 {
        if desk.intent(first).await.unwrap().state == IntentState::Open {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = desk.cancel(wish("ORD-1", "b", "1000")).await.unwrap().intent().id;
    let behind = Waiting::AnotherCancel { cancel: first, waits_for_a_person: false };
    assert_eq!(waits(&desk, second).await, Some(behind));
    // on the wire
    assert_eq!(waits(&desk, first).await, None);
    drop(workers);

    desk.journal().suspect_all("kim", "restored").await.unwrap();
    // stored after the restore, by the journal's clock
    tokio::time::sleep(Duration::from_millis(5)).await;
    let third = desk.cancel(wish("ORD-2", "c", "1000")).await.unwrap().intent().id;
    let quiet_s = Some(crate::protocol::Policy::default().upstream_quiet.as_secs());
    let by_itself = Waiting::Suspect { goes_to_a_person: false, quiet_s };
    assert_eq!(waits(&desk, third).await, Some(by_itself));
    let shown = serde_json::to_value(desk.show_cancel(&desk.intent(third).await.unwrap()).await.unwrap());
    assert_eq!(shown.unwrap()["waits"]["because"], "suspect");
    // no worker sends it by itself once the ledger differs
    let key = desk.find(&Selector::order("ORD-2")).await.unwrap().key();
    desk.journal().compared(&key, 9_000, true).await.unwrap();
    let by_a_person = Waiting::Suspect { goes_to_a_person: true, quiet_s };
    assert_eq!(waits(&desk, third).await, Some(by_a_person));
}

#[tokio::test]
async fn what_a_dead_process_holds_says_for_how_long() {
    use crate::journal::conformance::{TestClock, vault};

    let clock = TestClock::new();
    let journal = MemoryJournal::new(clock.clone(), vault());
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(Silent))).unwrap();
    let desk = Desk::new(Arc::new(journal), Arc::new(accounts));
    let key = desk.register(paid("imp_1", "ORD-1")).await.unwrap().key();
    let stored = desk.cancel(wish("ORD-1", "a", "1000")).await.unwrap().intent().id;
    let lease = Duration::from_secs(120);
    desk.journal().claim_payment(&key, "dead", lease).await.unwrap().unwrap();
    assert_eq!(waits(&desk, stored).await, None, "just stored");
    clock.advance(Duration::from_secs(20));
    assert_eq!(waits(&desk, stored).await, Some(Waiting::Held { for_s: 100 }));
    clock.advance(Duration::from_secs(101));
    assert_eq!(waits(&desk, stored).await, Some(Waiting::NoWorker));
}
