//! Revoking a virtual account that nothing was paid into yet.

use std::fmt;

use pg_core::{AttemptTag, Invalid, Secret, SendLog};
use time::OffsetDateTime;

use super::standard::MAX_TRADE_NO;
use crate::kst;
use crate::method::Method;
use crate::text::identifier;

/// `vAcntNo` of an ordinary virtual account (older pages: 16).
const MAX_NUMBER: usize = 20;
/// `vAcntNo` of the 010 kind.
const MAX_NUMBER_010: usize = 14;

/// A request to revoke a virtual account (`A2` at `/spay/APIVBank.do`): no money moves, and nothing can be
/// paid in any more. Standard form only.
///
/// It works before the deposit; for fixed accounts (`acntType` 3) after it too. To pay a deposit back, make a
/// [`CancelRequest`](super::CancelRequest) instead. `Debug` does not show the account.
#[derive(Clone)]
pub struct RevokeRequest {
    trade_no: String,
    account_no: Secret,
    method: Method,
    tag: AttemptTag,
    at: OffsetDateTime,
    sends: SendLog,
}

impl RevokeRequest {
    /// A request to revoke the account `account_no` (digits; at most 20, 14 of the 010 kind) that was issued
    /// as `trade_no` (`orgTrdNo`, at most 40 characters). `method` says which kind it is.
    ///
    /// # Errors
    /// [`Invalid`] naming `trade_no`, `account_no`, `method` or `tag` (no randomness).
    pub fn new(method: Method, trade_no: &str, account_no: &str) -> Result<Self, Invalid> {
        let max = match method {
            Method::VirtualAccount => MAX_NUMBER,
            Method::VirtualAccount010 => MAX_NUMBER_010,
            _ => return Err(Invalid::new("method", "must be VA or VA010")),
        };
        identifier("trade_no", trade_no, MAX_TRADE_NO)?;
        if !account_no.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Invalid::new("account_no", "must be digits"));
        }
        let account_no = Secret::new("account_no", account_no, max)?;
        Ok(Self {
            trade_no: trade_no.to_owned(),
            account_no,
            method,
            tag: AttemptTag::random()?,
            at: kst::frozen(OffsetDateTime::now_utc())?,
            sends: SendLog::new(),
        })
    }

    /// Sets the attempt's tag (`mchtTrdNo`), random unless set.
    #[must_use]
    pub fn with_tag(mut self, tag: AttemptTag) -> Self {
        self.tag = tag;
        self
    }

    /// Sets the time of the request, the time of its making unless set.
    ///
    /// # Errors
    /// [`Invalid`] naming `at` outside the years 0 to 9999.
    pub fn at(mut self, at: OffsetDateTime) -> Result<Self, Invalid> {
        self.at = kst::frozen(at)?;
        Ok(self)
    }

    /// Marks the attempt as one that an earlier process may have sent: a refusal of it then proves nothing.
    #[must_use]
    pub fn possibly_sent(self) -> Self {
        self.sends.mark_possibly_sent();
        self
    }

    /// The number of the issue (`orgTrdNo`).
    #[must_use]
    pub fn trade_no(&self) -> &str {
        &self.trade_no
    }

    /// The account's number. Never log it.
    #[must_use]
    pub fn expose_account_no(&self) -> &str {
        self.account_no.expose()
    }

    /// Which kind of virtual account it is.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The attempt's tag, which is its `mchtTrdNo`.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// When it was made, in Korean time.
    #[must_use]
    pub const fn made_at(&self) -> OffsetDateTime {
        self.at
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }
}

impl fmt::Debug for RevokeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevokeRequest")
            .field("trade_no", &self.trade_no)
            .field("method", &self.method)
            .field("tag", &self.tag)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_field_and_debug_hides_the_account() {
        for (method, trade_no, account, field) in [
            (Method::Card, "T", "1", "method"),
            (Method::VirtualAccount, "", "1", "trade_no"),
            (Method::VirtualAccount, "T", "", "account_no"),
            (Method::VirtualAccount, "T", "12-3", "account_no"),
            (Method::VirtualAccount, "T", "123456789012345678901", "account_no"),
            (Method::VirtualAccount010, "T", "123456789012345", "account_no"),
        ] {
            assert_eq!(RevokeRequest::new(method, trade_no, account).unwrap_err().field(), field);
        }
        let request = RevokeRequest::new(Method::VirtualAccount, "T", "98765432109876").unwrap();
        assert!(!request.sends().may_have_been_sent());
        assert!(request.clone().possibly_sent().sends().may_have_been_sent());
        let shown = format!("{request:?}");
        assert!(shown.contains("RevokeRequest { trade_no:") && !shown.contains("98765432109876"), "{shown}");
    }
}
