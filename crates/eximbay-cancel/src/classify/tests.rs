use super::*;
use crate::amount::AmountText;
use crate::codes;
use crate::payment::PaymentRecord;
use pg_core::{Bank, Currency, RefundAccount, RejectionKind};
use proptest::prelude::*;

const ID: &str = "1849705C6420220922000013";
const KEY: &str = "test_KEYCANARY";

fn config() -> Config {
    Config::builder(KEY, "1849705C64").build().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

/// 0.50 of a payment of 1.00 with a balance of 0.80.
fn request() -> CancelRequest {
    let paid = AmountText::parse("1.00", Currency::USD).unwrap();
    let payment = PaymentRecord::new(ID, "20220829170258", paid, usd(80)).unwrap();
    CancelRequest::partial(&payment, usd(50)).unwrap().with_tag("refund-1".parse().unwrap())
}

fn outcome(status: u16, body: &str) -> Result<Cancelled<CancelAnswer>, CancelError> {
    classify(&request(), &config(), &WireResponse::new(status, body.as_bytes().to_vec()))
}

fn reason(result: Result<Cancelled<CancelAnswer>, CancelError>) -> UnknownReason {
    match result {
        Err(CancelError::Unknown(unknown)) => unknown.reason(),
        other => panic!("must be unknown: {other:?}"),
    }
}

/// A success with one of its fields changed.
fn success(changes: &[(&str, &str)]) -> String {
    let field = |name: &str, fallback: &str| {
        let value = changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
        match value.unwrap_or(fallback) {
            "" => String::new(),
            value => format!("\"{name}\":{value},"),
        }
    };
    format!(
        r#"{{{}{}"resmsg":"Success.",{}"refund":{{{}{}"refund_date":"20220922113927",
        "refund_transaction_id":"1849705C6420220922000014"}},"payment":{{{}{}{}{}"order_id":"other"}}}}"#,
        field("rescode", "\"0000\""),
        field("errcode", ""),
        field("mid", "\"1849705C64\""),
        field("refund_amount", "\"0.50\""),
        field("refund_id", "\"refund-1\""),
        field("currency", "\"USD\""),
        field("transaction_id", &format!("\"{ID}\"")),
        field("balance", "\"0.30\""),
        field("payment_method", "\"P101\""),
    )
}

#[test]
fn a_success_that_matches_is_done() {
    let done = outcome(200, &success(&[])).unwrap();
    assert_eq!(
        (done.state(), done.amount(), done.remaining()),
        (CancelState::Completed, usd(50), Some(usd(30)))
    );
    assert_eq!(done.cancel_id(), Some("1849705C6420220922000014"));
    assert_eq!(done.answer().payment.order_id.as_deref(), Some("other"));
}

#[test]
fn what_is_not_told_is_not_missed_as_long_as_one_amount_is() {
    for missing in ["mid", "refund_id", "currency", "refund_amount", "balance", "payment_method"] {
        for value in ["", "null", "\"\""] {
            let done = outcome(200, &success(&[(missing, value)])).unwrap();
            assert_eq!(done.remaining().is_none(), missing == "balance", "{missing} {value}");
        }
    }
    // other spellings of the same numbers
    let numbers = success(&[("refund_amount", "0.5"), ("balance", "0.3")]);
    assert!(outcome(200, &numbers).is_ok());
}

#[test]
fn every_mismatch_is_unknown() {
    for (name, value) in [
        ("mid", "\"1849705C65\""),
        ("refund_amount", "\"0.51\""),
        ("refund_amount", "\"1.00\""),
        ("refund_amount", "\"abc\""),
        ("refund_amount", "\"-0.50\""),
        ("refund_id", "\"refund-2\""),
        ("currency", "\"KRW\""),
        ("currency", "\"usd\""),
        ("transaction_id", "\"1849705C6420220922000014\""),
        ("transaction_id", ""),
        ("transaction_id", "\"\""),
        ("balance", "\"0.80\""),
        ("balance", "\"0.00\""),
        ("balance", "\"0.301\""),
    ] {
        let body = success(&[(name, value)]);
        assert_eq!(reason(outcome(200, &body)), UnknownReason::Integrity, "{name} {value}");
    }
    let neither = success(&[("refund_amount", ""), ("balance", "\"\"")]);
    assert_eq!(reason(outcome(200, &neither)), UnknownReason::Integrity);
}

#[test]
fn a_deciding_field_of_an_impossible_type_spoils_the_answer() {
    for (name, value) in [("balance", "[]"), ("rescode", "{}"), ("currency", "true"), ("mid", "[]")] {
        assert_eq!(reason(outcome(200, &success(&[(name, value)]))), UnknownReason::Malformed, "{name}");
    }
}

#[test]
fn success_counts_on_200_alone() {
    for status in 100..600 {
        let result = outcome(status, &success(&[]));
        if status == 200 {
            assert!(result.is_ok(), "{status}");
        } else {
            assert!(result.unwrap_err().may_have_happened(), "{status}");
        }
    }
    assert_eq!(reason(outcome(400, &success(&[]))), UnknownReason::Integrity);
    assert_eq!(reason(outcome(302, &success(&[]))), UnknownReason::Redirect);
    assert_eq!(reason(outcome(500, &success(&[]))), UnknownReason::ServerError);
}

#[test]
fn every_code_in_both_shapes_means_the_same() {
    for code in codes::rescodes().chain(codes::errcodes()).filter(|code| code.code() != codes::SUCCESS) {
        for (status, shape) in
            [(200, "rescode"), (200, "code"), (400, "rescode"), (401, "code"), (404, "rescode")]
        {
            let body = format!(r#"{{"{shape}":"{}","resmsg":"why"}}"#, code.code());
            let error = outcome(status, &body).unwrap_err();
            assert_eq!(error.code(), Some(code.code()));
            let refused = matches!(code.on_cancel(), codes::OnCancel::Refused(_));
            assert_eq!(error.label(), if refused { "rejected" } else { "unknown" }, "{body}");
        }
        // a server error's or a throttle's body is not believed
        for status in [301, 408, 409, 425, 429, 500, 502, 503, 504] {
            let error = outcome(status, &format!(r#"{{"rescode":"{}"}}"#, code.code())).unwrap_err();
            assert!(error.may_have_happened(), "{status} {}", code.code());
        }
    }
}

#[test]
fn refusals_and_doubts_by_name() {
    let error = |code: &str| outcome(200, &format!(r#"{{"rescode":"{code}","resmsg":"why"}}"#)).unwrap_err();
    for (code, kind) in [
        ("EC1000", RejectionKind::Credentials),
        ("EC1002", RejectionKind::Request),
        ("REQUIRED_PARAMETER_MISSING", RejectionKind::Request),
        ("INVALID_REQEUST_AMOUNT", RejectionKind::Amount),
        ("ORIGINAL_TRANSACTION_NOT_EXIST", RejectionKind::NotFound),
        ("RC18", RejectionKind::MerchantFunds),
        ("W414", RejectionKind::MerchantFunds),
        ("INSUFFICIENT_MERCHANT_REFUND_FUNDS", RejectionKind::MerchantFunds),
    ] {
        match error(code) {
            CancelError::Rejected(refusal) => {
                assert_eq!((refusal.kind(), refusal.message().as_str()), (kind, "why"), "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    for (code, why) in [
        ("TRANSACTION_ALREADY_CANCELED", UnknownReason::AlreadySeen),
        ("INVALID_CANCEL_REQUEST", UnknownReason::AlreadySeen),
        ("EE02", UnknownReason::Upstream),
        ("EX01", UnknownReason::Upstream),
        ("TEMPORARY_ERROR", UnknownReason::Upstream),
        ("BL00", UnknownReason::UnlistedCode),
        ("ACQUIRER_DECLINE", UnknownReason::UnlistedCode),
        ("A-NEW-CODE", UnknownReason::UnlistedCode),
    ] {
        match error(code) {
            CancelError::Unknown(unknown) => assert_eq!(unknown.reason(), why, "{code}"),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn an_answer_without_a_code_is_not_the_gateways() {
    for body in ["", "{}", "null", "<html>", "[\"0000\"]", r#"{"error":"Bad Request"}"#, r#"{"rescode":""}"#]
    {
        assert_eq!(reason(outcome(200, body)), UnknownReason::Malformed, "{body}");
        assert_eq!(reason(outcome(404, body)), UnknownReason::NotTheGateway, "{body}");
        assert_eq!(reason(outcome(401, body)), UnknownReason::NotTheGateway, "{body}");
        assert_eq!(reason(outcome(503, body)), UnknownReason::ServerError, "{body}");
    }
}

#[test]
fn refunds_into_an_account_and_cash_in_japan_are_accepted() {
    for method in ["\"P006\"", "\"P305\"", "\"P310\""] {
        let done = outcome(200, &success(&[("payment_method", method)])).unwrap();
        assert_eq!(done.state(), CancelState::Accepted, "{method}");
    }
    let account = RefundAccount::new(Bank::Shinhan, "110123456789", "홍길동").unwrap();
    let request = request().with_refund_account(account).unwrap();
    let response = WireResponse::new(200, success(&[("payment_method", "")]).into_bytes());
    assert_eq!(classify(&request, &config(), &response).unwrap().state(), CancelState::Accepted);
}

#[test]
fn neither_key_nor_account_comes_back_in_a_message() {
    let account = RefundAccount::new(Bank::Shinhan, "110123456789", "홍길동").unwrap();
    let request = request().with_refund_account(account).unwrap();
    let token = "dGVzdF9LRVlDQU5BUlk6";
    let body = format!(r#"{{"rescode":"EC1000","resmsg":"{KEY} {token} 110123456789 홍길동 ok"}}"#);
    let error = classify(&request, &config(), &WireResponse::new(401, body.into_bytes())).unwrap_err();
    let message = error.message().unwrap().as_str();
    assert_eq!(message, "*** *** *** *** ok");
}

proptest! {
    #[test]
    fn no_bytes_panic_or_succeed(status in 0..1000_u16, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let result = classify(&request(), &config(), &WireResponse::new(status, body));
        prop_assert!(result.is_err());
    }

    #[test]
    fn a_cut_or_damaged_success_succeeds_only_if_it_still_says_so(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut body = success(&[]).into_bytes();
        let at = at.index(body.len());
        if cut { body.truncate(at) } else { body[at] = byte }
        if let Ok(done) = classify(&request(), &config(), &WireResponse::new(200, body)) {
            let answer = done.answer();
            prop_assert_eq!(answer.envelope.rescode.as_deref(), Some("0000"));
            prop_assert_eq!(answer.payment.transaction_id.as_deref(), Some(ID));
            prop_assert!(answer.refund.refund_amount.is_some() || answer.payment.balance.is_some());
        }
    }

    #[test]
    fn no_text_in_a_code_succeeds(code in ".{0,40}") {
        prop_assume!(code != "0000");
        let code = serde_json::to_string(&code).unwrap();
        prop_assert!(outcome(200, &success(&[("rescode", &code)])).is_err());
        // beside a success, an empty second code says nothing
        prop_assert_eq!(outcome(200, &success(&[("errcode", &code)])).is_ok(), code == "\"\"");
    }
}

#[test]
fn a_refusal_of_another_cancel_or_beside_a_refund_refuses_nothing() {
    let ours = success(&[("rescode", "\"EC00\""), ("refund_id", ""), ("refund_amount", "")])
        .replace("\"refund_transaction_id\":\"1849705C6420220922000014\"", "\"x\":1");
    assert_eq!(outcome(200, &ours).unwrap_err().label(), "rejected", "{ours}");
    for (what, body) in [
        ("a refund's number", success(&[("rescode", "\"EC00\"")])),
        ("another mid", ours.replace("1849705C64\"", "0000000000\"")),
        ("another payment", ours.replace(ID, "1849705C6420220922000099")),
    ] {
        assert_eq!(reason(outcome(200, &body)), UnknownReason::Integrity, "{what}: {body}");
    }
}

#[test]
fn what_may_come_from_processing_or_from_a_used_number_refuses_nothing() {
    for code in ["VALIDATION_FAILED", "INVALID_REQEUST_ID"] {
        for status in [200, 400, 404] {
            let body = format!(r#"{{"code":"{code}","message":"x"}}"#);
            assert!(outcome(status, &body).unwrap_err().may_have_happened(), "{code} {status}");
        }
    }
}

#[test]
fn the_recorded_method_counts_where_the_answer_tells_none() {
    let paid = AmountText::parse("1.00", Currency::USD).unwrap();
    let payment = PaymentRecord::new(ID, "20220829170258", paid, usd(80)).unwrap();
    let payment = payment.with_method(crate::PaymentMethod::new("P006"));
    let request = CancelRequest::partial(&payment, usd(50)).unwrap().with_tag("refund-1".parse().unwrap());
    for method in ["", "\" P006 \"", "[\"P101\"]"] {
        let response = WireResponse::new(200, success(&[("payment_method", method)]).into_bytes());
        let done = classify(&request, &config(), &response).unwrap();
        assert_eq!(done.state(), CancelState::Accepted, "{method}");
    }
}

#[test]
fn an_amount_without_our_number_and_without_balance_is_no_proof() {
    let body = success(&[("balance", ""), ("refund_id", "")]);
    assert_eq!(reason(outcome(200, &body)), UnknownReason::Integrity);
    assert!(outcome(200, &success(&[("balance", "")])).is_ok());
}

#[test]
fn clones_learn_of_an_earlier_process() {
    let first = request();
    let clone = first.clone();
    let _same = first.possibly_sent();
    assert!(clone.sends().may_have_been_sent());
}

#[test]
fn what_was_sent_in_confidence_does_not_come_back() {
    let account = RefundAccount::new(Bank::Shinhan, "90817263540011", "허준").unwrap();
    let request = request().with_refund_account(account).unwrap().with_reason("암 진단으로 취소").unwrap();
    let body = r#"{"code":"90817263540011","message":"예금주 허준, 사유 암 진단으로 취소, 90817263540011"}"#;
    let error = classify(&request, &config(), &WireResponse::new(200, body.as_bytes().to_vec())).unwrap_err();
    let shown = format!("{error} {error:?} {} {:?}", error.message().unwrap().as_str(), error.code());
    for value in ["허준", "암 진단", "90817263540011"] {
        assert!(!shown.contains(value), "{shown}");
    }
}
