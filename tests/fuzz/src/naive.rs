//! JSON and decimals read once more, by code that shares nothing with the parsers that are tested: the oracle.
//!
//! It reads whatever JSON grammar allows, keeps numbers as their text and doubled members as they stand.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its text.
    Number(String),
    /// A text, its escapes undone; a half of a surrogate pair becomes U+FFFD.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, in its order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a document; `None` when it is none, or has something behind it.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
        let mut reader = Reader { text: &text, at: 0, depth: 0 };
        let value = reader.value()?;
        reader.space();
        (reader.at == text.len()).then_some(value)
    }

    /// A member that stands there exactly once.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let mut found = members.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let first = found.next()?;
        assert!(found.next().is_none(), "{name} stands twice in what was believed");
        Some(first)
    }

    /// A member that is neither missing nor null.
    #[must_use]
    pub fn told(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|value| **value != Self::Null)
    }

    /// The text of a text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of a text or a number.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        if let Self::Text(text) | Self::Number(text) = self { Some(text) } else { None }
    }

    /// An amount in units of `10^-digits`.
    #[must_use]
    pub fn minor(&self, digits: i32) -> Option<i128> {
        minor(self.scalar()?, digits)
    }

    /// The items of a list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// A decimal text in units of `10^-digits`, if it is a whole number of them.
#[must_use]
pub fn minor(text: &str, digits: i32) -> Option<i128> {
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return None;
    }
    let mut value: i128 = format!("{whole}{part}").parse().ok()?;
    if value == 0 {
        return Some(0);
    }
    let shift = digits.checked_add(power)?.checked_sub(i32::try_from(part.len()).ok()?)?;
    if shift.unsigned_abs() > 60 {
        return None;
    }
    for _ in 0..shift {
        value = value.checked_mul(10)?;
    }
    for _ in shift..0 {
        if value % 10 != 0 {
            return None;
        }
        value /= 10;
    }
    Some(value)
}

struct Reader<'t> {
    text: &'t [char],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.space();
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|wanted| self.next() == Some(wanted)).then_some(value)
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(Json::Text),
            '[' | '{' if self.depth > 200 => None,
            '[' => self.list(),
            '{' => self.object(),
            _ => self.number(),
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        if !self.takes(']') {
            loop {
                items.push(self.value()?);
                if self.takes(']') {
                    break;
                }
                if !self.takes(',') {
                    return None;
                }
            }
        }
        self.depth -= 1;
        Some(Json::List(items))
    }

    fn object(&mut self) -> Option<Json> {
        self.at += 1;
        self.depth += 1;
        let mut members = Vec::new();
        if !self.takes('}') {
            loop {
                self.space();
                if self.peek() != Some('"') {
                    return None;
                }
                let name = self.string()?;
                if !self.takes(':') {
                    return None;
                }
                members.push((name, self.value()?));
                if self.takes('}') {
                    break;
                }
                if !self.takes(',') {
                    return None;
                }
            }
        }
        self.depth -= 1;
        Some(Json::Object(members))
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9' | '-' | '+' | '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.text[start..self.at].iter().collect();
        text.bytes().any(|byte| byte.is_ascii_digit()).then_some(Json::Number(text))
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let c = match self.next()? {
                '"' => return Some(String::from_utf16_lossy(&units)),
                '\\' => match self.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let mut unit = 0_u16;
                        for _ in 0..4 {
                            let digit = u16::try_from(self.next()?.to_digit(16)?).ok()?;
                            unit = (unit << 4) | digit;
                        }
                        units.push(unit);
                        continue;
                    }
                    same @ ('"' | '\\' | '/') => same,
                    _ => return None,
                },
                c if c < ' ' => return None,
                c => c,
            };
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_stands_there() {
        let json = Json::read(r#" {"a":[1.50,"x\u0041\n",{}],"b":null} "#.as_bytes()).unwrap();
        assert_eq!(json.get("a").unwrap().items()[0].minor(2), Some(150));
        assert_eq!(json.get("a").unwrap().items()[1].text(), Some("xA\n"));
        assert_eq!((json.told("b"), json.get("b")), (None, Some(&Json::Null)));
        for bad in ["", "{", "{\"a\":1,}", "[1] 2", "\"\\x\"", "nul", "-"] {
            assert_eq!(Json::read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        for (text, digits, value) in [
            ("1.0E7", 0, Some(10_000_000)),
            ("0.5", 2, Some(50)),
            ("0.005", 2, None),
            ("1e400", 0, None),
            ("0e400", 0, Some(0)),
            ("-1", 0, None),
            ("12e-1", 2, Some(120)),
        ] {
            assert_eq!(minor(text, digits), value, "{text}");
        }
    }
}
