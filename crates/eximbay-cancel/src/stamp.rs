//! Points in time as the gateway writes them.

use std::fmt;

use serde::Deserializer;
use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute][second]");

/// A time as the gateway wrote it (`yyyyMMddHHmmss`, e.g. `20220922113927`).
///
/// No document names its zone. Korean time is **inferred** (a merchant's own clock and the gateway's stamp of one
/// payment lie two minutes apart), so the text stays and the zone can be chosen.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Stamp(String);

impl Stamp {
    /// Keeps the gateway's text, whatever it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The gateway's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time in Korea (UTC+9), to the second; `None` when the text is no `yyyyMMddHHmmss`. The zone is inferred.
    #[must_use]
    pub fn kst(&self) -> Option<OffsetDateTime> {
        self.at_offset(offset!(+9))
    }

    /// The time read with a zone of your own choice; `None` when the text is no `yyyyMMddHHmmss`.
    #[must_use]
    pub fn at_offset(&self, offset: UtcOffset) -> Option<OffsetDateTime> {
        let digits = self.0.len() == 14 && self.0.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return None;
        }
        PrimitiveDateTime::parse(&self.0, FORMAT).ok().map(|time| time.assume_offset(offset))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&pg_core::text::Word(&self.0), f)
    }
}

/// For `#[serde(deserialize_with)]`: a time that decides nothing; absent, `null` and empty are `None`.
pub(crate) fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Stamp>, D::Error> {
    Ok(crate::fields::told(deserializer)?.map(Stamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn read_in_korea_unless_told_otherwise() {
        let stamp = Stamp::new("20220922113927");
        assert_eq!(stamp.kst(), Some(datetime!(2022-09-22 11:39:27 +9)));
        assert_eq!(stamp.at_offset(offset!(UTC)), Some(datetime!(2022-09-22 11:39:27 UTC)));
        assert_eq!(stamp.as_str(), "20220922113927");
    }

    #[test]
    fn other_text_stays_text() {
        for text in
            ["", "2022-09-22", "20221322113927", "20220922246060", "２０２２0922113927", "202209221139270"]
        {
            assert_eq!(Stamp::new(text).kst(), None, "{text}");
        }
    }
}
