//! Amounts of money: whole minor units and a currency.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::currency::Currency;
use crate::decimal::{Decimal, DecimalError, NotExact};

/// An amount of money: never negative, never a float.
///
/// `minor` counts the currency's smallest unit: won for KRW, cents for USD. All arithmetic is checked.
///
/// ```
/// use pg_cancel_core::{Currency, Money};
/// assert_eq!(Money::parse("0.5", Currency::USD)?.minor(), 50);
/// assert_eq!(Money::parse("1000.0", Currency::KRW)?, Money::krw(1000)?);
/// assert!(Money::parse("1.005", Currency::USD).is_err());
/// assert_eq!(Money::parse("7.5", Currency::USD)?.to_string(), "7.50 USD");
/// # Ok::<(), pg_cancel_core::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why there is no such amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is no plain decimal number.
    Text(DecimalError),
    /// More decimal places than the currency has.
    TooPrecise(Currency),
    /// More than an amount can hold.
    TooLarge,
    /// Less than zero.
    Negative,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(error) => write!(f, "not an amount: {error}"),
            Self::TooPrecise(currency) => {
                write!(f, "not an amount: {currency} has {} decimal places", currency.minor_digits())
            }
            Self::TooLarge => f.write_str("not an amount: it is too large"),
            Self::Negative => f.write_str("not an amount: it is below zero"),
        }
    }
}

impl std::error::Error for MoneyError {}

impl From<DecimalError> for MoneyError {
    fn from(error: DecimalError) -> Self {
        Self::Text(error)
    }
}

impl Money {
    /// An amount in minor units (won, cents).
    ///
    /// # Errors
    /// [`MoneyError::Negative`] below zero.
    pub const fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 { Err(MoneyError::Negative) } else { Ok(Self { minor, currency }) }
    }

    /// An amount of Korean won.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] below zero.
    pub const fn krw(won: i64) -> Result<Self, MoneyError> {
        Self::from_minor(won, Currency::KRW)
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads decimal text in major units (`"0.5"` of USD is 50 cents, `"1000"` of KRW is 1000 won).
    ///
    /// # Errors
    /// The text must be plain ASCII decimal and a whole number of minor units; see [`MoneyError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::from_decimal(Decimal::parse(text)?, currency)
    }

    /// Gives a decimal number its currency.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] when it is no whole number of minor units, [`MoneyError::TooLarge`] when it
    /// does not fit.
    pub fn from_decimal(decimal: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        match decimal.in_minor_units(u32::from(currency.minor_digits())) {
            Ok(minor) => Ok(Self { minor, currency }),
            Err(NotExact::TooPrecise) => Err(MoneyError::TooPrecise(currency)),
            Err(NotExact::TooLarge) => Err(MoneyError::TooLarge),
        }
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum; `None` on overflow or when the currencies differ.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { minor: self.minor.checked_add(other.minor)?, ..self })
    }

    /// The difference; `None` when it would fall below zero or the currencies differ.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let minor = self.minor.checked_sub(other.minor)?;
        (minor >= 0).then_some(Self { minor, ..self })
    }

    /// The order of two amounts of one currency; `None` when the currencies differ.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }

    /// The smaller of two amounts of one currency; `None` when the currencies differ.
    #[must_use]
    pub fn min(self, other: Self) -> Option<Self> {
        self.compare(other).map(|order| if order.is_le() { self } else { other })
    }

    /// Decimal text in major units with all the currency's digits: `7.50`, `1000`.
    #[must_use]
    pub fn to_decimal_text(self) -> String {
        let digits = usize::from(self.currency.minor_digits());
        if digits == 0 {
            return self.minor.to_string();
        }
        let text = format!("{:0width$}", self.minor, width = digits.saturating_add(1));
        let (major, minor) = text.split_at_checked(text.len().saturating_sub(digits)).unwrap_or((&text, ""));
        format!("{major}.{minor}")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal_text(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            minor: i64,
            currency: Currency,
        }
        let parts = Parts::deserialize(deserializer)?;
        Self::from_minor(parts.minor, parts.currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "the oracle counts in i128")]

    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Result<i64, MoneyError> {
        Money::parse(text, Currency::USD).map(Money::minor)
    }

    #[test]
    fn texts_that_are_money() {
        assert_eq!(usd("0.5"), Ok(50));
        assert_eq!(usd("1"), Ok(100));
        assert_eq!(usd("1.00"), Ok(100));
        assert_eq!(usd("1.000"), Ok(100));
        assert_eq!(Money::parse("1000", Currency::KRW).map(Money::minor), Ok(1000));
        assert_eq!(Money::parse("1000.0", Currency::KRW).map(Money::minor), Ok(1000));
    }

    #[test]
    fn texts_that_are_not_say_why() {
        for (text, why) in [
            ("1.005", "USD has 2 decimal places"),
            ("1e3", "exponent"),
            ("-1", "sign"),
            ("NaN", "ASCII digits"),
            ("", "empty"),
            ("1,000", "separators"),
            ("１０００", "ASCII digits"),
            ("92233720368547758.08", "too large"),
        ] {
            let message = Money::parse(text, Currency::USD).unwrap_err().to_string();
            assert!(message.contains(why), "{text:?}: {message}");
        }
        assert_eq!(Money::parse("0.1", Currency::KRW), Err(MoneyError::TooPrecise(Currency::KRW)));
        assert_eq!(Money::krw(-1), Err(MoneyError::Negative));
    }

    #[test]
    fn the_smaller_of_two_and_what_is_shown() {
        let (small, large) = (Money::krw(1).unwrap(), Money::krw(2).unwrap());
        assert_eq!((small.min(large), large.min(small)), (Some(small), Some(small)));
        assert_eq!(small.min(Money::zero(Currency::USD)), None);
        let dollars = Money::parse("7.5", Currency::USD).unwrap();
        assert_eq!((dollars.to_string(), format!("{dollars:?}")), ("7.50 USD".into(), "7.50 USD".into()));
    }

    #[test]
    fn currencies_do_not_mix() {
        let won = Money::krw(100).unwrap();
        let cents = Money::from_minor(100, Currency::USD).unwrap();
        assert_eq!(won.checked_add(cents), None);
        assert_eq!(won.checked_sub(cents), None);
        assert_eq!(won.compare(cents), None);
    }

    proptest! {
        #[test]
        fn text_and_money_agree_over_every_currency(minor in 0..=i64::MAX, pick in any::<prop::sample::Index>()) {
            let all: Vec<_> = Currency::all().collect();
            let money = Money::from_minor(minor, *pick.get(&all)).unwrap();
            prop_assert_eq!(Money::parse(&money.to_decimal_text(), money.currency()), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn arithmetic_is_exact_or_refused(a in 0..=i64::MAX, b in 0..=i64::MAX) {
            let (x, y) = (Money::krw(a).unwrap(), Money::krw(b).unwrap());
            match x.checked_add(y) {
                Some(sum) => prop_assert_eq!(i128::from(sum.minor()), i128::from(a) + i128::from(b)),
                None => prop_assert!(i128::from(a) + i128::from(b) > i128::from(i64::MAX)),
            }
            match x.checked_sub(y) {
                Some(rest) => prop_assert_eq!(i128::from(rest.minor()), i128::from(a) - i128::from(b)),
                None => prop_assert!(a < b),
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            prop_assert!(Money::parse(&text, Currency::USD).is_ok() <= Decimal::parse_json_number(&text).is_ok());
        }
    }
}
