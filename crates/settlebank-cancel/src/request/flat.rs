//! A cancel in the flat form.

use pg_core::{AttemptTag, Currency, Invalid, Money, SendLog};

use super::draft::CancelDraft;
use super::standard::MobileRefund;
use crate::payment::PaymentRecord;

/// Longest `canAmt`.
pub(crate) const MAX_AMOUNT_DIGITS: usize = 12;

/// A cancel in the flat form: original trade number, order number, day, and the amount, in won.
///
/// The four values are all there is, and the hash covers exactly them: an identical request is an identical
/// hash. That makes a repeat recognisable, and a second **intended** cancel of the same amount
/// unrecognisable, which is why the latter is refused unless [named](CancelDraft::same_amount_again).
#[derive(Debug, Clone)]
pub struct FlatCancel {
    payment: PaymentRecord,
    amount: Money,
    tag: AttemptTag,
    sends: SendLog,
}

impl FlatCancel {
    pub(super) fn from_draft(mut draft: CancelDraft<'_>) -> Result<Self, Invalid> {
        let amount = draft.checked_amount()?;
        if amount.currency() != Currency::KRW {
            return Err(Invalid::new(
                "currency",
                "must be KRW in the flat form, which has no currency field",
            ));
        }
        check_digits(amount, MAX_AMOUNT_DIGITS)?;
        let cannot_carry = [
            ("reason", draft.reason.is_some()),
            ("tax", draft.tax.is_some()),
            ("refund_account", draft.refund_account.is_some()),
            ("at", draft.at.is_some()),
            ("mobile_refund", draft.mobile_refund != MobileRefund::ByDate),
            ("on_mobile", draft.on_mobile.is_some()),
            ("os_type", draft.os.is_some()),
            ("partial_against_the_api_page", draft.partial_against_the_api_page),
        ];
        if let Some((field, _)) = cannot_carry.into_iter().find(|(_, given)| *given) {
            return Err(Invalid::new(field, "must not be given: the flat form cannot carry it"));
        }
        if !draft.same_amount_again && draft.payment.may_have_cancelled(amount) {
            return Err(Invalid::new(
                "amount",
                "may equal an earlier cancel of this payment, and the flat form cannot tell the two apart",
            ));
        }
        if draft.payment.method().is_none() {
            return Err(Invalid::new("method", "must be given: no look-up can find the payment without it"));
        }
        let tag = draft.tag_or_random()?;
        Ok(Self { payment: draft.payment.clone(), amount, tag, sends: draft.sends.unwrap_or_default() })
    }

    /// The payment, as it was before this cancel.
    #[must_use]
    pub const fn payment(&self) -> &PaymentRecord {
        &self.payment
    }

    /// What is to be refunded.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// The attempt's tag; it does not go onto the wire.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }
}

/// Checks that an amount, in minor units, has at most `max` digits.
pub(super) fn check_digits(amount: Money, max: usize) -> Result<(), Invalid> {
    if amount.minor().to_string().len() > max {
        return Err(Invalid::new("amount", format!("must have at most {max} digits")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;
    use crate::request::{CancelRequest, TaxSplit};
    use pg_core::{Bank, RefundAccount};
    use time::macros::{date, datetime};

    fn won(amount: i64) -> Money {
        Money::krw(amount).unwrap()
    }

    fn payment() -> PaymentRecord {
        PaymentRecord::new("T1", "O1", date!(2026 - 01 - 02), won(10_000)).unwrap().with_method(Method::Card)
    }

    fn field<T: std::fmt::Debug>(result: Result<T, Invalid>) -> &'static str {
        result.unwrap_err().field()
    }

    #[test]
    fn amounts_are_checked() {
        let payment = payment();
        assert_eq!(field(CancelRequest::partial(&payment, won(0)).flat()), "amount");
        assert_eq!(field(CancelRequest::partial(&payment, won(10_001)).flat()), "amount");
        let cents = Money::from_minor(1, Currency::USD).unwrap();
        assert_eq!(field(CancelRequest::partial(&payment, cents).flat()), "amount");
        let dollars = PaymentRecord::new("T", "O", date!(2026 - 01 - 02), cents).unwrap();
        assert_eq!(field(CancelRequest::full(&dollars).flat()), "currency");
        let huge = PaymentRecord::new("T", "O", date!(2026 - 01 - 02), won(1_000_000_000_000)).unwrap();
        assert_eq!(field(CancelRequest::full(&huge).flat()), "amount");
        let empty = payment.with_cancels(&[won(10_000)]).unwrap();
        assert_eq!(field(CancelRequest::full(&empty).flat()), "amount");
    }

    #[test]
    fn the_same_amount_twice_must_be_named() {
        let payment = payment().with_cancels(&[won(3000)]).unwrap();
        assert_eq!(field(CancelRequest::partial(&payment, won(3000)).flat()), "amount");
        assert!(CancelRequest::partial(&payment, won(3000)).same_amount_again().flat().is_ok());
        assert!(CancelRequest::partial(&payment, won(3001)).flat().is_ok());
        let half = super::tests::payment().with_cancels(&[won(5000)]).unwrap();
        assert_eq!(field(CancelRequest::full(&half).flat()), "amount");
        // one cancel by our count, 3000 in all: 1000 of ours and 2000 of somebody else's are possible
        let counted = super::tests::payment().with_balance(won(7000), 1).unwrap();
        assert_eq!(field(CancelRequest::partial(&counted, won(1000)).flat()), "amount");
        assert!(CancelRequest::partial(&counted, won(3001)).flat().is_ok());
    }

    #[test]
    fn a_payment_that_cannot_be_looked_up_is_not_cancelled() {
        let no_method = PaymentRecord::new("T1", "O1", date!(2026 - 01 - 02), won(10_000)).unwrap();
        assert_eq!(field(CancelRequest::full(&no_method).flat()), "method");
    }

    #[test]
    fn what_the_form_cannot_carry_is_refused_by_name() {
        let payment = payment();
        let full = || CancelRequest::full(&payment);
        let account = RefundAccount::new(Bank::Shinhan, "1", "홍길동").unwrap();
        assert_eq!(field(full().reason("r").flat()), "reason");
        assert_eq!(field(full().tax(TaxSplit::taxable()).flat()), "tax");
        assert_eq!(field(full().refund_account(account).flat()), "refund_account");
        assert_eq!(field(full().at(datetime!(2026-01-02 0:00 UTC)).flat()), "at");
        assert_eq!(field(full().mobile_refund(MobileRefund::Yes).flat()), "mobile_refund");
        assert_eq!(field(full().on_mobile(true).flat()), "on_mobile");
        assert_eq!(field(full().os_type(super::super::OsType::Ios).flat()), "os_type");
        assert_eq!(field(full().partial_against_the_api_page().flat()), "partial_against_the_api_page");
    }
}
