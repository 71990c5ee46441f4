//! The desk's own demonstration, run as its users run it.

use std::path::Path;
use std::process::Command;

pub(super) fn run(root: &Path, json: bool) -> Result<(), String> {
    let shown = "cancel-desk demo";
    if !json {
        println!("\n$ {shown}");
    }
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", "cancel-desk", "--", "demo", "--lang", "en"]);
    if json {
        command.arg("--json");
    }
    let done = command.current_dir(root).status().map_err(|error| format!("{shown}: {error}"))?;
    if done.success() { Ok(()) } else { Err(format!("{shown}: journal and books do not agree")) }
}
