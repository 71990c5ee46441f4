//! A client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::schema;

pub(crate) const TOKEN: &str = "a-token-of-these-tests";

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), headers: Vec::new(), body: Vec::new() }
            .header("authorization", &format!("Bearer {TOKEN}"))
    }

    pub(crate) fn post(target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let call = Self { method: "POST", body: body.into(), ..Self::get(target) };
        call.header("content-type", "application/json")
    }

    /// A refund of an order, by a key.
    pub(crate) fn cancel(order: &str, amount: &str, key: &str) -> Self {
        let body = format!(
            r#"{{"merchant_uid":"{order}","cancel_request_amount":{amount},"reason":"테스트 결제 환불"}}"#
        );
        Self::post("/payments/cancel", body).header("idempotency-key", key)
    }

    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.method == "POST" && !self.headers.iter().any(|(name, _)| name == "content-length") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it, reads the whole answer and holds it against the description.
    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        let answer =
            timeout(Duration::from_secs(60), self.exchange(address)).await.expect("an answer in time");
        schema::check(self.method, &self.target, &answer);
        answer
    }

    async fn exchange(&self, address: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // a server that refuses early may close before it has read everything
        let _sent = stream.write_all(&self.bytes()).await;
        let mut bytes = Vec::new();
        let _ended = stream.read_to_end(&mut bytes).await;
        Answer::parse(&bytes)
    }
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a complete head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        let told: Option<usize> = answer.header("content-length").map(|text| text.parse().unwrap());
        assert_eq!(told, Some(answer.body.len()), "a complete body");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and the refusal's code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{}", self.text());
        problem
    }

    /// Status and how far the cancel is.
    #[track_caller]
    pub(crate) fn state(&self, status: u16, state: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, body["cancel"]["state"].as_str()), (status, Some(state)), "{}", self.text());
        body
    }
}
