//! The cancel notification that the gateway posts to a merchant, as bytes.

use super::crypto::hash;
use crate::clock::stamp14;
use crate::credentials::SETTLEBANK_LICENCE_KEY;
use crate::ledger::{Books, Record};

/// Which notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotiKind {
    /// The newest cancel or refund of the payment (`C0`; `C1` cannot be told apart in the books).
    Cancelled,
    /// A virtual account's issue was cancelled (`A2`): no amount, so the hash covers an empty one.
    IssueCancelled,
    /// As `Cancelled`, with a hash that is wrong.
    WrongHash,
}

/// Encoding of the notification's text, a merchant setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotiCharset {
    /// UTF-8.
    Utf8,
    /// EUC-KR.
    EucKr,
}

/// The form body of a notification; `None` when the payment has nothing to tell of.
pub(crate) fn notification(books: &Books, id: &str, kind: NotiKind, charset: NotiCharset) -> Option<Vec<u8>> {
    let record = books.get(id)?;
    let fields = fields(record, kind)?;
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encoded(value, charset))).collect();
    Some(pairs.join("&").into_bytes())
}

fn fields(record: &Record, kind: NotiKind) -> Option<Vec<(&'static str, String)>> {
    let issue = kind == NotiKind::IssueCancelled;
    let (trd_no, amount, at, number) = if issue {
        (record.id.clone(), None, record.started_at, record.spec.order.clone())
    } else {
        let entry = record.entries.last()?;
        let number = entry.tag.split_once(':').map_or(record.spec.order.as_str(), |(_, number)| number);
        (entry.cancel_id.clone(), Some(entry.amount.to_string()), entry.at, number.to_owned())
    };
    let moment = stamp14(at);
    let plain = amount.clone().unwrap_or_default();
    let parts = ["0021", &moment, &record.spec.mid, &number, &plain, SETTLEBANK_LICENCE_KEY];
    let mut sign = hash(&parts);
    if kind == NotiKind::WrongHash {
        sign = hash(&[&sign]);
    }
    let whole = record.entries.last().is_some_and(|entry| entry.amount == record.spec.amount);
    let mut out = vec![
        ("outStatCd", "0021".to_owned()),
        ("trdNo", trd_no),
        ("method", record.spec.method.clone()),
        ("bizType", if issue { "A2" } else { "C0" }.to_owned()),
        ("mchtId", record.spec.mid.clone()),
        ("mchtTrdNo", number),
        ("trdDtm", moment),
    ];
    out.extend(amount.map(|amount| ("trdAmt", amount)));
    out.extend([
        ("orgTrdNo", record.id.clone()),
        ("orgTrdDt", record.trade_date.clone()),
        ("cnclType", if whole { "00" } else { "10" }.to_owned()),
        ("pmtprdNm", "모의 상품".to_owned()),
        ("pktHash", sign),
    ]);
    Some(out)
}

fn encoded(text: &str, charset: NotiCharset) -> String {
    let bytes = match charset {
        NotiCharset::Utf8 => text.as_bytes().to_vec(),
        NotiCharset::EucKr => encoding_rs::EUC_KR.encode(text).0.into_owned(),
    };
    let mut out = String::new();
    for byte in bytes {
        match byte {
            b' ' => out.push('+'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
