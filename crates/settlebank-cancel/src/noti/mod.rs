//! Notifications: Hecto's form-encoded `POST` to the merchant (Hecto notification page, 2026-09).
//!
//! Off by default for most methods; the answer to the API is the result. Where they are on, they also tell of
//! cancels made at Hecto's admin site.
//!
//! Hecto sends UTF-8 or EUC-KR, by a setting of the merchant's; older contracts have EUC-KR. For EUC-KR: the feature `euc-kr`, and
//! `Charset::EucKr`. Without it every notification with Korean in it is [`NotificationError::Charset`], is answered `FAIL`, and lost
//! after Hecto's tries. Not sure which: read as `Utf8`, and on that error once more as `EucKr`.
//!
//! ```
//! use settlebank_cancel::noti::{self, Acknowledgement, Charset};
//! # use settlebank_cancel::{Config, Endpoint};
//! # let config = Config::flat("nxca_jt_il", "ST1009281328226982205").endpoint(Endpoint::Sandbox).build()?;
//! # let body = b"outStatCd=0021";
//! let reply = match noti::read(body, Charset::Utf8, &config) {
//!     // write it down (again: Hecto repeats notifications), then look the payment up
//!     Ok(notification) => Acknowledgement::Ok,
//!     Err(error) => error.acknowledgement(),
//! };
//! assert_eq!(reply.body(), "FAIL");
//! # Ok::<(), settlebank_cancel::Invalid>(())
//! ```

mod form;
mod notification;

use std::fmt;

pub use form::Charset;
pub use notification::{CancelKind, Notification, NotificationStatus, read};

/// What to answer: exactly this text, as plain text, without a line break, within five seconds.
///
/// Anything but `OK` makes Hecto send the notification again (20 times, and not past midnight).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acknowledgement {
    /// Received; do not send it again.
    Ok,
    /// Not received; send it again.
    Fail,
}

impl Acknowledgement {
    /// The whole body of the answer: `OK` or `FAIL`.
    #[must_use]
    pub const fn body(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Fail => "FAIL",
        }
    }
}

/// Why a body is no notification of Hecto's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotificationError {
    /// More than 64 KiB or more than 200 fields.
    TooLarge,
    /// Not in the character set it was to be in.
    Charset,
    /// A deciding field is missing, stands twice or has not its form.
    Malformed,
    /// About another merchant id than the configuration's.
    OtherMerchant,
    /// The hash does not match: not from Hecto, changed on the way, or another merchant's key.
    Hash,
}

impl NotificationError {
    /// What to answer: [`Acknowledgement::Fail`], so that a notification misread by a fault of ours comes
    /// again.
    #[must_use]
    pub const fn acknowledgement(self) -> Acknowledgement {
        Acknowledgement::Fail
    }
}

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the notification is too large",
            Self::Charset => "the notification is not in its character set",
            Self::Malformed => "the notification lacks a field, has one twice or in a wrong form",
            Self::OtherMerchant => "the notification is about another merchant id",
            Self::Hash => "the notification's hash does not match",
        })
    }
}

impl std::error::Error for NotificationError {}

#[cfg(test)]
mod tests;
