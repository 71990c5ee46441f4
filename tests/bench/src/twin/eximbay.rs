//! Eximbay by hand.

use serde::{Deserialize, Serialize};

use super::{client, exchange};
use crate::measure::Client;

/// The answer, every field of the guide.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Answer {
    pub rescode: String,
    pub resmsg: Option<String>,
    pub errcode: Option<String>,
    pub mid: Option<String>,
    pub refund: Option<RefundPart>,
    pub payment: Option<PaymentPart>,
    pub foreign: Option<ForeignPart>,
    pub other_param: Option<OtherParam>,
}

/// `refund`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct RefundPart {
    pub refund_amount: Option<String>,
    pub refund_id: Option<String>,
    pub refund_date: Option<String>,
    pub refund_transaction_id: Option<String>,
}

/// `payment`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct PaymentPart {
    pub order_id: Option<String>,
    pub currency: Option<String>,
    pub amount: Option<String>,
    pub transaction_id: Option<String>,
    pub balance: Option<String>,
    pub base_amount: Option<String>,
    pub base_rate: Option<String>,
    pub dcc_rate: Option<String>,
    pub payment_method: Option<String>,
    pub auth_code: Option<String>,
}

/// `foreign`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct ForeignPart {
    pub foregin_currency: Option<String>,
    pub foregin_amount: Option<String>,
    pub foregin_rate: Option<String>,
}

/// `other_param`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct OtherParam {
    pub param1: Option<String>,
    pub param2: Option<String>,
    pub param3: Option<String>,
}

/// What is asked.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    mid: &'a str,
    refund: Refund<'a>,
    payment: Payment<'a>,
}

#[derive(Debug, Serialize)]
struct Refund<'a> {
    refund_type: &'a str,
    refund_amount: &'a str,
    refund_id: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Payment<'a> {
    order_id: &'a str,
    currency: &'a str,
    amount: &'a str,
    balance: &'a str,
    lang: &'a str,
}

impl<'a> Body<'a> {
    /// All of one payment.
    #[must_use]
    pub const fn new(refund_id: &'a str) -> Self {
        let refund = Refund { refund_type: "F", refund_amount: "1.00", refund_id, reason: "고객 변심" };
        let payment = Payment {
            order_id: "20220819105102",
            currency: "USD",
            amount: "1.00",
            balance: "1.00",
            lang: "EN",
        };
        Self { mid: "1849705C64", refund, payment }
    }
}

/// The client.
#[derive(Debug, Clone)]
pub struct Twin {
    client: reqwest::Client,
    base: String,
}

impl Twin {
    /// To `127.0.0.1:port`.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self { client: client(), base: format!("http://127.0.0.1:{port}") }
    }
}

impl Client for Twin {
    type Lane = ();

    async fn lane(&self) -> Result<(), String> {
        Ok(())
    }

    async fn cancel(&self, _lane: &mut (), number: u64) -> Result<(), String> {
        let refund_id = format!("caaaaaaaaaaaaaa{number:012}");
        let request = self
            .client
            .post(format!("{}/v1/payments/1849705C6420220922000013/cancel", self.base))
            .header("authorization", "Basic dGVzdF8xODQ5NzA1QzY0MkMyMTdFMENFNjo=");
        let answer: Answer = exchange(request, &Body::new(&refund_id)).await?;
        let same = answer.refund.is_some_and(|refund| refund.refund_id.as_deref() == Some(&*refund_id));
        if answer.rescode == "0000" && same { Ok(()) } else { Err("refused".to_owned()) }
    }
}
