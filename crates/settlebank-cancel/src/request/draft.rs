//! A cancel in the making: what both forms share, and what only one of them can carry.

use std::fmt;

use pg_core::gateway::check_amount;
use pg_core::{AttemptTag, Invalid, Money, RefundAccount, SendLog};
use time::OffsetDateTime;

use super::flat::FlatCancel;
use super::standard::{MobileRefund, OsType, StandardCancel};
use super::tax::TaxSplit;
use super::{CancelRequest, Form};
use crate::payment::PaymentRecord;

/// A cancel in the making; nothing is checked before [`standard`](Self::standard) or [`flat`](Self::flat)
/// ends it.
///
/// `Debug` shows neither reason nor refund account.
#[derive(Clone)]
#[must_use = "a draft is no request yet: end it with `standard()` or `flat()`"]
pub struct CancelDraft<'a> {
    pub(super) payment: &'a PaymentRecord,
    pub(super) amount: Money,
    pub(super) tag: Option<AttemptTag>,
    pub(super) sends: Option<SendLog>,
    pub(super) at: Option<OffsetDateTime>,
    pub(super) reason: Option<String>,
    pub(super) tax: Option<TaxSplit>,
    pub(super) refund_account: Option<RefundAccount>,
    pub(super) mobile_refund: MobileRefund,
    pub(super) on_mobile: Option<bool>,
    pub(super) os: Option<OsType>,
    pub(super) partial_against_the_api_page: bool,
    pub(super) same_amount_again: bool,
}

impl<'a> CancelDraft<'a> {
    pub(super) const fn new(payment: &'a PaymentRecord, amount: Money) -> Self {
        Self {
            payment,
            amount,
            tag: None,
            sends: None,
            at: None,
            reason: None,
            tax: None,
            refund_account: None,
            mobile_refund: MobileRefund::ByDate,
            on_mobile: None,
            os: None,
            partial_against_the_api_page: false,
            same_amount_again: false,
        }
    }

    /// Sets the attempt's tag, random unless set. In the standard form it is the cancel's own `mchtTrdNo`, by
    /// which Hecto recognises a repeat within one calendar day.
    pub fn with_tag(mut self, tag: AttemptTag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets what is known of earlier sendings of this attempt, empty unless set.
    pub fn with_sends(mut self, sends: SendLog) -> Self {
        self.sends = Some(sends);
        self
    }

    /// Marks the attempt as one that an earlier process may have sent: a refusal of it then proves nothing.
    pub fn possibly_sent(mut self) -> Self {
        self.sends.get_or_insert_default().mark_possibly_sent();
        self
    }

    /// Sets the time of the request (`trdDt`, `trdTm`; Korean time on the wire), now unless set. Standard
    /// form only; it is hashed and frozen: a repeat carries the first time.
    pub const fn at(mut self, at: OffsetDateTime) -> Self {
        self.at = Some(at);
        self
    }

    /// Sets the reason (`cnclRsn`): at most 255 bytes of UTF-8 (85 Korean characters), without
    /// `: & ? ' " < >`, line breaks and emoji. Standard form only.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Sets how the amount is taxed. Standard form only, not for vouchers, T-money and points; left out, the
    /// merchant's setting at Hecto applies.
    pub const fn tax(mut self, tax: TaxSplit) -> Self {
        self.tax = Some(tax);
        self
    }

    /// Sets the account to refund into: needed for virtual accounts and for mobile refunds, refused
    /// elsewhere. Standard form only; number at most 16 digits, holder at most 50 bytes of UTF-8.
    pub fn refund_account(mut self, account: RefundAccount) -> Self {
        self.refund_account = Some(account);
        self
    }

    /// Names the operation for a mobile payment: a cancel on the phone bill, or a refund into an account. By
    /// date unless set. Standard form only.
    pub const fn mobile_refund(mut self, choice: MobileRefund) -> Self {
        self.mobile_refund = choice;
        self
    }

    /// Sets whether the cancel is asked for from a mobile page or app (`mobileYn`), blank unless set.
    /// Standard form only.
    pub const fn on_mobile(mut self, on_mobile: bool) -> Self {
        self.on_mobile = Some(on_mobile);
        self
    }

    /// Sets the system that the cancel is asked for from (`osType`), blank unless set. Standard form only.
    pub const fn os_type(mut self, os: OsType) -> Self {
        self.os = Some(os);
        self
    }

    /// Allows a partial cancel where the API pages say that there is none (vouchers, T-money, Point Damoa).
    /// Standard form only.
    ///
    /// The getting-started guide allows it for Teencash and T-money. **What it risks:** these methods'
    /// cancels all carry the sequence number 001, so nothing at the gateway is known to tell a repeat from a
    /// second cancel. After an unknown outcome it must not be sent again.
    pub const fn partial_against_the_api_page(mut self) -> Self {
        self.partial_against_the_api_page = true;
        self
    }

    /// Allows an amount that may have been cancelled from this payment before. Flat form only.
    ///
    /// The flat form has no number, time or sequence: two cancels of one amount are the same bytes.
    /// **What it risks:** a gateway that recognises a repeat answers with the first cancel's success and
    /// refunds nothing; one that does not would refund every repeat, so after an unknown outcome it must not be
    /// sent again. Look the payment up after it in every case.
    pub const fn same_amount_again(mut self) -> Self {
        self.same_amount_again = true;
        self
    }

    /// Ends in the standard form.
    ///
    /// # Errors
    /// [`Invalid`] naming the field: `amount`, `balance`, `method`, `currency`, `sequence`, `trade_no`,
    /// `reason`, `tax`, `refund_account…`, `at`, `mobile_refund`, `same_amount_again`, `tag`.
    pub fn standard(self) -> Result<CancelRequest, Invalid> {
        StandardCancel::from_draft(self).map(CancelRequest::from)
    }

    /// Ends in the flat form. The payment's method does not go onto the wire, and is needed all the same: without it
    /// no look-up could find out what became of the cancel.
    ///
    /// # Errors
    /// [`Invalid`] naming the field: `amount`, `balance`, `method`, `currency`, `tag`, or one that the flat form
    /// cannot carry.
    pub fn flat(self) -> Result<CancelRequest, Invalid> {
        FlatCancel::from_draft(self).map(CancelRequest::from)
    }

    /// Ends in a form chosen elsewhere, such as [`Config::form`](crate::Config::form).
    ///
    /// # Errors
    /// As [`standard`](Self::standard) or [`flat`](Self::flat).
    pub fn in_form(self, form: Form) -> Result<CancelRequest, Invalid> {
        match form {
            Form::Standard => self.standard(),
            Form::Flat => self.flat(),
        }
    }

    /// What both forms check of the amount: above zero, at most the balance, in the payment's currency.
    pub(super) fn checked_amount(&self) -> Result<Money, Invalid> {
        if self.payment.balance().is_zero() {
            return Err(Invalid::new("amount", "nothing is left to cancel of this payment"));
        }
        check_amount(self.payment.paid(), self.payment.balance(), self.amount)?;
        Ok(self.amount)
    }

    pub(super) fn tag_or_random(&mut self) -> Result<AttemptTag, Invalid> {
        match self.tag.take() {
            Some(tag) => Ok(tag),
            None => AttemptTag::random(),
        }
    }
}

impl fmt::Debug for CancelDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelDraft")
            .field("payment", self.payment)
            .field("amount", &self.amount)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
