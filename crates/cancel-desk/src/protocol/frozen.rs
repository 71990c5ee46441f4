//! An attempt's request as it is stored, and back.

use pg_core::{CancelOrder, Invalid, Money, RefundAccount};
use sha2::{Digest, Sha256};

use crate::record::{AttemptId, AttemptRecord};

use super::{AttemptPlan, NewAttempt, Snapshot};

/// What belongs to an order and does not stand in the snapshot.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The account to refund into. It is not frozen, only that there is one: without it the order cannot be sent.
    pub account: Option<RefundAccount>,
    /// The amounts of the payment's earlier cancels, as far as the journal has them. Left out where they are not all.
    pub earlier: Vec<Money>,
    /// The [terms](pg_core::CancelGateway::terms) of the account that sends it; empty for none.
    pub terms: String,
}

impl AttemptPlan {
    /// Makes the order and freezes it.
    ///
    /// # Errors
    /// [`Invalid`] as of [`AttemptPlan::order`].
    pub fn freeze(&self, snapshot: &Snapshot, id: AttemptId, extras: Extras) -> Result<NewAttempt, Invalid> {
        let order = self.order(snapshot, id.tag()?)?;
        // they are all of them when they add up to what is gone
        let order = order.clone().with_earlier_cancels(extras.earlier).unwrap_or(order);
        let order = with_account(order, extras.account);
        let order = if extras.terms.is_empty() { order } else { order.with_terms(extras.terms) };
        let frozen = serde_json::to_string(&order)
            .map_err(|_| Invalid::new("order", "must be possible to store as json"))?;
        let digest = Sha256::digest(frozen.as_bytes()).into();
        Ok(NewAttempt { id, plan: self.clone(), frozen, digest })
    }
}

impl AttemptRecord {
    /// The order to be sent: the very one that was frozen, with the refund account added again.
    ///
    /// `first` says that no sending so far can have reached the gateway, so that a refusal may be believed; any
    /// other order counts as possibly sent. What the gateway took before counts as taken.
    ///
    /// # Errors
    /// [`Invalid`] when what is stored is not what was frozen, or the order lacks the account it was made with.
    pub fn order(&self, account: Option<RefundAccount>, first: bool) -> Result<CancelOrder, Invalid> {
        let thawed = with_account(self.thaw()?, account);
        thawed.check_complete()?;
        let order = if first { as_if_new(&thawed)? } else { thawed };
        if self.taken {
            order.sends().mark_taken();
        }
        Ok(order)
    }

    /// The order to look for in the ledger: without the refund account, which no look-up needs. Never to be sent.
    ///
    /// # Errors
    /// [`Invalid`] when what is stored is not what was frozen.
    pub fn order_to_look_for(&self) -> Result<CancelOrder, Invalid> {
        // made anew it asks for no account; each gateway's look-up takes it as it is
        let order = as_if_new(&self.thaw()?)?;
        order.sends().mark_possibly_sent();
        if self.taken {
            order.sends().mark_taken();
        }
        Ok(order)
    }

    fn thaw(&self) -> Result<CancelOrder, Invalid> {
        let changed = || Invalid::new("attempt", "must be stored as it was frozen");
        let digest: [u8; 32] = Sha256::digest(self.frozen.as_bytes()).into();
        if digest != self.digest {
            return Err(changed());
        }
        // reading it back makes all the checks of a new order, and counts it as possibly sent
        let thawed: CancelOrder = serde_json::from_str(&self.frozen).map_err(|_| changed())?;
        if thawed.amount() != self.amount || thawed.balance_before() != self.balance_before {
            return Err(changed());
        }
        Ok(thawed)
    }
}

fn with_account(order: CancelOrder, account: Option<RefundAccount>) -> CancelOrder {
    match account {
        Some(account) => order.with_refund_account(account),
        None => order,
    }
}

/// The same order, counted as never sent.
fn as_if_new(order: &CancelOrder) -> Result<CancelOrder, Invalid> {
    let mut new = CancelOrder::new(
        order.payment().clone(),
        order.amount(),
        order.balance_before(),
        order.tag().clone(),
        order.sequence(),
        order.at(),
    )?;
    if let Some(earlier) = order.earlier_cancels() {
        new = new.with_earlier_cancels(earlier.to_vec())?;
    }
    if let Some(reason) = order.reason() {
        new = new.with_reason(reason);
    }
    if let Some(terms) = order.terms() {
        new = new.with_terms(terms);
    }
    Ok(with_account(new, order.refund_account().cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::{account, claimed, payment, submitted, wish, won};
    use crate::journal::{Journal, MemoryJournal};
    use crate::record::Timestamp;

    async fn attempt(extras: Extras) -> AttemptRecord {
        let journal = MemoryJournal::default();
        journal.register_payment(payment("p")).await.unwrap();
        submitted(&journal, wish("p", "k", 3_000).with_reason("변심")).await;
        let claim = claimed(&journal, "w").await;
        let intent = claim.snapshot.intent.id;
        let plan = AttemptPlan { intent, balance_before: 9_000, sequence: 2, at: Timestamp(0) };
        let new = plan.freeze(&claim.snapshot, AttemptId::from_bits(7), extras).unwrap();
        journal.open_attempt(&claim.lease, &new).await.unwrap().attempt.unwrap()
    }

    #[tokio::test]
    async fn first_or_not_the_order_is_the_same() {
        let earlier = vec![won(1_000)];
        let attempt =
            attempt(Extras { account: Some(account()), earlier: earlier.clone(), terms: "here".to_owned() })
                .await;
        assert!(!attempt.frozen.contains(account().expose_number()));
        for first in [true, false] {
            let order = attempt.order(Some(account()), first).unwrap();
            assert_eq!(serde_json::to_string(&order).unwrap(), attempt.frozen);
            assert_eq!(order.earlier_cancels(), Some(earlier.as_slice()));
            assert_eq!(order.terms(), Some("here"));
            assert!(order.refund_account().is_some());
            assert_eq!(order.sends().may_have_been_sent(), !first);
            // never without its account
            assert_eq!(attempt.order(None, first).unwrap_err().field(), "refund_account");
        }
    }

    #[tokio::test]
    async fn earlier_cancels_that_are_not_all_are_left_out() {
        for earlier in [vec![], vec![won(400)]] {
            let attempt = attempt(Extras { earlier, ..Extras::default() }).await;
            assert_eq!(attempt.order(None, true).unwrap().earlier_cancels(), None);
        }
    }

    #[tokio::test]
    async fn what_was_taken_and_what_was_changed_is_known() {
        let mut attempt = attempt(Extras::default()).await;
        assert!(!attempt.order(None, true).unwrap().sends().was_taken());
        attempt.taken = true;
        assert!(attempt.order(None, false).unwrap().sends().was_taken());
        attempt.amount = won(2_999);
        assert_eq!(attempt.order(None, false).unwrap_err().field(), "attempt");
        attempt.frozen.push(' ');
        assert_eq!(attempt.order(None, false).unwrap_err().field(), "attempt");
    }
}
