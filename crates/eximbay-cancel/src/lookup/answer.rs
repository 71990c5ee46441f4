//! The typed answer to a look-up.

use std::fmt;

use pg_core::json::{self, JsonFault};
use pg_core::text::Word;
use serde::Deserialize;

use crate::envelope::{Envelope, answer};
use crate::fields::{debug_told, deciding, lenient_object, object, told};
use crate::method::PaymentMethod;
use crate::stamp::Stamp;

/// The whole answer to a look-up (Eximbay developer guide, retrieve page).
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RetrieveAnswer {
    /// Code and message.
    pub envelope: Envelope,
    /// `mid`: the merchant id.
    pub mid: Option<String>,
    /// `payment`: the payment.
    pub payment: RetrievedPayment,
    /// `card_info`: the card, in part.
    pub card_info: CardInfo,
}

/// `payment` of an answer to a look-up.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct RetrievedPayment {
    /// `order_id`: the merchant's order number.
    #[serde(default, deserialize_with = "deciding")]
    pub order_id: Option<String>,
    /// `currency`.
    #[serde(default, deserialize_with = "deciding")]
    pub currency: Option<String>,
    /// `amount`: what was paid.
    #[serde(default, deserialize_with = "deciding")]
    pub amount: Option<String>,
    /// `transaction_id`: the gateway's number, 24 characters.
    #[serde(default, deserialize_with = "deciding")]
    pub transaction_id: Option<String>,
    /// `status`, verbatim; see [`RetrievedPayment::status`].
    #[serde(default, deserialize_with = "deciding", rename = "status")]
    pub status_text: Option<String>,
    /// `auth_code`: the approval's number.
    #[serde(default, deserialize_with = "told")]
    pub auth_code: Option<String>,
    /// `transaction_date`: when it was approved.
    #[serde(default, deserialize_with = "crate::stamp::told")]
    pub transaction_date: Option<Stamp>,
    /// `balance`: what is refundable.
    #[serde(default, deserialize_with = "deciding")]
    pub balance: Option<String>,
    /// `payment_method`: how it was paid.
    #[serde(default, deserialize_with = "crate::method::told")]
    pub payment_method: Option<PaymentMethod>,
}

debug_told!(RetrievedPayment {
    order_id, currency, amount, transaction_id, status_text, auth_code, balance; transaction_date, payment_method
});
debug_told!(RetrieveAnswer { mid; envelope, payment, card_info });

impl RetrievedPayment {
    /// The status; a missing one is [`PaymentStatus::Other`] with empty text.
    #[must_use]
    pub fn status(&self) -> PaymentStatus {
        match self.status_text.as_deref().unwrap_or_default() {
            "SALE" => PaymentStatus::Sale,
            "AUTH" => PaymentStatus::Auth,
            "REGISTERED" => PaymentStatus::Registered,
            "NONE" => PaymentStatus::None,
            other => PaymentStatus::Other(other.to_owned()),
        }
    }
}

/// The status of a payment.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentStatus {
    /// `SALE`: paid. It stays so when refunded; only the balance moves.
    Sale,
    /// `AUTH`: authorised, not captured. Its balance is the amount, or nothing after a reversal.
    Auth,
    /// `REGISTERED`: waiting for cash (Japan). **Not paid yet**; its balance is the amount, or nothing after the
    /// order was cancelled.
    Registered,
    /// `NONE`: no such transaction; a look-up makes it `NotFound`.
    None,
    /// A status that is not known here; amounts decide.
    Other(String),
}

impl fmt::Debug for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sale => f.write_str("Sale"),
            Self::Auth => f.write_str("Auth"),
            Self::Registered => f.write_str("Registered"),
            Self::None => f.write_str("None"),
            Self::Other(word) => f.debug_tuple("Other").field(&Word(word)).finish(),
        }
    }
}

impl PaymentStatus {
    /// The gateway's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sale => "SALE",
            Self::Auth => "AUTH",
            Self::Registered => "REGISTERED",
            Self::None => "NONE",
            Self::Other(text) => text,
        }
    }
}

/// `card_info` of an answer to a look-up: parts of a card number. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct CardInfo {
    /// `card_number1`: the first digits.
    #[serde(default, deserialize_with = "told")]
    pub card_number1: Option<String>,
    /// `card_number4`: the last four digits.
    #[serde(default, deserialize_with = "told")]
    pub card_number4: Option<String>,
}

impl fmt::Debug for CardInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardInfo([REDACTED])")
    }
}

answer!(Raw {
    #[serde(default, deserialize_with = "deciding")]
    mid: Option<String>,
    #[serde(default, deserialize_with = "object")]
    payment: RetrievedPayment,
    #[serde(default, deserialize_with = "lenient_object")]
    card_info: CardInfo,
});

/// Reads an answer to a look-up, on any HTTP status; echoes of `sensitive` values in its messages are blanked.
///
/// # Errors
/// [`JsonFault`] when the body is no JSON object, or a deciding field stands twice or has an impossible type.
pub fn parse(body: &[u8], sensitive: &[&str]) -> Result<RetrieveAnswer, JsonFault> {
    let mut raw: Raw = json::parse(body)?;
    Ok(RetrieveAnswer {
        envelope: raw.envelope(sensitive),
        mid: raw.mid,
        payment: raw.payment,
        card_info: raw.card_info,
    })
}
