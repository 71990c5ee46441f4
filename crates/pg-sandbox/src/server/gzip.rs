//! Gzip, as much of it as a bomb needs: a run of spaces, then some bytes.

use std::sync::{Mutex, PoisonError};

/// `spaces` spaces (rounded up to whole runs) and `tail`, compressed.
pub(super) fn bomb(spaces: usize, tail: &[u8]) -> Vec<u8> {
    let runs = spaces.div_ceil(RUN);
    let mut bits = Bits { out: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], held: 0, count: 0 };
    // a block with fixed codes, not the last
    bits.put(0b010, 3);
    // one space, then copies of what stands one byte back
    bits.put(SPACE, 8);
    for _ in 0..runs {
        bits.put(LONGEST_COPY, 8);
        bits.put(ONE_BACK, 5);
    }
    bits.put(END, 7);
    // stored blocks end it
    let mut chunks = tail.chunks(usize::from(u16::MAX)).peekable();
    while let Some(chunk) = chunks.next() {
        bits.put(u32::from(chunks.peek().is_none()), 3);
        bits.align();
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        bits.out.extend_from_slice(&length.to_le_bytes());
        bits.out.extend_from_slice(&(!length).to_le_bytes());
        bits.out.extend_from_slice(chunk);
    }
    let count = runs.saturating_mul(RUN).saturating_add(1);
    bits.out.extend_from_slice(&(!sum(spaces_sum(count), tail.iter().copied())).to_le_bytes());
    let size = u32::try_from(count.saturating_add(tail.len())).unwrap_or(u32::MAX);
    bits.out.extend_from_slice(&size.to_le_bytes());
    bits.out
}

/// Bytes of the longest copy.
const RUN: usize = 258;
// fixed Huffman codes, bit-reversed as they are packed: the literal 32, length 258, distance 1, end of block
const SPACE: u32 = 0x0a;
const LONGEST_COPY: u32 = 0xa3;
const ONE_BACK: u32 = 0;
const END: u32 = 0;

struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u32) {
        self.held |= value.wrapping_shl(self.count);
        self.count = self.count.saturating_add(bits);
        while self.count >= 8 {
            self.flush_byte();
        }
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.flush_byte();
        }
    }

    fn flush_byte(&mut self) {
        self.out.extend_from_slice(self.held.to_le_bytes().get(..1).unwrap_or_default());
        self.held = self.held.wrapping_shr(8);
        self.count = self.count.saturating_sub(8);
    }
}

/// The running sum over so many spaces; the last one asked for is kept, because a big one takes its time.
fn spaces_sum(count: usize) -> u32 {
    static LAST: Mutex<Option<(usize, u32)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    match *last {
        Some((known, sum)) if known == count => sum,
        _ => last.insert((count, sum(u32::MAX, std::iter::repeat_n(b' ', count)))).1,
    }
}

/// CRC-32, going on from a running sum.
fn sum(start: u32, bytes: impl Iterator<Item = u8>) -> u32 {
    let mut table = [0_u32; 256];
    for (index, entry) in (0_u32..).zip(table.iter_mut()) {
        *entry = (0..8).fold(index, |value, _| (value >> 1) ^ (0xedb8_8320 & (value & 1).wrapping_neg()));
    }
    bytes.fold(start, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        (sum >> 8) ^ table.get(usize::from(low ^ byte)).copied().unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(!sum(u32::MAX, b"123456789".iter().copied()), 0xcbf4_3926);
        assert_eq!(spaces_sum(9), sum(u32::MAX, [b' '; 9].into_iter()));
    }

    #[test]
    fn a_bomb_is_small() {
        let bomb = bomb(1 << 20, b"{}");
        assert!(bomb.len() < 7_000, "{}", bomb.len());
    }
}
