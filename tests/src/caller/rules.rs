//! What each field takes, written down from the documents and not from the code.

/// How a limit is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    Chars,
    Bytes,
    Utf16,
}

impl Count {
    fn of(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// What becomes of space before and behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// It counts.
    Kept,
    /// It counts, but a text of nothing else is refused.
    KeptNotAlone,
    /// It is cut off, and a text of nothing else is refused.
    Cut,
    /// It is cut off before counting (not before the characters are checked), and a text of nothing else is as good
    /// as none.
    CutOrNone,
}

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) count: Count,
    pub(super) space: Space,
    pub(super) allowed: fn(char) -> bool,
    /// Dropped before anything is checked.
    pub(super) dropped: &'static [char],
    /// Texts refused all the same.
    pub(super) except: &'static [&'static str],
}

impl Rule {
    pub(super) const fn new(min: usize, max: usize, count: Count, allowed: fn(char) -> bool) -> Self {
        Self { min, max, count, space: Space::Kept, allowed, dropped: &[], except: &[] }
    }

    pub(super) const fn space(self, space: Space) -> Self {
        Self { space, ..self }
    }

    pub(super) const fn dropping(self, dropped: &'static [char]) -> Self {
        Self { dropped, ..self }
    }

    pub(super) const fn except(self, except: &'static [&'static str]) -> Self {
        Self { except, ..self }
    }

    /// Whether the field takes a text.
    pub(super) fn takes(&self, text: &str) -> bool {
        let text: String = text.chars().filter(|c| !self.dropped.contains(c)).collect();
        let cut = text.trim();
        let (checked, counted) = match self.space {
            Space::Kept => (text.as_str(), text.as_str()),
            Space::KeptNotAlone if cut.is_empty() => return false,
            Space::KeptNotAlone => (text.as_str(), text.as_str()),
            Space::Cut => (cut, cut),
            Space::CutOrNone => (text.as_str(), cut),
        };
        if self.space == Space::CutOrNone && counted.is_empty() {
            return checked.chars().all(self.allowed);
        }
        (self.min..=self.max).contains(&self.count.of(counted))
            && checked.chars().all(self.allowed)
            && !self.except.contains(&text.as_str())
    }
}

pub(super) fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

pub(super) fn letter_or_digit(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

pub(super) fn word(c: char) -> bool {
    letter_or_digit(c) || matches!(c, '_' | '-')
}

pub(super) fn visible(c: char) -> bool {
    matches!(c, '!'..='~')
}

pub(super) fn visible_but_colon(c: char) -> bool {
    visible(c) && c != ':'
}

/// No C0, DEL or C1.
pub(super) fn printed(c: char) -> bool {
    !matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

/// Hecto's identifiers: visible ASCII but for what its guide forbids.
pub(super) fn hecto_identifier(c: char) -> bool {
    visible(c) && !":&?'\"<>".contains(c)
}

/// Hecto's free text: no control characters, none of those its guide forbids, no emoji.
pub(super) fn hecto_text(c: char) -> bool {
    let emoji = matches!(c, '😀' | '☎' | '\u{200d}' | '\u{fe0f}' | '\u{e0041}');
    printed(c) && !":&?'\"<>".contains(c) && !emoji
}

pub(super) const fn anything(_: char) -> bool {
    true
}
