//! Playing the cases, one call at a time: the peak of memory is the process's.

use std::time::Instant;

use pg_core::CancelGateway;
use pg_sandbox::{Fault, FaultKind, Operation};

use super::cases::{self, Case, Readable};
use super::elsewhere::Elsewhere;
use super::{Asked, GRACE, MAX_PEAK, Meter, Outcome, Row, tls};
use crate::kind::Kind;
use crate::over::Over;
use crate::report::Report;
use crate::truth::{Tried, cancel, check, converge};
use crate::world::{Paid, Patience, World};

/// Plays every case at one gateway, plain and over TLS.
pub async fn run(kind: Kind, over: Over, meter: Meter) -> Outcome {
    let mut outcome = Outcome::default();
    let elsewhere = Elsewhere::listen().await;
    let quick = World::start(Patience::LONG.over(over)).await;
    let slow = World::start(Patience::SHORT_ALONE.over(over)).await;
    for case in cases::all(&elsewhere.url()) {
        let stage = Stage::new(if case.slow { &slow } else { &quick }, kind, meter);
        for asked in case.asked {
            stage.play(&mut outcome, &case, *asked).await;
        }
    }
    let stage = Stage::new(&quick, kind, meter);
    stage.unasked_answer(&mut outcome.report).await;
    if elsewhere.seen() > 0 {
        outcome.report.violate(format!("{kind}: {} connections went to another host", elsewhere.seen()));
    }
    if !elsewhere.notices().await {
        outcome.report.violate("the other host would not have noticed a connection");
    }
    outcome.merge(tls::run(kind, over, meter).await);
    outcome
}

/// Where a case is played.
pub(super) struct Stage<'a> {
    pub(super) world: &'a World,
    pub(super) kind: Kind,
    pub(super) meter: Meter,
}

impl<'a> Stage<'a> {
    pub(super) const fn new(world: &'a World, kind: Kind, meter: Meter) -> Self {
        Self { world, kind, meter }
    }

    /// Runs one call and notes its figures.
    pub(super) async fn measured<T>(
        &self,
        outcome: &mut Outcome,
        (case, asked): (&str, Asked),
        call: impl Future<Output = T>,
        word: impl FnOnce(&T) -> &'static str,
    ) -> T {
        // boxed first, so that the future itself does not count
        let call = Box::pin(call);
        let before = (self.meter.current)();
        (self.meter.reset)();
        let started = Instant::now();
        let result = call.await;
        let took = started.elapsed();
        let peak = (self.meter.peak)().saturating_sub(before);
        let row = Row { case: case.to_owned(), kind: self.kind, asked, outcome: word(&result), took, peak };
        let limit = self.world.patience().total.saturating_add(GRACE);
        if took > limit {
            outcome.report.violate(format!("{}, {case}, {asked}: took {} ms", self.kind, took.as_millis()));
        }
        if peak > MAX_PEAK {
            outcome.report.violate(format!("{}, {case}, {asked}: took {peak} bytes at its peak", self.kind));
        }
        outcome.rows.push(row);
        result
    }

    async fn play(&self, outcome: &mut Outcome, case: &Case, asked: Asked) {
        match asked {
            Asked::Cancel => {
                // a success of what never happened is a lie that nobody can see where nothing in it is wrong
                let honest = case.readable(self.kind, asked) != Readable::Never;
                let both: &[bool] = match (honest, case.lies) {
                    (true, _) => &[true],
                    (false, true) => &[true, false],
                    // what cannot be read looks the same either way: half the gateways each
                    (false, false) if matches!(self.kind, Kind::Chaiport | Kind::SettlebankFlat) => &[true],
                    (false, false) => &[false],
                };
                for applied in both {
                    self.cancel(outcome, case, *applied).await;
                }
            }
            Asked::LookUp => self.look_up(outcome, case).await,
            Asked::Token if self.kind == Kind::Chaiport => self.token(outcome, case).await,
            Asked::Token => {}
        }
        self.world.disarm(self.kind).await;
    }

    pub(super) async fn cancel(&self, outcome: &mut Outcome, case: &Case, applied: bool) {
        let (world, kind) = (self.world, self.kind);
        let what = format!("{kind}, {}, cancel, applied={applied}", case.name);
        let client = world.client(kind);
        let paid = world.pay(kind);
        // Chaiport's token is fetched before
        if client.look_up(&paid.payment).await.is_err() {
            outcome.report.violate(format!("{what}: the look-up before it failed"));
        }
        world.arm(kind, &case.fault, applied).await;
        let order = world.order(&paid, 3_000, 10_000, 1);
        let call = cancel(world, client.as_ref(), &paid, &order);
        let tried = self.measured(outcome, (&case.name, Asked::Cancel), call, Tried::label).await;
        let report = &mut outcome.report;
        let word = tried.label();
        let fits = match case.readable(kind, Asked::Cancel) {
            Readable::Never => word == "unknown",
            Readable::Always => matches!(word, "completed" | "accepted"),
            Readable::Perhaps => matches!(word, "completed" | "accepted" | "unknown"),
        };
        if !fits {
            report.violate(format!("{what}: said {:?}", tried.outcome));
        }
        check(report, &what, world, &paid, &order, &tried, 1);
        // what Chaiport called a success may be decided later by its PG, and is never sent again
        let stays_pending = kind == Kind::Chaiport && !applied && case.lies;
        if word == "unknown" && !stays_pending {
            converge(report, &what, world, client.as_ref(), &paid, &order).await;
        }
    }

    pub(super) async fn look_up(&self, outcome: &mut Outcome, case: &Case) {
        let (world, kind) = (self.world, self.kind);
        let what = format!("{kind}, {}, look-up", case.name);
        let client = world.client(kind);
        let paid = self.part_refunded(&mut outcome.report, client.as_ref(), &what).await;
        self.arm(Operation::LookUp, &case.fault);
        let call = client.look_up(&paid.payment);
        let word = |found: &Result<_, _>| if found.is_ok() { "found" } else { "failed" };
        let found = self.measured(outcome, (&case.name, Asked::LookUp), call, word).await;
        let report = &mut outcome.report;
        match (&found, case.readable(kind, Asked::LookUp)) {
            (Ok(_), Readable::Never) => report.violate(format!("{what}: was believed: {found:?}")),
            (Err(error), Readable::Always) => report.violate(format!("{what}: failed: {error:?}")),
            _ => {}
        }
        if let Ok(state) = &found
            && (state.balance.minor(), state.paid) != (world.ledger(&paid).balance, paid.total())
        {
            report.violate(format!("{what}: told {state:?}, and the books say otherwise"));
        }
    }

    async fn token(&self, outcome: &mut Outcome, case: &Case) {
        let (world, kind) = (self.world, self.kind);
        let what = format!("{kind}, {}, token", case.name);
        // a client of its own, without a token yet
        let client = world.client(kind);
        let paid = world.pay(kind);
        self.arm(Operation::Token, &case.fault);
        let order = world.order(&paid, 3_000, 10_000, 1);
        let call = cancel(world, client.as_ref(), &paid, &order);
        let tried = self.measured(outcome, (&case.name, Asked::Token), call, Tried::label).await;
        let report = &mut outcome.report;
        let word = tried.label();
        let fits = match case.readable(kind, Asked::Token) {
            Readable::Never => word == "not_sent",
            Readable::Always => word == "completed",
            Readable::Perhaps => matches!(word, "completed" | "not_sent"),
        };
        if !fits {
            report.violate(format!("{what}: said {:?}", tried.outcome));
        }
        check(report, &what, world, &paid, &order, &tried, 1);
    }

    /// A payment of which 4,000 won are refunded, so that there is a history to read.
    async fn part_refunded(&self, report: &mut Report, client: &dyn CancelGateway, what: &str) -> Paid {
        let paid = self.world.pay(self.kind);
        let order = self.world.order(&paid, 4_000, 10_000, 1);
        if client.cancel(&order).await.is_err() {
            report.violate(format!("{what}: the cancel before it failed"));
        }
        paid
    }

    fn arm(&self, operation: Operation, fault: &FaultKind) {
        self.world.sandbox.fault(Fault::on(self.kind.sandbox(), operation).kind(fault.clone()));
    }

    /// An answer that lies ready on a connection must not become the answer to the next request.
    async fn unasked_answer(&self, report: &mut Report) {
        let (world, kind) = (self.world, self.kind);
        let what = format!("{kind}, an answer that lay ready");
        let client = world.client(kind);
        for _ in 0..4 {
            let (first, second) = (world.pay(kind), world.pay(kind));
            world.arm(kind, &FaultKind::SecondAnswer, true).await;
            let order = world.order(&first, 3_000, 10_000, 1);
            let tried = cancel(world, client.as_ref(), &first, &order).await;
            check(report, &what, world, &first, &order, &tried, 1);
            world.arm(kind, &FaultKind::CloseWithoutAnswer, false).await;
            let order = world.order(&second, 3_000, 10_000, 1);
            let tried = cancel(world, client.as_ref(), &second, &order).await;
            check(report, &what, world, &second, &order, &tried, 1);
            if tried.label() != "unknown" {
                report.violate(format!("{what}: was taken for the next one's: {:?}", tried.outcome));
            }
            world.disarm(kind).await;
        }
    }
}
