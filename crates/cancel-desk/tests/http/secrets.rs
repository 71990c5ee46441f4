//! What must not be in a log: the whole of it is kept here at the finest level, of all tests of this program.

use std::io::Write;
use std::sync::{Mutex, Once};

use pg_sandbox::NewPayment;

use crate::client::{Call, TOKEN};
use crate::scene::Scene;

static BEGIN: Once = Once::new();
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_no_account_and_no_body_is_logged() {
    BEGIN.call_once(|| {
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Kept);
        log.with_ansi(false).init();
    });
    let scene = Scene::new().await;
    scene.paid(NewPayment::chaiport("ORD-LOG", 10_000).vbank(), "vbank").await;
    let body = |account: &str| {
        format!(
            r#"{{"merchant_uid":"ORD-LOG","cancel_request_amount":2000,"reason":"사유카나리아","refund_holder":"예금주카나리아","refund_bank":"88","refund_account":"{account}","refund_tel":"01099887766"}}"#
        )
    };
    let call =
        |account: &str, key| Call::post("/payments/cancel", body(account)).header("idempotency-key", key);
    let done = scene.send(call("77665544332211", "k")).await.state(200, "completed");
    scene.send(call("77665544332212", "k")).await.refused(422, "idempotency_key_reused");
    scene.send(call("7766554433221x", "l")).await.refused(400, "invalid");
    scene
        .send(
            call("77665544332211", "m")
                .without("authorization")
                .header("authorization", "Bearer canary-of-a-token"),
        )
        .await;
    scene.send(Call::get("/payments/ORD-LOG")).await;
    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    for secret in
        ["7766554433221", "예금주카나리아", "01099887766", "사유카나리아", "canary-of-a-token", TOKEN]
    {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} in {line:?}");
    }
    // whoever has no token must not fill the log
    let quiet = |line: &&str| line.contains("unauthorized") || line.contains("status=401");
    let turned_away: Vec<&str> = log.lines().filter(quiet).collect();
    assert!(
        !turned_away.is_empty() && turned_away.iter().all(|line| !line.contains(" INFO ")),
        "{turned_away:?}"
    );
    // the control: what follows one refund through is there
    let intent = done["cancel"]["id"].as_str().unwrap();
    assert!(log.lines().filter(|line| line.contains(intent)).count() >= 3);
    assert!(log.contains("request_id=") && log.contains("route=\"/payments/cancel\""));
}
