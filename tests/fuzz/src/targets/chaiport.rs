//! Chaiport: cancels, tokens, look-ups.

use std::collections::VecDeque;

use chaiport_cancel::{
    AttemptTag, Bank, CancelError, CancelRequest, CancelState, ChaiportClient, Config, Currency, FindOptions,
    ImpUid, LedgerKnowledge, LookUpError, MerchantUid, Money, Page, Payment, PaymentIds, PaymentRecord,
    RefundAccount, Secret, Verdict,
};
use pg_core::Attribution;

use super::cancel::{Sending, Took, believed, check, digits, harmless, same};
use crate::behaviour::Seen;
use crate::naive::Json;
use crate::wire::{Answer, Input, Script, now};

/// What Chaiport's answers are made of.
pub(super) const WORDS: &[&str] = &[
    "200 ",
    "401 ",
    "404 ",
    "500 ",
    "!t",
    "!C",
    "!y",
    "\"code\":",
    "\"message\":",
    "\"response\":",
    "\"imp_uid\":",
    "\"merchant_uid\":",
    "\"amount\":",
    "\"cancel_amount\":",
    "\"currency\":",
    "\"status\":",
    "\"cancel_history\":",
    "\"reason\":",
    "\"cancellation_id\":",
    "\"cancelled_at\":",
    "\"pg_provider\":",
    "\"pay_method\":",
    "\"emb_pg_provider\":",
    "\"access_token\":",
    "\"now\":",
    "\"expired_at\":",
    "\"list\":",
    "\"total\":",
    "\"next\":",
    "\"previous\":",
    "imp_448280090638",
    "ORD20180131-0000011",
    "KRW",
    "USD",
    "paid",
    "cancelled",
    "ready",
    "failed",
    "vbank",
    "card",
    "paypal_v2",
    "smartro_v2",
    "kcp",
    "kicc_v2",
    "wechat",
    "html5_inicis",
    "10000",
    "7500",
    "2000",
    "2500",
    "8000",
    "7.50",
    "[c:t1]",
    "[c:t2]",
    "null",
    "0",
    "-1",
    "1",
    "이미 전액취소된 주문입니다.",
    "취소할 결제건이 존재하지 않습니다.",
    "결제취소에 실패하였습니다. [8178]",
    "[500626|기 취소 거래]",
    "지정해주셔야합니다.",
    "인증에 실패",
    "Unauthorized",
    "KEY-CANARY-1",
    "SECRET-CANARY-2",
    "TOKEN-CANARY-3",
    "56211105948400",
    "홍길동카나리아",
];

pub(crate) const IMP_UID: &str = "imp_448280090638";
pub(crate) const ORDER: &str = "ORD20180131-0000011";
const ACCOUNT: [&str; 2] = ["56211105948400", "홍길동카나리아"];
const SECRETS: [&str; 3] = ["KEY-CANARY-1", "SECRET-CANARY-2", "TOKEN-CANARY-3"];
const TOKEN: &str = r#"{"code":0,"message":null,"response":{"access_token":"TOKEN-CANARY-3","now":1712634724,"expired_at":1712636524}}"#;

fn won(amount: i64) -> Money {
    Money::krw(amount).expect("above zero")
}

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD).expect("above zero")
}

fn imp_uid() -> ImpUid {
    IMP_UID.parse().expect("it is one")
}

fn order() -> MerchantUid {
    ORDER.parse().expect("it is one")
}

fn both() -> PaymentIds {
    PaymentIds::both(imp_uid(), order())
}

fn tag() -> AttemptTag {
    "t1".parse().expect("it is one")
}

fn account() -> RefundAccount {
    RefundAccount::new(Bank::Shinhan, ACCOUNT[0], ACCOUNT[1]).expect("it is one")
}

/// A request, and what the oracle has to know of it.
struct Scene {
    request: CancelRequest,
    /// What was paid, where it is known.
    paid: Option<Money>,
    merchant_uid: bool,
    imp_uid: bool,
    tag: Option<&'static str>,
    guarded: bool,
}

const SCENES: u8 = 11;

fn scene(number: u8) -> Scene {
    let record = |paid| PaymentRecord::new(both(), paid);
    let paid = won(10_000);
    let tagged = |request: CancelRequest| Scene {
        request: request.with_tag(tag()),
        paid: Some(paid),
        merchant_uid: true,
        imp_uid: true,
        tag: Some("[c:t1]"),
        guarded: true,
    };
    let partial = |record: PaymentRecord| CancelRequest::partial(record, won(2000)).expect("a fit amount");
    match number {
        0 => tagged(partial(record(paid))),
        1 => {
            let request = CancelRequest::full(record(paid)).expect("a fit amount");
            Scene {
                tag: None, ..tagged(request.with_reason("변심").expect("short").with_untagged_reason())
            }
        }
        2 => tagged(partial(record(paid).with_cancelled(won(2500)).expect("the same currency"))),
        3 => {
            let record = record(usd(750)).with_pg_provider("paypal_v2");
            let request = CancelRequest::partial(record, usd(250)).expect("a fit amount");
            Scene { paid: Some(usd(750)), ..tagged(request) }
        }
        4 => {
            let record = record(paid).with_pg_provider("html5_inicis").with_pay_method("vbank");
            tagged(partial(record).with_refund_account(account()).expect("a bank of its list"))
        }
        5 => {
            let request = CancelRequest::unguarded(record(paid), won(2000)).expect("a fit amount");
            Scene { guarded: false, ..tagged(request) }
        }
        6 => Scene { imp_uid: false, ..tagged(partial(PaymentRecord::new(order(), paid))) },
        7 => {
            let record = PaymentRecord::of_balance(imp_uid(), won(7500));
            Scene { paid: None, merchant_uid: false, ..tagged(partial(record)) }
        }
        8 => tagged(partial(record(paid)).sent_before()),
        9 => tagged(partial(record(paid).with_pg_provider("kcp").with_pay_method("card"))),
        _ => tagged(partial(record(paid).with_pg_provider("smartro_v2").with_pay_method("vbank"))),
    }
}

fn config() -> Config {
    Config::builder("KEY-CANARY-1", "SECRET-CANARY-2").build().expect("it is whole")
}

fn client(answers: VecDeque<Answer>, token: Option<Answer>) -> (ChaiportClient, std::sync::Arc<Script>) {
    let script = Script::new(answers, token.map(|token| ("/users/getToken", token)));
    (ChaiportClient::with_transport(config(), script.clone()).expect("the official host"), script)
}

fn with_token(answers: VecDeque<Answer>) -> (ChaiportClient, std::sync::Arc<Script>) {
    client(answers, Some(Answer::Says(200, TOKEN.as_bytes().to_vec())))
}

pub(super) fn chaiport_cancel(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    if input.scene == b'~' {
        return revoke(input);
    }
    let scene = scene(input.scene_of(SCENES));
    let (client, script) = with_token(input.answers);
    let mut seen = Seen::new();
    seen.note([input.scene % SCENES]);
    send(&client, &script, &scene, &mut seen);
    // the same again, while the gateway still says something
    if script.goes_on() {
        send(&client, &script, &scene, &mut seen);
    }
    seen.number()
}

fn send(client: &ChaiportClient, script: &Script, scene: &Scene, seen: &mut Seen) {
    let so_far = script.asked("/payments/cancel").len();
    let sends = scene.request.sends();
    let before = sends.may_have_been_sent();
    let outcome = now(client.cancel(&scene.request));
    let asked = script.asked("/payments/cancel").split_off(so_far);
    assert!(asked.len() <= 2, "more than one repeat");
    let first_was_refused =
        asked.first().is_none_or(|asked| asked.answer.said().is_some_and(|(s, _)| s == 401));
    assert!(asked.len() < 2 || (first_was_refused && scene.guarded), "sent twice without a 401");
    for asked in &asked {
        let first = script.asked("/payments/cancel").first().map(|first| first.body.clone());
        assert_eq!(Some(&asked.body), first.as_ref(), "a repeat with other bytes");
    }
    let outcome = outcome.map(|done| {
        let answer = done.answer().clone();
        let (state, amount, remaining) = (done.state(), done.amount(), done.remaining());
        seen.debug(&answer.details().is_ok()).count(answer.history().len());
        Took { state, amount, remaining }
    });
    let code_zero = asked.iter().filter_map(|asked| asked.answer.said()).any(|(status, body)| {
        status == 200 && Json::read(body).is_some_and(|json| members(&json, "code") == ["0"])
    });
    assert!(!code_zero || sends.was_taken() || too_deep(&asked), "code 0 was not noted");
    let account = scene.request.refund_account().map_or(&[][..], |_| &ACCOUNT);
    let secrets = [&SECRETS[..], account].concat();
    let sending = Sending { asked: &asked, sends, before, amount: scene.request.amount(), secrets: &secrets };
    let Some((_, body)) = check(&outcome, &sending, seen) else { return };
    match outcome {
        Ok(took) => is_said(&believed(body), scene, &took),
        Err(error) => is_refused(&believed(body), &error, !account.is_empty()),
    }
}

/// A member's scalars, however often it stands there.
fn members<'j>(json: &'j Json, name: &str) -> Vec<&'j str> {
    let Json::Object(members) = json else { return Vec::new() };
    members
        .iter()
        .filter(|(known, _)| known == name)
        .map(|(_, value)| value.scalar().unwrap_or_default())
        .collect()
}

/// Answers that are not read for other reasons than their envelope.
fn too_deep(asked: &[crate::wire::Asked]) -> bool {
    let deep = |body: &[u8]| body.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > 32;
    let twice = |body: &[u8]| {
        Json::read(body).is_some_and(|json| {
            ["message", "response"].iter().any(|name| {
                matches!(&json, Json::Object(m) if m.iter().filter(|(known, _)| known == name).count() > 1)
            })
        })
    };
    // a text, a half surrogate, a number no double holds: serde_json refuses what grammar allows
    let odd = |body: &[u8]| {
        let json: Result<serde_json::Value, _> = serde_json::from_slice(body);
        json.is_err() || json.is_ok_and(|json| !json["code"].is_i64())
    };
    asked
        .iter()
        .filter_map(|asked| asked.answer.said())
        .any(|(_, body)| deep(body) || twice(body) || odd(body))
}

/// The oracle of a success: code 0, our payment, our amounts, our entry.
fn is_said(json: &Json, scene: &Scene, took: &Took) {
    let request = &scene.request;
    assert_eq!(json.get("code").and_then(Json::scalar), Some("0"), "the code is not 0");
    assert!(matches!(json.get("code"), Some(Json::Number(_))), "the code is no number");
    let payment = json.told("response").expect("without a payment");
    let text = |name: &str| payment.told(name).and_then(Json::text);
    if scene.imp_uid {
        assert_eq!(text("imp_uid"), Some(IMP_UID));
    }
    if scene.merchant_uid {
        assert_eq!(text("merchant_uid"), Some(ORDER));
    }
    assert_eq!(text("currency"), Some(request.amount().currency().code()));
    let digits = digits(request.amount());
    let number = |name: &str| payment.told(name).and_then(|told| told.minor(digits)).expect("an amount");
    let (paid, cancelled) = (number("amount"), number("cancel_amount"));
    assert!(cancelled <= paid, "more was cancelled than paid");
    if let Some(known) = scene.paid {
        same(payment.told("amount"), known, "what was paid");
    }
    if let Some(remaining) = took.remaining {
        assert_eq!(i128::from(remaining.minor()), paid - cancelled, "the remainder");
    }
    let before = i128::from(request.balance_before().minor());
    let amount = i128::from(request.amount().minor());
    let ours = |entry: &&Json| {
        let reason = entry.told("reason").and_then(Json::text).unwrap_or_default();
        scene.tag.is_none_or(|tag| reason.contains(tag))
    };
    let entries: Vec<_> =
        payment.told("cancel_history").map_or(&[][..], Json::items).iter().filter(ours).collect();
    let entered =
        entries.iter().any(|entry| entry.told("amount").and_then(|told| told.minor(digits)) == Some(amount));
    let alone = scene.tag.is_none() || entries.len() == 1;
    let grown = paid - cancelled == before - amount;
    let done = entered && alone && (grown || !scene.guarded);
    let decide_later = ["paypal_v2", "paymentwall", "smartro_v2", "kicc", "kicc_v2"];
    let by_answer = decide_later.iter().any(|pg| text("pg_provider") == Some(pg));
    let by_record = request.record().pg_provider().is_some_and(|pg| matches!(pg, "paypal_v2" | "smartro_v2"));
    let pending = (by_answer || by_record) && paid - cancelled == before && entries.is_empty();
    // PayPal's approval shows in the payment's status alone, which another cancel may have set
    let paypal = text("pg_provider").or(request.record().pg_provider()) == Some("paypal_v2");
    let listed = payment.told("cancel_history").map_or(0, |history| history.items().len());
    let approved = text("status") == Some("cancelled") && listed == 1 && cancelled == amount;
    match took.state {
        CancelState::Completed => {
            assert!(done, "completed without our entry");
            assert!(approved || !paypal, "completed without PayPal's word");
            assert!(request.refund_account().is_none(), "an account is paid into later");
        }
        _ => assert!(done || pending, "accepted without our entry, by a pg that decides at once"),
    }
}

/// The oracle of a refusal: the whole envelope, no payment, and no word of an earlier cancel.
fn is_refused(json: &Json, error: &CancelError, with_account: bool) {
    let Some(Json::Number(code)) = json.get("code") else { panic!("a refusal without a code") };
    assert_ne!(code.trim_start_matches('-'), "0", "code 0 was taken for a refusal");
    assert_eq!(json.get("response"), Some(&Json::Null), "a refusal with a payment");
    let Some(message) = json.get("message") else { panic!("a refusal without a message") };
    let message = message.text().unwrap_or_default();
    assert!(!message.contains("이미"), "already cancelled was taken for a refusal");
    // an account that was sent does not come back as a code
    let code = if with_account { code.replace(ACCOUNT[0], "***") } else { code.clone() };
    assert_eq!(error.code().map(str::to_owned), Some(code));
}

fn revoke(input: Input) -> u64 {
    let (client, script) = with_token(input.answers);
    let key = Secret::new("pg_api_key", "KEY-CANARY-1", 40).expect("it is one");
    let outcome = now(client.revoke_virtual_account(&imp_uid(), Some(&key)));
    let asked = script.asked("/vbanks/");
    // when the repeat after a 401 cannot leave, the 401 is the answer
    let last = asked.iter().filter_map(|asked| asked.answer.said()).next_back();
    let mut seen = Seen::new();
    seen.note("revoke");
    match &outcome {
        Ok(()) => {
            let (status, body) = last.expect("done without an answer");
            assert_eq!((status, believed(body).get("code").and_then(Json::scalar)), (200, Some("0")));
        }
        Err(error) => {
            harmless(error, error.message(), &SECRETS);
            seen.debug(error);
            if matches!(error, CancelError::Rejected(_)) {
                is_refused(&believed(last.expect("refused without an answer").1), error, false);
            }
            let proven =
                asked.iter().all(|asked| matches!(asked.answer, Answer::Fails(pg_core::Sent::No, _)));
            assert!(
                !matches!(error, CancelError::NotSent(_)) || proven,
                "not sent, though bytes may have left"
            );
        }
    }
    seen.number()
}

/// The answers are to `getToken`; every cancel is answered with success.
pub(super) fn chaiport_token(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let scene = scene(0);
    let success = format!(
        r#"{{"code":0,"message":null,"response":{{"imp_uid":"{IMP_UID}","merchant_uid":"{ORDER}","amount":10000,
        "cancel_amount":2000,"currency":"KRW","status":"cancelled","cancel_history":[{{"amount":2000,"reason":"[c:t1]"}}]}}}}"#
    );
    let script = Script::new(
        input.answers,
        Some(("/payments/cancel", Answer::Says(200, success.clone().into_bytes()))),
    );
    let client = ChaiportClient::with_transport(config(), script.clone()).expect("the official host");
    let outcome = now(client.cancel(&scene.request));
    let cancels = script.asked("/payments/cancel");
    let token = script
        .asked("/users/getToken")
        .first()
        .and_then(|asked| asked.answer.said().map(|(s, b)| (s, b.to_vec())));
    let mut seen = Seen::new();
    match outcome {
        Ok(_) => {
            let (status, body) = token.expect("a token without an answer");
            assert!((200..300).contains(&status));
            let json = believed(&body);
            assert_eq!(json.get("code").and_then(Json::scalar), Some("0"));
            let token = json.told("response").and_then(|told| told.told("access_token")).and_then(Json::text);
            let token = token.expect("no token in the answer");
            assert!(!token.is_empty() && token.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{token:?}");
            seen.note("token");
        }
        // a token that stands in the answer by chance is taken out of it, and the answer proves nothing any more
        Err(error) if !cancels.is_empty() => {
            let (_, body) = token.expect("cancelled without a token");
            let json = believed(&body);
            let token = json.told("response").and_then(|told| told.told("access_token")).and_then(Json::text);
            assert!(token.is_some_and(|token| success.contains(token)), "unknown for no reason");
            assert_eq!(error.label(), "unknown");
            seen.note("echo");
        }
        Err(error) => {
            assert_eq!(error.label(), "not_sent");
            assert!(!scene.request.sends().may_have_been_sent());
            harmless(&error, error.message(), &SECRETS[..2]);
            seen.debug(&error);
        }
    }
    seen.number()
}

const LOOK_UPS: u8 = 8;

pub(super) fn chaiport_look_up(bytes: &[u8]) -> u64 {
    let input = Input::read(bytes);
    let kind = input.scene_of(LOOK_UPS);
    let (client, script) = with_token(input.answers);
    let last = || {
        let last = script
            .asked("/payments")
            .last()
            .and_then(|asked| asked.answer.said().map(|(s, b)| (s, b.to_vec())));
        last.expect("told without an answer")
    };
    let mut seen = Seen::new();
    seen.note([kind]);
    let options = FindOptions::new();
    match kind {
        0 => found(now(client.look_up(&imp_uid())), &mut seen, |payment, seen| {
            assert_eq!(payment.imp_uid(), &imp_uid());
            told(&payment, last().1.as_slice(), seen);
        }),
        1 => found(now(client.find(&order(), options)), &mut seen, |payment, seen| {
            assert_eq!(payment.merchant_uid(), ORDER);
            told(&payment, last().1.as_slice(), seen);
        }),
        2 => found(now(client.find_all(&order(), options, Page::longest())), &mut seen, |page, seen| {
            assert!(page.list.iter().all(|payment| payment.merchant_uid() == ORDER));
            seen.count(page.list.len()).debug(&page.next.is_some());
        }),
        3 => found(now(client.look_up_many(&[imp_uid()], &[order()])), &mut seen, |many, seen| {
            let asked =
                |payment: &Payment| payment.imp_uid() == &imp_uid() || payment.merchant_uid() == ORDER;
            assert!(many.payments.iter().all(asked));
            let there = many.payments.iter().any(|payment| payment.imp_uid() == &imp_uid());
            assert_eq!(there, many.missing_imp_uids.is_empty());
            seen.count(many.payments.len()).count(many.missing_merchant_uids.len());
        }),
        _ => {
            let scene = scene(match kind {
                4 => 2,
                5 => 1,
                6 => 6,
                _ => 3,
            });
            let ledger = LedgerKnowledge { sole_actor: kind == 5, known_balance: None };
            found(now(client.reconcile(&scene.request, ledger)), &mut seen, |verdict, seen| {
                seen.debug(&verdict);
                proves(&verdict, &scene, kind == 6, &believed(&last().1));
            });
        }
    }
    seen.number()
}

fn found<T>(result: Result<T, LookUpError>, seen: &mut Seen, check: impl FnOnce(T, &mut Seen)) {
    match result {
        Ok(found) => check(found, seen),
        Err(error) => {
            harmless(&error, error.message(), &SECRETS);
            seen.debug(error.kind()).debug(&error.code().is_some());
        }
    }
}

/// The oracle of a look-up: the amounts are those of the answer, and they add up.
fn told(payment: &Payment, body: &[u8], seen: &mut Seen) {
    let json = believed(body);
    assert_eq!(json.get("code").and_then(Json::scalar), Some("0"));
    let answer = json.told("response").expect("without a payment");
    same(answer.told("amount"), payment.paid(), "what was paid");
    same(answer.told("cancel_amount"), payment.cancelled(), "what was cancelled");
    assert_eq!(payment.paid().checked_sub(payment.cancelled()), Some(payment.balance()));
    let state = payment.state().expect("amounts that were checked");
    assert_eq!(state.history.as_ref().map(Vec::len), Some(payment.history().len()));
    assert_eq!(answer.told("cancel_history").map_or(0, |list| list.items().len()), payment.history().len());
    seen.count(payment.history().len()).debug(payment.status()).debug(&payment.details().is_ok());
}

/// The oracle of a verdict.
fn proves(verdict: &Verdict, scene: &Scene, listed: bool, json: &Json) {
    let response = json.told("response").expect("a verdict without a payment");
    let one = std::slice::from_ref(response);
    let list = if listed { response.get("list").map_or(&[][..], Json::items) } else { one };
    let (before, amount) = (scene.request.balance_before(), scene.request.amount());
    let digits = digits(amount);
    let left = |payment: &Json| {
        let number = |name: &str| payment.told(name).and_then(|told| told.minor(digits));
        Some(number("amount")? - number("cancel_amount")?)
    };
    let entered = |payment: &Json| {
        let entries = payment.told("cancel_history").map_or(&[][..], Json::items);
        let ours = entries.iter().filter(|entry| {
            let reason = entry.told("reason").and_then(Json::text).unwrap_or_default();
            scene.tag.is_some_and(|tag| reason.contains(tag))
        });
        let ours: Vec<_> =
            ours.map(|entry| entry.told("amount").and_then(|told| told.minor(digits))).collect();
        ours == [Some(i128::from(amount.minor()))]
    };
    let ours = |payment: &Json| {
        let paid = payment.told("amount").and_then(|told| told.minor(digits));
        let text = |name: &str| payment.told(name).and_then(Json::text);
        paid == scene.paid.map(|paid| i128::from(paid.minor()))
            && (!scene.imp_uid || text("imp_uid") == Some(IMP_UID))
            && text("merchant_uid") == Some(ORDER)
    };
    assert!(matches!(verdict, Verdict::Unclear(_)) || list.iter().any(ours), "a verdict by another payment");
    match verdict {
        Verdict::Applied { by: Attribution::Tag, .. } => {
            assert!(list.iter().any(entered), "applied by a tag that is not there");
        }
        Verdict::Applied { .. } => {
            assert!(scene.tag.is_none(), "a tagged cancel, applied without its tag");
            let after = i128::from(before.minor() - amount.minor());
            assert!(list.iter().any(|payment| left(payment) == Some(after)), "applied by another balance");
        }
        Verdict::NotYet => {
            let same = left(&list[0]) == Some(i128::from(before.minor()));
            assert!(same && !entered(&list[0]), "not yet, though the balance moved");
        }
        Verdict::Superseded => {
            let moved = left(&list[0]).is_some_and(|left| left < i128::from(before.minor()));
            assert!(moved && !entered(&list[0]) && scene.guarded, "superseded without a reason");
        }
        Verdict::Unclear(_) => {}
    }
}
