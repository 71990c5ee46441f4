//! The protocol's model, by seeds: the production state machine under simulated gateways, faults and people.

use std::time::Instant;

use cancel_desk::model::{self, Ablation, Face, Options};

use crate::outcome::ClassReport;

/// Seeds of one part: small enough to tell how far it is.
const PART: u64 = 2_000;

/// Runs so many seeds for each kind of gateway, a quarter of them with a journal that is lost and restored.
pub fn run(from: u64, seeds: u64, tell: impl Fn(usize, usize) + Sync) -> ClassReport {
    let began = Instant::now();
    let mut report = ClassReport::new("model", from);
    let all = usize::try_from(seeds.saturating_mul(3)).unwrap_or(usize::MAX);
    for face in Face::ALL {
        let mut done = 0;
        while done < seeds {
            let part = PART.min(seeds - done);
            let range = from + done..from + done + part;
            for restores in [false, true] {
                let mut options = Options::new(face, range.clone());
                if restores {
                    options = Options::new(face, range.start..range.start + part.div_ceil(4)).with_restores();
                }
                let found = model::run(&options);
                report.trials += found.seeds;
                report.count("refunds", found.counts.refunds);
                report.count("crashes", found.counts.crashes);
                report.count("restores", found.counts.restores);
                report.violations.extend(found.violations.iter().map(|v| format!("{face:?}: {v}")));
            }
            done += part;
            tell(usize::try_from(report.trials).unwrap_or(0), all);
        }
    }
    report.took(began.elapsed())
}

/// The wrong designs that the model knows: each must be caught within 1,000 seeds.
pub fn wrong_designs(report: &mut ClassReport) {
    for ablation in Ablation::ALL {
        let face = if ablation == Ablation::StaleReads { Face::Eximbay } else { Face::Chaiport };
        let mut options = Options::new(face, 0..1_000).with_ablation(ablation);
        options.restores = ablation == Ablation::TrustRestored;
        report.trials += 1;
        match model::first_catch(&options) {
            Some(violation) => report.count(&format!("{ablation} caught at seed"), violation.seed),
            None => report.violations.push(format!("{ablation} was not caught within 1,000 seeds")),
        }
    }
}
