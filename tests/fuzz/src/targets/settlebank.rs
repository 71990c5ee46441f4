//! Settlebank: cancels in both forms, revocations, inquiries.

use pg_core::wire::WireRequest;
use settlebank_cancel::aes::AesKey;
use settlebank_cancel::wire::Inquiry;
use settlebank_cancel::{
    AttemptTag, Bank, CancelError, CancelRequest, CancelState, Config, Endpoint, Method, Money,
    PaymentRecord, RefundAccount, RevokeRequest, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY, SettlebankClient,
    lookup, wire,
};
use time::macros::{date, datetime};

use super::cancel::{Sending, Took, believed, check, harmless};
use crate::behaviour::Seen;
use crate::naive::Json;
use crate::wire::{Input, Script, now};

/// What Hecto's answers are made of.
pub(super) const WORDS: &[&str] = &[
    "200 ",
    "401 ",
    "500 ",
    "!t",
    "!C",
    "\"params\":",
    "\"data\":",
    "\"outStatCd\":",
    "\"outRsltCd\":",
    "\"outRsltMsg\":",
    "\"mchtId\":",
    "\"mchtTrdNo\":",
    "\"trdNo\":",
    "\"method\":",
    "\"bizType\":",
    "\"pktHash\":",
    "\"orgTrdNo\":",
    "\"cnclAmt\":",
    "\"blcAmt\":",
    "\"cardCnclAmt\":",
    "\"pntCnclAmt\":",
    "\"dcCnclYn\":",
    "\"rfdPsblCd\":",
    "\"vAcntNo\":",
    "\"trdAmt\":",
    "\"acntType\":",
    "\"resultCode\":",
    "\"resultMsg\":",
    "\"canTrdNo\":",
    "0021",
    "0031",
    "0051",
    "0000",
    "0001",
    "0009",
    "T1",
    "T2",
    "ORDER20211231100000",
    "ORDER20211231100001",
    "nxca_jt_il",
    "1000",
    "1500",
    "500",
    "AntV/eDpxIaKF0hJiePDKA==",
    "CA",
    "VA",
    "MP",
    "PZ",
    "ST25",
    "ST57",
    "CA12",
    "3007",
    "9999",
    "VTIM",
    "1901",
    "1001",
    "1002",
    "ST10",
    "MP82",
    "Y",
    "N",
    "a2d6d597d55d7c9b689baa2e08c1ddf0ce71f4248c5b9b59fe61bfbf949543e1",
    "%EC%B7%A8%EC%86%8C+%EC%8B%A4%ED%8C%A8",
    "56211105948400",
    "홍길동카나리아",
    "ST1009281328226982205",
    "pgSettle30y739r82jtd709yOfZ2yK5K",
];

const ACCOUNT: [&str; 2] = ["56211105948400", "홍길동카나리아"];
const KEYS: [&str; 2] = [SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY];
pub(crate) const TAG: &str = "ORDER20211231100000";

fn won(amount: i64) -> Money {
    Money::krw(amount).expect("above zero")
}

pub(crate) fn config() -> Config {
    let config = Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY);
    config.endpoint(Endpoint::Sandbox).build().expect("it is whole")
}

fn flat_config() -> Config {
    Config::flat("nxca_jt_il", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().expect("it is whole")
}

const SCENES: [(Method, bool); 9] = [
    (Method::Card, false),
    (Method::VirtualAccount, false),
    (Method::VirtualAccount010, false),
    (Method::Mobile, false),
    (Method::EasyPay, false),
    (Method::TMoney, false),
    (Method::BankTransfer, false),
    (Method::PointDamoa, false),
    (Method::Card, true),
];

fn payment(method: Method) -> PaymentRecord {
    let payment = PaymentRecord::new("T1", "O1", date!(2021 - 12 - 30), won(1500)).expect("a payment");
    payment.with_method(method)
}

fn tag(text: &str) -> AttemptTag {
    text.parse().expect("a tag")
}

/// 1000 of 1500 won, or all of it.
fn request(method: Method, sent: bool) -> CancelRequest {
    let payment = payment(method);
    let mut draft =
        CancelRequest::partial(&payment, won(1000)).with_tag(tag(TAG)).at(datetime!(2021-12-31 10:00:00 +9));
    if method.is_virtual_account() {
        let account = RefundAccount::new(Bank::Shinhan, ACCOUNT[0], ACCOUNT[1]).expect("one");
        draft = draft.refund_account(account);
    }
    if method.is_full_only() {
        draft = draft.partial_against_the_api_page();
    }
    if sent {
        draft = draft.possibly_sent();
    }
    draft.standard().expect("a fit cancel")
}

fn client(input: Input, config: Config) -> (SettlebankClient, std::sync::Arc<Script>) {
    let script = Script::new(input.answers, None);
    (SettlebankClient::with_transport(config, script.clone()).expect("the official host"), script)
}

/// The hash that a request carries.
fn hash_of(request: &WireRequest) -> String {
    let json = Json::read(request.body()).expect("our own json");
    let hash = json.told("data").and_then(|data| data.told("pktHash")).and_then(Json::text);
    hash.expect("every request has one").to_owned()
}

pub(super) fn settlebank_standard(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let scene = input.scene_of(u8::try_from(SCENES.len()).expect("few"));
    let (method, sent) = SCENES[usize::from(scene)];
    let request = request(method, sent);
    let (client, script) = client(input, config());
    let mut seen = Seen::new();
    seen.note([scene]);
    send(&client, &script, &request, &mut seen);
    if script.goes_on() {
        send(&client, &script, &request, &mut seen);
    }
    seen.number()
}

pub(super) fn settlebank_flat(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let scene = input.scene_of(3);
    let payment = payment(if scene == 1 { Method::VirtualAccount } else { Method::Card });
    let mut draft = CancelRequest::partial(&payment, won(1000)).with_tag(tag(TAG));
    if scene == 2 {
        draft = draft.possibly_sent();
    }
    let request = draft.flat().expect("a fit cancel");
    let (client, script) = client(input, flat_config());
    let mut seen = Seen::new();
    seen.note([scene]);
    send(&client, &script, &request, &mut seen);
    if script.goes_on() {
        send(&client, &script, &request, &mut seen);
    }
    seen.number()
}

fn send(client: &SettlebankClient, script: &Script, request: &CancelRequest, seen: &mut Seen) {
    let so_far = script.asked("/").len();
    let before = request.sends().may_have_been_sent();
    let outcome = now(client.cancel(request));
    let asked = script.asked("/").split_off(so_far);
    assert!(asked.len() <= 1, "sent twice");
    let outcome =
        outcome.map(|done| Took { state: done.state(), amount: done.amount(), remaining: done.remaining() });
    let secrets = match request {
        CancelRequest::Standard(standard) if standard.refund_account().is_some() => [KEYS, ACCOUNT].concat(),
        CancelRequest::Standard(_) => KEYS.to_vec(),
        CancelRequest::Flat(_) => vec![SANDBOX_LICENCE_KEY],
    };
    let (sends, amount) = (request.sends(), request.amount());
    let sending = Sending { asked: &asked, sends, before, amount, secrets: &secrets };
    let Some((_, body)) = check(&outcome, &sending, seen) else { return };
    let json = believed(body);
    match (&outcome, request) {
        (Ok(took), CancelRequest::Standard(_)) => is_said(&json, request, took),
        (Err(error), CancelRequest::Standard(_)) => is_refused(&json, request, error),
        (Ok(took), CancelRequest::Flat(flat)) => {
            assert_eq!(json.get("resultCode").and_then(Json::text), Some("0000"));
            let number = json.told("canTrdNo").and_then(Json::scalar);
            assert!(number.is_some_and(|number| !number.is_empty()), "without the number of the cancel");
            let card = flat.payment().method() == Some(Method::Card);
            assert_eq!(took.state == CancelState::Completed, card);
        }
        (Err(_), CancelRequest::Flat(_)) => {
            assert_eq!(json.get("resultCode").and_then(Json::text), Some("1002"), "no refusal of this page");
            let number = json.told("canTrdNo").and_then(Json::scalar).unwrap_or_default();
            assert!(number.trim().is_empty(), "a refusal with the number of a cancel");
        }
    }
}

/// A scalar of a section, if it is told: neither missing, nor null, nor blank.
fn told<'j>(json: &'j Json, section: &str, name: &str) -> Option<&'j str> {
    let told = json.told(section).filter(|section| section.is_object())?.told(name)?;
    told.scalar().filter(|text| !text.trim().is_empty())
}

/// Whether an amount is told as this one, plain or encrypted.
fn amount_is(text: &str, ours: Money) -> bool {
    let plain = ours.minor().to_string();
    let key = AesKey::new(SANDBOX_AES_KEY).expect("it is one");
    text == key.encrypt(&plain)
        || (text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse() == Ok(ours.minor()))
}

/// The oracle of a success: 0021 and 0000, our number, our payment, our amounts, our hash.
fn is_said(json: &Json, request: &CancelRequest, took: &Took) {
    let method = request.payment().method().expect("every scene has one");
    assert_eq!(told(json, "params", "outStatCd"), Some("0021"));
    assert_eq!(told(json, "params", "outRsltCd"), Some("0000"));
    assert_eq!(told(json, "params", "mchtTrdNo"), Some(TAG), "another cancel");
    assert!(told(json, "data", "orgTrdNo").is_none_or(|id| id == "T1"), "another payment");
    let hash = hash_of(&wire::cancel(request, &config()).expect("it was sent"));
    let same_hash = told(json, "data", "pktHash").is_none_or(|told| told.eq_ignore_ascii_case(&hash));
    assert!(same_hash || method == Method::VirtualAccount010, "another hash");
    let (cancelled, left) = (told(json, "data", "cnclAmt"), told(json, "data", "blcAmt"));
    assert!(cancelled.is_none_or(|text| amount_is(text, request.amount())), "another amount: {cancelled:?}");
    assert!(left.is_none_or(|text| amount_is(text, request.balance_after())), "another balance: {left:?}");
    let by_balance = method == Method::VirtualAccount010 && left.is_some();
    assert!(cancelled.is_some() || by_balance, "nothing proves it");
    assert_eq!(took.remaining, left.map(|_| request.balance_after()));
    assert_eq!(took.state == CancelState::Accepted, method.is_virtual_account());
}

/// Codes by which an earlier copy, the PG, or the merchant's missing money may speak. From the pages, not the table.
const DOUBTS: [&str; 32] = [
    "0000", "3007", "CA12", "MP82", "RA33", "CP30", "GC41", "TM01", "TM03", "ST25", "VTIM", "9901", "9902",
    "9903", "9904", "9905", "9999", "ST10", "ST60", "ST79", "CA02", "CA04", "CA81", "CA85", "MP80", "MP97",
    "ST45", "PZ02", "PZ03", "RA80", "TM11", "TM40",
];

/// The oracle of a refusal: 0031, a code that leaves no doubt, and of no other cancel or payment.
fn is_refused(json: &Json, request: &CancelRequest, error: &CancelError) {
    assert_eq!(told(json, "params", "outStatCd"), Some("0031"));
    let code = told(json, "params", "outRsltCd").expect("a refusal without a code");
    assert!(!DOUBTS.contains(&code), "{code} refuses nothing for good");
    assert_eq!(error.code(), Some(code));
    assert!(
        told(json, "params", "mchtTrdNo").is_none_or(|number| number == TAG),
        "refused of another cancel"
    );
    assert!(told(json, "data", "orgTrdNo").is_none_or(|id| id == "T1"), "refused of another payment");
    let done = told(json, "data", "cnclAmt").is_some_and(|text| amount_is(text, request.amount()))
        && told(json, "data", "blcAmt").is_some_and(|text| amount_is(text, request.balance_after()));
    assert!(!done, "a refusal with the amounts of a success");
}

pub(super) fn settlebank_revoke(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let method = if input.scene_of(2) == 0 { Method::VirtualAccount } else { Method::VirtualAccount010 };
    let request = RevokeRequest::new(method, "T1", ACCOUNT[0]).expect("a fit request");
    let request = request.with_tag(tag(TAG)).at(datetime!(2021-12-31 10:00:00 +9)).expect("a fit time");
    let (client, script) = client(input, config());
    let mut seen = Seen::new();
    for _ in 0..2 {
        let before = request.sends().may_have_been_sent();
        let outcome = now(client.revoke_virtual_account(&request));
        let asked = script.asked("/");
        let last = asked.last().and_then(|asked| asked.answer.said());
        match outcome {
            Ok(_) => {
                let (status, body) = last.expect("done without an answer");
                let json = believed(body);
                assert_eq!((status, told(&json, "params", "outStatCd")), (200, Some("0021")));
                assert_eq!(told(&json, "params", "outRsltCd"), Some("0000"));
                assert_eq!(told(&json, "params", "mchtTrdNo"), Some(TAG));
                seen.note("revoked");
            }
            Err(error) => {
                harmless(&error, error.message(), &[KEYS[0], KEYS[1], ACCOUNT[0]]);
                assert!(!before || error.label() == "unknown", "a repeat ended as {}", error.label());
                if error.label() == "rejected" {
                    let json = believed(last.expect("refused without an answer").1);
                    assert_eq!(told(&json, "params", "outStatCd"), Some("0031"));
                }
                seen.debug(&error);
            }
        }
        if !script.goes_on() {
            break;
        }
    }
    seen.number()
}

pub(super) fn settlebank_inquiry(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let (method, _) = SCENES[usize::from(input.scene_of(u8::try_from(SCENES.len()).expect("few")))];
    let payment = payment(method);
    let inquiry =
        Inquiry::with(&payment, tag(TAG), datetime!(2021-12-31 10:00:00 +9)).expect("a fit inquiry");
    let response = input.response();
    let config = config();
    let mut seen = Seen::new();
    seen.note([input.scene]);
    match lookup::read(&inquiry, &response, &config) {
        Ok(found) => {
            let json = believed(response.body());
            assert_eq!(response.status(), 200);
            assert_eq!(told(&json, "params", "outStatCd"), Some("0021"));
            let code = told(&json, "params", "outRsltCd");
            assert!(matches!(code, Some("0000" | "0001")), "{code:?} tells of no payment");
            assert_eq!(told(&json, "params", "mchtTrdNo"), Some(TAG), "another inquiry");
            assert!(told(&json, "data", "orgTrdNo").is_none_or(|id| id == "T1"), "another payment");
            let hash = hash_of(&wire::look_up(&inquiry, &config).expect("a fit inquiry"));
            assert!(told(&json, "data", "pktHash").is_none_or(|told| told.eq_ignore_ascii_case(&hash)));
            let paid = told(&json, "data", "trdAmt").expect("without what was paid");
            assert!(amount_is(paid, won(1500)), "another payment: {paid}");
            let cancelled = told(&json, "data", "cnclAmt").expect("without what was cancelled");
            assert!(amount_is(cancelled, found.cancelled()), "{cancelled} is not {}", found.cancelled());
            assert_eq!(won(1500).checked_sub(found.cancelled()), Some(found.balance()));
            seen.debug(&found.status()).debug(&found.balance().is_zero());
        }
        Err(error) => {
            harmless(&error, error.message(), &KEYS);
            seen.debug(error.kind()).debug(&error.code().is_some());
        }
    }
    seen.number()
}
