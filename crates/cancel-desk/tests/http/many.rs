//! Many at once: nothing is refunded twice, and everybody is told the truth.

use std::collections::BTreeSet;

use pg_sandbox::{FaultKind, Operation};
use tokio::task::JoinSet;

use crate::client::{Answer, Call};
use crate::scene::{CHAIPORT, Scene};

async fn at_once(scene: &Scene, calls: impl IntoIterator<Item = Call>) -> Vec<(Call, Answer)> {
    let address = scene.address;
    let mut running = JoinSet::new();
    for call in calls {
        running.spawn(async move {
            let answer = call.send(address).await;
            (call, answer)
        });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_copies_of_one_request_are_one_refund() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    // the first copy at the gateway loses its answer as well
    scene.fault(FaultKind::CloseWithoutAnswer, true);
    let answers = at_once(&scene, (0..50).map(|_| Call::cancel("ORD-1", "3000", "double-click"))).await;
    let mut ids = BTreeSet::new();
    for (_, answer) in &answers {
        ids.insert(answer.state(200, "completed")["cancel"]["id"].to_string());
    }
    assert_eq!((answers.len(), ids.len()), (50, 1));
    assert_eq!(scene.refunds(&id), [3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_wishes_that_exceed_the_payment_never_refund_more_than_was_paid() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    for nth in 0..5 {
        let kind = if nth % 2 == 0 { FaultKind::CloseWithoutAnswer } else { FaultKind::Reset };
        scene.sandbox.fault(
            pg_sandbox::Fault::on(CHAIPORT, Operation::Cancel).nth(nth * 2).kind(kind).apply(nth % 2 == 0),
        );
    }
    let calls = (0..50).map(|nth| Call::cancel("ORD-1", &(300 + nth).to_string(), &format!("wish-{nth}")));
    let answers = at_once(&scene, calls).await;
    let ledger = scene.ledger(&id);
    let (mut refunded, mut open) = (0, 0);
    for (_, answer) in &answers {
        let body = answer.json();
        match answer.status {
            200 => refunded += body["cancel"]["amount"].as_i64().unwrap(),
            202 => open += body["cancel"]["amount"].as_i64().unwrap(),
            _ => {
                answer.refused(400, "exceeds_cancelable_amount");
            }
        }
    }
    assert!(
        refunded <= ledger.refunded() && ledger.refunded() <= refunded + open,
        "{refunded} {open} {ledger:?}"
    );
    assert!(refunded + open <= 10_000);
    let tags: BTreeSet<_> = ledger.entries.iter().map(|entry| entry.tag.clone()).collect();
    assert_eq!(tags.len(), ledger.entries.len(), "no attempt is applied twice");
    assert!(scene.desk.journal().verify().await.unwrap().is_sound());
}
