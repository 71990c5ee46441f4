//! Outcomes in the flat form.

use pg_core::{CancelState, Money, RejectionKind};
use proptest::prelude::*;
use time::macros::date;

use super::*;
use crate::config::{Endpoint, SANDBOX_LICENCE_KEY};
use crate::method::Method;
use crate::payment::PaymentRecord;

fn outcome_of(method: Method, status: u16, body: &[u8]) -> Result<Cancelled, CancelError> {
    let config = Config::flat("m", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap();
    let paid = Money::krw(1000).unwrap();
    let payment = PaymentRecord::new("T1", "O1", date!(2021 - 12 - 30), paid).unwrap().with_method(method);
    let request = CancelRequest::full(&payment).flat().unwrap();
    classify(&request, &WireResponse::new(status, body.to_vec()), &config)
}

fn outcome(status: u16, body: &str) -> Result<Cancelled, CancelError> {
    outcome_of(Method::Card, status, body.as_bytes())
}

fn unknown(status: u16, body: &str) -> UnknownReason {
    match outcome(status, body) {
        Err(CancelError::Unknown(unknown)) => unknown.reason(),
        other => panic!("must be unknown: {other:?}"),
    }
}

const SUCCESS: &str = r#"{"resultCode":"0000","resultMsg":"ok","canTrdNo":"STFP_CANCEL_1"}"#;

#[test]
fn a_success_needs_its_number() {
    let cancelled = outcome(200, SUCCESS).unwrap();
    assert_eq!((cancelled.state(), cancelled.remaining()), (CancelState::Completed, None));
    assert_eq!(cancelled.cancel_id(), Some("STFP_CANCEL_1"));
    for method in [Method::VirtualAccount, Method::VirtualAccount010, Method::Mobile] {
        let later = outcome_of(method, 200, SUCCESS.as_bytes()).unwrap();
        assert_eq!(later.state(), CancelState::Accepted, "{method}");
    }
    for body in [
        r#"{"resultCode":"0000"}"#,
        r#"{"resultCode":"0000","canTrdNo":null}"#,
        r#"{"resultCode":"0000","canTrdNo":""}"#,
    ] {
        assert_eq!(unknown(200, body), UnknownReason::Integrity, "{body}");
    }
    assert_eq!(unknown(400, SUCCESS), UnknownReason::Integrity);
    assert_eq!(unknown(500, SUCCESS), UnknownReason::ServerError);
    assert_eq!(unknown(302, SUCCESS), UnknownReason::Redirect);
}

#[test]
fn its_codes_are_its_own() {
    for body in [r#"{"resultCode":"1002","canTrdNo":null}"#, r#"{"resultCode":"1002"}"#] {
        match outcome(200, body) {
            Err(CancelError::Rejected(refusal)) => assert_eq!(refusal.kind(), RejectionKind::Amount),
            other => panic!("{body}: {other:?}"),
        }
    }
    for code in ["1001", "1003", "1004", "ST57", "3007", "0004", "1901", ""] {
        assert_eq!(
            unknown(200, &format!(r#"{{"resultCode":"{code}"}}"#)),
            UnknownReason::UnlistedCode,
            "{code}"
        );
    }
    // a refusal with the number of a cancel contradicts itself
    for code in ["1002", "9999"] {
        let body = format!(r#"{{"resultCode":"{code}","canTrdNo":"STFP_CANCEL_1"}}"#);
        assert_eq!(unknown(200, &body), UnknownReason::Integrity);
    }
    for code in ["0000", "1002"] {
        let body = format!(r#"{{"resultCode":"{code}","canTrdNo":["STFP_CANCEL_1"]}}"#);
        assert_eq!(unknown(200, &body), UnknownReason::Malformed);
    }
    // an answer in the other form
    assert_eq!(
        unknown(200, r#"{"params":{"outStatCd":"0031","outRsltCd":"1001"}}"#),
        UnknownReason::Malformed
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_success(status in 0_u16..1000, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(outcome_of(Method::Card, status, &bytes).unwrap_err().label(), "unknown");
    }
}
