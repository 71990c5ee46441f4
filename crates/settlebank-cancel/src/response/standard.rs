//! Answers in the standard form (API pages of 2026-09; WEB API specification of 2024-07-16).

use std::fmt;

use pg_core::json::{self, JsonFault, object, scalar_text};
use pg_core::text::Word;
use pg_core::{Currency, GatewayText};
use serde::Deserialize;

use super::account::AnswerAccount;
use super::amount::AnswerAmount;
use super::field::{Section, deciding_text};
use super::message::{kept_code, message};
use super::told;
use crate::aes::AesKey;
use crate::classify::{FAILED, SUCCEEDED};
use crate::codes::{self, Family};

#[derive(Deserialize)]
struct Raw {
    #[serde(default, deserialize_with = "object")]
    params: Option<RawParams>,
    // missing, null or blank on failure
    #[serde(default)]
    data: Section<RawData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawParams {
    out_stat_cd: String,
    out_rslt_cd: String,
    #[serde(default, deserialize_with = "scalar_text")]
    out_rslt_msg: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    mcht_id: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    ver: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    method: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    biz_type: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    enc_cd: Option<String>,
    #[serde(default, deserialize_with = "deciding_text")]
    mcht_trd_no: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    trd_no: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    trd_dt: Option<String>,
    #[serde(default, deserialize_with = "scalar_text")]
    trd_tm: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RawData {
    #[serde(deserialize_with = "deciding_text")]
    pkt_hash: Option<String>,
    #[serde(deserialize_with = "deciding_text")]
    org_trd_no: Option<String>,
    #[serde(deserialize_with = "deciding_text")]
    cncl_amt: Option<String>,
    #[serde(deserialize_with = "deciding_text")]
    blc_amt: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    card_cncl_amt: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    pnt_cncl_amt: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    coup_cncl_amt: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    dc_cncl_amt: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    dc_cncl_yn: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    rfd_psbl_cd: Option<String>,
    #[serde(deserialize_with = "scalar_text")]
    acnt_type: Option<String>,
    #[serde(deserialize_with = "deciding_text")]
    v_acnt_no: Option<String>,
    // the inquiry's
    #[serde(deserialize_with = "deciding_text")]
    method: Option<String>,
    #[serde(deserialize_with = "deciding_text")]
    trd_amt: Option<String>,
}

/// An answer in the standard form: to a cancel, a refund, the revocation of a virtual account, or an inquiry.
///
/// `Debug` shows codes, numbers and amounts, neither message nor account.
#[derive(Clone)]
#[non_exhaustive]
pub struct StandardAnswer {
    /// `outStatCd`: `0021` success, `0031` failure. To an inquiry it only says whether the query worked.
    pub status: String,
    /// `outRsltCd`: `0000`, or why not; see [`codes`]. Verbatim, but for secrets in a code that is on
    /// no list.
    pub code: String,
    /// `outRsltMsg`. Free text: it may name people.
    pub message: GatewayText,
    /// `mchtId`. Some published samples print another MID than the request's, so it is not compared.
    pub mid: Option<String>,
    /// `ver`.
    pub version: Option<String>,
    /// `method`, of `params`; an inquiry has it in `data`, which goes before.
    pub method: Option<String>,
    /// `bizType`.
    pub biz_type: Option<String>,
    /// `encCd`.
    pub encryption: Option<String>,
    /// `mchtTrdNo`: the request's own number, sent back.
    pub order_no: Option<String>,
    /// `trdNo`: Hecto's number of **this** trade (the cancel), at most 40 characters.
    pub trade_no: Option<String>,
    /// `trdDt`, `yyyyMMdd`, sent back.
    pub date: Option<String>,
    /// `trdTm`, `HHmmss`, sent back (or, on one sample, another time).
    pub time: Option<String>,
    /// `pktHash`: the request's hash, sent back as it is. It proves nothing about codes or amounts.
    pub hash: Option<String>,
    /// `orgTrdNo`: Hecto's number of the payment.
    pub original_trade_no: Option<String>,
    /// `cnclAmt`: what was cancelled; to an inquiry, what has been cancelled in all.
    pub cancelled: AnswerAmount,
    /// `blcAmt`: what can still be cancelled. Vouchers, T-money and points have none.
    pub remaining: AnswerAmount,
    /// `cardCnclAmt`: the part cancelled on the card (cards, easy pays).
    pub card_part: AnswerAmount,
    /// `pntCnclAmt`: the part cancelled in points (cards, easy pays).
    pub point_part: AnswerAmount,
    /// `coupCnclAmt`: the part cancelled in coupons (easy pays).
    pub coupon_part: AnswerAmount,
    /// `dcCnclAmt`: the discount cancelled (cards, 2026). No document says whether it is encrypted.
    pub discount_part: AnswerAmount,
    /// `dcCnclYn`: whether a discount was cancelled (cards, 2026).
    pub discount_cancelled: Option<bool>,
    /// `rfdPsblCd`: whether a mobile payment could be refunded later instead.
    pub later_refund: Option<LaterRefund>,
    /// `acntType`: `3` fixed account, `4` the 010 kind (revocations).
    pub account_type: Option<String>,
    /// `vAcntNo`, decrypted: the virtual account that was revoked.
    pub virtual_account: AnswerAccount,
    /// `trdAmt`: what was paid (inquiries).
    pub paid: AnswerAmount,
    /// Whether there was a `data` that could not be read: no object, or one with a known field twice. What it told is
    /// lost then, and everything that would come from it is absent here.
    pub data_unreadable: bool,
}

/// `rfdPsblCd`: whether a mobile payment can be refunded into an account when its month is over.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaterRefund {
    /// `Y`
    Possible,
    /// `N`: the merchant is not registered for it.
    NotRegistered,
    /// `C`: its conditions are not met.
    ConditionsNotMet,
    /// Any other value.
    Other(String),
}

impl fmt::Debug for LaterRefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Possible => f.write_str("Possible"),
            Self::NotRegistered => f.write_str("NotRegistered"),
            Self::ConditionsNotMet => f.write_str("ConditionsNotMet"),
            Self::Other(word) => f.debug_tuple("Other").field(&Word(word)).finish(),
        }
    }
}

impl From<String> for LaterRefund {
    fn from(text: String) -> Self {
        match text.as_str() {
            "Y" => Self::Possible,
            "N" => Self::NotRegistered,
            "C" => Self::ConditionsNotMet,
            _ => Self::Other(text),
        }
    }
}

/// Reads an answer in the standard form. `currency` is the request's (answers carry none); `sensitive` are
/// the values to be blanked out in the message and in a code that is on no list.
///
/// # Errors
/// [`JsonFault`] when it is no such JSON: `params`, `outStatCd` or `outRsltCd` missing or of another type.
pub fn parse_standard(
    body: &[u8],
    currency: Currency,
    aes: Option<&AesKey>,
    sensitive: &[&str],
) -> Result<StandardAnswer, JsonFault> {
    let Raw { params, data } = json::parse(body)?;
    let params = params.ok_or(JsonFault::Malformed)?;
    let (data, data_unreadable) = match data {
        Section::Nothing => (RawData::default(), false),
        Section::Unreadable => (RawData::default(), true),
        Section::Told(data) => (data, false),
    };
    let known_status = matches!(params.out_stat_cd.as_str(), SUCCEEDED | FAILED);
    let listed = codes::find(Family::Common, &params.out_rslt_cd).is_some();
    let amount = |text: &Option<String>| AnswerAmount::read(text.as_deref(), currency, aes);
    Ok(StandardAnswer {
        status: kept_code(params.out_stat_cd, known_status, sensitive),
        code: kept_code(params.out_rslt_cd, listed, sensitive),
        message: message(params.out_rslt_msg.as_deref(), sensitive),
        mid: told(params.mcht_id),
        version: told(params.ver),
        method: told(data.method).or_else(|| told(params.method)),
        biz_type: told(params.biz_type),
        encryption: told(params.enc_cd),
        order_no: told(params.mcht_trd_no),
        trade_no: told(params.trd_no),
        date: told(params.trd_dt),
        time: told(params.trd_tm),
        hash: told(data.pkt_hash),
        original_trade_no: told(data.org_trd_no),
        cancelled: amount(&data.cncl_amt),
        remaining: amount(&data.blc_amt),
        card_part: amount(&data.card_cncl_amt),
        point_part: amount(&data.pnt_cncl_amt),
        coupon_part: amount(&data.coup_cncl_amt),
        discount_part: amount(&data.dc_cncl_amt),
        discount_cancelled: data.dc_cncl_yn.and_then(|text| match text.as_str() {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        }),
        later_refund: told(data.rfd_psbl_cd).map(LaterRefund::from),
        account_type: told(data.acnt_type),
        virtual_account: AnswerAccount::read(data.v_acnt_no.as_deref(), aes),
        paid: amount(&data.trd_amt),
        data_unreadable,
    })
}

impl fmt::Debug for StandardAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardAnswer")
            .field("status", &Word(&self.status))
            .field("code", &Word(&self.code))
            .field("order_no", &Word::of(&self.order_no))
            .field("trade_no", &Word::of(&self.trade_no))
            .field("original_trade_no", &Word::of(&self.original_trade_no))
            .field("cancelled", &self.cancelled)
            .field("remaining", &self.remaining)
            .field("paid", &self.paid)
            .finish_non_exhaustive()
    }
}
