//! The bytes, exactly.

use pg_core::wire::{HeaderText, Method as HttpMethod};
use pg_core::{AttemptTag, Bank, Currency, Money, RefundAccount};
use time::OffsetDateTime;
use time::macros::{date, datetime};

use super::*;
use crate::config::{Endpoint, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
use crate::method::Method;
use crate::payment::PaymentRecord;
use crate::request::{OsType, TaxSplit};

const AT: OffsetDateTime = datetime!(2021-12-31 10:00:00 +9);

fn standard(mid: &str) -> Config {
    Config::standard(mid, SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY).endpoint(Endpoint::Sandbox).build().unwrap()
}

fn flat(mid: &str) -> Config {
    Config::flat(mid, SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap()
}

fn tag(text: &str) -> AttemptTag {
    text.parse().unwrap()
}

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn payment(trade_no: &str, method: Method, paid: Money) -> PaymentRecord {
    PaymentRecord::new(trade_no, "ORDER-1", date!(2021 - 12 - 30), paid).unwrap().with_method(method)
}

fn sent(request: &CancelRequest, config: &Config) -> (String, String) {
    let wire = cancel(request, config).unwrap();
    assert_eq!(wire.method(), HttpMethod::Post);
    assert!(matches!(
        wire.headers(),
        [("content-type", HeaderText::Plain("application/json; charset=UTF-8"))]
    ));
    (wire.target().to_owned(), String::from_utf8(wire.into_body()).unwrap())
}

#[test]
fn a_card_cancel_is_the_published_example() {
    let payment = payment("STFP_PGCAnxca_jt_il0211129135810M1494620", Method::Card, won(1000));
    let request =
        CancelRequest::full(&payment).with_tag(tag("ORDER20211231100000")).at(AT).standard().unwrap();
    let (path, body) = sent(&request, &standard("nxca_jt_il"));
    assert_eq!(path, "/spay/APICancel.do");
    assert_eq!(
        body,
        concat!(
            r#"{"params":{"mchtId":"nxca_jt_il","ver":"0A19","method":"CA","bizType":"C0","encCd":"23","#,
            r#""mchtTrdNo":"ORDER20211231100000","trdDt":"20211231","trdTm":"100000","mobileYn":"","osType":""},"#,
            r#""data":{"pktHash":"a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1","#,
            r#""orgTrdNo":"STFP_PGCAnxca_jt_il0211129135810M1494620","crcCd":"KRW","cnclOrd":"001","#,
            r#""cnclAmt":"AntV/eDpxIaKF0hJiePDKA==","taxTypeCd":"","taxAmt":"","vatAmt":"","taxFreeAmt":"","#,
            r#""svcAmt":"","cnclRsn":""}}"#
        )
    );
}

#[test]
fn a_card_cancel_with_everything() {
    let payment = payment("T1", Method::Card, won(10_000)).with_cancels(&[won(1), won(2)]).unwrap();
    let tax = TaxSplit::mixed(won(909), won(91), won(0)).with_service_charge(won(0)).unwrap();
    let request = CancelRequest::partial(&payment, won(1000))
        .with_tag(tag("c1"))
        .at(AT)
        .tax(tax)
        .reason("고객 변심")
        .on_mobile(true)
        .os_type(OsType::Ios)
        .standard()
        .unwrap();
    let (_, body) = sent(&request, &standard("nxca_jt_il"));
    for part in [
        r#""mobileYn":"Y","osType":"I""#,
        r#""cnclOrd":"003""#,
        r#""taxTypeCd":"G","taxAmt":"hhLEfQJentk9HNypmJLwbg==","vatAmt":"VnNLfWcCzvpVr7jknaOhdg==","#,
        r#""taxFreeAmt":"nC96eNdyLYohKfNqmBV2bg==","svcAmt":"nC96eNdyLYohKfNqmBV2bg==""#,
        r#""cnclRsn":"고객 변심""#,
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[test]
fn us_dollars_are_sent_in_cents() {
    let paid = Money::parse("1.5", Currency::USD).unwrap();
    let payment = payment("T1", Method::Card, paid);
    let request =
        CancelRequest::full(&payment).with_tag(tag("ORDER20211231100000")).at(AT).standard().unwrap();
    let (_, body) = sent(&request, &standard("nxca_ab_bi"));
    assert!(body.contains(r#""crcCd":"USD","cnclOrd":"001","cnclAmt":"nPLtQYIYGHAl793kbSQLQw==""#));
    assert!(body.contains("3220fd3547fabbeddf4faf8a29e3956e1cbfba606409745857d5739c2b1612a6"));
}

#[test]
fn every_method_goes_where_its_page_says_with_the_fields_it_lists() {
    let account = RefundAccount::new(Bank::NongHyup, "1234567890", "홍길동").unwrap();
    for method in Method::all() {
        let payment = payment("T1", method, won(1000));
        let mut draft = CancelRequest::full(&payment).at(AT);
        if method.is_virtual_account() {
            draft = draft.refund_account(account.clone());
        }
        let (path, body) = sent(&draft.standard().unwrap(), &standard("nx_mid_il"));
        let refund = method.is_virtual_account();
        assert_eq!(path, if refund { "/spay/APIRefund.do" } else { "/spay/APICancel.do" }, "{method}");
        let version = if method == Method::VirtualAccount010 { "0A18" } else { "0A19" };
        let head = format!(r#""ver":"{version}","method":"{}","bizType":"C0""#, method.cancel_code());
        assert!(body.contains(&head), "{head} in {body}");
        assert_eq!(body.contains("taxTypeCd"), method.has_tax(), "{method}");
        assert_eq!(body.contains("svcAmt"), method.has_service_charge(), "{method}");
        assert_eq!(body.contains("refundAcntNo"), refund, "{method}");
    }
}

#[test]
fn refunds_into_an_account_carry_it_encrypted_but_for_the_name() {
    let account = RefundAccount::new(Bank::NongHyup, "1234567890", "홍길동").unwrap();
    let refund = r#""refundBankCd":"011","refundAcntNo":"HTEK0ImSKuVXp2qmo1YSlw==","refundDpstrNm":"홍길동""#;
    let va = payment("T1", Method::VirtualAccount, won(1000));
    let request = CancelRequest::full(&va)
        .with_tag(tag("ORDER20211231"))
        .at(AT)
        .refund_account(account.clone())
        .standard()
        .unwrap();
    let (path, body) = sent(&request, &standard("nx_mid_il"));
    assert_eq!(path, "/spay/APIRefund.do");
    assert!(
        body.contains(refund)
            && body.contains("34cbb3bd4399808fc1f7f26cfd20bc8aec3d6dd964569fb104ee15dab3b90f6b")
    );

    let mobile =
        PaymentRecord::new("T1", "O1", date!(2021 - 11 - 30), won(1000)).unwrap().with_method(Method::Mobile);
    let request = CancelRequest::full(&mobile)
        .with_tag(tag("REFUND20211231100000"))
        .at(AT)
        .refund_account(account)
        .standard()
        .unwrap();
    let (path, body) = sent(&request, &standard("nxhp_sb_il"));
    assert_eq!(path, "/spay/APIRefund.do");
    assert!(body.contains(r#""method":"MP","bizType":"C1""#) && body.contains(refund));
    assert!(body.contains("ee4b4dc6a8697bfa107540a8078f90742fe32e2ea4772f2771472a52bdc2c542"));
}

#[test]
fn a_revocation_hashes_a_zero() {
    let request =
        RevokeRequest::new(Method::VirtualAccount, "STFP_PGVAnx_mid_il00210806075210M1853381", "1234567890")
            .unwrap()
            .with_tag(tag("ORDER20211231100000"))
            .at(AT)
            .unwrap();
    let wire = revoke(&request, &standard("nx_mid_il")).unwrap();
    assert_eq!(wire.target(), "/spay/APIVBank.do");
    assert_eq!(
        String::from_utf8(wire.into_body()).unwrap(),
        concat!(
            r#"{"params":{"mchtId":"nx_mid_il","ver":"0A19","method":"VA","bizType":"A2","encCd":"23","#,
            r#""mchtTrdNo":"ORDER20211231100000","trdDt":"20211231","trdTm":"100000","mobileYn":"","osType":""},"#,
            r#""data":{"pktHash":"2611833d64804fd5053e35a05f7f36e2c6431bd16edb37fac839f021a5eb6bf5","#,
            r#""orgTrdNo":"STFP_PGVAnx_mid_il00210806075210M1853381","vAcntNo":"HTEK0ImSKuVXp2qmo1YSlw=="}}"#
        )
    );
    assert_eq!(revoke(&request, &flat("nx_mid_il")).unwrap_err().field(), "form");
    let request = RevokeRequest::new(Method::VirtualAccount010, "STBK_0123456789", "01012345678").unwrap();
    let body = revoke(&request, &standard("nxva_sb_il")).unwrap().into_body();
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains(r#""ver":"0A18""#) && body.contains(r#""vAcntNo":"aF52WP1/Z/nsHuPr7SHKEw==""#));
}

#[test]
fn a_flat_cancel_has_six_fields() {
    let payment = PaymentRecord::new(
        "STFP_PGCAnxca_jt_il0211129135810M1494620",
        "ORDER20231215143022",
        date!(2023 - 12 - 15),
        won(1000),
    )
    .unwrap()
    .with_method(Method::Card);
    let (path, body) = sent(&CancelRequest::full(&payment).flat().unwrap(), &flat("nxca_jt_bi"));
    assert_eq!(path, "/spay/APICancel.do");
    assert_eq!(
        body,
        concat!(
            r#"{"mchtId":"nxca_jt_bi","orgTrdNo":"STFP_PGCAnxca_jt_il0211129135810M1494620","#,
            r#""orgMchtTrdNo":"ORDER20231215143022","orgTrdDt":"20231215","canAmt":"1000","#,
            r#""pktHash":"e9537d522248bfd9c4b19d61e3367451e2412a20ce0b41b34068b805e75f9446"}"#
        )
    );
    let part = CancelRequest::partial(&payment, won(500)).flat().unwrap();
    let (_, body) = sent(&part, &flat("nxca_jt_bi"));
    assert!(body.contains(
        r#""canAmt":"500","pktHash":"7e05289ae0ffe63a0b21bec3bd585088283df146f6c4865854bd9c8e48e90885""#
    ));
}

#[test]
fn an_inquiry_is_the_same_in_both_forms() {
    let payment = PaymentRecord::new("T1", "O1", date!(2021 - 08 - 06), won(500))
        .unwrap()
        .with_method(Method::KakaoPay);
    let inquiry =
        Inquiry::with(&payment, tag("PG_vbank_20210806075154649"), datetime!(2021-08-06 08:01:01 +9))
            .unwrap();
    for config in [standard("nx_mid_il"), flat("nx_mid_il")] {
        let wire = look_up(&inquiry, &config).unwrap();
        assert_eq!(wire.target(), "/spay/APITrdcheck.do");
        assert_eq!(
            String::from_utf8(wire.into_body()).unwrap(),
            concat!(
                r#"{"params":{"mchtId":"nx_mid_il","ver":"0A1M","mchtTrdNo":"PG_vbank_20210806075154649","#,
                r#""trdDt":"20210806","trdTm":"080101"},"#,
                r#""data":{"pktHash":"996e651d9435700d54e0d69b5726b5489ad0691c3fc86be572314d39a2ae8b6d","#,
                r#""method":"KP","trdAmt":"500","orgTrdDt":"20210806","orgMchtTrdNo":"O1","orgTrdNo":"T1"}}"#
            )
        );
    }
    let no_method = PaymentRecord::new("T1", "O1", date!(2021 - 08 - 06), won(500)).unwrap();
    assert_eq!(Inquiry::new(&no_method).unwrap_err().field(), "method");
}

#[test]
fn the_same_request_makes_the_same_bytes() {
    let payment = payment("T1", Method::Card, won(1000));
    let config = standard("nx_mid_il");
    let request = CancelRequest::full(&payment).standard().unwrap();
    assert_eq!(sent(&request, &config), sent(&request.clone(), &config));
    let other = CancelRequest::full(&payment).standard().unwrap();
    assert_ne!(sent(&request, &config), sent(&other, &config), "each attempt has a number of its own");
}

#[test]
fn the_other_form_is_refused() {
    let payment = payment("T1", Method::Card, won(1000));
    let standard_request = CancelRequest::full(&payment).standard().unwrap();
    assert_eq!(cancel(&standard_request, &flat("m")).unwrap_err().field(), "form");
    let flat_request = CancelRequest::full(&payment).flat().unwrap();
    assert_eq!(cancel(&flat_request, &standard("m")).unwrap_err().field(), "form");
}
