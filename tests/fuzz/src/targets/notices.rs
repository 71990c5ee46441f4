//! What gateways send by themselves: webhooks and notifications. Anybody can send them.

use std::fmt::Write as _;

use chaiport_cancel::webhook::WebhookHint;
use settlebank_cancel::SANDBOX_LICENCE_KEY;
use settlebank_cancel::noti::{self, Charset};
use sha2::{Digest, Sha256};

use super::settlebank::config;
use crate::behaviour::Seen;
use crate::naive::Json;

/// What webhooks and notifications are made of.
pub(super) const WORDS: &[&str] = &[
    "imp_uid",
    "merchant_uid",
    "status",
    "cancellation_id",
    "imp_448280090638",
    "ORD20180131-0000011",
    "cancelled",
    "paid",
    "06JC8FVHJTW2WY16FEY1",
    "outStatCd=",
    "&trdNo=",
    "&method=",
    "&bizType=",
    "&mchtId=nxca_jt_il",
    "&mchtTrdNo=",
    "&mchtName=",
    "&trdDtm=20211231100000",
    "&trdAmt=1000",
    "&trdAmt=",
    "&orgTrdNo=",
    "&orgTrdDt=20211129",
    "&cnclType=00",
    "&cnclType=10",
    "&pktHash=@",
    "0021",
    "0031",
    "0051",
    "0121",
    "C0",
    "A2",
    "B2",
    "%",
    "%00",
    "%EC%A3%BC",
    "%C8%AB",
    "+",
    "&&",
    "==",
    "{\"imp_uid\":\"",
    "\",\"",
    "\":\"",
    "\\uc8fc",
];

/// Reads a body as Chaiport's webhook.
pub(super) fn chaiport_webhook(bytes: &[u8]) -> u64 {
    let mut seen = Seen::new();
    match WebhookHint::from_body(bytes) {
        Ok(hint) => {
            let id = hint.imp_uid().as_str();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            assert!((1..=32).contains(&id.len()) && id.bytes().all(plain));
            // a text in quotes is a form
            let object = bytes.trim_ascii_start().starts_with(b"{");
            if let Some(json) = Json::read(bytes).filter(|_| object) {
                let told = match json.get("imp_uid") {
                    Some(Json::Bool(told)) => told.to_string(),
                    told => told.and_then(Json::scalar).unwrap_or_default().to_owned(),
                };
                assert_eq!(told, id);
            } else {
                let plain = String::from_utf8_lossy(bytes).replace(['%', '='], "");
                assert!(plain.contains("imp_uid"), "out of nothing");
            }
            let order = hint.merchant_uid().map_or("", |order| order.as_str());
            assert!(order.chars().count() <= 40 && !order.chars().any(char::is_control));
            let word = hint.claimed_status().map_or("", |status| status.as_str());
            assert!(word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            let claimed = hint.claimed_cancellation_id().unwrap_or_default();
            assert!(claimed.len() <= 64 && claimed.bytes().all(plain));
            seen.note("hint").debug(&(order.is_empty(), word.len(), claimed.is_empty()));
        }
        Err(error) => {
            assert!(error.to_string().len() < 300 && !error.to_string().contains('\n'));
            seen.note(error.field()).note(error.reason());
        }
    }
    seen.number()
}

/// Reads a body as Settlebank's notification; `pktHash=@` in it becomes the right hash.
pub(super) fn settlebank_notification(bytes: &[u8]) -> u64 {
    let (euc_kr, body) = match bytes.split_first() {
        Some((b'k', rest)) => (true, signed(rest)),
        _ => (false, signed(bytes)),
    };
    let charset = if euc_kr { Charset::EucKr } else { Charset::Utf8 };
    let mut seen = Seen::new();
    match noti::read(&body, charset, &config()) {
        Ok(told) => {
            let fields = fields(&body);
            let once = |name: &str| fields.iter().filter(|(known, _)| known == name.as_bytes()).count();
            for name in ["outStatCd", "trdDtm", "mchtId", "mchtTrdNo", "pktHash"] {
                assert_eq!(once(name), 1, "{name}");
            }
            assert!(once("trdAmt") <= 1);
            assert_eq!(told.mid(), Some("nxca_jt_il"));
            let hash = field(&fields, "pktHash").to_ascii_lowercase();
            let expected = [hash_of(&fields, None), hash_of(&fields, Some(b"0"))];
            assert!(expected.iter().any(|expected| expected.as_bytes() == hash), "taken by a wrong hash");
            let shown = format!("{told:?}");
            assert!(shown.len() < 20_000);
            seen.debug(told.status()).debug(&told.cancel_kind()).debug(&told.biz_type());
            seen.debug(&(
                told.order_no().is_some(),
                told.original_trade_no().is_some(),
                told.trade_no().is_some(),
            ));
        }
        Err(error) => {
            assert_eq!(error.acknowledgement().body(), "FAIL");
            seen.debug(&error);
        }
    }
    seen.number()
}

/// The body with the hash that its own fields have, where it asks for one.
fn signed(body: &[u8]) -> Vec<u8> {
    const ASKS: &[u8] = b"pktHash=@";
    let Some(at) = body.windows(ASKS.len()).position(|window| window == ASKS) else { return body.to_vec() };
    let fields = fields(body);
    let mut signed = body.to_vec();
    signed.splice(at + ASKS.len() - 1..at + ASKS.len(), hash_of(&fields, None).into_bytes());
    signed
}

fn hash_of(fields: &[(Vec<u8>, Vec<u8>)], amount: Option<&[u8]>) -> String {
    let mut hash = Sha256::new();
    for name in ["outStatCd", "trdDtm", "mchtId", "mchtTrdNo"] {
        hash.update(text(&field(fields, name)));
    }
    hash.update(amount.map_or_else(|| text(&field(fields, "trdAmt")), <[u8]>::to_vec));
    hash.update(SANDBOX_LICENCE_KEY);
    let mut text = String::new();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

/// EUC-KR is hashed as the text that it is; the fields that count are plain where a hash is right.
fn text(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

fn field(fields: &[(Vec<u8>, Vec<u8>)], name: &str) -> Vec<u8> {
    fields
        .iter()
        .find(|(known, _)| known == name.as_bytes())
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// The fields of a form, decoded once more.
fn fields(body: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let halves = pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (decoded(&pair[..at]), decoded(&pair[at + 1..])),
        None => (decoded(pair), Vec::new()),
    });
    halves.collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let hex = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (byte, hex) {
            (b'%', Some(hex)) => {
                out.push(u8::from_str_radix(hex, 16).expect("two digits"));
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
        at += 1;
    }
    out
}
