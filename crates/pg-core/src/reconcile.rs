//! Did my cancel happen? Decided from the gateway's ledger, without I/O.
//!
//! Let C be the balance before the attempt and A its amount. A balance only falls, so at most one cancel ever
//! applied can have had C before it. That one slot is what this module looks for.
//!
//! Two things it cannot see, and the callers have to:
//!
//! - A cancel that was taken by somebody who decides later (an asynchronous PG) leaves the balance where it was until
//!   then, and is applied whatever happens in between. The gateway crates that know of such PGs turn
//!   [`Verdict::NotYet`] and [`Verdict::Superseded`] into [`Doubt::Pending`].
//! - Where a gateway tells only a balance, two attempts with the same balance and amount look alike: keep **one open
//!   cancel per payment at a time**.

use crate::attempt::AttemptTag;
use crate::lookup::{CancelEntry, PaymentState};
use crate::money::Money;

/// An attempt whose outcome is to be found in the ledger.
#[derive(Debug, Clone, Copy)]
pub struct OpenAttempt<'a> {
    /// The tag as it was sent in the cancel's reason; `None` when none was, or the gateway keeps none.
    pub tag: Option<&'a str>,
    /// The balance before the attempt: the guard value it was sent with.
    pub before: Money,
    /// What it was to refund.
    pub amount: Money,
    /// Whether the gateway checks `before` (checksum, balance, sequence). Without it, a lost slot proves nothing.
    pub guarded: bool,
    /// Whether nobody else can cancel this payment: no admin page, no other program. Needed where the gateway
    /// tells only a balance.
    pub sole_actor: bool,
    /// The lowest balance ever proven for this payment; a look-up that shows more is stale.
    pub known_balance: Option<Money>,
}

/// What the ledger proves about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It happened.
    Applied {
        /// How that is known.
        by: Attribution,
        /// The ledger's entry, where the gateway tells entries.
        entry: Option<CancelEntry>,
    },
    /// The ledger does not show it: the balance still is what it was. A late copy may still arrive, so only **the
    /// same attempt** may be sent again, and only where the gateway has a guard.
    ///
    /// The guard stops a second copy only once the first has moved the balance. After
    /// [`UnknownReason::Upstream`](crate::UnknownReason::Upstream), or any time-out between the gateway and the PG
    /// behind it, the first copy may be past the guard already: send again after at least 10 minutes, and two
    /// look-ups that both say this.
    NotYet,
    /// It did not happen: another cancel took its place, and the guard refuses every copy that has not met it yet.
    /// A new attempt may be opened. What [`NotYet`](Self::NotYet) says of copies that are past the guard holds here
    /// too.
    Superseded,
    /// The ledger does not say; nothing may be sent. Look again later where the doubt is [`Doubt::Pending`] or
    /// [`Doubt::Stale`]; all else a person must decide.
    Unclear(Doubt),
}

/// How an applied attempt was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attribution {
    /// By its own tag in the ledger.
    Tag,
    /// By the balance alone, nobody else being able to cancel.
    Balance,
}

/// Why the ledger does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doubt {
    /// A cancel of the same amount stands in our place without our tag: somebody else's, or ours with the tag lost.
    SameAmountWithoutTag,
    /// The balance fell by our amount, and somebody else might have done it.
    SomebodyElsePossible,
    /// The balance moved by another amount than ours.
    OtherAmount,
    /// The ledger contradicts itself: entries and sums differ, or another currency.
    Incoherent,
    /// The answer is older than what is already proven. Look again.
    Stale,
    /// The gateway took it, or may have, and a PG that answers later has not decided. Look again later; send nothing,
    /// neither the same attempt nor a new one.
    Pending,
}

/// Decides what a look-up proves about an attempt.
///
/// The result holds for the moment of the look-up. `NotYet` is not "failed": a copy may still be on its way. It never
/// says [`Doubt::Pending`] itself: who decides later is for the gateway crates to know. By a balance alone it tells
/// attempts apart only while one cancel of a payment is open at a time.
pub fn reconcile(attempt: &OpenAttempt<'_>, state: &PaymentState) -> Verdict {
    let Some(after) = attempt.before.checked_sub(attempt.amount) else {
        return Verdict::Unclear(Doubt::Incoherent);
    };
    if state.balance.currency() != attempt.before.currency() {
        return Verdict::Unclear(Doubt::Incoherent);
    }
    let verdict = match &state.history {
        Some(history) => by_history(attempt, state, history),
        None => by_balance(attempt, state, after),
    };
    // our own tag in the ledger stays proof however old the answer is; everything else needs a fresh one
    let stale = match attempt.known_balance.map(|known| state.balance.compare(known)) {
        Some(None) => return Verdict::Unclear(Doubt::Incoherent),
        Some(Some(order)) => order.is_gt(),
        None => false,
    };
    let tagged = matches!(verdict, Verdict::Applied { by: Attribution::Tag, .. });
    if stale && !tagged { Verdict::Unclear(Doubt::Stale) } else { verdict }
}

fn by_history(attempt: &OpenAttempt<'_>, state: &PaymentState, history: &[CancelEntry]) -> Verdict {
    if let Some(tag) = attempt.tag.filter(|tag| !tag.is_empty()) {
        let mut ours = history.iter().filter(|entry| entry.reason.as_str().contains(tag));
        if let Some(entry) = ours.next() {
            let alone = ours.next().is_none();
            if alone && entry.amount == attempt.amount {
                return Verdict::Applied { by: Attribution::Tag, entry: Some(entry.clone()) };
            }
            return Verdict::Unclear(Doubt::Incoherent);
        }
    }
    let mut before = state.paid;
    let mut took_our_place = None;
    for entry in history {
        if before == attempt.before {
            took_our_place = Some(entry);
        }
        match before.checked_sub(entry.amount) {
            Some(rest) => before = rest,
            None => return Verdict::Unclear(Doubt::Incoherent),
        }
    }
    if before != state.balance {
        return Verdict::Unclear(Doubt::Incoherent);
    }
    if state.balance == attempt.before {
        return Verdict::NotYet;
    }
    // another attempt's whole tag shows that reasons are kept as sent: that entry is not ours
    let could_be_ours = |entry: &CancelEntry| {
        entry.amount == attempt.amount
            && !(attempt.tag.is_some() && AttemptTag::stands_in(entry.reason.as_str()))
    };
    match took_our_place {
        Some(entry) if could_be_ours(entry) => Verdict::Unclear(Doubt::SameAmountWithoutTag),
        _ if !attempt.guarded => Verdict::Unclear(Doubt::OtherAmount),
        Some(_) => Verdict::Superseded,
        // the balance stepped over ours: it was never the balance, or no longer can be
        None if state.balance.minor() < attempt.before.minor() => Verdict::Superseded,
        None => Verdict::Unclear(Doubt::Incoherent),
    }
}

fn by_balance(attempt: &OpenAttempt<'_>, state: &PaymentState, after: Money) -> Verdict {
    if state.balance == attempt.before {
        Verdict::NotYet
    } else if state.balance != after {
        Verdict::Unclear(Doubt::OtherAmount)
    } else if attempt.sole_actor {
        Verdict::Applied { by: Attribution::Balance, entry: None }
    } else {
        Verdict::Unclear(Doubt::SomebodyElsePossible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::GatewayText;

    fn won(amount: i64) -> Money {
        Money::krw(amount).unwrap()
    }

    fn entry(amount: i64, reason: &str) -> CancelEntry {
        CancelEntry {
            amount: won(amount),
            at: None,
            reason: GatewayText::scrubbed(reason, &[]),
            cancel_id: None,
        }
    }

    fn ledger(entries: &[(i64, &str)]) -> PaymentState {
        let cancelled: i64 = entries.iter().map(|(amount, _)| amount).sum();
        PaymentState::new(won(10_000), won(cancelled), "paid")
            .unwrap()
            .with_history(entries.iter().map(|(amount, reason)| entry(*amount, reason)).collect())
    }

    fn attempt(before: i64, amount: i64) -> OpenAttempt<'static> {
        OpenAttempt {
            tag: Some("cTAG"),
            before: won(before),
            amount: won(amount),
            guarded: true,
            sole_actor: false,
            known_balance: None,
        }
    }

    #[test]
    fn our_tag_is_proof() {
        let state = ledger(&[(1000, "other"), (2000, "[c:cTAG] 변심")]);
        assert!(matches!(
            reconcile(&attempt(9000, 2000), &state),
            Verdict::Applied { by: Attribution::Tag, .. }
        ));
        // … however old the answer
        let mut old = attempt(9000, 2000);
        old.known_balance = Some(won(1000));
        assert!(matches!(reconcile(&old, &state), Verdict::Applied { .. }));
    }

    #[test]
    fn our_tag_twice_or_on_another_amount_is_no_proof() {
        for entries in [&[(1000, "cTAG"), (2000, "cTAG")][..], &[(1000, "cTAG")]] {
            assert_eq!(
                reconcile(&attempt(10_000, 2000), &ledger(entries)),
                Verdict::Unclear(Doubt::Incoherent)
            );
        }
    }

    #[test]
    fn a_balance_above_the_one_from_before_rules_nothing_out() {
        let verdict = |entries: &[(i64, &str)]| reconcile(&attempt(5_000, 2_000), &ledger(entries));
        assert_eq!(verdict(&[(1_000, "other")]), Verdict::Unclear(Doubt::Incoherent));
        assert_eq!(verdict(&[]), Verdict::Unclear(Doubt::Incoherent));
        // below it, with another one in between: ours can never be
        assert_eq!(verdict(&[(4_000, "other"), (3_000, "other")]), Verdict::Superseded);
    }

    #[test]
    fn an_untouched_balance_is_not_yet() {
        assert_eq!(reconcile(&attempt(10_000, 2000), &ledger(&[])), Verdict::NotYet);
        assert_eq!(reconcile(&attempt(9000, 2000), &ledger(&[(1000, "x")])), Verdict::NotYet);
    }

    #[test]
    fn a_taken_place_closes_a_guarded_attempt() {
        assert_eq!(reconcile(&attempt(10_000, 2000), &ledger(&[(3000, "x")])), Verdict::Superseded);
        assert_eq!(
            reconcile(&attempt(8000, 2000), &ledger(&[(1000, "x"), (3000, "y")])),
            Verdict::Superseded
        );
        let mut unguarded = attempt(10_000, 2000);
        unguarded.guarded = false;
        assert_eq!(reconcile(&unguarded, &ledger(&[(3000, "x")])), Verdict::Unclear(Doubt::OtherAmount));
    }

    #[test]
    fn the_same_amount_without_our_tag_is_for_a_person() {
        let verdict = reconcile(&attempt(10_000, 2000), &ledger(&[(2000, "console")]));
        assert_eq!(verdict, Verdict::Unclear(Doubt::SameAmountWithoutTag));
    }

    #[test]
    fn the_same_amount_with_another_attempts_tag_is_not_ours() {
        let state = ledger(&[(2000, "[c:cOTHER] 변심")]);
        assert_eq!(reconcile(&attempt(10_000, 2000), &state), Verdict::Superseded);
        let mut untagged = attempt(10_000, 2000);
        untagged.tag = None;
        assert_eq!(reconcile(&untagged, &state), Verdict::Unclear(Doubt::SameAmountWithoutTag));
    }

    #[test]
    fn an_empty_tag_and_a_foreign_known_balance_prove_nothing() {
        let mut empty = attempt(10_000, 2000);
        empty.tag = Some("");
        assert_eq!(reconcile(&empty, &ledger(&[(2000, "x")])), Verdict::Unclear(Doubt::SameAmountWithoutTag));
        let mut dollars = attempt(10_000, 2000);
        dollars.known_balance = Some(Money::zero(crate::Currency::USD));
        assert_eq!(reconcile(&dollars, &ledger(&[])), Verdict::Unclear(Doubt::Incoherent));
    }

    #[test]
    fn a_stale_answer_decides_nothing() {
        let mut attempt = attempt(10_000, 2000);
        attempt.known_balance = Some(won(8000));
        assert_eq!(reconcile(&attempt, &ledger(&[])), Verdict::Unclear(Doubt::Stale));
    }

    #[test]
    fn a_ledger_that_does_not_add_up_decides_nothing() {
        let mut state = ledger(&[(1000, "x")]);
        state.history = Some(vec![]);
        assert_eq!(reconcile(&attempt(10_000, 2000), &state), Verdict::Unclear(Doubt::Incoherent));
    }

    #[test]
    fn by_balance_alone_only_where_nobody_else_can_cancel() {
        let state = |cancelled| PaymentState::new(won(10_000), won(cancelled), "SALE").unwrap();
        let mut attempt = attempt(10_000, 2000);
        assert_eq!(reconcile(&attempt, &state(0)), Verdict::NotYet);
        assert_eq!(reconcile(&attempt, &state(2000)), Verdict::Unclear(Doubt::SomebodyElsePossible));
        assert_eq!(reconcile(&attempt, &state(3000)), Verdict::Unclear(Doubt::OtherAmount));
        attempt.sole_actor = true;
        assert_eq!(
            reconcile(&attempt, &state(2000)),
            Verdict::Applied { by: Attribution::Balance, entry: None }
        );
    }
}
