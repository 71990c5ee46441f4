//! Text that came from a gateway: kept verbatim, shown safely.

use std::fmt;

use crate::echo;

/// How many characters of a gateway's text are shown.
const SHOWN: usize = 200;

/// A message or code that a gateway sent.
///
/// [`as_str`](GatewayText::as_str) is verbatim, except that values we sent in secret (keys, account numbers) and
/// that came back as an echo, their letters in either case, are replaced by `***` before anything keeps the text.
/// `Display` escapes control and direction characters and stops after 200 characters. `Debug` tells only the length:
/// a gateway's message may name people.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct GatewayText(String);

impl GatewayText {
    /// Keeps a text, with every occurrence of the given sensitive values replaced.
    #[must_use]
    pub fn scrubbed(text: impl Into<String>, sensitive: &[&str]) -> Self {
        let text = text.into();
        let echoes = sensitive.iter().any(|value| is_echoed(&text, value));
        Self(if echoes { blanked(text, sensitive) } else { text })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the gateway said nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_echoed(text: &str, value: &str) -> bool {
    // a value of one or two ascii characters would blank out half of every message; a name may have two
    let short = if value.is_ascii() { 2 } else { 1 };
    value.chars().count() > short && echo::find(text.as_bytes(), value.as_bytes()).is_some()
}

fn blanked(mut text: String, sensitive: &[&str]) -> String {
    let mut sensitive = sensitive.to_vec();
    // the longest first: a shorter one may be a part of it
    sensitive.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    for value in sensitive {
        if is_echoed(&text, value)
            && let Some(clean) = echo::without(&text, value)
        {
            text = clean;
        }
    }
    text
}

impl fmt::Display for GatewayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, c) in self.0.chars().enumerate() {
            if count == SHOWN {
                return f.write_str("…");
            }
            if c.is_control() || is_direction_mark(c) {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        Ok(())
    }
}

/// A gateway's own word, number or code, shown by `Debug` only where it can be one: up to 64 of `A-Z a-z 0-9 _ - .`.
///
/// A gateway may send anything in its place, what we sent it in secret too.
#[derive(Clone, Copy)]
pub struct Word<'a>(pub &'a str);

impl<'a> Word<'a> {
    /// Whether it can be one.
    #[must_use]
    pub fn is_plain(self) -> bool {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        self.0.len() <= 64 && self.0.bytes().all(plain)
    }

    /// The text, or a placeholder.
    #[must_use]
    pub fn shown(self) -> &'a str {
        if self.is_plain() { self.0 } else { "(unprintable)" }
    }

    /// The words of an optional field.
    #[must_use]
    pub fn of(text: &'a Option<String>) -> Option<Self> {
        text.as_deref().map(Self)
    }
}

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

impl fmt::Debug for GatewayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.chars().count())
    }
}

/// Characters that change the direction or the line of text around them.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoes_are_blanked_and_controls_escaped() {
        let text = GatewayText::scrubbed("bad key k123\nred\u{202e}", &["K123", ""]);
        assert_eq!(text.as_str(), "bad key ***\nred\u{202e}");
        assert_eq!(text.to_string(), "bad key ***\\u{a}red\\u{202e}");
        assert_eq!(format!("{text:?}"), "[16 characters]");
    }

    #[test]
    fn short_korean_names_and_parts_of_longer_values_are_blanked() {
        let text = GatewayText::scrubbed("허준 123456789 ab", &["1234", "123456789", "허준", "ab"]);
        assert_eq!(text.as_str(), "*** *** ab");
        assert_eq!(GatewayText::scrubbed("\u{61c}x", &[]).to_string(), "\\u{61c}x");
    }

    #[test]
    fn a_word_is_shown_only_if_it_can_be_one() {
        for word in ["", "paid", "4EQATQ2DCTQPXPS97FQD", "1849705C6420261121000042", "10.00", "a_b-c"] {
            assert_eq!(format!("{:?}", Word(word)), format!("{word:?}"));
        }
        for text in ["홍길동", "a b", "{}", "a\nb", "\u{1b}[31m", "a/b", &"x".repeat(65)] {
            assert_eq!(Word(text).shown(), "(unprintable)");
        }
    }

    #[test]
    fn nothing_is_empty_and_an_optional_word_is_shown() {
        assert!(GatewayText::default().is_empty() && !GatewayText::scrubbed(" ", &[]).is_empty());
        let (word, none) = (Some("paid".to_owned()), None);
        assert_eq!(format!("{:?} {:?}", Word::of(&word), Word::of(&none)), r#"Some("paid") None"#);
    }

    #[test]
    fn long_text_is_cut_by_characters() {
        let shown = GatewayText::scrubbed("가".repeat(300), &[]).to_string();
        assert_eq!(shown.chars().count(), 201);
    }
}
