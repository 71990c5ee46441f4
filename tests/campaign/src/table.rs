//! Every crash point × every answer × {full, partial, last slice} × every gateway, one after the other.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cancel_desk::journal::{Journal, JournalError, MemoryJournal, NewIntent, Vault};
use cancel_desk::record::{IntentState, NewPayment, PaymentKey};
use contract_tests::{Kind, Over, Patience, World};
use pg_core::{CancelGateway, Money};

use crate::answers::{self, Answer};
use crate::clock::HandClock;
use crate::desk::{SHOP, conclude, drain, requests, worker};
use crate::gateway;
use crate::journal::Watched;
use crate::oracle::{Oracle, Rule};
use crate::outcome::ClassReport;
use crate::trap::{Crash, Trap};

/// Sandboxes beside each other; waiting for time-outs costs no processor.
const LANES: usize = 24;

/// What is refunded of 10,000 won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Full,
    Partial,
    /// The rest, after another refund of ours.
    LastSlice,
}

impl Share {
    const ALL: [Self; 3] = [Self::Full, Self::Partial, Self::LastSlice];

    const fn amount(self) -> i64 {
        match self {
            Self::Full => 10_000,
            Self::Partial | Self::LastSlice => 3_000,
        }
    }
}

/// One cell of the table.
#[derive(Debug, Clone)]
struct Cell {
    number: usize,
    kind: Kind,
    crash: Crash,
    share: Share,
    answer: Answer,
    over: Over,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, kind, crash, share, answer, over } = self;
        let Answer { fault, applied, .. } = answer;
        write!(f, "cell {number}: {kind} over {over}, {share:?}, crash {crash}, {fault:?}, applied={applied}")
    }
}

/// All cells, over one transport, or over both in turns.
fn cells(over: Option<Over>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        for answer in answers::all(kind) {
            for crash in Crash::ALL {
                for share in Share::ALL {
                    let (number, answer) = (cells.len(), answer.clone());
                    let in_turn = if number % 2 == 0 { Over::Reqwest } else { Over::Witness };
                    let over = over.unwrap_or(in_turn);
                    cells.push(Cell { number, kind, crash, share, answer, over });
                }
            }
        }
    }
    cells
}

/// Runs every cell, or every `step`th of them; `only`: of those whose description holds this; `over`: one transport.
pub async fn run(
    step: usize,
    only: Option<&str>,
    over: Option<Over>,
    tell: impl Fn(usize, usize),
) -> ClassReport {
    let began = Instant::now();
    let wanted = |cell: &Cell| only.is_none_or(|only| cell.to_string().contains(only));
    let cells: Arc<Vec<Cell>> =
        Arc::new(cells(over).into_iter().filter(wanted).step_by(step.max(1)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let lanes: Vec<_> = (0..LANES)
        .map(|_| {
            let (cells, next) = (Arc::clone(&cells), Arc::clone(&next));
            tokio::spawn(async move {
                let mut report = ClassReport::default();
                let (reqwest, witness) = (Lane::start(Over::Reqwest).await, Lane::start(Over::Witness).await);
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let lane = if cell.over == Over::Reqwest { &reqwest } else { &witness };
                    lane.play(cell, &mut report).await;
                    report.count(&format!("over {}", cell.over), 1);
                }
                report
            })
        })
        .collect();
    let mut report = ClassReport::new("table", 0);
    for lane in lanes {
        while !lane.is_finished() {
            tell(next.load(Ordering::SeqCst).min(cells.len()), cells.len());
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        match lane.await {
            Ok(part) => report.merge(part),
            Err(error) => report.violations.push(format!("a lane panicked: {error}")),
        }
    }
    report.took(began.elapsed())
}

/// A sandbox with the clients that talk to it over one transport.
struct Lane {
    world: Arc<World>,
    clients: Vec<(Kind, Arc<dyn CancelGateway>)>,
}

impl Lane {
    async fn start(over: Over) -> Self {
        let world = Arc::new(World::start(Patience::SHORT.over(over)).await);
        let clients = Kind::ALL.iter().map(|kind| (*kind, world.client(*kind))).collect();
        Self { world, clients }
    }

    async fn play(&self, cell: &Cell, report: &mut ClassReport) {
        let what = cell.to_string();
        report.trials += 1;
        if let Err(error) = self.carry(cell, &what, report).await {
            report.violations.push(format!("{what}: {error}"));
        }
        self.world.disarm(cell.kind).await;
        self.world.sandbox.deliver_late();
        self.world.sandbox.clear_requests();
    }

    fn client(&self, kind: Kind) -> Arc<dyn CancelGateway> {
        let found = self.clients.iter().find(|(of, _)| *of == kind);
        found.map_or_else(|| self.world.client(kind), |(_, client)| Arc::clone(client))
    }

    async fn carry(&self, cell: &Cell, what: &str, report: &mut ClassReport) -> Result<(), JournalError> {
        let (world, client) = (&self.world, self.client(cell.kind));
        let clock = Arc::new(HandClock::at_noon());
        let store: Arc<dyn Journal> =
            Arc::new(MemoryJournal::new(Arc::clone(&clock) as Arc<_>, Vault::default()));
        let paid = world.pay(cell.kind);
        let payment = store.register_payment(NewPayment::new(SHOP, paid.payment.clone())).await?.key();
        let sound = worker(&store, &client);
        if cell.share == Share::LastSlice {
            store.submit(wish(&payment, "earlier", 7_000)?).await?;
            drain(&sound).await?;
        }

        let trap = Arc::new(Trap::new(cell.crash));
        let dying: Arc<dyn Journal> =
            Arc::new(Watched { journal: Arc::clone(&store), watch: Arc::clone(&trap) as Arc<_> });
        let talking: Arc<dyn CancelGateway> = Arc::new(gateway::Trapped {
            kind: cell.kind,
            client: Arc::clone(&client),
            world: Arc::clone(world),
            trap: Arc::clone(&trap),
        });
        if cell.crash == Crash::Token {
            world.sandbox.expire_tokens();
        } else if cell.kind == Kind::Chaiport {
            // what happens before a request is read must strike the cancel, not the token
            let _told_by_the_next_look_up = client.look_up(&paid.payment).await;
        }
        if let Some(fault) = &cell.answer.fault {
            world.arm(cell.kind, fault, cell.answer.applied).await;
        }

        // the caller may die, and asks again
        let caller = dying.submit(wish(&payment, "wish", cell.share.amount())?);
        let heard = tokio::select! { heard = caller => Some(heard?), () = trap.sprung() => None };
        if heard.is_none() {
            store.submit(wish(&payment, "wish", cell.share.amount())?).await?;
        }
        // the worker may die; the next one finds what it left, its lease included
        let mortal = worker(&dying, &talking);
        let mut died = heard.is_none();
        if !died {
            died = tokio::select! { done = drain(&mortal) => { done?; false }, () = trap.sprung() => true };
        }
        if died {
            clock.put_forward(std::time::Duration::from_secs(121));
            drain(&sound).await?;
        }
        world.disarm(cell.kind).await;
        // a copy that was held back arrives before anybody looks again, or long after
        if cell.number.is_multiple_of(2) {
            world.sandbox.deliver_late();
        }
        let mut asked = 0;
        if !trap.has_sprung() {
            // a repeat comes only now, if it comes at all
            tokio::select! {
                done = conclude(&mortal, &*store, &clock, world) => asked = done?,
                () = trap.sprung() => {}
            }
        }
        asked += conclude(&sound, &*store, &clock, world).await?;
        world.sandbox.deliver_late();
        // what came so late is looked at once more by nobody: the books alone tell
        report.count("crashes", u64::from(trap.has_sprung()));
        report.count("asked a person", asked);
        self.judge(cell, what, &*store, &payment, report).await
    }

    async fn judge(
        &self,
        cell: &Cell,
        what: &str,
        journal: &dyn Journal,
        payment: &PaymentKey,
        report: &mut ClassReport,
    ) -> Result<(), JournalError> {
        let mut oracle = Oracle::default();
        oracle.compare(journal, &self.world.sandbox, true).await;
        // a refusal in the gateway's own words is a cause
        let of_cause = |rule: Rule| rule == Rule::RejectedForCause && cell.answer.refusal;
        let broken = oracle.violations.iter().filter(|violation| !of_cause(violation.rule));
        report.violations.extend(broken.map(|violation| format!("{what}: {violation}")));

        let (mut sends, mut attempts) = (0, 0);
        for intent in journal.intents_of(payment).await? {
            for attempt in journal.attempts_of(intent.id).await? {
                attempts += 1;
                sends += usize::try_from(attempt.sends).unwrap_or(0);
            }
            if intent.caller_key == "wish" {
                report.count(intent.state.as_str(), 1);
                if intent.state == IntentState::Rejected && !cell.answer.refusal {
                    report.count("given up by a person", 1);
                }
            }
        }
        let (seen, different) = requests(&self.world, cell.kind, payment);
        report.count("requests", u64::try_from(seen).unwrap_or(0));
        // a 401 is answered with one more copy, behind a new token
        let spare = usize::from(cell.kind == Kind::Chaiport);
        if seen > sends + spare {
            report
                .violations
                .push(format!("{what}: the server saw {seen} cancels, {sends} are in the journal"));
        }
        if different > attempts {
            report.violations.push(format!("{what}: {different} different requests for {attempts} attempts"));
        }
        Ok(())
    }
}

fn wish(payment: &PaymentKey, key: &str, amount: i64) -> Result<NewIntent, JournalError> {
    let amount = Money::krw(amount).map_err(|_| JournalError::Corrupt("an amount below zero"))?;
    Ok(NewIntent::new(payment.clone(), key, amount)?)
}
