//! `cargo xtask examples`: what a user copies first, run from outside, as the sandbox's start text prints it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// A sandbox in a process of its own, ended with this value.
struct Started {
    child: Child,
    exports: Vec<(String, String)>,
    commands: Vec<Vec<String>>,
}

impl Drop for Started {
    fn drop(&mut self) {
        // our own child; if it is gone already, so much the better
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let sandbox = start(root)?;
    let mut tried = 0;
    if sandbox.commands.is_empty() {
        return Err("the sandbox printed no command to try".to_owned());
    }
    for command in &sandbox.commands {
        expect(root, &sandbox.exports, command, 0, &["completed", "accepted"])?;
        tried += 1;
    }
    tried += refusals(root, &sandbox)?;
    println!("examples: {tried} commands, each with the exit code and outcome it should have");
    Ok(())
}

/// The exit codes that are not success.
fn refusals(root: &Path, sandbox: &Started) -> Result<u32, String> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let chaiport =
        |arguments: &str| words(&format!("run -p chaiport-cancel --example cancel -- {arguments}"));
    let nobody: Vec<_> = sandbox
        .exports
        .iter()
        .map(|(name, value)| {
            let dead = name.ends_with("_BASE_URL").then(|| "http://127.0.0.1:9".to_owned());
            (name.clone(), dead.unwrap_or_else(|| value.clone()))
        })
        .collect();
    let live = &sandbox.exports;
    let none = &Vec::new();
    let cases = [
        (live, chaiport("--imp-uid imp_999999999999 --amount 1000 --balance 10000"), 2, "rejected"),
        (&nobody, chaiport("--imp-uid imp_000000000001 --amount 1000 --balance 9000"), 3, "not_sent"),
        (live, chaiport("--imp-uid imp_000000000001 --amount 1000 --balance 10000"), 4, "unknown"),
        (live, chaiport("--imp-uid imp_000000000001 --amount 0 --balance 9000"), 64, "invalid"),
        (live, chaiport("--imp-uid ../x --amount 1 --balance 9000"), 64, "invalid"),
        (none, chaiport("--imp-uid imp_000000000001 --amount 1000 --balance 9000"), 64, "invalid"),
    ];
    for (environment, command, code, outcome) in &cases {
        expect(root, environment, command, *code, &[outcome])?;
    }
    let look_up = words("run -p chaiport-cancel --example look_up -- --imp-uid imp_000000000001");
    let said = output(root, live, &look_up)?;
    if said.0 != 0 || !said.1.contains("\"cancelled\":\"1000\"") {
        return Err(format!("{}: exit {}, {}", look_up.join(" "), said.0, said.1));
    }
    Ok(u32::try_from(cases.len() + 1).unwrap_or(0))
}

fn expect(
    root: &Path,
    environment: &[(String, String)],
    command: &[String],
    code: i32,
    outcomes: &[&str],
) -> Result<(), String> {
    let (got, said) = output(root, environment, command)?;
    let told = outcomes.iter().any(|outcome| said.contains(&format!("\"outcome\":\"{outcome}\"")));
    if got == code && told {
        return Ok(());
    }
    Err(format!(
        "cargo {}\n  exit {got}, expected {code}; said {said}; expected {outcomes:?}",
        command.join(" ")
    ))
}

fn output(
    root: &Path,
    environment: &[(String, String)],
    command: &[String],
) -> Result<(i32, String), String> {
    let done = crate::cargo()
        .arg("--quiet")
        .args(command)
        .current_dir(root)
        .envs(environment.iter().cloned())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cargo {}: {error}", command.join(" ")))?;
    let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    Ok((done.status.code().unwrap_or(-1), said))
}

fn start(root: &Path) -> Result<Started, String> {
    let mut child = crate::cargo()
        .args(["run", "--quiet", "--package", "pg-cancel-sandbox"])
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the sandbox: {error}"))?;
    let Some(stdout) = child.stdout.take() else { return Err("the sandbox prints nothing".to_owned()) };
    let mut started = Started { child, exports: Vec::new(), commands: Vec::new() };
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(|error| format!("the sandbox: {error}"))?;
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            started.exports.push((name.to_owned(), value.to_owned()));
        } else if let Some(command) = line.strip_prefix("cargo ") {
            started.commands.push(command.split_whitespace().map(str::to_owned).collect());
        } else if line.starts_with("# admin") {
            return Ok(started);
        }
    }
    Err("the sandbox ended before it was ready".to_owned())
}
