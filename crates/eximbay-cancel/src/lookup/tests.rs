use std::error::Error as _;

use super::*;
use pg_core::{Attribution, Currency, Doubt};
use proptest::prelude::*;
use time::macros::datetime;

const ID: &str = "1849705C6420220922000013";
const KEY: &str = "test_KEYCANARY";

fn config() -> Config {
    Config::builder(KEY, "1849705C64").build().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn paid() -> AmountText {
    AmountText::parse("1.00", Currency::USD).unwrap()
}

fn by_transaction() -> LookUp {
    LookUp::by_transaction(ID, paid()).unwrap()
}

fn classified(look_up: &LookUp, status: u16, body: &str) -> Result<Retrieved, LookUpError> {
    classify(look_up, &config(), &WireResponse::new(status, body.as_bytes().to_vec()))
}

fn answer(status: &str, balance: &str) -> String {
    format!(
        r#"{{"rescode":"0000","resmsg":"Success.","mid":"1849705C64","payment":{{"order_id":"ORD-1",
        "currency":"USD","amount":"1.00","transaction_id":"{ID}","status":"{status}","auth_code":"123456",
        "transaction_date":"20220922113330","balance":{balance},"payment_method":"P101"}},
        "card_info":{{"card_number1":"4111","card_number4":"1111"}}}}"#
    )
}

#[test]
fn a_payment_that_was_found() {
    let found = classified(&by_transaction(), 200, &answer("SALE", "\"0.40\"")).unwrap();
    assert_eq!((found.state().paid, found.state().cancelled, found.balance()), (usd(100), usd(60), usd(40)));
    assert_eq!((found.status(), found.state().status.as_str()), (&PaymentStatus::Sale, "SALE"));
    assert!(found.state().history.is_none());
    let payment = &found.answer().payment;
    let date = payment.transaction_date.as_ref().and_then(crate::Stamp::kst);
    assert_eq!(date, Some(datetime!(2022-09-22 11:33:30 +9)));
    assert_eq!(payment.auth_code.as_deref(), Some("123456"));
    let record = found.payment().unwrap();
    assert_eq!((record.paid(), record.balance(), record.order_id().as_str()), (&paid(), usd(40), "ORD-1"));
}

#[test]
fn found_cards_are_not_shown() {
    let found = classified(&by_transaction(), 200, &answer("SALE", "1")).unwrap();
    assert_eq!(found.answer().card_info.card_number4.as_deref(), Some("1111"));
    assert!(!format!("{found:?}").contains("4111"));
    assert_eq!(format!("{:?}", found.answer().card_info), "CardInfo([REDACTED])");
}

#[test]
fn a_status_is_shown_and_free_text_in_its_place_is_not() {
    let shown = |text: &str| format!("{:?}", PaymentStatus::Other(text.to_owned()));
    assert_eq!(
        (format!("{:?}", PaymentStatus::Sale).as_str(), shown("VOID").as_str()),
        ("Sale", "Other(\"VOID\")")
    );
    assert!(!shown("card 4111 1111").contains("4111"));
}

#[test]
fn only_a_sale_found_by_its_own_number_can_be_cancelled() {
    let field =
        |look_up: &LookUp, body: &str| classified(look_up, 200, body).unwrap().payment().unwrap_err().field();
    for status in ["AUTH", "REGISTERED", "VOID", ""] {
        assert_eq!(field(&by_transaction(), &answer(status, "\"1.00\"")), "status", "{status}");
    }
    let by_order = LookUp::by_order("ORD-1", paid()).unwrap();
    assert_eq!(field(&by_order, &answer("SALE", "\"1.00\"")), "transaction_id");
    let nameless = answer("SALE", "\"1.00\"").replace("\"ORD-1\"", "null");
    assert_eq!(field(&by_transaction(), &nameless), "order_id");
    let named = by_transaction().with_order_id("ORD-1").unwrap();
    assert!(classified(&named, 200, &nameless).unwrap().payment().is_ok());
}

#[test]
fn what_is_not_found_says_how_to_spell() {
    for body in [
        r#"{"rescode":"Q004","resmsg":"No Transaction","payment":{"status":"NONE"}}"#.to_owned(),
        r#"{"rescode":"Q004","resmsg":"No Transaction"}"#.to_owned(),
        r#"{"code":"ORIGINAL_TRANSACTION_NOT_EXIST","message":"No."}"#.to_owned(),
        answer("NONE", "null"),
    ] {
        let error = classified(&by_transaction(), 200, &body).unwrap_err();
        assert_eq!(error.kind(), &LookUpErrorKind::NotFound, "{body}");
        assert!(error.source().unwrap().to_string().contains("amount text"));
    }
}

#[test]
fn errors_by_kind() {
    use LookUpErrorKind::{Credentials, Malformed, Refused, Unavailable};
    for (status, body, kind) in [
        (401, r#"{"code":"EC1000","message":"Authorization invalid"}"#, Credentials),
        (200, r#"{"rescode":"EC1000"}"#, Credentials),
        (200, r#"{"rescode":"EE02"}"#, Unavailable),
        (200, r#"{"rescode":"TEMPORARY_ERROR"}"#, Unavailable),
        (503, "<html>", Unavailable),
        (500, r#"{"rescode":"0000"}"#, Unavailable),
        (429, "", Unavailable),
        (302, "", Malformed),
        (200, "<html>", Malformed),
        (200, "{}", Malformed),
        (401, "", Malformed),
        (404, "<html>", Malformed),
        (200, r#"{"rescode":"EC00","resmsg":"why"}"#, Refused),
        (200, r#"{"rescode":"NEW"}"#, Refused),
        (200, r#"{"code":"0000"}"#, Refused),
        (200, r#"{"rescode":"0000"}"#, Malformed),
    ] {
        let error = classified(&by_transaction(), status, body).unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (&kind, Some(status)), "{status} {body}");
    }
    let error =
        classified(&by_transaction(), 200, r#"{"rescode":"EC00","resmsg":"test_KEYCANARY?"}"#).unwrap_err();
    assert_eq!((error.code(), error.message().map(|text| text.as_str())), (Some("EC00"), Some("***?")));
    let on_error_status = classified(&by_transaction(), 400, &answer("SALE", "\"1.00\"")).unwrap_err();
    assert_eq!(on_error_status.kind(), &Malformed);
}

#[test]
fn an_answer_about_something_else_is_none() {
    let good = answer("SALE", "\"0.40\"");
    for (from, to) in [
        (r#""mid":"1849705C64""#, r#""mid":"1849705C65""#),
        (ID, "1849705C6420220922000014"),
        (r#""currency":"USD""#, r#""currency":"EUR""#),
        (r#""amount":"1.00""#, r#""amount":"2.00""#),
        (r#""balance":"0.40""#, r#""balance":"1.01""#),
        (r#""balance":"0.40""#, r#""balance":"x""#),
        (r#""balance":"0.40""#, r#""balance":"""#),
        (r#""balance":"0.40""#, r#""balance":[]"#),
        (r#""status":"SALE""#, r#""status":"AUTH""#),
        (r#""status":"SALE""#, r#""status":"REGISTERED""#),
    ] {
        let body = good.replace(from, to);
        assert_ne!(body, good);
        let error = classified(&by_transaction(), 200, &body).unwrap_err();
        assert_eq!(error.kind(), &LookUpErrorKind::Malformed, "{to}");
    }
    let by_order = LookUp::by_order("ORD-2", paid()).unwrap();
    let error = classified(&by_order, 200, &good).unwrap_err();
    assert_eq!(error.kind(), &LookUpErrorKind::Malformed);
}

#[test]
fn the_balance_reconciles_where_nobody_else_can_cancel() {
    let payment = PaymentRecord::new(ID, "ORD-1", paid(), usd(100)).unwrap();
    let request = CancelRequest::partial(&payment, usd(60)).unwrap();
    let verdict = |balance: &str, sole_actor, known_balance| {
        let found = classified(&by_transaction(), 200, &answer("SALE", balance)).unwrap();
        reconcile(&request, found.state(), LedgerKnowledge { sole_actor, known_balance })
    };
    assert_eq!(verdict("\"1.00\"", true, None), Verdict::NotYet);
    assert_eq!(verdict("\"0.40\"", true, None), Verdict::Applied { by: Attribution::Balance, entry: None });
    assert_eq!(verdict("\"0.40\"", false, None), Verdict::Unclear(Doubt::SomebodyElsePossible));
    assert_eq!(verdict("\"0.10\"", true, None), Verdict::Unclear(Doubt::OtherAmount));
    assert_eq!(verdict("\"1.00\"", true, Some(usd(40))), Verdict::Unclear(Doubt::Stale));
}

#[test]
fn an_empty_balance_without_a_sale_is_nobodys_refund() {
    let payment = PaymentRecord::new(ID, "ORD-1", paid(), usd(100)).unwrap();
    let request = CancelRequest::full(&payment).unwrap();
    let alone = LedgerKnowledge { sole_actor: true, known_balance: None };
    for status in ["AUTH", "REGISTERED", "EXPIRED"] {
        let found = classified(&by_transaction(), 200, &answer(status, "\"0.00\"")).unwrap();
        assert_eq!(
            reconcile(&request, found.state(), alone),
            Verdict::Unclear(Doubt::Incoherent),
            "{status}"
        );
    }
    let won = LedgerKnowledge { sole_actor: true, known_balance: Some(Money::krw(0).unwrap()) };
    let found = classified(&by_transaction(), 200, &answer("SALE", "\"0.00\"")).unwrap();
    assert_eq!(reconcile(&request, found.state(), won), Verdict::Unclear(Doubt::Incoherent));
}

#[test]
fn no_cancel_is_planned_from_an_older_balance() {
    let found = |balance: &str| {
        classified(&by_transaction().with_order_id("ORD-1").unwrap(), 200, &answer("SALE", balance)).unwrap()
    };
    assert_eq!(found("\"1.00\"").payment_at_most(usd(80)).unwrap_err().field(), "balance");
    assert_eq!(found("\"0.80\"").payment_at_most(usd(80)).unwrap().balance(), usd(80));
    assert_eq!(found("\"0.80\"").payment_at_most(Money::krw(1).unwrap()).unwrap_err().field(), "balance");
}

#[test]
fn what_cannot_be_used_says_why() {
    for (from, to, why) in [
        (r#""mid":"1849705C64""#, r#""mid":"1849705C65""#, "the answer has another merchant id"),
        (r#""balance":"1.00","#, "", "the answer has no balance"),
    ] {
        let body = answer("SALE", "\"1.00\"").replace(from, to);
        let error = classified(&by_transaction(), 200, &body).unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), why);
    }
}

#[test]
fn the_language_is_english_unless_given() {
    assert_eq!(by_transaction().lang(), Lang::English);
    assert_eq!(by_transaction().with_lang(Lang::Korean).lang(), Lang::Korean);
}

#[test]
fn every_refusal_names_its_field() {
    assert_eq!(LookUp::by_transaction("x", paid()).unwrap_err().field(), "transaction_id");
    assert_eq!(LookUp::by_order("", paid()).unwrap_err().field(), "order_id");
    assert_eq!(by_transaction().with_order_id("").unwrap_err().field(), "order_id");
}

proptest! {
    #[test]
    fn no_bytes_panic_or_are_a_payment(status in 0..1000_u16, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(classify(&by_transaction(), &config(), &WireResponse::new(status, body)).is_err());
    }
}
