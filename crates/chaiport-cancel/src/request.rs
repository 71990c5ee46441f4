//! What is asked of Chaiport: one cancel of one payment.

mod read;
mod reason;
mod refund;

use std::fmt;

use pg_core::gateway::check_amount;
use pg_core::{AttemptTag, Invalid, Money, RefundAccount, SendLog};

#[cfg(feature = "client")]
use crate::later::Route;
use crate::record::PaymentRecord;
use crate::response::PaymentStatus;
use reason::Reason;
pub(crate) use refund::RefundTo;

/// Longest `reason` in characters (Chaiport REST reference, 2022).
const MAX_REASON: usize = 256;

/// Who asked for a cancel (`extra.requester`); Naver Pay shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requester {
    /// The buyer: `customer`.
    Customer,
    /// The shop: `admin`, which is also what Chaiport assumes.
    Admin,
}

impl Requester {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Admin => "admin",
        }
    }
}

/// One cancel of one payment, checked; the same request always makes the same bytes.
///
/// Made by [`full`](Self::full) or [`partial`](Self::partial) from a looked-up [`Payment`](crate::Payment) or the
/// merchant's [`PaymentRecord`]. It then carries the guard: `checksum`, the balance before this cancel, which
/// Chaiport compares before it executes anything. To repeat a cancel, send **this** request again (or a clone), never
/// one made anew from a fresh balance. At a PG that decides later the guard stops nothing while a refund is pending;
/// there, and wherever Chaiport has said code 0 to it, the client sends a request once.
///
/// Its tag stands at the front of the reason, `[c:TAG] the reason`, and is how the cancel is found again in the
/// payment's history. `Debug` shows numbers and amounts, neither reason nor account.
#[derive(Clone)]
pub struct CancelRequest {
    record: PaymentRecord,
    amount: Money,
    guarded: bool,
    tag: AttemptTag,
    reason: Reason,
    tax_free: Option<Money>,
    vat_amount: Option<Money>,
    refund: Option<RefundTo>,
    requester: Option<Requester>,
    retain_promotion: Option<bool>,
    enable_webhook: Option<bool>,
    escrow_confirmed: Option<bool>,
    sends: SendLog,
}

impl CancelRequest {
    /// Cancels all that is left of a payment.
    ///
    /// # Errors
    /// [`Invalid`] naming `balance` when nothing is left, `status` when the payment is not paid, `pg_provider` when
    /// its payments are not cancelled this way, `tag` when the system gives no randomness.
    pub fn full(payment: impl Into<PaymentRecord>) -> Result<Self, Invalid> {
        let record = payment.into();
        let amount = record.cancelable();
        Self::build(record, amount, true)
    }

    /// Cancels a part of a payment, or all that is left.
    ///
    /// # Errors
    /// As [`full`](Self::full), and naming `amount` when it is zero, in another currency, or more than is left.
    pub fn partial(payment: impl Into<PaymentRecord>, amount: Money) -> Result<Self, Invalid> {
        Self::build(payment.into(), amount, true)
    }

    /// Cancels without `checksum`. **This risks a double refund**: nothing at Chaiport then recognises a second copy
    /// of this cancel, be it a repeat of yours or a duplicate of the network's, nor that somebody else cancelled in
    /// between. Only for a payment whose balance at Chaiport is known to be wrong.
    ///
    /// The client sends such a request once; sending it again ends as unknown without a byte on the wire.
    ///
    /// # Errors
    /// As [`partial`](Self::partial).
    pub fn unguarded(payment: impl Into<PaymentRecord>, amount: Money) -> Result<Self, Invalid> {
        Self::build(payment.into(), amount, false)
    }

    fn build(record: PaymentRecord, amount: Money, guarded: bool) -> Result<Self, Invalid> {
        match record.status() {
            Some(PaymentStatus::Ready) => {
                return Err(Invalid::new(
                    "status",
                    "is ready: nothing was paid yet; an unpaid virtual account is revoked by revoke_virtual_account",
                ));
            }
            Some(PaymentStatus::Failed) => {
                return Err(Invalid::new("status", "is failed: nothing was paid"));
            }
            _ => {}
        }
        if record.pg_provider() == Some("naverco") {
            return Err(Invalid::new(
                "pg_provider",
                "is naverco, whose orders are cancelled by product order, not by payment",
            ));
        }
        let balance = record.cancelable();
        if balance.is_zero() {
            return Err(Invalid::new("balance", "is zero: nothing is left to cancel"));
        }
        check_amount(balance, balance, amount)?;
        let tag = AttemptTag::random()?;
        Ok(Self {
            record,
            amount,
            guarded,
            reason: Reason::new(&tag),
            tag,
            tax_free: None,
            vat_amount: None,
            refund: None,
            requester: None,
            retain_promotion: None,
            enable_webhook: None,
            escrow_confirmed: None,
            sends: SendLog::new(),
        })
    }

    /// Sets the attempt's tag instead of a random one. To repeat an attempt of an earlier process, give its tag and
    /// call [`sent_before`](Self::sent_before), **on a request made with the same balance and amount as then, never a
    /// fresh balance**: the tag finds a cancel again, but nothing at Chaiport refuses a second one with the same tag.
    #[must_use]
    pub fn with_tag(mut self, tag: AttemptTag) -> Self {
        self.reason.set_tag(&tag);
        self.tag = tag;
        self
    }

    /// Says that an earlier process may have sent this attempt, on a request made with the same balance and amount as
    /// then, never a fresh balance. A refusal is then no longer taken for proof that nothing happened, and a request
    /// that has no working guard is not sent at all.
    ///
    /// If that process was told `Ok`, or [`UnknownReason::Integrity`](pg_core::UnknownReason::Integrity), say so too:
    /// `request.sends().mark_taken()`.
    #[must_use]
    pub fn sent_before(self) -> Self {
        self.sends.mark_possibly_sent();
        self
    }

    /// Shares a log of sendings.
    #[cfg(feature = "client")]
    pub(crate) fn with_sends(mut self, sends: SendLog) -> Self {
        self.sends = sends;
        self
    }

    /// Sets the reason. With the tag in front of it (at most 35 characters) it may have 256 characters; Naver Pay
    /// wants one.
    ///
    /// # Errors
    /// [`Invalid`] naming `reason`.
    pub fn with_reason(mut self, reason: &str) -> Result<Self, Invalid> {
        if reason.chars().any(char::is_control) {
            return Err(Invalid::new("reason", "must not contain control characters"));
        }
        self.reason.set_given(reason.trim());
        self.check_reason()?;
        Ok(self)
    }

    /// Sends the reason as it is, without the tag. After a lost answer the cancel can then not be told from somebody
    /// else's of the same amount: [`reconcile`](crate::lookup::reconcile) leaves such cases to a person.
    #[must_use]
    pub const fn with_untagged_reason(mut self) -> Self {
        self.reason.leave_out_tag();
        self
    }

    /// Sets the tax-free part of the amount. Some PGs (kcp, kicc, nice, payco) do not take a missing one for zero:
    /// there it must be given for payments with a tax-free part.
    ///
    /// # Errors
    /// [`Invalid`] naming `tax_free` when it exceeds the amount or is in another currency.
    pub fn with_tax_free(mut self, tax_free: Money) -> Result<Self, Invalid> {
        self.tax_free = Some(self.part("tax_free", tax_free)?);
        Ok(self)
    }

    /// Sets the VAT part of the amount; to be given where it was given at payment (nice, nice_v2, html5_inicis,
    /// welcome, tosspay_v2).
    ///
    /// # Errors
    /// [`Invalid`] naming `vat_amount` when it exceeds the amount or is in another currency.
    pub fn with_vat_amount(mut self, vat_amount: Money) -> Result<Self, Invalid> {
        self.vat_amount = Some(self.part("vat_amount", vat_amount)?);
        Ok(self)
    }

    fn part(&self, field: &'static str, part: Money) -> Result<Money, Invalid> {
        match part.compare(self.amount) {
            None => Err(Invalid::new(field, "must be in the payment's currency")),
            Some(order) if order.is_gt() => Err(Invalid::new(field, "must not exceed the amount")),
            Some(_) => Ok(part),
        }
    }

    /// Sets the account to refund into: needed for virtual accounts, KCP's phone payments of an earlier month, and
    /// transfers at smartro_v2 and welcome. The payment's PG decides the bank's number.
    ///
    /// # Errors
    /// [`Invalid`] naming `pg_provider` when it is not known or has no table of bank codes, `refund_bank` when the PG
    /// cannot refund to that bank (naming those that can), `refund_account`, `refund_holder` or `refund_tel` when
    /// they are too long for Chaiport.
    pub fn with_refund_account(mut self, account: RefundAccount) -> Result<Self, Invalid> {
        self.refund = Some(RefundTo::numbered_by_pg(account, self.record.pg_provider())?);
        Ok(self)
    }

    /// Sets the account with the bank's code written out, for PGs whose numbering no document gives (ksnet,
    /// mobilians, galaxia, …). A wrong code may pay somebody else: take it from the PG. The account's own
    /// [`Bank`](pg_core::Bank) is not sent.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_bank` when the code is not 1 to 4 ASCII letters or digits, otherwise as
    /// [`with_refund_account`](Self::with_refund_account).
    pub fn with_refund_account_and_raw_bank_code(
        mut self,
        account: RefundAccount,
        bank_code: &str,
    ) -> Result<Self, Invalid> {
        self.refund = Some(RefundTo::with_raw_code(account, bank_code)?);
        Ok(self)
    }

    /// Says who asked for the cancel.
    #[must_use]
    pub const fn with_requester(mut self, requester: Requester) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Keeps the payment's promotion although the rest no longer meets its rule. The same choice must be kept for
    /// all partial cancels of a payment.
    #[must_use]
    pub const fn with_retain_promotion(mut self, retain: bool) -> Self {
        self.retain_promotion = Some(retain);
        self
    }

    /// Asks for the cancel webhook, which Chaiport otherwise sends for cancels of the console only.
    #[must_use]
    pub const fn with_webhook(mut self, enable: bool) -> Self {
        self.enable_webhook = Some(enable);
        self
    }

    /// Cancels an escrow payment after the buyer confirmed it (`escrow_confirmed`). Known from the official Java
    /// client only; the published schema does not have it.
    #[must_use]
    pub const fn with_escrow_confirmed(mut self, confirmed: bool) -> Self {
        self.escrow_confirmed = Some(confirmed);
        self
    }

    /// The last checks before anything is sent: what the payment's PG and method ask for is there.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_account`, `refund_tel`, `pg_provider` or `reason`.
    pub fn check(&self) -> Result<(), Invalid> {
        self.check_reason()?;
        if self.record.pg_provider() == Some("naverpay") && self.reason.given().is_none() {
            return Err(Invalid::new("reason", "must be given for naver pay"));
        }
        refund::check(self.record.pg_provider(), self.record.pay_method(), self.refund.as_ref())
    }

    fn check_reason(&self) -> Result<(), Invalid> {
        let reason = self.reason.sent().unwrap_or_default();
        // no text has more characters than bytes
        if reason.len() > MAX_REASON && reason.chars().count() > MAX_REASON {
            return Err(Invalid::new(
                "reason",
                format!("must be at most {MAX_REASON} characters with the tag in front"),
            ));
        }
        Ok(())
    }

    /// Whether Chaiport would refuse a second copy: a checksum is sent, and a copy that was taken moves the balance.
    #[cfg(feature = "client")]
    pub(crate) fn guard_holds(&self) -> bool {
        self.guarded && !Route::of_record(&self.record).may_decide_later() && !self.sends.was_taken()
    }

    /// What a gateway's message must not repeat.
    pub(crate) fn sensitive_values(&self) -> Vec<&str> {
        self.refund_account().map(RefundAccount::sensitive_values).unwrap_or_default()
    }
}

impl fmt::Debug for CancelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelRequest")
            .field("ids", self.ids())
            .field("amount", &self.amount)
            .field("balance_before", &self.balance_before())
            .field("guarded", &self.guarded)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
