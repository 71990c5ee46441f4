//! The merchant's side of the cancel guide (STEP 01 to 04), pure: the shop's request, its row, the decision, the
//! write-back.
//!
//! ```
//! use chaiport_cancel::merchant::{ClientCancelRequest, decide};
//! use chaiport_cancel::PaymentRecord;
//!
//! let row = PaymentRecord::from_json(br#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,"cancel_amount":2500}"#)?;
//! let asked = ClientCancelRequest::from_json(br#"{"merchant_uid":"ORD-1","cancel_request_amount":2000}"#)?;
//! let cancel = decide(&row, &asked)?;
//! assert_eq!(cancel.balance_before().minor(), 7500); // sent as checksum
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use pg_core::decimal::Decimal;
use pg_core::json::parse;
use pg_core::{Bank, BankScheme, Invalid, Money, RefundAccount};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::classify::Cancelled;
use crate::ids::MerchantUid;
use crate::record::PaymentRecord;
use crate::request::CancelRequest;

/// Largest body that is read.
const MAX_BODY: usize = 64 * 1024;

/// What the shop's page posts (STEP 01): `merchant_uid`, `cancel_request_amount`, `reason`, and for virtual accounts
/// `refund_holder`, `refund_bank`, `refund_account`, `refund_tel`.
///
/// Read strictly: a misspelt field is refused by name, because a lost amount would cancel everything. `Debug` shows
/// order and amount only.
#[derive(Clone)]
pub struct ClientCancelRequest {
    merchant_uid: MerchantUid,
    amount: Decimal,
    reason: Option<String>,
    refund: Option<ClientAccount>,
}

/// The account that a virtual-account refund goes to, the bank in the PG's own numbering.
#[derive(Clone)]
struct ClientAccount {
    holder: String,
    bank: String,
    number: String,
    tel: Option<String>,
}

impl ClientCancelRequest {
    /// Reads the posted JSON: at most 64 KiB, no unknown field, no field twice, `cancel_request_amount` a number
    /// above zero. A field that is null counts as not given.
    ///
    /// # Errors
    /// [`Invalid`] naming the field, or `body` when it is no such object or has an unknown field.
    pub fn from_json(body: &[u8]) -> Result<Self, Invalid> {
        if body.len() > MAX_BODY {
            return Err(Invalid::new("body", "must be at most 64 KiB"));
        }
        let fields: Fields = parse(body).map_err(|_| Invalid::new("body", "must be one json object"))?;
        if let Some(name) = fields.unknown {
            return Err(Invalid::new("body", format!("has an unknown field {name}")));
        }
        if let Some(field) = fields.twice {
            return Err(Invalid::new(field, "stands twice"));
        }
        let merchant_uid =
            fields.text("merchant_uid")?.ok_or_else(|| Invalid::new("merchant_uid", "must be given"))?;
        let refund =
            [fields.text("refund_holder")?, fields.text("refund_bank")?, fields.text("refund_account")?];
        let tel = fields.text("refund_tel")?;
        let refund = match refund {
            [None, None, None] if tel.is_none() => None,
            [holder, bank, number] => Some(ClientAccount {
                holder: holder.ok_or_else(|| Invalid::new("refund_holder", "must be given"))?,
                bank: bank.ok_or_else(|| Invalid::new("refund_bank", "must be given"))?,
                number: number.ok_or_else(|| Invalid::new("refund_account", "must be given"))?,
                tel,
            }),
        };
        Ok(Self {
            merchant_uid: merchant_uid.parse()?,
            amount: fields.amount()?,
            reason: fields.text("reason")?,
            refund,
        })
    }

    /// The order.
    #[must_use]
    pub const fn merchant_uid(&self) -> &MerchantUid {
        &self.merchant_uid
    }

    /// The amount that is asked back, in the currency of the payment; [`decide`] gives it one.
    #[must_use]
    pub const fn amount(&self) -> Decimal {
        self.amount
    }

    /// The reason, where given.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl fmt::Debug for ClientCancelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCancelRequest")
            .field("merchant_uid", &self.merchant_uid)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

const AMOUNT: &str = "cancel_request_amount";
const NAMES: [&str; 7] =
    ["merchant_uid", AMOUNT, "reason", "refund_holder", "refund_bank", "refund_account", "refund_tel"];

/// The fields as they stand, with the first that is unknown or stands twice.
#[derive(Default)]
struct Fields {
    known: Vec<(&'static str, Box<RawValue>)>,
    unknown: Option<String>,
    twice: Option<&'static str>,
}

impl Fields {
    fn raw(&self, name: &'static str) -> Option<&str> {
        let (_, raw) = self.known.iter().find(|(known, _)| *known == name)?;
        Some(raw.get()).filter(|text| *text != "null")
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, Invalid> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text: String = serde_json::from_str(raw).map_err(|_| Invalid::new(name, "must be text"))?;
        Ok(Some(text))
    }

    fn amount(&self) -> Result<Decimal, Invalid> {
        let raw = self.raw(AMOUNT).ok_or_else(|| Invalid::new(AMOUNT, "must be given"))?;
        if !raw.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(Invalid::new(AMOUNT, "must be a json number"));
        }
        let amount =
            Decimal::parse_json_number(raw).map_err(|error| Invalid::new(AMOUNT, error.to_string()))?;
        if raw.bytes().take_while(|b| !matches!(b, b'e' | b'E')).all(|b| matches!(b, b'0' | b'.')) {
            return Err(Invalid::new(AMOUNT, "must be above zero"));
        }
        Ok(amount)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((name, raw)) = map.next_entry::<String, Box<RawValue>>()? {
                    match NAMES.iter().find(|known| **known == name) {
                        None => fields.unknown = fields.unknown.or_else(|| Some(showable(&name))),
                        Some(known) if fields.known.iter().any(|(seen, _)| seen == known) => {
                            fields.twice = Some(known);
                        }
                        Some(known) => fields.known.push((known, raw)),
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A field's name as it may be repeated to a log.
fn showable(name: &str) -> String {
    let plain = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().filter(u8::is_ascii_digit).count() < 5;
    if plain { name.to_owned() } else { "(unprintable)".to_owned() }
}

/// Why the shop's request is not passed on. Its `Display` may be shown to the shop; the guide answers it with HTTP
/// 400, `{"message": …}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing is left to cancel; displays the guide's own sentence.
    AlreadyFullyRefunded,
    /// More is asked back than is left.
    ExceedsCancelable {
        /// What is left.
        cancelable: Money,
    },
    /// The request is about another order, or a field of it cannot be used.
    Invalid(Invalid),
}

impl Refusal {
    /// The HTTP status to answer the shop with: 400.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        400
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyFullyRefunded => f.write_str("이미 전액환불된 주문입니다."),
            Self::ExceedsCancelable { cancelable } => {
                write!(f, "환불 요청 금액이 환불 가능 금액({cancelable})보다 큽니다.")
            }
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Invalid> for Refusal {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}

/// Decides (STEP 03): the guarded cancel of what the shop asks back, or why not.
///
/// `refund_bank` is taken in the numbering of the record's `pg_provider`, as the guide has it. Where that is unknown,
/// or has no published table, the code is passed on as it is.
///
/// The record must hold the order number that the shop names: a record without one is refused, also one that was made
/// of a [`Payment`](crate::Payment) whose order number breaks today's rules. Nothing would show that it is that order.
///
/// # Errors
/// [`Refusal`].
pub fn decide(record: &PaymentRecord, asked: &ClientCancelRequest) -> Result<CancelRequest, Refusal> {
    match record.ids().merchant_uid() {
        Some(known) if known == asked.merchant_uid() => {}
        Some(_) => return Err(Invalid::new("merchant_uid", "must be the payment's").into()),
        None => return Err(Invalid::new("merchant_uid", "must stand in the payment's record too").into()),
    }
    let cancelable = record.cancelable();
    if cancelable.is_zero() {
        return Err(Refusal::AlreadyFullyRefunded);
    }
    let amount = Money::from_decimal(asked.amount, cancelable.currency())
        .map_err(|error| Invalid::new(AMOUNT, error.to_string()))?;
    if amount.compare(cancelable).is_some_and(std::cmp::Ordering::is_gt) {
        return Err(Refusal::ExceedsCancelable { cancelable });
    }
    let mut request = CancelRequest::partial(record, amount)?;
    if let Some(reason) = asked.reason() {
        request = request.with_reason(reason)?;
    }
    if let Some(account) = &asked.refund {
        request = with_account(request, account, record.pg_provider())?;
    }
    request.check()?;
    Ok(request)
}

fn with_account(
    request: CancelRequest,
    asked: &ClientAccount,
    pg_provider: Option<&str>,
) -> Result<CancelRequest, Invalid> {
    let scheme = pg_provider.and_then(BankScheme::for_chaiport_pg);
    let bank = match scheme {
        Some(scheme) => Bank::from_code(scheme, &asked.bank),
        None => Bank::Other(asked.bank.clone()),
    };
    let mut account = RefundAccount::new(bank, &asked.number, &asked.holder).map_err(client_field)?;
    if let Some(tel) = &asked.tel {
        account = account.with_phone(tel).map_err(client_field)?;
    }
    match scheme {
        Some(_) => request.with_refund_account(account),
        None => request.with_refund_account_and_raw_bank_code(account, &asked.bank),
    }
}

/// Names a field of the account as the shop spelt it.
fn client_field(error: Invalid) -> Invalid {
    let field = match error.field() {
        "refund_account.holder" => "refund_holder",
        "refund_account.phone" => "refund_tel",
        _ => "refund_account",
    };
    Invalid::new(field, error.reason().to_owned())
}

/// What a cancel did to the merchant's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "while a refund is pending, no other cancel of this payment should be sent"]
pub enum RecordUpdate {
    /// The row now has Chaiport's cumulative figure.
    Written,
    /// An asynchronous PG took the cancel and has not decided: the row is unchanged. Look the payment up before any
    /// other cancel of it: its balance still is what it was, so the guard would let another one pass.
    Pending,
}

impl PaymentRecord {
    /// Writes the result back (STEP 04): `cancel_amount` becomes Chaiport's cumulative figure, and is never lowered
    /// by an older answer.
    ///
    /// # Errors
    /// [`Invalid`] naming `imp_uid` when the answer is about another payment, `currency` when it is in another
    /// currency.
    pub fn apply(&mut self, cancelled: &Cancelled) -> Result<RecordUpdate, Invalid> {
        let payment = cancelled.answer();
        if !self.ids().matches(payment.imp_uid().as_str(), payment.merchant_uid()) {
            return Err(Invalid::new("imp_uid", "must be the payment's"));
        }
        if payment.paid().currency() != self.cancelable().currency() {
            return Err(Invalid::new("currency", "must be the payment's"));
        }
        self.raise_to(payment.paid(), payment.cancelled());
        // only a cancel that shows in the ledger tells what remains
        Ok(if cancelled.remaining().is_some() { RecordUpdate::Written } else { RecordUpdate::Pending })
    }
}

#[cfg(test)]
mod tests;
