//! `POST /spay/APITrdcheck.do`: the state of a trade, found by order number, date and amount.

use serde_json::json;

use super::crypto::hash;
use super::standard::{No, echoed, failure, no};
use crate::body::{Fields, Scalar};
use crate::clock::{days_between, is_date8, is_time6};
use crate::credentials::{SETTLEBANK_LICENCE_KEY, SETTLEBANK_MIDS};
use crate::ledger::{Books, Record, Status};
use crate::world::{Reply, World};

const PARAMS: [(&str, usize, &str, &str); 5] = [
    ("mchtId", 12, "1001", "1101"),
    ("ver", 4, "ST09", "ST09"),
    ("mchtTrdNo", 100, "1005", "1105"),
    ("trdDt", 8, "1003", "1103"),
    ("trdTm", 6, "1004", "1104"),
];
const DATA: [(&str, usize, &str, &str); 6] = [
    ("pktHash", 64, "ST09", "1127"),
    ("method", 2, "1002", "1102"),
    ("trdAmt", 12, "1009", "1109"),
    ("orgTrdDt", 8, "ST09", "ST09"),
    ("orgMchtTrdNo", 100, "ST09", "ST09"),
    ("orgTrdNo", 40, "", "ST09"),
];
const METHODS: [&str; 16] =
    ["CA", "RA", "MP", "VA", "TC", "CG", "CP", "BG", "TM", "SG", "WL", "KP", "NP", "PC", "TS", "HM"];

pub(super) fn answer(world: &World, books: &mut Books, fields: &Fields) -> Reply {
    let view = books.look(world.clock.now());
    let params = fields.object("params").unwrap_or_default();
    match find(books, fields, &params) {
        Ok((record, data)) => found(&record.as_of(view), &params, &data),
        Err((code, message)) => Reply::new(200, failure(&params, code, &message, None)),
    }
}

fn shape(fields: &Fields, members: &[(&str, usize, &'static str, &'static str)]) -> Result<(), No> {
    for (name, value) in fields.iter() {
        if !members.iter().any(|(known, ..)| *known == name) || !matches!(value, Scalar::Text(_)) {
            return no("6001", &format!("유효하지 않은 요청 전문({name})"));
        }
    }
    for (name, most, missing, long) in members {
        let text = fields.text(name).unwrap_or("");
        if text.is_empty() && !missing.is_empty() {
            return no(missing, &format!("결제 요청 정보 누락({name})"));
        }
        if text.len() > *most {
            return no(long, &format!("결제 요청 정보 길이 오류({name})"));
        }
    }
    Ok(())
}

fn find<'a>(books: &'a Books, fields: &Fields, params: &Fields) -> Result<(&'a Record, Fields), No> {
    let Some(data) = fields.object("data") else {
        return no("6001", "유효하지 않은 요청 전문(data)");
    };
    shape(params, &PARAMS)?;
    shape(&data, &DATA)?;
    let given = |name: &str| data.text(name).unwrap_or("");
    let head = |name: &str| params.text(name).unwrap_or("");
    let dates = is_date8(head("trdDt")) && is_time6(head("trdTm")) && is_date8(given("orgTrdDt"));
    if head("ver") != "0A1M" || !dates || !METHODS.contains(&given("method")) {
        return no("ST09", "유효하지 않은 요청전문");
    }
    if !SETTLEBANK_MIDS.contains(&head("mchtId")) {
        return no("ST47", "미등록 상점");
    }
    let parts = [
        head("trdDt"),
        head("trdTm"),
        head("mchtId"),
        head("mchtTrdNo"),
        given("trdAmt"),
        SETTLEBANK_LICENCE_KEY,
    ];
    if !hash(&parts).eq_ignore_ascii_case(given("pktHash")) {
        return no("1901", "해쉬값 불일치 오류");
    }
    let matches = |record: &&Record| {
        let spec = &record.spec;
        let method =
            spec.inquiry_method.as_deref().unwrap_or(if spec.method == "PZ" { "KP" } else { &spec.method });
        let days = days_between(&record.trade_date, given("orgTrdDt"));
        spec.mid == head("mchtId")
            && method == given("method")
            && spec.amount.to_string() == given("trdAmt")
            && days.is_some_and(|days| (-1..=1).contains(&days))
            && (given("orgTrdNo").is_empty() || given("orgTrdNo") == record.id)
            && !matches!(record.status(), Status::Ready | Status::Revoked)
    };
    match books.of_order(given("orgMchtTrdNo")).rev().find(matches) {
        Some(record) => Ok((record, data)),
        None => no("ST06", "거래정보 없음"),
    }
}

fn found(record: &Record, params: &Fields, data: &Fields) -> Reply {
    let (code, message) = match record.status() {
        Status::Failed => ("0009", "결제실패"),
        _ if record.balance() <= 0 => ("0001", "취소거래"),
        _ => ("0000", "정상거래"),
    };
    let body = json!({
        "params": echoed(params, &record.id, "0021", code, message),
        "data": {
            "pktHash": data.text("pktHash").unwrap_or(""),
            "method": data.text("method").unwrap_or(""),
            "trdAmt": record.spec.amount.to_string(),
            "cnclAmt": record.cancelled().to_string(),
        },
    });
    Reply::new(200, body).about(&record.id)
}
