//! One target under libFuzzer; `FUZZ_TARGET` names it.
#![no_main]

use std::sync::LazyLock;

use fuzz_targets::{Target, targets};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
    targets(Some(&name)).pop().expect("FUZZ_TARGET is a target")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _seen = (TARGET.run)(bytes);
});
