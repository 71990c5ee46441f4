use proptest::prelude::*;

use super::*;
use crate::classify::classify;
use crate::wire::cancel_body;
use pg_core::wire::WireResponse;

fn row(cancelled: i64) -> PaymentRecord {
    let json = format!(
        r#"{{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,"cancel_amount":{cancelled},
        "pg_provider":"html5_inicis","pay_method":"vbank"}}"#
    );
    PaymentRecord::from_json(json.as_bytes()).unwrap()
}

fn asked(fields: &str) -> Result<ClientCancelRequest, Invalid> {
    ClientCancelRequest::from_json(format!("{{{fields}}}").as_bytes())
}

const ACCOUNT: &str = r#","refund_holder":"홍길동","refund_bank":"88","refund_account":"56211105948400""#;

fn amount(text: &str) -> ClientCancelRequest {
    asked(&format!(r#""merchant_uid":"ORD-1","cancel_request_amount":{text}{ACCOUNT}"#)).unwrap()
}

#[test]
fn the_guides_example_becomes_the_guides_request() {
    let asked = asked(&format!(
        r#""merchant_uid":"ORD-1","cancel_request_amount":2000,"reason":"테스트 결제 환불"{ACCOUNT}"#
    ))
    .unwrap();
    let request = decide(&row(2500), &asked).unwrap().with_tag("t1".parse().unwrap());
    assert_eq!(
        String::from_utf8(cancel_body(&request).unwrap()).unwrap(),
        concat!(
            r#"{"reason":"[c:t1] 테스트 결제 환불","imp_uid":"imp_1","amount":2000,"checksum":7500,"#,
            r#""refund_holder":"홍길동","refund_bank":"88","refund_account":"56211105948400"}"#
        )
    );
}

#[test]
fn the_shops_body_is_read_strictly() {
    for (fields, field) in [
        (r#""cancel_request_amount":1"#, "merchant_uid"),
        (r#""merchant_uid":null,"cancel_request_amount":1"#, "merchant_uid"),
        (r#""merchant_uid":7,"cancel_request_amount":1"#, "merchant_uid"),
        (r#""merchant_uid":"","cancel_request_amount":1"#, "merchant_uid"),
        (r#""merchant_uid":"O""#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":null"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":"1000""#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":0"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":0.00e5"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":-1"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":true"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":1,"cancel_request_amount":2"#, AMOUNT),
        (r#""merchant_uid":"O","cancel_request_amount":1,"cancel_amount":1"#, "body"),
        (r#""merchant_uid":"O","cancel_request_amount":1,"reason":5"#, "reason"),
        (r#""merchant_uid":"O","cancel_request_amount":1,"refund_bank":"88""#, "refund_holder"),
        (r#""merchant_uid":"O","cancel_request_amount":1,"refund_holder":"홍""#, "refund_bank"),
        (r#""merchant_uid":"O","cancel_request_amount":1,"refund_tel":"010""#, "refund_holder"),
        (r#""merchant_uid":"O","cancel_request_amount":NaN"#, "body"),
    ] {
        assert_eq!(asked(fields).unwrap_err().field(), field, "{fields}");
    }
    let misspelt = asked(r#""merchant_uid":"O","cancel_request_amout":1"#).unwrap_err();
    assert!(misspelt.reason().contains("cancel_request_amout"));
    let hostile = asked(r#""merchant_uid":"O","a\nb":1"#).unwrap_err();
    assert!(!hostile.reason().contains('\n'));
    assert_eq!(ClientCancelRequest::from_json(b"[]").unwrap_err().field(), "body");
    let large = format!(r#"{{"reason":"{}"}}"#, "x".repeat(MAX_BODY));
    assert_eq!(ClientCancelRequest::from_json(large.as_bytes()).unwrap_err().field(), "body");
    let text = asked(r#""merchant_uid":"O","cancel_request_amount":"1000""#).unwrap_err();
    assert_eq!(text.reason(), "must be a json number");
    let nulls = r#""merchant_uid":"O","cancel_request_amount":1.0e1,"reason":null,"refund_bank":null"#;
    assert!(asked(nulls).is_ok());
}

#[test]
fn sixty_four_kib_are_the_longest_body() {
    let body = |length: usize| {
        let start = r#"{"merchant_uid":"O","cancel_request_amount":1,"reason":"x"#;
        let fill = " ".repeat(length - start.len() - 2);
        ClientCancelRequest::from_json(format!("{start}\"{fill}}}").as_bytes())
    };
    assert_eq!(MAX_BODY, 65_536);
    assert!(body(MAX_BODY).is_ok());
    assert_eq!(body(MAX_BODY + 1).unwrap_err().field(), "body");
}

#[test]
fn a_field_that_could_be_a_number_of_somebodys_is_not_repeated() {
    for (name, shown) in [("field_1234", "field_1234"), ("field_12345", "(unprintable)")] {
        let error = asked(&format!(r#""merchant_uid":"O","{name}":1"#)).unwrap_err();
        assert_eq!(error.reason(), format!("has an unknown field {shown}"));
    }
}

#[test]
fn debug_shows_order_and_amount_only() {
    let asked =
        asked(&format!(r#""merchant_uid":"ORD-1","cancel_request_amount":2000,"reason":"변심"{ACCOUNT}"#));
    let shown = format!("{:?}", asked.unwrap());
    assert!(shown.contains("ORD-1") && shown.contains("2000"), "{shown}");
    for hidden in ["변심", "홍길동", "56211105948400"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn what_is_already_refunded_is_said_in_the_guides_words() {
    for cancelled in [10_000, 10_001] {
        let refusal = decide(&row(cancelled), &amount("1")).unwrap_err();
        assert_eq!(refusal, Refusal::AlreadyFullyRefunded);
        assert_eq!(refusal.to_string(), "이미 전액환불된 주문입니다.");
        assert_eq!(refusal.http_status(), 400);
    }
}

#[test]
fn more_than_is_left_is_refused_with_what_is_left() {
    let refusal = decide(&row(2500), &amount("7501")).unwrap_err();
    assert_eq!(refusal, Refusal::ExceedsCancelable { cancelable: Money::krw(7500).unwrap() });
    assert_eq!(refusal.to_string(), "환불 요청 금액이 환불 가능 금액(7500 KRW)보다 큽니다.");
    assert!(decide(&row(2500), &amount("7500")).is_ok());
}

#[test]
fn what_cannot_be_used_is_named() {
    let field = |refusal: Refusal| match refusal {
        Refusal::Invalid(error) => error.field(),
        other => panic!("{other}"),
    };
    let of = |fields: &str| asked(fields).unwrap();
    let cases = [
        (r#""merchant_uid":"ORD-2","cancel_request_amount":1"#.to_owned(), "merchant_uid"),
        (r#""merchant_uid":"ORD-1","cancel_request_amount":0.5"#.to_owned(), AMOUNT),
        (r#""merchant_uid":"ORD-1","cancel_request_amount":1"#.to_owned(), "refund_account"),
        (
            format!(r#""merchant_uid":"ORD-1","cancel_request_amount":1{}"#, ACCOUNT.replace("88", "99")),
            "refund_bank",
        ),
        (
            format!(r#""merchant_uid":"ORD-1","cancel_request_amount":1{}"#, ACCOUNT.replace("홍길동", " ")),
            "refund_holder",
        ),
        (
            format!(r#""merchant_uid":"ORD-1","cancel_request_amount":1{}"#, ACCOUNT.replace("5621", "x")),
            "refund_account",
        ),
        (
            format!(r#""merchant_uid":"ORD-1","cancel_request_amount":1{ACCOUNT},"refund_tel":"x""#),
            "refund_tel",
        ),
        (r#""merchant_uid":"ORD-1","cancel_request_amount":1,"reason":"a\nb""#.to_owned(), "reason"),
    ];
    for (fields, expected) in cases {
        assert_eq!(field(decide(&row(0), &of(&fields)).unwrap_err()), expected, "{fields}");
    }
}

#[test]
fn without_a_table_the_pgs_code_is_passed_on() {
    let row = br#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000}"#;
    let request = decide(&PaymentRecord::from_json(row).unwrap(), &amount("1")).unwrap();
    assert!(String::from_utf8(cancel_body(&request).unwrap()).unwrap().contains(r#""refund_bank":"88""#));
}

#[test]
fn a_record_without_an_order_number_may_be_another_orders() {
    let nameless = PaymentRecord::from_json(br#"{"imp_uid":"imp_1","amount":10000}"#).unwrap();
    let long = "x".repeat(41);
    let body = format!(
        r#"{{"code":0,"message":null,"response":{{"imp_uid":"imp_1","merchant_uid":"{long}","amount":10000,
        "cancel_amount":0,"currency":"KRW","status":"paid"}}}}"#
    );
    let payment = crate::response::parse_payment(body.as_bytes()).unwrap();
    for record in [nameless, PaymentRecord::from(&payment)] {
        let refusal = decide(&record, &amount("1")).unwrap_err();
        assert!(matches!(&refusal, Refusal::Invalid(error) if error.field() == "merchant_uid"), "{refusal}");
    }
}

fn taken(record: &PaymentRecord, sum: i64, entry: &str, pg: &str) -> Cancelled {
    let request =
        CancelRequest::partial(record, Money::krw(2000).unwrap()).unwrap().with_tag("t1".parse().unwrap());
    let body = format!(
        r#"{{"code":0,"message":null,"response":{{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,
        "cancel_amount":{sum},"currency":"KRW","status":"cancelled","pg_provider":"{pg}","cancel_history":[{entry}]}}}}"#
    );
    classify(&request, &WireResponse::new(200, body.into_bytes())).unwrap()
}

const OURS: &str = r#"{"amount":2000,"reason":"[c:t1]"}"#;

#[test]
fn the_result_is_written_back_and_never_lowered() {
    let mut record = row(2500);
    let first = taken(&record, 4500, OURS, "kcp");
    assert_eq!(record.apply(&first).unwrap(), RecordUpdate::Written);
    assert_eq!(record.cancelable(), Money::krw(5500).unwrap());
    let second = taken(&record, 6500, OURS, "kcp");
    assert_eq!(record.apply(&second).unwrap(), RecordUpdate::Written);
    // the older answer comes in late
    assert_eq!(record.apply(&first).unwrap(), RecordUpdate::Written);
    assert_eq!(record.cancelable(), Money::krw(3500).unwrap());
}

#[test]
fn a_record_of_a_balance_learns_what_was_paid() {
    let imp_uid: crate::ids::ImpUid = "imp_1".parse().unwrap();
    let mut record = PaymentRecord::of_balance(imp_uid, Money::krw(7500).unwrap());
    assert_eq!((record.paid(), record.cancelable()), (None, Money::krw(7500).unwrap()));
    let cancelled = taken(&record, 4500, OURS, "kcp");
    assert_eq!(record.apply(&cancelled).unwrap(), RecordUpdate::Written);
    assert_eq!((record.paid(), record.cancelable()), (Money::krw(10_000).ok(), Money::krw(5500).unwrap()));
}

#[test]
fn a_balance_that_was_known_is_never_raised() {
    // the answer is older than the balance
    let imp_uid: crate::ids::ImpUid = "imp_1".parse().unwrap();
    let cancelled = taken(&row(0), 2000, OURS, "kcp");
    for (known, left) in [(5000, 5000), (9000, 8000), (20_000, 8000)] {
        let mut record = PaymentRecord::of_balance(imp_uid.clone(), Money::krw(known).unwrap());
        assert_eq!(record.apply(&cancelled).unwrap(), RecordUpdate::Written);
        assert_eq!(record.cancelable(), Money::krw(left).unwrap(), "{known}");
    }
}

#[test]
fn a_pending_refund_leaves_the_row_and_says_so() {
    let mut record = row(2500);
    let pending = taken(&record, 2500, "", "paypal_v2");
    assert_eq!(record.apply(&pending).unwrap(), RecordUpdate::Pending);
    assert_eq!(record, row(2500));
}

#[test]
fn another_payments_result_is_not_written() {
    let cancelled = taken(&row(2500), 4500, OURS, "kcp");
    let mut other = PaymentRecord::from_json(br#"{"imp_uid":"imp_2","amount":10000}"#).unwrap();
    assert_eq!(other.apply(&cancelled).unwrap_err().field(), "imp_uid");
    let mut usd = PaymentRecord::from_json(br#"{"imp_uid":"imp_1","amount":1,"currency":"USD"}"#).unwrap();
    assert_eq!(usd.apply(&cancelled).unwrap_err().field(), "currency");
}

#[test]
fn debug_shows_no_account_and_no_reason() {
    let asked = asked(
        r#""merchant_uid":"ORD-1","cancel_request_amount":1,"reason":"CANARY","refund_holder":"CANARY",
        "refund_bank":"88","refund_account":"56211105948400""#,
    )
    .unwrap();
    let shown = format!("{asked:?}");
    assert!(!shown.contains("CANARY") && !shown.contains("5621"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ClientCancelRequest::from_json(&bytes).is_err());
        prop_assert!(PaymentRecord::from_json(&bytes).is_err());
    }

    #[test]
    fn no_amount_passes_the_balance(text in "[0-9]{1,6}(\\.[0-9]{1,2})?") {
        let fields = format!(r#""merchant_uid":"ORD-1","cancel_request_amount":{text}{ACCOUNT}"#);
        if let Ok(request) = asked(&fields).map_err(Refusal::from).and_then(|asked| decide(&row(2500), &asked)) {
            prop_assert!((1..=7500).contains(&request.amount().minor()));
        }
    }
}
