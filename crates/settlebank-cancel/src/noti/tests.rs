//! Notifications: read, checked, answered.

use pg_core::Secret;
use proptest::prelude::*;

use super::*;
use crate::config::{Config, Endpoint, SANDBOX_LICENCE_KEY};
use crate::sign::pkt_hash;
use pg_core::{Currency, Money};

const HASH: &str = "fc7bc0690f7f5d9dd732f650e006606c35f09135bc6322481bda40148fc54b59";

fn config() -> Config {
    Config::flat("nxca_jt_il", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap()
}

fn body(extra: &str) -> String {
    format!(
        "outStatCd=0021&trdNo=T2&method=CA&bizType=C0&mchtId=nxca_jt_il&mchtTrdNo=ORDER20211231100000\
         &trdDtm=20211231100000&trdAmt=1000&orgTrdNo=T1&orgTrdDt=20211230&cnclType=10&pktHash={HASH}{extra}"
    )
}

fn utf8(body: &str) -> Result<Notification, NotificationError> {
    read(body.as_bytes(), Charset::Utf8, &config())
}

#[test]
fn a_notification_is_read() {
    let notification = utf8(&body("&custNm=%ED%99%8D%EA%B8%B8%EB%8F%99&bankNm=a+b&new=")).unwrap();
    assert_eq!(notification.status(), &NotificationStatus::Succeeded);
    assert_eq!(notification.cancel_kind(), Some(&CancelKind::Partial));
    assert_eq!((notification.trade_no(), notification.original_trade_no()), (Some("T2"), Some("T1")));
    assert_eq!((notification.method(), notification.biz_type()), (Some("CA"), Some("C0")));
    assert_eq!(
        (notification.mid(), notification.order_no()),
        (Some("nxca_jt_il"), Some("ORDER20211231100000"))
    );
    assert_eq!((notification.at(), notification.original_date()), (Some("20211231100000"), Some("20211230")));
    assert_eq!(notification.amount(Currency::KRW), Some(Money::krw(1000).unwrap()));
    assert_eq!(notification.field("custNm"), Some("홍길동"));
    assert_eq!(notification.field("bankNm"), Some("a b"));
    assert_eq!(notification.field("new"), None);
    assert_eq!(notification.fields().len(), 15);
    assert!(!format!("{notification:?}").contains("홍길동"));
}

#[test]
fn what_the_hash_covers_cannot_be_changed() {
    for (from, to) in [
        ("outStatCd=0021", "outStatCd=0031"),
        ("trdAmt=1000", "trdAmt=9000"),
        ("trdDtm=2021", "trdDtm=2022"),
        (HASH, "a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1"),
    ] {
        assert_eq!(utf8(&body("").replace(from, to)).unwrap_err(), NotificationError::Hash, "{to}");
    }
    assert!(utf8(&body("").replace(HASH, &HASH.to_uppercase())).is_ok());
}

#[test]
fn values_cannot_be_moved_over_the_hashs_borders() {
    for (from, to, error) in [
        // to the time, from the time
        ("outStatCd=0021&trdNo=T2", "outStatCd=002&trdNo=T2", NotificationError::Malformed),
        ("outStatCd=0021", "outStatCd=00212", NotificationError::Malformed),
        ("outStatCd=0021", "outStatCd=002a", NotificationError::Malformed),
        ("trdDtm=20211231100000", "trdDtm=2120211231100000", NotificationError::Malformed),
        ("trdDtm=20211231100000", "trdDtm=2021123110000n", NotificationError::Malformed),
        ("mchtId=nxca_jt_il", "mchtId=nxca_jt_ilORD", NotificationError::OtherMerchant),
        ("mchtId=nxca_jt_il", "mchtId=nxca_jt_bi", NotificationError::OtherMerchant),
        // no amount, and no revocation
        ("&trdAmt=1000", "", NotificationError::Malformed),
        ("trdAmt=1000", "trdAmt=", NotificationError::Malformed),
        (
            "mchtTrdNo=ORDER20211231100000&trdDtm=20211231100000&trdAmt=1000",
            "mchtTrdNo=ORDER202112311000001000&trdDtm=20211231100000",
            NotificationError::Malformed,
        ),
    ] {
        assert_eq!(utf8(&body("").replace(from, to)).unwrap_err(), error, "{to}");
    }
    // another merchant's, under the same key
    let key = Secret::new("licence_key", SANDBOX_LICENCE_KEY, 64).unwrap();
    let hash = pkt_hash(&["0021", "20211231100000", "other_mid", "O", "1000"], &key);
    let other = format!(
        "outStatCd=0021&trdDtm=20211231100000&mchtId=other_mid&mchtTrdNo=O&trdAmt=1000&pktHash={hash}"
    );
    assert_eq!(utf8(&other).unwrap_err(), NotificationError::OtherMerchant);
}

#[test]
fn deciding_fields_stand_once() {
    assert_eq!(utf8(&body("&outStatCd=0031")).unwrap_err(), NotificationError::Malformed);
    assert_eq!(utf8(&body("&orgTrdNo=T9")).unwrap_err(), NotificationError::Malformed);
    assert_eq!(utf8(&body("").replace("trdDtm", "x")).unwrap_err(), NotificationError::Malformed);
    assert_eq!(utf8("").unwrap_err(), NotificationError::Malformed);
    assert_eq!(utf8(&"a=b&".repeat(201)).unwrap_err(), NotificationError::TooLarge);
    assert_eq!(utf8(&"a".repeat(65 * 1024)).unwrap_err(), NotificationError::TooLarge);
}

#[test]
fn a_revocation_has_no_amount() {
    let key = Secret::new("licence_key", SANDBOX_LICENCE_KEY, 64).unwrap();
    for instead in ["", "0"] {
        let hash = pkt_hash(&["0021", "20211231100000", "nxca_jt_il", "O1", instead], &key);
        let body = format!(
            "outStatCd=0021&bizType=A2&mchtId=nxca_jt_il&mchtTrdNo=O1&trdDtm=20211231100000&pktHash={hash}"
        );
        let notification = utf8(&body).unwrap();
        assert_eq!((notification.biz_type(), notification.amount(Currency::KRW)), (Some("A2"), None));
        assert_eq!(notification.cancel_kind(), None);
    }
}

#[test]
fn every_documented_status() {
    let key = Secret::new("licence_key", SANDBOX_LICENCE_KEY, 64).unwrap();
    for (code, status) in [
        ("0021", NotificationStatus::Succeeded),
        ("0051", NotificationStatus::AwaitingDeposit),
        ("0121", NotificationStatus::AutoCancelled),
        ("0031", NotificationStatus::Failed),
        ("0061", NotificationStatus::Other("0061".into())),
    ] {
        let hash = pkt_hash(&[code, "20211231100000", "nxca_jt_il", "O1", "5"], &key);
        let body = format!(
            "outStatCd={code}&mchtId=nxca_jt_il&mchtTrdNo=O1&trdDtm=20211231100000&trdAmt=5&cnclType=00&pktHash={hash}"
        );
        let notification = utf8(&body).unwrap();
        assert_eq!((notification.status(), notification.cancel_kind()), (&status, Some(&CancelKind::Full)));
    }
}

#[cfg(feature = "euc-kr")]
#[test]
fn euc_kr_is_read_when_named() {
    // 홍길동, percent-encoded and raw
    let encoded = body("&custNm=%C8%AB%B1%E6%B5%BF");
    assert_eq!(read(encoded.as_bytes(), Charset::EucKr, &config()).unwrap().field("custNm"), Some("홍길동"));
    let mut raw = body("&custNm=").into_bytes();
    raw.extend(b"\xC8\xAB\xB1\xE6\xB5\xBF");
    assert_eq!(read(&raw, Charset::EucKr, &config()).unwrap().field("custNm"), Some("홍길동"));
    assert_eq!(read(&raw, Charset::Utf8, &config()).unwrap_err(), NotificationError::Charset);
    let mut broken = body("&custNm=").into_bytes();
    broken.push(0xff);
    assert_eq!(read(&broken, Charset::EucKr, &config()).unwrap_err(), NotificationError::Charset);
}

#[test]
fn replies_are_exact() {
    assert_eq!((Acknowledgement::Ok.body(), Acknowledgement::Fail.body()), ("OK", "FAIL"));
    assert_eq!(NotificationError::Hash.acknowledgement(), Acknowledgement::Fail);
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_are_authentic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes, Charset::Utf8, &config()).is_err());
        #[cfg(feature = "euc-kr")]
        prop_assert!(read(&bytes, Charset::EucKr, &config()).is_err());
    }
}
