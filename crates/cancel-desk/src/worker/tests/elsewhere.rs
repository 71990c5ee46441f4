//! Gateways that answer otherwise than they were asked: for another account, or to another request.

use super::*;

/// The fake gateway as one account leads to it.
#[derive(Debug)]
struct Leads {
    gateway: Arc<FakeGateway>,
    terms: &'static str,
    /// The number of every cancel in the history.
    number: Option<String>,
}

#[async_trait::async_trait]
impl CancelGateway for Leads {
    fn capabilities(&self) -> Capabilities {
        self.gateway.capabilities()
    }

    fn terms(&self) -> String {
        self.terms.to_owned()
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        self.gateway.cancel(order).await
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let mut state = self.gateway.look_up(payment).await?;
        for entry in state.history.iter_mut().flatten() {
            entry.cancel_id.clone_from(&self.number);
        }
        Ok(state)
    }

    fn history_tag(&self, order: &CancelOrder) -> Option<String> {
        self.gateway.history_tag(order)
    }
}

fn lead_to(scene: &mut Scene, terms: &'static str, number: Option<String>) {
    let gateway = Arc::new(Leads { gateway: scene.gateway.clone(), terms, number });
    scene.accounts = Arc::new(Accounts::new().with("shop", Account::new(gateway)).unwrap());
}

#[tokio::test]
async fn an_attempt_is_sent_again_only_as_it_was_made() {
    let mut scene = Scene::new(&[Behaviour::Lost]);
    lead_to(&mut scene, "gateway.example flat", None);
    let intent = scene.wish(3_000).await;
    scene.worker().turn().await.unwrap();
    lead_to(&mut scene, "gateway.example standard", None);
    scene.settle(&scene.worker()).await;
    let after = scene.state(&intent).await;
    assert_eq!(after.evidence.map(|evidence| evidence.why), Some(Why::OtherTerms));
    assert_eq!(scene.gateway.seen.lock().unwrap().len(), 1);
    // put back, it goes on
    lead_to(&mut scene, "gateway.example flat", None);
    scene.journal.resolve(intent.id, Resolution::LookAgain, "kim", "put back").await.unwrap();
    scene.settle(&scene.worker()).await;
    assert_eq!(scene.state(&intent).await.state, IntentState::Completed);
    assert_eq!(scene.gateway.balance(), 7_000);
    sound(&*scene.journal).await;
}

#[tokio::test]
async fn an_account_number_in_a_look_up_is_not_written_down() {
    let mut scene = Scene::new(&[Behaviour::AppliedAnswerLost]);
    lead_to(&mut scene, "", Some(format!("C-{}", account().expose_number())));
    let intent = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    let Some(Outcome::Completed { cancel_id, .. }) = scene.state(&intent).await.outcome else { panic!() };
    assert_eq!(cancel_id.as_deref(), Some("C-***"));
}

/// Knows a repeat by its amount, and answers it with the first one's answer.
#[derive(Debug)]
struct Replays(Arc<FakeGateway>);

#[async_trait::async_trait]
impl CancelGateway for Replays {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::IdenticalRequest, Evidence::Inferred, false)
    }

    async fn cancel(&self, order: &CancelOrder) -> Result<Cancelled, CancelError> {
        if self.0.balance() < 10_000 {
            return Ok(Cancelled::new(CancelState::Completed, order.amount(), ())
                .with_cancel_id(Some("C1".to_owned())));
        }
        Ok(self.0.cancel(order).await?.with_cancel_id(Some("C1".to_owned())))
    }

    async fn look_up(&self, payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let state = self.0.look_up(payment).await?;
        Ok(PaymentState::new(state.paid, state.cancelled, "paid")?)
    }
}

#[tokio::test]
async fn the_answer_to_another_cancel_completes_none() {
    let mut scene = Scene::new(&[]);
    let gateway = Arc::new(Replays(scene.gateway.clone()));
    scene.accounts = Arc::new(Accounts::new().with("shop", Account::new(gateway)).unwrap());
    let first = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    assert_eq!(scene.state(&first).await.state, IntentState::Completed);
    let second = submitted(&*scene.journal, wish("p", "again", 3_000)).await;
    scene.settle(&scene.worker()).await;
    let after = scene.state(&second).await;
    assert_eq!(after.state, IntentState::Manual, "{after:?}");
    assert_eq!(scene.gateway.balance(), 7_000);
}

#[tokio::test]
async fn an_answer_whose_first_number_is_not_known_may_be_anothers() {
    let mut scene = Scene::new(&[]);
    // refunded before by another program, the same amount: its number is not known here
    scene.gateway.applied.lock().unwrap().push(("elsewhere".to_owned(), 3_000));
    let gateway = Arc::new(Replays(scene.gateway.clone()));
    scene.accounts = Arc::new(Accounts::new().with("shop", Account::new(gateway)).unwrap());
    let intent = scene.wish(3_000).await;
    scene.settle(&scene.worker()).await;
    let after = scene.state(&intent).await;
    assert_eq!(after.state, IntentState::Manual, "{after:?}");
    assert_eq!(scene.gateway.balance(), 7_000);
}
