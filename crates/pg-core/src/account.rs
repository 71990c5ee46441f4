//! The account a refund is paid into.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::bank::Bank;
use crate::error::Invalid;

/// Longest account number any of the gateways takes (digits).
const MAX_NUMBER: usize = 20;
/// Longest holder name any of the gateways takes (characters).
const MAX_HOLDER: usize = 50;
/// Shortest number that is looked for in a gateway's own numbers.
const MIN_ECHO: usize = 8;
/// Longest phone number any of the gateways takes (digits).
const MAX_PHONE: usize = 16;

/// A bank account of the buyer, for refunds of virtual-account payments.
///
/// Number, holder and phone are personal data: `Debug` shows the bank alone, the values are zeroised on drop and
/// leave only through the `expose_*` methods. Each gateway crate checks its own, shorter limits.
#[derive(Clone)]
pub struct RefundAccount {
    bank: Bank,
    number: SecretString,
    holder: SecretString,
    phone: Option<SecretString>,
}

impl RefundAccount {
    /// An account: the bank, its number (digits; hyphens and spaces are dropped) and the holder's name.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_account.number` or `refund_account.holder`, never their values.
    pub fn new(bank: Bank, number: &str, holder: &str) -> Result<Self, Invalid> {
        let number = digits("refund_account.number", number, MAX_NUMBER)?;
        let holder = holder.trim();
        if holder.is_empty() {
            return Err(Invalid::new("refund_account.holder", "must not be empty"));
        }
        if holder.chars().count() > MAX_HOLDER {
            return Err(Invalid::new("refund_account.holder", "must be at most 50 characters"));
        }
        if holder.chars().any(char::is_control) {
            return Err(Invalid::new("refund_account.holder", "must not contain control characters"));
        }
        Ok(Self { bank, number, holder: SecretString::from(holder), phone: None })
    }

    /// Adds the holder's phone number (digits; hyphens and spaces are dropped), which some PGs want.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_account.phone`.
    pub fn with_phone(mut self, phone: &str) -> Result<Self, Invalid> {
        self.phone = Some(digits("refund_account.phone", phone, MAX_PHONE)?);
        Ok(self)
    }

    /// The bank.
    #[must_use]
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// The account number, digits only. Never log it.
    #[must_use]
    pub fn expose_number(&self) -> &str {
        self.number.expose_secret()
    }

    /// The holder's name. Never log it.
    #[must_use]
    pub fn expose_holder(&self) -> &str {
        self.holder.expose_secret()
    }

    /// The holder's phone number, digits only. Never log it.
    #[must_use]
    pub fn expose_phone(&self) -> Option<&str> {
        self.phone.as_ref().map(|phone| phone.expose_secret())
    }

    /// The account number for people to recognise: all but the last four digits masked (the last two of a short
    /// number).
    #[must_use]
    pub fn masked_number(&self) -> String {
        mask_all_but_last(self.expose_number())
    }

    /// Takes its number and phone out of a gateway's own number or word, should it echo them there.
    ///
    /// Those of eight digits or more: a shorter one may stand in any number by chance.
    pub fn scrub<'t>(&self, told: impl IntoIterator<Item = &'t mut Option<String>>) {
        let digits = [Some(self.expose_number()), self.expose_phone()];
        for text in told.into_iter().flatten() {
            for digits in digits.into_iter().flatten().filter(|digits| digits.len() >= MIN_ECHO) {
                if text.contains(digits) {
                    *text = text.replace(digits, "***");
                }
                // with separators between them
                let told: String = text.chars().filter(char::is_ascii_digit).collect();
                if told.contains(digits) {
                    "***".clone_into(text);
                }
            }
        }
    }

    /// Everything personal in it, for scrubbing a gateway's echo.
    #[must_use]
    pub fn sensitive_values(&self) -> Vec<&str> {
        [Some(self.expose_number()), Some(self.expose_holder()), self.expose_phone()]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn digits(field: &'static str, text: &str, max: usize) -> Result<SecretString, Invalid> {
    let kept: zeroize::Zeroizing<String> =
        text.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().into();
    if kept.is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if !kept.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Invalid::new(field, "must be digits (hyphens and spaces are dropped)"));
    }
    if kept.len() > max {
        return Err(Invalid::new(field, format!("must be at most {max} digits")));
    }
    Ok(SecretString::from(kept.as_str()))
}

/// Masks all but the last characters: four of eight or more, two of five or more, none of fewer.
///
/// Counts characters, not bytes.
#[must_use]
pub fn mask_all_but_last(text: &str) -> String {
    let length = text.chars().count();
    let shown = match length {
        0..=4 => 0,
        5..=7 => 2,
        _ => 4,
    };
    let hidden = length.saturating_sub(shown);
    text.chars().enumerate().map(|(index, c)| if index < hidden { '*' } else { c }).collect()
}

impl fmt::Debug for RefundAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefundAccount").field("bank", &self.bank).field("rest", &"[REDACTED]").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_bank_alone() {
        let account = RefundAccount::new(Bank::Shinhan, "562-1110 5948400", "홍길동")
            .and_then(|a| a.with_phone("010-1234-5678"))
            .unwrap();
        assert_eq!(account.sensitive_values(), ["56211105948400", "홍길동", "01012345678"]);
        assert_eq!(format!("{account:?}"), r#"RefundAccount { bank: Shinhan, rest: "[REDACTED]" }"#);
        assert_eq!(account.expose_number(), "56211105948400");
        assert_eq!(account.expose_holder(), "홍길동");
        assert_eq!(account.expose_phone(), Some("01012345678"));
        assert_eq!(account.masked_number(), "**********8400");
    }

    #[test]
    fn an_echo_is_taken_out_of_a_gateways_number() {
        let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동")
            .and_then(|account| account.with_phone("0101"))
            .unwrap();
        let mut told = [Some("C-56211105948400".to_owned()), Some("20010101".to_owned()), None];
        account.scrub(&mut told);
        assert_eq!(told, [Some("C-***".to_owned()), Some("20010101".to_owned()), None]);
        for apart in ["C-562-111-05948400", "562.111.05948400", "562_111_05948400"] {
            let mut told = [Some(apart.to_owned())];
            account.scrub(&mut told);
            assert_eq!(told, [Some("***".to_owned())], "{apart}");
        }
    }

    #[test]
    fn masks_characters_not_bytes() {
        assert_eq!(mask_all_but_last("홍길동"), "***");
        assert_eq!(mask_all_but_last("가나다라마"), "***라마");
        assert_eq!(mask_all_but_last(""), "");
    }

    #[test]
    fn the_longest_values_are_taken_and_no_longer_ones() {
        let account = |number: usize, holder: usize, phone: usize| {
            RefundAccount::new(Bank::Shinhan, &"1".repeat(number), &"홍".repeat(holder))
                .and_then(|account| account.with_phone(&"2".repeat(phone)))
        };
        assert!(account(20, 50, 16).is_ok());
        for (number, holder, phone, field) in
            [(21, 50, 16, "number"), (20, 51, 16, "holder"), (20, 50, 17, "phone")]
        {
            let error = account(number, holder, phone).unwrap_err();
            assert!(error.field().ends_with(field), "{error}");
        }
    }

    #[test]
    fn bad_values_are_named_not_shown() {
        for (number, holder, field) in [
            ("", "홍", "number"),
            ("12a", "홍", "number"),
            ("１２", "홍", "number"),
            ("1", " ", "holder"),
            ("1", "a\0b", "holder"),
        ] {
            let error = RefundAccount::new(Bank::Shinhan, number, holder).unwrap_err();
            assert!(error.field().ends_with(field), "{error}");
        }
    }
}
