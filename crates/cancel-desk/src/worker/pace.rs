//! How much of an account's work is on the wire at once.
//!
//! Look-ups and cancels have a width each, so that a refund costs a cancel's place only while it cancels. The width
//! grows with good answers and is halved when the gateway struggles; it is a courtesy and rests no safety on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pg_core::{CancelError, Cancelled, LookUpError, LookUpErrorKind, NotSentPhase, UnknownReason};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::circuit::{Circuit, Heard, is_certificate};

/// The width that work begins with.
const FIRST: u16 = 2;
/// The width that it may grow to, unless told otherwise.
const MOST: u16 = 32;
/// How many good answers widen a gate by one before the gateway has struggled for the first time.
const STEEP: u16 = 2;
/// After so many unknown outcomes one after another, each counts as a sign of struggle, whatever its reason.
const BURST: u16 = 3;

/// The pace of one merchant account, shared by all who work on it.
#[derive(Debug)]
pub struct Pace {
    look_ups: Arc<Gate>,
    cancels: Arc<Gate>,
    circuit: Arc<Circuit>,
    /// Whether no cancel begins any more once the circuit has reason to stop.
    heeds: bool,
}

impl Default for Pace {
    /// At most 32 cancels and 32 look-ups at once.
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Pace {
    /// At most so many cancels, and as many look-ups, at once; never fewer than one. Both begin with two.
    #[must_use]
    pub fn new(most: u16) -> Self {
        let gate = || Arc::new(Gate::new(most.max(1)));
        Self { look_ups: gate(), cancels: gate(), circuit: Arc::default(), heeds: false }
    }

    /// Tells what it hears to this circuit, and lets no cancel begin any more once that has reason to stop.
    #[must_use]
    pub fn with_circuit(mut self, circuit: Arc<Circuit>) -> Self {
        self.circuit = circuit;
        self.heeds = true;
        self
    }

    /// What was heard so far.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Whether no cancel begins any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.heeds && self.circuit.trouble().is_some()
    }

    /// How many cancels may be in flight now.
    #[must_use]
    pub fn cancel_width(&self) -> u16 {
        self.cancels.level().limit
    }

    /// How many cancels are in flight.
    #[must_use]
    pub fn cancels_in_flight(&self) -> u16 {
        self.cancels.level().in_flight
    }

    /// Waits for a look-up's place. `None` after `patience`.
    pub(super) async fn look_up(&self, patience: Duration) -> Option<Permit> {
        timeout(patience, Gate::pass(&self.look_ups)).await.ok()
    }

    /// Waits for a cancel's place. `None` after `patience`, and when none is to begin any more.
    pub(super) async fn cancel(&self, patience: Duration) -> Option<Permit> {
        if self.is_stopped() {
            return None;
        }
        let place = timeout(patience, Gate::pass(&self.cancels)).await.ok()?;
        // the trouble may have come while it waited
        (!self.is_stopped()).then_some(place)
    }

    /// Takes in how a look-up ended.
    pub(super) fn looked_up<T>(&self, permit: Permit, answer: &Result<T, LookUpError>) {
        let busy = matches!(answer, Err(error) if *error.kind() == LookUpErrorKind::Unavailable);
        self.circuit.hear(heard_of_look_up(answer));
        permit.give_back(if busy { Sign::Busy } else { Sign::Good });
    }

    /// Takes in how a cancel ended.
    pub(super) fn cancelled(&self, permit: Permit, outcome: &Result<Cancelled, CancelError>) {
        let in_a_row = self.circuit.hear(heard_of_cancel(outcome));
        let busy = match outcome {
            Err(CancelError::Unknown(error)) => {
                matches!(
                    error.reason(),
                    UnknownReason::Throttled | UnknownReason::ServerError | UnknownReason::Timeout
                ) || in_a_row >= BURST
            }
            Err(CancelError::NotSent(error)) => error.phase() == NotSentPhase::Connect,
            _ => false,
        };
        permit.give_back(if busy { Sign::Busy } else { Sign::Good });
    }
}

fn heard_of_look_up<T>(answer: &Result<T, LookUpError>) -> Heard {
    match answer {
        Ok(_) => Heard::Found,
        Err(error) if is_certificate(error) => Heard::Certificate,
        Err(error) => match error.kind() {
            LookUpErrorKind::Credentials => Heard::Credentials,
            LookUpErrorKind::Unavailable => Heard::Unreachable,
            _ => Heard::Found,
        },
    }
}

fn heard_of_cancel(outcome: &Result<Cancelled, CancelError>) -> Heard {
    match outcome {
        Ok(_) => Heard::Known,
        Err(error) if is_certificate(error) => Heard::Certificate,
        Err(CancelError::Invalid(_)) => Heard::Known,
        Err(CancelError::NotSent(error)) => match error.phase() {
            NotSentPhase::Credentials => Heard::Credentials,
            NotSentPhase::Token if error.code().is_some() => Heard::Credentials,
            _ => Heard::Unreachable,
        },
        Err(CancelError::Rejected(refusal)) => match refusal.kind() {
            pg_core::RejectionKind::Credentials => Heard::Credentials,
            pg_core::RejectionKind::MerchantFunds => Heard::MerchantFunds,
            _ => Heard::Known,
        },
        Err(CancelError::Unknown(error)) => match error.reason() {
            UnknownReason::Redirect => Heard::Redirect,
            UnknownReason::AwaitingMerchantFunds => Heard::MerchantFunds,
            _ => Heard::Unknown,
        },
    }
}

/// What an answer says about the gateway's strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Good,
    Busy,
    /// Nobody waited for it.
    None,
}

/// A gate that so many may be behind at once.
#[derive(Debug)]
struct Gate {
    level: Mutex<Level>,
    most: u16,
    free: Notify,
}

#[derive(Debug)]
struct Level {
    limit: u16,
    in_flight: u16,
    good: u16,
    /// The gateway has not struggled yet.
    steep: bool,
    /// How often it struggled: whoever went in before the last time says nothing new about it.
    narrowed: u64,
}

impl Gate {
    fn new(most: u16) -> Self {
        let level = Level { limit: FIRST.min(most), in_flight: 0, good: 0, steep: true, narrowed: 0 };
        Self { level: Mutex::new(level), most, free: Notify::new() }
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(gate: &Arc<Self>) -> Permit {
        loop {
            let freed = gate.free.notified();
            if let Some(permit) = Self::try_pass(gate) {
                return permit;
            }
            freed.await;
        }
    }

    fn try_pass(gate: &Arc<Self>) -> Option<Permit> {
        let mut level = gate.level();
        if level.in_flight >= level.limit {
            return None;
        }
        level.in_flight = level.in_flight.saturating_add(1);
        let room = level.in_flight < level.limit;
        let narrowed = level.narrowed;
        drop(level);
        if room {
            // one call may have made room for several
            gate.free.notify_one();
        }
        Some(Permit { gate: Arc::clone(gate), narrowed, sign: Sign::None })
    }

    fn leave(&self, sign: Sign, narrowed: u64) {
        let mut level = self.level();
        level.in_flight = level.in_flight.saturating_sub(1);
        match sign {
            Sign::Good => level.widen(self.most),
            Sign::Busy if level.narrowed == narrowed => level.narrow(),
            Sign::Busy | Sign::None => {}
        }
        drop(level);
        self.free.notify_one();
    }
}

impl Level {
    fn widen(&mut self, most: u16) {
        self.good = self.good.saturating_add(1);
        let wanted = if self.steep { STEEP } else { self.limit };
        if self.good >= wanted && self.limit < most {
            self.limit = self.limit.saturating_add(1);
            self.good = 0;
        }
    }

    fn narrow(&mut self) {
        self.limit = self.limit.div_euclid(2).max(1);
        self.good = 0;
        self.steep = false;
        self.narrowed = self.narrowed.saturating_add(1);
    }
}

/// A place behind a gate, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    narrowed: u64,
    sign: Sign,
}

impl Permit {
    fn give_back(mut self, sign: Sign) {
        self.sign = sign;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave(self.sign, self.narrowed);
    }
}

#[cfg(test)]
mod tests {
    use pg_core::{CancelState, Money, NotSent, Unknown};

    use super::*;

    const SHORTLY: Duration = Duration::from_millis(20);

    fn good() -> Result<Cancelled, CancelError> {
        Ok(Cancelled::new(CancelState::Completed, Money::krw(1).unwrap(), ()))
    }

    fn unknown(reason: UnknownReason) -> Result<Cancelled, CancelError> {
        Err(Unknown::new(reason).into())
    }

    async fn once(pace: &Pace, outcome: &Result<Cancelled, CancelError>) {
        let permit = pace.cancel(SHORTLY).await.unwrap();
        pace.cancelled(permit, outcome);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_width_is_in_flight() {
        let pace = Pace::new(8);
        let (one, _two) = (pace.cancel(SHORTLY).await.unwrap(), pace.cancel(SHORTLY).await.unwrap());
        assert!(pace.cancel(SHORTLY).await.is_none());
        // look-ups have places of their own
        assert!(pace.look_up(SHORTLY).await.is_some());
        drop(one);
        assert!(pace.cancel(SHORTLY).await.is_some());
        assert_eq!(pace.cancels_in_flight(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn good_answers_widen_it_up_to_the_most() {
        let pace = Pace::new(5);
        for _ in 0..100 {
            once(&pace, &good()).await;
        }
        assert_eq!(pace.cancel_width(), 5);
        assert_eq!(Pace::new(0).cancel_width(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn struggle_halves_it_once_for_all_that_were_in_flight() {
        let pace = Pace::new(32);
        for _ in 0..100 {
            once(&pace, &good()).await;
        }
        assert_eq!(pace.cancel_width(), 32);
        let mut inside = Vec::new();
        for _ in 0..10 {
            inside.push(pace.cancel(SHORTLY).await.unwrap());
        }
        for permit in inside {
            pace.cancelled(permit, &unknown(UnknownReason::Throttled));
        }
        assert_eq!(pace.cancel_width(), 16);
        // and from then on it grows by one for a round of good answers
        for _ in 0..16 {
            once(&pace, &good()).await;
        }
        assert_eq!(pace.cancel_width(), 17);
        for _ in 0..9 {
            once(&pace, &Err(NotSent::new(NotSentPhase::Connect).into())).await;
        }
        assert_eq!(pace.cancel_width(), 1, "never below one");
    }

    #[tokio::test(start_paused = true)]
    async fn lost_answers_narrow_it_only_in_a_burst() {
        let pace = Pace::new(32);
        for _ in 0..100 {
            once(&pace, &good()).await;
        }
        let lost = unknown(UnknownReason::ConnectionLost);
        for _ in 0..20 {
            once(&pace, &lost).await;
            once(&pace, &good()).await;
        }
        assert_eq!(pace.cancel_width(), 32);
        for _ in 0..3 {
            once(&pace, &lost).await;
        }
        assert_eq!(pace.cancel_width(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn after_trouble_no_cancel_begins_where_that_is_heeded() {
        let redirected = unknown(UnknownReason::Redirect);
        for (pace, passes) in [(Pace::new(1), true), (Pace::new(1).with_circuit(Arc::default()), false)] {
            let pace = Arc::new(pace);
            let first = pace.cancel(SHORTLY).await.unwrap();
            let (waits, patience) = (Arc::clone(&pace), Duration::from_secs(9));
            let waiting = tokio::spawn(async move { waits.cancel(patience).await.is_some() });
            tokio::task::yield_now().await;
            pace.cancelled(first, &redirected);
            assert_eq!(waiting.await.unwrap(), passes, "who waited for a place");
            assert_eq!(pace.cancel(SHORTLY).await.is_some(), passes);
            assert!(pace.look_up(SHORTLY).await.is_some(), "what is open is looked after");
        }
    }

    #[tokio::test]
    async fn many_pass_through_a_narrow_gate() {
        let pace = Arc::new(Pace::new(3));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..200_u32 {
            let pace = Arc::clone(&pace);
            tasks.spawn(async move {
                let permit = pace.cancel(Duration::from_secs(20)).await.unwrap();
                assert!(pace.cancels_in_flight() <= 3);
                tokio::task::yield_now().await;
                let outcome = if number % 7 == 0 { unknown(UnknownReason::Throttled) } else { good() };
                pace.cancelled(permit, &outcome);
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        assert_eq!(pace.cancels_in_flight(), 0);
    }
}
