use std::fmt;

/// How many faults are told one by one.
const TOLD: usize = 20;

/// What is wrong with a file, and where. The value itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The line, from 1; `None` when it is about the whole file.
    pub line: Option<u64>,
    /// The column by its name in the header row, or by its number.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub why: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = &self.column {
                let number = if column.bytes().all(|b| b.is_ascii_digit()) { "no. " } else { "" };
                write!(f, ", column {number}{column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.why)
    }
}

/// A file that cannot be used: the first faults, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    first: Vec<FileFault>,
    count: u64,
}

impl FileError {
    /// The first faults, at most 20, in the file's order.
    #[must_use]
    pub fn first(&self) -> &[FileFault] {
        &self.first
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.first.first() {
            write!(f, "{first}")?;
        }
        match self.count.saturating_sub(1) {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for FileError {}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Vec<FileFault>,
    count: u64,
}

impl Faults {
    /// One fault, of the whole file.
    pub(super) fn only(why: impl Into<String>) -> FileError {
        FileError { first: vec![FileFault { line: None, column: None, why: why.into() }], count: 1 }
    }

    pub(super) fn add(&mut self, line: u64, column: Option<&str>, why: impl Into<String>) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < TOLD {
            let column = column.map(str::to_owned);
            self.first.push(FileFault { line: Some(line), column, why: why.into() });
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn into_result(self) -> Result<(), FileError> {
        if self.count == 0 { Ok(()) } else { Err(FileError { first: self.first, count: self.count }) }
    }
}
