//! Cancels, checked before they exist: one way to begin, two wire forms to end in.

mod draft;
mod flat;
mod revoke;
mod standard;
mod tax;
#[cfg(test)]
#[path = "standard_tests.rs"]
mod tests;

use pg_core::{AttemptTag, Money, SendLog};

pub use draft::CancelDraft;
pub use flat::FlatCancel;
pub use revoke::RevokeRequest;
pub use standard::{MobileRefund, Operation, OsType, StandardCancel};
pub use tax::{TaxSplit, TaxType};

use crate::payment::PaymentRecord;

/// Which of the two wire forms a request or a client speaks.
///
/// There is no default: the forms contradict each other, and only Hecto can tell which one a merchant's
/// contract is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `{"params": …, "data": …}`: every published specification and SDK of Hecto's has it (0A19,
    /// 2024-07-16).
    Standard,
    /// One flat object, as the developer-site prototype shows it (2025-09).
    Flat,
}

impl Form {
    /// `standard` or `flat`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Flat => "flat",
        }
    }
}

/// One cancel, complete and checked. The same request always makes the same bytes, so sending it again is
/// sending the same attempt again; clones share what is known of earlier sendings.
///
/// Begin with [`CancelRequest::full`] or [`CancelRequest::partial`], add what the payment needs, and end with
/// [`standard`](CancelDraft::standard) or [`flat`](CancelDraft::flat). There is no way to leave the guard
/// out: the amount and the sequence number are always explicit, because a blank one would mean "everything"
/// or "the next".
///
/// ```
/// use settlebank_cancel::{CancelRequest, Method, Money, PaymentRecord};
/// use time::macros::date;
///
/// let (trade_no, paid_on) = ("STFP_PGCAnxca_jt_il0211129135810M1494620", date!(2021 - 11 - 29));
/// let payment = PaymentRecord::new(trade_no, "ORDER-1", paid_on, Money::krw(1000)?)?
///     .with_method(Method::Card);
/// let whole = CancelRequest::full(&payment).reason("고객 변심").standard()?;
/// let part = CancelRequest::partial(&payment, Money::krw(500)?).flat()?;
/// assert_eq!(whole.amount().minor(), 1000);
/// assert_eq!(part.balance_after().minor(), 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub enum CancelRequest {
    /// In the standard form.
    Standard(Box<StandardCancel>),
    /// In the flat form.
    Flat(FlatCancel),
}

impl CancelRequest {
    /// Begins a cancel of all that is left of a payment.
    pub const fn full(payment: &PaymentRecord) -> CancelDraft<'_> {
        CancelDraft::new(payment, payment.balance())
    }

    /// Begins a cancel of a part of a payment.
    pub const fn partial(payment: &PaymentRecord, amount: Money) -> CancelDraft<'_> {
        CancelDraft::new(payment, amount)
    }

    /// The form that it is made for.
    #[must_use]
    pub const fn form(&self) -> Form {
        match self {
            Self::Standard(_) => Form::Standard,
            Self::Flat(_) => Form::Flat,
        }
    }

    /// The payment, as it was before this cancel.
    #[must_use]
    pub fn payment(&self) -> &PaymentRecord {
        match self {
            Self::Standard(request) => request.payment(),
            Self::Flat(request) => request.payment(),
        }
    }

    /// What is to be refunded.
    #[must_use]
    pub fn amount(&self) -> Money {
        match self {
            Self::Standard(request) => request.amount(),
            Self::Flat(request) => request.amount(),
        }
    }

    /// What could be cancelled before it: the guard.
    #[must_use]
    pub fn balance_before(&self) -> Money {
        self.payment().balance()
    }

    /// What can be cancelled after it, if nobody else cancels.
    #[must_use]
    pub fn balance_after(&self) -> Money {
        let before = self.balance_before();
        // the amount was checked against the balance when the request was made
        before.checked_sub(self.amount()).unwrap_or(Money::zero(before.currency()))
    }

    /// Whether its sequence number tells it from other cancels of the payment: in the standard form, but for the
    /// methods that are cancelled in full only, whose number is always 001.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        matches!(self, Self::Standard(request) if !request.method().is_full_only())
    }

    /// The attempt's tag: `mchtTrdNo` of the standard form; in the flat form it stays with us.
    #[must_use]
    pub fn tag(&self) -> &AttemptTag {
        match self {
            Self::Standard(request) => request.tag(),
            Self::Flat(request) => request.tag(),
        }
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub fn sends(&self) -> &SendLog {
        match self {
            Self::Standard(request) => request.sends(),
            Self::Flat(request) => request.sends(),
        }
    }

    /// Everything personal in it, for scrubbing a gateway's echo.
    pub(crate) fn sensitive_values(&self) -> Vec<&str> {
        match self {
            Self::Standard(request) => request.sensitive_values(),
            Self::Flat(_) => Vec::new(),
        }
    }
}

impl From<StandardCancel> for CancelRequest {
    fn from(request: StandardCancel) -> Self {
        Self::Standard(Box::new(request))
    }
}

impl From<FlatCancel> for CancelRequest {
    fn from(request: FlatCancel) -> Self {
        Self::Flat(request)
    }
}
