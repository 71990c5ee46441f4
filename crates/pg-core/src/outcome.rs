//! A cancel that the gateway took.

use std::fmt;

use crate::money::Money;
use crate::text::Word;

/// How far a taken cancel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelState {
    /// The gateway's ledger shows the money as refunded.
    Completed,
    /// The gateway took the request and moves the money later: virtual accounts (the next business day),
    /// asynchronous PGs. Follow it up with look-ups; it may still fail.
    Accepted,
}

impl CancelState {
    /// One word for logs and tables: `completed` or `accepted`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Accepted => "accepted",
        }
    }
}

/// A cancel that the gateway took, checked against what was asked: same payment, same currency, same amount.
///
/// `A` is the gateway crate's typed answer; through [`CancelGateway`](crate::CancelGateway) it is `()`.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "`Accepted` has not moved money yet"]
pub struct Cancelled<A = ()> {
    state: CancelState,
    amount: Money,
    remaining: Option<Money>,
    cancel_id: Option<String>,
    answer: A,
}

impl<A: fmt::Debug> fmt::Debug for Cancelled<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled")
            .field("state", &self.state)
            .field("amount", &self.amount)
            .field("remaining", &self.remaining)
            .field("cancel_id", &Word::of(&self.cancel_id))
            .field("answer", &self.answer)
            .finish()
    }
}

impl<A> Cancelled<A> {
    /// A cancel of `amount` that the gateway took.
    pub const fn new(state: CancelState, amount: Money, answer: A) -> Self {
        Self { state, amount, remaining: None, cancel_id: None, answer }
    }

    /// Adds the balance that the gateway says is left.
    pub const fn with_remaining(mut self, remaining: Option<Money>) -> Self {
        self.remaining = remaining;
        self
    }

    /// Adds the gateway's number of this cancel. Text that can be no number is left out: it would be kept and shown.
    pub fn with_cancel_id(mut self, cancel_id: Option<String>) -> Self {
        self.cancel_id = cancel_id.filter(|id| !id.is_empty() && Word(id).is_plain());
        self
    }

    /// How far it is.
    #[must_use]
    pub const fn state(&self) -> CancelState {
        self.state
    }

    /// What this cancel refunds: exactly what was asked.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// What can still be cancelled, where the gateway told.
    #[must_use]
    pub const fn remaining(&self) -> Option<Money> {
        self.remaining
    }

    /// The gateway's number of this cancel, where it gave one: up to 64 of `A-Z a-z 0-9 _ - .`.
    #[must_use]
    pub fn cancel_id(&self) -> Option<&str> {
        self.cancel_id.as_deref()
    }

    /// The whole answer, typed.
    #[must_use]
    pub const fn answer(&self) -> &A {
        &self.answer
    }

    /// The whole answer, typed, by value.
    pub fn into_answer(self) -> A {
        self.answer
    }

    /// The same outcome without the gateway's own answer.
    pub fn without_answer(self) -> Cancelled {
        Cancelled {
            state: self.state,
            amount: self.amount,
            remaining: self.remaining,
            cancel_id: self.cancel_id,
            answer: (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_can_be_none_is_left_out() {
        let id = |text: &str| {
            let cancelled = Cancelled::new(CancelState::Completed, Money::krw(1).unwrap(), ());
            cancelled.with_cancel_id(Some(text.to_owned())).cancel_id().map(str::to_owned)
        };
        for number in
            ["4EQATQ2DCTQPXPS97FQD", "STFP_PGCAnxca_jt_il0211129135810M1494620", "1849705C6420220922000014"]
        {
            assert_eq!(id(number).as_deref(), Some(number));
        }
        for text in ["", "POST /payments/cancel {\"refund_holder\":\"홍길동\"}", "홍길동", &"1".repeat(65)]
        {
            assert_eq!(id(text), None);
        }
    }
}
