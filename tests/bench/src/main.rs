//! `bench`: the parts of the benchmark, on the system's allocator.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::program::main(None)
}
