//! `cargo xtask campaign`: every class of the fault campaign, in parts that resume, and the page with its figures.

mod page;
mod plan;
mod state;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
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
    let mut state = State::open(root, arguments.level.word(), arguments.anew)?;
    let release = arguments.level != Level::Pr;
    build(root, parts.iter().filter(|part| !state.has(&part.key)), release)?;
    let all = parts.len();
    for (number, part) in parts.iter().enumerate() {
        if state.has(&part.key) {
            continue;
        }
        println!("==> {} of {all}: {}", number + 1, part.key);
        let done = play(root, part, release)?;
        println!("    {} trials, {} violations, {:.0} s", done.trials, done.violations.len(), done.seconds);
        state.add(&part.key, &done)?;
    }
    let rows = state.rows(&parts);
    print!("{}", page::table(&rows, page::Language::English));
    if arguments.write {
        page::write(root, arguments.level.word(), arguments.seed, &rows)?;
        println!("docs/campaign.md and docs/campaign.ko.md are written");
    }
    let broken: Vec<String> = rows.iter().flat_map(|row| row.violations.iter().cloned()).collect();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
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
