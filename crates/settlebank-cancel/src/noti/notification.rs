//! What a notification says.

use std::fmt;

use pg_core::text::Word;
use pg_core::{Currency, Money};

use super::NotificationError;
use super::form::{Charset, fields};
use crate::config::Config;
use crate::response::AnswerAmount;
use crate::sign::{is_same_hash, pkt_hash};

/// `outStatCd` of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotificationStatus {
    /// `0021`: done (a virtual account: deposited).
    Succeeded,
    /// `0051`: a virtual account waits for its deposit.
    AwaitingDeposit,
    /// `0121`: a virtual account was revoked by itself (`bizType` B2).
    AutoCancelled,
    /// `0031`: failed; on older pages also the status of a revocation (`bizType` A2).
    Failed,
    /// Any other.
    Other(String),
}

impl NotificationStatus {
    fn new(code: &str) -> Self {
        match code {
            "0021" => Self::Succeeded,
            "0051" => Self::AwaitingDeposit,
            "0121" => Self::AutoCancelled,
            "0031" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// `cnclType`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelKind {
    /// `00`
    Full,
    /// `10`
    Partial,
    /// Any other.
    Other(String),
}

impl fmt::Debug for CancelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("Full"),
            Self::Partial => f.write_str("Partial"),
            Self::Other(word) => f.debug_tuple("Other").field(&Word(word)).finish(),
        }
    }
}

/// A notification whose hash matched.
///
/// The hash covers status, time, MID, order number and amount, and nothing else: neither the payment's number
/// nor full or partial. It joins them without separators. Status and time have fixed lengths and the MID is the
/// configuration's, but **where the order number ends and the amount begins is not protected**: `ORDER1` with `1000`
/// and `ORDER` with `11000` have the same hash. Compare both with your own record.
///
/// So a notification is a reason to look the payment up, never a proof by itself. It may come before the API's
/// own answer, late, or many times; [`trade_no`](Self::trade_no) tells repeats.
///
/// `Debug` shows status, kind and Hecto's numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    status: NotificationStatus,
    cancel_kind: Option<CancelKind>,
    fields: Vec<(String, String)>,
}

/// Fields that decide; none may stand twice.
const DECIDING: [&str; 12] = [
    "outStatCd",
    "trdNo",
    "method",
    "bizType",
    "mchtId",
    "mchtTrdNo",
    "trdDtm",
    "trdAmt",
    "orgTrdNo",
    "orgTrdDt",
    "cnclType",
    "pktHash",
];

/// Reads a notification's body and checks its hash in constant time. The status must have 4 digits, the time 14, and
/// the MID must be the configuration's.
///
/// The revocation notification (`bizType` A2), and it alone, has no `trdAmt`; what its hash then covers is undocumented.
/// Hecto's sample receiver would hash nothing in its place, the request for it hashes `0`: both are taken.
///
/// # Errors
/// [`NotificationError`]; answer with its [`acknowledgement`](NotificationError::acknowledgement).
pub fn read(body: &[u8], charset: Charset, config: &Config) -> Result<Notification, NotificationError> {
    let fields = fields(body, charset)?;
    for name in DECIDING {
        if fields.iter().filter(|(field, _)| field == name).count() > 1 {
            return Err(NotificationError::Malformed);
        }
    }
    let get = |name| value(&fields, name);
    let need = |name| get(name).ok_or(NotificationError::Malformed);
    let (status, day_and_time, given) = (need("outStatCd")?, need("trdDtm")?, need("pktHash")?);
    let (mid, order_no) = (need("mchtId")?, need("mchtTrdNo")?);
    // the hash has no separators: without fixed lengths and our own MID, values could be moved over its borders
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(status, 4) || !digits(day_and_time, 14) {
        return Err(NotificationError::Malformed);
    }
    if mid != config.mid() {
        return Err(NotificationError::OtherMerchant);
    }
    let matches = |amount: &str| {
        let hash = pkt_hash(&[status, day_and_time, mid, order_no, amount], &config.credentials.licence_key);
        is_same_hash(&hash, given)
    };
    let authentic = match get("trdAmt") {
        Some(amount) => matches(amount),
        None if get("bizType") == Some("A2") => matches("") | matches("0"),
        None => return Err(NotificationError::Malformed),
    };
    if !authentic {
        return Err(NotificationError::Hash);
    }
    let status = NotificationStatus::new(status);
    let cancel_kind = get("cnclType").map(|code| match code {
        "00" => CancelKind::Full,
        "10" => CancelKind::Partial,
        other => CancelKind::Other(other.to_owned()),
    });
    Ok(Notification { status, cancel_kind, fields })
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
}

impl Notification {
    /// `outStatCd`.
    #[must_use]
    pub const fn status(&self) -> &NotificationStatus {
        &self.status
    }

    /// `cnclType`: full or partial, where told. Not covered by the hash.
    #[must_use]
    pub const fn cancel_kind(&self) -> Option<&CancelKind> {
        self.cancel_kind.as_ref()
    }

    /// `trdNo`: Hecto's number of this trade; the same in every repeat of the notification.
    #[must_use]
    pub fn trade_no(&self) -> Option<&str> {
        self.field("trdNo")
    }

    /// `orgTrdNo`: Hecto's number of the payment. Not covered by the hash.
    #[must_use]
    pub fn original_trade_no(&self) -> Option<&str> {
        self.field("orgTrdNo")
    }

    /// `orgTrdDt`: the day of the payment, `yyyyMMdd`.
    #[must_use]
    pub fn original_date(&self) -> Option<&str> {
        self.field("orgTrdDt")
    }

    /// `method`.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.field("method")
    }

    /// `bizType`: `C0` cancel or refund, `C1` mobile refund, `A2` revocation, `B2` revoked by itself.
    #[must_use]
    pub fn biz_type(&self) -> Option<&str> {
        self.field("bizType")
    }

    /// `mchtId`.
    #[must_use]
    pub fn mid(&self) -> Option<&str> {
        self.field("mchtId")
    }

    /// `mchtTrdNo`. Undocumented: whether it is the cancel's own number or the payment's. Its end is not protected by
    /// the hash: it must be a number that you know.
    #[must_use]
    pub fn order_no(&self) -> Option<&str> {
        self.field("mchtTrdNo")
    }

    /// `trdDtm`: `yyyyMMddHHmmss`, in Korea.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        self.field("trdDtm")
    }

    /// `trdAmt`, which is plain and without a currency: whole won, or US dollars times 100. Its beginning is not
    /// protected by the hash: it must be an amount that you expect of this order.
    #[must_use]
    pub fn amount(&self, currency: Currency) -> Option<Money> {
        AnswerAmount::read(self.field("trdAmt"), currency, None).money()
    }

    /// Any field by its name on the wire (`cardCd`, `bankCd`, `vAcntNo`, …). May name people and accounts.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        value(&self.fields, name)
    }

    /// Every field in its order. May name people and accounts.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("status", &self.status)
            .field("cancel_kind", &self.cancel_kind)
            .field("biz_type", &self.biz_type().map(Word))
            .field("trade_no", &self.trade_no().map(Word))
            .finish_non_exhaustive()
    }
}
