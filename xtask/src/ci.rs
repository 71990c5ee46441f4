//! `cargo xtask ci`: every check that a change must pass.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Gateway crates, each also checked alone with and without its features.
const GATEWAYS: [&str; 3] = ["chaiport-cancel", "eximbay-cancel", "settlebank-cancel"];

pub(crate) fn run(root: &Path, without_tests: bool) -> Result<(), String> {
    let mut steps: Vec<Vec<&str>> = vec![
        vec!["fmt", "--all", "--check"],
        vec!["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ];
    for gateway in GATEWAYS {
        let alone = ["clippy", "-p", gateway, "--no-default-features"];
        steps.push([&["clippy", "-p", gateway][..], &["--", "-D", "warnings"]].concat());
        steps.push([&alone[..], &["--", "-D", "warnings"]].concat());
        steps.push([&alone[..], &["--features", "client", "--", "-D", "warnings"]].concat());
    }
    for features in ["", "sqlite", "postgres", "gateways", "http", "bulk,sqlite"] {
        let alone = ["clippy", "-p", "cancel-desk", "--no-default-features", "--features", features];
        steps.push([&alone[..], &["--", "-D", "warnings"]].concat());
    }
    if !without_tests {
        steps.push(vec!["test", "--workspace"]);
    }
    for task in
        [&["fixtures", "--check"][..], &["contract"], &["examples"], &["tidy"], &["demo"], &["campaign"]]
    {
        steps.push([&["run", "--quiet", "--package", "xtask", "--"][..], task].concat());
    }
    steps.push(vec!["doc", "--workspace", "--no-deps", "--document-private-items"]);
    steps.push(vec!["publish", "--workspace", "--dry-run", "--allow-dirty"]);

    for step in steps {
        let shown = format!("cargo {}", step.join(" "));
        println!("==> {shown}");
        let started = Instant::now();
        let done = Command::new(env!("CARGO"))
            .args(&step)
            .current_dir(root)
            .env("RUSTDOCFLAGS", "-D warnings")
            .status()
            .map_err(|error| format!("{shown}: {error}"))?;
        if !done.success() {
            return Err(format!("failed: {shown}"));
        }
        println!("    {:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}
