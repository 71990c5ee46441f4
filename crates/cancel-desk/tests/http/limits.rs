//! Who may ask, how much and how long; and the end of the service.

use std::time::{Duration, Instant};

use cancel_desk::http::{HttpOptions, serve};
use cancel_desk::pg_core::Secret;
use pg_sandbox::{FaultKind, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::client::{Answer, Call, TOKEN};
use crate::scene::{CHAIPORT, Scene, Setting, options};

async fn raw(scene: &Scene, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Everything until the server closes.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.expect("an end");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_touched() {
    let scene = Scene::new().await;
    scene.card("ORD-1").await;
    let calls = [
        Call::cancel("ORD-1", "1000", "k"),
        Call::get("/payments/ORD-1"),
        Call::get("/cancels?waiting=person"),
        Call::get("/metrics"),
        Call::get("/openapi.json"),
        Call::get("/nowhere"),
        Call::post("/payments", "not even json"),
    ];
    for call in calls {
        for token in [None, Some("Bearer wrong-token-of-tests"), Some("Basic abc"), Some("Bearer"), Some("")]
        {
            let mut call = call.clone().without("authorization");
            if let Some(token) = token {
                call = call.header("authorization", token);
            }
            let answer = scene.send(call).await;
            answer.refused(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert_eq!(scene.desk.journal().next_due().await.unwrap(), None);
    assert_eq!(scene.sandbox.requests().len(), 0);
    for public in ["/healthz", "/readyz"] {
        assert_eq!(scene.send(Call::get(public).without("authorization")).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tokens_are_good_during_a_change_and_none_if_asked_by_name() {
    let token = |text| Secret::new("token", text, 100).unwrap();
    let both =
        HttpOptions::with_tokens(&[token("the-old-token-of-us"), token("the-new-token-of-us")]).unwrap();
    let scene = Scene::with(Setting { options: both, ..Setting::default() }).await;
    for (text, status) in [("the-old-token-of-us", 404), ("the-new-token-of-us", 404), (TOKEN, 401)] {
        let call = Call::get("/payments/x").without("authorization");
        let answer = scene.send(call.header("authorization", &format!("Bearer {text}"))).await;
        assert_eq!(answer.status, status);
    }
    let open = Setting { options: HttpOptions::open_to_everybody(), ..Setting::default() };
    let open = Scene::with(open).await;
    assert_eq!(open.send(Call::get("/payments/x").without("authorization")).await.status, 404);
    // a web page of another name, made to lead here
    let foreign = Call::cancel("ORD-1", "1", "k").without("authorization").header("host", "shop.example");
    open.send(foreign).await.refused(403, "foreign_host");
    // what others may reach says nothing about a service that only this machine can
    let anywhere = HttpOptions::open_to_everybody().beyond_loopback();
    let open = Scene::with(Setting { options: anywhere, ..Setting::default() }).await;
    let foreign = Call::cancel("ORD-1", "1", "k").without("authorization").header("host", "shop.example");
    open.send(foreign).await.refused(403, "foreign_host");
    for hosts in ["", "host: localhost\r\nhost: localhost\r\n", "host: localhost\u{e9}\r\n"] {
        let head = format!("GET /payments/x HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let bytes = rest(raw(&open, &head).await).await;
        assert!(bytes.starts_with(b"HTTP/1.1 403"), "{hosts}");
    }
    assert!(HttpOptions::with_tokens(&[token("short")]).is_err());
    assert!(HttpOptions::with_tokens([]).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_are_let_in_only_by_name() {
    let scene = Scene::new().await;
    let everywhere = || TcpListener::bind("0.0.0.0:0");
    let stopped = std::future::ready;
    let refused =
        serve(everywhere().await.unwrap(), scene.desk.clone(), options(), stopped(())).await.unwrap_err();
    assert!(refused.to_string().starts_with("listen: must be a loopback address"), "{refused}");
    let allowed = options().beyond_loopback();
    serve(everywhere().await.unwrap(), scene.desk.clone(), allowed, stopped(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_in_size_kind_and_time() {
    let short = options().body_timeout(Duration::from_millis(300)).header_timeout(Duration::from_millis(300));
    let scene = Scene::with(Setting { options: short, ..Setting::default() }).await;
    let cancel = Call::cancel("ORD-1", "1", "k");
    let large = Call::post("/payments/cancel", vec![b' '; 64 * 1024 + 1]).header("idempotency-key", "k");
    scene.send(large).await.refused(413, "body_too_large");
    let told = cancel.clone().header("content-length", "9999999");
    scene.send(told).await.refused(413, "body_too_large");
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let mut call = cancel.clone().without("content-type");
        if let Some(kind) = kind {
            call = call.header("content-type", kind);
        }
        scene.send(call).await.refused(415, "unsupported_media_type");
    }
    let with_charset =
        cancel.clone().without("content-type").header("content-type", "Application/JSON; charset=utf-8");
    scene.send(with_charset).await.refused(404, "no_such_payment");
    // a body that does not come
    scene.send(cancel.clone().header("content-length", "5000")).await.refused(408, "timeout");
    // a chunked body without an end
    let chunked = format!(
        "POST /payments/cancel HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n11000\r\n"
    );
    let mut stream = raw(&scene, &chunked).await;
    stream.write_all(&[b' '; 0x11000]).await.unwrap();
    let mut first = [0_u8; 12];
    timeout(Duration::from_secs(10), stream.read_exact(&mut first)).await.unwrap().unwrap();
    assert_eq!(&first, b"HTTP/1.1 413");
    // a head that does not come to an end
    let begun = Instant::now();
    let stream = raw(&scene, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let bytes = rest(stream).await;
    assert!(begun.elapsed() < Duration::from_secs(10) && !bytes.starts_with(b"HTTP/1.1 200"));
    // nor a connection that says nothing
    let stream = raw(&scene, "").await;
    rest(stream).await;
    assert_eq!(scene.sandbox.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_in_json() {
    let scene = Scene::new().await;
    scene.send(Call::get("/")).await.refused(404, "no_such_route");
    scene.send(Call::get("/payments/a/b")).await.refused(404, "no_such_route");
    scene.send(Call::get("/payments/cancel").method("DELETE")).await.refused(405, "method_not_allowed");
    scene.send(Call::get("/payments")).await.refused(405, "method_not_allowed");
    scene.send(Call::get("/payments/%ff")).await.refused(400, "invalid");
    let korean = Call::get("/").header("accept-language", "ko");
    let problem = scene.send(korean).await.refused(404, "no_such_route");
    assert!(problem["message"].as_str().unwrap().starts_with("존재하지 않는"));
    let mine = scene.send(Call::get("/healthz").header("x-request-id", "mine-1")).await;
    assert_eq!(mine.header("x-request-id"), Some("mine-1"));
    let theirs = scene.send(Call::get("/healthz").header("x-request-id", "a b\"c")).await;
    assert_ne!(theirs.header("x-request-id"), Some("a b\"c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_bound_wait_their_turn() {
    let few = options().connections(2);
    let scene = Scene::with(Setting { options: few, ..Setting::default() }).await;
    let held = [raw(&scene, "").await, raw(&scene, "").await];
    sleep(Duration::from_millis(200)).await;
    let call = Call::get("/healthz");
    let waiting = tokio::spawn({
        let (call, address) = (call.clone(), scene.address);
        async move { call.send(address).await.status }
    });
    sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "both places are taken");
    drop(held);
    assert_eq!(waiting.await.unwrap(), 200);
}

/// Takes both places, each asking again and again.
async fn held(scene: &Scene, asking: &str) -> [TcpStream; 2] {
    let mut held = Vec::new();
    for _ in 0..2 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(scene.address).await.unwrap();
        // as much as the other side takes
        for _ in 0..4_000 {
            let sent = timeout(Duration::from_millis(200), stream.write_all(asking.as_bytes())).await;
            if !matches!(sent, Ok(Ok(()))) {
                break;
            }
        }
        held.push(stream);
    }
    held.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_never_reads_does_not_keep_others_out() {
    let few = options().connections(2).body_timeout(Duration::from_millis(500));
    let scene = Scene::with(Setting { options: few, ..Setting::default() }).await;
    let asking = format!("GET /openapi.json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    let _held = held(&scene, &asking).await;
    let answered = timeout(Duration::from_secs(10), scene.send(Call::get("/healthz"))).await;
    assert_eq!(answered.expect("a place").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_makes_room_after_its_time() {
    let few = options().connections(1).connection_life(Duration::from_millis(500));
    let scene = Scene::with(Setting { options: few, ..Setting::default() }).await;
    let mut busy = raw(&scene, "").await;
    let asking = tokio::spawn(async move {
        // never idle, always read
        let mut bytes = [0; 4096];
        while busy.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {
            if !matches!(busy.read(&mut bytes).await, Ok(1..)) {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    sleep(Duration::from_millis(100)).await;
    let answered = timeout(Duration::from_secs(10), scene.send(Call::get("/healthz"))).await;
    assert_eq!(answered.expect("a place").status, 200);
    timeout(Duration::from_secs(10), asking).await.expect("an end").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_answers_who_waits_and_parks_what_is_under_way() {
    let mut scene =
        Scene::with(Setting { options: options().grace(Duration::from_millis(1_500)), ..Setting::default() })
            .await;
    let id = scene.card("ORD-1").await;
    // the gateway takes its time, longer than the grace
    scene.fault(FaultKind::Latency(Duration::from_secs(30)), true);
    let call = Call::cancel("ORD-1", "3000", "k");
    let waiting = tokio::spawn({
        let (call, address) = (call.clone(), scene.address);
        async move { call.send(address).await }
    });
    while scene.sandbox.count(CHAIPORT, Operation::Cancel) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let idle = raw(&scene, "").await;
    let begun = Instant::now();
    scene.stop();
    let answer: Answer = waiting.await.unwrap();
    answer.state(202, "open");
    (&mut scene.server).await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(TcpStream::connect(scene.address).await.is_err(), "nobody listens any more");
    drop(idle);
    let workers = scene.workers.take().unwrap();
    assert_eq!(workers.stop(Duration::from_millis(100)).await, 1, "one is in the middle of it");
    // what was parked is carried on: looked up first, and not sent again
    scene.sandbox.clear_faults();
    assert_eq!(scene.desk.journal().recover().await.unwrap(), 1);
    let open = scene.desk.journal().intents_of(&key(&id)).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].state.as_str(), "open");
    assert!(scene.desk.journal().verify().await.unwrap().is_sound());
}

fn key(id: &str) -> cancel_desk::record::PaymentKey {
    cancel_desk::record::PaymentKey::new(cancel_desk::pg_core::Gateway::Chaiport, "shop", id)
}
