use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Bank, BankScheme};

/// Marks a [`Bank::Other`] whose text would otherwise be read back as a bank.
const OTHER: &str = "other:";

/// As the KFTC code, `"088"`. [`Bank::Other`] is its text, or `"other:"` and its text if that text is itself a KFTC
/// code or begins with `other:`: what was unknown when written is never a known bank when read back.
impl Serialize for Bank {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kftc() {
            Some(code) => serializer.serialize_str(code),
            None if from_text(self.text()) == *self => serializer.serialize_str(self.text()),
            None => serializer.collect_str(&format_args!("{OTHER}{}", self.text())),
        }
    }
}

/// From a KFTC code; any other text is [`Bank::Other`], without a leading `other:`. Names are not looked up.
impl<'de> Deserialize<'de> for Bank {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CodeVisitor)
    }
}

struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = Bank;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bank's 3-digit kftc code as a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Bank, E> {
        Ok(from_text(text))
    }
}

fn from_text(text: &str) -> Bank {
    match text.strip_prefix(OTHER) {
        Some(rest) => Bank::Other(rest.to_owned()),
        None => Bank::from_code(BankScheme::Kftc, text),
    }
}
