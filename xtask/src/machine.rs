//! Where figures were taken: the machine and the commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cores and processor, as far as the system tells.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or(std::env::consts::ARCH, |(_, name)| name);
    format!("{cores} × {name}, {}", std::env::consts::OS)
}

/// The commit, with a plus when something but `written` is changed beside it.
pub(crate) fn commit(root: &Path, written: &[&str]) -> String {
    let git = |arguments: &[String]| {
        let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let Some(commit) = git(&words(&["rev-parse", "--short=10", "HEAD"])) else {
        return "unknown".to_owned();
    };
    let mut status = words(&["status", "--porcelain", "--", "."]);
    status.extend(written.iter().map(|file| format!(":!{file}")));
    let clean = git(&status).is_some_and(|changes| changes.is_empty());
    if clean { commit } else { format!("{commit}+") }
}

/// Where cargo builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from)
}
