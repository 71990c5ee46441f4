//! Numbers by which a payment is known: Eximbay's, the merchant's order's, the merchant's own.

use std::fmt;
use std::str::FromStr;

use pg_core::Invalid;

/// Declares an id: text that was checked once, shown as it is.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text, as it goes onto the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Invalid;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// Eximbay's number of the **approval**: exactly 24 letters and digits (error code `EC1002`).
    ///
    /// Observed shape: the mid, the day `yyyyMMdd`, a sequence of 6. Not the `refund_transaction_id` of a cancel.
    TransactionId, check_transaction_id
}

id! {
    /// The merchant's order number of the original payment (`order_id`, the former `ref`): 1 to 30 characters
    /// (legacy guide), no control characters.
    OrderId, check_order_id
}

id! {
    /// The merchant id (`mid`): exactly 10 letters and digits.
    ///
    /// Domestic and overseas contracts have different ones; a refund needs the one that took the payment.
    MerchantId, check_merchant_id
}

fn check_transaction_id(text: &str) -> Result<(), Invalid> {
    alphanumerics(text, 24)
        .then_some(())
        .ok_or_else(|| Invalid::new("transaction_id", "must be exactly 24 letters and digits"))
}

fn check_merchant_id(text: &str) -> Result<(), Invalid> {
    alphanumerics(text, 10)
        .then_some(())
        .ok_or_else(|| Invalid::new("mid", "must be exactly 10 letters and digits"))
}

fn check_order_id(text: &str) -> Result<(), Invalid> {
    check_free_text("order_id", text, 30)
}

fn alphanumerics(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Free text of 1 to `max` characters without control characters.
///
/// Characters are counted as the gateway's Java does (UTF-16 units), the stricter of the two possible counts.
pub(crate) fn check_free_text(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if text.encode_utf16().count() > max {
        return Err(Invalid::new(field, format!("must be at most {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "must not contain control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_exact() {
        assert_eq!(
            "1849705C6420220922000013".parse::<TransactionId>().unwrap().as_str(),
            "1849705C6420220922000013"
        );
        for bad in ["", "1849705C642022092200001", "1849705C64202209220000130", "1849705C64202209220000/3"] {
            assert_eq!(bad.parse::<TransactionId>().unwrap_err().field(), "transaction_id", "{bad}");
        }
        assert!("1849705C64".parse::<MerchantId>().is_ok());
        for bad in ["", "1849705C6", "1849705C641", "1849705C6가"] {
            assert_eq!(bad.parse::<MerchantId>().unwrap_err().field(), "mid", "{bad}");
        }
    }

    #[test]
    fn order_numbers_count_characters_as_java_does() {
        assert!("주문-2022".parse::<OrderId>().is_ok());
        assert!("가".repeat(30).parse::<OrderId>().is_ok());
        assert!("😀".repeat(15).parse::<OrderId>().is_ok());
        for bad in [String::new(), " ".to_owned(), "a\nb".to_owned(), "x".repeat(31), "😀".repeat(16)] {
            assert_eq!(bad.parse::<OrderId>().unwrap_err().field(), "order_id", "{bad}");
        }
    }
}
