//! A gateway client around which its own process stops or dies, just before a cancel leaves or just after.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cancel_desk::pg_core::{
    AttemptTag, CancelError, CancelGateway, CancelOrder, CancelState, Cancelled, Capabilities, Gateway,
    Invalid, LedgerKnowledge, LookUpError, PaymentRef, PaymentState, Verdict,
};
use rustix::process::{Signal, getpid, kill_process};
use tokio::time::sleep;

use crate::rng::Rng;
use crate::setting::{Broken, Log};

#[derive(Debug)]
pub(crate) struct Shaken {
    pub(crate) client: Arc<dyn CancelGateway>,
    pub(crate) rng: Arc<Mutex<Rng>>,
    pub(crate) log: Arc<Log>,
    pub(crate) broken: Option<Broken>,
}

impl Shaken {
    fn draw<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap())
    }

    /// Dies here, stops here, or takes its time.
    async fn point(&self) {
        if self.draw(|rng| rng.chance(15)) {
            self.log.line(&["died"]);
            kill_process(getpid(), Signal::KILL).unwrap();
        }
        if self.draw(|rng| rng.chance(25)) {
            self.log.line(&["stopped"]);
            kill_process(getpid(), Signal::STOP).unwrap();
        }
        sleep(Duration::from_millis(self.draw(|rng| rng.below(12)))).await;
    }

    /// A design that the protocol forbids: the guard is made to fit.
    async fn send_again(&self, order: &CancelOrder) {
        let Ok(state) = self.client.look_up(order.payment()).await else { return };
        let tag = match order.payment().gateway {
            Gateway::Chaiport => order.tag().clone(),
            // the others would refuse a number that was used
            _ => AttemptTag::random().unwrap(),
        };
        let payment = order.payment().clone();
        let (balance, next) = (state.balance, order.sequence() + 1);
        if let Ok(again) = CancelOrder::new(payment, order.amount(), balance, tag, next, order.at()) {
            drop(self.client.cancel(&again).await);
        }
    }
}

#[async_trait::async_trait]
impl CancelGateway for Shaken {
    fn capabilities(&self) -> Capabilities {
        self.client.capabilities()
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        self.point().await;
        let outcome = self.client.cancel(order).await;
        self.point().await;
        match (self.broken, outcome) {
            (Some(Broken::SendsTwice), outcome) => {
                self.send_again(order).await;
                outcome
            }
            (Some(Broken::BelievesInSuccess), Err(CancelError::Unknown(_))) => {
                Ok(Cancelled::new(CancelState::Completed, order.amount(), ()))
            }
            (Some(Broken::BelievesInRefusal), Err(CancelError::Unknown(_))) => {
                Err(CancelError::Invalid(Invalid::new("amount", "was refused, or so it believes")))
            }
            (_, outcome) => outcome,
        }
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        self.client.look_up(payment).await
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        self.client.reconcile(order, ledger).await
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        self.client.history_tag(order)
    }
}
