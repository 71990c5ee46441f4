//! `POST /payments/cancel`: the guide's body, its answers, and every refusal.

use std::process::Command;
use std::time::Duration;

use cancel_desk::journal::NewIntent;
use cancel_desk::pg_core::Money;
use cancel_desk::record;
use pg_sandbox::{FaultKind, Gateway, NewPayment, Operation};
use tokio::time::sleep;

use crate::client::{Call, TOKEN};
use crate::scene::{CHAIPORT, Scene, Setting, journal, options};

/// What the guide's page posts: `JSON.stringify` of its example, for a virtual account.
const STEP_01: &str = r#"{"merchant_uid":"ORD20180131-0000011","cancel_request_amount":2000,"reason":"테스트 결제 환불","refund_holder":"홍길동","refund_bank":"88","refund_account":"56211105948400"}"#;

async fn virtual_account(scene: &Scene) -> String {
    let payment = NewPayment::chaiport("ORD20180131-0000011", 10_000).vbank();
    scene.paid(payment, "vbank").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_body_works_as_written() {
    let scene = Scene::new().await;
    let id = virtual_account(&scene).await;
    let call = Call::post("/payments/cancel", STEP_01).header("idempotency-key", "return-4711");
    let body = scene.send(call).await.state(200, "completed");
    assert_eq!(
        (&body["imp_uid"], &body["merchant_uid"]),
        (&id.as_str().into(), &"ORD20180131-0000011".into())
    );
    assert_eq!((&body["amount"], &body["cancel_amount"]), (&10_000.into(), &2000.into()));
    assert_eq!((&body["cancelable_amount"], &body["reserved_amount"]), (&8000.into(), &0.into()));
    assert_eq!(scene.refunds(&id), [2000]);
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 1);
    assert!(!body.to_string().contains("56211105948400") && !body.to_string().contains("홍길동"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_body_works_with_curl() {
    let scene = Scene::new().await;
    let id = virtual_account(&scene).await;
    let url = format!("http://{}/payments/cancel", scene.address);
    let run = tokio::task::spawn_blocking(move || {
        let token = format!("Authorization: Bearer {TOKEN}");
        let kind = "Content-Type: application/json";
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "50", "-w", "\n%{http_code}", "-X", "POST", "-d", STEP_01]);
        curl.args(["-H", &token, "-H", kind, "-H", "Idempotency-Key: return-4711"]).arg(url).output()
    });
    let Ok(output) = run.await.unwrap() else {
        println!("SKIPPED: there is no curl on this machine");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    assert_eq!(status, "200", "{body}");
    assert!(body.contains(r#""cancel_amount":2000"#), "{body}");
    assert_eq!(scene.refunds(&id), [2000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_left_is_answered_in_the_guides_words() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    let call = || Call::cancel("ORD-1", "10000", "all");
    let first = scene.send(call()).await.state(200, "completed");
    let more = scene.send(Call::cancel("ORD-1", "1", "more")).await.refused(400, "already_refunded");
    assert_eq!(more["message"], "이미 전액환불된 주문입니다.");
    // the key of the refund that emptied it still has its outcome, bare or quoted
    for key in ["all", "\"all\""] {
        let again = scene.send(Call::cancel("ORD-1", "10000", key)).await.state(200, "completed");
        assert_eq!(again["cancel"]["id"], first["cancel"]["id"]);
    }
    let other = scene.send(Call::cancel("ORD-1", "9999", "all")).await.refused(422, "idempotency_key_reused");
    assert_eq!(other["field"], "Idempotency-Key");
    // what the key stands for is told; nobody is sent to a new key for the same refund
    assert_eq!(other["cancel"]["id"], first["cancel"]["id"]);
    assert_eq!(other["cancel"]["amount"], 10_000);
    assert_eq!(other["status_url"], first["status_url"]);
    let told = "Idempotency-Key: this key already stands for a refund of 10000 KRW (completed); if this is the same \
                refund, use what is stored; a different refund needs its own key";
    assert_eq!(other["message"], told);
    let korean = Call::cancel("ORD-1", "9999", "all").header("accept-language", "ko");
    let korean = scene.send(korean).await.refused(422, "idempotency_key_reused");
    let told =
        "이 키로 이미 10,000원 환불이 접수되어 있습니다(상태: 환불 완료). 같은 환불이면 새 키를 쓰지 마세요.";
    assert_eq!(korean["message"], told);
    assert_eq!(scene.refunds(&id), [10_000]);
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 1);

    // refunded by somebody at the console, which only the gateway knows
    let id = scene.card("ORD-2").await;
    scene.sandbox.console_refund(CHAIPORT, &id, 10_000).unwrap();
    let gone = scene.send(Call::cancel("ORD-2", "1000", "k2")).await.refused(400, "already_refunded");
    assert_eq!((&gone["message"], &gone["cancel"]["state"]), (&more["message"], &"rejected".into()));
    let id = scene.card("ORD-3").await;
    scene.sandbox.console_refund(CHAIPORT, &id, 9_500).unwrap();
    let less =
        scene.send(Call::cancel("ORD-3", "1000", "k3")).await.refused(400, "exceeds_cancelable_amount");
    assert_eq!(less["cancelable_amount"], 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_whatever_stands_around_it() {
    let scene = Scene::new().await;
    let (id, other) = (scene.card("ORD-1").await, scene.card("ORD-2").await);
    let first = scene.send(Call::cancel("ORD-1", "1000", "k")).await.state(200, "completed");
    for key in ["'k'", "`k`", "k'", "\"'k'\"", "\"a\\\"b\"", "\"", "a\"b", "\"k"] {
        let refused = scene.send(Call::cancel("ORD-1", "1000", key)).await.refused(400, "invalid");
        assert_eq!(refused["field"], "Idempotency-Key", "{key}");
        let told = refused["message"].as_str().unwrap();
        assert!(told.starts_with("Idempotency-Key: must be given without quotes"), "{told}");
    }
    // it stands for a refund of another order: that one is told
    let taken = scene.send(Call::cancel("ORD-2", "1000", "k")).await.refused(422, "idempotency_key_reused");
    assert_eq!(taken["cancel"]["id"], first["cancel"]["id"]);
    assert_eq!(taken["cancel"]["payment_id"], id.as_str());
    let told = taken["message"].as_str().unwrap();
    assert!(told.contains(&format!("of another payment, chaiport/{}", "shop/")), "{told}");
    let list = scene.send(Call::get("/cancels?key=k")).await.json();
    assert_eq!(list["cancels"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["cancels"][0]["id"], first["cancel"]["id"]);
    assert!(scene.send(Call::get("/cancels?key=l")).await.json()["cancels"].as_array().unwrap().is_empty());
    // of an account that this server does not have, or has no longer
    let journal = scene.desk.journal();
    let mut elsewhere = journal.payments_of_order("ORD-1").await.unwrap().remove(0).payment;
    elsewhere.gateway_id = "imp_000000000777".to_owned();
    let elsewhere = journal.register_payment(record::NewPayment::new("other-shop", elsewhere)).await.unwrap();
    let wish = NewIntent::new(elsewhere.key(), "l", Money::krw(500).unwrap()).unwrap();
    journal.submit(wish).await.unwrap();
    let list = scene.send(Call::get("/cancels?key=l")).await.json();
    assert_eq!(list["cancels"].as_array().map(Vec::len), Some(1), "{list}");
    scene.send(Call::get("/cancels?key=k&waiting=person")).await.refused(400, "invalid");
    assert_eq!((scene.refunds(&id), scene.refunds(&other)), (vec![1000], vec![]));
}

/// An amount in the address is not the amount of the body: neither is taken for the other.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_address_of_a_post_is_not_overlooked() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    let body = r#"{"merchant_uid":"ORD-1","cancel_request_amount":3000}"#;
    let at = |target: &str| Call::post(target, body).header("idempotency-key", "k");
    for (query, field) in [
        ("cancel_request_amount=5", "cancel_request_amount"),
        ("%EA%B8%88%EC%95%A1=5&merchant_uid=ORD-1", "금액"),
        ("56211105948400=1", "query"),
        ("a-token-of-ours", "query"),
    ] {
        let target = format!("/payments/cancel?{query}");
        let refused = scene.send(at(&target)).await.refused(400, "invalid");
        assert_eq!(refused["field"], field, "{query}");
        let told = refused["message"].as_str().unwrap();
        assert!(told.contains("the body alone is read") && !told.contains("56211105948400"), "{told}");
        assert!(!told.contains("ours") && !told.contains("ORD-1"), "{told}");
    }
    let korean = at("/payments/cancel?cancel_request_amount=5").header("accept-language", "ko");
    let refused = scene.send(korean).await.refused(400, "invalid");
    assert!(refused["message"].as_str().unwrap().contains("본문만 읽으므로"), "{refused}");
    for route in ["/payments", "/payments/bulk", "/cancels/x/resolve", "/cancels/x/withdraw"] {
        let refused = scene.send(at(&format!("{route}?amount=5"))).await.refused(400, "invalid");
        assert_eq!(refused["field"], "amount", "{route}");
    }
    // whoever has no token is told nothing, and a method that is not served is no address of a refund
    let stranger = at("/payments/cancel?amount=5").without("authorization");
    scene.send(stranger).await.refused(401, "unauthorized");
    scene.send(Call::get("/payments/cancel?amount=5")).await.refused(405, "method_not_allowed");
    assert_eq!(scene.send(Call::post("/webhooks/chaiport?from=pg", "imp_uid=imp_1")).await.text(), "OK");
    for asked in ["/cancels?waiting=person&account=shop", "/payments/ORD-1?accont=shop"] {
        assert_eq!(scene.send(Call::get(asked)).await.refused(400, "invalid")["field"], "query", "{asked}");
    }
    assert_eq!(scene.refunds(&id), [0_i64; 0]);
    scene.send(at("/payments/cancel?")).await.state(200, "completed");
    assert_eq!(scene.refunds(&id), [3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_left_is_refused_with_the_amounts() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    scene.send(Call::cancel("ORD-1", "3000", "a")).await.state(200, "completed");
    let call = Call::cancel("ORD-1", "7001", "b");
    let problem = scene.send(call.clone()).await.refused(400, "exceeds_cancelable_amount");
    assert_eq!(
        (&problem["field"], &problem["cancelable_amount"]),
        (&"cancel_request_amount".into(), &7000.into())
    );
    let korean = scene.send(call.header("accept-language", "ko-KR,ko;q=0.9,en;q=0.8")).await;
    let text = korean.refused(400, "exceeds_cancelable_amount")["message"].to_string();
    assert!(text.contains("환불 가능 금액(7,000원)"), "{text}");
    assert_eq!(scene.refunds(&id), [3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_in_time_is_202_with_an_address() {
    let patience = Duration::from_millis(400);
    let scene = Scene::with(Setting { options: options().patience(patience), ..Setting::default() }).await;
    let id = scene.card("ORD-1").await;
    scene.fault(FaultKind::CloseWithoutAnswer, true);
    let answer = scene.send(Call::cancel("ORD-1", "3000", "k")).await;
    let body = answer.state(202, "open");
    assert_eq!((&body["cancel_amount"], &body["reserved_amount"]), (&0.into(), &3000.into()));
    assert_eq!(answer.header("retry-after"), Some("2"));
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(body["status_url"], location.as_str());
    let rest = scene.send(Call::cancel("ORD-1", "8000", "l")).await.refused(400, "exceeds_cancelable_amount");
    assert_eq!((&rest["cancelable_amount"], &rest["reserved_amount"]), (&7000.into(), &3000.into()));
    for _ in 0..100 {
        let cancel = scene.send(Call::get(location.as_str())).await.json();
        if cancel["state"] == "completed" {
            assert_eq!((&cancel["outcome"]["proof"], &cancel["sends"]), (&"tag".into(), &1.into()));
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    scene.send(Call::cancel("ORD-1", "3000", "k")).await.state(200, "completed");
    assert_eq!(scene.refunds(&id), [3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn decimal_currencies_are_read_and_written_exactly() {
    let scene = Scene::new().await;
    let id = scene.sandbox.pay(NewPayment::eximbay("ORD-USD", "USD", "10.00"));
    let body = format!(
        r#"{{"gateway":"eximbay","payment_id":"{}","merchant_uid":"ORD-USD","amount":10.00,"currency":"USD","paid_text":"10.00","method":"P101"}}"#,
        id.as_str()
    );
    assert_eq!(scene.send(Call::post("/payments", body)).await.status, 201);
    let too_fine = scene.send(Call::cancel("ORD-USD", "7.505", "k")).await.refused(400, "invalid");
    assert_eq!(too_fine["field"], "cancel_request_amount");
    let answer = scene.send(Call::cancel("ORD-USD", "7.5", "k")).await;
    answer.state(200, "completed");
    for part in [r#""amount":10.00,"#, r#""cancel_amount":7.50,"#, r#""cancelable_amount":2.50,"#] {
        assert!(answer.text().contains(part), "{part}: {}", answer.text());
    }
    let ledger = scene.sandbox.payment(Gateway::Eximbay, id.as_str()).unwrap();
    assert_eq!(ledger.balance, 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_that_cannot_be_used_is_named() {
    let scene = Scene::new().await;
    scene.card("ORD-1").await;
    virtual_account(&scene).await;
    let body = |members: &str| {
        Call::post("/payments/cancel", format!("{{{members}}}")).header("idempotency-key", "k")
    };
    let order = r#""merchant_uid":"ORD-1""#;
    let vbank = r#""merchant_uid":"ORD20180131-0000011","cancel_request_amount":1"#;
    for (members, field) in [
        (order.to_owned(), "cancel_request_amount"),
        (r#""cancel_request_amount":1"#.to_owned(), "merchant_uid"),
        (r#""merchant_uid":7,"cancel_request_amount":1"#.to_owned(), "merchant_uid"),
        (format!(r#"{order},"cancel_request_amount":0"#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":0.0"#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":-2000"#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":2000.5"#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":"2000""#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":null"#), "cancel_request_amount"),
        (format!(r#"{order},"cancel_request_amount":99999999999999999999"#), "cancel_request_amount"),
        (format!(r#"{order},"amount":2000"#), "amount"),
        (format!(r#"{order},"cancel_request_amount":2000,"checksum":10000"#), "checksum"),
        (format!(r#"{order},"cancel_request_amount":10000,"환불금액":2000"#), "환불금액"),
        (format!(r#"{order},"cancel_request_amount":10000,"ｉｍｐ_ｕｉｄ":"imp_9""#), "ｉｍｐ_ｕｉｄ"),
        (format!(r#"{order},"cancel_request_amount":10000,"010-1234-5678":2000"#), "body"),
        (format!(r#"{order},"cancel_request_amount":1,"reason":["x"]"#), "reason"),
        (format!(r#"{order},"cancel_request_amount":1,"reason":"{}""#, "가".repeat(501)), "reason"),
        (format!(r#"{order},"cancel_request_amount":1,"gateway":"toss""#), "gateway"),
        (vbank.to_owned(), "refund_account"),
        (format!(r#"{vbank},"refund_holder":"홍길동","refund_bank":"88""#), "refund_account"),
        (
            format!(r#"{vbank},"refund_holder":"홍","refund_bank":"8x","refund_account":"1234567"#) + "\"",
            "refund_bank",
        ),
        (
            format!(r#"{vbank},"refund_holder":"홍","refund_bank":"88","refund_account":"12-ab""#),
            "refund_account",
        ),
        (
            format!(r#"{vbank},"refund_holder":"","refund_bank":"88","refund_account":"1234""#),
            "refund_holder",
        ),
    ] {
        let problem = scene.send(body(&members)).await.refused(400, "invalid");
        assert_eq!(problem["field"], field, "{members}: {problem}");
        let message = problem["message"].as_str().unwrap();
        assert!(message.starts_with(field) && !message.contains('\n'), "{message}");
    }
    let call = body(r#""merchant_uid":"ORD-1","cancel_request_amount":10000,"금액":2000"#);
    let korean = scene.send(call.header("accept-language", "ko")).await.refused(400, "invalid");
    let message = korean["message"].as_str().unwrap();
    assert!(
        message.starts_with("금액: 이 요청에 없는 항목입니다") && message.contains("cancel_request_amount"),
        "{message}"
    );
    let twice = r#""merchant_uid":"ORD-1","cancel_request_amount":1,"cancel_request_amount":2"#;
    scene.send(body(twice)).await.refused(400, "invalid");
    for broken in ["", "[]", "\"x\"", "{\"merchant_uid\":\"ORD-1\"", "{}x", "\u{feff}{}"] {
        let call = Call::post("/payments/cancel", broken).header("idempotency-key", "k");
        scene.send(call).await.refused(400, "malformed_json");
    }
    let not_utf8 = Call::post("/payments/cancel", b"{\"merchant_uid\":\"\xff\"}".to_vec());
    scene.send(not_utf8.header("idempotency-key", "k")).await.refused(400, "malformed_json");
    let keyless = scene.send(Call::cancel("ORD-1", "1", "k").without("idempotency-key")).await;
    assert_eq!(keyless.refused(400, "idempotency_key_missing")["field"], "Idempotency-Key");
    for key in ["", "\"\"", "two words", &"k".repeat(201)] {
        let problem = scene.send(Call::cancel("ORD-1", "1", key)).await.refused(400, "invalid");
        assert_eq!(problem["field"], "Idempotency-Key", "{key:?}");
    }
    let two = Call::cancel("ORD-1", "1", "a").header("idempotency-key", "b");
    scene.send(two).await.refused(400, "invalid");
    scene.send(Call::cancel("ORD-9", "1", "k")).await.refused(404, "no_such_payment");
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 0);
    assert_eq!(scene.desk.journal().next_due().await.unwrap(), None, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_data_without_a_key_is_refused_clearly() {
    let scene = Scene::with(Setting { journal: journal(false), ..Setting::default() }).await;
    virtual_account(&scene).await;
    let call = Call::post("/payments/cancel", STEP_01).header("idempotency-key", "k");
    let problem = scene.send(call).await.refused(501, "no_account_key");
    assert_eq!(problem["field"], "refund_account");
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_paid_twice_has_to_be_told_apart() {
    let scene = Scene::new().await;
    let (first, second) = (scene.card("ORD-1").await, scene.card("ORD-1").await);
    let problem = scene.send(Call::cancel("ORD-1", "1000", "k")).await.refused(409, "several_payments");
    assert_eq!(problem["choices"].as_array().unwrap().len(), 2);
    let body = format!(r#"{{"merchant_uid":"ORD-1","imp_uid":"{second}","cancel_request_amount":1000}}"#);
    scene
        .send(Call::post("/payments/cancel", body).header("idempotency-key", "k"))
        .await
        .state(200, "completed");
    assert_eq!((scene.refunds(&first), scene.refunds(&second)), (vec![], vec![1000]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_the_same_though_its_order_was_paid_again() {
    let scene = Scene::new().await;
    let first = scene.card("ORD-1").await;
    scene.send(Call::cancel("ORD-1", "1000", "k")).await.state(200, "completed");
    let second = scene.card("ORD-1").await;
    scene.send(Call::cancel("ORD-1", "1000", "k")).await.state(200, "completed");
    scene.send(Call::cancel("ORD-1", "1001", "k")).await.refused(422, "idempotency_key_reused");
    scene.send(Call::cancel("ORD-1", "1000", "l")).await.refused(409, "several_payments");
    assert_eq!((scene.refunds(&first), scene.refunds(&second)), (vec![1000], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_gateway_is_422_with_its_code() {
    let scene = Scene::new().await;
    let not_joined = NewPayment::chaiport("ORD20180131-0000011", 10_000).vbank().refund_service(false);
    let id = scene.paid(not_joined, "vbank").await;
    for _ in 0..2 {
        let call = Call::post("/payments/cancel", STEP_01).header("idempotency-key", "k");
        let problem = scene.send(call).await.refused(422, "rejected");
        assert_eq!(problem["cancel"]["outcome"]["because"], "refused");
        assert_eq!(problem["gateway_code"], problem["cancel"]["outcome"]["gateway_code"]);
    }
    assert_eq!(scene.sandbox.count(CHAIPORT, Operation::Cancel), 1, "the same key is not sent again");
    assert!(scene.refunds(&id).is_empty());
}
