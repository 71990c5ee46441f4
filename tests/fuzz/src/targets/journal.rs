//! What is read back from the journal: frozen orders, events, sealed accounts, words.

use std::fmt::Debug;

use cancel_desk::fuzzing::{open_sealed, seal, verify_events};
use cancel_desk::journal::{EventRecord, Vault, VaultKey};
use cancel_desk::record::{
    AttemptId, AttemptRecord, AttemptState, Evidence, IntentId, IntentState, JobId, JobState, Outcome,
    PaymentKey, Proof, Refusal, Suspect, Timestamp, Why,
};
use pg_core::{Bank, CancelOrder, Gateway, Money, PaymentRef, RefundAccount};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::behaviour::Seen;

/// What the journal's rows are made of.
pub(super) const WORDS: &[&str] = &[
    "\"payment\":",
    "\"gateway\":",
    "\"gateway_id\":",
    "\"merchant_uid\":",
    "\"paid\":",
    "\"paid_text\":",
    "\"paid_on\":",
    "\"method\":",
    "\"pg_provider\":",
    "\"amount\":",
    "\"minor\":",
    "\"currency\":",
    "\"balance_before\":",
    "\"tag\":",
    "\"sequence\":",
    "\"at\":",
    "\"reason\":",
    "\"earlier\":",
    "\"wants_account\":",
    "\"outcome\":",
    "\"because\":",
    "\"proof\":",
    "\"cancel_id\":",
    "\"why\":",
    "\"kind\":",
    "\"code\":",
    "\"what\":",
    "\"payment_id\":",
    "\"merchant\":",
    "chaiport",
    "eximbay",
    "settlebank",
    "KRW",
    "USD",
    "completed",
    "rejected",
    "insufficient",
    "refused",
    "invalid",
    "person",
    "answer",
    "tag",
    "balance",
    "registered",
    "submitted",
    "attempt",
    "resolved",
    "withdrawn",
    "planned",
    "approved",
    "halted",
    "restored",
    "sending",
    "unknown",
    "accepted",
    "applied",
    "closed",
    "manual",
    "open",
    "unchecked",
    "differs",
    "nothing_seen",
    "aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "null",
    "true",
    "1",
    "999",
    "1000",
];

/// The first byte says what the rest is.
pub(super) fn journal(bytes: &[u8]) -> u64 {
    let (first, rest) = bytes.split_first().unwrap_or((&b'o', &[]));
    let mut seen = Seen::new();
    seen.note([*first % 6]);
    match first {
        b'e' => events(rest, &mut seen),
        b's' => sealed(rest, &mut seen),
        b'w' => words(&String::from_utf8_lossy(rest), &mut seen),
        b'r' => rows(&String::from_utf8_lossy(rest), &mut seen),
        _ => frozen(&String::from_utf8_lossy(rest), &mut seen),
    }
    seen.number()
}

/// The text of an order as an attempt holds it.
fn frozen(text: &str, seen: &mut Seen) {
    let order = serde_json::from_str::<CancelOrder>(text);
    let won = |minor| Money::krw(minor).expect("above zero");
    let (amount, before) = match &order {
        Ok(order) => (order.amount(), order.balance_before()),
        Err(_) => (won(1), won(1)),
    };
    let mut attempt = AttemptRecord {
        id: AttemptId::from_bits(1),
        intent: IntentId::from_bits(1),
        no: 1,
        balance_before: before,
        amount,
        sequence: 1,
        frozen: text.to_owned(),
        digest: Sha256::digest(text.as_bytes()).into(),
        state: AttemptState::Unknown,
        fence: 1,
        sends: 1,
        doubts: 1,
        hold: false,
        taken: text.len().is_multiple_of(2),
        upstream: 0,
        looks_since_send: 0,
        refusal: None,
        last_reason: None,
        first_send_at: Timestamp(0),
        last_send_at: Timestamp(0),
    };
    let account = || RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").expect("one");
    let thawed = attempt.order(Some(account()), false);
    assert_eq!(thawed.is_ok(), order.is_ok(), "{:?}", thawed.err());
    match (order, thawed) {
        (Ok(order), Ok(thawed)) => {
            sound(&order);
            assert!(thawed.sends().may_have_been_sent(), "read back, and counted as never sent");
            assert_eq!(thawed.sends().was_taken(), attempt.taken);
            let first = attempt.order(Some(account()), true).expect("as before");
            assert!(!first.sends().may_have_been_sent());
            // the same order always makes the same bytes
            let again = |order: &CancelOrder| serde_json::to_string(order).expect("it can be written");
            let once = again(&order);
            let twice = again(&serde_json::from_str(&once).expect("what was written can be read"));
            assert_eq!(once, twice);
            let look = attempt.order_to_look_for().expect("as before");
            assert_eq!((look.amount(), look.balance_before()), (order.amount(), order.balance_before()));
            attempt.amount = Money::zero(amount.currency());
            assert!(attempt.order(Some(account()), false).is_err(), "another amount than the row's");
            attempt.amount = amount;
            seen.note("order").debug(&requests(&order));
        }
        (Err(error), _) => drop(seen.note(error.to_string().split(" at ").next().unwrap_or_default())),
        (Ok(_), Err(error)) => panic!("{error}"),
    }
    attempt.frozen.push(' ');
    assert!(attempt.order(Some(account()), false).is_err(), "a changed order was taken");
}

/// What every order keeps, wherever it was read from.
fn sound(order: &CancelOrder) {
    let (paid, before, amount) = (order.payment().paid, order.balance_before(), order.amount());
    assert!(!amount.is_zero() && before.checked_sub(amount).is_some() && paid.checked_sub(before).is_some());
    assert!((1..=999).contains(&order.sequence()));
    assert!(order.sends().may_have_been_sent(), "read back, and counted as never sent");
    let earlier = order.earlier_cancels().unwrap_or_default().iter();
    let gone = earlier.copied().try_fold(paid, Money::checked_sub);
    assert!(order.earlier_cancels().is_none() || gone == Some(before), "earlier cancels that do not add up");
}

/// Whether each gateway would make a request of it.
fn requests(order: &CancelOrder) -> [bool; 3] {
    let config = super::settlebank::config();
    let chaiport = chaiport_cancel::gateway::request_for(order).and_then(|request| {
        let body = chaiport_cancel::wire::cancel_body(&request)?;
        let again = chaiport_cancel::wire::cancel_body(&chaiport_cancel::gateway::request_for(order)?)?;
        assert_eq!(body, again);
        Ok(())
    });
    let eximbay = eximbay_cancel::CancelRequest::try_from(order);
    let settlebank = settlebank_cancel::gateway::request_for(order, &config)
        .and_then(|request| settlebank_cancel::wire::cancel(&request, &config));
    let made = [chaiport.is_ok(), eximbay.is_ok(), settlebank.is_ok()];
    assert!(made.iter().filter(|made| **made).count() <= 1, "two gateways take one order");
    made
}

/// Lines of kind and detail.
fn events(text: &[u8], seen: &mut Seen) {
    let text = String::from_utf8_lossy(text);
    let mut before = [0; 32];
    let mut events = Vec::new();
    for (seq, line) in (1..).zip(text.lines().take(20)) {
        let (kind, detail) = line.split_once(' ').unwrap_or((line, ""));
        let (kind, of) = kind.split_once('/').unwrap_or((kind, ""));
        let mut event = EventRecord {
            seq,
            at: Timestamp(seq),
            intent: of.contains('i').then(|| IntentId::from_bits(u128::from(of.contains('2')))),
            attempt: of.contains('a').then(|| AttemptId::from_bits(1)),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
            hash: [0; 32],
        };
        event.hash = event.expected_hash(&before);
        before = event.hash;
        events.push(event);
    }
    let found = verify_events(&events);
    assert_eq!(found.events, u64::try_from(events.len()).expect("few"));
    assert!(found.faults.iter().all(|fault| !fault.rule.contains("chain")), "{:?}", found.faults);
    seen.count(found.faults.len());
    for fault in found.faults.iter().take(3) {
        seen.note(fault.rule);
    }
    let Some(last) = events.last_mut() else { return };
    last.detail.push(' ');
    let found = verify_events(&events);
    assert!(found.faults.iter().any(|fault| fault.rule.contains("chain")), "a changed event was not seen");
}

fn sealed(bytes: &[u8], seen: &mut Seen) {
    let vault = Vault::new(VaultKey::new([7; 32]));
    let intent = IntentId::from_bits(1);
    assert!(open_sealed(&vault, intent, bytes).is_err(), "opened without the key");
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (number, holder, phone) = (part(), part(), part());
    let account = RefundAccount::new(Bank::from_code(pg_core::BankScheme::Hecto, "088"), number, holder);
    let Ok(account) = account else { return };
    let account = account.clone().with_phone(phone).unwrap_or(account);
    let mut closed = seal(&vault, intent, &account).expect("with a key");
    let opened = open_sealed(&vault, intent, &closed).expect("with the same key");
    assert_eq!(opened.expose_number(), account.expose_number());
    assert_eq!(opened.expose_holder(), account.expose_holder());
    assert_eq!(opened.expose_phone(), account.expose_phone());
    assert!(open_sealed(&vault, IntentId::from_bits(2), &closed).is_err(), "opened for another intent");
    let at = bytes.len() % closed.len();
    closed[at] ^= 1;
    assert!(open_sealed(&vault, intent, &closed).is_err(), "a changed seal was opened");
    seen.note("sealed").debug(&account.expose_phone().is_some());
}

fn words(text: &str, seen: &mut Seen) {
    let same = |shown: Option<&str>| assert!(shown.is_none_or(|shown| shown == text));
    same(AttemptState::from_word(text).map(AttemptState::as_str));
    same(IntentState::from_word(text).map(IntentState::as_str));
    same(JobState::from_word(text).map(JobState::as_str));
    same(Proof::from_word(text).map(Proof::as_str));
    same(Suspect::from_word(text).map(Suspect::as_str));
    same(Why::from_word(text).map(Why::as_str));
    if let Ok(id) = text.parse::<IntentId>() {
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse::<JobId>().map(|id| id.to_string()).as_deref(), Ok(text));
        assert_eq!(IntentId::from_bits(id.bits()), id);
        seen.note("id");
    }
    if let Ok(key) = VaultKey::from_hex(text) {
        assert_eq!(format!("{key:?}"), "[REDACTED]");
        seen.note("key");
    }
    seen.debug(&(AttemptState::from_word(text), IntentState::from_word(text), Why::from_word(text)));
}

/// The columns that hold JSON.
fn rows(text: &str, seen: &mut Seen) {
    row::<Outcome>(text, seen);
    row::<Evidence>(text, seen);
    row::<Refusal>(text, seen);
    row::<PaymentRef>(text, seen);
    row::<PaymentKey>(text, seen);
    row::<Gateway>(text, seen);
    row::<IntentId>(text, seen);
}

fn row<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str, seen: &mut Seen) {
    let Ok(read) = serde_json::from_str::<T>(text) else { return };
    let written = serde_json::to_string(&read).expect("it can be written");
    assert_eq!(serde_json::from_str::<T>(&written).expect("it can be read"), read);
    seen.note(std::any::type_name::<T>()).debug(&read);
}
