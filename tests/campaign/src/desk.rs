//! One refund carried through by the production desk, with whatever goes wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use cancel_desk::journal::{Journal, JournalError};
use cancel_desk::protocol::Policy;
use cancel_desk::record::{IntentRecord, PaymentKey, Resolution};
use cancel_desk::worker::{Account, Accounts, Worker};
use contract_tests::{Kind, World};
use pg_core::CancelGateway;

use crate::clock::HandClock;
use crate::oracle::{at_sandbox, decision};

/// The name of the one merchant account.
pub const SHOP: &str = "shop";

/// Turns and look-ups that nothing needs: whoever takes more does not come to its end.
const ENOUGH: u32 = 500;

/// The accounts of a desk with one gateway.
pub fn accounts(gateway: Arc<dyn CancelGateway>) -> Arc<Accounts> {
    let mut policy = Policy::default();
    policy.deadline = Duration::from_secs(2);
    let account = Account::new(gateway).with_policy(policy);
    Arc::new(Accounts::new().with(SHOP, account).expect("the only one"))
}

/// A worker on a journal.
pub fn worker(journal: &Arc<dyn Journal>, gateway: &Arc<dyn CancelGateway>) -> Worker {
    Worker::new(Arc::clone(journal), accounts(Arc::clone(gateway))).expect("randomness")
}

/// Takes turns until nothing is due now.
pub async fn drain(worker: &Worker) -> Result<(), JournalError> {
    for _ in 0..ENOUGH {
        if worker.turn().await?.is_none() {
            return Ok(());
        }
    }
    Err(JournalError::NotAllowed("it takes turn after turn"))
}

/// Carries on until nothing is due any more, however much later.
pub async fn rest(worker: &Worker, journal: &dyn Journal, clock: &HandClock) -> Result<(), JournalError> {
    for _ in 0..ENOUGH {
        drain(worker).await?;
        match journal.next_due().await? {
            Some(due) => clock.put_to(due),
            None => return Ok(()),
        }
    }
    Err(JournalError::NotAllowed("it does not come to rest"))
}

/// Brings everything to its end, with the help of a person who goes by the gateway's books. Tells how often that
/// person was asked.
pub async fn conclude(
    worker: &Worker,
    journal: &dyn Journal,
    clock: &HandClock,
    world: &World,
) -> Result<u64, JournalError> {
    let mut asked = 0;
    for _ in 0..ENOUGH {
        rest(worker, journal, clock).await?;
        let waiting = journal.waiting_for_a_person(10_000).await?;
        let settled = settle_pending(world);
        if waiting.is_empty() && settled == 0 {
            return Ok(asked);
        }
        // copies that are still on their way: a person waits for them as well
        world.sandbox.deliver_late();
        for intent in waiting {
            let resolution = truth(journal, world, &intent).await?;
            journal.resolve(intent.id, resolution, "campaign", "the books say so").await?;
            asked += 1;
        }
    }
    Err(JournalError::NotAllowed("people are asked again and again"))
}

/// PGs that decide later do so now. Tells how many refunds that made.
fn settle_pending(world: &World) -> usize {
    let mut settled = 0;
    for gateway in pg_sandbox::Gateway::ALL {
        for ledger in world.sandbox.payments(gateway) {
            if !ledger.pending.is_empty() {
                settled += world.sandbox.settle(gateway, &ledger.id);
            }
        }
    }
    settled
}

/// What a person finds in the gateway's books.
async fn truth(
    journal: &dyn Journal,
    world: &World,
    intent: &IntentRecord,
) -> Result<Resolution, JournalError> {
    let attempts = journal.attempts_of(intent.id).await?;
    let books = world.sandbox.payment(at_sandbox(intent.payment.gateway), &intent.payment.payment_id);
    Ok(decision(intent, &attempts, books.as_ref()))
}

/// Cancel requests for a payment that the gateway read as a whole, and how many different ones.
pub fn requests(world: &World, kind: Kind, payment: &PaymentKey) -> (usize, usize) {
    let seen = world.sandbox.requests();
    let whole = seen.iter().filter(|seen| {
        seen.gateway == kind.sandbox()
            && seen.operation == pg_sandbox::Operation::Cancel
            && seen.complete
            && seen.payment.as_deref() == Some(payment.payment_id.as_str())
    });
    let prints: Vec<u64> = whole.map(|seen| seen.body_fingerprint).collect();
    let different: std::collections::BTreeSet<u64> = prints.iter().copied().collect();
    (prints.len(), different.len())
}
