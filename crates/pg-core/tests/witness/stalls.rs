//! Failures before, while and after the request leaves.

use std::time::{Duration, Instant};

use pg_cancel_core::wire::WireRequest;
use pg_cancel_core::{BaseUrl, Invalid, Transport as _, TransportErrorKind as Kind, WitnessTransport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::server::{
    FOREVER, alone, answer, cancel, maybe_sent, not_sent, options, reset, send, serve, transport,
};

#[tokio::test]
async fn refused_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::custom(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    drop(listener);
    not_sent(send(&transport(), &base).await, Kind::Connect);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_sent() {
    let base = BaseUrl::custom("https://no-such-host.invalid", true).unwrap();
    not_sent(send(&transport(), &base).await, Kind::Resolve);
}

#[tokio::test]
async fn a_target_that_leads_elsewhere_is_not_sent() {
    let (base, log) = serve(|_, _stream, _| async {}).await;
    for bad in ["", "//evil.example/", "/a/../b", "/a b", "/a#b", "/가", "https://evil.example/"] {
        let request = WireRequest::post_json(bad, "application/json", b"{}".to_vec());
        not_sent(transport().send(&base, request).await, Kind::Build);
    }
    assert_eq!(log.connections(), 0);
}

#[test]
fn a_proxy_is_refused() {
    let refused = WitnessTransport::new(&options().proxy("http://proxy.example:8080"));
    assert_eq!(refused.as_ref().map_err(Invalid::field).unwrap_err(), "proxy");
}

#[test]
fn outside_of_a_runtime_it_is_not_sent() {
    let base = BaseUrl::custom("http://127.0.0.1:9", false).unwrap();
    let transport = transport();
    let mut sent = transport.send(&base, cancel());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(sent) = sent.as_mut().poll(&mut context) else { panic!("must not wait") };
    not_sent(sent, Kind::Build);
}

#[tokio::test]
async fn reset_or_closed_at_accept_counts_what_left() {
    for closes_by_reset in [true, false] {
        let (base, log) = serve(move |_, stream, _| async move {
            if closes_by_reset {
                reset(stream);
            }
        })
        .await;
        for _ in 0..50 {
            // whether a byte was taken before the reset came is a race; the server read none of it either way
            let error = send(&alone(), &base).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Connection, "{error:?}");
        }
        assert_eq!((log.connections(), log.requests().len()), (50, 0));
    }
}

#[tokio::test]
async fn a_socket_that_takes_nothing_is_not_sent() {
    // the server reads nothing and answers nothing; what it is sent fits the kernel's buffers, so it may arrive
    let (base, _log) = serve(|_, stream, _| async move {
        tokio::time::sleep(FOREVER).await;
        drop(stream);
    })
    .await;
    maybe_sent(send(&transport(), &base).await, Kind::Timeout);
    // too large for them: it stalls half-way, and the time limit for writing ends it
    let started = Instant::now();
    let huge = WireRequest::post_json("/payments/cancel", "application/json", vec![b' '; 64 << 20]);
    maybe_sent(transport().send(&base, huge).await, Kind::Timeout);
    assert!(started.elapsed() < Duration::from_millis(1_900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn bytes_before_the_request_are_no_answer_to_it() {
    let (base, log) = serve(|_, mut stream, log| async move {
        let _ = stream.write_all(answer(r#"{"code":0}"#).as_bytes()).await;
        log.read(&mut stream).await;
        tokio::time::sleep(FOREVER).await;
    })
    .await;
    let huge = || WireRequest::post_json("/payments/cancel", "application/json", vec![b' '; 64 << 20]);
    for _ in 0..5 {
        // the whole of it cannot have been handed over when the answer is read
        let error = alone().send(&base, huge()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Connection, "{error:?}");
    }
    assert_eq!(log.connections(), 5);
}

#[tokio::test]
async fn applied_and_then_gone_may_have_been_sent() {
    for closes_by_reset in [true, false] {
        let (base, log) = serve(move |_, mut stream, log| async move {
            log.read(&mut stream).await;
            if closes_by_reset {
                reset(stream);
            }
        })
        .await;
        for _ in 0..10 {
            maybe_sent(send(&transport(), &base).await, Kind::Connection);
        }
        assert_eq!(log.requests().len(), 10);
    }
}

#[tokio::test]
async fn silence_ends_with_the_total_limit() {
    let (base, log) = serve(|_, mut stream, log| async move {
        log.read(&mut stream).await;
        tokio::time::sleep(FOREVER).await;
    })
    .await;
    let started = Instant::now();
    maybe_sent(send(&transport(), &base).await, Kind::Timeout);
    let took = started.elapsed();
    assert!((Duration::from_millis(1_990)..Duration::from_secs(6)).contains(&took), "{took:?}");
    assert_eq!(log.requests().len(), 1);
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let (closed, mut when_closed) = tokio::sync::mpsc::unbounded_channel();
    let (base, log) = serve(move |_, mut stream, log| {
        let closed = closed.clone();
        async move {
            log.read(&mut stream).await;
            let end = stream.read(&mut [0; 64]).await;
            closed.send(matches!(end, Ok(0) | Err(_))).unwrap();
        }
    })
    .await;
    let transport = transport();
    tokio::select! {
        sent = transport.send(&base, cancel()) => panic!("nobody answers: {sent:?}"),
        () = async { while log.requests().is_empty() { tokio::time::sleep(Duration::from_millis(5)).await } } => {}
    }
    let ended = tokio::time::timeout(Duration::from_secs(1), when_closed.recv()).await;
    assert_eq!(ended.unwrap(), Some(true), "the server sees the end at once");
    assert_eq!(log.requests().len(), 1);
}

#[tokio::test]
async fn the_request_is_what_was_asked_for() {
    let (base, log) = crate::server::says(answer("{}")).await;
    send(&transport(), &base).await.unwrap();
    let get = WireRequest::new(pg_cancel_core::wire::Method::Get, "/payments/imp_1?x=%EC%A3%BC");
    transport().send(&base, get).await.unwrap();
    let host = base.to_string().replace("http://", "").replace('/', "");
    let seen = log.requests();
    assert_eq!(
        seen[0],
        format!(
            "POST /payments/cancel HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\ncontent-type: application/json\r\n\
             authorization: SECRET-CANARY-123\r\ncontent-length: 15\r\n\r\n{{\"amount\":1000}}"
        )
    );
    assert_eq!(
        seen[1],
        format!("GET /payments/imp_1?x=%EC%A3%BC HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n\r\n")
    );
}
