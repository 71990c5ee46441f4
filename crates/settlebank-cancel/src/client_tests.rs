//! The client over a transport that writes down what it is given and answers from a script.

use std::sync::Mutex;

use pg_core::{
    AttemptTag, CancelGateway, CancelOrder, CancelState, Doubt, Evidence, Guard, Money, NextStep, PaymentRef,
    Sent, TransportErrorKind, UnknownReason,
};
use time::macros::{date, datetime};

use super::*;
use crate::config::{Endpoint, EqualAmounts, SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
use crate::method::Method;
use crate::response::Answer;

type Script = Box<dyn Fn(&WireRequest) -> Result<WireResponse, TransportError> + Send + Sync>;

struct Fake {
    script: Script,
    seen: Mutex<Vec<(String, String)>>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

#[async_trait::async_trait]
impl Transport for Fake {
    async fn send(&self, _base: &BaseUrl, request: WireRequest) -> Result<WireResponse, TransportError> {
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        self.seen.lock().unwrap().push((request.target().to_owned(), body));
        (self.script)(&request)
    }
}

fn client(
    config: Config,
    script: impl Fn(&WireRequest) -> Result<WireResponse, TransportError> + Send + Sync + 'static,
) -> (SettlebankClient, Arc<Fake>) {
    let fake = Arc::new(Fake { script: Box::new(script), seen: Mutex::default() });
    (SettlebankClient::with_transport(config, fake.clone()).unwrap(), fake)
}

fn standard() -> Config {
    Config::standard("nxca_jt_il", SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY)
        .endpoint(Endpoint::Sandbox)
        .build()
        .unwrap()
}

fn flat() -> Config {
    Config::flat("nxca_jt_il", SANDBOX_LICENCE_KEY).endpoint(Endpoint::Sandbox).build().unwrap()
}

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn payment() -> PaymentRecord {
    PaymentRecord::new("T1", "O1", date!(2026 - 01 - 02), won(10_000)).unwrap().with_method(Method::Card)
}

fn json(body: &str) -> Result<WireResponse, TransportError> {
    Ok(WireResponse::new(200, body.as_bytes().to_vec()))
}

/// The standard gateway's answer with the request's own number; `data` with plain amounts.
fn echo(request: &WireRequest, stat: &str, code: &str, data: &str) -> Result<WireResponse, TransportError> {
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let tag = body.split(r#""mchtTrdNo":""#).nth(1).unwrap().split('"').next().unwrap();
    json(&format!(
        r#"{{"params":{{"mchtTrdNo":"{tag}","trdNo":"T2","outStatCd":"{stat}","outRsltCd":"{code}"}},"data":{data}}}"#
    ))
}

fn lost(_: &WireRequest) -> Result<WireResponse, TransportError> {
    Err(TransportError::new(Sent::Maybe, TransportErrorKind::Timeout))
}

#[tokio::test]
async fn one_cancel_is_one_request() {
    let (client, fake) =
        client(standard(), |r| echo(r, "0021", "0000", r#"{"cnclAmt":"3000","blcAmt":"7000"}"#));
    let request = CancelRequest::partial(&payment(), won(3000)).in_form(client.form()).unwrap();
    let cancelled = client.cancel(&request).await.unwrap();
    assert_eq!((cancelled.state(), cancelled.remaining()), (CancelState::Completed, Some(won(7000))));
    assert_eq!(payment().after(&cancelled).unwrap().next_sequence(), Ok(2));
    assert_eq!(fake.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_other_form_is_refused_before_sending() {
    let (client, fake) = client(flat(), lost);
    let request = CancelRequest::full(&payment()).standard().unwrap();
    let error = client.cancel(&request).await.unwrap_err();
    assert!(matches!(&error, CancelError::Invalid(invalid) if invalid.field() == "form"));
    let revoke = RevokeRequest::new(Method::VirtualAccount, "T1", "123").unwrap();
    assert_eq!(client.revoke_virtual_account(&revoke).await.unwrap_err().label(), "invalid");
    assert!(fake.seen.lock().unwrap().is_empty());
    assert!(!request.sends().may_have_been_sent());
}

#[tokio::test]
async fn a_refusal_of_a_repeat_proves_nothing() {
    for config in [standard(), flat()] {
        let form = config.form();
        let (client, fake) = client(config, lost);
        let request = CancelRequest::full(&payment()).in_form(form).unwrap();
        assert!(client.cancel(&request).await.unwrap_err().may_have_happened());
        let refuse = move |r: &WireRequest| match form {
            Form::Standard => echo(r, "0031", "ST57", "null"),
            Form::Flat => json(r#"{"resultCode":"1002"}"#),
        };
        let (again, fake_again) = super::tests::client(client.config().clone(), refuse);
        let Err(CancelError::Unknown(unknown)) = again.cancel(&request).await else {
            panic!("must be unknown")
        };
        assert_eq!(unknown.reason(), UnknownReason::RefusedOnRepeat);
        assert_eq!(*fake.seen.lock().unwrap(), *fake_again.seen.lock().unwrap(), "the same bytes");
        // a first sending is believed
        let fresh = CancelRequest::full(&payment()).in_form(form).unwrap();
        assert_eq!(again.cancel(&fresh).await.unwrap_err().label(), "rejected");
    }
}

#[tokio::test]
async fn not_sent_needs_the_transports_proof() {
    let (client, _) = client(standard(), |_| Err(TransportError::new(Sent::No, TransportErrorKind::Connect)));
    let request = CancelRequest::full(&payment()).standard().unwrap();
    let error = client.cancel(&request).await.unwrap_err();
    assert_eq!((error.label(), error.next_step()), ("not_sent", NextStep::SendTheSameAgain));
    assert!(!request.sends().may_have_been_sent());
}

#[tokio::test]
async fn money_that_is_missing_at_the_merchant_stays_unknown() {
    let (client, _) = client(standard(), |r| echo(r, "0031", "3007", "null"));
    let request = CancelRequest::full(&payment()).standard().unwrap();
    let error = client.cancel(&request).await.unwrap_err();
    assert_eq!((error.label(), error.next_step()), ("unknown", NextStep::FundTheMerchantAccount));
}

#[tokio::test]
async fn reconciling_is_by_balance() {
    for config in [standard(), flat()] {
        let form = config.form();
        let (client, fake) =
            client(config, |r| echo(r, "0021", "0001", r#"{"trdAmt":"10000","cnclAmt":"3000"}"#));
        let request = CancelRequest::partial(&payment(), won(3000)).in_form(form).unwrap();
        let verdict = client.reconcile(&request, LedgerKnowledge::default()).await.unwrap();
        assert_eq!(verdict, Verdict::Unclear(Doubt::SomebodyElsePossible));
        let alone = LedgerKnowledge { sole_actor: true, known_balance: None };
        assert!(matches!(client.reconcile(&request, alone).await.unwrap(), Verdict::Applied { .. }));
        let next = payment().with_cancels(&[won(3000)]).unwrap();
        let next = CancelRequest::partial(&next, won(1000)).in_form(form).unwrap();
        assert_eq!(client.reconcile(&next, alone).await.unwrap(), Verdict::NotYet);
        let stale = LedgerKnowledge { sole_actor: true, known_balance: Some(won(6000)) };
        assert_eq!(client.reconcile(&next, stale).await.unwrap(), Verdict::Unclear(Doubt::Stale));
        assert!(fake.seen.lock().unwrap().iter().all(|(path, _)| path == "/spay/APITrdcheck.do"));
    }
}

#[tokio::test]
async fn looking_up_fails_softly() {
    let (client, _) = client(standard(), lost);
    let error = client.look_up(&payment()).await.unwrap_err();
    assert_eq!(error.kind(), &LookUpErrorKind::Unavailable);
    let no_method = PaymentRecord::new("T1", "O1", date!(2026 - 01 - 02), won(1)).unwrap();
    let error = client.look_up(&no_method).await.unwrap_err();
    assert!(matches!(error.kind(), LookUpErrorKind::Invalid(invalid) if invalid.field() == "method"));
}

fn order(amount: i64, balance: i64, sequence: u16) -> CancelOrder {
    let payment = PaymentRef::new(Gateway::Settlebank, "T1", "O1", won(10_000))
        .with_method("CA")
        .with_paid_on(date!(2026 - 01 - 02));
    let tag: AttemptTag = "cTAG".parse().unwrap();
    let at = datetime!(2026-01-03 01:02:03 +9);
    CancelOrder::new(payment, won(amount), won(balance), tag, sequence, at).unwrap().with_reason("고객 변심")
}

#[tokio::test]
async fn the_same_order_makes_the_same_bytes() {
    for (config, part) in [(standard(), r#""cnclOrd":"002""#), (flat(), r#""canAmt":"3000""#)] {
        let (client, fake) = client(config, lost);
        let gateway: Box<dyn CancelGateway> = Box::new(client);
        let order = order(3000, 9000, 2);
        for _ in 0..2 {
            assert!(gateway.cancel(&order).await.unwrap_err().may_have_happened());
        }
        let seen = fake.seen.lock().unwrap();
        assert_eq!(seen[0], seen[1]);
        assert!(seen[0].1.contains(part), "{}", seen[0].1);
        assert!(order.sends().may_have_been_sent());
    }
}

#[tokio::test]
async fn an_order_that_lacks_something_names_it() {
    let (client, fake) = client(standard(), lost);
    let gateway: &dyn CancelGateway = &client;
    let tag: AttemptTag = "cTAG".parse().unwrap();
    let at = datetime!(2026-01-03 01:02:03 +9);
    let order = |payment: PaymentRef, sequence| {
        CancelOrder::new(payment, won(1), won(10), tag.clone(), sequence, at).unwrap()
    };
    let bare = PaymentRef::new(Gateway::Settlebank, "T1", "O1", won(10));
    let dated = bare.clone().with_paid_on(date!(2026 - 01 - 02));
    for (order, field) in [
        (order(bare.clone(), 1), "paid_on"),
        (order(dated.clone(), 1), "method"),
        (order(dated.clone().with_method("ZZ"), 1), "method"),
        (order(PaymentRef::new(Gateway::Eximbay, "T1", "O1", won(10)), 1), "gateway"),
        (self::order(1, 9000, 1), "sequence"),
    ] {
        match gateway.cancel(&order).await {
            Err(CancelError::Invalid(invalid)) => assert_eq!(invalid.field(), field),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert!(gateway.look_up(&dated).await.is_err());
    assert!(fake.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn flat_orders_of_an_equal_amount_are_refused_unless_allowed() {
    let (refusing, fake) = client(flat(), lost);
    // 1000 of 10000 is cancelled already, by one cancel
    let again = order(1000, 9000, 2);
    assert_eq!(CancelGateway::cancel(&refusing, &again).await.unwrap_err().label(), "invalid");
    assert_eq!(fake.seen.lock().unwrap().len(), 0);
    let config = Config::flat("m", SANDBOX_LICENCE_KEY)
        .endpoint(Endpoint::Sandbox)
        .equal_amounts(EqualAmounts::Send)
        .build()
        .unwrap();
    let (allowing, fake) = client(config, lost);
    assert_eq!(CancelGateway::cancel(&allowing, &again).await.unwrap_err().label(), "unknown");
    assert_eq!(fake.seen.lock().unwrap().len(), 1);
}

#[test]
fn flat_orders_are_judged_by_their_earlier_cancels() {
    let config = flat();
    let request = |order: &CancelOrder| crate::gateway::request_for(order, &config);
    let refused = |order: &CancelOrder| request(order).unwrap_err().field();
    // 3000 is cancelled already: by one of ours of 1000, and by 2000 at the admin site
    let uncounted = |amount| order(amount, 7000, 2);
    for amount in [1000, 1500, 2000, 3000] {
        assert_eq!(refused(&uncounted(amount)), "amount", "{amount}");
    }
    let counted = |amount| order(amount, 7000, 3).with_earlier_cancels(vec![won(1000), won(2000)]).unwrap();
    for (amount, made) in [(1000, false), (1500, true), (2000, false), (3000, true)] {
        let built = request(&counted(amount));
        assert_eq!(built.is_ok(), made, "{amount}");
        if let Ok(built) = built {
            assert_eq!((built.balance_before(), built.amount()), (won(7000), won(amount)));
        }
    }
    // the standard form takes the number from the order, not from the list
    let order = order(1500, 7000, 7).with_earlier_cancels(vec![won(3000)]).unwrap();
    let CancelRequest::Standard(built) = crate::gateway::request_for(&order, &standard()).unwrap() else {
        panic!("must be standard")
    };
    assert_eq!(built.sequence(), 7);
    let no_method =
        PaymentRef::new(Gateway::Settlebank, "T1", "O1", won(10_000)).with_paid_on(date!(2026 - 01 - 02));
    let order =
        CancelOrder::new(no_method, won(1), won(10_000), "cTAG".parse().unwrap(), 1, order.at()).unwrap();
    assert_eq!(refused(&order), "method");
}

#[test]
fn capabilities_are_inferred() {
    let of = |config| client(config, lost).0.capabilities();
    assert_eq!((of(standard()).guard, of(flat()).guard), (Guard::Sequence, Guard::IdenticalRequest));
    assert_eq!(of(standard()).evidence, Evidence::Inferred);
    assert!(!of(standard()).history);
}

#[test]
fn debug_shows_no_key() {
    let (client, _) = client(standard(), lost);
    let shown = format!("{client:?}");
    assert!(!shown.contains(SANDBOX_LICENCE_KEY) && !shown.contains(SANDBOX_AES_KEY), "{shown}");
}

#[tokio::test]
async fn a_key_echoed_as_an_escape_comes_out_nowhere() {
    // the flat form has no aes key
    let escaped = SANDBOX_LICENCE_KEY.replacen("ST", r"\u0053T", 1);
    for (told, flat_told) in [
        (escaped.clone(), SANDBOX_LICENCE_KEY.to_ascii_lowercase()),
        (SANDBOX_AES_KEY.to_ascii_uppercase(), escaped),
    ] {
        let says = {
            let told = told.clone();
            move |r: &WireRequest, stat: &str, code: &str| {
                let data = format!(r#"{{"cnclAmt":"3000","blcAmt":"7000","rfdPsblCd":"{told}"}}"#);
                let body = echo(r, stat, code, &data).unwrap().body().to_vec();
                let number = format!(r#""{told}","outRsltMsg":"{told}""#);
                json(&String::from_utf8(body).unwrap().replace(r#""T2""#, &number))
            }
        };
        let (refused_as, taken_as) = (told.clone(), says.clone());
        let (taking, _) = client(standard(), move |r| taken_as(r, "0021", "0000"));
        let (refusing, _) = client(standard(), move |r| says(r, "0031", &refused_as));
        let partial = || CancelRequest::partial(&payment(), won(3000)).standard().unwrap();
        let taken = taking.cancel(&partial()).await.unwrap();
        let refused = refusing.cancel(&partial()).await.unwrap_err();
        let Answer::Standard(answer) = taken.answer() else { panic!("the standard form") };
        let later = format!("{:?} {:?}", answer.later_refund, answer.message.as_str());
        let body = format!(r#"{{"resultCode":"0000","resultMsg":"{flat_told}","canTrdNo":"{flat_told}"}}"#);
        let (flat, _) = client(flat(), move |_| json(&body));
        let flat = flat.cancel(&CancelRequest::full(&payment()).in_form(Form::Flat).unwrap()).await.unwrap();
        let shown = format!(
            "{taken:?} {:?} {later} {refused:?} {:?} {:?} {flat:?} {:?}",
            taken.cancel_id(),
            refused.code(),
            refused.message().map(|message| message.as_str().to_owned()),
            flat.cancel_id(),
        );
        for key in [SANDBOX_LICENCE_KEY, SANDBOX_AES_KEY] {
            let (_, rest) = key.split_at(2);
            let echoed = shown.to_ascii_lowercase().contains(&rest.to_ascii_lowercase());
            assert!(!echoed, "{shown}");
        }
        assert!(shown.contains("***"), "{shown}");
    }
}
