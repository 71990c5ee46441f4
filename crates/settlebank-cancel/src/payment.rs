//! A payment as the merchant recorded it: what a cancel and a look-up are made from.

use pg_core::{Cancelled, Gateway, Invalid, Money, PaymentRef};
use time::Date;

use crate::lookup::LookedUp;
use crate::method::Method;
use crate::text::identifier;

/// Longest `orgTrdNo`: 50 in the flat form's table, 40 in the standard one's (checked when a request is
/// made).
const MAX_TRADE_NO: usize = 50;
/// Longest `mchtTrdNo`, and so longest `orgMchtTrdNo`.
const MAX_ORDER_NO: usize = 100;
/// Highest `cnclOrd`.
pub(crate) const MAX_SEQUENCE: u16 = 999;

/// One payment at Settlebank, with what has been cancelled of it so far.
///
/// Everything that a cancel **and** a later look-up need: the inquiry wants the original order number, day
/// and amount, which the cancel itself does not carry, so they are asked for before money moves. Both wire
/// forms are made from it.
///
/// The balance in it is the guard: it decides what may be asked for, the next sequence number (`cnclOrd`),
/// and what balance the answer must show afterwards.
///
/// ```
/// use settlebank_cancel::{Method, Money, PaymentRecord};
/// use time::macros::date;
///
/// let (trade_no, paid_on) = ("STFP_PGCAnxca_jt_il0211129135810M1494620", date!(2021 - 11 - 29));
/// let payment = PaymentRecord::new(trade_no, "ORDER-1", paid_on, Money::krw(10_000)?)?
///     .with_method(Method::Card)
///     .with_cancels(&[Money::krw(3_000)?])?;
/// assert_eq!(payment.balance(), Money::krw(7_000)?);
/// assert_eq!(payment.next_sequence()?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    trade_no: String,
    order_no: String,
    paid_on: Date,
    paid: Money,
    balance: Money,
    method: Option<Method>,
    made: Made,
}

/// What is known of the cancels made so far.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Made {
    /// Every one of them.
    Listed(Vec<Money>),
    /// The highest sequence number used.
    Counted(u16),
}

impl PaymentRecord {
    /// A payment of which nothing has been cancelled: Hecto's trade number (`trdNo` of the payment, 40
    /// characters, 50 in the flat form), the merchant's order number (`mchtTrdNo` of the payment, at most
    /// 100), the day of the payment in Korea and what was paid.
    ///
    /// # Errors
    /// [`Invalid`] naming `trade_no`, `order_no` or `paid`.
    pub fn new(trade_no: &str, order_no: &str, paid_on: Date, paid: Money) -> Result<Self, Invalid> {
        identifier("trade_no", trade_no, MAX_TRADE_NO)?;
        identifier("order_no", order_no, MAX_ORDER_NO)?;
        if paid.is_zero() {
            return Err(Invalid::new("paid", "must be above zero"));
        }
        if !(0..=9999).contains(&paid_on.year()) {
            return Err(Invalid::new("paid_on", "must lie in the years 0 to 9999"));
        }
        Ok(Self {
            trade_no: trade_no.to_owned(),
            order_no: order_no.to_owned(),
            paid_on,
            paid,
            balance: paid,
            method: None,
            made: Made::Listed(Vec::new()),
        })
    }

    /// Adds the payment method: needed by every cancel and every look-up.
    #[must_use]
    pub const fn with_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Sets the amounts of all cancels made so far, by anyone, oldest first. The best one can know: it gives
    /// the balance, the next sequence number, and whether an amount has been cancelled before.
    ///
    /// # Errors
    /// [`Invalid`] naming `cancels`: a zero among them, another currency, more than was paid, more than 999.
    pub fn with_cancels(mut self, cancels: &[Money]) -> Result<Self, Invalid> {
        let mut balance = self.paid;
        for amount in cancels {
            if amount.is_zero() {
                return Err(Invalid::new("cancels", "must all be above zero"));
            }
            balance = balance.checked_sub(*amount).ok_or_else(|| {
                Invalid::new("cancels", "must not add up to more than was paid, in the payment's currency")
            })?;
        }
        if cancels.len() > usize::from(MAX_SEQUENCE) {
            return Err(Invalid::new("cancels", "must be at most 999"));
        }
        self.balance = balance;
        self.made = Made::Listed(cancels.to_vec());
        Ok(self)
    }

    /// Sets what can still be cancelled, and the highest sequence number (`cnclOrd`) used so far: 0 for none,
    /// else 1 to 999.
    ///
    /// It is undocumented whether an attempt that was refused uses up its number.
    ///
    /// # Errors
    /// [`Invalid`] naming `balance` (more than was paid, another currency) or `sequence`.
    pub fn with_balance(mut self, balance: Money, last_sequence: u16) -> Result<Self, Invalid> {
        match balance.compare(self.paid) {
            None => return Err(Invalid::new("balance", "must be in the payment's currency")),
            Some(order) if order.is_gt() => {
                return Err(Invalid::new("balance", "must not exceed what was paid"));
            }
            Some(_) => {}
        }
        if last_sequence > MAX_SEQUENCE {
            return Err(Invalid::new("sequence", "must be at most 999"));
        }
        self.balance = balance;
        self.made = Made::Counted(last_sequence);
        Ok(self)
    }

    /// Takes the balance from a look-up of this payment.
    ///
    /// When the balance has moved, the sequence number is no longer known, because the inquiry does not tell
    /// it: give it with [`with_balance`](Self::with_balance) before a standard cancel is made.
    ///
    /// # Errors
    /// [`Invalid`] naming `balance` when the look-up shows more than this record proves to be left (it is
    /// older), or `paid` when it is about another amount.
    pub fn with_looked_up(self, looked_up: &LookedUp) -> Result<Self, Invalid> {
        if looked_up.paid() != self.paid {
            return Err(Invalid::new("paid", "must be the amount that was looked up"));
        }
        let balance = looked_up.balance();
        if balance == self.balance {
            return Ok(self);
        }
        if balance.minor() > self.balance.minor() {
            return Err(Invalid::new(
                "balance",
                "is lower in this record than in the look-up, which must be older",
            ));
        }
        self.with_balance(balance, 0)
    }

    /// The record after a cancel of this payment that the gateway took.
    ///
    /// What is not known stays unknown: without a count of the earlier cancels there is none afterwards either.
    ///
    /// # Errors
    /// [`Invalid`] naming `cancels` when the cancel exceeds the balance, which means that it was another payment's.
    pub fn after<A>(self, cancelled: &Cancelled<A>) -> Result<Self, Invalid> {
        let amount = cancelled.amount();
        if let Made::Listed(made) = &self.made
            && made.len() < usize::from(MAX_SEQUENCE)
        {
            let mut made = made.clone();
            made.push(amount);
            return self.with_cancels(&made);
        }
        let balance = self.balance.checked_sub(amount).ok_or_else(|| {
            Invalid::new("cancels", "must not exceed the balance, in the payment's currency")
        })?;
        let last = self.last_sequence();
        let uncounted = last == 0 && self.balance != self.paid;
        let last = if uncounted { 0 } else { last.saturating_add(1).min(MAX_SEQUENCE) };
        self.with_balance(balance, last)
    }

    /// Hecto's number of the payment (`orgTrdNo`).
    #[must_use]
    pub fn trade_no(&self) -> &str {
        &self.trade_no
    }

    /// The merchant's order number of the payment (`orgMchtTrdNo`).
    #[must_use]
    pub fn order_no(&self) -> &str {
        &self.order_no
    }

    /// The day of the payment in Korea (`orgTrdDt`).
    #[must_use]
    pub const fn paid_on(&self) -> Date {
        self.paid_on
    }

    /// What was paid.
    #[must_use]
    pub const fn paid(&self) -> Money {
        self.paid
    }

    /// What can still be cancelled.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }

    /// The payment method, where given.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// The sequence number (`cnclOrd`) of the next cancel.
    ///
    /// # Errors
    /// [`Invalid`] naming `sequence` after 999 cancels, or when something was cancelled but no sequence
    /// number is known to be used: 001 would then be a number already taken.
    pub fn next_sequence(&self) -> Result<u16, Invalid> {
        let last = self.last_sequence();
        if last == 0 && self.balance != self.paid {
            return Err(Invalid::new("sequence", "must be known for a payment of which a part is cancelled"));
        }
        let next = last.saturating_add(1);
        if next > MAX_SEQUENCE { Err(Invalid::new("sequence", "must be at most 999")) } else { Ok(next) }
    }

    /// Whether an earlier cancel may have had this amount: exactly when all are listed; from a balance, whenever so
    /// much was cancelled, because the count is the caller's own and others may have cancelled too. The flat form
    /// cannot tell such a cancel from a repeat of the earlier one.
    #[must_use]
    pub fn may_have_cancelled(&self, amount: Money) -> bool {
        let sum = self.paid.minor().saturating_sub(self.balance.minor());
        match &self.made {
            Made::Listed(cancels) => cancels.contains(&amount),
            Made::Counted(_) if sum == 0 => false,
            Made::Counted(_) => sum >= amount.minor(),
        }
    }

    fn last_sequence(&self) -> u16 {
        match &self.made {
            Made::Listed(cancels) => u16::try_from(cancels.len()).unwrap_or(MAX_SEQUENCE),
            Made::Counted(last) => *last,
        }
    }
}

impl TryFrom<&PaymentRef> for PaymentRecord {
    type Error = Invalid;

    /// From what a program that drives several gateways keeps: `gateway_id` is the trade number,
    /// `merchant_uid` the order number; `paid_on` is needed, `method` is [`Method`]'s text.
    fn try_from(payment: &PaymentRef) -> Result<Self, Self::Error> {
        if payment.gateway != Gateway::Settlebank {
            return Err(Invalid::new("gateway", "must be settlebank"));
        }
        let paid_on = payment.paid_on.ok_or_else(|| {
            Invalid::new("paid_on", "must be given: settlebank finds payments by their day")
        })?;
        let record = Self::new(&payment.gateway_id, &payment.merchant_uid, paid_on, payment.paid)?;
        Ok(match &payment.method {
            Some(method) => record.with_method(method.parse()?),
            None => record,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn won(amount: i64) -> Money {
        Money::krw(amount).unwrap()
    }

    fn payment() -> PaymentRecord {
        PaymentRecord::new("T1", "O1", date!(2026 - 01 - 02), won(10_000)).unwrap()
    }

    #[test]
    fn refusals_name_the_field() {
        let day = date!(2026 - 01 - 02);
        for (trade_no, order_no, paid, field) in [
            ("", "O", 1, "trade_no"),
            ("가", "O", 1, "trade_no"),
            ("T", "주문", 1, "order_no"),
            ("T", "O", 0, "paid"),
        ] {
            assert_eq!(PaymentRecord::new(trade_no, order_no, day, won(paid)).unwrap_err().field(), field);
        }
        assert_eq!(payment().with_cancels(&[won(0)]).unwrap_err().field(), "cancels");
        assert_eq!(payment().with_cancels(&[won(6000), won(6000)]).unwrap_err().field(), "cancels");
        assert_eq!(payment().with_balance(won(10_001), 0).unwrap_err().field(), "balance");
        assert_eq!(payment().with_balance(won(1), 1000).unwrap_err().field(), "sequence");
    }

    #[test]
    fn the_next_number_follows_the_last_used() {
        assert_eq!(payment().next_sequence(), Ok(1));
        assert_eq!(payment().with_cancels(&[won(1), won(2)]).unwrap().next_sequence(), Ok(3));
        assert_eq!(payment().with_balance(won(10_000), 1).unwrap().next_sequence(), Ok(2));
        assert_eq!(
            payment().with_balance(won(9000), 0).unwrap().next_sequence().unwrap_err().field(),
            "sequence"
        );
        assert_eq!(payment().with_balance(won(9000), 998).unwrap().next_sequence(), Ok(999));
        assert!(payment().with_balance(won(9000), 999).unwrap().next_sequence().is_err());
    }

    #[test]
    fn an_amount_may_have_been_cancelled_before() {
        let listed = payment().with_cancels(&[won(1000), won(2000)]).unwrap();
        assert!(listed.may_have_cancelled(won(1000)) && !listed.may_have_cancelled(won(3000)));
        let one = payment().with_balance(won(7000), 1).unwrap();
        // own cancel of 1000, and one of 2000 at the admin site that our count does not know
        assert!(one.may_have_cancelled(won(3000)) && one.may_have_cancelled(won(1000)));
        assert!(!one.may_have_cancelled(won(3001)));
        let two = payment().with_balance(won(7000), 2).unwrap();
        assert!(two.may_have_cancelled(won(2000)) && two.may_have_cancelled(won(3000)));
        assert!(!two.may_have_cancelled(won(3001)));
        let uncounted = payment().with_balance(won(7000), 0).unwrap();
        assert!(uncounted.may_have_cancelled(won(3000)));
        let untouched = payment().with_balance(won(10_000), 4).unwrap();
        assert!(!untouched.may_have_cancelled(won(1)) && !untouched.may_have_cancelled(won(0)));
    }

    #[test]
    fn a_taken_cancel_moves_the_record_on() {
        let cancelled = Cancelled::new(pg_core::CancelState::Completed, won(3000), ());
        let after = payment().after(&cancelled).unwrap();
        assert_eq!((after.balance(), after.next_sequence()), (won(7000), Ok(2)));
        // listed as before: no smaller amount is taken for cancelled
        assert!(after.may_have_cancelled(won(3000)) && !after.may_have_cancelled(won(2000)));
        let counted = payment().with_balance(won(5000), 4).unwrap().after(&cancelled).unwrap();
        assert_eq!((counted.balance(), counted.next_sequence()), (won(2000), Ok(6)));
    }

    #[test]
    fn a_taken_cancel_is_never_an_error_for_want_of_a_number() {
        let cancelled = Cancelled::new(pg_core::CancelState::Completed, won(1), ());
        let uncounted = payment().with_balance(won(7000), 0).unwrap().after(&cancelled).unwrap();
        assert_eq!(uncounted.balance(), won(6999));
        assert_eq!(uncounted.next_sequence().unwrap_err().field(), "sequence");
        let last = payment().with_balance(won(7000), 999).unwrap().after(&cancelled).unwrap();
        assert_eq!((last.balance(), last.next_sequence().is_err()), (won(6999), true));
        let many = payment().with_cancels(&[won(1); 999]).unwrap().after(&cancelled).unwrap();
        assert_eq!((many.balance(), many.next_sequence().is_err()), (won(9000), true));
        let first = payment().with_balance(won(10_000), 0).unwrap().after(&cancelled).unwrap();
        assert_eq!(first.next_sequence(), Ok(2));
    }
}
