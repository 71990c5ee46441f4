//! `fuzz-targets`: long runs on the stable compiler, seeds and dictionaries. One JSON line a target on standard output.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use fuzz_targets::campaign::{Limits, corpus, keep, run};
use fuzz_targets::{LONGEST, MOST, Target, corpus_of, targets};
use serde_json::json;

const USAGE: &str = "fuzz-targets [--target NAME|all] [--seconds N] [--executions N] [--seed N] [--crashes FOLDER]
fuzz-targets list | seeds | dictionary NAME | replay NAME FILE… | adopt NAME FOLDER

Runs each target for so many seconds of processor time, one after another. The exit code is 1 when something did not
hold; the input is then written to the folder of crashes (default: fuzz-crashes).";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let first = words.next();
    let outcome = match first.as_deref() {
        Some("list") => {
            targets(None).iter().for_each(|target| println!("{}", target.name));
            Ok(true)
        }
        Some("seeds") => seeds(),
        Some("dictionary") => dictionary(words.next().as_deref()),
        Some("replay") => replay(words),
        Some("adopt") => adopt(words.next().as_deref(), words.next().as_deref()),
        _ => options(first.into_iter().chain(words)).and_then(|options| options.run()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

struct Options {
    targets: Vec<Target>,
    limits: Limits,
    seed: u64,
    crashes: PathBuf,
}

fn options(words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        targets: targets(None),
        limits: Limits { time: Duration::from_secs(60), executions: u64::MAX },
        seed: 1,
        crashes: PathBuf::from("fuzz-crashes"),
    };
    let mut words = words;
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word}: must be a number"));
        match word.as_str() {
            "--target" if value == "all" => {}
            "--target" => options.targets = named(&value)?,
            "--seconds" => options.limits.time = Duration::from_secs(number()?),
            "--executions" => options.limits.executions = number()?,
            "--seed" => options.seed = number()?,
            "--crashes" => options.crashes = PathBuf::from(value),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(options)
}

fn named(name: &str) -> Result<Vec<Target>, String> {
    let found = targets(Some(name));
    if found.is_empty() { Err(format!("{name}: no such target; see fuzz-targets list")) } else { Ok(found) }
}

impl Options {
    fn run(self) -> Result<bool, String> {
        let mut sound = true;
        for target in &self.targets {
            let inputs = corpus(target.name).map_err(|error| format!("{}: {error}", target.name))?;
            let report = run(target, inputs, self.seed, self.limits);
            let mut line = json!({
                "target": target.name,
                "engine": "in-process",
                "seed": self.seed,
                "corpus": report.corpus,
                "executions": report.executions,
                "seconds": millis(report.took),
                "behaviours": report.behaviours,
                "slowest_ms": report.slowest.as_millis(),
                "broken": report.broken.as_ref().map(|(_, what)| what),
            });
            if let Some((input, _)) = &report.broken {
                sound = false;
                let folder = self.crashes.join(target.name);
                keep(&folder, input).map_err(|error| format!("{}: {error}", folder.display()))?;
                line["input"] = json!(String::from_utf8_lossy(input));
            }
            println!("{line}");
        }
        Ok(sound)
    }
}

fn millis(time: Duration) -> serde_json::Value {
    json!(time.as_millis() as f64 / 1000.0)
}

fn seeds() -> Result<bool, String> {
    for target in targets(None) {
        let folder = corpus_of(target.name);
        for seed in (target.seeds)() {
            keep(&folder, &seed).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
    }
    Ok(true)
}

/// In the form that libFuzzer takes.
fn dictionary(name: Option<&str>) -> Result<bool, String> {
    for target in named(name.ok_or(USAGE)?)? {
        for word in target.words {
            let escaped: String = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            println!("\"{escaped}\"");
        }
    }
    Ok(true)
}

fn replay(mut words: impl Iterator<Item = String>) -> Result<bool, String> {
    let target = named(&words.next().ok_or(USAGE)?)?;
    for file in words {
        let input = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
        for target in &target {
            println!("{file}: {:016x}", (target.run)(&input));
        }
    }
    Ok(true)
}

/// Takes into the corpus what a folder holds and is treated in a way that no committed input is, the smallest first.
fn adopt(name: Option<&str>, folder: Option<&str>) -> Result<bool, String> {
    let folder = folder.ok_or(USAGE)?;
    for target in named(name.ok_or(USAGE)?)? {
        let failed = |error: std::io::Error| format!("{}: {error}", target.name);
        let committed = corpus(target.name).map_err(failed)?;
        let mut known: BTreeSet<u64> = committed.iter().map(|input| (target.run)(input)).collect();
        let mut count = committed.len();
        let files =
            std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
        let read = files.iter().map(|file| std::fs::read(file.path())).collect::<Result<Vec<_>, _>>();
        let mut inputs = read.map_err(failed)?;
        inputs.retain(|input| input.len() <= LONGEST);
        inputs.sort_by_key(Vec::len);
        for input in inputs {
            if count < MOST && known.insert((target.run)(&input)) {
                keep(&corpus_of(target.name), &input).map_err(failed)?;
                count += 1;
            }
        }
        println!("{}", json!({ "target": target.name, "corpus": count }));
    }
    Ok(true)
}
