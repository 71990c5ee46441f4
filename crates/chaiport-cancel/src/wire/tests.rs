use pg_core::{Bank, Currency, RefundAccount};

use super::*;
use crate::lookup::{FindStatus, Sorting};
use crate::record::PaymentRecord;
use crate::request::Requester;
use crate::token::parse_token;

fn token() -> Token {
    let body = r#"{"code":0,"message":null,"response":{"access_token":"TOKEN","now":1,"expired_at":1801}}"#;
    parse_token(&pg_core::wire::WireResponse::new(200, body.as_bytes().to_vec()), &[]).unwrap()
}

fn config() -> Config {
    Config::builder("KEY", "SECRET").build().unwrap()
}

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn record(ids: impl Into<crate::ids::PaymentIds>) -> PaymentRecord {
    PaymentRecord::new(ids, won(10_000)).with_cancelled(won(2500)).unwrap()
}

fn imp_1() -> ImpUid {
    "imp_1".parse().unwrap()
}

fn body(request: CancelRequest) -> String {
    let request = request.with_tag("t1".parse().unwrap());
    String::from_utf8(cancel_body(&request).unwrap()).unwrap()
}

fn headers(request: &WireRequest) -> Vec<(&'static str, String)> {
    request
        .headers()
        .iter()
        .map(|(name, value)| match value {
            HeaderText::Plain(text) => (*name, (*text).to_owned()),
            HeaderText::Secret(secret) => (*name, secret.expose().to_owned()),
        })
        .collect()
}

#[test]
fn the_token_request() {
    let request = get_token(&config()).unwrap();
    assert_eq!((request.method(), request.target()), (Method::Post, "/users/getToken"));
    assert_eq!(request.body(), br#"{"imp_key":"KEY","imp_secret":"SECRET"}"#);
    assert_eq!(headers(&request), [("content-type", "application/json".to_owned())]);
}

#[test]
fn the_smallest_cancel_still_says_amount_and_checksum() {
    assert_eq!(
        body(CancelRequest::full(record(imp_1())).unwrap()),
        r#"{"reason":"[c:t1]","imp_uid":"imp_1","amount":7500,"checksum":7500}"#
    );
    assert_eq!(
        body(CancelRequest::unguarded(record(imp_1()), won(1)).unwrap().with_untagged_reason()),
        r#"{"imp_uid":"imp_1","amount":1}"#
    );
}

#[test]
fn every_field_has_its_place() {
    let account = RefundAccount::new(Bank::Shinhan, "562-111-05948400", "홍길동")
        .and_then(|account| account.with_phone("010-1234-5678"))
        .unwrap();
    let record = record(imp_1()).with_pg_provider("html5_inicis").with_pay_method("vbank");
    let request = CancelRequest::partial(record, won(2000))
        .and_then(|r| r.with_reason("테스트 \"결제\" 환불"))
        .and_then(|r| r.with_tax_free(won(500)))
        .and_then(|r| r.with_vat_amount(won(100)))
        .and_then(|r| r.with_refund_account(account))
        .unwrap()
        .with_requester(Requester::Customer)
        .with_retain_promotion(true)
        .with_webhook(true)
        .with_escrow_confirmed(false);
    assert_eq!(
        body(request),
        concat!(
            r#"{"reason":"[c:t1] 테스트 \"결제\" 환불","imp_uid":"imp_1","amount":2000,"checksum":7500,"#,
            r#""tax_free":500,"vat_amount":100,"refund_holder":"홍길동","refund_bank":"88","#,
            r#""refund_account":"56211105948400","refund_tel":"01012345678","retain_promotion":true,"#,
            r#""enable_webhook":true,"escrow_confirmed":false,"extra":{"requester":"customer"}}"#
        )
    );
}

#[test]
fn imp_uid_alone_identifies_where_it_is_known() {
    let merchant_uid: MerchantUid = "ORD-1".parse().unwrap();
    let both = crate::ids::PaymentIds::both(imp_1(), merchant_uid.clone());
    assert!(!body(CancelRequest::full(record(both)).unwrap()).contains("ORD-1"));
    let alone = body(CancelRequest::full(record(merchant_uid)).unwrap());
    assert!(alone.contains(r#""merchant_uid":"ORD-1""#) && !alone.contains("imp_uid"), "{alone}");
}

#[test]
fn amounts_are_numbers_digit_for_digit() {
    let cents = |minor| Money::from_minor(minor, Currency::USD).unwrap();
    let usd = PaymentRecord::new(imp_1(), cents(10_000_000_000_000_001));
    let json = body(CancelRequest::partial(usd, cents(750)).unwrap());
    assert!(json.contains(r#""amount":7.50,"checksum":100000000000000.01"#), "{json}");
}

#[test]
fn what_a_pg_lacks_never_becomes_bytes() {
    let vbank = record(imp_1()).with_pg_provider("kcp").with_pay_method("vbank");
    let request = CancelRequest::full(vbank).unwrap();
    let (config, token) = (config(), token());
    let error = cancel(&request, Authorization::new(&config, &token)).unwrap_err();
    assert_eq!(error.field(), "refund_account");
}

#[test]
fn the_token_goes_raw_or_as_bearer_and_the_tier_beside_it() {
    let token = token();
    let request = CancelRequest::full(record(imp_1())).unwrap();
    let raw = config();
    let sent = cancel(&request, Authorization::new(&raw, &token)).unwrap();
    assert_eq!((sent.method(), sent.target()), (Method::Post, "/payments/cancel"));
    assert_eq!(
        headers(&sent),
        [("content-type", "application/json".to_owned()), ("authorization", "TOKEN".to_owned())]
    );
    let tier = Config::builder("KEY", "SECRET").tier("A1z").build().unwrap();
    let sent = cancel(&request, Authorization::new(&tier, &token)).unwrap();
    assert_eq!(headers(&sent).last().unwrap(), &("tier", "A1z".to_owned()));
    assert!(!format!("{sent:?}").contains("TOKEN"));
}

#[test]
fn bearer_is_the_token_behind_its_scheme() {
    let token = token();
    let bearer = Config::builder("KEY", "SECRET").authorization(AuthorizationForm::Bearer).build().unwrap();
    let sent = look_up(&imp_1(), LookUpOptions::new(), Authorization::new(&bearer, &token)).unwrap();
    assert_eq!(headers(&sent), [("authorization", "Bearer TOKEN".to_owned())]);
}

#[test]
fn look_ups() {
    let (config, token) = (config(), token());
    let authorization = Authorization::new(&config, &token);
    let order: MerchantUid = "주문/1 ?".parse().unwrap();
    let encoded = "%EC%A3%BC%EB%AC%B8%2F1%20%3F";
    let options = LookUpOptions::new();
    let of = FindOptions::new().status(FindStatus::Paid).sorting(Sorting::UpdatedDescending);
    for (request, target) in [
        (look_up(&imp_1(), options, authorization), "/payments/imp_1".to_owned()),
        (
            look_up(&imp_1(), options.include_sandbox(true).extension(true), authorization),
            "/payments/imp_1?include_sandbox=true&extension=true".to_owned(),
        ),
        (
            look_up_many(&[imp_1(), "imp_2".parse().unwrap()], std::slice::from_ref(&order), authorization),
            format!("/payments?imp_uid%5B%5D=imp_1&imp_uid%5B%5D=imp_2&merchant_uid%5B%5D={encoded}"),
        ),
        (find(&order, FindOptions::new(), authorization), format!("/payments/find/{encoded}")),
        (find(&order, of, authorization), format!("/payments/find/{encoded}/paid?sorting=-updated")),
        (
            find_all(&order, of, Page::new(2, 1000).unwrap(), authorization),
            format!("/payments/findAll/{encoded}/paid?page=2&limit=1000&sorting=-updated"),
        ),
    ] {
        let request = request.unwrap();
        assert_eq!((request.method(), request.target()), (Method::Get, target.as_str()));
        assert!(request.body().is_empty());
    }
    for count in [0, 101] {
        let ids = vec![imp_1(); count];
        assert_eq!(look_up_many(&ids, &[], authorization).unwrap_err().field(), "imp_uid");
    }
    for (number, limit, field) in [(0, 20, "page"), (1, 0, "limit"), (1, 1001, "limit")] {
        assert_eq!(Page::new(number, limit).unwrap_err().field(), field);
    }
}

#[test]
fn revoking_shows_the_pg_key_to_nobody() {
    let (config, token) = (config(), token());
    let authorization = Authorization::new(&config, &token);
    let plain = revoke_virtual_account(&imp_1(), None, authorization).unwrap();
    assert_eq!((plain.method(), plain.target()), (Method::Delete, "/vbanks/imp_1"));
    let key = Secret::new("pg_api_key", "CANARY&x=1", 40).unwrap();
    let keyed = revoke_virtual_account(&imp_1(), Some(&key), authorization).unwrap();
    assert_eq!(keyed.target(), "/vbanks/imp_1?pg_api_key=CANARY%26x%3D1");
    assert!(!format!("{keyed:?}").contains("CANARY"));
}
