//! Scenario × gateway as data: what is asked, which words the client may use, what the books must show.

use pg_sandbox::{BodyKind, Fault, FaultKind, Operation};

use crate::kind::Kind;
use crate::over::Over;
use crate::report::Report;
use crate::special;
use crate::truth::{cancel, check};
use crate::world::{Patience, World};

/// One cancel within a scenario.
struct Step {
    /// What to refund, and what the merchant believes is left.
    amount: i64,
    balance: i64,
    sequence: u16,
    /// Words the client may use.
    words: &'static [&'static str],
    /// Entries in the books afterwards, the console's included.
    entries: usize,
}

/// A scenario without special needs.
struct Scenario {
    name: &'static str,
    /// Gateways it applies to.
    kinds: &'static [Kind],
    /// What a person refunds at the admin page first.
    console: i64,
    /// An answer of the gateway's, instead of its own.
    answer: Option<(u16, &'static str, &'static str)>,
    steps: &'static [Step],
}

const DONE: &[&str] = &["completed"];
const NOT_DONE: &[&str] = &["rejected", "unknown"];
const UNKNOWN: &[&str] = &["unknown"];
const GUARDED: &[Kind] = &[Kind::Chaiport, Kind::Eximbay, Kind::SettlebankStandard];

const fn step(
    amount: i64,
    balance: i64,
    sequence: u16,
    words: &'static [&'static str],
    entries: usize,
) -> Step {
    Step { amount, balance, sequence, words, entries }
}

const fn scenario(
    name: &'static str,
    kinds: &'static [Kind],
    console: i64,
    steps: &'static [Step],
) -> Scenario {
    Scenario { name, kinds, console, answer: None, steps }
}

const SCENARIOS: &[Scenario] = &[
    scenario("full", &Kind::ALL, 0, &[step(10_000, 10_000, 1, DONE, 1)]),
    scenario(
        "partial until empty, then once more",
        &Kind::ALL,
        0,
        &[
            step(1_000, 10_000, 1, DONE, 1),
            step(2_000, 9_000, 2, DONE, 2),
            step(7_000, 7_000, 3, DONE, 3),
            step(1_000, 10_000, 4, NOT_DONE, 3),
        ],
    ),
    scenario(
        "the rest after a part",
        &Kind::ALL,
        0,
        &[step(100, 10_000, 1, DONE, 1), step(9_900, 9_900, 2, DONE, 2)],
    ),
    scenario(
        "a second full cancel",
        &Kind::ALL,
        0,
        &[step(10_000, 10_000, 1, DONE, 1), step(10_000, 10_000, 2, NOT_DONE, 1)],
    ),
    scenario(
        "over what is left after the console",
        &Kind::ALL,
        8_000,
        &[step(5_000, 10_000, 1, NOT_DONE, 1)],
    ),
    scenario("wrong guard after the console", GUARDED, 1_000, &[step(3_000, 10_000, 1, NOT_DONE, 1)]),
    // the flat form has no guard: this is the hole it documents
    scenario(
        "no guard after the console",
        &[Kind::SettlebankFlat],
        1_000,
        &[step(3_000, 10_000, 1, DONE, 2)],
    ),
    Scenario {
        name: "a code nobody knows",
        kinds: &Kind::ALL,
        console: 0,
        answer: Some((200, "7777", "새로 생긴 코드입니다.")),
        steps: &[step(3_000, 10_000, 1, UNKNOWN, 0)],
    },
    Scenario {
        name: "waiting for the merchant's funds",
        kinds: &[Kind::SettlebankStandard],
        console: 0,
        answer: Some((200, "3007", "취소한도 초과")),
        steps: &[step(3_000, 10_000, 1, UNKNOWN, 0)],
    },
];

/// Runs every scenario that applies to a gateway.
pub async fn run(kind: Kind, over: Over) -> Report {
    let mut report = Report::default();
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.kinds.contains(&kind)) {
        play(&mut report, kind, over, scenario).await;
    }
    report.merge(special::run(kind, over).await);
    report
}

async fn play(report: &mut Report, kind: Kind, over: Over, scenario: &Scenario) {
    let world = World::start(Patience::LONG.over(over)).await;
    let client = world.client(kind);
    let paid = world.pay(kind);
    if scenario.console > 0 {
        let refunded =
            world.sandbox.console_refund(kind.sandbox(), &paid.payment.gateway_id, scenario.console);
        if refunded.is_err() {
            report.violate(format!("{kind}, {}: the console could not refund", scenario.name));
        }
    }
    for (number, step) in scenario.steps.iter().enumerate() {
        let what = format!("{kind}, {}, step {}", scenario.name, number + 1);
        if let Some((status, code, message)) = scenario.answer {
            let body = BodyKind::Envelope(code.into(), message.into());
            let fault = Fault::on(kind.sandbox(), Operation::Cancel).kind(FaultKind::Status(status, body));
            world.sandbox.fault(fault.apply(false));
        }
        let order = world.order(&paid, step.amount, step.balance, step.sequence);
        let tried = cancel(&world, client.as_ref(), &paid, &order).await;
        if !step.words.contains(&tried.label()) {
            report.violate(format!(
                "{what}: said {} ({:?}), expected {:?}",
                tried.label(),
                tried.outcome,
                step.words
            ));
        }
        if world.entries(&paid) != step.entries {
            report.violate(format!(
                "{what}: {} entries in the books, expected {}",
                world.entries(&paid),
                step.entries
            ));
        }
        if tried.outcome.is_ok() {
            check(report, &what, &world, &paid, &order, &tried, 1);
        } else {
            report.count(tried.label());
            report.seen += tried.seen as u64;
            if tried.seen > 1 {
                report.violate(format!("{what}: the server saw {} copies", tried.seen));
            }
        }
    }
}
