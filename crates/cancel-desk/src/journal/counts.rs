use std::collections::BTreeMap;

use pg_core::Gateway;

use crate::record::{IntentState, Timestamp};

/// How many of what the journal holds, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Payments.
    pub payments: u64,
    /// Payments that are not trusted after the journal was restored from a backup.
    pub suspects: u64,
    /// Intents by gateway and state; what there is none of may be missing.
    pub intents: BTreeMap<(Gateway, &'static str), u64>,
    /// Intents that wait for a person.
    pub waiting: u64,
    /// When the payment that has waited longest was or is due.
    pub oldest_due: Option<Timestamp>,
}

impl Counts {
    /// The intents in a state, of all gateways.
    #[must_use]
    pub fn in_state(&self, state: IntentState) -> u64 {
        let of_state = self.intents.iter().filter(|((_, word), _)| *word == state.as_str());
        of_state.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
