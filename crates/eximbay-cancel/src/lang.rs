//! The language that Eximbay answers and writes to the buyer in.

use std::fmt;
use std::str::FromStr;

use pg_core::Invalid;

/// A language in Eximbay's own codes, which are **not** ISO 639 (`KR`, not `ko`). Two letters on the wire.
///
/// The gateway takes an unknown code silently and falls back to English, hence the enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Lang {
    /// `KR`: Korean.
    Korean,
    /// `EN`: English.
    #[default]
    English,
    /// `CN`: Chinese, simplified.
    Chinese,
    /// `JP`: Japanese.
    Japanese,
    /// `RU`: Russian.
    Russian,
    /// `TH`: Thai.
    Thai,
    /// `TW`: Chinese, traditional.
    Taiwanese,
    /// `VN`: Vietnamese.
    Vietnamese,
}

impl Lang {
    const ALL: [Self; 8] = [
        Self::Korean,
        Self::English,
        Self::Chinese,
        Self::Japanese,
        Self::Russian,
        Self::Thai,
        Self::Taiwanese,
        Self::Vietnamese,
    ];

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Korean => "KR",
            Self::English => "EN",
            Self::Chinese => "CN",
            Self::Japanese => "JP",
            Self::Russian => "RU",
            Self::Thai => "TH",
            Self::Taiwanese => "TW",
            Self::Vietnamese => "VN",
        }
    }
}

impl FromStr for Lang {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|lang| lang.code() == text)
            .ok_or_else(|| Invalid::new("lang", "must be one of KR EN CN JP RU TH TW VN"))
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_eximbays_not_iso() {
        for lang in Lang::ALL {
            assert_eq!(lang.code().parse::<Lang>().unwrap(), lang);
        }
        for bad in ["ko", "KO", "en", "", "XX"] {
            assert_eq!(bad.parse::<Lang>().unwrap_err().field(), "lang", "{bad}");
        }
    }
}
