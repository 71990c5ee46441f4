//! `cancel-desk`: refunds carried through, from the command line and over HTTP.

use std::process::ExitCode;

fn main() -> ExitCode {
    cancel_desk::cli::run()
}
