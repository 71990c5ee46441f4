//! What a person decides about a cancel, against the gateway's books.
//!
//! A person's word is final, and the desk cannot know better; the books can. What they prove to be false is refused.

use pg_core::{Money, PaymentState};

use crate::journal::{Checked, NOT_WAITING, may_be_lost};
use crate::protocol::{Missing, quiet_left, tagged};
use crate::record::{
    AttemptRecord, Evidence, IntentId, IntentRecord, IntentState, PaymentRecord, Resolution,
};
use crate::worker::{is_pending, known};

use super::{ByHand, Desk, DeskError};

/// Why the books of another payment say nothing of this one.
pub(crate) const OTHER_PAID: &str =
    "the gateway shows another paid amount than the one that is registered: look at its admin page";

/// Why an answer that contradicts itself says nothing.
pub(crate) const CONTRADICTS_ITSELF: &str =
    "the gateway's single refunds do not add up to what it shows as refunded: look again later";

/// Why nobody is asked about what was sent under other settings.
pub(crate) const OTHER_TERMS: &str = "it was sent to another host, merchant id or form than its account is configured for now: put the \
     account's settings back first";

/// Why an answer that shows less than is known says nothing of what came last.
pub(crate) const OLD_ANSWER: &str = "the gateway shows less refunded than is known already: its answer is old, or what stands here as \
     refunded is not; look again later";

/// How a cancel can have happened, if it did, by what the journal knows of it.
enum Way {
    /// It was handed over to be made in the admin page.
    ByHand,
    /// A copy of it may have left.
    Sent(Sent),
    /// No copy of it left; a colleague may have made it.
    ByColleague,
    /// Nothing was ever sent, and nobody was asked to make it.
    Never,
}

/// What is known of the copies that may have left.
struct Sent {
    attempts: Vec<AttemptRecord>,
    /// The balance before the first of them, in minor units: what was gone then is not this cancel.
    before: i64,
    /// Whether the gateway, or a PG behind it, may have it and decide later.
    taken: bool,
}

impl Sent {
    fn of(intent: &IntentRecord, attempts: Vec<AttemptRecord>) -> Option<Self> {
        let left = || attempts.iter().filter(|attempt| attempt.doubts > 0);
        let before = left().map(|attempt| attempt.balance_before.minor()).max()?;
        let taken = intent.state == IntentState::Accepted || left().any(|attempt| attempt.taken);
        Some(Self { before, taken, attempts })
    }
}

impl Desk {
    /// Refuses what the gateway's books speak against, as far as they are asked. Tells what is to hold still when the decision
    /// is written.
    pub(super) async fn check_decision(
        &self,
        id: IntentId,
        resolution: Resolution,
        by_hand: ByHand,
    ) -> Result<Checked, DeskError> {
        if resolution == Resolution::LookAgain {
            return Ok(Checked::default());
        }
        let payment = self.payment(&self.intent(id).await?.payment).await?;
        // read after the fence: what changes it from here on moves the fence
        let intent = self.intent(id).await?;
        if !matches!(intent.state, IntentState::Manual | IntentState::Accepted) {
            return Err(DeskError::NotAllowed(NOT_WAITING));
        }
        let fence = Some(payment.fence).filter(|_| by_hand < ByHand::Everything);
        if !self.is_decided_by_the_books(&payment, &intent, resolution).await? {
            return Ok(Checked { balance: None, fence });
        }
        if by_hand < ByHand::Everything {
            self.check_terms(&payment, id).await?;
        }
        let balance = match resolution {
            Resolution::Happened => self.take_in_what_happened(&payment, &intent, by_hand).await?,
            _ if by_hand < ByHand::Everything => {
                let found = self.look_up(&payment.key()).await;
                self.check_not_there(&payment, &intent, found).await?;
                None
            }
            _ => None,
        };
        Ok(Checked { balance, fence })
    }

    /// Refuses where a copy went elsewhere than the account leads now: what is shown there is about nothing of it.
    async fn check_terms(&self, payment: &PaymentRecord, id: IntentId) -> Result<(), DeskError> {
        let terms = self.account(&payment.key())?.gateway().terms();
        let attempts = self.journal().attempts_of(id).await?;
        let is_other = |attempt: &AttemptRecord| {
            attempt.order_to_look_for().is_ok_and(|order| order.check_terms(&terms).is_err())
        };
        match attempts.iter().any(|attempt| attempt.doubts > 0 && is_other(attempt)) {
            true => Err(DeskError::NotAllowed(OTHER_TERMS)),
            false => Ok(()),
        }
    }

    /// What is refused for want of room.
    pub(super) async fn not_in_ledger(
        &self,
        id: IntentId,
        refunded: i64,
        known: i64,
    ) -> Result<DeskError, DeskError> {
        let intent = self.intent(id).await?;
        let payment = self.payment(&intent.payment).await?;
        let (refunded, known) = (payment.money(refunded), payment.money(known));
        Ok(DeskError::NotInLedger { asked: intent.amount, refunded, known })
    }

    /// Whether what the gateway shows is asked before a person's decision is written. What cannot be decided at all, the
    /// journal refuses.
    pub(crate) async fn is_decided_by_the_books(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        resolution: Resolution,
    ) -> Result<bool, DeskError> {
        if !matches!(intent.state, IntentState::Manual | IntentState::Accepted) {
            return Ok(false);
        }
        let way = self.way(intent).await?;
        Ok(match resolution {
            Resolution::LookAgain => false,
            _ if may_be_lost(payment, intent) => true,
            Resolution::Happened => !matches!(way, Way::Never),
            Resolution::DidNotHappen => !matches!(way, Way::Never | Way::ByColleague),
        })
    }

    async fn way(&self, intent: &IntentRecord) -> Result<Way, DeskError> {
        let attempts = self.journal().attempts_of(intent.id).await?;
        let was_tried = !attempts.is_empty();
        if intent.is_for_the_admin_page() {
            return Ok(Way::ByHand);
        }
        Ok(match Sent::of(intent, attempts) {
            Some(sent) => Way::Sent(sent),
            None if was_tried => Way::ByColleague,
            None => Way::Never,
        })
    }

    /// Refuses to call a cancel happened for which the gateway's books have no room, and takes their balance in: a refund
    /// that was seen already is not to lower it once more.
    async fn take_in_what_happened(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        by_hand: ByHand,
    ) -> Result<Option<i64>, DeskError> {
        let found = self.look_up(&payment.key()).await;
        let state = match found.and_then(|state| check_answer(payment, &state).map(|()| state)) {
            Ok(state) => state,
            Err(_) if by_hand == ByHand::Everything => return Ok(None),
            Err(error) => return Err(error),
        };
        let balance = shown(payment, &state);
        if by_hand < ByHand::Everything
            && let Err(refused) = self.check_there(payment, intent, &state).await
        {
            // it may be on its way
            if may_be_lost(payment, intent) {
                self.check_quiet(payment).await?;
            }
            return Err(refused);
        }
        // a refund that its PG has not approved may leave the ledger again
        let pending = is_pending(self.account(&payment.key())?, payment).await;
        // unless its own mark is in the list: then only the PG itself can tell, whom a person asked
        let attempts = self.journal().attempts_of(intent.id).await?;
        let is_listed = !tagged(&state, &attempts).is_empty();
        if by_hand < ByHand::Everything && pending != Some(false) && !is_listed {
            return Err(DeskError::Pending);
        }
        if balance < payment.known_balance && pending == Some(false) {
            self.journal().compared(&payment.key(), balance, false).await?;
        }
        Ok(Some(balance).filter(|_| by_hand < ByHand::Everything))
    }

    /// Refuses where this cancel cannot be among what the gateway refunded: too little is gone for it beside what is
    /// completed, or since it was sent, or no single refund of the history is it.
    async fn check_there(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        state: &PaymentState,
    ) -> Result<(), DeskError> {
        let attempts = self.journal().attempts_of(intent.id).await?;
        // lost or not: what was gone before a copy left is not what that copy did
        let before = open_before(&attempts);
        let (paid, asked) = (payment.paid().minor(), intent.amount);
        let gone = paid.saturating_sub(shown(payment, state));
        let known = payment.refunded.max(before.map_or(0, |before| paid.saturating_sub(before)));
        if gone < known.saturating_add(asked.minor()) {
            let (refunded, known) = (payment.money(gone), payment.money(known));
            return Err(DeskError::NotInLedger { asked, refunded, known });
        }
        if state.history.is_none() {
            return Ok(());
        }
        let missing = self.missing_since(payment, state, intent.id, before).await?;
        match may_hold(&missing, payment, state, asked) {
            true => Ok(()),
            false => Err(DeskError::NotInList { asked, found: missing.amounts() }),
        }
    }

    /// Refuses where this cancel may be among what the gateway refunded, or may be with a PG that decides later: called not
    /// happened and asked for anew, it would be refunded twice.
    pub(crate) async fn check_not_there(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        found: Result<PaymentState, DeskError>,
    ) -> Result<(), DeskError> {
        // what the journal lost comes on top of what it knows
        let lost = may_be_lost(payment, intent);
        let way = self.way(intent).await?;
        match way {
            Way::Sent(ref sent) => self.check_none_in_flight(payment, &sent.attempts).await?,
            Way::ByHand => {}
            Way::ByColleague | Way::Never if lost => {}
            Way::ByColleague | Way::Never => return Ok(()),
        }
        if lost {
            self.check_quiet(payment).await?;
        }
        let state = found?;
        check_answer(payment, &state)?;
        match way {
            Way::Sent(sent) => self.check_not_arrived(payment, intent, &sent, &state).await?,
            Way::ByHand => check_not_made(payment, intent, &state)?,
            Way::ByColleague | Way::Never => {}
        }
        if lost {
            self.check_not_lost(payment, intent, &state).await?;
        }
        if state.balance.minor() > payment.known_balance {
            return Err(DeskError::NotAllowed(OLD_ANSWER));
        }
        Ok(())
    }

    /// What was sent after the backup is not in the journal, so that `sent 0×` proves nothing.
    async fn check_not_lost(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        state: &PaymentState,
    ) -> Result<(), DeskError> {
        self.check_not_pending(payment).await?;
        let missing = self.missing(payment, state, Some(intent.id)).await?;
        if missing.may_hold(intent.amount) {
            return Err(DeskError::MayHaveHappened { asked: intent.amount, found: missing.amounts() });
        }
        Ok(())
    }

    async fn check_not_pending(&self, payment: &PaymentRecord) -> Result<(), DeskError> {
        match is_pending(self.account(&payment.key())?, payment).await {
            Some(false) => Ok(()),
            _ => Err(DeskError::Pending),
        }
    }

    /// A copy that left is on the books once enough is gone since then that no other cancel accounts for. That none is there
    /// proves something only when no copy can be on its way, and nobody decides later.
    async fn check_not_arrived(
        &self,
        payment: &PaymentRecord,
        intent: &IntentRecord,
        sent: &Sent,
        state: &PaymentState,
    ) -> Result<(), DeskError> {
        let asked = intent.amount;
        // its own mark is proof, whatever the sums say
        let marked = tagged(state, &sent.attempts);
        if !marked.is_empty() {
            return Err(DeskError::MayHaveHappened { asked, found: marked });
        }
        let missing = self.missing_since(payment, state, intent.id, Some(sent.before)).await?;
        let made = made_since(payment, state, sent.before);
        let is_single = state.history.is_none() || may_hold(&missing, payment, state, asked);
        if made >= asked.minor() && is_single {
            let found = match state.history {
                Some(_) if !missing.is_empty() => missing.amounts(),
                _ => vec![payment.money(made)],
            };
            return Err(DeskError::MayHaveHappened { asked, found });
        }
        if sent.taken {
            return Err(DeskError::Pending);
        }
        self.check_not_pending(payment).await
    }

    /// Refuses while a copy may be on its way: as long as a worker waits before it believes that one never arrived.
    pub(super) async fn check_none_in_flight(
        &self,
        payment: &PaymentRecord,
        attempts: &[AttemptRecord],
    ) -> Result<(), DeskError> {
        let policy = self.account(&payment.key())?.policy();
        let now = self.journal().now().await?;
        let sent = attempts.iter().filter(|attempt| attempt.doubts > 0);
        // the copy that may have been the cause of a refusal can be one that the ledger shows late
        let refused = |attempt: &AttemptRecord| {
            let left = policy.upstream_quiet.saturating_sub(now.since(attempt.last_send_at));
            (attempt.refusal.is_some() && !left.is_zero()).then_some(left)
        };
        match sent.filter_map(|attempt| quiet_left(attempt, policy, now).max(refused(attempt))).max() {
            Some(left) => Err(DeskError::TooEarly(left)),
            None => Ok(()),
        }
    }

    /// What the gateway refunded that no other cancel of the journal accounts for: only since a balance, where the moments
    /// of its history tell which refunds that are.
    async fn missing_since(
        &self,
        payment: &PaymentRecord,
        state: &PaymentState,
        but_for: IntentId,
        before: Option<i64>,
    ) -> Result<Missing, DeskError> {
        let mut journal = known(&**self.journal(), &payment.key()).await?;
        journal.retain(|(intent, _)| intent.id != but_for);
        let gone = before.map_or(0, |before| payment.paid().minor().saturating_sub(before));
        Ok(Missing::since(state, payment.refunded, &journal, gone))
    }
}

/// Refuses an answer that proves nothing about a payment.
pub(super) fn check_answer(payment: &PaymentRecord, state: &PaymentState) -> Result<(), DeskError> {
    match () {
        () if state.paid != payment.paid() => Err(DeskError::NotAllowed(OTHER_PAID)),
        () if !state.adds_up() => Err(DeskError::NotAllowed(CONTRADICTS_ITSELF)),
        () if state.undecided => Err(DeskError::Pending),
        () => Ok(()),
    }
}

/// The balance before the open attempt, if a copy of it may have left.
fn open_before(attempts: &[AttemptRecord]) -> Option<i64> {
    let open = attempts.iter().find(|attempt| attempt.state.is_open() && attempt.doubts > 0);
    open.map(|attempt| attempt.balance_before.minor())
}

/// The balance that is shown: an old answer shows less than is known.
fn shown(payment: &PaymentRecord, state: &PaymentState) -> i64 {
    state.balance.minor().min(payment.known_balance)
}

/// What is gone since a balance, as far as no completed cancel accounts for it.
fn made_since(payment: &PaymentRecord, state: &PaymentState, before: i64) -> i64 {
    let balance = shown(payment, state);
    let unexplained = payment.paid().minor().saturating_sub(balance).saturating_sub(payment.refunded);
    before.saturating_sub(balance).min(unexplained)
}

/// Whether a refund of this amount may be among what is missing, or among what an old answer does not show any more.
fn may_hold(missing: &Missing, payment: &PaymentRecord, state: &PaymentState, asked: Money) -> bool {
    let not_shown = state.balance.minor().saturating_sub(payment.known_balance);
    missing.may_hold(asked) || not_shown >= asked.minor()
}

/// Refuses where a cancel that was handed over to be made by hand may have been made: it is among what is gone since, and
/// among what no completed cancel accounts for.
fn check_not_made(
    payment: &PaymentRecord,
    intent: &IntentRecord,
    state: &PaymentState,
) -> Result<(), DeskError> {
    let before = intent.evidence.as_ref().and_then(Evidence::highest_seen).unwrap_or(payment.known_balance);
    let made = made_since(payment, state, before);
    if made >= intent.amount.minor() {
        return Err(DeskError::MayHaveHappened { asked: intent.amount, found: vec![payment.money(made)] });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
