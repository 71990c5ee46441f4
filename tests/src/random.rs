//! Random server behaviours from a seed: whatever happens, the rules of `truth` hold and recovery converges.

use std::sync::Arc;
use std::time::Duration;

use pg_core::CancelGateway;
use pg_sandbox::{BodyKind, FaultKind};

use crate::kind::Kind;
use crate::over::Over;
use crate::report::Report;
use crate::truth::{cancel, check, converge};
use crate::world::{Patience, World};

/// Sandboxes that run beside each other; waiting for time-outs costs no processor.
const LANES: u32 = 12;

/// A small generator (splitmix64); the seed alone repeats a run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn behaviour(dice: &mut Dice) -> FaultKind {
    let n = dice.below(400) as usize;
    // shorter than the shortest answer, or nothing would be cut
    let cut = n % 100;
    match dice.below(26) {
        0 => FaultKind::RefuseConnections,
        1 => FaultKind::StallBeforeReading,
        2 => FaultKind::ResetOnAccept,
        3 => FaultKind::CloseOnAccept,
        4 => FaultKind::CloseBeforeReading,
        5 => FaultKind::ResetAfterBytes(n),
        6 => FaultKind::StallAfterBytes(n),
        7 => FaultKind::Silence,
        8 | 9 => FaultKind::CloseWithoutAnswer,
        10 | 11 => FaultKind::Reset,
        12 => FaultKind::HeadOnly,
        13 | 14 => FaultKind::CutBody(cut),
        15 => FaultKind::StallBody(cut),
        16 => FaultKind::CloseDelimitedCut(cut),
        17 => FaultKind::Garbage,
        18 | 19 => {
            let status = [400, 401, 403, 404, 409, 429, 500, 502, 503, 504][dice.below(10) as usize];
            FaultKind::Status(
                status,
                [BodyKind::Empty, BodyKind::Html, BodyKind::WrongEnvelope][dice.below(3) as usize].clone(),
            )
        }
        20 => FaultKind::Redirect(302, "http://127.0.0.1:9/".into()),
        21 => FaultKind::Malformed,
        22 => FaultKind::Late(Duration::from_millis(dice.below(900))),
        23 => FaultKind::Twice,
        24 => FaultKind::Latency(Duration::from_millis(dice.below(500))),
        _ => FaultKind::HugeBody(2_000_000),
    }
}

/// Runs `trials` cancels of one gateway, each under a behaviour drawn from `seed`, each followed by recovery.
pub async fn run(kind: Kind, over: Over, seed: u64, trials: u32) -> Report {
    let mut lanes = Vec::new();
    for lane in 0..LANES {
        let share = trials / LANES + u32::from(lane < trials % LANES);
        lanes.push(tokio::spawn(run_lane(kind, over, seed.wrapping_add(u64::from(lane) << 32), share)));
    }
    let mut report = Report::default();
    for lane in lanes {
        match lane.await {
            Ok(part) => report.merge(part),
            Err(error) => report.violate(format!("{kind}: a lane panicked: {error}")),
        }
    }
    report
}

async fn run_lane(kind: Kind, over: Over, seed: u64, trials: u32) -> Report {
    let mut report = Report::default();
    let mut dice = Dice::new(seed);
    let patience = if dice.below(2) == 0 { Patience::SHORT } else { Patience::SHORT_ALONE };
    let world = Arc::new(World::start(patience.over(over)).await);
    let client = world.client(kind);
    for number in 0..trials {
        let what = format!("{kind}, seed {seed} trial {number}");
        trial(&mut report, &what, &world, client.as_ref(), kind, &mut dice, true).await;
    }
    report
}

/// One cancel under a behaviour drawn from `dice`; `converge`: followed by recovery.
pub async fn trial(
    report: &mut Report,
    what: &str,
    world: &World,
    client: &dyn CancelGateway,
    kind: Kind,
    dice: &mut Dice,
    recovers: bool,
) {
    let fault = behaviour(dice);
    // a success that was never carried out is a lie that no client can see
    let applied = dice.below(2) == 0 || matches!(fault, FaultKind::Latency(_));
    let what = format!("{what}, {fault:?}, applied={applied}");
    let paid = world.pay(kind);
    if client.look_up(&paid.payment).await.is_err() && client.look_up(&paid.payment).await.is_err() {
        report.violate(format!("{what}: the look-up before it failed twice"));
    }
    world.arm(kind, &fault, applied).await;
    // some methods take no less than 100 won
    let amount = 100 + dice.below(9_901) as i64;
    let order = world.order(&paid, amount, 10_000, 1);
    let tried = cancel(world, client, &paid, &order).await;
    check(report, &what, world, &paid, &order, &tried, 1);
    if recovers && matches!(tried.label(), "unknown" | "not_sent") {
        converge(report, &what, world, client, &paid, &order).await;
    }
    world.disarm(kind).await;
}
