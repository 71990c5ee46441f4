//! `cargo xtask campaign`: every class of the fault campaign, in parts that resume, and the page with its figures.

mod page;
mod plan;
mod state;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use clap::{Args, ValueEnum};

use plan::{Part, Program, Run};
use state::{Done, State};

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// What every change goes through, beside `cargo test`
    Pr,
    /// What is published in docs/campaign.md
    Nightly,
    /// What a release goes through: days
    Release,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Pr => "pr",
            Self::Nightly => "nightly",
            Self::Release => "release",
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without an end to everything it would take hours, so it goes in parts: what is done stands in target/campaign, and the
same command goes on from there (--anew forgets it). The judge is always the simulated gateways' books and the count of
requests they saw.

Examples:
  cargo xtask campaign --level pr
  cargo xtask campaign --level nightly --only kill
  cargo xtask campaign --level nightly --only fuzz --jobs 2
  cargo xtask campaign --level nightly --write")]
pub(crate) struct Arguments {
    /// How much of it
    #[arg(long, value_enum, default_value_t = Level::Pr)]
    level: Level,
    /// The first seed
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// Only classes whose name begins so
    #[arg(long, value_name = "CLASS")]
    only: Option<String>,
    /// Parts at once; what measures time (sockets, kill) is steadier alone
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Forget what is done
    #[arg(long)]
    anew: bool,
    /// Write the figures into docs/campaign.md and its Korean twin
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let parts: Vec<Part> = plan::parts(root, arguments.level, arguments.seed)
        .into_iter()
        .filter(|part| arguments.only.as_deref().is_none_or(|only| part.class.starts_with(only)))
        .collect();
    if parts.is_empty() {
        return Err(format!("there is no such class; there are: {}", plan::classes(root).join(", ")));
    }
    let state = State::open(root, arguments.level.word(), arguments.anew)?;
    let release = arguments.level != Level::Pr;
    build(root, parts.iter().filter(|part| !state.has(&part.key)), release)?;
    let state = play_all(root, &parts, state, release, arguments.jobs)?;
    let rows = state.rows(&parts);
    print!("{}", page::table(&rows, page::Language::English));
    if arguments.write {
        page::write(root, arguments.level.word(), arguments.seed, &rows)?;
        println!("docs/campaign.md and docs/campaign.ko.md are written");
    }
    let broken: Vec<String> = rows.iter().flat_map(|row| row.violations.iter().cloned()).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// Runs what is not done yet, so many parts at once; after one that could not be run no other is begun.
fn play_all(root: &Path, parts: &[Part], state: State, release: bool, jobs: u8) -> Result<State, String> {
    let todo: Vec<_> = parts.iter().enumerate().filter(|(_, part)| !state.has(&part.key)).collect();
    let (next, state) = (AtomicUsize::new(0), Mutex::new(state));
    let work = || {
        while let Some((number, part)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
            println!("==> {} of {}: {}", number + 1, parts.len(), part.key);
            let ended = play(root, part, release).and_then(|done| {
                let broken = done.violations.len();
                println!(
                    "    {}: {} trials, {broken} violations, {:.0} s",
                    part.key, done.trials, done.seconds
                );
                state.lock().unwrap_or_else(PoisonError::into_inner).add(&part.key, &done)
            });
            if let Err(reason) = ended {
                next.store(todo.len(), Ordering::Relaxed);
                return Err(reason);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a part panicked".to_owned())))
    })?;
    Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Builds what the parts run, once.
fn build<'p>(root: &Path, parts: impl Iterator<Item = &'p Part>, release: bool) -> Result<(), String> {
    let mut programs: Vec<Vec<&str>> = parts.map(|part| part.program.build()).collect();
    programs.sort_unstable();
    programs.dedup();
    for mut command in programs {
        if release {
            command.push("--release");
        }
        println!("==> cargo {}", command.join(" "));
        let done = crate::cargo().args(&command).current_dir(root).status();
        if !done.map_err(|error| format!("cargo: {error}"))?.success() {
            return Err(format!("failed: cargo {}", command.join(" ")));
        }
    }
    Ok(())
}

/// Runs one part; its last line that is JSON of a report is what it came to.
fn play(root: &Path, part: &Part, release: bool) -> Result<Done, String> {
    let began = Instant::now();
    let mut command = match part.program.run(release) {
        Run::Cargo(cargo) => {
            let mut command = crate::cargo();
            command.args(cargo);
            command
        }
        Run::Built(name) => {
            let profile = if release { "release" } else { "debug" };
            Command::new(crate::machine::target(root).join(profile).join(name))
        }
    };
    command.args(&part.arguments).current_dir(root);
    command.envs(part.environment.iter().map(|(name, value)| (*name, value.as_str())));
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{}: {error}", part.key))?;
    let mut found: Option<Done> = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match state::read(&line) {
                Some(done) => found = Some(found.map_or(done.clone(), |mut all| all.and(done))),
                None if part.program == Program::Kill => println!("    {line}"),
                None => {}
            }
        }
    }
    let ended = child.wait().map_err(|error| format!("{}: {error}", part.key))?;
    let Some(mut done) = found else {
        return Err(format!("{}: it told nothing; it ended with {ended}", part.key));
    };
    if !ended.success() && done.violations.is_empty() {
        done.violations.push(format!("{}: it ended with {ended}", part.key));
    }
    done.seconds = began.elapsed().as_secs_f64();
    Ok(done)
}
