//! The model at work: no violation of the real protocol, and every ablation caught.
//!
//! `MODEL_SEEDS` sets how many seeds each gateway gets; a quarter of that for runs in which the journal is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use cancel_desk::model::{Ablation, Face, Options, Report, first_catch, run};

fn seeds() -> u64 {
    std::env::var("MODEL_SEEDS").map_or(10_000, |text| text.parse().expect("MODEL_SEEDS is a number"))
}

fn sound(report: &Report) {
    println!("{report}");
    for violation in report.violations.iter().take(10) {
        println!("  {violation}");
    }
    assert!(report.violations.is_empty(), "{} violations", report.violations.len());
}

#[test]
fn chaiport_like() {
    sound(&run(&Options::new(Face::Chaiport, 0..seeds())));
}

#[test]
fn eximbay_like() {
    sound(&run(&Options::new(Face::Eximbay, 0..seeds())));
}

#[test]
fn settlebank_like() {
    sound(&run(&Options::new(Face::Settlebank, 0..seeds())));
}

fn restored(face: Face) {
    let report = run(&Options::new(face, 0..seeds() / 4).with_restores());
    sound(&report);
    assert!(report.counts.restores >= report.seeds && report.counts.lost > report.seeds / 10);
}

#[test]
fn chaiport_like_with_a_journal_restored_from_a_backup() {
    restored(Face::Chaiport);
}

#[test]
fn eximbay_like_with_a_journal_restored_from_a_backup() {
    restored(Face::Eximbay);
}

#[test]
fn settlebank_like_with_a_journal_restored_from_a_backup() {
    restored(Face::Settlebank);
}

#[test]
fn even_a_wrong_not_sent_does_no_harm_while_the_attempt_stays_the_same() {
    for face in Face::ALL {
        sound(&run(&Options::new(face, 0..seeds() / 10).with_mislabelled(3_000)));
    }
}

#[test]
fn every_ablation_is_caught_within_1000_seeds() {
    for ablation in Ablation::ALL {
        let face = match ablation {
            Ablation::StaleReads => Face::Eximbay,
            _ => Face::Chaiport,
        };
        let mut options = Options::new(face, 0..1000).with_ablation(ablation);
        options.restores = ablation == Ablation::TrustRestored;
        let caught = first_catch(&options);
        match caught {
            Some(violation) => println!("{ablation}: {violation}"),
            None => panic!("{ablation} was not caught"),
        }
    }
}
