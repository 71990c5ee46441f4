//! What waits for a person, and what a person decides.

use pg_sandbox::{NewPayment, Operation};

use crate::client::Call;
use crate::scene::{CHAIPORT, Scene, Setting};

/// A payment that the merchant registered with another amount than was paid: only a person can tell what is right.
async fn misregistered(scene: &Scene, order: &str) -> String {
    let id = scene.sandbox.pay(NewPayment::chaiport(order, 10_000)).as_str().to_owned();
    let body = format!(r#"{{"imp_uid":"{id}","merchant_uid":"{order}","amount":12000}}"#);
    assert_eq!(scene.send(Call::post("/payments", body)).await.status, 201);
    let answer = scene.send(Call::cancel(order, "3000", &format!("key-of-{order}"))).await;
    let body = answer.state(202, "manual");
    assert_eq!(answer.header("retry-after"), None, "asking again will not help");
    assert_eq!(body["cancel"]["evidence"]["why"], "other_paid_amount");
    body["cancel"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_is_listed_and_resolved() {
    let scene = Scene::new().await;
    let (first, second) = (misregistered(&scene, "ORD-1").await, misregistered(&scene, "ORD-2").await);
    let waiting = async |limit: &str| {
        let list = scene.send(Call::get(format!("/cancels?waiting=person{limit}"))).await.json();
        let ids = list["cancels"].as_array().unwrap().iter();
        ids.map(|cancel| cancel["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(waiting("").await, [first.as_str(), second.as_str()]);
    assert_eq!(waiting("&limit=1").await, [first.as_str()]);
    for (query, field) in
        [("", "waiting"), ("?waiting=godot", "waiting"), ("?waiting=person&limit=0", "limit")]
    {
        let problem = scene.send(Call::get(format!("/cancels{query}"))).await.refused(400, "invalid");
        assert_eq!(problem["field"], field);
    }
    let resolve = |id: &str, body: &str| Call::post(format!("/cancels/{id}/resolve"), body);
    for (body, field) in [
        (r#"{"by":"김","reason":"확인"}"#, "resolution"),
        (r#"{"resolution":"maybe","by":"김","reason":"확인"}"#, "resolution"),
        (r#"{"resolution":"did_not_happen","reason":"확인"}"#, "by"),
        (r#"{"resolution":"did_not_happen","by":"김","reason":" "}"#, "reason"),
    ] {
        let problem = scene.send(resolve(&first, body)).await.refused(400, "invalid");
        assert_eq!(problem["field"], field, "{body}");
    }
    let decided = r#"{"resolution":"did_not_happen","by":"김 대리","reason":"금액이 다르게 등록됨"}"#;
    let answer = scene.send(resolve(&first, decided)).await;
    assert_eq!((answer.status, &answer.json()["outcome"]["because"]), (200, &"person".into()));
    scene.send(resolve(&first, decided)).await.refused(409, "not_allowed");
    let korean = scene.send(resolve(&first, decided).header("accept-language", "ko")).await;
    let told = korean.refused(409, "not_allowed")["message"].to_string();
    assert!(told.contains("담당자 확인을 기다리는 취소가 아닙니다"), "{told}");
    let again = scene.send(Call::cancel("ORD-1", "3000", "key-of-ORD-1")).await.refused(422, "rejected");
    assert_eq!(again["cancel"]["id"], first.as_str());
    assert_eq!(waiting("").await, [second.as_str()]);
    for nobody in ["a".repeat(26), "x".to_owned(), "%00".to_owned(), "%ff".to_owned()] {
        scene.send(resolve(&nobody, decided)).await.refused(404, "no_such_cancel");
        scene.send(Call::get(format!("/cancels/{nobody}"))).await.refused(404, "no_such_cancel");
    }
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restored_backup_not_happened_needs_proof_or_force() {
    let scene = Scene::new().await;
    let id = misregistered(&scene, "ORD-1").await;
    scene.desk.journal().suspect_all("kim", "backup of 03:00").await.unwrap();
    let resolve = |force: &str| {
        let body = format!(r#"{{"resolution":"did_not_happen","by":"kim","reason":"x"{force}}}"#);
        Call::post(format!("/cancels/{id}/resolve"), body)
    };
    let problem = scene.send(resolve(r#","force":"yes""#)).await.refused(400, "invalid");
    assert_eq!(problem["field"], "force");
    for force in ["", r#","force":false"#, r#","force":null"#] {
        scene.send(resolve(force)).await.refused(409, "too_early");
    }
    let answer = scene.send(resolve(r#","force":true"#)).await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &"rejected".into()));
    // its key is used up, and no other one is to be taken for what may have been lost
    let reused = || Call::cancel("ORD-1", "1", "key-of-ORD-1");
    let told = scene.send(reused()).await.refused(422, "idempotency_key_reused");
    assert!(told["message"].as_str().unwrap().contains("take no other key"), "{told}");
    let told =
        scene.send(reused().header("accept-language", "ko")).await.refused(422, "idempotency_key_reused");
    assert!(told["message"].as_str().unwrap().contains("다른 키로 요청하지 마세요"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_asked_for_as_it_was_given() {
    let scene = Scene::new().await;
    misregistered(&scene, "ORD-1").await;
    for (query, many) in [("key-of-ORD-1", 1), ("%22key-of-ORD-1%22", 1), ("other", 0)] {
        let list = scene.send(Call::get(format!("/cancels?key={query}"))).await.json();
        assert_eq!(list["cancels"].as_array().map(Vec::len), Some(many), "{query}");
    }
    for query in ["", "%22%22", "a%20b", "%27key-of-ORD-1%27", "%ED%82%A4"] {
        let problem = scene.send(Call::get(format!("/cancels?key={query}"))).await.refused(400, "invalid");
        assert_eq!(problem["field"], "key", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_nobody_began_can_be_withdrawn() {
    let options = crate::scene::options().patience(std::time::Duration::from_millis(50));
    let scene = Scene::with(Setting { workers: 0, options, ..Setting::default() }).await;
    scene.card("ORD-1").await;
    let body = scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(202, "planned");
    let path = format!("/cancels/{}/withdraw", body["cancel"]["id"].as_str().unwrap());
    let signed = r#"{"by":"김 대리","reason":"고객이 취소 요청을 철회함"}"#;
    let problem = scene.send(Call::post(path.as_str(), r#"{"by":"김"}"#)).await.refused(400, "invalid");
    assert_eq!(problem["field"], "reason");
    let answer = scene.send(Call::post(path.as_str(), signed)).await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &"withdrawn".into()));
    scene.send(Call::post(path.as_str(), signed)).await.refused(409, "not_allowed");
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.refused(409, "withdrawn");
    scene.send(Call::cancel("ORD-1", "10000", "l")).await.state(202, "planned");
}
