//! Looking payments up, and deciding from what is found whether a cancel happened.

use pg_core::json::JsonFault;
use pg_core::wire::WireResponse;
use pg_core::{
    AttemptTag, Doubt, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, OpenAttempt, Verdict,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::classify::look_up_refusal;
use crate::ids::{ImpUid, MerchantUid};
use crate::later::Route;
use crate::request::CancelRequest;
use crate::response::{Envelope, Payment, PaymentStatus, envelope, payment_envelope};
use pg_core::json::Object;

/// How many payments can be looked up at once (PortOne V1 OpenAPI schema).
pub const MAX_MANY: usize = 100;
/// Longest page (PortOne V1 OpenAPI schema).
const MAX_PAGE: u32 = 1000;

/// What a look-up by `imp_uid` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct LookUpOptions {
    pub(crate) include_sandbox: bool,
    pub(crate) extension: bool,
}

impl LookUpOptions {
    /// Neither test payments nor further data.
    pub const fn new() -> Self {
        Self { include_sandbox: false, extension: false }
    }

    /// Finds payments of a test channel too (`include_sandbox`).
    pub const fn include_sandbox(mut self, include: bool) -> Self {
        self.include_sandbox = include;
        self
    }

    /// Asks for the field `extension`.
    pub const fn extension(mut self, extension: bool) -> Self {
        self.extension = extension;
        self
    }
}

/// Which payments of a `merchant_uid`, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct FindOptions {
    pub(crate) status: Option<FindStatus>,
    pub(crate) sorting: Option<Sorting>,
}

impl FindOptions {
    /// Payments of any status, the last begun first.
    pub const fn new() -> Self {
        Self { status: None, sorting: None }
    }

    /// Only payments of one status.
    pub const fn status(mut self, status: FindStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// In another order.
    pub const fn sorting(mut self, sorting: Sorting) -> Self {
        self.sorting = Some(sorting);
        self
    }
}

/// A status to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindStatus {
    /// Not paid yet.
    Ready,
    /// Paid.
    Paid,
    /// Cancelled, at least partly.
    Cancelled,
    /// Failed.
    Failed,
}

impl FindStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// The order of payments found by `merchant_uid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sorting {
    /// The last begun first; Chaiport's own default.
    StartedDescending,
    /// The first begun first.
    Started,
    /// The last paid first.
    PaidDescending,
    /// The first paid first.
    Paid,
    /// The last changed first.
    UpdatedDescending,
    /// The first changed first.
    Updated,
}

impl Sorting {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartedDescending => "-started",
            Self::Started => "started",
            Self::PaidDescending => "-paid",
            Self::Paid => "paid",
            Self::UpdatedDescending => "-updated",
            Self::Updated => "updated",
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    number: u32,
    limit: u32,
}

impl Page {
    /// Page `number` (from 1) of pages with `limit` (1 to 1000) payments.
    ///
    /// # Errors
    /// [`Invalid`] naming `page` or `limit`.
    pub fn new(number: u32, limit: u32) -> Result<Self, Invalid> {
        if number == 0 {
            return Err(Invalid::new("page", "must be 1 or more"));
        }
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Invalid::new("limit", "must be from 1 to 1000"));
        }
        Ok(Self { number, limit })
    }

    /// The longest first page: all payments of a `merchant_uid`, in practice.
    #[must_use]
    pub const fn longest() -> Self {
        Self { number: 1, limit: MAX_PAGE }
    }

    /// Which page, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many payments a page has at most.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit
    }
}

impl Default for Page {
    /// The first 20, as at Chaiport.
    fn default() -> Self {
        Self { number: 1, limit: 20 }
    }
}

/// One page of payments with the same `merchant_uid`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentPage {
    /// How many there are in all.
    pub total: u64,
    /// The page before this one, where there is one.
    pub previous: Option<u32>,
    /// The page after this one, where there is one.
    pub next: Option<u32>,
    /// The payments of this page.
    pub list: Vec<Payment>,
}

/// The answer to a look-up of many payments.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundPayments {
    /// What was found.
    pub payments: Vec<Payment>,
    /// Numbers that were asked for and are in no payment of the answer.
    pub missing_imp_uids: Vec<ImpUid>,
    /// The same of the merchant's numbers.
    pub missing_merchant_uids: Vec<MerchantUid>,
}

/// Reads the answer to a look-up by `imp_uid`.
///
/// # Errors
/// [`LookUpError`]; `Malformed` also for an answer about another payment.
pub fn parse_look_up(imp_uid: &ImpUid, response: &WireResponse) -> Result<Payment, LookUpError> {
    about(parse_one(response, &[])?, response, |payment| payment.imp_uid() == imp_uid)
}

/// Reads the answer to a search by `merchant_uid` for the first match.
///
/// # Errors
/// As [`parse_look_up`].
pub fn parse_find(merchant_uid: &MerchantUid, response: &WireResponse) -> Result<Payment, LookUpError> {
    about(parse_one(response, &[])?, response, |payment| payment.merchant_uid() == merchant_uid.as_str())
}

fn parse_one(response: &WireResponse, scrub: &[&str]) -> Result<Payment, LookUpError> {
    if (200..=299).contains(&response.status())
        && let Ok(envelope) = payment_envelope(response.body())
        && envelope.code == 0
        && let Some(wire) = envelope.into_response()
    {
        return Payment::from_answer(wire, response.body()).map_err(|fault| malformed(response, fault));
    }
    Err(look_up_refusal(response, scrub))
}

fn about(
    payment: Payment,
    response: &WireResponse,
    is_it: impl Fn(&Payment) -> bool,
) -> Result<Payment, LookUpError> {
    if is_it(&payment) {
        return Ok(payment);
    }
    Err(LookUpError::new(LookUpErrorKind::Malformed).with_http_status(response.status()))
}

fn malformed(response: &WireResponse, fault: JsonFault) -> LookUpError {
    LookUpError::new(LookUpErrorKind::Malformed).with_http_status(response.status()).with_source(fault)
}

/// Reads one page of a search by `merchant_uid`.
///
/// # Errors
/// As [`parse_look_up`].
pub fn parse_find_all(
    merchant_uid: &MerchantUid,
    response: &WireResponse,
) -> Result<PaymentPage, LookUpError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        total: u64,
        #[serde(default)]
        previous: Option<u32>,
        #[serde(default)]
        next: Option<u32>,
        #[serde(borrow)]
        list: Vec<&'a RawValue>,
    }
    if (200..=299).contains(&response.status())
        && let Ok(envelope) = envelope::<Object<Body<'_>>>(response.body())
        && envelope.code == 0
        && let Some(Object(body)) = envelope.into_response()
    {
        let mut list = Vec::with_capacity(body.list.len());
        for raw in body.list {
            let payment = Payment::from_list(raw).map_err(|fault| malformed(response, fault))?;
            list.push(about(payment, response, |payment| payment.merchant_uid() == merchant_uid.as_str())?);
        }
        let page = |number: Option<u32>| number.filter(|number| *number != 0);
        return Ok(PaymentPage {
            total: body.total,
            previous: page(body.previous),
            next: page(body.next),
            list,
        });
    }
    Err(look_up_refusal(response, &[]))
}

/// Reads the answer to a look-up of many payments: 200, or 207 when some were not found.
///
/// # Errors
/// As [`parse_look_up`]; a payment that was not asked for makes the whole answer `Malformed`.
pub fn parse_look_up_many(
    imp_uids: &[ImpUid],
    merchant_uids: &[MerchantUid],
    response: &WireResponse,
) -> Result<FoundPayments, LookUpError> {
    let envelope = envelope::<Vec<Option<&RawValue>>>(response.body()).ok();
    // how 207 writes its code is not documented, so the list decides
    let body = envelope
        .filter(|envelope| envelope.code == 0 || response.status() == 207)
        .and_then(Envelope::into_response)
        .filter(|_| (200..=299).contains(&response.status()));
    let Some(body) = body else {
        return Err(look_up_refusal(response, &[]));
    };
    let mut payments = Vec::with_capacity(body.len());
    for raw in body.into_iter().flatten() {
        let payment = Payment::from_list(raw).map_err(|fault| malformed(response, fault))?;
        payments.push(about(payment, response, |payment| {
            imp_uids.contains(payment.imp_uid())
                || merchant_uids.iter().any(|id| id.as_str() == payment.merchant_uid())
        })?);
    }
    let missing_imp_uids = imp_uids
        .iter()
        .filter(|id| !payments.iter().any(|payment| payment.imp_uid() == *id))
        .cloned()
        .collect();
    let missing_merchant_uids = merchant_uids
        .iter()
        .filter(|id| !payments.iter().any(|payment| payment.merchant_uid() == id.as_str()))
        .cloned()
        .collect();
    Ok(FoundPayments { payments, missing_imp_uids, missing_merchant_uids })
}

/// Whether a cancel happened, by the payment as a look-up found it.
///
/// The tag in the history is proof. Without it, the balance decides as far as it can; what could be somebody else's
/// cancel is left to a person. The order of a history whose moments tie is not proof either.
///
/// A cancel that a PG decides later shows nowhere until then. So where the PG is one of those, or Chaiport has said
/// code 0 to this attempt, a ledger without it is [`Doubt::Pending`], never [`Verdict::NotYet`] or
/// [`Verdict::Superseded`]; and so is PayPal's entry while the payment's status is not `cancelled`. That status stays
/// from the first cancel that PayPal approves: beside another cancel, PayPal's entry is pending for good, and a person has
/// to look at PayPal whether it was approved.
///
/// The refund account that was sent is taken out of the entry's number, should Chaiport echo it there.
///
/// After [`UnknownReason::Upstream`](pg_core::UnknownReason::Upstream) a copy may be past the checksum already: take
/// `NotYet` for leave to send the same request again only after 10 minutes and two look-ups.
pub fn reconcile(request: &CancelRequest, payment: &Payment, ledger: LedgerKnowledge) -> Verdict {
    let about_it = request.ids().matches(payment.imp_uid().as_str(), payment.merchant_uid())
        && request.record().agrees_with(payment.paid());
    let Ok(mut state) = payment.state() else {
        return Verdict::Unclear(Doubt::Incoherent);
    };
    if !about_it {
        return Verdict::Unclear(Doubt::Incoherent);
    }
    if let Some(account) = request.refund_account() {
        account.scrub(state.history.iter_mut().flatten().map(|entry| &mut entry.cancel_id));
    }
    let attempt = OpenAttempt {
        tag: request.label(),
        before: request.balance_before(),
        amount: request.amount(),
        guarded: request.is_guarded(),
        sole_actor: ledger.sole_actor,
        known_balance: ledger.known_balance,
    };
    let route = Route::of_payment(payment, request.record());
    let later = route.may_decide_later() || request.sends().was_taken();
    match pg_core::reconcile::reconcile(&attempt, &state) {
        Verdict::NotYet
        | Verdict::Superseded
        | Verdict::Unclear(Doubt::SameAmountWithoutTag | Doubt::OtherAmount)
            if later =>
        {
            Verdict::Unclear(Doubt::Pending)
        }
        Verdict::Applied { .. } if route.awaits_approval(request, payment) => {
            Verdict::Unclear(Doubt::Pending)
        }
        Verdict::Superseded if !has_clear_order(payment) && could_be_ours(request, payment) => {
            Verdict::Unclear(Doubt::SameAmountWithoutTag)
        }
        verdict => verdict,
    }
}

/// As [`reconcile`], for a cancel that names its payment by `merchant_uid` alone: several payments may share it, and
/// which one Chaiport took is not documented.
pub fn reconcile_among(request: &CancelRequest, page: &PaymentPage, ledger: LedgerKnowledge) -> Verdict {
    match page.list.as_slice() {
        [payment] if page.next.is_none() && page.total <= 1 => reconcile(request, payment, ledger),
        payments => payments
            .iter()
            .map(|payment| reconcile(request, payment, ledger))
            .find(|verdict| matches!(verdict, Verdict::Applied { by: pg_core::Attribution::Tag, .. }))
            .unwrap_or(Verdict::Unclear(Doubt::Incoherent)),
    }
}

/// Whether the moments alone put the history in order.
fn has_clear_order(payment: &Payment) -> bool {
    payment.history().len() < 2
        || payment.history().is_sorted_by(|a, b| a.cancelled_at.is_some() && a.cancelled_at < b.cancelled_at)
}

/// Whether some entry has this attempt's amount and not another attempt's whole tag: one that was cut short may be ours.
fn could_be_ours(request: &CancelRequest, payment: &Payment) -> bool {
    let untagged = request.label().is_none();
    payment.history().iter().any(|entry| {
        entry.amount == request.amount() && (untagged || !AttemptTag::stands_in(entry.reason.as_str()))
    })
}

impl From<FindStatus> for PaymentStatus {
    fn from(status: FindStatus) -> Self {
        Self::from(status.as_str())
    }
}

#[cfg(test)]
mod tests;
