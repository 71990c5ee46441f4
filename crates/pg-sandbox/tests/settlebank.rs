//! Settlebank's face in both forms: every rule by a raw request, the books as the oracle.
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

use client::{aes, flat, settlebank, sha256, standard};
use pg_cancel_sandbox::{
    Actor, Gateway, GuardMode, Guards, NewPayment, NotiCharset, NotiKind, Operation, Options, PaymentId,
    Sandbox, Status, credentials,
};
use serde_json::{Value, json};

const CANCEL: &str = "/spay/APICancel.do";
const REFUND: &str = "/spay/APIRefund.do";
const ISSUE: &str = "/spay/APIVBank.do";
/// 2026-11-21 12:00 in Korea.
const NOON: i64 = 1_795_230_000;

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default().start_time(NOON).settlebank_plain_amounts(true)).await.expect("starts")
}

fn left(sandbox: &Sandbox, id: &PaymentId) -> i64 {
    sandbox.payment(Gateway::Settlebank, id).unwrap().balance
}

fn outcome(body: &Value) -> (String, String) {
    let text = |name: &str| body["params"][name].as_str().unwrap_or("").to_owned();
    (text("outStatCd"), text("outRsltCd"))
}

fn code(body: &Value) -> String {
    outcome(body).1
}

fn card(id: &PaymentId, number: &str, order: &str, amount: &str) -> Value {
    standard("nxca_jt_il", "CA", "C0", number, amount, json!({"orgTrdNo": id.as_str(), "cnclOrd": order}))
}

#[tokio::test]
async fn standard_partial_then_rest() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000).points(2_000));
    assert_eq!(id.as_str().len(), 40);
    let first = settlebank(&sandbox, CANCEL, &card(&id, "C1", "001", "9000")).await.body;
    assert_eq!(outcome(&first), ("0021".into(), "0000".into()));
    let data = &first["data"];
    assert_eq!((data["cnclAmt"].as_str(), data["blcAmt"].as_str()), (Some("9000"), Some("1000")));
    assert_eq!((data["cardCnclAmt"].as_str(), data["pntCnclAmt"].as_str()), (Some("8000"), Some("1000")));
    assert_eq!(data["pktHash"].as_str().unwrap().len(), 64);
    assert_eq!(first["params"]["trdNo"].as_str().unwrap().len(), 40);
    for (number, order, amount, expected) in [
        ("C1", "002", "1000", "ST50"),
        ("C2", "001", "1000", "ST56"),
        ("C3", "003", "1000", "ST56"),
        ("C4", "002", "1001", "ST57"),
    ] {
        let answer = settlebank(&sandbox, CANCEL, &card(&id, number, order, amount)).await.body;
        assert_eq!(outcome(&answer), ("0031".into(), expected.into()));
        assert!(answer.get("data").is_none());
    }
    let rest = settlebank(&sandbox, CANCEL, &card(&id, "C5", "002", "1000")).await.body;
    assert_eq!(code(&rest), "0000");
    assert_eq!(code(&settlebank(&sandbox, CANCEL, &card(&id, "C6", "003", "1000")).await.body), "CA12");
    let ledger = sandbox.payment(Gateway::Settlebank, &id).unwrap();
    assert_eq!((ledger.balance, ledger.entries[1].tag.as_str(), ledger.entries.len()), (0, "002:C5", 2));
    sandbox.clock().advance(Duration::from_secs(86_400));
    assert_eq!(
        code(&settlebank(&sandbox, CANCEL, &card(&id, "C6", "003", "1000")).await.body),
        "CA12",
        "a new day, the number may return"
    );
}

#[tokio::test]
async fn amounts_are_encrypted_by_default() {
    let sandbox = Sandbox::start(Options::default().settlebank_failure_data(true)).await.unwrap();
    let id = sandbox.pay(NewPayment::settlebank("O-1", 1_000));
    let body = card(&id, "C1", "001", "1000");
    let mut forged = body.clone();
    forged["data"]["pktHash"] = "0".repeat(64).into();
    let refused = settlebank(&sandbox, CANCEL, &forged).await.body;
    assert_eq!(code(&refused), "1901");
    assert_eq!(refused["data"]["orgTrdNo"], id.as_str());
    let mut plain = body.clone();
    plain["data"]["cnclAmt"] = "1000".into();
    assert_eq!(code(&settlebank(&sandbox, CANCEL, &plain).await.body), "1902");
    let done = settlebank(&sandbox, CANCEL, &body).await.body;
    assert_eq!(done["data"]["cnclAmt"], "AntV/eDpxIaKF0hJiePDKA==");
}

#[tokio::test]
async fn missing_long_and_misrouted() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000));
    let good = card(&id, "C1", "001", "500");
    let change = |part: &str, name: &str, value: Value| {
        let mut body = good.clone();
        body[part][name] = value;
        body
    };
    let cases = [
        (change("params", "mchtId", "".into()), "1001"),
        (change("params", "method", "".into()), "1002"),
        (change("params", "trdDt", "".into()), "1003"),
        (change("params", "trdTm", "".into()), "1004"),
        (change("params", "mchtTrdNo", "".into()), "1005"),
        (change("params", "mchtId", "m".repeat(13).into()), "1101"),
        (change("params", "mchtTrdNo", "m".repeat(101).into()), "1105"),
        (change("params", "ver", "9999".into()), "ST09"),
        (change("params", "trdDt", "20261399".into()), "ST09"),
        (change("params", "mchtTrdNo", "주문".into()), "ST09"),
        (change("params", "mchtId", "nobody".into()), "ST47"),
        (change("params", "method", "VA".into()), "6001"),
        (change("params", "bizType", "C9".into()), "6001"),
        (change("params", "extra", "x".into()), "6001"),
        (change("data", "extra", "x".into()), "6001"),
        (change("data", "cnclAmt", "".into()), "1009"),
        (change("data", "cnclAmt", aes("1234567890123").into()), "1109"),
        (change("data", "orgTrdNo", "".into()), "ST09"),
        (change("data", "cnclRsn", "a<b".into()), "ST09"),
        (change("data", "pktHash", "x".repeat(201).into()), "1127"),
        (change("data", "cnclOrd", 1.into()), "6001"),
        (change("data", "crcCd", "EUR".into()), "ST26"),
        (change("data", "orgTrdNo", "none".into()), "ST50"),
    ];
    for (body, expected) in cases {
        assert_eq!(code(&settlebank(&sandbox, CANCEL, &body).await.body), expected, "{body}");
    }
    let unknown =
        standard("nxca_jt_il", "CA", "C0", "C2", "500", json!({"orgTrdNo": "none", "cnclOrd": "001"}));
    assert_eq!(code(&settlebank(&sandbox, CANCEL, &unknown).await.body), "ST06");
    let blanks =
        json!({"orgTrdNo": id.as_str(), "cnclOrd": "001", "refundBankCd": "", "vAcntNo": "", "taxAmt": ""});
    let blanks = standard("nxca_jt_il", "CA", "C0", "C3", "500", blanks);
    assert_eq!(
        code(&settlebank(&sandbox, CANCEL, &blanks).await.body),
        "0000",
        "blank fields of other methods pass"
    );
    assert_eq!(sandbox.payment(Gateway::Settlebank, &id).unwrap().entries.len(), 1);
}

#[tokio::test]
async fn methods_have_their_own_rules() {
    let sandbox = sandbox().await;
    let mut number = 0;
    let mut run =
        async |payment: NewPayment, method: &str, mid: &str, order: &str, amount: &str, more: Value| {
            number += 1;
            let id = sandbox.pay(payment);
            let mut data = json!({"orgTrdNo": id.as_str(), "cnclOrd": order});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let body = standard(mid, method, "C0", &format!("N{number}"), amount, data);
            code(&settlebank(&sandbox, CANCEL, &body).await.body)
        };
    let new = |method: &str| NewPayment::settlebank("M", 10_000).method(method).mid("nx_mid_il");
    let none = json!({});
    assert_eq!(run(new("TC"), "TC", "nx_mid_il", "001", "500", none.clone()).await, "ST58");
    assert_eq!(run(new("TC"), "TC", "nx_mid_il", "002", "10000", none.clone()).await, "ST56");
    assert_eq!(run(new("TC"), "TC", "nx_mid_il", "001", "10000", none.clone()).await, "0000");
    assert_eq!(run(new("RA"), "RA", "nx_mid_il", "001", "500", none.clone()).await, "ST54", "same day");
    let older = new("RA").trade_date("20261120");
    assert_eq!(run(older, "RA", "nx_mid_il", "001", "500", none.clone()).await, "0000");
    assert_eq!(
        run(new("MP").trade_date("20261031"), "MP", "nx_mid_il", "001", "10000", none.clone()).await,
        "MP81"
    );
    assert_eq!(
        run(new("TM").trade_date("20260801"), "TM", "nx_mid_il", "001", "10000", none.clone()).await,
        "TM30"
    );
    let prepaid = NewPayment::settlebank("M", 10_000).prepaid_card(true);
    assert_eq!(run(prepaid, "CA", "nxca_jt_il", "001", "500", none.clone()).await, "CA88");
    let whole = NewPayment::settlebank("M", 10_000).allows_partial(false);
    assert_eq!(run(whole, "CA", "nxca_jt_il", "001", "500", none.clone()).await, "ST54");
    let small = NewPayment::settlebank("M", 10_000);
    assert_eq!(run(small.clone(), "CA", "nxca_jt_il", "001", "99", none.clone()).await, "CA40");
    let tax = json!({"taxTypeCd": "G", "taxAmt": aes("909"), "vatAmt": aes("91"), "taxFreeAmt": aes("0")});
    assert_eq!(run(small.clone(), "CA", "nxca_jt_il", "001", "1000", tax.clone()).await, "0000");
    assert_eq!(run(small, "CA", "nxca_jt_il", "001", "1001", tax).await, "ST55");
    let dollars = NewPayment::settlebank("U", 150).currency("USD").mid("nxca_ab_bi");
    assert_eq!(run(dollars, "CA", "nxca_ab_bi", "001", "150", json!({"crcCd": "USD"})).await, "0000");
}

#[tokio::test]
async fn refunds_to_accounts() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("V", 10_000).vbank().holder("홍길동"));
    let body = |number: &str, holder: &str, bank: &str| {
        let data = json!({"orgTrdNo": id.as_str(), "cnclOrd": "001", "refundBankCd": bank,
                          "refundAcntNo": aes("0001112223"), "refundDpstrNm": holder});
        standard("nx_mid_il", "VA", "C0", number, "4000", data)
    };
    assert_eq!(code(&settlebank(&sandbox, REFUND, &body("1", "김철수", "088")).await.body), "ST24");
    assert_eq!(code(&settlebank(&sandbox, REFUND, &body("2", "홍길동", "001")).await.body), "ST09");
    assert_eq!(code(&settlebank(&sandbox, CANCEL, &body("3", "홍길동", "088")).await.body), "6001");
    assert_eq!(code(&settlebank(&sandbox, REFUND, &body("4", "", "088")).await.body), "ST09");
    let done = settlebank(&sandbox, REFUND, &body("5", "홍길동", "088")).await.body;
    assert_eq!((code(&done), done["data"]["blcAmt"].as_str()), ("0000".into(), Some("6000")));
    let unserved = sandbox.pay(NewPayment::settlebank("W", 10_000).vbank().refund_service(false));
    let mut data = body("6", "홍길동", "088")["data"].clone();
    data["orgTrdNo"] = unserved.as_str().into();
    let request = standard("nx_mid_il", "VA", "C0", "6", "4000", data);
    assert_eq!(code(&settlebank(&sandbox, REFUND, &request).await.body), "ST69");
}

#[tokio::test]
async fn issue_cancels_hash_a_literal_zero() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("V", 10_000).vbank().ready().account("12345678901234"));
    let body = |number: &str, amount: &str| {
        standard(
            "nx_mid_il",
            "VA",
            "A2",
            number,
            amount,
            json!({"orgTrdNo": id.as_str(), "vAcntNo": aes("12345678901234")}),
        )
    };
    assert_eq!(code(&settlebank(&sandbox, ISSUE, &body("1", "10000")).await.body), "1901");
    let done = settlebank(&sandbox, ISSUE, &body("2", "0")).await.body;
    assert_eq!(
        (code(&done), done["data"]["vAcntNo"].as_str()),
        ("0000".into(), Some(aes("12345678901234").as_str()))
    );
    assert_eq!(sandbox.payment(Gateway::Settlebank, &id).unwrap().status, Status::Revoked);
    assert_eq!(code(&settlebank(&sandbox, ISSUE, &body("3", "0")).await.body), "ST25");
    assert_eq!(sandbox.count(Gateway::Settlebank, Operation::Revoke), 3);
    let noti = sandbox.settlebank_noti(&id, NotiKind::IssueCancelled, NotiCharset::Utf8).unwrap();
    assert!(!String::from_utf8(noti).unwrap().contains("trdAmt"));
}

#[tokio::test]
async fn a_3007_runs_by_itself_once_the_money_is_there() {
    let sandbox = sandbox().await;
    sandbox.set_funds(Gateway::Settlebank, Some(100));
    let id = sandbox.pay(NewPayment::settlebank("F", 10_000));
    assert_eq!(code(&settlebank(&sandbox, CANCEL, &card(&id, "C1", "001", "4000")).await.body), "3007");
    assert_eq!(left(&sandbox, &id), 10_000);
    assert!(sandbox.requests().iter().all(|seen| !seen.applied));
    assert_eq!(
        code(&settlebank(&sandbox, CANCEL, &card(&id, "C2", "001", "4000")).await.body),
        "ST56",
        "its number is held"
    );
    assert_eq!(sandbox.deposit_funds(Gateway::Settlebank, None), 1);
    let ledger = sandbox.payment(Gateway::Settlebank, &id).unwrap();
    assert_eq!((ledger.balance, ledger.entries[0].by), (6_000, Actor::Late));
}

fn inquiry(mid: &str, method: &str, amount: &str, date: &str, order: &str) -> Value {
    let hash = sha256(&["20261121", "100000", mid, "Q1", amount, credentials::SETTLEBANK_LICENCE_KEY]);
    json!({
        "params": {"mchtId": mid, "ver": "0A1M", "mchtTrdNo": "Q1", "trdDt": "20261121", "trdTm": "100000"},
        "data": {"pktHash": hash.to_uppercase(), "method": method, "trdAmt": amount, "orgTrdDt": date, "orgMchtTrdNo": order},
    })
}

#[tokio::test]
async fn inquiry_finds_by_order_date_and_amount() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000).trade_date("20261120"));
    let ask = async |date: &str, amount: &str| {
        settlebank(&sandbox, "/spay/APITrdcheck.do", &inquiry("nxca_jt_il", "CA", amount, date, "O-1"))
            .await
            .body
    };
    let before = ask("20261121", "10000").await;
    assert_eq!((code(&before), before["data"]["cnclAmt"].as_str()), ("0000".into(), Some("0")));
    assert_eq!(before["params"].get("method"), None);
    sandbox.console_refund(Gateway::Settlebank, &id, 4_000).unwrap();
    assert_eq!(ask("20261119", "10000").await["data"]["cnclAmt"], "4000");
    assert_eq!(outcome(&ask("20261118", "10000").await), ("0031".into(), "ST06".into()));
    assert_eq!(code(&ask("20261120", "9999").await), "ST06");
    sandbox.console_refund(Gateway::Settlebank, &id, 6_000).unwrap();
    assert_eq!(outcome(&ask("20261120", "10000").await), ("0021".into(), "0001".into()));
    sandbox.pay(NewPayment::settlebank("E", 500).method("PZ").mid("hecto_test").inquiry_method("NP"));
    let mut easy = inquiry("hecto_test", "NP", "500", "20261121", "E");
    assert_eq!(code(&settlebank(&sandbox, "/spay/APITrdcheck.do", &easy).await.body), "0000");
    easy["data"]["method"] = "PZ".into();
    assert_eq!(code(&settlebank(&sandbox, "/spay/APITrdcheck.do", &easy).await.body), "ST09");
}

#[tokio::test]
async fn flat_form() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000).mid("nxca_jt_bi").trade_date("20261120"));
    let send = async |body: Value| {
        let answer = settlebank(&sandbox, CANCEL, &body).await;
        assert_eq!(answer.status, 200);
        answer.body
    };
    let with = |amount: &str| flat("nxca_jt_bi", id.as_str(), "O-1", "20261120", amount);
    let done = send(with("500")).await;
    assert_eq!(done["resultCode"], "0000");
    assert_eq!(done["canTrdNo"].as_str().unwrap().len(), 43);
    let repeat = send(with("500")).await;
    assert_eq!((repeat["resultCode"].as_str(), repeat["canTrdNo"].is_null()), (Some("1005"), true));
    assert_eq!(send(with("9501")).await["resultCode"], "1002");
    assert_eq!(send(flat("nobody", id.as_str(), "O-1", "20261120", "1")).await["resultCode"], "1001");
    assert_eq!(send(flat("nxca_jt_bi", "STFP_none", "O-1", "20261120", "1")).await["resultCode"], "1004");
    assert_eq!(send(flat("nxca_jt_bi", id.as_str(), "O-1", "20261121", "1")).await["resultCode"], "1004");
    let mut forged = with("600");
    forged["pktHash"] = "f395b6725a9a18f2563ce34f8bc76698051d27c05e5ba815f463f00429061c0c".into();
    assert_eq!(send(forged).await["resultCode"], "1007");
    let mut extra = with("600");
    extra["ver"] = "0A19".into();
    assert_eq!(send(extra).await["resultCode"], "1006");
    assert_eq!(send(with("9500")).await["resultCode"], "0000");
    assert_eq!(send(with("1")).await["resultCode"], "1008");
    assert_eq!(left(&sandbox, &id), 0);
}

#[tokio::test]
async fn the_flat_forms_hole_opens_when_repeats_are_not_refused() {
    let sandbox = sandbox().await;
    sandbox.set_guards(Guards { flat_repeat: GuardMode::Off, ..Guards::default() });
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000));
    let date = sandbox.payment(Gateway::Settlebank, &id).unwrap().trade_date;
    let body = flat("nxca_jt_il", id.as_str(), "O-1", &date, "500");
    for _ in 0..2 {
        assert_eq!(settlebank(&sandbox, CANCEL, &body).await.body["resultCode"], "0000");
    }
    assert_eq!(left(&sandbox, &id), 9_000);
}

#[tokio::test]
async fn sequence_guard_off_and_sloppy() {
    for (mode, expected) in [(GuardMode::Strict, 7_000), (GuardMode::Off, 4_000), (GuardMode::Sloppy, 4_000)]
    {
        let sandbox = sandbox().await;
        sandbox.set_guards(Guards { cncl_ord: mode, ..Guards::default() });
        let id = sandbox.pay(NewPayment::settlebank("G", 10_000));
        let (first, second) = (card(&id, "C1", "001", "3000"), card(&id, "C2", "001", "3000"));
        let _ = tokio::join!(settlebank(&sandbox, CANCEL, &first), settlebank(&sandbox, CANCEL, &second));
        assert_eq!(left(&sandbox, &id), expected, "{mode:?}");
    }
}

#[tokio::test]
async fn notifications_carry_a_right_hash_in_either_charset() {
    let sandbox = sandbox().await;
    let id = sandbox.pay(NewPayment::settlebank("O-1", 10_000));
    assert_eq!(sandbox.settlebank_noti(&id, NotiKind::Cancelled, NotiCharset::Utf8), None);
    settlebank(&sandbox, CANCEL, &card(&id, "C1", "001", "4000")).await;
    let noti =
        String::from_utf8(sandbox.settlebank_noti(&id, NotiKind::Cancelled, NotiCharset::Utf8).unwrap())
            .unwrap();
    let field = |name: &str| {
        noti.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or("").to_owned()
    };
    let parts = [field("outStatCd"), field("trdDtm"), field("mchtId"), field("mchtTrdNo"), field("trdAmt")];
    let mut parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    parts.push(credentials::SETTLEBANK_LICENCE_KEY);
    assert_eq!(sha256(&parts), field("pktHash"));
    assert_eq!(
        (field("cnclType"), field("trdAmt"), field("mchtTrdNo")),
        ("10".into(), "4000".into(), "C1".into())
    );
    let korean = sandbox.settlebank_noti(&id, NotiKind::Cancelled, NotiCharset::EucKr).unwrap();
    assert_ne!(noti.as_bytes(), korean);
    let wrong = sandbox.settlebank_noti(&id, NotiKind::WrongHash, NotiCharset::Utf8).unwrap();
    assert!(!String::from_utf8(wrong).unwrap().contains(&field("pktHash")));
}
