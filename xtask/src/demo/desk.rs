//! The desk's own demonstration, run as its users run it.

use std::path::Path;
use std::process::Stdio;

pub(super) fn run(root: &Path, json: bool) -> Result<(), String> {
    let shown = "cancel-desk demo";
    let mut command = crate::cargo();
    command.args(["run", "--quiet", "--package", "cancel-desk", "--", "demo"]);
    if json {
        command.arg("--json").stdout(Stdio::piped());
    } else {
        println!("\n$ {shown}");
    }
    let failed = |error: &dyn std::fmt::Display| format!("{shown}: {error}");
    let child = command.current_dir(root).spawn().map_err(|error| failed(&error))?;
    let done = child.wait_with_output().map_err(|error| failed(&error))?;
    if json {
        let told: serde_json::Value = serde_json::from_slice(&done.stdout).map_err(|error| failed(&error))?;
        println!("{told}");
    }
    if done.status.success() { Ok(()) } else { Err(failed(&"journal and books do not agree")) }
}
