//! One table of the file: hands out the keys that are asked for, and names those that nobody asked for.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, Place, Problem};

/// File, environment and the faults found so far.
pub(super) struct Reading<'a> {
    pub(super) file: Option<&'a Path>,
    pub(super) text: &'a str,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) with_secrets: bool,
    pub(super) with_tokens: bool,
    pub(super) readable_secrets: bool,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        file: Option<&'a Path>,
        text: &'a str,
        variable: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let faults = RefCell::new(Vec::new());
        Self { file, text, variable, with_secrets: true, with_tokens: true, readable_secrets: false, faults }
    }

    /// A variable of the environment; an empty one counts as not set.
    pub(super) fn env(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn place(&self, span: Option<Range<usize>>) -> Place {
        let Some(file) = self.file else { return Place::Nowhere };
        let line = span.map_or(0, |span| {
            let before = self.text.bytes().take(span.start);
            before.filter(|byte| *byte == b'\n').count().saturating_add(1)
        });
        Place::Line(file.to_owned(), line)
    }

    /// A path as it stands in the file: a relative one begins at the file's folder.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match self.file.and_then(Path::parent) {
            Some(folder) if !folder.as_os_str().is_empty() => folder.join(text),
            _ => PathBuf::from(text),
        }
    }

    pub(super) fn fault(&self, place: Place, field: impl Into<String>, problem: Problem) {
        self.faults.borrow_mut().push(Fault { place, field: field.into(), problem });
    }

    /// Whether no fault was found so far.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = one_a_line(self.faults.into_inner());
        faults.sort_by(|one, other| one.place.cmp(&other.place));
        faults
    }
}

/// What the parser calls a value of which it could only guess what it was to be.
const GUESSES: [&str; 3] = ["invalid boolean", "string values must be quoted", "invalid value"];

/// What the parser says of a line, and what is said of the value that it made of that line, are one fault. Where it only
/// guessed, the value that is wanted says more.
fn one_a_line(faults: Vec<Fault>) -> Vec<Fault> {
    let is_type = |fault: &Fault| matches!(fault.problem, Problem::WrongType { .. });
    let is_guess = |fault: &Fault| match &fault.problem {
        Problem::Syntax(message) => GUESSES.iter().any(|guess| message.starts_with(guess)),
        _ => false,
    };
    let is_told = |fault: &Fault| matches!(fault.problem, Problem::Syntax(_)) && !is_guess(fault);
    let on_its_line = |fault: &Fault, is: &dyn Fn(&Fault) -> bool| {
        matches!(fault.place, Place::Line(_, 1..))
            && faults.iter().any(|other| other.place == fault.place && is(other))
    };
    let is_kept = |fault: &&Fault| match &fault.problem {
        Problem::Syntax(_) => !is_guess(fault) || !on_its_line(fault, &is_type),
        Problem::WrongType { .. } => !on_its_line(fault, &is_told),
        _ => !on_its_line(fault, &|other| matches!(other.problem, Problem::Syntax(_))),
    };
    faults.iter().filter(is_kept).cloned().collect()
}

/// A value with the place it was found at.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A table of the file, or an absent one.
pub(super) struct Section<'r, 'a> {
    pub(super) reading: &'r Reading<'a>,
    pub(super) name: &'static str,
    pub(super) place: Place,
    table: Option<&'r DeTable<'a>>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'r, 'a> Section<'r, 'a> {
    pub(super) fn new(reading: &'r Reading<'a>, name: &'static str, table: Option<&'r DeTable<'a>>) -> Self {
        let place = reading.place(None);
        Self { reading, name, place, table, asked: RefCell::default() }
    }

    /// Whether the file has it.
    pub(super) const fn is_given(&self) -> bool {
        self.table.is_some()
    }

    /// The key as a path from the top of the file.
    pub(super) fn field(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn fault(&self, place: Place, key: &str, problem: Problem) {
        self.reading.fault(place, self.field(key), problem);
    }

    /// A key that must be there.
    pub(super) fn missing(&self, key: &str, write: &str) {
        self.fault(self.place.clone(), key, Problem::missing(write));
    }

    pub(super) fn get(&self, key: &'static str) -> Option<Found<&'r DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        let (name, value) = self.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Found { value: value.get_ref(), place: self.reading.place(Some(name.span())) })
    }

    fn typed<T>(
        &self,
        key: &'static str,
        wanted: &'static str,
        read: impl Fn(&'r DeValue<'a>) -> Option<T>,
    ) -> Option<Found<T>> {
        let Found { value, place } = self.get(key)?;
        match read(value) {
            Some(value) => Some(Found { value, place }),
            None => {
                self.fault(place, key, Problem::WrongType { wanted });
                None
            }
        }
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Found<String>> {
        let found = self.typed(key, "text in quotes", |value| value.as_str().map(str::to_owned))?;
        if found.value.trim().is_empty() {
            self.fault(found.place, key, Problem::refused("must not be empty"));
            return None;
        }
        Some(found)
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.typed(key, "true or false", DeValue::as_bool).is_some_and(|found| found.value)
    }

    /// A whole number of a range.
    pub(super) fn number(&self, key: &'static str, least: i64, most: i64) -> Option<i64> {
        let read = |value: &DeValue<'_>| {
            let number = value.as_integer()?;
            i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
        };
        let found = self.typed(key, "a whole number", read)?;
        if (least..=most).contains(&found.value) {
            return Some(found.value);
        }
        self.fault(found.place, key, Problem::OutOfRange { least, most });
        None
    }

    /// One word of several.
    pub(super) fn word(&self, key: &'static str, words: &'static [&'static str]) -> Option<&'static str> {
        let found = self.text(key)?;
        let word = words.iter().copied().find(|word| *word == found.value);
        if word.is_none() {
            self.fault(found.place, key, Problem::NotOneOf(words));
        }
        word
    }

    /// One text, or several in brackets.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Found<String>> {
        let read = |value: &'r DeValue<'a>| match value {
            DeValue::Array(list) => {
                list.iter().map(|entry| entry.get_ref().as_str().map(str::to_owned)).collect()
            }
            one => one.as_str().map(|text| vec![text.to_owned()]),
        };
        let Some(found) = self.typed::<Vec<String>>(key, "text in quotes, or several in brackets", read)
        else {
            return Vec::new();
        };
        found.value.into_iter().map(|value| Found { value, place: found.place.clone() }).collect()
    }

    /// A table inside of this one.
    pub(super) fn table(&self, key: &'static str, name: &'static str) -> Section<'r, 'a> {
        let found = self.typed(key, "a table", DeValue::as_table);
        let mut section = Section::new(self.reading, name, found.as_ref().map(|found| found.value));
        section.place = found.map_or_else(|| self.place.clone(), |found| found.place);
        section
    }

    /// A list of tables inside of this one.
    pub(super) fn tables(&self, key: &'static str, name: &'static str) -> Vec<Section<'r, 'a>> {
        let Some(found) = self.typed(key, "a list of tables, each under [[…]]", DeValue::as_array) else {
            return Vec::new();
        };
        found.value.iter().filter_map(|entry| self.entry(entry, name)).collect()
    }

    fn entry(&self, entry: &'r Spanned<DeValue<'a>>, name: &'static str) -> Option<Section<'r, 'a>> {
        let place = self.reading.place(Some(entry.span()));
        let Some(table) = entry.get_ref().as_table() else {
            self.reading.fault(place, name, Problem::WrongType { wanted: "a table" });
            return None;
        };
        let mut section = Section::new(self.reading, name, Some(table));
        section.place = place;
        Some(section)
    }

    /// Names the keys that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.asked.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let nearest = nearest(name, &known).map(str::to_owned);
            let problem = Problem::UnknownKey { nearest, known: known.join(", ") };
            self.fault(self.reading.place(Some(key.span())), &shown(name), problem);
        }
    }
}

/// A key as it may be shown: somebody may have pasted a secret where a name belongs.
fn shown(key: &str) -> String {
    if is_plain(key) { key.to_owned() } else { "(a key)".to_owned() }
}

/// Looks like a name, and like no secret.
pub(super) fn is_plain(key: &str) -> bool {
    let small = |b: u8| b.is_ascii_lowercase() || b == b'_' || b == b'-';
    (1..=40).contains(&key.len()) && key.bytes().all(small)
}

/// The known word that is at most a third of its letters away.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let far = |other: &str| distance(word, other);
    let best = known.iter().copied().min_by_key(|other| far(other))?;
    (far(best).saturating_mul(3) <= best.len().max(3)).then_some(best)
}

/// How many letters must be changed, added or left out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut left = line.saturating_add(1);
        let mut next = vec![left];
        for (wanted, pair) in other.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let changed = diagonal.saturating_add(usize::from(letter != *wanted));
            left = changed.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = ["listen", "token_env", "token_file", "patience_s"];
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("token_evn", &known), Some("token_env"));
        assert_eq!(nearest("patience", &known), Some("patience_s"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("환불", "환급"), 1);
    }

    #[test]
    fn a_pasted_secret_is_not_shown_as_a_key() {
        assert_eq!(shown("sqlite"), "sqlite");
        assert_eq!(shown("sk_LIVE_4eC39HqLyjWDarjtT1zdp7dc"), "(a key)");
    }
}
