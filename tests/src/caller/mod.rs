//! A caller that means harm, or errs: some thousand inputs, each with what must come of it.
//!
//! What is refused names its field, repeats nothing of the value, and never reaches the wire; what is accepted is sent
//! and ends right.

mod numbers;
mod places;
mod proxies;
mod rules;
mod run;
mod texts;
mod urls;

use std::fmt;

use pg_core::{CancelOrder, Invalid};

use crate::kind::Kind;

pub use run::{Figures, run};

/// What must come of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It is taken.
    Accepted,
    /// It is refused by this name.
    Invalid(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Invalid(field) => write!(f, "invalid {field}"),
        }
    }
}

/// What an input becomes.
#[derive(Debug)]
pub enum Made {
    /// It was checked where it was given.
    Checked(Result<(), Refusal>),
    /// It is part of an order, which a client is still to be given.
    Order(Kind, Box<CancelOrder>),
}

/// A refusal, whatever its type.
#[derive(Debug)]
pub struct Refusal {
    /// The field it names.
    pub field: &'static str,
    /// What it says, `Display` and `Debug`.
    pub said: String,
}

impl Refusal {
    fn new(field: &'static str, error: &(impl fmt::Display + fmt::Debug)) -> Self {
        Self { field, said: format!("{error} {error:?}") }
    }
}

impl From<Invalid> for Refusal {
    fn from(error: Invalid) -> Self {
        Self::new(error.field(), &error)
    }
}

/// One input at one place.
pub struct Case {
    /// Where it is given.
    pub place: String,
    /// What it is called.
    pub input: String,
    /// What it is.
    pub value: String,
    /// What must come of it.
    pub expected: Expected,
    /// Gives it.
    pub make: Box<dyn Fn() -> Made + Send + Sync>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.place, self.input, self.expected)
    }
}

/// Every case, always the same and in the same order.
pub fn corpus() -> Vec<Case> {
    let mut cases = places::all();
    cases.extend(numbers::all());
    cases.extend(urls::all());
    cases
}
