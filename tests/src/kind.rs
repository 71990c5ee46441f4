//! The gateways under contract; Settlebank counts twice, once for each wire form.

use std::fmt;
use std::str::FromStr;

use pg_core::Gateway;

/// A gateway crate in one of its wire forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Chaiport.
    Chaiport,
    /// Eximbay.
    Eximbay,
    /// Settlebank, standard form.
    SettlebankStandard,
    /// Settlebank, flat form.
    SettlebankFlat,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Chaiport, Self::Eximbay, Self::SettlebankStandard, Self::SettlebankFlat];

    /// The gateway.
    pub fn gateway(self) -> Gateway {
        match self {
            Self::Chaiport => Gateway::Chaiport,
            Self::Eximbay => Gateway::Eximbay,
            Self::SettlebankStandard | Self::SettlebankFlat => Gateway::Settlebank,
        }
    }

    /// The same gateway in the sandbox's words.
    pub fn sandbox(self) -> pg_sandbox::Gateway {
        match self {
            Self::Chaiport => pg_sandbox::Gateway::Chaiport,
            Self::Eximbay => pg_sandbox::Gateway::Eximbay,
            Self::SettlebankStandard | Self::SettlebankFlat => pg_sandbox::Gateway::Settlebank,
        }
    }

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chaiport => "chaiport",
            Self::Eximbay => "eximbay",
            Self::SettlebankStandard => "settlebank",
            Self::SettlebankFlat => "settlebank-flat",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            format!("no gateway {text:?}; there are chaiport, eximbay, settlebank and settlebank-flat")
        })
    }
}
