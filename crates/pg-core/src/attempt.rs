//! What makes one attempt recognisable, and whether it may have been sent before.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{CancelError, Invalid, Unknown, UnknownReason};

/// Longest tag that fits every gateway (Eximbay's `refund_id` is at most 30 characters).
pub const MAX_TAG: usize = 30;

/// What stands around a tag in a reason.
const REASON_OPEN: &str = "[c:";
const REASON_CLOSE: char = ']';

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A name for one attempt, unique among all attempts ever: it goes onto the wire (Chaiport's `reason`, Eximbay's
/// `refund_id`, Settlebank's `mchtTrdNo`) and is how the attempt is found again.
///
/// 1 to 30 characters of `A-Z a-z 0-9 _ -`. Keep it with the attempt: a repeat must carry the same tag.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptTag(String);

impl AttemptTag {
    /// A tag of 128 random bits: `c` and 26 characters of base 32, 27 in all.
    ///
    /// # Errors
    /// [`Invalid`] when the operating system gives no randomness.
    pub fn random() -> Result<Self, Invalid> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| Invalid::new("tag", "the system gave no randomness"))?;
        let mut rest = u128::from_le_bytes(bytes);
        let mut text = String::with_capacity(27);
        text.push('c');
        for _ in 0..26 {
            let index = usize::try_from(rest & 31).unwrap_or(0);
            text.push(BASE32.get(index).copied().map_or('a', char::from));
            rest >>= 5;
        }
        Ok(Self(text))
    }

    /// The tag as it stands in a cancel's reason, at its very start, so that a PG that cuts the reason short keeps
    /// it: `[c:TAG]`.
    #[must_use]
    pub fn in_reason(&self) -> String {
        let mut text = String::with_capacity(self.0.len().saturating_add(4));
        self.push_in_reason(&mut text);
        text
    }

    /// Writes [`in_reason`](Self::in_reason) at the end of a text.
    pub fn push_in_reason(&self, text: &mut String) {
        text.push_str(REASON_OPEN);
        text.push_str(&self.0);
        text.push(REASON_CLOSE);
    }

    /// Whether a reason carries a complete tag of some attempt, ours or another's.
    #[must_use]
    pub fn stands_in(reason: &str) -> bool {
        reason
            .split(REASON_OPEN)
            .skip(1)
            .any(|rest| rest.split_once(REASON_CLOSE).is_some_and(|(tag, _)| tag.parse::<Self>().is_ok()))
    }

    /// The tag's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AttemptTag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if text.is_empty() || text.len() > MAX_TAG || !plain {
            return Err(Invalid::new("tag", "must be 1 to 30 characters of A-Z a-z 0-9 _ -"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<&str> for AttemptTag {
    type Error = Invalid;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for AttemptTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AttemptTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AttemptTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AttemptTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How often an attempt may have been sent; all clones of a request share it.
///
/// A refusal proves that nothing happened only on the first sending: on a repeat, the earlier copy may be the very
/// cause of it. So the clients turn a refusal of a repeat into [`UnknownReason::RefusedOnRepeat`].
///
/// It lives in memory alone: a process that reads an attempt back from storage has to say what it knows of it, by
/// [`already_sent`](Self::already_sent) and [`mark_taken`](Self::mark_taken).
#[derive(Debug, Clone, Default)]
pub struct SendLog(Arc<Sendings>);

#[derive(Debug, Default)]
struct Sendings {
    /// Sendings that may have happened, or are being prepared.
    count: AtomicU32,
    taken: AtomicBool,
}

impl SendLog {
    /// An attempt that was never sent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An attempt that an earlier process may have sent.
    #[must_use]
    pub fn already_sent() -> Self {
        let log = Self::new();
        log.mark_possibly_sent();
        log
    }

    /// Whether it may have been sent.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.count.load(Ordering::SeqCst) > 0
    }

    /// Notes that an earlier process may have sent it, for every clone.
    pub fn mark_possibly_sent(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the gateway has said to some copy that it took the cancel, whatever else its answer said.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.0.taken.load(Ordering::SeqCst)
    }

    /// Notes that the gateway said that it took the cancel, for every clone. An unchanged balance is then no proof
    /// that nothing happens: it may have been taken by somebody who decides later.
    pub fn mark_taken(&self) {
        self.0.taken.store(true, Ordering::SeqCst);
    }

    /// Notes a sending that begins now. Call it right before the first byte may leave; hand the ticket to
    /// [`SendLog::judge`]. A ticket that is dropped instead leaves the attempt possibly sent.
    pub fn begin(&self) -> SendTicket {
        let mut ticket = self.prepare();
        ticket.leaves();
        ticket
    }

    /// Notes a sending that still has to be prepared, by a token for instance. Call [`SendTicket::leaves`] right
    /// before the first byte may leave; a ticket that is dropped before that never was.
    pub fn prepare(&self) -> SendTicket {
        SendTicket { log: self.clone(), before: self.0.count.fetch_add(1, Ordering::SeqCst), keeps: false }
    }

    /// Notes how a sending ended, and takes back a refusal that an earlier or simultaneous copy may have caused.
    ///
    /// # Errors
    /// The outcome's own, with `Rejected` and `NotSent` become `Unknown` where another copy may have been sent.
    pub fn judge<T>(
        &self,
        mut ticket: SendTicket,
        outcome: Result<T, CancelError>,
    ) -> Result<T, CancelError> {
        // the count is settled here, whatever the ticket was told
        ticket.keeps = true;
        let count = &self.0.count;
        match outcome {
            Err(CancelError::NotSent(error)) => {
                // nothing left: this sending never was, which says nothing of the other copies
                let alone = count.fetch_sub(1, Ordering::SeqCst) == 1;
                if alone {
                    return Err(CancelError::NotSent(error));
                }
                Err(Unknown::new(UnknownReason::NotSentOnRepeat).with_source(error).into())
            }
            Err(CancelError::Invalid(error)) => {
                count.fetch_sub(1, Ordering::SeqCst);
                Err(CancelError::Invalid(error))
            }
            Err(CancelError::Rejected(refusal)) => {
                let alone = ticket.before == 0 && count.load(Ordering::SeqCst) == 1;
                if alone {
                    return Err(CancelError::Rejected(refusal));
                }
                Err(Unknown::new(UnknownReason::RefusedOnRepeat)
                    .with_http_status(refusal.http_status())
                    .with_answer(refusal.code(), refusal.message().clone())
                    .into())
            }
            other => other,
        }
    }
}

/// One sending of an attempt, from [`SendLog::begin`] or [`SendLog::prepare`] to [`SendLog::judge`].
#[derive(Debug)]
#[must_use = "a prepared sending that is dropped never was"]
pub struct SendTicket {
    log: SendLog,
    before: u32,
    /// Whether it stays counted when it is dropped.
    keeps: bool,
}

impl SendTicket {
    /// Says that the first byte may leave now: from here on the attempt counts as possibly sent, even if nobody
    /// waits for the end.
    pub const fn leaves(&mut self) {
        self.keeps = true;
    }

    /// Whether another copy was sent before this one, may have been, or is on its way.
    #[must_use]
    pub const fn is_repeat(&self) -> bool {
        self.before > 0
    }
}

impl Drop for SendTicket {
    fn drop(&mut self) {
        if !self.keeps {
            self.log.0.count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{NotSent, NotSentPhase, Rejected, RejectionKind};
    use crate::text::GatewayText;

    fn rejected() -> Result<(), CancelError> {
        Err(Rejected::new(RejectionKind::Amount, "1", GatewayText::default(), 200).into())
    }

    #[test]
    fn tags_are_short_and_never_the_same() {
        let (a, b) = (AttemptTag::random().unwrap(), AttemptTag::random().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.as_str().len(), 27);
        assert_eq!(a.as_str().parse::<AttemptTag>().unwrap(), a);
        assert_eq!((a.to_string().as_str(), format!("{a:?}").as_str()), (a.as_str(), a.as_str()));
        let longest = "x".repeat(30);
        assert_eq!(longest.parse::<AttemptTag>().unwrap().as_str(), longest);
        for bad in ["", "a b", "가", "a/b", &"x".repeat(31)] {
            assert!(bad.parse::<AttemptTag>().is_err());
        }
    }

    #[test]
    fn every_character_of_a_tag_is_random() {
        let tags: Vec<_> = (0..2_000).map(|_| AttemptTag::random().unwrap()).collect();
        for at in 1..27 {
            let drawn: std::collections::BTreeSet<u8> =
                tags.iter().map(|tag| tag.as_str().as_bytes()[at]).collect();
            // 128 bits are 25 characters of 5 bits and one of 3
            assert_eq!(drawn.len(), if at == 26 { 8 } else { 32 }, "place {at}");
            assert!(drawn.iter().all(|c| BASE32.contains(c)));
        }
    }

    #[test]
    fn a_tag_is_found_in_a_reason_only_whole() {
        let tag: AttemptTag = "cTAG".parse().unwrap();
        assert!(AttemptTag::stands_in(&format!("{} 변심", tag.in_reason())));
        for none in ["", "변심", "[c:", "[c:]", "[c:cTA", "[c:a b]", "c:cTAG]"] {
            assert!(!AttemptTag::stands_in(none), "{none}");
        }
    }

    #[test]
    fn a_refusal_is_believed_on_the_first_sending_alone() {
        let log = SendLog::new();
        let first = log.begin();
        assert!(matches!(log.judge(first, rejected()), Err(CancelError::Rejected(_))));
        let second = log.begin();
        let Err(CancelError::Unknown(unknown)) = log.judge(second, rejected()) else {
            panic!("must be unknown")
        };
        assert_eq!(unknown.reason(), UnknownReason::RefusedOnRepeat);
    }

    #[test]
    fn what_was_not_sent_does_not_count() {
        let log = SendLog::new();
        let first = log.begin();
        assert!(log.judge::<()>(first, Err(NotSent::new(NotSentPhase::Connect).into())).is_err());
        let second = log.clone().begin();
        assert!(matches!(log.judge(second, rejected()), Err(CancelError::Rejected(_))));
    }

    #[test]
    fn not_sent_says_nothing_of_an_earlier_copy() {
        let not_sent = || Err(NotSent::new(NotSentPhase::Connect).into());
        let log = SendLog::already_sent();
        let ticket = log.begin();
        let Err(CancelError::Unknown(unknown)) = log.judge::<()>(ticket, not_sent()) else {
            panic!("must be unknown")
        };
        assert_eq!(unknown.reason(), UnknownReason::NotSentOnRepeat);
        let log = SendLog::new();
        let ticket = log.begin();
        assert!(matches!(log.judge::<()>(ticket, not_sent()), Err(CancelError::NotSent(_))));
        log.clone().mark_possibly_sent();
        assert!(log.may_have_been_sent());
    }

    #[test]
    fn simultaneous_copies_spoil_each_others_refusals() {
        let log = SendLog::new();
        let (first, second) = (log.begin(), log.begin());
        assert!(matches!(log.judge(first, rejected()), Err(CancelError::Unknown(_))));
        assert!(matches!(log.judge(second, rejected()), Err(CancelError::Unknown(_))));
    }

    #[test]
    fn a_thawed_attempt_counts_as_sent() {
        let log = SendLog::already_sent();
        let ticket = log.begin();
        assert!(matches!(log.judge(ticket, rejected()), Err(CancelError::Unknown(_))));
    }

    #[test]
    fn a_sending_that_was_only_prepared_never_was() {
        let log = SendLog::new();
        drop(log.prepare());
        assert!(!log.may_have_been_sent());
        // while it is being prepared it spoils another copy's refusal all the same
        let (prepared, other) = (log.prepare(), log.begin());
        assert!(!prepared.is_repeat() && other.is_repeat());
        assert!(matches!(log.judge(other, rejected()), Err(CancelError::Unknown(_))));
        drop(prepared);
        assert!(log.may_have_been_sent());
    }

    #[test]
    fn a_sending_that_left_stays_counted_when_it_is_dropped() {
        let log = SendLog::new();
        let mut ticket = log.prepare();
        ticket.leaves();
        drop(ticket);
        assert!(log.may_have_been_sent());
        let log = SendLog::new();
        drop(log.begin());
        assert!(log.may_have_been_sent());
        // judged without a word of leaving: it counts like any other
        let log = SendLog::new();
        let ticket = log.prepare();
        assert!(log.judge(ticket, Ok(())).is_ok());
        assert!(log.may_have_been_sent());
    }

    #[test]
    fn what_was_taken_is_known_to_every_clone() {
        let log = SendLog::new();
        assert!(!log.was_taken());
        log.clone().mark_taken();
        assert!(log.was_taken() && !log.may_have_been_sent());
    }
}
