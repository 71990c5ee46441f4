//! A payment as the merchant knows it: what a cancel is made from.

use std::fmt;

use pg_core::decimal::Decimal;
use pg_core::json::parse;
use pg_core::text::Word;
use pg_core::{Currency, Invalid, Money};
use serde::Deserialize;

use crate::ids::{ImpUid, MerchantUid, PaymentIds};
use crate::response::{Payment, PaymentStatus};

/// A row of the merchant's payments table (STEP 02 of the cancel guide), or the same facts from a look-up.
///
/// [`cancelable`](Self::cancelable) becomes the `checksum` of the cancel. It must be the balance that is *known*: a
/// row that missed a cancel then makes Chaiport refuse, instead of refunding too much.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    ids: PaymentIds,
    /// What was paid, or what is left where only that is known.
    total: Money,
    paid_known: bool,
    cancelled: Money,
    pg_provider: Option<String>,
    pay_method: Option<String>,
    emb_pg_provider: Option<String>,
    status: Option<PaymentStatus>,
}

impl PaymentRecord {
    /// A payment of which nothing is cancelled yet.
    #[must_use]
    pub fn new(ids: impl Into<PaymentIds>, paid: Money) -> Self {
        Self {
            ids: ids.into(),
            total: paid,
            paid_known: true,
            cancelled: Money::zero(paid.currency()),
            pg_provider: None,
            pay_method: None,
            emb_pg_provider: None,
            status: None,
        }
    }

    /// A payment of which only the balance is known. What was paid is then taken from the answer.
    #[must_use]
    pub fn of_balance(ids: impl Into<PaymentIds>, balance: Money) -> Self {
        Self { paid_known: false, ..Self::new(ids, balance) }
    }

    /// Reads a row as JSON: `imp_uid`, `merchant_uid`, `amount`, `cancel_amount` (default 0), `currency` (default
    /// `KRW`), and where the table has them `pg_provider`, `pay_method`, `emb_pg_provider`, `status`. Other columns
    /// are ignored.
    ///
    /// # Errors
    /// [`Invalid`] naming the column, or `record` when it is not such an object.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Invalid> {
        #[derive(Deserialize)]
        struct Row {
            imp_uid: Option<String>,
            merchant_uid: Option<String>,
            amount: Decimal,
            cancel_amount: Option<Decimal>,
            currency: Option<String>,
            pg_provider: Option<String>,
            pay_method: Option<String>,
            emb_pg_provider: Option<String>,
            status: Option<String>,
        }
        let row: Row = parse(bytes).map_err(|_| {
            Invalid::new("record", "must be a json object with imp_uid, merchant_uid, amount, cancel_amount")
        })?;
        let imp_uid = row.imp_uid.map(|text| text.parse::<ImpUid>()).transpose()?;
        let merchant_uid = row.merchant_uid.map(|text| text.parse::<MerchantUid>()).transpose()?;
        let ids = match (imp_uid, merchant_uid) {
            (Some(imp_uid), merchant_uid) => PaymentIds::ImpUid { imp_uid, merchant_uid },
            (None, Some(merchant_uid)) => merchant_uid.into(),
            (None, None) => return Err(Invalid::new("imp_uid", "must be given")),
        };
        let currency = match row.currency.as_deref() {
            None => Currency::KRW,
            Some(code) => {
                code.parse().map_err(|_| Invalid::new("currency", "must be an ISO 4217 currency code"))?
            }
        };
        let money = |field, decimal| {
            Money::from_decimal(decimal, currency).map_err(|error| Invalid::new(field, error.to_string()))
        };
        let mut record = Self::new(ids, money("amount", row.amount)?);
        if let Some(cancelled) = row.cancel_amount {
            record.cancelled = money("cancel_amount", cancelled)?;
        }
        record.pg_provider = row.pg_provider.filter(|text| !text.is_empty());
        record.pay_method = row.pay_method.filter(|text| !text.is_empty());
        record.emb_pg_provider = row.emb_pg_provider.filter(|text| !text.is_empty());
        record.status = row.status.as_deref().map(PaymentStatus::from);
        Ok(record)
    }

    /// Sets what is cancelled so far (`cancel_amount`, cumulative).
    ///
    /// # Errors
    /// [`Invalid`] naming `cancel_amount` when it is in another currency than what was paid.
    pub fn with_cancelled(mut self, cancelled: Money) -> Result<Self, Invalid> {
        if cancelled.currency() != self.total.currency() {
            return Err(Invalid::new("cancel_amount", "must be in the payment's currency"));
        }
        self.cancelled = cancelled;
        Ok(self)
    }

    /// Adds the PG behind Chaiport (`pg_provider` of a look-up): it decides the bank codes of a refund account, lets
    /// refusals of that PG be understood, and tells whether it decides later, so that nothing is sent twice there.
    #[must_use]
    pub fn with_pg_provider(mut self, pg_provider: impl Into<String>) -> Self {
        self.pg_provider = Some(pg_provider.into());
        self
    }

    /// Adds how it was paid (`pay_method` of a look-up): virtual accounts need a refund account.
    #[must_use]
    pub fn with_pay_method(mut self, pay_method: impl Into<String>) -> Self {
        self.pay_method = Some(pay_method.into());
        self
    }

    /// Adds the easy-pay service inside the PG (`emb_pg_provider` of a look-up), where there is one.
    #[must_use]
    pub fn with_emb_pg_provider(mut self, emb_pg_provider: impl Into<String>) -> Self {
        self.emb_pg_provider = Some(emb_pg_provider.into());
        self
    }

    /// Which payment.
    #[must_use]
    pub const fn ids(&self) -> &PaymentIds {
        &self.ids
    }

    /// What was paid (`amount`), where known.
    #[must_use]
    pub fn paid(&self) -> Option<Money> {
        self.paid_known.then_some(self.total)
    }

    /// Whether what a payment says it was paid is what is known here.
    pub(crate) fn agrees_with(&self, paid: Money) -> bool {
        self.paid().is_none_or(|known| known == paid) && paid.currency() == self.total.currency()
    }

    /// What is cancelled so far (`cancel_amount`); nothing, where only the balance is known.
    #[must_use]
    pub const fn cancelled(&self) -> Money {
        self.cancelled
    }

    /// The PG behind Chaiport, where known.
    #[must_use]
    pub fn pg_provider(&self) -> Option<&str> {
        self.pg_provider.as_deref()
    }

    /// How it was paid, where known.
    #[must_use]
    pub fn pay_method(&self) -> Option<&str> {
        self.pay_method.as_deref()
    }

    /// The easy-pay service inside the PG, where known.
    #[must_use]
    pub fn emb_pg_provider(&self) -> Option<&str> {
        self.emb_pg_provider.as_deref()
    }

    /// Chaiport's word for how far it is, where known.
    #[must_use]
    pub const fn status(&self) -> Option<&PaymentStatus> {
        self.status.as_ref()
    }

    /// What can still be cancelled: paid less cancelled, nothing when the row says more was cancelled than paid.
    #[must_use]
    pub fn cancelable(&self) -> Money {
        self.total.checked_sub(self.cancelled).unwrap_or(Money::zero(self.total.currency()))
    }

    /// Takes over a payment's sums; what is cancelled is raised, never lowered, and what is left never raised.
    pub(crate) fn raise_to(&mut self, paid: Money, cancelled: Money) {
        if !self.paid_known {
            // a balance that is known says what is cancelled too, once what was paid is told
            let known = paid.checked_sub(self.cancelable()).unwrap_or(cancelled);
            let newer = if cancelled.minor() > known.minor() { cancelled } else { known };
            (self.total, self.paid_known, self.cancelled) = (paid, true, newer);
        } else if cancelled.compare(self.cancelled).is_some_and(std::cmp::Ordering::is_gt) {
            self.cancelled = cancelled;
        }
    }
}

// by hand: three of the words may be the gateway's own
impl fmt::Debug for PaymentRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRecord")
            .field("ids", &self.ids)
            .field("total", &self.total)
            .field("paid_known", &self.paid_known)
            .field("cancelled", &self.cancelled)
            .field("pg_provider", &Word::of(&self.pg_provider))
            .field("pay_method", &Word::of(&self.pay_method))
            .field("emb_pg_provider", &Word::of(&self.emb_pg_provider))
            .field("status", &self.status)
            .finish()
    }
}

impl From<&PaymentRecord> for PaymentRecord {
    fn from(record: &PaymentRecord) -> Self {
        record.clone()
    }
}

impl From<&Payment> for PaymentRecord {
    fn from(payment: &Payment) -> Self {
        Self {
            ids: PaymentIds::ImpUid {
                imp_uid: payment.imp_uid().clone(),
                // one that breaks today's rules is left out: imp_uid alone names the payment
                merchant_uid: payment.merchant_uid().parse().ok(),
            },
            total: payment.paid(),
            paid_known: true,
            cancelled: payment.cancelled(),
            pg_provider: payment.pg_provider().map(str::to_owned),
            pay_method: payment.pay_method().map(str::to_owned),
            emb_pg_provider: payment.emb_pg_provider().map(str::to_owned),
            status: Some(payment.status().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_guide_is_read() {
        let record = PaymentRecord::from_json(
            br#"{"imp_uid":"imp_1","merchant_uid":"ORD-1","amount":10000,"cancel_amount":"2500","shop":7}"#,
        )
        .unwrap();
        assert_eq!(record.cancelable(), Money::krw(7500).unwrap());
        assert_eq!(record.ids().merchant_uid().unwrap().as_str(), "ORD-1");
        let usd = PaymentRecord::from_json(br#"{"imp_uid":"imp_1","amount":1.5,"currency":"USD"}"#).unwrap();
        assert_eq!(usd.cancelable().minor(), 150);
    }

    #[test]
    fn a_row_that_cannot_be_is_refused_by_column() {
        for (json, field) in [
            (r#"{"amount":1}"#, "imp_uid"),
            (r#"{"imp_uid":"../x","amount":1}"#, "imp_uid"),
            (r#"{"merchant_uid":"","amount":1}"#, "merchant_uid"),
            (r#"{"imp_uid":"imp_1"}"#, "record"),
            (r#"{"imp_uid":"imp_1","amount":-1}"#, "record"),
            (r#"{"imp_uid":"imp_1","amount":1.5}"#, "amount"),
            (r#"{"imp_uid":"imp_1","amount":1,"cancel_amount":0.5}"#, "cancel_amount"),
            (r#"{"imp_uid":"imp_1","amount":1,"currency":"won"}"#, "currency"),
            ("[]", "record"),
        ] {
            assert_eq!(PaymentRecord::from_json(json.as_bytes()).unwrap_err().field(), field, "{json}");
        }
    }

    #[test]
    fn the_pg_of_a_row_is_kept_and_an_empty_one_is_none() {
        let read = |pg: &str, method: &str, easy_pay: &str| {
            let json = format!(
                r#"{{"imp_uid":"imp_1","amount":1,"pg_provider":"{pg}","pay_method":"{method}","emb_pg_provider":"{easy_pay}"}}"#
            );
            let record = PaymentRecord::from_json(json.as_bytes()).unwrap();
            [record.pg_provider(), record.pay_method(), record.emb_pg_provider()]
                .map(|word| word.map(str::to_owned))
        };
        assert_eq!(
            read("kicc", "card", "wechatpay"),
            ["kicc", "card", "wechatpay"].map(|word| Some(word.to_owned()))
        );
        assert_eq!(read("", "", ""), [None, None, None]);
    }

    #[test]
    fn another_paid_amount_or_currency_is_another_payment() {
        let imp_uid: ImpUid = "imp_1".parse().unwrap();
        let (won, cents) =
            (|amount| Money::krw(amount).unwrap(), Money::from_minor(1000, Currency::USD).unwrap());
        let record = PaymentRecord::new(imp_uid.clone(), won(1000));
        assert!(record.agrees_with(won(1000)));
        assert!(!record.agrees_with(won(1001)) && !record.agrees_with(cents));
        // where only the balance is known, any sum in its currency may have been paid
        let balance = PaymentRecord::of_balance(imp_uid, won(1000));
        assert!(balance.agrees_with(won(5000)) && !balance.agrees_with(cents));
    }

    #[test]
    fn debug_shows_numbers_and_no_free_text() {
        let imp_uid: ImpUid = "imp_1".parse().unwrap();
        let record = PaymentRecord::new(imp_uid, Money::krw(1000).unwrap()).with_pg_provider("kcp");
        let shown = format!("{:?}", record.with_pay_method("card 4111 1111"));
        assert!(shown.contains("imp_1") && shown.contains("kcp") && !shown.contains("4111"), "{shown}");
    }

    #[test]
    fn more_cancelled_than_paid_leaves_nothing() {
        let imp_uid: ImpUid = "imp_1".parse().unwrap();
        let record = PaymentRecord::new(imp_uid, Money::krw(1000).unwrap());
        let cents = Money::from_minor(1, Currency::USD).unwrap();
        assert_eq!(record.clone().with_cancelled(cents).unwrap_err().field(), "cancel_amount");
        assert!(record.with_cancelled(Money::krw(1001).unwrap()).unwrap().cancelable().is_zero());
    }
}
