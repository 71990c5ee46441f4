//! The transports under contract.

use std::fmt;
use std::str::FromStr;

/// What the clients send their requests over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Over {
    /// The default transport.
    #[default]
    Reqwest,
    /// The one that counts the bytes that leave.
    Witness,
}

impl Over {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Reqwest, Self::Witness];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Witness => "witness",
        }
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Over {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|over| over.as_str() == text)
            .ok_or_else(|| format!("no transport {text:?}; there are reqwest and witness"))
    }
}
