//! Many seeds, and what came of them.

use std::fmt;
use std::ops::{AddAssign, Range};
use std::sync::Arc;

use crate::journal::{Clock, Journal, MemoryJournal, Vault};
use crate::record::{IntentRecord, IntentState};

use super::ablation::Ablation;
use super::gateway::Face;
use super::oracle::Violation;
use super::world::{FULL_CHECK, World};

/// What is simulated.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Like which gateway.
    pub face: Face,
    /// Which seeds; each is one run.
    pub seeds: Range<u64>,
    /// Which rule is broken on purpose, if any.
    pub ablation: Option<Ablation>,
    /// Of 10,000 applied cancels whose answer is lost, how many are reported as *not sent*. The protocol survives
    /// even that.
    pub mislabelled: i64,
    /// Whether the journal is lost in the middle and put back to a backup, once or twice. Only on a journal in memory.
    pub restores: bool,
}

impl Options {
    /// The real protocol at one gateway.
    #[must_use]
    pub const fn new(face: Face, seeds: Range<u64>) -> Self {
        Self { face, seeds, ablation: None, mislabelled: 0, restores: false }
    }

    /// Breaks a rule.
    #[must_use]
    pub const fn with_ablation(mut self, ablation: Ablation) -> Self {
        self.ablation = Some(ablation);
        self
    }

    /// Reports some applied cancels as *not sent*, of 10,000 whose answer is lost.
    #[must_use]
    pub const fn with_mislabelled(mut self, of_ten_thousand: i64) -> Self {
        self.mislabelled = of_ten_thousand;
        self
    }

    /// Loses the journal in the middle of each run, and puts it back to a backup.
    #[must_use]
    pub const fn with_restores(mut self) -> Self {
        self.restores = true;
        self
    }
}

/// What was counted in the runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Refunds that were stored.
    pub refunds: u64,
    /// Wishes that were refused at once, for want of balance.
    pub refused_at_once: u64,
    /// Sendings, repeats included.
    pub sends: u64,
    /// Repeats of the same attempt.
    pub resends: u64,
    /// Sendings that were not begun because the lease would have ended before the answer.
    pub aborted_sends: u64,
    /// Workers killed.
    pub crashes: u64,
    /// Workers that slept 6 to 45 s between two steps.
    pub pauses: u64,
    /// Writes refused because the payment had been claimed by another worker.
    pub zombies: u64,
    /// Ended as completed.
    pub completed: u64,
    /// Ended as accepted.
    pub accepted: u64,
    /// Ended as rejected.
    pub rejected: u64,
    /// Journals put back to a backup.
    pub restores: u64,
    /// Cancels that were in the journal when it was lost and are not in the backup.
    pub lost: u64,
    /// Payments cleared by a person after that.
    pub trusted: u64,
    /// Tries to clear a payment before everything of it had an outcome.
    pub hasty: u64,
    /// Refunds given up after that, and asked for anew under another key.
    pub anew: u64,
    /// Decided by a person, who counts among the above too.
    pub manual: u64,
    /// Simulated events.
    pub events: u64,
}

impl Counts {
    pub(super) fn count(&mut self, intent: &IntentRecord) {
        match intent.state {
            IntentState::Completed => self.completed += 1,
            IntentState::Accepted => self.accepted += 1,
            IntentState::Rejected => self.rejected += 1,
            _ => {}
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.refunds += other.refunds;
        self.refused_at_once += other.refused_at_once;
        self.sends += other.sends;
        self.resends += other.resends;
        self.aborted_sends += other.aborted_sends;
        self.crashes += other.crashes;
        self.pauses += other.pauses;
        self.zombies += other.zombies;
        self.completed += other.completed;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.restores += other.restores;
        self.lost += other.lost;
        self.trusted += other.trusted;
        self.hasty += other.hasty;
        self.anew += other.anew;
        self.manual += other.manual;
        self.events += other.events;
    }
}

/// What came of many runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Like which gateway.
    pub face: Face,
    /// How many runs.
    pub seeds: u64,
    /// What was counted.
    pub counts: Counts,
    /// Every rule broken, with its seed.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.counts;
        write!(
            f,
            "{}: {} seeds, {} refunds ({} completed, {} accepted, {} rejected; {} by a person), {} sends of \
             which {} repeats, {} crashes, {} zombie writes, {} restores ({} refunds lost, {} payments trusted again, \
             {} times in vain, {} refunds asked for anew), {} violations",
            self.face,
            self.seeds,
            c.refunds,
            c.completed,
            c.accepted,
            c.rejected,
            c.manual,
            c.sends,
            c.resends,
            c.crashes,
            c.zombies,
            c.restores,
            c.lost,
            c.trusted,
            c.hasty,
            c.anew,
            self.violations.len()
        )
    }
}

/// Runs every seed.
#[must_use]
pub fn run(options: &Options) -> Report {
    let mut report =
        Report { face: options.face, seeds: 0, counts: Counts::default(), violations: Vec::new() };
    for seed in options.seeds.clone() {
        let (counts, violations) = run_seed(options, seed);
        report.seeds += 1;
        report.counts += counts;
        report.violations.extend(violations);
    }
    report
}

/// Makes an empty journal that goes by the simulated clock, for the run of a seed.
pub type MakeJournal<'a> = &'a dyn Fn(Arc<dyn Clock>, u64) -> Arc<dyn Journal>;

/// The journal of a run; the one in memory can be put back to a backup.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) memory: Option<Arc<MemoryJournal>>,
}

/// Runs one seed on a journal in memory.
#[must_use]
pub fn run_seed(options: &Options, seed: u64) -> (Counts, Vec<Violation>) {
    let (counts, oracle) = World::new(options, seed, &|clock| {
        let memory = Arc::new(if seed.is_multiple_of(FULL_CHECK) {
            MemoryJournal::new(clock, Vault::without_key())
        } else {
            MemoryJournal::without_events(clock)
        });
        Store { journal: memory.clone(), memory: Some(memory) }
    })
    .run();
    (counts, oracle.violations)
}

/// Runs one seed on any journal. The same seed makes the same run on every journal that does what it must.
#[must_use]
pub fn run_seed_on(options: &Options, seed: u64, make: MakeJournal<'_>) -> (Counts, Vec<Violation>) {
    let store = |clock| Store { journal: make(clock, seed), memory: None };
    let (counts, oracle) = World::new(options, seed, &store).run();
    (counts, oracle.violations)
}

/// The first of the seeds at which the gateway's ledger shows harm, and what it is. `None`: not caught.
#[must_use]
pub fn first_catch(options: &Options) -> Option<Violation> {
    options
        .seeds
        .clone()
        .find_map(|seed| run_seed(options, seed).1.into_iter().find(|violation| violation.rule.is_harm()))
}
