//! Amounts as Eximbay wants them: decimal text whose spelling matters.

use std::fmt;

use pg_core::{Currency, Invalid, Money};

/// Longest amount text (`amount`, `refund_amount`: 15).
pub(crate) const MAX_AMOUNT_TEXT: usize = 15;
/// Most digits before the point of `balance` ("10,2" in the guide; more fits no reading of it).
const MAX_BALANCE_MAJOR: usize = 10;

/// The paid amount **exactly as it was written at payment time**, and what it is worth.
///
/// The spelling is part of the key: a payment made with `1.00` is not found by `1` (seen by third parties on the
/// test host). Plain ASCII decimal, above zero, at most 15 characters, no separators.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AmountText {
    text: String,
    money: Money,
}

impl AmountText {
    /// Keeps the text of an amount.
    ///
    /// # Errors
    /// [`Invalid`] naming `amount_text`: not a plain decimal, more decimal places than the currency has, zero, or
    /// longer than 15 characters.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Invalid> {
        let invalid = |reason: String| Invalid::new("amount_text", reason);
        let money = Money::parse(text, currency).map_err(|error| invalid(error.to_string()))?;
        if money.is_zero() {
            return Err(invalid("must be above zero".to_owned()));
        }
        if text.len() > MAX_AMOUNT_TEXT {
            return Err(invalid(format!("must be at most {MAX_AMOUNT_TEXT} characters")));
        }
        Ok(Self { text: text.to_owned(), money })
    }

    /// The text, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is worth.
    #[must_use]
    pub const fn money(&self) -> Money {
        self.money
    }

    /// Its currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.money.currency()
    }

    /// Another amount of the same payment in this text's style: as many decimal places, or as many as it needs.
    ///
    /// With `1` half a dollar is `0.5`, with `1.00` it is `0.50`, as in Eximbay's own samples. A currency without
    /// minor digits (KRW, JPY, VND) is always written as an integer.
    #[must_use]
    pub fn in_style(&self, amount: Money) -> String {
        let mut full = amount.to_decimal_text();
        let Some((major, minor)) = full.split_once('.') else { return full };
        let needed = minor.trim_end_matches('0').len();
        let kept = needed.max(self.decimal_places().min(minor.len()));
        let point = usize::from(kept > 0);
        let length = major.len().saturating_add(point).saturating_add(kept);
        full.truncate(length);
        full
    }

    fn decimal_places(&self) -> usize {
        self.text.split_once('.').map_or(0, |(_, minor)| minor.len())
    }
}

/// Checks the text of a balance ("10,2").
pub(crate) fn check_balance_text(text: &str) -> Result<(), Invalid> {
    let major = text.split_once('.').map_or(text, |(major, _)| major);
    if major.len() > MAX_BALANCE_MAJOR || text.len() > MAX_AMOUNT_TEXT {
        return Err(Invalid::new("balance", "must have at most 10 digits before the point"));
    }
    Ok(())
}

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.text, self.currency())
    }
}

impl fmt::Debug for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str, currency: Currency) -> AmountText {
        AmountText::parse(text, currency).unwrap()
    }

    fn money(text: &str, currency: Currency) -> Money {
        Money::parse(text, currency).unwrap()
    }

    #[test]
    fn other_amounts_follow_the_spelling() {
        for (paid, other, spelled) in [
            ("1", "0.5", "0.5"),
            ("1", "1", "1"),
            ("1.00", "0.5", "0.50"),
            ("1.00", "1", "1.00"),
            ("1.0", "0.5", "0.5"),
            ("1.0", "0.25", "0.25"),
            ("1", "0.25", "0.25"),
            ("26.30", "17.75", "17.75"),
            ("26.30", "10", "10.00"),
            ("1.000", "0.5", "0.50"),
        ] {
            let paid_text = text(paid, Currency::USD);
            assert_eq!(paid_text.in_style(money(other, Currency::USD)), spelled, "{paid} {other}");
        }
        for paid in ["1000", "1000.00"] {
            assert_eq!(text(paid, Currency::KRW).in_style(money("500", Currency::KRW)), "500");
        }
        assert_eq!(text("1000", Currency::JPY).in_style(money("1", Currency::JPY)), "1");
    }

    #[test]
    fn the_text_is_kept_as_it_was_written() {
        let paid = text("1.00", Currency::USD);
        assert_eq!((paid.as_str(), paid.money().minor()), ("1.00", 100));
        assert_eq!(paid.to_string(), "1.00 USD");
        assert_ne!(paid, text("1", Currency::USD));
    }

    #[test]
    fn refusals_name_the_field() {
        for bad in ["", "0", "0.00", "1,000", "-1", "1.005", "1e3", "１", "1234567890123.45"] {
            let error = AmountText::parse(bad, Currency::USD).unwrap_err();
            assert_eq!(error.field(), "amount_text", "{bad}");
        }
        assert!(check_balance_text("9999999999.99").is_ok());
        assert_eq!(check_balance_text("10000000000").unwrap_err().field(), "balance");
    }

    #[test]
    fn fifteen_characters_are_the_longest() {
        assert_eq!(text("123456789012.45", Currency::USD).as_str().len(), 15);
        assert!(AmountText::parse("1234567890123.45", Currency::USD).is_err());
        assert!(check_balance_text("9999999999.0000").is_ok());
        for long in ["9999999999.00000", "9999999999.000000"] {
            assert_eq!(check_balance_text(long).unwrap_err().field(), "balance", "{long}");
        }
    }

    #[test]
    fn debug_shows_text_and_currency() {
        assert_eq!(format!("{:?}", text("1.00", Currency::USD)), "1.00 USD");
    }

    proptest! {
        #[test]
        fn a_styled_amount_is_worth_the_same(paid in 1..1_000_000_i64, other in 0..1_000_000_i64, style in 0..3_u8) {
            let whole = Money::from_minor(paid, Currency::USD).unwrap().to_decimal_text();
            let paid = match style {
                0 => whole.split('.').next().filter(|major| *major != "0").unwrap_or("1").to_owned(),
                1 => whole,
                _ => "1.0".to_owned(),
            };
            let other = Money::from_minor(other, Currency::USD).unwrap();
            let spelled = text(&paid, Currency::USD).in_style(other);
            prop_assert_eq!(Money::parse(&spelled, Currency::USD).unwrap(), other);
        }
    }
}
