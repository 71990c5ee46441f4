//! Webhooks: hints that make a look-up due, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use cancel_desk::pg_core::Gateway as DeskGateway;
use cancel_desk::record::PaymentKey;
use cancel_desk::worker::Worker;
use pg_sandbox::{FaultKind, Gateway, NewPayment, NotiCharset, NotiKind, Operation};

use crate::client::Call;
use crate::scene::{CHAIPORT, Scene, Setting, dashed, options};

fn webhook(body: &str) -> Call {
    Call::post("/webhooks/chaiport", body).without("authorization")
}

/// A scene without workers, and one worker that takes a turn when it is told to.
async fn by_hand() -> (Scene, Worker) {
    let options = options().patience(Duration::from_millis(20));
    let scene = Scene::with(Setting { workers: 0, options, ..Setting::default() }).await;
    let worker = Worker::new(Arc::clone(scene.desk.journal()), Arc::clone(scene.desk.accounts())).unwrap();
    (scene, worker)
}

/// Whether the payment's cancel is due now.
async fn is_due(scene: &Scene, key: &PaymentKey) -> bool {
    let journal = scene.desk.journal();
    let due = journal.payment(key).await.unwrap().unwrap().due_at.expect("an open cancel");
    due <= journal.now().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn chaiports_webhook_makes_an_open_cancel_due() {
    let (scene, worker) = by_hand().await;
    let id = scene.card("ORD-1").await;
    let key = PaymentKey::new(DeskGateway::Chaiport, "shop", id.as_str());
    let json = format!(r#"{{"imp_uid":"{id}","merchant_uid":"ORD-1","status":"cancelled"}}"#);
    // nothing is open: nothing happens
    assert_eq!(scene.send(webhook(&json)).await.text(), "OK");
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(202, "planned");
    scene.fault(FaultKind::CloseWithoutAnswer, true);
    worker.turn().await.unwrap().expect("a turn");
    assert!(!is_due(&scene, &key).await, "the first look-up comes in two seconds");
    // the first hint began a pause: the next is passed on at its end, so this needs a service of its own
    let other =
        Scene::with(Setting { journal: Arc::clone(scene.desk.journal()), workers: 0, ..Setting::default() });
    let other = other.await;
    let form = format!("imp_uid={id}&merchant_uid=ORD-1&status=cancelled");
    let form =
        webhook(&form).without("content-type").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(other.send(form).await.text(), "OK");
    assert!(is_due(&scene, &key).await);
    worker.turn().await.unwrap().expect("a turn");
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(200, "completed");
    assert_eq!(scene.refunds(&id), [3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_proves_nothing_and_tells_nothing() {
    let (scene, worker) = by_hand().await;
    let id = scene.card("ORD-1").await;
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(202, "planned");
    scene.fault(FaultKind::CloseWithoutAnswer, false);
    worker.turn().await.unwrap().expect("a turn");
    let forged =
        format!(r#"{{"imp_uid":"{id}","merchant_uid":"ORD-1","status":"cancelled","cancel_amount":3000}}"#);
    let known = scene.send(webhook(&forged)).await;
    let unknown = scene.send(webhook(r#"{"imp_uid":"imp_404","merchant_uid":"x","status":"paid"}"#)).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    worker.turn().await.unwrap().expect("a turn");
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(202, "open");
    for bad in ["", "{}", "imp_uid=..%2F", "{\"imp_uid\":\"imp_1\"", "imp_uid=imp_1&imp_uid=imp_2"] {
        scene.send(webhook(bad)).await.refused(400, "invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_webhooks_is_no_flood_of_look_ups() {
    let patience = options().patience(Duration::from_millis(300));
    let scene = Scene::with(Setting { options: patience, ..Setting::default() }).await;
    let id = scene.card("ORD-1").await;
    scene.fault(FaultKind::CloseWithoutAnswer, false);
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(202, "open");
    let before = scene.sandbox.count(CHAIPORT, Operation::LookUp);
    let mut flood = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let (call, address) = (webhook(&format!(r#"{{"imp_uid":"{id}"}}"#)), scene.address);
        flood.spawn(async move { call.send(address).await.status });
    }
    assert!(flood.join_all().await.iter().all(|status| *status == 200));
    let looks = scene.sandbox.count(CHAIPORT, Operation::LookUp) - before;
    assert!(looks <= 12, "{looks} look-ups for 300 webhooks");
}

#[tokio::test(flavor = "multi_thread")]
async fn settlebanks_notification_is_checked_and_acknowledged_to_the_letter() {
    let (scene, worker) = by_hand().await;
    let id = scene.sandbox.pay(NewPayment::settlebank("ORD-S", 10_000)).as_str().to_owned();
    let day = scene.sandbox.payment(Gateway::Settlebank, &id).unwrap().trade_date;
    let day = dashed(&day);
    let body = format!(
        r#"{{"gateway":"settlebank","payment_id":"{id}","merchant_uid":"ORD-S","amount":10000,"method":"CA","paid_on":"{day}"}}"#
    );
    assert_eq!(scene.send(Call::post("/payments", body)).await.status, 201);
    scene.send(Call::cancel("ORD-S", "3000", "k")).await.state(202, "planned");
    scene.sandbox.fault(
        pg_sandbox::Fault::on(Gateway::Settlebank, Operation::Cancel)
            .kind(FaultKind::CloseWithoutAnswer)
            .apply(true),
    );
    worker.turn().await.unwrap().expect("a turn");
    let key = PaymentKey::new(DeskGateway::Settlebank, "shop", id.as_str());
    let noti = |kind, charset| scene.sandbox.settlebank_noti(&id, kind, charset).unwrap();
    let send = async |account: &str, body: Vec<u8>| {
        let call = Call::post(format!("/webhooks/settlebank/{account}"), body).without("authorization");
        let call = call.without("content-type").header("content-type", "application/x-www-form-urlencoded");
        scene.send(call).await
    };
    assert_eq!(send("shop", noti(NotiKind::WrongHash, NotiCharset::Utf8)).await.body, b"FAIL");
    assert_eq!(send("shop", b"outStatCd=0021".to_vec()).await.body, b"FAIL");
    assert_eq!(send("elsewhere", noti(NotiKind::Cancelled, NotiCharset::Utf8)).await.body, b"FAIL");
    assert!(!is_due(&scene, &key).await);
    assert_eq!(send("shop", noti(NotiKind::Cancelled, NotiCharset::Utf8)).await.body, b"OK");
    assert!(is_due(&scene, &key).await);
    assert_eq!(send("shop", noti(NotiKind::Cancelled, NotiCharset::EucKr)).await.body, b"OK");
}
