//! The journal against the gateways' books.

use std::collections::BTreeMap;

use pg_core::Gateway;
use pg_sandbox::{Operation, Sandbox};
use serde::Serialize;

use crate::bulk::{Report, RowState};
use crate::journal::Journal;
use crate::record::{AttemptId, IntentId, IntentRecord, IntentState, PaymentKey};

use super::super::exit::Failure;
use super::broken;

/// What the comparison found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Books {
    pub(super) cancels_seen: usize,
    pub(super) faults_played: usize,
    /// Refunds in the books.
    pub(super) refunds: usize,
    /// Refunds that are in the books a second time, and payments of which more is refunded than was paid.
    pub(super) refunded_twice: usize,
    /// Approved rows that came to nothing: neither refunded, nor refused, nor still followed up.
    pub(super) lost: usize,
    /// Whatever else is not in the books as it is in the journal.
    pub(super) differences: usize,
    pub(super) events: u64,
    pub(super) journal_faults: usize,
}

const fn at_sandbox(gateway: Gateway) -> pg_sandbox::Gateway {
    match gateway {
        Gateway::Chaiport => pg_sandbox::Gateway::Chaiport,
        Gateway::Eximbay => pg_sandbox::Gateway::Eximbay,
        _ => pg_sandbox::Gateway::Settlebank,
    }
}

impl Books {
    pub(super) async fn compare(
        journal: &dyn Journal,
        sandbox: &Sandbox,
        report: &Report,
    ) -> Result<Self, Failure> {
        let seen = sandbox.requests();
        let mut books = Self {
            cancels_seen: seen.iter().filter(|seen| seen.operation == Operation::Cancel).count(),
            faults_played: seen.iter().filter(|seen| seen.fault.is_some()).count(),
            ..Self::default()
        };
        for row in &report.rows {
            let lost = matches!(RowState::of(row), RowState::NotStarted | RowState::LeftOut);
            books.lost = books.lost.saturating_add(usize::from(lost));
        }
        let mut after: Option<PaymentKey> = None;
        loop {
            let payments = journal.payments(after.as_ref(), 1_000).await.map_err(broken)?;
            let Some(last) = payments.last() else { break };
            after = Some(last.key());
            for payment in &payments {
                books.payment(journal, sandbox, &payment.key(), payment.refunded).await?;
            }
        }
        let found = journal.verify().await.map_err(broken)?;
        books.events = found.events;
        books.journal_faults = found.faults.len();
        Ok(books)
    }

    async fn payment(
        &mut self,
        journal: &dyn Journal,
        sandbox: &Sandbox,
        key: &PaymentKey,
        refunded: i64,
    ) -> Result<(), Failure> {
        let ledger = sandbox.payment(at_sandbox(key.gateway), &key.payment_id);
        let ledger = ledger.ok_or_else(|| broken("a payment is not in the books"))?;
        let intents = journal.intents_of(key).await.map_err(broken)?;
        let mut attempts = BTreeMap::new();
        for intent in &intents {
            for attempt in journal.attempts_of(intent.id).await.map_err(broken)? {
                attempts.insert(attempt.id, intent.id);
            }
        }
        let mut of: BTreeMap<Option<IntentId>, Vec<i64>> = BTreeMap::new();
        for entry in ledger.entries.iter().chain(&ledger.pending) {
            self.refunds = self.refunds.saturating_add(1);
            of.entry(intent_of_tag(&entry.tag, &attempts)).or_default().push(entry.amount);
        }
        let strays = of.remove(&None).map_or(0, |strays| strays.len());
        self.refunded_twice = self.refunded_twice.saturating_add(usize::from(ledger.balance < 0));
        self.differences = self.differences.saturating_add(strays);
        for intent in &intents {
            self.intent(intent, of.get(&Some(intent.id)).map_or(&[], Vec::as_slice));
        }
        let open = intents.iter().any(|intent| !intent.state.is_final());
        let differs = !open && ledger.refunded() != refunded;
        self.differences = self.differences.saturating_add(usize::from(differs));
        Ok(())
    }

    fn intent(&mut self, intent: &IntentRecord, refunds: &[i64]) {
        self.refunded_twice = self.refunded_twice.saturating_add(refunds.len().saturating_sub(1));
        let right = match intent.state {
            IntentState::Completed => refunds.first() == Some(&intent.amount.minor()),
            IntentState::Rejected | IntentState::Withdrawn => refunds.is_empty(),
            // whatever is not decided yet claims nothing
            _ => true,
        };
        self.differences = self.differences.saturating_add(usize::from(!right));
    }

    /// Whether everything is as it must be.
    pub(super) const fn agree(&self) -> bool {
        self.refunded_twice == 0 && self.lost == 0 && self.differences == 0 && self.journal_faults == 0
    }
}

/// Whose refund an entry is: every attempt carries a tag of its own into the books.
fn intent_of_tag(text: &str, attempts: &BTreeMap<AttemptId, IntentId>) -> Option<IntentId> {
    let carries = |id: &AttemptId| id.tag().is_ok_and(|tag| text.contains(tag.as_str()));
    attempts.iter().find(|(id, _)| carries(id)).map(|(_, intent)| *intent)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[tokio::test]
    async fn a_refund_that_the_journal_does_not_know_is_a_difference() {
        let scene = Scene::start(30, 1).await.unwrap();
        let payments = scene.journal.payments(None, 100).await.unwrap();
        assert_eq!(payments.len(), 30);
        let mut books = Books::default();
        for payment in &payments {
            books.payment(&*scene.journal, &scene.sandbox, &payment.key(), 0).await.unwrap();
        }
        assert!(books.agree() && books.refunds == 0, "{books:?}");

        let key = payments[7].key();
        scene.sandbox.console_refund(at_sandbox(key.gateway), &key.payment_id, 1_000).unwrap();
        books.payment(&*scene.journal, &scene.sandbox, &key, 0).await.unwrap();
        assert!(!books.agree() && books.differences == 2, "{books:?}");
    }

    #[test]
    fn a_refund_is_known_by_its_tag() {
        let (id, no) = (AttemptId::from_bits(5), IntentId::from_bits(7));
        let attempts = BTreeMap::from([(id, no)]);
        let of = |tag: &str| intent_of_tag(tag, &attempts);
        assert_eq!(of(&format!("[c:{}] 변심", id.tag().unwrap())), Some(no));
        assert_eq!(of("console"), None);
    }
}
