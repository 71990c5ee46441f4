//! What programs that drive several gateways say to each alike: which payment, which order, what it can do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::account::RefundAccount;
use crate::attempt::{AttemptTag, SendLog};
#[cfg(feature = "client")]
pub use crate::cancel_gateway::CancelGateway;
use crate::error::Invalid;
use crate::money::Money;
use crate::stored;

/// What the caller knows about a payment's ledger beyond one look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerKnowledge {
    /// Nobody else can cancel this payment: no admin page, no other program. Decides only where a gateway tells
    /// no more than a balance.
    pub sole_actor: bool,
    /// The lowest balance ever proven for this payment. Make no new cancel from a look-up that shows more: where a
    /// gateway tells only a balance, nothing can undo that afterwards.
    pub known_balance: Option<Money>,
}

/// Which gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gateway {
    /// 차이포트, the former iamport, PortOne V1.
    Chaiport,
    /// Eximbay.
    Eximbay,
    /// Settlebank, now Hecto Financial.
    Settlebank,
}

impl Gateway {
    /// The name in lower case, as in spans and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chaiport => "chaiport",
            Self::Eximbay => "eximbay",
            Self::Settlebank => "settlebank",
        }
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Gateway {
    type Err = Invalid;

    /// Reads the name that [`Gateway::as_str`] gives.
    fn from_str(name: &str) -> Result<Self, Invalid> {
        match name {
            "chaiport" => Ok(Self::Chaiport),
            "eximbay" => Ok(Self::Eximbay),
            "settlebank" => Ok(Self::Settlebank),
            _ => Err(Invalid::new("gateway", "must be chaiport, eximbay or settlebank")),
        }
    }
}

/// What a gateway can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Which gateway.
    pub gateway: Gateway,
    /// What makes sending the same attempt again safe.
    pub guard: Guard,
    /// How well the guard is known.
    pub evidence: Evidence,
    /// Whether look-ups tell the single cancels.
    pub history: bool,
    /// Whether one payment can be cancelled in parts.
    pub partial: bool,
}

impl Capabilities {
    /// The capabilities of a gateway.
    #[must_use]
    pub const fn new(gateway: Gateway, guard: Guard, evidence: Evidence, history: bool) -> Self {
        Self { gateway, guard, evidence, history, partial: true }
    }
}

/// What a gateway checks before it executes a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Guard {
    /// The balance before the cancel must match (Chaiport's `checksum`, Eximbay's `balance`).
    Balance,
    /// The number of the cancel must be the next one (Settlebank's `cnclOrd`).
    Sequence,
    /// An identical request is recognised as such (Settlebank's flat form).
    IdenticalRequest,
    /// Nothing.
    None,
}

impl Guard {
    /// Whether the gateway refuses a cancel whose place was taken by another one.
    #[must_use]
    pub const fn is_guarded(self) -> bool {
        matches!(self, Self::Balance | Self::Sequence)
    }
}

/// How well something about a gateway is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The gateway's documents say so.
    Documented,
    /// Read between the lines of the gateway's documents, or from others' code.
    Inferred,
    /// Seen in the gateway's own sandbox, with a recorded transcript.
    Verified,
}

/// A payment as the merchant recorded it: what is needed to find and to cancel it.
///
/// Which fields a gateway needs stands in its crate's documentation; a missing one is refused by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentRef {
    /// Which gateway took it.
    pub gateway: Gateway,
    /// The gateway's number: `imp_uid`, `transaction_id`, `orgTrdNo`.
    pub gateway_id: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// What was paid.
    pub paid: Money,
    /// The paid amount exactly as it was written at payment time (Eximbay finds `1.00` and `1` apart).
    pub paid_text: Option<String>,
    /// The day of the payment in Korea (Settlebank).
    #[serde(default, with = "stored::day")]
    pub paid_on: Option<Date>,
    /// The payment method in the gateway's own code (Settlebank `CA`, Chaiport `vbank`).
    pub method: Option<String>,
    /// The PG behind the gateway (Chaiport's `pg_provider`), which decides the bank codes.
    pub pg_provider: Option<String>,
}

impl PaymentRef {
    /// A payment with what every gateway needs.
    #[must_use]
    pub fn new(
        gateway: Gateway,
        gateway_id: impl Into<String>,
        merchant_uid: impl Into<String>,
        paid: Money,
    ) -> Self {
        Self {
            gateway,
            gateway_id: gateway_id.into(),
            merchant_uid: merchant_uid.into(),
            paid,
            paid_text: None,
            paid_on: None,
            method: None,
            pg_provider: None,
        }
    }

    /// Adds the paid amount as it was written at payment time.
    #[must_use]
    pub fn with_paid_text(mut self, text: impl Into<String>) -> Self {
        self.paid_text = Some(text.into());
        self
    }

    /// Adds the day of the payment in Korea.
    #[must_use]
    pub const fn with_paid_on(mut self, day: Date) -> Self {
        self.paid_on = Some(day);
        self
    }

    /// Adds the payment method in the gateway's own code.
    #[must_use]
    pub fn with_method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Adds the PG behind the gateway.
    #[must_use]
    pub fn with_pg_provider(mut self, pg_provider: impl Into<String>) -> Self {
        self.pg_provider = Some(pg_provider.into());
        self
    }
}

/// One cancel of one payment, complete: the same order always makes the same bytes on the wire.
///
/// Serialisable (to be stored before it is sent) but for the refund account, which is personal data and must be
/// kept encrypted and added again. An order read back from storage counts as possibly sent. `Debug` shows no reason
/// and no account: both are about people.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct CancelOrder {
    payment: PaymentRef,
    amount: Money,
    balance_before: Money,
    tag: AttemptTag,
    sequence: u16,
    #[serde(with = "stored::unix_seconds")]
    at: OffsetDateTime,
    reason: Option<String>,
    earlier: Option<Vec<Money>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<String>,
    wants_account: bool,
    #[serde(skip)]
    refund_account: Option<RefundAccount>,
    #[serde(skip)]
    sends: SendLog,
}

/// An order as it was stored, not checked yet.
#[derive(Deserialize)]
struct Stored {
    payment: PaymentRef,
    amount: Money,
    balance_before: Money,
    tag: AttemptTag,
    sequence: u16,
    #[serde(with = "stored::unix_seconds")]
    at: OffsetDateTime,
    reason: Option<String>,
    #[serde(default)]
    earlier: Option<Vec<Money>>,
    #[serde(default)]
    terms: Option<String>,
    wants_account: bool,
}

impl TryFrom<Stored> for CancelOrder {
    type Error = Invalid;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored {
            payment,
            amount,
            balance_before,
            tag,
            sequence,
            at,
            reason,
            earlier,
            terms,
            wants_account,
        } = stored;
        let mut order = Self::new(payment, amount, balance_before, tag, sequence, at)?;
        if let Some(earlier) = earlier {
            order = order.with_earlier_cancels(earlier)?;
        }
        order.reason = reason;
        order.terms = terms;
        order.wants_account = wants_account;
        order.sends = SendLog::already_sent();
        Ok(order)
    }
}

impl CancelOrder {
    /// An order to refund `amount` of a payment of which `balance_before` has not been refunded yet, made at
    /// `at`, as its `sequence`-th cancel (from 1).
    ///
    /// # Errors
    /// [`Invalid`] when the amount is zero, exceeds the balance, the balance exceeds what was paid, the
    /// currencies differ, or `sequence` is outside 1 to 999.
    pub fn new(
        payment: PaymentRef,
        amount: Money,
        balance_before: Money,
        tag: AttemptTag,
        sequence: u16,
        at: OffsetDateTime,
    ) -> Result<Self, Invalid> {
        check_amount(payment.paid, balance_before, amount)?;
        if !(1..=999).contains(&sequence) {
            return Err(Invalid::new("sequence", "must be from 1 to 999"));
        }
        let at = at.replace_nanosecond(0).unwrap_or(at);
        let sends = SendLog::new();
        Ok(Self {
            payment,
            amount,
            balance_before,
            tag,
            sequence,
            at,
            reason: None,
            earlier: None,
            terms: None,
            wants_account: false,
            refund_account: None,
            sends,
        })
    }

    /// Adds the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds the amounts of all earlier cancels of the payment. Only Settlebank's flat form needs them: it cannot tell
    /// a second cancel of the same amount from a repeat, and refuses in doubt.
    ///
    /// # Errors
    /// [`Invalid`] naming `earlier` when they are not what lies between the payment and its balance, or as
    /// many as `sequence` or more.
    pub fn with_earlier_cancels(mut self, earlier: Vec<Money>) -> Result<Self, Invalid> {
        let rest = earlier.iter().try_fold(self.payment.paid, |rest, amount| rest.checked_sub(*amount));
        if rest != Some(self.balance_before) {
            return Err(Invalid::new("earlier", "must add up to what was cancelled before"));
        }
        if earlier.len() >= usize::from(self.sequence) {
            return Err(Invalid::new("earlier", "must be fewer than the sequence number"));
        }
        self.earlier = Some(earlier);
        Ok(self)
    }

    /// Binds the order to the [terms](crate::CancelGateway::terms) under which it is sent: under others it would be
    /// another request, whose guard knows nothing of this one. An order that is to be stored should have them.
    #[must_use]
    pub fn with_terms(mut self, terms: impl Into<String>) -> Self {
        self.terms = Some(terms.into());
        self
    }

    /// Checks that these are the terms that the order was made for, if it was made for any.
    ///
    /// # Errors
    /// [`Invalid`] naming `terms`.
    pub fn check_terms(&self, terms: &str) -> Result<(), Invalid> {
        match &self.terms {
            Some(made_for) if made_for != terms => Err(Invalid::new(
                "terms",
                "must be those that the order was made for: host, merchant id and form",
            )),
            _ => Ok(()),
        }
    }

    /// Adds the account to refund into.
    #[must_use]
    pub fn with_refund_account(mut self, account: RefundAccount) -> Self {
        self.refund_account = Some(account);
        self.wants_account = true;
        self
    }

    /// Checks that nothing is missing that storing left out: without its refund account, an order read back would
    /// make other bytes than before. Every gateway asks this before it makes a request.
    ///
    /// # Errors
    /// [`Invalid`] naming `refund_account`.
    pub fn check_complete(&self) -> Result<(), Invalid> {
        if self.wants_account && self.refund_account.is_none() {
            return Err(Invalid::new(
                "refund_account",
                "must be added again to an order that was stored with one",
            ));
        }
        Ok(())
    }

    /// The payment.
    #[must_use]
    pub const fn payment(&self) -> &PaymentRef {
        &self.payment
    }

    /// What is to be refunded.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// What could be cancelled before this order: the guard.
    #[must_use]
    pub const fn balance_before(&self) -> Money {
        self.balance_before
    }

    /// The attempt's tag.
    #[must_use]
    pub const fn tag(&self) -> &AttemptTag {
        &self.tag
    }

    /// Which cancel of this payment it is, from 1.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        self.sequence
    }

    /// When the order was made, to the second.
    #[must_use]
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The amounts of all earlier cancels, where they are known.
    #[must_use]
    pub fn earlier_cancels(&self) -> Option<&[Money]> {
        self.earlier.as_deref()
    }

    /// The terms that it was made for, if any.
    #[must_use]
    pub fn terms(&self) -> Option<&str> {
        self.terms.as_deref()
    }

    /// The account to refund into.
    #[must_use]
    pub const fn refund_account(&self) -> Option<&RefundAccount> {
        self.refund_account.as_ref()
    }

    /// How often it may have been sent; shared by all clones.
    #[must_use]
    pub const fn sends(&self) -> &SendLog {
        &self.sends
    }
}

impl fmt::Debug for CancelOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelOrder")
            .field("payment", &self.payment)
            .field("amount", &self.amount)
            .field("balance_before", &self.balance_before)
            .field("tag", &self.tag)
            .field("sequence", &self.sequence)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Checks the three amounts of every cancel: `0 < amount ≤ balance ≤ paid`, in one currency.
///
/// # Errors
/// [`Invalid`] naming `amount` or `balance`.
pub fn check_amount(paid: Money, balance: Money, amount: Money) -> Result<(), Invalid> {
    if amount.is_zero() {
        return Err(Invalid::new("amount", "must be above zero (a zero amount would cancel everything)"));
    }
    match balance.compare(paid) {
        None => return Err(Invalid::new("balance", "must be in the payment's currency")),
        Some(order) if order.is_gt() => return Err(Invalid::new("balance", "must not exceed what was paid")),
        Some(_) => {}
    }
    match amount.compare(balance) {
        None => Err(Invalid::new("amount", "must be in the payment's currency")),
        Some(order) if order.is_gt() => {
            Err(Invalid::new("amount", format!("must not exceed the cancelable balance of {balance}")))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::Bank;

    fn order(amount: i64, balance: i64) -> Result<CancelOrder, Invalid> {
        let payment = PaymentRef::new(Gateway::Chaiport, "imp_1", "ORD-1", Money::krw(10_000).unwrap());
        let (amount, balance) = (Money::krw(amount).unwrap(), Money::krw(balance).unwrap());
        CancelOrder::new(
            payment,
            amount,
            balance,
            AttemptTag::random().unwrap(),
            1,
            OffsetDateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn names_are_read_back() {
        for gateway in [Gateway::Chaiport, Gateway::Eximbay, Gateway::Settlebank] {
            assert_eq!(gateway.as_str().parse(), Ok(gateway));
        }
        for other in ["", "Chaiport", "chaiport ", "toss"] {
            assert_eq!(other.parse::<Gateway>().unwrap_err().field(), "gateway");
        }
    }

    #[test]
    fn amounts_are_checked_before_there_is_an_order() {
        assert!(order(1000, 10_000).is_ok());
        for (amount, balance, field) in
            [(0, 10_000, "amount"), (1001, 1000, "amount"), (1000, 10_001, "balance")]
        {
            assert_eq!(order(amount, balance).unwrap_err().field(), field);
        }
    }

    #[test]
    fn earlier_cancels_must_add_up() {
        let won = |amount| Money::krw(amount).unwrap();
        let payment = PaymentRef::new(Gateway::Settlebank, "STFP", "ORD-1", won(10_000));
        let tag = AttemptTag::random().unwrap();
        let order =
            CancelOrder::new(payment, won(1000), won(7000), tag, 3, OffsetDateTime::UNIX_EPOCH).unwrap();
        assert!(order.clone().with_earlier_cancels(vec![won(1000), won(2000)]).is_ok());
        for wrong in [
            vec![],
            vec![won(1000), won(1000), won(1000)],
            vec![won(1000), won(1000)],
            vec![won(20_000), won(1)],
        ] {
            assert_eq!(order.clone().with_earlier_cancels(wrong).unwrap_err().field(), "earlier");
        }
    }

    #[test]
    fn an_order_is_bound_to_the_terms_that_it_was_made_for() {
        let free = order(1000, 10_000).unwrap();
        assert!(free.check_terms("gateway.example").is_ok());
        assert!(!serde_json::to_string(&free).unwrap().contains("terms"));
        let bound = free.with_terms("gateway.example");
        let stored = serde_json::to_string(&bound).unwrap();
        for order in [bound, serde_json::from_str(&stored).unwrap()] {
            assert!(order.check_terms("gateway.example").is_ok());
            for other in ["", "other.example"] {
                assert_eq!(order.check_terms(other).unwrap_err().field(), "terms");
            }
        }
    }

    #[test]
    fn a_stored_order_counts_as_sent_and_keeps_no_account() {
        let account = RefundAccount::new(Bank::Shinhan, "56211105948400", "홍길동").unwrap();
        let order = order(1000, 10_000).unwrap().with_refund_account(account);
        assert!(!order.sends().may_have_been_sent());
        let json = serde_json::to_string(&order).unwrap();
        assert!(!json.contains("56211105948400") && !json.contains("홍길동"));
        let back: CancelOrder = serde_json::from_str(&json).unwrap();
        assert!(back.sends().may_have_been_sent());
        assert_eq!(back.check_complete().unwrap_err().field(), "refund_account");
        assert!(order.check_complete().is_ok());
        for (from, to) in [("1000", "0"), ("\"sequence\":1", "\"sequence\":0"), ("KRW", "USD")] {
            let spoilt = json.replacen(from, to, 1);
            assert!(serde_json::from_str::<CancelOrder>(&spoilt).is_err(), "{spoilt}");
        }
        assert_eq!((back.tag(), back.amount(), back.at()), (order.tag(), order.amount(), order.at()));
    }
}
