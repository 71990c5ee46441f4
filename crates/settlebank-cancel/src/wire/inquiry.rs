//! The inquiry, `/spay/APITrdcheck.do` (Hecto inquiry page, 2026-09). Moves nothing.

use pg_core::wire::WireRequest;
use pg_core::{AttemptTag, Invalid};
use serde::Serialize;
use time::OffsetDateTime;

use super::post;
use crate::config::Credentials;
use crate::kst;
use crate::method::Method;
use crate::payment::PaymentRecord;
use crate::sign::pkt_hash;

const PATH: &str = "/spay/APITrdcheck.do";
const VERSION: &str = "0A1M";
/// Longest `orgTrdNo` of the inquiry.
const MAX_TRADE_NO: usize = 40;

/// An inquiry about one payment: a question with a number and a time of its own.
///
/// Hecto searches from the day before the payment to the day after it.
#[derive(Debug, Clone)]
pub struct Inquiry {
    payment: PaymentRecord,
    method: Method,
    tag: AttemptTag,
    at: OffsetDateTime,
}

impl Inquiry {
    /// An inquiry made now, with a random number.
    ///
    /// # Errors
    /// [`Invalid`] naming `method` when the record has none, or `tag` (no randomness).
    pub fn new(payment: &PaymentRecord) -> Result<Self, Invalid> {
        Self::with(payment, AttemptTag::random()?, OffsetDateTime::now_utc())
    }

    /// An inquiry with a number (`mchtTrdNo`) and time of the caller's.
    ///
    /// # Errors
    /// [`Invalid`] naming `method` or `at`.
    pub fn with(payment: &PaymentRecord, tag: AttemptTag, at: OffsetDateTime) -> Result<Self, Invalid> {
        let method = payment
            .method()
            .ok_or_else(|| Invalid::new("method", "must be given: the inquiry asks for it"))?;
        Ok(Self { payment: payment.clone(), method, tag, at: kst::frozen(at)? })
    }

    /// The payment asked about.
    #[must_use]
    pub const fn payment(&self) -> &PaymentRecord {
        &self.payment
    }

    /// The payment's method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The inquiry's own number (`mchtTrdNo`).
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    fn amount(&self) -> String {
        self.payment.paid().minor().to_string()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    params: Params<'a>,
    data: Data<'a>,
}

/// Unlike a cancel's, they have no method, `bizType` or `encCd`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    mcht_id: &'a str,
    ver: &'static str,
    mcht_trd_no: &'a str,
    trd_dt: String,
    trd_tm: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    pkt_hash: String,
    method: &'static str,
    trd_amt: String,
    org_trd_dt: String,
    org_mcht_trd_no: &'a str,
    org_trd_no: &'a str,
}

pub(super) fn build(inquiry: &Inquiry, credentials: &Credentials) -> Result<WireRequest, Invalid> {
    let payment = &inquiry.payment;
    // optional here, and helpful; one of the flat form's longer numbers would not fit
    let org_trd_no = if payment.trade_no().len() <= MAX_TRADE_NO { payment.trade_no() } else { "" };
    let body = Body {
        params: Params {
            mcht_id: &credentials.mid,
            ver: VERSION,
            mcht_trd_no: inquiry.tag.as_str(),
            trd_dt: kst::date_text(inquiry.at.date()),
            trd_tm: kst::time_text(inquiry.at),
        },
        data: Data {
            pkt_hash: hash(inquiry, credentials),
            method: inquiry.method.inquiry_code(),
            trd_amt: inquiry.amount(),
            org_trd_dt: kst::date_text(payment.paid_on()),
            org_mcht_trd_no: payment.order_no(),
            org_trd_no,
        },
    };
    post(PATH, &body)
}

/// The hash of an inquiry: over the amount that was paid, plain.
pub(crate) fn hash(inquiry: &Inquiry, credentials: &Credentials) -> String {
    let (day, time) = (kst::date_text(inquiry.at.date()), kst::time_text(inquiry.at));
    let parts = [&day, &time, credentials.mid.as_str(), inquiry.tag.as_str(), &inquiry.amount()];
    pkt_hash(&parts, &credentials.licence_key)
}
