use proptest::prelude::*;

use super::*;

fn answer(fields: &str) -> Vec<u8> {
    format!(r#"{{"code":0,"message":null,"response":{{{fields}}}}}"#).into_bytes()
}

const PAID: &str = r#""imp_uid":"imp_1","merchant_uid":"ORD-1","amount":1000,"cancel_amount":0,"currency":"KRW","status":"paid""#;

#[test]
fn reads_what_decides_and_tolerates_the_rest() {
    let payment = parse_payment(&answer(&format!(
        r#"{PAID},"pay_method":null,"pg_provider":7,"cancel_history":null,"buyer_name":"CANARY","new":[{{}}]"#
    )))
    .unwrap();
    assert_eq!(payment.balance(), Money::krw(1000).unwrap());
    assert_eq!((payment.pay_method(), payment.pg_provider()), (None, None));
    assert!(payment.history().is_empty() && !payment.is_fully_cancelled());
    assert!(!format!("{payment:?}").contains("CANARY"));
    assert_eq!(payment.details().unwrap().buyer_name.as_deref(), Some("CANARY"));
}

#[test]
fn a_partial_cancel_is_not_a_full_one_whatever_the_status_says() {
    let payment = parse_payment(&answer(
        r#""imp_uid":"imp_1","merchant_uid":"O","amount":10.00,"cancel_amount":"2.5","currency":"USD",
        "status":"cancelled","cancel_history":[{"amount":2.50,"reason":"CANARY"}]"#,
    ))
    .unwrap();
    assert_eq!(payment.status(), &PaymentStatus::Cancelled);
    assert!(!payment.is_fully_cancelled());
    assert_eq!(payment.balance().to_decimal_text(), "7.50");
    assert_eq!(payment.state().unwrap().history.unwrap().len(), 1);
    assert!(!format!("{payment:?}").contains("CANARY"));
}

#[test]
fn history_is_put_oldest_first() {
    for order in [["1,\"cancelled_at\":20", "2,\"cancelled_at\":10"], ["2,\"cancelled_at\":10", "1"]] {
        let entries = format!(r#"{{"amount":{}}},{{"amount":{}}}"#, order[0], order[1]);
        let body = PAID.replace(r#""cancel_amount":0"#, r#""cancel_amount":3"#);
        let payment = parse_payment(&answer(&format!(r#"{body},"cancel_history":[{entries}]"#))).unwrap();
        let amounts: Vec<_> = payment.history().iter().map(|e| e.amount.minor()).collect();
        assert_eq!(amounts, [2, 1], "{entries}");
    }
}

#[test]
fn deciding_fields_are_strict() {
    for (from, to) in [
        (r#""imp_uid":"imp_1","#, ""),
        (r#""imp_uid":"imp_1""#, r#""imp_uid":"../x""#),
        (r#""imp_uid":"imp_1""#, r#""imp_uid":"imp_1","imp_uid":"imp_2""#),
        (r#""amount":1000"#, r#""amount":null"#),
        (r#""amount":1000"#, r#""amount":1000.5"#),
        (r#""amount":1000"#, r#""amount":-1"#),
        (r#""cancel_amount":0"#, r#""cancel_amount":1001"#),
        (r#""currency":"KRW""#, r#""currency":"XXX""#),
        (r#""status":"paid""#, r#""status":"paid","cancel_history":[{}]"#),
        (r#""status":"paid""#, r#""status":"paid","cancel_history":{}"#),
        (r#""status":"paid""#, r#""status":"paid","cancel_history":[[1]]"#),
    ] {
        let fields = PAID.replace(from, to);
        assert_ne!(fields, PAID);
        assert_eq!(parse_payment(&answer(&fields)), Err(JsonFault::Malformed), "{fields}");
    }
    assert!(parse_payment(br#"{"code":0,"message":null,"response":null}"#).is_err());
    let lists = br#"[0,null,["imp_1","O",1000,0,"KRW","paid",null,null,null,null]]"#;
    assert!(parse_payment(lists).is_err(), "a list is no object");
    assert!(parse_payment(br#"{"code":"0","message":null,"response":{}}"#).is_err());
}

/// The amounts of a history as it is kept, from (amount, second) as it is told.
fn kept(told: &[(i64, i64)]) -> Vec<i64> {
    let entries: Vec<_> =
        told.iter().map(|(amount, at)| format!(r#"{{"amount":{amount},"cancelled_at":{at}}}"#)).collect();
    let history = format!(r#""status":"paid","cancel_history":[{}]"#, entries.join(","));
    let payment = parse_payment(&answer(&PAID.replace(r#""status":"paid""#, &history))).unwrap();
    payment.history().iter().map(|entry| entry.amount.minor()).collect()
}

#[test]
fn a_history_is_kept_oldest_first_and_ties_stay_as_they_were_told() {
    assert_eq!(kept(&[(3, 30), (1, 10), (2, 20)]), [1, 2, 3]);
    assert_eq!(kept(&[(1, 10), (2, 10), (3, 30)]), [1, 2, 3]);
    // told newest first
    assert_eq!(kept(&[(3, 30), (2, 10), (1, 10)]), [1, 2, 3]);
    // nothing tells the direction
    assert_eq!(kept(&[(2, 10), (1, 10)]), [2, 1]);
    // nor where a moment is missing
    assert_eq!(kept(&[(2, 30), (1, 0)]), [2, 1]);
}

#[test]
fn everything_is_cancelled_once_nothing_is_left_of_something() {
    let of = |paid: i64, cancelled: i64| {
        let sums = format!(r#""amount":{paid},"cancel_amount":{cancelled}"#);
        parse_payment(&answer(&PAID.replace(r#""amount":1000,"cancel_amount":0"#, &sums))).unwrap()
    };
    assert!(of(1000, 1000).is_fully_cancelled());
    assert!(!of(1000, 999).is_fully_cancelled() && !of(0, 0).is_fully_cancelled());
}

#[test]
fn a_status_is_chaiports_word_and_debug_shows_no_other() {
    for word in ["ready", "paid", "cancelled", "failed", "refunding"] {
        assert_eq!(PaymentStatus::from(word).as_str(), word);
    }
    let shown = |word: &str| format!("{:?}", PaymentStatus::from(word));
    assert_eq!((shown("paid").as_str(), shown("refunding").as_str()), ("Paid", "Other(\"refunding\")"));
    assert!(!shown("card 4111 1111").contains("4111"));
}

#[test]
fn debug_shows_numbers_status_and_sums() {
    let history = r#""status":"paid","buyer_name":"CANARY","cancel_history":[{"amount":7,"cancelled_at":10,"reason":"CANARY"}]"#;
    let payment = parse_payment(&answer(&PAID.replace(r#""status":"paid""#, history))).unwrap();
    let shown = format!("{payment:?} {:?}", payment.history());
    assert!(shown.contains("imp_1") && shown.contains("Paid") && shown.contains("CancelRecord"), "{shown}");
    assert!(!shown.contains("CANARY"), "{shown}");
}

#[test]
fn a_refusal_needs_all_three_keys() {
    let is_refusal = |body: &str| envelope::<IgnoredAny>(body.as_bytes()).is_ok_and(|read| read.is_refusal());
    assert!(is_refusal(r#"{"code":-1,"message":"x","response":null}"#));
    assert!(is_refusal(r#"{"code":1,"message":null,"response":null,"more":1}"#));
    for other in [
        r#"{"code":0,"message":"x","response":null}"#,
        r#"{"code":-1,"message":"x"}"#,
        r#"{"code":-1,"response":null}"#,
        r#"{"code":-1,"message":"x","response":{}}"#,
        r#"{"code":"-1","message":"x","response":null}"#,
        r#"{"code":-1,"message":7,"response":null}"#,
        // half a pair of surrogates: words that cannot be read
        r#"{"code":-1,"message":"이미 전액취소된 주문입니\ud800다.","response":null}"#,
        r#"{"message":"Forbidden"}"#,
        "<html>",
    ] {
        assert!(!is_refusal(other), "{other}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse_payment(&bytes).is_err());
    }

    #[test]
    fn no_mangled_answer_panics(at in 0_usize..120, byte in any::<u8>()) {
        let mut body = answer(PAID);
        if let Some(place) = body.get_mut(at) {
            *place = byte;
        }
        if let Ok(payment) = parse_payment(&body) {
            prop_assert!(payment.details().is_ok());
        }
    }
}
