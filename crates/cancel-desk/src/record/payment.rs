use std::fmt;
use std::time::Duration;

use pg_core::{Gateway, Invalid, Money, PaymentRef};
use serde::{Deserialize, Serialize};

use super::words;

words! {
    /// Why a payment is not to be trusted, after the journal was restored from a backup.
    Suspect {
        /// Not compared with the gateway's ledger yet, or found equal: what was lost may still be on its way.
        Unchecked = "unchecked",
        /// The gateway's ledger shows refunds that the journal does not know. Nothing begins until a person says so.
        Differs = "differs",
    }
}

/// Journal time: milliseconds since 1970-01-01 UTC by the journal's own clock.
///
/// Leases and pauses are counted by it; deadlines on the wire are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// So much later; stops at the end of time instead of overflowing.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; nothing if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// Which payment: gateway, the merchant's account there, and the gateway's number of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentKey {
    /// Which gateway.
    pub gateway: Gateway,
    /// The merchant's account at the gateway, as the configuration names it.
    pub merchant: String,
    /// The gateway's number: `imp_uid`, `transaction_id`, `orgTrdNo`.
    pub payment_id: String,
}

impl PaymentKey {
    /// A key of its three parts.
    #[must_use]
    pub fn new(gateway: Gateway, merchant: impl Into<String>, payment_id: impl Into<String>) -> Self {
        Self { gateway, merchant: merchant.into(), payment_id: payment_id.into() }
    }
}

impl PaymentKey {
    /// The merchant account that it was paid to.
    #[must_use]
    pub fn account(&self) -> AccountName {
        AccountName { gateway: self.gateway, merchant: self.merchant.clone() }
    }
}

/// A merchant's account at a gateway, as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountName {
    /// Which gateway.
    pub gateway: Gateway,
    /// The account's name.
    pub merchant: String,
}

impl AccountName {
    /// A name of its two parts.
    #[must_use]
    pub fn new(gateway: Gateway, merchant: impl Into<String>) -> Self {
        Self { gateway, merchant: merchant.into() }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.gateway, self.merchant)
    }
}

impl fmt::Display for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.gateway, self.merchant, self.payment_id)
    }
}

/// A payment to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The merchant's account at the gateway.
    pub merchant: String,
    /// The payment as the merchant recorded it.
    pub payment: PaymentRef,
    /// What had been refunded of it before this journal knew it, in the payment's currency.
    pub already_refunded: Money,
}

impl NewPayment {
    /// A payment of which nothing has been refunded.
    #[must_use]
    pub fn new(merchant: impl Into<String>, payment: PaymentRef) -> Self {
        let already_refunded = Money::zero(payment.paid.currency());
        Self { merchant: merchant.into(), payment, already_refunded }
    }

    /// Says what had been refunded before.
    #[must_use]
    pub const fn with_already_refunded(mut self, amount: Money) -> Self {
        self.already_refunded = amount;
        self
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> PaymentKey {
        PaymentKey::new(self.payment.gateway, self.merchant.clone(), self.payment.gateway_id.clone())
    }

    /// Checks it: an amount above zero, and no more refunded than paid.
    ///
    /// # Errors
    /// [`Invalid`] naming `amount`, `cancel_amount`, `merchant` or `payment_id`.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.payment.paid.is_zero() {
            return Err(Invalid::new("amount", "must be above zero"));
        }
        if self.payment.paid.checked_sub(self.already_refunded).is_none() {
            return Err(Invalid::new("cancel_amount", "must not exceed the amount, in the same currency"));
        }
        if self.merchant.is_empty() {
            return Err(Invalid::new("merchant", "must not be empty"));
        }
        if self.payment.gateway_id.is_empty() {
            return Err(Invalid::new("payment_id", "must not be empty"));
        }
        Ok(())
    }
}

/// A payment as the journal has it. Amounts are minor units of the payment's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The merchant's account at the gateway.
    pub merchant: String,
    /// The payment as the merchant recorded it.
    pub payment: PaymentRef,
    /// The lowest balance ever proven: it only falls.
    pub known_balance: i64,
    /// Held for intents whose outcome is not yet final.
    pub reserved: i64,
    /// Refunded through this journal.
    pub refunded: i64,
    /// Refunded by others, as far as proven and not needed for `reserved`.
    pub foreign_refunded: i64,
    /// How many cancels of ours the gateway took; the next one's number is one more. A million is added once a person said
    /// that one happened: it may have been made in the gateway's admin page, and whether that used up a number is not known.
    pub cancels: i64,
    /// Who works on it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
    /// Rises with every claim: what an older claim still writes is refused.
    pub fence: i64,
    /// When there is something to do next; `None` when nothing is, or only for a person.
    pub due_at: Option<Timestamp>,
    /// Why it is not to be trusted, after the journal was restored from a backup.
    pub suspect: Option<Suspect>,
    /// Since when.
    pub suspect_since: Option<Timestamp>,
}

impl PaymentRecord {
    /// Above every number that a gateway takes.
    pub(crate) const UNCOUNTED: i64 = 1_000_000;

    /// How many cancels of ours there are, those included that may have used up no number.
    pub(crate) fn counted(&self) -> i64 {
        self.cancels.checked_rem(Self::UNCOUNTED).unwrap_or(0)
    }

    /// From now on the next number is not known, unless the gateway tells single cancels.
    pub(crate) fn lose_count(&mut self) {
        if self.cancels < Self::UNCOUNTED {
            self.cancels = self.cancels.saturating_add(Self::UNCOUNTED);
        }
    }

    /// A payment as it is registered.
    #[must_use]
    pub fn registered(new: &NewPayment) -> Self {
        let foreign = new.already_refunded.minor();
        Self {
            merchant: new.merchant.clone(),
            payment: new.payment.clone(),
            known_balance: new.payment.paid.minor().saturating_sub(foreign),
            reserved: 0,
            refunded: 0,
            foreign_refunded: foreign,
            cancels: 0,
            lease_owner: None,
            lease_until: None,
            fence: 0,
            due_at: None,
            suspect: None,
            suspect_since: None,
        }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> PaymentKey {
        PaymentKey::new(self.payment.gateway, self.merchant.clone(), self.payment.gateway_id.clone())
    }

    /// What was paid.
    #[must_use]
    pub const fn paid(&self) -> Money {
        self.payment.paid
    }

    /// What a new intent may still ask for, in minor units.
    #[must_use]
    pub fn available(&self) -> i64 {
        let taken = self.reserved.saturating_add(self.refunded).saturating_add(self.foreign_refunded);
        self.paid().minor().saturating_sub(taken).max(0)
    }

    /// How long whoever works on it may keep it, unless it is given back before. `None`: nobody does.
    #[must_use]
    pub fn held_for(&self, now: Timestamp) -> Option<Duration> {
        let until = self.lease_until.filter(|until| self.lease_owner.is_some() && *until > now)?;
        Some(until.since(now))
    }

    /// The rule of the table: nothing below zero, and never more than was paid.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let sum =
            self.reserved.checked_add(self.refunded).and_then(|sum| sum.checked_add(self.foreign_refunded));
        let parts = [self.reserved, self.refunded, self.foreign_refunded, self.known_balance, self.cancels];
        parts.iter().all(|part| *part >= 0)
            && sum.is_some_and(|sum| sum <= self.paid().minor())
            && self.known_balance <= self.paid().minor()
    }

    /// An amount of minor units in the payment's currency; nothing if it were negative.
    #[must_use]
    pub fn money(&self, minor: i64) -> Money {
        let currency = self.paid().currency();
        Money::from_minor(minor, currency).unwrap_or(Money::zero(currency))
    }
}
