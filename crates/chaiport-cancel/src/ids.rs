//! The two numbers of a payment: Chaiport's own and the merchant's.

use std::fmt;
use std::str::FromStr;

use pg_core::Invalid;

/// Longest `imp_uid` (Chaiport REST reference, 2022).
const MAX_IMP_UID: usize = 32;
/// Longest `merchant_uid` in characters (Chaiport REST reference, 2022).
const MAX_MERCHANT_UID: usize = 40;

/// Chaiport's number of a payment (`imp_uid`, e.g. `imp_448280090638`): 1 to 32 characters of `A-Z a-z 0-9 _ -`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImpUid(String);

/// The merchant's order number (`merchant_uid`): 1 to 40 characters without control characters, and neither `.` nor
/// `..`, which no URL can carry as a segment.
///
/// Chaiport does not promise that it is unique; wherever an [`ImpUid`] is known, that one is sent.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MerchantUid(String);

impl FromStr for ImpUid {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if text.is_empty() || text.len() > MAX_IMP_UID || !plain {
            return Err(Invalid::new("imp_uid", "must be 1 to 32 characters of A-Z a-z 0-9 _ -"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for MerchantUid {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(1..=MAX_MERCHANT_UID).contains(&length) || text.chars().any(char::is_control) {
            return Err(Invalid::new(
                "merchant_uid",
                "must be 1 to 40 characters without control characters",
            ));
        }
        if matches!(text, "." | "..") {
            return Err(Invalid::new("merchant_uid", "must not be one or two dots alone"));
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl $name {
            /// The number's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
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
    )*};
}
text_id!(ImpUid, MerchantUid);

/// Which payment is meant.
///
/// When both numbers are known, only `imp_uid` is sent: it wins at Chaiport anyway, and a wrong one fails the call
/// whatever the other says (Chaiport cancel guide). `merchant_uid` is then what the answer is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentIds {
    /// By Chaiport's number; the merchant's, where known, is compared with the answer.
    ImpUid {
        /// Chaiport's number.
        imp_uid: ImpUid,
        /// The merchant's number, where known.
        merchant_uid: Option<MerchantUid>,
    },
    /// By the merchant's number alone. If several payments share it, nobody documents which one Chaiport takes.
    MerchantUid(MerchantUid),
}

impl PaymentIds {
    /// Both numbers.
    #[must_use]
    pub const fn both(imp_uid: ImpUid, merchant_uid: MerchantUid) -> Self {
        Self::ImpUid { imp_uid, merchant_uid: Some(merchant_uid) }
    }

    /// Chaiport's number, where known.
    #[must_use]
    pub const fn imp_uid(&self) -> Option<&ImpUid> {
        match self {
            Self::ImpUid { imp_uid, .. } => Some(imp_uid),
            Self::MerchantUid(_) => None,
        }
    }

    /// The merchant's number, where known.
    #[must_use]
    pub const fn merchant_uid(&self) -> Option<&MerchantUid> {
        match self {
            Self::ImpUid { merchant_uid, .. } => merchant_uid.as_ref(),
            Self::MerchantUid(merchant_uid) => Some(merchant_uid),
        }
    }

    /// Whether an answer about this pair of numbers is about this payment.
    pub(crate) fn matches(&self, imp_uid: &str, merchant_uid: &str) -> bool {
        self.imp_uid().is_none_or(|known| known.as_str() == imp_uid)
            && self.merchant_uid().is_none_or(|known| known.as_str() == merchant_uid)
    }
}

impl From<ImpUid> for PaymentIds {
    fn from(imp_uid: ImpUid) -> Self {
        Self::ImpUid { imp_uid, merchant_uid: None }
    }
}

impl From<MerchantUid> for PaymentIds {
    fn from(merchant_uid: MerchantUid) -> Self {
        Self::MerchantUid(merchant_uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imp_uid_cannot_steer_a_url() {
        for good in ["imp_448280090638", "imps_1", "A-1", &"x".repeat(32)] {
            assert_eq!(good.parse::<ImpUid>().unwrap().as_str(), good);
        }
        for bad in ["", "..", "a/b", "a%2f", "a b", "임", "a?b", "a\n", &"x".repeat(33)] {
            assert_eq!(bad.parse::<ImpUid>().unwrap_err().field(), "imp_uid", "{bad:?}");
        }
    }

    #[test]
    fn merchant_uid_is_counted_in_characters() {
        assert!("주".repeat(40).parse::<MerchantUid>().is_ok());
        assert!("...".parse::<MerchantUid>().is_ok());
        for bad in ["", ".", "..", "a\tb", "a\u{7f}", &"주".repeat(41)] {
            assert_eq!(bad.parse::<MerchantUid>().unwrap_err().field(), "merchant_uid", "{bad:?}");
        }
    }

    #[test]
    fn every_known_number_must_match() {
        let both = PaymentIds::both("imp_1".parse().unwrap(), "ORD-1".parse().unwrap());
        assert!(both.matches("imp_1", "ORD-1"));
        assert!(!both.matches("imp_2", "ORD-1") && !both.matches("imp_1", "ORD-2"));
        assert!(PaymentIds::from("imp_1".parse::<ImpUid>().unwrap()).matches("imp_1", "anything"));
        assert!(PaymentIds::from("ORD-1".parse::<MerchantUid>().unwrap()).matches("anything", "ORD-1"));
    }
}
