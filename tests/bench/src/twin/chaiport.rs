//! Chaiport by hand.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{client, exchange};
use crate::measure::Client;

/// `{"code", "message", "response"}`.
#[derive(Debug, Deserialize)]
pub struct Envelope<T> {
    /// 0 is success.
    pub code: i64,
    /// What is wrong.
    pub message: Option<String>,
    /// The payload.
    pub response: Option<T>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    now: u64,
    expired_at: u64,
}

macro_rules! payment {
    ($($name:ident: $type:ty,)*) => {
        /// Every field of the published schema.
        #[derive(Debug, Deserialize)]
        #[allow(missing_docs, reason = "named as on the wire")]
        pub struct Payment {
            $(pub $name: $type,)*
            #[serde(default)]
            pub sandbox: Option<bool>,
            #[serde(default)]
            pub cancel_history: Vec<Cancel>,
            #[serde(default)]
            pub cancel_receipt_urls: Vec<String>,
            #[serde(default)]
            pub promotion: Option<Promotion>,
        }
    };
}

payment! {
    imp_uid: String,
    merchant_uid: String,
    pay_method: Option<String>,
    channel: Option<String>,
    pg_provider: Option<String>,
    emb_pg_provider: Option<String>,
    pg_tid: Option<String>,
    pg_id: Option<String>,
    escrow: Option<bool>,
    apply_num: Option<String>,
    bank_code: Option<String>,
    bank_name: Option<String>,
    card_code: Option<String>,
    card_name: Option<String>,
    card_issuer_code: Option<String>,
    card_issuer_name: Option<String>,
    card_publisher_code: Option<String>,
    card_publisher_name: Option<String>,
    card_quota: Option<i64>,
    card_number: Option<String>,
    card_type: Option<i64>,
    vbank_code: Option<String>,
    vbank_name: Option<String>,
    vbank_num: Option<String>,
    vbank_holder: Option<String>,
    vbank_date: Option<i64>,
    vbank_issued_at: Option<i64>,
    name: Option<String>,
    amount: i64,
    cancel_amount: i64,
    currency: String,
    buyer_name: Option<String>,
    buyer_email: Option<String>,
    buyer_tel: Option<String>,
    buyer_addr: Option<String>,
    buyer_postcode: Option<String>,
    custom_data: Option<String>,
    user_agent: Option<String>,
    status: String,
    started_at: Option<i64>,
    paid_at: Option<i64>,
    failed_at: Option<i64>,
    cancelled_at: Option<i64>,
    fail_reason: Option<String>,
    cancel_reason: Option<String>,
    receipt_url: Option<String>,
    cash_receipt_issued: Option<bool>,
    customer_uid: Option<String>,
    customer_uid_usage: Option<String>,
}

/// One cancel of the history.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Cancel {
    pub pg_tid: Option<String>,
    pub amount: i64,
    pub cancelled_at: Option<i64>,
    pub reason: Option<String>,
    pub cancellation_id: Option<String>,
    pub receipt_url: Option<String>,
}

/// The promotion.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Promotion {
    pub id: Option<String>,
    pub discount: Option<i64>,
}

/// What is asked.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Body<'a> {
    pub reason: &'a str,
    pub imp_uid: &'a str,
    pub amount: i64,
    pub checksum: i64,
}

#[derive(Serialize)]
struct Keys {
    imp_key: &'static str,
    imp_secret: &'static str,
}

/// The client.
#[derive(Debug, Clone)]
pub struct Twin {
    client: reqwest::Client,
    base: String,
    token: Arc<Mutex<Option<(String, Instant)>>>,
}

impl Twin {
    /// To `127.0.0.1:port`.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self { client: client(), base: format!("http://127.0.0.1:{port}"), token: Arc::default() }
    }

    async fn token(&self) -> Result<String, String> {
        if let Some((token, until)) = self.token.lock().ok().and_then(|token| token.clone())
            && Instant::now() < until
        {
            return Ok(token);
        }
        let request = self.client.post(format!("{}/users/getToken", self.base));
        let keys = Keys { imp_key: "1111111111111111", imp_secret: "bench-secret-0123456789" };
        let envelope: Envelope<Token> = exchange(request, &keys).await?;
        let token = envelope.response.ok_or("no token")?;
        let left = token.expired_at.saturating_sub(token.now).saturating_sub(60);
        if let Ok(mut kept) = self.token.lock() {
            *kept = Some((token.access_token.clone(), Instant::now() + Duration::from_secs(left)));
        }
        Ok(token.access_token)
    }
}

impl Client for Twin {
    type Lane = ();

    async fn lane(&self) -> Result<(), String> {
        Ok(())
    }

    async fn cancel(&self, _lane: &mut (), number: u64) -> Result<(), String> {
        let imp_uid = format!("imp_{number:012}");
        let reason = format!("[c:caaaaaaaaaaaaaa{number:012}] 고객 변심");
        let token = self.token().await?;
        let request =
            self.client.post(format!("{}/payments/cancel", self.base)).header("authorization", token);
        let body = Body { reason: &reason, imp_uid: &imp_uid, amount: 35_000, checksum: 35_000 };
        let envelope: Envelope<Payment> = exchange(request, &body).await?;
        let payment = envelope.response.filter(|_| envelope.code == 0).ok_or("refused")?;
        if payment.imp_uid == imp_uid && payment.cancel_amount == 35_000 {
            Ok(())
        } else {
            Err("another payment".to_owned())
        }
    }
}
