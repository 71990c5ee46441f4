use std::fmt;

use pg_core::{Gateway, Invalid};

use crate::record::{PaymentKey, PaymentRecord};

/// Longest order number or payment number that is looked for, in bytes.
const MAX_ID: usize = 200;

/// How a caller names a payment. What is not given does not narrow the choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Selector {
    /// The merchant's order number.
    pub merchant_uid: Option<String>,
    /// The gateway's number: `imp_uid`, `transaction_id`, `orgTrdNo`.
    pub payment_id: Option<String>,
    /// The gateway.
    pub gateway: Option<Gateway>,
    /// The merchant's account at the gateway, as the configuration names it.
    pub account: Option<String>,
}

impl Selector {
    /// By the merchant's order number.
    #[must_use]
    pub fn order(merchant_uid: impl Into<String>) -> Self {
        Self { merchant_uid: Some(merchant_uid.into()), ..Self::default() }
    }

    /// By the gateway's number of the payment.
    #[must_use]
    pub fn payment_id(payment_id: impl Into<String>) -> Self {
        Self { payment_id: Some(payment_id.into()), ..Self::default() }
    }

    /// By all three parts of its key.
    #[must_use]
    pub fn key(key: PaymentKey) -> Self {
        let PaymentKey { gateway, merchant, payment_id } = key;
        Self {
            merchant_uid: None,
            payment_id: Some(payment_id),
            gateway: Some(gateway),
            account: Some(merchant),
        }
    }

    /// Only of this gateway.
    #[must_use]
    pub const fn at(mut self, gateway: Gateway) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Only of this account.
    #[must_use]
    pub fn of_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Only with this number at the gateway.
    #[must_use]
    pub fn with_payment_id(mut self, payment_id: impl Into<String>) -> Self {
        self.payment_id = Some(payment_id.into());
        self
    }

    /// Checks it: an order number or a payment number, of at most 200 bytes.
    ///
    /// # Errors
    /// [`Invalid`] naming `merchant_uid` or `payment_id`.
    pub fn check(&self) -> Result<(), Invalid> {
        for (field, value) in [("merchant_uid", &self.merchant_uid), ("payment_id", &self.payment_id)] {
            if value.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_ID) {
                return Err(Invalid::new(field, "must be 1 to 200 bytes"));
            }
        }
        if self.merchant_uid.is_none() && self.payment_id.is_none() {
            return Err(Invalid::new("merchant_uid", "must be given"));
        }
        Ok(())
    }

    /// Whether a payment is meant.
    #[must_use]
    pub fn fits(&self, payment: &PaymentRecord) -> bool {
        let same = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|text| text == has);
        same(&self.merchant_uid, &payment.payment.merchant_uid)
            && same(&self.payment_id, &payment.payment.gateway_id)
            && same(&self.account, &payment.merchant)
            && self.gateway.is_none_or(|gateway| gateway == payment.payment.gateway)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.merchant_uid.as_deref().or(self.payment_id.as_deref()).unwrap_or("?"))
    }
}
