//! Answers that are cut, too large, redirects, garbage; none is a success, all may have been sent.

use std::time::Duration;

use pg_cancel_core::{Sent, TransportErrorKind as Kind};
use tokio::io::AsyncWriteExt as _;

use crate::server::{FOREVER, answer, maybe_sent, says, send, serve, transport};

#[tokio::test]
async fn answers_come_whole() {
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"cod\r\n5\r\ne\":0}\r\n0\r\n\r\n";
    for bytes in [answer(r#"{"code":0}"#), chunked.to_owned()] {
        let (base, _) = says(bytes).await;
        let response = send(&transport(), &base).await.unwrap();
        assert_eq!((response.status(), response.body()), (200, &br#"{"code":0}"#[..]));
    }
    let (base, _) = says("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(send(&transport(), &base).await.unwrap().status(), 204);
    let (base, _) = says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(send(&transport(), &base).await.unwrap().body(), b"{}");
}

#[tokio::test]
async fn a_cut_body_is_no_answer() {
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"code\":0}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"cod",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        // its end is the connection's end: nobody can tell it from a cut one
        "HTTP/1.1 200 OK\r\n\r\n{\"code\":0}",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"code\":0}",
        "HTTP/1.0 200 OK\r\n\r\n{\"code\":0}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{\"code\":0}",
    ] {
        let (base, log) = says(cut).await;
        maybe_sent(send(&transport(), &base).await, Kind::Body);
        assert_eq!(log.requests().len(), 1, "{cut}");
    }
}

#[tokio::test]
async fn a_cut_head_or_garbage_is_a_broken_connection() {
    for garbage in [
        "",
        "H",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\0\0\0\0\0\0\0\0",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let (base, log) = says(garbage).await;
        maybe_sent(send(&transport(), &base).await, Kind::Connection);
        assert_eq!(log.requests().len(), 1, "{garbage}");
    }
}

#[tokio::test]
async fn a_stalled_body_ends_with_the_total_limit() {
    let (base, _) = serve(|_, mut stream, log| async move {
        log.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"code\":").await;
        tokio::time::sleep(FOREVER).await;
    })
    .await;
    maybe_sent(send(&transport(), &base).await, Kind::Timeout);
}

#[tokio::test]
async fn a_huge_body_is_not_read() {
    let length = 200 << 20;
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for head in [announced, chunked] {
        let (base, _) = serve(move |_, mut stream, log| {
            let head = head.clone();
            async move {
                log.read(&mut stream).await;
                let _ = stream.write_all(head.as_bytes()).await;
                let piece = [&b"10000\r\n"[..], &[b' '; 65_536], b"\r\n"].concat();
                while stream.write_all(&piece).await.is_ok() {}
            }
        })
        .await;
        maybe_sent(send(&transport(), &base).await, Kind::TooLarge);
    }
    // the limit itself
    for (length, fits) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let (base, _) = says(answer(&" ".repeat(length))).await;
        assert_eq!(send(&transport(), &base).await.is_ok(), fits, "{length}");
    }
}

#[tokio::test]
async fn header_bombs_are_not_swallowed() {
    let lines = |count: usize, value: usize| {
        let mut head = String::from("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n");
        for number in 0..count {
            head.push_str(&format!("x-{number}: {}\r\n", "a".repeat(value)));
        }
        head + "\r\n{}"
    };
    for (count, value, fits) in
        [(99, 10, true), (100, 10, false), (10_000, 10, false), (1, 60_000, true), (1, 70_000, false)]
    {
        let (base, _) = says(lines(count, value)).await;
        let sent = send(&transport(), &base).await;
        assert_eq!(sent.is_ok(), fits, "{count} lines of {value}");
        assert!(fits || sent.is_err_and(|error| error.sent() == Sent::Maybe));
    }
}

#[tokio::test]
async fn endless_interim_answers_end_with_the_total_limit() {
    let (base, _) = serve(|_, mut stream, log| async move {
        log.read(&mut stream).await;
        let many = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
        while stream.write_all(many.as_bytes()).await.is_ok() {}
    })
    .await;
    let started = std::time::Instant::now();
    maybe_sent(send(&transport(), &base).await, Kind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (elsewhere, other) = says(answer("{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
        let (base, log) = says(head).await;
        assert_eq!(send(&transport(), &base).await.unwrap().status(), status);
        assert_eq!(log.requests().len(), 1);
    }
    assert_eq!(other.connections(), 0);
}
