//! What a person calls happened, against the gateway's books.

use pg_core::{Guard, LookUpError};

use super::*;
use crate::record::Why;

/// A gateway that wants the next number and tells a sum only: what is paid and refunded; `None`: it does not answer.
#[derive(Debug, Default)]
struct Sums(Mutex<Option<(i64, i64)>>);

#[async_trait::async_trait]
impl CancelGateway for Sums {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Gateway::Chaiport, Guard::Sequence, Evidence::Documented, false)
    }

    async fn cancel(&self, _order: &CancelOrder) -> Result<Cancelled, CancelError> {
        panic!("nothing is sent")
    }

    async fn look_up(&self, _payment: &PaymentRef) -> Result<PaymentState, LookUpError> {
        let told = *self.0.lock().unwrap();
        // whoever asks meanwhile is told the same
        tokio::task::yield_now().await;
        let (paid, refunded) = told.ok_or_else(|| LookUpError::new(LookUpErrorKind::Unavailable))?;
        Ok(PaymentState::new(won(paid), won(refunded), "paid")?)
    }
}

struct Scene {
    desk: Desk,
    books: Arc<Sums>,
}

impl Scene {
    /// Somebody refunded so much of 10,000.
    async fn new(refunded: i64) -> Self {
        let books = Arc::new(Sums::default());
        let journal = MemoryJournal::new(Arc::new(SystemClock), Vault::without_key());
        let accounts = Accounts::new().with("shop", Account::new(books.clone())).unwrap();
        let desk = Desk::new(Arc::new(journal), Arc::new(accounts));
        desk.register(paid("imp_1", "ORD-1")).await.unwrap();
        let scene = Self { desk, books };
        scene.show(refunded);
        scene
    }

    fn show(&self, refunded: i64) {
        *self.books.0.lock().unwrap() = Some((10_000, refunded));
    }

    async fn turn(&self) {
        let worker = Worker::new(Arc::clone(self.desk.journal()), Arc::clone(self.desk.accounts()));
        worker.unwrap().turn().await.unwrap().unwrap();
    }

    /// What can only be made by hand.
    async fn handed_over(&self, key: &str, amount: &str) -> IntentId {
        let id = self.desk.cancel(wish("ORD-1", key, amount)).await.unwrap().intent().id;
        self.turn().await;
        let intent = self.desk.intent(id).await.unwrap();
        assert_eq!(intent.evidence.unwrap().why, Why::NextNumberUnknown);
        id
    }

    async fn happened(&self, id: IntentId, by_hand: ByHand) -> Result<IntentState, &'static str> {
        let decided = self.desk.resolve(id, Resolution::Happened, "kim", "admin page", by_hand).await;
        decided.map(|intent| intent.state).map_err(|error| error.code())
    }

    async fn denied(&self, id: IntentId, by_hand: ByHand) -> Result<IntentState, &'static str> {
        let decided = self.desk.resolve(id, Resolution::DidNotHappen, "kim", "not there", by_hand).await;
        decided.map(|intent| intent.state).map_err(|error| error.code())
    }

    /// Refunded by us and by others, and what is left.
    async fn sums(&self) -> (i64, i64, i64) {
        let payment = self.desk.find(&Selector::order("ORD-1")).await.unwrap();
        assert!(self.desk.journal().verify().await.unwrap().is_sound());
        assert_eq!(payment.available().min(payment.known_balance), payment.available());
        (payment.refunded, payment.foreign_refunded, payment.known_balance)
    }
}

#[tokio::test]
async fn a_refund_made_by_hand_is_counted_once_whenever_it_was_seen() {
    // made since it was handed over, and looked up by nobody
    let scene = Scene::new(4_000).await;
    let id = scene.handed_over("k", "3000").await;
    scene.show(7_000);
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (3_000, 4_000, 3_000));

    // the look-up for another one saw it before
    let scene = Scene::new(4_000).await;
    let id = scene.handed_over("k", "3000").await;
    scene.show(7_000);
    let other = scene.handed_over("l", "1000").await;
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (3_000, 4_000, 3_000));
    scene.desk.resolve(other, Resolution::DidNotHappen, "kim", "no", ByHand::Nothing).await.unwrap();
    assert_eq!(scene.sums().await, (3_000, 4_000, 3_000));

    // it was there before the desk was asked for it
    let scene = Scene::new(5_000).await;
    let id = scene.handed_over("k", "5000").await;
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (5_000, 0, 5_000));
    // the rest can be asked for, and nobody knows its number
    scene.handed_over("rest", "5000").await;
}

#[tokio::test]
async fn what_the_books_have_no_room_for_is_not_called_happened() {
    let scene = Scene::new(700).await;
    let id = scene.handed_over("k", "3000").await;
    for by_hand in [ByHand::Nothing, ByHand::Sums] {
        assert_eq!(scene.happened(id, by_hand).await, Err("not_in_ledger"));
    }
    *scene.books.0.lock().unwrap() = Some((9_000, 3_700));
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Err("not_allowed"), "another payment's books");
    *scene.books.0.lock().unwrap() = None;
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Err("look_up_failed"));
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
    // who knows better says so: not seen yet, it lowers what is left
    assert_eq!(scene.happened(id, ByHand::Everything).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (3_000, 700, 6_300));
}

/// One refund is not two wishes.
#[tokio::test]
async fn what_is_counted_for_one_cancel_is_no_room_for_another() {
    let scene = Scene::new(3_000).await;
    let (first, second) = (scene.handed_over("k", "3000").await, scene.handed_over("l", "2000").await);
    assert_eq!(scene.happened(first, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.happened(second, ByHand::Nothing).await, Err("not_in_ledger"));
    scene.show(5_000);
    assert_eq!(scene.happened(second, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (5_000, 0, 5_000));
}

/// Made by hand, and called not happened: asked for anew, it would be refunded twice. Looked at again, no less.
#[tokio::test]
async fn what_may_have_been_made_by_hand_is_not_called_not_happened() {
    for looked_again in [false, true] {
        let scene = Scene::new(500).await;
        let id = scene.handed_over("k", "3000").await;
        scene.show(3_500);
        if looked_again {
            let look = scene.desk.resolve(id, Resolution::LookAgain, "kim", "is it?", ByHand::Nothing).await;
            look.unwrap();
            let taken_back = scene.desk.withdraw(id, "kim", "not wanted").await.unwrap_err();
            assert!(taken_back.to_string().contains("may have been made"), "{taken_back}");
            scene.turn().await;
        }
        for by_hand in [ByHand::Nothing, ByHand::Sums] {
            assert_eq!(scene.denied(id, by_hand).await, Err("may_have_happened"), "{looked_again}");
        }
        let told = scene.books.0.lock().unwrap().take();
        assert_eq!(scene.denied(id, ByHand::Nothing).await, Err("look_up_failed"));
        *scene.books.0.lock().unwrap() = told;
        // accounted for by another one, it cannot be this one
        let other = scene.handed_over("l", "3000").await;
        assert_eq!(scene.happened(other, ByHand::Nothing).await, Ok(IntentState::Completed));
        assert_eq!(scene.denied(id, ByHand::Nothing).await, Ok(IntentState::Rejected));
        assert_eq!(scene.sums().await, (3_000, 500, 6_500));
    }
    // less is gone since than it refunds
    let scene = Scene::new(5_000).await;
    let id = scene.handed_over("k", "3000").await;
    scene.show(7_999);
    assert_eq!(scene.denied(id, ByHand::Nothing).await, Ok(IntentState::Rejected));
    // who knows better says so
    let id = scene.handed_over("l", "2000").await;
    scene.show(9_999);
    assert_eq!(scene.denied(id, ByHand::Everything).await, Ok(IntentState::Rejected));
}

/// Two people decide at once, each by books with room for one.
#[tokio::test]
async fn one_refund_is_not_counted_for_two_cancels_that_are_decided_at_once() {
    let scene = Scene::new(500).await;
    let (first, second) = (scene.handed_over("k", "3000").await, scene.handed_over("l", "3000").await);
    scene.show(3_500);
    let told = tokio::join!(scene.happened(first, ByHand::Nothing), scene.happened(second, ByHand::Nothing),);
    assert_eq!(told, (Ok(IntentState::Completed), Err("not_allowed")));
    assert_eq!(scene.sums().await, (3_000, 500, 6_500));
    assert_eq!(scene.happened(second, ByHand::Nothing).await, Err("not_in_ledger"));
    scene.show(6_500);
    assert_eq!(scene.happened(second, ByHand::Nothing).await, Ok(IntentState::Completed));
}

/// Made by hand, it took the rest: looked at again, it is not called refused for want of balance.
#[tokio::test]
async fn what_was_made_by_hand_is_not_rejected_when_it_is_looked_at_again() {
    let scene = Scene::new(5_000).await;
    let id = scene.handed_over("k", "5000").await;
    scene.show(10_000);
    scene.desk.resolve(id, Resolution::LookAgain, "kim", "is it seen?", ByHand::Nothing).await.unwrap();
    let shown = scene.desk.show_cancel(&scene.desk.intent(id).await.unwrap()).await.unwrap();
    assert!(shown.evidence.is_none(), "it does not wait for a person");
    scene.turn().await;
    assert_eq!(scene.desk.intent(id).await.unwrap().state, IntentState::Manual);
    assert_eq!(scene.happened(id, ByHand::Nothing).await, Ok(IntentState::Completed));
    assert_eq!(scene.sums().await, (5_000, 5_000, 0));
}
