use std::borrow::Cow;

use super::Encoding;
use super::fault::{Faults, FileError};

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
const UTF16_MARKS: [&[u8]; 2] = [&[0xFF, 0xFE], &[0xFE, 0xFF]];

/// Spreadsheets write what their country's habits are: the header row tells.
pub(crate) fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or("");
    [b',', b'\t', b';'].into_iter().find(|byte| header.as_bytes().contains(byte)).unwrap_or(b',')
}

/// Counts lines as an editor does: `\n`, `\r\n` and a lone `\r` end one, in quotes too.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line on which the record at this place begins. Places are asked for in order.
    pub(crate) fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let from = position.map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        // what ends the record before, and empty lines, stand ahead of its own text
        while let Some(byte) = self.text.get(self.at) {
            if self.at >= from && !matches!(byte, b'\n' | b'\r') {
                break;
            }
            let next = self.at.saturating_add(1);
            if *byte == b'\n' || (*byte == b'\r' && self.text.get(next) != Some(&b'\n')) {
                self.line = self.line.saturating_add(1);
            }
            self.at = next;
        }
        self.line
    }
}

/// What a quote is to the bytes after it.
enum Quote {
    None,
    /// At the beginning of a field: a quote opens it.
    Begins,
    /// Open since this line.
    Open(u64),
    /// Just closed, opened on this line.
    Closed(u64),
}

/// The line of the first quoted field that is not closed, or not where it seems to be: it would swallow what follows,
/// without a word of the reader.
pub(crate) fn open_quote(text: &str, delimiter: u8) -> Option<u64> {
    let mut line = 1_u64;
    let mut quote = Quote::Begins;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let ends_line = byte == b'\n' || (byte == b'\r' && bytes.peek() != Some(&b'\n'));
        let ends_field = byte == delimiter || matches!(byte, b'\n' | b'\r');
        quote = match (quote, byte) {
            (Quote::Begins, b'"') => Quote::Open(line),
            (Quote::Open(since), b'"') => Quote::Closed(since),
            (Quote::Open(since), _) => Quote::Open(since),
            // two quotes are one of the text
            (Quote::Closed(since), b'"') => Quote::Open(since),
            (Quote::Closed(_) | Quote::None | Quote::Begins, _) if ends_field => Quote::Begins,
            (Quote::Closed(since), b' ' | b'\t') => Quote::Closed(since),
            (Quote::Closed(since), _) => return Some(since),
            (Quote::None | Quote::Begins, _) => Quote::None,
        };
        if ends_line {
            line = line.saturating_add(1);
        }
    }
    match quote {
        Quote::Open(since) => Some(since),
        _ => None,
    }
}

/// What is said of it.
pub(crate) const OPEN_QUOTE: &str =
    "has a quote (\") that is not closed: close it at the end of its field, or leave it out";

/// The file as text. What is not UTF-8 is read as CP949, if all of it can be.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), FileError> {
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Faults::only("the file is UTF-16: save it as «CSV UTF-8»"));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Faults::only("the file is a spreadsheet: save it as «CSV UTF-8»"));
    }
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let (text, encoding) = match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Encoding::Utf8),
        Err(_) => match encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => (text, Encoding::EucKr),
            None => return Err(Faults::only("the file is neither UTF-8 nor CP949: save it as «CSV UTF-8»")),
        },
    };
    if text.contains('\0') {
        return Err(Faults::only("the file contains null characters: save it as «CSV UTF-8»"));
    }
    Ok((text, encoding))
}
