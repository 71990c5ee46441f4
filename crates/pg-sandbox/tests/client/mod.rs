//! A tiny HTTP client over raw sockets, so that tests see the bytes and no library helps.
#![allow(dead_code, reason = "each test file uses its own part of the client")]

use std::time::Duration;

use pg_cancel_sandbox::{Gateway, Sandbox, credentials};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Fin,
    Reset,
    /// The time given was over.
    StillOpen,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Value,
}

pub fn address(url: &str) -> String {
    url.trim_start_matches("http://").trim_start_matches("https://").to_owned()
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

pub async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(address(url)).await.expect("connects")
}

/// Sends bytes and collects what comes back until the end, or for `wait` at most.
pub async fn raw(url: &str, bytes: &[u8], wait: Duration) -> (Vec<u8>, End) {
    let mut stream = connect(url).await;
    let _ = stream.write_all(bytes).await;
    drain(&mut stream, wait).await
}

pub async fn drain(stream: &mut TcpStream, wait: Duration) -> (Vec<u8>, End) {
    let mut got = Vec::new();
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        match tokio::time::timeout_at(deadline, stream.read_buf(&mut got)).await {
            Err(_) => return (got, End::StillOpen),
            Ok(Ok(0)) => return (got, End::Fin),
            Ok(Ok(_)) if got.len() > 8 << 20 => return (got, End::StillOpen),
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return (got, End::Reset),
        }
    }
}

pub fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(bytes[..split].to_vec()).expect("ascii head");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let body = serde_json::from_slice(&bytes[split..]).unwrap_or(Value::Null);
    Answer { status, head, body }
}

pub async fn call(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = headers.to_vec();
    all.push(("connection", "close"));
    let (bytes, _) = raw(url, &request(method, path, &all, body), Duration::from_secs(10)).await;
    parse(&bytes)
}

pub const JSON: (&str, &str) = ("content-type", "application/json");

// --- Chaiport -----------------------------------------------------------------------------------------------

pub async fn token(sandbox: &Sandbox) -> String {
    let body = format!(
        r#"{{"imp_key":"{}","imp_secret":"{}"}}"#,
        credentials::CHAIPORT_KEY,
        credentials::CHAIPORT_SECRET
    );
    let answer = call(&sandbox.url(Gateway::Chaiport), "POST", "/users/getToken", &[JSON], &body).await;
    answer.body["response"]["access_token"].as_str().expect("a token").to_owned()
}

pub async fn chaiport_cancel(sandbox: &Sandbox, body: &Value) -> Answer {
    let token = token(sandbox).await;
    let headers = [JSON, ("authorization", token.as_str())];
    call(&sandbox.url(Gateway::Chaiport), "POST", "/payments/cancel", &headers, &body.to_string()).await
}

pub async fn chaiport_get(sandbox: &Sandbox, path: &str) -> Answer {
    let token = format!("Bearer {}", token(sandbox).await);
    call(&sandbox.url(Gateway::Chaiport), "GET", path, &[("authorization", token.as_str())], "").await
}

// --- Eximbay ------------------------------------------------------------------------------------------------

pub const BASIC: (&str, &str) = ("authorization", "Basic dGVzdF8xODQ5NzA1QzY0MkMyMTdFMEIyRDo=");

pub async fn eximbay(sandbox: &Sandbox, path: &str, body: &Value) -> Answer {
    call(&sandbox.url(Gateway::Eximbay), "POST", path, &[JSON, BASIC], &body.to_string()).await
}

pub fn eximbay_body(
    order: &str,
    amount: &str,
    balance: &str,
    kind: &str,
    part: &str,
    refund_id: &str,
) -> Value {
    serde_json::json!({
        "mid": "1849705C64",
        "refund": {"refund_type": kind, "refund_amount": part, "refund_id": refund_id, "reason": "변심"},
        "payment": {"order_id": order, "currency": "USD", "amount": amount, "balance": balance, "lang": "EN"},
    })
}

// --- Settlebank ---------------------------------------------------------------------------------------------

pub fn sha256(parts: &[&str]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(parts.concat()).iter().map(|b| format!("{b:02x}")).collect()
}

pub fn aes(plain: &str) -> String {
    use aes::cipher::{BlockCipherEncrypt, KeyInit};
    use base64::Engine;
    let cipher = aes::Aes256::new_from_slice(credentials::SETTLEBANK_AES_KEY.as_bytes()).expect("32 bytes");
    let mut bytes = plain.as_bytes().to_vec();
    let pad = 16 - bytes.len() % 16;
    bytes.extend(vec![pad as u8; pad]);
    for chunk in bytes.chunks_exact_mut(16) {
        let mut block = aes::Block::default();
        block.copy_from_slice(chunk);
        cipher.encrypt_block(&mut block);
        chunk.copy_from_slice(&block);
    }
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A standard request for an amount; `data` is added to.
pub fn standard(mid: &str, method: &str, biz: &str, number: &str, amount: &str, data: Value) -> Value {
    let hash = sha256(&["20261121", "100000", mid, number, amount, credentials::SETTLEBANK_LICENCE_KEY]);
    let mut whole = serde_json::json!({
        "params": {"mchtId": mid, "ver": "0A19", "method": method, "bizType": biz, "encCd": "23",
                   "mchtTrdNo": number, "trdDt": "20261121", "trdTm": "100000", "mobileYn": "N", "osType": "W"},
        "data": {"pktHash": hash},
    });
    if biz != "A2" {
        whole["data"]["cnclAmt"] = aes(amount).into();
        whole["data"]["crcCd"] = "KRW".into();
    }
    for (name, value) in data.as_object().expect("an object") {
        whole["data"][name] = value.clone();
    }
    whole
}

pub async fn settlebank(sandbox: &Sandbox, path: &str, body: &Value) -> Answer {
    call(&sandbox.url(Gateway::Settlebank), "POST", path, &[JSON], &body.to_string()).await
}

pub fn flat(mid: &str, id: &str, order: &str, date: &str, amount: &str) -> Value {
    let hash = sha256(&[id, order, date, amount, credentials::SETTLEBANK_LICENCE_KEY]);
    serde_json::json!({"mchtId": mid, "orgTrdNo": id, "orgMchtTrdNo": order, "orgTrdDt": date,
                       "canAmt": amount, "pktHash": hash})
}
