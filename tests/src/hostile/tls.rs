//! The same over TLS, and what fails before the handshake is done: not sent, not a byte.

use pg_sandbox::{Certificate, FaultKind, Operation, Options};

use super::cases::{self, Case};
use super::elsewhere::Elsewhere;
use super::run::Stage;
use super::{Asked, Meter, Outcome};
use crate::kind::Kind;
use crate::over::Over;
use crate::truth::{Tried, cancel, check};
use crate::world::{NOON, Patience, World};

pub(super) async fn run(kind: Kind, over: Over, meter: Meter) -> Outcome {
    let mut outcome = Outcome::default();
    let elsewhere = Elsewhere::listen().await;
    let options = || Options::default().start_time(NOON.unix_timestamp());
    for (name, certificate) in [
        ("a certificate for another host", Certificate::WrongHost),
        ("an expired certificate", Certificate::Expired),
        ("a certificate of an unknown authority", Certificate::Untrusted),
        ("a self-signed certificate", Certificate::SelfSigned),
    ] {
        let world =
            World::with_options(options().tls(true).certificate(certificate), Patience::LONG.over(over))
                .await;
        no_handshake(&mut outcome, &Stage::new(&world, kind, meter), name, None).await;
    }
    let world = World::start(Patience::LONG.over(over)).await.expecting_tls();
    no_handshake(&mut outcome, &Stage::new(&world, kind, meter), "plain text instead of tls", None).await;

    let world = World::with_options(options().tls(true), Patience::SHORT_ALONE.over(over)).await;
    let stage = Stage::new(&world, kind, meter);
    for (name, fault) in [
        ("tls stalled", FaultKind::StallBeforeReading),
        ("tls closed", FaultKind::CloseOnAccept),
        ("tls reset", FaultKind::ResetOnAccept),
        ("tls stalled within the hello", FaultKind::StallAfterBytes(40)),
        ("tls reset within the hello", FaultKind::ResetAfterBytes(40)),
    ] {
        no_handshake(&mut outcome, &stage, name, Some(fault)).await;
    }

    let world = World::with_options(options().tls(true), Patience::LONG.over(over)).await;
    let stage = Stage::new(&world, kind, meter);
    for case in cases::all(&elsewhere.url()).into_iter().filter(over_tls_too) {
        let case = Case { name: format!("tls: {}", case.name), ..case };
        stage.cancel(&mut outcome, &case, true).await;
        world.disarm(kind).await;
        stage.look_up(&mut outcome, &case).await;
        world.disarm(kind).await;
    }
    if elsewhere.seen() > 0 {
        outcome.report.violate(format!("{kind}: a redirect from https to http was followed"));
    }
    outcome
}

/// What behaves otherwise, or costs otherwise, under TLS.
fn over_tls_too(case: &Case) -> bool {
    matches!(
        case.fault,
        FaultKind::HugeBody(_)
            | FaultKind::EndlessBody
            | FaultKind::EndlessHeaders
            | FaultKind::DropAfterBody
            | FaultKind::SecondAnswer
            | FaultKind::BodyOnly
            | FaultKind::Redirect(302 | 307, _)
    )
}

async fn no_handshake(outcome: &mut Outcome, stage: &Stage<'_>, name: &str, fault: Option<FaultKind>) {
    let (world, kind) = (stage.world, stage.kind);
    let what = format!("{kind}, {name}");
    let client = world.client(kind);
    let paid = world.pay(kind);
    let order = world.order(&paid, 3_000, 10_000, 1);
    let before = world.sandbox.count(kind.sandbox(), Operation::Any);
    if let Some(fault) = &fault {
        world.arm(kind, fault, false).await;
    }
    let call = cancel(world, client.as_ref(), &paid, &order);
    let tried = stage.measured(outcome, (name, Asked::Cancel), call, Tried::label).await;
    check(&mut outcome.report, &what, world, &paid, &order, &tried, 1);
    if tried.label() != "not_sent" {
        outcome.report.violate(format!("{what}: said {:?}, though the handshake never ended", tried.outcome));
    }
    if let Some(fault) = &fault {
        world.disarm(kind).await;
        world.arm(kind, fault, false).await;
    }
    let call = client.look_up(&paid.payment);
    let word = |found: &Result<_, _>| if found.is_ok() { "found" } else { "failed" };
    let found = stage.measured(outcome, (name, Asked::LookUp), call, word).await;
    if found.is_ok() {
        outcome.report.violate(format!("{what}: a look-up was answered"));
    }
    // not a byte of a request: what plain text lets the sandbox see is the client's hello
    let seen = world.sandbox.requests().iter().skip(before).filter(|seen| !seen.path.is_empty()).count();
    if seen > 0 {
        outcome.report.violate(format!("{what}: the server read {seen} requests"));
    }
    world.disarm(kind).await;
}
