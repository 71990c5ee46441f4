//! Settlebank by hand, in both forms.

use std::fmt::Write as _;
use std::sync::Arc;

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use settlebank_cancel::{SANDBOX_AES_KEY, SANDBOX_LICENCE_KEY};
use sha2::{Digest as _, Sha256};

use super::{client, exchange};
use crate::measure::Client;

/// SHA-256 of the parts and the key, in hexadecimal.
#[must_use]
pub fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.update(SANDBOX_LICENCE_KEY);
    hasher.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// The key with its schedule.
#[must_use]
pub fn key() -> Aes256 {
    Aes256::new_from_slice(SANDBOX_AES_KEY.as_bytes()).expect("32 bytes")
}

/// One short field, encrypted.
#[must_use]
pub fn encrypt(aes: &Aes256, text: &str) -> String {
    let padding = 16 - text.len() % 16;
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(text.len() + padding, u8::try_from(padding).unwrap_or(16));
    for block in bytes.chunks_exact_mut(16) {
        aes.encrypt_block(<&mut Array<u8, _>>::try_from(block).expect("a block"));
    }
    STANDARD.encode(bytes)
}

/// One field, decrypted.
#[must_use]
pub fn decrypt(aes: &Aes256, text: &str) -> Option<String> {
    let mut bytes = STANDARD.decode(text).ok()?;
    for block in bytes.chunks_exact_mut(16) {
        aes.decrypt_block(<&mut Array<u8, _>>::try_from(block).ok()?);
    }
    let padding = usize::from(*bytes.last()?);
    bytes.truncate(bytes.len().checked_sub(padding)?);
    String::from_utf8(bytes).ok()
}

/// The answer in the standard form.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Answer {
    pub params: Params,
    pub data: Data,
}

/// `params`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Params {
    pub out_stat_cd: String,
    pub out_rslt_cd: String,
    pub out_rslt_msg: Option<String>,
    pub mcht_id: Option<String>,
    pub ver: Option<String>,
    pub method: Option<String>,
    pub biz_type: Option<String>,
    pub enc_cd: Option<String>,
    pub mcht_trd_no: Option<String>,
    pub trd_no: Option<String>,
    pub trd_dt: Option<String>,
    pub trd_tm: Option<String>,
}

/// `data`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Data {
    pub pkt_hash: Option<String>,
    pub org_trd_no: Option<String>,
    pub cncl_amt: Option<String>,
    pub blc_amt: Option<String>,
    pub card_cncl_amt: Option<String>,
    pub pnt_cncl_amt: Option<String>,
    pub coup_cncl_amt: Option<String>,
    pub dc_cncl_amt: Option<String>,
    pub dc_cncl_yn: Option<String>,
}

impl Data {
    /// Every amount, decrypted.
    pub fn amounts(&self, aes: &Aes256) -> impl Iterator<Item = i64> {
        let all = [&self.cncl_amt, &self.blc_amt, &self.card_cncl_amt, &self.pnt_cncl_amt, &self.dc_cncl_amt];
        all.into_iter().filter_map(|text| decrypt(aes, text.as_deref()?)?.parse().ok())
    }
}

/// The answer in the flat form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct FlatAnswer {
    pub result_code: String,
    pub result_msg: Option<String>,
    pub can_trd_no: Option<String>,
}

/// What is asked in the standard form.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    params: AskedParams<'a>,
    data: AskedData<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AskedParams<'a> {
    mcht_id: &'a str,
    ver: &'a str,
    method: &'a str,
    biz_type: &'a str,
    enc_cd: &'a str,
    mcht_trd_no: &'a str,
    trd_dt: &'a str,
    trd_tm: &'a str,
    mobile_yn: &'a str,
    os_type: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AskedData<'a> {
    pkt_hash: String,
    org_trd_no: &'a str,
    crc_cd: &'a str,
    cncl_ord: &'a str,
    cncl_amt: String,
    tax_type_cd: &'a str,
    tax_amt: &'a str,
    vat_amt: &'a str,
    tax_free_amt: &'a str,
    svc_amt: &'a str,
    cncl_rsn: &'a str,
}

impl<'a> Body<'a> {
    /// All of one card payment.
    #[must_use]
    pub fn new(aes: &Aes256, order_no: &'a str) -> Self {
        let (mid, day, time) = ("nxca_jt_il", "20261121", "210000");
        let params = AskedParams {
            mcht_id: mid,
            ver: "0A19",
            method: "CA",
            biz_type: "C0",
            enc_cd: "23",
            mcht_trd_no: order_no,
            trd_dt: day,
            trd_tm: time,
            mobile_yn: "",
            os_type: "",
        };
        let data = AskedData {
            pkt_hash: hash(&[day, time, mid, order_no, "1000"]),
            org_trd_no: "STFP_PGCAnxca_jt_il0211129135810M1494620",
            crc_cd: "KRW",
            cncl_ord: "001",
            cncl_amt: encrypt(aes, "1000"),
            tax_type_cd: "",
            tax_amt: "",
            vat_amt: "",
            tax_free_amt: "",
            svc_amt: "",
            cncl_rsn: "고객 변심",
        };
        Self { params, data }
    }
}

/// What is asked in the flat form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlatBody<'a> {
    mcht_id: &'a str,
    org_trd_no: &'a str,
    org_mcht_trd_no: &'a str,
    org_trd_dt: &'a str,
    can_amt: &'a str,
    pkt_hash: String,
}

impl<'a> FlatBody<'a> {
    /// All of one payment.
    #[must_use]
    pub fn new(order_no: &'a str) -> Self {
        let (trade, day, amount) = ("STFP_PGCAnxca_jt_il0211129135810M1494620", "20211129", "1000");
        Self {
            mcht_id: "nxca_jt_il",
            org_trd_no: trade,
            org_mcht_trd_no: order_no,
            org_trd_dt: day,
            can_amt: amount,
            pkt_hash: hash(&[trade, order_no, day, amount]),
        }
    }
}

/// The client.
#[derive(Clone)]
pub struct Twin {
    client: reqwest::Client,
    base: String,
    aes: Arc<Aes256>,
    flat: bool,
}

impl std::fmt::Debug for Twin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Twin")
    }
}

impl Twin {
    /// To `127.0.0.1:port`.
    #[must_use]
    pub fn new(port: u16, flat: bool) -> Self {
        Self { client: client(), base: format!("http://127.0.0.1:{port}"), aes: Arc::new(key()), flat }
    }

    async fn flat(&self, request: reqwest::RequestBuilder, order_no: &str) -> Result<(), String> {
        let answer: FlatAnswer = exchange(request, &FlatBody::new(order_no)).await?;
        let good = answer.result_code == "0000" && answer.can_trd_no.is_some();
        if good { Ok(()) } else { Err("refused".to_owned()) }
    }
}

impl Client for Twin {
    type Lane = ();

    async fn lane(&self) -> Result<(), String> {
        Ok(())
    }

    async fn cancel(&self, _lane: &mut (), number: u64) -> Result<(), String> {
        let request = self.client.post(format!("{}/spay/APICancel.do", self.base));
        let order_no = format!("caaaaaaaaaaaaaa{number:012}");
        if self.flat {
            return self.flat(request, &order_no).await;
        }
        let answer: Answer = exchange(request, &Body::new(&self.aes, &order_no)).await?;
        let done = answer.params.out_stat_cd == "0021" && answer.data.amounts(&self.aes).next() == Some(1000);
        if done { Ok(()) } else { Err("refused".to_owned()) }
    }
}
