//! Looking a payment up, and what its balance proves about a cancel.

use std::fmt;

use pg_core::classify::{StatusClass, status_class};
use pg_core::wire::WireResponse;
use pg_core::{
    Doubt, Invalid, LedgerKnowledge, LookUpError, LookUpErrorKind, Money, OpenAttempt, PaymentState, Verdict,
};

use crate::amount::AmountText;
use crate::codes::{self, OnCancel};
use crate::config::Config;
use crate::envelope::Envelope;
use crate::fields::money;
use crate::ids::{OrderId, TransactionId};
use crate::lang::Lang;
use crate::payment::PaymentRecord;
use crate::request::CancelRequest;

mod answer;

pub use answer::{CardInfo, PaymentStatus, RetrieveAnswer, RetrievedPayment, parse};

/// Which payment to look up. The gateway wants the paid amount **in its original spelling** beside the number: `1`
/// does not find a payment of `1.00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    key: Key,
    transaction_id: Option<TransactionId>,
    order_id: Option<OrderId>,
    paid: AmountText,
    lang: Lang,
}

/// By which number a payment is looked up (`key_field`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// By the approval's number: exactly that transaction.
    Transaction,
    /// By the merchant's order number: the **last** transaction of that order, an approval or a refund (legacy
    /// guide). The current guide swaps the descriptions of the two.
    Order,
}

impl LookUp {
    /// By the approval's number.
    ///
    /// # Errors
    /// [`Invalid`] naming `transaction_id` (24 letters and digits).
    pub fn by_transaction(transaction_id: &str, paid: AmountText) -> Result<Self, Invalid> {
        let transaction_id = Some(transaction_id.parse()?);
        Ok(Self { key: Key::Transaction, transaction_id, order_id: None, paid, lang: Lang::default() })
    }

    /// By the merchant's order number; see [`Key::Order`] for what that finds.
    ///
    /// # Errors
    /// [`Invalid`] naming `order_id` (1 to 30 characters).
    pub fn by_order(order_id: &str, paid: AmountText) -> Result<Self, Invalid> {
        let order_id = Some(order_id.parse()?);
        Ok(Self { key: Key::Order, transaction_id: None, order_id, paid, lang: Lang::default() })
    }

    /// By a payment's record: its approval's number, its order number sent along.
    #[must_use]
    pub fn of(payment: &PaymentRecord) -> Self {
        Self {
            key: Key::Transaction,
            transaction_id: Some(payment.transaction_id().clone()),
            order_id: Some(payment.order_id().clone()),
            paid: payment.paid().clone(),
            lang: Lang::default(),
        }
    }

    /// Sends the order number along with a look-up by transaction, as the official samples do.
    ///
    /// # Errors
    /// [`Invalid`] naming `order_id` (1 to 30 characters).
    pub fn with_order_id(mut self, order_id: &str) -> Result<Self, Invalid> {
        self.order_id = Some(order_id.parse()?);
        Ok(self)
    }

    /// Sets the language; English unless given.
    #[must_use]
    pub const fn with_lang(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// By which number.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// The approval's number.
    #[must_use]
    pub const fn transaction_id(&self) -> Option<&TransactionId> {
        self.transaction_id.as_ref()
    }

    /// The merchant's order number.
    #[must_use]
    pub const fn order_id(&self) -> Option<&OrderId> {
        self.order_id.as_ref()
    }

    /// What was paid, in its original spelling.
    #[must_use]
    pub const fn paid(&self) -> &AmountText {
        &self.paid
    }

    /// The language.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }
}

/// A payment that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrieved {
    asked: LookUp,
    status: PaymentStatus,
    state: PaymentState,
    answer: RetrieveAnswer,
}

impl Retrieved {
    /// What the ledger says: paid, cancelled (paid − balance), balance. No single cancels: Eximbay tells only the
    /// balance.
    #[must_use]
    pub const fn state(&self) -> &PaymentState {
        &self.state
    }

    /// The payment's status. It stays [`PaymentStatus::Sale`] when the payment is refunded; only the balance moves.
    #[must_use]
    pub const fn status(&self) -> &PaymentStatus {
        &self.status
    }

    /// What has not been refunded yet.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.state.balance
    }

    /// The whole answer, typed.
    #[must_use]
    pub const fn answer(&self) -> &RetrieveAnswer {
        &self.answer
    }

    /// As [`payment`](Self::payment), for a payment of which something is proven already: refuses a look-up that shows
    /// more than `known_balance` and so must be older. A cancel made from an old balance is refused by the gateway,
    /// and then taken for done by [`reconcile`] when an earlier cancel had the same amount.
    ///
    /// # Errors
    /// As [`payment`](Self::payment), and [`Invalid`] naming `balance`.
    pub fn payment_at_most(&self, known_balance: Money) -> Result<PaymentRecord, Invalid> {
        match self.state.balance.compare(known_balance) {
            None => Err(Invalid::new("balance", "must be in the payment's currency")),
            Some(order) if order.is_gt() => {
                Err(Invalid::new("balance", "is more than was proven to be left: the look-up must be older"))
            }
            Some(_) => self.payment(),
        }
    }

    /// The payment, ready for [`CancelRequest::full`] and [`CancelRequest::partial`], with the balance just read as
    /// their guard. Where an earlier cancel has proven a lower balance, ask
    /// [`payment_at_most`](Self::payment_at_most) instead.
    ///
    /// Never do this to repeat a cancel whose outcome is unknown: a fresh guard on a repeat is the double refund.
    ///
    /// # Errors
    /// [`Invalid`] naming `transaction_id` when it was looked up by order number (the answer may be about a refund),
    /// `status` when it is no sale (whether an authorisation can be cancelled is not documented), or `order_id` when
    /// neither look-up nor answer has one.
    pub fn payment(&self) -> Result<PaymentRecord, Invalid> {
        let transaction_id = match (self.asked.key, &self.asked.transaction_id) {
            (Key::Transaction, Some(id)) => id.clone(),
            _ => {
                return Err(Invalid::new(
                    "transaction_id",
                    "look the payment up by it, not by the order number",
                ));
            }
        };
        if self.status != PaymentStatus::Sale {
            return Err(Invalid::new("status", "must be SALE to be cancelled"));
        }
        let order_id = match (&self.asked.order_id, &self.answer.payment.order_id) {
            (Some(id), _) => id.clone(),
            (None, Some(id)) => id.parse()?,
            (None, None) => return Err(Invalid::new("order_id", "must be given, as the answer has none")),
        };
        let record =
            PaymentRecord::from_parts(transaction_id, order_id, self.asked.paid.clone(), self.state.balance)?;
        Ok(match &self.answer.payment.payment_method {
            Some(method) => record.with_method(method.clone()),
            None => record,
        })
    }
}

/// Decides a complete answer to a look-up.
///
/// # Errors
/// [`LookUpError`]: `NotFound` for `Q004`, `ORIGINAL_TRANSACTION_NOT_EXIST` and status `NONE`; `Credentials` for
/// `EC1000`; `Unavailable` for server errors, throttling and codes of an inner failure; `Refused` for other codes;
/// `Malformed` for what cannot be read, lacks the balance, or is about another payment.
pub fn classify(
    look_up: &LookUp,
    config: &Config,
    response: &WireResponse,
) -> Result<Retrieved, LookUpError> {
    let status = response.status();
    let parsed = parse(response.body(), &config.sensitive_values());
    let error = |kind, envelope: Option<&Envelope>| {
        let error = LookUpError::new(kind).with_http_status(status);
        match envelope.and_then(|envelope| envelope.codes().next().map(|code| (code, envelope.text()))) {
            Some((code, text)) => error.with_answer(code, text),
            None => error,
        }
    };
    let malformed = |envelope, why: Unusable| error(LookUpErrorKind::Malformed, envelope).with_source(why);
    match status_class(status) {
        StatusClass::Unknown(pg_core::UnknownReason::Redirect) => {
            return Err(malformed(None, Unusable("a redirect, which is not followed")));
        }
        StatusClass::Unknown(_) => {
            let envelope = parsed.as_ref().ok().map(|answer| &answer.envelope);
            return Err(error(LookUpErrorKind::Unavailable, envelope));
        }
        _ => {}
    }
    let answer = match parsed {
        Ok(answer) if answer.envelope.is_present() => answer,
        Ok(_) => return Err(malformed(None, Unusable("no code"))),
        Err(fault) => return Err(error(LookUpErrorKind::Malformed, None).with_source(fault)),
    };
    let envelope = Some(&answer.envelope);
    if let Some(kind) = refusal(&answer) {
        let not_found = kind == LookUpErrorKind::NotFound;
        let error = error(kind, envelope);
        return Err(if not_found { error.with_source(SpellingHint) } else { error });
    }
    if status_class(status) != StatusClass::Answer {
        return Err(malformed(envelope, Unusable("a success with the status of an error")));
    }
    let state = check(look_up, config, &answer).map_err(|why| malformed(envelope, why))?;
    Ok(Retrieved { asked: look_up.clone(), status: answer.payment.status(), state, answer })
}

/// What the codes say against the look-up, if anything.
fn refusal(answer: &RetrieveAnswer) -> Option<LookUpErrorKind> {
    let not_found = |code: &str| matches!(code, codes::NO_TRANSACTION | "ORIGINAL_TRANSACTION_NOT_EXIST");
    let codes = || answer.envelope.codes();
    if codes().any(not_found) || answer.payment.status() == PaymentStatus::None {
        return Some(LookUpErrorKind::NotFound);
    }
    if codes().any(|code| code == codes::UNAUTHORIZED) {
        return Some(LookUpErrorKind::Credentials);
    }
    if codes().any(|code| codes::on_cancel(code) == OnCancel::Upstream) {
        return Some(LookUpErrorKind::Unavailable);
    }
    let succeeded = answer.envelope.rescode.as_deref() == Some(codes::SUCCESS)
        && codes().all(|code| code == codes::SUCCESS);
    (!succeeded).then_some(LookUpErrorKind::Refused)
}

/// Checks that the answer is about the payment that was asked, and makes its state.
fn check(look_up: &LookUp, config: &Config, answer: &RetrieveAnswer) -> Result<PaymentState, Unusable> {
    let payment = &answer.payment;
    let paid = look_up.paid().money();
    let currency = paid.currency();
    let differs = |told: &Option<String>, asked: &str| told.as_deref().is_some_and(|told| told != asked);
    if differs(&answer.mid, config.mid().as_str()) {
        return Err(Unusable("another merchant id"));
    }
    match (look_up.key(), look_up.transaction_id(), look_up.order_id()) {
        (Key::Transaction, Some(id), _) if payment.transaction_id.as_deref() != Some(id.as_str()) => {
            return Err(Unusable("another transaction_id, or none"));
        }
        (Key::Order, _, Some(id)) if differs(&payment.order_id, id.as_str()) => {
            return Err(Unusable("another order_id"));
        }
        _ => {}
    }
    if differs(&payment.currency, currency.code()) {
        return Err(Unusable("another currency"));
    }
    if payment.amount.as_deref().is_some_and(|text| money(text, currency) != Some(paid)) {
        return Err(Unusable("another amount"));
    }
    let balance = payment.balance.as_deref().ok_or(Unusable("no balance"))?;
    let balance = money(balance, currency).ok_or(Unusable("a balance that is no amount"))?;
    let cancelled = paid.checked_sub(balance).ok_or(Unusable("a balance above the amount"))?;
    let status = payment.status();
    // legacy guide 3.2.3: whole or nothing while no money has been captured
    let whole_or_nothing = matches!(status, PaymentStatus::Auth | PaymentStatus::Registered);
    if whole_or_nothing && !balance.is_zero() && balance != paid {
        return Err(Unusable("a part balance of a payment that was not captured"));
    }
    PaymentState::new(paid, cancelled, status.as_str()).map_err(|_| Unusable("amounts that do not add up"))
}

/// Decides from a look-up whether a cancel happened, by the balance alone: Eximbay tells no single cancels and finds
/// no refund by its `refund_id`.
///
/// [`Verdict::Applied`] therefore needs [`LedgerKnowledge::sole_actor`]: somebody at the admin page may have refunded
/// the same amount. [`Verdict::NotYet`] is not "failed": send **the same request** again, never a new one.
pub fn reconcile(request: &CancelRequest, state: &PaymentState, ledger: LedgerKnowledge) -> Verdict {
    let verdict = pg_core::reconcile::reconcile(
        &OpenAttempt {
            tag: None,
            before: request.balance_before(),
            amount: request.amount(),
            guarded: true,
            sole_actor: ledger.sole_actor,
            known_balance: ledger.known_balance,
        },
        state,
    );
    // an authorisation that lapsed and an order that was never paid show an empty balance too, and nobody refunded
    let believable =
        state.status == PaymentStatus::Sale.as_str() && state.paid == request.payment().paid().money();
    match verdict {
        Verdict::Applied { .. } if !believable => Verdict::Unclear(Doubt::Incoherent),
        verdict => verdict,
    }
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, Copy)]
struct Unusable(&'static str);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer has {}", self.0)
    }
}

impl std::error::Error for Unusable {}

/// The usual cause of "no transaction".
#[derive(Debug, Clone, Copy)]
struct SpellingHint;

impl fmt::Display for SpellingHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eximbay finds a payment only by its original currency and amount text (1.00 is not 1)")
    }
}

impl std::error::Error for SpellingHint {}

#[cfg(test)]
mod tests;
