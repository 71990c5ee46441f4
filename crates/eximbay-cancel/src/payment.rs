//! A payment as the merchant's books have it.

use pg_core::{Invalid, Money};

use crate::amount::{AmountText, check_balance_text};
use crate::ids::{OrderId, TransactionId};
use crate::method::PaymentMethod;

/// A payment that can be looked up or cancelled: its numbers, what was paid, and what is still refundable.
///
/// Made from a look-up ([`Retrieved::payment`](crate::Retrieved::payment)) or from the merchant's own record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    transaction_id: TransactionId,
    order_id: OrderId,
    paid: AmountText,
    balance: Money,
    method: Option<PaymentMethod>,
}

impl PaymentRecord {
    /// A payment: Eximbay's number of the approval (24 letters and digits), the merchant's order number (at most 30
    /// characters), the paid amount in its original spelling, and the **balance**: what has not been refunded yet.
    ///
    /// # Errors
    /// [`Invalid`] naming `transaction_id`, `order_id` or `balance` (another currency, more than was paid, or more
    /// than 10 digits before the point).
    pub fn new(
        transaction_id: &str,
        order_id: &str,
        paid: AmountText,
        balance: Money,
    ) -> Result<Self, Invalid> {
        Self::from_parts(transaction_id.parse()?, order_id.parse()?, paid, balance)
    }

    pub(crate) fn from_parts(
        transaction_id: TransactionId,
        order_id: OrderId,
        paid: AmountText,
        balance: Money,
    ) -> Result<Self, Invalid> {
        match balance.compare(paid.money()) {
            None => return Err(Invalid::new("balance", "must be in the payment's currency")),
            Some(order) if order.is_gt() => {
                return Err(Invalid::new("balance", "must not exceed what was paid"));
            }
            Some(_) => {}
        }
        check_balance_text(&paid.in_style(balance))?;
        Ok(Self { transaction_id, order_id, paid, balance, method: None })
    }

    /// Adds how it was paid, which tells whether the buyer gets the money by a later step.
    #[must_use]
    pub fn with_method(mut self, method: PaymentMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// How it was paid, where known.
    #[must_use]
    pub const fn method(&self) -> Option<&PaymentMethod> {
        self.method.as_ref()
    }

    /// Eximbay's number of the approval.
    #[must_use]
    pub const fn transaction_id(&self) -> &TransactionId {
        &self.transaction_id
    }

    /// The merchant's order number.
    #[must_use]
    pub const fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// What was paid, in its original spelling.
    #[must_use]
    pub const fn paid(&self) -> &AmountText {
        &self.paid
    }

    /// What has not been refunded yet.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pg_core::Currency;

    fn record(transaction: &str, order: &str, balance: Money) -> Result<PaymentRecord, Invalid> {
        PaymentRecord::new(transaction, order, AmountText::parse("1.00", Currency::USD)?, balance)
    }

    #[test]
    fn every_refusal_names_its_field() {
        let usd = |minor| Money::from_minor(minor, Currency::USD).unwrap();
        let id = "1849705C6420220922000013";
        assert!(record(id, "ORD-1", usd(100)).is_ok());
        assert!(record(id, "ORD-1", usd(0)).is_ok());
        for (transaction, order, balance, field) in [
            ("short", "ORD-1", usd(100), "transaction_id"),
            (id, "", usd(100), "order_id"),
            (id, "ORD-1", usd(101), "balance"),
            (id, "ORD-1", Money::krw(1).unwrap(), "balance"),
        ] {
            assert_eq!(record(transaction, order, balance).unwrap_err().field(), field);
        }
    }
}
