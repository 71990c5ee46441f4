//! The typed answer to a cancel.

use std::fmt;

use pg_core::json::{self, JsonFault};
use pg_core::{Currency, Money, RefundAccount};
use serde::Deserialize;

use crate::envelope::{Envelope, answer};
use crate::fields::{debug_told, deciding, lenient_object, money, object, told};
use crate::method::PaymentMethod;
use crate::stamp::Stamp;

/// The whole answer to a cancel (Eximbay developer guide, cancel page).
///
/// Anything may be missing, empty, or a number where the guide shows text; unknown fields are passed over. Amounts
/// are kept as the gateway wrote them, because their form differs (`"1.00"`, `"0"`) and is not documented for KRW.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CancelAnswer {
    /// Code and message.
    pub envelope: Envelope,
    /// `mid`: the merchant id.
    pub mid: Option<String>,
    /// `refund`: this refund.
    pub refund: RefundPart,
    /// `payment`: the payment it belongs to.
    pub payment: PaymentPart,
    /// `foreign`: the same in the buyer's billing currency.
    pub foreign: ForeignPart,
    /// `other_param`: the merchant's own data, echoed.
    pub other_param: OtherParamEcho,
}

/// `refund` of an answer.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct RefundPart {
    /// `refund_amount`: what was refunded, e.g. `1.00`.
    #[serde(default, deserialize_with = "deciding")]
    pub refund_amount: Option<String>,
    /// `refund_id`: echo of the request's.
    #[serde(default, deserialize_with = "deciding")]
    pub refund_id: Option<String>,
    /// `refund_date`: when it was taken.
    #[serde(default, deserialize_with = "crate::stamp::told")]
    pub refund_date: Option<Stamp>,
    /// `refund_transaction_id`: the gateway's number of this refund (24 characters). It cannot be looked up by it.
    #[serde(default, deserialize_with = "told")]
    pub refund_transaction_id: Option<String>,
}

debug_told!(RefundPart { refund_amount, refund_id, refund_transaction_id; refund_date });

/// `payment` of an answer to a cancel.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct PaymentPart {
    /// `order_id`. The guide's sample shows another one than was sent; it decides nothing.
    #[serde(default, deserialize_with = "told")]
    pub order_id: Option<String>,
    /// `currency`: of amount and balance.
    #[serde(default, deserialize_with = "deciding")]
    pub currency: Option<String>,
    /// `amount`: presumably the original payment's; the guide does not say, so it decides nothing.
    #[serde(default, deserialize_with = "told")]
    pub amount: Option<String>,
    /// `transaction_id`: the gateway's number of the approval.
    #[serde(default, deserialize_with = "deciding")]
    pub transaction_id: Option<String>,
    /// `balance`: what is refundable **after** this refund.
    #[serde(default, deserialize_with = "deciding")]
    pub balance: Option<String>,
    /// `base_amount`: the amount in the currency of the approval.
    #[serde(default, deserialize_with = "told")]
    pub base_amount: Option<String>,
    /// `base_rate`: from the payment's currency to the approval's, 6 decimal places.
    #[serde(default, deserialize_with = "told")]
    pub base_rate: Option<String>,
    /// `dcc_rate`: from the approval's currency to the buyer's, for payments with currency conversion.
    #[serde(default, deserialize_with = "told")]
    pub dcc_rate: Option<String>,
    /// `payment_method`: how it was paid.
    #[serde(default, deserialize_with = "crate::method::told")]
    pub payment_method: Option<PaymentMethod>,
    /// `auth_code`: the approval's number; only an official sample program has it.
    #[serde(default, deserialize_with = "told")]
    pub auth_code: Option<String>,
}

/// `foreign` of an answer, in both spellings: the guide's sample says `foregin_*`, official programs `foreign_*`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct ForeignPart {
    /// `foreign_currency`.
    #[serde(default, deserialize_with = "told")]
    pub foreign_currency: Option<String>,
    /// `foreign_amount`.
    #[serde(default, deserialize_with = "told")]
    pub foreign_amount: Option<String>,
    /// `foreign_rate`.
    #[serde(default, deserialize_with = "told")]
    pub foreign_rate: Option<String>,
    /// `foregin_currency`, as the guide's sample spells it.
    #[serde(default, deserialize_with = "told")]
    pub foregin_currency: Option<String>,
    /// `foregin_amount`, as the guide's sample spells it.
    #[serde(default, deserialize_with = "told")]
    pub foregin_amount: Option<String>,
    /// `foregin_rate`, as the guide's sample spells it.
    #[serde(default, deserialize_with = "told")]
    pub foregin_rate: Option<String>,
}

debug_told!(PaymentPart {
    order_id, currency, amount, transaction_id, balance, base_amount, base_rate, dcc_rate, auth_code; payment_method
});
debug_told!(ForeignPart {
    foreign_currency, foreign_amount, foreign_rate, foregin_currency, foregin_amount, foregin_rate;
});
debug_told!(CancelAnswer { mid; envelope, refund, payment, foreign, other_param });

impl CancelAnswer {
    /// Takes an account that was sent out of the words and numbers that are shown. What decides stays as it is: it was
    /// compared.
    pub(crate) fn scrubbed(mut self, account: Option<&RefundAccount>) -> Self {
        let Some(account) = account else { return self };
        let (payment, foreign) = (&mut self.payment, &mut self.foreign);
        let mut method = payment.payment_method.take().map(|method| method.code().to_owned());
        account.scrub([&mut method]);
        payment.payment_method = method.map(PaymentMethod::new);
        account.scrub([
            &mut self.refund.refund_transaction_id,
            &mut payment.order_id,
            &mut payment.amount,
            &mut payment.base_amount,
            &mut payment.base_rate,
            &mut payment.dcc_rate,
            &mut payment.auth_code,
            &mut foreign.foreign_currency,
            &mut foreign.foreign_amount,
            &mut foreign.foreign_rate,
            &mut foreign.foregin_currency,
            &mut foreign.foregin_amount,
            &mut foreign.foregin_rate,
        ]);
        self
    }
}

impl ForeignPart {
    /// The buyer's billing currency, in whichever spelling it came; the right one goes first.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.foreign_currency.as_deref().or(self.foregin_currency.as_deref())
    }

    /// The amount in the buyer's billing currency.
    #[must_use]
    pub fn amount(&self) -> Option<&str> {
        self.foreign_amount.as_deref().or(self.foregin_amount.as_deref())
    }

    /// The rate from the approval's currency to the buyer's; the guide's sample has `0` where they are the same.
    #[must_use]
    pub fn rate(&self) -> Option<&str> {
        self.foreign_rate.as_deref().or(self.foregin_rate.as_deref())
    }

    /// The amount as money; `None` when it or its currency is missing or cannot be read.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        let currency: Currency = self.currency()?.parse().ok()?;
        money(self.amount()?, currency)
    }
}

/// `other_param` of an answer: the merchant's own data. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct OtherParamEcho {
    /// `param1`.
    #[serde(default, deserialize_with = "told")]
    pub param1: Option<String>,
    /// `param2`.
    #[serde(default, deserialize_with = "told")]
    pub param2: Option<String>,
    /// `param3`.
    #[serde(default, deserialize_with = "told")]
    pub param3: Option<String>,
}

impl fmt::Debug for OtherParamEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtherParamEcho([REDACTED])")
    }
}

answer!(Raw {
    #[serde(default, deserialize_with = "deciding")]
    mid: Option<String>,
    #[serde(default, deserialize_with = "object")]
    refund: RefundPart,
    #[serde(default, deserialize_with = "object")]
    payment: PaymentPart,
    #[serde(default, deserialize_with = "lenient_object")]
    foreign: ForeignPart,
    #[serde(default, deserialize_with = "lenient_object")]
    other_param: OtherParamEcho,
});

/// Reads an answer to a cancel, on any HTTP status; echoes of `sensitive` values in its messages are blanked.
///
/// # Errors
/// [`JsonFault`] when the body is no JSON object, or a deciding field stands twice or has an impossible type.
pub fn parse(body: &[u8], sensitive: &[&str]) -> Result<CancelAnswer, JsonFault> {
    let mut raw: Raw = json::parse(body)?;
    Ok(CancelAnswer {
        envelope: raw.envelope(sensitive),
        mid: raw.mid,
        refund: raw.refund,
        payment: raw.payment,
        foreign: raw.foreign,
        other_param: raw.other_param,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// The shape of the guide's sample, with its misspelling.
    const SAMPLE: &str = r#"{"rescode":"0000","resmsg":"Success.","mid":"1849705C64",
        "refund":{"refund_amount":"1.00","refund_id":"refund-1","refund_date":"20220922113927",
            "refund_transaction_id":"1849705C6420220922000014"},
        "payment":{"order_id":"20220922113330","currency":"USD","amount":"1.00",
            "transaction_id":"1849705C6420220922000013","balance":"0.00","base_amount":"1.00",
            "base_rate":"1.000000","dcc_rate":"1.000000","payment_method":"P101"},
        "foreign":{"foregin_currency":"USD","foregin_amount":"1.00","foregin_rate":"0"}}"#;

    fn answer(json: &str) -> CancelAnswer {
        parse(json.as_bytes(), &[]).unwrap()
    }

    #[test]
    fn every_field_of_the_sample_has_its_place() {
        let answer = answer(SAMPLE);
        assert_eq!(answer.envelope.rescode.as_deref(), Some("0000"));
        assert_eq!(answer.mid.as_deref(), Some("1849705C64"));
        let date = answer.refund.refund_date.as_ref().and_then(Stamp::kst);
        assert_eq!(date, Some(datetime!(2022-09-22 11:39:27 +9)));
        assert_eq!(answer.refund.refund_transaction_id.as_deref(), Some("1849705C6420220922000014"));
        assert_eq!(answer.payment.balance.as_deref(), Some("0.00"));
        assert_eq!(answer.payment.base_rate.as_deref(), Some("1.000000"));
        assert_eq!(answer.payment.payment_method.as_ref().and_then(PaymentMethod::name), Some("VISA"));
        assert_eq!(answer.foreign.money(), Money::parse("1", Currency::USD).ok());
        assert_eq!(answer.foreign.rate(), Some("0"));
    }

    #[test]
    fn the_right_spelling_goes_first() {
        let answer = answer(
            r#"{"foreign":{"foregin_amount":"2","foreign_amount":"1","foregin_currency":"JPY","foreign_rate":1.5}}"#,
        );
        assert_eq!((answer.foreign.amount(), answer.foreign.currency()), (Some("1"), Some("JPY")));
        assert_eq!(answer.foreign.rate(), Some("1.5"));
        assert_eq!(answer.foreign.foregin_amount.as_deref(), Some("2"));
    }

    #[test]
    fn what_does_not_decide_may_be_anything() {
        let answer = answer(
            r#"{"rescode":0,"refund":{"refund_date":[],"refund_transaction_id":{}},
            "payment":{"order_id":7,"base_rate":null,"payment_method":true,"new":{"a":[1]}},
            "foreign":"none","other_param":[1],"new":1}"#,
        );
        assert_eq!(answer.envelope.rescode.as_deref(), Some("0"));
        assert_eq!(answer.payment.order_id.as_deref(), Some("7"));
        assert_eq!(answer.foreign, ForeignPart::default());
    }

    #[test]
    fn what_decides_may_not() {
        for body in [
            r#"{"payment":{"balance":{}}}"#,
            r#"{"payment":{"transaction_id":["x"]}}"#,
            r#"{"payment":[]}"#,
            r#"{"refund":"x"}"#,
            r#"{"rescode":"0000","rescode":"RC18"}"#,
            r#"{"payment":{},"payment":{}}"#,
        ] {
            assert!(parse(body.as_bytes(), &[]).is_err(), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_echo() {
        let told = format!(
            r#"{{"refund":{{"refund_transaction_id":"{0}","refund_date":"x {0}"}},
            "payment":{{"order_id":"{0}","auth_code":"POST {0}","payment_method":"{0}"}},"foreign":{{"foregin_rate":"{0}"}}}}"#,
            "90817263540022"
        );
        let account = RefundAccount::new(pg_core::Bank::Shinhan, "90817263540022", "홍길동").unwrap();
        let shown = format!("{:?}", answer(&told).scrubbed(Some(&account)));
        assert!(!shown.contains("90817263540022"), "{shown}");
        assert!(
            shown.contains("refund_transaction_id: Some(\"***\")") || shown.contains("(unprintable)"),
            "{shown}"
        );
    }

    #[test]
    fn debug_shows_no_free_text() {
        let answer = answer(r#"{"resmsg":"MESSAGE-CANARY","other_param":{"param1":"PARAM-CANARY"}}"#);
        assert_eq!(answer.other_param.param1.as_deref(), Some("PARAM-CANARY"));
        assert!(!format!("{answer:?}").contains("CANARY"));
        assert_eq!(format!("{:?}", answer.other_param), "OtherParamEcho([REDACTED])");
    }
}
