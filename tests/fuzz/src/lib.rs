//! Everything that reads bytes from outside, each as a target: a function of bytes that panics when something does not
//! hold that must hold of any bytes.
//!
//! A target gives back what it saw as a number: where two inputs were treated differently, it differs. The fuzzer of the
//! stable compiler ([`campaign`]) keeps inputs by it; a coverage-guided engine keeps them by coverage. See `README.md`.

pub mod behaviour;
pub mod campaign;
pub mod naive;
pub mod random;
pub mod seeds;
pub mod targets;
pub mod wire;

mod mutate;

use std::path::PathBuf;

/// One function of bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Runs it once; gives back what it saw.
    pub run: fn(&[u8]) -> u64,
    /// Words that make sense in its input.
    pub words: &'static [&'static str],
    /// Inputs to begin with, made from the published examples and the fixtures.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Longest input, in bytes.
pub const LONGEST: usize = 4096;
/// Most inputs that are committed of one target.
pub const MOST: usize = 200;

/// Every target, or the one of this name.
#[must_use]
pub fn targets(name: Option<&str>) -> Vec<Target> {
    let all = targets::ALL.iter().copied();
    all.filter(|target| name.is_none_or(|name| target.name == name)).collect()
}

/// The committed inputs of a target.
#[must_use]
pub fn corpus_of(target: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).join(target)
}
