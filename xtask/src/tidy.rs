//! `cargo xtask tidy`: what no compiler checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Publishable packages and their folders.
pub(crate) const CRATES: [(&str, &str); 6] = [
    ("pg-cancel-core", "crates/pg-core"),
    ("chaiport-cancel", "crates/chaiport-cancel"),
    ("eximbay-cancel", "crates/eximbay-cancel"),
    ("settlebank-cancel", "crates/settlebank-cancel"),
    ("pg-cancel-sandbox", "crates/pg-sandbox"),
    ("cancel-desk", "crates/cancel-desk"),
];
const GATEWAYS: [&str; 3] = ["chaiport-cancel", "eximbay-cancel", "settlebank-cancel"];
/// What must not come with an SDK crate: a second TLS stack, HTTP/2, databases, command-line parsers, clocks with
/// time zones, floats for money.
const FORBIDDEN: [&str; 18] = [
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
    "h2",
    "clap",
    "rusqlite",
    "sqlx",
    "diesel",
    "axum",
    "chrono",
    "rust_decimal",
    "bigdecimal",
    "anyhow",
    "regex",
    "rand",
    "tracing-subscriber",
];
/// What the witness transport must not bring.
const NOT_WITNESS: [&str; 4] = ["reqwest", "hyper-util", "http-body-util", "tower"];
/// Largest number of crates (without proc-macros) that a gateway crate may pull in: alone, over the witness transport
/// instead of reqwest, and types only.
const BUDGETS: [(&str, usize, usize, usize); 3] =
    [("chaiport-cancel", 88, 68, 18), ("eximbay-cancel", 88, 69, 19), ("settlebank-cancel", 103, 80, 31)];
/// Pages that stand in English and in Korean.
const TWINS: [&str; 11] = [
    "README.md",
    "docs/architecture.md",
    "docs/campaign.md",
    "docs/desk.md",
    "docs/operations.md",
    "docs/outcomes.md",
    "docs/performance.md",
    "docs/sandbox.md",
    "docs/gateways/chaiport.md",
    "docs/gateways/eximbay.md",
    "docs/gateways/settlebank.md",
];
/// Longest source file that is not generated.
const LONGEST: usize = 650;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let mut faults = Vec::new();
    versions(root, &mut faults);
    manifests(root, &mut faults);
    dependencies(root, &mut faults)?;
    crate::supply::check(root, &mut faults)?;
    documents(root, &mut faults);
    lengths(root, &mut faults);
    if faults.is_empty() {
        println!("tidy: nothing to complain about");
        return Ok(());
    }
    Err(faults.iter().map(|fault| format!("tidy: {fault}")).collect::<Vec<_>>().join("\n"))
}

fn read(root: &Path, path: &str, faults: &mut Vec<String>) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| {
        faults.push(format!("{path}: {error}"));
        String::new()
    })
}

/// Every internal dependency names the workspace's version.
fn versions(root: &Path, faults: &mut Vec<String>) {
    let manifest = read(root, "Cargo.toml", faults);
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = ")).unwrap_or_default();
    for line in manifest.lines().filter(|line| line.contains("path = \"crates/")) {
        if !line.contains(&format!("version = {version}")) {
            faults.push(format!("Cargo.toml: not the workspace's version {version}: {line}"));
        }
    }
    if !read(root, "CHANGELOG.md", faults).contains(version.trim_matches('"')) {
        faults.push(format!("CHANGELOG.md has no entry for {version}"));
    }
}

/// What a published crate must bring along.
fn manifests(root: &Path, faults: &mut Vec<String>) {
    for (name, folder) in CRATES {
        let manifest = read(root, &format!("{folder}/Cargo.toml"), faults);
        for field in ["description = ", "keywords = ", "categories = ", "readme = ", "documentation = "] {
            if !manifest.contains(field) {
                faults.push(format!("{folder}/Cargo.toml: no {}", field.trim_end_matches(" = ")));
            }
        }
        if !manifest.contains("[lints]\nworkspace = true") {
            faults.push(format!("{folder}/Cargo.toml: does not take the workspace's lints"));
        }
        let readme = read(root, &format!("{folder}/README.md"), faults);
        if !readme.to_lowercase().contains("unofficial") {
            faults.push(format!("{folder}/README.md: does not say that {name} is unofficial"));
        }
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            if !root.join(folder).join(licence).exists() {
                faults.push(format!("{folder}: no {licence}"));
            }
        }
    }
}

/// Crates in the graph of a package, by name; proc-macros left out.
fn graph(root: &Path, package: &str, features: &[&str]) -> Result<BTreeSet<String>, String> {
    let output = crate::cargo()
        .args([
            "tree",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .args(features)
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree -p {package}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Who depends on one gateway pays for that one only.
fn dependencies(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    for (gateway, most, most_witness, most_types) in BUDGETS {
        let whole = graph(root, gateway, &[])?;
        for other in GATEWAYS.iter().filter(|other| **other != gateway) {
            if whole.contains(*other) {
                faults.push(format!("{gateway} depends on {other}"));
            }
        }
        for forbidden in FORBIDDEN.iter().chain(&["pg-cancel-sandbox", "xtask", "contract-tests"]) {
            if whole.contains(*forbidden) {
                faults.push(format!("{gateway} pulls in {forbidden}"));
            }
        }
        let witness = graph(root, gateway, &["--no-default-features", "--features", "witness"])?;
        for forbidden in FORBIDDEN.iter().chain(&NOT_WITNESS).filter(|name| witness.contains(**name)) {
            faults.push(format!("{gateway} over witness pulls in {forbidden}"));
        }
        let types = graph(root, gateway, &["--no-default-features"])?;
        for (count, budget, what) in [
            (whole.len(), most, "whole"),
            (witness.len(), most_witness, "witness"),
            (types.len(), most_types, "types only"),
        ] {
            println!("{gateway:<18} {what:<11} {count:>3} crates (budget {budget})");
            if count > budget {
                faults.push(format!("{gateway}, {what}: {count} crates, budget {budget}"));
            }
        }
    }
    Ok(())
}

/// The names of an enum's variants, read from its source.
fn variants(source: &str, name: &str) -> Vec<String> {
    let head = format!("pub enum {name} {{");
    let body =
        source.split_once(&head).and_then(|(_, rest)| rest.split_once("\n}")).map_or("", |(body, _)| body);
    body.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

/// Documents name what the code has, in both languages.
fn documents(root: &Path, faults: &mut Vec<String>) {
    let errors = read(root, "crates/pg-core/src/error.rs", faults);
    let outcomes = read(root, "docs/outcomes.md", faults);
    let outcomes_ko = read(root, "docs/outcomes.ko.md", faults);
    for name in ["CancelError", "NotSentPhase", "RejectionKind", "UnknownReason", "NextStep"] {
        let found = variants(&errors, name);
        if found.is_empty() {
            faults.push(format!("crates/pg-core/src/error.rs: no enum {name}"));
        }
        for variant in found {
            for (file, text) in [("docs/outcomes.md", &outcomes), ("docs/outcomes.ko.md", &outcomes_ko)] {
                if !text.contains(&format!("`{variant}`")) {
                    faults.push(format!("{file} does not explain {name}::{variant}"));
                }
            }
        }
    }
    for file in ["README.md", "README.ko.md"] {
        let text = read(root, file, faults);
        for must in [
            "cargo xtask demo",
            "cargo test --workspace",
            "chaiport-cancel",
            "eximbay-cancel",
            "settlebank-cancel",
        ] {
            if !text.contains(must) {
                faults.push(format!("{file} does not mention `{must}`"));
            }
        }
    }
    // whoever is asked finds every reason for it explained
    for word in words(&read(root, "crates/cancel-desk/src/record/evidence.rs", faults)) {
        for file in ["docs/operations.md", "docs/operations.ko.md"] {
            if !read(root, file, faults).contains(&format!("`{word}`")) {
                faults.push(format!("{file} does not explain `{word}`"));
            }
        }
    }
    // every page stands in both languages, section by section
    let sections = |text: String| text.lines().filter(|line| line.starts_with("## ")).count();
    for page in TWINS {
        let twin = page.replace(".md", ".ko.md");
        let (english, korean) = (sections(read(root, page, faults)), sections(read(root, &twin, faults)));
        if english != korean {
            faults.push(format!("{page} has {english} sections, {twin} {korean}"));
        }
    }
}

/// The words of a file's `words!`.
fn words(source: &str) -> Vec<String> {
    let word = |line: &str| Some(line.trim().strip_suffix("\",")?.split_once(" = \"")?.1.to_owned());
    source.lines().filter_map(word).collect()
}

/// A file that needs a second screen of explanation wants a split.
fn lengths(root: &Path, faults: &mut Vec<String>) {
    let mut folders = vec![root.join("crates"), root.join("xtask"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let lines = text.lines().count();
                if lines > LONGEST && !text.starts_with("// @generated") {
                    let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                    faults.push(format!("{shown}: {lines} lines, at most {LONGEST}"));
                }
            }
        }
    }
}
