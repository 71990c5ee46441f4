//! Every transport event of the outcome table, on real sockets: refused, reset, silent, cut, redirected, garbled …

use std::sync::Arc;
use std::time::Duration;

use pg_core::CancelGateway;
use pg_sandbox::{BodyKind, FaultKind, Options};

use crate::kind::Kind;
use crate::over::Over;
use crate::report::Report;
use crate::truth::{cancel, check, converge};
use crate::world::{ALONE, NOON, Patience, World};

/// One event: what goes wrong, and which words the client may use for it.
struct Event {
    name: &'static str,
    fault: FaultKind,
    /// Words allowed when the ledger took the cancel before, and when not. Early faults never reach the ledger.
    words: &'static [&'static str],
}

const UNKNOWN: &[&str] = &["unknown"];
const NOT_SENT: &[&str] = &["not_sent"];
/// The connection may break before or after it counts as made.
const NOBODY_KNOWS: &[&str] = &["unknown", "not_sent"];
const ANY_DONE: &[&str] = &["completed", "accepted"];

fn events() -> Vec<Event> {
    let event = |name, fault, words| Event { name, fault, words };
    let mut events = vec![
        event("connection refused", FaultKind::RefuseConnections, NOT_SENT),
        event("accepted, never read", FaultKind::StallBeforeReading, UNKNOWN),
        event("reset at accept", FaultKind::ResetOnAccept, NOBODY_KNOWS),
        event("closed at accept", FaultKind::CloseOnAccept, NOBODY_KNOWS),
        event("closed with bytes unread", FaultKind::CloseBeforeReading, UNKNOWN),
        event("reset after 1 byte", FaultKind::ResetAfterBytes(1), UNKNOWN),
        event("reset within the head", FaultKind::ResetAfterBytes(60), UNKNOWN),
        event("stalled within the head", FaultKind::StallAfterBytes(60), UNKNOWN),
        event("silence", FaultKind::Silence, UNKNOWN),
        event("closed without answer", FaultKind::CloseWithoutAnswer, UNKNOWN),
        event("reset without answer", FaultKind::Reset, UNKNOWN),
        event("head only", FaultKind::HeadOnly, UNKNOWN),
        event("body cut at 0", FaultKind::CutBody(0), UNKNOWN),
        event("body cut at 10", FaultKind::CutBody(10), UNKNOWN),
        event("body stalled", FaultKind::StallBody(10), UNKNOWN),
        event("close-delimited body cut", FaultKind::CloseDelimitedCut(9), UNKNOWN),
        event("not http", FaultKind::Garbage, UNKNOWN),
        event("1xx only", FaultKind::Interim100, UNKNOWN),
        event("huge body", FaultKind::HugeBody(3_000_000), UNKNOWN),
        event("endless body", FaultKind::EndlessBody, UNKNOWN),
        event("a byte at a time", FaultKind::SlowBody(Duration::from_millis(50)), UNKNOWN),
        event("not json", FaultKind::Malformed, UNKNOWN),
        event("deciding key twice", FaultKind::DuplicateKeys, UNKNOWN),
        event("trailing bytes", FaultKind::TrailingBytes, UNKNOWN),
        event("nested too deep", FaultKind::DeepJson(200), UNKNOWN),
        event("wrong charset", FaultKind::WrongCharset, &["unknown", "completed", "accepted"]),
        event("another payment", FaultKind::OtherPayment, UNKNOWN),
        event("another amount", FaultKind::OtherAmount, UNKNOWN),
        event("another currency", FaultKind::OtherCurrency, UNKNOWN),
        event("success that shows the old state", FaultKind::OldState, UNKNOWN),
        event("success without facts", FaultKind::NullResponse, UNKNOWN),
        event("unknown members", FaultKind::ExtraFields, ANY_DONE),
        event("slow answer", FaultKind::Latency(Duration::from_millis(100)), ANY_DONE),
    ];
    for status in [301, 302, 303, 307, 308] {
        events.push(event("redirect", FaultKind::Redirect(status, "http://127.0.0.1:9/".into()), UNKNOWN));
    }
    for status in [400, 401, 403, 404, 405, 408, 409, 413, 425, 429, 500, 502, 503, 504] {
        for body in [BodyKind::Empty, BodyKind::Html, BodyKind::WrongEnvelope] {
            events.push(event("status without the envelope", FaultKind::Status(status, body), UNKNOWN));
        }
    }
    for status in [408, 409, 425, 429, 500, 502, 503, 504] {
        let body = BodyKind::Envelope("1".into(), "취소할 결제건이 존재하지 않습니다.".into());
        events.push(event("status with an envelope", FaultKind::Status(status, body), UNKNOWN));
    }
    events
}

/// Whether an event cannot be told from a good answer in a wire form that carries no such fact.
fn invisible(kind: Kind, fault: &FaultKind) -> bool {
    match kind {
        // the flat answer names no payment, no amount and no currency
        Kind::SettlebankFlat => {
            matches!(
                fault,
                FaultKind::OtherPayment
                    | FaultKind::OtherAmount
                    | FaultKind::OtherCurrency
                    | FaultKind::OldState
            )
        }
        // the standard answer carries no currency
        Kind::SettlebankStandard => matches!(fault, FaultKind::OtherCurrency),
        Kind::Chaiport | Kind::Eximbay => false,
    }
}

/// Runs every event for one gateway, applied and not applied, each followed by recovery with the faults off.
pub async fn run(kind: Kind, over: Over) -> Report {
    let mut report = Report::default();
    let world = Arc::new(World::start(Patience::SHORT_ALONE.over(over)).await);
    let client = world.client(kind);
    for event in events() {
        let early = event.fault.is_early();
        // a success that was never carried out is a lie that no client can see
        let honest = matches!(event.fault, FaultKind::Latency(_) | FaultKind::ExtraFields);
        let both = if early {
            &[false][..]
        } else if honest {
            &[true][..]
        } else {
            &[true, false]
        };
        for applied in both {
            one(&mut report, &world, client.as_ref(), kind, &event, *applied).await;
        }
    }
    report.merge(tls(kind, over).await);
    report
}

async fn one(
    report: &mut Report,
    world: &World,
    client: &dyn CancelGateway,
    kind: Kind,
    event: &Event,
    applied: bool,
) {
    let what = format!("{kind}, {} {:?}, applied={applied}", event.name, event.fault);
    let paid = world.pay(kind);
    // Chaiport's token is fetched before the fault is armed
    if client.look_up(&paid.payment).await.is_err() {
        report.violate(format!("{what}: the look-up before it failed"));
    }
    world.arm(kind, &event.fault, applied).await;
    let order = world.order(&paid, 3_000, 10_000, 1);
    let tried = cancel(world, client, &paid, &order).await;
    let word = tried.label();
    if !event.words.contains(&word) && !invisible(kind, &event.fault) {
        report.violate(format!("{what}: said {word}, expected {:?}", event.words));
    }
    // a success that the sandbox only pretended is a lie no client can see where the answer carries no fact
    if invisible(kind, &event.fault) && !applied {
        report.count(word);
        return world.disarm(kind).await;
    }
    check(report, &what, world, &paid, &order, &tried, 1);
    // Chaiport has asynchronous PGs: what it called a success stays pending, and is never sent again
    let stays_pending = kind == Kind::Chaiport && !applied && says_success(&event.fault);
    if matches!(word, "unknown" | "not_sent") && !stays_pending {
        converge(report, &what, world, client, &paid, &order).await;
    }
    world.disarm(kind).await;
}

/// Whether the answer carries the gateway's success code, with facts that do not fit.
fn says_success(fault: &FaultKind) -> bool {
    matches!(
        fault,
        FaultKind::OtherPayment
            | FaultKind::OtherAmount
            | FaultKind::OtherCurrency
            | FaultKind::OldState
            | FaultKind::NullResponse
    )
}

/// The same over TLS: what fails before the handshake is done was not sent.
async fn tls(kind: Kind, over: Over) -> Report {
    let mut report = Report::default();
    let options = Options::default().start_time(NOON.unix_timestamp()).tls(true);
    let world = World::with_options(options, Patience::SHORT_ALONE.over(over)).await;
    let client = world.client(kind);
    let paid = world.pay(kind);
    if let Err(error) = client.look_up(&paid.payment).await {
        report.violate(format!("{kind} over tls: the look-up failed: {error}"));
    }
    for fault in [
        FaultKind::RefuseConnections,
        FaultKind::StallBeforeReading,
        FaultKind::ResetOnAccept,
        FaultKind::CloseOnAccept,
    ] {
        let what = format!("{kind} over tls, {fault:?}");
        world.arm(kind, &fault, false).await;
        let order = world.order(&paid, 3_000, 10_000, 1);
        let tried = cancel(&world, client.as_ref(), &paid, &order).await;
        if tried.label() != "not_sent" {
            report.violate(format!("{what}: said {}, though the handshake never ended", tried.label()));
        }
        check(&mut report, &what, &world, &paid, &order, &tried, 1);
        world.disarm(kind).await;
    }
    let order = world.order(&paid, 3_000, 10_000, 1);
    let tried = cancel(&world, client.as_ref(), &paid, &order).await;
    if tried.outcome.is_err() {
        report.violate(format!("{kind} over tls: a plain cancel was {}", tried.label()));
    }
    check(&mut report, &format!("{kind} over tls"), &world, &paid, &order, &tried, 1);
    if !matches!(client.reconcile(&order, ALONE).await, Ok(pg_core::Verdict::Applied { .. })) {
        report.violate(format!("{kind} over tls: the cancel was not found again"));
    }
    report
}
