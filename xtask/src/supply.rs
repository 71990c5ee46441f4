//! Where the dependencies come from, and under which licences. `cargo deny check` (deny.toml) does more where it is
//! installed; this holds what needs no other program and no network.

use std::path::Path;

use serde::Deserialize;

/// Licences that may be among the choices of a dependency; deny.toml has the same.
const LICENCES: [&str; 8] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "ISC",
    "Unicode-3.0",
    "Zlib",
];
/// What comes in two versions, because two dependencies do not agree. No third, and no other.
const TWICE: [&str; 5] = ["base64", "const-oid", "fallible-iterator", "getrandom", "syn"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    license: Option<String>,
}

/// Checks every package of the lock file.
pub(crate) fn check(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let output = crate::cargo()
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let theirs: Vec<&Package> = metadata.packages.iter().filter(|package| package.source.is_some()).collect();
    for Package { name, version, source, license } in &theirs {
        if !source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
            faults.push(format!("{name} {version} does not come from the registry"));
        }
        match license.as_deref() {
            Some(license) if allowed(license) => {}
            license => faults.push(format!("{name} {version}: licence {}", license.unwrap_or("unknown"))),
        }
    }
    println!("dependencies       {:>3} packages, from the registry, under known licences", theirs.len());
    duplicates(root, faults)
}

/// Whether an expression can be met: every `AND` part has a choice that is on the list.
fn allowed(license: &str) -> bool {
    let plain = license.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|choice| LICENCES.contains(&choice.trim())))
}

/// One version of each, in what is shipped.
fn duplicates(root: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let output = crate::cargo()
        .args([
            "tree",
            "--workspace",
            "--duplicates",
            "--depth",
            "0",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    for name in text.lines().filter_map(|line| line.split_whitespace().next()) {
        if !TWICE.contains(&name) {
            faults.push(format!("{name} comes in two versions"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn every_part_needs_a_choice_that_is_allowed() {
        assert!(allowed("MIT OR Apache-2.0") && allowed("Unlicense/MIT") && allowed("(MIT OR Zlib) AND ISC"));
        assert!(
            !allowed("GPL-3.0") && !allowed("MIT AND GPL-3.0") && !allowed("(MIT OR Apache-2.0) AND NCSA")
        );
    }
}
