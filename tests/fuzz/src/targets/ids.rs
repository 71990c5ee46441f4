//! Numbers of payments and orders, and the addresses that are made of them.

use chaiport_cancel::wire as chaiport;
use chaiport_cancel::{FindOptions, ImpUid, LookUpOptions, MerchantUid, Page, Secret};
use eximbay_cancel::{MerchantId, OrderId, TransactionId};
use pg_core::wire::{WireRequest, percent_encode};
use pg_core::{AttemptTag, BaseUrl, GatewayText, Money};
use settlebank_cancel::{Method, PaymentRecord};
use time::macros::date;

use crate::behaviour::Seen;

/// What could steer an address.
pub(super) const WORDS: &[&str] = &[
    "..",
    ".",
    "/",
    "//",
    "\\",
    "%2f",
    "%2e%2e",
    "%00",
    "?",
    "#",
    "&",
    "=",
    ":",
    "@",
    ";",
    "imp_448280090638",
    "1849705C6420220922000013",
    "https://",
    "http://",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "api.iamport.kr",
    "user:pw@",
    ":8080",
    "evil.example",
    "\r\n",
    "\t",
    " ",
    "\u{202e}",
    "\u{0}",
    "\u{2025}",
    "％２ｆ",
    "0x7f.1",
    "2130706433",
    "원",
    "c-tag_1",
    "[c:",
    "]",
    "CANARY",
];

/// The whole input is one text; up to a line break it is a secret, too.
pub(super) fn ids(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let mut seen = Seen::new();
    paths(&text, &mut seen);
    plain(&text, &mut seen);
    base(&text, &mut seen);
    scrubbed(&text);
    seen.number()
}

fn goes_to(request: &WireRequest, path: &[&str]) {
    let base = BaseUrl::official("https://api.iamport.kr").expect("it is one");
    let url = base.join(request.target()).expect("an id that was taken makes an address");
    assert_eq!(url.host_str(), Some("api.iamport.kr"));
    assert_eq!(url.scheme(), "https");
    assert!(url.fragment().is_none() && url.username().is_empty());
    let segments: Vec<_> = url.path_segments().expect("it has a path").collect();
    assert_eq!(segments.len(), path.len(), "{url}");
    for (segment, expected) in segments.iter().zip(path) {
        assert_eq!(*segment, percent_encode(expected), "{url}");
        assert!(segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.%".contains(&byte)), "{url}");
    }
}

fn paths(text: &str, seen: &mut Seen) {
    let config = chaiport_cancel::Config::builder("KEY", "SECRET").build().expect("it is whole");
    let body = br#"{"code":0,"message":null,"response":{"access_token":"T","now":1,"expired_at":9}}"#;
    let answer = pg_core::wire::WireResponse::new(200, body.to_vec());
    let token = chaiport_cancel::token::parse_token(&answer, &[]).expect("a token");
    let authorization = || chaiport::Authorization::new(&config, &token);
    if let Ok(id) = text.parse::<ImpUid>() {
        assert_eq!(id.as_str(), text);
        let request = chaiport::look_up(&id, LookUpOptions::new().include_sandbox(true), authorization());
        goes_to(&request.expect("it is built"), &["payments", text]);
        let key = Secret::new("pg_api_key", text, 40).expect("visible ascii");
        let request = chaiport::revoke_virtual_account(&id, Some(&key), authorization());
        goes_to(&request.expect("it is built"), &["vbanks", text]);
        seen.note("imp_uid");
    }
    if let Ok(id) = text.parse::<MerchantUid>() {
        assert_eq!(id.as_str(), text);
        let request = chaiport::find(&id, FindOptions::new(), authorization()).expect("it is built");
        goes_to(&request, &["payments", "find", text]);
        let request = chaiport::find_all(&id, FindOptions::new(), Page::longest(), authorization());
        goes_to(&request.expect("it is built"), &["payments", "findAll", text]);
        let many = chaiport::look_up_many(&[], &[id], authorization()).expect("it is built");
        goes_to(&many, &["payments"]);
        seen.note("merchant_uid");
    }
}

fn plain(text: &str, seen: &mut Seen) {
    let digits_and_letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if text.parse::<TransactionId>().is_ok() {
        assert!(text.len() == 24 && digits_and_letters);
        seen.note("transaction_id");
    }
    if text.parse::<MerchantId>().is_ok() {
        assert!(text.len() == 10 && digits_and_letters);
    }
    if text.parse::<OrderId>().is_ok() {
        assert!(!text.contains(char::is_control) && (1..=30).contains(&text.chars().count()));
        seen.note("order_id");
    }
    if let Ok(tag) = text.parse::<AttemptTag>() {
        assert!((1..=30).contains(&text.len()));
        assert!(
            AttemptTag::stands_in(&tag.in_reason())
                && AttemptTag::stands_in(&format!("x{} y", tag.in_reason()))
        );
        seen.note("tag");
    }
    let _whatever = AttemptTag::stands_in(text);
    let won = Money::krw(1).expect("above zero");
    if PaymentRecord::new(text, text, date!(2021 - 12 - 30), won).is_ok() {
        assert!((1..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!text.contains([':', '&', '?', '\'', '"', '<', '>']));
        seen.note("trade_no");
    }
    if let Ok(method) = text.parse::<Method>() {
        assert_eq!(method.as_str().parse::<Method>().ok(), Some(method));
        seen.note("method");
    }
}

fn base(text: &str, seen: &mut Seen) {
    let Ok(base) = BaseUrl::custom(text, true) else { return };
    let shown = base.to_string();
    let loopback = base.is_loopback();
    assert!(shown.starts_with("https://") || (shown.starts_with("http://") && loopback), "{shown}");
    assert!(!shown.contains(['@', '?', '#']), "{shown}");
    assert_eq!(BaseUrl::custom(text, false).is_ok(), loopback);
    let url = base.join("/payments/imp_1?x=1").expect("a plain target");
    assert_eq!(url.path(), "/payments/imp_1");
    if let Ok(url) = base.join(text) {
        assert_eq!(url.host_str().unwrap_or_default(), base.host());
    }
    seen.note("base").debug(&loopback);
}

/// Text up to a line break is a secret; behind it is what a gateway says.
fn scrubbed(text: &str) {
    let Some((secret, said)) = text.split_once('\n') else { return };
    let short = if secret.is_ascii() { 2 } else { 1 };
    if secret.chars().count() <= short || secret.contains('*') {
        return;
    }
    let kept = GatewayText::scrubbed(said, &[secret, "CANARY"]);
    // whatever the shorter one was a part of
    let overlaps = secret.contains("CANARY") || "CANARY".contains(secret);
    assert!(overlaps || !kept.as_str().contains(secret), "{secret} stands in {}", kept.as_str());
    assert!(!kept.as_str().contains("CANARY"));
    let shown = kept.to_string();
    assert!(!shown.contains(char::is_control) && shown.len() < 200 * 12);
}
