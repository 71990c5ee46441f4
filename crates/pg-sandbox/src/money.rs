//! Exact decimal text ↔ minor units, by integers alone.

/// Digits after the point of a currency, as the documents have it: none for won, yen and dong, else two.
pub(crate) fn exponent(currency: &str) -> u32 {
    match currency {
        "KRW" | "JPY" | "VND" => 0,
        _ => 2,
    }
}

/// What to do with digits beyond the currency's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// Zeros may follow (`1000.0` won is 1000 won); anything else is refused.
    Zeros,
    /// Nothing may follow.
    Nothing,
}

/// Reads `digits[.digits]` into minor units; signs, exponents, separators and spaces are refused.
pub(crate) fn read(text: &str, exponent: u32, beyond: Beyond) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = usize::try_from(exponent).ok()?;
    let mut minor: i64 = 0;
    let mut push = |byte: u8| -> Option<()> {
        let digit = i64::from(byte.checked_sub(b'0')?);
        minor = minor.checked_mul(10)?.checked_add(digit)?;
        Some(())
    };
    for byte in whole.bytes() {
        push(byte)?;
    }
    for place in 0..digits {
        push(fraction.as_bytes().get(place).copied().unwrap_or(b'0'))?;
    }
    match fraction.as_bytes().get(digits..) {
        Some(rest) if beyond == Beyond::Nothing && !rest.is_empty() => None,
        Some(rest) if rest.iter().any(|b| *b != b'0') => None,
        _ => Some(minor),
    }
}

/// The amount with all its digits: `1000` minor units of a two-digit currency are `10.00`.
pub(crate) fn fixed(minor: i64, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let Some(scale) = 10_u64.checked_pow(exponent).filter(|scale| *scale > 1) else {
        return minor.to_string();
    };
    let magnitude = minor.unsigned_abs();
    let whole = magnitude.checked_div(scale).unwrap_or(0);
    let rest = magnitude.checked_rem(scale).unwrap_or(0);
    let width = usize::try_from(exponent).unwrap_or(0);
    format!("{sign}{whole}.{rest:0width$}")
}

/// The amount as a script language prints it: `10`, `10.5`, `10.05`.
pub(crate) fn plain(minor: i64, exponent: u32) -> String {
    let text = fixed(minor, exponent);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_read_exactly() {
        assert_eq!(read("10.5", 2, Beyond::Nothing), Some(1050));
        assert_eq!(read("10", 2, Beyond::Nothing), Some(1000));
        assert_eq!(read("1000.0", 0, Beyond::Zeros), Some(1000));
        for bad in ["", ".", "1.", ".5", "1e3", "-1", "+1", "1,000", " 1", "NaN", "1.005"] {
            assert_eq!(read(bad, 2, Beyond::Zeros), None, "{bad}");
        }
        assert_eq!(read("1.000", 2, Beyond::Nothing), None);
        assert_eq!(read("99999999999999999999", 0, Beyond::Zeros), None);
    }

    #[test]
    fn printing() {
        assert_eq!(fixed(1000, 2), "10.00");
        assert_eq!(fixed(5, 2), "0.05");
        assert_eq!(fixed(-5, 2), "-0.05");
        assert_eq!(fixed(1000, 0), "1000");
        assert_eq!(plain(1050, 2), "10.5");
        assert_eq!(plain(1000, 2), "10");
        assert_eq!(plain(1000, 0), "1000");
    }
}
