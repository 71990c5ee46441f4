//! Small changes to bytes.

use std::ops::Range;

use crate::LONGEST;
use crate::random::Random;

/// What stands where a number, a text or a structure stood.
const ODD: [&str; 44] = [
    "0",
    "1",
    "-1",
    "-0",
    "00",
    "01",
    "1.0",
    "1.00",
    "0.5",
    "1e3",
    "1E400",
    "1e-400",
    "1e2147483648",
    "NaN",
    "null",
    "true",
    "false",
    "\"\"",
    "{}",
    "[]",
    "\"0\"",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "1,000",
    "１０００",
    "\\u0000",
    "\\ud800",
    "\\u0061",
    "\u{feff}",
    "\u{202e}",
    "가",
    "\0",
    "\r\n",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "&",
];

/// Changes an input a little, a few times.
pub(crate) fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], random: &mut Random) {
    once(input, others, words, random);
    while random.below(2) == 0 {
        once(input, others, words, random);
    }
    input.truncate(LONGEST);
}

fn once(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    match random.below(14) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = u8::try_from(random.below(256)).unwrap_or(0);
            }
        }
        2 => drop(input.splice(span(input, at, random), [])),
        3 => {
            let piece: Vec<u8> = input[span(input, at, random)].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, piece);
        }
        4 => input.truncate(at),
        5 | 6 => put(input, at, random.pick(words).copied().unwrap_or("0"), random),
        7 => put(input, at, random.pick(&ODD).copied().unwrap_or("0"), random),
        // a whole value of json, or a field of a form, for another
        8 | 9 => {
            let value = a_value(input, random);
            let pool = if random.below(2) == 0 { words } else { &ODD };
            let word = random.pick(pool).copied().unwrap_or("0");
            let quoted = format!("\"{word}\"");
            let word = if random.below(2) == 0 { word } else { &quoted };
            input.splice(value, word.bytes());
        }
        10 => {
            let piece: Vec<u8> = input[a_value(input, random)].to_vec();
            let other = a_value(input, random);
            input.splice(other, piece);
        }
        11 | 12 => {
            let number = a_number(input, random);
            let text = String::from_utf8_lossy(&input[number.clone()]).into_owned();
            let near = text.parse::<i64>().unwrap_or(0).wrapping_add([1, -1, 10, -1000][random.below(4)]);
            let other = a_number(input, random);
            let new =
                if random.below(2) == 0 { near.to_string().into_bytes() } else { input[other].to_vec() };
            input.splice(number, new);
        }
        _ => {
            let Some(other) = random.pick(others) else { return };
            let from = random.below(other.len() + 1);
            let piece = other[span(other, from, random)].to_vec();
            let until = if random.below(2) == 0 { at } else { span(input, at, random).end };
            input.splice(at..until, piece);
        }
    }
}

fn put(input: &mut Vec<u8>, at: usize, word: &str, random: &mut Random) {
    let until = if random.below(2) == 0 { at } else { (at + word.len()).min(input.len()) };
    input.splice(at..until, word.bytes());
}

fn span(input: &[u8], at: usize, random: &mut Random) -> Range<usize> {
    let long = if random.below(4) == 0 { input.len() } else { 16 };
    at..(at + random.below(long + 1)).min(input.len())
}

/// One of the values between JSON's, CSV's or a form's signs.
fn a_value(input: &[u8], random: &mut Random) -> Range<usize> {
    one_of(input, random, |byte| !b",:{}[]&=\n\0\t;".contains(&byte))
}

/// One of the runs of digits.
fn a_number(input: &[u8], random: &mut Random) -> Range<usize> {
    one_of(input, random, |byte| byte.is_ascii_digit())
}

/// One of the longest runs of such bytes.
fn one_of(input: &[u8], random: &mut Random, such: fn(u8) -> bool) -> Range<usize> {
    let at = |index: usize| input.get(index).is_some_and(|byte| such(*byte));
    let starts = (0..input.len()).filter(|start| at(*start) && !start.checked_sub(1).is_some_and(at));
    let starts: Vec<usize> = starts.collect();
    let start = random.pick(&starts).copied().unwrap_or(input.len());
    let end = (start..input.len()).find(|end| !at(*end)).unwrap_or(input.len());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_change_and_nothing_grows_without_end() {
        let others = vec![vec![b'x'; LONGEST], b"{\"a\":1}".to_vec()];
        let run = |seed| {
            let mut random = Random::new(seed);
            let mut input = b"{\"amount\":1000}".to_vec();
            for _ in 0..200 {
                mutate(&mut input, &others, &["code", "0000"], &mut random);
                assert!(input.len() <= LONGEST);
            }
            input
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
