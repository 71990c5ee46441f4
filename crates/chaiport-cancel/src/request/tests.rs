use pg_core::{Bank, Currency};

use super::*;
use crate::ids::ImpUid;

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn record() -> PaymentRecord {
    PaymentRecord::new("imp_1".parse::<ImpUid>().unwrap(), won(10_000)).with_cancelled(won(2500)).unwrap()
}

fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap()
}

fn vbank(pg: &str) -> CancelRequest {
    CancelRequest::full(record().with_pg_provider(pg).with_pay_method("vbank")).unwrap()
}

#[test]
fn the_guard_is_the_balance_before() {
    let full = CancelRequest::full(record()).unwrap();
    assert_eq!((full.amount(), full.balance_before(), full.is_guarded()), (won(7500), won(7500), true));
    let part = CancelRequest::partial(record(), won(1000)).unwrap();
    assert_eq!((part.amount(), part.balance_before(), part.is_guarded()), (won(1000), won(7500), true));
    assert!(!CancelRequest::unguarded(record(), won(1000)).unwrap().is_guarded());
}

#[test]
fn what_cannot_be_cancelled_is_refused_by_name() {
    let usd = Money::from_minor(100, Currency::USD).unwrap();
    for (amount, field) in [(won(0), "amount"), (won(7501), "amount"), (usd, "amount")] {
        assert_eq!(CancelRequest::partial(record(), amount).unwrap_err().field(), field);
        assert_eq!(CancelRequest::unguarded(record(), amount).unwrap_err().field(), field);
    }
    let empty = record().with_cancelled(won(10_000)).unwrap();
    assert_eq!(CancelRequest::full(&empty).unwrap_err().field(), "balance");
    assert_eq!(CancelRequest::partial(&empty, won(1)).unwrap_err().field(), "balance");
    let naverco = record().with_pg_provider("naverco");
    assert_eq!(CancelRequest::full(naverco).unwrap_err().field(), "pg_provider");
    for status in ["ready", "failed"] {
        let json = format!(r#"{{"imp_uid":"imp_1","amount":1000,"status":"{status}"}}"#);
        let record = PaymentRecord::from_json(json.as_bytes()).unwrap();
        assert_eq!(CancelRequest::full(record).unwrap_err().field(), "status");
    }
}

#[test]
fn the_tag_stands_first_in_the_reason() {
    let request = CancelRequest::full(record()).unwrap().with_tag("t-1".parse().unwrap());
    assert_eq!(request.wire_reason().unwrap(), "[c:t-1]");
    assert_eq!(request.history_tag().unwrap(), "[c:t-1]");
    let request = request.with_reason(" 변심 ").unwrap();
    assert_eq!(request.wire_reason().unwrap(), "[c:t-1] 변심");
    let untagged = request.with_untagged_reason();
    assert_eq!((untagged.wire_reason().unwrap().as_str(), untagged.history_tag()), ("변심", None));
}

#[test]
fn a_reason_is_counted_with_its_tag() {
    let request = CancelRequest::full(record()).unwrap().with_tag("x".repeat(30).parse().unwrap());
    // "[c:" + 30 + "] " = 35
    assert!(request.clone().with_reason(&"가".repeat(221)).is_ok());
    assert_eq!(request.clone().with_reason(&"가".repeat(222)).unwrap_err().field(), "reason");
    assert_eq!(request.clone().with_reason("a\nb").unwrap_err().field(), "reason");
    // a longer tag set later is caught before sending
    let late = request.with_tag("t".parse().unwrap()).with_reason(&"가".repeat(250)).unwrap();
    assert!(late.check().is_ok());
    assert_eq!(late.with_tag("x".repeat(30).parse().unwrap()).check().unwrap_err().field(), "reason");
}

#[test]
fn parts_must_fit_the_amount() {
    let request = CancelRequest::partial(record(), won(1000)).unwrap();
    assert_eq!(request.clone().with_tax_free(won(1000)).unwrap().tax_free(), Some(won(1000)));
    assert_eq!(request.clone().with_tax_free(won(1001)).unwrap_err().field(), "tax_free");
    assert_eq!(request.with_vat_amount(won(1001)).unwrap_err().field(), "vat_amount");
}

#[test]
fn every_pg_numbers_the_bank_its_own_way() {
    for (pg, code) in
        [("html5_inicis", "88"), ("kcp", "BK88"), ("tosspayments", "088"), ("daou", "10"), ("nice_v2", "088")]
    {
        let request = vbank(pg).with_refund_account(account()).unwrap();
        assert_eq!(request.refund().unwrap().bank_code, code, "{pg}");
        assert!(request.check().is_ok());
    }
}

#[test]
fn a_bank_that_the_pg_cannot_refund_to_is_refused_with_those_that_can() {
    let kakao = RefundAccount::new(Bank::KakaoBank, "3333012345678", "홍길동").unwrap();
    let error = vbank("nice_v2").with_refund_account(kakao).unwrap_err();
    assert_eq!(error.field(), "refund_bank");
    assert!(error.reason().contains("nice_v2 cannot") && error.reason().contains("inicis"), "{error}");
    assert!(!error.reason().contains("eximbay") && !error.to_string().contains("3333012345678"));
    let other = RefundAccount::new(Bank::Other("99".to_owned()), "1", "홍").unwrap();
    assert_eq!(vbank("kcp").with_refund_account(other).unwrap_err().field(), "refund_bank");
}

#[test]
fn a_pg_without_a_table_needs_the_code_by_name() {
    assert_eq!(vbank("ksnet").with_refund_account(account()).unwrap_err().field(), "pg_provider");
    let unknown = CancelRequest::full(record()).unwrap();
    assert_eq!(unknown.with_refund_account(account()).unwrap_err().field(), "pg_provider");
    let raw = vbank("ksnet").with_refund_account_and_raw_bank_code(account(), "88").unwrap();
    assert_eq!(raw.refund().unwrap().bank_code, "88");
    for bad in ["", "BK888", "8 8", "신한"] {
        let error = vbank("ksnet").with_refund_account_and_raw_bank_code(account(), bad).unwrap_err();
        assert_eq!(error.field(), "refund_bank", "{bad}");
    }
}

#[test]
fn lengths_of_the_account_are_chaiports() {
    let longest = RefundAccount::new(Bank::Shinhan, &"1".repeat(16), &"가".repeat(16)).unwrap();
    assert!(vbank("kcp").with_refund_account(longest).is_ok());
    let long_holder = RefundAccount::new(Bank::Shinhan, "1", &"가".repeat(17)).unwrap();
    assert_eq!(vbank("kcp").with_refund_account(long_holder).unwrap_err().field(), "refund_holder");
    let long_number = RefundAccount::new(Bank::Shinhan, &"1".repeat(17), "홍").unwrap();
    assert_eq!(vbank("kcp").with_refund_account(long_number).unwrap_err().field(), "refund_account");
}

#[test]
fn what_a_pg_asks_for_must_be_there() {
    let trans =
        |pg: &str| CancelRequest::full(record().with_pg_provider(pg).with_pay_method("trans")).unwrap();
    for (request, field) in [
        (vbank("html5_inicis"), Some("refund_account")),
        (vbank("danal_tpay"), Some("pg_provider")),
        (trans("html5_inicis"), None),
        (trans("welcome"), Some("refund_account")),
        (vbank("smartro").with_refund_account(account()).unwrap(), Some("refund_tel")),
        (vbank("smartro_v2").with_refund_account(account()).unwrap(), Some("refund_tel")),
        (trans("welcome").with_refund_account(account()).unwrap(), Some("refund_tel")),
        (vbank("welcome").with_refund_account(account().with_phone("010-1234-5678").unwrap()).unwrap(), None),
        (CancelRequest::full(record().with_pg_provider("naverpay")).unwrap(), Some("reason")),
    ] {
        assert_eq!(request.check().err().map(|error| error.field()), field, "{request:?}");
    }
    let danal = vbank("danal_tpay").with_refund_account(account()).unwrap_err();
    assert_eq!(danal.field(), "pg_provider");
}

#[test]
fn clones_share_the_log_of_sendings() {
    let request = CancelRequest::full(record()).unwrap();
    let _ticket = request.clone().sends().begin();
    assert!(request.sends().may_have_been_sent());
    assert!(CancelRequest::full(record()).unwrap().sent_before().sends().may_have_been_sent());
}

#[test]
fn debug_shows_neither_reason_nor_account() {
    let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "CANARY").unwrap();
    let request = vbank("kcp").with_refund_account(account).unwrap().with_reason("CANARY").unwrap();
    let shown = format!("{request:?} {:?}", request.refund());
    assert!(!shown.contains("CANARY") && !shown.contains("56211105948400"), "{shown}");
    assert!(shown.contains("imp_1") && shown.contains("balance_before"), "{shown}");
}
