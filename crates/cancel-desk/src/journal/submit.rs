use std::fmt;

use pg_core::{Invalid, Money, RefundAccount};

use crate::record::{IntentId, IntentRecord, PaymentKey};

use super::JournalError;

/// Longest key of a caller, in bytes.
const MAX_KEY: usize = 200;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// A wish to refund, to be stored.
#[derive(Clone)]
pub struct NewIntent {
    /// Its id, random.
    pub id: IntentId,
    /// The payment.
    pub payment: PaymentKey,
    /// The caller's key, 1 to 200 visible ASCII characters, unique for the merchant account: the same key is the
    /// same wish.
    pub caller_key: String,
    /// What is to be refunded.
    pub amount: Money,
    /// Why, in the merchant's words, at most 500 characters. Goes to the gateway.
    pub reason: Option<String>,
    /// The account to refund into, where the payment needs one. Stored sealed, erased when the refund is final.
    pub account: Option<RefundAccount>,
}

impl NewIntent {
    /// A wish with what every gateway needs.
    ///
    /// # Errors
    /// [`Invalid`] when the operating system gives no randomness for the id.
    pub fn new(payment: PaymentKey, caller_key: impl Into<String>, amount: Money) -> Result<Self, Invalid> {
        let id = IntentId::random()?;
        Ok(Self { id, payment, caller_key: caller_key.into(), amount, reason: None, account: None })
    }

    /// Adds the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds the account to refund into.
    #[must_use]
    pub fn with_account(mut self, account: RefundAccount) -> Self {
        self.account = Some(account);
        self
    }

    /// Checks it.
    ///
    /// # Errors
    /// [`Invalid`] naming `idempotency_key`, `amount` or `reason`.
    pub fn check(&self) -> Result<(), Invalid> {
        check_key(&self.caller_key).map_err(|why| Invalid::new("idempotency_key", why))?;
        if self.amount.is_zero() {
            return Err(Invalid::new("amount", "must be above zero (a zero amount would cancel everything)"));
        }
        match &self.reason {
            Some(reason) if reason.chars().count() > MAX_REASON => {
                Err(Invalid::new("reason", "must be at most 500 characters"))
            }
            Some(reason) if reason.chars().any(char::is_control) => {
                Err(Invalid::new("reason", "must not contain control characters"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for NewIntent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewIntent")
            .field("id", &self.id)
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// What became of a submitted wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// Stored now.
    New(IntentRecord),
    /// Stored before, under the same key and with the same content: this is how far it is.
    Existing(IntentRecord),
}

impl Submitted {
    /// The intent.
    #[must_use]
    pub const fn intent(&self) -> &IntentRecord {
        match self {
            Self::New(intent) | Self::Existing(intent) => intent,
        }
    }

    /// The intent, taken out.
    #[must_use]
    pub fn into_intent(self) -> IntentRecord {
        match self {
            Self::New(intent) | Self::Existing(intent) => intent,
        }
    }
}

/// Whether a caller's key can be one. A quote that a shell, a spreadsheet or a program left on it would make it another
/// key, and its refund a second one.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_key(key: &str) -> Result<(), &'static str> {
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must be 1 to 200 visible ascii characters, without spaces");
    }
    let mark = ['"', '\'', '`'];
    if key.starts_with(mark) || key.ends_with(mark) || key.contains('"') {
        return Err(
            "must be given without quotes: no quote, apostrophe or backtick around it, no double quote in it",
        );
    }
    Ok(())
}

/// Whoever decides signs with a name and a reason.
pub(crate) fn check_person(by: &str, reason: &str) -> Result<(), Invalid> {
    for (field, text) in [("by", by), ("reason", reason)] {
        if text.trim().is_empty() || text.chars().count() > MAX_REASON {
            return Err(Invalid::new(field, "must be 1 to 500 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::new(field, "must not contain control characters"));
        }
    }
    Ok(())
}

/// Why a payment is not registered under a second account of its gateway: it would be refunded under each.
pub(crate) const UNDER_ANOTHER: &str = "the gateway's number of this payment is registered already, under another account's name: use that name, and keep it \
     in the configuration";

pub(super) const fn check_account(is_under_another: bool) -> Result<(), JournalError> {
    if is_under_another { Err(JournalError::NotAllowed(UNDER_ANOTHER)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_quotes_is_no_key() {
        for good in ["abc", "o'brien", "a`b", "k:1/2", "\\", &"k".repeat(200)] {
            check_key(good).unwrap();
        }
        for bad in
            ["", " abc", "abc ", "a b", "'abc'", "'abc", "abc'", "`abc`", "\"abc\"", "abc\"", "a\"b", "키"]
        {
            check_key(bad).unwrap_err();
        }
        check_key(&"k".repeat(201)).unwrap_err();
    }

    #[test]
    fn a_reason_is_plain_text_of_at_most_five_hundred_characters_and_is_not_shown() {
        let payment = PaymentKey::new(pg_core::Gateway::Chaiport, "shop", "p");
        let wish = NewIntent::new(payment, "k", Money::krw(1).unwrap()).unwrap();
        let shown = format!("{:?}", wish.clone().with_reason("CANARY"));
        assert!(shown.contains("payment") && !shown.contains("CANARY"), "{shown}");
        let check = |reason: &str| wish.clone().with_reason(reason).check().map_err(|error| error.field());
        assert_eq!(check(&"가".repeat(500)), Ok(()));
        for bad in [&*"가".repeat(501), &"x".repeat(1_000), "a\nb"] {
            assert_eq!(check(bad), Err("reason"));
        }
    }

    #[test]
    fn whoever_signs_writes_plain_text() {
        check_person("김", "seen in the admin page").unwrap();
        assert_eq!(check_person("kim\u{1b}[2J", "x").unwrap_err().field(), "by");
        assert_eq!(check_person("kim", "a\nb").unwrap_err().field(), "reason");
        assert_eq!(check_person(" ", "x").unwrap_err().field(), "by");
        check_person(&"김".repeat(500), &"가".repeat(500)).unwrap();
        for long in [501, 1_000] {
            assert_eq!(check_person("kim", &"가".repeat(long)).unwrap_err().field(), "reason");
        }
    }
}
