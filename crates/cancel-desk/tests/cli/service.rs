//! `serve`: it recovers, serves and stops.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_recovers_and_stops() {
    let scene = Scene::new("serve").await;
    let ids = scene.pay(&["ORD-1", "ORD-2"]).await;
    // left open by a process that gave up waiting
    let lost =
        Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::CloseWithoutAnswer).apply(true);
    scene.sandbox.fault(lost);
    scene
        .run(&["--json", "cancel", "ORD-1", "--amount", "1000", "--key", "k-1", "--wait", "0s", "-y"])
        .await
        .ends(3);
    let service = Service::start(&scene, &["serve"]);
    let body = r#"{"merchant_uid":"ORD-2","cancel_request_amount":2000,"reason":"x"}"#;
    assert!(service.cancel("wrong-wrong-wrong-wrong", "k-2", body).await.starts_with("HTTP/1.1 401"));
    assert!(service.cancel(TOKEN, "k-2", body).await.starts_with("HTTP/1.1 200"));
    assert_eq!(scene.refunded(&ids[1]), [2_000]);
    // what was left open is looked up by the workers, not sent again
    for _ in 0..200 {
        if scene.run(&["--json", "pending"]).await.json()["under_way"].as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let status = scene.run(&["--json", "status", "ORD-1"]).await.ends(0).json();
    assert_eq!(status["cancels"][0]["state"], "completed", "{status}");
    assert_eq!(scene.refunded(&ids[0]), [1_000]);
    // an address in use is told, and nothing begins
    let listen = ["serve", "--config", "taken.toml"];
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    scene.write("taken.toml", &config.replace("127.0.0.1:0", &service.address));
    assert!(scene.run(&listen).await.ends(5).err.contains("http.listen"));
    let (code, written) = service.stop(1).await;
    assert_eq!(code, Some(0), "{written}");
    assert!(written.contains("stopping") && written.trim_end().ends_with("stopped"), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once_and_loses_nothing() {
    let scene = Scene::new("twice").await;
    let ids = scene.pay(&["ORD-1"]).await;
    // what a killed worker holds is free again when its lease ends
    let config = std::fs::read_to_string(scene.folder.join("cancel-desk.toml")).unwrap();
    let short = "total_timeout_s = 3\npolicy = { deadline_s = 4, lease_s = 5 }\nendpoint = ";
    scene.write("cancel-desk.toml", &config.replace("endpoint = ", short));
    // the gateway refunds and never answers
    let silent = Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::Silence);
    scene.sandbox.fault(silent.apply(true));
    let service = Service::start(&scene, &["serve"]);
    let body = r#"{"merchant_uid":"ORD-1","cancel_request_amount":1000}"#;
    let asked = service.cancel(TOKEN, "k", body);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(700), asked).await;
    assert!(waited.is_err(), "no answer yet: {waited:?}");
    let began = std::time::Instant::now();
    let (code, written) = service.stop(2).await;
    assert_eq!(code, Some(0), "{written}");
    assert!(began.elapsed() < std::time::Duration::from_secs(4), "the grace was not waited for");
    scene.sandbox.clear_faults();
    let again = ["--json", "cancel", "ORD-1", "--amount", "1000", "--key", "k", "--wait", "60s", "-y"];
    scene.run(&again).await.ends(0);
    assert_eq!(scene.refunded(&ids[0]), [1_000]);
}
