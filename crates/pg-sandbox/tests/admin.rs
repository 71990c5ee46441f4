//! The admin API, and TLS with the test authority.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::missing_errors_doc,
    clippy::let_underscore_must_use,
    missing_docs,
    unreachable_pub
)]

mod client;

use client::{call, chaiport_cancel};
use pg_cancel_sandbox::{Gateway, Options, Sandbox};
use serde_json::{Value, json};

async fn admin(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = call(&sandbox.admin_url(), method, path, &[], &body).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn payments_faults_requests_and_clock() {
    let sandbox = Sandbox::start(Options::default().seed(5)).await.unwrap();
    assert_eq!(admin(&sandbox, "GET", "/healthz", Value::Null).await.1["seed"], 5);
    let (status, made) = admin(
        &sandbox,
        "POST",
        "/payments",
        json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 5_000}),
    )
    .await;
    assert_eq!((status, made["balance"].as_i64(), made["status"].as_str()), (201, Some(5_000), Some("paid")));
    let id = made["id"].as_str().unwrap().to_owned();
    let fault = json!({"gateway": "chaiport", "operation": "cancel", "kind": "status", "status": 503, "body": "html"});
    assert_eq!(admin(&sandbox, "POST", "/faults", fault).await.0, 201);
    assert_eq!(chaiport_cancel(&sandbox, &json!({"imp_uid": id, "amount": 1_000})).await.status, 503);
    let path = format!("/payments/chaiport/{id}");
    let (_, books) = admin(&sandbox, "GET", &path, Value::Null).await;
    assert_eq!((books["balance"].as_i64(), books["entries"][0]["by"].as_str()), (Some(4_000), Some("api")));
    let (status, entry) =
        admin(&sandbox, "POST", &format!("{path}/console-refund"), json!({"amount": 500})).await;
    assert_eq!((status, entry["by"].as_str()), (200, Some("console")));
    assert_eq!(
        admin(&sandbox, "POST", &format!("{path}/console-refund"), json!({"amount": 9_999})).await.0,
        409
    );
    let (_, requests) = admin(&sandbox, "GET", "/requests", Value::Null).await;
    let cancel = requests.as_array().unwrap().iter().find(|seen| seen["operation"] == "cancel").unwrap();
    assert_eq!(
        (cancel["fault"].as_str(), cancel["applied"].as_bool(), cancel["status"].as_i64()),
        (Some("status"), Some(true), Some(503))
    );
    assert!(!requests.to_string().contains(pg_cancel_sandbox::credentials::CHAIPORT_SECRET));
    assert_eq!(admin(&sandbox, "DELETE", "/requests", Value::Null).await.0, 200);
    assert_eq!(sandbox.requests().len(), 0);
    assert_eq!(
        admin(&sandbox, "POST", "/clock", json!({"set": 1_000, "frozen": true})).await.1["now"],
        1_000
    );
    assert_eq!(sandbox.clock().now(), 1_000);
    assert_eq!(admin(&sandbox, "DELETE", "/faults", Value::Null).await.0, 200);
    assert_eq!(admin(&sandbox, "GET", "/payments", Value::Null).await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn asynchronous_cancels_settle_by_hand() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let wish = json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 5_000, "asynchronous": true, "pg_provider": "paypal_v2"});
    let id = admin(&sandbox, "POST", "/payments", wish).await.1["id"].as_str().unwrap().to_owned();
    assert_eq!(chaiport_cancel(&sandbox, &json!({"imp_uid": id, "amount": 5_000})).await.body["code"], 0);
    assert_eq!(sandbox.payment(Gateway::Chaiport, &id).unwrap().balance, 5_000);
    assert_eq!(
        admin(&sandbox, "POST", &format!("/payments/chaiport/{id}/settle"), json!({})).await.1["settled"],
        1
    );
    assert_eq!(sandbox.payment(Gateway::Chaiport, &id).unwrap().balance, 0);
    assert_eq!(admin(&sandbox, "POST", "/late", json!({})).await.1["applied"], 0);
}

#[tokio::test]
async fn wrong_wishes_are_refused() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    for body in [
        json!({}),
        json!({"gateway": "nobody", "merchant_uid": "A", "amount": 1}),
        json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 0}),
        json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 1.5}),
        json!({"gateway": "eximbay", "merchant_uid": "A", "amount": 1}),
        json!({"gateway": "eximbay", "merchant_uid": "A", "amount_text": "x"}),
        json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 1, "status": "gone"}),
        json!({"gateway": "chaiport", "merchant_uid": "A", "amount": 1, "paymethod": "card"}),
    ] {
        assert_eq!(admin(&sandbox, "POST", "/payments", body.clone()).await.0, 400, "{body}");
    }
    let typo = json!({"gateway": "chaiport", "operation": "cancel", "kind": "silense"});
    assert_eq!(admin(&sandbox, "POST", "/faults", typo).await.0, 400);
    assert_eq!(admin(&sandbox, "GET", "/payments/chaiport/none", Value::Null).await.0, 404);
    assert_eq!(admin(&sandbox, "GET", "/nowhere", Value::Null).await.0, 404);
}

#[cfg(feature = "tls")]
mod tls {
    use std::sync::Arc;

    use pg_cancel_sandbox::{Certificate, Fault, FaultKind, Gateway, Operation, Options, Sandbox};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

    fn connector(authorities: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        for pem in authorities {
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    #[tokio::test]
    async fn the_authority_is_what_makes_it_trusted() {
        let sandbox = Sandbox::start(Options::default().tls(true)).await.unwrap();
        let url = sandbox.url(Gateway::Chaiport);
        assert!(url.starts_with("https://127.0.0.1:"));
        let pem = sandbox.ca_pem().unwrap();
        let host = ServerName::try_from("127.0.0.1").unwrap();
        let tcp = super::client::connect(&url).await;
        let mut stream = connector(&[&pem]).connect(host.clone(), tcp).await.unwrap();
        let bytes = super::client::request("GET", "/payments/x", &[("connection", "close")], "");
        stream.write_all(&bytes).await.unwrap();
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got).await;
        assert_eq!(super::client::parse(&got).status, 401);
        for bad in [Certificate::WrongHost, Certificate::Expired, Certificate::Untrusted] {
            let shady = Sandbox::start(Options::default().tls(true).certificate(bad)).await.unwrap();
            let tcp = super::client::connect(&shady.url(Gateway::Chaiport)).await;
            let shaken = connector(&[&shady.ca_pem().unwrap()]).connect(host.clone(), tcp).await;
            assert!(shaken.is_err(), "{bad:?}");
        }
        let stranger = Sandbox::start(Options::default().tls(true)).await.unwrap().ca_pem().unwrap();
        let tcp = super::client::connect(&url).await;
        assert!(connector(&[&stranger]).connect(host.clone(), tcp).await.is_err());
        sandbox.fault(Fault::on(Gateway::Chaiport, Operation::Cancel).kind(FaultKind::StallBeforeReading));
        let tcp = super::client::connect(&url).await;
        let connector = connector(&[&pem]);
        let stalled =
            tokio::time::timeout(std::time::Duration::from_millis(150), connector.connect(host, tcp)).await;
        assert!(stalled.is_err(), "under TLS an early fault strikes before the handshake");
    }
}
