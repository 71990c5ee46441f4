//! Decimal numbers as text, read exactly and without floating point.

use std::fmt;

/// Longest decimal text that is looked at; anything longer cannot be an amount.
const MAX_TEXT: usize = 40;

/// A non-negative decimal number, exactly as some text said it: `digits × 10^-scale`.
///
/// It is what stands between a gateway's text and [`Money`](crate::Money): it knows no currency, so it can be
/// read before the currency is known, and it never passes through `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    digits: u64,
    scale: u32,
    exponent: i32,
}

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecimalError {
    /// Nothing was given.
    Empty,
    /// A `-` or `+` sign; amounts are written without a sign.
    Signed,
    /// An exponent such as `1e3`.
    Exponent,
    /// A thousands separator or a space.
    Separator,
    /// A character that is no ASCII digit (full-width digits, letters, `NaN`).
    NotADigit,
    /// The decimal point stands at an end, or twice.
    MisplacedPoint,
    /// More digits than an amount can have.
    TooLong,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Signed => "a sign is not allowed",
            Self::Exponent => "an exponent is not allowed",
            Self::Separator => "thousands separators and spaces are not allowed",
            Self::NotADigit => "only the ASCII digits 0-9 and one point are allowed",
            Self::MisplacedPoint => "the decimal point must stand once, between digits",
            Self::TooLong => "it has too many digits",
        })
    }
}

impl std::error::Error for DecimalError {}

impl Decimal {
    /// Reads plain decimal text: `0.5`, `1`, `1000.00`.
    ///
    /// # Errors
    /// Signs, exponents, separators, full-width digits, `NaN` and the empty text are refused, each by name.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        Self::read(text, false)
    }

    /// Reads the text of a JSON number, which may carry an exponent (a Java server writes ten million as
    /// `1.0E7`). The value is still exact.
    ///
    /// # Errors
    /// As [`Decimal::parse`], with exponents allowed.
    pub fn parse_json_number(text: &str) -> Result<Self, DecimalError> {
        Self::read(text, true)
    }

    fn read(text: &str, exponent_allowed: bool) -> Result<Self, DecimalError> {
        if text.is_empty() {
            return Err(DecimalError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(DecimalError::TooLong);
        }
        let mut digits: u64 = 0;
        let mut scale: u32 = 0;
        let mut seen_digit = false;
        let mut last_was_digit = false;
        let mut point = false;
        for (index, c) in text.char_indices() {
            match c {
                '0'..='9' => {
                    let digit = u64::from(c.to_digit(10).unwrap_or(0));
                    digits = digits
                        .checked_mul(10)
                        .and_then(|d| d.checked_add(digit))
                        .ok_or(DecimalError::TooLong)?;
                    if point {
                        scale = scale.saturating_add(1);
                    }
                    seen_digit = true;
                    last_was_digit = true;
                }
                '.' if point || !seen_digit => return Err(DecimalError::MisplacedPoint),
                '.' => {
                    point = true;
                    last_was_digit = false;
                }
                '-' | '+' if index == 0 => return Err(DecimalError::Signed),
                'e' | 'E' if seen_digit => {
                    if !exponent_allowed {
                        return Err(DecimalError::Exponent);
                    }
                    if !last_was_digit {
                        return Err(DecimalError::MisplacedPoint);
                    }
                    let rest = text.get(index.saturating_add(1)..).unwrap_or_default();
                    let exponent: i32 = rest.parse().map_err(|_| DecimalError::Exponent)?;
                    return Ok(Self { digits, scale, exponent });
                }
                ',' | '_' | '\'' => return Err(DecimalError::Separator),
                c if c.is_whitespace() => return Err(DecimalError::Separator),
                _ => return Err(DecimalError::NotADigit),
            }
        }
        if !last_was_digit {
            return Err(DecimalError::MisplacedPoint);
        }
        Ok(Self { digits, scale, exponent: 0 })
    }

    /// The number in units of `10^-minor_digits`, or `None` when it is not a whole number of them.
    pub(crate) fn in_minor_units(self, minor_digits: u32) -> Result<i64, NotExact> {
        if self.digits == 0 {
            return Ok(0);
        }
        // value = digits × 10^(minor_digits + exponent − scale)
        let shift = i64::from(minor_digits)
            .saturating_add(i64::from(self.exponent))
            .saturating_sub(i64::from(self.scale));
        let magnitude = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
        let too_far = if shift.is_positive() { NotExact::TooLarge } else { NotExact::TooPrecise };
        let power = 10_u128.checked_pow(magnitude).ok_or(too_far)?;
        let digits = u128::from(self.digits);
        let minor = if shift >= 0 {
            digits.checked_mul(power).ok_or(NotExact::TooLarge)?
        } else {
            if digits.checked_rem(power) != Some(0) {
                return Err(NotExact::TooPrecise);
            }
            digits.checked_div(power).ok_or(NotExact::TooPrecise)?
        };
        i64::try_from(minor).map_err(|_| NotExact::TooLarge)
    }
}

/// Why a decimal is no amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotExact {
    TooPrecise,
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_by_name() {
        for (text, why) in [
            ("", DecimalError::Empty),
            ("-1", DecimalError::Signed),
            ("+1", DecimalError::Signed),
            ("1e3", DecimalError::Exponent),
            ("1,000", DecimalError::Separator),
            (" 1", DecimalError::Separator),
            ("NaN", DecimalError::NotADigit),
            ("１０００", DecimalError::NotADigit),
            ("1.", DecimalError::MisplacedPoint),
            (".5", DecimalError::MisplacedPoint),
            ("1.2.3", DecimalError::MisplacedPoint),
            ("99999999999999999999999", DecimalError::TooLong),
            ("1-2", DecimalError::NotADigit),
            ("e5", DecimalError::NotADigit),
        ] {
            assert_eq!(Decimal::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(Decimal::parse_json_number("e5"), Err(DecimalError::NotADigit));
        assert!(Decimal::parse(&"0".repeat(MAX_TEXT)).is_ok());
        assert_eq!(Decimal::parse(&"0".repeat(MAX_TEXT + 1)), Err(DecimalError::TooLong));
    }

    #[test]
    fn json_exponents_are_exact() {
        for (text, minor) in
            [("1.0E7", 10_000_000), ("1e3", 1000), ("12.5e1", 125), ("1000.0", 1000), ("0", 0)]
        {
            let decimal = Decimal::parse_json_number(text).unwrap();
            assert_eq!(decimal.in_minor_units(0), Ok(minor), "{text}");
        }
        assert_eq!(Decimal::parse_json_number("1e400").unwrap().in_minor_units(0), Err(NotExact::TooLarge));
        for tiny in ["1e-400", "1e-40", "1e-41", "1e-3"] {
            let decimal = Decimal::parse_json_number(tiny).unwrap();
            assert_eq!(decimal.in_minor_units(2), Err(NotExact::TooPrecise), "{tiny}");
        }
        assert_eq!(Decimal::parse_json_number("1.e3"), Err(DecimalError::MisplacedPoint));
    }
}
