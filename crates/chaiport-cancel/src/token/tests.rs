#![allow(clippy::arithmetic_side_effects, reason = "moments of a test")]

use super::*;

fn token(seconds: u64) -> Token {
    Token {
        secret: Secret::new("access_token", "TOKEN-CANARY", 40).unwrap(),
        lifetime: Duration::from_secs(seconds),
    }
}

fn answer(status: u16, body: &str) -> Result<Token, TokenError> {
    parse_token(&WireResponse::new(status, body.as_bytes().to_vec()), &["KEY-CANARY", "SECRET-CANARY"])
}

#[test]
fn the_lifetime_is_the_servers_own() {
    let read = answer(
        200,
        r#"{"code":0,"message":null,"response":{"access_token":"abc","now":1712634724,"expired_at":1712636524}}"#,
    )
    .unwrap();
    assert_eq!((read.secret().expose(), read.lifetime().as_secs()), ("abc", 1800));
}

#[test]
fn a_wrong_key_is_told_without_the_key() {
    let body = r#"{"code":-1,"message":"인증에 실패하였습니다. API키와 secret을 확인하세요. KEY-CANARY / SECRET-CANARY","response":null}"#;
    let error = answer(401, body).unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Credentials);
    assert!(error.message().unwrap().as_str().starts_with("인증에 실패하였습니다."));
    let cancel = CancelError::from(error.clone());
    assert!(!format!("{cancel} {cancel:?} {}", cancel.message().unwrap()).contains("CANARY"));
    assert_eq!((cancel.label(), cancel.code()), ("not_sent", Some("-1")));
    let look_up = LookUpError::from(error);
    assert_eq!((look_up.kind(), look_up.http_status()), (&LookUpErrorKind::Credentials, Some(401)));
}

#[test]
fn anything_else_is_no_token() {
    let ok = |fields: &str| format!(r#"{{"code":0,"message":null,"response":{{{fields}}}}}"#);
    let cases = [
        (200, ok(r#""access_token":"a b","now":1,"expired_at":9"#), TokenErrorKind::Malformed),
        (200, ok(r#""access_token":"ab","now":9,"expired_at":9"#), TokenErrorKind::Malformed),
        (200, ok(r#""access_token":"ab","now":9"#), TokenErrorKind::Malformed),
        (
            200,
            ok(r#""access_token":"ab","now":-9223372036854775808,"expired_at":9"#),
            TokenErrorKind::Malformed,
        ),
        (200, r#"{"code":0,"message":null,"response":null}"#.to_owned(), TokenErrorKind::Malformed),
        (200, r#"{"code":-1,"message":"?","response":null}"#.to_owned(), TokenErrorKind::Malformed),
        (
            200,
            r#"{"code":-1,"message":"인증에 실패하였습니다.","response":null}"#.to_owned(),
            TokenErrorKind::Credentials,
        ),
        (
            400,
            r#"{"code":-1,"message":"imp_key, imp_secret 파라메터가 누락되었습니다.","response":null}"#
                .to_owned(),
            TokenErrorKind::Credentials,
        ),
        (401, "<html>".to_owned(), TokenErrorKind::Malformed),
        (500, ok(r#""access_token":"ab","now":1,"expired_at":1801"#), TokenErrorKind::Unavailable),
        (302, String::new(), TokenErrorKind::Malformed),
    ];
    for (status, body, kind) in cases {
        let error = answer(status, &body).unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert_eq!(CancelError::from(error).label(), "not_sent");
    }
}

#[test]
fn nothing_shows_a_token() {
    let mut slot = TokenSlot::default();
    let held = slot.store(token(1800), Instant::now());
    assert!(!format!("{:?} {held:?} {slot:?}", token(1)).contains("CANARY"));
}

#[test]
fn renewed_in_the_last_minute_and_not_before() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut slot = TokenSlot::default();
    assert!(slot.usable(start).is_none());
    slot.store(token(1800), start);
    // with 60 seconds left the same token and expiry would come back: asking then would loop
    assert!(slot.usable(after(1740)).is_some());
    assert!(slot.usable(after(1744)).is_some());
    assert!(slot.usable(after(1745)).is_none());
}

#[test]
fn a_renewal_that_gains_nothing_does_not_loop() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut slot = TokenSlot::default();
    slot.store(token(50), start);
    assert!(slot.usable(after(4)).is_some() && slot.usable(after(5)).is_none());
    slot.store(token(2), start);
    assert!(slot.usable(after(1)).is_some() && slot.usable(after(2)).is_none());
    let endless = slot.store(token(u64::MAX), start);
    assert_eq!(endless.token.lifetime().as_secs(), u64::MAX);
}

#[test]
fn only_the_refused_token_is_forgotten() {
    let start = Instant::now();
    let mut slot = TokenSlot::default();
    let first = slot.store(token(1800), start);
    slot.invalidate(&first);
    assert!(slot.usable(start).is_none());
    // the same text may come back: it is another token all the same
    let second = slot.store(token(1800), start);
    slot.invalidate(&first);
    assert!(slot.usable(start).is_some());
    slot.invalidate(&second);
    assert!(slot.usable(start).is_none());
}

#[cfg(feature = "client")]
mod shared {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn ask(cache: &TokenCache, asked: &AtomicUsize, fails: bool) -> Result<HeldToken, TokenError> {
        cache
            .get(|| async {
                asked.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                if fails { Err(TokenError::new(TokenErrorKind::Unavailable)) } else { Ok(token(1800)) }
            })
            .await
    }

    async fn many(cache: &Arc<TokenCache>, asked: &Arc<AtomicUsize>, fails: bool) -> usize {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let (cache, asked) = (Arc::clone(cache), Arc::clone(asked));
                tokio::spawn(async move { ask(&cache, &asked, fails).await.is_ok() })
            })
            .collect();
        let mut good = 0;
        for caller in callers {
            good += usize::from(caller.await.unwrap());
        }
        good
    }

    #[tokio::test]
    async fn many_callers_ask_once() {
        let (cache, asked) = (Arc::new(TokenCache::new()), Arc::new(AtomicUsize::new(0)));
        assert_eq!(many(&cache, &asked, false).await, 100);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_who_waited_and_the_next_asks_anew() {
        let (cache, asked) = (Arc::new(TokenCache::new()), Arc::new(AtomicUsize::new(0)));
        assert_eq!(many(&cache, &asked, true).await, 0);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(ask(&cache, &asked, false).await.is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_asking_that_was_given_up_spoils_nothing() {
        let (cache, asked) = (TokenCache::new(), AtomicUsize::new(0));
        {
            let mut given_up = Box::pin(ask(&cache, &asked, true));
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(given_up.as_mut().poll(context).is_pending())
            });
            assert!(polled.await);
        }
        assert!(ask(&cache, &asked, false).await.is_ok());
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once_for_many_reports() {
        let (cache, asked) = (Arc::new(TokenCache::new()), Arc::new(AtomicUsize::new(0)));
        let refused = ask(&cache, &asked, false).await.unwrap();
        for _ in 0..64 {
            cache.invalidate(&refused).await;
            ask(&cache, &asked, false).await.unwrap();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn the_clock_is_an_argument() {
        let late = || Instant::now() + Duration::from_secs(10);
        let cache = TokenCache::with_clock(late);
        assert!(ask(&cache, &AtomicUsize::new(0), false).await.is_ok());
    }
}
