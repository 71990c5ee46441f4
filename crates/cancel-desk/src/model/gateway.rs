//! The simulated gateway: a ledger per payment, a guard, and what look-ups show of it.

use pg_core::{
    CancelEntry, CancelError, CancelState, Cancelled, Capabilities, Evidence, Gateway, GatewayText, Guard,
    Money, PaymentState, Rejected, RejectionKind, Unknown, UnknownReason,
};

use crate::record::{AttemptRecord, IntentId, words};

use super::rng::Rng;

words! {
    /// Which gateway the simulated one behaves like.
    Face {
        /// Balance guard, history with tags.
        Chaiport = "chaiport",
        /// Balance guard and unique id; look-ups tell only a balance.
        Eximbay = "eximbay",
        /// Sequence guard; look-ups tell only a sum.
        Settlebank = "settlebank",
    }
}

impl Face {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chaiport, Self::Eximbay, Self::Settlebank];

    /// Which gateway.
    #[must_use]
    pub const fn gateway(self) -> Gateway {
        match self {
            Self::Chaiport => Gateway::Chaiport,
            Self::Eximbay => Gateway::Eximbay,
            Self::Settlebank => Gateway::Settlebank,
        }
    }

    /// What its SDK says of it.
    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        let (guard, evidence, history) = match self {
            Self::Chaiport => (Guard::Balance, Evidence::Documented, true),
            Self::Eximbay => (Guard::Balance, Evidence::Inferred, false),
            Self::Settlebank => (Guard::Sequence, Evidence::Inferred, false),
        };
        Capabilities::new(self.gateway(), guard, evidence, history)
    }
}

/// A cancel request on the wire.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) payment: usize,
    pub(super) intent: IntentId,
    pub(super) tag: String,
    pub(super) before: i64,
    pub(super) amount: i64,
    pub(super) sequence: u16,
    /// The network made two of it.
    pub(super) doubled: bool,
    /// The gateway has put it off before.
    pub(super) put_off: bool,
    /// It is put off so that a person sees it in the gateway's books.
    pub(super) on_the_books: bool,
}

impl Message {
    pub(super) fn of(payment: usize, attempt: &AttemptRecord) -> Self {
        Self {
            payment,
            intent: attempt.intent,
            tag: format!("c{}", attempt.id),
            before: attempt.balance_before.minor(),
            amount: attempt.amount.minor(),
            sequence: attempt.sequence,
            doubled: false,
            put_off: false,
            on_the_books: false,
        }
    }
}

/// One refund in the ledger.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) amount: i64,
    /// Whose it is; `None` for a person's.
    pub(super) intent: Option<IntentId>,
    tag: Option<String>,
    /// When look-ups begin to show it.
    visible_at: i64,
}

/// What the gateway has of one payment.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    pub(super) paid: i64,
    pub(super) entries: Vec<Entry>,
    /// Taken by a PG that decides later: no part of the balance yet, so no guard sees them.
    undecided: Vec<Entry>,
    seen_tags: Vec<String>,
    /// Cancels are taken at once and shown later.
    pub(super) asynchronous: bool,
    /// Cancels are taken at once and decided later.
    pub(super) decides_later: bool,
    /// This payment's cancels are refused for a reason of their own.
    pub(super) refuses: Option<RejectionKind>,
    /// From then on it is too late to cancel this payment.
    pub(super) closes_at: Option<i64>,
}

impl Ledger {
    pub(super) const fn new(paid: i64) -> Self {
        Self {
            paid,
            entries: Vec::new(),
            undecided: Vec::new(),
            seen_tags: Vec::new(),
            asynchronous: false,
            decides_later: false,
            refuses: None,
            closes_at: None,
        }
    }

    pub(super) fn balance(&self) -> i64 {
        self.paid - self.entries.iter().map(|entry| entry.amount).sum::<i64>()
    }

    /// The PG decides what is due: it pays as far as the balance goes.
    pub(super) fn decide(&mut self, now: i64) {
        let (mut due, rest) =
            self.undecided.drain(..).partition::<Vec<_>, _>(|entry| entry.visible_at <= now);
        self.undecided = rest;
        due.sort_by_key(|entry| entry.visible_at);
        for entry in due {
            if entry.amount <= self.balance() {
                self.entries.push(Entry { visible_at: now, ..entry });
            }
        }
    }

    /// Whether look-ups at `at` show this attempt.
    pub(super) fn shows(&self, tag: &str, at: i64) -> bool {
        self.entries.iter().any(|entry| entry.tag.as_deref() == Some(tag) && entry.visible_at <= at)
    }

    /// When the last of what a PG has yet to decide is decided.
    pub(super) fn decided_at(&self) -> Option<i64> {
        self.undecided.iter().map(|entry| entry.visible_at).max()
    }

    /// A person refunds in the gateway's console.
    pub(super) fn console(&mut self, amount: i64, now: i64) {
        self.decide(now);
        if amount > 0 && amount <= self.balance() {
            self.entries.push(Entry { amount, intent: None, tag: None, visible_at: now });
        }
    }

    /// What a look-up shows of the state at `at`: always a state that once was.
    pub(super) fn look_up(&self, at: i64, history: bool) -> Option<PaymentState> {
        let visible: Vec<&Entry> = self.entries.iter().take_while(|entry| entry.visible_at <= at).collect();
        let cancelled = visible.iter().map(|entry| entry.amount).sum();
        let state = PaymentState::new(won(self.paid)?, won(cancelled)?, "paid").ok()?;
        if !history {
            return Some(state);
        }
        let entries = visible.iter().map(|entry| {
            Some(CancelEntry {
                amount: won(entry.amount)?,
                at: None,
                reason: GatewayText::scrubbed(entry.tag.as_deref().map(wire_tag).unwrap_or_default(), &[]),
                cancel_id: None,
            })
        });
        Some(state.with_history(entries.collect::<Option<_>>()?))
    }
}

/// The tag as the history keeps it.
pub(super) fn wire_tag(tag: &str) -> String {
    format!("[c:{tag}]")
}

pub(super) fn won(minor: i64) -> Option<Money> {
    Money::krw(minor).ok()
}

/// The gateway's manners in one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    pub(super) face: Face,
    /// It checks nothing but the balance being enough.
    pub(super) unguarded: bool,
    /// It complains of the amount before it looks at the guard.
    pub(super) amount_first: bool,
}

/// Executes a cancel, or refuses it.
pub(super) fn execute(
    manners: Manners,
    ledger: &mut Ledger,
    message: &Message,
    now: i64,
    rng: &mut Rng,
) -> Result<Cancelled, CancelError> {
    ledger.decide(now);
    let refusal = |kind| Rejected::new(kind, "R1", GatewayText::default(), 200);
    if let Some(kind) = ledger.refuses {
        return Err(refusal(kind).into());
    }
    if ledger.closes_at.is_some_and(|closes| closes <= now) {
        return Err(refusal(RejectionKind::Period).into());
    }
    let too_much = message.amount > ledger.balance();
    if manners.amount_first && too_much {
        return Err(refusal(RejectionKind::Amount).into());
    }
    if !manners.unguarded && !guard_holds(manners.face, ledger, message) {
        return Err(match rng.between(0, 2) {
            0 => Unknown::new(UnknownReason::AlreadySeen).into(),
            1 => Unknown::new(UnknownReason::UnlistedCode).into(),
            _ => refusal(RejectionKind::Guard).into(),
        });
    }
    if too_much {
        return Err(refusal(RejectionKind::Amount).into());
    }
    // asynchronous cancels show up within minutes
    let hidden_for = if ledger.asynchronous { rng.between(1_000, 500_000) } else { 0 };
    ledger.seen_tags.push(message.tag.clone());
    if ledger.decides_later {
        return take(ledger, message, now, rng);
    }
    ledger.entries.push(Entry {
        amount: message.amount,
        intent: Some(message.intent),
        tag: Some(message.tag.clone()),
        visible_at: now + hidden_for,
    });
    let state = if ledger.asynchronous { CancelState::Accepted } else { CancelState::Completed };
    let amount = won(message.amount).ok_or_else(|| Unknown::new(UnknownReason::Malformed))?;
    let told = (manners.face != Face::Chaiport && !ledger.asynchronous).then(|| won(ledger.balance()));
    Ok(Cancelled::new(state, amount, ()).with_remaining(told.flatten()))
}

/// A PG takes it, to decide within the hour. Half the answers say so; the others say success and show nothing.
fn take(ledger: &mut Ledger, message: &Message, now: i64, rng: &mut Rng) -> Result<Cancelled, CancelError> {
    ledger.undecided.push(Entry {
        amount: message.amount,
        intent: Some(message.intent),
        tag: Some(message.tag.clone()),
        visible_at: now + rng.between(1_000, 3_000_000),
    });
    match won(message.amount) {
        Some(amount) if rng.chance(5_000) => Ok(Cancelled::new(CancelState::Accepted, amount, ())),
        _ => Err(Unknown::new(UnknownReason::Integrity).into()),
    }
}

fn guard_holds(face: Face, ledger: &Ledger, message: &Message) -> bool {
    match face {
        Face::Chaiport => message.before == ledger.balance(),
        Face::Eximbay => message.before == ledger.balance() && !ledger.seen_tags.contains(&message.tag),
        Face::Settlebank => usize::from(message.sequence) == ledger.entries.len() + 1,
    }
}
