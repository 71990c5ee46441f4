//! Outcomes in the standard form.

use pg_core::{AttemptTag, Bank, CancelState, Money, RefundAccount, RejectionKind};
use proptest::prelude::*;
use time::macros::{date, datetime};

use super::*;
use crate::config::{Endpoint, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
use crate::method::Method;
use crate::payment::PaymentRecord;

const HASH: &str = "a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1";
const TAG: &str = "ORDER20211231100000";

fn config() -> Config {
    Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY)
        .endpoint(Endpoint::Sandbox)
        .build()
        .unwrap()
}

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

/// A cancel of 1000 of 1500 won, whose hash is the published one.
fn request_by(method: Method) -> CancelRequest {
    let payment =
        PaymentRecord::new("T1", "O1", date!(2021 - 12 - 30), won(1500)).unwrap().with_method(method);
    let mut draft = CancelRequest::partial(&payment, won(1000))
        .with_tag(TAG.parse::<AttemptTag>().unwrap())
        .at(datetime!(2021-12-31 10:00:00 +9));
    if method.is_virtual_account() {
        draft = draft.refund_account(RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap());
    }
    if method.is_full_only() {
        draft = draft.partial_against_the_api_page();
    }
    draft.standard().unwrap()
}

fn answer(stat: &str, code: &str, data: &str) -> String {
    format!(
        r#"{{"params":{{"mchtTrdNo":"{TAG}","trdNo":"T2","outStatCd":"{stat}","outRsltCd":"{code}","outRsltMsg":"m"}},"data":{data}}}"#
    )
}

fn outcome(method: Method, status: u16, body: &str) -> Result<Cancelled, CancelError> {
    classify(&request_by(method), &WireResponse::new(status, body.as_bytes().to_vec()), &config())
}

fn unknown(outcome: Result<Cancelled, CancelError>) -> UnknownReason {
    match outcome {
        Err(CancelError::Unknown(unknown)) => unknown.reason(),
        other => panic!("must be unknown: {other:?}"),
    }
}

fn success(data: &str) -> Result<Cancelled, CancelError> {
    outcome(Method::Card, 200, &answer("0021", "0000", data))
}

fn good_data() -> String {
    format!(r#"{{"pktHash":"{HASH}","orgTrdNo":"T1","cnclAmt":"AntV/eDpxIaKF0hJiePDKA==","blcAmt":"500"}}"#)
}

#[test]
fn a_success_in_every_respect_is_completed() {
    let cancelled = success(&good_data()).unwrap();
    assert_eq!(cancelled.state(), CancelState::Completed);
    assert_eq!((cancelled.amount(), cancelled.remaining()), (won(1000), Some(won(500))));
    assert_eq!(cancelled.cancel_id(), Some("T2"));
    // amounts may be plain, the hash in upper case, the balance untold
    for data in [
        r#"{"cnclAmt":"1000","orgTrdNo":"T1"}"#.to_owned(),
        format!(r#"{{"cnclAmt":1000,"pktHash":"{}"}}"#, HASH.to_uppercase()),
    ] {
        assert_eq!(success(&data).unwrap().remaining(), None, "{data}");
    }
}

#[test]
fn refunds_into_an_account_are_accepted() {
    for method in [Method::VirtualAccount, Method::VirtualAccount010] {
        let cancelled = outcome(method, 200, &answer("0021", "0000", &good_data())).unwrap();
        assert_eq!(cancelled.state(), CancelState::Accepted);
    }
    for method in [Method::Mobile, Method::EasyPay, Method::TMoney, Method::BankTransfer] {
        let cancelled = outcome(method, 200, &answer("0021", "0000", &good_data())).unwrap();
        assert_eq!(cancelled.state(), CancelState::Completed, "{method}");
    }
}

#[test]
fn a_success_that_does_not_match_is_unknown() {
    for data in [
        "null",
        "{}",
        r#"{"orgTrdNo":"T1","blcAmt":"500"}"#,
        r#"{"cnclAmt":"999","blcAmt":"500"}"#,
        r#"{"cnclAmt":"1000","blcAmt":"501"}"#,
        r#"{"cnclAmt":"1000","blcAmt":"garbage"}"#,
        r#"{"cnclAmt":"garbage","blcAmt":"500"}"#,
        r#"{"cnclAmt":"1000","blcAmt":"500","orgTrdNo":"T9"}"#,
        r#"{"cnclAmt":"1000","blcAmt":"500","pktHash":"f395b6725a9a18f2563ce34f8bc76698051d27c05e5ba815f463f00429061c0c"}"#,
        r#"{"cnclAmt":"1000","blcAmt":"500","pktHash":"f395b6725a9a18..."}"#,
        // wrong types are not "not told"
        r#"{"cnclAmt":"1000","blcAmt":["1500"]}"#,
        r#"{"cnclAmt":"1000","blcAmt":{"v":"1500"}}"#,
        r#"{"cnclAmt":"1000","blcAmt":"\ud800"}"#,
        r#"{"cnclAmt":"1000","orgTrdNo":["T9"]}"#,
        r#"{"cnclAmt":"1000","orgTrdNo":"T9\udc00"}"#,
        r#"{"cnclAmt":"1000","pktHash":["00"]}"#,
    ] {
        assert_eq!(unknown(success(data)), UnknownReason::Integrity, "{data}");
    }
    let other_request = answer("0021", "0000", &good_data()).replace(TAG, "ANOTHER");
    assert_eq!(unknown(outcome(Method::Card, 200, &other_request)), UnknownReason::Integrity);
    let no_request = answer("0021", "0000", &good_data()).replace("mchtTrdNo", "x");
    assert_eq!(unknown(outcome(Method::Card, 200, &no_request)), UnknownReason::Integrity);
}

#[test]
fn the_010_page_has_other_echoes() {
    let va010 = |data: &str| outcome(Method::VirtualAccount010, 200, &answer("0021", "0000", data));
    let other_hash = "75ac014c33165f3ee0c331123a0049f37a6e1578f8cec1d3d0374ffb75f18496";
    assert!(va010(&format!(r#"{{"pktHash":"{other_hash}","cnclAmt":"1000"}}"#)).is_ok());
    assert!(va010(r#"{"blcAmt":"500"}"#).is_ok());
    assert_eq!(unknown(va010(r#"{"blcAmt":"501"}"#)), UnknownReason::Integrity);
    assert_eq!(unknown(va010("{}")), UnknownReason::Integrity);
}

#[test]
fn half_a_success_is_none() {
    for (stat, code, reason) in [
        ("0021", "ST57", UnknownReason::Integrity),
        ("0021", "", UnknownReason::Integrity),
        ("0031", "0000", UnknownReason::Integrity),
        ("0051", "0000", UnknownReason::UnlistedCode),
        ("", "0000", UnknownReason::UnlistedCode),
        ("0000", "0000", UnknownReason::UnlistedCode),
    ] {
        let body = answer(stat, code, &good_data());
        assert_eq!(unknown(outcome(Method::Card, 200, &body)), reason, "{stat} {code}");
    }
}

#[test]
fn refusals_are_believed_by_the_list_alone() {
    for (code, kind) in [
        ("ST57", RejectionKind::Amount),
        ("1901", RejectionKind::Credentials),
        ("ST46", RejectionKind::Period),
        ("ST54", RejectionKind::NotCancellable),
        ("ST24", RejectionKind::RefundAccount),
    ] {
        for status in [200, 400, 401, 404, 422] {
            match outcome(Method::Card, status, &answer("0031", code, "null")) {
                Err(CancelError::Rejected(refusal)) => {
                    assert_eq!((refusal.kind(), refusal.code(), refusal.http_status()), (kind, code, status));
                }
                other => panic!("{code}: {other:?}"),
            }
        }
    }
    for (code, reason) in [
        ("CA12", UnknownReason::AlreadySeen),
        ("ST25", UnknownReason::AlreadySeen),
        ("ST50", UnknownReason::AlreadySeen),
        ("ST56", UnknownReason::AlreadySeen),
        ("VTIM", UnknownReason::Upstream),
        ("9999", UnknownReason::Upstream),
        ("ST45", UnknownReason::Upstream),
        ("ST11", UnknownReason::Upstream),
        ("3007", UnknownReason::AwaitingMerchantFunds),
        ("ST41", UnknownReason::Throttled),
        ("ST99", UnknownReason::UnlistedCode),
        ("CA31", UnknownReason::UnlistedCode),
        ("0003", UnknownReason::UnlistedCode),
        ("ZZ99", UnknownReason::UnlistedCode),
    ] {
        let outcome = outcome(Method::Card, 200, &answer("0031", code, "null"));
        assert_eq!(outcome.as_ref().unwrap_err().code(), Some(code));
        assert_eq!(unknown(outcome), reason, "{code}");
    }
}

#[test]
fn a_refusal_of_something_else_refuses_nothing() {
    let refused = |data: &str| outcome(Method::Card, 200, &answer("0031", "ST57", data));
    // echoes may be absent, and must be ours where told
    for data in ["null", "{}", r#""""#, "[]", r#"{"orgTrdNo":"","pktHash":null}"#] {
        assert_eq!(refused(data).unwrap_err().label(), "rejected", "{data}");
    }
    let ours = format!(r#"{{"pktHash":"{HASH}","orgTrdNo":"T1","cnclAmt":"1000","blcAmt":"1500"}}"#);
    assert_eq!(refused(&ours).unwrap_err().label(), "rejected");
    let no_number = answer("0031", "ST57", "null").replace(&format!(r#""mchtTrdNo":"{TAG}","#), "");
    assert_eq!(outcome(Method::Card, 200, &no_number).unwrap_err().label(), "rejected");
    for data in [
        r#"{"orgTrdNo":"T9"}"#.to_owned(),
        r#"{"orgTrdNo":["T9"]}"#.to_owned(),
        r#"{"orgTrdNo":"T9","orgTrdNo":"T1"}"#.to_owned(),
        format!(r#"{{"pktHash":"{}"}}"#, "0".repeat(64)),
        r#"{"pktHash":{}}"#.to_owned(),
        r#"[{"orgTrdNo":"T9"}]"#.to_owned(),
        // what is left after it was done
        good_data(),
    ] {
        assert_eq!(unknown(refused(&data)), UnknownReason::Integrity, "{data}");
    }
    for number in [r#""SOMEBODY-ELSE""#, r#"["SOMEBODY-ELSE"]"#] {
        let other = answer("0031", "ST57", "null").replace(&format!(r#""{TAG}""#), number);
        assert_eq!(unknown(outcome(Method::Card, 200, &other)), UnknownReason::Integrity, "{number}");
    }
    // not even waiting for the merchant's money is ours then
    let other = answer("0031", "3007", r#"{"orgTrdNo":"T9"}"#);
    assert_eq!(unknown(outcome(Method::Card, 200, &other)), UnknownReason::Integrity);
    let waiting = answer("0031", "3007", &good_data());
    assert_eq!(unknown(outcome(Method::Card, 200, &waiting)), UnknownReason::AwaitingMerchantFunds);
    // the 010 page's hash follows no known rule
    let va010 = answer("0031", "ST57", r#"{"pktHash":"00"}"#);
    assert_eq!(outcome(Method::VirtualAccount010, 200, &va010).unwrap_err().label(), "rejected");
}

#[test]
fn doubtful_codes_leave_it_open() {
    for code in ["ST07", "CA03", "PZ69", "PZ80", "RA34", "CP32", "CP33", "MP94", "GC94", "ST68", "PZ32"] {
        let outcome = outcome(Method::Card, 200, &answer("0031", code, "null"));
        assert_eq!(unknown(outcome), UnknownReason::Upstream, "{code}");
    }
    for number in 1..=8 {
        let body = answer("0031", &format!("STR{number}"), "null");
        assert_eq!(unknown(outcome(Method::Card, 200, &body)), UnknownReason::UnlistedCode, "STR{number}");
    }
}

#[test]
fn the_http_status_has_the_first_word() {
    for (status, reason) in [
        (301, UnknownReason::Redirect),
        (307, UnknownReason::Redirect),
        (408, UnknownReason::Throttled),
        (409, UnknownReason::Throttled),
        (429, UnknownReason::Throttled),
        (500, UnknownReason::ServerError),
        (503, UnknownReason::ServerError),
        (418, UnknownReason::NotTheGateway),
    ] {
        for body in [answer("0021", "0000", &good_data()), answer("0031", "ST57", "null")] {
            assert_eq!(unknown(outcome(Method::Card, status, &body)), reason, "{status}");
        }
        assert_eq!(unknown(outcome(Method::Card, status, "<html>")), reason, "{status}");
    }
    // a success with a client-error status contradicts itself
    let body = answer("0021", "0000", &good_data());
    assert_eq!(unknown(outcome(Method::Card, 400, &body)), UnknownReason::Integrity);
    assert_eq!(unknown(outcome(Method::Card, 200, "<html>")), UnknownReason::Malformed);
    assert_eq!(unknown(outcome(Method::Card, 404, "<html>")), UnknownReason::NotTheGateway);
    assert_eq!(unknown(outcome(Method::Card, 401, "")), UnknownReason::NotTheGateway);
}

#[test]
fn echoed_accounts_and_keys_are_scrubbed() {
    let body = answer("0031", "ST24", "null")
        .replace(r#""m""#, &format!(r#""56211105948400 홍길동 {SANDBOX_LICENCE_KEY} {SANDBOX_AES_KEY}""#));
    let error = outcome(Method::VirtualAccount, 200, &body).unwrap_err();
    assert_eq!(error.message().unwrap().as_str(), "*** *** *** ***");
    let body = answer("0031", SANDBOX_LICENCE_KEY, "null");
    let error = outcome(Method::Card, 200, &body).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SANDBOX_LICENCE_KEY), "{error:?}");
    let payment =
        PaymentRecord::new("T1", "O1", date!(2021 - 12 - 30), won(1500)).unwrap().with_method(Method::Card);
    let request = CancelRequest::full(&payment).reason("변심 카나리아").standard().unwrap();
    let body = answer("0031", "ST57", "null")
        .replace(TAG, request.tag().as_str())
        .replace(r#""m""#, r#""사유: 변심 카나리아""#);
    let error = classify(&request, &WireResponse::new(200, body.into_bytes()), &config()).unwrap_err();
    assert_eq!(error.message().unwrap().as_str(), "사유: ***");
}

#[test]
fn a_revocation_is_checked_too() {
    let request = RevokeRequest::new(Method::VirtualAccount, "T1", "1234567890")
        .unwrap()
        .with_tag(TAG.parse::<AttemptTag>().unwrap());
    let outcome = |stat: &str, code: &str, data: &str| {
        let response = WireResponse::new(200, answer(stat, code, data).into_bytes());
        classify_revocation(&request, &response, &config())
    };
    assert!(outcome("0021", "0000", r#"{"vAcntNo":"HTEK0ImSKuVXp2qmo1YSlw=="}"#).is_ok());
    assert!(outcome("0021", "0000", "null").is_ok());
    for data in [
        r#"{"vAcntNo":"99"}"#,
        r#"{"vAcntNo":"99x"}"#,
        r#"{"vAcntNo":["1234567890"]}"#,
        r#"{"orgTrdNo":"T9"}"#,
        r#"{"orgTrdNo":"T1","orgTrdNo":"T1"}"#,
        r#"[{"orgTrdNo":"T9"}]"#,
        r#"{"pktHash":"00"}"#,
    ] {
        assert!(outcome("0021", "0000", data).unwrap_err().may_have_happened(), "{data}");
    }
    assert!(outcome("0031", "ST06", r#"{"orgTrdNo":"T9"}"#).unwrap_err().may_have_happened());
    assert_eq!(outcome("0031", "0004", "null").unwrap_err().label(), "unknown");
    assert_eq!(outcome("0031", "ST06", "null").unwrap_err().label(), "rejected");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_success(status in 0_u16..1000, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let outcome = classify(&request_by(Method::Card), &WireResponse::new(status, bytes), &config());
        prop_assert_eq!(outcome.unwrap_err().label(), "unknown");
    }

    #[test]
    fn codes_decide_only_as_listed(stat in "00[0-9]{2}", code in "[A-Z0-9]{4}", status in 200_u16..600) {
        let data = if status % 2 == 0 { good_data() } else { "null".to_owned() };
        match outcome(Method::Card, status, &answer(&stat, &code, &data)) {
            Ok(_) => prop_assert!(stat == "0021" && code == "0000" && status < 300),
            Err(CancelError::Rejected(_)) => prop_assert!(stat == "0031"),
            Err(error) => prop_assert!(error.may_have_happened()),
        }
    }
}
