//! The flat form, as the developer-site prototype shows it (2025-09).

use pg_core::Invalid;
use pg_core::wire::WireRequest;
use serde::Serialize;

use super::post;
use crate::config::Credentials;
use crate::kst;
use crate::request::FlatCancel;
use crate::sign::pkt_hash;

const PATH: &str = "/spay/APICancel.do";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    mcht_id: &'a str,
    org_trd_no: &'a str,
    org_mcht_trd_no: &'a str,
    org_trd_dt: &'a str,
    can_amt: &'a str,
    pkt_hash: String,
}

pub(super) fn cancel(request: &FlatCancel, credentials: &Credentials) -> Result<WireRequest, Invalid> {
    let payment = request.payment();
    let day = kst::date_text(payment.paid_on());
    let amount = request.amount().minor().to_string();
    let pkt_hash =
        pkt_hash(&[payment.trade_no(), payment.order_no(), &day, &amount], &credentials.licence_key);
    let body = Body {
        mcht_id: &credentials.mid,
        org_trd_no: payment.trade_no(),
        org_mcht_trd_no: payment.order_no(),
        org_trd_dt: &day,
        can_amt: &amount,
        pkt_hash,
    };
    post(PATH, &body)
}
