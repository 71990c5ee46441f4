//! Payments: registered one by one and many at once, and shown.

use pg_sandbox::NewPayment;

use crate::client::Call;
use crate::scene::{Scene, dashed};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_registered_once_and_shown_with_its_cancels() {
    let scene = Scene::new().await;
    let body = r#"{"imp_uid":"imp_1","merchant_uid":"ORD 1/가","amount":10000,"cancel_amount":2500,"pg_provider":"kcp"}"#;
    let first = scene.send(Call::post("/payments", body)).await;
    assert_eq!((first.status, &first.json()["cancelable_amount"]), (201, &7500.into()));
    assert_eq!(scene.send(Call::post("/payments", body)).await.status, 200);
    let other = body.replace("10000", "10001");
    let call = Call::post("/payments", other.as_str()).header("accept-language", "ko");
    let korean = scene.send(call).await.refused(409, "payment_conflict");
    assert!(
        korean["message"].as_str().unwrap().contains("amount (등록: 10,000원, 요청: 10,001원)"),
        "{korean}"
    );
    let differs = scene.send(Call::post("/payments", other)).await.refused(409, "payment_conflict");
    assert_eq!(differs["differs"][0]["field"], "amount", "{differs}");
    assert!(
        differs["message"].as_str().unwrap().contains("registered 10000 KRW, given 10001 KRW"),
        "{differs}"
    );
    let path = "/payments/ORD%201%2F%EA%B0%80";
    let shown = scene.send(Call::get(path)).await.json();
    assert_eq!((&shown["pg_provider"], &shown["cancel_amount"]), (&"kcp".into(), &2500.into()));
    assert_eq!(shown["cancels"].as_array().unwrap().len(), 0);
    for query in ["?gateway=chaiport", "?account=shop", "?payment_id=imp_1"] {
        assert_eq!(scene.send(Call::get(format!("{path}{query}"))).await.status, 200);
    }
    scene.send(Call::get(format!("{path}?gateway=eximbay"))).await.refused(404, "no_such_payment");
    scene.send(Call::get(format!("{path}?gateway=toss"))).await.refused(400, "invalid");
    scene.send(Call::get(format!("{path}?account=a&account=b"))).await.refused(400, "invalid");
    let again = body.replace("imp_1", "imp_2");
    assert_eq!(scene.send(Call::post("/payments", again)).await.status, 201);
    let problem = scene.send(Call::get(path)).await.refused(409, "several_payments");
    assert_eq!(problem["choices"][1]["payment_id"], "imp_2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_its_gateway_could_not_find_is_refused_by_field() {
    let scene = Scene::new().await;
    for (body, field) in [
        (r#"{"merchant_uid":"O","amount":1}"#, "gateway"),
        (r#"{"gateway":"chaiport","merchant_uid":"O","amount":1}"#, "payment_id"),
        (r#"{"imp_uid":"imp_1","amount":1}"#, "merchant_uid"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":1,"memo":"x"}"#, "memo"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":9,"cancel_amout":1}"#, "cancel_amout"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":9,"환불금액":1}"#, "환불금액"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O"}"#, "amount"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":0}"#, "amount"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":1.5}"#, "amount"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":1,"cancel_amount":2}"#, "cancel_amount"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":1,"currency":"won"}"#, "currency"),
        (r#"{"imp_uid":"../1","merchant_uid":"O","amount":1}"#, "imp_uid"),
        (
            r#"{"gateway":"eximbay","payment_id":"1","merchant_uid":"O","amount":1.00,"currency":"USD"}"#,
            "paid_text",
        ),
        (r#"{"gateway":"settlebank","payment_id":"T1","merchant_uid":"O","amount":1}"#, "paid_on"),
        (
            r#"{"gateway":"settlebank","payment_id":"T1","merchant_uid":"O","amount":1,"paid_on":"21.11."}"#,
            "paid_on",
        ),
        (
            r#"{"gateway":"settlebank","payment_id":"T1","merchant_uid":"O","amount":1,"paid_on":"2026-11-21"}"#,
            "method",
        ),
        // in Korea it is the day after
        (
            r#"{"gateway":"settlebank","payment_id":"T1","merchant_uid":"O","amount":1,"method":"CA","paid_on":"2026-11-21T23:30:00Z"}"#,
            "paid_on",
        ),
        (r#"{"imp_uid":"imp_1","payment_id":"imp_2","merchant_uid":"O","amount":1}"#, "imp_uid"),
        (r#"{"imp_uid":"imp_1","merchant_uid":"O","amount":1,"account":"shopp"}"#, "account"),
        (
            r#"{"gateway":"eximbay","payment_id":"1","merchant_uid":"O","amount":1,"account":"SHOP"}"#,
            "account",
        ),
    ] {
        let problem = scene.send(Call::post("/payments", body)).await.refused(400, "invalid");
        assert_eq!(problem["field"], field, "{body}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_shown_is_not_registered() {
    let scene = Scene::new().await;
    let long = "x".repeat(65);
    let mut bodies = Vec::new();
    for account in ["", "shop two", "shop/two", "가게", "shop\\n", "shop\\u202e", long.as_str()] {
        let body = format!(r#"{{"imp_uid":"imp_1","merchant_uid":"O","amount":1,"account":"{account}"}}"#);
        bodies.push((body, "account"));
    }
    for field in ["method", "pg_provider", "paid_text", "merchant_uid"] {
        for text in [
            "a\\nb",
            "a\\u001b[2J",
            "a\\u202eb",
            "a\\u0000",
            "a\\u3164",
            "a\\u00ad",
            "a\\ufe0f",
            "a\\udb40\\udc41",
            long.as_str(),
        ] {
            let order = if field == "merchant_uid" { "" } else { r#""merchant_uid":"O","# };
            bodies.push((format!(r#"{{"imp_uid":"imp_1",{order}"amount":1,"{field}":"{text}"}}"#), field));
        }
    }
    for (body, field) in &bodies {
        let problem = scene.send(Call::post("/payments", body.as_str())).await.refused(400, "invalid");
        assert_eq!(problem["field"], *field, "{body}: {problem}");
        let rows = scene.send(Call::post("/payments/bulk", format!("[{body}]"))).await;
        assert_eq!(rows.refused(400, "invalid_rows")["rows"][0]["field"], *field, "{body}");
    }
    let many: Vec<String> = (0..65).map(|n| format!("\"m{n}\":0")).collect();
    let body = format!("{{{}}}", many.join(","));
    let problem = scene.send(Call::post("/payments", body)).await.refused(400, "invalid");
    assert_eq!(problem["field"], "body");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_registered_together_or_not_at_all() {
    let scene = Scene::new().await;
    let row = |number: usize| {
        format!(r#"{{"imp_uid":"imp_{number}","merchant_uid":"ORD-{number}","amount":1000}}"#)
    };
    let rows = |numbers: std::ops::Range<usize>| numbers.map(row).collect::<Vec<_>>();
    let bulk = |body: String| Call::post("/payments/bulk", body);
    let spoilt = [&rows(0..3)[..], &[row(1), r#"{"imp_uid":"imp_9"}"#.to_owned(), "7".to_owned()]].concat();
    let problem = scene.send(bulk(format!("[{}]", spoilt.join(",")))).await.refused(400, "invalid_rows");
    let faults = problem["rows"].as_array().unwrap();
    let told: Vec<_> =
        faults.iter().map(|fault| (fault["row"].as_u64().unwrap(), fault["field"].as_str())).collect();
    assert_eq!(told, [(4, Some("payment_id")), (5, Some("merchant_uid")), (6, None)], "{problem}");
    scene.send(Call::get("/payments/ORD-0")).await.refused(404, "no_such_payment");

    let done = scene.send(bulk(format!("[{}]", rows(0..500).join(",")))).await;
    assert_eq!(done.text(), r#"{"registered":500,"known":0}"#);
    let lines = rows(499..502).join("\n") + "\n\n";
    let call = bulk(lines).without("content-type").header("content-type", "application/x-ndjson");
    assert_eq!(scene.send(call).await.text(), r#"{"registered":2,"known":1}"#);
    // one of them is registered with another amount
    let conflict = format!("[{},{}]", row(600), row(3).replace("1000", "2000"));
    let problem = scene.send(bulk(conflict)).await.refused(400, "invalid_rows");
    assert_eq!(
        (&problem["rows"][0]["row"], &problem["rows"][0]["code"]),
        (&2.into(), &"payment_conflict".into())
    );
    // in the order of the rows, whatever is wrong with each, and in the reader's language
    let mixed = format!("[{},{}]", row(3).replace("1000", "2000"), r#"{"imp_uid":"imp_9","amount":1}"#);
    let call = bulk(mixed).header("accept-language", "ko");
    let korean = scene.send(call).await.refused(400, "invalid_rows");
    let told: Vec<_> = korean["rows"].as_array().unwrap().iter().map(|row| row["row"].as_u64()).collect();
    assert_eq!(told, [Some(1), Some(2)], "{korean}");
    assert!(korean["message"].as_str().unwrap().contains("첫 행: 1"), "{korean}");
    assert!(korean["rows"][0]["message"].as_str().unwrap().contains("다른 항목: amount"), "{korean}");
    assert_eq!(korean["rows"][1]["message"], "merchant_uid: 필수 항목입니다.", "{korean}");
    scene.send(Call::get("/payments/ORD-600")).await.refused(404, "no_such_payment");
    for malformed in ["", "[]", "[1,", "{\n", "[{}] x"] {
        scene.send(bulk(malformed.to_owned())).await.refused(400, "malformed_json");
    }
    let many = format!("[{}]", vec!["{}"; 150].join(","));
    let problem = scene.send(bulk(many)).await.refused(400, "invalid_rows");
    assert_eq!((problem["rows"].as_array().unwrap().len(), &problem["faults"]), (100, &150.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_registered_under_one_account() {
    let scene = Scene::new().await;
    let id = scene.card("ORD-1").await;
    // the account has another name since
    let payment = scene.desk.journal().payments(None, 1).await.unwrap().remove(0).payment;
    let mut renamed = payment.clone();
    renamed.gateway_id = "imp_old".to_owned();
    scene.desk.register(cancel_desk::record::NewPayment::new("old-shop", renamed)).await.unwrap();
    let row = |id: &str| format!(r#"{{"imp_uid":"{id}","merchant_uid":"ORD-1","amount":10000}}"#);
    let problem = scene.send(Call::post("/payments", row("imp_old"))).await.refused(409, "not_allowed");
    assert!(problem["message"].as_str().unwrap().contains("another account"), "{problem}");
    let call = Call::post("/payments", row("imp_old")).header("accept-language", "ko");
    let korean = scene.send(call).await.refused(409, "not_allowed");
    assert!(korean["message"].as_str().unwrap().contains("다른 계정"), "{korean}");
    let many = format!("[{},{}]", row("imp_new"), row("imp_old"));
    let problem = scene.send(Call::post("/payments/bulk", many)).await.refused(400, "invalid_rows");
    let told = &problem["rows"][0];
    assert_eq!((&told["row"], &told["code"]), (&2.into(), &"not_allowed".into()), "{problem}");
    assert_eq!(scene.desk.journal().payments(None, 9).await.unwrap().len(), 2, "none was registered");
    assert_eq!(payment.gateway_id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_gateways_refund_over_one_address() {
    let scene = Scene::new().await;
    scene.card("ORD-C").await;
    let eximbay = scene.sandbox.pay(NewPayment::eximbay("ORD-E", "KRW", "10000"));
    let settlebank = scene.sandbox.pay(NewPayment::settlebank("ORD-S", 10_000));
    let day = scene.sandbox.payment(pg_sandbox::Gateway::Settlebank, settlebank.as_str()).unwrap().trade_date;
    let day = dashed(&day);
    let rows = format!(
        "{{\"gateway\":\"eximbay\",\"payment_id\":\"{}\",\"merchant_uid\":\"ORD-E\",\"amount\":10000,\"method\":\"P101\"}}\n\
         {{\"gateway\":\"settlebank\",\"payment_id\":\"{}\",\"merchant_uid\":\"ORD-S\",\"amount\":10000,\"method\":\"CA\",\"paid_on\":\"{day}\"}}",
        eximbay.as_str(),
        settlebank.as_str(),
    );
    let call = Call::post("/payments/bulk", rows)
        .without("content-type")
        .header("content-type", "application/jsonl");
    assert_eq!(scene.send(call).await.status, 200);
    for order in ["ORD-C", "ORD-E", "ORD-S"] {
        let body = scene.send(Call::cancel(order, "3000", "same-key-at-each")).await.state(200, "completed");
        assert_eq!(body["cancel_amount"], 3000);
    }
}
