//! Finding what was sent in secret in what came back.
//!
//! The case of ASCII letters does not count; in JSON, neither does how a character is escaped, for every parser undoes
//! that. What was encoded anew (base64, percent, a hash) is not recognised.

use memchr::{memchr_iter, memchr2};

/// What is left in a secret's place.
const BLANK: &str = "***";

/// Where a value first stands in a text. Every answer is searched for every secret, and hardly ever holds one: so in steps
/// of a value's length (Horspool), without the preparations of a search that is made to be repeated.
pub(crate) fn find(text: &[u8], value: &[u8]) -> Option<usize> {
    let Some((end, front)) = value.split_last() else { return Some(0) };
    if value.len() > text.len() {
        return None;
    }
    // how far the value moves on, by the byte that its end lies on; nowhere on its own last byte
    let mut steps = [short(value.len()); 256];
    for (byte, to_end) in front.iter().zip((1..=front.len()).rev()) {
        in_both_cases(&mut steps, *byte, short(to_end));
    }
    let at_end = steps.get(usize::from(*end)).copied().map_or(1, usize::from);
    in_both_cases(&mut steps, *end, 0);
    let mut at = front.len();
    while let Some(byte) = text.get(at) {
        let mut step = steps.get(usize::from(*byte)).copied().map_or(1, usize::from);
        if step == 0 {
            let from = at.saturating_sub(front.len());
            if text.get(from..at).is_some_and(|before| before.eq_ignore_ascii_case(front)) {
                return Some(from);
            }
            step = at_end;
        }
        at = at.saturating_add(step);
    }
    None
}

/// A step that is too long for the table is a shorter one: nothing is passed over.
fn short(step: usize) -> u8 {
    u8::try_from(step).unwrap_or(u8::MAX)
}

fn in_both_cases(steps: &mut [u8; 256], byte: u8, step: u8) {
    let other = if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte };
    for byte in [byte, other] {
        if let Some(slot) = steps.get_mut(usize::from(byte)) {
            *slot = step;
        }
    }
}

/// A text without a value; nothing where it does not hold it.
pub(crate) fn without(text: &str, value: &str) -> Option<String> {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(at) = find(rest.as_bytes(), value.as_bytes()).filter(|_| !value.is_empty()) {
        // both are whole characters, and so is what begins and ends where they do
        kept.push_str(rest.get(..at)?);
        kept.push_str(BLANK);
        rest = rest.get(at.saturating_add(value.len())..)?;
    }
    if rest.len() == text.len() {
        return None;
    }
    kept.push_str(rest);
    Some(kept)
}

/// A JSON document without the secrets in its strings, however they are escaped; nothing where it holds none.
///
/// An escape stays whole or goes whole: what was a document stays one, unless a secret has quotes or commas in it.
pub(crate) fn json_without<'s>(
    body: &[u8],
    secrets: impl Iterator<Item = &'s str> + Clone,
) -> Option<Vec<u8>> {
    let told = secrets.clone().any(|secret| find(body, secret.as_bytes()).is_some());
    // most answers end here, and nothing of them was copied
    if !told && !could_hide(body, secrets.clone()) {
        return None;
    }
    let read = Unescaped::of(body);
    let mut places: Vec<(usize, usize)> = secrets.flat_map(|secret| read.places(secret)).collect();
    places.sort_unstable();
    let mut kept = Vec::with_capacity(body.len());
    let mut done = 0;
    for (from, to) in places {
        if from >= done {
            kept.extend_from_slice(body.get(done..from)?);
            kept.extend_from_slice(BLANK.as_bytes());
        }
        done = done.max(to);
    }
    if done == 0 {
        return None;
    }
    kept.extend_from_slice(body.get(done..)?);
    Some(kept)
}

/// Whether an escape stands for a character that is in a secret: searched as it stands, the document would hide it.
fn could_hide<'s>(body: &[u8], mut secrets: impl Iterator<Item = &'s str> + Clone) -> bool {
    memchr_iter(b'\\', body).any(|at| {
        let Some((told, _)) = body.get(at..).and_then(escape) else { return false };
        match u8::try_from(told) {
            Ok(byte) if byte.is_ascii() => {
                let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
                secrets.clone().any(|secret| memchr2(lower, upper, secret.as_bytes()).is_some())
            }
            _ => secrets.any(|secret| !secret.is_ascii()),
        }
    })
}

/// The character that the escape at the front stands for, and how many bytes it takes.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let short = |c| Some((c, 2));
    match text {
        [b'\\', b'u', digits @ ..] => {
            let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            // half of a pair is in no secret
            Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
        }
        [b'\\', b'b', ..] => short('\u{8}'),
        [b'\\', b'f', ..] => short('\u{c}'),
        [b'\\', b'n', ..] => short('\n'),
        [b'\\', b'r', ..] => short('\r'),
        [b'\\', b't', ..] => short('\t'),
        [b'\\', same @ (b'"' | b'\\' | b'/'), ..] => short(char::from(*same)),
        _ => None,
    }
}

/// A document as a parser reads its strings, and where each byte of that stood.
struct Unescaped {
    text: Vec<u8>,
    /// One for each byte of `text`, and the document's end.
    stood: Vec<usize>,
}

impl Unescaped {
    fn of(body: &[u8]) -> Self {
        let mut read = Self { text: Vec::with_capacity(body.len()), stood: Vec::with_capacity(body.len()) };
        let mut at = 0_usize;
        while let Some(byte) = body.get(at) {
            // no byte but a backslash begins an escape
            match body.get(at..).and_then(escape) {
                Some((told, length)) => {
                    let mut utf8 = [0; 4];
                    for byte in told.encode_utf8(&mut utf8).bytes() {
                        read.push(byte, at);
                    }
                    at = at.saturating_add(length);
                }
                None => {
                    read.push(*byte, at);
                    at = at.saturating_add(1);
                }
            }
        }
        read.stood.push(at);
        read
    }

    fn push(&mut self, byte: u8, stood: usize) {
        self.text.push(byte);
        self.stood.push(stood);
    }

    /// From where to where a secret stands in the document, each time that it does.
    fn places(&self, secret: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        let mut from = 0_usize;
        while let Some(at) = self.text.get(from..).and_then(|rest| find(rest, secret.as_bytes())) {
            let start = from.saturating_add(at);
            from = start.saturating_add(secret.len().max(1));
            if let (Some(begins), Some(ends)) = (self.stood.get(start), self.stood.get(from)) {
                places.push((*begins, *ends));
            }
        }
        places
    }
}

#[cfg(test)]
mod tests;
