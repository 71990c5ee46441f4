//! A file of orders, read strictly: whatever is wrong is named by line and column, and nothing is started.
//!
//! CSV with a header row (comma, semicolon or tab), or one JSON object per line.
//!
//! | column | also called | holds |
//! |---|---|---|
//! | `merchant_uid` | `order_id`, 주문번호 | the merchant's order number |
//! | `payment_id` | `imp_uid`, `transaction_id`, `org_trd_no`, 결제번호 | the gateway's number; one of the two is needed |
//! | `gateway` | | `chaiport`, `eximbay`, `settlebank`; where the number alone does not tell |
//! | `account` | `merchant`, 계정 | the merchant's account, as the configuration names it |
//! | `amount` | `cancel_request_amount`, 환불금액, 취소금액, 금액 | plain digits in major units (`12000`, `7.50`), or `full`: all that is left |
//! | `reason` | 환불사유, 취소사유, 사유 | at most 500 characters; goes to the gateway |
//! | `key` | `idempotency_key`, 요청키, 키 | the caller's own key; needed where the same amount is refunded again |
//! | `refund_bank`, `refund_holder`, `refund_account` | 은행 (은행코드), 예금주, 계좌번호 | where the money goes, for virtual accounts: all three or none |
//! | `refund_tel` | 전화번호, 연락처 | the holder's phone, where a PG wants it |
//! | `left_out`, `why`, `line`, `verdict` | 제외사유, 줄, 판정 | not read: what [`write_left_out`](super::write_left_out) says of a row |
//!
//! Letter case and spaces in a column's name do not count. A column that is none of these refuses the file: it could be
//! meant to say how much.

mod column;
mod csv;
mod fault;
pub(crate) mod json;
mod row;
pub(crate) mod text;

#[cfg(test)]
mod tests;

pub use fault::{FileError, FileFault};
pub use row::{RefundInto, Row, RowAmount};

use fault::Faults;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most rows of a file.
pub const MAX_ROWS: usize = 100_000;

/// A file that was read whole and without a fault.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OrderFile {
    /// The rows, in the file's order; at least one.
    pub rows: Vec<Row>,
    /// In which encoding it was read.
    pub encoding: Encoding,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// EUC-KR as Windows extends it (CP949), which Korean spreadsheets write: read without loss.
    EucKr,
}

impl OrderFile {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`FileError`] with the first faults and how many there are. No value of the file stands in it.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let mut faults = Faults::default();
        if bytes.len() > MAX_BYTES {
            return Err(Faults::only("the file is larger than 64 MiB: split it"));
        }
        let (text, encoding) = text::decode(bytes)?;
        let rows = match text.trim_start().chars().next() {
            None => return Err(Faults::only("the file is empty")),
            Some('[') => return Err(Faults::only("the file is a JSON array: write one object per line")),
            Some('{') => json::rows(&text, &mut faults),
            Some(_) => csv::rows(&text, &mut faults),
        };
        faults.into_result()?;
        if rows.is_empty() {
            return Err(Faults::only("the file has no rows"));
        }
        let digest = <sha2::Sha256 as sha2::Digest>::digest(bytes).into();
        Ok(Self { rows, encoding, digest })
    }
}
