//! The standard form: `{"params": …, "data": …}` to APICancel.do, APIRefund.do and APIVBank.do.

use serde_json::{Value, json};

use super::crypto::{decrypt, hash};
use super::rules::{self, Wish};
use crate::body::{Fields, Scalar};
use crate::clock::{date8, is_date8, is_time6};
use crate::credentials::{SETTLEBANK_LICENCE_KEY, SETTLEBANK_MIDS};
use crate::ledger::Books;
use crate::world::{Reply, Verdict, World};

/// What the answer repeats of the request.
#[derive(Debug, Clone)]
pub(crate) struct StandardEcho {
    pub(super) params: Fields,
    pub(super) hash: String,
    /// Operation: method and bizType.
    pub(super) method: String,
    pub(super) biz_type: String,
}

/// Refused: code and message.
pub(super) type No = (&'static str, String);

pub(super) fn no<T>(code: &'static str, message: &str) -> Result<T, No> {
    Err((code, message.to_owned()))
}

const HEADER: [&str; 10] =
    ["mchtId", "ver", "method", "bizType", "encCd", "mchtTrdNo", "trdDt", "trdTm", "mobileYn", "osType"];
const BASE: &[&str] = &["pktHash", "orgTrdNo", "crcCd", "cnclOrd", "cnclAmt", "cnclRsn"];
const TAX: &[&str] = &["taxTypeCd", "taxAmt", "vatAmt", "taxFreeAmt"];
const REFUND: &[&str] = &["refundBankCd", "refundAcntNo", "refundDpstrNm"];
const ISSUE: &[&str] = &["pktHash", "orgTrdNo", "vAcntNo"];
const METHODS: [&str; 12] = ["CA", "RA", "VA", "MP", "TC", "HM", "CG", "SG", "BG", "TM", "CP", "PZ"];

/// Longest values in UTF-8 bytes, with the code for a longer one.
const LENGTHS: [(&str, usize, &str); 17] = [
    ("mchtId", 12, "1101"),
    ("method", 2, "1102"),
    ("trdDt", 8, "1103"),
    ("trdTm", 6, "1104"),
    ("mchtTrdNo", 100, "1105"),
    ("cnclAmt", 12, "1109"),
    ("taxTypeCd", 1, "1118"),
    ("taxAmt", 12, "1119"),
    ("vatAmt", 12, "1120"),
    ("taxFreeAmt", 12, "1121"),
    ("svcAmt", 12, "1122"),
    ("pktHash", 200, "1127"),
    ("orgTrdNo", 40, "ST09"),
    ("cnclRsn", 255, "ST09"),
    ("refundDpstrNm", 50, "ST09"),
    ("refundAcntNo", 16, "ST09"),
    ("vAcntNo", 20, "ST09"),
];
/// Fields that must be there, with the code for a missing one.
const REQUIRED: [(&str, &str); 6] = [
    ("mchtId", "1001"),
    ("method", "1002"),
    ("trdDt", "1003"),
    ("trdTm", "1004"),
    ("mchtTrdNo", "1005"),
    ("cnclAmt", "1009"),
];
const ENCRYPTED: [&str; 7] =
    ["cnclAmt", "taxAmt", "vatAmt", "taxFreeAmt", "svcAmt", "refundAcntNo", "vAcntNo"];

/// The failure answer; `data` only where told.
pub(super) fn failure(params: &Fields, code: &str, message: &str, data: Option<Value>) -> Value {
    let mut body = json!({"params": echoed(params, "", "0031", code, message)});
    if let (Some(members), Some(data)) = (body.as_object_mut(), data) {
        members.insert("data".to_owned(), data);
    }
    body
}

/// The header fields of an answer.
pub(super) fn echoed(params: &Fields, trd_no: &str, stat: &str, code: &str, message: &str) -> Value {
    let names = ["mchtId", "ver", "method", "bizType", "encCd", "mchtTrdNo", "trdDt", "trdTm"].into_iter();
    let mut out: Value = names
        .filter(|name| params.get(name).is_some())
        .map(|name| (name.to_owned(), json!(params.text(name).unwrap_or(""))))
        .collect();
    if let Some(members) = out.as_object_mut() {
        let told = [("trdNo", trd_no), ("outStatCd", stat), ("outRsltCd", code), ("outRsltMsg", message)];
        members.extend(told.map(|(name, value)| (name.to_owned(), json!(value))));
    }
    out
}

/// A request whose header and hash are right.
struct Checked {
    params: Fields,
    data: Fields,
    method: String,
    biz_type: String,
}

impl Checked {
    fn data(&self, name: &str) -> &str {
        self.data.text(name).unwrap_or("")
    }
}

pub(super) fn decide(world: &World, books: &mut Books, path: &str, fields: &Fields) -> Verdict {
    let params = fields.object("params").unwrap_or_default();
    let refuse = |(code, message): No| {
        let data = fields.object("data").unwrap_or_default();
        let told = world.options.settlebank_failure_data.then(|| {
            json!({"pktHash": data.text("pktHash").unwrap_or(""), "orgTrdNo": data.text("orgTrdNo").unwrap_or("")})
        });
        Reply::new(200, failure(&params, code, &message, told))
    };
    let checked = match check(path, fields, &params) {
        Ok(checked) => checked,
        Err(reason) => return refuse(reason).into(),
    };
    let today = date8(world.clock.now());
    let number = |name: &str| checked.params.text(name).unwrap_or("");
    let key = format!("day:{today}:{}:{}", number("mchtId"), number("mchtTrdNo"));
    if World::checks(world.guards().mcht_trd_no) && books.used.contains(&key) {
        return refuse(("ST50", "중복요청".to_owned())).into();
    }
    let wish = match wish(&checked) {
        Ok(wish) => wish,
        Err(reason) => return Verdict::Done(refuse(reason), vec![key]),
    };
    let id = wish.org_trd_no.clone();
    let echo = StandardEcho {
        hash: checked.data("pktHash").to_owned(),
        method: checked.method,
        biz_type: checked.biz_type,
        params: checked.params,
    };
    match rules::judge(world, books, wish, echo, key.clone()) {
        Ok(change) => Verdict::Change(Box::new(change)),
        Err(reason) => Verdict::Done(refuse(reason).about(&id), vec![key]),
    }
}

/// Header, shape, encryption, hash; in this order.
fn check(path: &str, fields: &Fields, params: &Fields) -> Result<Checked, No> {
    let Some(mut data) = fields.object("data") else {
        return no("6001", "유효하지 않은 요청 전문(data)");
    };
    if fields.iter().any(|(name, _)| name != "params" && name != "data") {
        return no("6001", "유효하지 않은 요청 전문");
    }
    let biz_type = params.text("bizType").unwrap_or("").to_owned();
    let method = params.text("method").unwrap_or("").to_owned();
    header(params)?;
    if !routed(path, &method, &biz_type) {
        return no("6001", "유효하지 않은 요청 전문(method, bizType, URL)");
    }
    let issue = biz_type == "A2";
    body_fields(&data, &method, &biz_type)?;
    for name in ENCRYPTED {
        let cipher = data.text(name).unwrap_or("").to_owned();
        if !cipher.is_empty() {
            let Some(plain) = decrypt(&cipher) else {
                return no("1902", "암호화 항목 미처리 오류");
            };
            data.put(name, plain);
        }
    }
    lengths(&data)?;
    let plain = |name: &str| data.text(name).unwrap_or("");
    let number = |name: &str| params.text(name).unwrap_or("");
    let amount = if issue { "0" } else { plain("cnclAmt") };
    let parts = [
        number("trdDt"),
        number("trdTm"),
        number("mchtId"),
        number("mchtTrdNo"),
        amount,
        SETTLEBANK_LICENCE_KEY,
    ];
    if hash(&parts) != plain("pktHash") {
        return no("1901", "해쉬값 불일치 오류");
    }
    Ok(Checked { params: params.clone(), data, method, biz_type })
}

fn routed(path: &str, method: &str, biz_type: &str) -> bool {
    match (method, biz_type) {
        ("VA", "C0") | ("MP", "C1") => path == "/spay/APIRefund.do",
        ("VA", "A2") => path == "/spay/APIVBank.do",
        (method, "C0") => METHODS.contains(&method) && path == "/spay/APICancel.do",
        _ => false,
    }
}

fn header(params: &Fields) -> Result<(), No> {
    strings(params)?;
    if let Some((name, _)) = params.iter().find(|(name, _)| !HEADER.contains(name)) {
        return no("6001", &format!("유효하지 않은 요청 전문({name})"));
    }
    for (name, code) in REQUIRED.iter().filter(|(name, _)| HEADER.contains(name)) {
        if params.text(name).unwrap_or("").is_empty() {
            return no(code, &format!("결제 요청 정보 누락({name})"));
        }
    }
    lengths(params)?;
    let text = |name: &str| params.text(name).unwrap_or("");
    if !["0A17", "0A18", "0A19"].contains(&text("ver")) || text("encCd") != "23" || text("bizType").is_empty()
    {
        return no("ST09", "유효하지 않은 요청전문(ver, encCd, bizType)");
    }
    if !is_date8(text("trdDt")) || !is_time6(text("trdTm")) {
        return no("ST09", "유효하지 않은 요청전문(trdDt, trdTm)");
    }
    if !text("mchtTrdNo").is_ascii() {
        return no("ST09", "유효하지 않은 요청전문(mchtTrdNo)");
    }
    let mobile = ["", "Y", "N"].contains(&text("mobileYn"));
    let system = ["", "A", "I", "W", "M", "E"].contains(&text("osType"));
    if !mobile || !system {
        return no("ST09", "유효하지 않은 요청전문(mobileYn, osType)");
    }
    if !SETTLEBANK_MIDS.contains(&text("mchtId")) {
        return no("ST47", "미등록 상점");
    }
    Ok(())
}

/// Known names, strings, nothing forbidden in them; what must be there is there.
fn body_fields(data: &Fields, method: &str, biz_type: &str) -> Result<(), No> {
    strings(data)?;
    let into_account = biz_type == "C1" || method == "VA";
    let allowed: Vec<&str> = match (method, biz_type) {
        ("VA", "A2") => ISSUE.to_vec(),
        ("CA" | "PZ", _) => [BASE, TAX, &["svcAmt"]].concat(),
        ("RA", _) => [BASE, TAX].concat(),
        ("MP" | "VA", _) if into_account => [BASE, TAX, REFUND].concat(),
        ("MP", _) => [BASE, TAX].concat(),
        _ => BASE.to_vec(),
    };
    for (name, value) in data.iter() {
        // Blank fields of other methods are what the published samples send.
        let known = [BASE, TAX, REFUND, ISSUE, &["svcAmt"]].concat().contains(&name);
        let blank = *value == Scalar::Text(String::new());
        if !(allowed.contains(&name) || known && blank) {
            return no("6001", &format!("유효하지 않은 요청 전문({name})"));
        }
    }
    let optional = ["cnclRsn", "taxTypeCd", "taxAmt", "vatAmt", "taxFreeAmt", "svcAmt"];
    for name in allowed.into_iter().filter(|name| !optional.contains(name)) {
        if data.text(name).unwrap_or("").is_empty() {
            let code = REQUIRED.iter().find(|(known, _)| *known == name).map_or("ST09", |(_, code)| code);
            return no(code, &format!("결제 요청 정보 누락({name})"));
        }
    }
    Ok(())
}

fn strings(fields: &Fields) -> Result<(), No> {
    for (name, value) in fields.iter() {
        let Scalar::Text(text) = value else {
            return no("6001", &format!("유효하지 않은 요청 전문({name})"));
        };
        let forbidden = |letter: char| {
            matches!(letter, ':' | '&' | '?' | '\'' | '"' | '\n' | '\r' | '<' | '>')
                || u32::from(letter) >= 0x1F000
        };
        if text.chars().any(forbidden) {
            return no("ST09", &format!("유효하지 않은 요청전문({name})"));
        }
    }
    Ok(())
}

/// Counts bytes of the plain text.
fn lengths(fields: &Fields) -> Result<(), No> {
    for (name, most, code) in LENGTHS {
        let text = fields.text(name).unwrap_or("");
        if text.len() > most {
            return no(code, &format!("결제 요청 정보 길이 오류({name})"));
        }
    }
    Ok(())
}

/// The numbers of the request, read.
fn wish(checked: &Checked) -> Result<Wish, No> {
    let amount = |name: &'static str| -> Result<Option<i64>, No> {
        let text = checked.data(name);
        match text {
            "" => Ok(None),
            "0" => Ok(Some(0)),
            _ if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
                no("ST09", &format!("유효하지 않은 요청전문({name})"))
            }
            _ => text.parse().map(Some).or_else(|_| no("1109", name)),
        }
    };
    Ok(Wish {
        mid: checked.params.text("mchtId").unwrap_or("").to_owned(),
        mcht_trd_no: checked.params.text("mchtTrdNo").unwrap_or("").to_owned(),
        org_trd_no: checked.data("orgTrdNo").to_owned(),
        currency: checked.data("crcCd").to_owned(),
        order: checked.data("cnclOrd").to_owned(),
        amount: amount("cnclAmt")?.unwrap_or(0),
        tax_type: checked.data("taxTypeCd").to_owned(),
        tax: [amount("taxAmt")?, amount("vatAmt")?, amount("taxFreeAmt")?, amount("svcAmt")?],
        bank: checked.data("refundBankCd").to_owned(),
        account: checked.data("refundAcntNo").to_owned(),
        holder: checked.data("refundDpstrNm").to_owned(),
        virtual_account: checked.data("vAcntNo").to_owned(),
    })
}
