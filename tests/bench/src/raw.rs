//! The limits: fixed bytes over a bare socket, over hyper, over reqwest. Nobody reads the answer.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::kind::GatewayKind;
use crate::measure::Client;
use crate::mock::content_length;

/// A request as it is, again and again.
#[derive(Debug)]
pub struct Fixed {
    authority: String,
    path: &'static str,
    authorization: &'static str,
    body: Bytes,
}

impl Fixed {
    /// The request of a gateway's cancel to `127.0.0.1:port`.
    #[must_use]
    pub fn new(kind: GatewayKind, port: u16) -> Self {
        let (path, authorization, body) = match kind {
            GatewayKind::Chaiport => (
                "/payments/cancel",
                "a9ace025c90c0da2161075da6ddd3492a2fca776",
                r#"{"reason":"[c:caaaaaaaaaaaaaaaaaaaaaaaaaa] 고객 변심","imp_uid":"imp_000000000001","amount":35000,"checksum":35000}"#,
            ),
            GatewayKind::Eximbay => (
                "/v1/payments/1849705C6420220922000013/cancel",
                "Basic dGVzdF8xODQ5NzA1QzY0MkMyMTdFMENFNjo=",
                r#"{"mid":"1849705C64","refund":{"refund_type":"F","refund_amount":"1.00","refund_id":"caaaaaaaaaaaaaaaaaaaaaaaaaa","reason":"고객 변심"},"payment":{"order_id":"20220819105102","currency":"USD","amount":"1.00","balance":"1.00","lang":"EN"}}"#,
            ),
            GatewayKind::Settlebank => (
                "/spay/APICancel.do",
                "",
                r#"{"params":{"mchtId":"nxca_jt_il","ver":"0A19","method":"CA","bizType":"C0","encCd":"23","mchtTrdNo":"caaaaaaaaaaaaaaaaaaaaaaaaaa","trdDt":"20261121","trdTm":"210000","mobileYn":"","osType":""},"data":{"pktHash":"f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b","orgTrdNo":"STFP_PGCAnxca_jt_il0211129135810M1494620","crcCd":"KRW","cnclOrd":"001","cnclAmt":"AntV/eDpxIaKF0hJiePDKA==","taxTypeCd":"","taxAmt":"","vatAmt":"","taxFreeAmt":"","svcAmt":"","cnclRsn":"고객 변심"}}"#,
            ),
            GatewayKind::SettlebankFlat => (
                "/spay/APICancel.do",
                "",
                r#"{"mchtId":"nxca_jt_il","orgTrdNo":"STFP_PGCAnxca_jt_il0211129135810M1494620","orgMchtTrdNo":"ORDER-1","orgTrdDt":"20211129","canAmt":"1000","pktHash":"f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b"}"#,
            ),
        };
        let body = Bytes::from_static(body.as_bytes());
        Self { authority: format!("127.0.0.1:{port}"), path, authorization, body }
    }

    fn bytes(&self) -> Vec<u8> {
        let (Self { authority, path, authorization, body }, json) = (self, "application/json");
        let length = body.len();
        let mut bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: {json}\r\nauthorization: {authorization}\r\n\
             content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let stream = TcpStream::connect(&self.authority).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(stream)
    }
}

/// A bare socket.
#[derive(Debug, Clone)]
pub struct Floor(pub Arc<Fixed>);

/// One connection of it.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// Length of the answer, once one has come.
    length: Option<usize>,
}

impl Client for Floor {
    type Lane = Socket;

    async fn lane(&self) -> Result<Socket, String> {
        let stream = self.0.connect().await?;
        Ok(Socket { stream, request: self.0.bytes(), answer: Vec::with_capacity(16 * 1024), length: None })
    }

    async fn cancel(&self, lane: &mut Socket, _number: u64) -> Result<(), String> {
        lane.stream.write_all(&lane.request).await.map_err(|error| error.to_string())?;
        lane.answer.clear();
        loop {
            if lane.length.is_some_and(|length| lane.answer.len() >= length) {
                return Ok(());
            }
            let read = lane.stream.read_buf(&mut lane.answer).await.map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("the connection was closed".to_owned());
            }
            if lane.length.is_none() {
                let head = lane.answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
                lane.length = head.and_then(|head| Some(head + content_length(&lane.answer[..head])?));
            }
        }
    }
}

/// hyper's HTTP/1 connection.
#[derive(Debug, Clone)]
pub struct Hyper(pub Arc<Fixed>);

impl Client for Hyper {
    type Lane = http1::SendRequest<Full<Bytes>>;

    async fn lane(&self) -> Result<Self::Lane, String> {
        let io = TokioIo::new(self.0.connect().await?);
        let (sender, connection) = http1::handshake(io).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn cancel(&self, lane: &mut Self::Lane, _number: u64) -> Result<(), String> {
        let request = hyper::Request::post(self.0.path)
            .header("host", &self.0.authority)
            .header("content-type", "application/json")
            .header("authorization", self.0.authorization)
            .body(Full::new(self.0.body.clone()))
            .map_err(|error| error.to_string())?;
        lane.ready().await.map_err(|error| error.to_string())?;
        let response = lane.send_request(request).await.map_err(|error| error.to_string())?;
        let good = response.status() == 200;
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        if good && !body.is_empty() { Ok(()) } else { Err("no answer".to_owned()) }
    }
}

/// reqwest.
#[derive(Debug, Clone)]
pub struct ReqwestBytes {
    client: reqwest::Client,
    url: String,
    fixed: Arc<Fixed>,
}

impl ReqwestBytes {
    /// With reqwest's own settings.
    #[must_use]
    pub fn new(fixed: Arc<Fixed>) -> Self {
        let client = reqwest::Client::builder().build().expect("a client");
        Self { client, url: format!("http://{}{}", fixed.authority, fixed.path), fixed }
    }
}

impl Client for ReqwestBytes {
    type Lane = ();

    async fn lane(&self) -> Result<(), String> {
        Ok(())
    }

    async fn cancel(&self, _lane: &mut (), _number: u64) -> Result<(), String> {
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("authorization", self.fixed.authorization)
            .body(self.fixed.body.clone());
        let response = request.send().await.map_err(|error| error.to_string())?;
        let body = response.bytes().await.map_err(|error| error.to_string())?;
        if body.is_empty() { Err("no answer".to_owned()) } else { Ok(()) }
    }
}
