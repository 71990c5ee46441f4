//! PGs that answer before they have decided.
//!
//! While such a refund is pending, the balance stays where it was: `checksum` lets a second copy pass, and a look-up
//! shows nothing. Known are Smartro's virtual accounts, PayPal and WeChat Pay at KICC (PortOne V1 OpenAPI schema and
//! developers' pages), and Paymentwall, whose guide says that its refunds take time.
//!
//! PayPal has approved a cancel once the history has it and the payment's status is `cancelled`. The first cancel that
//! is approved sets that status, and it stays: beside another cancel it proves nothing of ours, and nothing else does.

use crate::record::PaymentRecord;
use crate::request::CancelRequest;
use crate::response::{Payment, PaymentStatus};

/// Where a payment went, as far as it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route<'a> {
    pg: Option<&'a str>,
    method: Option<&'a str>,
    easy_pay: Option<&'a str>,
}

impl<'a> Route<'a> {
    /// As the merchant's record has it.
    pub(crate) fn of_record(record: &'a PaymentRecord) -> Self {
        Self { pg: record.pg_provider(), method: record.pay_method(), easy_pay: record.emb_pg_provider() }
    }

    /// As an answer has it, and the record where the answer says nothing.
    pub(crate) fn of_payment(payment: &'a Payment, record: &'a PaymentRecord) -> Self {
        let known = Self::of_record(record);
        Self {
            pg: payment.pg_provider().or(known.pg),
            method: payment.pay_method().or(known.method),
            easy_pay: payment.emb_pg_provider().or(known.easy_pay),
        }
    }

    /// Whether it is a virtual account.
    pub(crate) fn is_virtual_account(self) -> bool {
        self.method == Some("vbank")
    }

    /// Whether this PG is known to answer before it has decided.
    pub(crate) fn decides_later(self) -> bool {
        match self.pg {
            Some("smartro_v2") => self.is_virtual_account(),
            Some("paypal_v2" | "paymentwall") => true,
            Some("kicc" | "kicc_v2") => is_wechat(self.method) || is_wechat(self.easy_pay),
            _ => false,
        }
    }

    /// The same, a method that is not told counting as one of those that do: for what must not be sent twice.
    pub(crate) fn may_decide_later(self) -> bool {
        let only_some_methods = matches!(self.pg, Some("smartro_v2" | "kicc" | "kicc_v2"));
        self.decides_later() || (only_some_methods && self.method.is_none())
    }

    /// Whether what is gone of the balance is not the PG's word for certain: PayPal's is not until the payment's status is
    /// `cancelled`. Of later refunds nothing tells; they are taken for approved here, where only the balance counts, or
    /// no third refund could ever be made.
    #[cfg(feature = "client")]
    pub(crate) fn is_undecided(self, payment: &Payment) -> bool {
        self.pg == Some("paypal_v2")
            && !payment.cancelled().is_zero()
            && payment.status() != &PaymentStatus::Cancelled
    }

    /// Whether this request's entry in the history is not yet the PG's word, or never can be: PayPal's is not while the
    /// payment's status is anything but `cancelled`, nor where another cancel may have set that status.
    pub(crate) fn awaits_approval(self, request: &CancelRequest, payment: &Payment) -> bool {
        let ours_alone = payment.history().len() == 1
            && payment.cancelled() == request.amount()
            && payment.paid() == request.balance_before();
        self.pg == Some("paypal_v2") && !(ours_alone && payment.status() == &PaymentStatus::Cancelled)
    }
}

fn is_wechat(word: Option<&str>) -> bool {
    word.is_some_and(|word| word.starts_with("wechat"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_is_not_told_counts_as_the_one_that_decides_later() {
        for (pg, method, easy_pay, known, possible) in [
            (Some("paypal_v2"), None, None, true, true),
            (Some("paymentwall"), Some("card"), None, true, true),
            (Some("smartro_v2"), Some("vbank"), None, true, true),
            (Some("smartro_v2"), Some("card"), None, false, false),
            (Some("smartro_v2"), None, None, false, true),
            (Some("kicc_v2"), Some("wechat"), None, true, true),
            (Some("kicc"), Some("card"), Some("wechatpay"), true, true),
            (Some("kicc"), Some("card"), None, false, false),
            (Some("kicc"), None, None, false, true),
            (Some("html5_inicis"), Some("vbank"), None, false, false),
            (None, None, None, false, false),
        ] {
            let route = Route { pg, method, easy_pay };
            assert_eq!((route.decides_later(), route.may_decide_later()), (known, possible), "{route:?}");
        }
    }
}
