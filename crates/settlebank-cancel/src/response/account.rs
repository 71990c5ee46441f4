//! Account numbers in answers: encrypted or plain.

use pg_core::Secret;

use crate::aes::AesKey;

/// Longest account number.
const MAX_DIGITS: usize = 20;

/// An account number as an answer told it: encrypted, or (as the samples print it) plain.
///
/// `Debug` does not show the number.
#[derive(Debug, Clone, Default)]
pub enum AnswerAccount {
    /// Missing, null or blank.
    #[default]
    Absent,
    /// There, but no account number: neither digits nor decryptable.
    Unreadable,
    /// Told, at most 20 digits.
    Told(Secret),
}

impl AnswerAccount {
    /// Reads an account number.
    pub(crate) fn read(text: Option<&str>, aes: Option<&AesKey>) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Self::Absent };
        digits(text)
            .or_else(|| aes.and_then(|aes| aes.decrypt(text)).and_then(|plain| digits(&plain)))
            .map_or(Self::Unreadable, Self::Told)
    }

    /// The number, where it was told. Never log it.
    #[must_use]
    pub const fn number(&self) -> Option<&Secret> {
        match self {
            Self::Told(number) => Some(number),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

fn digits(text: &str) -> Option<Secret> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| Secret::new("v_acnt_no", text, MAX_DIGITS).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_absent() {
        let aes = AesKey::new(crate::config::SANDBOX_AES_KEY).unwrap();
        let read = |text| AnswerAccount::read(text, Some(&aes));
        for same in ["1234567890", "HTEK0ImSKuVXp2qmo1YSlw=="] {
            assert_eq!(read(Some(same)).number().map(Secret::expose), Some("1234567890"));
            assert!(!format!("{:?}", read(Some(same))).contains("1234567890"));
        }
        for absent in [None, Some("")] {
            assert!(matches!(read(absent), AnswerAccount::Absent));
        }
        for bad in ["99x", "123456789012345678901", "AAAAAAAAAAAAAAAAAAAAAA==", "[\"1\"]"] {
            assert!(matches!(read(Some(bad)), AnswerAccount::Unreadable), "{bad}");
        }
    }
}
