use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use pg_core::{AttemptTag, Invalid};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A text that is no id of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: must be 26 characters of a-z 2-7")
    }
}

impl std::error::Error for ParseIdError {}

fn base32(bits: u128) -> String {
    let mut rest = bits;
    let mut text = String::with_capacity(26);
    for _ in 0..26 {
        let index = usize::try_from(rest & 31).unwrap_or(0);
        text.push(BASE32.get(index).copied().map_or('a', char::from));
        rest >>= 5;
    }
    text
}

fn from_base32(text: &str) -> Result<u128, ParseIdError> {
    let mut bits = 0_u128;
    let mut places = 0_usize;
    for byte in text.bytes().rev() {
        let value = BASE32.iter().position(|b| *b == byte).ok_or(ParseIdError)?;
        let value = u128::try_from(value).map_err(|_| ParseIdError)?;
        // the last of 26 characters carries the topmost 3 bits only
        if places == 0 && value > 7 {
            return Err(ParseIdError);
        }
        bits = (bits << 5) | value;
        places = places.saturating_add(1);
    }
    if places == 26 { Ok(bits) } else { Err(ParseIdError) }
}

/// The lowest 48 bits of the milliseconds since 1970 UTC: they last beyond the year 10000.
fn milliseconds() -> [u8; 6] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let [.., a, b, c, d, e, f] = now.as_millis().to_be_bytes();
    [a, b, c, d, e, f]
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// 128 bits, shown as 26 characters of lower-case base 32.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// A new id: the time in milliseconds in its first 48 bits, the other 80 are random. What is made together lies
            /// together in an index; a clock that was set back makes no two ids equal.
            ///
            /// # Errors
            /// [`Invalid`] when the operating system gives no randomness.
            pub fn random() -> Result<Self, Invalid> {
                let mut bytes = [0_u8; 16];
                let (time, chance) = bytes.split_at_mut(6);
                getrandom::fill(chance)
                    .map_err(|_| Invalid::new("id", "the system gave no randomness"))?;
                time.copy_from_slice(&milliseconds());
                Ok(Self(u128::from_be_bytes(bytes)))
            }

            /// The id of these bits.
            #[must_use]
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// Its bits.
            #[must_use]
            pub const fn bits(self) -> u128 {
                self.0
            }

            /// Its 16 bytes, most significant first, as stored.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// The id of 16 stored bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32(self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                from_base32(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// The journal's name for one wish to refund.
    IntentId
}
id! {
    /// The journal's name for one attempt; its tag on the wire is made from it.
    AttemptId
}
id! {
    /// The journal's name for a plan of many refunds; made from the plan's hash.
    JobId
}

impl AttemptId {
    /// The tag that the attempt carries on the wire: `c` and the id, 27 characters.
    ///
    /// # Errors
    /// [`Invalid`] never in practice: the text always is a tag.
    pub fn tag(self) -> Result<AttemptTag, Invalid> {
        format!("c{self}").parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_go_both_ways() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0011_2233_4455_6677] {
            let id = IntentId::from_bits(bits);
            assert_eq!(id.to_string().parse::<IntentId>(), Ok(id));
            assert_eq!(IntentId::from_bytes(id.to_bytes()), id);
            assert_eq!(id.to_string().len(), 26);
        }
        assert_ne!(IntentId::random().unwrap(), IntentId::random().unwrap());
    }

    #[test]
    fn anything_else_is_no_id() {
        for bad in ["", "a", &"a".repeat(27), &"A".repeat(26), &"z".repeat(26), &"가".repeat(26)] {
            assert_eq!(bad.parse::<IntentId>(), Err(ParseIdError), "{bad}");
        }
    }

    #[test]
    fn a_tag_fits_every_gateway() {
        assert_eq!(AttemptId::from_bits(u128::MAX).tag().unwrap().as_str().len(), 27);
    }
}
