//! `cargo xtask ci`: every check that a change must pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::tidy::CRATES;

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
        for features in ["client", "witness"] {
            steps.push([&alone[..], &["--features", features, "--", "-D", "warnings"]].concat());
        }
    }
    for features in ["", "sqlite", "postgres", "gateways", "http", "bulk,sqlite"] {
        let alone = ["clippy", "-p", "cancel-desk", "--no-default-features", "--features", features];
        steps.push([&alone[..], &["--", "-D", "warnings"]].concat());
    }
    if !without_tests {
        steps.push(vec!["test", "--workspace"]);
    }
    for task in [
        &["fixtures", "--check"][..],
        &["contract"],
        &["examples"],
        &["tidy"],
        &["demo"],
        &["campaign"],
        &["bench", "--check"],
    ] {
        steps.push([&["run", "--quiet", "--package", "xtask", "--"][..], task].concat());
    }
    steps.push(vec!["doc", "--workspace", "--no-deps", "--document-private-items"]);
    steps.push(vec!["publish", "--workspace", "--dry-run", "--allow-dirty"]);

    forget_packaged_crates()?;
    for step in steps {
        let shown = format!("cargo {}", step.join(" "));
        println!("==> {shown}");
        let started = Instant::now();
        let done = crate::cargo()
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

/// Removes what an earlier `cargo publish --dry-run` unpacked of our own crates.
///
/// Publishing a workspace puts the packed crates into a registry in a local folder. What cargo once unpacked from there it
/// takes again for the same version, whatever the new package holds, so the next crate would be checked against an older
/// state of this one.
fn forget_packaged_crates() -> Result<(), String> {
    let Some(sources) = cargo_home().map(|home| home.join("registry/src")) else { return Ok(()) };
    for registry in fs::read_dir(sources).into_iter().flatten().flatten() {
        // those of a registry with a host begin with its name
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for unpacked in fs::read_dir(registry.path()).into_iter().flatten().flatten() {
            let name = unpacked.file_name();
            let name = name.to_string_lossy();
            let ours = name
                .rsplit_once('-')
                .is_some_and(|(krate, _)| CRATES.iter().any(|(published, _)| *published == krate));
            if ours {
                let path = unpacked.path();
                fs::remove_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}
