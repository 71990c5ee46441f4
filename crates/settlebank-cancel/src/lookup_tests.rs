//! What an inquiry's answer may be taken for.

use pg_core::{AttemptTag, Money};
use time::macros::{date, datetime};

use super::*;
use crate::config::{Endpoint, SANDBOX_LICENCE_KEY};
use crate::payment::PaymentRecord;

const HASH: &str = "996E651D9435700D54E0D69B5726B5489AD0691C3FC86BE572314D39A2AE8B6D";

fn read_with(method: Method, status: u16, body: &str) -> Result<LookedUp, LookUpError> {
    let config = Config::flat("nx_mid_il", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap();
    let paid = Money::krw(500).unwrap();
    let payment = PaymentRecord::new("T1", "O1", date!(2021 - 08 - 06), paid).unwrap().with_method(method);
    let tag: AttemptTag = "PG_vbank_20210806075154649".parse().unwrap();
    let inquiry = Inquiry::with(&payment, tag, datetime!(2021-08-06 08:01:01 +9)).unwrap();
    read(&inquiry, &WireResponse::new(status, body.as_bytes().to_vec()), &config)
}

fn kind(status: u16, body: &str) -> LookUpErrorKind {
    read_with(Method::VirtualAccount, status, body).unwrap_err().kind().clone()
}

fn answer(stat: &str, code: &str, data: &str) -> String {
    format!(
        r#"{{"params":{{"mchtTrdNo":"PG_vbank_20210806075154649","trdNo":"T1","outStatCd":"{stat}","outRsltCd":"{code}"}},"data":{{"pktHash":"{HASH}",{data}}}}}"#
    )
}

fn told(code: &str, data: &str) -> Result<LookedUp, LookUpError> {
    read_with(Method::VirtualAccount, 200, &answer("0021", code, data))
}

#[test]
fn the_amounts_decide() {
    let won = |minor| Money::krw(minor).unwrap();
    for (code, cancelled, status) in [
        ("0000", 0, TradeStatus::Normal),
        ("0000", 200, TradeStatus::Normal),
        ("0001", 200, TradeStatus::Cancelled),
        ("0001", 500, TradeStatus::Cancelled),
    ] {
        let data = format!(r#""method":"VA","trdAmt":"500","cnclAmt":"{cancelled}""#);
        let looked_up = told(code, &data).unwrap();
        assert_eq!((looked_up.status(), looked_up.cancelled()), (status, won(cancelled)));
        assert_eq!((looked_up.paid(), looked_up.balance()), (won(500), won(500 - cancelled)));
        assert!(looked_up.state().history.is_none());
        let word = if status == TradeStatus::Normal { "normal" } else { "cancelled" };
        assert_eq!((looked_up.state().status.as_str(), looked_up.status().as_str()), (word, word));
    }
}

#[test]
fn what_is_missing_or_contradicts_itself_tells_nothing() {
    for (code, data) in [
        ("0000", r#""trdAmt":"500""#),
        ("0000", r#""trdAmt":"500","cnclAmt":"""#),
        ("0000", r#""cnclAmt":"0""#),
        ("0000", r#""trdAmt":"499","cnclAmt":"0""#),
        ("0000", r#""trdAmt":"500","cnclAmt":"501""#),
        ("0001", r#""trdAmt":"500","cnclAmt":"0""#),
        ("0000", r#""trdAmt":"500","cnclAmt":"0","method":"CA""#),
        ("0000", r#""trdAmt":"500","cnclAmt":"0","orgTrdNo":"T9""#),
        ("0021", r#""trdAmt":"500","cnclAmt":"0""#),
        ("0000", r#""trdAmt":"500","cnclAmt":"0","orgTrdNo":["T9"]"#),
        ("0000", r#""trdAmt":"500","cnclAmt":"0","method":["CA"]"#),
        ("0000", r#""trdAmt":["500"],"cnclAmt":"0""#),
        ("0000", r#""trdAmt":"500","cnclAmt":["0"]"#),
    ] {
        assert_eq!(told(code, data).unwrap_err().kind(), &LookUpErrorKind::Malformed, "{code} {data}");
    }
    let good = answer("0021", "0000", r#""trdAmt":"500","cnclAmt":"0""#);
    assert!(read_with(Method::VirtualAccount, 200, &good).is_ok());
    assert_eq!(kind(200, &good.replace(HASH, &"0".repeat(64))), LookUpErrorKind::Malformed);
    assert_eq!(kind(200, &good.replace("PG_vbank_20210806075154649", "other")), LookUpErrorKind::Malformed);
    assert_eq!(kind(400, &good), LookUpErrorKind::Malformed);
}

#[test]
fn an_easy_pay_without_its_provider_may_be_named_in_the_answer() {
    let body = answer("0021", "0000", r#""trdAmt":"500","cnclAmt":"0","method":"KP""#);
    assert!(read_with(Method::EasyPay, 200, &body).is_ok());
    assert!(read_with(Method::NaverPay, 200, &body).is_err());
}

#[test]
fn errors_are_told_apart() {
    let refused = |code| kind(200, &answer("0031", code, r#""x":1"#));
    assert_eq!(refused("ST06"), LookUpErrorKind::NotFound);
    assert_eq!(refused("CA10"), LookUpErrorKind::NotFound);
    assert_eq!(refused("1901"), LookUpErrorKind::Credentials);
    assert_eq!(refused("ST10"), LookUpErrorKind::Unavailable);
    assert_eq!(refused("ST41"), LookUpErrorKind::Unavailable);
    assert_eq!(refused("0009"), LookUpErrorKind::Refused);
    assert_eq!(refused("ZZZZ"), LookUpErrorKind::Refused);
    // "not found" of another payment, or of another inquiry
    for data in [r#""orgTrdNo":"T9""#, r#""orgTrdNo":["T9"]"#, r#""x":1,"orgTrdNo":"T1","orgTrdNo":"T1""#] {
        assert_eq!(kind(200, &answer("0031", "ST06", data)), LookUpErrorKind::Malformed, "{data}");
    }
    let other = answer("0031", "ST06", r#""x":1"#).replace("PG_vbank_20210806075154649", "other");
    assert_eq!(kind(200, &other), LookUpErrorKind::Malformed);
    assert_eq!(refused("RA34"), LookUpErrorKind::Unavailable);
    let failed = told("0009", r#""trdAmt":"500""#).unwrap_err();
    assert_eq!((failed.kind(), failed.code()), (&LookUpErrorKind::Refused, Some("0009")));
    for status in [301, 408, 429, 500, 503] {
        assert_eq!(
            kind(status, &answer("0021", "0000", r#""x":1"#)),
            LookUpErrorKind::Unavailable,
            "{status}"
        );
    }
    assert_eq!(kind(404, "<html>"), LookUpErrorKind::Unavailable);
    assert_eq!(kind(200, "<html>"), LookUpErrorKind::Malformed);
}

#[test]
fn a_record_follows_the_ledger_but_never_upwards() {
    let won = |minor| Money::krw(minor).unwrap();
    let looked_up = told("0001", r#""trdAmt":"500","cnclAmt":"200""#).unwrap();
    let record = || PaymentRecord::new("T1", "O1", date!(2021 - 08 - 06), won(500)).unwrap();
    let moved = record().with_looked_up(&looked_up).unwrap();
    assert_eq!(moved.balance(), won(300));
    assert_eq!(moved.next_sequence().unwrap_err().field(), "sequence");
    let known = record().with_cancels(&[won(200)]).unwrap();
    assert_eq!(known.with_looked_up(&looked_up).unwrap().next_sequence(), Ok(2));
    let ahead = record().with_cancels(&[won(400)]).unwrap();
    assert_eq!(ahead.with_looked_up(&looked_up).unwrap_err().field(), "balance");
    let other = PaymentRecord::new("T1", "O1", date!(2021 - 08 - 06), won(600)).unwrap();
    assert_eq!(other.with_looked_up(&looked_up).unwrap_err().field(), "paid");
}
