use pg_core::{Bank, Money, RefundAccount};
use proptest::prelude::*;

use super::*;
use crate::ids::{ImpUid, MerchantUid, PaymentIds};
use crate::record::PaymentRecord;

fn won(amount: i64) -> Money {
    Money::krw(amount).unwrap()
}

fn record() -> PaymentRecord {
    let ids = PaymentIds::both("imp_1".parse::<ImpUid>().unwrap(), "ORD-1".parse::<MerchantUid>().unwrap());
    PaymentRecord::new(ids, won(10_000)).with_cancelled(won(2500)).unwrap()
}

/// 2000 of the 7500 that are left of 10000.
fn request() -> CancelRequest {
    CancelRequest::partial(record(), won(2000)).unwrap().with_tag("t1".parse().unwrap())
}

fn respond(status: u16, body: &str) -> WireResponse {
    WireResponse::new(status, body.as_bytes().to_vec())
}

/// Code 0 with a payment: `cancelled` in sum, `history` as JSON elements, further fields.
fn paid_back(cancelled: i64, history: &str, more: &str) -> String {
    format!(
        r#"{{"code":0,"message":null,"response":{{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,
        "cancel_amount":{cancelled},"currency":"KRW","status":"cancelled","cancel_history":[{history}]{more}}}}}"#
    )
}

const BEFORE: &str = r#"{"amount":2500,"reason":"console","cancelled_at":10}"#;
const OURS: &str = r#"{"amount":2000,"reason":"[c:t1] x","cancelled_at":20,"cancellation_id":"C-2"}"#;

fn outcome(request: &CancelRequest, body: &str) -> String {
    told(&classify(request, &respond(200, body)))
}

/// The outcome in two words.
fn told(outcome: &Result<Cancelled, CancelError>) -> String {
    match outcome {
        Ok(cancelled) => cancelled.state().label().to_owned(),
        Err(CancelError::Rejected(rejected)) => format!("rejected {:?}", rejected.kind()),
        Err(CancelError::Unknown(unknown)) => format!("unknown {:?}", unknown.reason()),
        Err(other) => other.label().to_owned(),
    }
}

#[test]
fn nothing_shown_repeats_the_account() {
    let account = RefundAccount::new(Bank::Shinhan, "90817263540022", "홍길동").unwrap();
    let request = CancelRequest::partial(record().with_pg_provider("kcp"), won(2000))
        .and_then(|request| request.with_tag("t1".parse().unwrap()).with_refund_account(account))
        .unwrap();
    let ours = OURS.replace("C-2", "90817263540022");
    let body = paid_back(4500, &format!("{BEFORE},{ours}"), r#","pay_method":"90817263540022""#);
    let cancelled = classify(&request, &respond(200, &body)).unwrap();
    let record = PaymentRecord::from(cancelled.answer());
    let refused = r#"{"code":90817263540022,"message":"x","response":null}"#;
    let refused = classify(&request, &respond(400, refused)).unwrap_err();
    let shown = format!("{cancelled:?} {record:?} {refused} {refused:?} {:?}", refused.code());
    assert!(!shown.contains("90817263540022"), "{shown}");
}

#[test]
fn completed_needs_code_sum_and_our_entry() {
    let body = paid_back(4500, &format!("{BEFORE},{OURS}"), "");
    let cancelled = classify(&request(), &respond(200, &body)).unwrap();
    assert_eq!(cancelled.state(), CancelState::Completed);
    assert_eq!((cancelled.amount(), cancelled.remaining()), (won(2000), Some(won(5500))));
    assert_eq!(cancelled.cancel_id(), Some("C-2"));
    assert!(!cancelled.answer().is_fully_cancelled());
}

#[test]
fn a_success_that_does_not_fit_is_unknown() {
    let integrity = "unknown Integrity";
    let good = paid_back(4500, &format!("{BEFORE},{OURS}"), "");
    for (from, to) in [
        (r#""imp_uid":"imp_1""#, r#""imp_uid":"imp_2""#),
        (r#""merchant_uid":"ORD-1""#, r#""merchant_uid":"ORD-2""#),
        (r#""amount":10000"#, r#""amount":10001"#),
        (r#""currency":"KRW""#, r#""currency":"JPY""#),
        (r#""cancel_amount":4500"#, r#""cancel_amount":6500"#),
        (r#""cancel_amount":4500"#, r#""cancel_amount":2000"#),
        (r#""cancel_amount":4500"#, r#""cancel_amount":2500"#),
        ("[c:t1]", "[c:t2]"),
        (r#""reason":"[c:t1] x""#, r#""reason":null"#),
        (r#""reason":"console""#, r#""reason":"[c:t1]""#),
        (r#"{"amount":2000"#, r#"{"amount":2001"#),
    ] {
        let body = good.replace(from, to);
        assert_ne!(body, good);
        assert_eq!(outcome(&request(), &body), integrity, "{to}");
    }
    // no history, nothing changed, and the pg is not one that decides later
    assert_eq!(outcome(&request(), &paid_back(2500, BEFORE, "")), integrity);
    assert_eq!(outcome(&request(), &paid_back(4500, "", "")), integrity);
    let malformed = "unknown Malformed";
    for body in [
        r#"{"code":0,"message":null,"response":null}"#.to_owned(),
        r#"{"code":0,"message":null}"#.to_owned(),
        r#"{"code":"0","message":null,"response":{}}"#.to_owned(),
        good.replace(r#""cancel_amount":4500"#, r#""cancel_amount":10001"#),
        good.replace(r#""status":"cancelled","#, ""),
        good.replace("}}", "}"),
        format!("{good} x"),
        String::new(),
        "<html>".to_owned(),
    ] {
        assert_eq!(outcome(&request(), &body), malformed, "{body}");
    }
}

#[test]
fn untagged_the_place_and_the_amount_must_fit() {
    let untagged = request().with_untagged_reason();
    let other = OURS.replace("[c:t1] x", "x");
    assert_eq!(outcome(&untagged, &paid_back(4500, &format!("{BEFORE},{other}"), "")), "completed");
    for history in [format!("{other},{BEFORE}").replace("20", "5"), other.clone(), BEFORE.to_owned()] {
        assert_eq!(outcome(&untagged, &paid_back(4500, &history, "")), "unknown Integrity", "{history}");
    }
}

#[test]
fn unguarded_the_tag_tells_although_the_balance_was_old() {
    let unguarded = CancelRequest::unguarded(record(), won(2000)).unwrap().with_tag("t1".parse().unwrap());
    let earlier = r#"{"amount":3000,"reason":"somebody","cancelled_at":15}"#;
    let body = paid_back(7500, &format!("{BEFORE},{earlier},{OURS}"), "");
    assert_eq!(outcome(&unguarded, &body), "completed");
    assert_eq!(outcome(&unguarded.with_untagged_reason(), &body), "unknown Integrity");
    assert_eq!(outcome(&request(), &body), "unknown Integrity");
}

#[test]
fn what_is_paid_out_later_is_accepted() {
    let done = |more: &str| paid_back(4500, &format!("{BEFORE},{OURS}"), more);
    assert_eq!(outcome(&request(), &done(r#","pay_method":"vbank""#)), "accepted");
    assert_eq!(outcome(&request(), &done(r#","pay_method":"card""#)), "completed");
    let kcp = r#","pg_provider":"kcp","pay_method":"phone""#;
    assert_eq!(outcome(&request(), &done(kcp)), "completed");
    let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
    let record = record().with_pg_provider("kcp").with_pay_method("phone");
    let next_month = CancelRequest::partial(record, won(2000))
        .and_then(|request| request.with_refund_account(account))
        .unwrap()
        .with_tag("t1".parse().unwrap());
    assert_eq!(outcome(&next_month, &done(kcp)), "accepted");
    // into an account, by a method that nobody tells
    assert_eq!(outcome(&next_month, &done(r#","pg_provider":"kcp","pay_method":null"#)), "accepted");
    let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
    let record = self::record().with_pg_provider("kcp");
    let no_method = CancelRequest::partial(record, won(2000))
        .and_then(|request| request.with_refund_account(account))
        .unwrap()
        .with_tag("t1".parse().unwrap());
    assert_eq!(outcome(&no_method, &done(r#","pay_method":null"#)), "accepted");
}

#[test]
fn asynchronous_pgs_may_leave_everything_unchanged() {
    for (more, expected) in [
        (r#","pg_provider":"smartro_v2","pay_method":"vbank""#, "accepted"),
        (r#","pg_provider":"smartro_v2","pay_method":"card""#, "unknown Integrity"),
        (r#","pg_provider":"paypal_v2""#, "accepted"),
        (r#","pg_provider":"paymentwall","pay_method":"card""#, "accepted"),
        (r#","pg_provider":"kicc_v2","pay_method":"wechat""#, "accepted"),
        (r#","pg_provider":"kicc","pay_method":"card","emb_pg_provider":"wechatpay""#, "accepted"),
        (r#","pg_provider":"kicc","pay_method":"card""#, "unknown Integrity"),
        (r#","pg_provider":"html5_inicis","pay_method":"vbank""#, "unknown Integrity"),
    ] {
        let body = paid_back(2500, BEFORE, more);
        let result = classify(&request(), &respond(200, &body));
        assert_eq!(told(&result), expected, "{more}");
        assert!(result.map_or(true, |cancelled| cancelled.remaining().is_none()));
    }
    // our entry in the history, and the sum as it was before: what contradicts itself is not accepted
    let listed = paid_back(2500, &format!("{BEFORE},{OURS}"), r#","pg_provider":"paypal_v2""#);
    assert_eq!(outcome(&request(), &listed), "unknown Integrity");
    // an asynchronous pg is no excuse for another sum
    assert_eq!(
        outcome(&request(), &paid_back(3000, BEFORE, r#","pg_provider":"paypal_v2""#)),
        "unknown Integrity"
    );
}

#[test]
fn paypals_status_approves_one_cancel_alone() {
    let paypal = r#","pg_provider":"paypal_v2""#;
    let unapproved = |body: &str| body.replace(r#""status":"cancelled""#, r#""status":"paid""#);
    let record = PaymentRecord::new("imp_1".parse::<ImpUid>().unwrap(), won(10_000));
    let first = CancelRequest::partial(record, won(2000)).unwrap().with_tag("t1".parse().unwrap());
    let alone = paid_back(2000, OURS, paypal);
    assert_eq!(outcome(&first, &alone), "completed");
    assert_eq!(outcome(&first, &unapproved(&alone)), "accepted");
    // the status may be the earlier cancel's, which was approved: of ours it says nothing
    let second = paid_back(4500, &format!("{BEFORE},{OURS}"), paypal);
    assert_eq!(outcome(&request(), &second), "accepted");
    assert_eq!(outcome(&request(), &unapproved(&second)), "accepted");
    // an earlier cancel that the history leaves out
    assert_eq!(outcome(&request(), &paid_back(4500, OURS, paypal)), "accepted");
    assert_eq!(outcome(&request(), &paid_back(4500, &format!("{BEFORE},{OURS}"), "")), "completed");
}

fn refused(code: i64, message: &str) -> String {
    format!(r#"{{"code":{code},"message":"{message}","response":null}}"#)
}

#[test]
fn only_listed_refusals_are_rejections() {
    let kcp = |method: &str| {
        let record = record().with_pg_provider("kcp").with_pay_method(method);
        CancelRequest::partial(record, won(2000)).unwrap()
    };
    let card = kcp("card");
    for (code, message, plain, at_kcp) in [
        (1, "취소할 결제건이 존재하지 않습니다.", "rejected NotFound", "rejected NotFound"),
        (1, "imp_uid를 지정해주셔야합니다.", "rejected Request", "rejected Request"),
        (1, "이미 전액취소된 주문입니다.", "unknown AlreadySeen", "unknown AlreadySeen"),
        (1, "취소 가능 금액을 초과", "unknown UnlistedCode", "unknown UnlistedCode"),
        (-1, "결제취소에 실패하였습니다. [8178] 부족", "unknown UnlistedCode", "rejected MerchantFunds"),
        (-1, "결제취소에 실패하였습니다. [8550|초과]", "unknown UnlistedCode", "rejected Amount"),
        (-1, "결제취소에 실패하였습니다. [8133|기취소]", "unknown UnlistedCode", "unknown AlreadySeen"),
        (-1, "결제취소에 실패하였습니다. [8723|시간초과]", "unknown UnlistedCode", "unknown Upstream"),
        (-1, "결제취소에 실패하였습니다. [9999|?]", "unknown UnlistedCode", "unknown UnlistedCode"),
        (
            -1,
            "결제취소에 실패하였습니다. 취소금액이 미정산 금액보다 큽니다.",
            "unknown UnlistedCode",
            "unknown UnlistedCode",
        ),
        (-1, "Unauthorized", "unknown UnlistedCode", "unknown UnlistedCode"),
    ] {
        let body = refused(code, message);
        assert_eq!(outcome(&request(), &body), plain, "{message}");
        assert_eq!(outcome(&card, &body), at_kcp, "{message}");
    }
    // the same refusals with a payment beside them, or without the key for it, are no complete envelope
    for response in [r#","response":{"imp_uid":"imp_1"}"#, ""] {
        let body = refused(1, "취소할 결제건이 존재하지 않습니다.").replace(r#","response":null"#, response);
        assert_eq!(outcome(&request(), &body), "unknown Malformed", "{body}");
    }
}

#[test]
fn the_status_stands_above_the_body() {
    let completed = paid_back(4500, &format!("{BEFORE},{OURS}"), "");
    let own = refused(1, "?");
    let pg = refused(-1, "결제취소에 실패하였습니다. [9999|?]");
    let not_found = refused(1, "취소할 결제건이 존재하지 않습니다.");
    for status in 100..=599_u16 {
        let say = |body: &str| told(&classify(&request(), &respond(status, body)));
        let unless_answer = match status {
            200..=299 => None,
            300..=399 => Some("unknown Redirect"),
            408 | 409 | 425 | 429 => Some("unknown Throttled"),
            500..=599 => Some("unknown ServerError"),
            _ => Some("unknown NotTheGateway"),
        };
        let fault = matches!(status, 400 | 401 | 403 | 404 | 405 | 413 | 414 | 415 | 422 | 431);
        if let Some(expected) = unless_answer {
            for body in [completed.as_str(), "<html>", "", r#"{"message":"Forbidden"}"#] {
                assert_eq!(say(body), expected, "{status} {body}");
            }
            if !fault {
                assert_eq!((say(&own).as_str(), say(&not_found).as_str()), (expected, expected), "{status}");
            }
        }
        if fault {
            let unauthorised = status == 401;
            let unlisted = "unknown UnlistedCode";
            assert_eq!(say(&own), if unauthorised { "rejected Credentials" } else { unlisted }, "{status}");
            let expected = if unauthorised { "rejected Credentials" } else { "rejected NotFound" };
            assert_eq!(say(&not_found), expected, "{status}");
            assert_eq!(say(&pg), unlisted, "{status}");
            assert_eq!(say(&refused(1, "이미 취소됨")), "unknown AlreadySeen", "{status}");
        }
    }
}

#[test]
fn under_a_client_errors_status_only_listed_sentences_reject() {
    for (status, message) in [
        (400, "PG사 응답 시간 초과(timeout). 처리 결과를 확인할 수 없습니다."),
        (400, "기 취소 거래"),
        (400, "checksum 불일치"),
        (403, "PG 통신 오류"),
        (404, "취소요청 처리중입니다"),
        (422, ""),
    ] {
        let said = told(&classify(&request(), &respond(status, &refused(-1, message))));
        assert_eq!(said, "unknown UnlistedCode", "{status} {message}");
    }
}

#[test]
fn code_0_is_remembered_whatever_does_not_fit() {
    let good = paid_back(4500, &format!("{BEFORE},{OURS}"), "");
    let without_status = good.replace(r#""status":"cancelled","#, "");
    let nothing = r#"{"code":0,"message":null,"response":null}"#.to_owned();
    for body in
        [good.clone(), good.replace("4500", "9000"), paid_back(2500, BEFORE, ""), without_status, nothing]
    {
        let request = request();
        let _outcome = classify(&request, &respond(200, &body));
        assert!(request.clone().sends().was_taken(), "{body}");
    }
    for (status, body) in [(200, refused(1, "?")), (200, "<html>".to_owned()), (503, good)] {
        let request = request();
        assert!(classify(&request, &respond(status, &body)).is_err());
        assert!(!request.sends().was_taken(), "{status} {body}");
    }
}

#[test]
fn only_chaiports_own_401_is_a_refused_token() {
    assert!(is_token_refused(&respond(401, &refused(-1, "Unauthorized"))));
    for (status, body) in [
        (401, "<html>".to_owned()),
        (401, r#"{"message":"Unauthorized"}"#.to_owned()),
        (401, refused(0, "Unauthorized")),
        (401, refused(-1, "결제취소에 실패하였습니다. [8723|응답 시간 초과]")),
        (401, refused(1, "이미 전액취소된 주문입니다.")),
        (403, refused(-1, "Unauthorized")),
        (200, refused(-1, "Unauthorized")),
    ] {
        assert!(!is_token_refused(&respond(status, &body)), "{status} {body}");
    }
}

#[test]
fn messages_keep_their_words_and_lose_the_account() {
    let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
    let record = record().with_pg_provider("kcp");
    let request =
        CancelRequest::partial(record, won(2000)).and_then(|r| r.with_refund_account(account)).unwrap();
    let body = refused(-1, "결제취소에 실패하였습니다. [9999|홍길동 56211105948400 TOKEN]");
    let error = classify_scrubbing(&request, &respond(200, &body), &["TOKEN"]).unwrap_err();
    assert_eq!(error.message().unwrap().as_str(), "결제취소에 실패하였습니다. [9999|*** *** ***]");
    assert_eq!(error.code(), Some("-1"));
}

#[test]
fn revocations() {
    for (status, body, expected) in [
        (200, r#"{"code":0,"message":null,"response":{"imp_uid":"imp_1"}}"#.to_owned(), "done"),
        (200, r#"{"code":0,"message":null,"response":null}"#.to_owned(), "done"),
        (400, refused(-1, "가상계좌가 아닙니다"), "rejected NotCancellable"),
        (404, refused(-1, "존재하지 않는 결제정보입니다."), "rejected NotFound"),
        // what the status says of a virtual account goes before what the sentence says of a cancel
        (400, refused(1, "취소할 결제건이 존재하지 않습니다."), "rejected NotCancellable"),
        (404, refused(1, "imp_uid를 지정해주셔야합니다."), "rejected NotFound"),
        (401, refused(-1, "Unauthorized"), "rejected Credentials"),
        (400, refused(-1, "이미 말소된 계좌입니다"), "unknown AlreadySeen"),
        (400, refused(-1, "결제취소에 실패하였습니다. [9999|?]"), "unknown UnlistedCode"),
        (403, refused(-1, "?"), "unknown UnlistedCode"),
        (200, refused(-1, "?"), "unknown UnlistedCode"),
        (404, "<html>".to_owned(), "unknown NotTheGateway"),
        (500, r#"{"code":0,"message":null,"response":null}"#.to_owned(), "unknown ServerError"),
    ] {
        let said = match classify_revocation(&respond(status, &body)) {
            Ok(()) => "done".to_owned(),
            Err(error) => told(&Err(error)),
        };
        assert_eq!(said, expected, "{status} {body}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_success(
        status in 100_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let outcome = classify(&request(), &WireResponse::new(status, body));
        prop_assert!(outcome.is_err_and(|error| error.may_have_happened()));
    }

    #[test]
    fn a_success_says_code_0_and_our_amount(cancelled in 0_i64..10_001, amount in 1_i64..5000, code in -1_i64..2) {
        let entry = OURS.replace("2000", &amount.to_string());
        let body = paid_back(cancelled, &format!("{BEFORE},{entry}"), "")
            .replace(r#""code":0"#, &format!(r#""code":{code}"#));
        let done = classify(&request(), &respond(200, &body)).is_ok();
        prop_assert_eq!(done, code == 0 && cancelled == 4500 && amount == 2000);
    }

    #[test]
    fn a_mangled_success_never_tells_another_amount(at in 0_usize..400, byte in any::<u8>()) {
        let mut body = paid_back(4500, &format!("{BEFORE},{OURS}"), "").into_bytes();
        if let Some(place) = body.get_mut(at) {
            *place = byte;
        }
        match classify(&request(), &WireResponse::new(200, body)) {
            Ok(cancelled) => prop_assert_eq!(cancelled.remaining(), Some(won(5500))),
            Err(error) => prop_assert!(error.may_have_happened()),
        }
    }
}
