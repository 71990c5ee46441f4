//! Connections that are used again, and those that must not be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pg_cancel_core::{Sent, TransportErrorKind as Kind, WitnessTransport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;

use crate::server::{alone, answer, maybe_sent, options, reset, says, send, serve, transport};

/// Answers every request on a connection, after each doing something to it.
macro_rules! keeps_alive {
    (|$stream:ident| $then:expr) => {
        serve(move |_, mut $stream, log| async move {
            while log.read(&mut $stream).await {
                if $stream.write_all(answer("{}").as_bytes()).await.is_err() {
                    return;
                }
                $then
            }
        })
    };
}

#[tokio::test]
async fn a_fresh_connection_is_used_again() {
    let (base, log) = keeps_alive!(|stream| {}).await;
    let transport = transport();
    for _ in 0..100 {
        send(&transport, &base).await.unwrap();
    }
    assert_eq!((log.connections(), log.requests().len()), (1, 100));
    let alone = alone();
    for _ in 0..3 {
        send(&alone, &base).await.unwrap();
    }
    assert_eq!(log.connections(), 4);
}

#[tokio::test]
async fn many_at_once_have_a_connection_each() {
    let (base, log) = serve(|_, mut stream, log| async move {
        while log.read(&mut stream).await {
            sleep(Duration::from_millis(20)).await;
            if stream.write_all(answer("{}").as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        let all: Vec<_> = (0..8)
            .map(|_| {
                let (transport, base) = (transport.clone(), base.clone());
                tokio::spawn(async move { send(&transport, &base).await })
            })
            .collect();
        for one in all {
            one.await.unwrap().unwrap();
        }
    }
    assert_eq!((log.connections(), log.requests().len()), (8, 24));
}

#[tokio::test]
async fn a_connection_that_lay_too_long_is_closed() {
    let (closed, mut when_closed) = tokio::sync::mpsc::unbounded_channel();
    let (base, log) = serve(move |_, mut stream, log| {
        let closed = closed.clone();
        async move {
            log.read(&mut stream).await;
            let _ = stream.write_all(answer("{}").as_bytes()).await;
            let _ = stream.read(&mut [0; 1]).await;
            closed.send(()).unwrap();
        }
    })
    .await;
    let transport = transport();
    send(&transport, &base).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(1_800), when_closed.recv()).await.is_err());
    // nobody asks for anything, and yet it is closed
    tokio::time::timeout(Duration::from_secs(6), when_closed.recv()).await.unwrap();
    assert_eq!(log.connections(), 1);
}

#[tokio::test]
async fn an_idle_connection_that_ended_is_replaced() {
    for closes_by_reset in [true, false] {
        let (base, log) = serve(move |_, mut stream, log| async move {
            log.read(&mut stream).await;
            let _ = stream.write_all(answer("{}").as_bytes()).await;
            if closes_by_reset {
                reset(stream);
            }
        })
        .await;
        let transport = transport();
        for _ in 0..10 {
            send(&transport, &base).await.unwrap();
            sleep(Duration::from_millis(150)).await;
        }
        assert_eq!((log.connections(), log.requests().len()), (10, 10), "one copy each");
    }
}

/// The server closes at about the time the next request leaves: never two copies, and "not sent" is true.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keep_alive_race_sends_no_second_copy() {
    let delay = Arc::new(AtomicUsize::new(0));
    let (base, log) = serve(move |_, mut stream, log| {
        let delay = Arc::clone(&delay);
        async move {
            log.read(&mut stream).await;
            let _ = stream.write_all(answer("{}").as_bytes()).await;
            for _ in 0..delay.fetch_add(1, Ordering::SeqCst) % 64 {
                std::hint::spin_loop();
                tokio::task::yield_now().await;
            }
            // one that came meanwhile is thrown away unread
        }
    })
    .await;
    let transport = transport();
    let (mut done, mut no, mut maybe) = (0, 0, 0);
    for _ in 0..2_000 {
        match send(&transport, &base).await {
            Ok(_) => done += 1,
            Err(error) if error.sent() == Sent::No => no += 1,
            Err(_) => maybe += 1,
        }
    }
    println!("keep-alive race: {done} done, {no} not sent, {maybe} unknown of 2000");
    assert_eq!(log.requests().len(), done, "every request that was read was answered, and once");
    assert!(done > 100, "{done}");
}

#[tokio::test]
async fn bytes_after_an_answer_are_not_the_next_answer() {
    const LIE: &str = r#"{"code":0,"lie":true}"#;
    for late in [0, 1, 30] {
        let (base, log) = keeps_alive!(|stream| {
            sleep(Duration::from_millis(late)).await;
            let _ = stream.write_all(answer(LIE).as_bytes()).await;
        })
        .await;
        let transport = transport();
        for _ in 0..5 {
            assert_eq!(send(&transport, &base).await.unwrap().body(), b"{}");
            sleep(Duration::from_millis(200)).await;
        }
        assert_eq!((log.connections(), log.requests().len()), (5, 5), "{late} ms");
    }
    // in one piece with the answer, and asked again at once
    let (base, log) = says(answer("{}") + &answer(LIE)).await;
    let transport = transport();
    for _ in 0..10 {
        assert_eq!(send(&transport, &base).await.unwrap().body(), b"{}");
    }
    assert_eq!((log.connections(), log.requests().len()), (10, 10));
}

#[tokio::test]
async fn a_server_that_says_close_is_believed() {
    for head in ["HTTP/1.1 200 OK\r\nconnection: close", "HTTP/1.0 200 OK\r\nconnection: keep-alive"] {
        let (base, log) = serve(move |_, mut stream, log| async move {
            while log.read(&mut stream).await {
                let _ = stream.write_all(format!("{head}\r\ncontent-length: 2\r\n\r\n{{}}").as_bytes()).await;
            }
        })
        .await;
        let transport = transport();
        for _ in 0..3 {
            send(&transport, &base).await.unwrap();
        }
        assert_eq!(log.connections(), 3, "{head}");
    }
}

#[tokio::test]
async fn a_connection_that_failed_is_not_used_again() {
    let (base, log) = serve(|number, mut stream, log| async move {
        while log.read(&mut stream).await {
            let text = if number == 0 {
                "HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n"
            } else {
                &answer("{}")
            };
            let _ = stream.write_all(text.as_bytes()).await;
        }
    })
    .await;
    let transport = transport();
    maybe_sent(send(&transport, &base).await, Kind::TooLarge);
    send(&transport, &base).await.unwrap();
    assert_eq!((log.connections(), log.requests().len()), (2, 2));
}

/// One client, one runtime after the other, as programs do that block on each call.
#[test]
fn a_connection_stays_with_its_runtime() {
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (base, log) = servers.block_on(keeps_alive!(|stream| {}));
    let transport = WitnessTransport::new(&options()).unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kept = runtime();
    kept.block_on(send(&transport, &base)).unwrap();
    runtime().block_on(send(&transport, &base)).unwrap();
    kept.block_on(send(&transport, &base)).unwrap();
    assert_eq!((log.connections(), log.requests().len()), (2, 3));
}

/// What came while the runtime slept is seen all the same: the operating system is asked, not the runtime.
#[test]
fn what_came_behind_the_runtimes_back_is_seen() {
    for lie in [None, Some(answer(r#"{"code":0,"lie":true}"#))] {
        let servers =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (base, log) = servers.block_on(serve(move |_, mut stream, log| {
            let lie = lie.clone();
            async move {
                while log.read(&mut stream).await {
                    let _ = stream.write_all(answer("{}").as_bytes()).await;
                    sleep(Duration::from_millis(20)).await;
                    let Some(lie) = &lie else { return };
                    let _ = stream.write_all(lie.as_bytes()).await;
                }
            }
        }));
        let transport = transport();
        let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        client.block_on(async {
            for _ in 0..5 {
                assert_eq!(send(&transport, &base).await.unwrap().body(), b"{}");
                // nothing of this runtime runs meanwhile
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        assert_eq!((log.connections(), log.requests().len()), (5, 5));
    }
}
