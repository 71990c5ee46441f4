//! Faults by plan and by seed: what goes wrong, on which request, and whether the ledger had moved before.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::log::Operation;
use crate::options::Gateway;
use crate::rng::Rng;

/// Body of a [`FaultKind::Status`] answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyKind {
    /// No byte.
    Empty,
    /// An HTML page, as an edge server sends.
    Html,
    /// The gateway's own error envelope with this code and message.
    Envelope(String, String),
    /// The error envelope of another gateway.
    WrongEnvelope,
}

/// What goes wrong.
///
/// The first group happens before the request is read; there the ledger is never touched. In the second the
/// whole request was read, and [`Fault::apply`] tells whether the ledger moved before the misbehaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The listener is closed (connection refused) until [`Sandbox::clear_faults`](crate::Sandbox::clear_faults)
    /// or [`Sandbox::accept_connections`](crate::Sandbox::accept_connections).
    RefuseConnections,
    /// The request is left unread; the socket is held.
    StallBeforeReading,
    /// Reset (RST) without reading.
    ResetOnAccept,
    /// Closed (FIN) without reading, at once.
    CloseOnAccept,
    /// Closed without reading, once bytes of the request had arrived (the system turns this into a reset).
    CloseBeforeReading,
    /// Reads exactly so many bytes, then resets.
    ResetAfterBytes(usize),
    /// Reads exactly so many bytes, then holds the socket.
    StallAfterBytes(usize),

    /// No answer; the socket is held.
    Silence,
    /// Closed (FIN) without an answer.
    CloseWithoutAnswer,
    /// Reset (RST) without an answer.
    Reset,
    /// Status line and headers, then nothing.
    HeadOnly,
    /// So many bytes of the body, then FIN.
    CutBody(usize),
    /// So many bytes of the body, then nothing.
    StallBody(usize),
    /// A body without `Content-Length`, cut after so many bytes by FIN: framing cannot show it.
    CloseDelimitedCut(usize),
    /// Bytes that are not HTTP, then FIN.
    Garbage,
    /// This status with this body, instead of the answer.
    Status(u16, BodyKind),
    /// A redirect to this location.
    Redirect(u16, String),
    /// The answer, filled up with spaces to so many bytes.
    HugeBody(usize),
    /// A chunked body that never ends.
    EndlessBody,
    /// The answer's body, one byte at a time with this pause.
    SlowBody(Duration),
    /// A body that is not JSON.
    Malformed,
    /// The answer with its deciding member a second time, contradicting the first.
    DuplicateKeys,
    /// Bytes after the end of the JSON.
    TrailingBytes,
    /// The answer with a member nested so deep.
    DeepJson(usize),
    /// The answer with Korean text in EUC-KR, declared as UTF-8.
    WrongCharset,
    /// The request reaches the ledger only after this time (or by
    /// [`Sandbox::deliver_late`](crate::Sandbox::deliver_late)); the answer follows if anybody still waits.
    Late(Duration),
    /// The network doubles the request; the first answer is returned.
    Twice,
    /// The network doubles the request; the second answer is returned.
    TwiceAnswerSecond,
    /// A refusal with this code and message now; the cancel is carried out by
    /// [`Sandbox::deliver_late`](crate::Sandbox::deliver_late).
    RefusedThenApplied(String, String),
    /// Success that names another payment.
    OtherPayment,
    /// Success that tells another amount.
    OtherAmount,
    /// Success that tells another currency.
    OtherCurrency,
    /// Success that shows the payment as it was before.
    OldState,
    /// The deciding code as another JSON type (a text for a number, a number for a text).
    CodeAsString,
    /// The success code with null where the facts should be.
    NullResponse,
    /// Members that no document knows, on every level.
    ExtraFields,
    /// The right answer, this much later.
    Latency(Duration),
    /// `100 Continue`, then nothing.
    Interim100,
    /// The right answer behind so many header lines.
    HeaderBomb(usize),
    /// The right answer behind one header line of so many bytes.
    LongHeader(usize),
    /// Header lines without end.
    EndlessHeaders,
    /// The right answer with so many `Set-Cookie` lines.
    Cookies(usize),
    /// `103 Early Hints` without end.
    EndlessInterim,
    /// `101 Switching Protocols`, then the answer.
    SwitchProtocols,
    /// The body alone, without status line and headers, then FIN: HTTP/0.9.
    BodyOnly,
    /// A chunk whose size is beyond 64 bits, with the answer in it, then FIN.
    ChunkOverflow,
    /// A chunk whose size line never ends.
    EndlessChunkSize,
    /// The right answer in chunks, then trailer lines without end.
    EndlessTrailers,
    /// The right answer under two lengths that contradict each other, then FIN.
    TwoLengths,
    /// The right answer in chunks, under a `Content-Length` of 10 bytes too.
    LengthAndChunks,
    /// A `Content-Length` so many bytes short: the rest of the body stands where the next answer should.
    ShortLength(usize),
    /// The right answer and, at once behind it, the same answer again, which nobody asked for (response splitting).
    SecondAnswer,
    /// The right answer behind so many spaces, in gzip, which nobody asked for.
    Gzip(usize),
    /// The right answer behind a byte order mark.
    ByteOrderMark,
    /// The right answer in UTF-16.
    Utf16,
    /// Success with this token where the deciding amounts should be: `NaN`, `1e400`, `-0`, …
    Amounts(String),
    /// The right answer with the request (path, `Authorization`, body) in every text that does not decide, and in a
    /// header.
    Echo,
    /// The right answer with this in every text that does not decide, and in a header.
    EchoValue(String),
    /// A complete body without `Content-Length`, then the connection is dropped: under TLS without its closing alert,
    /// so that nobody can tell whether the body was cut.
    DropAfterBody,
}

impl FaultKind {
    /// Whether it happens before the request is read.
    pub fn is_early(&self) -> bool {
        matches!(
            self,
            Self::RefuseConnections
                | Self::StallBeforeReading
                | Self::ResetOnAccept
                | Self::CloseOnAccept
                | Self::CloseBeforeReading
                | Self::ResetAfterBytes(_)
                | Self::StallAfterBytes(_)
        )
    }

    /// The name, as the request log and the admin API write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RefuseConnections => "refuse_connections",
            Self::StallBeforeReading => "stall_before_reading",
            Self::ResetOnAccept => "reset_on_accept",
            Self::CloseOnAccept => "close_on_accept",
            Self::CloseBeforeReading => "close_before_reading",
            Self::ResetAfterBytes(_) => "reset_after_bytes",
            Self::StallAfterBytes(_) => "stall_after_bytes",
            Self::Silence => "silence",
            Self::CloseWithoutAnswer => "close_without_answer",
            Self::Reset => "reset",
            Self::HeadOnly => "head_only",
            Self::CutBody(_) => "cut_body",
            Self::StallBody(_) => "stall_body",
            Self::CloseDelimitedCut(_) => "close_delimited_cut",
            Self::Garbage => "garbage",
            Self::Status(..) => "status",
            Self::Redirect(..) => "redirect",
            Self::HugeBody(_) => "huge_body",
            Self::EndlessBody => "endless_body",
            Self::SlowBody(_) => "slow_body",
            Self::Malformed => "malformed",
            Self::DuplicateKeys => "duplicate_keys",
            Self::TrailingBytes => "trailing_bytes",
            Self::DeepJson(_) => "deep_json",
            Self::WrongCharset => "wrong_charset",
            Self::Late(_) => "late",
            Self::Twice => "twice",
            Self::TwiceAnswerSecond => "twice_answer_second",
            Self::RefusedThenApplied(..) => "refused_then_applied",
            Self::OtherPayment => "other_payment",
            Self::OtherAmount => "other_amount",
            Self::OtherCurrency => "other_currency",
            Self::OldState => "old_state",
            Self::CodeAsString => "code_as_string",
            Self::NullResponse => "null_response",
            Self::ExtraFields => "extra_fields",
            Self::Latency(_) => "latency",
            Self::Interim100 => "interim_100",
            Self::HeaderBomb(_) => "header_bomb",
            Self::LongHeader(_) => "long_header",
            Self::EndlessHeaders => "endless_headers",
            Self::Cookies(_) => "cookies",
            Self::EndlessInterim => "endless_interim",
            Self::SwitchProtocols => "switch_protocols",
            Self::BodyOnly => "body_only",
            Self::ChunkOverflow => "chunk_overflow",
            Self::EndlessChunkSize => "endless_chunk_size",
            Self::EndlessTrailers => "endless_trailers",
            Self::TwoLengths => "two_lengths",
            Self::LengthAndChunks => "length_and_chunks",
            Self::ShortLength(_) => "short_length",
            Self::SecondAnswer => "second_answer",
            Self::Gzip(_) => "gzip",
            Self::ByteOrderMark => "byte_order_mark",
            Self::Utf16 => "utf_16",
            Self::Amounts(_) => "amounts",
            Self::Echo => "echo",
            Self::EchoValue(_) => "echo_value",
            Self::DropAfterBody => "drop_after_body",
        }
    }
}

/// A fault in the plan: on which requests, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Fault {
    pub(crate) gateway: Gateway,
    pub(crate) operation: Operation,
    pub(crate) nth: usize,
    pub(crate) times: usize,
    pub(crate) kind: FaultKind,
    pub(crate) apply: bool,
}

impl Fault {
    /// A fault on the next request of this operation ([`Operation::Any`]: of any). It is
    /// [`FaultKind::Silence`] after applying until [`kind`](Fault::kind) and [`apply`](Fault::apply) say
    /// otherwise.
    pub fn on(gateway: Gateway, operation: Operation) -> Self {
        Self { gateway, operation, nth: 0, times: 1, kind: FaultKind::Silence, apply: true }
    }

    /// Lets so many matching requests pass first; 0 is the next.
    pub fn nth(mut self, nth: usize) -> Self {
        self.nth = nth;
        self
    }

    /// On how many matching requests in a row. Default 1.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// On every matching request from then on.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// What goes wrong.
    pub fn kind(mut self, kind: FaultKind) -> Self {
        self.kind = kind;
        self
    }

    /// Whether the ledger takes the request before the misbehaviour. Default true. Without effect on faults
    /// that happen before the request is read.
    pub fn apply(mut self, apply: bool) -> Self {
        self.apply = apply;
        self
    }
}

/// Rates of random faults, each in thousandths of the requests it may strike. All 0 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Cancel lost before the ledger saw it: silence, FIN or RST.
    pub lost_before: u32,
    /// Cancel applied, answer lost: silence, FIN or RST.
    pub applied_lost: u32,
    /// Cancel applied, answered 500, 502, 503 or 504.
    pub server_error_applied: u32,
    /// Cancel not applied, answered 500, 502, 503 or 504.
    pub server_error_not_applied: u32,
    /// Answered rightly, then connections are refused for some milliseconds.
    pub refused: u32,
    /// Cancel applied, body cut.
    pub cut_body: u32,
    /// Cancel applied or not, answered by a redirect.
    pub redirect: u32,
    /// Cancel doubled by the network.
    pub duplicate: u32,
    /// Cancel that reaches the ledger late, after 5–500 ms.
    pub late: u32,
    /// Look-up answered 500 or by FIN.
    pub look_up_fails: u32,
    /// Whether silence is among the ways to lose (it costs the client its time-out); else FIN and RST only.
    pub silence: bool,
}

/// When in a connection's life a fault is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Early,
    Answer,
}

#[derive(Debug, Default)]
struct Armed {
    plan: VecDeque<Fault>,
    random: Option<(Rng, Rates)>,
}

/// The plan of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    armed: Mutex<Armed>,
    early: AtomicUsize,
    late: AtomicUsize,
}

impl FaultPlan {
    fn armed(&self) -> MutexGuard<'_, Armed> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recount(&self, armed: &Armed) {
        let early = armed.plan.iter().filter(|fault| fault.kind.is_early()).count();
        self.early.store(early, Ordering::SeqCst);
        let random = usize::from(armed.random.is_some());
        self.late.store(armed.plan.len().saturating_sub(early).saturating_add(random), Ordering::SeqCst);
    }

    pub(crate) fn add(&self, fault: Fault) {
        let mut armed = self.armed();
        armed.plan.push_back(fault);
        self.recount(&armed);
    }

    pub(crate) fn clear(&self) {
        let mut armed = self.armed();
        *armed = Armed::default();
        self.recount(&armed);
    }

    pub(crate) fn random(&self, seed: u64, rates: Rates) {
        let mut armed = self.armed();
        armed.random = (rates != Rates::default()).then(|| (Rng::new(seed), rates));
        self.recount(&armed);
    }

    /// Whether an early fault is armed at all; asked before every read, so it must cost nothing.
    pub(crate) fn has_early(&self) -> bool {
        self.early.load(Ordering::SeqCst) > 0
    }

    /// The fault for a connection that was just accepted. Before TLS no operation can be seen, so there every
    /// early fault strikes; else those that are limited to no operation.
    pub(crate) fn take_at_accept(&self, gateway: Gateway, tls: bool) -> Option<Fault> {
        let mut armed = self.armed();
        let struck = strike(&mut armed, |fault| {
            let at_once = matches!(
                fault.kind,
                FaultKind::ResetOnAccept | FaultKind::CloseOnAccept | FaultKind::StallBeforeReading
            );
            fault.gateway == gateway
                && fault.kind.is_early()
                && (tls || (fault.operation == Operation::Any && at_once))
        });
        self.recount(&armed);
        struck
    }

    /// The fault for this request, if any; uses up one of its times.
    pub(crate) fn take(&self, gateway: Gateway, operation: Operation, stage: Stage) -> Option<Fault> {
        let counter = if stage == Stage::Early { &self.early } else { &self.late };
        if counter.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let mut armed = self.armed();
        let mut struck = strike(&mut armed, |fault| {
            fault.gateway == gateway
                && (fault.operation == Operation::Any || fault.operation == operation)
                && fault.kind.is_early() == (stage == Stage::Early)
        });
        if struck.is_some() {
            self.recount(&armed);
        } else if stage == Stage::Answer {
            struck = armed.random.as_ref().and_then(|(rng, rates)| draw(rng, rates, gateway, operation));
        }
        struck
    }
}

/// Counts down every fault that matches; the first whose turn it is strikes.
fn strike(armed: &mut Armed, matches: impl Fn(&Fault) -> bool) -> Option<Fault> {
    let mut struck = None;
    for fault in armed.plan.iter_mut().filter(|fault| fault.times > 0 && matches(fault)) {
        if fault.nth > 0 {
            fault.nth = fault.nth.saturating_sub(1);
        } else if struck.is_none() {
            struck = Some(fault.clone());
            if fault.times != usize::MAX {
                fault.times = fault.times.saturating_sub(1);
            }
        }
    }
    armed.plan.retain(|fault| fault.times > 0);
    struck
}
fn draw(rng: &Rng, rates: &Rates, gateway: Gateway, operation: Operation) -> Option<Fault> {
    let lose = || match rng.below(if rates.silence { 3 } else { 2 }) {
        0 => FaultKind::CloseWithoutAnswer,
        1 => FaultKind::Reset,
        _ => FaultKind::Silence,
    };
    let server_error = || {
        let status = match rng.below(4) {
            0 => 500,
            1 => 502,
            2 => 503,
            _ => 504,
        };
        FaultKind::Status(status, if rng.below(2) == 0 { BodyKind::Html } else { BodyKind::Empty })
    };
    let dice = rng.below(1000);
    let mut floor = 0_u64;
    let mut within = |rate: u32| {
        let from = floor;
        floor = floor.saturating_add(u64::from(rate));
        dice >= from && dice < floor
    };
    let made = |kind: FaultKind, apply: bool| Some(Fault::on(gateway, operation).kind(kind).apply(apply));
    match operation {
        Operation::Cancel if within(rates.lost_before) => made(lose(), false),
        Operation::Cancel if within(rates.applied_lost) => made(lose(), true),
        Operation::Cancel if within(rates.server_error_applied) => made(server_error(), true),
        Operation::Cancel if within(rates.server_error_not_applied) => made(server_error(), false),
        Operation::Cancel if within(rates.refused) => made(FaultKind::RefuseConnections, true),
        Operation::Cancel if within(rates.cut_body) => {
            made(FaultKind::CutBody(usize::try_from(rng.below(40)).unwrap_or(0)), true)
        }
        Operation::Cancel if within(rates.redirect) => {
            made(FaultKind::Redirect(302, "/elsewhere".to_owned()), rng.below(2) == 0)
        }
        Operation::Cancel if within(rates.duplicate) => {
            made(if rng.below(2) == 0 { FaultKind::Twice } else { FaultKind::TwiceAnswerSecond }, true)
        }
        Operation::Cancel if within(rates.late) => {
            made(FaultKind::Late(Duration::from_millis(rng.below(496).saturating_add(5))), true)
        }
        Operation::LookUp if within(rates.look_up_fails) => {
            made(if rng.below(2) == 0 { FaultKind::CloseWithoutAnswer } else { server_error() }, true)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_a_queue_with_counters() {
        let plan = FaultPlan::default();
        let on = || Fault::on(Gateway::Eximbay, Operation::Cancel);
        plan.add(on().nth(1).kind(FaultKind::Reset));
        plan.add(on().times(2).kind(FaultKind::Garbage));
        let take = || plan.take(Gateway::Eximbay, Operation::Cancel, Stage::Answer).map(|f| f.kind.name());
        assert_eq!(plan.take(Gateway::Eximbay, Operation::LookUp, Stage::Answer), None);
        assert_eq!(plan.take(Gateway::Chaiport, Operation::Cancel, Stage::Answer), None);
        assert_eq!(take(), Some("garbage"));
        assert_eq!(take(), Some("reset"));
        assert_eq!(take(), Some("garbage"));
        assert_eq!(take(), None);
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let rates = Rates { applied_lost: 300, duplicate: 300, ..Rates::default() };
        let run = || {
            let plan = FaultPlan::default();
            plan.random(7, rates);
            (0..50)
                .map(|_| {
                    plan.take(Gateway::Chaiport, Operation::Cancel, Stage::Answer).map(|f| f.kind.name())
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        assert!(run().iter().any(Option::is_some) && run().iter().any(Option::is_none));
    }
}
