//! Chaiport's face: every rule by a raw request, the books as the oracle.
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

use std::time::Duration;

use client::{JSON, call, chaiport_cancel, chaiport_get, token};
use pg_cancel_sandbox::{
    Actor, Gateway, GuardMode, Guards, NewPayment, Operation, Options, Sandbox, Status, credentials,
};
use serde_json::json;

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default().start_time(1_795_000_000)).await.expect("starts")
}

fn balance(sandbox: &Sandbox, id: &pg_cancel_sandbox::PaymentId) -> i64 {
    sandbox.payment(Gateway::Chaiport, id).expect("known").balance
}

#[tokio::test]
async fn a_token_lives_by_the_documented_rules() {
    let sandbox = sandbox().await;
    sandbox.clock().freeze();
    let ask = || async {
        let body =
            format!("imp_key={}&imp_secret={}", credentials::CHAIPORT_KEY, credentials::CHAIPORT_SECRET);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = call(&sandbox.url(Gateway::Chaiport), "POST", "/users/getToken", &form, &body).await;
        let response = answer.body["response"].clone();
        (
            response["access_token"].clone(),
            response["expired_at"].as_i64().unwrap(),
            response["now"].as_i64().unwrap(),
        )
    };
    let (first, expiry, now) = ask().await;
    assert_eq!(expiry - now, 1_800);
    sandbox.clock().advance(Duration::from_secs(1_740));
    assert_eq!(ask().await, (first.clone(), expiry, now + 1_740), "60 s left: unchanged");
    sandbox.clock().advance(Duration::from_secs(1));
    let (again, later, _) = ask().await;
    assert_eq!((again, later), (first.clone(), expiry + 300), "59 s left: five minutes more");
    sandbox.clock().set(later);
    let (new, expiry, now) = ask().await;
    assert_ne!(new, first);
    assert_eq!(expiry - now, 1_800);
    assert_eq!(sandbox.token_requests(), 4);
}

#[tokio::test]
async fn wrong_and_missing_keys_are_refused() {
    let sandbox = sandbox().await;
    let url = sandbox.url(Gateway::Chaiport);
    let wrong =
        call(&url, "POST", "/users/getToken", &[JSON], r#"{"imp_key":"CANARY-KEY","imp_secret":"x"}"#).await;
    assert_eq!((wrong.status, wrong.body["code"].as_i64()), (401, Some(-1)));
    assert!(wrong.body["message"].as_str().unwrap().contains("CANARY-KEY"), "the capture's trap is kept");
    let missing = call(&url, "POST", "/users/getToken", &[JSON], "{}").await;
    assert_eq!(missing.status, 400);
    let bare = call(&url, "POST", "/payments/cancel", &[JSON], "{}").await;
    assert_eq!((bare.status, bare.body["message"].as_str()), (401, Some("Unauthorized")));
    let old = token(&sandbox).await;
    sandbox.revoke_tokens();
    let headers = [JSON, ("authorization", old.as_str())];
    assert_eq!(call(&url, "POST", "/payments/cancel", &headers, "{}").await.status, 401);
    assert_ne!(token(&sandbox).await, old);
    sandbox.expire_tokens();
    assert_eq!(call(&url, "POST", "/payments/cancel", &headers, "{}").await.status, 401);
}

#[tokio::test]
async fn partial_cancels_until_empty() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("ORD-1", 10_000));
    let first = chaiport_cancel(
        &sandbox,
        &json!({"imp_uid": id.as_str(), "amount": 1_000, "checksum": 10_000, "reason": "변심"}),
    )
    .await;
    assert_eq!((first.status, first.body["code"].as_i64()), (200, Some(0)));
    let object = &first.body["response"];
    assert_eq!(object["status"], "cancelled", "already at the first partial cancel");
    assert_eq!((object["amount"].as_i64(), object["cancel_amount"].as_i64()), (Some(10_000), Some(1_000)));
    assert_eq!(object["cancel_history"][0]["reason"], "변심");
    assert_eq!(object["cancel_history"][0]["amount"], 1_000);
    assert!(object.as_object().unwrap().len() >= 50);
    let wrong =
        chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 1_000, "checksum": 10_000}))
            .await;
    assert_eq!((wrong.status, wrong.body["code"].as_i64()), (200, Some(1)));
    assert!(wrong.body["response"].is_null());
    let over =
        chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 9_001, "checksum": 9_000})).await;
    assert_eq!(over.body["code"], 1);
    assert_eq!(balance(&sandbox, &id), 9_000);
    // Omitted or 0: everything that is left.
    let rest = chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 0})).await;
    assert_eq!(rest.body["response"]["cancel_amount"], 10_000);
    let again = chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str()})).await;
    assert_eq!(
        (again.body["code"].as_i64(), again.body["message"].as_str()),
        (Some(1), Some("이미 전액취소된 주문입니다."))
    );
    let ledger = sandbox.payment(Gateway::Chaiport, &id).unwrap();
    assert_eq!((ledger.balance, ledger.entries.len(), ledger.status), (0, 2, Status::Cancelled));
    assert_eq!(
        (ledger.entries[1].before, ledger.entries[1].amount, ledger.entries[1].by),
        (9_000, 9_000, Actor::Api)
    );
    let seen = sandbox.requests();
    assert_eq!(seen.iter().filter(|s| s.operation == Operation::Cancel && s.applied).count(), 2);
    assert_eq!(sandbox.count(Gateway::Chaiport, Operation::Cancel), 5);
}

#[tokio::test]
async fn imp_uid_wins_and_nothing_is_found_by_nothing() {
    let sandbox = sandbox().await;
    sandbox.pay(NewPayment::chaiport("ORD-1", 10_000));
    let code = |a: client::Answer| {
        (a.status, a.body["code"].as_i64(), a.body["message"].as_str().unwrap_or("").to_owned())
    };
    let bad =
        chaiport_cancel(&sandbox, &json!({"imp_uid": "imp_1", "merchant_uid": "ORD-1", "amount": 1})).await;
    assert_eq!(code(bad), (200, Some(1), "취소할 결제건이 존재하지 않습니다.".to_owned()));
    let none = chaiport_cancel(&sandbox, &json!({"amount": 1})).await;
    assert!(code(none).2.ends_with("지정해주셔야합니다."));
    let by_order = chaiport_cancel(&sandbox, &json!({"merchant_uid": "ORD-1", "amount": 1})).await;
    assert_eq!(by_order.body["code"], 0);
}

#[tokio::test]
async fn shapes_are_refused() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("ORD-1", 10_000));
    let id = id.as_str();
    for body in [
        json!({"imp_uid": "i".repeat(33)}),
        json!({"merchant_uid": "m".repeat(41)}),
        json!({"imp_uid": id, "reason": "가".repeat(257)}),
        json!({"imp_uid": id, "amount": -1}),
        json!({"imp_uid": id, "amount": 1.5}),
        json!({"imp_uid": id, "amount": "1e3"}),
        json!({"imp_uid": id, "amount": 100, "tax_free": 60, "vat_amount": 50}),
        json!({"imp_uid": id, "extra": {"requester": "somebody"}}),
        json!({"imp_uid": 5}),
    ] {
        let answer = chaiport_cancel(&sandbox, &body).await;
        assert_eq!((answer.status, answer.body["code"].as_i64()), (200, Some(1)), "{body}");
    }
    let token = token(&sandbox).await;
    let url = sandbox.url(Gateway::Chaiport);
    let text = [("content-type", "text/plain"), ("authorization", token.as_str())];
    assert_eq!(call(&url, "POST", "/payments/cancel", &text, "{}").await.status, 415);
    let twice = format!(r#"{{"imp_uid":"{id}","amount":1,"amount":2}}"#);
    let headers = [JSON, ("authorization", token.as_str())];
    assert_eq!(call(&url, "POST", "/payments/cancel", &headers, &twice).await.status, 400);
    assert_eq!(call(&url, "PUT", "/payments/cancel", &headers, "").await.status, 405);
    assert_eq!(sandbox.payment(Gateway::Chaiport, id).unwrap().balance, 10_000);
}

#[tokio::test]
async fn virtual_accounts_need_an_account_in_the_pgs_numbering() {
    let sandbox = sandbox().await;
    let cancel = async |provider: &str, holder: Option<&str>, bank: &str| {
        let id = sandbox.pay(NewPayment::chaiport("V", 30_000).vbank().pg_provider(provider));
        let mut body = json!({"imp_uid": id.as_str(), "amount": 30_000, "checksum": 30_000,
                              "refund_bank": bank, "refund_account": "00011122233"});
        if let Some(holder) = holder {
            body["refund_holder"] = holder.into();
        }
        let answer = chaiport_cancel(&sandbox, &body).await;
        assert_eq!(answer.body["code"].as_i64() == Some(0), balance(&sandbox, &id) == 0);
        answer.body["code"].as_i64().unwrap()
    };
    assert_eq!(cancel("html5_inicis", Some("홍길동"), "88").await, 0);
    assert_eq!(cancel("kcp", Some("홍길동"), "BK88").await, 0);
    assert_eq!(cancel("tosspayments", Some("홍길동"), "088").await, 0);
    assert_eq!(cancel("daou", Some("홍길동"), "10").await, 0);
    assert_eq!(cancel("html5_inicis", None, "88").await, -1);
    assert_eq!(cancel("html5_inicis", Some("홍길동"), "088").await, -1);
    assert_eq!(cancel("kcp", Some("홍길동"), "88").await, -1);
    assert_eq!(cancel("nice_v2", Some("홍길동"), "090").await, -1);
    assert_eq!(cancel("danal_tpay", Some("홍길동"), "088").await, -1);
    assert_eq!(cancel("welcome", Some("홍길동"), "088").await, -1, "refund_tel is missing");
}

#[tokio::test]
async fn unpaid_virtual_accounts_are_withdrawn_not_cancelled() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("V", 30_000).vbank().ready());
    let refused = chaiport_cancel(&sandbox, &json!({"imp_uid": id.as_str(), "amount": 30_000})).await;
    assert_eq!(refused.body["code"], 1);
    let url = sandbox.url(Gateway::Chaiport);
    let token = token(&sandbox).await;
    let revoke = async |id: &str| {
        call(&url, "DELETE", &format!("/vbanks/{id}"), &[("authorization", &token)], "").await.status
    };
    assert_eq!(revoke(id.as_str()).await, 200);
    assert_eq!(sandbox.payment(Gateway::Chaiport, &id).unwrap().status, Status::Revoked);
    assert_eq!(revoke(id.as_str()).await, 400);
    assert_eq!(revoke("imp_none").await, 404);
    assert_eq!(sandbox.count(Gateway::Chaiport, Operation::Revoke), 3);
}

#[tokio::test]
async fn asynchronous_pgs_change_nothing_until_settled() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("P", 10_000).pg_provider("paypal_v2").pay_method("paypal"));
    let body = json!({"imp_uid": id.as_str(), "amount": 4_000, "checksum": 10_000, "reason": "tag-1"});
    let answer = chaiport_cancel(&sandbox, &body).await;
    assert_eq!(
        (answer.body["code"].as_i64(), answer.body["response"]["status"].as_str()),
        (Some(0), Some("paid"))
    );
    assert_eq!(answer.body["response"]["cancel_history"], json!([]));
    let again = chaiport_cancel(&sandbox, &body).await;
    assert_eq!(again.body["code"], 1, "what waits counts against the checksum");
    assert_eq!(sandbox.payment(Gateway::Chaiport, &id).unwrap().pending.len(), 1);
    assert_eq!(sandbox.settle(Gateway::Chaiport, &id), 1);
    let seen = chaiport_get(&sandbox, &format!("/payments/{id}")).await;
    assert_eq!(seen.body["response"]["cancel_history"][0]["reason"], "tag-1");
    assert_eq!(balance(&sandbox, &id), 6_000);
}

#[tokio::test]
async fn guards_strict_off_and_sloppy() {
    for (mode, both) in [(GuardMode::Strict, false), (GuardMode::Off, true), (GuardMode::Sloppy, true)] {
        let sandbox = sandbox().await;
        sandbox.set_guards(Guards { checksum: mode, ..Guards::default() });
        let id = sandbox.pay(NewPayment::chaiport("G", 10_000));
        let token = token(&sandbox).await;
        let url = sandbox.url(Gateway::Chaiport);
        let body = json!({"imp_uid": id.as_str(), "amount": 3_000, "checksum": 10_000}).to_string();
        let headers = [JSON, ("authorization", token.as_str())];
        let send = || call(&url, "POST", "/payments/cancel", &headers, &body);
        let (first, second) = tokio::join!(send(), send());
        let passed = [first, second].iter().filter(|a| a.body["code"] == 0).count();
        assert_eq!(passed, if both { 2 } else { 1 }, "{mode:?}");
        assert_eq!(balance(&sandbox, &id), if both { 4_000 } else { 7_000 }, "{mode:?}");
    }
}

#[tokio::test]
async fn look_ups() {
    let sandbox = sandbox().await;
    let hidden = sandbox.pay(NewPayment::chaiport("A", 1_000).sandbox_channel(true));
    let first = sandbox.pay(NewPayment::chaiport("B", 2_000));
    let second = sandbox.pay(NewPayment::chaiport("B", 3_000).failed());
    assert_eq!(chaiport_get(&sandbox, &format!("/payments/{hidden}")).await.status, 404);
    assert_eq!(chaiport_get(&sandbox, &format!("/payments/{hidden}?include_sandbox=true")).await.status, 200);
    let newest = chaiport_get(&sandbox, "/payments/find/B").await;
    assert_eq!(newest.body["response"]["imp_uid"], second.as_str());
    let paid = chaiport_get(&sandbox, "/payments/find/B/paid").await;
    assert_eq!(paid.body["response"]["imp_uid"], first.as_str());
    assert_eq!(chaiport_get(&sandbox, "/payments/find/B/nonsense").await.status, 400);
    assert_eq!(chaiport_get(&sandbox, "/payments/find/none").await.status, 404);
    let page = chaiport_get(&sandbox, "/payments/findAll/B?page=1&limit=1&sorting=started").await;
    assert_eq!(
        (page.body["response"]["total"].as_i64(), page.body["response"]["next"].as_i64()),
        (Some(2), Some(2))
    );
    assert_eq!(page.body["response"]["list"][0]["imp_uid"], first.as_str());
    let many = chaiport_get(&sandbox, &format!("/payments?imp_uid%5B%5D={first}&imp_uid[]=imp_none")).await;
    assert_eq!((many.status, many.body["response"].as_array().map(Vec::len)), (207, Some(1)));
    assert_eq!(chaiport_get(&sandbox, &format!("/payments?imp_uid[]={first}")).await.status, 200);
    assert_eq!(chaiport_get(&sandbox, "/payments?imp_uid[]=imp_none").await.status, 404);
}

#[tokio::test]
async fn look_ups_can_lag_or_be_stale() {
    let sandbox = sandbox().await;
    sandbox.clock().freeze();
    let id = sandbox.pay(NewPayment::chaiport("L", 10_000));
    sandbox.console_refund(Gateway::Chaiport, &id, 1_000).unwrap();
    let shown = async || {
        chaiport_get(&sandbox, &format!("/payments/{id}")).await.body["response"]["cancel_amount"].as_i64()
    };
    sandbox.stale_reads(Gateway::Chaiport, 1);
    assert_eq!((shown().await, shown().await), (Some(0), Some(1_000)));
    sandbox.set_read_lag(Gateway::Chaiport, Duration::from_secs(3));
    assert_eq!(shown().await, Some(0));
    sandbox.clock().advance(Duration::from_secs(3));
    assert_eq!(shown().await, Some(1_000));
    let entry = &sandbox.payment(Gateway::Chaiport, &id).unwrap().entries[0].clone();
    assert_eq!(sandbox.roll_back(Gateway::Chaiport, &id).as_ref(), Some(entry));
    assert_eq!(balance(&sandbox, &id), 10_000);
    assert_eq!((entry.by, entry.before), (Actor::Console, 10_000));
}

#[tokio::test]
async fn pg_rules() {
    let sandbox = sandbox().await;
    let code = async |payment: NewPayment, body: serde_json::Value| {
        let id = sandbox.pay(payment);
        let mut body = body;
        body["imp_uid"] = id.as_str().into();
        let answer = chaiport_cancel(&sandbox, &body).await;
        (answer.body["code"].as_i64().unwrap(), answer.body["message"].as_str().unwrap_or("").to_owned())
    };
    let out_of_step = code(NewPayment::chaiport("1", 1_000).pg_already_cancelled(true), json!({})).await;
    assert_eq!(out_of_step, (-1, "결제취소에 실패하였습니다. [500626|기 취소 거래]".to_owned()));
    assert_eq!(
        code(NewPayment::chaiport("2", 1_000).allows_partial(false), json!({"amount": 1})).await.0,
        -1
    );
    assert_eq!(code(NewPayment::chaiport("3", 1_000).pg_provider("naverpay"), json!({})).await.0, -1);
    let naver = json!({"reason": "변심", "extra": {"requester": "customer"}});
    assert_eq!(code(NewPayment::chaiport("4", 1_000).pg_provider("naverpay"), naver).await.0, 0);
    assert_eq!(
        code(NewPayment::chaiport("5", 1_000).pg_provider("kcp").tax_free(500), json!({})).await.0,
        -1
    );
    assert_eq!(code(NewPayment::chaiport("6", 1_000).vat(90), json!({})).await.0, -1);
    let phone = NewPayment::chaiport("7", 1_000).pay_method("phone").trade_date("20260101");
    assert_eq!(code(phone, json!({})).await.0, -1, "another month");
    assert_eq!(code(NewPayment::chaiport("8", 1_000).failed(), json!({})).await.0, 1);
}

#[tokio::test]
async fn form_bodies_and_dollars() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::chaiport("D", 1_050).currency("USD"));
    let token = token(&sandbox).await;
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", token.as_str())];
    let body = format!("imp_uid={id}&amount=10.05&checksum=10.5&reason=%ED%99%98%EB%B6%88");
    let answer = call(&sandbox.url(Gateway::Chaiport), "POST", "/payments/cancel", &headers, &body).await;
    assert_eq!(answer.body["code"], 0, "{:?}", answer.body);
    assert_eq!(answer.body["response"]["cancel_amount"].to_string(), "10.05");
    assert_eq!(answer.body["response"]["cancel_history"][0]["reason"], "환불");
    assert!(answer.head.contains("application/json"));
    assert_eq!(balance(&sandbox, &id), 45);
}
