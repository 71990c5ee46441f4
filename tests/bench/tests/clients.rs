//! What is measured must be right before it is fast: every client gets its cancels done by the mock.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use bench::clients::measure;
use bench::connections::{self, Connect, Over, Sessions};
use bench::kind::{ClientKind, GatewayKind};
use bench::measure::Plan;
use bench::mock::{Manner, Mock, TOKENS};
use clap::ValueEnum as _;
use pg_core::ConnectionReuse;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn mock() -> u16 {
    serve(Manner::default()).await
}

async fn serve(manner: Manner) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(Mock::new(manner).serve(listener));
    port
}

async fn tokens(port: u16) -> u64 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(format!("GET {TOKENS} HTTP/1.1\r\nhost: mock\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let text = String::from_utf8(answer.get(..read).unwrap().to_vec()).unwrap();
    text.rsplit_once("\r\n\r\n").unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn every_client_gets_every_gateways_cancels_done() {
    let port = mock().await;
    let plan = Plan { requests: 8, concurrency: 4, warm_up: 1 };
    for gateway in GatewayKind::value_variants() {
        for client in ClientKind::value_variants() {
            let measured = measure(*client, *gateway, port, plan, None).await;
            assert_eq!(measured.as_ref().map(|measured| measured.requests), Ok(8), "{client:?} {gateway:?}");
        }
    }
}

#[tokio::test]
async fn sixty_four_callers_at_once_fetch_one_token() {
    let plan = Plan { requests: 64, concurrency: 64, warm_up: 0 };
    for client in [ClientKind::OursReqwest, ClientKind::OursWitness] {
        let port = mock().await;
        measure(client, GatewayKind::Chaiport, port, plan, None).await.unwrap();
        assert_eq!(tokens(port).await, 1, "{client:?}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_cancel_has_no_figure() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let plan = Plan { requests: 8, concurrency: 4, warm_up: 1 };
    for client in ClientKind::value_variants() {
        assert!(measure(*client, GatewayKind::Chaiport, port, plan, None).await.is_err(), "{client:?}");
    }
}

#[tokio::test]
async fn cancels_get_through_over_tls_and_past_a_server_that_closes() {
    let idle = Duration::from_millis(6);
    let closing = serve(Manner { idle: Some(idle), ..Manner::default() }).await;
    let (acceptor, authority) = connections::tls(Sessions::Resumed).unwrap();
    let secure = serve(Manner { tls: Some(acceptor), ..Manner::default() }).await;
    let plan = Plan { requests: 8, concurrency: 4, warm_up: 1 };
    for over in Over::value_variants() {
        for reuse in [ConnectionReuse::WhileFresh, ConnectionReuse::Never] {
            let raced =
                connections::race(*over, closing, Connect { trust: None, reuse }, 20, idle).await.unwrap();
            assert_eq!(raced.completed + raced.not_sent + raced.unknown, 20, "{over:?} {raced:?}");
            assert!(raced.completed > 0, "{over:?} {raced:?}");
            let connect = Connect { trust: Some(authority.clone()), reuse };
            let measured = connections::measure(*over, secure, connect, plan).await;
            assert_eq!(measured.map(|measured| measured.requests), Ok(8), "{over:?}");
        }
    }
}
