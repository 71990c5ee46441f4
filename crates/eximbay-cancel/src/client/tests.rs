use std::sync::Mutex;

use super::*;
use crate::amount::AmountText;
use crate::payment::PaymentRecord;
use pg_core::wire::{WireRequest, WireResponse};
use pg_core::{Currency, Money, NotSentPhase, Sent, TransportError, TransportErrorKind, UnknownReason};

pub(crate) const ID: &str = "1849705C6420220922000013";

/// Answers from a script and keeps what it was sent.
#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<Vec<Result<WireResponse, TransportError>>>,
    sent: Mutex<Vec<(String, String)>>,
}

impl Script {
    pub(crate) fn client(answers: Vec<Result<WireResponse, TransportError>>) -> (EximbayClient, Arc<Self>) {
        let script = Arc::new(Self { answers: Mutex::new(answers), sent: Mutex::default() });
        let config = Config::builder("test_KEYCANARY", "1849705C64").build().unwrap();
        (EximbayClient::with_transport(config, script.clone()).unwrap(), script)
    }

    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn send(&self, base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let target = base.join(request.target()).unwrap().to_string();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        self.sent.lock().unwrap().push((target, body));
        self.answers.lock().unwrap().remove(0)
    }
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

pub(crate) fn payment() -> PaymentRecord {
    PaymentRecord::new(ID, "ORD-1", AmountText::parse("1.00", Currency::USD).unwrap(), usd(100)).unwrap()
}

pub(crate) fn says(status: u16, body: &str) -> Result<WireResponse, TransportError> {
    Ok(WireResponse::new(status, body.as_bytes().to_vec()))
}

pub(crate) fn done(balance: &str) -> Result<WireResponse, TransportError> {
    let body = format!(
        r#"{{"rescode":"0000","refund":{{"refund_transaction_id":"1849705C6420220922000014"}},
        "payment":{{"transaction_id":"{ID}","balance":"{balance}"}}}}"#
    );
    says(200, &body)
}

pub(crate) fn ledger(balance: &str) -> Result<WireResponse, TransportError> {
    let body = format!(
        r#"{{"rescode":"0000","payment":{{"transaction_id":"{ID}","status":"SALE","balance":"{balance}"}}}}"#
    );
    says(200, &body)
}

fn lost(sent: Sent, kind: TransportErrorKind) -> Result<WireResponse, TransportError> {
    Err(TransportError::new(sent, kind))
}

fn unknown(outcome: Result<Cancelled<CancelAnswer>, CancelError>) -> UnknownReason {
    match outcome {
        Err(CancelError::Unknown(unknown)) => unknown.reason(),
        other => panic!("must be unknown: {other:?}"),
    }
}

#[tokio::test]
async fn one_cancel_is_one_request() {
    let (client, script) = Script::client(vec![done("0.50")]);
    let request = CancelRequest::partial(&payment(), usd(50)).unwrap();
    let outcome = client.cancel(&request).await.unwrap();
    assert_eq!(outcome.remaining(), Some(usd(50)));
    let [(target, body)] = &script.sent()[..] else { panic!("one request") };
    assert_eq!(target, &format!("https://api-test.eximbay.com/v1/payments/{ID}/cancel"));
    assert!(body.contains(request.tag().as_str()));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_repeat_is_the_same() {
    let (client, script) = Script::client(vec![
        lost(Sent::Maybe, TransportErrorKind::Timeout),
        says(200, r#"{"rescode":"INVALID_REQEUST_AMOUNT","resmsg":"no"}"#),
    ]);
    let request = CancelRequest::partial(&payment(), usd(50)).unwrap();
    assert_eq!(unknown(client.cancel(&request).await), UnknownReason::Timeout);
    // the refusal of a repeat proves nothing: the first copy may be why
    assert_eq!(unknown(client.cancel(&request.clone()).await), UnknownReason::RefusedOnRepeat);
    let sent = script.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn a_first_refusal_is_believed_and_one_after_a_crash_is_not() {
    let refusal = || says(200, r#"{"rescode":"INVALID_REQEUST_AMOUNT","resmsg":"no"}"#);
    let (client, _) = Script::client(vec![refusal(), refusal()]);
    let first = CancelRequest::partial(&payment(), usd(50)).unwrap();
    assert_eq!(client.cancel(&first).await.unwrap_err().label(), "rejected");
    let thawed = CancelRequest::partial(&payment(), usd(50)).unwrap().possibly_sent();
    assert_eq!(unknown(client.cancel(&thawed).await), UnknownReason::RefusedOnRepeat);
}

#[tokio::test]
async fn what_did_not_leave_was_not_sent() {
    let (client, _) =
        Script::client(vec![lost(Sent::No, TransportErrorKind::Connect), says(200, r#"{"rescode":"RC18"}"#)]);
    let request = CancelRequest::full(&payment()).unwrap();
    match client.cancel(&request).await {
        Err(CancelError::NotSent(error)) => assert_eq!(error.phase(), NotSentPhase::Connect),
        other => panic!("{other:?}"),
    }
    // so the next sending is the first
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "rejected");
}

#[tokio::test]
async fn no_answer_and_no_refusal_make_the_client_send_twice() {
    for answer in [
        says(401, r#"{"code":"EC1000","message":"Authorization invalid"}"#),
        says(302, ""),
        says(503, ""),
        says(429, ""),
        lost(Sent::Maybe, TransportErrorKind::Connection),
        lost(Sent::No, TransportErrorKind::Connect),
    ] {
        let (client, script) = Script::client(vec![answer]);
        let request = CancelRequest::full(&payment()).unwrap();
        assert!(client.cancel(&request).await.is_err());
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_reconciled_by_the_balance() {
    let (client, script) =
        Script::client(vec![lost(Sent::Maybe, TransportErrorKind::Body), ledger("0.50"), ledger("1.00")]);
    let request = CancelRequest::partial(&payment(), usd(50)).unwrap();
    assert_eq!(unknown(client.cancel(&request).await), UnknownReason::BrokenAnswer);
    let alone = LedgerKnowledge { sole_actor: true, known_balance: None };
    assert!(matches!(client.reconcile(&request, alone).await.unwrap(), Verdict::Applied { .. }));
    assert_eq!(client.reconcile(&request, alone).await.unwrap(), Verdict::NotYet);
    let (target, body) = &script.sent()[1];
    assert!(target.ends_with("/v1/payments/retrieve"));
    assert!(body.contains(r#""amount":"1.00""#) && body.contains(ID));
}

#[tokio::test]
async fn a_look_up_without_an_answer_is_unavailable() {
    for sent in [Sent::No, Sent::Maybe] {
        let (client, _) = Script::client(vec![lost(sent, TransportErrorKind::Timeout)]);
        let error = client.look_up(&LookUp::of(&payment())).await.unwrap_err();
        assert_eq!(error.kind(), &LookUpErrorKind::Unavailable);
    }
}

#[test]
fn debug_shows_no_key() {
    let (client, _) = Script::client(vec![]);
    assert!(!format!("{client:?}").contains("KEYCANARY"));
}

#[tokio::test]
async fn a_key_echoed_as_an_escape_comes_out_nowhere() {
    for echo in [r"\u0074est_KEYCANARY", r"test\u005FKEYCANARY", "TEST_KEYCANARY"] {
        let body = format!(
            r#"{{"rescode":"0000","resmsg":"{echo}","refund":{{"refund_transaction_id":"{echo}"}},
            "payment":{{"transaction_id":"{ID}","balance":"0.50","status":"{echo}","order_id":"{echo}","payment_method":"{echo}"}},
            "other_param":{{"param1":"{echo}"}}}}"#
        );
        let refused = format!(r#"{{"code":"{echo}","message":"{echo}"}}"#);
        let (client, _) = Script::client(vec![says(200, &body), says(200, &body), says(400, &refused)]);
        let request = CancelRequest::partial(&payment(), usd(50)).unwrap();
        let done = client.cancel(&request).await.unwrap();
        let found = client.look_up(&LookUp::of(&payment())).await.unwrap();
        let again = CancelRequest::partial(&payment(), usd(50)).unwrap();
        let refused = client.cancel(&again).await.unwrap_err();
        let shown = format!(
            "{done:?} {:?} {:?} {} {found:?} {} {:?} {refused} {refused:?} {:?} {}",
            done.cancel_id(),
            done.answer().other_param.param1,
            done.answer().envelope.text().as_str(),
            found.status().as_str(),
            found.answer().payment.order_id,
            refused.code(),
            refused.message().unwrap().as_str(),
        );
        assert!(!shown.to_ascii_lowercase().contains("canary"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}
