use pg_core::{Attribution, Money};
use proptest::prelude::*;

use super::*;
use crate::ids::PaymentIds;
use crate::record::PaymentRecord;

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn imp(text: &str) -> ImpUid {
    text.parse().unwrap()
}

fn order(text: &str) -> MerchantUid {
    text.parse().unwrap()
}

fn respond(status: u16, body: impl Into<Vec<u8>>) -> WireResponse {
    WireResponse::new(status, body.into())
}

/// A payment of 10000 as JSON, its history as (amount, reason, second).
fn payment_json(imp_uid: &str, merchant_uid: &str, history: &[(i64, &str, i64)]) -> String {
    let cancelled: i64 = history.iter().map(|(amount, _, _)| amount).sum();
    let entries: Vec<_> = history
        .iter()
        .map(|(amount, reason, at)| {
            format!(r#"{{"amount":{amount},"reason":"{reason}","cancelled_at":{at}}}"#)
        })
        .collect();
    format!(
        r#"{{"imp_uid":"{imp_uid}","merchant_uid":"{merchant_uid}","amount":10000,"cancel_amount":{cancelled},
        "currency":"KRW","status":"paid","buyer_name":"CANARY","cancel_history":[{}]}}"#,
        entries.join(",")
    )
}

fn ok(response: &str) -> String {
    format!(r#"{{"code":0,"message":null,"response":{response}}}"#)
}

fn found(history: &[(i64, &str, i64)]) -> Payment {
    parse_look_up(&imp("imp_1"), &respond(200, ok(&payment_json("imp_1", "ORD-1", history)))).unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T, LookUpError>) -> LookUpErrorKind {
    result.unwrap_err().kind().clone()
}

#[test]
fn an_answer_about_another_payment_is_of_no_use() {
    let body = ok(&payment_json("imp_1", "ORD-1", &[]));
    assert!(parse_look_up(&imp("imp_1"), &respond(200, body.clone())).is_ok());
    assert!(parse_find(&order("ORD-1"), &respond(200, body.clone())).is_ok());
    assert_eq!(kind(parse_look_up(&imp("imp_2"), &respond(200, body.clone()))), LookUpErrorKind::Malformed);
    assert_eq!(kind(parse_find(&order("ORD-2"), &respond(200, body))), LookUpErrorKind::Malformed);
}

#[test]
fn what_kept_a_look_up_from_an_answer() {
    let refused = r#"{"code":-1,"message":"존재하지 않는 결제정보입니다.","response":null}"#;
    for (status, body, expected) in [
        (404, refused, LookUpErrorKind::NotFound),
        (404, "<html>", LookUpErrorKind::Malformed),
        (401, refused, LookUpErrorKind::Credentials),
        (401, "<html>", LookUpErrorKind::Malformed),
        (403, refused, LookUpErrorKind::Credentials),
        (400, refused, LookUpErrorKind::Refused),
        (200, refused, LookUpErrorKind::Refused),
        (200, "", LookUpErrorKind::Malformed),
        (200, r#"{"code":0,"message":null,"response":null}"#, LookUpErrorKind::Malformed),
        (200, r#"{"code":0,"message":null,"response":{"imp_uid":"imp_1"}}"#, LookUpErrorKind::Malformed),
        (302, "", LookUpErrorKind::Malformed),
        (429, refused, LookUpErrorKind::Unavailable),
        (503, refused, LookUpErrorKind::Unavailable),
    ] {
        let error = parse_look_up(&imp("imp_1"), &respond(status, body)).unwrap_err();
        assert_eq!(error.kind(), &expected, "{status} {body}");
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(error.code().is_some(), body == refused);
    }
}

#[test]
fn pages_say_what_comes_before_and_after() {
    let list = format!("[{},{}]", payment_json("imp_1", "O", &[]), payment_json("imp_2", "O", &[]));
    let body = ok(&format!(r#"{{"total":3,"previous":0,"next":2,"list":{list}}}"#));
    let page = parse_find_all(&order("O"), &respond(200, body.clone())).unwrap();
    assert_eq!((page.total, page.previous, page.next, page.list.len()), (3, None, Some(2), 2));
    assert_eq!(page.list[1].details().unwrap().buyer_name.as_deref(), Some("CANARY"));
    assert!(!format!("{page:?}").contains("CANARY"));
    assert_eq!(kind(parse_find_all(&order("X"), &respond(200, body))), LookUpErrorKind::Malformed);
    let refused = r#"{"code":-1,"message":"지원되지 않는 상태값입니다.","response":null}"#;
    assert_eq!(kind(parse_find_all(&order("O"), &respond(400, refused))), LookUpErrorKind::Refused);
}

#[test]
fn the_longest_page_is_the_first_with_a_thousand() {
    let (longest, usual) = (Page::longest(), Page::default());
    assert_eq!((longest.number(), longest.limit(), usual.number(), usual.limit()), (1, 1000, 1, 20));
}

#[test]
fn of_many_the_missing_are_named() {
    let list = format!("[{},null]", payment_json("imp_1", "ORD-1", &[]));
    let ids = [imp("imp_1"), imp("imp_2")];
    let orders = [order("ORD-1"), order("ORD-9")];
    for (status, code) in [(207, 0), (207, 1), (200, 0)] {
        let body = format!(r#"{{"code":{code},"message":null,"response":{list}}}"#);
        let found = parse_look_up_many(&ids, &orders, &respond(status, body)).unwrap();
        assert_eq!(found.payments.len(), 1);
        assert_eq!(found.missing_imp_uids, [imp("imp_2")]);
        assert_eq!(found.missing_merchant_uids, [order("ORD-9")]);
    }
    // asked for by one of its numbers is asked for
    for (imp_uid, merchant_uid) in [("imp_2", "ORD-7"), ("imp_7", "ORD-1")] {
        let one = ok(&format!("[{}]", payment_json(imp_uid, merchant_uid, &[])));
        let found = parse_look_up_many(&ids, &orders, &respond(200, one)).unwrap();
        assert_eq!(found.payments.len(), 1, "{imp_uid} {merchant_uid}");
    }
    let stranger = ok(&format!("[{}]", payment_json("imp_7", "ORD-7", &[])));
    assert_eq!(kind(parse_look_up_many(&ids, &orders, &respond(200, stranger))), LookUpErrorKind::Malformed);
    let refused = r#"{"code":-1,"message":"x","response":null}"#;
    assert_eq!(kind(parse_look_up_many(&ids, &orders, &respond(404, refused))), LookUpErrorKind::NotFound);
}

fn attempt() -> CancelRequest {
    let record = PaymentRecord::new(PaymentIds::both(imp("imp_1"), order("ORD-1")), won(10_000));
    CancelRequest::partial(record, won(2000)).unwrap().with_tag("t1".parse().unwrap())
}

fn verdict(history: &[(i64, &str, i64)]) -> Verdict {
    reconcile(&attempt(), &found(history), LedgerKnowledge::default())
}

#[test]
fn the_ledger_decides() {
    assert_eq!(verdict(&[]), Verdict::NotYet);
    assert!(matches!(
        verdict(&[(2000, "[c:t1] x", 10), (100, "y", 20)]),
        Verdict::Applied { by: Attribution::Tag, entry: Some(_) }
    ));
    assert_eq!(verdict(&[(3000, "console", 10)]), Verdict::Superseded);
    assert_eq!(verdict(&[(2000, "console", 10)]), Verdict::Unclear(Doubt::SameAmountWithoutTag));
    assert_eq!(
        verdict(&[(2000, "[c:t1] x", 10), (2000, "[c:t1] x", 20)]),
        Verdict::Unclear(Doubt::Incoherent)
    );
}

#[test]
fn an_unclear_order_closes_no_attempt_that_may_have_happened() {
    // both in one second: which one came first is not known, and the second may be ours
    let tied = [(3000, "console", 10), (2000, "cut off", 10)];
    assert_eq!(verdict(&tied), Verdict::Unclear(Doubt::SameAmountWithoutTag));
    let three = [(3000, "console", 10), (100, "y", 20), (2000, "cut off", 20)];
    assert_eq!(verdict(&three), Verdict::Unclear(Doubt::SameAmountWithoutTag));
    assert_eq!(verdict(&[(3000, "console", 10), (2000, "[c:t2] x", 10)]), Verdict::Superseded);
    assert_eq!(verdict(&[(3000, "console", 10), (2000, "cut off", 11)]), Verdict::Superseded);
    assert_eq!(verdict(&[(3000, "console", 10), (100, "x", 10)]), Verdict::Superseded);
}

#[test]
fn another_payment_proves_nothing() {
    let stranger = ok(&payment_json("imp_2", "ORD-1", &[(3000, "x", 10)]));
    let stranger = parse_look_up(&imp("imp_2"), &respond(200, stranger)).unwrap();
    let verdict = reconcile(&attempt(), &stranger, LedgerKnowledge::default());
    assert_eq!(verdict, Verdict::Unclear(Doubt::Incoherent));
}

#[test]
fn of_several_payments_only_the_tag_is_proof() {
    let record = PaymentRecord::new(order("ORD-1"), won(10_000));
    let attempt = CancelRequest::partial(record, won(2000)).unwrap().with_tag("t1".parse().unwrap());
    let page = |payments: &[String], next, total| {
        let body =
            ok(&format!(r#"{{"total":{total},"previous":0,"next":{next},"list":[{}]}}"#, payments.join(",")));
        parse_find_all(&order("ORD-1"), &respond(200, body)).unwrap()
    };
    let judge = |page: &PaymentPage| reconcile_among(&attempt, page, LedgerKnowledge::default());
    let other = payment_json("imp_1", "ORD-1", &[(3000, "console", 10)]);
    let ours = payment_json("imp_2", "ORD-1", &[(2000, "[c:t1]", 10)]);
    let unclear = Verdict::Unclear(Doubt::Incoherent);
    assert_eq!(judge(&page(std::slice::from_ref(&other), 0, 1)), Verdict::Superseded);
    assert_eq!(judge(&page(std::slice::from_ref(&other), 2, 2)), unclear);
    // there is another one, whatever the page says of what comes next
    assert_eq!(judge(&page(std::slice::from_ref(&other), 0, 2)), unclear);
    assert_eq!(judge(&page(&[], 0, 0)), unclear);
    assert!(matches!(judge(&page(&[other.clone(), ours], 0, 2)), Verdict::Applied { .. }));
    assert_eq!(judge(&page(&[other.clone(), other], 0, 2)), unclear);
}

/// A payment of 10000 at a PG, by a method, in a status.
fn at(pg: &str, method: &str, status: &str, history: &[(i64, &str, i64)]) -> Payment {
    let fields = format!(r#""pg_provider":"{pg}","pay_method":"{method}","status":"{status}""#);
    let body = ok(&payment_json("imp_1", "ORD-1", history)).replace(r#""status":"paid""#, &fields);
    parse_look_up(&imp("imp_1"), &respond(200, body)).unwrap()
}

#[test]
fn where_the_pg_decides_later_nothing_in_the_ledger_is_pending() {
    let pending = Verdict::Unclear(Doubt::Pending);
    for (pg, method) in [
        ("paypal_v2", "paypal"),
        ("paymentwall", "card"),
        ("smartro_v2", "vbank"),
        ("kicc", "wechat"),
        // the answer's null leaves the method to the record, which has none
        ("smartro_v2", ""),
    ] {
        let judge = |history| {
            let payment = at(pg, method, "paid", history);
            reconcile(&attempt(), &payment, LedgerKnowledge::default())
        };
        if method.is_empty() {
            let body = ok(&payment_json("imp_1", "ORD-1", &[]))
                .replace(r#""status":"paid""#, r#""status":"paid","pg_provider":"smartro_v2""#);
            let payment = parse_look_up(&imp("imp_1"), &respond(200, body)).unwrap();
            assert_eq!(reconcile(&attempt(), &payment, LedgerKnowledge::default()), pending);
            continue;
        }
        assert_eq!(judge(&[]), pending, "{pg}");
        assert_eq!(judge(&[(3000, "console", 10)]), pending, "{pg}");
        // not even a person can say before the PG has
        assert_eq!(judge(&[(2000, "console", 10)]), pending, "{pg}");
    }
    let settled = at("smartro_v2", "vbank", "paid", &[(2000, "[c:t1]", 10)]);
    assert!(matches!(
        reconcile(&attempt(), &settled, LedgerKnowledge::default()),
        Verdict::Applied { by: Attribution::Tag, .. }
    ));
    let card = at("smartro_v2", "card", "paid", &[]);
    assert_eq!(reconcile(&attempt(), &card, LedgerKnowledge::default()), Verdict::NotYet);
}

#[test]
fn the_records_pg_counts_where_the_payment_tells_none() {
    let record = PaymentRecord::new(imp("imp_1"), won(10_000)).with_pg_provider("paypal_v2");
    let attempt = CancelRequest::partial(record, won(2000)).unwrap().with_tag("t1".parse().unwrap());
    let judge = |history| reconcile(&attempt, &found(history), LedgerKnowledge::default());
    assert_eq!(judge(&[]), Verdict::Unclear(Doubt::Pending));
    // and so does its rule of approval
    assert_eq!(judge(&[(2000, "[c:t1]", 10)]), Verdict::Unclear(Doubt::Pending));
}

#[test]
fn paypal_has_approved_only_when_the_status_says_so_too() {
    let ours = [(2000, "[c:t1]", 10)];
    let judge = |status| {
        let payment = at("paypal_v2", "paypal", status, &ours);
        reconcile(&attempt(), &payment, LedgerKnowledge::default())
    };
    assert_eq!(judge("paid"), Verdict::Unclear(Doubt::Pending));
    assert!(matches!(judge("cancelled"), Verdict::Applied { by: Attribution::Tag, .. }));
}

#[cfg(feature = "client")]
#[test]
fn what_is_gone_at_paypal_is_not_decided_before_the_status_says_so() {
    let record = PaymentRecord::new(imp("imp_1"), won(10_000));
    let one: &[_] = &[(3000, "console", 10)];
    let two: &[_] = &[(3000, "console", 10), (2000, "console", 20)];
    for (pg, status, history, undecided) in [
        ("paypal_v2", "paid", &[][..], false),
        ("paypal_v2", "paid", one, true),
        ("paypal_v2", "cancelled", one, false),
        ("paypal_v2", "cancelled", two, false),
        ("html5_inicis", "paid", one, false),
        ("html5_inicis", "cancelled", two, false),
    ] {
        let payment = at(pg, "paypal", status, history);
        let found = crate::later::Route::of_payment(&payment, &record).is_undecided(&payment);
        assert_eq!(found, undecided, "{pg} {status} {history:?}");
    }
}

#[test]
fn paypals_status_proves_nothing_beside_another_cancel() {
    let pending = Verdict::Unclear(Doubt::Pending);
    let judge = |request: &CancelRequest, pg, history: &[_]| {
        reconcile(request, &at(pg, "paypal", "cancelled", history), LedgerKnowledge::default())
    };
    let both = [(3000, "[c:t0]", 5), (2000, "[c:t1]", 10)];
    let record = PaymentRecord::new(imp("imp_1"), won(10_000)).with_cancelled(won(3000)).unwrap();
    let second = CancelRequest::partial(record, won(2000)).unwrap().with_tag("t1".parse().unwrap());
    assert_eq!(judge(&second, "paypal_v2", &both), pending);
    assert!(matches!(judge(&second, "kcp", &both), Verdict::Applied { by: Attribution::Tag, .. }));
    // the other one may be the one that was approved, whichever came first
    assert_eq!(judge(&attempt(), "paypal_v2", &[(2000, "[c:t1]", 5), (3000, "console", 10)]), pending);
    // the earlier one is not listed any more
    assert_eq!(judge(&second, "paypal_v2", &both[1..]), pending);
    // declined: it left the ledger, and is not to be sent again
    assert_eq!(judge(&second, "paypal_v2", &both[..1]), pending);
}

#[test]
fn an_account_echoed_as_a_number_does_not_come_out() {
    let account = pg_core::RefundAccount::new(pg_core::Bank::Shinhan, "90817263540022", "홍길동").unwrap();
    let record = PaymentRecord::new(imp("imp_1"), won(10_000)).with_pg_provider("kcp");
    let request = CancelRequest::partial(record, won(2000))
        .and_then(|request| request.with_tag("t1".parse().unwrap()).with_refund_account(account))
        .unwrap();
    let body = ok(&payment_json("imp_1", "ORD-1", &[(2000, "[c:t1]", 10)]))
        .replace(r#""cancelled_at":10"#, r#""cancelled_at":10,"cancellation_id":"C-90817263540022""#);
    let payment = parse_look_up(&imp("imp_1"), &respond(200, body)).unwrap();
    let verdict = reconcile(&request, &payment, LedgerKnowledge::default());
    let Verdict::Applied { entry: Some(entry), .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(entry.cancel_id.as_deref(), Some("C-***"));
}

#[test]
fn what_chaiport_took_is_pending_until_it_shows() {
    let attempt = attempt();
    attempt.clone().sends().mark_taken();
    let judge = |history| reconcile(&attempt, &found(history), LedgerKnowledge::default());
    assert_eq!(judge(&[]), Verdict::Unclear(Doubt::Pending));
    assert_eq!(judge(&[(3000, "console", 10)]), Verdict::Unclear(Doubt::Pending));
    assert!(matches!(judge(&[(2000, "[c:t1]", 10)]), Verdict::Applied { .. }));
}

#[test]
fn a_tag_that_was_cut_short_may_be_ours() {
    let long = attempt().with_tag("cabcdefghijklmnopqrstuvwxyz".parse().unwrap());
    let cut = [(3000, "console", 10), (2000, "[c:cabcdefghij", 10)];
    let same = Verdict::Unclear(Doubt::SameAmountWithoutTag);
    let judge = |request: &CancelRequest, history: &[_]| {
        reconcile(request, &found(history), LedgerKnowledge::default())
    };
    assert_eq!(judge(&long, &cut), same);
    // the same without any moments
    assert_eq!(judge(&long, &cut.map(|(amount, reason, _)| (amount, reason, 0))), same);
    // an attempt that went out without a tag is not told from a tagged one either
    let tagged = [(3000, "console", 10), (2000, "[c:t2] x", 10)];
    assert_eq!(judge(&attempt().with_untagged_reason(), &tagged), same);
}

#[test]
fn a_status_is_the_same_word_in_both_directions() {
    for status in [FindStatus::Ready, FindStatus::Paid, FindStatus::Cancelled, FindStatus::Failed] {
        assert!(!matches!(PaymentStatus::from(status), PaymentStatus::Other(_)));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(status in 100_u16..600, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let response = WireResponse::new(status, bytes);
        prop_assert!(parse_look_up(&imp("imp_1"), &response).is_err());
        prop_assert!(parse_find_all(&order("O"), &response).is_err());
        prop_assert!(parse_look_up_many(&[imp("imp_1")], &[], &response).is_err());
    }
}
