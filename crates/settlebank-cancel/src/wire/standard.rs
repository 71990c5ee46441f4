//! The standard form: `{"params": …, "data": …}` (Hecto PG spec 0A19, 2024-07-16; API pages of 2026-09).
//!
//! An optional field that an operation's table lists and that was not given is sent as `""`, unencrypted: the
//! documents say so, and every official SDK does it, so it is what the gateway is known to meet. Fields that
//! the operation's table does not list are left out ("send documented parameters only").

use pg_core::wire::WireRequest;
use pg_core::{BankScheme, Invalid, Money};
use serde::Serialize;
use time::OffsetDateTime;

use super::post;
use crate::aes::AesKey;
use crate::config::Credentials;
use crate::kst;
use crate::method::Method;
use crate::request::{RevokeRequest, StandardCancel, TaxSplit};
use crate::sign::pkt_hash;

const VERSION: &str = "0A19";
/// The 010 virtual-account pages print an older version.
const VERSION_010: &str = "0A18";
/// `encCd`: fields are encrypted with AES-256.
const ENCRYPTION: &str = "23";
/// What stands for the amount in the hash of a revocation.
const NO_AMOUNT: &str = "0";
const REVOKE_PATH: &str = "/spay/APIVBank.do";
const REVOKE_BIZ_TYPE: &str = "A2";

#[derive(Serialize)]
struct Body<'a, D> {
    params: Params<'a>,
    data: D,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    mcht_id: &'a str,
    ver: &'static str,
    method: &'static str,
    biz_type: &'static str,
    enc_cd: &'static str,
    mcht_trd_no: &'a str,
    trd_dt: String,
    trd_tm: String,
    mobile_yn: &'static str,
    os_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelData<'a> {
    pkt_hash: String,
    org_trd_no: &'a str,
    crc_cd: &'static str,
    cncl_ord: String,
    cncl_amt: String,
    #[serde(flatten)]
    tax: Option<Tax>,
    #[serde(skip_serializing_if = "Option::is_none")]
    svc_amt: Option<String>,
    #[serde(flatten)]
    refund: Option<Refund<'a>>,
    cncl_rsn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tax {
    tax_type_cd: &'static str,
    tax_amt: String,
    vat_amt: String,
    tax_free_amt: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    refund_bank_cd: &'static str,
    refund_acnt_no: String,
    refund_dpstr_nm: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RevokeData<'a> {
    pkt_hash: String,
    org_trd_no: &'a str,
    v_acnt_no: String,
}

pub(super) fn cancel(
    request: &StandardCancel,
    credentials: &Credentials,
    aes: &AesKey,
) -> Result<WireRequest, Invalid> {
    let method = request.method();
    let operation = request.operation();
    let parts = request.tax().and_then(TaxSplit::parts);
    let encrypted =
        |amount: Option<Money>| amount.map(|amount| aes.encrypt(&digits(amount))).unwrap_or_default();
    let tax = method.has_tax().then(|| Tax {
        tax_type_cd: request.tax().map_or("", |tax| tax.kind().code()),
        tax_amt: encrypted(parts.map(|parts| parts.taxable)),
        vat_amt: encrypted(parts.map(|parts| parts.vat)),
        tax_free_amt: encrypted(parts.map(|parts| parts.tax_free)),
    });
    let svc_amt = method.has_service_charge().then(|| encrypted(parts.and_then(|parts| parts.service)));
    let refund = match request.refund_account() {
        None => None,
        Some(account) => Some(Refund {
            refund_bank_cd: account
                .bank()
                .code(BankScheme::Hecto)
                .ok_or_else(|| Invalid::new("refund_account.bank", "must be in hecto's bank table"))?,
            refund_acnt_no: aes.encrypt(account.expose_number()),
            refund_dpstr_nm: account.expose_holder(),
        }),
    };
    let data = CancelData {
        pkt_hash: cancel_hash(request, credentials),
        org_trd_no: request.payment().trade_no(),
        crc_cd: request.amount().currency().code(),
        cncl_ord: format!("{:03}", request.sequence()),
        cncl_amt: encrypted(Some(request.amount())),
        tax,
        svc_amt,
        refund,
        cncl_rsn: request.reason().unwrap_or_default(),
    };
    let mut params = params(credentials, method, operation.biz_type(), request.tag().as_str(), request.at());
    params.mobile_yn = match request.on_mobile() {
        None => "",
        Some(true) => "Y",
        Some(false) => "N",
    };
    params.os_type = request.os_type().map_or("", crate::request::OsType::code);
    post(operation.path(), &Body { params, data })
}

pub(super) fn revoke(
    request: &RevokeRequest,
    credentials: &Credentials,
    aes: &AesKey,
) -> Result<WireRequest, Invalid> {
    let params =
        params(credentials, request.method(), REVOKE_BIZ_TYPE, request.tag().as_str(), request.made_at());
    let data = RevokeData {
        pkt_hash: revoke_hash(request, credentials),
        org_trd_no: request.trade_no(),
        v_acnt_no: aes.encrypt(request.expose_account_no()),
    };
    post(REVOKE_PATH, &Body { params, data })
}

/// The hash of a cancel: over the plain amount, as sent.
pub(crate) fn cancel_hash(request: &StandardCancel, credentials: &Credentials) -> String {
    hash(credentials, request.tag().as_str(), request.at(), &digits(request.amount()))
}

/// The hash of a revocation: over the character `0`.
pub(crate) fn revoke_hash(request: &RevokeRequest, credentials: &Credentials) -> String {
    hash(credentials, request.tag().as_str(), request.made_at(), NO_AMOUNT)
}

fn hash(credentials: &Credentials, order_no: &str, at: OffsetDateTime, amount: &str) -> String {
    let (day, time) = (kst::date_text(at.date()), kst::time_text(at));
    pkt_hash(&[&day, &time, &credentials.mid, order_no, amount], &credentials.licence_key)
}

/// An amount as Hecto writes it: won, or US dollars times 100.
fn digits(amount: Money) -> String {
    amount.minor().to_string()
}

fn params<'a>(
    credentials: &'a Credentials,
    method: Method,
    biz_type: &'static str,
    order_no: &'a str,
    at: OffsetDateTime,
) -> Params<'a> {
    Params {
        mcht_id: &credentials.mid,
        ver: if method == Method::VirtualAccount010 { VERSION_010 } else { VERSION },
        method: method.cancel_code(),
        biz_type,
        enc_cd: ENCRYPTION,
        mcht_trd_no: order_no,
        trd_dt: kst::date_text(at.date()),
        trd_tm: kst::time_text(at),
        mobile_yn: "",
        os_type: "",
    }
}
