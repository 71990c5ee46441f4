//! Eximbay: cancels and look-ups.

use eximbay_cancel::{
    AmountText, Bank, CancelError, CancelGateway, CancelOrder, CancelRequest, CancelState, Config, Currency,
    EximbayClient, Gateway, LedgerKnowledge, LookUp, Money, PaymentMethod, PaymentRecord, PaymentRef,
    RefundAccount, Verdict,
};
use time::macros::datetime;

use super::cancel::{Sending, Took, believed, check, harmless, same};
use crate::behaviour::Seen;
use crate::naive::Json;
use crate::wire::{Answer, Input, Script, now};

/// What Eximbay's answers are made of.
pub(super) const WORDS: &[&str] = &[
    "200 ",
    "400 ",
    "401 ",
    "500 ",
    "!t",
    "!C",
    "\"rescode\":",
    "\"resmsg\":",
    "\"errcode\":",
    "\"code\":",
    "\"message\":",
    "\"description\":",
    "\"mid\":",
    "\"refund\":",
    "\"payment\":",
    "\"foreign\":",
    "\"other_param\":",
    "\"refund_amount\":",
    "\"refund_id\":",
    "\"refund_date\":",
    "\"refund_transaction_id\":",
    "\"order_id\":",
    "\"currency\":",
    "\"amount\":",
    "\"transaction_id\":",
    "\"balance\":",
    "\"base_amount\":",
    "\"payment_method\":",
    "\"foregin_currency\":",
    "\"foreign_amount\":",
    "\"status\":",
    "\"card_info\":",
    "\"transaction_date\":",
    "0000",
    "1849705C6420220922000013",
    "1849705C6420220922000014",
    "1849705C64",
    "refund-1",
    "ORD-1",
    "USD",
    "KRW",
    "1.00",
    "0.50",
    "0.30",
    "0.80",
    "1000",
    "700",
    "300",
    "P101",
    "SALE",
    "AUTH",
    "REGISTERED",
    "NONE",
    "RC18",
    "EC1000",
    "EC00",
    "EE99",
    "Q004",
    "W414",
    "TRANSACTION_ALREADY_CANCELED",
    "DUPLICATION_DECLINE",
    "TEMPORARY_ERROR",
    "INVALID_REQEUST_AMOUNT",
    "INSUFFICIENT_MERCHANT_REFUND_FUNDS",
    "ORIGINAL_TRANSACTION_NOT_EXIST",
    "test_KEYCANARY4",
    "56211105948400",
    "홍길동카나리아",
    "20220922113927",
];

pub(crate) const ID: &str = "1849705C6420220922000013";
const KEY: &str = "test_KEYCANARY4";
const ACCOUNT: [&str; 2] = ["56211105948400", "홍길동카나리아"];
pub(crate) const MID: &str = "1849705C64";

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD).expect("above zero")
}

fn payment(balance: i64) -> PaymentRecord {
    let paid = AmountText::parse("1.00", Currency::USD).expect("an amount");
    PaymentRecord::new(ID, "ORD-1", paid, usd(balance)).expect("a payment")
}

fn won_payment() -> PaymentRecord {
    let paid = AmountText::parse("1000", Currency::KRW).expect("an amount");
    PaymentRecord::new(ID, "ORD-1", paid, Money::krw(1000).expect("above zero")).expect("a payment")
}

/// As the desk makes it.
fn order() -> CancelOrder {
    let payment = PaymentRef::new(Gateway::Eximbay, ID, "ORD-1", usd(100)).with_paid_text("1.00");
    let tag = "refund-1".parse().expect("a tag");
    CancelOrder::new(payment, usd(50), usd(80), tag, 1, datetime!(2026-11-21 10:00 +9)).expect("a fit order")
}

const SCENES: u8 = 7;

fn request(number: u8) -> CancelRequest {
    let partial = || CancelRequest::partial(&payment(80), usd(50)).expect("a fit amount");
    let request = match number {
        0 => partial(),
        1 => CancelRequest::full(&payment(100)).expect("a balance"),
        2 => {
            let amount = Money::krw(300).expect("above zero");
            CancelRequest::partial(&won_payment(), amount).expect("a fit amount")
        }
        3 => {
            let account = RefundAccount::new(Bank::Shinhan, ACCOUNT[0], ACCOUNT[1]).expect("one");
            let request = CancelRequest::partial(&won_payment(), Money::krw(300).expect("above zero"));
            let request = request.expect("a fit amount");
            request.clone().with_refund_account(account).unwrap_or(request)
        }
        4 => partial().possibly_sent(),
        5 => {
            let convenience = payment(80).with_method(PaymentMethod::new("P006"));
            CancelRequest::partial(&convenience, usd(50)).expect("a fit amount")
        }
        _ => CancelRequest::try_from(&order()).expect("a fit order"),
    };
    request.with_tag("refund-1".parse().expect("a tag"))
}

fn client(input: Input) -> (EximbayClient, std::sync::Arc<Script>) {
    let script = Script::new(input.answers, None);
    let config = Config::builder(KEY, MID).build().expect("it is whole");
    (EximbayClient::with_transport(config, script.clone()).expect("the official host"), script)
}

pub(super) fn eximbay_cancel(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let scene = input.scene_of(SCENES);
    let request = request(scene);
    let (client, script) = client(input);
    let mut seen = Seen::new();
    seen.note([scene]);
    send(&client, &script, &request, &mut seen);
    if script.goes_on() {
        send(&client, &script, &request, &mut seen);
    }
    seen.number()
}

fn send(client: &EximbayClient, script: &Script, request: &CancelRequest, seen: &mut Seen) {
    let so_far = script.asked("/").len();
    let before = request.sends().may_have_been_sent();
    let outcome = now(client.cancel(request));
    let asked = script.asked("/").split_off(so_far);
    assert!(asked.len() <= 1, "sent twice");
    let outcome = outcome.map(|done| {
        seen.debug(&done.answer().foreign.money().is_some());
        Took { state: done.state(), amount: done.amount(), remaining: done.remaining() }
    });
    let account = request.refund_account().map_or(&[][..], |_| &ACCOUNT);
    let secrets = [&[KEY], account].concat();
    let (sends, amount) = (request.sends(), request.amount());
    let sending = Sending { asked: &asked, sends, before, amount, secrets: &secrets };
    let Some((_, body)) = check(&outcome, &sending, seen) else { return };
    match outcome {
        Ok(took) => is_said(&believed(body), request, &took),
        Err(error) => is_refused(&believed(body), &error),
    }
}

/// A scalar that is told: neither missing, nor null, nor empty.
fn told<'j>(json: Option<&'j Json>, name: &str) -> Option<&'j Json> {
    json?.told(name).filter(|told| told.scalar() != Some(""))
}

fn text<'j>(json: Option<&'j Json>, name: &str) -> Option<&'j str> {
    told(json, name).map(|told| told.scalar().expect("believed, though no scalar"))
}

fn codes(json: &Json) -> Vec<&str> {
    ["rescode", "errcode", "code"].iter().filter_map(|name| text(Some(json), name)).collect()
}

/// The oracle of a success: `0000` and nothing else, our payment, and an amount of ours.
fn is_said(json: &Json, request: &CancelRequest, took: &Took) {
    assert_eq!(text(Some(json), "rescode"), Some("0000"), "the rescode is not 0000");
    assert!(codes(json).iter().all(|code| *code == "0000"), "another code than 0000");
    let (payment, refund) = (json.told("payment"), json.told("refund"));
    assert_eq!(text(payment, "transaction_id"), Some(ID), "another payment");
    let agrees = |told: Option<&str>, ours: &str| {
        assert!(told.is_none_or(|told| told == ours), "{told:?}, not {ours}")
    };
    agrees(text(Some(json), "mid"), MID);
    agrees(text(payment, "currency"), request.amount().currency().code());
    agrees(text(refund, "refund_id"), "refund-1");
    let (balance, amount) = (told(payment, "balance"), told(refund, "refund_amount"));
    if balance.is_some() {
        same(balance, request.balance_after(), "the balance");
    }
    if amount.is_some() {
        same(amount, request.amount(), "the amount");
    }
    assert!(
        balance.is_some() || (amount.is_some() && told(refund, "refund_id").is_some()),
        "nothing proves it"
    );
    assert_eq!(took.remaining, balance.map(|_| request.balance_after()));
    assert!(request.refund_account().is_none() || took.state == CancelState::Accepted);
}

/// Codes by which an earlier copy, or something behind the gateway, may speak. From the guide, not from the table.
const DOUBTS: [&str; 15] = [
    "EE00",
    "EE01",
    "EE02",
    "EE99",
    "EM00",
    "EX00",
    "EX99",
    "EX1000",
    "TEMPORARY_ERROR",
    "0000",
    "TRANSACTION_ALREADY_CANCELED",
    "DUPLICATION_DECLINE",
    "INVALID_CANCEL_REQUEST",
    "DUPLICATE_TRANSACTION",
    "INVALID_REQEUST_ID",
];

/// The oracle of a refusal: a code, none that leaves a doubt, and no trace of a refund.
fn is_refused(json: &Json, error: &CancelError) {
    let codes = codes(json);
    assert!(!codes.is_empty(), "a refusal without a code");
    assert!(codes.iter().all(|code| !DOUBTS.contains(code)), "{codes:?} refuse nothing for good");
    assert!(text(Some(json), "rescode").or(text(Some(json), "code")).is_some(), "half an envelope");
    assert!(codes.contains(&error.code().unwrap_or_default()));
    let (payment, refund) = (json.told("payment"), json.told("refund"));
    assert!(text(payment, "transaction_id").is_none_or(|id| id == ID), "refused of another payment");
    let left = refund.and_then(|refund| refund.told("refund_transaction_id")).and_then(Json::scalar);
    assert!(left.is_none_or(str::is_empty), "a refusal with the number of a refund");
}

pub(super) fn eximbay_look_up(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let kind = input.scene_of(4);
    let (client, script) = client(input);
    let paid = AmountText::parse("1.00", Currency::USD).expect("an amount");
    let mut seen = Seen::new();
    seen.note([kind]);
    if kind == 3 {
        let ledger = LedgerKnowledge { sole_actor: true, known_balance: Some(usd(80)) };
        let verdict = now(CancelGateway::reconcile(&client, &order(), ledger));
        seen.debug(&verdict.as_ref().map_err(|error| error.kind().clone()));
        if let Ok(verdict) = verdict {
            proves(&verdict, &script);
        }
        return seen.number();
    }
    let look_up = match kind {
        0 => LookUp::by_transaction(ID, paid),
        1 => LookUp::by_order("ORD-1", paid),
        _ => Ok(LookUp::of(&payment(80))),
    };
    match now(client.look_up(&look_up.expect("it is one"))) {
        Ok(found) => {
            let (status, json) = last(&script);
            assert_eq!(status, 200);
            assert!(codes(&json).iter().all(|code| *code == "0000") && !codes(&json).is_empty());
            let told_payment = json.told("payment");
            same(told(told_payment, "balance"), found.balance(), "the balance");
            if kind != 1 {
                assert_eq!(text(told_payment, "transaction_id"), Some(ID));
            }
            let state = found.state();
            assert_eq!(state.paid, usd(100));
            assert_eq!(state.paid.checked_sub(state.cancelled), Some(state.balance));
            let cancellable = found.payment();
            let sale = text(told_payment, "status") == Some("SALE");
            assert!(cancellable.is_err() || (sale && kind != 1), "made into a payment, though it is no sale");
            assert!(found.payment_at_most(usd(1)).is_err() || found.balance().minor() <= 1);
            seen.debug(found.status()).debug(&cancellable.map_err(|error| error.field()));
        }
        Err(error) => {
            harmless(&error, error.message(), &[KEY]);
            seen.debug(error.kind()).debug(&error.code());
        }
    }
    seen.number()
}

fn last(script: &Script) -> (u16, Json) {
    let asked = script.asked("/");
    let answer: &Answer = &asked.last().expect("told without a question").answer;
    let (status, body) = answer.said().expect("told without an answer");
    (status, believed(body))
}

/// The oracle of a verdict: 0.50 of 0.80.
fn proves(verdict: &Verdict, script: &Script) {
    let (_, json) = last(script);
    let balance = told(json.told("payment"), "balance");
    match verdict {
        Verdict::Applied { .. } => same(balance, usd(30), "the balance"),
        Verdict::NotYet => same(balance, usd(80), "the balance"),
        Verdict::Superseded => {
            let left = balance.and_then(|told| told.minor(2)).expect("no balance");
            assert!(left < 80 && left != 30, "superseded at {left}");
        }
        Verdict::Unclear(_) => {}
    }
}
