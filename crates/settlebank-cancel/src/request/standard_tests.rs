//! What the standard form refuses, and what it settles by itself.

use pg_core::{Bank, Currency, Invalid, Money, RefundAccount};
use time::macros::{date, datetime};

use super::*;
use crate::method::Method;
use crate::payment::PaymentRecord;

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn payment(method: Method) -> PaymentRecord {
    PaymentRecord::new("T1", "O1", date!(2026 - 06 - 30), won(10_000)).unwrap().with_method(method)
}

fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, "562-111-05948400", "홍길동").unwrap()
}

fn field(result: Result<CancelRequest, Invalid>) -> &'static str {
    result.unwrap_err().field()
}

fn standard(result: Result<CancelRequest, Invalid>) -> StandardCancel {
    match result.unwrap() {
        CancelRequest::Standard(request) => *request,
        CancelRequest::Flat(_) => panic!("must be standard"),
    }
}

#[test]
fn amounts_currencies_and_lengths_are_checked() {
    let card = payment(Method::Card);
    assert_eq!(field(CancelRequest::partial(&card, won(0)).standard()), "amount");
    assert_eq!(field(CancelRequest::partial(&card, won(10_001)).standard()), "amount");
    assert_eq!(field(CancelRequest::full(&card).same_amount_again().standard()), "same_amount_again");
    let no_method = PaymentRecord::new("T", "O", date!(2026 - 06 - 30), won(1)).unwrap();
    assert_eq!(field(CancelRequest::full(&no_method).standard()), "method");
    let long = PaymentRecord::new(&"T".repeat(41), "O", date!(2026 - 06 - 30), won(1))
        .unwrap()
        .with_method(Method::Card);
    assert_eq!(field(CancelRequest::full(&long).standard()), "trade_no");
    let paid = |minor, currency, method| {
        let paid = Money::from_minor(minor, currency).unwrap();
        PaymentRecord::new("T", "O", date!(2026 - 06 - 30), paid).unwrap().with_method(method)
    };
    assert!(CancelRequest::full(&paid(150, Currency::USD, Method::Card)).standard().is_ok());
    assert_eq!(field(CancelRequest::full(&paid(150, Currency::USD, Method::EasyPay)).standard()), "currency");
    assert_eq!(field(CancelRequest::full(&paid(150, Currency::JPY, Method::Card)).standard()), "currency");
    let twelve = paid(999_999_999_999, Currency::KRW, Method::Card);
    assert!(CancelRequest::full(&twelve).standard().is_ok());
    assert_eq!(
        field(CancelRequest::full(&paid(1_000_000_000_000, Currency::KRW, Method::Card)).standard()),
        "amount"
    );
    let ten = paid(1_000_000_000, Currency::KRW, Method::VirtualAccount010);
    assert_eq!(field(CancelRequest::full(&ten).refund_account(account()).standard()), "amount");
}

#[test]
fn the_sequence_is_always_explicit() {
    let second = payment(Method::Card).with_cancels(&[won(3000)]).unwrap();
    assert_eq!(standard(CancelRequest::partial(&second, won(3000)).standard()).sequence(), 2);
    assert!(CancelRequest::full(&second).standard().unwrap().is_guarded());
    assert!(!CancelRequest::full(&second).flat().unwrap().is_guarded());
    let uncounted = payment(Method::Card).with_balance(won(7000), 0).unwrap();
    assert_eq!(field(CancelRequest::full(&uncounted).standard()), "sequence");
}

#[test]
fn full_only_methods_are_not_cancelled_in_part() {
    for method in Method::all().filter(|m| m.is_full_only()) {
        let payment = payment(method);
        assert_eq!(field(CancelRequest::partial(&payment, won(1)).standard()), "amount", "{method}");
        assert_eq!(standard(CancelRequest::full(&payment).standard()).sequence(), 1);
        // not even the rest of one of which somebody cancelled a part
        let rest = payment.clone().with_balance(won(4000), 1).unwrap();
        assert_eq!(field(CancelRequest::full(&rest).standard()), "amount", "{method}");
        let named = CancelRequest::partial(&rest, won(1)).partial_against_the_api_page().standard();
        assert!(!named.as_ref().unwrap().is_guarded());
        assert_eq!(standard(named).sequence(), 1);
        assert_eq!(field(CancelRequest::full(&payment).tax(TaxSplit::taxable()).standard()), "tax");
    }
}

#[test]
fn tax_parts_must_add_up() {
    let card = payment(Method::Card);
    let split = TaxSplit::mixed(won(909), won(91), won(0));
    assert!(CancelRequest::partial(&card, won(1000)).tax(split).standard().is_ok());
    assert_eq!(field(CancelRequest::partial(&card, won(1001)).tax(split).standard()), "tax");
    let served = TaxSplit::mixed(won(800), won(80), won(20)).with_service_charge(won(100)).unwrap();
    assert!(CancelRequest::partial(&card, won(1000)).tax(served).standard().is_ok());
    let transfer = payment(Method::BankTransfer);
    assert_eq!(field(CancelRequest::partial(&transfer, won(1000)).tax(served).standard()), "tax");
}

#[test]
fn refunds_into_an_account_need_one_and_others_refuse_it() {
    for method in [Method::VirtualAccount, Method::VirtualAccount010] {
        let payment = payment(method);
        assert_eq!(field(CancelRequest::full(&payment).standard()), "refund_account");
        let request = standard(CancelRequest::full(&payment).refund_account(account()).standard());
        assert_eq!(request.operation(), Operation::VirtualAccountRefund);
    }
    let card = payment(Method::Card);
    assert_eq!(field(CancelRequest::full(&card).refund_account(account()).standard()), "refund_account");
    let va = payment(Method::VirtualAccount);
    let refund = |bank, number: &str, holder: &str| {
        let account = RefundAccount::new(bank, number, holder).unwrap();
        CancelRequest::full(&va).refund_account(account).standard()
    };
    assert_eq!(field(refund(Bank::Other("없는은행".into()), "1", "홍")), "refund_account.bank");
    assert_eq!(field(refund(Bank::Shinhan, "12345678901234567", "홍")), "refund_account.number");
    assert_eq!(field(refund(Bank::Shinhan, "1", &"가".repeat(17))), "refund_account.holder");
    assert_eq!(field(refund(Bank::Shinhan, "1", "a<b")), "refund_account.holder");
    assert!(refund(Bank::Shinhan, "1234567890123456", &"가".repeat(16)).is_ok());
}

#[test]
fn a_mobile_payment_is_cancelled_in_its_month_and_refunded_later() {
    let payment = payment(Method::Mobile);
    let full = || CancelRequest::full(&payment);
    // 2026-06-30 23:59:59 in Korea, and one second later
    let june = standard(full().at(datetime!(2026-06-30 14:59:59 UTC)).standard());
    assert_eq!((june.operation(), june.operation().biz_type()), (Operation::Cancel, "C0"));
    let july = datetime!(2026-06-30 15:00:00 UTC);
    assert_eq!(field(full().at(july).standard()), "refund_account");
    let july = standard(full().at(july).refund_account(account()).standard());
    assert_eq!((july.operation().path(), july.operation().biz_type()), ("/spay/APIRefund.do", "C1"));
    let next_year = full().at(datetime!(2027-06-30 0:00 UTC)).refund_account(account()).standard();
    assert_eq!(standard(next_year).operation(), Operation::MobileRefund);
    // by name
    let named = full().at(datetime!(2026-08-01 0:00 UTC)).mobile_refund(MobileRefund::No).standard();
    assert_eq!(standard(named).operation(), Operation::Cancel);
    let named = full().mobile_refund(MobileRefund::Yes).refund_account(account()).standard();
    assert_eq!(standard(named).operation(), Operation::MobileRefund);
    for method in [Method::Card, Method::VirtualAccount] {
        let payment = super::tests::payment(method);
        assert_eq!(
            field(CancelRequest::full(&payment).mobile_refund(MobileRefund::Yes).standard()),
            "mobile_refund"
        );
    }
}

#[test]
fn the_reason_is_what_hecto_allows() {
    let card = payment(Method::Card);
    for bad in ["", "a:b", "<b>", "😀", &"가".repeat(86)] {
        assert_eq!(field(CancelRequest::full(&card).reason(bad).standard()), "reason", "{bad:?}");
    }
}

#[test]
fn debug_shows_no_person() {
    let payment = payment(Method::VirtualAccount);
    let draft = CancelRequest::full(&payment).reason("REASON-CANARY").refund_account(account());
    let shown = format!("{draft:?} {:?}", draft.clone().standard().unwrap());
    assert!(
        shown.contains("CancelDraft { payment:") && shown.contains("StandardCancel { payment:"),
        "{shown}"
    );
    for canary in ["CANARY", "56211105948400", "홍길동"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

#[test]
fn a_form_is_told_in_one_word() {
    assert_eq!((Form::Standard.as_str(), Form::Flat.as_str()), ("standard", "flat"));
}

#[test]
fn time_is_frozen_in_korea() {
    let card = payment(Method::Card);
    let request = standard(CancelRequest::full(&card).at(datetime!(2021-12-31 01:00:00.9 UTC)).standard());
    assert_eq!(request.at(), datetime!(2021-12-31 10:00:00 +9));
    assert_eq!(field(CancelRequest::full(&card).at(datetime!(-0001-01-01 0:00 UTC)).standard()), "at");
}
