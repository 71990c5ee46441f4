//! The description and the service say the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use cancel_desk::desk::Desk;
use cancel_desk::http::{HttpOptions, OPENAPI, router};
use cancel_desk::journal::{SqliteJournal, SqliteOptions};
use cancel_desk::pg_core::{self, Money, PaymentRef};
use cancel_desk::record::NewPayment;
use serde_json::Value;

use crate::client::Call;
use crate::scene::{Scene, Setting};
use crate::schema::{DOCUMENT, valid};

/// Method and path of every operation that is described.
fn described() -> BTreeSet<(String, String)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let source = include_str!("../../src/http/routes.rs");
    let routed: BTreeSet<_> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".route(\""))
        .map(|rest| {
            let (path, handler) = rest.split_once("\", ").unwrap();
            let method = if handler.starts_with("get(") { "GET" } else { "POST" };
            (method.to_owned(), path.to_owned())
        })
        .collect();
    assert_eq!(routed, described());
    assert!(routed.len() >= 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_operation_is_served() {
    let scene = Scene::new().await;
    for (method, path) in described() {
        let target = path.replace("{merchant_uid}", "x").replace("{id}", "x").replace("{account}", "x");
        let call = if method == "GET" { Call::get(target) } else { Call::post(target, "{}") };
        let answer = scene.send(call).await;
        assert!(
            !answer.text().starts_with("{\"code\":\"no_such_route") && answer.status != 405,
            "{method} {path}"
        );
    }
    let served = scene.send(Call::get("/openapi.json")).await;
    assert_eq!(served.text(), OPENAPI);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_described_of_every_operation_is_true_of_every_operation() {
    let short = crate::scene::options().body_timeout(std::time::Duration::from_millis(50));
    let scene = Scene::with(Setting { options: short, ..Setting::default() }).await;
    for (method, path) in described() {
        let responses = DOCUMENT["paths"][&path][method.to_lowercase()]["responses"].as_object().unwrap();
        let target =
            path.replace("{merchant_uid}", "x").replace("{id}", &"a".repeat(26)).replace("{account}", "x");
        let call = if method == "GET" { Call::get(target) } else { Call::post(target, "{}") };
        let call = call.header("idempotency-key", "k");
        let public = scene.send(call.clone().without("authorization")).await.status != 401;
        assert_eq!(public, !responses.contains_key("401"), "{method} {path}");
        let slow = scene.send(call.clone().header("content-length", "1000")).await.status == 408;
        assert_eq!(slow, responses.contains_key("408"), "{method} {path}");
        let large = scene.send(call.clone().header("content-length", "99999999")).await.status == 413;
        assert_eq!(large, responses.contains_key("413"), "{method} {path}");
        let odd =
            scene.send(call.without("content-type").header("content-type", "image/png")).await.status == 415;
        assert_eq!(odd, responses.contains_key("415"), "{method} {path}");
    }
}

#[test]
fn references_lead_somewhere_and_examples_of_the_guide_fit() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut references = Vec::new();
    walk(&DOCUMENT, &mut references);
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let used: BTreeSet<_> =
        references.iter().map(|reference| reference.strip_prefix("#/components/schemas/").unwrap()).collect();
    assert_eq!(used, schemas.keys().map(String::as_str).collect());
    let guide =
        serde_json::json!({ "merchant_uid": "ORD", "cancel_request_amount": 2000, "refund_bank": "88" });
    valid(&schemas["CancelRequest"], &guide, "the guide's body");
    let identities: BTreeSet<_> = described()
        .iter()
        .map(|(method, path)| {
            DOCUMENT["paths"][path][method.to_lowercase()]["operationId"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(identities.len(), described().len(), "operation ids are unique");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_is_where() {
    let scene = Scene::new().await;
    scene.card("ORD-1").await;
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(200, "completed");
    scene.send(Call::get("/nowhere")).await;
    let text = scene.send(Call::get("/metrics")).await.text().to_owned();
    for line in [
        "cancel_desk_payments 1",
        "cancel_desk_suspect_payments 0",
        "cancel_desk_cancels{gateway=\"chaiport\",state=\"completed\"} 1",
        "cancel_desk_waiting_for_a_person 0",
        "cancel_desk_overdue_seconds 0",
        "cancel_desk_http_requests_total{method=\"POST\",route=\"/payments/cancel\",status=\"200\"} 1",
        "cancel_desk_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_fails_is_503_and_not_a_refusal() {
    let folder = std::env::temp_dir().join(format!("cancel-desk-http-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("journal.db");
    let journal = Arc::new(SqliteJournal::open(SqliteOptions::new(&file)).unwrap());
    let scene = Scene::with(Setting { journal, workers: 0, ..Setting::default() }).await;
    scene.card("ORD-1").await;
    let broken = rusqlite::Connection::open(&file).unwrap();
    broken.execute_batch("ALTER TABLE payment RENAME TO elsewhere").unwrap();
    for call in [Call::cancel("ORD-1", "1000", "k"), Call::get("/payments/ORD-1"), Call::get("/metrics")] {
        scene.send(call).await.refused(503, "journal_failed");
    }
    scene.send(Call::get("/readyz").without("authorization")).await.refused(503, "journal_failed");
    assert_eq!(scene.send(Call::get("/healthz")).await.status, 200);
    drop(scene);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_put_back_is_503_with_a_code_of_its_own() {
    let folder = std::env::temp_dir().join(format!("cancel-desk-http-put-back-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("journal.db");
    // it names an event that the journal lacks
    std::fs::write(folder.join("last-of-journal.db"), format!("7 {}\n", "0a".repeat(32))).unwrap();
    let journal = Arc::new(SqliteJournal::open(SqliteOptions::new(&file)).unwrap());
    let scene = Scene::with(Setting { journal, workers: 0, ..Setting::default() }).await;
    let body = r#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":1000}"#;
    for call in
        [Call::cancel("ORD-1", "1000", "k"), Call::get("/payments/ORD-1"), Call::post("/payments", body)]
    {
        let problem = scene.send(call).await.refused(503, "journal_put_back");
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains("recover --after-restore") && !message.contains('/'), "{message}");
    }
    let korean = Call::get("/payments/ORD-1").header("accept-language", "ko");
    let problem = scene.send(korean).await.refused(503, "journal_put_back");
    assert!(problem["message"].as_str().unwrap().contains("같은 키로 다시 요청하세요"), "{problem}");
    scene.send(Call::get("/readyz").without("authorization")).await.refused(503, "journal_put_back");
    assert_eq!(scene.send(Call::get("/healthz")).await.status, 200);
    drop(scene);
    let _best_effort = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_an_account_that_nobody_has_is_not_taken_on() {
    let scene = Scene::new().await;
    let body = r#"{"imp_uid":"imp_1","account":"closed-shop","merchant_uid":"ORD-1","amount":1000}"#;
    let problem = scene.send(Call::post("/payments", body)).await.refused(400, "invalid");
    assert_eq!(problem["field"], "account");
    // registered while there was one
    let payment = PaymentRef::new(pg_core::Gateway::Chaiport, "imp_1", "ORD-1", Money::krw(1_000).unwrap());
    scene.desk.register(NewPayment::new("closed-shop", payment)).await.unwrap();
    let problem = scene.send(Call::cancel("ORD-1", "1000", "k")).await.refused(501, "no_such_account");
    assert_eq!(problem["field"], "account");
    assert_eq!(scene.desk.journal().next_due().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_can_be_mounted_in_a_server_of_ones_own() {
    let scene = Scene::new().await;
    scene.card("ORD-1").await;
    let desk = Desk::new(Arc::clone(scene.desk.journal()), Arc::clone(scene.desk.accounts()));
    let options = HttpOptions::open_to_everybody().patience(std::time::Duration::ZERO).mounted_at("/refunds");
    let mounted = axum::Router::new().nest("/refunds", router(desk, options).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, mounted).await });
    let body = r#"{"merchant_uid":"ORD-1","cancel_request_amount":1000}"#;
    let call = format!(
        "POST /refunds/payments/cancel HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, call.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await.unwrap();
    let answer = crate::client::Answer::parse(&bytes);
    assert_eq!(answer.status, 202);
    assert!(answer.header("location").unwrap().starts_with("/refunds/cancels/"));
    server.abort();
}
