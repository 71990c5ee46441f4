//! What a dependency on one gateway weighs: crates, a clean release build, the size of a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::rounds::median;
use crate::machine::target;

const RING: &str = r#"rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }
"#;
const RUNTIME: &str = r#"tokio = { version = "1", default-features = false, features = ["rt", "macros", "net", "time"] }
"#;
const SERDE: &str = r#"serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;
const PROVIDE_RING: &str =
    "\nfn provide() {\n    let _first = rustls::crypto::ring::default_provider().install_default();\n}\n";
const PROVIDED: &str = "\nfn provide() {}\n";

const BARE: &str = include_str!("../../../tests/bench/weight/bare.rs");
const CHAIPORT: &str = include_str!("../../../tests/bench/weight/chaiport.rs");
const TYPES: &str = include_str!("../../../tests/bench/weight/chaiport-types.rs");
const EXIMBAY: &str = include_str!("../../../tests/bench/weight/eximbay.rs");
const SETTLEBANK: &str = include_str!("../../../tests/bench/weight/settlebank.rs");

/// A program that depends on what is to be weighed, and on no more than it needs besides.
struct Program {
    name: &'static str,
    dependencies: String,
    source: String,
}

/// What one of them weighs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Weight {
    pub(super) program: String,
    /// Crates that are compiled into it, without proc-macros and the program itself.
    pub(super) crates: usize,
    /// Processor time of a clean release build, in seconds.
    pub(super) cpu_s: f64,
    pub(super) build_s: f64,
    /// Of the stripped program.
    pub(super) mib: f64,
}

fn programs(root: &Path) -> Vec<Program> {
    let ours = |crates: &[&str], features: &str| {
        let mut text = String::new();
        for name in crates {
            let path = root.join("crates").join(name);
            text.push_str(&format!("{name} = {{ path = {path:?}{features} }}\n"));
        }
        text
    };
    let witness = r#", default-features = false, features = ["witness"]"#;
    let time = r#"time = { version = "0.3", default-features = false, features = ["macros"] }
"#;
    let program = |name, dependencies: &[&str], source: &str| Program {
        name,
        dependencies: dependencies.concat(),
        source: source.to_owned(),
    };
    let reqwest = |features: &str| {
        format!("reqwest = {{ version = \"0.13\", default-features = false, features = [\"{features}\"] }}\n")
    };
    let over_witness = |source: &str| source.replace("Client::new(", "Client::witness(");
    let both = ["chaiport-cancel", "eximbay-cancel"];
    let other = ["chaiport-cancel", "settlebank-cancel"];
    vec![
        program(
            "reqwest",
            &[&reqwest("rustls-no-provider"), RING, RUNTIME, SERDE],
            &format!("{BARE}{PROVIDE_RING}"),
        ),
        program("reqwest, aws-lc", &[&reqwest("rustls"), RUNTIME, SERDE], &format!("{BARE}{PROVIDED}")),
        program("chaiport", &[&ours(&both[..1], ""), RUNTIME], CHAIPORT),
        program("chaiport, witness", &[&ours(&both[..1], witness), RUNTIME], &over_witness(CHAIPORT)),
        program("chaiport, types alone", &[&ours(&both[..1], ", default-features = false")], TYPES),
        program("eximbay", &[&ours(&both[1..], ""), RUNTIME], EXIMBAY),
        program("settlebank", &[&ours(&other[1..], ""), RUNTIME, time], SETTLEBANK),
        program("chaiport and eximbay", &[&ours(&both, ""), RUNTIME], CHAIPORT),
        program("chaiport and settlebank", &[&ours(&other, ""), RUNTIME], CHAIPORT),
    ]
}

pub(super) fn weigh(root: &Path, rounds: usize) -> Result<Vec<Weight>, String> {
    let programs = programs(root);
    let folders: Vec<PathBuf> =
        programs.iter().map(|program| put(root, program)).collect::<Result<_, _>>()?;
    let mut taken = vec![(Vec::new(), Vec::new()); programs.len()];
    for round in 0..rounds {
        for ((program, folder), (cpu, wall)) in programs.iter().zip(&folders).zip(&mut taken) {
            eprintln!("weight, round {} of {rounds}: {}", round + 1, program.name);
            let (began, before) = (Instant::now(), children()?);
            build(folder).map_err(|fault| format!("{}: {fault}", program.name))?;
            cpu.push(children()? - before);
            wall.push(began.elapsed().as_secs_f64());
        }
    }
    programs
        .into_iter()
        .zip(folders)
        .zip(taken)
        .map(|((program, folder), (cpu, wall))| {
            let fault = |fault: String| format!("{}: {fault}", program.name);
            Ok(Weight {
                crates: crates(&folder).map_err(fault)?,
                cpu_s: median(cpu),
                build_s: median(wall),
                mib: size(&folder).map_err(fault)?,
                program: program.name.to_owned(),
            })
        })
        .collect()
}

/// Writes a package of its own, with the versions that this workspace is locked to.
fn put(root: &Path, program: &Program) -> Result<PathBuf, String> {
    let name = program.name.replace(", ", "-").replace(' ', "-");
    let folder = target(root).join("bench-weight").join(&name);
    let manifest = format!(
        "[package]\nname = \"weight-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n\
         [profile.release]\nstrip = true\n\n[workspace]\n",
        program.dependencies
    );
    let write = |path: PathBuf, text: &str| {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(folder.join("src")).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(folder.join("Cargo.toml"), &manifest)?;
    write(folder.join("src/main.rs"), &program.source)?;
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    write(folder.join("Cargo.lock"), &lock)?;
    Ok(folder)
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = crate::cargo();
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    command.env_remove("RUSTFLAGS");
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn build(folder: &Path) -> Result<(), String> {
    // crates that are still to be fetched are no part of a build
    cargo(folder, &["fetch", "--quiet"])?;
    let built = folder.join("target");
    if built.exists() {
        fs::remove_dir_all(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    }
    cargo(folder, &["build", "--release", "--quiet"]).map(drop)
}

fn crates(folder: &Path) -> Result<usize, String> {
    let tree = cargo(folder, &["tree", "--edges", "no-dev,no-proc-macro", "--prefix", "none"])?;
    let mut names: Vec<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.iter().filter(|name| !name.is_empty() && !name.starts_with("weight-")).count())
}

fn size(folder: &Path) -> Result<f64, String> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = folder.join("target/release").join(format!("weight-{name}{}", std::env::consts::EXE_SUFFIX));
    let about = fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(about.len() as f64 / (1024.0 * 1024.0))
}

/// Processor seconds of all children that have ended; not a number where the system does not tell.
fn children() -> Result<f64, String> {
    const TICKS: f64 = 100.0;
    let Ok(about) = fs::read_to_string("/proc/self/stat") else { return Ok(f64::NAN) };
    let after_name = about.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let times = after_name.split(' ').skip(13).take(2).map(str::parse::<f64>);
    times
        .sum::<Result<f64, _>>()
        .map(|ticks| ticks / TICKS)
        .map_err(|error| format!("/proc/self/stat: {error}"))
}
