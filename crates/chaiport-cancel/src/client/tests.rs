use std::collections::VecDeque;
use std::sync::Mutex;

use pg_core::wire::HeaderText;
use pg_core::{CancelState, Money, NotSentPhase, Sent, TransportError, TransportErrorKind, UnknownReason};

use super::*;
use crate::record::PaymentRecord;

/// A scripted answer.
enum Answer {
    Say(u16, String),
    Fail(Sent, TransportErrorKind),
    Never,
}

/// A transport that records what is sent and answers by script: one queue for tokens, one for all else.
#[derive(Default)]
struct Script {
    tokens: Mutex<VecDeque<Answer>>,
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
    /// A token that is answered with 401.
    expired: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    target: String,
    authorization: Option<String>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn send(&self, _base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let authorization = request.headers().iter().find_map(|(name, value)| match value {
            HeaderText::Secret(secret) if *name == "authorization" => Some(secret.expose().to_owned()),
            _ => None,
        });
        let seen = Seen { target: request.target().to_owned(), authorization, body: request.body().to_vec() };
        let of_token = seen.target == "/users/getToken";
        let expired = self.expired.is_some() && seen.authorization.as_deref() == self.expired;
        self.seen.lock().unwrap().push(seen);
        tokio::task::yield_now().await;
        let next = if expired {
            refused(401, "Unauthorized")
        } else if of_token {
            self.tokens.lock().unwrap().pop_front().unwrap_or_else(|| token("TOKEN"))
        } else {
            self.answers.lock().unwrap().pop_front().expect("no answer left")
        };
        match next {
            Answer::Say(status, body) => Ok(WireResponse::new(status, body.into_bytes())),
            Answer::Fail(sent, kind) => Err(TransportError::new(sent, kind)),
            Answer::Never => std::future::pending().await,
        }
    }
}

impl Script {
    fn with(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    fn tokens(self: Arc<Self>, tokens: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        self.tokens.lock().unwrap().extend(tokens);
        self
    }

    fn client(self: &Arc<Self>) -> ChaiportClient {
        let config = Config::builder("KEY-CANARY", "SECRET-CANARY").build().unwrap();
        let transport: Arc<dyn Transport> = self.clone();
        ChaiportClient::with_transport(config, transport).unwrap()
    }

    fn sent(&self, target: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.target.starts_with(target)).cloned().collect()
    }
}

fn token(text: &str) -> Answer {
    Answer::Say(
        200,
        format!(
            r#"{{"code":0,"message":null,"response":{{"access_token":"{text}","now":1712634724,"expired_at":1712636524}}}}"#
        ),
    )
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::Say(status, format!(r#"{{"code":-1,"message":"{message}","response":null}}"#))
}

fn payment(cancelled: i64, history: &str) -> Answer {
    Answer::Say(
        200,
        format!(
            r#"{{"code":0,"message":null,"response":{{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,
            "cancel_amount":{cancelled},"currency":"KRW","status":"paid","cancel_history":[{history}]}}}}"#
        ),
    )
}

fn done() -> Answer {
    payment(2000, r#"{"amount":2000,"reason":"[c:t1]","cancellation_id":"C-1"}"#)
}

fn record() -> PaymentRecord {
    PaymentRecord::new("imp_1".parse::<ImpUid>().unwrap(), Money::krw(10_000).unwrap())
}

fn request() -> CancelRequest {
    CancelRequest::partial(record(), Money::krw(2000).unwrap()).unwrap().with_tag("t1".parse().unwrap())
}

const NOT_FOUND: &str = r#"{"code":1,"message":"취소할 결제건이 존재하지 않습니다.","response":null}"#;

fn not_found() -> Answer {
    Answer::Say(200, NOT_FOUND.to_owned())
}

fn reason(error: &CancelError) -> Option<UnknownReason> {
    match error {
        CancelError::Unknown(unknown) => Some(unknown.reason()),
        _ => None,
    }
}

#[tokio::test]
async fn one_token_and_one_cancel() {
    let script = Script::with([done(), done()]);
    let client = script.client();
    let cancelled = client.cancel(&request()).await.unwrap();
    assert_eq!((cancelled.state(), cancelled.cancel_id()), (CancelState::Completed, Some("C-1")));
    assert!(client.clone().cancel(&request()).await.is_ok());
    assert_eq!(script.sent("/users/getToken").len(), 1);
    let sent = script.sent("/payments/cancel");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].authorization.as_deref(), Some("TOKEN"));
    assert_eq!(sent[0], sent[1], "the same request makes the same bytes");
}

#[tokio::test]
async fn a_401_envelope_renews_the_token_and_sends_the_same_bytes_once_more() {
    let script = Script::with([refused(401, "Unauthorized"), done()]).tokens([token("OLD"), token("NEW")]);
    let cancelled = script.client().cancel(&request()).await.unwrap();
    assert_eq!(cancelled.state(), CancelState::Completed);
    let sent = script.sent("/payments/cancel");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].body, sent[1].body);
    assert_eq!(
        sent.iter().map(|s| s.authorization.as_deref()).collect::<Vec<_>>(),
        [Some("OLD"), Some("NEW")]
    );
}

#[tokio::test]
async fn a_second_401_stops() {
    let script = Script::with([refused(401, "Unauthorized"), refused(401, "Unauthorized")]);
    let request = request();
    let error = script.client().cancel(&request).await.unwrap_err();
    assert!(matches!(&error, CancelError::Rejected(r) if r.kind() == pg_core::RejectionKind::Credentials));
    assert_eq!(script.sent("/payments/cancel").len(), 2);
    assert!(request.sends().may_have_been_sent());
}

#[tokio::test]
async fn after_a_401_nothing_is_called_not_sent() {
    for (tokens, answers, copies) in [
        (vec![token("OLD"), Answer::Say(500, String::new())], vec![], 1),
        (vec![token("OLD"), Answer::Say(200, "<html>".to_owned())], vec![], 1),
        (vec![token("OLD"), Answer::Fail(Sent::No, TransportErrorKind::Connect)], vec![], 1),
        (vec![], vec![Answer::Fail(Sent::No, TransportErrorKind::Connect)], 2),
    ] {
        let mut all = vec![refused(401, "Unauthorized")];
        all.extend(answers);
        let script = Script::with(all).tokens(tokens);
        let request = request();
        let error = script.client().cancel(&request).await.unwrap_err();
        // nor rejected for good: only the second copy was kept from leaving
        assert_eq!(reason(&error), Some(UnknownReason::NotSentOnRepeat));
        assert!(std::error::Error::source(&error).is_some() && request.sends().may_have_been_sent());
        assert_eq!((error.code(), error.message().unwrap().as_str()), (Some("-1"), "Unauthorized"));
        assert_eq!(script.sent("/payments/cancel").len(), copies);
    }
    let wrong_key = refused(401, "인증에 실패하였습니다.");
    let script = Script::with([refused(401, "Unauthorized")]).tokens([token("OLD"), wrong_key]);
    assert_eq!(script.client().cancel(&request()).await.unwrap_err().label(), "rejected");
    let lost = Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout);
    let script = Script::with([refused(401, "Unauthorized"), lost]);
    let error = script.client().cancel(&request()).await.unwrap_err();
    assert_eq!(reason(&error), Some(UnknownReason::Timeout));
}

#[tokio::test]
async fn a_401_that_is_not_chaiports_is_unknown_and_not_repeated() {
    let script = Script::with([Answer::Say(401, "<html>".to_owned()), done()]);
    let client = script.client();
    let error = client.cancel(&request()).await.unwrap_err();
    assert_eq!(reason(&error), Some(UnknownReason::NotTheGateway));
    assert_eq!(script.sent("/payments/cancel").len(), 1);
    // the token is asked for again all the same
    assert!(client.cancel(&request()).await.is_ok());
    assert_eq!(script.sent("/users/getToken").len(), 2);
}

#[tokio::test]
async fn without_a_token_the_cancel_does_not_leave() {
    let wrong_key =
        refused(401, "인증에 실패하였습니다. API키와 secret을 확인하세요. KEY-CANARY SECRET-CANARY");
    for (answer, phase) in [
        (wrong_key, NotSentPhase::Credentials),
        (Answer::Say(503, String::new()), NotSentPhase::Token),
        (Answer::Say(200, "<html>".to_owned()), NotSentPhase::Token),
        (Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout), NotSentPhase::Token),
        (Answer::Fail(Sent::No, TransportErrorKind::Connect), NotSentPhase::Token),
    ] {
        let script = Script::with([]).tokens([answer]);
        let request = request();
        let error = script.client().cancel(&request).await.unwrap_err();
        assert!(matches!(&error, CancelError::NotSent(not_sent) if not_sent.phase() == phase), "{error}");
        let message = error.message().map(ToString::to_string).unwrap_or_default();
        assert!(!format!("{error} {error:?} {message}").contains("CANARY"));
        assert!(script.sent("/payments/cancel").is_empty() && !request.sends().may_have_been_sent());
    }
}

#[tokio::test]
async fn every_transport_failure_has_its_name() {
    for (sent, kind, label) in [
        (Sent::No, TransportErrorKind::Connect, "not_sent"),
        (Sent::No, TransportErrorKind::Build, "not_sent"),
        (Sent::Maybe, TransportErrorKind::Timeout, "unknown"),
        (Sent::Maybe, TransportErrorKind::Connection, "unknown"),
        (Sent::Maybe, TransportErrorKind::Body, "unknown"),
        (Sent::Maybe, TransportErrorKind::TooLarge, "unknown"),
    ] {
        let script = Script::with([Answer::Fail(sent, kind)]);
        let request = request();
        assert_eq!(script.client().cancel(&request).await.unwrap_err().label(), label);
        assert_eq!(script.sent("/payments/cancel").len(), 1);
        assert_eq!(request.sends().may_have_been_sent(), label == "unknown");
    }
}

#[tokio::test]
async fn a_refusal_is_believed_on_the_first_sending_alone() {
    let lost = || Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout);
    let script = Script::with([not_found(), lost(), not_found(), not_found()]);
    let client = script.client();
    assert_eq!(client.cancel(&request()).await.unwrap_err().label(), "rejected");
    let request = request();
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "unknown");
    let repeated = client.cancel(&request.clone()).await.unwrap_err();
    assert_eq!(reason(&repeated), Some(UnknownReason::RefusedOnRepeat));
    let thawed = client.cancel(&super::tests::request().sent_before()).await.unwrap_err();
    assert_eq!(reason(&thawed), Some(UnknownReason::RefusedOnRepeat));
}

#[tokio::test]
async fn an_unguarded_cancel_goes_out_once() {
    let unguarded = || {
        CancelRequest::unguarded(record(), Money::krw(2000).unwrap()).unwrap().with_tag("t1".parse().unwrap())
    };
    let script = Script::with([
        Answer::Fail(Sent::No, TransportErrorKind::Connect),
        Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout),
    ]);
    let client = script.client();
    let request = unguarded();
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "not_sent");
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "unknown");
    let third = client.cancel(&request).await.unwrap_err();
    assert_eq!(reason(&third), Some(UnknownReason::NotSentOnRepeat));
    assert_eq!(client.cancel(&unguarded().sent_before()).await.unwrap_err().label(), "unknown");
    assert_eq!(script.sent("/payments/cancel").len(), 2);
    // two clones at once: one goes out
    let script = Script::with([done()]);
    let client = script.client();
    let request = unguarded();
    let clone = request.clone();
    let (one, two) = tokio::join!(client.cancel(&request), client.cancel(&clone));
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(script.sent("/payments/cancel").len(), 1);
}

#[tokio::test]
async fn what_the_pg_asks_for_is_missed_before_anything_is_sent() {
    let script = Script::with([]);
    let vbank = record().with_pg_provider("kcp").with_pay_method("vbank");
    let error = script.client().cancel(&CancelRequest::full(vbank).unwrap()).await.unwrap_err();
    assert_eq!(error.label(), "invalid");
    assert!(script.sent("/").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_expired_callers_renew_once() {
    let script = Script { expired: Some("OLD"), ..Script::default() };
    script.answers.lock().unwrap().extend((0..64).map(|_| done()));
    let script = Arc::new(script).tokens([token("OLD"), token("NEW")]);
    let client = script.client();
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.cancel(&request()).await.is_ok() })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
    assert_eq!(script.sent("/users/getToken").len(), 2);
}

#[tokio::test]
async fn a_look_up_renews_its_token_once() {
    let script =
        Script::with([refused(401, "Unauthorized"), payment(0, "")]).tokens([token("OLD"), token("NEW")]);
    let found = script.client().look_up(&"imp_1".parse().unwrap()).await.unwrap();
    assert_eq!(found.balance(), Money::krw(10_000).unwrap());
    let script = Script::with([refused(401, "Unauthorized KEY-CANARY"), refused(401, "TOKEN KEY-CANARY")]);
    let error = script.client().look_up(&"imp_1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), &LookUpErrorKind::Credentials);
    assert_eq!(error.message().unwrap().as_str(), "*** ***");
    let script = Script::with([Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout)]);
    let error = script.client().look_up(&"imp_1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), &LookUpErrorKind::Unavailable);
}

#[tokio::test]
async fn reconcile_finds_the_lost_cancel() {
    let lost = || Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout);
    let script = Script::with([lost(), done(), lost(), payment(0, "")]);
    let client = script.client();
    for applied in [true, false] {
        let request = request();
        assert!(client.cancel(&request).await.unwrap_err().may_have_happened());
        let verdict = client.reconcile(&request, LedgerKnowledge::default()).await.unwrap();
        assert_eq!(matches!(verdict, Verdict::Applied { .. }), applied);
        assert_eq!(verdict == Verdict::NotYet, !applied);
    }
    assert_eq!(script.sent("/payments/imp_1?include_sandbox=true").len(), 2);
}

#[tokio::test]
async fn test_payments_are_found_where_the_settings_say_so() {
    let script = Script::with([payment(0, ""), payment(0, "")]);
    let config = Config::builder("K", "S").include_sandbox(true).build().unwrap();
    let client = ChaiportClient::with_transport(config, script.clone()).unwrap();
    let imp_uid = "imp_1".parse().unwrap();
    client.look_up(&imp_uid).await.unwrap();
    client.look_up_with(&imp_uid, LookUpOptions::new()).await.unwrap();
    let targets: Vec<_> = script.sent("/payments").into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/payments/imp_1?include_sandbox=true", "/payments/imp_1"]);
}

#[tokio::test]
async fn an_unpaid_account_is_revoked() {
    let ok = || Answer::Say(200, r#"{"code":0,"message":null,"response":null}"#.to_owned());
    let script = Script::with([ok(), refused(401, "Unauthorized"), ok(), refused(400, "x PG-CANARY")]);
    let client = script.client();
    let imp_uid = "imp_1".parse().unwrap();
    let key = Secret::new("pg_api_key", "PG-CANARY", 40).unwrap();
    client.revoke_virtual_account(&imp_uid, None).await.unwrap();
    client.revoke_virtual_account(&imp_uid, None).await.unwrap();
    let error = client.revoke_virtual_account(&imp_uid, Some(&key)).await.unwrap_err();
    assert_eq!((error.label(), error.message().unwrap().as_str()), ("rejected", "x ***"));
    assert_eq!(script.sent("/vbanks/imp_1").len(), 4);
    // the 401 that stays the answer echoes the token that it refused
    let lost = Answer::Fail(Sent::No, TransportErrorKind::Connect);
    let script = Script::with([refused(401, "Unauthorized OLD"), lost]).tokens([token("OLD"), token("NEW")]);
    let error = script.client().revoke_virtual_account(&imp_uid, None).await.unwrap_err();
    assert_eq!(error.message().unwrap().as_str(), "Unauthorized ***");
}

fn lost() -> Answer {
    Answer::Fail(Sent::Maybe, TransportErrorKind::Timeout)
}

/// A payment of 10000 at a PG: what is cancelled of it, and its history.
fn payment_at(pg: &str, cancelled: i64, history: &str) -> Answer {
    let Answer::Say(status, body) = payment(cancelled, history) else { panic!("says a payment") };
    Answer::Say(
        status,
        body.replace(r#""status":"paid""#, &format!(r#""status":"paid","pg_provider":"{pg}""#)),
    )
}

fn request_at(pg: &str) -> CancelRequest {
    let record = record().with_pg_provider(pg);
    CancelRequest::partial(record, Money::krw(2000).unwrap()).unwrap().with_tag("t1".parse().unwrap())
}

const PENDING: Verdict = Verdict::Unclear(pg_core::Doubt::Pending);

#[tokio::test]
async fn a_cancel_that_is_decided_later_goes_out_once() {
    for (pg, first) in [("paypal_v2", lost()), ("paypal_v2", payment_at("paypal_v2", 0, ""))] {
        let script = Script::with([first, payment_at(pg, 0, ""), payment_at(pg, 3000, r#"{"amount":3000}"#)]);
        let client = script.client();
        let request = request_at(pg);
        let _outcome = client.cancel(&request).await;
        for _ in 0..2 {
            assert_eq!(client.reconcile(&request, LedgerKnowledge::default()).await.unwrap(), PENDING);
        }
        let again = client.cancel(&request.clone()).await.unwrap_err();
        assert_eq!(reason(&again), Some(UnknownReason::NotSentOnRepeat));
        let thawed = client.cancel(&request_at(pg).sent_before()).await.unwrap_err();
        assert_eq!(reason(&thawed), Some(UnknownReason::NotSentOnRepeat));
        assert_eq!(script.sent("/payments/cancel").len(), 1);
    }
    // what never left may go out
    let refused = Answer::Fail(Sent::No, TransportErrorKind::Connect);
    let script = Script::with([refused, payment_at("paypal_v2", 0, "")]);
    let (client, request) = (script.client(), request_at("paypal_v2"));
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "not_sent");
    assert_eq!(client.cancel(&request).await.unwrap().state(), CancelState::Accepted);
}

#[tokio::test]
async fn a_cancel_that_chaiport_took_goes_out_once() {
    // an unlisted pg that decides later: code 0, and nothing has changed
    let script = Script::with([payment_at("newpay", 0, ""), payment_at("newpay", 0, "")]);
    let (client, request) = (script.client(), request_at("newpay"));
    let error = client.cancel(&request).await.unwrap_err();
    assert_eq!(reason(&error), Some(UnknownReason::Integrity));
    assert_eq!(client.reconcile(&request, LedgerKnowledge::default()).await.unwrap(), PENDING);
    let again = client.cancel(&request.clone()).await.unwrap_err();
    assert_eq!(reason(&again), Some(UnknownReason::NotSentOnRepeat));
    assert_eq!(script.sent("/payments/cancel").len(), 1);
}

#[tokio::test]
async fn through_the_shared_trait_an_order_remembers_that_it_was_taken() {
    use pg_core::gateway::{CancelGateway, CancelOrder, Gateway, PaymentRef};
    let script = Script::with([payment_at("newpay", 0, ""), payment_at("newpay", 0, "")]);
    let client = script.client();
    let won = |amount| Money::krw(amount).unwrap();
    let payment = PaymentRef::new(Gateway::Chaiport, "imp_1", "ORD-1", won(10_000));
    let at = time::OffsetDateTime::UNIX_EPOCH;
    let order = CancelOrder::new(payment, won(2000), won(10_000), "t1".parse().unwrap(), 1, at).unwrap();
    assert!(CancelGateway::cancel(&client, &order).await.is_err());
    let verdict = CancelGateway::reconcile(&client, &order, LedgerKnowledge::default()).await.unwrap();
    assert_eq!(verdict, PENDING);
    assert_eq!(CancelGateway::cancel(&client, &order).await.unwrap_err().label(), "unknown");
    assert_eq!(script.sent("/payments/cancel").len(), 1);
}

#[tokio::test]
async fn a_copy_that_waited_for_its_token_sees_that_another_was_taken() {
    // prepared first, and overtaken
    let script = Script::with([payment_at("newpay", 0, "")]);
    let client = script.client();
    let request = request_at("newpay");
    let ticket = request.sends().prepare();
    assert_eq!(client.cancel(&request).await.unwrap_err().label(), "unknown");
    assert!(!ticket.is_repeat() && may_leave(&request, &ticket).is_err());
}

#[tokio::test]
async fn without_a_guard_a_401_is_not_repeated() {
    let won = Money::krw(2000).unwrap();
    let unguarded = CancelRequest::unguarded(record(), won).unwrap();
    for request in [unguarded, request_at("paypal_v2")] {
        let script = Script::with([refused(401, "Unauthorized")]);
        assert_eq!(script.client().cancel(&request).await.unwrap_err().label(), "rejected");
        assert_eq!(script.sent("/payments/cancel").len(), 1);
    }
    // nor one that is not the token's, guarded or not
    let script = Script::with([refused(401, "결제취소에 실패하였습니다. [8723|응답 시간 초과]")]);
    let error = script.client().cancel(&request_at("kcp")).await.unwrap_err();
    assert_eq!(reason(&error), Some(UnknownReason::Upstream));
    assert_eq!(script.sent("/payments/cancel").len(), 1);
}

/// Polls a future so often that it comes to its first wait, and lets go of it.
async fn give_up<T>(future: impl Future<Output = T>) {
    let mut future = std::pin::pin!(future);
    for _ in 0..20 {
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context)));
        assert!(polled.await.is_pending());
    }
}

#[tokio::test]
async fn a_cancel_given_up_before_it_left_never_was() {
    let unguarded = CancelRequest::unguarded(record(), Money::krw(2000).unwrap()).unwrap();
    for request in [unguarded, request_at("paypal_v2"), request()] {
        let script = Script::with([not_found()]).tokens([Answer::Never]);
        let client = script.client();
        give_up(client.cancel(&request)).await;
        assert!(!request.sends().may_have_been_sent());
        // a first sending, whose refusal is believed
        assert_eq!(client.cancel(&request).await.unwrap_err().label(), "rejected");
        assert_eq!(script.sent("/payments/cancel").len(), 1);
    }
    let script = Script::with([Answer::Never]);
    let request = request();
    give_up(script.client().cancel(&request)).await;
    assert!(request.sends().may_have_been_sent() && script.sent("/payments/cancel").len() == 1);
}

#[test]
fn debug_shows_no_secret() {
    let client = Script::with([]).client();
    assert!(!format!("{client:?}").contains("CANARY"));
}

#[tokio::test]
async fn a_key_echoed_as_an_escape_comes_out_nowhere() {
    for echo in [r"\u0053ECRET-CANARY", r"SECRET\u002dCANARY", "secret-canary"] {
        let entry = |tag: &str| {
            format!(
                r#"{{"amount":2000,"reason":"{tag} {echo}","cancelled_at":10,"cancellation_id":"{echo}"}}"#
            )
        };
        let more = format!(r#","pg_provider":"{echo}","pay_method":"{echo}","custom_data":"{echo}""#);
        let echoing = |answer| {
            let Answer::Say(status, body) = answer else { panic!("an answer") };
            let status_word = format!(r#""status":"{echo}"{more}"#);
            Answer::Say(status, body.replace(r#""status":"paid""#, &status_word))
        };
        let script = Script::with([
            echoing(payment(2000, &entry("[c:t1]"))),
            echoing(payment(2000, &entry("[c:t1]"))),
            refused(400, echo),
        ]);
        let client = script.client();
        let cancelled = client.cancel(&request()).await.unwrap();
        let found = client.look_up(&"imp_1".parse().unwrap()).await.unwrap();
        let refused = client.look_up(&"imp_1".parse().unwrap()).await.unwrap_err();
        for payment in [cancelled.answer(), &found] {
            let entry = &payment.history()[0];
            let shown = format!(
                "{cancelled:?} {payment:?} {:?} {:?} {:?} {} {} {:?} {:?} {refused} {refused:?} {}",
                cancelled.cancel_id(),
                payment.pg_provider(),
                payment.pay_method(),
                payment.status().as_str(),
                entry.reason.as_str(),
                entry.cancellation_id,
                payment.details().unwrap().custom_data,
                refused.message().unwrap(),
            );
            assert!(!shown.to_ascii_lowercase().contains("canary"), "{shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }
}
