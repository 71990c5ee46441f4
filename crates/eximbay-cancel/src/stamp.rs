//! Points in time as the gateway writes them.

use std::fmt;

use pg_core::KST;
use serde::Deserializer;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

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
        self.at_offset(KST)
    }

    /// The time read with a zone of your own choice; `None` when the text is no `yyyyMMddHHmmss`.
    #[must_use]
    pub fn at_offset(&self, offset: UtcOffset) -> Option<OffsetDateTime> {
        let digits = self.0.len() == 14 && self.0.bytes().all(|byte| byte.is_ascii_digit());
        let two = |from: usize| self.0.get(from..from.checked_add(2)?)?.parse::<u8>().ok();
        let year = self.0.get(..4).filter(|_| digits)?.parse().ok()?;
        let month = Month::try_from(two(4)?).ok()?;
        let day = Date::from_calendar_date(year, month, two(6)?).ok()?;
        let time = Time::from_hms(two(8)?, two(10)?, two(12)?).ok()?;
        Some(PrimitiveDateTime::new(day, time).assume_offset(offset))
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
        assert_eq!(stamp.at_offset(UtcOffset::UTC), Some(datetime!(2022-09-22 11:39:27 UTC)));
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
