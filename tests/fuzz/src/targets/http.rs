//! The desk's HTTP service: every route, over its router.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response};
use cancel_desk::desk::Desk;
use cancel_desk::http::{HttpOptions, router};
use cancel_desk::journal::{Journal, MemoryJournal, SystemClock, Vault, VaultKey};
use cancel_desk::record::{NewPayment, PaymentRecord};
use cancel_desk::worker::{Account, Accounts};
use chaiport_cancel::ChaiportClient;
use pg_core::{Currency, Gateway, Money, PaymentRef};
use std::collections::VecDeque;
use std::time::Duration;
use tower_service::Service;

use super::settlebank;
use crate::LONGEST;
use crate::behaviour::Seen;
use crate::naive::Json;
use crate::wire::Script;

/// What requests are made of.
pub(super) const WORDS: &[&str] = &[
    "POST /payments/cancel k-1\n",
    "POST /payments k\n",
    "POST /payments/bulk k\n",
    "POST /webhooks/chaiport k\n",
    "POST /webhooks/settlebank/shop k\n",
    "GET /payments/ORD-1 k\n",
    "GET /cancels?waiting=person k\n",
    "GET /metrics k\n",
    "POST /cancels/aaaaaaaaaaaaaaaaaaaaaaaaaa/resolve k\n",
    "POST /cancels/aaaaaaaaaaaaaaaaaaaaaaaaaa/withdraw k\n",
    "\"merchant_uid\":",
    "\"cancel_request_amount\":",
    "\"reason\":",
    "\"refund_bank\":",
    "\"refund_holder\":",
    "\"refund_account\":",
    "\"refund_tel\":",
    "\"imp_uid\":",
    "\"payment_id\":",
    "\"gateway\":",
    "\"account\":",
    "\"amount\":",
    "\"currency\":",
    "\"cancel_amount\":",
    "\"pay_method\":",
    "\"method\":",
    "\"pg_provider\":",
    "\"paid_on\":",
    "\"by\":",
    "\"resolution\":",
    "ORD-1",
    "ORD-2",
    "ORD-3",
    "imp_1",
    "imp_2",
    "imp_3",
    "shop",
    "chaiport",
    "settlebank",
    "2000",
    "7.50",
    "10000",
    "10001",
    "KRW",
    "USD",
    "vbank",
    "88",
    "56211105948400",
    "홍길동",
    "2026-11-21",
    "happened",
    "look_again",
    "checksum",
    "tax_free",
    "?gateway=chaiport",
    "%2e%2e",
    "%00",
    "[",
    "]",
    "{",
    "}",
    "\n",
];

/// A method, a target and a key in the first line; the rest is the body.
pub(super) fn http(bytes: &[u8]) -> u64 {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let first = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes.get(end + 1..).unwrap_or_default();
    let mut words = first.splitn(3, ' ');
    let method = if words.next() == Some("GET") { Method::GET } else { Method::POST };
    let target = words.next().unwrap_or("/payments/cancel");
    let key = words.next();
    let form = target.starts_with("/webhooks");
    let mut request = Request::builder().method(method).uri(target).header("host", "127.0.0.1");
    request = request
        .header("content-type", if form { "application/x-www-form-urlencoded" } else { "application/json" });
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    // what no HTTP parser would let through
    let Ok(request) = request.body(Body::from(body.to_vec())) else { return 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(serve(request, key.unwrap_or_default(), body))
}

fn won(amount: i64) -> Money {
    Money::krw(amount).expect("above zero")
}

/// Three payments: of 10,000 won, of 7.50 dollars, and of a virtual account of which 2,500 won are gone.
async fn desk() -> Desk {
    let vault = Vault::new(VaultKey::new([7; 32]));
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new(Arc::new(SystemClock), vault));
    let config =
        chaiport_cancel::Config::builder("KEY-CANARY-1", "SECRET-CANARY-2").build().expect("it is whole");
    let client =
        ChaiportClient::with_transport(config, Script::new(VecDeque::new(), None)).expect("a client");
    let accounts = Accounts::new().with("shop", Account::new(Arc::new(client))).expect("one account");
    let desk = Desk::new(journal, Arc::new(accounts));
    let dollars = Money::from_minor(750, Currency::USD).expect("above zero");
    let virtual_account = PaymentRef::new(Gateway::Chaiport, "imp_3", "ORD-3", won(10_000));
    let virtual_account = virtual_account.with_method("vbank").with_pg_provider("html5_inicis");
    for new in [
        NewPayment::new("shop", PaymentRef::new(Gateway::Chaiport, "imp_1", "ORD-1", won(10_000))),
        NewPayment::new("shop", PaymentRef::new(Gateway::Chaiport, "imp_2", "ORD-2", dollars)),
        NewPayment::new("shop", virtual_account).with_already_refunded(won(2_500)),
    ] {
        desk.register(new).await.expect("a fit payment");
    }
    desk
}

async fn ask(router: &mut Router, request: Request<Body>) -> (u16, Vec<u8>) {
    let response: Response<Body> = router.call(request).await.expect("a router always answers");
    let status = response.status().as_u16();
    (status, to_bytes(response.into_body(), 1 << 22).await.expect("a whole answer").to_vec())
}

async fn stored(desk: &Desk) -> Vec<PaymentRecord> {
    desk.journal().payments(None, 100).await.expect("a journal in memory")
}

async fn serve(request: Request<Body>, key: &str, body: &[u8]) -> u64 {
    let desk = desk().await;
    let options = HttpOptions::open_to_everybody().patience(Duration::ZERO).hint_pause(Duration::ZERO);
    let options = options.settlebank_notifications("shop", settlebank::config());
    let mut router = router(desk.clone(), options).expect("fit options");
    let path = request.uri().path().to_owned();
    let before = stored(&desk).await;
    let is_get = request.method() == Method::GET;
    let (status, answer) = ask(&mut router, request).await;
    let after = stored(&desk).await;
    assert!(status < 500, "{path} answers {status}: {}", String::from_utf8_lossy(&answer));
    assert!(answer.len() < 64 * LONGEST + 100_000);
    let shown = String::from_utf8_lossy(&answer);
    assert!(!shown.contains("CANARY") || String::from_utf8_lossy(body).contains("CANARY"), "{shown}");
    let mut seen = Seen::new();
    seen.note(status.to_string());
    let text = path.starts_with("/webhooks") || path == "/metrics";
    let json = Json::read(&answer);
    assert!(text || json.is_some() || answer.is_empty(), "no json: {shown}");
    if let Some(code) = json.as_ref().and_then(|json| json.told("code")) {
        let message =
            json.as_ref().and_then(|json| json.told("message")).and_then(Json::text).unwrap_or_default();
        assert!(!message.is_empty() && !message.contains('\n'), "{message:?}");
        seen.debug(code).debug(&message);
    }
    if is_get || text || status >= 400 {
        assert_eq!(before, after, "{path} answers {status} and changes something");
    }
    if path == "/payments/cancel" && !is_get {
        asked_once(&desk, status, body, key, &before, &after).await;
    } else if status < 300 && path.starts_with("/payments") && !is_get {
        assert!(after.len() >= before.len() && after.iter().all(PaymentRecord::adds_up));
        seen.count(after.len() - before.len());
    }
    seen.number()
}

/// The oracle of STEP 01: one refund is stored, of the order and the amount that the body names, or nothing is.
async fn asked_once(
    desk: &Desk,
    status: u16,
    body: &[u8],
    key: &str,
    before: &[PaymentRecord],
    after: &[PaymentRecord],
) {
    let mut intents = Vec::new();
    for payment in after {
        intents.extend(desk.journal().intents_of(&payment.key()).await.expect("a journal in memory"));
    }
    if !matches!(status, 200 | 202) {
        assert!(intents.is_empty(), "refused with {status}, and stored");
        return;
    }
    let [intent] = intents.as_slice() else { panic!("{} refunds of one request", intents.len()) };
    let json = Json::read(body).expect("taken, though it is no json");
    let digits = i32::from(intent.amount.currency().minor_digits());
    let told = json.told("cancel_request_amount").expect("taken without an amount");
    assert!(matches!(told, Json::Number(_)), "an amount that is no number");
    assert_eq!(told.minor(digits), Some(i128::from(intent.amount.minor())), "another amount");
    let payment = after.iter().find(|payment| payment.key() == intent.payment).expect("it is there");
    let order = json.told("merchant_uid").and_then(Json::text);
    assert_eq!(order, Some(payment.payment.merchant_uid.as_str()), "another order");
    let asked_key = key.trim();
    let bare = asked_key.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(asked_key);
    assert!(bare.contains('\\') || intent.caller_key == bare, "{} is not {key}", intent.caller_key);
    assert_eq!(json.told("reason").and_then(Json::text), intent.reason.as_deref());
    let held = |payments: &[PaymentRecord]| payments.iter().map(|payment| payment.reserved).sum::<i64>();
    assert_eq!(held(after) - held(before), intent.amount.minor());
    assert!(payment.adds_up(), "more is held than is left");
}
