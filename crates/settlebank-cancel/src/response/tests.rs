//! Answers that decide nothing wrong: strict where it matters, tolerant elsewhere.

use pg_core::{Currency, Money};
use proptest::prelude::*;

use super::*;
use crate::aes::AesKey;
use crate::config::SANDBOX_AES_KEY;

fn aes() -> AesKey {
    AesKey::new(SANDBOX_AES_KEY).unwrap()
}

fn parse(json: &str) -> Option<StandardAnswer> {
    parse_standard(json.as_bytes(), Currency::KRW, Some(&aes()), &[]).ok()
}

fn told(amount: i64) -> AnswerAmount {
    AnswerAmount::Told(Money::krw(amount).unwrap())
}

#[test]
fn every_field_has_a_place() {
    let answer = parse(
        r#"{"params":{"mchtId":"nxca_jt_il","ver":"0A19","method":"CA","bizType":"C0","encCd":"23","mchtTrdNo":"c1",
        "trdNo":"STFP_2","trdDt":"20211231","trdTm":"100000","outStatCd":"0021","outRsltCd":"0000",
        "outRsltMsg":"정상적으로 처리되었습니다.","newField":{"a":[1]}},
        "data":{"pktHash":"ab","orgTrdNo":"T1","cnclAmt":"AntV/eDpxIaKF0hJiePDKA==","cardCnclAmt":"500","pntCnclAmt":500,
        "coupCnclAmt":"","blcAmt":"nC96eNdyLYohKfNqmBV2bg==","dcCnclAmt":"x","dcCnclYn":"Y","rfdPsblCd":"C",
        "acntType":4,"vAcntNo":"HTEK0ImSKuVXp2qmo1YSlw==","trdAmt":"1000"}}"#,
    )
    .unwrap();
    assert_eq!((answer.status.as_str(), answer.code.as_str()), ("0021", "0000"));
    assert_eq!(answer.message.as_str(), "정상적으로 처리되었습니다.");
    assert_eq!((answer.cancelled, answer.remaining), (told(1000), told(0)));
    assert_eq!((answer.card_part, answer.point_part), (told(500), told(500)));
    assert_eq!((answer.coupon_part, answer.discount_part), (AnswerAmount::Absent, AnswerAmount::Unreadable));
    assert_eq!(
        (answer.discount_cancelled, answer.later_refund.as_ref()),
        (Some(true), Some(&LaterRefund::ConditionsNotMet))
    );
    assert_eq!(
        answer.virtual_account.number().map(|account| account.expose().to_owned()),
        Some("1234567890".into())
    );
    assert_eq!(answer.account_type.as_deref(), Some("4"));
    assert_eq!(answer.paid, told(1000));
    let names = [
        &answer.mid,
        &answer.version,
        &answer.method,
        &answer.biz_type,
        &answer.encryption,
        &answer.order_no,
    ];
    assert!(names.iter().all(|name| name.is_some()));
}

#[test]
fn only_the_two_codes_are_needed() {
    for data in ["", r#","data":null"#, r#","data":"""#, r#","data":[]"#, r#","data":{}"#] {
        let json =
            format!(r#"{{"params":{{"outStatCd":"0031","outRsltCd":"VTIM","trdNo":"","ver":null}}{data}}}"#);
        let answer = parse(&json).unwrap();
        assert_eq!(answer.code, "VTIM", "{data}");
        assert_eq!((answer.trade_no, answer.cancelled), (None, AnswerAmount::Absent));
        assert!(!answer.data_unreadable);
    }
    for bad in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"params":null}"#,
        r#"{"params":["0021","0000","","","","","","","","","",""]}"#,
        r#"[{"outStatCd":"0021","outRsltCd":"0000"},{}]"#,
        r#"{"params":{"outStatCd":"0021"}}"#,
        r#"{"params":{"outRsltCd":"0000"}}"#,
        r#"{"params":{"outStatCd":21,"outRsltCd":"0000"}}"#,
        r#"{"params":{"outStatCd":"0021","outRsltCd":null}}"#,
        r#"{"params":{"outStatCd":"0031","outStatCd":"0021","outRsltCd":"0000"}}"#,
        r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"}} x"#,
        "<html></html>",
    ] {
        assert!(parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn a_field_twice_is_not_believed() {
    let answer =
        parse(r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"},"data":{"cnclAmt":"1","cnclAmt":"2"}}"#)
            .unwrap();
    assert_eq!(answer.cancelled, AnswerAmount::Absent);
    assert!(answer.data_unreadable);
    let by_position =
        parse(r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"},"data":["hash","T1","1000","0"]}"#)
            .unwrap();
    assert_eq!((by_position.cancelled, by_position.data_unreadable), (AnswerAmount::Absent, true));
}

#[test]
fn what_is_compared_and_has_a_wrong_type_matches_nothing() {
    let wrong = [r#"["1000"]"#, r#"{"v":"1000"}"#, "true", r#""\ud800""#];
    for value in wrong {
        let answer = parse(&format!(
            r#"{{"params":{{"outStatCd":"0021","outRsltCd":"0000","mchtTrdNo":{value}}},
            "data":{{"pktHash":{value},"orgTrdNo":{value},"cnclAmt":{value},"blcAmt":{value},"trdAmt":{value},
            "method":{value},"vAcntNo":{value},"pntCnclAmt":{value}}}}}"#
        ))
        .unwrap();
        for text in [&answer.order_no, &answer.hash, &answer.original_trade_no, &answer.method] {
            assert_eq!(text.as_deref(), Some(value));
        }
        for amount in [answer.cancelled, answer.remaining, answer.paid] {
            assert_eq!(amount, AnswerAmount::Unreadable, "{value}");
        }
        assert!(matches!(answer.virtual_account, AnswerAccount::Unreadable), "{value}");
    }
    let plain =
        parse(r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"},"data":{"cnclAmt":1000}}"#).unwrap();
    assert_eq!(plain.cancelled, told(1000));
}

#[test]
fn a_code_on_no_list_may_be_an_echo() {
    let scrubbed = |code: &str, sensitive: &str| {
        let body = format!(r#"{{"params":{{"outStatCd":"{code}","outRsltCd":"{code}"}}}}"#);
        let answer = parse_standard(body.as_bytes(), Currency::KRW, None, &[sensitive]).unwrap();
        let flat = parse_flat(format!(r#"{{"resultCode":"{code}"}}"#).as_bytes(), &[sensitive]).unwrap();
        (answer.status, answer.code, flat.code)
    };
    let blank = || "E ***".to_owned();
    assert_eq!(scrubbed("E KEY-CANARY", "KEY-CANARY"), (blank(), blank(), blank()));
    // a listed code is no secret, whatever an account's number is
    assert_eq!(scrubbed("1901", "1901").1, "1901");
    assert_eq!(scrubbed("1002", "1002").2, "1002");
}

#[test]
fn flat_answers() {
    let answer = parse_flat(
        r#"{"resultCode":"0000","resultMsg":"계좌 5621110","canTrdNo":"STFP_CANCEL_1","x":1}"#.as_bytes(),
        &["5621110"],
    )
    .unwrap();
    assert_eq!((answer.code.as_str(), answer.message.as_str()), ("0000", "계좌 ***"));
    assert_eq!(answer.cancel_trade_no.as_deref(), Some("STFP_CANCEL_1"));
    let failed = parse_flat(br#"{"resultCode":"1002","resultMsg":null,"canTrdNo":null}"#, &[]).unwrap();
    assert_eq!((failed.code.as_str(), failed.cancel_trade_no), ("1002", None));
    for bad in [
        r#"{"resultCode":0}"#,
        r#"{"resultMsg":"ok"}"#,
        r#"{"resultCode":"0000","canTrdNo":["C1"]}"#,
        r#"{"resultCode":"1002","canTrdNo":{"no":"C1"}}"#,
        r#"{"resultCode":"0000","canTrdNo":true}"#,
        r#"{"resultCode":"0000","canTrdNo":"\ud800"}"#,
        r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"}}"#,
    ] {
        assert!(parse_flat(bad.as_bytes(), &[]).is_err(), "{bad}");
    }
}

#[test]
fn yes_and_no_are_told_apart_and_anything_else_is_neither() {
    let read = |value: &str| {
        let fields = format!(r#""dcCnclYn":"{value}","rfdPsblCd":"{value}""#);
        let body = r#"{"params":{"outStatCd":"0021","outRsltCd":"0000"},"data":{FIELDS}}"#
            .replace("FIELDS", &fields);
        let answer = parse(&body).unwrap();
        (answer.discount_cancelled, answer.later_refund.unwrap())
    };
    assert_eq!(read("Y"), (Some(true), LaterRefund::Possible));
    assert_eq!(read("N"), (Some(false), LaterRefund::NotRegistered));
    assert_eq!(read("C"), (None, LaterRefund::ConditionsNotMet));
    assert_eq!(read("X"), (None, LaterRefund::Other("X".to_owned())));
    let shown = |value: &str| format!("{:?}", read(value).1);
    assert_eq!((shown("Y").as_str(), shown("X").as_str()), ("Possible", "Other(\"X\")"));
    assert!(!shown("홍길동 110").contains("홍길동"));
}

#[test]
fn debug_shows_neither_message_nor_account() {
    let answer = parse(
        r#"{"params":{"outStatCd":"0021","outRsltCd":"0000","outRsltMsg":"CANARY 홍길동"},"data":{"vAcntNo":"99887766554433"}}"#,
    )
    .unwrap();
    let flat = parse_flat(r#"{"resultCode":"0000","resultMsg":"CANARY"}"#.as_bytes(), &[]).unwrap();
    let shown = format!("{answer:?} {:?} {flat:?}", Answer::Standard(Box::new(answer.clone())));
    assert!(shown.contains("StandardAnswer { ") && shown.contains("FlatAnswer { code: \"0000\""), "{shown}");
    for canary in ["CANARY", "홍길동", "99887766554433"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _unread = parse_standard(&bytes, Currency::KRW, Some(&aes()), &["secret"]);
        let _unread = parse_flat(&bytes, &["secret"]);
    }

    #[test]
    fn no_text_in_a_field_panics(text in ".{0,60}") {
        let text = serde_json::to_string(&text).unwrap();
        let json = format!(r#"{{"params":{{"outStatCd":{text},"outRsltCd":{text},"outRsltMsg":{text}}},"data":{{"cnclAmt":{text},"vAcntNo":{text}}}}}"#);
        prop_assert!(parse(&json).is_some());
    }
}
