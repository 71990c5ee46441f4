//! A cancel that cannot be wrong: checked when it is made.

use std::fmt;

use pg_core::gateway::check_amount;
use pg_core::{AttemptTag, BankScheme, Invalid, Money, RefundAccount, SendLog};

use crate::amount::MAX_AMOUNT_TEXT;
use crate::ids::check_free_text;
use crate::lang::Lang;
use crate::payment::PaymentRecord;

mod extras;

pub use extras::{OtherParams, Tax};

/// Reason sent when none is given; the gateway wants one.
pub const DEFAULT_REASON: &str = "cancel";
/// Longest reason (characters).
const MAX_REASON: usize = 255;
/// Longest name of an account's holder (characters).
const MAX_HOLDER: usize = 20;
/// Longest account number (digits).
const MAX_ACCOUNT: usize = 15;

/// How much of a payment a cancel takes.
///
/// The gateway executes **everything that is not `P` as a full refund** (legacy guide), so these two are all that
/// can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundType {
    /// `F`: the whole payment, nothing of which has been refunded yet.
    Full,
    /// `P`: a part, the last one included.
    Partial,
}

impl RefundType {
    /// The letter on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "F",
            Self::Partial => "P",
        }
    }
}

/// One cancel of one payment.
///
/// Its guard is built in and cannot be left out: the balance before the cancel always goes along (the gateway checks
/// it only if it is sent), and so do the amount and a `refund_id` that is unique for ever. Whatever becomes of it,
/// **send the same request again, never a new one**, until the ledger shows that it can no longer happen.
#[derive(Clone)]
pub struct CancelRequest {
    payment: PaymentRecord,
    amount: Money,
    refund_type: RefundType,
    tag: AttemptTag,
    reason: String,
    lang: Lang,
    account: Option<RefundAccount>,
    tax: Option<Tax>,
    params: Option<OtherParams>,
    sends: SendLog,
}

impl CancelRequest {
    /// Refunds everything that is left: type `F` when nothing has been refunded yet, else `P` with the balance.
    ///
    /// What `F` does to a payment refunded in part is documented nowhere; `P` with the rest is the reading that
    /// cannot refund more than that rest.
    ///
    /// # Errors
    /// [`Invalid`] naming `balance` when nothing is left, or `tag` when the system gives no randomness.
    pub fn full(payment: &PaymentRecord) -> Result<Self, Invalid> {
        if payment.balance().is_zero() {
            return Err(Invalid::new("balance", "nothing is left to cancel"));
        }
        Self::partial(payment, payment.balance())
    }

    /// Refunds `amount`. Type `P`, unless it is the whole of a payment of which nothing has been refunded: that is
    /// `F`, because `P` with the whole amount is refused (codes `RC18`, `W414`).
    ///
    /// # Errors
    /// [`Invalid`] naming `amount` (zero, above the balance, another currency, longer than 15 characters) or `tag`.
    pub fn partial(payment: &PaymentRecord, amount: Money) -> Result<Self, Invalid> {
        Self::build(payment.clone(), amount, AttemptTag::random()?, SendLog::new())
    }

    pub(crate) fn build(
        payment: PaymentRecord,
        amount: Money,
        tag: AttemptTag,
        sends: SendLog,
    ) -> Result<Self, Invalid> {
        let (paid, balance) = (payment.paid().money(), payment.balance());
        check_amount(paid, balance, amount)?;
        check_length("amount", &payment.paid().in_style(amount))?;
        let whole = amount == paid && amount == balance;
        Ok(Self {
            payment,
            amount,
            refund_type: if whole { RefundType::Full } else { RefundType::Partial },
            tag,
            reason: DEFAULT_REASON.to_owned(),
            lang: Lang::default(),
            account: None,
            tax: None,
            params: None,
            sends,
        })
    }

    /// Sets the tag, which is the `refund_id`: 1 to 30 characters, unique among all refunds of the merchant ever.
    /// Random unless given.
    ///
    /// For an attempt that is put together again after a crash, add [`possibly_sent`](Self::possibly_sent).
    #[must_use]
    pub fn with_tag(mut self, tag: AttemptTag) -> Self {
        self.tag = tag;
        self
    }

    /// Notes that an earlier process may have sent this attempt: a refusal then proves nothing and becomes
    /// `Unknown`.
    #[must_use]
    pub fn possibly_sent(self) -> Self {
        self.sends.mark_possibly_sent();
        self
    }

    /// Sets the reason: 1 to 255 characters. Korean is fine. Free text: keep people's names out of it.
    ///
    /// # Errors
    /// [`Invalid`] naming `reason`: empty, too long, or with control characters.
    pub fn with_reason(mut self, reason: &str) -> Result<Self, Invalid> {
        check_free_text("reason", reason, MAX_REASON)?;
        reason.clone_into(&mut self.reason);
        Ok(self)
    }

    /// Sets the language; English unless given.
    #[must_use]
    pub const fn with_lang(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Adds the account to refund into, which virtual-account payments (`P305`) need. A phone number in it is not
    /// sent: Eximbay has no field for one.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_account.bank` (Eximbay has no code for it), `refund_account.holder` (at most 20
    /// characters) or `refund_account.number` (at most 15 digits).
    pub fn with_refund_account(mut self, account: RefundAccount) -> Result<Self, Invalid> {
        if account.bank().code(BankScheme::Eximbay).is_none() {
            return Err(Invalid::new("refund_account.bank", "must be a bank that eximbay has a code for"));
        }
        if account.expose_holder().encode_utf16().count() > MAX_HOLDER {
            return Err(Invalid::new("refund_account.holder", "must be at most 20 characters"));
        }
        if account.expose_number().len() > MAX_ACCOUNT {
            return Err(Invalid::new("refund_account.number", "must be at most 15 digits"));
        }
        self.account = Some(account);
        Ok(self)
    }

    /// Adds the tax portions of **this refund**: mandatory when NaverPay points were used, passed through by Toss,
    /// KakaoPay and PAYCO.
    ///
    /// # Errors
    /// [`Invalid`] naming the portion that has another currency, exceeds the refund, or is too long as text.
    pub fn with_tax(mut self, tax: Tax) -> Result<Self, Invalid> {
        for (field, portion) in tax.portions() {
            match portion.compare(self.amount) {
                None => return Err(Invalid::new(field, "must be in the payment's currency")),
                Some(order) if order.is_gt() => {
                    return Err(Invalid::new(field, "must not exceed the refund"));
                }
                Some(_) => check_length(field, &self.payment.paid().in_style(portion))?,
            }
        }
        self.tax = Some(tax).filter(|tax| !tax.is_empty());
        Ok(self)
    }

    /// Adds the merchant's own data, which the gateway echoes.
    #[must_use]
    pub fn with_other_params(mut self, params: OtherParams) -> Self {
        self.params = Some(params).filter(|params| !params.is_empty());
        self
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

    /// The guard: what was refundable before this cancel.
    #[must_use]
    pub const fn balance_before(&self) -> Money {
        self.payment.balance()
    }

    /// What will be refundable after it.
    #[must_use]
    pub fn balance_after(&self) -> Money {
        // the constructors checked amount ≤ balance in one currency
        self.payment.balance().checked_sub(self.amount).unwrap_or(Money::zero(self.amount.currency()))
    }

    /// Full or partial.
    #[must_use]
    pub const fn refund_type(&self) -> RefundType {
        self.refund_type
    }

    /// The `refund_id`.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// The reason. Free text: may name people.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The language.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// The account to refund into.
    #[must_use]
    pub const fn refund_account(&self) -> Option<&RefundAccount> {
        self.account.as_ref()
    }

    /// The tax portions of this refund.
    #[must_use]
    pub const fn tax(&self) -> Option<&Tax> {
        self.tax.as_ref()
    }

    /// The merchant's own data.
    #[must_use]
    pub const fn other_params(&self) -> Option<&OtherParams> {
        self.params.as_ref()
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }

    /// What of it must not come back in a gateway's message.
    pub(crate) fn sensitive_values(&self) -> Vec<&str> {
        let account = self.account.iter().flat_map(RefundAccount::sensitive_values);
        let reason = Some(self.reason.as_str()).filter(|reason| *reason != DEFAULT_REASON);
        let params = self.params.iter().flat_map(OtherParams::values).flatten();
        account.chain(reason).chain(params).collect()
    }
}

fn check_length(field: &'static str, text: &str) -> Result<(), Invalid> {
    if text.len() > MAX_AMOUNT_TEXT {
        return Err(Invalid::new(field, format!("must be at most {MAX_AMOUNT_TEXT} characters as text")));
    }
    Ok(())
}

impl fmt::Debug for CancelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelRequest")
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .field("refund_type", &self.refund_type)
            .field("tag", &self.tag)
            .field("lang", &self.lang)
            .field("refund_account", &self.account)
            .field("sends", &self.sends)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
