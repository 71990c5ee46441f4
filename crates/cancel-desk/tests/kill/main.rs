//! Workers and submitters as processes of their own on one journal, killed and stopped at any moment, while the
//! simulated gateways misbehave; then the journal is compared with the gateways' books.
//!
//! `KILL_ROUNDS=500 cargo test -p cancel-desk --test kill -- --nocapture --test-threads=1` runs more rounds (50 under
//! `CI=true`, else 5), `KILL_SEED=…` others.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::arithmetic_side_effects
)]

mod child;
mod clock;
mod oracle;
mod pack;
mod rng;
mod round;
mod scene;
mod setting;
mod shaken;
#[path = "../support/postgres.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::time::Instant;

use oracle::{Oracle, Rule, Violation};
use rng::Rng;
use round::{Round, Tally};
use scene::Scene;
use setting::{Broken, CHILD, Store};
use support::Server;

/// Rounds on one journal, before a new one begins: what was final in an earlier round must stay so.
const ROUNDS_OF_A_JOURNAL: u64 = 5;

/// The entry of the child processes; nothing by itself.
#[test]
#[ignore = "what the other tests start and kill"]
fn child() {
    if let Ok(setting) = std::env::var(CHILD) {
        child::run(&serde_json::from_str(&setting).unwrap());
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

struct Run {
    name: &'static str,
    seed: u64,
    broken: Option<Broken>,
    tally: Tally,
    violations: Vec<Violation>,
}

impl Run {
    fn new(name: &'static str, broken: Option<Broken>) -> Self {
        Self {
            name,
            seed: number("KILL_SEED", 20_261_121),
            broken,
            tally: Tally::default(),
            violations: Vec::new(),
        }
    }

    /// Runs until the rounds are over or a rule is broken; the folder of a broken one is left.
    async fn rounds(&mut self, rounds: u64, store: impl Fn(&Path) -> Store) {
        let began = Instant::now();
        let mut done = 0;
        while done < rounds && self.violations.is_empty() {
            let folder = new_folder(self.name);
            let of_this = ROUNDS_OF_A_JOURNAL.min(rounds - done);
            let first = done;
            let mut scene = Scene::new(folder.clone(), store(&folder), self.seed).await;
            let mut oracle = Oracle::default();
            while done < first + of_this && oracle.violations.is_empty() {
                let rng = Rng::new(self.seed.wrapping_add(done));
                let (number, broken) = (done, self.broken);
                done += 1;
                // a broken desk is asked for its ends at once
                let last = done == first + of_this || broken.is_some();
                let round = Round { scene: &mut scene, oracle: &mut oracle, number, last, rng, broken };
                self.tally += round.run().await;
            }
            self.violations = oracle.violations;
            drop(scene);
            if done % 50 == 0 {
                println!("{}: {done} rounds, {:.0} s", self.name, began.elapsed().as_secs_f64());
            }
            if self.violations.is_empty() || self.broken.is_some() {
                std::fs::remove_dir_all(&folder).unwrap();
            } else {
                let found: String = self.violations.iter().map(|one| format!("{one}\n")).collect();
                std::fs::write(folder.join("violations.txt"), &found).unwrap();
                print!("{found}");
                println!("seed {}: round {} broke a rule; see {}", self.seed, done - 1, folder.display());
            }
        }
        println!("{}: seed {}, {:?}", self.name, self.seed, self.tally);
        println!(
            "{}: {} violations, {:.1} s",
            self.name,
            self.violations.len(),
            began.elapsed().as_secs_f64()
        );
        // for whoever adds up many runs
        if std::env::var_os("KILL_JSON").is_some() {
            let violations: Vec<String> = self.violations.iter().map(ToString::to_string).collect();
            let report = serde_json::json!({
                "class": format!("kill {}", self.name),
                "seed": self.seed,
                "trials": self.tally.rounds,
                "counts": self.tally,
                "violations": violations,
                "seconds": began.elapsed().as_secs_f64(),
            });
            println!("{report}");
        }
    }

    fn has_broken(&self, rules: &[Rule]) -> bool {
        self.violations.iter().any(|violation| rules.contains(&violation.rule))
    }
}

fn new_folder(name: &str) -> PathBuf {
    let unique = cancel_desk::record::IntentId::random().unwrap();
    let folder = std::env::temp_dir().join(format!("cancel-desk-kill-{name}-{unique}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn sqlite(folder: &Path) -> Store {
    Store::Sqlite(folder.join("journal.db"))
}

/// So many rounds by default; CI takes its time.
fn rounds() -> u64 {
    let in_ci = std::env::var("CI").as_deref() == Ok("true");
    number("KILL_ROUNDS", if in_ci { 50 } else { 5 })
}

async fn nothing_goes_wrong(name: &'static str, rounds: u64, store: impl Fn(&Path) -> Store) {
    let mut run = Run::new(name, None);
    run.rounds(rounds, store).await;
    assert!(run.violations.is_empty(), "rules were broken: see above");
    // a run in which nothing went wrong proves nothing
    let Tally { kills, stops, interrupted, completed, .. } = run.tally;
    assert!(kills > 0 && stops > 0 && interrupted > 0 && completed > 0, "{:?}", run.tally);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_refunded_twice_lost_or_falsely_final_on_sqlite() {
    nothing_goes_wrong("sqlite", rounds(), sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_refunded_twice_lost_or_falsely_final_on_postgres() {
    let Some(store) = postgres(false) else { return };
    nothing_goes_wrong("postgres", rounds(), store).await;
}

/// Leases and pauses by the server's own clock, which nobody can put forward: slower, so fewer rounds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_wrong_by_the_time_of_postgres_either() {
    let Some(store) = postgres(true) else { return };
    nothing_goes_wrong("postgres-time", rounds().div_ceil(10), store).await;
}

/// `None`, said on standard error, where there is no server; under `CI=true` that fails.
fn postgres(own_time: bool) -> Option<impl Fn(&Path) -> Store> {
    let server = Server::shared()?;
    Some(move |_: &Path| Store::Postgres { url: server.url().to_owned(), schema: Server::schema(), own_time })
}

/// The harness must be able to fail: desks that are broken on purpose are found out within a few rounds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_desks_are_found_out() {
    let known = [
        (Broken::SendsTwice, &[Rule::NotTwice, Rule::Accounted][..]),
        (Broken::BelievesInSuccess, &[Rule::TrulyFinal]),
        // of a refund that was made, or of one that was not and had no cause to be refused
        (Broken::BelievesInRefusal, &[Rule::TrulyFinal, Rule::RejectedForCause]),
        (Broken::ForgetsWishes, &[Rule::NotLost]),
    ];
    for (broken, rules) in known {
        let mut run = Run::new("broken", Some(broken));
        run.rounds(5, sqlite).await;
        assert!(run.has_broken(rules), "{broken:?}: {:?}", run.violations);
    }
}
