//! When work in bulk has to stop and a person to look.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The last so many cancels are what a share of unknown ones is taken of.
const WINDOW: usize = 100;

/// What ends the patience of a [`Circuit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// So many unknown outcomes among the last 100 cancels (or among fewer, at the beginning).
    pub unknown_of_100: u16,
    /// So many unknown outcomes one after another.
    pub unknown_in_a_row: u16,
    /// So many calls one after another that did not reach the gateway, or told nothing.
    pub unreachable_in_a_row: u16,
    /// So many refusals of the credentials.
    pub credentials: u16,
    /// Whether a redirect is one.
    pub redirects: bool,
}

impl Default for Limits {
    /// 5 of the last 100; 10 in a row; 10 unreachable in a row; the second refusal of the credentials.
    fn default() -> Self {
        Self {
            unknown_of_100: 5,
            unknown_in_a_row: 10,
            unreachable_in_a_row: 10,
            credentials: 2,
            redirects: true,
        }
    }
}

/// Why work in bulk has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Too many of the last 100 cancels have an unknown outcome: so many.
    ManyUnknown(u16),
    /// So many cancels one after another have an unknown outcome.
    UnknownInARow(u16),
    /// So many calls one after another did not reach the gateway.
    Unreachable(u16),
    /// The gateway refused the credentials again.
    Credentials,
    /// The gateway's host redirected a cancel: it may not be the gateway.
    Redirect,
    /// The host showed a certificate that is not to be trusted: it may not be the gateway.
    Certificate,
    /// The merchant's balance at the gateway is too small.
    MerchantFunds,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyUnknown(many) => write!(f, "{many} of the last 100 cancels have an unknown outcome"),
            Self::UnknownInARow(many) => write!(f, "{many} cancels in a row have an unknown outcome"),
            Self::Unreachable(many) => write!(f, "{many} calls in a row did not reach the gateway"),
            Self::Credentials => f.write_str("the gateway refuses the credentials"),
            Self::Redirect => {
                f.write_str("the gateway's host redirected a cancel: it may not be the gateway")
            }
            Self::Certificate => f.write_str("the host's certificate is not to be trusted"),
            Self::MerchantFunds => f.write_str("the merchant's balance at the gateway is too small"),
        }
    }
}

/// What one call told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A look-up was answered.
    Found,
    /// A cancel has a known outcome.
    Known,
    /// A cancel has an unknown outcome.
    Unknown,
    /// The gateway was not reached, or told nothing.
    Unreachable,
    Credentials,
    Redirect,
    Certificate,
    MerchantFunds,
}

/// Listens to the answers of one merchant account and remembers the first reason to stop.
#[derive(Debug, Default)]
pub struct Circuit {
    limits: Limits,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    /// The last cancels: whether their outcome is unknown.
    window: VecDeque<bool>,
    unknown_in_a_row: u16,
    unreachable_in_a_row: u16,
    credentials: u16,
    trouble: Option<Trouble>,
}

impl Circuit {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, tally: Mutex::default() }
    }

    /// The first reason to stop, if there was one.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.tally().trouble
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what one call told; gives how many unknown outcomes there were in a row.
    pub(crate) fn hear(&self, heard: Heard) -> u16 {
        let mut tally = self.tally();
        let trouble = tally.hear(heard, &self.limits);
        tally.trouble = tally.trouble.or(trouble);
        tally.unknown_in_a_row
    }
}

impl Tally {
    fn hear(&mut self, heard: Heard, limits: &Limits) -> Option<Trouble> {
        match heard {
            Heard::Found => self.unreachable_in_a_row = 0,
            Heard::Known => {
                self.unreachable_in_a_row = 0;
                self.unknown_in_a_row = 0;
                self.count(false);
            }
            Heard::Unknown => return self.unknown(limits),
            Heard::Unreachable => {
                self.unreachable_in_a_row = self.unreachable_in_a_row.saturating_add(1);
                let many = self.unreachable_in_a_row;
                return (many >= limits.unreachable_in_a_row).then_some(Trouble::Unreachable(many));
            }
            Heard::Credentials => {
                self.credentials = self.credentials.saturating_add(1);
                return (self.credentials >= limits.credentials).then_some(Trouble::Credentials);
            }
            Heard::Redirect => {
                let many = self.unknown(limits);
                return if limits.redirects { Some(Trouble::Redirect) } else { many };
            }
            Heard::Certificate => return Some(Trouble::Certificate),
            Heard::MerchantFunds => return Some(Trouble::MerchantFunds),
        }
        None
    }

    fn count(&mut self, unknown: bool) {
        if self.window.len() >= WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(unknown);
    }

    fn unknown(&mut self, limits: &Limits) -> Option<Trouble> {
        self.count(true);
        self.unreachable_in_a_row = 0;
        self.unknown_in_a_row = self.unknown_in_a_row.saturating_add(1);
        if self.unknown_in_a_row >= limits.unknown_in_a_row {
            return Some(Trouble::UnknownInARow(self.unknown_in_a_row));
        }
        let many = self.window.iter().filter(|unknown| **unknown).count();
        let many = u16::try_from(many).unwrap_or(u16::MAX);
        (many >= limits.unknown_of_100).then_some(Trouble::ManyUnknown(many))
    }
}

/// Whether a call failed because of the host's certificate. The TLS library's type is hidden behind two others, so
/// its sentence is what there is to go by; a test with a real handshake holds it.
pub(crate) fn is_certificate(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("invalid peer certificate") {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(heard: impl IntoIterator<Item = Heard>) -> Option<Trouble> {
        let circuit = Circuit::default();
        for heard in heard {
            circuit.hear(heard);
        }
        circuit.trouble()
    }

    fn some(many: usize, heard: Heard) -> impl Iterator<Item = Heard> + Clone {
        std::iter::repeat_n(heard, many)
    }

    #[test]
    fn five_unknown_of_the_last_hundred_are_too_many() {
        let sparse = || some(24, Heard::Known).chain(some(1, Heard::Unknown)).cycle();
        assert_eq!(after(sparse().take(100)), None, "four of a hundred");
        assert_eq!(after(some(3, Heard::Unknown).chain(some(97, Heard::Known)).cycle().take(1_000)), None);
        let dense = || some(9, Heard::Known).chain(some(1, Heard::Unknown)).cycle();
        assert_eq!(after(dense().take(40)), None);
        assert_eq!(after(dense().take(50)), Some(Trouble::ManyUnknown(5)));
    }

    #[test]
    fn a_row_of_unknown_or_unreachable_is_trouble() {
        let limits = Limits { unknown_of_100: 100, ..Limits::default() };
        let circuit = Circuit::new(limits);
        for _ in 0..9 {
            circuit.hear(Heard::Unknown);
            circuit.hear(Heard::Found);
        }
        assert_eq!(circuit.trouble(), None);
        circuit.hear(Heard::Unknown);
        assert_eq!(circuit.trouble(), Some(Trouble::UnknownInARow(10)));
        let pause = || some(9, Heard::Unreachable).chain(some(1, Heard::Found));
        assert_eq!(after(pause().chain(pause())), None);
        assert_eq!(after(some(10, Heard::Unreachable)), Some(Trouble::Unreachable(10)));
    }

    #[test]
    fn some_things_need_no_second_time_and_the_first_reason_stays() {
        for (heard, trouble) in [
            (Heard::Redirect, Trouble::Redirect),
            (Heard::Certificate, Trouble::Certificate),
            (Heard::MerchantFunds, Trouble::MerchantFunds),
        ] {
            assert_eq!(after([heard]), Some(trouble));
            assert_eq!(after([heard, Heard::Credentials, Heard::Credentials]), Some(trouble));
        }
        assert_eq!(after([Heard::Credentials, Heard::Known]), None, "a token may expire once");
        assert_eq!(after([Heard::Credentials, Heard::Known, Heard::Credentials]), Some(Trouble::Credentials));
    }
}
