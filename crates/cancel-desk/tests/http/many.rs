//! Many at once: nothing is refunded twice, and everybody is told the truth.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cancel_desk::desk::Desk;
use cancel_desk::http::serve;
use cancel_desk::journal::{SqliteJournal, SqliteOptions};
use pg_sandbox::{FaultKind, Operation};
use tokio::task::JoinSet;

use crate::client::{Answer, Call};
use crate::scene::{CHAIPORT, Scene, Setting, options};

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
    let options = options().patience(Duration::from_secs(3));
    let scene = Scene::with(Setting { options, ..Setting::default() }).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_journal_never_refund_more_than_was_paid() {
    let folder = std::env::temp_dir().join(format!("cancel-desk-two-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let open = || Arc::new(SqliteJournal::open(SqliteOptions::new(folder.join("journal.db"))).unwrap());
    let scene = Scene::with(Setting { journal: open(), workers: 2, ..Setting::default() }).await;
    let second = Desk::new(open(), Arc::clone(scene.desk.accounts()));
    let workers = second.start_workers(2).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = [scene.address, listener.local_addr().unwrap()];
    let server = tokio::spawn(serve(listener, second.clone(), options(), std::future::pending()));
    for round in 0..20 {
        let order = format!("ORD-{round}");
        let id = scene.card(&order).await;
        let mut asked = JoinSet::new();
        // together more than was paid, and each of them twice: once at each service
        for (nth, amount) in [6000, 7000, 6000, 7000].into_iter().enumerate() {
            let (call, address) =
                (Call::cancel(&order, &amount.to_string(), &format!("{order}-{amount}")), addresses[nth / 2]);
            asked.spawn(async move { (amount, call.send(address).await) });
        }
        let mut done = BTreeSet::new();
        for (amount, answer) in asked.join_all().await {
            if answer.status == 200 {
                done.insert(answer.state(200, "completed")["cancel"]["id"].to_string());
            } else {
                let problem = answer.refused(400, "exceeds_cancelable_amount");
                assert!(problem["cancelable_amount"].as_i64().unwrap() < amount);
            }
        }
        assert_eq!((done.len(), scene.refunds(&id).len()), (1, 1), "{order}");
    }
    assert!(second.journal().verify().await.unwrap().is_sound());
    server.abort();
    workers.stop(Duration::from_secs(5)).await;
    drop((scene, second));
    let _best_effort = std::fs::remove_dir_all(&folder).is_ok();
}
