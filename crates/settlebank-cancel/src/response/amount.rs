//! Amounts in answers: encrypted or plain.

use pg_core::{Currency, Money};

use crate::aes::AesKey;

/// Longest plain amount: N(12).
const MAX_DIGITS: usize = 12;

/// An amount as an answer told it.
///
/// The 2024-07 specification and every official SDK say that answers encrypt their amounts; the newest pages
/// do not mark it, and their samples are plain. Both are read: digits as they are, Base64 of whole blocks
/// decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerAmount {
    /// Missing, null or blank.
    #[default]
    Absent,
    /// There, but no amount: neither digits nor decryptable.
    Unreadable,
    /// Told.
    Told(Money),
}

impl AnswerAmount {
    /// Reads an amount: whole won, or US dollars times 100.
    pub(crate) fn read(text: Option<&str>, currency: Currency, aes: Option<&AesKey>) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Self::Absent };
        let minor = match minor_units(text) {
            Some(minor) => Some(minor),
            None => aes.and_then(|aes| aes.decrypt(text)).and_then(|plain| minor_units(&plain)),
        };
        minor.and_then(|minor| Money::from_minor(minor, currency).ok()).map_or(Self::Unreadable, Self::Told)
    }

    /// The amount, where it was told.
    #[must_use]
    pub const fn money(self) -> Option<Money> {
        match self {
            Self::Told(money) => Some(money),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

fn minor_units(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        let aes = AesKey::new(crate::config::SANDBOX_AES_KEY).unwrap();
        let read = |text| AnswerAmount::read(text, Currency::KRW, Some(&aes));
        let won = |minor| AnswerAmount::Told(Money::krw(minor).unwrap());
        assert_eq!(read(Some("1000")), won(1000));
        assert_eq!(read(Some("AntV/eDpxIaKF0hJiePDKA==")), won(1000));
        assert_eq!(read(Some("0")), won(0));
        assert_eq!(read(None), AnswerAmount::Absent);
        assert_eq!(read(Some("")), AnswerAmount::Absent);
        let hidden = aes.encrypt("-1");
        for bad in
            ["-1", "1,000", "1.0", " 1", "1e3", "１", "1234567890123", "AAAAAAAAAAAAAAAAAAAAAA==", &hidden]
        {
            assert_eq!(read(Some(bad)), AnswerAmount::Unreadable, "{bad}");
        }
        assert_eq!(
            AnswerAmount::read(Some("AntV/eDpxIaKF0hJiePDKA=="), Currency::KRW, None),
            AnswerAmount::Unreadable
        );
    }
}
