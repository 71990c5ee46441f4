//! `bench-count`: the same, on an allocator that counts. Apart, so that counting costs the others nothing.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    bench::program::main(Some(|| {
        let stats = COUNTED.stats();
        u64::try_from(stats.allocations + stats.reallocations).unwrap_or(u64::MAX)
    }))
}
