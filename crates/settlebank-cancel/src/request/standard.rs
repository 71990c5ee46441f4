//! A cancel in the standard form.

use std::fmt;

use pg_core::{AttemptTag, BankScheme, Currency, Invalid, Money, RefundAccount, SendLog};
use time::OffsetDateTime;

use super::draft::CancelDraft;
use super::flat::check_digits;
use super::tax::TaxSplit;
use crate::kst;
use crate::method::Method;
use crate::payment::PaymentRecord;
use crate::text::free_text;

/// Longest `orgTrdNo`.
pub(super) const MAX_TRADE_NO: usize = 40;
const MAX_REASON: usize = 255;
const MAX_REFUND_NUMBER: usize = 16;
const MAX_REFUND_HOLDER: usize = 50;
const MAX_AMOUNT_DIGITS: usize = 12;
/// Amounts of the 010 virtual accounts are N(9).
const MAX_AMOUNT_DIGITS_010: usize = 9;

/// What a cancel does at the gateway: it decides the path and `bizType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `C0` at `/spay/APICancel.do`: back the way it was paid.
    Cancel,
    /// `C0` at `/spay/APIRefund.do`: a deposited virtual account, into the buyer's account.
    VirtualAccountRefund,
    /// `C1` at `/spay/APIRefund.do`: a mobile payment of an earlier month, into the buyer's account.
    MobileRefund,
}

impl Operation {
    /// The path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cancel => "/spay/APICancel.do",
            Self::VirtualAccountRefund | Self::MobileRefund => "/spay/APIRefund.do",
        }
    }

    /// `bizType`.
    #[must_use]
    pub const fn biz_type(self) -> &'static str {
        match self {
            Self::Cancel | Self::VirtualAccountRefund => "C0",
            Self::MobileRefund => "C1",
        }
    }

    /// Whether it pays into an account, and so later.
    #[must_use]
    pub const fn pays_into_account(self) -> bool {
        !matches!(self, Self::Cancel)
    }
}

/// How a mobile payment is to be undone. It can be cancelled within the calendar month of the payment (Korean
/// time) and refunded into an account from the next one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MobileRefund {
    /// By the month of the payment and of the request.
    #[default]
    ByDate,
    /// Cancelled on the phone bill (`C0`).
    No,
    /// Refunded into an account (`C1`); the merchant must be registered for it.
    Yes,
}

/// `osType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OsType {
    /// `A`
    Android,
    /// `I`
    Ios,
    /// `W`
    Windows,
    /// `M`
    Mac,
    /// `E`
    Other,
}

impl OsType {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Android => "A",
            Self::Ios => "I",
            Self::Windows => "W",
            Self::Mac => "M",
            Self::Other => "E",
        }
    }
}

/// A cancel in the standard form, with everything that its bytes are made from.
///
/// `Debug` shows neither reason nor refund account.
#[derive(Clone)]
pub struct StandardCancel {
    payment: PaymentRecord,
    method: Method,
    operation: Operation,
    amount: Money,
    sequence: u16,
    tag: AttemptTag,
    at: OffsetDateTime,
    tax: Option<TaxSplit>,
    reason: Option<String>,
    refund_account: Option<RefundAccount>,
    on_mobile: Option<bool>,
    os: Option<OsType>,
    sends: SendLog,
}

impl StandardCancel {
    pub(super) fn from_draft(mut draft: CancelDraft<'_>) -> Result<Self, Invalid> {
        let amount = draft.checked_amount()?;
        let payment = draft.payment;
        let method = payment.method().ok_or_else(|| {
            Invalid::new("method", "must be given: it decides the path of a standard cancel")
        })?;
        if payment.trade_no().len() > MAX_TRADE_NO {
            return Err(Invalid::new("trade_no", "must be at most 40 characters in the standard form"));
        }
        if draft.same_amount_again {
            return Err(Invalid::new(
                "same_amount_again",
                "must not be given: the standard form tells its cancels apart",
            ));
        }
        check_currency(method, amount)?;
        let digits = match method {
            Method::VirtualAccount010 => MAX_AMOUNT_DIGITS_010,
            _ => MAX_AMOUNT_DIGITS,
        };
        check_digits(amount, digits)?;
        let sequence = if method.is_full_only() {
            check_full_only(&draft, amount)?;
            1
        } else {
            payment.next_sequence()?
        };
        let at = kst::frozen(draft.at.unwrap_or_else(OffsetDateTime::now_utc))?;
        let operation = operation(&draft, method, at)?;
        if let Some(reason) = &draft.reason {
            free_text("reason", reason, MAX_REASON)?;
        }
        if let Some(tax) = &draft.tax {
            if !method.has_tax() {
                return Err(Invalid::new("tax", "must not be given for vouchers, t-money and points"));
            }
            tax.check(amount, method.has_service_charge())?;
        }
        check_refund_account(operation, draft.refund_account.as_ref())?;
        let tag = draft.tag_or_random()?;
        Ok(Self {
            payment: payment.clone(),
            method,
            operation,
            amount,
            sequence,
            tag,
            at,
            tax: draft.tax,
            reason: draft.reason,
            refund_account: draft.refund_account,
            on_mobile: draft.on_mobile,
            os: draft.os,
            sends: draft.sends.unwrap_or_default(),
        })
    }

    /// The payment, as it was before this cancel.
    #[must_use]
    pub const fn payment(&self) -> &PaymentRecord {
        &self.payment
    }

    /// The payment method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// What it does at the gateway.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// What is to be refunded.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// Its number among the cancels of the payment (`cnclOrd`): 1 to 999, always 1 for methods that are
    /// cancelled in full only.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        self.sequence
    }

    /// The attempt's tag, which is its `mchtTrdNo`.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// When it was made, in Korean time, to the second; part of its hash.
    #[must_use]
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// How the amount is taxed.
    #[must_use]
    pub const fn tax(&self) -> Option<&TaxSplit> {
        self.tax.as_ref()
    }

    /// The reason. Free text: it may name people.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The account to refund into.
    #[must_use]
    pub const fn refund_account(&self) -> Option<&RefundAccount> {
        self.refund_account.as_ref()
    }

    /// Whether it is asked for from a mobile page or app.
    #[must_use]
    pub const fn on_mobile(&self) -> Option<bool> {
        self.on_mobile
    }

    /// The system that it is asked for from.
    #[must_use]
    pub const fn os_type(&self) -> Option<OsType> {
        self.os
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }

    pub(super) fn sensitive_values(&self) -> Vec<&str> {
        let mut values =
            self.refund_account.as_ref().map(RefundAccount::sensitive_values).unwrap_or_default();
        values.extend(self.reason());
        values
    }
}

fn check_currency(method: Method, amount: Money) -> Result<(), Invalid> {
    let dollars_by_card = method == Method::Card && amount.currency() == Currency::USD;
    if amount.currency() == Currency::KRW || dollars_by_card {
        return Ok(());
    }
    Err(Invalid::new("currency", "must be KRW, or USD for a card"))
}

fn check_full_only(draft: &CancelDraft<'_>, amount: Money) -> Result<(), Invalid> {
    if amount == draft.payment.paid() || draft.partial_against_the_api_page {
        return Ok(());
    }
    Err(Invalid::new("amount", "must be all that was paid: this method has no partial cancels"))
}

fn operation(draft: &CancelDraft<'_>, method: Method, at: OffsetDateTime) -> Result<Operation, Invalid> {
    if method.is_virtual_account() && draft.mobile_refund == MobileRefund::ByDate {
        return Ok(Operation::VirtualAccountRefund);
    }
    if method != Method::Mobile {
        return match draft.mobile_refund {
            MobileRefund::ByDate => Ok(Operation::Cancel),
            MobileRefund::No | MobileRefund::Yes => {
                Err(Invalid::new("mobile_refund", "must not be given but for a mobile payment"))
            }
        };
    }
    let paid_on = draft.payment.paid_on();
    let same_month = (paid_on.year(), paid_on.month()) == (at.year(), at.month());
    Ok(match draft.mobile_refund {
        MobileRefund::No => Operation::Cancel,
        MobileRefund::ByDate if same_month => Operation::Cancel,
        MobileRefund::Yes | MobileRefund::ByDate => Operation::MobileRefund,
    })
}

fn check_refund_account(operation: Operation, account: Option<&RefundAccount>) -> Result<(), Invalid> {
    let account = match (operation.pays_into_account(), account) {
        (false, None) => return Ok(()),
        (false, Some(_)) => {
            return Err(Invalid::new(
                "refund_account",
                "must not be given: this cancel goes back the way it was paid",
            ));
        }
        (true, None) => {
            return Err(Invalid::new("refund_account", "must be given: this refund is paid into an account"));
        }
        (true, Some(account)) => account,
    };
    if account.bank().code(BankScheme::Hecto).is_none() {
        return Err(Invalid::new("refund_account.bank", "must be in hecto's bank table"));
    }
    if account.expose_number().len() > MAX_REFUND_NUMBER {
        return Err(Invalid::new("refund_account.number", "must be at most 16 digits"));
    }
    free_text("refund_account.holder", account.expose_holder(), MAX_REFUND_HOLDER)
}

impl fmt::Debug for StandardCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardCancel")
            .field("payment", &self.payment)
            .field("operation", &self.operation)
            .field("amount", &self.amount)
            .field("sequence", &self.sequence)
            .field("tag", &self.tag)
            .field("at", &self.at)
            .field("sends", &self.sends)
            .finish_non_exhaustive()
    }
}
