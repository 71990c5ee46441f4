//! What a gateway's history tells of a journal that was restored from a backup.

use pg_core::{AttemptTag, CancelEntry, Money, PaymentState};

use crate::record::{AttemptRecord, IntentRecord, IntentState, Outcome, Proof};

/// Whether the history holds a mark of any attempt. Without one, nothing is to be explained.
pub(crate) fn is_marked(state: &PaymentState) -> bool {
    state.history.iter().flatten().any(has_a_mark)
}

/// The refunds in the gateway's history that carry a mark of ours and that no cancel of the journal explains, neither
/// by its tag nor as a repeated wish that a person found to have happened: the journal lost their attempts, or calls undone
/// what was done.
///
/// `journal`: all of the payment, read after the look-up.
pub(crate) fn unexplained(
    state: &PaymentState,
    journal: &[(IntentRecord, Vec<AttemptRecord>)],
) -> Vec<Money> {
    let history = state.history.as_deref().unwrap_or_default();
    let tags = |attempts: &[AttemptRecord]| -> Vec<String> {
        attempts.iter().filter_map(|attempt| attempt.id.tag().ok()).map(|tag| tag.in_reason()).collect()
    };
    let (mut ours, mut repeated, mut by_hand, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (intent, attempts) in journal {
        let tags = tags(attempts);
        // a cancel is one refund; one that was given up or refused is none
        let explains = match intent.state {
            IntentState::Rejected | IntentState::Withdrawn => 0,
            _ => 1,
        };
        lost.extend(history.iter().filter(|entry| carries(entry, &tags)).skip(explains).map(|e| e.amount));
        let by_person = matches!(intent.outcome, Some(Outcome::Completed { proof: Proof::Person, .. }));
        if by_person && !history.iter().any(|entry| carries(entry, &tags)) {
            // what was attempted, and is not there by its own tag, may stand there as what a colleague refunded by hand
            if attempts.is_empty() { &mut repeated } else { &mut by_hand }.push(intent.amount);
        }
        ours.extend(tags);
    }
    for entry in history.iter().filter(|entry| !has_a_mark(entry)) {
        take(&mut by_hand, entry.amount);
    }
    repeated.append(&mut by_hand);
    let of_none = history
        .iter()
        .filter(|entry| has_a_mark(entry) && !carries(entry, &ours))
        .filter(|entry| !take(&mut repeated, entry.amount))
        .map(|entry| entry.amount);
    lost.extend(of_none);
    lost
}

fn has_a_mark(entry: &CancelEntry) -> bool {
    AttemptTag::stands_in(entry.reason.as_str())
}

fn carries(entry: &CancelEntry, tags: &[String]) -> bool {
    tags.iter().any(|tag| entry.reason.as_str().contains(tag.as_str()))
}

/// Takes one of this amount out. Tells whether there was one.
fn take(amounts: &mut Vec<Money>, amount: Money) -> bool {
    let found = amounts.iter().position(|other| *other == amount);
    found.map(|index| amounts.swap_remove(index)).is_some()
}
