use super::*;
use crate::amount::AmountText;
use crate::lang::Lang;
use pg_core::wire::{HeaderText, Method};
use pg_core::{AttemptTag, Bank, Currency, Money};

const ID: &str = "1849705C6420220922000013";

// the published sandbox values, shared by everybody
fn config() -> Config {
    Config::builder("test_1849705C642C217E0B2D", "1849705C64").build().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn payment(paid: &str, balance: Money) -> PaymentRecord {
    let paid = AmountText::parse(paid, balance.currency()).unwrap();
    PaymentRecord::new(ID, "20220829170258", paid, balance).unwrap()
}

fn tagged(request: CancelRequest) -> CancelRequest {
    request.with_tag("refund-1".parse::<AttemptTag>().unwrap())
}

fn body(request: &CancelRequest) -> String {
    String::from_utf8(cancel(request, &config()).unwrap().into_body()).unwrap()
}

#[test]
fn the_guides_full_cancel() {
    let request = tagged(CancelRequest::full(&payment("1", usd(100))).unwrap());
    let request = request.with_reason("단순변심").unwrap();
    let wire = cancel(&request, &config()).unwrap();
    assert_eq!(wire.method(), Method::Post);
    assert_eq!(wire.target(), "/v1/payments/1849705C6420220922000013/cancel");
    assert_eq!(
        std::str::from_utf8(wire.body()).unwrap(),
        concat!(
            r#"{"mid":"1849705C64","refund":{"refund_type":"F","refund_amount":"1","refund_id":"refund-1","#,
            r#""reason":"단순변심"},"payment":{"order_id":"20220829170258","currency":"USD","amount":"1","#,
            r#""balance":"1","lang":"EN"}}"#
        )
    );
    let [content_type, authorization] = wire.headers() else { panic!("two headers") };
    assert!(matches!(content_type, ("content-type", HeaderText::Plain("application/json"))));
    let value = match &authorization.1 {
        HeaderText::Plain(text) => text,
        HeaderText::Secret(secret) => secret.expose(),
    };
    assert_eq!((authorization.0, value), ("authorization", "Basic dGVzdF8xODQ5NzA1QzY0MkMyMTdFMEIyRDo="));
}

#[test]
fn the_guides_partial_cancel() {
    let request = CancelRequest::partial(&payment("1", usd(100)), usd(50)).unwrap();
    let text = body(&tagged(request));
    assert!(text.contains(r#""refund_type":"P","refund_amount":"0.5""#), "{text}");
    assert!(text.contains(r#""amount":"1","balance":"1""#), "{text}");
}

#[test]
fn amounts_keep_the_payments_spelling() {
    let text = body(&CancelRequest::partial(&payment("1.00", usd(50)), usd(20)).unwrap());
    assert!(text.contains(r#""refund_amount":"0.20""#), "{text}");
    assert!(text.contains(r#""amount":"1.00","balance":"0.50""#), "{text}");
    let won = |amount| Money::krw(amount).unwrap();
    let text = body(&CancelRequest::partial(&payment("1000", won(1000)), won(500)).unwrap());
    assert!(text.contains(r#""refund_amount":"500""#), "{text}");
    assert!(text.contains(r#""currency":"KRW","amount":"1000","balance":"1000""#), "{text}");
}

#[test]
fn the_optional_blocks() {
    let won = |amount| Money::krw(amount).unwrap();
    let request = CancelRequest::full(&payment("1100", won(1100)))
        .and_then(|request| {
            request.with_refund_account(RefundAccount::new(Bank::Shinhan, "110-123-456789", "홍길동")?)
        })
        .and_then(|request| {
            let tax = Tax::new().with_tax_free(won(0)).with_taxable(won(1000)).with_vat(won(100));
            request.with_tax(tax.with_service_fee(won(0)).with_receipt_status("N")?)
        })
        .and_then(|request| Ok(request.with_other_params(OtherParams::new().with_param2("two")?)))
        .unwrap()
        .with_lang(Lang::Korean);
    let text = body(&tagged(request));
    let tail = concat!(
        r#""lang":"KR"},"refund_account":{"user_name":"홍길동","bank_code":"088","account_number":"110123456789"},"#,
        r#""tax":{"receipt_status":"N","amount_tax_free":"0","amount_taxable":"1000","amount_vat":"100","#,
        r#""amount_service_fee":"0"},"other_param":{"param2":"two"}}"#
    );
    assert!(text.ends_with(tail), "{text}");
}

#[test]
fn the_same_request_makes_the_same_bytes() {
    let request = CancelRequest::full(&payment("1", usd(100))).unwrap();
    assert_eq!(body(&request), body(&request.clone()));
}

#[test]
fn text_cannot_leave_its_field() {
    let request = CancelRequest::full(&payment("1", usd(100))).unwrap();
    let text = body(&tagged(request.with_reason(r#"","refund_type":"F"#).unwrap()));
    assert!(text.contains(r#""reason":"\",\"refund_type\":\"F""#), "{text}");
}

#[test]
fn look_ups_carry_the_original_amount_text() {
    let by_payment = look_up(&LookUp::of(&payment("1.00", usd(50))), &config()).unwrap();
    assert_eq!(by_payment.target(), "/v1/payments/retrieve");
    assert_eq!(
        std::str::from_utf8(by_payment.body()).unwrap(),
        concat!(
            r#"{"mid":"1849705C64","key_field":"transaction_id","payment":{"order_id":"20220829170258","#,
            r#""currency":"USD","amount":"1.00","transaction_id":"1849705C6420220922000013","lang":"EN"}}"#
        )
    );
    let paid = AmountText::parse("17.75", Currency::USD).unwrap();
    let by_order = LookUp::by_order("16885319762913", paid).unwrap();
    assert_eq!(
        String::from_utf8(look_up(&by_order, &config()).unwrap().into_body()).unwrap(),
        concat!(
            r#"{"mid":"1849705C64","key_field":"order_id","payment":{"order_id":"16885319762913","#,
            r#""currency":"USD","amount":"17.75","lang":"EN"}}"#
        )
    );
}
