use std::fmt;

use pg_core::Gateway;
use pg_core::decimal::{Decimal, DecimalError};
use zeroize::Zeroizing;

use crate::journal::check_key;

use super::column::Column;
use super::fault::Faults;

/// Longest number of an order or a payment, in bytes.
const MAX_ID: usize = 200;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Longest part of a refund account, in characters.
const MAX_PART: usize = 60;

/// One wish of a file. Of what names the payment, at least one is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The merchant's order number.
    pub merchant_uid: Option<String>,
    /// The gateway's number.
    pub payment_id: Option<String>,
    /// The gateway.
    pub gateway: Option<Gateway>,
    /// The merchant's account at the gateway.
    pub account: Option<String>,
    /// How much.
    pub amount: RowAmount,
    /// The same as the file has it.
    pub asked: String,
    /// Why.
    pub reason: Option<String>,
    /// The caller's own key.
    pub key: Option<String>,
    /// Where the money goes.
    pub refund_into: Option<Box<RefundInto>>,
}

/// How much a row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAmount {
    /// This much, in major units of the payment's currency.
    Exact(Decimal),
    /// All that is left.
    Full,
}

/// The account that a row names. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundInto {
    /// The bank, by the code of the payment's PG.
    pub bank: String,
    /// The holder.
    pub holder: Zeroizing<String>,
    /// The account's number.
    pub number: Zeroizing<String>,
    /// The holder's phone.
    pub tel: Option<Zeroizing<String>>,
}

impl fmt::Debug for RefundInto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefundInto([REDACTED])")
    }
}

/// A column, and what the file calls it.
pub(super) type Head = (Column, String);

/// A row while its fields come in, trimmed.
pub(super) struct Draft<'h> {
    line: u64,
    heads: &'h [Head],
    fields: Vec<(Column, Zeroizing<String>)>,
}

impl<'h> Draft<'h> {
    pub(super) const fn new(line: u64, heads: &'h [Head]) -> Self {
        Self { line, heads, fields: Vec::new() }
    }

    /// What the file calls a column; its own name if it has none.
    fn head(&self, column: Column) -> &'h str {
        self.heads.iter().find(|(has, _)| *has == column).map_or(column.name(), |(_, head)| head.as_str())
    }

    /// Takes in a field; an empty one is none.
    pub(super) fn set(&mut self, column: Column, text: &str) {
        if !text.is_empty() {
            self.fields.push((column, Zeroizing::new(text.to_owned())));
        }
    }

    fn get(&self, column: Column) -> Option<&str> {
        self.fields.iter().find(|(has, _)| *has == column).map(|(_, text)| text.as_str())
    }

    /// Checks it; every fault of the row is told.
    pub(super) fn finish(self, faults: &mut Faults) -> Option<Row> {
        let before = faults.count();
        let mut fault = |column: Column, why: &str| faults.add(self.line, Some(self.head(column)), why);
        for column in [Column::MerchantUid, Column::PaymentId, Column::Account, Column::Key] {
            self.check_id(column, &mut fault);
        }
        if self.get(Column::MerchantUid).or(self.get(Column::PaymentId)).is_none() {
            let named = |column| self.heads.iter().any(|(has, _)| *has == column);
            let column = if named(Column::MerchantUid) { Column::MerchantUid } else { Column::PaymentId };
            fault(column, "must be given, or payment_id");
        }
        let gateway = self.get(Column::Gateway).map(|text| gateway(text).ok_or(()));
        if gateway == Some(Err(())) {
            fault(Column::Gateway, "must be chaiport, eximbay or settlebank");
        }
        self.check_reason(&mut fault);
        let amount = match self.get(Column::Amount).map_or(Err("must be given: digits, or full"), amount) {
            Ok(amount) => Some(amount),
            Err(why) => {
                fault(Column::Amount, why);
                None
            }
        };
        let refund_into = self.refund_into(&mut fault);
        if faults.count() != before {
            return None;
        }
        let text = |column| self.get(column).map(str::to_owned);
        Some(Row {
            line: self.line,
            merchant_uid: text(Column::MerchantUid),
            payment_id: text(Column::PaymentId),
            gateway: gateway.and_then(Result::ok),
            account: text(Column::Account),
            amount: amount?,
            asked: text(Column::Amount)?,
            reason: text(Column::Reason),
            key: text(Column::Key),
            refund_into,
        })
    }

    fn check_id(&self, column: Column, fault: &mut impl FnMut(Column, &str)) {
        let Some(text) = self.get(column) else { return };
        if text.len() > MAX_ID {
            fault(column, "must be at most 200 bytes");
        } else if text.chars().any(char::is_control) {
            fault(column, "must not contain control characters");
        } else if is_ruined(text) {
            fault(column, RUINED);
        } else if let (Column::Key, Err(why)) = (column, check_key(text)) {
            fault(column, why);
        }
    }

    fn check_reason(&self, fault: &mut impl FnMut(Column, &str)) {
        let Some(text) = self.get(Column::Reason) else { return };
        if text.chars().count() > MAX_REASON {
            fault(Column::Reason, "must be at most 500 characters");
        } else if text.chars().any(char::is_control) {
            fault(Column::Reason, "must be one line, without control characters");
        }
    }

    fn refund_into(&self, fault: &mut impl FnMut(Column, &str)) -> Option<Box<RefundInto>> {
        let (bank, holder) = (self.get(Column::RefundBank), self.get(Column::RefundHolder));
        let (number, tel) = (self.get(Column::RefundAccount), self.get(Column::RefundTel));
        if [bank, holder, number, tel].iter().all(Option::is_none) {
            return None;
        }
        let parts = [
            (Column::RefundBank, bank),
            (Column::RefundHolder, holder),
            (Column::RefundAccount, number),
            (Column::RefundTel, tel),
        ];
        for (column, part) in parts {
            match part {
                None if column != Column::RefundTel => {
                    fault(column, "must be given with the other parts of the account");
                }
                Some(text) if text.chars().count() > MAX_PART => fault(column, "is too long"),
                Some(text) if is_ruined(text) => fault(column, RUINED),
                _ => {}
            }
        }
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        Some(Box::new(RefundInto {
            bank: bank?.to_owned(),
            holder: secret(holder?),
            number: secret(number?),
            tel: tel.map(secret),
        }))
    }
}

fn gateway(text: &str) -> Option<Gateway> {
    text.to_ascii_lowercase().parse().ok()
}

const RUINED: &str = "a spreadsheet has turned it into 1.2E+07 form and lost digits: format the column as text \
    and export it again";

/// Whether it reads like `5.62E+13`: what a spreadsheet leaves of a long number.
fn is_ruined(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['e', 'E']) else { return false };
    let number =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let power = power.strip_prefix('+');
    number(digits) && power.is_some_and(number)
}

/// Plain digits with a decimal point at most, or `full`.
fn amount(text: &str) -> Result<RowAmount, &'static str> {
    if text.eq_ignore_ascii_case("full") || text == "전액" {
        return Ok(RowAmount::Full);
    }
    if is_ruined(text) {
        return Err(RUINED);
    }
    if text.starts_with('-') {
        return Err("must be above zero");
    }
    if text.chars().any(|c| matches!(c, ',' | '₩' | '￦' | '\\' | '$' | '원' | ' ')) {
        return Err("must be plain digits (12000), without separators or signs: format the column as text");
    }
    let decimal = Decimal::parse(text).map_err(|error| match error {
        DecimalError::TooLong => "has too many digits",
        _ => "must be plain digits (12000, or 7.50), or full",
    })?;
    if text.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return Err("must be above zero");
    }
    Ok(RowAmount::Exact(decimal))
}
