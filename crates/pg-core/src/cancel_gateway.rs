//! The one face that all gateways share, for programs that drive several.

use std::fmt;

use crate::error::CancelError;
use crate::gateway::{CancelOrder, Capabilities, LedgerKnowledge, PaymentRef};
use crate::lookup::{LookUpError, PaymentState};
use crate::outcome::Cancelled;
use crate::reconcile::{OpenAttempt, Verdict, reconcile};

/// A gateway that cancels payments and tells about them. Object-safe: `Box<dyn CancelGateway>` works.
///
/// Whoever uses one gateway alone is better served by its client's own, typed methods.
#[async_trait::async_trait]
pub trait CancelGateway: Send + Sync + fmt::Debug {
    /// What this gateway can do, and how well that is known.
    fn capabilities(&self) -> Capabilities;

    /// What a sending depends on beside its order: the host, the merchant id, the form of the request. No key, no
    /// secret: those may be renewed. An order that was made [for these](CancelOrder::with_terms) is sent under no others.
    fn terms(&self) -> String {
        String::new()
    }

    /// Sends one cancel: at most one copy on the wire (Chaiport repeats once after a documented 401).
    ///
    /// The same order makes the same bytes, so sending an order again is sending the same attempt again.
    ///
    /// # Errors
    /// [`CancelError`]; `Unknown` means it may have happened.
    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError>;

    /// Reads the payment from the gateway's ledger. Moves nothing.
    ///
    /// # Errors
    /// [`LookUpError`].
    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError>;

    /// Looks the payment up and decides whether the order happened.
    ///
    /// # Errors
    /// [`LookUpError`] when the look-up told nothing; the outcome then stays unknown.
    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        order.check_terms(&self.terms())?;
        let state = self.look_up(order.payment()).await?;
        let capabilities = self.capabilities();
        let tag = capabilities.history.then(|| self.history_tag(order)).flatten();
        Ok(reconcile(
            &OpenAttempt {
                tag: tag.as_deref(),
                before: order.balance_before(),
                amount: order.amount(),
                guarded: capabilities.guard.is_guarded(),
                sole_actor: ledger.sole_actor,
                known_balance: ledger.known_balance,
            },
            &state,
        ))
    }

    /// The tag as this gateway keeps it in its history of cancels, if it does.
    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        let _unused = order;
        None
    }
}
