use super::*;
use crate::amount::AmountText;
use pg_core::{Bank, Currency};

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn payment(balance: i64) -> PaymentRecord {
    let paid = AmountText::parse("1.00", Currency::USD).unwrap();
    PaymentRecord::new("1849705C6420220922000013", "20220829170258", paid, usd(balance)).unwrap()
}

fn account(number: &str, holder: &str, bank: Bank) -> RefundAccount {
    RefundAccount::new(bank, number, holder).unwrap()
}

#[test]
fn full_is_the_whole_of_an_untouched_payment_alone() {
    let full = CancelRequest::full(&payment(100)).unwrap();
    assert_eq!((full.refund_type(), full.amount()), (RefundType::Full, usd(100)));
    // the last slice is partial: what F does to a payment refunded in part is not documented
    let rest = CancelRequest::full(&payment(40)).unwrap();
    assert_eq!((rest.refund_type(), rest.amount()), (RefundType::Partial, usd(40)));
    assert_eq!(rest.balance_after(), usd(0));
    // P with the whole amount is refused by the gateway
    let whole = CancelRequest::partial(&payment(100), usd(100)).unwrap();
    assert_eq!(whole.refund_type(), RefundType::Full);
    let slice = CancelRequest::partial(&payment(100), usd(99)).unwrap();
    assert_eq!((slice.refund_type(), slice.balance_after()), (RefundType::Partial, usd(1)));
    assert_eq!((RefundType::Full.code(), RefundType::Partial.code()), ("F", "P"));
}

#[test]
fn every_refusal_names_its_field() {
    let field = |result: Result<CancelRequest, Invalid>| result.unwrap_err().field();
    assert_eq!(field(CancelRequest::full(&payment(0))), "balance");
    assert_eq!(field(CancelRequest::partial(&payment(100), usd(0))), "amount");
    assert_eq!(field(CancelRequest::partial(&payment(40), usd(41))), "amount");
    assert_eq!(field(CancelRequest::partial(&payment(40), Money::krw(1).unwrap())), "amount");
    let request = || CancelRequest::full(&payment(100)).unwrap();
    for bad in ["", "  ", "a\nb", &"가".repeat(256)] {
        assert_eq!(field(request().with_reason(bad)), "reason", "{bad}");
    }
    assert!(request().with_reason(&"가".repeat(255)).is_ok());
    for (bad, of) in [
        (account("110123456789", "홍길동", Bank::Other("XX".to_owned())), "refund_account.bank"),
        (account("110123456789", "홍길동", Bank::TossBank), "refund_account.bank"),
        (account("1101234567891234", "홍길동", Bank::Shinhan), "refund_account.number"),
        (account("110123456789", &"홍".repeat(21), Bank::Shinhan), "refund_account.holder"),
    ] {
        assert_eq!(field(request().with_refund_account(bad)), of);
    }
    assert!(request().with_refund_account(account("110123456789123", "홍길동", Bank::Shinhan)).is_ok());
    assert!(request().with_refund_account(account("1101234567", &"홍".repeat(20), Bank::Shinhan)).is_ok());
    assert_eq!(field(request().with_tax(Tax::new().with_vat(usd(101)))), "tax.amount_vat");
    assert_eq!(
        field(request().with_tax(Tax::new().with_tax_free(Money::krw(1).unwrap()))),
        "tax.amount_tax_free"
    );
}

#[test]
fn amounts_and_portions_of_fifteen_characters_fit() {
    let unidades = |minor| Money::from_minor(minor, Currency::CLF).unwrap();
    let paid = AmountText::parse("9999999999.9999", Currency::CLF).unwrap();
    let record = PaymentRecord::new("1849705C6420220922000013", "O", paid, unidades(99_999_999_999_999));
    let full = CancelRequest::full(&record.unwrap()).unwrap();
    assert_eq!(full.payment().paid().in_style(full.amount()).len(), 15);
    assert!(full.with_tax(Tax::new().with_vat(unidades(99_999_999_999_998))).is_ok());
}

#[test]
fn an_amount_too_long_for_its_field_is_refused() {
    let paid = AmountText::parse("9999999999", Currency::USD).unwrap();
    let record = PaymentRecord::new("1849705C6420220922000013", "O", paid, usd(999_999_999_900)).unwrap();
    assert!(CancelRequest::partial(&record, usd(999_999_999_899)).is_ok());
    let paid = AmountText::parse("99999999999", Currency::USD).unwrap();
    let record = PaymentRecord::new("1849705C6420220922000013", "O", paid, usd(9_999_999_999_900));
    assert_eq!(record.unwrap_err().field(), "balance");
}

#[test]
fn optional_blocks_check_themselves() {
    assert!(Tax::new().with_receipt_status(&"N".repeat(15)).is_ok());
    for bad in ["", "N N", &"N".repeat(16), "예"] {
        assert_eq!(Tax::new().with_receipt_status(bad).unwrap_err().field(), "tax.receipt_status");
    }
    let long = "x".repeat(256);
    assert_eq!(OtherParams::new().with_param1(&long).unwrap_err().field(), "other_param.param1");
    assert_eq!(OtherParams::new().with_param2("").unwrap_err().field(), "other_param.param2");
    assert_eq!(OtherParams::new().with_param3("\0").unwrap_err().field(), "other_param.param3");
    // empty blocks are as none: the gateway wants no parameters that say nothing
    let request = CancelRequest::full(&payment(100)).unwrap();
    assert!(request.clone().with_tax(Tax::new()).unwrap().tax().is_none());
    assert!(request.with_other_params(OtherParams::new()).other_params().is_none());
}

#[test]
fn every_request_has_its_own_tag_and_clones_share_the_send_log() {
    let (a, b) = (CancelRequest::full(&payment(100)).unwrap(), CancelRequest::full(&payment(100)).unwrap());
    assert_ne!(a.tag(), b.tag());
    let copy = a.clone();
    let _ticket = a.sends().begin();
    assert!(copy.sends().may_have_been_sent());
    assert!(!b.sends().may_have_been_sent());
    assert!(b.possibly_sent().sends().may_have_been_sent());
}

#[test]
fn debug_shows_neither_people_nor_free_text() {
    let request = CancelRequest::full(&payment(100))
        .and_then(|request| request.with_reason("REASON-CANARY"))
        .and_then(|request| request.with_refund_account(account("9876543210123", "홍길동", Bank::Shinhan)))
        .unwrap()
        .with_other_params(OtherParams::new().with_param1("PARAM-CANARY").unwrap());
    let shown = format!("{request:?} {request:#?} {:?}", request.other_params());
    for hidden in ["CANARY", "9876543210123", "홍길동"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    assert!(
        shown.contains("1849705C6420220922000013") && shown.contains("OtherParams([1 given])"),
        "{shown}"
    );
}
