//! The rest of a payment: some fifty fields that decide nothing.

use std::fmt;

use pg_core::decimal::Decimal;
use pg_core::json::{lenient, scalar_text};
use pg_core::text::Word;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::response::moment;

macro_rules! details {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $with:literal,)*) => {
        /// What Chaiport says about a payment beyond what decides (PortOne V1 OpenAPI schema, 2026).
        ///
        /// Every field may be missing, null or of another type than documented; it then is `None`, or empty for a
        /// list. Unknown fields are ignored: the provider reserves the right to add some. It holds the buyer's
        /// personal data, so `Debug` shows nothing but the type's name.
        #[derive(Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct PaymentDetails {
            $($(#[doc = $doc])+ #[serde(deserialize_with = $with)] pub $name: $type,)*
        }
    };
}

type Text = Option<String>;
type Moment = Option<OffsetDateTime>;

details! {
    /// Where it was paid: `pc`, `mobile`, `api`.
    channel: Text = "scalar_text",
    /// The PG's number of the transaction.
    pg_tid: Text = "scalar_text",
    /// The merchant's id at the PG.
    pg_id: Text = "scalar_text",
    /// Whether a test channel was used; told since 2026-01-26.
    sandbox: Option<bool> = "lenient",
    /// Whether it is an escrow payment.
    escrow: Option<bool> = "lenient",
    /// The card company's approval number.
    apply_num: Text = "scalar_text",
    /// Bank of a transfer, KFTC code. Not the numbering of `refund_bank`.
    bank_code: Text = "scalar_text",
    /// Bank of a transfer.
    bank_name: Text = "scalar_text",
    /// Card company, KFTC code.
    card_code: Text = "scalar_text",
    /// Card company.
    card_name: Text = "scalar_text",
    /// Issuer, code.
    card_issuer_code: Text = "scalar_text",
    /// Issuer.
    card_issuer_name: Text = "scalar_text",
    /// Publisher (acquirer), code.
    card_publisher_code: Text = "scalar_text",
    /// Publisher (acquirer).
    card_publisher_name: Text = "scalar_text",
    /// Instalments in months, 0 for none.
    card_quota: Option<i64> = "lenient",
    /// Card number, masked by the PG.
    card_number: Text = "scalar_text",
    /// 0 credit, 1 debit.
    card_type: Option<i64> = "lenient",
    /// Bank of the virtual account, KFTC code. Not the numbering of `refund_bank`.
    vbank_code: Text = "scalar_text",
    /// Bank of the virtual account.
    vbank_name: Text = "scalar_text",
    /// Number of the virtual account.
    vbank_num: Text = "scalar_text",
    /// Holder of the virtual account.
    vbank_holder: Text = "scalar_text",
    /// Until when the virtual account takes the deposit.
    vbank_date: Moment = "lenient_moment",
    /// When the virtual account was issued.
    vbank_issued_at: Moment = "lenient_moment",
    /// What was bought.
    name: Text = "scalar_text",
    /// The buyer's name.
    buyer_name: Text = "scalar_text",
    /// The buyer's e-mail address.
    buyer_email: Text = "scalar_text",
    /// The buyer's phone number.
    buyer_tel: Text = "scalar_text",
    /// The buyer's address.
    buyer_addr: Text = "scalar_text",
    /// The buyer's postcode.
    buyer_postcode: Text = "scalar_text",
    /// The merchant's own data, JSON as text.
    custom_data: Text = "scalar_text",
    /// The buyer's browser.
    user_agent: Text = "scalar_text",
    /// When the payment was begun.
    started_at: Moment = "lenient_moment",
    /// When it was paid.
    paid_at: Moment = "lenient_moment",
    /// When it failed.
    failed_at: Moment = "lenient_moment",
    /// When it was last cancelled.
    cancelled_at: Moment = "lenient_moment",
    /// Why it failed.
    fail_reason: Text = "scalar_text",
    /// Why it was last cancelled.
    cancel_reason: Text = "scalar_text",
    /// The receipt.
    receipt_url: Text = "scalar_text",
    /// Deposits into an unlimited virtual account (settle only).
    deposit_history: Vec<Deposit> = "lenient_list",
    /// Receipts of the partial cancels; deprecated in favour of the history's.
    cancel_receipt_urls: Vec<String> = "lenient_list",
    /// Whether a cash receipt was issued.
    cash_receipt_issued: Option<bool> = "lenient",
    /// The billing key's customer.
    customer_uid: Text = "scalar_text",
    /// What the billing key was used for: `issue`, `payment`, `payment.scheduled`.
    customer_uid_usage: Text = "scalar_text",
    /// The promotion that was applied.
    promotion: Option<Promotion> = "lenient",
    /// Further data, JSON as text; only when the look-up asked for it.
    extension: Text = "json_text",
}

impl fmt::Debug for PaymentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentDetails([REDACTED])")
    }
}

/// One deposit into an unlimited virtual account.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Deposit {
    /// The PG's number of the deposit.
    #[serde(deserialize_with = "scalar_text")]
    pub pg_tid: Option<String>,
    /// The amount in the payment's currency; [`Money::from_decimal`](pg_core::Money::from_decimal) gives it one.
    #[serde(deserialize_with = "lenient")]
    pub amount: Option<Decimal>,
    /// Who paid in.
    #[serde(deserialize_with = "scalar_text")]
    pub depositor_name: Option<String>,
    /// When.
    #[serde(deserialize_with = "lenient_moment")]
    pub deposited_at: Option<OffsetDateTime>,
}

impl fmt::Debug for Deposit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deposit")
            .field("amount", &self.amount)
            .field("deposited_at", &self.deposited_at)
            .finish_non_exhaustive()
    }
}

/// The promotion that was applied to a payment.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Promotion {
    /// Its number.
    #[serde(deserialize_with = "scalar_text")]
    pub id: Option<String>,
    /// The discount in the payment's currency.
    #[serde(deserialize_with = "lenient")]
    pub discount: Option<Decimal>,
}

impl fmt::Debug for Promotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promotion")
            .field("id", &Word::of(&self.id))
            .field("discount", &self.discount)
            .finish()
    }
}

/// Unix seconds, as a number or as text; Chaiport writes 0 for "not yet".
fn lenient_moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let seconds = scalar_text(deserializer)?.and_then(|text| text.parse().ok());
    Ok(seconds.filter(|seconds| *seconds != 0).and_then(moment))
}

/// The readable elements of a list; empty when it is none.
fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    Ok(elements.into_iter().filter_map(|element| serde_json::from_str(element.get()).ok()).collect())
}

/// Any JSON but null, as its text.
fn json_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = <&'de RawValue>::deserialize(deserializer)?.get();
    Ok((text != "null").then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> PaymentDetails {
        pg_core::json::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn nothing_and_nulls_and_nonsense_are_read_as_nothing() {
        let nothing = PaymentDetails::default();
        assert_eq!(read("{}"), nothing);
        let nulls = r#"{"channel":null,"card_quota":null,"vbank_date":null,"deposit_history":null,
            "promotion":null,"extension":null,"sandbox":null,"cancel_receipt_urls":null}"#;
        assert_eq!(read(nulls), nothing);
        let nonsense = r#"{"channel":{},"card_quota":"three","vbank_date":"soon","deposit_history":7,
            "promotion":7,"sandbox":"yes","cancel_receipt_urls":{},"unheard_of":[[1]]}"#;
        assert_eq!(read(nonsense), nothing);
    }

    #[test]
    fn every_kind_of_field_is_typed() {
        let details = read(
            r#"{"pg_tid":"T1","apply_num":30012345,"card_quota":3,"card_type":1,"sandbox":true,"paid_at":1648344363,
            "failed_at":0,"cancelled_at":"1648344400","cancel_receipt_urls":["https://r.example/1",null],
            "deposit_history":[{"pg_tid":"D1","amount":1.0E3,"depositor_name":"김","deposited_at":1648344363}, 3],
            "promotion":{"id":"p-1","discount":100},"extension":{"a":[1]}}"#,
        );
        assert_eq!(details.apply_num.as_deref(), Some("30012345"));
        assert_eq!((details.card_quota, details.card_type, details.sandbox), (Some(3), Some(1), Some(true)));
        assert_eq!(details.paid_at.unwrap().unix_timestamp(), 1_648_344_363);
        assert_eq!((details.failed_at, details.cancelled_at.is_some()), (None, true));
        assert_eq!(details.cancel_receipt_urls, ["https://r.example/1"]);
        assert_eq!(details.deposit_history.len(), 1);
        assert!(details.deposit_history[0].amount.is_some());
        assert_eq!(details.promotion.unwrap().id.as_deref(), Some("p-1"));
        assert_eq!(details.extension.as_deref(), Some(r#"{"a":[1]}"#));
    }

    #[test]
    fn debug_shows_nobody() {
        let details = read(
            r#"{"buyer_name":"CANARY","buyer_email":"CANARY","buyer_tel":"CANARY","buyer_addr":"CANARY",
            "card_number":"CANARY","vbank_num":"CANARY","vbank_holder":"CANARY","cancel_reason":"CANARY",
            "custom_data":"CANARY","deposit_history":[{"depositor_name":"CANARY"}]}"#,
        );
        assert_eq!(details.buyer_tel.as_deref(), Some("CANARY"));
        assert!(!format!("{details:?} {:?}", details.deposit_history).contains("CANARY"));
    }
}
