//! What a gateway's history tells of a journal that was restored from a backup.

use pg_core::{AttemptTag, CancelEntry, Money, PaymentState};

use crate::record::{AttemptRecord, IntentId, IntentRecord, IntentState, Outcome, Proof};

/// Cancels of a payment, each with its attempts.
type Known = [(IntentRecord, Vec<AttemptRecord>)];

/// Whether the history holds a mark of any attempt. Without one, nothing is to be explained.
pub(crate) fn is_marked(state: &PaymentState) -> bool {
    state.history.iter().flatten().any(has_a_mark)
}

/// Whose refund an entry of the gateway's history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This cancel's, by its mark or as a person found it.
    Of(IntentId),
    /// It carries a mark of ours, and the journal has no cancel that explains it.
    Lost,
    /// It carries no mark: somebody else made it, or its PG cut the reason of ours short.
    Others,
}

/// Whose each refund in the gateway's history is, in its order.
///
/// `journal`: all of the payment, read after the look-up.
pub(crate) fn origins(state: &PaymentState, journal: &Known) -> Vec<(Money, Origin)> {
    let history = state.history.as_deref().unwrap_or_default();
    let mut whose = vec![None; history.len()];
    let (mut repeated, mut by_hand) = (Vec::new(), Vec::new());
    for (intent, attempts) in journal {
        let tags = tags(attempts);
        // a cancel is one refund; one that was given up or refused is none
        let explains = match intent.state {
            IntentState::Rejected | IntentState::Withdrawn => 0,
            _ => 1,
        };
        let its = whose.iter_mut().zip(history).filter(|(_, entry)| carries(entry, &tags));
        let mut found = 0;
        for (place, _) in its {
            *place = Some(if found < explains { Origin::Of(intent.id) } else { Origin::Lost });
            found = 1;
        }
        let by_person = matches!(intent.outcome, Some(Outcome::Completed { proof: Proof::Person, .. }));
        if by_person && found == 0 {
            // what was attempted, and is not there by its own tag, may stand there as what a colleague refunded by hand: a
            // mark that is not its own says that it is another's
            let of = (intent.amount, intent.id);
            if attempts.is_empty() { &mut repeated } else { &mut by_hand }.push(of);
        }
    }
    // a mark is explained by itself where the attempt of a cancel is known, and never by what was paid for it by hand
    for (place, entry) in whose.iter_mut().zip(history).filter(|(_, entry)| has_a_mark(entry)) {
        *place = place.or_else(|| take(&mut repeated, entry.amount).map(Origin::Of));
    }
    by_hand.append(&mut repeated);
    for (place, entry) in whose.iter_mut().zip(history).filter(|(_, entry)| !has_a_mark(entry)) {
        *place = Some(take(&mut by_hand, entry.amount).map_or(Origin::Others, Origin::Of));
    }
    let whose = whose.into_iter().zip(history);
    whose.map(|(found, entry)| (entry.amount, found.unwrap_or(Origin::Lost))).collect()
}

/// The refunds in the gateway's history that carry a mark of ours and that no cancel of the journal explains, neither
/// by its tag nor as a repeated wish that a person found to have happened: the journal lost their attempts, or calls undone
/// what was done.
///
/// `journal`: all of the payment, read after the look-up.
pub(crate) fn unexplained(state: &PaymentState, journal: &Known) -> Vec<Money> {
    let lost = origins(state, journal).into_iter().filter(|(_, origin)| *origin == Origin::Lost);
    lost.map(|(amount, _)| amount).collect()
}

/// Those of the unexplained refunds that carry the mark of an attempt of this journal: a cancel that it calls undone was
/// made, or one was made twice.
#[cfg(any(test, feature = "cli"))]
pub(crate) fn contradicted(state: &PaymentState, journal: &Known) -> Vec<Money> {
    let tags: Vec<String> = journal.iter().flat_map(|(_, attempts)| tags(attempts)).collect();
    let history = state.history.iter().flatten();
    let lost = origins(state, journal)
        .into_iter()
        .zip(history)
        .filter(|((_, origin), entry)| *origin == Origin::Lost && carries(entry, &tags));
    lost.map(|((amount, _), _)| amount).collect()
}

/// What the gateway refunded of a payment that could be a refund of ours which the journal lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Missing {
    /// Single refunds of its history, with our mark.
    pub(crate) marked: Vec<Money>,
    /// Those without a mark: somebody else's, or ours cut short by a PG.
    pub(crate) unmarked: Vec<Money>,
    /// What is refunded beyond what its history lists, or without a history, beyond what is completed here. What the
    /// journal took for somebody else's counts: it may have been ours.
    pub(crate) rest: Option<Money>,
}

impl Missing {
    /// `journal`: all of the payment, without the cancel that a person decides about: nothing explains its own.
    pub(crate) fn of(state: &PaymentState, refunded: i64, journal: &Known) -> Self {
        Self::since(state, refunded, journal, 0)
    }

    /// The same, without the single refunds that were made while no more than so much was gone, where their moments tell
    /// which these are.
    pub(crate) fn since(state: &PaymentState, refunded: i64, journal: &Known, gone: i64) -> Self {
        let history = state.history.as_deref();
        let told = history.map_or(refunded, |entries| {
            entries.iter().fold(0_i64, |sum, entry| sum.saturating_add(entry.amount.minor()))
        });
        let rest = state.cancelled.minor().saturating_sub(told).max(0);
        let rest = Money::from_minor(rest, state.cancelled.currency()).ok().filter(|rest| !rest.is_zero());
        let (mut marked, mut unmarked) = (Vec::new(), Vec::new());
        let gone = if has_clear_order(state) { gone } else { 0 };
        let mut sum = 0_i64;
        for (amount, origin) in origins(state, journal) {
            sum = sum.saturating_add(amount.minor());
            match origin {
                _ if sum <= gone => {}
                Origin::Of(_) => {}
                Origin::Lost => marked.push(amount),
                Origin::Others => unmarked.push(amount),
            }
        }
        Self { marked, unmarked, rest }
    }

    /// Whether there is nothing of it, with a mark or without.
    pub(crate) const fn is_empty(&self) -> bool {
        self.marked.is_empty() && self.unmarked.is_empty() && self.rest.is_none()
    }

    /// Whether a refund of this amount may be among it.
    pub(crate) fn may_hold(&self, amount: Money) -> bool {
        let single = self.marked.contains(&amount) || self.unmarked.contains(&amount);
        single || self.rest.is_some_and(|rest| rest.minor() >= amount.minor())
    }

    pub(crate) fn amounts(&self) -> Vec<Money> {
        self.marked.iter().chain(&self.unmarked).copied().chain(self.rest).collect()
    }
}

/// The refunds of the history that carry the mark of one of these attempts.
pub(crate) fn tagged(state: &PaymentState, attempts: &[AttemptRecord]) -> Vec<Money> {
    let tags = tags(attempts);
    let entries = state.history.iter().flatten().filter(|entry| carries(entry, &tags));
    entries.map(|entry| entry.amount).collect()
}

/// Whether the moments alone put the history in order.
fn has_clear_order(state: &PaymentState) -> bool {
    let history = state.history.as_deref().unwrap_or_default();
    history.is_sorted_by(|one, next| one.at.is_some() && one.at < next.at)
}

fn tags(attempts: &[AttemptRecord]) -> Vec<String> {
    attempts.iter().filter_map(|attempt| attempt.id.tag().ok()).map(|tag| tag.in_reason()).collect()
}

fn has_a_mark(entry: &CancelEntry) -> bool {
    AttemptTag::stands_in(entry.reason.as_str())
}

fn carries(entry: &CancelEntry, tags: &[String]) -> bool {
    tags.iter().any(|tag| entry.reason.as_str().contains(tag.as_str()))
}

/// Takes one of this amount out, and tells whose it is.
fn take(of: &mut Vec<(Money, IntentId)>, amount: Money) -> Option<IntentId> {
    let found = of.iter().position(|(other, _)| *other == amount);
    found.map(|index| of.swap_remove(index).1)
}
