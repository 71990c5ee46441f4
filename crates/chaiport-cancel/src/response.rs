//! What Chaiport answers: the envelope, and the payment in it.
//!
//! Only what decides is read at once, and strictly: the two numbers, the amounts, the currency, the status, the
//! history. The other fifty-odd fields are typed when asked for, by [`Payment::details`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use pg_core::decimal::Decimal;
use pg_core::json::{JsonFault, Object, lenient, parse, string};
use pg_core::text::Word;
use pg_core::{CancelEntry, Currency, GatewayText, Invalid, Money, PaymentState, RefundAccount};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::details::PaymentDetails;
use crate::ids::ImpUid;

/// `{"code", "message", "response"}`, the shape of every answer. `code` 0 is success.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Envelope<T> {
    pub(crate) code: i64,
    // `None`: the key is missing or no text: this is not Chaiport's envelope
    #[serde(default, deserialize_with = "present_text")]
    message: Option<Option<String>>,
    #[serde(default = "missing", deserialize_with = "present")]
    response: Option<Option<T>>,
}

impl<T> Envelope<T> {
    /// The message, or nothing.
    pub(crate) fn message(&self) -> &str {
        self.message.as_ref().and_then(Option::as_deref).unwrap_or_default()
    }

    /// The payload, where there is one.
    pub(crate) fn into_response(self) -> Option<T> {
        self.response.flatten()
    }

    /// A complete refusal: all three keys, a code other than 0, and `response` null.
    pub(crate) fn is_refusal(&self) -> bool {
        self.code != 0 && self.message.is_some() && matches!(self.response, Some(None))
    }
}

/// The envelope around whatever it holds.
pub(crate) type AnyEnvelope = Envelope<IgnoredAny>;

/// Reads an answer's envelope.
pub(crate) fn envelope<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<Envelope<T>, JsonFault> {
    parse(body)
}

const fn missing<T>() -> Option<Option<T>> {
    None
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn present_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if raw == "null" {
        return Ok(Some(None));
    }
    // what cannot be read could be any words, "already cancelled" among them: as good as missing
    Ok(string(raw).map(Some))
}

/// Chaiport's word for how far a payment is. Amounts decide, not this word: it becomes `cancelled` with the first
/// **partial** cancel.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentStatus {
    /// `ready`: not paid yet, e.g. a virtual account that waits for its deposit.
    Ready,
    /// `paid`.
    Paid,
    /// `cancelled`: at least partly.
    Cancelled,
    /// `failed`: never paid.
    Failed,
    /// A word that is not documented, verbatim.
    Other(String),
}

impl fmt::Debug for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("Ready"),
            Self::Paid => f.write_str("Paid"),
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Failed => f.write_str("Failed"),
            Self::Other(word) => f.debug_tuple("Other").field(&Word(word)).finish(),
        }
    }
}

impl PaymentStatus {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ready => "ready",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for PaymentStatus {
    fn from(word: &str) -> Self {
        match word {
            "ready" => Self::Ready,
            "paid" => Self::Paid,
            "cancelled" => Self::Cancelled,
            "failed" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What decides in a payment, as it stands on the wire.
#[derive(Deserialize)]
pub(crate) struct PaymentWire<'a> {
    #[serde(borrow)]
    imp_uid: Cow<'a, str>,
    #[serde(borrow)]
    merchant_uid: Cow<'a, str>,
    amount: Decimal,
    cancel_amount: Decimal,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(default, deserialize_with = "lenient")]
    pay_method: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pg_provider: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    emb_pg_provider: Option<String>,
    #[serde(default)]
    cancel_history: Option<Vec<Object<HistoryWire>>>,
}

#[derive(Deserialize)]
struct HistoryWire {
    amount: Decimal,
    #[serde(default, deserialize_with = "lenient")]
    cancelled_at: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    cancellation_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pg_tid: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    receipt_url: Option<String>,
}

/// One cancel in a payment's `cancel_history`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancelRecord {
    /// What it refunded.
    pub amount: Money,
    /// When (`cancelled_at`, unix seconds on the wire).
    pub cancelled_at: Option<OffsetDateTime>,
    /// The reason it was given, with the attempt's tag in front. Free text: may name people.
    pub reason: GatewayText,
    /// Chaiport's number of it (`cancellation_id`); payments cancelled before 2024 have none. Text that can be no number
    /// is left out.
    pub cancellation_id: Option<String>,
    /// The PG's number of the transaction.
    pub pg_tid: Option<String>,
    /// The receipt of this cancel.
    pub receipt_url: Option<String>,
}

impl fmt::Debug for CancelRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelRecord")
            .field("amount", &self.amount)
            .field("cancelled_at", &self.cancelled_at)
            .field("cancellation_id", &Word::of(&self.cancellation_id))
            .finish_non_exhaustive()
    }
}

/// A payment as Chaiport has it, after a cancel or from a look-up.
///
/// It guarantees: what was cancelled does not exceed what was paid, in one known currency. `Debug` shows numbers,
/// status and amounts only; the buyer is in [`details`](Payment::details).
#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    imp_uid: ImpUid,
    merchant_uid: String,
    paid: Money,
    cancelled: Money,
    balance: Money,
    status: PaymentStatus,
    pay_method: Option<String>,
    pg_provider: Option<String>,
    emb_pg_provider: Option<String>,
    history: Vec<CancelRecord>,
    text: PaymentText,
}

/// The payment's own JSON, kept for [`Payment::details`].
#[derive(Clone, PartialEq, Eq)]
enum PaymentText {
    /// The whole answer, the payment in its `response`.
    Answer(Arc<[u8]>),
    /// The payment alone, out of a list.
    Alone(Arc<str>),
}

/// Reads an answer's envelope with one payment in it.
pub(crate) fn payment_envelope(body: &[u8]) -> Result<Envelope<Object<PaymentWire<'_>>>, JsonFault> {
    envelope(body)
}

/// Reads the one payment of an answer whose `code` is 0.
///
/// # Errors
/// [`JsonFault`] when it is not that, or a deciding field is missing, of the wrong type, or contradicts another.
pub fn parse_payment(body: &[u8]) -> Result<Payment, JsonFault> {
    let envelope = payment_envelope(body)?;
    if envelope.code != 0 {
        return Err(JsonFault::Malformed);
    }
    let wire = envelope.into_response().ok_or(JsonFault::Malformed)?;
    Payment::from_answer(wire, body)
}

impl Payment {
    /// The payment of a whole answer.
    pub(crate) fn from_answer(wire: Object<PaymentWire<'_>>, body: &[u8]) -> Result<Self, JsonFault> {
        Self::check(wire.0, PaymentText::Answer(body.into())).ok_or(JsonFault::Malformed)
    }

    /// Takes an account that was sent out of the words and numbers that are shown.
    pub(crate) fn scrubbed(mut self, account: Option<&RefundAccount>) -> Self {
        if let Some(account) = account {
            account.scrub(self.history.iter_mut().map(|entry| &mut entry.cancellation_id));
            account.scrub([&mut self.pay_method, &mut self.pg_provider, &mut self.emb_pg_provider]);
        }
        self
    }

    /// One payment of a list.
    pub(crate) fn from_list(raw: &RawValue) -> Result<Self, JsonFault> {
        let Object(wire) = serde_json::from_str(raw.get()).map_err(|_| JsonFault::Malformed)?;
        Self::check(wire, PaymentText::Alone(raw.get().into())).ok_or(JsonFault::Malformed)
    }

    fn check(wire: PaymentWire<'_>, text: PaymentText) -> Option<Self> {
        let currency: Currency = wire.currency.parse().ok()?;
        let money = |decimal| Money::from_decimal(decimal, currency).ok();
        let (paid, cancelled) = (money(wire.amount)?, money(wire.cancel_amount)?);
        let told = wire.cancel_history.unwrap_or_default();
        let mut history = Vec::with_capacity(told.len());
        for Object(entry) in told {
            history.push(CancelRecord {
                amount: money(entry.amount)?,
                cancelled_at: entry.cancelled_at.filter(|at| *at != 0).and_then(moment),
                reason: GatewayText::scrubbed(entry.reason.unwrap_or_default(), &[]),
                cancellation_id: entry.cancellation_id.filter(|id| Word(id).is_plain()),
                pg_tid: entry.pg_tid,
                receipt_url: entry.receipt_url,
            });
        }
        oldest_first(&mut history);
        Some(Self {
            imp_uid: wire.imp_uid.parse().ok()?,
            merchant_uid: wire.merchant_uid.into_owned(),
            balance: paid.checked_sub(cancelled)?,
            paid,
            cancelled,
            status: PaymentStatus::from(wire.status.as_ref()),
            pay_method: wire.pay_method,
            pg_provider: wire.pg_provider,
            emb_pg_provider: wire.emb_pg_provider,
            history,
            text,
        })
    }

    /// Chaiport's number.
    #[must_use]
    pub const fn imp_uid(&self) -> &ImpUid {
        &self.imp_uid
    }

    /// The merchant's order number, verbatim.
    #[must_use]
    pub fn merchant_uid(&self) -> &str {
        &self.merchant_uid
    }

    /// What was ordered and, once `paid`, was paid.
    #[must_use]
    pub const fn paid(&self) -> Money {
        self.paid
    }

    /// What has been cancelled so far, by anyone (`cancel_amount`, cumulative).
    #[must_use]
    pub const fn cancelled(&self) -> Money {
        self.cancelled
    }

    /// What can still be cancelled: the `checksum` of the next cancel.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }

    /// Whether everything was cancelled. The status word does not tell: it is `cancelled` after a partial cancel too.
    #[must_use]
    pub fn is_fully_cancelled(&self) -> bool {
        self.balance.is_zero() && !self.cancelled.is_zero()
    }

    /// Chaiport's word for how far it is.
    #[must_use]
    pub const fn status(&self) -> &PaymentStatus {
        &self.status
    }

    /// How it was paid: `card`, `trans`, `vbank`, `phone`, `kakaopay`, … an open set.
    #[must_use]
    pub fn pay_method(&self) -> Option<&str> {
        self.pay_method.as_deref()
    }

    /// The PG behind Chaiport: `html5_inicis`, `kcp`, `tosspayments`, … an open set.
    #[must_use]
    pub fn pg_provider(&self) -> Option<&str> {
        self.pg_provider.as_deref()
    }

    /// The easy-pay service inside the PG, where there is one.
    #[must_use]
    pub fn emb_pg_provider(&self) -> Option<&str> {
        self.emb_pg_provider.as_deref()
    }

    /// The cancels one by one, oldest first.
    #[must_use]
    pub fn history(&self) -> &[CancelRecord] {
        &self.history
    }

    /// Types the rest of the answer: buyer, card, virtual account, receipts, moments.
    ///
    /// # Errors
    /// [`JsonFault`] when one of these fields stands twice; nothing else can go wrong, as the text was read once.
    pub fn details(&self) -> Result<PaymentDetails, JsonFault> {
        match &self.text {
            PaymentText::Answer(body) => {
                let envelope: Envelope<PaymentDetails> = envelope(body)?;
                envelope.into_response().ok_or(JsonFault::Malformed)
            }
            PaymentText::Alone(text) => parse(text.as_bytes()),
        }
    }

    /// The payment in the form that all gateways share.
    ///
    /// # Errors
    /// [`Invalid`] never in practice: the amounts were checked when the answer was read.
    pub fn state(&self) -> Result<PaymentState, Invalid> {
        let history = self.history.iter().map(|entry| CancelEntry {
            amount: entry.amount,
            at: entry.cancelled_at,
            reason: entry.reason.clone(),
            cancel_id: entry.cancellation_id.clone(),
        });
        Ok(PaymentState::new(self.paid, self.cancelled, self.status.as_str())?
            .with_history(history.collect()))
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("imp_uid", &self.imp_uid)
            .field("merchant_uid", &self.merchant_uid)
            .field("status", &self.status)
            .field("paid", &self.paid)
            .field("cancelled", &self.cancelled)
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

/// Chaiport's unix seconds as a moment.
pub(crate) fn moment(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// The order of `cancel_history` is documented nowhere, so the moments decide where all are told.
fn oldest_first(history: &mut [CancelRecord]) {
    let moment = |entry: Option<&CancelRecord>| entry.and_then(|entry| entry.cancelled_at);
    if history.len() < 2 || history.iter().any(|entry| entry.cancelled_at.is_none()) {
        return;
    }
    if moment(history.first()) > moment(history.last()) {
        // newest first; turned round, cancels of one second keep their order too
        history.reverse();
    }
    history.sort_by_key(|entry| entry.cancelled_at);
}

#[cfg(test)]
mod tests;
