//! The production client, with a trap in it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract_tests::{Kind, World};
use pg_core::{
    CancelError, CancelGateway, CancelOrder, Cancelled, Capabilities, LedgerKnowledge, LookUpError,
    PaymentRef, PaymentState, Verdict,
};
use pg_sandbox::Operation;
use tokio::time::sleep;

use crate::trap::{Crash, Trap};

/// How often the server is asked what it has seen.
const GLANCE: Duration = Duration::from_micros(300);

/// A client whose process may die while it talks.
#[derive(Debug)]
pub struct Trapped {
    /// Where.
    pub kind: Kind,
    /// The client.
    pub client: Arc<dyn CancelGateway>,
    /// The sandbox it talks to.
    pub world: Arc<World>,
    /// Where it dies.
    pub trap: Arc<Trap>,
}

impl Trapped {
    /// Dies at `moment` as soon as `come` says that it has come.
    async fn dying<T>(&self, moment: Crash, come: impl Fn() -> bool, doing: impl Future<Output = T>) -> T {
        let death = async {
            while !come() {
                sleep(GLANCE).await;
            }
            self.trap.pass(moment).await;
        };
        tokio::select! {
            done = doing => {
                // it was over sooner than anybody could look
                if come() {
                    self.trap.pass(moment).await;
                }
                done
            }
            () = death => std::future::pending().await,
        }
    }
}

#[async_trait::async_trait]
impl CancelGateway for Trapped {
    fn capabilities(&self) -> Capabilities {
        self.client.capabilities()
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        let sandbox = &self.world.sandbox;
        let (gateway, cancel) = (self.kind.sandbox(), self.client.cancel(order));
        let outcome = if self.trap.waits_for(Crash::Writing) {
            let before = sandbox.connections(gateway);
            let seen = self.world.cancels_seen(self.kind);
            let come = || sandbox.connections(gateway) > before || self.world.cancels_seen(self.kind) > seen;
            self.dying(Crash::Writing, come, cancel).await
        } else if self.trap.waits_for(Crash::Waiting) {
            let of_ours = || sandbox.requests().iter().filter(|seen| is_whole(seen, gateway)).count();
            let before = of_ours();
            self.dying(Crash::Waiting, || of_ours() > before, cancel).await
        } else if self.trap.waits_for(Crash::Token) {
            let before = sandbox.token_requests();
            self.dying(Crash::Token, || sandbox.token_requests() > before, cancel).await
        } else {
            cancel.await
        };
        self.trap.answer();
        outcome
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let look = self.client.look_up(payment);
        if self.trap.waits_for(Crash::LookUp) {
            let seen = || self.world.sandbox.count(self.kind.sandbox(), Operation::LookUp);
            let before = seen();
            return self.dying(Crash::LookUp, || seen() > before, look).await;
        }
        look.await
    }

    async fn reconcile(&self, order: &CancelOrder, ledger: LedgerKnowledge) -> Result<Verdict, LookUpError> {
        self.client.reconcile(order, ledger).await
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        self.client.history_tag(order)
    }
}

fn is_whole(seen: &pg_sandbox::Seen, gateway: pg_sandbox::Gateway) -> bool {
    seen.gateway == gateway && seen.operation == Operation::Cancel && seen.complete
}
