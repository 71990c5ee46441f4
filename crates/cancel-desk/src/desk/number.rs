use std::fmt;

use pg_core::Money;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An amount as the guide shows it: a JSON number in major units, written from its exact text (`3000` won, `7.50`
/// dollars), never through a float.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Money);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_decimal_text())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.currency().minor_digits() == 0 {
            return serializer.serialize_i64(self.0.minor());
        }
        let raw = RawValue::from_string(self.0.to_decimal_text()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}
