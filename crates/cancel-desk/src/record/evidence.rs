use serde::{Deserialize, Serialize};

use super::words;

words! {
    /// Why only a person can decide.
    Why {
        /// A cancel of the same amount stands in our place, without our tag.
        SameAmountWithoutTag = "same_amount_without_tag",
        /// The balance fell by our amount, and somebody else might have done it.
        SomebodyElsePossible = "somebody_else_possible",
        /// The balance moved by another amount than ours.
        OtherAmount = "other_amount",
        /// The ledger contradicts itself.
        Incoherent = "incoherent",
        /// Our place is taken, but that the gateway checks the guard is not proven.
        GuardNotProven = "guard_not_proven",
        /// The gateway has another paid amount or currency than we do.
        OtherPaidAmount = "other_paid_amount",
        /// The last scheduled look-up has passed, and the ledger still shows nothing.
        NothingSeen = "nothing_seen",
        /// The gateway took it, or may have, and a PG that answers later had not decided by the last scheduled look-up.
        Pending = "pending",
        /// The last scheduled look-up has passed, and none of the last ones told anything.
        NoAnswer = "no_answer",
        /// The gateway knows no such payment.
        NotFound = "not_found",
        /// The journal was restored from a backup, and what happened after the backup is not in it.
        RestoredJournal = "restored_journal",
        /// The same refund was asked for under another key since its bulk job was planned. Whether both are meant, only a
        /// person knows.
        AskedSince = "asked_since",
        /// A check of ours stops the look-up or the next attempt; sending it again will not help.
        Stuck = "stuck",
        /// The attempt was made for another host, merchant id or form than its account is configured for now, up to its
        /// last scheduled look-up.
        OtherTerms = "other_terms",
        /// Somebody else refunded a part, and the gateway does not tell which number its next cancel must have. Nothing
        /// is sent.
        NextNumberUnknown = "next_number_unknown",
    }
}

/// What is known about an intent that waits for a person. Amounts are minor units of the payment's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Why only a person can decide.
    pub why: Why,
    /// The balance that the last look-up showed, if it told one.
    pub seen_balance: Option<i64>,
    /// The lowest balance ever proven.
    pub known_balance: i64,
    /// The balance before the attempt: its guard value.
    pub balance_before: Option<i64>,
    /// What is to be refunded.
    pub amount: i64,
    /// How often the attempt was sent.
    pub sends: i64,
    /// How many of these may have reached the gateway.
    pub doubts: i64,
    /// How many look-ups were made for it.
    pub looks: i64,
    /// Why the outcome was unknown, in one word.
    pub last_reason: Option<String>,
    /// The gateway's code of a refusal.
    pub refusal_code: Option<String>,
}

impl Evidence {
    /// The highest balance that it tells of, in minor units: what was made by hand for it is gone since then.
    pub(crate) fn highest_seen(&self) -> Option<i64> {
        self.balance_before.max(self.seen_balance)
    }
}
