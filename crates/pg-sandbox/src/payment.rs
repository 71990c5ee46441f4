//! A payment to be put into the sandbox, as a test describes it.

use crate::money;
use crate::options::Gateway;

/// The gateway's own id of a payment: Chaiport `imp_uid`, Eximbay `transaction_id` (24 characters),
/// Settlebank `orgTrdNo` (40 characters).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentId(pub String);

impl PaymentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for PaymentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PaymentId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<PaymentId> for String {
    fn from(id: PaymentId) -> Self {
        id.0
    }
}

/// State of a payment when it is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// Waiting for a deposit (virtual account issued).
    Ready,
    /// Paid.
    #[default]
    Paid,
    /// The payment failed.
    Failed,
}

/// Description of a payment for [`Sandbox::pay`](crate::Sandbox::pay).
///
/// Amounts are minor units (won; cents), except where the text form itself matters (Eximbay).
#[derive(Debug, Clone)]
#[must_use]
pub struct NewPayment {
    pub(crate) gateway: Gateway,
    pub(crate) order: String,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) amount_text: String,
    pub(crate) start: Start,
    pub(crate) method: String,
    pub(crate) pg_provider: String,
    pub(crate) mid: String,
    pub(crate) id: Option<String>,
    pub(crate) trade_date: Option<String>,
    pub(crate) sandbox_channel: bool,
    pub(crate) tax_free: i64,
    pub(crate) vat: Option<i64>,
    pub(crate) allows_partial: bool,
    pub(crate) prepaid_card: bool,
    pub(crate) asynchronous: Option<bool>,
    pub(crate) refund_service: bool,
    pub(crate) pg_already_cancelled: bool,
    pub(crate) holder: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) points: i64,
    pub(crate) coupon: i64,
    pub(crate) inquiry_method: Option<String>,
    pub(crate) tax_required: bool,
}

impl NewPayment {
    fn new(gateway: Gateway, order: impl Into<String>, currency: &str, amount: i64) -> Self {
        Self {
            gateway,
            order: order.into(),
            currency: currency.to_owned(),
            amount,
            amount_text: money::fixed(amount, money::exponent(currency)),
            start: Start::Paid,
            method: String::new(),
            pg_provider: String::new(),
            mid: String::new(),
            id: None,
            trade_date: None,
            sandbox_channel: false,
            tax_free: 0,
            vat: None,
            allows_partial: true,
            prepaid_card: false,
            asynchronous: None,
            refund_service: true,
            pg_already_cancelled: false,
            holder: None,
            account: None,
            points: 0,
            coupon: 0,
            inquiry_method: None,
            tax_required: false,
        }
    }

    /// A Chaiport payment in won: `merchant_uid` and amount. Card at `html5_inicis` unless set otherwise.
    pub fn chaiport(merchant_uid: impl Into<String>, won: i64) -> Self {
        let mut payment = Self::new(Gateway::Chaiport, merchant_uid, "KRW", won);
        payment.method = "card".to_owned();
        payment.pg_provider = "html5_inicis".to_owned();
        payment
    }

    /// An Eximbay payment: `order_id`, currency and the amount's own text (`"10.00"`), which look-ups must
    /// repeat letter by letter. A text that is no amount makes a payment of 0.
    pub fn eximbay(order_id: impl Into<String>, currency: &str, amount: &str) -> Self {
        let minor = money::read(amount, money::exponent(currency), money::Beyond::Zeros).unwrap_or(0);
        let mut payment = Self::new(Gateway::Eximbay, order_id, currency, minor);
        payment.amount_text = amount.to_owned();
        payment.method = "P101".to_owned();
        payment.mid = crate::credentials::EXIMBAY_MID.to_owned();
        payment
    }

    /// A Settlebank payment in won: `mchtTrdNo` of the order and amount. Card of the published test merchant
    /// unless set otherwise.
    pub fn settlebank(order: impl Into<String>, won: i64) -> Self {
        let mut payment = Self::new(Gateway::Settlebank, order, "KRW", won);
        payment.method = "CA".to_owned();
        payment.mid = crate::credentials::SETTLEBANK_MID.to_owned();
        payment
    }

    /// Currency code, with the amount kept in minor units of it.
    pub fn currency(mut self, currency: &str) -> Self {
        self.currency = currency.to_owned();
        self.amount_text = money::fixed(self.amount, money::exponent(currency));
        self
    }

    /// The amount's own text at payment time (Eximbay); does not change the amount.
    pub fn amount_text(mut self, text: &str) -> Self {
        self.amount_text = text.to_owned();
        self
    }

    /// Chaiport `pay_method`: card, trans, vbank, phone, …
    pub fn pay_method(mut self, method: &str) -> Self {
        self.method = method.to_owned();
        self
    }

    /// Settlebank `method` (CA, RA, VA, …) or Eximbay payment method code (P101, …).
    pub fn method(self, method: &str) -> Self {
        self.pay_method(method)
    }

    /// Chaiport `pg_provider`: html5_inicis, kcp, nice_v2, …
    pub fn pg_provider(mut self, provider: &str) -> Self {
        self.pg_provider = provider.to_owned();
        self
    }

    /// Merchant id of the payment (Settlebank `mchtId`).
    pub fn mid(mut self, mid: &str) -> Self {
        self.mid = mid.to_owned();
        self
    }

    /// Fixes the gateway's id instead of letting the sandbox make one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Date of the payment, `yyyyMMdd` in Korean time; default: the sandbox's today.
    pub fn trade_date(mut self, date: &str) -> Self {
        self.trade_date = Some(date.to_owned());
        self
    }

    /// State at creation.
    pub fn status(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Not paid yet: a virtual account waiting for its deposit.
    pub fn ready(self) -> Self {
        self.status(Start::Ready)
    }

    /// A failed payment.
    pub fn failed(self) -> Self {
        self.status(Start::Failed)
    }

    /// Chaiport: made on a test channel, so `GET /payments/{imp_uid}` needs `include_sandbox=true`.
    pub fn sandbox_channel(mut self, yes: bool) -> Self {
        self.sandbox_channel = yes;
        self
    }

    /// Paid into a virtual account: `vbank` at Chaiport, `VA` at Settlebank, `P305` at Eximbay.
    pub fn vbank(mut self) -> Self {
        self.method = match self.gateway {
            Gateway::Chaiport => "vbank",
            Gateway::Eximbay => crate::eximbay::VIRTUAL_ACCOUNT,
            Gateway::Settlebank => "VA",
        }
        .to_owned();
        if self.gateway == Gateway::Settlebank && self.mid == crate::credentials::SETTLEBANK_MID {
            self.mid = "nx_mid_il".to_owned();
        }
        self
    }

    /// Tax-free part of the payment, minor units.
    pub fn tax_free(mut self, minor: i64) -> Self {
        self.tax_free = minor;
        self
    }

    /// VAT given at payment, minor units: Chaiport cancels must then tell theirs at the PGs that ask.
    pub fn vat(mut self, minor: i64) -> Self {
        self.vat = Some(minor);
        self
    }

    /// Whether the PG cancels in parts. Default true.
    pub fn allows_partial(mut self, yes: bool) -> Self {
        self.allows_partial = yes;
        self
    }

    /// Settlebank: paid with a prepaid card, which refuses partial cancels with its own code.
    pub fn prepaid_card(mut self, yes: bool) -> Self {
        self.prepaid_card = yes;
        self
    }

    /// Whether a cancel is accepted now and done later. By default as the PG's documents have it.
    pub fn asynchronous(mut self, yes: bool) -> Self {
        self.asynchronous = Some(yes);
        self
    }

    /// Whether the merchant has the refund-to-account service. Default true.
    pub fn refund_service(mut self, yes: bool) -> Self {
        self.refund_service = yes;
        self
    }

    /// Chaiport: the PG has already refunded it (at the PG's own admin page) and Chaiport does not know.
    pub fn pg_already_cancelled(mut self, yes: bool) -> Self {
        self.pg_already_cancelled = yes;
        self
    }

    /// Settlebank: the name on the refund account; another name is refused.
    pub fn holder(mut self, name: &str) -> Self {
        self.holder = Some(name.to_owned());
        self
    }

    /// Number of the virtual account that was issued.
    pub fn account(mut self, number: &str) -> Self {
        self.account = Some(number.to_owned());
        self
    }

    /// Settlebank: the part that was paid with points, minor units.
    pub fn points(mut self, minor: i64) -> Self {
        self.points = minor;
        self
    }

    /// Settlebank easy pay: the part that was paid with a coupon, minor units.
    pub fn coupon(mut self, minor: i64) -> Self {
        self.coupon = minor;
        self
    }

    /// Settlebank: the method under which the inquiry finds it (`KP`, `NP`, `PC`, `TS` for easy pay).
    pub fn inquiry_method(mut self, method: &str) -> Self {
        self.inquiry_method = Some(method.to_owned());
        self
    }

    /// Eximbay: NaverPay points were used, so a refund needs the `tax` object.
    pub fn tax_required(mut self, yes: bool) -> Self {
        self.tax_required = yes;
        self
    }
}
