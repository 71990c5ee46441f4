//! What a target saw of an input, as one number.

use std::fmt::{Debug, Write as _};

/// Collects what was seen. FNV-1a: the same on every machine and in every build.
#[derive(Debug, Clone)]
pub struct Seen(u64);

impl Default for Seen {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Seen {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a word.
    pub fn note(&mut self, word: impl AsRef<[u8]>) -> &mut Self {
        for byte in word.as_ref().iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// Notes a value by its `Debug` text, digits aside: amounts and lines would make every input a new one.
    pub fn debug(&mut self, value: &impl Debug) -> &mut Self {
        let mut text = String::new();
        write!(text, "{value:?}").expect("a string takes everything");
        text.retain(|c| !c.is_ascii_digit());
        self.note(text.chars().take(400).collect::<String>())
    }

    /// Notes how many there are, coarsely.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.note([u8::try_from(count.min(3)).unwrap_or(3)])
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0
    }
}
