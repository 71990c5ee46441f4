//! Finding what was sent in secret in what came back.
//!
//! The case of ASCII letters does not count; in JSON, neither does how a character is escaped, for every parser undoes
//! that. What was encoded anew (base64, percent, a hash) is not recognised.

use memchr::{memchr_iter, memchr2, memchr3};

/// What is left in a secret's place.
const BLANK: &str = "***";

/// Where a value first stands in a text. Every answer is searched for every secret, and hardly ever holds one: so in steps
/// of a value's length (Horspool), without the preparations of a search that is made to be repeated.
pub(crate) fn find(text: &[u8], value: &[u8]) -> Option<usize> {
    let Some((end, front)) = value.split_last() else { return Some(0) };
    if value.len() > text.len() {
        return None;
    }
    // how far the value moves on, by the byte that its end lies on; what is too far for the table is reached in several steps
    let mut steps = [short(value.len()); 256];
    let near = front.get(front.len().saturating_sub(usize::from(u8::MAX))..).unwrap_or_default();
    let mut to_end = short(near.len());
    for byte in near {
        in_both_cases(&mut steps, *byte, to_end);
        to_end = to_end.saturating_sub(1);
    }
    let at_end = steps.get(usize::from(*end)).copied().map_or(1, usize::from);
    in_both_cases(&mut steps, *end, 0);
    let mut at = front.len();
    while let Some(byte) = text.get(at) {
        let mut step = steps.get(usize::from(*byte)).copied().map_or(1, usize::from);
        if step == 0 {
            let before = text.get(..at).unwrap_or_default();
            if before.iter().rev().zip(front.iter().rev()).all(|(told, kept)| told.eq_ignore_ascii_case(kept))
            {
                return at.checked_sub(front.len());
            }
            step = at_end;
        }
        // a text is far from the last number
        at = at.wrapping_add(step);
    }
    None
}

fn short(step: usize) -> u8 {
    u8::try_from(step).unwrap_or(u8::MAX)
}

fn in_both_cases(steps: &mut [u8; 256], byte: u8, step: u8) {
    if let Some(slot) = steps.get_mut(usize::from(byte)) {
        *slot = step;
    }
    if byte.is_ascii_alphabetic()
        && let Some(slot) = steps.get_mut(usize::from(byte ^ 0x20))
    {
        *slot = step;
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
fn could_hide<'s>(body: &[u8], secrets: impl Iterator<Item = &'s str> + Clone) -> bool {
    // an answer is full of escapes: of Korean letters, slashes and quotes, which are in few secrets
    if !secrets.clone().any(is_unusual) && !escapes_ascii(body) {
        return false;
    }
    memchr_iter(b'\\', body).any(|at| {
        let told = body.get(at..).and_then(escape);
        told.is_some_and(|(told, _)| secrets.clone().any(|secret| has(secret, told)))
    })
}

/// Whether a secret has what a document escapes otherwise than by the number of an ASCII character.
fn is_unusual(secret: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ';
    memchr3(b'/', b'"', b'\\', secret.as_bytes()).is_some()
        || secret.as_bytes().iter().fold(false, |found, byte| found | is_control(byte) | !byte.is_ascii())
}

/// Whether there is an escape by the number of a character below U+0100. Without a branch, and so many bytes at a time.
fn escapes_ascii(body: &[u8]) -> bool {
    let [second, third, fourth] = [1, 2, 3].map(|skipped| body.get(skipped..).unwrap_or_default());
    let fours = body.iter().zip(second).zip(third).zip(fourth);
    fours.fold(false, |found, (((first, second), third), fourth)| {
        found | ((*first == b'\\') & (*second == b'u') & (*third == b'0') & (*fourth == b'0'))
    })
}

/// Whether a character is in a secret, in either case.
fn has(secret: &str, told: char) -> bool {
    match u8::try_from(told) {
        Ok(byte) if byte.is_ascii() => {
            memchr2(byte.to_ascii_lowercase(), byte.to_ascii_uppercase(), secret.as_bytes()).is_some()
        }
        _ => !secret.is_ascii(),
    }
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
