//! The rules that hold whatever happens, checked against the sandbox's books.

use pg_core::{CancelError, CancelGateway, CancelOrder, CancelState, Cancelled, Verdict};

use pg_sandbox::Actor;

use crate::report::Report;
use crate::world::{ALONE, Paid, World};

/// What came of one cancel, with how many requests the server had seen before it.
#[derive(Debug)]
pub struct Tried {
    /// The client's word.
    pub outcome: Result<Cancelled, CancelError>,
    /// Cancel requests seen because of it.
    pub seen: usize,
}

impl Tried {
    /// One word for the outcome; `completed` and `accepted` apart.
    pub fn label(&self) -> &'static str {
        match &self.outcome {
            Ok(cancelled) => cancelled.state().label(),
            Err(error) => error.label(),
        }
    }
}

/// Sends an order once and counts what the server saw of it.
pub async fn cancel(world: &World, gateway: &dyn CancelGateway, paid: &Paid, order: &CancelOrder) -> Tried {
    let before = world.cancels_seen(paid.kind);
    let outcome = gateway.cancel(order).await;
    Tried { outcome, seen: world.cancels_seen(paid.kind) - before }
}

/// Holds one outcome against the books. `expected_copies` is how many the client may put on the wire: 1, or 2 after
/// a 401 at Chaiport.
pub fn check(
    report: &mut Report,
    what: &str,
    world: &World,
    paid: &Paid,
    order: &CancelOrder,
    tried: &Tried,
    copies: usize,
) {
    report.count(tried.label());
    report.seen += tried.seen as u64;
    let ledger = world.ledger(paid);
    let amount = order.amount().minor();
    let ours: Vec<_> = ledger
        .entries
        .iter()
        .chain(&ledger.pending)
        .filter(|entry| entry.before == order.balance_before().minor())
        .collect();
    if let Some(other) = ours.iter().find(|entry| entry.by != Actor::Console && entry.amount != amount) {
        report.violate(format!("{what}: {amount} asked, but the books have {}", other.amount));
    }
    let ours = ours.len();
    if tried.seen > copies {
        report.violate(format!("{what}: the server saw {} copies of one cancel", tried.seen));
    }
    if ledger.balance < 0 {
        report.violate(format!("{what}: more refunded than was paid"));
    }
    match &tried.outcome {
        Ok(done) => {
            if done.amount() != order.amount() {
                report.violate(format!("{what}: said done with another amount"));
            }
            if ours != 1 || !ledger.entries.iter().chain(&ledger.pending).any(|entry| entry.amount == amount)
            {
                report.violate(format!(
                    "{what}: said {}, but the books have {ours} entries",
                    done.state().label()
                ));
            }
            if done.state() == CancelState::Completed && ledger.pending.len() > ledger.entries.len() {
                report.violate(format!("{what}: said completed of what is only accepted"));
            }
        }
        Err(CancelError::NotSent(_) | CancelError::Invalid(_)) => {
            if tried.seen != 0 {
                report.violate(format!("{what}: said not sent, but the server saw {} requests", tried.seen));
            }
        }
        Err(CancelError::Rejected(_)) => {
            if ours != 0 {
                report.violate(format!("{what}: said rejected, but the books have it"));
            }
        }
        Err(CancelError::Unknown(_)) => {}
    }
}

/// Faults off: finds out what became of an order, sends the same one again where the ledger says "not yet", and
/// checks that in the end it stands in the books exactly once.
pub async fn converge(
    report: &mut Report,
    what: &str,
    world: &World,
    gateway: &dyn CancelGateway,
    paid: &Paid,
    order: &CancelOrder,
) {
    world.disarm(paid.kind).await;
    let in_books = || {
        let ledger = world.ledger(paid);
        ledger
            .entries
            .iter()
            .chain(&ledger.pending)
            .filter(|e| e.before == order.balance_before().minor())
            .count()
    };
    // a look-up may meet a connection that the fault has just closed
    let mut verdict = gateway.reconcile(order, ALONE).await;
    if verdict.is_err() {
        verdict = gateway.reconcile(order, ALONE).await;
    }
    match verdict {
        Ok(Verdict::Applied { .. }) => {
            if in_books() != 1 {
                report.violate(format!("{what}: reconciled to applied, but the books have {}", in_books()));
            }
            return;
        }
        Ok(Verdict::NotYet) => {}
        Ok(Verdict::Superseded) => {
            report.violate(format!("{what}: reconciled to superseded, though nobody else was there"));
            return;
        }
        Ok(Verdict::Unclear(doubt)) => {
            report.violate(format!(
                "{what}: reconciliation is unclear ({doubt:?}), though nobody else was there"
            ));
            return;
        }
        Err(error) => {
            report.violate(format!("{what}: the look-up failed without any fault: {error}"));
            return;
        }
    }
    let again = cancel(world, gateway, paid, order).await;
    if let Err(error) = &again.outcome
        && !error.may_have_happened()
    {
        // on a repeat, "not sent" is fine; a refusal would be a lie about the earlier copy
        if error.label() != "not_sent" {
            report.violate(format!("{what}: the same attempt was {} on its repeat", error.label()));
        }
    }
    world.sandbox.deliver_late();
    if in_books() != 1 {
        report.violate(format!(
            "{what}: after repeating the same attempt the books have it {} times",
            in_books()
        ));
    }
}
