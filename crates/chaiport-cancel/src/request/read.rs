//! What a request holds.

use pg_core::{AttemptTag, Money, RefundAccount, SendLog};

use super::refund::RefundTo;
use super::{CancelRequest, Requester};
use crate::ids::PaymentIds;
use crate::record::PaymentRecord;

impl CancelRequest {
    /// The payment it was made from.
    #[must_use]
    pub const fn record(&self) -> &PaymentRecord {
        &self.record
    }

    /// Which payment.
    #[must_use]
    pub const fn ids(&self) -> &PaymentIds {
        self.record.ids()
    }

    /// What is to be refunded.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// What could be cancelled before this cancel: the guard, where it is guarded.
    #[must_use]
    pub fn balance_before(&self) -> Money {
        self.record.cancelable()
    }

    /// Whether `checksum` is sent.
    #[must_use]
    pub const fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// The attempt's tag.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// The tag as the payment's history shows it: `[c:TAG]`; `None` when the reason goes untagged.
    #[must_use]
    pub fn history_tag(&self) -> Option<String> {
        self.label().map(str::to_owned)
    }

    /// As [`history_tag`](Self::history_tag), borrowed.
    pub(crate) fn label(&self) -> Option<&str> {
        self.reason.label()
    }

    /// The reason as it is sent, the tag in front. A PG that cuts it short cuts the end.
    #[must_use]
    pub fn wire_reason(&self) -> Option<String> {
        self.reason_to_send().map(str::to_owned)
    }

    /// As [`wire_reason`](Self::wire_reason), borrowed.
    pub(crate) fn reason_to_send(&self) -> Option<&str> {
        self.reason.sent()
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }

    /// The tax-free part of the amount, where given.
    #[must_use]
    pub const fn tax_free(&self) -> Option<Money> {
        self.tax_free
    }

    /// The VAT part of the amount, where given.
    #[must_use]
    pub const fn vat_amount(&self) -> Option<Money> {
        self.vat_amount
    }

    /// Who asked for the cancel, where given.
    #[must_use]
    pub const fn requester(&self) -> Option<Requester> {
        self.requester
    }

    /// Whether the promotion is kept, where given.
    #[must_use]
    pub const fn retain_promotion(&self) -> Option<bool> {
        self.retain_promotion
    }

    /// Whether the cancel webhook is asked for, where given.
    #[must_use]
    pub const fn webhook(&self) -> Option<bool> {
        self.enable_webhook
    }

    /// Whether the escrow purchase was confirmed, where given.
    #[must_use]
    pub const fn escrow_confirmed(&self) -> Option<bool> {
        self.escrow_confirmed
    }

    /// The account to refund into, where given.
    #[must_use]
    pub fn refund_account(&self) -> Option<&RefundAccount> {
        self.refund.as_ref().map(|refund| &refund.account)
    }

    pub(crate) const fn refund(&self) -> Option<&RefundTo> {
        self.refund.as_ref()
    }
}
